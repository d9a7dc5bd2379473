"""The segments of a message in their order, and the parts of a field. Pure.

A message has hundreds of fields, and most tables ask only for a few of them: a field is cut where
somebody looks into it.

Source:
    HL7 v2.8.2 chapter 2, 2.5 (construction of messages), 2.7 (escape sequences).
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lianyi.formats.hl7v2 import Message, unescape
from lianyi.formats.hl7v2.delimiters import NULL, Delimiters
from lianyi.messagelog.message import storable_text

SEGMENTS_MAX: Final = 20_000
"""Of one message: a report has hundreds, a batch of results some thousands."""
_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}", re.ASCII)
_CONTROLS: Final = dict.fromkeys(n for n in range(32) if chr(n) not in "\t\n\r") | {127: None}


def text_of(raw: str, marks: Delimiters, codec: str) -> str:
    """Return what is written, escape sequences resolved, without blanks around it.

    Control characters that no text of FHIR may hold are left out.
    """
    if raw == NULL:
        return ""
    if marks.escape and marks.escape in raw:
        raw = unescape(raw, marks, codec)
    return clean(raw)


def clean(text: str) -> str:
    """Return a text as every text of FHIR may be: no control characters, no blanks around it."""
    text = text.strip()
    return text if text.isprintable() else storable_text(text).translate(_CONTROLS).strip()


class Parts(NamedTuple):
    """One repetition of a field, cut into components.

    Attributes:
        raw: the components as they stand.
        marks: what divides them.
        codec: of the message.
    """

    raw: tuple[str, ...]
    marks: Delimiters
    codec: str

    def text(self, component: int, subcomponent: int = 0) -> str:
        """Return a component; with a subcomponent, that of it; empty where there is none."""
        raw = self.raw
        if component > len(raw):
            return ""
        found = raw[component - 1]
        if not found or (found.isalnum() and subcomponent < 2):
            return found
        mark = self.marks.subcomponent
        if subcomponent and mark and mark in found:
            parts = found.split(mark)
            found = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        return text_of(found, self.marks, self.codec)

    def whole(self) -> str:
        """Return everything as one text, the marks between the components included."""
        return text_of(self.marks.component.join(self.raw), self.marks, self.codec)

    def within(self, component: int) -> Parts:
        """Return the subcomponents of a component as if they were components."""
        raw = self.raw[component - 1] if component <= len(self.raw) else ""
        mark = self.marks.subcomponent
        return Parts(tuple(raw.split(mark)) if mark else (raw,), self.marks, self.codec)


class Segment:
    """One segment.

    Attributes:
        name: three characters.
        fields: as they stand; item n is field n.
        number: which of its name it is in the message, from 1.
        marks: what divides it.
        codec: of the message.
    """

    __slots__ = ("_cut", "codec", "fields", "marks", "name", "number")

    def __init__(
        self, name: str, fields: list[str], number: int, marks: Delimiters, codec: str
    ) -> None:
        self.name = name
        self.fields = fields
        self.number = number
        self.marks = marks
        self.codec = codec
        self._cut: dict[int, list[Parts]] = {}

    def raw(self, field: int) -> str:
        """Return a field as it stands."""
        return self.fields[field] if field < len(self.fields) else ""

    def text(self, field: int, component: int = 1, subcomponent: int = 0) -> str:
        """Return a component of the first repetition of a field."""
        fields = self.fields
        if field >= len(fields) or not (raw := fields[field]):
            return ""
        if component == 1 and subcomponent < 2 and raw.isalnum():
            return raw
        cut = self.repetitions(field)
        return cut[0].text(component, subcomponent) if cut else ""

    def whole(self, field: int) -> str:
        """Return a field as one text, its marks included."""
        raw = self.raw(field)
        return text_of(raw, self.marks, self.codec) if raw else ""

    def is_null(self, field: int) -> bool:
        """Tell whether the sender says that there is no value any more: ``""``, nothing else."""
        return self.raw(field).strip() == NULL

    def first(self, field: int) -> Parts | None:
        """Return the first repetition of a field that says something."""
        cut = self.repetitions(field)
        return cut[0] if cut else None

    def repetitions(self, field: int) -> list[Parts]:
        """Return the repetitions of a field that say something; not to be changed."""
        found = self._cut.get(field)
        if found is None:
            found = self._cut[field] = self._repetitions(field)
        return found

    def _repetitions(self, field: int) -> list[Parts]:
        raw, marks, codec = self.raw(field), self.marks, self.codec
        if not raw or raw == NULL:
            return []
        component = marks.component
        repeated = marks.repetition and marks.repetition in raw
        if not repeated and (not component or component not in raw):
            return [] if raw.isspace() else [Parts((raw,), marks, codec)]
        found = []
        for one in raw.split(marks.repetition) if repeated else (raw,):
            parts = tuple(one.split(component)) if component else (one,)
            if any(part and part != NULL and not part.isspace() for part in parts):
                found.append(Parts(parts, marks, codec))
        return found


NOTHING: Final = Segment("", [], 0, Delimiters("|"), "utf-8")
"""A segment that is not there."""


def segments_of(message: Message) -> list[Segment]:
    """Return the segments of a message in their order; a line that names none is left out."""
    marks, codec = message.delimiters, message.codec
    seen: dict[str, int] = {}
    found: list[Segment] = []
    for line in message.lines():
        name = line[:3]
        if not _NAME.fullmatch(name) or len(found) >= SEGMENTS_MAX:
            continue
        fields = line.split(marks.field)
        if name == "MSH":
            fields.insert(1, marks.field)
        seen[name] = number = seen.get(name, 0) + 1
        found.append(Segment(name, fields, number, marks, codec))
    return found
