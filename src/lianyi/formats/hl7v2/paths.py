"""Where a value stands: ``PID-3(2).4`` is component 4 of the second repetition of PID-3.

``SEG[(n)]-field[(repetition)][.component[.subcomponent]]``; counting starts at 1, ``(*)`` means
all. Without a repetition the first is meant, without an occurrence the first segment of the name.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lianyi.formats.hl7v2.errors import BadPath

EVERY = -1
"""The repetition or occurrence ``(*)``."""

UNSAID = 0
"""No repetition is named: the first when one value is asked for, otherwise all."""

_COMPILED: dict[str, Path] = {}
_COMPILED_MAX = 4096
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_NUMBER_OR_ALL = re.compile(r"[1-9][0-9]{0,3}|\*")


class Path(NamedTuple):
    """A compiled path; component or subcomponent 0 means the whole of what is above it.

    ``slot`` is where the field stands after dividing the segment; MSH, BHS and FHS count their
    field separator as field 1, so there everything stands one place further left.
    """

    segment: str
    occurrence: int
    field: int
    repetition: int
    component: int
    subcomponent: int
    slot: int

    @classmethod
    def of(cls, text: str) -> Path:
        """Compile a path; the same text is compiled once.

        Raises:
            BadPath: it does not follow the grammar; the facts say at which character.
        """
        found = _COMPILED.get(text)
        if found is None:
            if len(_COMPILED) >= _COMPILED_MAX:
                _COMPILED.clear()
            found = _COMPILED[text] = _compile(text)
        return found

    def __str__(self) -> str:
        path = self.segment if self.occurrence == 1 else self.segment + _bracketed(self.occurrence)
        path += f"-{self.field}"
        if self.repetition != UNSAID:
            path += _bracketed(self.repetition)
        if self.component:
            path += f".{self.component}"
        return f"{path}.{self.subcomponent}" if self.subcomponent else path


def _bracketed(number: int) -> str:
    return f"({'*' if number == EVERY else number})"


class _Scanner:
    """Reads a path from left to right and remembers where it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, pattern: re.Pattern[str], expected: str) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            raise BadPath(where="path", path=self.text, at=self.at + 1, expected=expected)
        self.at = found.end()
        return found.group()

    def skip(self, mark: str) -> bool:
        if self.text.startswith(mark, self.at):
            self.at += len(mark)
            return True
        return False

    def expect(self, mark: str) -> None:
        if not self.skip(mark):
            raise BadPath(where="path", path=self.text, at=self.at + 1, expected=f"'{mark}'")

    def bracketed(self, *, unsaid: int) -> int:
        if not self.skip("("):
            return unsaid
        number = self.take(_NUMBER_OR_ALL, "a number or *")
        self.expect(")")
        return EVERY if number == "*" else int(number)

    def part(self) -> int:
        return int(self.take(_NUMBER, "a number from 1")) if self.skip(".") else 0


def _compile(text: str) -> Path:
    scan = _Scanner(text)
    segment = scan.take(_SEGMENT, "a segment name such as PID")
    occurrence = scan.bracketed(unsaid=1)
    scan.expect("-")
    field = int(scan.take(_NUMBER, "a field number"))
    repetition = scan.bracketed(unsaid=UNSAID)
    component = scan.part()
    subcomponent = scan.part() if component else 0
    if scan.at != len(text):
        raise BadPath(where="path", path=text, at=scan.at + 1, expected="the end")
    slot = field - 1 if segment in HEADERS else field
    return Path(segment, occurrence, field, repetition, component, subcomponent, slot)


HEADERS = frozenset({"MSH", "BHS", "FHS"})
"""The segments that carry the delimiters."""
