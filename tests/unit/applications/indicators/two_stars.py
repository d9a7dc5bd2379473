"""The rows of two hospitals whose departments have the same codes, put on a shelf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.compute as pc  # type: ignore[import-untyped]
from tests.unit.applications.indicators.rows import some_rows, table_of

from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import Kind, month_column, star

DEPARTMENTS = {"H1": ("D1", "D2"), "H2": ("E1", "D1")}
"""D1 of the second hospital is another one than D1 of the first."""
DOCTORS = ("P1", "P2", "P3")


def town_rows(
    fact: str, count: int, *, seed: int, town: Mapping[str, Sequence[str]] = DEPARTMENTS
) -> list[dict[str, Any]]:
    """Return random rows of both hospitals, in January to March 2026.

    Args:
        fact: of the star.
        count: of rows.
        seed: the same gives the same.
        town: departments by hospital.
    """
    random = Random(seed)
    of = star()[fact]
    found = []
    for number, row in enumerate(some_rows(fact, count, seed=seed)):
        hospital = random.choice(sorted(town))
        placed = {one: random.choice(town[hospital]) for one in of.of_kind(Kind.DEPARTMENT)}
        placed |= {one: random.choice(DOCTORS) for one in of.of_kind(Kind.PRACTITIONER)}
        said = {of.key: f"{hospital}^{number}", "hospital": hospital, "origin": f"1-{number + 1}"}
        if "patient" in of.columns:
            said["patient"] = f"M{random.randrange(40)}^{hospital}"
        if "encounter" in of.columns and of.key != "encounter":
            said["encounter"] = f"{hospital}^{random.randrange(count)}"
        found.append(row | placed | said)
    return found


def put(
    folder: Path,
    *,
    count: int = 200,
    town: Mapping[str, Sequence[str]] = DEPARTMENTS,
    mark: tuple[str, str] = ("", ""),
) -> None:
    """Put rows of every fact on a shelf.

    Args:
        folder: where the star lies.
        count: of rows of each fact.
        town: departments by hospital.
        mark: a hospital, and what its keys, patients and texts say.
    """
    shelf = Shelf(folder)
    for seed, (name, fact) in enumerate(star().items()):
        rows = town_rows(name, count, seed=seed, town=town)
        texts = [one.name for one in fact.columns.values() if one.kind in (Kind.KEY, Kind.TEXT)]
        for row in rows:
            if row["hospital"] == mark[0]:
                row.update({one: f"{mark[1]}{row[one]}" for one in texts if one != "hospital"})
        table = table_of(name, rows)
        time = month_column(fact.of_kind(Kind.INSTANT)[0])
        for month in set(table[time].to_pylist()):
            of = pc.is_null(table[time]) if month is None else pc.equal(table[time], month)
            shelf.put(fact, "log", month, table.filter(of))
