"""Files that stand in resources: their words, as ``_content`` searches them. Pure.

A file lies in an attachment or is a Binary. Its words are read where it is text, markup (clinical
documents among it) or RTF; pictures and PDF have none here: PDFs are read for whoever searches in a
record.

Source:
    HL7 FHIR R4, 2.24.0.8 Attachment, Binary.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as BrokenBase64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lianyi.formats import rtf
from lianyi.formats.cda import page

BASE64_MAX: Final = 400_000
"""So much of a file is read: more than is searched of a resource, markup included."""
_PLACES: Final[Mapping[str, str]] = {
    "DocumentReference": "content",
    "DiagnosticReport": "presentedForm",
    "Media": "content",
}
"""Where resources have their attachments that may lie in a Binary of their own."""
FILED: Final = frozenset(_PLACES)
_DEPTH_MAX: Final = 30
_ABSENT: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def words_of_files(resource: Mapping[str, Any]) -> Iterator[str]:
    """Give the words of each file that stands in a resource."""
    yield from _words_in(resource, _DEPTH_MAX)


def _words_in(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _words_in(one, depth)
    elif isinstance(value, dict) and depth:
        data = value.get("data")
        if isinstance(data, str) and isinstance(kind := value.get("contentType"), str):
            yield _words_of(kind.partition(";")[0].strip().lower(), data)
        for one in value.values():
            if isinstance(one, dict | list):
                yield from _words_in(one, depth - 1)


def _words_of(kind: str, data: str) -> str:
    is_markup = kind.endswith(("xml", "html"))
    if not (
        is_markup or kind.startswith("text/") or kind in ("application/rtf", "application/hl7")
    ):
        return ""
    try:
        file = b64decode("".join(data.split())[:BASE64_MAX])
    except (BrokenBase64, ValueError):
        return ""
    if rtf.looks_like_rtf(file):
        return rtf.as_text(file)
    return page.words_of(_decoded(file)) if is_markup else _decoded(file)


def _decoded(file: bytes) -> str:
    """Return a file as text; one that was cut may end within a character."""
    try:
        return file.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(file) - 3:
            return file[: error.start].decode("utf-8-sig")
        return file.decode("gb18030", "replace")


def without_files(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a resource without the bytes of its files: nobody can say what stands in them."""
    if isinstance(value, list):
        return [without_files(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: without_files(one) for name, one in value.items()}
    if "contentType" in kept and "data" in kept:
        del kept["data"]
        kept["_data"] = {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}
    return kept


def binaries_of(resource: Mapping[str, Any]) -> Iterator[str]:
    """Give the id of each Binary in which a file of a resource lies."""
    held = resource.get(_PLACES.get(str(resource.get("resourceType")), ""))
    for one in held if isinstance(held, list) else [held]:
        attachment = one.get("attachment", one) if isinstance(one, dict) else None
        url = attachment.get("url") if isinstance(attachment, dict) else None
        type_, _, id_ = str(url or "").partition("/")
        if type_ == "Binary" and id_:
            yield id_
