"""Searching what resources contain: ``_contained`` and ``_containedType``.

What is contained has no life of its own: it has no update, nothing leads to it from outside, and
its container is what whoever asks may see or not. So criteria that need that are refused.

Source:
    HL7 FHIR R4, 3.1.1.5.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lianyi.formats.fhir import json_text
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.contained import MARK
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.search import inside_store, search_store
from lianyi.projections.clinical.search.bundles import Entry
from lianyi.projections.clinical.search.compiling import Compiler, of_contained
from lianyi.projections.clinical.search.conditions import Inside, Node, some
from lianyi.projections.clinical.search.parameters import Criterion
from lianyi.projections.clinical.search.problems import not_offered
from lianyi.projections.clinical.search.query import Query
from lianyi.security.smart.problems import OutsideOfScopes


def check(query: Query, *, is_app: bool, compartment: tuple[str, str] | None) -> None:
    """Refuse what cannot be asked of what is contained.

    Raises:
        OutsideOfScopes: an app asks: what is found may be of any type.
        NotOffered: it is asked within a compartment.
    """
    if is_app:
        raise OutsideOfScopes(where="_contained")
    if compartment is not None or query.includes or query.revincludes:
        raise not_offered(
            "_contained",
            "it goes neither with a compartment nor with what comes along",
            "不能与隔室检索或 _include/_revinclude 同时使用",
        )


def meaning(compiler: Compiler, query: Query) -> Node:
    """Return what a search means, of resources and of what they contain."""
    if query.contained == "false":
        return compiler.search(query.types, query.criteria)
    contained = Inside(_inner(compiler, query))
    if query.contained == "true":
        return contained
    return some(compiler.search(query.types, query.criteria), contained)


def _inner(compiler: Compiler, query: Query) -> Node:
    types = tuple(MARK + one for one in query.types)
    return compiler.search(types, [_marked(one) for one in query.criteria])


def _marked(one: Criterion) -> Criterion:
    marked = of_contained(one)
    if marked is None:
        raise not_offered(
            "_contained",
            "a criterion cannot be asked of what is contained",
            "该条件不能用于内嵌资源",
        )
    return marked


async def unpacked(
    connection: Connection,
    schema: str,
    query: Query,
    entries: Sequence[Entry],
    compiler: Compiler,
) -> list[Entry]:
    """Return for each container what in it was found; a resource by itself stays as it is."""
    numbers = {resource_number(one.type, one.id): one for one in entries}
    node = await search_store.settled(connection, schema, _inner(compiler, query))
    found = await inside_store.inside(connection, schema, list(numbers), node)
    made: list[Entry] = []
    for rid, entry in numbers.items():
        inner = _contained(entry.body)
        named = [inner[one] for one in found.get(rid, ()) if one in inner]
        made += [entry] if not named else [
            Entry(entry.type, entry.id, json_text.write(one), entry.mode, str(one["id"]))
            for one in named
        ]  # fmt: skip
    return made


def _contained(body: bytes) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what a resource contains, by marked type and id."""
    held = json_text.read(body).get("contained")
    return {
        (MARK + str(one.get("resourceType")), str(one.get("id"))): one
        for one in (held if isinstance(held, list) else [])
        if isinstance(one, dict)
    }
