"""From a table of the hospital's database, through a channel and the log, into DuckDB."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import ibis
import pytest
from tests.unit.channels.asking_process import log_of, taking
from tests.unit.connectors.sql.site import PostgresqlSite

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.messagelog import PostgresLog
from lianyi.projections.lake import follow, publishing, telling
from lianyi.projections.lake.follow import LakeFollower
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.model import Named
from lianyi.projections.lake.problems import NoSuchLakeTable
from lianyi.projections.lake.settings import LakeSettings

CHANNEL = """
channel: his-tables
description: 轮询 HIS 的就诊表与科室表
format: rows
source:
  connector: sql
  system: his
  tables:
    - { name: visit, key: id, mode: incremental, watermark: updated_at, every_seconds: 0.1 }
    - { name: 科室, table: dept, key: code, mode: full, every_seconds: 0.2 }
  batch_rows_max: 7
"""
REST = """
destinations:
  - { name: nowhere, connector: files, folder: out, filter: { event: [his.none] } }
"""
MADE = """
    CREATE TABLE visit (
        id bigint PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        fee numeric(12,2), rate numeric, born date, arrived timestamp, ward text, tags text[]
    );
    CREATE TABLE dept (code text PRIMARY KEY, name text, beds int);
    INSERT INTO dept VALUES ('D1', '心内科', 40), ('D2', '骨科', 30), ('D3', '儿科', 20);
    INSERT INTO visit (id, fee, rate, born, arrived, ward, tags)
        SELECT n, n * 1.25, n / 8.0, date '1980-01-01' + n, '2026-03-02 08:00:30.123456', 'W' || n,
            ARRAY['a', 'b'] FROM generate_series(1, 40) n;
    UPDATE visit SET rate = 'NaN', born = 'infinity' WHERE id = 40
"""


@pytest.fixture
async def his(empty_database: str, tmp_path: Path) -> PostgresqlSite:
    his = PostgresqlSite(empty_database, tmp_path)
    await his.run(MADE)
    return his


@pytest.fixture
def content(his: PostgresqlSite, tmp_path: Path) -> Path:
    settings = {key: str(value) for key, value in his._settings.items()}
    told = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in settings.items())
    folder = tmp_path / "content"
    (folder / "channels").mkdir(parents=True)
    text = f"{CHANNEL}  kind: postgresql\n{told}{REST}"
    (folder / "channels" / "his-tables.yaml").write_text(text, encoding="utf-8")
    return folder


@asynccontextmanager
async def learning(pool: asyncpg.Pool, log: PostgresLog, folder: Path) -> AsyncIterator[None]:
    """Follow into a lake, as the role ``learn`` does."""
    follower = LakeFollower(
        pool,
        log,
        folder,
        settings=LakeSettings(publish=("his.visit",)),
        clock=SystemClock(),
        owner=RandomIds().new_id(),
        holder="test:1",
    )
    work = asyncio.create_task(follower.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def rows_of(lake: Lake, table: str) -> list[dict[str, Any]]:
    """The table as it stands, as DuckDB reads it."""
    try:
        found = lake.current(ibis.duckdb.connect(), "his", table)
    except NoSuchLakeTable:
        return []
    rows: list[dict[str, Any]] = found.to_pyarrow().to_pylist()
    return sorted(rows, key=lambda row: row.get("id") or row.get("code"))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not await asyncio.to_thread(holds):
            await asyncio.sleep(0.1)


async def test_what_the_hospital_has_in_its_tables_is_what_duckdb_reads(
    database: str,
    his: PostgresqlSite,
    content: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(follow, "PUBLISH_SECONDS", 0.2)
    lake = Lake(tmp_path / "lake")
    async with (
        log_of(database) as (pool, log),
        taking(database, content, tmp_path),
        learning(pool, log, lake.folder),
    ):
        await until(lambda: len(rows_of(lake, "visit")) == 40 and len(rows_of(lake, "科室")) == 3)
        await his.run(
            "UPDATE visit SET ward = 'moved', updated_at = clock_timestamp() WHERE id <= 3;"
            " ALTER TABLE visit ADD COLUMN doctor text;"
            " INSERT INTO visit (id, fee, doctor) VALUES (41, 99999999.99, 'U001');"
            " DELETE FROM dept WHERE code = 'D2'; UPDATE dept SET beds = 44 WHERE code = 'D1'"
        )
        await until(lambda: len(rows_of(lake, "visit")) == 41 and len(rows_of(lake, "科室")) == 2)
        await until(lambda: rows_of(lake, "visit")[0]["ward"] == "moved")
        every = lake.raw(ibis.duckdb.connect(), "his", "visit").count().to_pyarrow().as_py()
        await until(lambda: len(_published(lake.folder)) == every)

    visits = rows_of(lake, "visit")
    assert [row["ward"] for row in visits[:4]] == ["moved", "moved", "moved", "W4"]
    assert sum(row["fee"] for row in visits) == Decimal("1025.00") + Decimal("99999999.99")
    fifth, last, new = visits[4], visits[39], visits[40]
    assert (fifth["rate"], fifth["born"]) == (Decimal("0.625"), date(1980, 1, 6))
    assert fifth["arrived"].isoformat() == "2026-03-02T08:00:30.123456"
    assert fifth["updated_at"] < SystemClock().now()
    assert fifth["tags"] == "{a,b}"
    assert (last["rate"], last["born"]) == (None, None)
    assert json.loads(last["_odd"]) == {"rate": "NaN", "born": "infinity"}
    assert (new["doctor"], fifth["doctor"]) == ("U001", None)
    assert [(row["code"], row["beds"]) for row in rows_of(lake, "科室")] == [("D1", 44), ("D3", 20)]

    now = SystemClock().now()
    told = {one.table: one for one in telling.tables_of(lake, settings=LakeSettings(), now=now)}
    assert {one.agrees for one in told.values()} == {True}
    assert {one.freshness for one in told.values()} == {"real-time"}
    load = told["科室"].load
    assert load is not None
    assert (load.rows_said, load.rows_held) == (2, 2)


def _published(folder: Path) -> list[Any]:
    named = Named("his", "visit")
    if not (publishing.place_of(folder, named) / "_delta_log").is_dir():
        return []
    table = publishing.read(ibis.duckdb.connect(), folder, named)
    found: list[Any] = table.to_pyarrow().to_pylist()
    return found
