"""How fast the library is counted: all of it, the newest month, a board; beside a plain scan.

    python -m benchmarks.indicators --encounters 200000

The star is made by SQL: random rows of every fact over 36 months, 40 departments, 2 hospitals; a
tenth of the rows of an encounter are surgeries, five times as many are charges and orders. What the
library says of three indicators is compared with SQL written by hand.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.machine import describe
from lianyi.applications.indicators.boards import find_board, read_boards
from lianyi.applications.indicators.book import choose
from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import Places, Window
from lianyi.projections.operational.star import Column, Fact, Kind, month_column, star

MONTHS, FIRST = 36, 276  # from January 2023
SHARES = {"charge": 5.0, "order": 5.0, "drug": 2.0, "surgery": 0.1, "ward_day": 0.1,
          "staff_month": 0.05}  # fmt: skip
BY_HAND = {
    "VIS-001": "SELECT count(*) FROM {encounter} WHERE class = 'outpatient'"
    " AND registered_at_month = {month}",
    "FIN-046": "SELECT sum(amount_fen) FROM {charge} WHERE class = 'inpatient'"
    " AND charged_at_month = {month}",
    "EX-04": "SELECT count(DISTINCT encounter) FROM {surgery} WHERE discharged_at_month = {month}"
    " AND kind IN ('operation', 'interventional') AND (cancelled IS NULL OR NOT cancelled)",
}


def expression(column: Column, number: int) -> str:
    """Return SQL for a random value of a column."""
    draw = f"hash(i * 131 + {number})"
    match column.kind:
        case Kind.CODE:
            values = ", ".join(f"'{one}'" for one in column.values)
            return f"[{values}][1 + ({draw} % {len(column.values)})::INT]"
        case Kind.FLAG:
            return f"{draw} % 10 = 0"
        case Kind.INT:
            return f"({draw} % 30)::BIGINT"
        case Kind.FEN:
            return f"({draw} % 100000)::BIGINT"
        case Kind.NUMBER:
            return f"(({draw} % 50000) / 10000)::DECIMAL(18,4)"
        case Kind.INSTANT:
            return f"began + ({draw} % 86400 * INTERVAL 1 SECOND)"
        case Kind.DEPARTMENT:
            return f"'D' || lpad(({draw} % 40)::TEXT, 2, '0')"
        case Kind.PRACTITIONER:
            return f"'P' || ({draw} % 400)::TEXT"
        case _:
            return f"['I21', 'I25', 'J18', 'E11', 'K80'][1 + ({draw} % 5)::INT]"


def make(folder: Path, encounters: int) -> dict[str, int]:
    """Write the star; return how many rows each fact has."""
    counts = {}
    with duckdb.connect() as connection:
        for fact in star().values():
            rows = max(int(encounters * SHARES.get(fact.name, 1.0)), 100)
            place = folder / fact.name / "log" / "2023-01.parquet"
            place.parent.mkdir(parents=True)
            connection.execute(f"COPY ({rows_of(fact, rows)}) TO '{place}' (FORMAT parquet,"
                               " COMPRESSION zstd, ROW_GROUP_SIZE 122880)")  # fmt: skip
            counts[fact.name] = rows
    return counts


def rows_of(fact: Fact, rows: int) -> str:
    """Return SQL for random rows of a fact, in the order of time."""
    said = {"hospital": "'H' || (1 + hash(i) % 2)::TEXT", "origin": "'1-' || i::TEXT",
            fact.key: "'HIS^' || i::TEXT", "encounter": f"'HIS^' || (hash(i) % {rows})::TEXT",
            "patient": f"(hash(i * 7) % {rows})::TEXT || '^HIS'"}  # fmt: skip
    said[fact.key] = "'HIS^' || i::TEXT"
    columns = []
    for number, column in enumerate(fact.columns.values()):
        columns.append(f"{said.get(column.name) or expression(column, number)} AS {column.name}")
        if column.kind is Kind.INSTANT:
            columns.append(f"month::SMALLINT AS {month_column(column.name)}")
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT i, {FIRST} + i * {MONTHS} // {rows} AS month,"
        f" TIMESTAMP '2000-01-01' + ({FIRST} + i * {MONTHS} // {rows}) * INTERVAL 1 MONTH AS began"
        f" FROM range({rows}) AS t(i))"
    )


def timed(work: object) -> tuple[float, object]:
    """Return how long something took, in seconds, and what came of it."""
    began = time.perf_counter()
    found = work()  # type: ignore[operator]
    return time.perf_counter() - began, found


def main() -> None:
    """Measure, and say what was seen."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--encounters", type=int, default=200_000)
    encounters = asked.parse_args().encounters
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print("rows:", make(folder, encounters))
        measure(folder)
    print("memory at most, MB:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    print(describe())


def measure(folder: Path) -> None:
    """Count the library of a star and print how long it took."""
    known, _ = read_indicators(Path("/nowhere"))
    counted = [one.calibers[0] for one in known.values() if one.calibers[0].numerator]
    parts = [part for one in counted for part in one.parts()]
    last = FIRST + MONTHS - 1
    engine = Engine(ShelfStar(folder), IndicatorSettings(cells_kept=5_000_000))
    whole, one_month = Window(FIRST, last), Window(last, last, Places(frozenset({"H1"})))
    grain = ("hospital", "department", "month")
    seconds, found = timed(lambda: engine.figures(parts, whole, grain))
    cells = sum(map(len, found.values()))  # type: ignore[attr-defined]
    print(
        f"{len(counted)} indicators x departments x {MONTHS} months: {seconds:.1f} s, {cells} cells"
    )
    print(f"the newest month of one hospital: "
          f"{timed(lambda: engine.figures(parts, one_month, grain))[0]:.2f} s")  # fmt: skip
    floor(folder, {(part.fact, part.time, part.department) for part in parts})
    board(engine, last, dict(known))
    compare(engine, folder, last, dict(known))


def floor(folder: Path, passes: set[tuple[str, str, str]]) -> None:
    """Print how long DuckDB takes to read what the passes read, and to group it by cell."""
    with duckdb.connect(config={"threads": 2}) as connection:
        began = time.perf_counter()
        for fact, at, department in passes:
            columns = ", ".join(
                f'max("{one.name}")'
                for one in star()[fact].columns.values()
                if one.kind is not Kind.KEY
            )
            connection.execute(
                f"SELECT hospital, {department}, {month_column(at)}, count(*), {columns}"
                f" FROM '{folder}/{fact}/*/*.parquet' GROUP BY ALL"
            ).fetchall()
        print(f"floor: {len(passes)} plain passes: {time.perf_counter() - began:.1f} s")


def board(engine: Engine, last: int, known: dict) -> None:
    """Print how long a remembered board of 24 tiles takes."""
    tiles = find_board(read_boards(Path("/nowhere")), "president").tiles
    day = parse_period("2025-12").last_day
    chosen = [choose(known[one.indicator], one.caliber, day) for one in tiles]
    parts = [part for one in chosen if one for part in one.caliber.parts()]
    window = Window(last - 12, last, Places(frozenset({"H1"})))
    print(f"board, cold: {timed(lambda: engine.figures(parts, window, ('month',)))[0]:.2f} s")
    warm = sorted(timed(lambda: engine.known(parts, window, ("month",)))[0] for _ in range(1_000))
    print(f"board, warm: p50 {warm[500] * 1000:.2f} ms, p99 {warm[990] * 1000:.2f} ms")


def compare(engine: Engine, folder: Path, last: int, known: dict) -> None:
    """Compare three numbers with SQL written by hand."""
    files = {fact: f"'{folder}/{fact}/*/*.parquet'" for fact in star()}
    with duckdb.connect() as connection:
        for code, sql in BY_HAND.items():
            part = known[code].calibers[0].numerator
            ours = engine.figures([part], Window(last, last), ())[part][()]
            (theirs,) = connection.execute(sql.format(month=last, **files)).fetchone()
            print(code, "by hand", theirs, "equal" if ours == theirs else f"BUT WE SAY {ours}")
            assert ours == theirs


if __name__ == "__main__":
    main()
