"""PDF: the words of a document, as far as it holds them as text. Pure.

A PDF may be made to use up time or memory; whoever reads one that others sent does so in a process
that may be killed, see :mod:`lianyi.projections.clinical.record.pdf_words`.

Source:
    ISO 32000-2, 9 Text; read by pypdf (BSD-3-Clause).
"""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader
from pypdf.errors import PyPdfError


class UnreadablePdf(ValueError):
    """Bytes of which no words can be read: no PDF, a damaged one, or one that is locked."""


def words_of(data: bytes, *, pages_max: int, characters_max: int) -> str:
    """Return the words of a PDF, page by page; what are only pictures has none.

    Args:
        data: the file.
        pages_max: of so many pages.
        characters_max: so many of them.

    Raises:
        UnreadablePdf: nothing can be read.
    """
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of each fault of each file
    found: list[str] = []
    left = characters_max
    try:
        reader = PdfReader(io.BytesIO(data))
        for page in reader.pages[:pages_max]:
            text = page.extract_text()[:left]
            found.append(text)
            left -= len(text)
            if left <= 0:
                break
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError,
            RecursionError, OverflowError, NotImplementedError, ArithmeticError,
            AssertionError) as error:  # fmt: skip
        raise UnreadablePdf(type(error).__name__) from error
    return "\n".join(found)
