"""Resources inside of others, as ``_contained`` searches them. Pure.

What is contained is indexed like any resource, under a number of its own and under the parameters
of its type with a mark before it, so that no other search meets it.

Source:
    HL7 FHIR R4, 3.1.1.5.5 (``_contained``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import index
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.ids import contained_number, parameter_number
from lianyi.projections.clinical.indexed import Rows, add_values, inside

MARK: Final = "#"
"""Before the type of what is contained."""


class ContainedRow(NamedTuple):
    """A row of ``contained``."""

    rid: int
    container: int
    channel: int
    type: str
    id: str


def add_contained(
    rows: Rows, container: int, channel: int, resource: Mapping[str, Any], zone: tzinfo
) -> Iterator[ContainedRow]:
    """Add the rows by which what a resource contains is found, and give what that is.

    Args:
        rows: of the index, to which they are added.
        container: number of the resource.
        channel: whose it is.
        resource: its content.
        zone: of dates without one.
    """
    for inner in inside(resource):
        type_, id_ = inner["resourceType"], inner["id"]
        rid = contained_number(container, type_, id_)
        marked = f"{MARK}{type_}"
        add_values(rows, rid, channel, marked, index(inner, r4(), zone=zone))
        rows.hashed.append((forms.token_code(id_), rid, parameter_number(marked, "_id"), channel))
        yield ContainedRow(rid, container, channel, marked, id_)
