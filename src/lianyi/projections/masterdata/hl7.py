"""Master files in HL7 v2: MFN^M02 (staff), MFN^M05 (locations), and organisations in segments ZOG.

Sources:
    HL7 v2.5.1, chapter 8 (MFI, MFE, LOC, LRL, LDP) and 15 (STF, ORG). HL7 v2 has no master file
    of organisations, so one of our own follows MFE:
    ``ZOG|code|Chinese name|English name|category|parent|tree|from|to|pinyin|location``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections.masterdata.changes import day_of, unreadable
from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Kind,
)

ENDS = {"MDL", "MDC"}
"""MFE-1, table 0180: delete, deactivate. The others add, change or reactivate."""
PARENT = "PAR"
"""LRL-4, table 0325: the parent location."""


class _Entry:
    """One MFE and the segments up to the next."""

    def __init__(self, message: hl7v2.Message, number: int) -> None:
        self._message = message
        self._number = number

    def get(self, path: str) -> str:
        """Return a text of the first segment of a name within this entry."""
        name, _, rest = path.partition("-")
        for segment in self.all(name):
            return self._message.get(f"{name}({segment.occurrence})-{rest}").strip()
        return ""

    def all(self, name: str) -> list[hl7v2.Segment]:
        """Return the segments of a name within this entry."""
        return self._message.group("MFE", self._number, name)

    def text(self, segment: hl7v2.Segment, rest: str) -> str:
        """Return a text of one segment."""
        return self._message.get(f"{segment.name}({segment.occurrence})-{rest}").strip()

    def texts(self, segment: hl7v2.Segment, rest: str) -> list[str]:
        """Return the texts of all repetitions."""
        return self._message.get_all(f"{segment.name}({segment.occurrence})-{rest}")

    @property
    def action(self) -> str:
        """MFE-1."""
        return self._message.get(f"MFE({self._number})-1")

    @property
    def on(self) -> date | None:
        """The day from which the entry holds: MFE-3, or MFI-5 for all of them."""
        text = self._message.get(f"MFE({self._number})-3") or self._message.get("MFI-5")
        return day_of(text, where=f"MFE({self._number})-3") if text.strip() else None

    @property
    def where(self) -> str:
        """For people."""
        return f"MFE({self._number})"


def read(message: LogMessage) -> Sequence[tuple[Change, ...]]:
    """Return the statements of an MFN; what each entry says, and each relation, is one.

    Raises:
        LianyiError: it cannot be read, or an entry lacks its code.
    """
    found = hl7v2.parse(message.body, default_codec=message.codec or "utf-8")
    statements: list[tuple[Change, ...]] = []
    for number in range(1, found.count("MFE") + 1):
        entry = _Entry(found, number)
        if entry.all("STF"):
            statements += _staff(entry)
        elif entry.all("LOC"):
            statements += _location(entry)
        elif entry.all("ZOG"):
            statements += _organisation(entry)
    return statements


def _day(text: str, where: str) -> date | None:
    return day_of(text, where=where) if text else None


def _said(**texts: Any) -> dict[str, Any]:  # noqa: ANN401 - text, flags and identifiers
    """Return what is said; an empty field says nothing."""
    return {name: value for name, value in texts.items() if value}


# --- staff --------------------------------------------------------------------------------------


def _staff(entry: _Entry) -> Iterator[tuple[Change, ...]]:
    staff = entry.all("STF")[0]
    code = entry.get("STF-1.1") or entry.get("STF-2.1")
    if not code:
        raise unreadable(f"{entry.where} STF-1", "the staff member has no code", "人员没有编码")
    on, kind = entry.on, Kind.PRACTITIONER
    left = _day(entry.get("STF-13.1"), "STF-13")
    if entry.action in ENDS or entry.get("STF-7") == "I":
        yield (Close(kind, code, left or on),)
        return
    name_zh, name_en = _person(entry.get("STF-3.1.1"), entry.get("STF-3.2"))
    texts = _said(
        name_zh=name_zh,
        name_en=name_en,
        category=entry.get("STF-4"),
        identifiers=_identifiers(entry, staff, "2"),
    )
    began = _day(entry.get("STF-12.1"), "STF-12")
    yield (Describe(kind, code, on or began, left, texts=texts),)
    departments = [(one, "", "") for one in entry.texts(staff, "8.1") if one]
    departments += [
        (entry.text(one, "2.1"), entry.text(one, "6.1"), entry.text(one, "9"))
        for one in entry.all("ORG")
    ]
    for organisation, role, period in departments:
        if organisation:
            since, _, until = period.partition("^")
            yield (
                Attach(
                    ROLE,
                    code,
                    organisation,
                    role,
                    on=_day(since, "ORG-9.1") or on or began,
                    until=_day(until, "ORG-9.2"),
                ),
            )


def _person(family: str, given: str) -> tuple[str, str]:
    """Return a name as Chinese, family name first and without space, and as other."""
    if any("\u3400" <= mark <= "\u9fff" for mark in family + given):
        return family + given, ""
    return "", " ".join(part for part in (given, family) if part)


def _identifiers(entry: _Entry, segment: hl7v2.Segment, field: str) -> dict[str, str]:
    """Return values of a CX list by authority, or by type where there is none."""
    values = entry.texts(segment, f"{field}.1")
    authorities = entry.texts(segment, f"{field}.4.1")
    types = entry.texts(segment, f"{field}.5")
    found = {}
    for value, authority, type_ in zip(values, authorities, types, strict=True):
        if value and (authority or type_):
            found[authority or type_] = value
    return found


# --- locations ----------------------------------------------------------------------------------


def _location(entry: _Entry) -> Iterator[tuple[Change, ...]]:
    location = entry.all("LOC")[0]
    code = _place(entry, location, "1")
    if not code:
        raise unreadable(f"{entry.where} LOC-1", "the location has no code", "位置没有编码")
    on = entry.on
    if entry.action in ENDS:
        yield (Close(Kind.LOCATION, code, on),)
        return
    texts = _said(name_zh=entry.get("LOC-2"), category=entry.get("LOC-3.1") or entry.get("LOC-3"))
    yield (Describe(Kind.LOCATION, code, on, texts=texts),)
    for relation in entry.all("LRL"):
        if entry.text(relation, "4.1") == PARENT and (parent := _place(entry, relation, "6")):
            yield (Attach(PART_OF, code, parent, on=on),)
    for department in entry.all("LDP"):
        organisation = entry.text(department, "2.1")
        since = _day(entry.text(department, "6.1"), "LDP-6") or on
        until = _day(entry.text(department, "7.1"), "LDP-7")
        if organisation and entry.text(department, "5") == "I":
            yield (Detach(PLACE, organisation, code, on=until or on),)
        elif organisation:
            yield (Attach(PLACE, organisation, code, on=since, until=until),)


def _place(entry: _Entry, segment: hl7v2.Segment, field: str) -> str:
    """Return a PL as a code: point of care, room and bed, as far as they are given."""
    parts = [entry.text(segment, f"{field}.{part}") for part in (1, 2, 3)]
    return "-".join(part for part in parts if part)


# --- organisations ------------------------------------------------------------------------------


def _organisation(entry: _Entry) -> Iterator[tuple[Change, ...]]:
    code = entry.get("ZOG-1")
    if not code:
        raise unreadable(f"{entry.where} ZOG-1", "the organisation has no code", "机构没有编码")
    on = _day(entry.get("ZOG-7"), "ZOG-7") or entry.on
    until = _day(entry.get("ZOG-8"), "ZOG-8")
    if entry.action in ENDS:
        yield (Close(Kind.ORGANISATION, code, until or on),)
        return
    texts = _said(
        name_zh=entry.get("ZOG-2"),
        name_en=entry.get("ZOG-3"),
        category=entry.get("ZOG-4"),
        pinyin=entry.get("ZOG-9"),
    )
    yield (Describe(Kind.ORGANISATION, code, on, until, texts=texts),)
    if parent := entry.get("ZOG-5"):
        tree = TREE + (entry.get("ZOG-6") or MANAGEMENT)
        yield (Attach(tree, code, parent, on=on, until=until),)
    if location := entry.get("ZOG-10"):
        yield (Attach(PLACE, code, location, on=on, until=until),)
