"""Says what is wrong with a message, measured by the HL7 version that it claims to follow.

Segments are measured against the message structure, fields against their segment, components
against their datatype. Vendor segments (Z..) may stand anywhere and are not looked into.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lianyi.base.errors import Fact
from lianyi.formats.hl7v2.datatypes import CHECKS, NUMERIC
from lianyi.formats.hl7v2.delimiters import NULL
from lianyi.formats.hl7v2.findings import Finding, FindingKind, shown
from lianyi.formats.hl7v2.message import Message
from lianyi.formats.hl7v2.paths import HEADERS
from lianyi.formats.hl7v2.placing import Cursor
from lianyi.formats.hl7v2.structures import (
    UNBOUNDED,
    Part,
    Version,
    nearest_version,
    version_tables,
)

FINDINGS_MAX = 100
_REPETITIONS_JUDGED_MAX = 1000
_JUDGED_AS_DEFAULT = "2.5.1"
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_FREE_TEXT = frozenset({"ST", "TX", "FT", "varies"})
_CONTROL_ID_LENGTH_MAX = {"2.7": 199, "2.8": 199, "2.8.1": 199, "2.8.2": 199}


def judge(message: Message) -> tuple[Finding, ...]:
    """Return everything that is wrong with a message, in its order; empty when it is good.

    At most 100 findings; then one says that there are more. Findings of reading
    (``message.warnings``) are not repeated.
    """
    judging = _Judging(message)
    try:
        judging.run()
    except _EnoughError:
        judging.found.append(Finding(FindingKind.MORE_FINDINGS, "MSH", {"found": FINDINGS_MAX}))
    return tuple(judging.found)


class _EnoughError(Exception):
    """So much is wrong that more would help nobody."""


class _Judging:
    """One message being judged."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.marks = message.delimiters
        self.found: list[Finding] = []
        header = message.header
        name = nearest_version(header.version)
        self.tables: Version = version_tables(name or _JUDGED_AS_DEFAULT)
        self.structure = ""
        self.event = header.event
        self.declared = header.structure
        self.version_known = bool(name)

    def report(self, kind: FindingKind, path: str, **facts: Fact) -> None:
        if len(self.found) >= FINDINGS_MAX:
            raise _EnoughError
        self.found.append(Finding(kind, path, facts))

    def run(self) -> None:
        if not self.version_known:
            self.report(FindingKind.NO_VERSION, "MSH-12", judged_as=self.tables.name)
        cursor = self._cursor()
        seen: dict[str, int] = {}
        for number, line in enumerate(self.message.lines(), start=1):
            name = line[:3]
            if not _NAME.fullmatch(name) or line[3:4] not in ("", self.marks.field):
                self.report(FindingKind.NO_SEGMENT, f"line {number}", line=number)
                continue
            nth = seen[name] = seen.get(name, 0) + 1
            if name[0] == "Z":
                continue
            where = name if nth == 1 else f"{name}({nth})"
            parts = self.tables.segments.get(name)
            if parts is None:
                facts: dict[str, Fact] = {"segment": name, "version": self.tables.name}
                self.report(FindingKind.UNKNOWN_SEGMENT, where, **facts)
                continue
            if cursor is not None:
                self._where = where
                cursor.take(name)
            if parts:
                self._segment(where, name, line.split(self.marks.field), parts)
        if cursor is not None:
            self._where = ""
            cursor.finish()

    # --- segments --------------------------------------------------------------------------

    def _cursor(self) -> Cursor | None:
        own, self.structure = self.tables.structure_of(self.event, self.declared)
        facts: dict[str, Fact] = {"version": self.tables.name, "event": shown(self.event)}
        if not self.structure:
            self.report(FindingKind.UNKNOWN_STRUCTURE, "MSH-9", **facts)
            return None
        if self.declared and own and self.declared != own:
            declared = shown(self.declared)
            self.report(
                FindingKind.WRONG_STRUCTURE, "MSH-9.3", declared=declared, structure=own, **facts
            )
        return Cursor(self.tables.message(self.structure), self._misplaced)

    def _misplaced(self, kind: FindingKind, segment: str, neighbour: str) -> None:
        side = "before" if kind is FindingKind.MISSING_SEGMENT else "after"
        missing = kind in (FindingKind.MISSING_SEGMENT, FindingKind.MISSING_AT_END)
        path = segment if missing else self._where
        facts: dict[str, Fact] = {"segment": segment, "structure": self.structure, side: neighbour}
        self.report(kind, path, **facts)

    # --- fields ----------------------------------------------------------------------------

    def _segment(self, where: str, name: str, fields: list[str], parts: Sequence[Part]) -> None:
        first = 1
        if name in HEADERS:
            fields = [name, self.marks.field, *fields[1:]]
            first = 3
        count = len(fields)
        for n in range(first, len(parts) + 1):
            part = parts[n - 1]
            field = fields[n] if n < count else ""
            if field:
                if part.datatype == "varies":
                    self._varying(f"{where}-{n}", name, fields, n, field)
                else:
                    self._field(f"{where}-{n}", field, part)
            elif part.least:
                self.report(FindingKind.MISSING_FIELD, f"{where}-{n}")
        if count > len(parts) + 1 and any(fields[len(parts) + 1 :]):
            facts: dict[str, Fact] = {
                "segment": name,
                "version": self.tables.name,
                "last": len(parts),
            }
            self.report(FindingKind.UNKNOWN_FIELD, f"{where}-{len(parts) + 1}", **facts)

    def _field(self, path: str, field: str, part: Part) -> None:
        if field == NULL:
            return
        if part.most == 0:
            self.report(FindingKind.WITHDRAWN_FIELD, path, version=self.tables.name)
            return
        repetition = self.marks.repetition
        if not repetition or repetition not in field:
            self._value(path, field, part, depth=0)
            return
        repetitions = field.split(repetition)
        if part.most not in (UNBOUNDED, 0) and len(repetitions) > part.most:
            facts: dict[str, Fact] = {"allowed": part.most, "found": len(repetitions)}
            self.report(FindingKind.REPEATED_FIELD, path, **facts)
        for n, value in enumerate(repetitions[:_REPETITIONS_JUDGED_MAX], start=1):
            if value and value != NULL:
                self._value(f"{path}({n})", value, part, depth=0)

    def _varying(self, path: str, name: str, fields: list[str], n: int, field: str) -> None:
        """Judge a field whose datatype the message names itself: OBX-5 by OBX-2."""
        if name != "OBX" or n != 5:
            return
        datatype = fields[2]
        if not datatype:
            self.report(FindingKind.MISSING_FIELD, path.replace("-5", "-2"))
        elif datatype in self.tables.datatypes or datatype in CHECKS or datatype in _SIMPLE:
            self._field(path, field, Part(0, UNBOUNDED, datatype, "", ""))
        else:
            facts: dict[str, Fact] = {"version": self.tables.name}
            self.report(FindingKind.UNKNOWN_DATATYPE, path.replace("-5", "-2"), **facts)

    def _value(self, path: str, value: str, part: Part, *, depth: int) -> None:
        """Judge a repetition (depth 0), a component (1) or a subcomponent (2)."""
        if part.datatype in _NOT_LOOKED_INTO:
            return
        inside = self.tables.datatypes.get(part.datatype)
        mark = (self.marks.component, self.marks.subcomponent, "")[depth]
        if not inside or not mark:
            self._simple(path, value, part, mark)
            return
        values = value.split(mark)
        for n, inner in enumerate(inside):
            text = values[n] if n < len(values) else ""
            here = f"{path}.{n + 1}" if len(values) > 1 or n else path
            if text and text != NULL:
                self._value(here, text, inner, depth=depth + 1)
            elif inner.least and not text:
                self.report(FindingKind.MISSING_COMPONENT, here)
        if len(values) > len(inside) and any(values[len(inside) :]):
            facts: dict[str, Fact] = {"datatype": part.datatype, "last": len(inside)}
            self.report(FindingKind.UNKNOWN_COMPONENT, f"{path}.{len(inside) + 1}", **facts)

    def _simple(self, path: str, value: str, part: Part, mark: str) -> None:
        if mark and mark in value and part.datatype not in _FREE_TEXT:
            facts: dict[str, Fact] = {"datatype": part.datatype, "last": 1}
            self.report(FindingKind.UNKNOWN_COMPONENT, f"{path}.2", **facts)
            value = value.partition(mark)[0]
        check = CHECKS.get(part.datatype)
        if check is not None and value and not check(value):
            numeric = part.datatype in NUMERIC
            kind = FindingKind.NOT_A_NUMBER if numeric else FindingKind.NOT_A_DATE
            self.report(kind, path, datatype=part.datatype)
        if part.table and part.datatype == "ID":
            codes = self.tables.codes.get(part.table)
            if codes and value not in codes:
                self.report(FindingKind.NOT_IN_TABLE, path, table=part.table)
        if path == "MSH-10":
            allowed = _CONTROL_ID_LENGTH_MAX.get(self.tables.name, 20)
            if len(value) > allowed:
                self.report(FindingKind.TOO_LONG, path, found=len(value), allowed=allowed)


_NOT_LOOKED_INTO = frozenset({"WD", "wd", "CM", "varies"})
_SIMPLE = frozenset({"ST", "TX", "FT", "ID", "IS", "TN", "GTS", "CM", "SNM"})
