"""Rows of tables become rows of a fact: the same that plain Python makes, and none is lost."""

# ruff: noqa: DTZ001 - instants as they lie, in UTC, and times as the clocks say

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.projections.operational.mapping.lakes import ZONE, FilesLake, Rows, build, on_shelf
from tests.unit.projections.operational.mapping.plain import PlainFact

from lianyi.projections.operational.mapping.problems import BadMapping, NotInLake, RowsMultiplied
from lianyi.projections.operational.mapping.reading import parse_mapping
from lianyi.projections.operational.shelf import Shelf

CHARGE = """
fact: charge
hospital: H1
codes:
  payer: { "1": self, "2": employee, "8": null }
  yes_no: { "1": true, "0": false }
parts:
  - table: BILL
    where: not(flag(VOID, "1"))
    lookups:
      visit: { table: VISIT, by: { VISIT_NO: "NO" } }
      item: { table: ITEM, by: { visit.KIND: KIND, ITEM: ITEM } }
    columns:
      charge: key(BILL_NO)
      encounter: key("O", VISIT_NO)
      ordering: first_of(visit.DEPT, text(DEPT))
      charged_at: first_of(instant(AT), instant(AT_UTC, "UTC"), date(DAY))
      item: ITEM
      payer: code(PAYER, payer)
      quantity: times(QTY, item.PER)
      amount_fen: minus(fen(AMOUNT), fen(JIAO, 10))
      fund_fen: if(flag(PAYER, "2", "1"), fen(FUND), fen(AMOUNT))
      special_service: any(code(VOID, yes_no), said(DEPT))
      auxiliary: all(code(item.AUX, yes_no), not(code(VOID, yes_no)))
"""
MORE = """
  - table: OLD_BILL
    columns:
      charge: key(BILL_NO)
      charged_at: month(AT)
      amount_fen: fen(AMOUNT)
      payer: code(PAYER, payer)
"""


@pytest.fixture
def lake(tmp_path: Path) -> FilesLake:
    return FilesLake(tmp_path)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "star")


odd_times = st.sampled_from(
    [
        "0000-00-00", "0000-00-00 00:00:00", "9999-12-31 23:59:59", "2026-02-30", "1899-12-31",
        "20260301", "202603010805", "20260301080559", "20261301", "2026/3/1 8:05", " 2026-03-01 ",
        "2026-03-01T08:05:09.1234567", "2026-03-01 24:00:00", "2026-03-01 08:60", "3/1/2026",
        "2026-03-01 08:05:00+0800", "2026-03-31T23:30:00Z", "2026-01-01 00:00:00.5-05:30",
        "1988-09-11 01:30:00", "1988-04-10 00:30:00", "1991-09-15 01:59:59", "202603", "2026-03",
        "二〇二六年", "", "　", "1986-05-04 02:30:00",
    ]
)  # fmt: skip
times = st.one_of(
    st.none(),
    odd_times,
    st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 31)).map(
        lambda at: at.isoformat(sep=" ")
    ),
)
amounts = st.one_of(
    st.none(),
    st.sampled_from(
        ["", "1.005", "-1.005", "12.345", "+3", "1,200.00", "１２", "1e3", "NaN", "999999999999999",
         "1234567890123456", "0.00000000000000000001", "-0", "免费", "5.", ".5"]
    ),
    st.decimals(-10**6, 10**6, places=3).map(str),
)  # fmt: skip
codes = st.sampled_from([None, "1", "2", "8", "77", "0", " 1", "1　", "\t", "甲"])
numbers = st.one_of(st.none(), st.sampled_from(["1", "2", "3", "4", "", "鿦𠮷", "a'b", 'q"c']))
bills = st.lists(
    st.fixed_dictionaries(
        {
            "BILL_NO": numbers | st.integers(10, 99).map(str),
            "VISIT_NO": numbers,
            "DEPT": st.sampled_from([None, "", "0101", "心内　"]),
            "VOID": codes,
            "PAYER": codes,
            "ITEM": st.sampled_from([None, "x", "y"]),
            "AT": times,
            "AT_UTC": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2250, 1, 1)),
            "DAY": st.none() | st.dates(date(1950, 1, 1), date(2210, 1, 1)),
            "QTY": st.none() | st.floats(-1e6, 1e6) | st.sampled_from([0.1, 1e-7, 1e20]),
            "AMOUNT": amounts,
            "JIAO": st.none() | st.decimals(-1000, 1000, places=4),
            "FUND": st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 9),
        }
    ),
    min_size=5,
    max_size=50,
)
old_bills = st.lists(
    st.fixed_dictionaries(
        {
            "BILL_NO": numbers,
            "AT": st.sampled_from(["202603", "2026-04", "202613", "000001", "2026-03-09", None]),
            "AMOUNT": st.none() | st.decimals(-(10**20), 10**20, places=2),
            "PAYER": codes,
        }
    ),
    max_size=8,
)
VISITS: Rows = [
    {"NO": "1", "DEPT": "0101", "KIND": "A"},
    {"NO": "2", "DEPT": None, "KIND": "B"},
    {"NO": "3", "DEPT": " ", "KIND": None},
    {"NO": None, "DEPT": "9", "KIND": "A"},
    {"NO": None, "DEPT": "9", "KIND": "A"},
    {"NO": "鿦𠮷", "DEPT": "儿科", "KIND": "A"},
]
ITEMS: Rows = [
    {"KIND": "A", "ITEM": "x", "PER": Decimal("0.3333"), "AUX": "1"},
    {"KIND": "A", "ITEM": "y", "PER": Decimal("2.0000"), "AUX": "0"},
    {"KIND": "B", "ITEM": "x", "PER": None, "AUX": "5"},
]
BILL_KINDS = {
    "AT_UTC": pa.timestamp("us"),
    "DAY": pa.date32(),
    "QTY": pa.float64(),
    "JIAO": pa.decimal128(12, 4),
    "FUND": pa.int64(),
}


