"""A small hospital whose data are sound, and one fault planted by hand for each shipped rule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.unit.applications.indicators.rows import table_of

from lianyi.applications.indicators.quality.model import Known
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import Kind, month_of, star

ORGANISATIONS = frozenset({"GROUP", "HA", "HB", "D1", "D2"})
DOCTORS = frozenset({"P1", "P2"})
KNOWN = Known({"organisation": ORGANISATIONS, "practitioner": DOCTORS})

Row = dict[str, Any]


def at(day: int, hour: int = 8) -> datetime:
    """An instant of March 2026."""
    return datetime(2026, 3, day, hour, tzinfo=UTC).replace(tzinfo=None)


STAY: Row = {
    "patient": "P-1^HIS", "class": "inpatient", "admitting": "D1", "discharging": "D1",
    "doctor": "P1", "admitted_at": at(2), "discharged_at": at(6), "sex": "female",
    "age_days": 15_000, "payer": "employee", "main_diagnosis": "J18.900", "disposition": "home",
    "died": False, "stay_days": 4, "total_fen": 500_000, "rescues": 0,
}  # fmt: skip
VISIT: Row = {
    "patient": "P-2^HIS", "class": "outpatient", "registering": "D1", "admitting": "D1",
    "doctor": "P1", "registered_at": at(3, 8), "checked_in_at": at(3, 9), "seen_at": at(3, 10),
    "sex": "male", "age_days": 9_000, "payer": "self",
}  # fmt: skip
SOUND: Mapping[str, Row] = {
    "encounter": STAY,
    "ward_day": {"ward": "D1", "at": at(3, 0), "beds_open": 40, "beds_occupied": 30},
    "order": {
        "encounter": "E-home", "class": "inpatient", "category": "laboratory", "ordering": "D1",
        "executing": "D2", "doctor": "P1", "ordered_at": at(3), "executed_at": at(3, 9),
    },
    "result": {
        "encounter": "E-home", "class": "inpatient", "category": "laboratory", "ordering": "D1",
        "executing": "D2", "doctor": "P2", "ordered_at": at(3), "received_at": at(3, 9),
        "reported_at": at(3, 11), "critical": True, "told_at": at(3, 12), "answered_at": at(3, 13),
    },
    "surgery": {
        "encounter": "E-home", "class": "inpatient", "operating": "D1", "discharging": "D1",
        "surgeon": "P1", "started_at": at(4), "ended_at": at(4, 10), "code": "47.01",
        "kind": "operation", "level": 3, "asa": 2, "cancelled": False,
    },
    "charge": {
        "encounter": "E-home", "class": "inpatient", "ordering": "D1", "executing": "D1",
        "charged_at": at(4), "category": "drug", "item": "X1", "quantity": Decimal(2),
        "amount_fen": 1_200, "fund_fen": 600,
    },
    "drug": {
        "encounter": "E-home", "class": "inpatient", "ordering": "D1", "doctor": "P1",
        "prescribed_at": at(4), "item": "X1", "antibacterial": "restricted", "ddds": Decimal(3),
        "reviewed": True, "reasonable": True,
    },
    "staff_month": {"practitioner": "P1", "department": "D1", "at": at(1), "category": "doctor"},
    "slot": {
        "department": "D1", "starts_at": at(9), "booked_at": at(7), "booked": True, "kept": True,
    },
}  # fmt: skip
"""A row of each fact that no rule finds."""

DEAD = {"encounter": "E-dead"}
FAULTS: Mapping[str, Row] = {
    "ENC-001": {"patient": None},
    "ENC-002": {"class": None},
    "ENC-003": {"admitted_at": None},
    "ENC-004": {"admitting": None},
    "ENC-005": {"discharging": None},
    "ENC-006": VISIT | {"registering": None},
    "ENC-007": VISIT | {"registered_at": None},
    "ENC-008": {"admitted_at": at(7)},
    "ENC-009": VISIT | {"registered_at": at(4), "checked_in_at": None},
    "ENC-010": VISIT | {"checked_in_at": at(3, 11)},
    "ENC-011": {"age_days": -1},
    "ENC-012": {"age_days": 43_831},
    "ENC-013": {"sex": "unknown"},
    "ENC-014": {"sex": None},
    "ENC-015": {"main_diagnosis": ""},
    "ENC-016": {"main_diagnosis": "肺炎"},
    "ENC-017": {"main_diagnosis": "O80.001", "sex": "male"},
    "ENC-018": {"main_diagnosis": "N40.x00"},
    "ENC-019": {"disposition": None},
    "ENC-020": {"stay_days": 366},
    "ENC-021": {"stay_days": -1},
    "ENC-022": {"total_fen": -1},
    "ENC-023": {"rescues": 51},
    "ENC-024": {},
    "ENC-025": {"admitting": "D9"},
    "ENC-026": {"discharging": "D9"},
    "ENC-027": VISIT | {"registering": "D9"},
    "ENC-028": {"doctor": "P9"},
    "ENC-029": {},
    "ENC-030": {},
    "ENC-031": {"payer": None},
    "BED-001": {"ward": "W9"},
    "BED-002": {},
    "BED-003": {"beds_occupied": -1},
    "BED-004": {"beds_occupied": 501},
    "BED-005": {"beds_open": None},
    "BED-006": {"at": None},
    "ORD-001": {"encounter": None},
    "ORD-002": {"encounter": "E-nowhere"},
    "ORD-003": {"ordered_at": None},
    "ORD-004": {"ordering": None},
    "ORD-005": {"category": None},
    "ORD-006": {"executed_at": at(2)},
    "ORD-007": {"ordered_at": at(12), "executed_at": None},
    "ORD-008": DEAD | {"class": None, "ordered_at": at(8), "executed_at": None},
    "ORD-009": {"ordering": "D9"},
    "ORD-010": {"doctor": "P9"},
    "ORD-011": {},
    "RES-001": {"encounter": None},
    "RES-002": {"encounter": "E-nowhere"},
    "RES-003": {"ordered_at": at(4), "received_at": None},
    "RES-004": {"received_at": at(3, 12)},
    "RES-005": {"ordered_at": at(3, 10)},
    "RES-006": {"reported_at": None},
    "RES-007": {"category": None},
    "RES-008": {"told_at": None},
    "RES-009": {"answered_at": at(3, 11)},
    "RES-010": {"told_at": at(3, 8)},
    "RES-011": DEAD | {"received_at": at(9), "reported_at": at(9), "critical": False},
    "RES-012": {"executing": "D9"},
    "RES-013": {"doctor": "P9"},
    "RES-014": {},
    "SUR-001": {"ended_at": at(4, 7)},
    "SUR-002": {"started_at": None},
    "SUR-003": {"code": None},
    "SUR-004": {"code": "阑尾切除"},
    "SUR-005": {"level": 5},
    "SUR-006": {"level": 0},
    "SUR-007": {"level": None},
    "SUR-008": {"asa": 7},
    "SUR-009": {"encounter": "E-nowhere"},
    "SUR-010": {"encounter": "E-checkup"},
    "SUR-011": {"started_at": at(12), "ended_at": None},
    "SUR-012": DEAD | {"started_at": at(6, 9), "ended_at": None},
    "SUR-013": {"surgeon": "P9"},
    "SUR-014": {"operating": "D9"},
    "SUR-015": {"encounter": "E-man", "code": "68.41"},
    "SUR-016": {},
    "CHG-001": {"encounter": "E-nowhere"},
    "CHG-002": {"amount_fen": None},
    "CHG-003": {"charged_at": None},
    "CHG-004": {"category": None},
    "CHG-005": {"amount_fen": 100_000_001},
    "CHG-006": {"fund_fen": -1},
    "CHG-007": {"quantity": Decimal(100_001)},
    "CHG-008": {"ordering": None},
    "CHG-009": DEAD | {"charged_at": at(20) + timedelta(days=31)},
    "CHG-010": {"ordering": "D9"},
    "CHG-011": {"item": None},
    "CHG-012": {},
    "DRG-001": {"encounter": "E-nowhere"},
    "DRG-002": {"item": ""},
    "DRG-003": {"ddds": None},
    "DRG-004": {"ddds": Decimal(101)},
    "DRG-005": {"ddds": Decimal(-1)},
    "DRG-006": {"prescribed_at": None},
    "DRG-007": DEAD | {"prescribed_at": at(8)},
    "DRG-008": {"doctor": "P9"},
    "DRG-009": {"reviewed": None},
    "DRG-010": {},
    "STF-001": {"practitioner": "P9"},
    "STF-002": {"department": "D9"},
    "STF-003": {"category": None},
    "SLT-001": {"booked_at": at(10)},
    "SLT-002": {"department": "D9"},
    "SLT-003": {"booked": None},
}
"""For each rule what is wrong with one row that is sound otherwise; ``{}``: see :func:`planted`."""
TWICE = frozenset({"ENC-024", "BED-002", "ORD-011", "RES-014", "SUR-016", "CHG-012", "DRG-010"})
"""Rules whose fault is that a row stands there twice."""
FACT_OF = {
    "ENC": "encounter", "BED": "ward_day", "ORD": "order", "RES": "result", "SUR": "surgery",
    "CHG": "charge", "DRG": "drug", "STF": "staff_month", "SLT": "slot",
}  # fmt: skip


def row(fact: str, key: str, said: Row, *, hospital: str = "HA") -> Row:
    """Return a row of the star."""
    nothing = dict.fromkeys(star()[fact].columns)
    return nothing | said | {star()[fact].key: key, "hospital": hospital, "origin": "1-1"}


def sound() -> dict[str, list[Row]]:
    """Return rows of a sound hospital: stays, each with its order and charge, and the others."""
    found: dict[str, list[Row]] = {name: [] for name in star()}
    stays = {
        "E-home": {}, "E-man": {"sex": "male"}, "E-checkup": VISIT | {"class": "checkup"},
        "E-dead": {"died": True, "disposition": "died"},
    }  # fmt: skip
    for key, said in stays.items():
        add_stay(found, key, STAY | said if said.get("class") != "checkup" else said)
    for name, said in SOUND.items():
        if name != "encounter":
            found[name].append(row(name, f"{name}-sound", said))
    return found


def add_stay(rows: dict[str, list[Row]], key: str, said: Row, *, without: str = "") -> None:
    """Add an encounter with an order and a charge, as every sound one has."""
    rows["encounter"].append(row("encounter", key, said))
    for fact in ("order", "charge"):
        if fact != without:
            other = SOUND[fact] | {"encounter": key, "class": None}
            rows[fact].append(row(fact, f"{fact}-of-{key}", other))


def planted() -> dict[str, list[Row]]:
    """Return the sound hospital with all faults; the key of a faulty row is the rule's code."""
    rows = sound()
    for code, wrong in FAULTS.items():
        fact = FACT_OF[code[:3]]
        said = dict(SOUND[fact]) | wrong
        if "class" in wrong and wrong["class"] == "outpatient":
            said = dict(wrong)
        if fact == "encounter":
            without = {"ENC-029": "order", "ENC-030": "charge"}.get(code, "")
            add_stay(rows, code, said, without=without)
        else:
            rows[fact].append(row(fact, code, said))
        if code in TWICE:
            rows[fact].append(row(fact, code, said))
    return rows


def put(folder: Path, rows: Mapping[str, list[Row]], producer: str = "his") -> None:
    """Put rows on a shelf, each into the month of the first instant that is said of it."""
    shelf = Shelf(folder)
    for name, of in rows.items():
        fact = star()[name]
        months: dict[int | None, list[Row]] = {}
        for one in of:
            said = (one[column] for column in fact.of_kind(Kind.INSTANT) if one[column])
            first = next(said, None)
            months.setdefault(first and month_of(first.date()), []).append(one)
        for month, here in months.items():
            shelf.put(fact, producer, month, table_of(name, here))
