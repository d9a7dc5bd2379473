"""What a message says about itself, in one look: for the millions that are written as usual.

Whoever takes a message in needs to know who sent it, what happened, by what it is found and how it
is answered, of every message and before anybody looks into it. Systems write the same MSH again and
again but for the moment and the control id, so what follows from the rest of it (the codec, the
event, the answer's own MSH) is worked out once, as a :class:`HeaderForm`.

A look sees exactly what :func:`~lianyi.formats.hl7v2.parse` and ``browse_keys`` would see, or
nothing: a message that is unusual in any way (other delimiters, line feeds, a header that is not
plain ASCII, bytes that are not what MSH-18 says) is left to them.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from lianyi.formats.hl7v2 import charsets
from lianyi.formats.hl7v2.acknowledgment import acknowledge
from lianyi.formats.hl7v2.delimiters import USUAL
from lianyi.formats.hl7v2.errors import MalformedHl7, UnsupportedCharset
from lianyi.formats.hl7v2.header import Header, header_of
from lianyi.formats.hl7v2.keys import KEY_SEGMENTS, keys_in

_BEGIN = b"MSH|^~\\&|"
_SEGMENTS = re.compile(f"\r((?:{'|'.join(KEY_SEGMENTS)}|MSH)[^\r]*)")
_KEY_FIELDS_MAX = 20
_FORMS_MAX = 1_000
_THEIRS, _OURS = "\x01", "\x02"  # stand for the control ids in a prepared answer
_SECOND = timedelta(seconds=1)


class _Answer(NamedTuple):
    """An answer of one second, but for its control ids."""

    since: datetime
    until: datetime
    before: bytes
    between: bytes
    after: bytes


class HeaderForm:
    """What all messages have in common whose MSH differs in MSH-7 and MSH-10 alone.

    Attributes:
        header: with ``sent_at`` and ``control_id`` empty.
        usual: whether a look at such a message can be enough.
    """

    __slots__ = ("_answers", "header", "usual")

    def __init__(self, header: Header, *, usual: bool) -> None:
        self.header = header
        self.usual = usual
        self._answers: dict[str, _Answer] = {}

    def acknowledge(self, code: str, *, at: datetime, theirs: str, ours: str) -> bytes:
        """Write the answer to a message that was taken, as :func:`acknowledge` does.

        Args:
            code: AA or CA.
            at: now, aware.
            theirs: control id of the message.
            ours: control id of the answer.
        """
        answer = self._answers.get(code)
        if answer is None or not answer.since <= at < answer.until:
            answer = self._answers[code] = self._prepare(code, at)
        ids = ours.encode(), theirs.encode()
        return b"%b%b%b%b%b" % (answer.before, ids[0], answer.between, ids[1], answer.after)

    def _prepare(self, code: str, at: datetime) -> _Answer:
        header = self.header._replace(control_id=_THEIRS)
        body = acknowledge(header, code=code, at=at, control_id=_OURS)
        before, _, rest = body.partition(_OURS.encode())
        between, _, after = rest.partition(_THEIRS.encode())
        since = at.replace(microsecond=0)
        return _Answer(since, since + _SECOND, before, between, after)


class Glance(NamedTuple):
    """What one look saw.

    Attributes:
        form: what its MSH says, the same for many messages.
        sent_at: MSH-7.
        control_id: MSH-10.
        keys: by what it is found, as ``keys_in`` lists them.
    """

    form: HeaderForm
    sent_at: str
    control_id: str
    keys: list[str]

    @property
    def header(self) -> Header:
        """The whole MSH."""
        return self.form.header._replace(sent_at=self.sent_at, control_id=self.control_id)


class Glancer:
    """Looks at the messages of one source."""

    def __init__(self, *, default_codec: str = "utf-8", forced_codec: str | None = None) -> None:
        """Look with the codecs of a source, as :func:`~lianyi.formats.hl7v2.parse` takes them."""
        self._default_codec = default_codec
        self._forced_codec = forced_codec or None
        self._forms: dict[tuple[bytes, ...], HeaderForm] = {}

    def look(self, body: bytes) -> Glance | None:
        """Look at one message, without framing; None: it must be read thoroughly."""
        if body[:9] != _BEGIN or b"\n" in body:
            return None
        end = body.find(b"\r")
        line = body[:end] if end >= 0 else body
        said = line.split(b"|", 10)
        try:
            _, _, application, facility, to, at, sent_at, _, event, control_id, rest = said
        except ValueError:
            return None
        key = (application, facility, to, at, event, rest)
        form = self._forms.get(key) or self._learn(key, line)
        if not form.usual or not line.isascii():
            return None
        try:
            text = self._text(body, form.header.codec)
            if text is None:
                return None
        except UnicodeDecodeError:
            return None
        segments: dict[str, list[list[str]]] = {}
        for segment in _SEGMENTS.findall(text):
            fields = segment.split("|", _KEY_FIELDS_MAX)
            name = segment[:3]
            if name in segments:
                segments[name].append(fields)
            elif name == "MSH":
                return None  # a second message
            else:
                segments[name] = [fields]
        keys = keys_in(segments, USUAL, form.header.codec)
        return Glance(form, sent_at.decode(), control_id.decode(), keys)

    def _text(self, body: bytes, codec: str) -> str | None:
        """Return the message as text; None where it may be UTF-8 although it says otherwise.

        So it is where an escape may switch to another character set.
        """
        if b"\x1b" in body:
            return None
        if codec == "utf-8":
            return body.decode()
        if self._forced_codec is None and not body.isascii() and _is_utf8(body):
            return None
        return body.decode(codec)

    def _learn(self, key: tuple[bytes, ...], line: bytes) -> HeaderForm:
        if len(self._forms) >= _FORMS_MAX:  # a sender that writes every MSH differently
            self._forms.clear()
        form = self._forms[key] = self._form(line)
        return form

    def _form(self, line: bytes) -> HeaderForm:
        text = line.decode("latin-1")
        try:
            codec = self._codec(line)
            header = header_of(text, codec or "utf-8")
        except (MalformedHl7, UnsupportedCharset):
            return HeaderForm(_NOTHING, usual=False)
        usual = codec in charsets.ROUND_TRIPS and text.isascii() and text.isprintable()
        return HeaderForm(header._replace(sent_at="", control_id=""), usual=usual)

    def _codec(self, line: bytes) -> str | None:
        """Return the codec in which a message with this MSH is read first; None: nobody knows."""
        if self._forced_codec:
            return charsets.known_codec(self._forced_codec)
        default = charsets.known_codec(self._default_codec)
        said = charsets.codec_declared(charsets.declared_charset(line, default))
        return None if said is None else said or default


_NOTHING = Header("", "|", "^~\\&", "", "", "", "", "", "", "", "", "", "", "", "", "")


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
