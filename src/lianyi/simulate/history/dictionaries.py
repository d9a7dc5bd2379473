"""What the invented hospital has: departments, staff, drugs, priced items, operations."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isqrt
from typing import Final

from lianyi.simulate.history.draws import slots

FULL_SCALE: Final = 5_000_000
"""Encounters of the hospital that ``departments.csv`` describes."""

PROFILES: Final = (
    "clinic",
    "emergency",
    "observation",
    "checkup",
    "day",
    "medical",
    "surgical",
    "implant",
)
"""Kinds of encounters that spend money on different things: the last columns of ``items.csv``."""


@dataclass(frozen=True, slots=True)
class Department:
    """One department of the hospital at full scale.

    Attributes:
        code, name: as the HIS has them.
        kind: KSLB: 1 clinical, 2 technical, 3 pharmacy, 4 administration.
        clinic, stay, day: shares of visits, of stays and of day cases, per mille or so.
        days: mean stay, in tenths of days.
        spread: a hundred times the standard deviation of its logarithm.
        surgery: of a thousand stays, how many are operated.
        deaths: of ten thousand.
        weight: mean weight of its DRGs, in hundredths.
        patients: who comes: child, newborn, woman, adult or old.
        winter: per cent of its share from December to February.
        implant: operations with costly implants.
        doctors: how many work there.
        mdc: letter of the DRG chapter.
        diagnoses: ICD-10 code to its weight.
    """

    code: str
    name: str
    kind: str
    clinic: int
    stay: int
    day: int
    days: int
    spread: int
    surgery: int
    deaths: int
    weight: int
    patients: str
    winter: int
    implant: bool
    doctors: int
    mdc: str
    diagnoses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is charged.

    Attributes:
        code: YPBM or XMBM.
        name, category: FYLB.
        price_fen: of one.
        quantity_max: as many are charged at once at most.
        executes: code of the department that does it; empty: the one that orders.
        report: BGLB of the report that it leads to, or empty.
        traits: of drugs and devices.
        weights: by profile.
        place: among the items of its kind, from 0.
    """

    code: str
    name: str
    category: str
    price_fen: int
    quantity_max: int
    executes: str
    report: str
    traits: frozenset[str]
    weights: Mapping[str, int]
    place: int

    @property
    def is_antibacterial(self) -> bool:
        """Whether its use is watched."""
        return any(one.startswith("antibacterial") for one in self.traits)

    @property
    def is_drug(self) -> bool:
        """Whether it stands in the drug dictionary."""
        return self.category in {"01", "02", "03"}


STAY_PROFILES: Final = frozenset({"day", "medical", "surgical", "implant"})

_NUMBERS: Final = (
    "clinic",
    "stay",
    "day",
    "days",
    "spread",
    "surgery",
    "deaths",
    "weight",
    "winter",
    "doctors",
)

FIXED: Final = (
    Item("GH0001", "普通门诊诊察费", "11", 2000, 1, "", "", frozenset(), {}, 0),
    Item("GH0002", "专家门诊诊察费", "11", 5000, 1, "", "", frozenset(), {}, 1),
    Item("GH0003", "特需门诊诊察费", "11", 30000, 1, "", "", frozenset(), {}, 2),
    Item("GH0004", "急诊诊察费", "11", 3500, 1, "", "", frozenset(), {}, 3),
    Item("GH0005", "健康体检登记费", "12", 1000, 1, "", "", frozenset(), {}, 4),
    Item("CW0001", "普通床位费", "09", 6500, 1, "", "", frozenset(), {}, 0),
    Item("CW0002", "重症监护床位费", "09", 22000, 1, "", "", frozenset(), {}, 1),
    Item("CW0003", "特需床位费", "09", 68000, 1, "", "", frozenset(), {}, 2),
    Item("HL0001", "二级护理", "10", 4500, 1, "", "", frozenset(), {}, 0),
    Item("HL0002", "重症监护护理", "10", 26000, 1, "", "", frozenset(), {}, 1),
)
"""What is charged by rule and not by chance: consultations, beds, nursing."""


