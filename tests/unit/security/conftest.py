"""A served house and the people in it, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.api.house import House, serving
from tests.unit.security.people import People


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    async with serving(database, tmp_path) as served:
        yield served


@pytest.fixture
def people(house: House) -> People:
    return People(house)
