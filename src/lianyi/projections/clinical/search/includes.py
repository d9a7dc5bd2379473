"""What comes along with what is found: ``_include`` and ``_revinclude``.

Source:
    HL7 FHIR R4, 3.1.1.5.4: ``:iterate`` goes on from what came along.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from lianyi.formats.fhir.definitions import Definitions
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search import search_store
from lianyi.projections.clinical.search.query import ANY, Include, Query

ALONG_MAX: Final = 1000
"""So many come along with a page."""
ROUNDS_MAX: Final = 8


class Along(NamedTuple):
    """What comes along.

    Attributes:
        rows: of it, in the order in which it was found.
        cut: whether there is more than is given.
    """

    rows: list[Kept]
    cut: bool


class _References:
    """Knows the references of types."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def of(self, type_: str, code: str) -> list[int]:
        """Return the numbers of a reference of a type, or of all of its references."""
        return [parameter_number(type_, one) for one in self._codes(type_, code, ())]

    def to(self, include: Include, types: Collection[str]) -> list[int]:
        """Return the numbers of references that may lead to some types."""
        sources = self._definitions.resource_types if include.source == ANY else [include.source]
        return [
            parameter_number(source, code)
            for source in sorted(sources)
            for code in self._codes(source, include.parameter, types)
        ]

    def _codes(self, type_: str, code: str, targets: Collection[str]) -> Iterable[str]:
        if code != ANY:
            return [code]
        found = self._definitions.search_parameters(type_).values()
        return [
            one.code
            for one in found
            if one.type == "reference" and (not targets or set(targets) & set(one.targets))
        ]


async def along(
    connection: Connection,
    schema: str,
    query: Query,
    found: Sequence[Kept],
    *,
    definitions: Definitions,
) -> Along:
    """Return what comes along with a page.

    Args:
        connection: to the database.
        schema: of the version.
        query: says what is wanted.
        found: what is on the page.
        definitions: of FHIR.
    """
    references = _References(definitions)
    known = {row.rid for row in found}
    rows: list[Kept] = []
    edge: Sequence[Kept] = found
    wanted = [(one, False) for one in query.includes] + [(one, True) for one in query.revincludes]
    for round_ in range(ROUNDS_MAX):
        by_type = _by_type(edge)
        new: dict[int, None] = {}
        for include, back in wanted:
            if round_ and not include.iterate:
                continue
            limit = ALONG_MAX - len(rows) + len(known) + 1
            step = _back if back else _forth
            new |= dict.fromkeys(
                await step(connection, schema, include, by_type, references, limit=limit)
            )
        fresh = [rid for rid in new if rid not in known]
        cut = len(rows) + len(fresh) > ALONG_MAX
        edge = await read_store.list_kept(connection, schema, fresh[: ALONG_MAX - len(rows)])
        rows += edge
        known |= {row.rid for row in edge}
        if cut or not edge:
            return Along(rows, cut)
    return Along(rows, True)


def _by_type(rows: Iterable[Kept]) -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        found[row.type].append(row.rid)
    return found


async def _forth(
    connection: Connection,
    schema: str,
    include: Include,
    by_type: Mapping[str, list[int]],
    references: _References,
    *,
    limit: int,
) -> list[int]:
    """Return what references of what was found lead to."""
    found: list[int] = []
    for type_, rids in by_type.items():
        if include.source in (ANY, type_):
            found += await search_store.led_to(
                connection,
                schema,
                rids,
                references.of(type_, include.parameter),
                types=[include.target] if include.target else [],
                limit=limit,
            )
    return found


async def _back(
    connection: Connection,
    schema: str,
    include: Include,
    by_type: Mapping[str, list[int]],
    references: _References,
    *,
    limit: int,
) -> list[int]:
    """Return that of which references lead to what was found."""
    rids = [rid for type_, of in by_type.items() if include.target in ("", type_) for rid in of]
    ps = references.to(include, list(by_type))
    if not rids or not ps:
        return []
    return await search_store.leading_to(connection, schema, rids, ps, limit=limit)
