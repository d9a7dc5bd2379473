"""The house of :mod:`house`, fresh for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.security.people import People

from .hospital_group import TABLES, Group
from .house import ADT, LAB, House, learning, serving


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


@pytest.fixture
async def group(house: House) -> AsyncIterator[Group]:
    async with learning(house):
        for kind, text in TABLES:
            done = await house.client.post(
                f"/api/v1/masterdata/{kind}/import", content=text.encode()
            )
            assert done.json()["set_aside"] == [], done.text
        people = People(house)
        await people.refresh()
        await people.add("keeper", ("integration-engineer", "H1"), organisation="H1")
        yield Group(house, people, await people.browser("keeper"))
