"""The house of :mod:`house`, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .house import ADT, LAB, House, serving


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    async with serving(database, tmp_path) as served:
        yield served


@pytest.fixture
async def lab(house: House) -> House:
    """The house with both channels."""
    await house.add_channel("lab", LAB)
    await house.add_channel("adt", ADT, shards=2)
    return house
