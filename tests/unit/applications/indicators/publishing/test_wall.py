"""The second wall before what is decided and published, and the one chain behind it."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.unit.api.house import House
from tests.unit.applications.indicators.publishing.star_house import (
    CODE,
    Caller,
    approve,
    publishing_house,
    put,
    stay,
)
from tests.unit.security.people import People

from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.model import Published
from lianyi.base.database import connect
from lianyi.security.access import Access

TABLES = ("decision", "published", "alert")
HASH = "0" * 64
SAID = itertools.count(10**9)

Served = tuple[House, dict[str, Caller]]


@pytest.fixture
async def served(database: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with publishing_house(database, tmp_path) as found:
        house, _ = found
        await house.pool.execute("INSERT INTO indicators.definition VALUES ($1, '{}')", HASH)
        yield found


async def account(house: House, name: str) -> UUID:
    """Return the account of somebody of the house."""
    found: UUID = await house.pool.fetchval(
        "SELECT account FROM security.account WHERE name = $1", name
    )
    return found


@asynccontextmanager
async def as_doors(house: House, who: UUID | None) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection as the doors have it, which says for whom it asks."""
    async with house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(who or ""))
        yield connection


def value(number: int, hospital: str, *, chain: bytes = b"", **other: Any) -> Published:
    """A published value, chained to what was before it."""
    row = Published(
        number, CODE, "hospital", 1, HASH, date(2026, 7, 1), hospital, "", 317, 317, Decimal(1),
        None, {}, {}, datetime(2026, 7, 1, tzinfo=UTC), "somebody", None, "",
    )  # fmt: skip
    row = dataclasses.replace(row, **other)
    return dataclasses.replace(row, chain=row.chained(chain))


async def say(
    connection: asyncpg.Connection, hospital: str, by: UUID, *, said: str = "ruled"
) -> int:
    """Add a decision as it stands in the table."""
    number: int = await connection.fetchval(
        "INSERT INTO indicators.decision (said, code, caliber, hospital, facts, by_name, account,"
        " at, shard, number) VALUES ($1, $2, 'hospital', $3, $4, 'x', $5, now(), 0, $6)"
        " RETURNING decision",
        said, CODE, hospital, {"kind": "missing", "limit": 0.0, "ends": False}, by, next(SAID),
    )  # fmt: skip
    return number


async def raise_alert(connection: asyncpg.Connection, hospital: str, rule: int) -> None:
    """Add an alert as it stands in the table."""
    await connection.execute(
        "INSERT INTO indicators.alert (kind, code, caliber, hospital, department, first_month,"
        " last_month, rule, raised_at) VALUES ('missing', $1, 'hospital', $2, '', 317, 317, $3,"
        " now())",
        CODE, hospital, rule,
    )  # fmt: skip


async def fill(house: House) -> dict[str, int]:
    """Let both hospitals have a decision, a value and an alert; return the rules by hospital."""
    owner = await account(house, "owner")
    rules, chain = {}, b""
    async with house.pool.acquire() as connection, connection.transaction():
        for hospital in ("", "HA", "HB"):
            rules[hospital] = await say(connection, hospital, owner)
        for number, hospital in enumerate(("HA", "HB"), start=1):
            row = value(number, hospital, chain=chain)
            chain = row.chain
            await store.insert_published(connection, [row])
            await raise_alert(connection, hospital, rules[hospital])
    return rules


async def seen(house: House, who: UUID | None) -> dict[str, list[str]]:
    """Return of which hospitals somebody sees rows, by table."""
    async with as_doors(house, who) as connection:
        return {
            table: [
                row[0]
                for row in await connection.fetch(
                    f"SELECT hospital FROM indicators.{table} ORDER BY hospital"
                )
            ]
            for table in TABLES
        }


def only(*hospitals: str) -> dict[str, list[str]]:
    return {one: ([""] if one == "decision" and hospitals else []) + [*hospitals] for one in TABLES}


async def test_the_database_itself_shows_each_the_rows_of_his_hospitals(served: Served) -> None:
    house, _ = served
    await fill(house)
    people = People(house)
    for name, role, where in (
        ("department.only", "manager", "D1"),
        ("analyst.b", "operations-analyst", "HB"),
        ("reads.masterdata", "registrar", "HB"),
        ("clinician.b", "clinician", "HB"),
        ("engineer.all", "integration-engineer", "*"),
        ("in.both", "manager", "GROUP"),
    ):
        await people.add(name, (role, where))
    for name, hospitals in {
        "a": ["HA"], "b": ["HB"], "owner": ["HA", "HB"], "analyst.b": ["HB"],
        "in.both": ["HA", "HB"], "reads.masterdata": [], "clinician.b": [], "engineer.all": [],
    }.items():  # fmt: skip
        assert await seen(house, await account(house, name)) == only(*hospitals), name
    # Of a department only: what holds for all hospitals, and no value of one.
    of_department = await seen(house, await account(house, "department.only"))
    assert of_department == {"decision": [""], "published": [], "alert": []}
    for nobody in (None, UUID(int=0), UUID(int=77)):
        assert await seen(house, nobody) == only()
    assert await seen(house, UUID(int=1)) == only("HA", "HB"), "the platform"


