"""The second wall alone: what the role of the doors reads of each table, as somebody of A."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest
from tests.unit.api.house import serving
from tests.unit.security.two_figures import WALLED
from tests.unit.security.two_hospitals import CANARY, Town, build
from tests.unit.security.walls import (
    BELOW,
    OPEN,
    SIGNING_IN,
    below_policies,
    is_open,
    on_any_path,
    without_policy,
)

import lianyi
from lianyi.projections.identity.ids import record_id
from lianyi.projections.operational.follow import Operational

SOURCE = Path(lianyi.__file__).parent


@pytest.fixture
async def town(database: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with serving(database, tmp_path) as house:
        yield await build(house)


async def readable(pool: asyncpg.Pool) -> list[str]:
    """Return the tables that the doors may read, but those that say who somebody is."""
    rows = await pool.fetch(
        "SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm')"
        " AND n.nspname NOT LIKE 'pg_%' AND n.nspname <> 'information_schema'"
        " AND has_table_privilege('lianyi_doors', c.oid, 'SELECT') ORDER BY 1"
    )
    signing_in = {f"security.{one}" for one in SIGNING_IN}
    return [row[0] for row in rows if row[0] not in signing_in]


async def read_as(town: Town, name: str, table: str) -> list[str]:
    """Return all rows that somebody reads of a table."""
    account = town.people.accounts[name].account
    async with town.house.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL ROLE lianyi_doors")
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(account))
        return [row[0] for row in await connection.fetch(f"SELECT t::text FROM {table} AS t")]


def says_canary(text: str) -> bool:
    return CANARY in text.upper() or CANARY.encode().hex() in text


async def test_no_table_without_a_reviewed_reason_shows_a_row_of_b(town: Town) -> None:
    tables = await readable(town.house.pool)
    assert "messagelog.message" in tables
    shown, mine = set(), 0
    for table in tables:
        rows = await read_as(town, "integration-engineer.a", table)
        mine += len(rows)
        if any(says_canary(row) for row in rows):
            shown.add(table)
    assert mine > 20
    assert {one for one in shown if not is_open(one)} == set()


@pytest.fixture
async def every_table(town: Town) -> asyncpg.Pool:
    """A database with the tables of every projection; that of operations has nothing to learn."""
    async with town.house.pool.acquire() as connection, connection.transaction():
        operational = Operational(ZoneInfo("Asia/Shanghai"), town.house.content_dir)
        await operational.create(connection, "operational_1")
    return town.house.pool


async def test_every_table_has_a_policy_or_a_reviewed_reason(every_table: asyncpg.Pool) -> None:
    made = {row[0] for row in await every_table.fetch("SELECT nspname FROM pg_namespace")}
    folders = {path.parent.name for path in SOURCE.glob("projections/*/follow.py")}
    folders -= {"lake"}  # it has files and no tables
    assert {f"{one}_1" for one in folders} <= made, "make the tables of every projection"
    reviewed = set(OPEN) | {f"security.{one}" for one in SIGNING_IN}
    assert await without_policy(every_table) == reviewed
    assert await below_policies(every_table) == set(BELOW)
    assert await on_any_path(every_table) == set()


async def test_a_new_table_or_function_without_a_policy_is_noticed(
    every_table: asyncpg.Pool,
) -> None:
    """Without this the test above would prove nothing."""
    await every_table.execute(
        "CREATE TABLE indicators.forgotten (hospital text);"
        "GRANT INSERT ON indicators.forgotten TO lianyi_doors;"
        "CREATE TABLE indicators.unheeded (hospital text);"
        "ALTER TABLE indicators.unheeded ENABLE ROW LEVEL SECURITY;"
        "GRANT SELECT (hospital) ON indicators.unheeded TO lianyi_doors;"
        "CREATE VIEW indicators.window AS SELECT * FROM indicators.published;"
        "GRANT SELECT ON indicators.window TO lianyi_doors;"
        "CREATE FUNCTION indicators.leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT count(*) FROM indicators.published'"
    )
    names = {f"indicators.{one}" for one in ("forgotten", "unheeded", "window")}
    assert await without_policy(every_table) - set(OPEN) > names
    assert not any(is_open(one) for one in names)
    assert await below_policies(every_table) - set(BELOW) == {"indicators.leak"}
    assert await on_any_path(every_table) == {"indicators.leak"}


async def test_of_what_is_published_a_manager_sees_his_own_hospital(town: Town) -> None:
    for table in (f"indicators.{one}" for one in WALLED):
        rows = await read_as(town, "manager.a", table)
        assert rows, table
        assert not any(says_canary(row) for row in rows), table
        await town.house.pool.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        rows = await read_as(town, "manager.a", table)
        assert any(says_canary(row) for row in rows), table


async def test_of_the_index_own_records_show_and_what_lies_between_them(town: Town) -> None:
    own = {record_id(town.a.source, mrn) for mrn in ("I1", "I2")}
    account = town.people.accounts["identity-steward.a"].account
    places = {"record": "record", "heard": "record", "edge": "a", "question": "b"}
    for table, column in places.items():
        everything = await town.house.pool.fetchval(f"SELECT count(*) FROM identity_1.{table}")
        async with town.house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL ROLE lianyi_doors")
            await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(account))
            seen = await connection.fetch(f"SELECT {column} FROM identity_1.{table}")
        assert 0 < len(seen) < everything + (table in ("edge", "question")), table
        assert {row[0] for row in seen} <= own, table


async def test_a_partition_is_no_way_around_the_wall(town: Town) -> None:
    leaves = [
        one for one in await readable(town.house.pool) if "message_" in one or "receipt" in one
    ]
    assert leaves
    for table in leaves:
        rows = await read_as(town, "integration-engineer.a", table)
        assert not any(says_canary(row) for row in rows), table


async def test_without_an_actor_there_is_nothing_to_be_seen(town: Town) -> None:
    for table in await readable(town.house.pool):
        if is_open(table):
            continue
        async with town.house.pool.acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL ROLE lianyi_doors")
            for actor in ("", "00000000-0000-0000-0000-000000000000"):
                await connection.execute("SELECT set_config('lianyi.actor', $1, true)", actor)
                assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_the_role_of_the_doors_changes_no_row_of_b_and_no_message_at_all(town: Town) -> None:
    account = town.people.accounts["integration-engineer.a"].account
    number = town.house.channels[town.b.channel][0]

    async def change(statement: str) -> str:
        try:
            async with town.house.pool.acquire() as connection, connection.transaction():
                await connection.execute("SET LOCAL ROLE lianyi_doors")
                await connection.execute(
                    "SELECT set_config('lianyi.actor', $1, true)", str(account)
                )
                return str(await connection.execute(statement))
        except asyncpg.InsufficientPrivilegeError:
            return "refused"

    for statement in (
        f"UPDATE channels.channel SET wanted = 'stopped' WHERE channel = {number}",
        f"UPDATE channels.destination SET wanted = 'stopped' WHERE channel = {number}",
        f"UPDATE channels.exception SET state = 'dismissed' WHERE channel = {number}",
        f"UPDATE channels.replay SET state = 'stopping' WHERE channel = {number}",
        f"UPDATE messagelog.channel SET organisation = 'A' WHERE channel = {number}",
        "INSERT INTO messagelog.channel (channel, name, shard) VALUES (99, 'x', 1)",
        "UPDATE messagelog.message SET sender = 'x'",
        "DELETE FROM messagelog.message",
        "DELETE FROM channels.exception",
        "TRUNCATE messagelog.message",
        "INSERT INTO messagelog.sight VALUES (gen_random_uuid(), '*')",
        "UPDATE messagelog.sight SET organisation = '*'",
        "DROP POLICY seen ON messagelog.message",
        "ALTER TABLE messagelog.message DISABLE ROW LEVEL SECURITY",
        f"INSERT INTO channels.replay SELECT gen_random_uuid(), {number}, destination, shard,"
        " number_from, number_to, filter, rate_per_second, state, position, matching, delivered,"
        " refused, requested_by, reason, requested_at FROM channels.replay",
    ):
        assert await change(statement) in {"refused", "UPDATE 0"}, statement


async def test_the_walk_would_notice_a_wall_that_is_gone(town: Town) -> None:
    """Without this the tests above would prove nothing."""
    for table in ("channels.exception", "channels.definition", "channels.replay"):
        await town.house.pool.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        rows = await read_as(town, "integration-engineer.a", table)
        assert any(says_canary(row) for row in rows), table