def fill(lake: FilesLake, bills: Rows, old: Rows = ()) -> dict[str, Rows]:  # type: ignore[assignment]
    names = ["BILL_NO", "VISIT_NO", "DEPT", "VOID", "PAYER", "ITEM", "AT", "AMOUNT"]
    lake.put("his", "BILL", bills, {**dict.fromkeys(names, pa.string()), **BILL_KINDS})
    lake.put("his", "VISIT", VISITS, {})
    lake.put("his", "ITEM", ITEMS, {"PER": pa.decimal128(10, 4)})
    kinds = {"BILL_NO": pa.string(), "AT": pa.string(), "PAYER": pa.string()}
    lake.put("his", "OLD_BILL", list(old), {**kinds, "AMOUNT": pa.decimal128(38, 2)})
    return {"BILL": bills, "VISIT": VISITS, "ITEM": ITEMS, "OLD_BILL": list(old)}


def bill(number: str, **more: Any) -> dict[str, Any]:
    names = ["VISIT_NO", "DEPT", "PAYER", "ITEM", "AT", "AT_UTC", "DAY", "QTY", "AMOUNT", "JIAO"]
    empty = dict.fromkeys([*names, "FUND"])
    return {**empty, "BILL_NO": number, "VOID": "0", **more}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=bills, old=old_bills)
