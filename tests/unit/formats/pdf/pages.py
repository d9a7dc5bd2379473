"""PDF files written by hand, as small as they can be."""

from __future__ import annotations

import zlib


def pdf_of(text: str, *, content: bytes | None = None) -> bytes:
    """Return a PDF with one page that shows a text, in a font that tells what its signs mean.

    Args:
        text: each sign has a number of its own in the font.
        content: of the page, compressed, instead of what shows the text.
    """
    signs = sorted(set(text))
    codes = "".join(f"{signs.index(one) + 1:04x}" for one in text)
    meanings = "".join(
        f"<{n:04x}> <{one.encode('utf-16-be').hex()}>\n" for n, one in enumerate(signs, 1)
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /T def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{len(signs)} beginbfchar\n{meanings}endbfchar\nendcmap end end"
    ).encode()
    page = content or zlib.compress(f"BT /F 12 Tf 50 700 Td <{codes}> Tj ET".encode())
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type0/BaseFont/T/Encoding/Identity-H"
        b"/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/T"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        b"<</Length %d>>stream\n%b\nendstream" % (len(cmap), cmap),
    ]
    written, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(written))
        written += b"%d 0 obj%b endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(bodies) + 1, len(written),
    )  # fmt: skip
    return written + b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(bodies) + 1, table) + trailer
