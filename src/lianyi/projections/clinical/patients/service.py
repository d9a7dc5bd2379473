"""Searching patients: each person once, whoever knows of her; each use case is one method.

What PDQm asks, the patient index holds against a person; whatever else R4 can ask is held against
the Patients that the repository keeps, and leads from them to their persons. Whom the index does
not know, because only results told of her, is found by what the repository keeps alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import Definitions
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import read_store, table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.parameters.knowing import known_in
from lianyi.projections.clinical.patients import asked as asking
from lianyi.projections.clinical.patients import patient_store
from lianyi.projections.clinical.patients.asked import PATIENT
from lianyi.projections.clinical.patients.patient_store import Known, Schemas
from lianyi.projections.clinical.permitted import READ, permitted
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search import bundles, finding, paging, scoping, search_store
from lianyi.projections.clinical.search.bundles import Entry
from lianyi.projections.clinical.search.conditions import Among, Node, every, some
from lianyi.projections.clinical.search.known import Knowing
from lianyi.projections.clinical.search.query import Pair, Query, QueryReader
from lianyi.projections.clinical.search.service import Eyes, Place
from lianyi.projections.clinical.search.trimming import trimmed
from lianyi.projections.identity import read_store as index
from lianyi.projections.identity.fhir import patients as pdqm
from lianyi.projections.identity.fhir import resources
from lianyi.projections.identity.fhir.patients import FhirPatients, read_search
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.presenting import SeenRecord
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import current
from lianyi.security.privacy.service import Privacy

PEOPLE_MAX: Final = 100_000
"""So many Patients are gathered to their persons for one answer."""
STRANGERS_MAX: Final = 2_000
"""So many Patients are looked at for those whom the index does not know."""
_PLACE: Final = Place("Patient", PATIENT)

Resource = Mapping[str, Any]


class _Strangers(NamedTuple):
    """Patients whom the index does not know, and whether there may be more."""

    rows: Sequence[Kept]
    cut: bool


class PatientSearch(Knowing):
    """Finds patients."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        zone: ZoneInfo,
        *,
        privacy: Privacy,
        patients: FhirPatients,
        identity: IdentityService,
    ) -> None:
        """Search the versions in force; see :class:`SearchService`.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            zone: of dates that say none.
            privacy: decides how patients are seen.
            patients: the index in FHIR.
            identity: the index.
        """
        super().__init__(pool, clock, zone, privacy=privacy, base=patients.base)
        self._patients = patients
        self._identity = identity

    async def find_patients(self, pairs: Sequence[Pair], *, strict: bool) -> bytes:
        """Return a page of patients as a Bundle, each person once.

        Args:
            pairs: names and values, as sent.
            strict: whether a name that no parameter has is refused.

        Raises:
            UnreadableFhir, UnreadableSearch, UnknownParameter, NotOffered: it cannot be read.
            TooCostly: it finds more than is gathered for one answer.
            OutsideOfReach: it asks what is clinical of somebody who may not see that.
            OutsideOfScopes: an app names what it may not read.
        """
        asked = asking.read(pairs, QueryReader(self._definitions), strict=strict)
        if not asked.rest:
            return await self._by_index(asked, pairs)
        with permitted(READ, where="Patient"):
            return await self._by_repository(asked, strict=strict)

    async def read_person(self, id_: str) -> bytes | None:
        """Return a person or record of the index under its number; None: there is none."""
        try:
            return json_text.write(await self._patients.read(id_))
        except (NoSuchPerson, ProjectionNotReady):
            return None

    # --- what the index is asked ----------------------------------------------------------------

    async def _by_index(self, asked: asking.Asked, pairs: Sequence[Pair]) -> bytes:
        search = read_search([*asked.of_index, *asked.pages])
        async with self._identity.reading() as (connection, identity):
            meant = await self._patients.meant(connection, identity, search.terms)
            people = await self._allowed_people(connection, identity, meant.people)
            schemas = await self._schemas(connection, identity)
            strangers = await self._strangers(connection, schemas, asked)
            begin = (search.page - 1) * search.size
            chosen: Sequence[tuple[int, Sequence[SeenRecord]]] = people[begin : begin + search.size]
            links = await self._links(connection, schemas, [person for person, _ in chosen])
            domains = await self._patients.domains(connection, identity, search.domains)
            page: list[dict[str, Any]] = [
                _linked(pdqm.written(person, records, domains), links.get(person, ()))
                for person, records in chosen
            ]
            rest = max(begin - len(people), 0)
            room = search.size - len(page)
            rows = strangers.rows[rest : rest + room] if room else ()
            bodies = (
                await self.presenter.show(connection, schemas.clinical, rows)
                if schemas and rows
                else []
            )
        page += [json_text.read(body) for body in bodies if body is not None]
        total = len(people) + len(strangers.rows)
        cut = meant.cut or strangers.cut
        return json_text.write(
            self._patients.answer(page, search, query=pairs, total=total, cut=cut)
        )

    async def _allowed_people(
        self,
        connection: Connection,
        schema: str,
        people: Sequence[tuple[int, Sequence[SeenRecord]]],
    ) -> Sequence[tuple[int, Sequence[SeenRecord]]]:
        """Leave out whom an app may not see that has no more than its patient."""
        granted = current().actor.granted
        if granted is None or not scoping.narrowed(granted, PATIENT, {}):
            return people
        value, _, authority = granted.patient.rpartition("^")
        own = await index.person_of(connection, schema, record_id(authority, value))
        return [one for one in people if one[0] == own]

    async def _strangers(
        self, connection: Connection, schemas: Schemas | None, asked: asking.Asked
    ) -> _Strangers:
        """Return the Patients that are meant and whom the index does not know.

        Named by its id, one that a source wrote under an id of its own is given as it is.
        """
        if schemas is None or not asked.of_both or asked.of_both != asked.of_index:
            return _Strangers((), False)
        schema = schemas.clinical
        query = self._readable(_PLACE, asked.of_both, strict=False)
        within = await self._within(connection, schema, _PLACE, query)
        compiler = await self._compiler(connection, schema, query.criteria)
        node = every(compiler.search(PATIENT, query.criteria), *within)
        search = await search_store.driven(connection, schema, node)
        rids = await search_store.matching(connection, schema, search, limit=STRANGERS_MAX + 1)
        known = await patient_store.known(connection, schemas, rids)
        rows = await read_store.list_kept(
            connection,
            schema,
            [
                rid
                for rid in rids[:STRANGERS_MAX]
                if rid not in known or (known[rid].id in asked.ids and not _is_number(known[rid]))
            ],
        )
        if not self._hides_nothing():
            eyes = Eyes(connection, schema, self.presenter, await self._guard(connection, query))
            rows = await eyes.known(rows)
        return _Strangers(rows, len(rids) > STRANGERS_MAX)

    # --- what only the repository can say -------------------------------------------------------

    async def _by_repository(self, asked: asking.Asked, *, strict: bool) -> bytes:
        pairs = [*asked.of_both, *asked.rest, *asked.pages]
        async with self._identity.reading() as (connection, identity):
            schemas = await self._schemas(connection, identity)
            if schemas is None:
                query = self._readable(_PLACE, pairs, strict=strict)
                return self._bundle([], query, asked, finding.Page([], 0, ""), cut=False)
            words = await known_in(connection, schemas.clinical, self._definitions)
            query = self._readable(_PLACE, pairs, words, strict=strict)
            node, guessed = await self._node(connection, schemas, asked, query, words)
            rids = await self.known_rids(connection, schemas.clinical, query, node, most=PEOPLE_MAX)
            if query.page:
                mark = paging.read(query.page, search=paging.digest(query.types, query.said))
                there = await search_store.there_at(connection, schemas.clinical, rids, mark.bound)
                rids = [rid for rid in rids if rid in there]
            known = await patient_store.known(connection, schemas, rids)
            first: dict[int, int] = {}
            for rid in rids:
                whose = rid if _is_itself(known.get(rid), asked.ids) else known[rid].person
                first.setdefault(whose, rid)
            page = await finding.find_page(
                connection,
                schemas.clinical,
                query._replace(criteria=()),
                compiler=await self._compiler(connection, schemas.clinical),
                within=[Among(tuple(first.values()))],
            )
            rows = await read_store.list_kept(connection, schemas.clinical, page.rids)
            entries = await self._patient_entries(
                connection, schemas, rows, known, query, asked=asked.ids
            )
            more, cut = await self._come_along(connection, schemas, rows, known, query, words)
        return self._bundle([*entries, *more], query, asked, page, cut=cut, guessed=guessed)

    async def _node(
        self,
        connection: Connection,
        schemas: Schemas,
        asked: asking.Asked,
        query: Query,
        words: Definitions,
    ) -> tuple[Node, bool]:
        """Return what must hold of a Patient, and whether the index looked at some persons only."""
        reader = QueryReader(words)
        compiler = await self._compiler(connection, schemas.clinical, query.criteria, words)
        within = await self._within(connection, schemas.clinical, _PLACE, query)
        rest = reader.read(PATIENT, asked.rest)
        nodes = [compiler.search(PATIENT, rest.criteria), *within]
        if not asked.of_index:
            return every(*nodes), False
        terms = read_search(asked.of_index).terms
        meant = await self._patients.meant(connection, schemas.identity, terms)
        persons = [person for person, _ in meant.people]
        held = await patient_store.of_persons(connection, schemas, persons)
        by_index: list[Node] = [Among(tuple(one.rid for one in held))]
        if asked.of_both == asked.of_index:
            both = reader.read(PATIENT, asked.of_both)
            by_index.append(compiler.search(PATIENT, both.criteria))
        return every(*nodes, some(*by_index)), meant.cut

    async def _patient_entries(
        self,
        connection: Connection,
        schemas: Schemas,
        rows: Sequence[Kept],
        known: Mapping[int, Known],
        query: Query,
        *,
        asked: frozenset[str],
    ) -> list[Entry]:
        """Return what is on a page: persons, and as they are kept those who are none."""
        asis = [
            row
            for row in rows
            if _is_itself(whose := known.get(row.rid), asked) and not (whose and _is_number(whose))
        ]
        kept = {
            (one.type, one.id): one
            for one in await self._entries(connection, schemas.clinical, asis, query, mode="match")
        }
        persons = [known[row.rid].person for row in rows if row.rid in known]
        people = await self._identity.people(connection, schemas.identity, persons)
        links = await self._links(connection, schemas, persons)
        found = []
        for row in rows:
            if one := kept.get((row.type, row.id)):
                found.append(one)
            elif row.rid in known and (records := people.of.get(known[row.rid].person)):
                whose = known[row.rid]
                made: dict[str, Any] | None
                if whose.id in asked and whose.record != whose.person:
                    made = next(
                        (
                            resources.record_resource(each)
                            for each in records
                            if each.row.record == whose.record
                        ),
                        None,
                    )
                else:
                    made = _linked(
                        resources.person_resource(whose.person, records),
                        links.get(whose.person, ()),
                    )
                if made is not None:
                    body = trimmed(
                        json_text.write(made),
                        self._definitions,
                        summary=query.summary,
                        elements=query.elements,
                    )
                    found.append(Entry("Patient", str(made["id"]), body, "match"))
        return found

    async def _come_along(
        self,
        connection: Connection,
        schemas: Schemas,
        rows: Sequence[Kept],
        known: Mapping[int, Known],
        query: Query,
        words: Definitions,
    ) -> tuple[list[Entry], bool]:
        """Return what comes along with all Patients of the persons on a page."""
        if not (query.includes or query.revincludes):
            return [], False
        persons = [known[row.rid].person for row in rows if row.rid in known]
        held = await patient_store.of_persons(connection, schemas, persons)
        rids = dict.fromkeys([*(row.rid for row in rows), *(one.rid for one in held)])
        every_row = await read_store.list_kept(connection, schemas.clinical, list(rids))
        return await self._along(connection, schemas.clinical, query, every_row, words)

    async def _links(
        self, connection: Connection, schemas: Schemas | None, persons: Sequence[int]
    ) -> dict[int, list[str]]:
        """Return under which ids of their own sources wrote the Patients of persons."""
        found: dict[int, list[str]] = {}
        if schemas is None or not persons:
            return found
        for one in await patient_store.of_persons(connection, schemas, persons):
            if not _is_number(one):
                found.setdefault(one.person, []).append(one.id)
        return found

    async def _schemas(self, connection: Connection, identity: str) -> Schemas | None:
        """Return the versions in force; None: the repository has learned nothing yet."""
        live = await projection_store.hold_live(connection, NAME)
        if live is None or live.shape != table_store.SHAPE:
            return None
        return Schemas(identity, live.schema)

    def _bundle(
        self,
        entries: Sequence[Entry],
        query: Query,
        asked: asking.Asked,
        page: finding.Page,
        *,
        cut: bool,
        guessed: bool = False,
    ) -> bytes:
        warnings = bundles.passed_over(asked.ignored)
        warnings += [bundles.CUT] if cut else []
        warnings += [_GUESSED] if guessed else []
        return bundles.bundle(
            entries,
            base=self.base,
            path="Patient",
            said=query.said,
            page=query.page,
            following=page.next,
            total=page.total,
            warnings=warnings,
        )


_GUESSED: Final = bundles.Warned(
    f"可能符合的人员超过 {pdqm.CANDIDATES_MAX} 名，未按拼音和曾用名逐一核对；请补充条件",
    f"more than {pdqm.CANDIDATES_MAX} persons may be meant, not all of whom were looked at by sound"
    " and former names; say more",
)


def _is_number(one: Known) -> bool:
    """Tell whether a stored Patient has the number of its record for an id."""
    return one.id == shown(one.record)


def _is_itself(one: Known | None, asked: frozenset[str]) -> bool:
    """Tell whether a stored Patient is answered for itself, not for her person.

    Args:
        one: what the index knows of it; None: nothing.
        asked: the ids that were named.
    """
    return one is None or one.id in asked


def _linked(patient: dict[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """Return a person with links to the Patients that her sources wrote under ids of their own."""
    links = [{"other": {"reference": f"Patient/{one}"}, "type": "seealso"} for one in ids]
    return {**patient, "link": [*patient.get("link", []), *links]} if links else patient
