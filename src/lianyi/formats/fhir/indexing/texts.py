"""The words of a resource, for ``_text`` and ``_content``.

They are not among the values of :func:`index`: they are long, and searched by words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from lianyi.formats.fhir.fhirpath.model import Json

_TAG = re.compile(r"<[^<>]*>")


def narrative_text(resource: Mapping[str, Json]) -> str:
    """Return the narrative without its markup; empty where there is none."""
    text = resource.get("text")
    markup = text.get("div") if isinstance(text, Mapping) else None
    return _plain(markup) if isinstance(markup, str) else ""


def content_text(resource: Mapping[str, Json]) -> str:
    """Return all that a resource says in words: its narrative and every text in it."""
    rest = {key: value for key, value in resource.items() if key not in {"text", "resourceType"}}
    return " ".join(part for part in (narrative_text(resource), *_strings(rest)) if part)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if key != "data":
                yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
