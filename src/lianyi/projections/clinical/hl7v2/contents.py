"""What is no structure but a page, an image or a file: a document and its bytes. Pure.

Nothing disappears: an encapsulated PDF, RTF, image, CDA or plain text becomes a Binary, and a
DocumentReference leads to it.

Sources:
    HL7 v2.8.2 chapter 2A: ED, RP; tables 0191, 0291, 0299; chapter 9: TXA; HL7 FHIR R4: Binary,
    DocumentReference, Attachment.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from typing import Any, Final, NamedTuple

from lianyi.projections.clinical.hl7v2 import codes
from lianyi.projections.clinical.hl7v2.datatypes import Element
from lianyi.projections.clinical.hl7v2.reading import Reading
from lianyi.projections.clinical.hl7v2.segments import Parts
from lianyi.projections.clinical.ids import clinical_id

TEXT: Final = "text/plain; charset=utf-8"
_GENERIC: Final = frozenset(("", "application/octet-stream", TEXT, "text/plain"))
_MAGIC: Final = (
    (b"%PDF", "application/pdf"),
    (b"{\\rtf", "text/rtf"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF8", "image/gif"),
    (b"<?xml", "application/xml"),
    (b"<ClinicalDocument", "application/xml"),
    (b"<html", "text/html"),
    (b"<!DOCTYPE html", "text/html"),
)
_MEDIA: Final = re.compile(r"[a-z]+/[a-z0-9.+-]+")
_BLANKS: Final = re.compile(r"\s+")


class Content(NamedTuple):
    """The bytes of a document, or where they lie.

    Attributes:
        type: media type.
        data: base64; empty where there is only an address.
        url: address; empty where there are bytes.
    """

    type: str
    data: str
    url: str


def looks_like_file(text: str) -> bool:
    """Tell whether the text of an observation is a file: RTF, XML, HTML."""
    start = text[:40].lstrip()
    return start.startswith(("{\\rtf", "<?xml", "<ClinicalDocument", "<html", "<!DOCTYPE html"))


def text_content(text: str) -> Content:
    """Return a text as content; RTF, XML or HTML is known by how it begins."""
    data = text.encode()
    return Content(_sniffed(data, TEXT), b64encode(data).decode(), "")


def encapsulated(parts: Parts, at: Reading, where: str) -> Content | None:
    """Return the content of an ED; None where it holds none.

    Bytes that are not encoded as is said are kept as they stand.
    """
    text = parts.text(5)
    if not text:
        return None
    declared = _media_type(parts.text(2), parts.text(3))
    encoding = parts.text(4).upper()
    data = None
    if encoding in ("HEX", "BASE64", ""):
        data = _decoded(text, encoding)
        if data is None and encoding:
            at.odd(where, f"no {encoding.lower()}")
    if data is None:
        data = text.encode()
    return Content(_sniffed(data, declared), b64encode(data).decode(), "")


def referred(parts: Parts) -> Content | None:
    """Return the content that an RP leads to; None where it leads nowhere."""
    pointer = parts.text(1)
    if not pointer:
        return None
    application = parts.text(2, 1)
    url = pointer if ":" in pointer else f"urn:lianyi:pointer:{application}:{pointer}"
    return Content(_media_type(parts.text(3), parts.text(4)), "", _BLANKS.sub("%20", url))


def _decoded(text: str, encoding: str) -> bytes | None:
    compact = _BLANKS.sub("", text)
    try:
        if encoding == "HEX":
            return bytes.fromhex(compact)
        if not encoding and len(compact) < 64:
            return None
        return b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (ValueError, NoBase64):
        return None


def _media_type(type_: str, subtype: str) -> str:
    """Return the media type of tables 0191 and 0291, which senders fill as they like."""
    for said in (subtype, type_):
        if known := codes.target_of("media-type", said):
            return known.code
        if _MEDIA.fullmatch(said.lower()):
            return said.lower()
    whole = f"{type_}/{subtype}".lower()
    return whole if _MEDIA.fullmatch(whole) else "application/octet-stream"


def _sniffed(data: bytes, declared: str) -> str:
    if declared not in _GENERIC:
        return declared
    start = data[:64].lstrip()
    return next((type_ for magic, type_ in _MAGIC if start.startswith(magic)), declared)


def attached(content: Content, at: Reading, *key: str, title: str = "") -> Element:
    """State the bytes and return an Attachment that leads to them.

    Args:
        content: see there.
        at: the message.
        key: of the document, and which of its contents it is.
        title: shown to people; may be empty.
    """
    attachment: Element = {"contentType": content.type}
    if content.url:
        attachment["url"] = content.url
    else:
        id_ = clinical_id("Binary", *key)
        binary: dict[str, Any] = {"contentType": content.type, "securityContext": at.patient}
        at.state("Binary", id_, {**binary, "data": content.data}, whole=True)
        attachment["url"] = f"Binary/{id_}"
    if title:
        attachment["title"] = title
    return attachment
