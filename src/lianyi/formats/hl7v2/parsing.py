"""Bytes in, :class:`Message` out."""

from __future__ import annotations

import re

from lianyi.formats.hl7v2 import charsets
from lianyi.formats.hl7v2.delimiters import delimiters_of
from lianyi.formats.hl7v2.errors import EmptyMessage, SeveralMessages
from lianyi.formats.hl7v2.header import LF_ENDS, MIXED_ENDS
from lianyi.formats.hl7v2.message import Message

_ANOTHER_MSH = re.compile(rb"[\r\n]MSH[^A-Za-z0-9\s]")


def parse(body: bytes, *, default_codec: str = "utf-8", forced_codec: str | None = None) -> Message:
    """Read one message.

    Segments end with CR; LF, CR LF and blank lines are put up with.

    Args:
        body: one message, without MLLP framing.
        default_codec: for senders whose MSH-18 is empty or wrong.
        forced_codec: used whatever MSH-18 says.

    Raises:
        EmptyMessage: no bytes but white space.
        MalformedHl7: it does not begin with MSH.
        UnusableDelimiters: MSH-1 and MSH-2 do not divide it.
        SeveralMessages: a second MSH follows.
        WrongCharset: the bytes are text in no codec in question.
        UnsupportedCharset: UTF-16, or several scripts at once.
    """
    if not body or body.isspace():
        raise EmptyMessage(where="byte 0")
    begin = charsets.check_begins(body)
    if body.find(b"MSH", begin + 3) >= 0 and (second := _ANOTHER_MSH.search(body, begin + 3)):
        raise SeveralMessages(where=f"byte {second.start() + 1}")
    read = charsets.decode(body, begin, default_codec=default_codec, forced_codec=forced_codec)
    text = read.text
    lead = text[: text.index("MSH")] if begin else ""
    if lead:
        text = text[len(lead) :]
    ends: list[str] | None = None
    if "\n" not in text:
        lines = text.split("\r")
    else:
        pieces = (MIXED_ENDS if "\r" in text else LF_ENDS).split(text)
        lines, ends = pieces[::2], [*pieces[1::2], ""]
    first = lines[0]
    mark = first[3:4]
    stop = first.find(mark, 4) if mark else -1
    marks = delimiters_of(mark, first[4:stop] if stop > 0 else first[4:], begin + 3)
    return Message(body, read.codec, read.warnings, marks, lead, lines, ends)
