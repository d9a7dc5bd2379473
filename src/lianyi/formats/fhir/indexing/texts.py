"""The words of a resource, for ``_text`` and ``_content``.

They are not among the values of :func:`index`: they are long, and searched by words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from lianyi.formats.fhir.fhirpath.model import Json

_TAG = re.compile(r"<[^<>]*>")
_NO_WORDS = frozenset({"text", "resourceType", "data"})


def narrative_text(resource: Mapping[str, Json]) -> str:
    """Return the narrative without its markup; empty where there is none."""
    text = resource.get("text")
    markup = text.get("div") if isinstance(text, Mapping) else None
    return _plain(markup) if isinstance(markup, str) else ""


def content_text(resource: Mapping[str, Json]) -> str:
    """Return all that a resource says in words: its narrative and every text in it."""
    found = [narrative_text(resource)]
    for key, value in resource.items():
        if key not in _NO_WORDS:
            _add_strings(value, found)
    return " ".join([part for part in found if part])


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _add_strings(value: Json, found: list[str]) -> None:
    """Add every text in a value; what is no text, and what is encoded, is none."""
    if value.__class__ is str:
        found.append(value)
    elif value.__class__ is dict:
        for key, each in value.items():
            if each.__class__ is str:
                if key != "data":
                    found.append(each)
            elif key != "data":
                _add_strings(each, found)
    elif value.__class__ is list:
        for each in value:
            _add_strings(each, found)
