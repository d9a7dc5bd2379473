r"""From RTF to text, in one pass. Pure.

Chinese comes in three ways: as bytes of the code page of the document or of a font, written
``\'d6\'d0``; as numbers of UTF-16, written ``\u20013?`` with something for old readers behind; or
as plain bytes, which RTF does not allow and senders write nevertheless. All are read. Pictures,
tables of fonts and styles, and what Word keeps for itself are no words. Whatever is broken is
passed over: there is always a text.

Source:
    Microsoft, Rich Text Format (RTF) Specification, version 1.9.1: "Conventions of an RTF Reader",
    "Unicode RTF", "Font Table".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

START: Final = b"{\\rtf"
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?"
    rb"|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_NO_WORDS: Final = frozenset(
    {
        "colortbl", "stylesheet", "info", "pict", "object", "themedata", "colorschememapping",
        "datastore", "latentstyles", "listtable", "listoverridetable", "rsidtbl", "generator",
        "xmlnstbl", "fldinst", "mmathPr", "wgrffmtfilter", "bkmkstart", "bkmkend", "filetbl",
    }
)  # fmt: skip
"""Groups in which stands nothing that people read."""
_WORDS: Final = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "tab": "\t", "cell": "\t",
    "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”",
}  # fmt: skip
_SYMBOLS: Final = {b"~": " ", b"_": "-", b"\n": "\n", b"\r": "\n"}
_CHARSETS: Final = {
    128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253", 162: "cp1254",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
"""Code pages of fonts, by ``\\fcharset``."""
_PAGES: Final = {
    936: "gb18030", 54936: "gb18030", 950: "cp950", 932: "cp932", 949: "cp949", 65001: "utf-8",
    **{page: f"cp{page}" for page in (437, 850, 852, 866, 874, *range(1250, 1259))},
}  # fmt: skip
_WESTERN: Final = "cp1252"


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group.

    Attributes:
        silent: whether what stands in it is no words.
        fonts: whether it is the table of fonts.
        font: its number; None: that of the document.
        fallback: so many characters behind a number of UTF-16 are for old readers.
    """

    silent: bool = False
    fonts: bool = False
    font: int | None = None
    fallback: int = 1


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    state: _State = _State()
    above: list[_State] = field(default_factory=list)
    page: str = _WESTERN
    of_fonts: dict[int, str] = field(default_factory=dict)
    skip: int = 0
    raw: bytearray = field(default_factory=bytearray)
    plain: bool = False
    found: list[str] = field(default_factory=list)

    def put(self, text: str) -> None:
        self.flush()
        if not self.state.silent:
            self.found.append(text)

    def flush(self) -> None:
        """Let bytes that stand together become characters."""
        if not self.raw:
            return
        codec = self.page if self.state.font is None else self.of_fonts.get(self.state.font)
        if not self.state.silent:
            codecs = [codec or self.page, "utf-8", "gb18030"]
            first = ["utf-8"] if self.plain else []  # few other bytes look like it
            self.found.append(_decoded(bytes(self.raw), [*first, *codecs]))
        self.raw.clear()
        self.plain = False

    def add(self, some: bytes, *, plain: bool = False) -> None:
        """Take bytes of text, behind those that stand for a character that was a number."""
        left = some[self.skip :]
        self.plain = self.plain or (plain and not left.isascii())
        self.skip = max(self.skip - len(some), 0)
        self.raw += left

    def change(self, state: _State) -> None:
        self.flush()
        self.state = state


def looks_like_rtf(data: bytes) -> bool:
    """Tell whether bytes are RTF, by how they begin."""
    return data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(START)


def as_text(data: bytes) -> str:
    """Return the words of RTF, a line for each paragraph or row."""
    reader, at = _Reader(), 0
    while at < len(data):
        token = _TOKEN.match(data, at)
        if token is None:
            break
        at = token.end()
        word, number, byte, symbol, brace, text = token.groups()
        if word is not None:
            at += _word(reader, word.decode("ascii"), int(number) if number else None)
        elif byte is not None:
            reader.add(bytes.fromhex(byte.decode("ascii")))
        elif symbol is not None:
            _symbol(reader, symbol)
        elif brace is not None:
            _group(reader, opens=brace == b"{")
        elif text is not None:
            reader.add(text, plain=True)
    reader.flush()
    joined = "".join(reader.found).encode("utf-16-le", "surrogatepass")
    lines = joined.decode("utf-16-le", "replace").replace("\0", "").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def _group(reader: _Reader, *, opens: bool) -> None:
    reader.flush()
    reader.skip = 0
    if opens:
        reader.above.append(reader.state)
    elif reader.above:
        reader.change(reader.above.pop())


def _symbol(reader: _Reader, symbol: bytes) -> None:
    if symbol in b"\\{}":
        reader.add(symbol)
    elif symbol == b"*":  # what follows is for those who know it
        reader.change(replace(reader.state, silent=True))
    elif symbol in _SYMBOLS:
        reader.put(_SYMBOLS[symbol])


def _word(reader: _Reader, word: str, number: int | None) -> int:
    """Do what a control word says; return how many bytes behind it are no RTF."""
    if word == "bin":
        return max(number or 0, 0)
    state = reader.state
    if reader.skip and word != "u":
        reader.skip -= 1
    elif word in _NO_WORDS:
        reader.change(replace(state, silent=True))
    elif word == "fonttbl":
        reader.change(replace(state, silent=True, fonts=True))
    elif word == "u" and number is not None:
        reader.put(chr(number & 0xFFFF))
        reader.skip = state.fallback
    elif word == "uc":
        reader.change(replace(state, fallback=max(number or 0, 0)))
    elif word == "ansicpg":
        reader.flush()
        reader.page = _PAGES.get(number or 0, _WESTERN)
    elif word in ("f", "plain"):
        reader.change(replace(state, font=number if word == "f" else None))
    elif word == "fcharset" and state.fonts and state.font is not None:
        if (codec := _CHARSETS.get(number or 0)) is not None:
            reader.of_fonts[state.font] = codec
    elif word in _WORDS:
        reader.put(_WORDS[word])
    return 0


def _decoded(raw: bytes, codecs: list[str]) -> str:
    """Return bytes as text, by the first code page of which they are."""
    for codec in codecs:
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode(codecs[0], "replace")