async def test_whoever_loses_his_role_sees_nothing_any_more(served: Served) -> None:
    house, _ = served
    await fill(house)
    who = await account(house, "a")
    await house.pool.execute(
        "UPDATE security.assignment SET ended_at = now(), ended_by = 'x' WHERE account = $1", who
    )
    await People(house).refresh()
    assert await seen(house, who) == only()


async def test_nothing_is_added_for_another_hospital_or_in_another_name(served: Served) -> None:
    house, _ = served
    rules = await fill(house)
    a, b = await account(house, "a"), await account(house, "b")
    refused: list[Any] = [
        lambda c: say(c, "HB", a),
        lambda c: say(c, "", a),
        lambda c: say(c, "HA", b),
        lambda c: store.insert_published(c, [value(3, "HB")]),
        lambda c: store.insert_published(c, [value(3, "")]),
        lambda c: raise_alert(c, "HB", rules[""]),
        lambda c: raise_alert(c, "HA", rules["HB"]),
    ]
    for act in refused:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with as_doors(house, a) as connection:
                await act(connection)
    allowed: list[Any] = [
        lambda c: say(c, "HA", a),
        lambda c: store.insert_published(c, [value(3, "HA")]),
        lambda c: raise_alert(c, "HA", rules[""]),
    ]
    for act in allowed:
        async with as_doors(house, a) as connection:
            await act(connection)
    assert await seen(house, b) == only("HB")


async def test_no_number_is_left_out_and_nothing_of_another_cell_is_restated(
    served: Served,
) -> None:
    house, _ = served
    await fill(house)
    a = await account(house, "a")
    for wrong in (
        value(4, "HA"),
        value(2**62, "HA"),
        value(0, "HA"),
        value(3, "HA", restates=2),
        value(3, "HA", restates=1, department="D1"),
    ):
        for who in (a, await account(house, "owner")):
            with pytest.raises(asyncpg.RaiseError):
                async with as_doors(house, who) as connection:
                    await store.insert_published(connection, [wrong])
    async with as_doors(house, a) as connection:
        await store.insert_published(connection, [value(3, "HA", restates=1)])


async def test_whoever_sees_one_hospital_is_told_number_and_chain_of_the_last_and_no_more(
    served: Served,
) -> None:
    house, _ = served
    async with as_doors(house, await account(house, "a")) as connection:
        assert await store.last_of_chain(connection) == (0, b"")
    await fill(house)
    last = await house.pool.fetchrow("SELECT chain FROM indicators.published WHERE hospital = 'HB'")
    assert last
    async with as_doors(house, await account(house, "a")) as connection:
        assert await store.last_of_chain(connection) == (2, last["chain"])
        rows = await connection.fetch("SELECT * FROM indicators.last_published()")
        assert [row.keys() for row in map(dict, rows)] == [{"published", "chain"}]
    kept = await house.pool.fetch(
        "SELECT p.proname, p.prosecdef, p.proconfig, p.proacl::text FROM pg_proc AS p"
        " WHERE p.pronamespace = 'indicators'::regnamespace AND p.prosecdef"
    )
    assert {row["proname"] for row in kept} == {"last_published", "in_order"}
    for row in kept:
        assert row["proconfig"] == ["search_path=pg_catalog"]
        assert "{=X" not in row["proacl"], "not for everybody"
        assert ",=X" not in row["proacl"]
        assert ("lianyi_doors=X" in row["proacl"]) == (row["proname"] == "last_published")


