"""Searching resources; each use case is one method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import Definitions, r4
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.parameters.knowing import known_in
from lianyi.projections.clinical.presenting import Presenter
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.reading import Reading
from lianyi.projections.clinical.search import (
    bundles,
    finding,
    includes,
    inside,
    scoping,
    search_store,
)
from lianyi.projections.clinical.search.bundles import Entry
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.conditions import Among, Node, every
from lianyi.projections.clinical.search.finding import Page
from lianyi.projections.clinical.search.parameters import Criterion
from lianyi.projections.clinical.search.problems import not_offered
from lianyi.projections.clinical.search.query import ANY, Pair, Query, QueryReader
from lianyi.projections.clinical.search.terminology import Terminology, mentioned
from lianyi.projections.clinical.search.trimming import trimmed
from lianyi.projections.clinical.terms.loading import Terms
from lianyi.projections.identity.fhir.resources import MASKED
from lianyi.projections.identity.ids import record_id, shown
from lianyi.security.access import current, seen
from lianyi.security.privacy.service import NEVER_REFUSED, Privacy
from lianyi.security.smart.problems import OutsideOfScopes

COMPARTMENTS = ("Patient", "Encounter", "Practitioner", "RelatedPerson", "Device")
COUNTED_MAX = 1000
"""So many are looked at to say how many there are, where something is hidden of some of them."""
Guard = Literal["", "untouched", "whole"]
"""What must be seen of a resource to know that it was found: nothing more than that it is there;
that nothing of it is hidden; that nothing of its patient would be hidden anywhere."""


class Place(NamedTuple):
    """Where a search is asked.

    Attributes:
        path: below the address of the doors; empty: the whole system.
        types: that are searched; none: those that the search names, or all.
        compartment: type and id of whom it is about; None: nobody.
    """

    path: str
    types: tuple[str, ...] = ()
    compartment: tuple[str, str] | None = None


class SearchService(Reading):
    """Finds resources as whoever asks may see them."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        zone: ZoneInfo,
        *,
        privacy: Privacy,
        base: str,
        terminology: Terminology | None = None,
    ) -> None:
        """Search the version in force; see :class:`~.reading.Reading`.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            zone: of dates that say none.
            privacy: decides how patients are seen.
            base: address of the doors, without a slash at the end.
            terminology: knows codes; None: what FHIR itself defines and what is stored.
        """
        super().__init__(pool, privacy=privacy)
        self._privacy = privacy
        self._clock = clock
        self.zone = zone
        self._terminology = terminology
        self.terms = Terms(r4())
        self.base = base

    @property
    def _definitions(self) -> Definitions:
        return r4()

    async def _compiler(
        self,
        connection: Connection,
        schema: str,
        criteria: Sequence[Criterion] = (),
        known: Definitions | None = None,
    ) -> Compiler:
        """Return what compiles criteria, knowing the codes that they ask about.

        Args:
            connection: in a transaction.
            schema: of the version.
            criteria: whose codes it knows.
            known: the definitions by which they were read; None: those of FHIR.
        """
        told = mentioned(criteria)
        terminology = self._terminology or await self.terms.known(
            connection, schema, value_sets=told.value_sets, code_systems=told.code_systems
        )
        return Compiler(
            known or self._definitions,
            terminology,
            zone=self.zone,
            now=self._clock.now(),
            base=self.base,
            reads_files=current().actor.granted is None,
        )

    async def find(
        self,
        connection: Connection,
        schema: str,
        type_: str,
        query: Sequence[Pair],
        *,
        limit: int,
    ) -> list[int]:
        """Return the resources that criteria mean; see :func:`.finding.find`."""
        known = await known_in(connection, schema, self._definitions)
        reader = QueryReader(known)
        criteria = reader.read((type_,), query, strict=True).criteria
        return await finding.find(
            connection,
            schema,
            type_,
            query,
            reader=reader,
            compiler=await self._compiler(connection, schema, criteria, known),
            limit=limit,
        )

    def place(self, kind: str, compartment: tuple[str, str] | None = None) -> Place:
        """Return where a search is asked.

        Args:
            kind: type that is searched; ``*``: all; empty: the whole system.
            compartment: type and id of whom it is about.

        Raises:
            NoSuchResource: there is no such type or compartment.
        """
        definitions = self._definitions
        if compartment is not None and compartment[0] not in COMPARTMENTS:
            raise NoSuchResource(where="type")
        if kind and kind != ANY and not definitions.is_resource_type(kind):
            raise NoSuchResource(where="type")
        types = (kind,) if kind not in ("", ANY) else ()
        path = "/".join(filter(None, [*(compartment or ()), kind]))
        return Place(path, types, compartment)

    async def search(self, place: Place, pairs: Sequence[Pair], *, strict: bool) -> bytes:
        """Return a page of what is found, as a Bundle.

        Args:
            place: where it is asked.
            pairs: names and values, as sent.
            strict: whether a name that no parameter has is refused.

        Raises:
            UnreadableSearch, UnknownParameter, NotOffered, TooCostly, BrokenPageLink: see there.
            OutsideOfScopes: an app names what it may not read.
        """
        granted = current().actor.granted
        async with self.reading() as (connection, schema):
            known = await known_in(connection, schema, self._definitions)
            query = self._readable(place, pairs, known, strict=strict or granted is not None)
            if query.contained != "false":
                inside.check(query, is_app=granted is not None, compartment=place.compartment)
            compiler = await self._compiler(connection, schema, query.criteria, known)
            within = await self._within(connection, schema, place, query)
            eyes = Eyes(connection, schema, self.presenter, await self._guard(connection, query))
            page = await finding.find_page(
                connection,
                schema,
                query,
                compiler=compiler,
                within=within,
                counting=None if self._hides_nothing() else eyes.count,
            )
            return await self._answer(connection, schema, place, query, page, eyes, compiler, known)

    async def _guard(self, connection: Connection, query: Query) -> Guard:
        """Say what must be seen of a resource to know that it was found.

        Raises:
            NotOffered: the order would tell what may be hidden.
        """
        if self._shows_whole() or await self._privacy.keeps_records(on=connection):
            return ""
        for sort in query.sorts:
            if scoping.says(query.types, sort.parameter):
                raise not_offered(
                    "_sort",
                    "for your purpose an order may only be that of dates and references",
                    "按您的使用目的，仅可按日期和引用排序",
                )
        if scoping.tells_of_others(query.criteria):
            return "whole"
        return "untouched" if scoping.tells(query.criteria) else ""

    def _not_asked(self, query: Query, guard: Guard) -> list[str]:
        """Return which criteria say what the purpose may hide, whether or not it hides it here."""
        if not guard:
            return []
        hides = not self._privacy.classification.purposes[current().purpose].levels.everything
        tells = scoping.tells if hides else scoping.tells_of_others
        return list(dict.fromkeys(scoping.label(one) for one in query.criteria if tells([one])))

    def _shows_whole(self) -> bool:
        """Tell whether whatever is shown is shown whole, for the purpose of whoever asks."""
        rule = self._privacy.classification.purposes[current().purpose]
        return rule.levels.everything and not rule.needs_relation and not rule.needs_consent

    def _hides_nothing(self) -> bool:
        """Tell whether nobody can refuse to be shown, either."""
        return self._shows_whole() and current().purpose in NEVER_REFUSED

    def _readable(
        self,
        place: Place,
        pairs: Sequence[Pair],
        known: Definitions | None = None,
        *,
        strict: bool,
    ) -> Query:
        """Read a search, and refuse an app what it may not read."""
        granted = current().actor.granted
        reader = QueryReader(known or self._definitions)
        query = reader.read(place.types, pairs, strict=strict)
        if granted is None:
            return query
        if not place.types:  # the guard has judged no single type
            types = [one for one in query.types if scoping.sees(granted, one)]
            if not types:
                raise OutsideOfScopes(where="search")
            query = reader.read(types, pairs, strict=strict)
        if not all(scoping.sees(granted, one) for one in scoping.named(query.criteria)):
            raise OutsideOfScopes(where="search")
        return query

    async def _within(
        self, connection: Connection, schema: str, place: Place, query: Query
    ) -> list[Node]:
        """Return what must hold besides: of the compartment, and of an app's patient."""
        found: list[Node] = []
        if place.compartment is not None:
            of, id_ = place.compartment
            compiler = await self._compiler(connection, schema)
            found.append(compiler.compartment(of, [id_], query.types))
        asked: dict[str, list[str]] = defaultdict(list)
        for name, value in query.said:
            asked[name].append(value)
        found += await self._of_patient(connection, schema, query.types, asked)
        return found

    async def _of_patient(
        self, connection: Connection, schema: str, types: Sequence[str], asked: scoping.Asked
    ) -> list[Node]:
        """Return what must hold for an app that sees no more than its patient."""
        granted = current().actor.granted
        narrow = scoping.narrowed(granted, types, asked)
        if granted is None or not narrow:
            return []
        if not granted.patient:
            raise OutsideOfScopes(where="search")
        value, _, authority = granted.patient.rpartition("^")
        record = record_id(authority, value)
        ids = [shown(record), *await search_store.patients_of_record(connection, schema, record)]
        free = [one for one in types if one not in narrow]
        compiler = await self._compiler(connection, schema)
        return [compiler.compartment("Patient", ids, narrow, free=free)]

    # --- the answer -----------------------------------------------------------------------------

    async def _answer(
        self,
        connection: Connection,
        schema: str,
        place: Place,
        query: Query,
        page: Page,
        eyes: Eyes,
        compiler: Compiler,
        known: Definitions,
    ) -> bytes:
        rows = await eyes.known(await read_store.list_kept(connection, schema, page.rids))
        entries = await self._entries(connection, schema, rows, query, mode="match")
        if query.contained != "false" and not query.containers:
            entries = await inside.unpacked(connection, schema, query, entries, compiler)
        warnings = bundles.passed_over(query.ignored) + bundles.not_asked(
            self._not_asked(query, eyes.guard)
        )
        along, cut = await self._along(connection, schema, query, rows, known)
        return bundles.bundle(
            [*entries, *along],
            base=self.base,
            path=place.path,
            said=query.said,
            page=query.page,
            following=page.next,
            total=page.total if query.containers else None,
            warnings=[*warnings, *([bundles.CUT] if cut else [])],
        )

    async def _entries(
        self,
        connection: Connection,
        schema: str,
        rows: Sequence[Kept],
        query: Query,
        *,
        mode: str,
    ) -> list[Entry]:
        """Return resources as they may be seen, as much of them as is wanted."""
        bodies = await self.presenter.show(connection, schema, rows)
        found = []
        for row, body in zip(rows, bodies, strict=True):
            if body is not None:
                much = trimmed(
                    body, self._definitions, summary=query.summary, elements=query.elements
                )
                found.append(Entry(row.type, row.id, much, mode))
        return found

    async def _along(
        self,
        connection: Connection,
        schema: str,
        query: Query,
        rows: Sequence[Kept],
        known: Definitions,
    ) -> tuple[list[Entry], bool]:
        """Return what comes along, as far as whoever asks may read it."""
        if not (query.includes or query.revincludes) or not rows:
            return [], False
        found = await includes.along(connection, schema, query, rows, definitions=known)
        kept = await self._allowed(connection, schema, found.rows)
        whole = query._replace(elements=())
        return await self._entries(connection, schema, kept, whole, mode="include"), found.cut

    async def _allowed(
        self, connection: Connection, schema: str, rows: Sequence[Kept]
    ) -> list[Kept]:
        """Return of what comes along what an app may read."""
        granted = current().actor.granted
        if granted is None or not rows:
            return list(rows)
        types = sorted(scoping.kept_for(granted, {row.type for row in rows}))
        kept = [row for row in rows if row.type in types]
        limits = await self._of_patient(connection, schema, types, {})
        if not limits or not kept:
            return kept
        node = every(Among(tuple(row.rid for row in kept)), *limits)
        search = await search_store.driven(connection, schema, node)
        inside = set(await search_store.matching(connection, schema, search, limit=len(kept)))
        return [row for row in kept if row.rid in inside]


