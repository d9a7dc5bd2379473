"""What somebody who came by a link may ask. Pure."""

from __future__ import annotations

from typing import Final

from lianyi.security.model import Confined

RECORD: Final = "/api/v1/record/{person}"
BESIDE: Final = frozenset({"get_classification", "list_roles", "end_glass", "note_print"})
"""What the page of a record asks besides: how data are classed, what roles are called, that one's
own look in an emergency ends, that it is printed. It tells nothing of anybody."""


def is_within(confined: Confined, operation: str, path: str, person: str) -> bool:
    """Tell whether a request is about the record of a link.

    Args:
        confined: what the link shows.
        operation: name of the operation; empty: there is none.
        path: its address, as the OpenAPI document writes it.
        person: whose record the address of the request names.
    """
    if path.startswith(RECORD):
        return person == confined.record
    return operation in BESIDE
