r"""Which codec a message is written in.

MSH-18 says it, when the sender bothers to fill it and tells the truth. So the declared codec is
tried first and the source's default second, both strictly; a wrong declaration is a warning, and
text that fits neither is an error that names the byte. One exception to the order: bytes that are
valid UTF-8 and nothing but East Asian characters are UTF-8 whatever MSH-18 says, because GB18030
and the 8859 family accept nearly anything and would silently turn it into other characters.

A text that chooses its sets by escape sequences (ISO 2022) is read by a codec that obeys them; when
there is none for what it chooses, that is an error: as plain text it would be other characters.

GB2312 and GBK are read as GB18030, which contains both. In them the second byte of a character
may be ``\``, ``^``, ``|`` or ``~``: bytes are cut into segments, never into fields.

Source:
    HL7 table 0211; GB 18030-2022; RFC 3629; RFC 1468 (ISO-2022-JP).
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from lianyi.formats.hl7v2 import iso2022
from lianyi.formats.hl7v2.errors import MalformedHl7, UnsupportedCharset, WrongCharset
from lianyi.formats.hl7v2.findings import Finding, FindingKind, shown

_JAPANESE = "iso2022_jp_ext"
_NAMES = {
    "": "",
    "ASCII": "ascii",
    "USASCII": "ascii",
    "ISOIR6": "ascii",
    "UTF8": "utf-8",
    "UNICODE": "utf-8",
    "UNICODEUTF8": "utf-8",
    "ISOIR192": "utf-8",
    "GB18030": "gb18030",
    "GB180302000": "gb18030",
    "GB180302005": "gb18030",
    "GB180302022": "gb18030",
    "GBK": "gb18030",
    "GB": "gb18030",
    "GB2312": "gb18030",
    "GB231280": "gb18030",
    "CP936": "gb18030",
    "WINDOWS936": "gb18030",
    "MS936": "gb18030",
    "EUCCN": "gb18030",
    "HZGB2312": "hz",
    "ISOIR58": "gb18030",
    "BIG5": "big5hkscs",
    "BIG5HKSCS": "big5hkscs",
    "CP950": "cp950",
    "ISOIR13": _JAPANESE,
    "ISOIR14": _JAPANESE,
    "ISOIR87": _JAPANESE,
    "ISOIR159": _JAPANESE,
    "JAS2020": _JAPANESE,
    "ISO2022JP": _JAPANESE,
    "JIS": _JAPANESE,
    "SHIFTJIS": "cp932",
    "EUCJP": "euc_jp",
    "KSX1001": "euc_kr",
    "EUCKR": "euc_kr",
    "ISOIR100": "iso8859-1",
    "ISOIR101": "iso8859-2",
    "ISOIR109": "iso8859-3",
    "ISOIR110": "iso8859-4",
    "ISOIR144": "iso8859-5",
    "ISOIR127": "iso8859-6",
    "ISOIR126": "iso8859-7",
    "ISOIR138": "iso8859-8",
    "ISOIR148": "iso8859-9",
    "LATIN1": "iso8859-1",
    "TIS620": "tis-620",
    "ISOIR166": "tis-620",
}
_NAMES |= {
    f"{prefix}8859{n}": f"iso8859-{n}" for n in range(1, 17) if n != 12 for prefix in ("", "ISO")
}
_NAMES |= {f"{prefix}125{n}": f"cp125{n}" for n in range(9) for prefix in ("CP", "WINDOWS")}
CODEC_NAMES = tuple(sorted({*_NAMES.values(), *map(str.lower, _NAMES)} - {""}))
"""What a person may have meant by a codec that is not known."""
_UTF16 = ("UTF16", "UTF32", "UNICODEUTF16", "UNICODEUTF32", "UCS2")
_PUNCTUATION = re.compile(r"[^A-Z0-9]")

STATEFUL = frozenset({_JAPANESE, "hz", iso2022.GB, iso2022.KSC, "iso2022_kr", "iso2022_jp"})
"""Codecs in which ASCII bytes may be part of another character, all through a message."""

ROUND_TRIPS = frozenset({"ascii", "utf-8", "gb18030"} | {f"iso8859-{n}" for n in range(1, 17)})
"""Codecs that give back the very bytes they read."""


class Text(NamedTuple):
    """A message as text, and how it became text."""

    text: str
    codec: str
    declared: str
    warnings: tuple[Finding, ...]


@lru_cache(maxsize=256)
def codec_of(name: str) -> str | None:
    """Return the codec that one name of table 0211 (or a usual variant of it) stands for.

    Returns:
        The Python name of the codec; ``""`` for an empty name, None for an unknown one.
    """
    return _NAMES.get(_PUNCTUATION.sub("", name.upper()))


@lru_cache(maxsize=256)
def codec_declared(declared: str, repetition: str = "~") -> str | None:
    """Return the codec that all repetitions of MSH-18 ask for together.

    ASCII beside another set is contained in it. Latin sets that differ, or a switch between
    scripts other than the Japanese ones, is more than one codec can do.

    Returns:
        As :func:`codec_of`.
    """
    names = declared.split(repetition) if repetition else [declared]
    asked = {codec_of(name.strip()) for name in names if name.strip()}
    if len(asked) > 1:
        asked.discard("ascii")
    return (asked or {""}).pop() if len(asked) < 2 else None


@lru_cache(maxsize=256)
def known_codec(name: str) -> str:
    """Return a codec for a name out of the settings: one of table 0211 or of Python.

    Raises:
        UnsupportedCharset: there is none, or it does not contain ASCII.
    """
    found = codec_of(name)
    if found:
        return found
    try:
        found = codecs.lookup(name).name
        if "MSH|^~\\&".encode(found) == b"MSH|^~\\&":
            return found
    except (LookupError, UnicodeError, TypeError):
        pass
    raise UnsupportedCharset(where="default_codec", declared=shown(name))


def _is_wide(body: bytes) -> bool:
    """Whether the bytes look like UTF-16 or UTF-32."""
    return body[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in body[:4]


def declared_charset(body: bytes, default_codec: str) -> str:
    """Return MSH-18 as it stands there, although nobody knows the codec yet.

    MSH-3 to MSH-6 may hold characters whose second byte looks like a delimiter. Each codec in
    question divides the segment in its own way; the one under which MSH-18 names that very codec
    is right. When none does, the first that can read the segment counts.

    Args:
        body: begins with ``MSH``.
        default_codec: what is tried first.
    """
    line = _first_line(body)
    mark = line[3:4].decode("latin-1")
    if line.isascii() and b"\x1b" not in line:
        return _field_18(line.decode("ascii"), mark)
    first: str | None = None
    for probe in (default_codec, "utf-8", "gb18030", _JAPANESE, "big5hkscs", "cp932", "iso8859-1"):
        try:
            declared = _field_18(line.decode(probe), mark)
        except UnicodeDecodeError:
            continue
        said = codec_declared(declared)
        if said == probe or (
            said and probe == "iso8859-1" and said.startswith(("iso8859", "cp12"))
        ):
            return declared
        first = declared if first is None else first
    return first or ""


def _first_line(body: bytes) -> bytes:
    end = body.find(b"\r")
    line = body if end < 0 else body[:end]
    end = line.find(b"\n")
    return line if end < 0 else line[:end]


def _field_18(line: str, mark: str) -> str:
    fields = line.split(mark, 18) if mark else []
    return fields[17].strip() if len(fields) > 17 else ""


def decode(body: bytes, begin: int, *, default_codec: str, forced_codec: str | None) -> Text:
    """Turn a message into text.

    Args:
        body: the message.
        begin: where ``MSH`` stands in it.
        default_codec: for senders that say nothing or something wrong.
        forced_codec: the only one to try, whatever MSH-18 says.

    Raises:
        WrongCharset: the bytes fit neither; ``where`` names the first byte that does not.
        UnsupportedCharset: UTF-16, several scripts at once, or an unknown ``default_codec``.
    """
    read = _decode(body, begin, default_codec=default_codec, forced_codec=forced_codec)
    if begin and read.text.find("MSH", 0, begin + 3) < 0:
        # A byte order mark in a double-byte codec: its last byte has swallowed the M.
        raise WrongCharset(where="byte 0", codec=read.codec, declared=shown(read.declared))
    return read


def _decode(body: bytes, begin: int, *, default_codec: str, forced_codec: str | None) -> Text:
    default = known_codec(default_codec)
    if forced_codec and not begin:
        # What the log knows already is read once for each channel: MSH-18 matters to errors only.
        codec = _obeying(body, known_codec(forced_codec), "")
        with suppress(UnicodeDecodeError):
            return Text(body.decode(codec), codec, "", ())
    declared = declared_charset(body[begin:] if begin else body, default)
    if forced_codec:
        codec = _obeying(body, known_codec(forced_codec), declared)
        return Text(_strictly(body, codec, declared), codec, declared, ())
    said = codec_declared(declared, body[begin + 5 : begin + 6].decode("latin-1"))
    if body.startswith(codecs.BOM_UTF8):
        said = "utf-8"
    if said is None:
        return _decode_unknown(body, default, declared)
    first = _obeying(body, said or default, declared)
    if body.isascii() and (first not in STATEFUL or (b"\x1b" not in body and first != "hz")):
        return Text(body.decode("ascii"), first, declared, ())
    if first not in ("utf-8", *STATEFUL) and (text := _east_asian_utf8(body)) is not None:
        return Text(text, "utf-8", declared, (_wrong(declared, "utf-8"),))
    try:
        return Text(body.decode(first), first, declared, ())
    except UnicodeDecodeError as error:
        if first == default:
            raise _not_text(error, first, declared) from error
        failed = error
    try:
        return Text(body.decode(default), default, declared, (_wrong(declared, default),))
    except UnicodeDecodeError:
        raise _not_text(failed, first, declared) from failed


def _obeying(body: bytes, codec: str, declared: str) -> str:
    """Return the codec for a text that may choose its sets by escape sequences.

    Raises:
        UnsupportedCharset: it chooses one that we cannot read.
    """
    if b"\x1b" not in body or codec in STATEFUL:
        return codec
    found = iso2022.switching(codec, body)
    if found is None:
        raise UnsupportedCharset(where="MSH-18", declared=shown(declared) or "ISO 2022")
    return found


def _decode_unknown(body: bytes, default: str, declared: str) -> Text:
    """Read a message whose MSH-18 names a set that nobody knows, or several at once."""
    if b"\x1b" in body:
        raise UnsupportedCharset(where="MSH-18", declared=shown(declared))
    if _PUNCTUATION.sub("", declared.upper()) in _UTF16 and not body.isascii():
        raise UnsupportedCharset(where="MSH-18", declared=shown(declared))
    text = _strictly(body, default, declared)
    facts = {"declared": shown(declared), "codec": default}
    return Text(text, default, declared, (Finding(FindingKind.UNKNOWN_CHARSET, "MSH-18", facts),))


def _strictly(body: bytes, codec: str, declared: str) -> str:
    try:
        return body.decode(codec)
    except UnicodeDecodeError as error:
        raise _not_text(error, codec, declared) from error


def _not_text(error: UnicodeDecodeError, codec: str, declared: str) -> WrongCharset:
    return WrongCharset(where=f"byte {error.start}", codec=codec, declared=shown(declared))


def _wrong(declared: str, codec: str) -> Finding:
    facts = {"declared": shown(declared), "codec": codec}
    return Finding(FindingKind.WRONG_CHARSET_DECLARED, "MSH-18", facts)


_OTHER_THAN_EAST_ASIAN = re.compile(
    "[^\x00-\x7f\u2e80-\u9fff\uac00-\ud7af\uf900-\uffef\u2000-\u206f]"
)


def _east_asian_utf8(body: bytes) -> str | None:
    """Return the text when the bytes are UTF-8 and hold no character but ASCII and East Asian."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if _OTHER_THAN_EAST_ASIAN.search(text) else text


def check_begins(body: bytes) -> int:
    """Return at which byte ``MSH`` stands, after a byte order mark and blank lines.

    Raises:
        MalformedHl7: it stands nowhere near the beginning.
        UnsupportedCharset: UTF-16 or UTF-32.
    """
    if body.startswith(b"MSH"):
        return 0
    begin = 3 if body.startswith(codecs.BOM_UTF8) else 0
    begin = len(body) - len(body[begin:].lstrip(b"\r\n\t ")) if body else 0
    if not body.startswith(b"MSH", begin):
        if _is_wide(body):
            raise UnsupportedCharset(where="byte 0", declared="UTF-16")
        raise MalformedHl7(where=f"byte {begin}")
    return begin
