"""What a reference points at.

Source:
    FHIR R4, "Search", "reference"; "References between resources"; "Canonical URLs".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lianyi.formats.fhir.indexing.values import Reference, Token

_RESTFUL = re.compile(
    r"(?:(?P<base>.*)/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})"
    r"(?:/_history/(?P<version>[A-Za-z0-9.-]{1,64}))?"
)


def read_reference(
    parameter: str,
    text: str,
    is_type: Callable[[str], bool],
    *,
    said: str | None = None,
    identifier: Token | None = None,
) -> Reference | None:
    """Return what a literal reference points at.

    Args:
        parameter: whose value it is.
        text: ``Patient/1``, ``http://server/fhir/Patient/1/_history/2``, ``urn:uuid:...``.
        is_type: whether a word is the name of a resource type.
        said: the type that the Reference names beside it.
        identifier: that stands beside it.

    Returns:
        None for what points at the resource itself (``#``) or nowhere; what it contains is meant by
        a URL that is a fragment, ``#med``.
    """
    if not text or text == "#":
        return None
    match = _RESTFUL.fullmatch(text)
    if match is None or not is_type(match["type"]):
        return Reference(parameter, said, None, text, None, identifier)
    url = f"{match['base']}/{match['type']}/{match['id']}" if match["base"] else None
    return Reference(parameter, match["type"], match["id"], url, match["version"], identifier)


def read_canonical(parameter: str, text: str) -> Reference | None:
    """Return what a canonical or URI points at: its URL and, behind a bar, its version."""
    url, _, version = text.partition("|")
    if not url or url.startswith("#"):
        return None
    return Reference(parameter, None, None, url, version.partition("#")[0] or None)
