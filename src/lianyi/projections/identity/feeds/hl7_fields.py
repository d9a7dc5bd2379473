"""The fields of PID, MRG and PV1, read: identifiers, names, telephones, addresses. Pure.

One registration has some thirty fields with hundreds of parts. They are cut where they stand and
not looked up by path: a message is read in a tenth of a millisecond.

Sources:
    HL7 v2.8.2 chapter 2A: CX, HD, XPN, XTN, XAD; chapter 3, PID. Tables 0190, 0200, 0201, 0202,
    0465. Version 2.3: XTN.1 as the whole number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from lianyi.formats.hl7v2.delimiters import NULL, Delimiters, unescape
from lianyi.messagelog.message import storable_text
from lianyi.projections.identity.feeds.id_kinds import Number, authority_of
from lianyi.projections.identity.feeds.wording import (
    address_of,
    name_of,
    named,
    ordered,
)
from lianyi.projections.identity.registration import Name

_NAME_USES: Final = {
    **dict.fromkeys(("L", "D", "C", "I", "R", "U"), "official"),
    **dict.fromkeys(("A", "N", "T"), "nickname"),
    **dict.fromkeys(("B", "M"), "maiden"),
    **dict.fromkeys(("S", "MSK", "NAV"), "anonymous"),
    **dict.fromkeys(("NB", "TEMP"), "temp"),
    **dict.fromkeys(("BAD", "NOUSE"), "old"),
}
"""Table 0200."""
_PARTNER: Final = "P"
"""Of table 0200 too: the name of a partner is somebody else's."""
_SOUNDS: Final = ("A", "P")
"""Table 0465: alphabetic, phonetic."""
_NO_TELEPHONE: Final = frozenset({"NET", "INTERNET", "X.400", "FX", "BP"})
_HOMES: Final = {**dict.fromkeys(("H", "C", ""), 0), "P": 1, "L": 1, "M": 2, "RH": 3}
_NO_HOMES: Final = frozenset({"BA", "BDL", "BI", "B", "O", "N", "F", "BR", "S", "SH", "TM", "V"})
"""Table 0190: bad, of a business, an office, a bill, a birth: none by which to meet a person."""


class Parts(NamedTuple):
    """One repetition of a field, cut into components.

    Attributes:
        raw: the components as they stand.
        marks: what divides them.
        codec: of the message.
    """

    raw: Sequence[str]
    marks: Delimiters
    codec: str

    def text(self, component: int, subcomponent: int = 0) -> str:
        """Return a component as text, blanks and all; without subcomponent the whole of it."""
        raw = self.raw
        if component > len(raw):
            return ""
        found = raw[component - 1]
        if found.isalnum():
            return found if subcomponent < 2 else ""
        mark = self.marks.subcomponent
        if subcomponent and mark in found:
            parts = found.split(mark) if mark else [found]
            found = parts[subcomponent - 1] if subcomponent <= len(parts) else ""
        elif subcomponent > 1:
            return ""
        return text_of(found, self.marks, self.codec) if found else ""


def text_of(raw: str, marks: Delimiters, codec: str) -> str:
    """Return what is written, escape sequences resolved, as every store can hold it."""
    if raw == NULL:
        return ""
    text = unescape(raw, marks, codec) if marks.escape in raw else raw
    return text if text.isprintable() else storable_text(text)


