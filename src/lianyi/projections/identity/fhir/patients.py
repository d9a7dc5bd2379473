"""What is asked in FHIR; each operation is one method.

Everything is read as :class:`IdentityService` lets whoever asks see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from lianyi.base.clock import Clock
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import authority_store, read_store, telling
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.fhir import criteria, requests, resources
from lianyi.projections.identity.fhir.criteria import Known
from lianyi.projections.identity.fhir.problems import (
    UnknownSourceDomain,
    UnknownSourceIdentifier,
    UnknownTargetDomain,
)
from lianyi.projections.identity.fhir.requests import Term, Token, Wanted
from lianyi.projections.identity.fhir.resources import Matched, Resource
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import UnreadableId, read_shown, record_id, shown
from lianyi.projections.identity.presenting import SeenRecord, golden_of
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.projections.identity.searching import read_wanted
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.systems import (
    PERSON_SYSTEM,
    authority_from,
    canonical,
    kind_from,
    system_of,
)
from lianyi.security.access import current, seen, shows
from lianyi.security.scopes import covers

CANDIDATES_MAX = 500
"""So many persons are held against a search; when there are more, it must say more."""
PAGE = 20
Pairs = Sequence[tuple[str, str]]

TOO_MANY = resources.information(
    "too-costly",
    f"符合第一个条件的患者超过 {CANDIDATES_MAX} 名，仅核对了其中一部分；请补充条件",
    f"more than {CANDIDATES_MAX} persons meet the first criterion and only these were looked at;"
    " say more",
    severity="warning",
)


class Asked(NamedTuple):
    """A search.

    Attributes:
        terms: all of which must hold.
        size: so many on a page; 0: only how many there are.
        page: from 1.
        domains: systems of which identifiers are wanted; empty: all.
    """

    terms: Sequence[Term]
    size: int = PAGE
    page: int = 1
    domains: frozenset[str] = frozenset()


def read_search(pairs: Iterable[tuple[str, str]]) -> Asked:
    """Read the parameters of a search; those that nobody knows are passed over (FHIR, 3.1.1.3).

    Raises:
        UnreadableFhir: a value or modifier of a known one cannot be read.
    """
    terms = requests.terms_of(pairs)
    said = {term.name: term.values[-1] for term in terms}
    asked = [term for term in terms if term.name in criteria.PARAMETERS]
    criteria.check(asked)
    page = requests.number_of(said.get("page", ""), "page", most=1_000, otherwise=1)
    domains = frozenset(
        canonical(token.system)
        for term in asked
        if term.name == "identifier"
        for token in term.tokens()
        if token.system and not token.value
    )
    return Asked(
        asked,
        requests.number_of(
            said.get("_count", ""), "_count", most=requests.COUNT_MAX, otherwise=PAGE
        ),
        max(page, 1),
        domains,
    )


class Meant(NamedTuple):
    """Whom a search means.

    Attributes:
        people: numbers and records that may be seen.
        cut: whether only some of those who may be meant were looked at.
    """

    people: Sequence[tuple[int, Sequence[SeenRecord]]]
    cut: bool


def written(person: int, records: Sequence[SeenRecord], domains: Collection[str]) -> Resource:
    """Write a person who was found, and say that she is shown.

    Args:
        person: her number.
        records: of hers, as far as they may be seen.
        domains: systems of which identifiers are wanted; none: all.
    """
    _show(records)
    return _of_domains(resources.person_resource(person, records), domains)


class FhirPatients:
    """The patient index in FHIR."""

    def __init__(
        self,
        service: IdentityService,
        clock: Clock,
        zone: ZoneInfo,
        *,
        base: str,
    ) -> None:
        """Answer in FHIR.

        Args:
            service: says what may be seen, and decides.
            clock: the time now.
            zone: of times without one.
            base: address of these doors, without a slash at the end.
        """
        self._service = service
        self._clock = clock
        self._zone = zone
        self.base = base

    # --- $match (ITI-119) -----------------------------------------------------------------------

    async def match(self, sent: Resource) -> Resource:
        """Say who may be meant, the likeliest first.

        Args:
            sent: Parameters or a Patient.

        Raises:
            UnreadableFhir, UnreadableRegistration: it cannot be read.
        """
        wanted = requests.match_of(sent, now=self._clock.now(), zone=self._zone)
        async with self._service.reading() as (connection, schema):
            graded = await self._graded(connection, schema, wanted)
            if wanted.only_certain:
                graded = {p: one for p, one in graded.items() if one[0] == "certain"}
                graded = graded if len(graded) == 1 else {}
            best = list(graded)[: 1 if wanted.single else wanted.most]
            people = await self._service.people(connection, schema, best)
        found = [
            Matched(resources.person_resource(person, records), *graded[person])
            for person, records in people.of.items()
        ]
        url = f"{self.base}/Patient/$match"
        return resources.searchset(found, base=self.base, total=len(found), links={"self": url})

    async def _graded(
        self, connection: Connection, schema: str, wanted: Wanted
    ) -> dict[int, tuple[str, float]]:
        """Return match-grade and score of each person who may be meant, the likeliest first.

        An identifier of a record that is known is certain where nothing else was said; where what
        else was said does not lead there, it is worth a look and no more.
        """
        said = wanted.said
        _, likely = await self._service.likely(connection, schema, said)
        graded = {
            one.person: (telling.grade(one.score), telling.chance(one.score.bits))
            for one in likely
            if one.score.lane >= Lane.REVIEW
        }
        alone = not (said.names or said.born or said.phones or said.addresses)
        for source, mrn in wanted.identifiers:
            ours = source == PERSON_SYSTEM
            number = mrn if ours else shown(record_id(source, mrn))
            person = await self._find(connection, schema, number)
            if person is not None and person not in graded:
                graded[person] = ("certain", 1.0) if alone else ("possible", telling.chance(0.0))
        return graded

    # --- search and read (ITI-78) ---------------------------------------------------------------

    async def meant(self, connection: Connection, schema: str, terms: Sequence[Term]) -> Meant:
        """Return the persons whom every parameter means; nobody is shown by that.

        Args:
            connection: to the database, in a transaction.
            schema: of the version of the index.
            terms: of a search.
        """
        named = await authority_store.authorities(connection, schema)
        numbers = await self._candidates(connection, schema, terms)
        with seen():  # whoever is only looked at is not shown
            people = await self._service.people(connection, schema, numbers[:CANDIDATES_MAX])
        found = [
            (person, records)
            for person, records in people.of.items()
            if criteria.meets(_known(person, records, named), terms)
        ]
        return Meant(found, len(numbers) > CANDIDATES_MAX)

    def answer(
        self, page: Sequence[Resource], asked: Asked, *, query: Pairs, total: int, cut: bool
    ) -> Resource:
        """Return a page of a search.

        Args:
            page: what is on it.
            asked: the search.
            query: the same as it was sent; the address of the next page is made of it.
            total: so many are on all pages.
            cut: whether only some of those who may be meant were looked at.
        """
        links = {"self": self._address(query, asked.page)}
        if asked.size and total > asked.page * asked.size:
            links["next"] = self._address(query, asked.page + 1)
        return resources.searchset(
            [Matched(one) for one in page],
            base=self.base,
            total=None if cut else total,
            links=links,
            warning=TOO_MANY if cut else None,
        )

    def _address(self, query: Sequence[tuple[str, str]], page: int) -> str:
        pairs = [(name, value) for name, value in query if name != "page"]
        pairs += [("page", str(page))] if page > 1 else []
        return f"{self.base}/Patient" + (f"?{urlencode(pairs)}" if pairs else "")

    async def _candidates(
        self, connection: Connection, schema: str, terms: Sequence[Term]
    ) -> list[int]:
        """Return persons among whom all are who are meant, by the parameter that says most."""
        by_name: dict[str, Term] = {}
        for term in terms:
            by_name.setdefault(term.name, term)
        if ids := by_name.get("_id"):
            tokens = [Token(PERSON_SYSTEM, value) for value in ids.values]
            return await self._by_tokens(connection, schema, tokens)
        for one in terms:
            if one.name == "identifier" and all(token.value for token in one.tokens()):
                return await self._by_tokens(connection, schema, one.tokens())
        if dialled := by_name.get("telecom"):
            keys = {key for token in dialled.tokens() for key in read_wanted(token.value).keys}
            return await read_store.records_by_key(
                connection, schema, keys, limit=CANDIDATES_MAX + 1
            )
        found: dict[int, None] = {}
        for begin in _begins(by_name):
            found |= dict.fromkeys(
                await read_store.persons_called(
                    connection,
                    schema,
                    name=begin.name,
                    sounds=begin.sounds,
                    born=criteria.born_digits(terms),
                    sex="",
                    skip=0,
                    limit=CANDIDATES_MAX + 1,
                )
            )
        return list(found)

    async def _by_tokens(
        self, connection: Connection, schema: str, tokens: Sequence[Token]
    ) -> list[int]:
        found: dict[int, None] = {}
        most = CANDIDATES_MAX + 1
        named = await authority_store.authorities(connection, schema)
        for token in tokens:
            system, value = token.system, token.value
            if system in (None, PERSON_SYSTEM):
                person = await self._find(connection, schema, value)
                found.update({} if person is None else {person: None})
            if system == PERSON_SYSTEM:
                continue
            if kind_from(system or "") is None:
                source = authority_from(system or "")
                sources = named.names(source) if source else ()
                found |= dict.fromkeys(
                    await read_store.persons_with_mrn(
                        connection, schema, value, sources=sources, limit=most
                    )
                )
            if keys := read_wanted(value).keys:
                found |= dict.fromkeys(
                    await read_store.records_by_key(connection, schema, keys, limit=most)
                )
        return list(found)

    async def domains(
        self, connection: Connection, schema: str, wanted: Collection[str]
    ) -> frozenset[str]:
        """Return some systems, those of authorities under all their names."""
        if not wanted:
            return frozenset()
        return systems_of(wanted, await authority_store.authorities(connection, schema))

    async def _find(self, connection: Connection, schema: str, number: str) -> int | None:
        try:
            return await self._service.find(connection, schema, number)
        except (UnreadableId, NoSuchPerson):
            return None

    async def read(self, number: str) -> Resource:
        """Return a person, or a source record that is not the one who gave her the number.

        Raises:
            NoSuchPerson: the number leads to nobody who may be seen.
        """
        async with self._service.reading() as (connection, schema):
            person = await self._find(connection, schema, number)
            if not await self._may_read(connection, schema, person):
                raise NoSuchPerson(where="Patient")
            records = await self.records(connection, schema, person)
        assert person is not None  # noqa: S101 - else there are no records
        wanted = read_shown(number)
        if wanted == person:
            return resources.person_resource(person, records)
        found = next((one for one in records if one.row.record == wanted), None)
        if found is None:
            raise NoSuchPerson(where="Patient")
        return resources.record_resource(found)

    @staticmethod
    async def _may_read(connection: Connection, schema: str, person: int | None) -> bool:
        """Tell whether an app may read a person: with a patient's rights none but its own."""
        granted = current().actor.granted
        if granted is None or covers(granted, "Patient", "r"):
            return True
        value, _, authority = granted.patient.rpartition("^")
        own = await read_store.person_of(connection, schema, record_id(authority, value))
        return person is not None and person == own

    async def records(
        self, connection: Connection, schema: str, person: int | None
    ) -> list[SeenRecord]:
        """Return the records of a person that may be seen.

        Raises:
            NoSuchPerson: there are none.
        """
        if person is not None:
            people = await self._service.people(connection, schema, [person])
            if records := people.of.get(person):
                return records
        raise NoSuchPerson(where="Patient")

    # --- $ihe-pix (ITI-83) ----------------------------------------------------------------------

    async def cross_reference(self, source: str, targets: Collection[str]) -> Resource:
        """Return the other identifiers of whoever has one.

        Args:
            source: ``system|value``.
            targets: systems that are wanted; none: all.

        Raises:
            UnknownSourceDomain, UnknownSourceIdentifier, UnknownTargetDomain: see PIXm.
        """
        token = requests.named_token(source, "sourceIdentifier")
        system, value = canonical(token.system or ""), token.value
        wanted = frozenset(map(canonical, targets))
        if token.system == self.base:
            system, value = PERSON_SYSTEM, value.removeprefix("Patient/")
        term = Term("identifier", "", [requests.token_text({"system": system, "value": value})])
        async with self._service.reading() as (connection, schema):
            named = await authority_store.authorities(connection, schema)
            wanted = systems_of(wanted, named)
            await self._check_domains(connection, schema, system, map(canonical, targets))
            numbers = await self._by_tokens(connection, schema, term.tokens())
            with seen():
                people = await self._service.people(connection, schema, numbers)
        found = {p: r for p, r in people.of.items() if criteria.meets(_known(p, r, named), [term])}
        if len(found) != 1:  # of two who have a number nobody knows who is meant
            raise UnknownSourceIdentifier(where="sourceIdentifier")
        ((person, records),) = found.items()
        asked = {(one, value) for one in systems_of([system], named)}
        _show(records)
        resource = _of_domains(resources.person_resource(person, records), wanted)
        return resources.cross_references(
            [
                one
                for one in resource.get("identifier", [])
                if "system" in one and (one["system"], one.get("value")) not in asked
            ],
            [person],
        )

    async def _check_domains(
        self, connection: Connection, schema: str, source: str, targets: Iterable[str]
    ) -> None:
        if not await self._is_domain(connection, schema, source):
            raise UnknownSourceDomain(where="sourceIdentifier")
        for target in targets:
            if not await self._is_domain(connection, schema, target):
                raise UnknownTargetDomain(where="targetSystem")

    async def _is_domain(self, connection: Connection, schema: str, system: str) -> bool:
        ours = (PERSON_SYSTEM, canonical(self.base))
        if system in ours or kind_from(system) is not None:
            return True
        named = await authority_store.authorities(connection, schema)
        for source in named.names(authority_from(system)):
            if await read_store.channel_for(connection, schema, source) is not None:
                return True
        return False


