"""The words of RTF, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.rtf import as_text, looks_like_rtf

FONTS = rb"{\fonttbl{\f0\froman\fcharset0 Times;}{\f1\fnil\fcharset134 \'cb\'ce\'cc\'e5;}}"


def escaped(text: str, codec: str) -> bytes:
    """Write text as a word processor does: what is not ASCII as bytes of a code page."""
    return b"".join(map(written, text.encode(codec)))


def written(byte: int) -> bytes:
    if byte > 126:
        return b"\\'%02x" % byte
    return b"\\" + bytes([byte]) if byte in b"\\{}" else bytes([byte])


def numbered(text: str, behind: bytes = b"?") -> bytes:
    """Write text as numbers of UTF-16, each with something for old readers behind."""
    units = text.encode("utf-16-le")
    pairs = [
        int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2)
    ]
    return b"".join(b"\\u%d" % one + behind for one in pairs)


LINES = st.lists(
    st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1).filter(
        lambda text: text == text.strip()
    ),
    min_size=1,
    max_size=5,
)
CHINESE = st.text(st.sampled_from("胸部CT平扫：未见异常。Ａ{}\\ ×1.5cm"), min_size=1).filter(
    lambda text: text == text.strip()
)


@given(LINES)
def test_numbers_of_utf_16_are_what_they_stand_for(lines: list[str]) -> None:
    body = b"\\par ".join(map(numbered, lines))
    assert as_text(b"{\\rtf1\\ansi " + body + b"}") == "\n".join(lines)


@given(st.lists(CHINESE, min_size=1, max_size=5), st.booleans())
def test_bytes_are_read_by_the_code_page_of_the_document_or_the_font(
    lines: list[str], by_font: bool
) -> None:
    head = FONTS + b"\\f1" if by_font else b""
    page = b"\\ansicpg1252" if by_font else b"\\ansicpg936"
    body = b"\\par\n".join(escaped(line, "gb18030") for line in lines)
    assert as_text(b"{\\rtf1\\ansi" + page + head + b" " + body + b"}") == "\n".join(lines)


@given(st.binary(max_size=300))
def test_whatever_comes_gives_a_text(data: bytes) -> None:
    text = as_text(b"{\\rtf1 " + data)
    text.encode("utf-8")


def test_what_a_word_processor_writes_is_read_as_it_is_seen() -> None:
    data = (
        b"{\\rtf1\\ansi\\ansicpg936\\deff0" + FONTS + b"{\\colortbl;\\red0\\green0\\blue0;}"
        b"{\\stylesheet{\\s0 Normal;}}{\\*\\generator Riched20 10.0;}"
        b"{\\info{\\title secret}}\\pard\\f1\\b " + escaped("检查报告", "gb18030")
        + b"\\b0\\par\r\n" + escaped("姓名", "gb18030") + b"\\tab " + escaped("试病历", "gb18030")
        + b"\\par{\\pict\\pngblip\\bin4 }}}}\\par}"
        + b"\\u32467\\'3f\\u35770? \\'a1\\'c1\\~3 {\\field"
        b"{\\*\\fldinst HYPERLINK x}{\\fldrslt 1.5\\endash 2}}}"
    )  # fmt: skip
    assert as_text(data) == "检查报告\n姓名\t试病历\n结论 × 3 1.5–2"


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_plain_bytes_that_rtf_does_not_allow_are_read_nevertheless(codec: str) -> None:
    said = "未见异常".encode(codec)
    assert as_text(b"{\\rtf1\\ansi\\ansicpg936 " + said + b"}") == "未见异常"


def test_only_what_begins_as_rtf_is_rtf() -> None:
    assert looks_like_rtf(b"\xef\xbb\xbf {\\rtf1}")
    assert not looks_like_rtf(b"<html>{\\rtf1}</html>")
