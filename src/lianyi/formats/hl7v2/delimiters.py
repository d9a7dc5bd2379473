"""How a message is divided (MSH-1, MSH-2) and how those marks are written inside of text.

Source:
    HL7 v2.8.2 chapter 2, sections 2.5.4 (delimiters) and 2.7 (escape sequences).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from lianyi.formats.hl7v2.errors import CannotEncode, UnusableDelimiters

NULL = '""'
"""What a sender writes to have a value deleted; an empty field means "not said"."""


class Delimiters(NamedTuple):
    """The marks of one message; an empty string for one that MSH-2 does not give."""

    field: str
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""


USUAL = Delimiters("|")


@lru_cache(maxsize=256)
def delimiters_of(separator: str, encoding_characters: str, at_byte: int = 3) -> Delimiters:
    """Return the marks that MSH-1 and MSH-2 give; ``at_byte`` is where MSH-1 stands.

    Raises:
        UnusableDelimiters: none or too many, one twice, or a letter, digit or blank.
    """
    marks = separator + encoding_characters
    usable = 2 <= len(marks) <= 6 and len(set(marks)) == len(marks)
    if not usable or any(not "!" <= mark <= "~" or mark.isalnum() for mark in marks):
        raise UnusableDelimiters(where=f"byte {at_byte}", found=len(marks))
    return Delimiters(*marks, *("" for _ in range(5 - len(marks))))


def escape(text: str, marks: Delimiters) -> str:
    r"""Return ``text`` as it is written inside a field: delimiters and line ends escaped.

    ``\n`` becomes ``\.br\``, any other control character ``\Xhh\``.

    Raises:
        CannotEncode: something must be escaped, and the message has no escape character.
    """
    needs, written = _escapes(marks)
    if not needs.search(text):
        return text
    if not marks.escape:
        raise CannotEncode(where="MSH-2", codec="MSH-2")
    return needs.sub(lambda found: written[found.group()], text)


@lru_cache(maxsize=256)
def _escapes(marks: Delimiters) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return what must be escaped, and how each of it is written."""
    letters = zip("FSREPT", _in_letter_order(marks), strict=True)
    written = {mark: f"{marks.escape}{letter}{marks.escape}" for letter, mark in letters if mark}
    written |= {chr(n): f"{marks.escape}X{n:02X}{marks.escape}" for n in (*range(32), 127)}
    if "." not in marks:
        written["\n"] = f"{marks.escape}.br{marks.escape}"
    del written["\t"]
    return re.compile("[" + "".join(map(re.escape, written)) + "]"), written


def _in_letter_order(marks: Delimiters) -> tuple[str, str, str, str, str, str]:
    """Return the marks in the order of the letters F S R E P T."""
    return (
        marks.field,
        marks.component,
        marks.repetition,
        marks.escape,
        marks.truncation,
        marks.subcomponent,
    )


def unescape(raw: str, marks: Delimiters, codec: str = "utf-8") -> str:
    r"""Return what the text of a field says.

    Delimiters and ``\Xhh..\`` become characters; ``\.br\``, ``\.sp\`` and ``\.ce\`` line ends;
    highlighting and other formatting goes away. What text cannot show stays as written:
    ``\Cxxyy\``, ``\Mxxyyzz\``, ``\Z..\`` and anything that is no escape sequence.
    """
    mark = marks.escape
    if not mark or mark not in raw:
        return raw
    said = _meanings(marks)
    parts = raw.split(mark)
    text = [parts[0]]
    at, last = 1, len(parts) - 1
    while at < last:
        sequence = parts[at]
        meaning = said.get(sequence)
        if meaning is None and sequence[:1] in ("X", "."):
            meaning = _unusual(sequence, codec)
        if meaning is None:
            text += (mark, sequence)
            at += 1
        else:
            text += (meaning, parts[at + 1])
            at += 2
    if at == last:
        text += (mark, parts[last])
    return "".join(text)


@lru_cache(maxsize=256)
def _meanings(marks: Delimiters) -> dict[str, str]:
    """Return what the simple escape sequences stand for, without their escape characters."""
    letters = zip("FSREPT", _in_letter_order(marks), strict=True)
    meanings = {"P": "#"} | {letter: mark for letter, mark in letters if mark}
    meanings |= {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n", ".fi": "", ".nf": ""}
    return meanings | {".BR": "\n", ".SP": "\n", ".CE": "\n"}


_FORMATTING = re.compile(r"\.(sp|in|ti|sk)\s?[+-]?\d{1,3}", re.IGNORECASE)
_LINES_MAX = 100


def _unusual(sequence: str, codec: str) -> str | None:
    """Return the meaning of an escape sequence with an argument; None when it has none."""
    if sequence[:1] == "X":
        try:
            data = bytes.fromhex(sequence[1:])
            return data.decode("ascii" if data.isascii() else codec) or None
        except ValueError:
            return None
    if sequence[:1] == "." and _FORMATTING.fullmatch(sequence):
        if sequence[1:3].lower() == "sp":
            return "\n" * min(_LINES_MAX, abs(int(sequence[3:])))
        return " " if sequence[1:3].lower() == "sk" else ""
    return None