class Fields:
    """One segment."""

    __slots__ = ("_codec", "_fields", "_marks")

    def __init__(self, fields: Sequence[str], marks: Delimiters, codec: str) -> None:
        """Read raw fields; item n is field n."""
        self._fields = fields
        self._marks = marks
        self._codec = codec

    def raw(self, number: int) -> str:
        """Return a field as it stands."""
        return self._fields[number] if number < len(self._fields) else ""

    def is_null(self, number: int) -> bool:
        """Tell whether the sender says that there is no value any more: ``""`` and nothing else."""
        raw = self.raw(number)
        if NULL not in raw:
            return False
        for mark in (self._marks.component, self._marks.repetition):
            raw = raw.replace(mark, "") if mark else raw
        return not raw.replace(NULL, "")

    def text(self, number: int) -> str:
        """Return the first component of the first repetition, without blanks around it."""
        raw = self.raw(number)
        if not raw or raw.isalnum():
            return raw
        return next((parts.text(1).strip() for parts in self.repetitions(number)), "")

    def repetitions(self, number: int) -> Iterator[Parts]:
        """Give the repetitions of a field."""
        raw, marks = self.raw(number), self._marks
        if not raw or raw == NULL:
            return
        for one in raw.split(marks.repetition) if marks.repetition else (raw,):
            parts = one.split(marks.component) if marks.component else [one]
            yield Parts(parts, marks, self._codec)


def numbers(fields: Fields, number: int, source: str) -> Iterator[Number]:
    """Give the identifiers (CX) of a field, values and authorities as the keys of the log are.

    Args:
        fields: of a segment.
        number: of the field.
        source: who sends it.
    """
    for parts in fields.repetitions(number):
        value = parts.text(1)
        if value.strip():
            yield Number(
                value,
                parts.text(5).strip(),
                authority_of(parts.text(4, 1) or parts.text(4, 2), source),
                parts.text(9, 1).strip(),
                valid_until=_day(parts.text(8)),
                valid_from=_day(parts.text(7)),
            )


def _day(text: str) -> date | None:
    digits = text.strip()[:8]
    if len(digits) < 8 or not (digits.isascii() and digits.isdigit()):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def name_in(parts: Parts) -> str:
    """Return a name (XPN) in one text."""
    return name_of(parts.text(1, 1), parts.text(2), parts.text(3))


def names(fields: Fields, number: int, *, unsaid: str = "official") -> list[Name]:
    """Return the names (XPN) of a field.

    Args:
        fields: of a segment.
        number: of the field.
        unsaid: use of a name that says none.
    """
    found = []
    for parts in fields.repetitions(number):
        text = name_in(parts)
        said, form = parts.text(7).strip().upper(), parts.text(8).strip().upper()
        use = _NAME_USES.get(said, "official") if said else unsaid
        if not text or said == _PARTNER:
            continue
        if use != "official" and form in _SOUNDS:
            use = "phonetic"
        written = parts.marks.component.join(parts.raw)
        found.append(named(text, use, written, parts.codec, parts.text(1, 1)))
    return found


def telephones(fields: Fields, *of: int) -> tuple[str, ...]:
    """Return the telephone numbers (XTN) of some fields: no e-mail, no fax, nothing twice."""
    found: dict[str, None] = {}
    for number in of:
        for parts in fields.repetitions(number):
            means = {parts.text(2).strip().upper(), parts.text(3).strip().upper()}
            text = _telephone(parts)
            if text and "@" not in text and means.isdisjoint(_NO_TELEPHONE):
                found[text] = None
    return tuple(found)


def _telephone(parts: Parts) -> str:
    """Return XTN.1, else XTN.12, else what country, area and local number say together."""
    whole = parts.text(1).strip() or parts.text(12).strip()
    local = parts.text(7).strip()
    if whole or not local:
        return whole
    country, area = parts.text(5).strip().lstrip("+"), parts.text(6).strip()
    return (f"+{country} " if country else "") + (f"{area}-{local}" if area else local)


def addresses(fields: Fields, number: int) -> tuple[str, ...]:
    """Return the addresses (XAD) of a field by which a person lives, the present one first."""
    found: list[tuple[int, str]] = []
    for parts in fields.repetitions(number):
        means = parts.text(7).strip().upper()
        text = address_of(
            [parts.text(1, 1) or parts.text(1), parts.text(2)],
            city=parts.text(3),
            province=parts.text(4),
            district=parts.text(8),
            postcode=parts.text(5),
        )
        if text and means not in _NO_HOMES:
            found.append((_HOMES.get(means, 4), text))
    return ordered(found)
