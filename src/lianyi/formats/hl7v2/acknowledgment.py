"""Saying that a message was taken, or why not; and reading what others say to us.

Original mode answers AA, AE or AR; enhanced mode first CA, CE or CR. The caller decides which; here
it is only written down in the version, the delimiters and the character set of the message.

Source:
    HL7 v2.8.2 chapter 2, sections 2.9 (protocol) and 2.15 (ERR, MSA); v2.3 and v2.4 for the
    older ERR; tables 0008, 0357 and 0516.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from lianyi.base.errors import Category, LianyiError
from lianyi.formats.hl7v2.delimiters import USUAL, Delimiters, escape, unescape
from lianyi.formats.hl7v2.errors import NoAcknowledgment
from lianyi.formats.hl7v2.findings import Finding
from lianyi.formats.hl7v2.header import Header

_HL7_CODES = {
    Category.INVALID: ("102", "Data type error"),
    Category.NOT_FOUND: ("204", "Unknown key identifier"),
    Category.CONFLICT: ("205", "Duplicate key identifier"),
    Category.UNSUPPORTED: ("200", "Unsupported message type"),
}
_INTERNAL = ("207", "Application internal error")
_TITLES = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "207": "Application internal error",
}
_WARNINGS_MAX = 20
_MSA_3_LENGTH_MAX = 80
_LONG_TYPE = frozenset(
    {"2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"}
)
_SHORT_TYPE = frozenset({"2", "2.0", "2.0D", "2.1"})
_OLD_ERR = frozenset({"", "2", "2.0", "2.0D", "2.1", "2.2", "2.3", "2.3.1", "2.4"})
_UNREADABLE = Header(
    "utf-8", "|", "^~\\&", "", "", "", "", "", "", "", "", "P", "2.5", "", "", "UNICODE UTF-8"
)


def acknowledge(
    header: Header | None,
    *,
    code: str,
    at: datetime,
    control_id: str,
    error: LianyiError | None = None,
    warnings: Iterable[Finding] = (),
) -> bytes:
    """Write the answer to a message.

    Args:
        header: of the message that is answered; None when not even that could be read.
        code: AA, AE or AR; CA, CE or CR.
        at: now, aware.
        control_id: of the answer itself.
        error: why the message was not taken; up to v2.4 in MSA-3 and ERR-1, from v2.5 in ERR-2 to
            ERR-8, in English and Chinese.
        warnings: what was found although it was taken, from v2.5 one ERR each.

    Returns:
        The answer in the codec and delimiters of the message, without MLLP framing.
    """
    to = header or _UNREADABLE
    f, e = to.field_separator, to.encoding_characters
    version = to.version
    moment = at.isoformat(timespec="seconds")
    zone = moment[19:22] + moment[23:25]
    text = (
        f"MSH{f}{e}{f}{to.receiving_application}{f}{to.receiving_facility}"
        f"{f}{to.sending_application}{f}{to.sending_facility}"
        f"{f}{moment[:4]}{moment[5:7]}{moment[8:10]}{moment[11:13]}{moment[14:16]}{moment[17:19]}{zone}"
        f"{f}{f}{_type(to.event, version, e[0])}{f}{control_id}{f}{to.processing_id or 'P'}"
        f"{f}{version or '2.5'}"
    )
    if to.charset:
        text += f"{f}{f}{f}{f}{f}{f}{to.charset}"
    text += f"\rMSA{f}{code}{f}{to.control_id}"
    if error is None and not warnings:
        return f"{text}\r".encode(to.codec, "replace")
    return _with_reasons(text, to, error, tuple(warnings))


def error_segments(to: Header, errors: Iterable[LianyiError]) -> list[str]:
    """Return one ERR for each error, in the form of v2.5, for an answer that has more than MSA.

    In English and Chinese; in English alone where the codec of the message has no Chinese.
    """
    found = []
    for error in errors:
        line = _err_of_error(to.delimiters, error, chinese=True)
        try:
            line.encode(to.codec)
        except UnicodeEncodeError:
            line = _err_of_error(to.delimiters, error, chinese=False)
        found.append(line)
    return found


def _type(event: str, version: str, mark: str) -> str:
    """Return MSH-9 of the answer: ``ACK^A01^ACK`` in new versions, ``ACK`` in the oldest."""
    trigger = event.partition("^")[2]
    if version in _LONG_TYPE and trigger:
        return f"ACK{mark}{trigger}{mark}ACK"
    return f"ACK{mark}{trigger}" if trigger and version not in _SHORT_TYPE else "ACK"


def _with_reasons(
    text: str, to: Header, error: LianyiError | None, warnings: tuple[Finding, ...]
) -> bytes:
    """Add why; in English alone when the codec of the message has no Chinese."""
    whole = text + _reasons(to, error, warnings, chinese=True)
    try:
        return whole.encode(to.codec)
    except UnicodeEncodeError:
        plain = text + _reasons(to, error, warnings, chinese=False)
        return plain.encode(to.codec, "replace")


def _reasons(
    to: Header, error: LianyiError | None, warnings: tuple[Finding, ...], *, chinese: bool
) -> str:
    marks = to.delimiters
    if to.version in _OLD_ERR:
        return _old_reasons(marks, error)
    lines = [""]
    if error is not None:
        lines.append(_err_of_error(marks, error, chinese=chinese))
    lines += [_err_of_finding(marks, found, chinese=chinese) for found in warnings[:_WARNINGS_MAX]]
    return "\r".join([*lines, ""])


def _old_reasons(marks: Delimiters, error: LianyiError | None) -> str:
    """Return MSA-3 and ERR up to v2.4."""
    if error is None:
        return "\r"
    told = error.told("en")
    short = f"{error.code} {told.what} [{error.where}]: {told.why}"[:_MSA_3_LENGTH_MAX]
    place = _place(marks, error.where)
    code, title = _HL7_CODES.get(error.category, _INTERNAL)
    c, s = marks.component or " ", marks.subcomponent or " "
    place += c * (3 - place.count(c)) + s.join((code, title, "HL70357"))
    return f"{marks.field}{_safe(short, marks)}\rERR{marks.field}{place}\r"


def _err_of_error(marks: Delimiters, error: LianyiError, *, chinese: bool) -> str:
    f, c = marks.field, marks.component
    code, title = _HL7_CODES.get(error.category, _INTERNAL)
    told = error.told("en")
    words = f"{told.what}: {told.why}. Next: {told.next_step}."
    if chinese:
        zh = error.told("zh")
        words = f"{zh.what}：{zh.why}。下一步：{zh.next_step}。 / {words}"
    local = c.join((error.code, _safe(told.what, marks), "L"))
    place = _place(marks, error.where)
    diagnosis = _safe(error.where, marks)
    coded = c.join((code, title, "HL70357"))
    return f"ERR{f}{f}{place}{f}{coded}{f}E{f}{local}{f}{f}{diagnosis}{f}{_safe(words, marks)}"


def _err_of_finding(marks: Delimiters, found: Finding, *, chinese: bool) -> str:
    f, c = marks.field, marks.component
    code = found.kind.value.hl7_code
    words = f"{found.path}: {found.text('en')}"
    if chinese:
        words = f"{found.path}：{found.text('zh')} / {words}"
    severity = "E" if found.severity == "error" else "W"
    coded = c.join((code, _TITLES[code], "HL70357"))
    local = c.join((found.code, "", "L"))
    place = _place(marks, found.path)
    return f"ERR{f}{f}{place}{f}{coded}{f}{severity}{f}{local}{f}{f}{f}{_safe(words, marks)}"


_PLACE = re.compile(
    r"([A-Z][A-Z0-9]{2})(?:\((\d+)\))?(?:-(\d+)(?:\((\d+)\))?(?:\.(\d+)(?:\.(\d+))?)?)?"
)


def _place(marks: Delimiters, where: str) -> str:
    """Return a path as an error location (ERL): segment, occurrence, field, repetition, ..."""
    found = _PLACE.fullmatch(where)
    if not found or not marks.component:
        return ""
    segment, occurrence, field, repetition, component, subcomponent = found.groups()
    parts = [segment, occurrence or "1", field, repetition, component, subcomponent]
    while not parts[-1]:
        parts.pop()
    return marks.component.join(part or "" for part in parts)


def _safe(text: str, marks: Delimiters) -> str:
    """Return text as it may stand in a field, whatever the sender's delimiters are."""
    if marks.escape:
        return escape(text, marks)
    return re.sub(f"[\0-\x1f{re.escape(''.join(marks))}]", " ", text)


