"""The fold as files, and what is newer than the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pytest

from lianyi.base.database import connect
from lianyi.projections.operational.follow import Operational
from lianyi.projections.operational.fresh import fresh_rows, star_now
from lianyi.projections.operational.settled import read_settled
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import star
from lianyi.projections.rebuilding import rebuild

from .conftest import House
from .saying import ZONE, adt, charge
from .test_learning import REPORT, STORY


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*.parquet"))
    }


async def now(house: House) -> dict[str, list[dict[str, Any]]]:
    """The star at this moment, every row of it, as DuckDB reads it and a door may ask for it."""
    async with house.pool.acquire() as connection:
        await connection.execute("SET ROLE lianyi_doors")
        fresh = await fresh_rows(connection, house.folder, zone=ZONE)
        await connection.execute("RESET ROLE")
    backend = ibis.duckdb.connect()
    tables = star_now(backend, Shelf(house.folder), fresh)
    return {
        name: backend.to_pyarrow(table.order_by(star()[name].key)).to_pylist()
        for name, table in tables.items()
    }


async def test_the_files_hold_what_was_learned_and_a_rebuild_makes_the_same_bytes(
    house: House,
) -> None:
    await house.append(1, *STORY)
    await house.append(2, *REPORT)
    await house.learn()
    assert await house.settler().step() > 0
    before = files_in(house.folder)
    assert "encounter/log/2026-03.parquet" in before
    assert house.folder.stat().st_mode & 0o077 == 0, "rows name patients by their numbers"
    rows = await now(house)
    assert [row["hospital"] for row in rows["encounter"]] == ["H1", "H1"]
    assert [row["amount_fen"] for row in rows["charge"]] == [1230, -1230]
    assert rows["result"][0]["reported_at_month"] == 26 * 12 + 2
    assert await house.settler().step() == 0, "nothing changed"
    for one in before:
        (house.folder / one).unlink()
    await rebuild(lambda: connect(house.dsn), house.log, Operational(ZONE), clock=house.clock)
    assert await house.settler().step() == len(before)
    assert files_in(house.folder) == before


async def test_only_months_that_changed_are_written(house: House) -> None:
    await house.append(1, *STORY)
    await house.learn()
    await house.settler().step()
    before = files_in(house.folder)
    await house.append(1, charge("8 9", "1.00", number="C9"))
    await house.learn()
    assert await house.settler().step() == 1
    after = files_in(house.folder)
    assert [one for one in after if after[one] != before[one]] == ["charge/log/2026-03.parquet"]


async def test_what_is_newer_than_the_files_is_counted_as_it_stands_now(house: House) -> None:
    await house.append(1, *STORY)
    await house.append(2, *REPORT)
    await house.learn()
    await house.settler().step()
    assert [row["encounter"] for row in (await now(house))["encounter"]] == ["H1/YY^V1", "H1/YY^V3"]
    await house.append(
        1,
        adt("A11", "8 8", number="V3", patient="P3", ward="W2"),
        adt("A01", "8 9", number="V4", patient="P4", ward="W1", began="8 9"),
        adt("A08", "8 10", ward="W2", doctor="D7"),
        charge("8 9", "1.00", number="C9"),
    )
    await house.learn()
    fresh = await now(house)
    doctors = [(row["encounter"], row["doctor"]) for row in fresh["encounter"]]
    assert doctors == [("H1/YY^V1", "D7"), ("H1/YY^V4", "D1")]
    assert [row["amount_fen"] for row in fresh["charge"]] == [1230, -1230, 100]
    await house.settler().step()
    assert await now(house) == fresh, "written, it is the same"


async def test_more_than_memory_holds_is_not_read_and_said(house: House) -> None:
    await house.append(1, STORY[0])
    await house.learn()
    await house.settler().step()
    await house.append(1, *STORY[1:])
    await house.learn()
    async with house.pool.acquire() as connection:
        few = await fresh_rows(connection, house.folder, zone=ZONE, rows_max=5)
        all_ = await fresh_rows(connection, house.folder, zone=ZONE)
    assert few.behind
    assert few.rows == {}
    assert not all_.behind


async def test_files_that_could_not_all_be_written_are_written_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.append(1, *STORY)
    await house.learn()
    put, told = Shelf.put, []

    def full(self: Shelf, *what: Any) -> Path:
        told.append(what)
        if len(told) == 3:
            raise OSError(28, "No space left on device")
        return put(self, *what)

    monkeypatch.setattr(Shelf, "put", full)
    with pytest.raises(OSError, match="space"):
        await house.settler().step()
    assert read_settled(house.folder) is None
    monkeypatch.setattr(Shelf, "put", put)
    await house.settler().step()
    assert [row["amount_fen"] for row in (await now(house))["charge"]] == [1230, -1230]


async def test_a_channel_of_another_organisation_is_written_anew(house: House) -> None:
    await house.append(1, *STORY)
    await house.learn()
    await house.settler().step()
    await house.pool.execute("UPDATE messagelog.channel SET organisation = 'H2'")
    await house.append(1, charge("8 9", "1.00", number="C9"))
    await house.learn()
    await house.settler().step()
    assert {row["hospital"] for row in (await now(house))["encounter"]} == {"H2"}


async def test_files_of_a_version_that_is_gone_go_with_it(house: House) -> None:
    await house.append(1, *STORY)
    await house.learn()
    await house.settler().step()
    stray = house.folder / "drug" / "log" / "2020-01.parquet"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"of another time")
    await house.drop()
    await house.append(1, charge("8 9", "1.00", number="C9"))
    await house.learn()
    async with house.pool.acquire() as connection:
        assert (await fresh_rows(connection, house.folder, zone=ZONE)).behind
    await house.settler().step()
    assert not stray.exists()
    settled, live = read_settled(house.folder), await house.live()
    assert settled
    assert settled.is_of(live)
    assert settled.revision == live.revision
