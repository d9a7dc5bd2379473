"""A message as a tree of JSON values, for screens: everything that is filled, with its name."""

from __future__ import annotations

from typing import Any

from lianyi.formats.hl7v2.delimiters import NULL, unescape
from lianyi.formats.hl7v2.message import Message
from lianyi.formats.hl7v2.names import fields_zh, segment_names
from lianyi.formats.hl7v2.paths import HEADERS
from lianyi.formats.hl7v2.structures import Part, Version, nearest_version, version_tables

_NAMES_FROM = "2.5.1"
_VALUES_MAX = 20_000
_REST = {
    "segment": "…",
    "path": "",
    "name_en": "the rest of this very long message is not shown",
    "name_zh": "消息过长，其余部分未显示",
    "fields": [],
}
_UNKNOWN = Part(0, -1, "", "", "")


def tree(message: Message) -> list[dict[str, Any]]:
    """Return the segments in order.

    A segment has ``segment, path, name_en, name_zh, fields``; a field ``number, path, name_en,
    name_zh, datatype, repetitions``; each repetition, component and subcomponent ``path, name_en,
    datatype, text``. Where there is more than one part, ``components`` or ``subcomponents`` lists
    the filled ones. ``text`` is None for the null value. Empty fields are left out. After 20,000
    values the rest is left out too, and a last segment without a path says so.
    """
    return _Tree(message).segments()


class _Tree:
    def __init__(self, message: Message) -> None:
        self.message = message
        self.marks = message.delimiters
        version = nearest_version(message.header.version) or _NAMES_FROM
        self.tables: Version = version_tables(version)
        self.left = _VALUES_MAX

    def segments(self) -> list[dict[str, Any]]:
        seen: dict[str, int] = {}
        found: list[dict[str, Any]] = []
        for line in self.message.lines():
            if self.left <= 0:
                return [*found, dict(_REST)]
            self.left -= 1
            name = line[:3]
            nth = seen[name] = seen.get(name, 0) + 1
            path = name if nth == 1 else f"{name}({nth})"
            fields = line.split(self.marks.field)
            if name in HEADERS:
                fields = [name, self.marks.field, *fields[1:]]
            english, chinese = segment_names(name)
            found.append(
                {
                    "segment": name,
                    "path": path,
                    "name_en": english,
                    "name_zh": chinese,
                    "fields": [
                        self._field(path, name, fields, number)
                        for number in range(1, len(fields))
                        if fields[number] and self.left > 0
                    ],
                }
            )
        return found

    def _field(self, segment: str, name: str, fields: list[str], number: int) -> dict[str, Any]:
        parts = self.tables.segments.get(name, ())
        part = parts[number - 1] if number <= len(parts) else _UNKNOWN
        if part.datatype == "varies" and name == "OBX":
            part = part._replace(datatype=fields[2])
        path = f"{segment}-{number}"
        raw = fields[number]
        mark = self.marks.repetition
        if name in HEADERS and number < 3:
            repetitions = [{"path": path, "text": raw}]
        else:
            values = raw.split(mark) if mark else [raw]
            several = len(values) > 1
            repetitions = [
                self._value(f"{path}({n})" if several else path, value, part, depth=0)
                for n, value in enumerate(values[:_VALUES_MAX], start=1)
                if self.left > 0
            ]
        return {
            "number": number,
            "path": path,
            "name_en": part.name,
            "name_zh": fields_zh(name).get(number, ""),
            "datatype": part.datatype,
            "repetitions": repetitions,
        }

    def _value(self, path: str, raw: str, part: Part, *, depth: int) -> dict[str, Any]:
        """Return a repetition (depth 0), a component (1) or a subcomponent (2)."""
        self.left -= 1
        shown: dict[str, Any] = {"path": path, "name_en": part.name, "datatype": part.datatype}
        shown["text"] = None if raw == NULL else unescape(raw, self.marks, self.message.codec)
        mark = (self.marks.component, self.marks.subcomponent, "")[depth]
        if mark and mark in raw:
            inside = self.tables.datatypes.get(part.datatype, ())
            shown["subcomponents" if depth else "components"] = [
                self._value(
                    f"{path}.{n}",
                    value,
                    inside[n - 1] if n <= len(inside) else _UNKNOWN,
                    depth=depth + 1,
                )
                for n, value in enumerate(raw.split(mark), start=1)
                if value and self.left > 0
            ]
        return shown
