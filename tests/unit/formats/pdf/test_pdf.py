"""The words of PDFs."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.formats.pdf.pages import pdf_of

from lianyi.formats.pdf import UnreadablePdf, words_of


def test_words_are_read_in_any_script() -> None:
    assert "胆囊多发结石 cholecystolithiasis" in words_of(
        pdf_of("胆囊多发结石 cholecystolithiasis"), pages_max=5, characters_max=1000
    )


def test_no_more_is_read_than_is_wanted() -> None:
    assert words_of(pdf_of("abcdef"), pages_max=5, characters_max=3) == "abc"
    assert words_of(pdf_of("abcdef"), pages_max=0, characters_max=3) == ""


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 1200), byte=st.integers(0, 255), cut=st.integers(0, 1200))
def test_a_damaged_file_has_words_or_is_unreadable(at: int, byte: int, cut: int) -> None:
    data = bytearray(pdf_of("胆囊"))
    data[at % len(data)] = byte
    with contextlib.suppress(UnreadablePdf):
        words_of(bytes(data[: cut or None]), pages_max=5, characters_max=1000)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"\x00" * 100, b"<html>"])
def test_what_is_no_pdf_is_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadablePdf):
        words_of(data, pages_max=5, characters_max=1000)
