"""A small history to ask: what its tables say, as views of an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from lianyi.simulate.history.store import Wanted
from lianyi.simulate.history.tables import declared

SMALL = Wanted(encounters=12_000, seed=7, months=12, ends=date(2026, 10, 1))


@dataclass(frozen=True)
class Made:
    """A history that lies in files, with all its tables as views, and `planted` beside them."""

    folder: Path
    ask: Callable[[str], list[tuple[Any, ...]]]

    def one(self, question: str) -> Any:
        """Return the only value of an answer."""
        ((value,),) = self.ask(question)
        return value


def opened(folder: Path) -> tuple[duckdb.DuckDBPyConnection, Made]:
    """Open the files of a history."""
    engine = duckdb.connect(config={"threads": "1"})
    for name in declared().tables:
        engine.read_parquet(f"{folder}/raw/yxhis/{name}/*.parquet").create_view(name)
    engine.read_parquet(f"{folder}/truth/faults.parquet").create_view("planted")
    return engine, Made(folder, lambda question: engine.sql(question).fetchall())
