"""A small history, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lianyi.simulate.history.making import make_files

from .made import SMALL, Made, opened


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Twelve thousand encounters of one year."""
    folder = tmp_path_factory.mktemp("history")
    make_files(SMALL, folder)
    engine, made = opened(folder)
    yield made
    engine.close()
