"""Keeping the bytes of what nobody changed, where a codec would not give them back.

UTF-8, GB18030 and the 8859 family write the very bytes they read. Big5 has two codes for some
characters, and in ISO-2022 a sender may switch more often than needed: there the bytes of unchanged
segments, and of unchanged fields in changed segments, are taken from what was received.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

from lianyi.formats.hl7v2.errors import CannotEncode

_LINE_END = re.compile(rb"([\r\n])")


def received_lines(body: bytes, pieces: Iterable[tuple[str, str]]) -> list[bytes | None]:
    """Return the bytes of each line; line ends are ASCII in every codec that we read.

    Args:
        body: what was received, without what stands before MSH.
        pieces: each line as text, and its end.
    """
    parts = _LINE_END.split(body)
    lines: list[bytes | None] = []
    at = 0
    for line, end in pieces:
        inside = 2 * (line.count("\r") + line.count("\n")) + 1
        lines.append(b"".join(parts[at : at + inside]))
        at += inside - 1 + 2 * len(end)
    return lines


def encoded(before: bytes | None, line: str, fields: list[str], mark: str, codec: str) -> bytes:
    """Return a changed segment; fields that are as they were keep their bytes.

    Args:
        before: the segment as received; None when it is new.
        line: the same as text.
        fields: what it holds now.
        mark: the field separator.
        codec: to write with.

    Raises:
        CannotEncode: a value that was set does not exist in the codec.
    """
    known: list[tuple[str, bytes]] = []
    if before is not None:
        known = list(zip(line.split(mark), _cut(before, codec, mark), strict=False))
    try:
        parts = [
            known[n][1] if n < len(known) and known[n][0] == text else text.encode(codec)
            for n, text in enumerate(fields)
        ]
    except UnicodeEncodeError as error:
        raise CannotEncode(where=fields[0][:3], codec=codec) from error
    return mark.encode("ascii").join(parts)


def _cut(raw: bytes, codec: str, mark: str) -> list[bytes]:
    """Cut bytes at a delimiter, without taking half a character for one."""
    reader = codecs.getincrementaldecoder(codec)()
    pieces, begin = [], 0
    for n in range(len(raw)):
        if reader.decode(raw[n : n + 1]) == mark:
            pieces.append(raw[begin:n])
            begin = n + 1
    return [*pieces, raw[begin:]]
