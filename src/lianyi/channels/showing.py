"""A body as people read it, also when nobody knows its codec."""

from __future__ import annotations

import base64
import codecs
from contextlib import suppress

from lianyi.base.errors import LianyiError
from lianyi.formats.hl7v2.charsets import known_codec
from lianyi.messagelog.message import LogMessage

HIDDEN = "****"
"""Stands where nothing is shown."""


def guess_codec(body: bytes, default: str = "") -> str | None:
    """Return the likeliest codec of a text that could not be read; None when it is no text.

    Args:
        body: the bytes.
        default: what the source is told to take when its sender does not say.
    """
    if b"\0" in body:
        return None
    guesses = ["utf-8", "gb18030"]
    with suppress(LianyiError):
        guesses.insert(0, known_codec(default))
    for codec in guesses:
        with suppress(UnicodeDecodeError):
            body.decode(codec)
            return codec
    return "latin-1"


def shown_body(
    message: LogMessage, bytes_max: int, *, guessed: str | None = None
) -> tuple[str | None, str | None]:
    """Return the beginning of a body as text, or in base64 where it is no text."""
    begin = message.body[:bytes_max]
    codec = message.codec or guessed
    if codec:
        try:
            reader = codecs.getincrementaldecoder(codec)(errors="replace")
        except LookupError:
            pass
        else:
            return reader.decode(begin, final=len(begin) == len(message.body)), None
    return None, base64.b64encode(begin).decode()
