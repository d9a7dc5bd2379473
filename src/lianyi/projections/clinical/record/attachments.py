"""Files of a record: where their bytes lie, how they may be shown, what words stand in them. Pure.

What a browser would run is never handed out as what it is: only kinds that are pictures, pages or
plain text are shown in place, everything else is a file to be kept. A clinical document (CDA) is
shown as the page that ``formats.cda`` makes of it, which runs nothing; of RTF the words are shown.

Source:
    HL7 FHIR R4, 2.24.0.8 Attachment, 3.1.0 Binary.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as BrokenBase64
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.formats import cda, rtf
from lianyi.formats.cda import page
from lianyi.projections.clinical.record.items import Item, raw_attachments
from lianyi.projections.clinical.record.sections import Resource, each

_SHOWN: Final = frozenset(
    {"application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"}
)
_PDF: Final = "application/pdf"
_AS_TEXT: Final = ("text/", "application/xml", "application/json", "application/hl7")
_PLAIN: Final = "text/plain; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"
_KEPT: Final = "application/octet-stream"


_DEPTH_MAX: Final = 30


class File(NamedTuple):
    """A file as it is handed out.

    Attributes:
        content_type: what the browser is told it is.
        said_type: what its sender says it is.
        data: its bytes.
        inline: whether it is shown in place.
        policy: Content-Security-Policy of what is more than a file to look at; empty: the usual.
        words: everything that its sender writes in it, also what is not shown; empty: no text.
    """

    content_type: str
    said_type: str
    data: bytes
    inline: bool
    policy: str = ""
    words: str = ""


def held_in(resource: Resource, index: int) -> File | str | None:
    """Return a file of a resource.

    Args:
        resource: with its attachments.
        index: from 0.

    Returns:
        The file; the id of the Binary in which it lies; or None: there is none, or it lies in
        another house.
    """
    every = raw_attachments(resource)
    if not 0 <= index < len(every):
        return None
    one = every[index]
    data = _decoded(one.get("data"))
    if data is not None:
        return handed_out(str(one.get("contentType") or ""), data)
    type_, _, id_ = str(one.get("url") or "").partition("/")
    return id_ if type_ == "Binary" and id_ else None


def of_binary(resource: Resource) -> File | None:
    """Return the file that a Binary is."""
    data = _decoded(resource.get("data"))
    return None if data is None else handed_out(str(resource.get("contentType") or ""), data)


def handed_out(said_type: str, data: bytes) -> File:
    """Return how a file may be handed out to a browser."""
    kind = said_type.partition(";")[0].strip().lower()
    if kind in _SHOWN:
        return File(kind, said_type, data, inline=True)
    if rtf.looks_like_rtf(data):
        plain = rtf.as_text(data)
        words = f"{data.decode('ascii', 'replace')}\n{plain}"
        return File(_PLAIN, said_type, plain.encode(), inline=True, words=words)
    if kind.startswith(_AS_TEXT) or kind.endswith("+xml"):
        shown, text = _as_page(data), _text_of(data)
        if shown:
            words = f"{text or ''}\n{shown}"
            return File(_HTML, said_type, shown.encode(), True, page.POLICY, words)
        if text is not None:
            return File(_PLAIN, said_type, text.encode(), inline=True, words=text)
    return File(_KEPT, said_type, data, inline=False)


def pdfs_in(resource: Resource) -> list[int]:
    """Return which files of a resource are PDFs, by their place among its files."""
    return [
        index
        for index, one in enumerate(raw_attachments(resource))
        if str(one.get("contentType") or "").partition(";")[0].strip().lower() == _PDF
    ]


def _as_page(data: bytes) -> str:
    """Return a clinical document as a page; empty: it is none that can be read."""
    if not cda.looks_like_cda(data):
        return ""
    try:
        return page.as_page(cda.read(data))
    except LianyiError:
        return ""


def has_words(
    item: Item, resources: Iterable[Resource], words: tuple[str, ...], *, also: str = ""
) -> bool:
    """Tell whether every word stands in a line or in the text of its files.

    Args:
        item: the line.
        resources: behind it; empty where it may not be seen.
        words: in lower case.
        also: what else its files say, in lower case.
    """
    said = "\n".join(_said(item, resources)).casefold()
    return all(word in said or word in also for word in words)


def _said(item: Item, resources: Iterable[Resource]) -> Iterator[str]:
    yield from (item.title, item.value.text, item.detail, item.by, item.status)
    for code in item.codes:
        yield from (code.code, code.display)
    for part in item.parts:
        yield from (part.title, part.value.text)
    for resource in resources:
        for one in raw_attachments(resource):
            yield str(one.get("title") or "")
            data = _decoded(one.get("data"))
            if data is not None and rtf.looks_like_rtf(data):
                yield rtf.as_text(data)
            elif data is not None and str(one.get("contentType") or "").startswith(_AS_TEXT):
                shown = _as_page(data)
                yield page.words_of(shown) if shown else _text_of(data) or ""
        yield from _narrated(resource, _DEPTH_MAX)


def _narrated(resource: Resource, depth: int) -> Iterator[str]:
    """Give the words of a narrative, and of those of the sections of a document."""
    narrative = resource.get("text")
    if isinstance(narrative, dict):
        yield page.words_of(str(narrative.get("div") or ""))
    for section in each(resource.get("section")) if depth else ():
        yield str(section.get("title") or "")
        yield from _narrated(section, depth - 1)


def _decoded(data: object) -> bytes | None:
    if not isinstance(data, str) or not data:
        return None
    try:
        return b64decode("".join(data.split()), validate=True)
    except (BrokenBase64, ValueError):
        return None


def _text_of(data: bytes) -> str | None:
    for codec in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None
