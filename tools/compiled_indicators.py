"""Write down what each indicator of the library compiles to, so that a change of it is reviewed.

    python tools/compiled_indicators.py

It writes ``compiled.sql`` beside the tests of indicators.

A condition can be edited, and the compiler or Ibis can change; either way the difference of the
file shows which numbers are counted in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ibis  # type: ignore[import-untyped]

from lianyi.applications.indicators import counting
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.window import Places, Window
from lianyi.projections.operational.shelf import schema_of
from lianyi.projections.operational.star import star

FILE = Path(__file__).parents[1] / "tests/unit/applications/indicators/compiled.sql"
WINDOW = Window(312, 314, Places(frozenset({"H1"}), frozenset({("H2", "D1")})))
"""The first quarter of 2026 of one hospital and of a department of another."""


def compiled() -> Iterator[str]:
    """Give the condition and the aggregate of every part, once for each way to count."""
    tables = {name: ibis.memtable(schema_of(fact).empty_table()) for name, fact in star().items()}
    yield "-- Written by tools/compiled_indicators.py: what is counted, and the rows of a window.\n"
    known, _ = read_indicators(Path("/nowhere"))
    told: dict[str, str] = {}
    for code, one in known.items():
        for caliber in one.calibers:
            for side, part in (("n", caliber.numerator), ("d", caliber.denominator)):
                if part is not None:
                    place = f"{code} {caliber.caliber} v{caliber.version} {side}"
                    yield _line(place, _sql(part, tables), told)


def _line(place: str, sql: str, told: dict[str, str]) -> str:
    """Return a part; one that is counted as another one names it."""
    first = told.setdefault(sql, place)
    return f"-- {place}\n{sql};\n" if first == place else f"-- {place}: as {first}\n"


def _sql(part: Part, tables: counting.Tables) -> str:
    sql = str(ibis.to_sql(counting.cells(part, tables, WINDOW, ()), dialect="duckdb", pretty=False))
    table = tables[part.fact].get_name()
    return sql.replace(table, part.fact)


def main() -> None:
    """Write the file."""
    FILE.write_text("".join(compiled()), encoding="utf-8")


if __name__ == "__main__":
    main()