class Eyes:
    """What whoever asks may know to have been found.

    Attributes:
        guard: what must be seen of a resource.
    """

    def __init__(
        self, connection: Connection, schema: str, presenter: Presenter, guard: Guard
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._presenter = presenter
        self.guard = guard

    async def known(self, rows: Sequence[Kept]) -> list[Kept]:
        """Return those of some resources."""
        bodies = await self._bodies(rows, whole=self.guard == "whole")
        return [
            row
            for row, body in zip(rows, bodies, strict=True)
            if body is not None
            and (self.guard == "" or body == row.body or _said(body) == _said(row.body))
        ]

    async def count(self, rids: Sequence[int] | None) -> int | None:
        """Return how many of some resources; None: something is hidden, and they are many.

        Args:
            rids: of all that were found; None: more than are looked at, which are counted where
                their number tells nothing (0) and not where it could (None).
        """
        if rids is None:
            return None if self.guard else 0
        some = await search_store.one_of_each_patient(self._connection, self._schema, rids)
        rows = await read_store.list_kept(self._connection, self._schema, some)
        bodies = await self._bodies(rows, whole=self.guard != "")
        if all(body is not None for body in bodies):
            return len(rids)
        if len(rids) > COUNTED_MAX:
            return None
        every = await read_store.list_kept(self._connection, self._schema, rids)
        return len(await self.known(every))

    async def _bodies(self, rows: Sequence[Kept], *, whole: bool) -> list[bytes | None]:
        with seen():  # whoever is only looked at is not shown
            return await self._presenter.show(self._connection, self._schema, rows, whole=whole)


def _said(body: bytes) -> dict[str, Any]:
    """Return what a resource says, without the label that something of its kind may be hidden."""
    resource = json_text.read(body)
    meta = dict(resource.get("meta") or {})
    meta["security"] = [one for one in meta.get("security") or [] if one != MASKED]
    return {**resource, "meta": meta}