@cache
def departments() -> Sequence[Department]:
    """Return the departments, in the order of their codes."""
    given = []
    for row in _rows("departments.csv"):
        pairs = (one.split(":") for one in row["diagnoses"].split())
        numbers = {name: int(row[name]) for name in _NUMBERS}
        given.append(
            Department(
                row["code"],
                row["name"],
                row["kind"],
                patients=row["patients"],
                implant=row["implant"] == "1",
                mdc=row["mdc"],
                diagnoses={code: int(weight) for code, weight in pairs},
                **numbers,
            )
        )
    return tuple(given)


@cache
def items() -> Sequence[Item]:
    """Return all that is charged: drugs, then the rest, :data:`FIXED` last."""
    return (*(one for row in _rows("items.csv") for one in _items(row)), *FIXED)


def staff(kind: str, department: Department, encounters: int) -> int:
    """Return how many doctors (``1``), nurses (``2``) and so on a department has at a scale."""
    scaled = max(2, department.doctors * isqrt(encounters * 10_000 // FULL_SCALE) // 100)
    by_kind = {
        "1": scaled if department.doctors else 0,
        "2": _nurses(department, scaled),
        "3": scaled * 40 if department.kind == "3" else 0,
        "4": scaled if department.kind == "2" else 0,
        "5": scaled * 20 if department.kind == "4" else 0,
    }
    return by_kind.get(kind, 0)


def choices(profile: str, *, antibacterials: int = 100) -> list[str]:
    """Return which item each draw stands for; ``antibacterials``: per cent of what is usual."""
    return slots(
        {
            one.code: one.weights[profile] * (antibacterials if one.is_antibacterial else 100)
            for one in items()
            if one.weights
        }
    )


def department_choices(share: str, *, winter: bool) -> list[str]:
    """Return which department each draw stands for; ``share``: clinic, stay or day."""
    return slots(
        {
            one.code: getattr(one, share) * (one.winter if winter else 100)
            for one in departments()
            if getattr(one, share)
        }
    )


@cache
def operations() -> Mapping[str, Mapping[str, int]]:
    """Return the operations of each DRG chapter, ICD-9-CM-3 code to its weight."""
    return {
        row["mdc"]: {
            code: 100 // (place + 2) for place, code in enumerate(row["operations"].split())
        }
        for row in _rows("operations.csv")
    }


def _nurses(department: Department, scaled: int) -> int:
    if department.kind == "1" and department.stay:
        return max(2, scaled * (6 if department.code == "0502" else 3) - scaled // 3)
    return scaled if department.doctors == 0 and department.kind == "2" else 0


def _items(row: Mapping[str, str]) -> Iterator[Item]:
    low, high, count = int(row["low"]), int(row["high"]), int(row["count"])
    letters = {"01": "XY", "02": "ZC", "03": "CY"}.get(row["category"], "XM")
    total = sum(1000 // (place + 4) for place in range(count))
    for place in range(count):
        price = round(low * (high / low) ** (place / (count - 1)) / 10) * 10
        weight = 1000 // (place + 4)
        yield Item(
            code=f"{letters}{_group(row['name'])}{place + 1:03d}",
            name=f"{row['name']}{place + 1:03d}",
            category=row["category"],
            price_fen=price,
            quantity_max=int(row["quantity"]),
            executes=row["executes"],
            report=row["report"],
            traits=frozenset(row["traits"].split()),
            weights={one: int(row[one]) * weight * 1000 // total for one in PROFILES},
            place=place,
        )


def _group(name: str) -> str:
    names = [row["name"] for row in _rows("items.csv")]
    return f"{names.index(name) + 1:02d}"


@cache
def _rows(file: str) -> Sequence[Mapping[str, str]]:
    text = files(__package__).joinpath(file).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
