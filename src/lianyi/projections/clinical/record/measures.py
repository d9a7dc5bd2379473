"""What was measured again and again, as series: laboratory trends and the vital-sign chart. Pure.

Two values belong to one series when they have a code of one system in common, or, without any, when
they are called alike; and when their unit is the same: nothing is converted here, because a wrong
conversion is worse than two curves.

Source:
    LOINC for vital signs, as FHIR R4 "Vital Signs Profile"; WS/T 445 for their Chinese names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from lianyi.projections.clinical.record.items import VOID, Code, Item, Value

LOINC: Final = "http://loinc.org"

_VITALS: Final[Mapping[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "temperature": (frozenset({"8310-5", "8328-7"}), ("体温", "腋温")),
    "temperature-oral": (frozenset({"8331-1"}), ("口温", "口腔温度")),
    "temperature-rectal": (frozenset({"8332-9"}), ("肛温", "直肠温度")),
    "temperature-cooled": (frozenset(), ("降温后体温", "物理降温后体温")),
    "pulse": (frozenset({"8867-4", "8889-8", "8893-0"}), ("脉搏", "心率", "脉率")),
    "respiration": (frozenset({"9279-1"}), ("呼吸频率", "呼吸次数", "呼吸")),
    "systolic": (frozenset({"8480-6", "8459-0"}), ("收缩压",)),
    "diastolic": (frozenset({"8462-4", "8453-3"}), ("舒张压",)),
    "oxygen": (frozenset({"59408-5", "2708-6"}), ("血氧饱和度", "血氧", "氧饱和度")),
    "weight": (frozenset({"29463-7", "3141-9"}), ("体重",)),
    "height": (frozenset({"8302-2"}), ("身高",)),
    "intake": (frozenset({"9108-2", "8971-6"}), ("入量", "总入量", "24小时入量")),
    "output": (frozenset({"9262-7", "9257-7"}), ("出量", "总出量", "24小时出量")),
    "urine": (frozenset({"9192-6", "9187-6"}), ("尿量", "24小时尿量")),
    "stool": (frozenset(), ("大便次数", "大便")),
    "pain": (frozenset({"72514-3", "38208-5"}), ("疼痛评分",)),
}


class Point(NamedTuple):
    """A measured value and where it stands.

    Attributes:
        at: FHIR dateTime, as precise as it was said.
        value: as written.
        number: the same to draw.
        status: as FHIR codes it: ``preliminary``.
        type, id: of the resource.
    """

    at: str
    value: Value
    number: float
    status: str
    type: str
    id: str


class Series(NamedTuple):
    """What was measured of one kind, the oldest first.

    Attributes:
        key: names it in addresses, ``http://loinc.org|718-7|g/L``.
        title: as it was called last.
        code: as it is coded; None: it is only called something.
        unit: as written.
        vital: which vital sign it is, ``temperature``; empty: none.
        section: where its last value stands.
        points: by time.
    """

    key: str
    title: str
    code: Code | None
    unit: str
    vital: str
    section: str
    points: tuple[Point, ...]


def series_of(items: Iterable[Item]) -> list[Series]:
    """Return what was measured, what was measured most often first.

    What was withdrawn is in no series: the last value would be one that nobody stands by.

    Args:
        items: the oldest first.
    """
    points: dict[str, list[Point]] = {}
    last: dict[str, tuple[str, Code | None, str, str]] = {}
    for item in items:
        if item.status in VOID:
            continue
        for title, codes, value in _measured(item):
            number = _drawn(value.text)
            if number is None or not item.at:
                continue
            code = _leading(codes)
            key = _key(code, title, value.unit)
            point = Point(item.at, value, number, item.status, item.type, item.id)
            points.setdefault(key, []).append(point)
            last[key] = title, code, value.unit, item.section
    found = [
        Series(key, title, code, unit, vital_of(code, title), section, tuple(points[key]))
        for key, (title, code, unit, section) in last.items()
    ]
    return sorted(found, key=lambda one: (-len(one.points), one.title, one.key))


def vital_of(code: Code | None, title: str) -> str:
    """Return which vital sign something is; empty: none."""
    for vital, (codes, words) in _VITALS.items():
        if code is not None and code.system == LOINC and code.code in codes:
            return vital
        if title.strip() in words:
            return vital
    return ""


def _measured(item: Item) -> Iterator[tuple[str, tuple[Code, ...], Value]]:
    yield item.title, item.codes, item.value
    for part in item.parts:
        yield part.title, (part.code,) if part.code else (), part.value


def _leading(codes: tuple[Code, ...]) -> Code | None:
    """Return the code by which a series is known: a common one before a sender's own."""
    return min(codes, key=lambda one: (one.system != LOINC, not one.system), default=None)


def _key(code: Code | None, title: str, unit: str) -> str:
    system, name = (code.system, code.code) if code else ("", title)
    return f"{system}|{name}|{unit}"


def _drawn(text: str) -> float | None:
    try:
        number = float(text.lstrip("<>= ")) if text else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 1e15 else None
