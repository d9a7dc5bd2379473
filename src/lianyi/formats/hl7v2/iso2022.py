r"""East Asian text that switches character sets by escape sequences, where Python has no codec.

A sender that follows ISO 2022 says ``ESC $ ) A`` (GB 2312, ISO IR58) or ``ESC $ ) C`` (KS X 1001)
before the first such character. The characters then stand with their high bits set, or, after SO
or in G0, as pairs of ASCII bytes: there ``|`` and ``^`` may be half a character. Without the
switches the same text is what EUC writes, so it is brought into that form and read from there.

Two codecs are made known to Python: ``iso2022_gb`` and ``iso2022_ksc``. They write the switch anew
in each line that needs it, with high bits, as DICOM does.

Source:
    ISO/IEC 2022; RFC 1922 (ISO-2022-CN); DICOM PS3.5 annexes I and K; HL7 table 0211.
"""

from __future__ import annotations

import codecs
import re
from typing import Any, NamedTuple

GB = "iso2022_gb"
KSC = "iso2022_ksc"

DESIGNATION = re.compile(rb"\x1b(?:\$[@AB]|\$?[()*+\-./][@-Z])")
"""An escape sequence that chooses a character set; others move printers and cursors."""

HARMLESS = frozenset({b"\x1b(B", b"\x1b(J"})
"""Back to ASCII (or to what Japan had for it)."""


class _Set(NamedTuple):
    """A double-byte set: its codec in EUC form, and how it is chosen for G0 and for G1."""

    codec: str
    g0: frozenset[bytes]
    g1: frozenset[bytes]


_SETS = {
    GB: _Set("gb18030", frozenset({b"\x1b$A", b"\x1b$(A"}), frozenset({b"\x1b$)A"})),
    KSC: _Set("euc_kr", frozenset({b"\x1b$(C"}), frozenset({b"\x1b$)C"})),
}
_TOKEN = re.compile(DESIGNATION.pattern + rb"|[\x0e\x0f\r\n]")
_BEGINS = re.compile(rb"\x1b\$?[()*+\-./]?")
_ESC, _SO = 0x1B, 0x0E
_RAISED = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in range(256))
_WIDE = re.compile(r"[^\x00-\x7f]")


def switching(codec: str, body: bytes) -> str | None:
    """Return the codec for text in ``codec`` that also switches.

    Returns:
        ``codec`` itself when nothing is switched; None when a set is chosen that it is not.
    """
    chosen = {found.group() for found in DESIGNATION.finditer(body)} - HARMLESS
    if not chosen:
        return codec
    for name, kind in _SETS.items():
        if codec in (kind.codec, name) and chosen <= kind.g0 | kind.g1:
            return name
    return None


def _straighten(body: bytes, name: str) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the bytes in EUC form, and from where on how many bytes were left out.

    Raises:
        UnicodeDecodeError: another set is chosen.
    """
    kind = _SETS[name]
    out = bytearray()
    left_out: list[tuple[int, int]] = []
    wide = shifted = False
    at = 0
    for found in _TOKEN.finditer(body):
        out += _piece(body[at : found.start()], raised=wide or shifted)
        at, token = found.end(), found.group()
        if token in b"\r\n":
            wide = shifted = False
            out += token
            continue
        if token in b"\x0e\x0f":
            shifted = token == b"\x0e"
        elif token in kind.g0 or token in HARMLESS:
            wide = token in kind.g0
        elif token not in kind.g1:
            raise UnicodeDecodeError(name, body, found.start(), at, "another set is chosen")
        left_out.append((len(out), at - len(out)))
    out += _piece(body[at:], raised=wide or shifted)
    return bytes(out), left_out


def _piece(piece: bytes, *, raised: bool) -> bytes:
    return piece.translate(_RAISED) if raised else piece


def _decode(name: str, body: bytes, errors: str) -> tuple[str, int]:
    plain, left_out = _straighten(body, name)
    try:
        return plain.decode(_SETS[name].codec, errors), len(body)
    except UnicodeDecodeError as error:
        start = error.start + max((n for at, n in left_out if at <= error.start), default=0)
        end = min(start + 1, len(body))
        raise UnicodeDecodeError(name, body, start, end, error.reason) from None


def _encode(name: str, text: str, errors: str) -> tuple[bytes, int]:
    kind = _SETS[name]
    switch = min(kind.g1).decode("ascii")
    lines = re.split(r"(?<=[\r\n])", text)
    written = []
    for line in lines:
        first = _WIDE.search(line)
        at = first.start() if first else 0
        written.append(line[:at] + switch + line[at:] if first else line)
    return "".join(written).encode(kind.codec, errors), len(text)


class _Reader(codecs.IncrementalDecoder):
    """Reads such a text in pieces, as it comes; a switch gives no character."""

    def __init__(self, name: str, errors: str) -> None:
        super().__init__(errors)
        self.name = name
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._plain = codecs.getincrementaldecoder(_SETS[self.name].codec)(self.errors)
        self._escape = b""
        self._wide = self._shifted = False

    def decode(self, body: Any, final: bool = False) -> str:  # noqa: ANN401 - any buffer
        """Return the characters that these bytes complete."""
        text = "".join(map(self._take, iter(bytes(body))))
        if not final:
            return text
        rest, self._escape = self._escape, b""
        return text + self._plain.decode(rest, final=True)

    def _take(self, byte: int) -> str:
        sequence = self._escape + bytes((byte,))
        if sequence[0] != _ESC:
            return self._take_plain(byte)
        if _BEGINS.fullmatch(sequence):
            self._escape = sequence
            return ""
        self._escape = b""
        if not DESIGNATION.fullmatch(sequence):
            return "".join(map(self._take_plain, sequence))
        kind = _SETS[self.name]
        if sequence in kind.g0 or sequence in HARMLESS:
            self._wide = sequence in kind.g0
        elif sequence not in kind.g1:
            if self.errors == "strict":
                end = len(sequence)
                raise UnicodeDecodeError(self.name, sequence, 0, end, "another set is chosen")
            return "\ufffd"
        return ""

    def _take_plain(self, byte: int) -> str:
        if byte in b"\x0e\x0f":
            self._shifted = byte == _SO
            return ""
        if byte in b"\r\n":
            self._wide = self._shifted = False
        return self._plain.decode(_piece(bytes((byte,)), raised=self._wide or self._shifted))


def _find(name: str) -> codecs.CodecInfo | None:
    if name not in _SETS:
        return None
    return codecs.CodecInfo(
        name=name,
        encode=lambda text, errors="strict": _encode(name, text, errors),
        decode=lambda body, errors="strict": _decode(name, bytes(body), errors),
        incrementaldecoder=lambda errors="strict": _Reader(name, errors),
    )


codecs.register(_find)
