"""What MSH says about a message: enough to route, acknowledge and file it, and nothing more."""

from __future__ import annotations

import re
from typing import NamedTuple

from lianyi.formats.hl7v2 import charsets
from lianyi.formats.hl7v2.delimiters import Delimiters, delimiters_of
from lianyi.formats.hl7v2.errors import EmptyMessage, MalformedHl7

_FIELDS_READ = 19

MIXED_ENDS = re.compile(r"(\r\n?|\n(?=[A-Z][A-Z0-9]{2}[^A-Za-z0-9\s]|[\r\n]|\Z))")
"""Where segments end in a message that has CR: a line feed inside of text is none."""

LF_ENDS = re.compile(r"(\n)")
"""Where segments end in a message without CR."""


class Header(NamedTuple):
    """The MSH segment. Texts stand as the sender wrote them, delimiters and escapes included.

    Attributes:
        codec: the codec that reads the message, not always the declared one.
        event: type and trigger event, always joined by ``^``: ``ADT^A01``; ``ACK`` alone.
        structure: MSH-9.3, empty when the sender does not say it.
        sent_at: MSH-7, e.g. ``20260102030405+0800``.
        version: MSH-12.1.
        accept_ack: MSH-15: AL, NE, ER or SU; empty in original mode.
        application_ack: MSH-16, likewise.
        charset: MSH-18.
    """

    codec: str
    field_separator: str
    encoding_characters: str
    sending_application: str
    sending_facility: str
    receiving_application: str
    receiving_facility: str
    sent_at: str
    event: str
    structure: str
    control_id: str
    processing_id: str
    version: str
    accept_ack: str
    application_ack: str
    charset: str

    @property
    def delimiters(self) -> Delimiters:
        """The marks that divide the message."""
        return delimiters_of(self.field_separator, self.encoding_characters)

    @property
    def sender(self) -> str:
        """The first component of MSH-3: the name by which people know the sending system."""
        return self.sending_application.partition(self.encoding_characters[0])[0]


def read_header(
    body: bytes, *, default_codec: str = "utf-8", forced_codec: str | None = None
) -> Header:
    """Read MSH alone, however bad the rest is.

    A message that is text in no codec still has a header, so that it can be answered; characters
    that cannot be read are U+FFFD.

    Args:
        body: one message, without MLLP framing.
        default_codec: for senders that do not say what they use.
        forced_codec: the only one to try.

    Raises:
        MalformedHl7: there is no MSH segment, or its delimiters are unusable.
        UnsupportedCharset: the codec names are unknown, or the message is UTF-16.
    """
    if not body:
        raise EmptyMessage(where="byte 0")
    begin = charsets.check_begins(body)
    try:
        text = charsets.decode(body, begin, default_codec=default_codec, forced_codec=forced_codec)
        line, codec = text.text[begin and text.text.index("MSH") :], text.codec
    except MalformedHl7 as error:
        codec = str(error.facts.get("codec") or charsets.known_codec(forced_codec or default_codec))
        line = body[begin:].decode(codec, "replace")
    return header_of(_first_segment(line), codec)


def _first_segment(text: str) -> str:
    """Return what stands before the first segment end."""
    end = text.find("\r")
    if text.find("\n", 0, end if end >= 0 else len(text)) >= 0:
        ends = MIXED_ENDS if end >= 0 else LF_ENDS
        found = ends.search(text)
        end = found.start() if found else -1
    return text[:end] if end >= 0 else text


def header_of(line: str, codec: str) -> Header:
    """Read the header out of the MSH segment as text.

    Raises:
        UnusableDelimiters: MSH-1 and MSH-2 do not say how the message is divided.
    """
    mark = line[3:4]
    fields = line.split(mark or "|", _FIELDS_READ)
    if len(fields) < _FIELDS_READ:
        fields += [""] * (_FIELDS_READ - len(fields))
    marks = delimiters_of(mark, fields[1])
    event, structure = fields[8], ""
    if marks.component and marks.component in event:
        parts = event.split(marks.component, 3)
        event = f"{parts[0]}^{parts[1]}" if parts[1] else parts[0]
        structure = parts[2] if len(parts) > 2 else ""
    version = fields[11]
    if marks.component and marks.component in version:
        version = version.partition(marks.component)[0]
    return Header(
        codec,
        mark,
        fields[1],
        fields[2],
        fields[3],
        fields[4],
        fields[5],
        fields[6],
        event,
        structure,
        fields[9],
        fields[10],
        version,
        fields[14],
        fields[15],
        fields[17],
    )