@pytest.fixture
def no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the application forget to ask whose data it shows."""
    monkeypatch.setattr(Access, "sees", lambda _self, _organisation: True)
    monkeypatch.setattr(Access, "sees_everything", property(lambda _self: True))


def both(month: int, times: int) -> list[dict[str, Any]]:
    """Stays of both hospitals in a month, so many of each."""
    return [
        stay(1000 * month + n, f"2026-0{month}-02", hospital=hospital, department=department)
        | {"encounter": f"{hospital}^{month}-{n}"}
        for hospital, department in (("HA", "D1"), ("HB", "E1"))
        for n in range(times)
    ]


async def test_without_the_filter_somebody_publishes_his_own_and_nothing_else(
    served: Served, no_filter: None
) -> None:
    """A page of B shows none; what A would publish for B, too, is refused as a whole."""
    house, callers = served
    put(house.data_dir, both(6, 2))
    await approve(callers)
    await callers["b"].client.post(
        "/api/v1/indicators/publish", json={"period": "2026-06", "codes": [CODE]}
    )
    assert await house.pool.fetchval("SELECT count(*) FROM indicators.published") == 0
    acts = [one.kind for one in await house.acts()]
    assert "act indicator.published" not in acts
    done = await callers["owner"].post("/publish", {"period": "2026-06", "codes": [CODE]})
    assert done["new"] == 4
    for name, hospital in (("a", "HA"), ("b", "HB")):
        cells = (await callers[name].get(f"/{CODE}/published"))["items"]
        assert {one["hospital"] for one in cells} == {hospital}


async def test_two_hospitals_that_publish_at_once_keep_one_chain(served: Served) -> None:
    house, callers = served
    months = (1, 2, 3, 4)
    for month in months:
        put(house.data_dir, both(month, 2))
    await approve(callers)
    done = await asyncio.gather(
        *(
            callers[name].post("/publish", {"period": f"2026-0{month}", "codes": [CODE]})
            for month in months
            for name in ("a", "b")
        )
    )
    assert [one["new"] for one in done] == [2] * 8
    chain = await callers["owner"].get("/published/chain")
    assert (chain["values"], chain["broken_at"]) == (16, None)


class Worker:
    """Publishes for one hospital over a connection of its own, and often gives up."""

    def __init__(self, house: House, hospital: str, who: UUID, chance: random.Random) -> None:
        self._house, self._hospital, self._who, self._chance = house, hospital, who, chance
        self.committed = 0

    async def work(self, rounds: int) -> None:
        connection = await connect(self._house.dsn)
        try:
            await connection.execute("SET ROLE lianyi_doors")
            await connection.execute("SELECT set_config('lianyi.actor', $1, false)", str(self._who))
            for _ in range(rounds):
                await self._publish(connection)
        finally:
            await connection.close()

    async def _publish(self, connection: asyncpg.Connection) -> None:
        """Publish some values in one transaction, which is taken back every third time or so."""
        count = self._chance.randrange(1, 4)
        transaction = connection.transaction()
        await transaction.start()
        await store.lock(connection)
        number, chain = await store.last_of_chain(connection)
        for one in range(number + 1, number + 1 + count):
            row = value(one, self._hospital, chain=chain, department=f"D{one}")
            chain = row.chain
            await store.insert_published(connection, [row])
            await asyncio.sleep(self._chance.random() * 0.003)
        if self._chance.random() < 1 / 3:
            await transaction.rollback()
        else:
            await transaction.commit()
            self.committed += count


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_is_taken_back_numbers_have_no_gap_and_the_chain_holds(
    served: Served, seed: int
) -> None:
    house, callers = served
    chance = random.Random(seed)
    who = {"HA": await account(house, "a"), "HB": await account(house, "b")}
    workers = [
        Worker(house, hospital, who[hospital], random.Random(chance.random()))
        for hospital in ("HA", "HB") * 3
    ]
    await asyncio.gather(*(one.work(rounds=6) for one in workers))
    rows = await store.published(house.pool)
    assert [row.published for row in rows] == list(range(1, len(rows) + 1))
    assert len(rows) == sum(one.committed for one in workers) > 20
    chain = b""
    for row in rows:
        assert row.chain == row.chained(chain)
        chain = row.chain
    told = await callers["owner"].get("/published/chain")
    assert told == {"values": len(rows), "broken_at": None, "chain": chain.hex()}


WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1"


@pytest.mark.parametrize("first_gives_up", [False, True])
async def test_whoever_does_not_wait_for_his_turn_takes_no_number_twice(
    served: Served, first_gives_up: bool
) -> None:
    house, _ = served
    a, b = await connect(house.dsn), await connect(house.dsn)
    try:
        held = a.transaction()
        await held.start()
        await store.insert_published(a, [value(1, "HA")])
        waits = asyncio.create_task(store.insert_published(b, [value(1, "HB")]))
        while not await house.pool.fetchval(WAITS, b.get_server_pid()):
            assert not waits.done()
            await asyncio.sleep(0.01)
        await (held.rollback() if first_gives_up else held.commit())
        if first_gives_up:
            await waits
        else:
            with pytest.raises(asyncpg.UniqueViolationError):
                await waits
    finally:
        await a.close()
        await b.close()
    rows = await store.published(house.pool)
    assert [(row.published, row.hospital) for row in rows] == [
        (1, "HB" if first_gives_up else "HA")
    ]
