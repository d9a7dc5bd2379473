"""Words of PDFs, read in a process that may be killed."""

from __future__ import annotations

import zlib

import pytest
from tests.unit.formats.pdf.pages import pdf_of

from lianyi.projections.clinical.record import pdf_words
from lianyi.projections.clinical.record.pdf_words import PdfWords


async def test_words_are_read_apart_once_and_in_lower_case() -> None:
    pdfs = PdfWords()
    assert "胆囊结石 mri" in str(await pdfs.of(pdf_of("胆囊结石 MRI")))
    pdfs._room = None  # type: ignore[assignment]  # whoever reads again needs room
    assert "胆囊结石 mri" in str(await pdfs.of(pdf_of("胆囊结石 MRI")))


async def test_a_file_that_swells_stops_nothing() -> None:
    packer = zlib.compressobj(9)
    swelling = b"".join([*(packer.compress(b"0" * 1_000_000) for _ in range(120)), packer.flush()])
    assert len(swelling) < 200_000
    assert await PdfWords().of(pdf_of("x", content=swelling)) is None


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_words, "SECONDS_MAX", 0.0)
    assert await PdfWords().of(pdf_of("x")) is None


async def test_what_is_remembered_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_words, "REMEMBERED_BYTES", 4)
    pdfs = PdfWords()
    assert await pdfs.of(pdf_of("abc")) is not None
    assert await pdfs.of(pdf_of("def")) is not None
    assert len(pdfs._known) == 1
