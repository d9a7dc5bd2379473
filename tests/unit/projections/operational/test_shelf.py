"""The files of the star: put whole, found again, the same bytes for the same rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from lianyi.projections.operational.shelf import Shelf, schema_of
from lianyi.projections.operational.star import month_of, star

CHARGE = star()["charge"]
AT = datetime(2026, 3, 2, 8)  # noqa: DTZ001 - as it lies, in UTC
MARCH = month_of(AT.date())


def charges(*keys: str, **more: Any) -> pa.Table:
    rows = [
        {"charge": key, "hospital": "H1", "charged_at": AT, "charged_at_month": MARCH, **more}
        for key in keys
    ]
    return pa.Table.from_pylist(rows, schema=schema_of(CHARGE))


def counted(shelf: Shelf) -> dict[str, int]:
    backend = ibis.duckdb.connect()
    tables = shelf.tables(backend)
    return {name: int(table.count().to_pyarrow().as_py()) for name, table in tables.items()}


def test_rows_of_all_producers_are_one_fact(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "star")
    assert set(counted(shelf).values()) == {0}
    shelf.put(CHARGE, "log", MARCH, charges("b", "a", amount_fen=2**62))
    shelf.put(CHARGE, "his", None, charges("c"))
    assert counted(shelf) == {**dict.fromkeys(star(), 0), "charge": 3}
    assert list(shelf.months(CHARGE, "log")) == [MARCH]
    assert list(shelf.months(CHARGE, "his")) == [None]


def test_the_same_rows_make_the_same_bytes_and_none_take_the_file_away(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "star")
    place = shelf.put(CHARGE, "log", MARCH, charges("a", "b", "c"))
    before = place.read_bytes()
    assert shelf.put(CHARGE, "log", MARCH, charges("c", "b", "a")).read_bytes() == before
    assert [one.name for one in place.parent.iterdir()] == ["2026-03.parquet"]
    shelf.put(CHARGE, "log", MARCH, None)
    assert shelf.files(CHARGE) == []


def test_a_name_that_leaves_the_folder_is_nobodys(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="up"):
        Shelf(tmp_path).put(CHARGE, "../up", MARCH, charges("a"))


def test_months_that_change_together_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf(tmp_path / "star")
    first = shelf.change(CHARGE, "his")
    first.put(MARCH, charges("a", "b"))
    first.put(None, charges("c"))
    assert counted(shelf)["charge"] == 0  # nothing of it holds yet
    first.hold({"n": 1})
    assert (counted(shelf)["charge"], shelf.said(CHARGE, "his")) == (3, {"n": 1})

    second = shelf.change(CHARGE, "his")
    second.put(MARCH, charges("a", "b", "c"))
    second.put(None, None)
    monkeypatch.setattr(second, "_move", lambda *_: None)  # the process ends here
    second.hold({"n": 2})
    assert (counted(shelf)["charge"], shelf.said(CHARGE, "his")) == (3, {"n": 2})
    assert list(shelf.months(CHARGE, "his")) == [MARCH]

    shelf.change(CHARGE, "his")  # whoever is next moves it first
    folder = tmp_path / "star" / "charge" / "his"
    assert sorted(one.name for one in folder.iterdir()) == ["2026-03.parquet", "mapping.json"]
    assert counted(shelf)["charge"] == 3
    shelf.take_away(CHARGE, "his")
    assert list(folder.iterdir()) == []
