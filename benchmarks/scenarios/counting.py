"""How fast the indicators are counted from Parquet: the library, its newest month, a board."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import indicators
from benchmarks.bench import Bench
from benchmarks.report import Figure
from lianyi.applications.indicators.boards import find_board, read_boards
from lianyi.applications.indicators.book import choose
from lianyi.applications.indicators.engine import Engine, ShelfStar
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.star import first_day

FINEST = ("hospital", "department", "month")
ENCOUNTERS = 200_000
"""Of the star that is made where none is named; the targets are for 5,000,000."""
TARGETS = {"library, 36 months": 15.0, "library, newest month": 1.0, "board of 24 tiles": 1.0}


def counting(bench: Bench) -> Iterator[Figure]:
    """Count each question with an engine that remembers nothing, and say its processor time."""
    folder = bench.star
    if folder is None:
        folder = bench.work / "star"
        indicators.make(folder, ENCOUNTERS)
    last = newest_month(folder)
    known, _ = read_indicators(Path("/nowhere"))
    library = [
        part
        for one in known.values()
        if one.calibers[0].numerator
        for part in one.calibers[0].parts()
    ]
    tiles = find_board(read_boards(Path("/nowhere")), "president").tiles
    chosen = [choose(known[one.indicator], one.caliber, first_day(last)) for one in tiles]
    board = [part for one in chosen if one for part in one.caliber.parts()]
    questions: dict[str, tuple[list[Part], Window, Sequence[str]]] = {
        "library, 36 months": (library, Window(last - 35, last), FINEST),
        "library, newest month": (library, Window(last, last), FINEST),
        "board of 24 tiles": (board, Window(last - 12, last), ("month",)),
    }
    details = {"encounters": rows_of(folder, "encounter"), "charges": rows_of(folder, "charge")}
    for name, (parts, window, by) in questions.items():
        walls, processors, cells = [], [], 0
        for _ in range(bench.runs):
            engine = Engine(ShelfStar(folder), IndicatorSettings(cells_kept=5_000_000))
            busy, began = sum(os.times()[:2]), time.perf_counter()
            cells = sum(map(len, engine.figures(parts, window, by).values()))
            walls.append(time.perf_counter() - began)
            processors.append(sum(os.times()[:2]) - busy)
            engine.close()
        said = {**details, "cells": cells, "load": os.getloadavg()[0]}
        yield Figure(name, "s", walls, TARGETS[name], more_is_better=False, details=said)
        yield Figure(f"{name}: of processors", "s", processors, details=said)


def newest_month(folder: Path) -> int:
    """Return the newest month in which somebody registered."""
    files = sorted(folder.glob("encounter/*/*.parquet"))
    months = [pq.read_table(one, columns=["registered_at_month"]) for one in files[-2:]]
    return max(pc.max(one["registered_at_month"]).as_py() or 0 for one in months)


def rows_of(folder: Path, fact: str) -> int:
    """Return how many rows a fact has."""
    return sum(pq.read_metadata(one).num_rows for one in folder.glob(f"{fact}/*/*.parquet"))
