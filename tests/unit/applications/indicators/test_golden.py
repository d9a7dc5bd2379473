"""A hospital small enough to be counted by hand, and what its indicators come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from ibis.expr import types as ir  # type: ignore[import-untyped]
from tests.unit.applications.indicators.rows import table_of

from lianyi.applications.indicators import counting, figures
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.reading import read_indicators
from lianyi.applications.indicators.window import Places, Window
from lianyi.projections.operational.star import Kind, month_of, star

HOSPITAL = "H1"
MARCH = month_of(datetime.fromisoformat("2026-03-01").date())

# Each line is a row: what is not said is not known. Departments SUR and MED; March 2026 but for E6.
ENCOUNTERS = """
encounter=E1 class=inpatient discharging=SUR admitted_at=03-02T08 discharged_at=03-10T10 stay_days=8 operated=1 total_fen=900000 drug_fen=200000 main_diagnosis=K80.1 drg=HB1 drg_weight=1.5 drg_risk=low
encounter=E2 class=inpatient discharging=SUR admitted_at=03-05T08 discharged_at=03-12T10 stay_days=7 operated=1 total_fen=700000 drug_fen=100000 main_diagnosis=K80.5 drg=HB1 drg_weight=1.5 drg_risk=low died=1
encounter=E3 class=inpatient discharging=MED admitted_at=03-01T08 discharged_at=03-11T10 stay_days=10 total_fen=500000 drug_fen=250000 main_diagnosis=I21.0 drg=FR1 drg_weight=2.0 drg_risk=high died=1
encounter=E4 class=inpatient discharging=MED admitted_at=03-03T08 discharged_at=03-08T10 stay_days=5 total_fen=300000 drug_fen=90000 main_diagnosis=I21.4 drg=FR1 drg_weight=2.0 drg_risk=high disposition=transferred_down
encounter=E5 class=inpatient discharging=MED admitted_at=02-01T08 discharged_at=03-15T10 stay_days=42 total_fen=800000 drug_fen=300000 main_diagnosis=J44.1
encounter=E6 class=inpatient discharging=MED admitted_at=03-20T08 discharged_at=04-02T10 stay_days=13 total_fen=400000 drug_fen=90000 main_diagnosis=J18.9
encounter=O1 class=outpatient registering=MED registered_at=03-02T08 booked=1 checked_in_at=03-02T08:00 seen_at=03-02T08:20 total_fen=20000 drug_fen=8000
encounter=O2 class=outpatient registering=MED registered_at=03-02T09 booked=1 checked_in_at=03-02T09:00 seen_at=03-02T09:40 total_fen=30000 drug_fen=0
encounter=O3 class=outpatient registering=SUR registered_at=03-03T09 booked=0 checked_in_at=03-03T09:00 seen_at=03-03T10:30 total_fen=10000 drug_fen=2000
encounter=O4 class=outpatient registering=MED registered_at=03-09T09 booked=1
encounter=A1 class=emergency registering=MED registered_at=03-04T01 discharged_at=03-04T09 checked_in_at=03-04T01:00 seen_at=03-04T01:05 total_fen=60000 drug_fen=0
"""  # noqa: E501
SURGERIES = """
surgery=S1 encounter=E1 class=inpatient kind=operation operating=SUR discharging=SUR started_at=03-04T09 discharged_at=03-10T10 elective=1 minimally_invasive=1 level=4 incision=one cancelled=0
surgery=S2 encounter=E1 class=inpatient kind=operation operating=SUR discharging=SUR started_at=03-07T09 discharged_at=03-10T10 elective=0 level=3 incision=one incision_infected=1 unplanned_return=1 cancelled=0
surgery=S3 encounter=E2 class=inpatient kind=interventional operating=SUR discharging=SUR started_at=03-06T09 discharged_at=03-12T10 elective=1 day_surgery=1 level=2 incision=zero cancelled=0 complication=1
surgery=S4 encounter=E2 class=inpatient kind=diagnostic operating=SUR discharging=SUR started_at=03-07T09 discharged_at=03-12T10 elective=1 level=1 cancelled=0
surgery=S6 encounter=E6 class=inpatient operating=SUR scheduled_at=03-22T09 done=1
surgery=S7 encounter=E6 class=inpatient operating=SUR scheduled_at=03-23T09
surgery=S8 encounter=E6 class=inpatient operating=SUR scheduled_at=03-24T09 ended_at=03-24T12
surgery=S5 encounter=E6 class=inpatient kind=operation operating=SUR discharging=MED scheduled_at=03-21T09 elective=1 cancelled=1
"""  # noqa: E501
CHARGES = """
charge=C1 encounter=E1 by_order=1 class=inpatient executing=SUR ordering=SUR charged_at=03-04T09 category=surgery amount_fen=500000 fund_fen=300000
charge=C2 encounter=E1 class=inpatient executing=SUR ordering=SUR charged_at=03-04T09 category=consumable amount_fen=200000 fund_fen=100000 watched_consumable=1
charge=C3 encounter=E3 class=inpatient executing=MED ordering=MED charged_at=03-05T09 category=drug amount_fen=100000 fund_fen=60000 auxiliary=1
charge=C4 class=inpatient executing=MED ordering=MED charged_at=03-06T09 category=drug amount_fen=-20000 fund_fen=-12000
charge=C5 class=outpatient executing=MED ordering=MED charged_at=03-02T09 category=laboratory amount_fen=20000 fund_fen=5000 special_service=1
"""  # noqa: E501
WARDS = """
ward_day=W1 ward=SUR at=03-01T00 beds_open=10 beds_occupied=8 beds_added=1 quality_nursing=1
ward_day=W2 ward=SUR at=03-02T00 beds_open=10 beds_occupied=9 beds_added=0
ward_day=W3 ward=MED at=03-01T00 beds_open=20 beds_occupied=19 beds_added=2
"""
RESULTS = """
result=R1 encounter=E3 executing=LAB category=laboratory reported_at=03-02T09:00 critical=1 told_at=03-02T09:08 answered_at=03-02T09:30
result=R2 encounter=E3 executing=LAB category=laboratory reported_at=03-02T09:00 critical=1 told_at=03-02T09:20 answered_at=03-02T10:00
result=R3 executing=LAB category=laboratory reported_at=03-02T09:00 critical=0
result=R4 executing=RAD reported_at=03-02T10:00 large_equipment=1 positive=1
result=R5 executing=RAD reported_at=03-02T11:00 large_equipment=1
"""  # noqa: E501
ORDERS = """
order=L1 encounter=E3 class=inpatient category=laboratory ordering=MED ordered_at=03-02T08 received_at=03-02T09 reported_at=03-02T11 charged_at=03-02T08 closed_loop=1
order=L2 encounter=E3 class=inpatient category=laboratory ordering=MED ordered_at=03-03T08 received_at=03-03T09
order=L3 class=inpatient category=laboratory ordering=SUR ordered_at=03-04T08 cancelled=1
order=L4 encounter=E1 class=inpatient category=laboratory ordering=SUR ordered_at=03-04T09
order=I1 class=outpatient category=imaging ordering=MED ordered_at=03-05T08 reported_at=03-05T09 charged_at=03-05T08 closed_loop=1
order=D1 class=inpatient category=drug ordering=MED ordered_at=03-02T08 dispensed_at=03-02T09 executed_at=03-02T10 bedside=1 closed_loop=1
order=D2 class=inpatient category=drug ordering=MED ordered_at=03-02T08 dispensed_at=03-02T09 executed_at=03-02T10 closed_loop=1
order=D3 class=inpatient category=drug ordering=SUR ordered_at=03-31T20 dispensed_at=03-31T21
order=D4 class=inpatient category=drug ordering=SUR ordered_at=03-31T21 executed_at=04-01T02 bedside=1 closed_loop=1
"""  # noqa: E501
LINKS = """
link_day=A1 channel=lab way=intake at=03-01T00 received=100 held=5
link_day=A2 channel=lab way=intake at=03-02T00 received=300 held=0
link_day=A3 channel=his way=intake at=03-02T00 received=200 held=10
link_day=D1 channel=lab destination=emr way=delivery at=03-01T00 tried=95 first_time=90 delivered=94 parked=1
link_day=D2 channel=lab destination=emr way=delivery at=03-02T00 tried=300 first_time=286 delivered=300
link_day=D3 channel=his destination=emr way=delivery at=04-01T00 tried=9 first_time=9 delivered=9 parked=0
"""  # noqa: E501
DRUGS = """
drug=G1 prescription=P1 encounter=O1 class=outpatient ordering=MED prescribed_at=03-02T08 item=amoxicillin antibacterial=unrestricted ddds=2 essential=1 procured=selected reviewed=1
drug=G2 prescription=P1 encounter=O1 class=outpatient ordering=MED prescribed_at=03-02T08 item=vitamin
drug=G3 prescription=P2 encounter=O2 class=outpatient ordering=MED prescribed_at=03-02T09 item=statin procured=substitute ddds=6
drug=G4 prescription=P3 encounter=E1 class=inpatient ordering=SUR prescribed_at=03-03T09 item=cefazolin antibacterial=restricted ddds=9 essential=1
drug=G5 prescription=P4 encounter=E3 class=inpatient ordering=MED prescribed_at=03-03T09 item=aspirin antibacterial=none ddds=5
drug=G6 prescription=P5 encounter=E3 class=inpatient ordering=MED prescribed_at=03-04T09 item=meropenem antibacterial=special ddds=3.5
"""  # noqa: E501
STAFF = """
staff_month=M1 department=MED at=03-01T00 category=doctor licensed=1 title=senior specialty=paediatrics
staff_month=M2 department=SUR at=03-01T00 category=doctor licensed=1 title=middle
staff_month=M3 department=SUR at=03-01T00 category=doctor title=junior
staff_month=M4 department=MED at=03-01T00 category=nurse title=associate
staff_month=M5 department=MED at=03-01T00 category=nurse
staff_month=M6 department=SUR at=03-01T00 category=nurse
staff_month=M7 department=SUR at=03-01T00 category=nurse
staff_month=M8 department=SUR at=03-01T00 category=manager title=senior
"""  # noqa: E501

EXPECTED = {
    # indicator, caliber: numerator and denominator over the house, the value that is told
    ("EX-01", "national-exam"): (4, 5, 0.8),
    ("EX-02", "national-exam"): (1, None, 1),
    ("EX-03", "national-exam"): (1, 2, 50),  # S1, S3 elective; S4 is no operation, S5 was cancelled
    ("EX-04", "national-exam"): (2, 5, 40),
    ("EX-04", "cases"): (3, 5, 60),
    ("EX-05", "national-exam"): (1, 3, 100 / 3),
    ("EX-06", "national-exam"): (1, 3, 100 / 3),
    ("EX-07", "national-exam"): (20_000, 800_000, 2.5),
    ("EX-08", "national-exam"): (1, 2, 50),
    ("EX-09", "national-exam"): (1, 2, 50),
    ("EX-10", "national-exam"): (15, 2, 7.5),
    ("EX-11", "national-exam"): (1, 2, 50),
    ("EX-14", "national-exam"): (1, 2, 50),
    ("EX-15", "national-exam"): (1, 2, 50),
    ("EX-16", "national-exam"): (1, 5, 20),
    ("EX-17", "national-exam"): (12.5, 72, 12.5 / 72 * 100),
    ("EX-18", "national-exam"): (1, 2, 50),
    ("EX-19", "national-exam"): (1, 2, 50),
    ("EX-20", "national-exam"): (2, 6, 100 / 3),
    ("EX-21", "national-exam"): (2, 8, 25),
    ("EX-22", "national-exam"): (3, 4, 75),
    ("EX-23", "national-exam"): (3600, 2, 30),  # 20 and 40 minutes; O4 was never seen
    ("EX-25", "national-exam"): (36, 62, 36 / 62),  # two licensed doctors for 31 days
    ("EX-27", "national-exam"): (20_000, 800_000, 2.5),
    ("EX-28", "national-exam"): (5_000, 20_000, 25),
    ("EX-29", "national-exam"): (780_000, 800_000, 97.5),
    ("EX-30", "national-exam"): (448_000, 780_000, 448 / 780 * 100),
    ("EX-31", "national-exam"): (500_000, 800_000, 62.5),
    ("EX-32", "national-exam"): (100_000, 80_000, 125),  # more was given back than the rest cost
    ("EX-37", "national-exam"): (800_000, None, 8000),
    ("EX-38", "national-exam"): (60_000, 4, 150),
    ("EX-39", "national-exam"): (10_000, 4, 25),
    ("EX-40", "national-exam"): (3_200_000, 5, 6400),
    ("EX-41", "national-exam"): (940_000, 5, 1880),
    ("EX-44", "national-exam"): (2, 7, 200 / 7),  # M8 is no health worker
    ("EX-45", "national-exam"): (1, 3, 100 / 3),
    ("EX-46", "national-exam"): (3, 4, 0.75),
    ("EX-56", "national-exam"): (200_000, 200_000, 100),
    ("BED-004", "hospital"): (36, 40, 90),
    ("BED-005", "hospital"): (3, 40, 7.5),
    ("BED-006", "hospital"): (155, 40, 3.875),  # five left, of 40 bed-days of 31 days
    ("HR-014", "hospital"): (124, 40, 3.1),
    ("INP-006", "hospital"): (72, 5, 14.4),
    ("INP-037", "hospital"): (7, 4, 1.75),
    ("RES-042", "hospital"): (1, 2, 50),
    ("RES-044", "hospital"): (3720, 2, 31),
    ("RES-049", "hospital"): (2, 2, 100),
    ("ORD-002", "hospital"): (3, 4, 75),
    ("ORD-004", "hospital"): (1, 3, 100 / 3),  # L3 was cancelled
    ("ORD-019", "hospital"): (2, 3, 200 / 3),
    ("ORD-020", "hospital"): (2, 4, 50),
    ("ORD-021", "hospital"): (3, 4, 75),
    ("ORD-022", "hospital"): (2, 3, 200 / 3),
    ("ORD-023", "hospital"): (1, 2, 50),  # D4 was given in April
    ("INF-001", "hospital"): (600, None, 600),
    ("INF-002", "hospital"): (600, 2, 300),
    ("INF-003", "hospital"): (394, None, 394),
    ("INF-004", "hospital"): (376, 395, 376 / 395 * 100),
    ("INF-005", "hospital"): (1, 1, 1),  # of the second day nobody knows it
    ("INF-006", "hospital"): (2, None, 2),
    ("INF-007", "hospital"): (15, 600, 2.5),
    ("INF-010", "hospital"): (1, 2, 50),
    ("INF-011", "hospital"): (1, 2, 50),  # what was charged of MED names no order
    ("INF-012", "hospital"): (1, 2, 50),
    ("SUR-033", "hospital"): (2, 3, 200 / 3),  # S5 was called off, the others were never booked
    ("VIS-013", "hospital"): (0, 1, 0),
}


GOLDEN = {"encounter": ENCOUNTERS, "surgery": SURGERIES, "charge": CHARGES,
          "ward_day": WARDS, "result": RESULTS, "order": ORDERS, "link_day": LINKS,
          "drug": DRUGS, "staff_month": STAFF}  # fmt: skip


def golden_rows(fact: str, hospital: str = HOSPITAL) -> pa.Table:
    rows = [row | {"hospital": hospital} for row in map(_row(fact), _lines(GOLDEN[fact]))]
    return table_of(fact, rows)


@pytest.fixture(scope="module")
def tables() -> Iterator[dict[str, ir.Table]]:
    connection = ibis.duckdb.connect()
    yield {fact: connection.create_table(fact, golden_rows(fact)) for fact in GOLDEN}
    connection.disconnect()


@cache
def library() -> Mapping[str, Indicator]:
    known, _ = read_indicators(Path("/nowhere"))
    return known


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def _row(fact: str) -> Any:
    columns = star()[fact].columns

    def row(line: str) -> dict[str, Any]:
        said = dict(one.split("=", 1) for one in line.split())
        assert said.keys() <= columns.keys()
        return {name: _value(one.kind, said.get(name)) for name, one in columns.items()}

    return row


def _value(kind: Kind, text: str | None) -> object:
    if text is None:
        return None
    if kind is Kind.INSTANT:
        return datetime.fromisoformat(f"2026-{text}" if ":" in text else f"2026-{text}:00")
    if kind in (Kind.INT, Kind.FEN):
        return int(text)
    if kind is Kind.NUMBER:
        return Decimal(text)
    return text == "1" if kind is Kind.FLAG else text


def _came_to(part: Part, tables: dict[str, ir.Table], window: Window) -> float:
    return counting.total(part, counting.rows(tables, part, window)).to_pyarrow().as_py() or 0


@pytest.mark.parametrize("place", EXPECTED)
def test_what_is_counted_is_what_a_person_counts(
    tables: dict[str, ir.Table], place: tuple[str, str]
) -> None:
    one = library()[place[0]]
    (caliber,) = (found for found in one.calibers if found.caliber == place[1])
    assert caliber.numerator is not None
    numerator = _came_to(caliber.numerator, tables, Window(MARCH, MARCH))
    denominator = (
        _came_to(caliber.denominator, tables, Window(MARCH, MARCH)) if caliber.denominator else None
    )
    value = figures.quotient(
        float(numerator) * figures.scale(caliber.numerator), denominator, factor=one.factor
    )
    wanted = EXPECTED[place]
    assert (numerator, denominator, value) == (wanted[0], wanted[1], pytest.approx(wanted[2]))


def test_every_number_of_the_exam_that_is_counted_was_counted_by_hand() -> None:
    counted = {
        (one.indicator, caliber.caliber)
        for one in library().values()
        for caliber in one.calibers
        if one.exam and caliber.caliber == "national-exam" and caliber.numerator
    }
    assert len(counted) == 37
    assert counted <= EXPECTED.keys()


def test_departments_add_up_to_the_house(tables: dict[str, ir.Table]) -> None:
    for code in ("EX-04", "EX-14", "EX-31", "EX-40"):
        for part in library()[code].calibers[0].parts():
            whole = _came_to(part, tables, Window(MARCH, MARCH))
            parts = [
                _came_to(part, tables, Window(MARCH, MARCH, Places(departments=frozenset({one}))))
                for one in ((HOSPITAL, "SUR"), (HOSPITAL, "MED"))
            ]
            assert sum(parts) == whole