def test_duckdb_makes_what_plain_python_makes(
    said: Rows, old: Rows, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    lake, shelf = FilesLake(folder), Shelf(folder / "star")
    tables = fill(lake, said, old)
    text = CHARGE + MORE
    report = build(lake, shelf, text, "his/charge.yaml")
    plain = PlainFact(parse_mapping(text, "his/charge.yaml"), tables, ZONE)

    assert on_shelf(shelf, "charge") == plain.rows
    assert sum(one.left_out for one in report.parts) == plain.left_out
    assert sum(one.no_key.count for one in report.parts) == plain.no_key
    assert sum(one.key_twice.count for one in report.parts) == plain.twice
    assert {name: one.count for name, one in report.unread.items()} == +plain.unread
    assert {name: one.count for name, one in report.rounded.items()} == +plain.rounded
    assert report.unmapped == plain.unmapped
    assert [one.lake for one in report.parts] == [len(said), len(old)]
    assert [one.accounted for one in report.parts] == [len(said), len(old)]


def test_every_row_of_the_lake_is_accounted_for_and_told_where(
    lake: FilesLake, shelf: Shelf
) -> None:
    fill(
        lake,
        [
            bill("1", AT="2026-03-01 08:00:00", AMOUNT="12.345", PAYER="77", ITEM="x"),
            bill("2", AT="0000-00-00", DAY=date(2026, 2, 28), AMOUNT="1,200.00", PAYER="8"),
            bill("3", VOID="1"),
            bill(" ", AMOUNT="1"),
            bill("4", AMOUNT="1"),
            bill("4", AMOUNT="2"),
            bill("5", VOID=None),
        ],
    )
    report = build(lake, shelf, CHARGE, "his/charge.yaml")

    (part,) = report.parts
    assert (part.lake, part.left_out, part.written) == (7, 2, 2)
    assert (part.no_key.count, part.no_key.examples) == (1, ("0-7#3",))
    assert (part.key_twice.count, part.key_twice.examples) == (2, ("0-7#4", "0-7#5"))
    assert report.unmapped == {"payer": {"77": 1}}  # 8 is known, and says nothing
    assert report.unread["charged_at"].examples == ("0-7#1",)
    assert report.rounded["amount_fen"].examples == ("0-7#0",)
    first, second = on_shelf(shelf, "charge")
    assert (first["charge"], first["hospital"]) == ("his^1", "H1")
    assert first["charged_at"] == datetime(2026, 3, 1)
    assert first["charged_at_month"] == 26 * 12 + 2
    assert (second["charged_at"], second["amount_fen"]) == (datetime(2026, 2, 27, 16), None)
    assert second["payer"] is None


def test_text_that_came_in_gb18030_is_kept_to_the_last_sign(lake: FilesLake, shelf: Shelf) -> None:
    odd = b"\x81\x39\xee\x39\x95\x32\x82\x36'\"\xa1\xa1".decode("gb18030")
    fill(lake, [bill(odd, DEPT=f"　{odd}　\t", AMOUNT="１２")])
    build(lake, shelf, CHARGE, "his/charge.yaml")
    (row,) = on_shelf(shelf, "charge")
    assert row["charge"] == f"his^{odd.strip('　')}"
    assert row["ordering"] == odd.strip("　")
    assert row["amount_fen"] is None


def test_what_the_lake_keeps_beside_a_column_counts_as_said(lake: FilesLake, shelf: Shelf) -> None:
    rows = [
        bill("1", _odd='{"DAY": "0000-00-00", "FUND": "NaN"}'),
        bill("2", DAY=date(2026, 3, 1), PAYER="1", FUND=3),
    ]
    fill(lake, rows)
    report = build(lake, shelf, CHARGE, "his/charge.yaml")
    assert {name: one.count for name, one in report.unread.items()} == {
        "charged_at": 1,
        "fund_fen": 1,
    }


def test_a_lookup_that_would_multiply_rows_is_refused(lake: FilesLake, shelf: Shelf) -> None:
    fill(lake, [bill("1", VISIT_NO="1", AMOUNT="5")])
    build(lake, shelf, CHARGE, "his/charge.yaml")
    lake.put("his", "VISIT", [*VISITS, *VISITS[:2]], {})
    with pytest.raises(RowsMultiplied) as refused:
        build(lake, shelf, CHARGE, "his/charge.yaml")
    assert refused.value.facts["count"] == 2
    assert refused.value.where == "his/charge.yaml: parts.0.lookups.visit (VISIT)"
    assert len(on_shelf(shelf, "charge")) == 1  # what stood there still stands


def test_a_column_that_the_table_does_not_have_is_told_with_the_nearest(
    lake: FilesLake, shelf: Shelf
) -> None:
    fill(lake, [bill("1")])
    with pytest.raises(BadMapping) as refused:
        build(lake, shelf, CHARGE.replace("fen(AMOUNT)", "fen(AMUONT)"), "his/charge.yaml")
    assert refused.value.where == "his/charge.yaml: parts.0"
    assert "'AMUONT'; the nearest known one is 'AMOUNT'" in str(refused.value)
    with pytest.raises(NotInLake, match="nearest known one is 'BILL'"):
        build(lake, shelf, CHARGE.replace("table: BILL", "table: BILLS"), "his/charge.yaml")


def test_only_months_that_changed_are_written_and_the_same_rows_make_the_same_bytes(
    lake: FilesLake, shelf: Shelf
) -> None:
    march = [bill(str(n), AT=f"2026-03-{n + 1:02} 08:00:00", AMOUNT=f"{n}.50") for n in range(20)]
    april = [bill("90", AT="2026-04-01 00:00:00"), bill("91", AT="2026-03-31 23:59:59")]
    undated = [bill("99")]
    fill(lake, [*march, *april, *undated])
    assert build(lake, shelf, CHARGE, "his/charge.yaml").months_written == 3
    folder = shelf.folder / "charge" / "his"
    before = {one.name: (one.read_bytes(), one.stat().st_ino) for one in folder.glob("*.parquet")}
    assert sorted(before) == ["2026-03.parquet", "2026-04.parquet", "undated.parquet"]

    assert build(lake, shelf, CHARGE, "his/charge.yaml").months_written == 0
    anew = build(lake, shelf, CHARGE, "his/charge.yaml", anew=True)
    assert (anew.months, anew.months_written) == (3, 0)

    fill(lake, [*march, {**april[0], "ITEM": "x"}, april[1]])
    assert build(lake, shelf, CHARGE, "his/charge.yaml").months_written == 2
    after = {one.name: (one.read_bytes(), one.stat().st_ino) for one in folder.glob("*.parquet")}
    assert sorted(after) == ["2026-03.parquet", "2026-04.parquet"]
    assert after["2026-03.parquet"] == before["2026-03.parquet"]

    for one in folder.iterdir():
        one.unlink()
    build(lake, shelf, CHARGE, "his/charge.yaml")
    assert (folder / "2026-03.parquet").read_bytes() == after["2026-03.parquet"][0]


def test_clocks_that_went_back_are_read_as_the_whole_platform_reads_them(
    lake: FilesLake, shelf: Shelf
) -> None:
    began = datetime(1986, 5, 1)
    said = [began + timedelta(minutes=30 * n) for n in range(0, 48 * 365 * 6, 5)]
    text = CHARGE.replace('instant(AT_UTC, "UTC")', "instant(AT_UTC)")
    fill(lake, [bill(str(n), AT_UTC=at) for n, at in enumerate(said)])
    build(lake, shelf, text, "his/charge.yaml")
    found = {row["charge"]: row["charged_at"] for row in on_shelf(shelf, "charge")}
    zone = ZoneInfo(ZONE)
    assert found == {
        f"his^{n}": at.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
        for n, at in enumerate(said)
    }
