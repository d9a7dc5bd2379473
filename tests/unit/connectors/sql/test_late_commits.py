"""Writers that commit in any order: with an overlap as long as they take, nothing is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .site import Desk, PostgresqlSite, Reading

TABLE = """
    DROP TABLE IF EXISTS visit;
    CREATE TABLE visit (id int PRIMARY KEY, version int,
                        updated_at timestamptz DEFAULT clock_timestamp());
"""
WRITE = """
    INSERT INTO visit (id, version) VALUES ($1, $2) ON CONFLICT (id)
    DO UPDATE SET version = $2, updated_at = clock_timestamp()
"""
VISIT: dict[str, Any] = {
    "name": "visit", "key": "id", "mode": "incremental", "watermark": "updated_at",
    "every_seconds": 0.01,
}  # fmt: skip

writers = st.lists(
    st.tuples(
        st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),  # rows written
        st.integers(0, 60),  # milliseconds before the commit
        st.booleans(),  # whether it commits
    ),
    min_size=1,
    max_size=8,
)


class Writers:
    """Concurrent transactions on the table of another system."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.committed: set[tuple[str, str]] = set()
        self._version = 0

    async def write(self, lane: int, rows: list[int], wait_ms: int, *, commits: bool) -> None:
        """Write rows of a lane of their own, hold the transaction open, end it."""
        connection = await asyncpg.connect(self._dsn)
        try:
            transaction = connection.transaction()
            await transaction.start()
            written = []
            for row in rows:
                self._version += 1
                version = self._version
                await connection.execute(WRITE, lane * 10 + row, version)
                written.append((str(lane * 10 + row), str(version)))
            await asyncio.sleep(wait_ms / 1000)
            if commits:
                await transaction.commit()
                self.committed.update(written)
            else:
                await transaction.rollback()
        finally:
            await connection.close()


@pytest.fixture
def dsn(empty_database: str) -> str:
    return empty_database


@given(plan=writers)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_that_was_committed_arrives(dsn: str, tmp_path: Path, plan: Any) -> None:
    async def run() -> None:
        site, desk, at_work = PostgresqlSite(dsn, tmp_path), Desk(), Writers(dsn)
        await site.run(TABLE)
        table = {**VISIT, "overlap_seconds": 60}
        async with Reading(desk.source(site.settings(table, batch_rows_max=3))):
            await asyncio.gather(
                *(
                    at_work.write(lane, rows, wait, commits=commits)
                    for lane, (rows, wait, commits) in enumerate(plan)
                )
            )
            await desk.until(lambda: at_work.committed <= {(row[0], row[1]) for row in desk.rows})
            given = [(row[0], row[1]) for row in desk.rows]
        assert set(given) == at_work.committed
        assert len(set(given)) == len(given)  # and nothing twice while the process lives

    asyncio.run(run())


async def test_without_an_overlap_a_late_commit_is_lost_as_the_guide_says(
    dsn: str, tmp_path: Path
) -> None:
    site, desk = PostgresqlSite(dsn, tmp_path), Desk()
    await site.run(TABLE)
    slow = await asyncpg.connect(dsn)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(WRITE, 1, 1)
    await site.run("INSERT INTO visit (id, version) VALUES (2, 1)")
    async with Reading(desk.source(site.settings(VISIT))):
        await desk.until(lambda: desk.rows)
        await transaction.commit()
        await slow.close()
        await site.run("INSERT INTO visit (id, version) VALUES (3, 1)")
        await desk.until(lambda: len(desk.rows) == 2)
    assert [row[0] for row in desk.rows] == ["2", "3"]