class Acknowledgment(NamedTuple):
    """What a receiver answered.

    Attributes:
        code: MSA-1 in upper case, as the receiver says it; usually AA, AE, AR, CA, CE or CR.
        control_id: MSA-2, of the message that it answers.
        text: MSA-3, or what ERR says; for people.
    """

    code: str
    control_id: str
    text: str


_MSA = re.compile(rb"(?:^|[\r\n\x0b])[ \t]*MSA([!-/:-@\[-`{-~])")
_ERR = re.compile(rb"[\r\n][ \t]*ERR([!-/:-@\[-`{-~])")
_CODECS = ("utf-8", "gb18030", "iso8859-1")


def read_acknowledgment(body: bytes) -> Acknowledgment:
    """Read an answer, sloppy as it may be: LF line ends, no MSH, framing bytes, any codec.

    Raises:
        NoAcknowledgment: there is no MSA segment.
    """
    found = _MSA.search(body)
    if not found:
        raise NoAcknowledgment(where=f"byte {len(body)}")
    fields = _fields_after(body, found.end(), found.group(1).decode())
    text = fields[2] if len(fields) > 2 else ""
    if not text and (reason := _ERR.search(body)):
        said = _fields_after(body, reason.end(), reason.group(1).decode())
        text = next((said[n] for n in (7, 6, 4, 2, 0) if n < len(said) and said[n]), "")
    control_id = fields[1].strip() if len(fields) > 1 else ""
    return Acknowledgment(fields[0].strip().upper(), control_id, unescape(text, USUAL))


def _fields_after(body: bytes, begin: int, mark: str) -> list[str]:
    """Return the fields of the segment whose first field begins at a byte."""
    line = re.split(rb"[\r\n\x1c]", body[begin : begin + 65536], maxsplit=1)[0]
    for codec in _CODECS:
        try:
            return line.decode(codec).split(mark)
        except UnicodeDecodeError:
            continue
    raise AssertionError("iso8859-1 reads every byte")
