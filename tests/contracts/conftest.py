"""A contract that names ``LOOPS`` runs on each of these event loops; the others on asyncio's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, LoopFactory]:
    module = item.getparent(pytest.Module)
    loops: Mapping[str, LoopFactory] = getattr(
        module.obj if module else None, "LOOPS", {"asyncio": asyncio.new_event_loop}
    )
    return loops
