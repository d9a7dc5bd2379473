"""The second wall before the master data: what PostgreSQL shows by itself.

Each hospital has a record of every sort; what is looked at is read as the doors read it, as the
keeper of the first hospital.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from lianyi.base.clock import SystemClock
from lianyi.projections.masterdata.sourcing import SourceKeeper
from lianyi.security.model import Access

from .hospital_group import DAY, Group, feed, learned
from .house import House

TABLES = ("belonging", "existence", "description", "link", "lineage", "loss", "proposal")
FOREIGN = ("H2", "E1", "E2", "E3", "P2", "W2", "外家")
"""The second hospital's codes, and a name of it."""


@pytest.fixture
async def full(group: Group) -> Group:
    """The group after both hospitals have merged, lost a field and been asked about something."""
    house = group.house
    for hospital, one, other in (("H1", "D3", "D4"), ("H2", "E2", "E3")):
        for code in (one, other):
            await house.post(
                "/masterdata/organisation",
                {"code": code, "valid_from": "2026-01-01", "parent": hospital},
            )
        await house.post("/masterdata/merges", {"on": DAY, "codes": [other], "into": one})
    await house.add_channel("mf1", channel("mf1"), organisation="H1")
    await house.add_channel("mf2", channel("mf2"), organisation="H2")
    await house.post("/masterdata/organisation/E1/edit", {"on": DAY, "name_zh": "外家"})
    sources = "\n".join(
        f"  - {{ name: his{n}, channels: [mf{n}], organisation: H{n}, rank: 60 }}" for n in (1, 2)
    )
    await rules(house, f"people: {{ rank: 10 }}\nsources:\n{sources}\n")
    for name, unit, to in (("mf1", "D1", "D2"), ("mf2", "E1", "E2")):
        (at,) = await house.append(name, [feed(house, f"{unit}|x{unit}|||{to}")])
        await learned(house, at)
        (bad,) = await house.append(name, [feed(house, "|无编码")])
        await learned(house, bad)
    return group


def channel(name: str) -> str:
    return f"channel: {name}\nsource: {{ connector: mllp, port: 0 }}\n"


async def rules(house: House, text: str) -> None:
    """Bring the rules about sources into the log."""
    folder = house.content_dir / "masterdata"
    folder.mkdir(parents=True)
    (folder / "sources.yaml").write_text(text, encoding="utf-8")
    keeper = SourceKeeper(house.pool, house.log, SystemClock(), house.content_dir)
    assert await keeper.look()


@asynccontextmanager
async def behind_the_wall(group: Group, account: UUID) -> AsyncIterator[asyncpg.Connection]:
    async with group.house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(account))
        yield connection


async def rows(connection: Any, table: str) -> list[str]:
    found = await connection.fetch(f"SELECT t::text FROM masterdata_1.{table} AS t")
    return [row[0] for row in found]


def foreign(text: str) -> list[str]:
    return [one for one in FOREIGN if one in text]


async def test_each_table_shows_own_rows_and_none_of_the_other_hospital(full: Group) -> None:
    keeper = full.people.accounts["keeper"].account
    for table in TABLES:
        everything = await full.house.pool.fetch(f"SELECT t::text FROM masterdata_1.{table} AS t")
        assert any(foreign(row[0]) for row in everything), f"nothing foreign is in {table}"
        async with behind_the_wall(full, keeper) as connection:
            seen = await rows(connection, table)
        assert seen, table
        assert [row for row in seen if foreign(row)] == [], table
        async with behind_the_wall(full, UUID(int=0)) as connection:
            assert await rows(connection, table) == [], table


async def test_what_projections_set_aside_belongs_to_the_channel_of_its_message(
    full: Group,
) -> None:
    keeper = full.people.accounts["keeper"].account
    question = "SELECT channel FROM projections.set_aside"
    channels = {name: full.house.channels[name][0] for name in ("mf1", "mf2")}
    everything = {row[0] for row in await full.house.pool.fetch(question)}
    assert everything >= set(channels.values())
    async with behind_the_wall(full, keeper) as connection:
        assert {row[0] for row in await connection.fetch(question)} == {channels["mf1"]}


async def test_functions_of_the_wall_tell_nothing_of_the_other_hospital(full: Group) -> None:
    keeper = full.people.accounts["keeper"].account
    async with behind_the_wall(full, keeper) as connection:
        for thing, any_seen in (("organisation/D1", True), ("organisation/E1", False)):
            sayings = await connection.fetch("SELECT * FROM masterdata_1.sayings($1, 10)", thing)
            assert bool(sayings) is any_seen
        both = await connection.fetch(
            "SELECT changes::text FROM masterdata_1.sayings('practitioner/P3', 10)"
        )
        assert any('"D1"' in row[0] for row in both)
        assert [row for row in both if foreign(row[0])] == []
        sources = await connection.fetchval("SELECT masterdata_1.rules_in_sight()::text")
        assert "his1" in sources
        assert "his2" not in sources


async def test_a_message_about_both_hospitals_tells_each_its_own_part(full: Group) -> None:
    """One message, one statement: what it says of the other hospital stays behind the wall."""
    house = full.house
    both = {"on": DAY, "codes": ["D2", "E1"], "into": "D1"}
    await house.post("/masterdata/merges", both)
    full.people.signing_in.forget()
    keeper = full.people.accounts["keeper"].account
    async with behind_the_wall(full, keeper) as connection:
        said = await connection.fetch(
            "SELECT changes FROM masterdata_1.sayings('organisation/D2', 1)"
        )
    (changes,) = [row[0] for row in said]
    assert changes
    assert foreign(str(changes)) == []


@pytest.fixture
def no_filter(full: Group, monkeypatch: pytest.MonkeyPatch) -> Group:
    """The group after the application has forgotten to ask whose data it shows."""
    monkeypatch.setattr(Access, "sees", lambda _self, _organisation: True)
    monkeypatch.setattr(Access, "sees_everything", property(lambda _self: True))
    return full


async def test_the_api_without_its_own_filter_shows_no_foreign_row(no_filter: Group) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("organisation", {"closed": "true"}),
        ("location", {}),
        ("practitioner", {}),
        ("trees/management", {}),
        ("proposals", {}),
        ("sources", {}),
        ("names/organisation", {"code": ["D1", "E1", "H2"]}),
        ("practitioner/P3", {}),
        ("practitioner/P3/changes", {}),
        ("organisation/D3", {}),
        ("organisation/H1", {}),
    ]
    for path, params in asked:
        told = str(await no_filter.ask(path, **params))
        assert any(own in told for own in ("D1", "D3", "W1", "P1", "his1")), path
        found = foreign(told.replace(str(params), ""))
        assert found == [], (path, told)
    for path in ("organisation/E1", "practitioner/P2", "location/W2"):
        answer = await no_filter.keeper.get(f"/api/v1/masterdata/{path}")
        assert answer.status_code == 404, path
        changes = await no_filter.keeper.get(f"/api/v1/masterdata/{path}/changes")
        assert changes.json() == [], path
