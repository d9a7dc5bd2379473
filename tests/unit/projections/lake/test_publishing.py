"""Published tables: every row once, read by DuckDB without extension and by Spark without JAR."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pytest
from deltalake import DeltaTable

from lianyi.base.rows import Column
from lianyi.messagelog.message import Position
from lianyi.projections.lake import publishing
from lianyi.projections.lake.keeping import compact, erase
from lianyi.projections.lake.model import Named
from lianyi.projections.lake.problems import CannotPublish

from .making import COLUMNS, START, arrived, land, row

VISIT = Named("his", "visit")


def _read(folder: Path, named: Named = VISIT) -> list[dict[str, Any]]:
    table = publishing.read(ibis.duckdb.connect(), folder, named)
    found: list[dict[str, Any]] = table.order_by("_batch", "_row").to_pyarrow().to_pylist()
    return found


def test_every_row_is_published_once_also_after_files_were_put_together(tmp_path: Path) -> None:
    land(tmp_path, [arrived(1, 1, [row(1)])], [arrived(2, 2, [row(2), row(3)])])
    assert publishing.publish(tmp_path, VISIT) == 3
    assert publishing.publish(tmp_path, VISIT) == 0

    land(tmp_path, [arrived(3, 3, [row(4)])])
    compact(tmp_path, now=START + timedelta(days=1))  # 2, published, and 3, not yet, are one file
    assert publishing.publish(tmp_path, VISIT) == 1

    assert [one["id"] for one in _read(tmp_path)] == [1, 2, 3, 4]
    assert _read(tmp_path)[0]["fee"] == Decimal("12.50")


def test_a_published_table_is_one_that_the_oldest_readers_know(tmp_path: Path) -> None:
    time = Column("t", "time", "time")
    land(tmp_path, [arrived(1, 1, [[*row(1), "08:00:30"]], columns=(*COLUMNS, time))])
    publishing.publish(tmp_path, VISIT)

    table = DeltaTable(str(publishing.place_of(tmp_path, VISIT)))
    protocol = table.protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert not protocol.reader_features
    (found,) = _read(tmp_path)
    assert (found["at"], found["t"]) == ("2026-03-02 08:00:30.123456", "08:00:30.000000")
    assert str(found["_received_on"]) == "2026-03-02"


def test_columns_that_come_are_added_and_types_that_change_are_widened(tmp_path: Path) -> None:
    land(tmp_path, [arrived(1, 1, [row(1, fee="0.10")])])
    publishing.publish(tmp_path, VISIT)
    more = (COLUMNS[0], Column("ward", "text", "text"))
    land(tmp_path, [arrived(2, 2, [["2", "W3"]], columns=more)])
    assert publishing.publish(tmp_path, VISIT) == 1
    wider = (Column("id", "text", "text"), Column("fee", "numeric(14,4)", "decimal"))
    land(tmp_path, [arrived(3, 3, [["A3", "1.2345"]], columns=wider)])
    assert publishing.publish(tmp_path, VISIT) == 3  # all of them, anew

    found = [(one["id"], one["fee"], one["ward"]) for one in _read(tmp_path)]
    assert found == [
        ("1", Decimal("0.1000"), None),
        ("2", None, "W3"),
        ("A3", Decimal("1.2345"), None),
    ]


def test_a_table_with_a_chinese_name_is_published(tmp_path: Path) -> None:
    named = Named("his", "就诊")
    land(tmp_path, [arrived(1, 1, [row(1)], table="就诊")])
    publishing.publish(tmp_path, named)

    assert [one["id"] for one in _read(tmp_path, named)] == [1]


def test_what_was_erased_is_in_no_file_and_no_statistics_of_the_table(tmp_path: Path) -> None:
    land(tmp_path, [arrived(1, 1, [row(1, "invented-secret")])], [arrived(2, 2, [row(2)])])
    publishing.publish(tmp_path, VISIT)
    erase(tmp_path, {Position(1, 1)})

    assert publishing.forget(tmp_path, {Position(1, 1)}) == 1
    assert publishing.forget(tmp_path, {Position(1, 1)}) == 0

    assert [one["id"] for one in _read(tmp_path)] == [2]
    for path in (tmp_path / "delta").rglob("*"):
        assert path.is_dir() or b"invented-secret" not in path.read_bytes()


def test_a_damaged_table_is_told_and_made_anew_when_it_is_removed(tmp_path: Path) -> None:
    land(tmp_path, [arrived(1, 1, [row(1)])])
    publishing.publish(tmp_path, VISIT)
    log = publishing.place_of(tmp_path, VISIT) / "_delta_log"
    for path in log.iterdir():
        path.write_text("no log")

    with pytest.raises(CannotPublish):
        publishing.publish(tmp_path, VISIT)


@pytest.mark.slow
def test_spark_reads_the_same_without_a_jar(tmp_path: Path) -> None:
    spark_sql = pytest.importorskip("pyspark.sql", reason="make test installs it, and a Java")
    rows = [row(number, f"n{number}", fee=f"{number}.25") for number in range(1, 501)]
    more = [[*one, "W3"] for one in rows[250:]]
    land(tmp_path, [arrived(1, 1, rows[:250])])
    publishing.publish(tmp_path, VISIT)
    land(tmp_path, [arrived(2, 2, more, columns=(*COLUMNS, Column("ward", "text", "text")))])
    publishing.publish(tmp_path, VISIT)
    table = publishing.read(ibis.duckdb.connect(), tmp_path, VISIT)
    builder = spark_sql.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for key in ("spark.driver.host", "spark.driver.bindAddress"):
        builder = builder.config(key, "127.0.0.1")
    session = builder.getOrCreate()
    try:
        files = publishing.published_files(publishing.place_of(tmp_path, VISIT))
        seen = (
            session.read.option("mergeSchema", "true")
            .parquet(*files)
            .selectExpr("count(*) n", "sum(fee) s", "count(ward) w")
            .collect()[0]
        )
    finally:
        session.stop()

    assert (seen["n"], seen["w"], seen["s"]) == (500, 250, table["fee"].sum().to_pyarrow().as_py())