def _known(person: int, records: Sequence[SeenRecord], named: Authorities) -> Known:
    keys = [key for one in records for key in named.keys(one.folded.key)]
    return Known(shown(person), golden_of(records), keys)


def systems_of(systems: Iterable[str], named: Authorities) -> frozenset[str]:
    """Return some systems, those of authorities under all their names."""
    return frozenset(
        one
        for system in systems
        for one in (
            [system_of(name) for name in named.names(authority_from(system))]
            if kind_from(system) is None and authority_from(system)
            else [system]
        )
    )


def _show(records: Sequence[SeenRecord]) -> None:
    """Say that these are about to be shown; whoever was only looked at is not."""
    for one in records:
        for number in one.row.channels[:1]:
            shows(number, [f"{one.row.mrn}^{one.row.source}"])


def _of_domains(resource: Resource, domains: Collection[str]) -> Resource:
    """Leave out identifiers of other authorities than those that are wanted; none: all are."""
    if not domains:
        return resource
    kept = [one for one in resource["identifier"] if one.get("system") in domains]
    return {**resource, "identifier": kept} if kept else _without(resource, "identifier")


def _without(resource: Mapping[str, object], name: str) -> Resource:
    return {key: value for key, value in resource.items() if key != name}


class _Begin(NamedTuple):
    """How a name begins: in characters, or else in sounds."""

    name: str
    sounds: Sequence[str]


ANY_NAME = _Begin("", ("",))


def _begins(by_name: Mapping[str, Term]) -> list[_Begin]:
    """Return beginnings of the names that a search can mean.

    Where nothing is known of the beginning every name is looked at.
    """
    family, given = by_name.get("family"), by_name.get("given")
    first = family or by_name.get("name")
    if first is None or first.modifier == "contains":
        return [ANY_NAME]
    one = family and given and len(given.values) == 1 and given.modifier != "contains"
    after = given.values[0] if given and one else ""
    found = []
    for value in first.values:
        rest = after if after.isascii() == value.isascii() else ""
        wanted = read_wanted(f"{value} {rest}".strip() if value.isascii() else value + rest)
        if not wanted.name and not wanted.sounds:
            return [ANY_NAME]
        found.append(_Begin(wanted.name, wanted.sounds))
    return found
