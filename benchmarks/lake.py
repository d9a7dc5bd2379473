"""What it costs to put rows into the lake, to keep its files, and to read them.

    python -m benchmarks.lake [--batches 10000]

Batches of 100 rows of twelve columns become segments, one after the other, each durable before the
next; then 500 segments with 50,000 HL7 messages are put together. Two floors are measured in the
same run: writing and syncing as many bytes by the plainest program, and Arrow's own writing of the
same 50,000 messages to one file. Prints one JSON object; times are of the wall clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq

from lianyi.base import rows
from lianyi.base.rows import Column
from lianyi.messagelog.message import Position
from lianyi.projections.lake import publishing, segments
from lianyi.projections.lake.follow import landed
from lianyi.projections.lake.keeping import compact
from lianyi.projections.lake.lake import Lake
from lianyi.projections.lake.landing import Arrived
from lianyi.projections.lake.model import Named

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
FEE = (
    Column("id", "bigint", "integer"),
    Column("updated_at", "timestamp", "timestamp"),
    *(Column(name, "varchar(20)", "text") for name in ("patient", "visit", "dept")),
    Column("item", "varchar(40)", "text"),
    Column("name", "varchar(100)", "text"),
    Column("price", "decimal(18,4)", "decimal"),
    Column("amount", "decimal(12,2)", "decimal"),
    Column("total", "decimal(18,2)", "decimal"),
    Column("doctor", "varchar(20)", "text"),
    Column("note", "varchar(200)", "text"),
)
HL7 = (Column("id", "bigint", "integer"), Column("body", "text", "text"))
MESSAGE = "\r".join(
    [
        "MSH|^~\\&|LIS|H1|EMR|H1|20260302080030||ORU^R01|{n}|P|2.5.1",
        "PID|1||{n}^^^HIS||测试^甲||19800101|M",
        "OBR|1|{n}|{n}|GLU^葡萄糖^L",
        *(
            f"OBX|{place}|NM|T{place}^项目^L||{{n}}.{place}|mmol/L|3.9-6.1|N|||F"
            for place in range(8)
        ),
    ]
)
LAST = 500
ROWS = 100


def fee(key: int) -> list[str | None]:
    """One row of a list of charges."""
    said = f"P{key}", f"V{key}", "D01", f"F{key}", "一次性使用输液器带针", "12.3456", "2.00"
    return [str(key), "2026-03-02 08:00:30.123456", *said, "24.69", "U001", None]


def arrived(number: int, columns: tuple[Column, ...], said: Sequence[Any]) -> Arrived:
    """One batch as it comes out of the log."""
    header = rows.Header("his", "fee", "incremental", number, len(said), ("id",), columns)
    at = Position(1, number)
    return Arrived(at, at, START + timedelta(milliseconds=number), header, said)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def appends(folder: Path, batches: int) -> dict[str, float]:
    """Append batch after batch; compare the first with the last, and with the plainest program."""
    took, plain = [], []
    cpu = time.process_time
    spent = 0.0
    place = folder / "plain"
    place.mkdir()
    lake = folder / "lake"
    size = 0
    for number in range(1, batches + 1):
        one = arrived(number, FEE, [fee(number * ROWS + row) for row in range(ROWS)])
        before = cpu()
        took.append(seconds_of(partial(landed, lake, [one])))
        spent += cpu() - before
        if number == 1:
            (path,) = lake.rglob("*.parquet")
            size = path.stat().st_size
        plain.append(seconds_of(partial(write, place / str(number), size)))
    first, last = statistics.median(took[:LAST]), statistics.median(took[-LAST:])
    return {
        "batches": batches,
        "append_p50_first_500_ms": round(1e3 * first, 2),
        "append_p50_last_500_ms": round(1e3 * last, 2),
        "append_last_to_first": round(last / first, 2),
        "append_own_processor_ms": round(1e3 * spent / batches, 2),
        "floor_same_bytes_p50_first_ms": round(1e3 * statistics.median(plain[:LAST]), 2),
        "floor_same_bytes_p50_last_ms": round(1e3 * statistics.median(plain[-LAST:]), 2),
    }


def write(path: Path, size: int) -> None:
    """Write so many bytes, durable, as the plainest program would."""
    beside = path.with_suffix(".part")
    with beside.open("wb") as out:
        out.write(b"x" * size)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
    segments.sync(path.parent)


def compaction(folder: Path) -> dict[str, float]:
    """Put 500 segments with 50,000 messages together."""
    for number in range(1, 501):
        said = [[str(n), MESSAGE.format(n=n)] for n in range(number * 100, number * 100 + 100)]
        landed(folder, [arrived(number, HL7, said)])
    lake = Lake(folder)
    scattered = seconds_of(lambda: total(lake))
    before = time.process_time()
    took = seconds_of(lambda: compact(folder, now=START + timedelta(days=1)))
    spent = time.process_time() - before
    (path,) = lake.files("his", "fee")
    table = pq.read_table(path)
    floor = seconds_of(lambda: pq.write_table(table, folder / "floor.parquet", compression="zstd"))
    return {
        "messages": table.num_rows,
        "compaction_seconds": round(took, 3),
        "compaction_own_processor_seconds": round(spent, 3),
        "floor_arrow_writes_them_seconds": round(floor, 3),
        "read_500_files_seconds": round(scattered, 3),
        "read_1_file_seconds": round(seconds_of(lambda: total(lake)), 3),
        "publish_seconds": round(
            seconds_of(lambda: publishing.publish(folder, Named("his", "fee"))), 3
        ),
    }


def total(lake: Lake) -> int:
    """Read every body with DuckDB."""
    table = lake.raw(ibis.duckdb.connect(), "his", "fee")
    found: int = table["body"].length().sum().to_pyarrow().as_py()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=10_000)
    batches = parser.parse_args().batches
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    try:
        found = {"append": appends(folder, batches), "keep": compaction(folder / "hl7")}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
