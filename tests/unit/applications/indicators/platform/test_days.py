"""What the platform did on a day, from counts that only grow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.applications.indicators.platform.days import PlatformDays, rows_of
from lianyi.applications.indicators.platform.platform_store import Link
from lianyi.base.clock import SteppedClock
from lianyi.base.database import open_pool

ZONE = ZoneInfo("Asia/Shanghai")
IN = Link("gate:1", "lab", "", 0, "H1")
OUT = Link("deliver:7", "lab", "emr", 7, "H1")
DAY = date(2026, 3, 2)
AT = datetime(2026, 3, 1, 16, tzinfo=UTC).replace(tzinfo=None)
counts = st.dictionaries(
    st.sampled_from(["passed", "excepted", "filtered", "erased", "delivered", "received", "held"]),
    st.integers(0, 50),
)


def test_a_day_is_what_its_counts_grew_by() -> None:
    before = {"gate:1": {"received": 10, "held": 1}, "deliver:7": {"passed": 9, "delivered": 8}}
    after = {
        "gate:1": {"received": 110, "held": 6},
        "deliver:7": {"passed": 104, "excepted": 5, "filtered": 3, "delivered": 99},
    }
    came, went = rows_of(DAY, AT, [IN, OUT], before, after, {7: 2})
    assert (came["received"], came["held"], came["way"]) == (100, 5, "intake")
    assert (went["tried"], went["first_time"], went["delivered"]) == (92, 87, 91)
    assert (went["parked"], went["hospital"], went["at_month"]) == (2, "H1", 314)


def test_an_interface_by_which_nothing_went_has_no_row_and_an_earlier_day_no_parked() -> None:
    assert rows_of(DAY, AT, [IN, OUT], {}, {}, {}) == []
    (went,) = rows_of(DAY, AT, [OUT], {}, {"deliver:7": {"passed": 1, "delivered": 1}}, None)
    assert went["parked"] is None


@given(before=counts, grown=counts)
def test_no_day_has_more_at_the_first_attempt_than_were_tried(
    before: dict[str, int], grown: dict[str, int]
) -> None:
    after = {name: before.get(name, 0) + grown.get(name, 0) for name in {*before, *grown}}
    for row in rows_of(DAY, AT, [OUT], {"deliver:7": before}, {"deliver:7": after}, {}):
        assert 0 <= row["first_time"] <= row["tried"]


@pytest.mark.asyncio
async def test_days_that_are_over_are_made_once_each_and_stay(
    database: str, tmp_path: Path
) -> None:
    clock = SteppedClock(datetime(2026, 3, 4, 1, tzinfo=UTC))
    async with await open_pool(database) as pool:
        await pool.execute(
            "INSERT INTO messagelog.channel (channel, name, shard, organisation)"
            " VALUES (1, 'lab', 1, 'H1')"
        )
        await pool.execute(
            "INSERT INTO channels.channel (channel, name, shard) VALUES (1, 'lab', 1)"
        )
        number = await pool.fetchval(
            "INSERT INTO channels.destination (channel, name) VALUES (1, 'emr')"
            " RETURNING destination"
        )
        deliver = f"deliver:{number}"
        for reader in ("gate:1", deliver):
            await pool.execute(
                "INSERT INTO messagelog.reader (reader, shard, position, moved_at)"
                " VALUES ($1, 1, 0, now())",
                reader,
            )

        async def tally(reader: str, at: str, **said: int) -> None:
            minute = datetime.fromisoformat(f"2026-03-{at}").replace(tzinfo=ZONE)
            await pool.execute(
                "INSERT INTO channels.tally (reader, minute, counts) VALUES ($1, $2, $3)",
                reader, minute, said,
            )  # fmt: skip

        await tally("gate:1", "02T23:59", received=40)
        await tally("gate:1", "03T00:00", received=41)
        await tally("gate:1", "03T12:00", received=60, held=2)
        await tally("gate:1", "04T08:00", received=999)
        await tally(deliver, "03T12:00", passed=20, excepted=1, delivered=19)
        await pool.execute(
            "INSERT INTO channels.exception (destination, shard, number, channel, order_key,"
            " state, since) VALUES ($1, 1, 5, 1, 'k', 'parked', '2026-03-03T04:00:00Z')",
            number,
        )
        days = PlatformDays(
            pool, tmp_path / "star", clock=clock, zone=ZONE, owner=UUID(int=1), holder="test"
        )
        assert await days.look() == 3
        assert await days.look() == 0, "what was made is not made again"
        clock.advance(timedelta(days=1))
        assert await days.look() == 2
        await pool.execute("DELETE FROM channels.tally")
    (file,) = (tmp_path / "star" / "link_day" / "platform").glob("*.parquet")
    assert file.stem == "2026-03"
    rows = {one["link_day"]: one for one in pq.read_table(file).to_pylist()}
    assert {key: one["received"] for key, one in rows.items() if one["way"] == "intake"} == {
        "lab> 2026-03-02": 40, "lab> 2026-03-03": 20, "lab> 2026-03-04": 939,
    }  # fmt: skip
    went = rows["lab>emr 2026-03-03"]
    assert (went["tried"], went["first_time"], went["parked"]) == (20, 19, 1)
    assert rows["lab>emr 2026-03-04"]["parked"] == 1, "it still waits"
