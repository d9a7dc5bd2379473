"""Loading stored code systems and value sets, and what they refer to.

What was read of a version of a resource is kept; whether it still stands is asked each time. So a
changed CodeSystem or ValueSet counts from the next search on, in every process.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import Definitions
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical import read_store
from lianyi.projections.clinical.ids import parameter_number, resource_number
from lianyi.projections.clinical.terms import sets, systems, terms_store
from lianyi.projections.clinical.terms.known import KnownTerminology
from lianyi.projections.clinical.terms.sets import Said
from lianyi.projections.clinical.terms.systems import System
from lianyi.projections.clinical.terms.terms_store import Found
from lianyi.projections.identity import read_store as index
from lianyi.security.access import current

READ_MAX: Final = 100
WORKED_OUT_MAX: Final = 50
LOADED_MAX: Final = 100
"""So many resources are loaded for one question."""
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Kept(Generic[K, V]):
    """The last of what was made; no more than some."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._held.get(key)
        if found is not None:
            self._held.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> V:
        self._held[key] = value
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return value


class _Read(NamedTuple):
    """A version of a CodeSystem or ValueSet, read."""

    said: Said | System
    version: str
    is_active: bool


class Terms:
    """Knows codes by what is stored, as far as whoever asks sees it."""

    def __init__(self, definitions: Definitions) -> None:
        """Know nothing yet but what FHIR defines."""
        self._definitions = definitions
        self._read: _Kept[Hashable, _Read] = _Kept(READ_MAX)
        self._worked_out: _Kept[Hashable, KnownTerminology] = _Kept(WORKED_OUT_MAX)

    async def known(
        self,
        connection: Connection,
        schema: str,
        *,
        value_sets: Collection[str] = (),
        code_systems: Collection[str] = (),
    ) -> KnownTerminology:
        """Return what is known of some value sets and code systems, and all they refer to.

        Args:
            connection: in a transaction.
            schema: of the version of the repository.
            value_sets: canonicals, with or without version; or ``ValueSet/id``.
            code_systems: canonicals.
        """
        loading = _Loading(self, connection, schema)
        await loading.all([("ValueSet", one) for one in sorted(value_sets)] + [
            ("CodeSystem", one) for one in sorted(code_systems)
        ])  # fmt: skip
        key = (schema, frozenset(loading.sources.items()))
        return self._worked_out.get(key) or self._worked_out.put(
            key,
            KnownTerminology(
                self._definitions,
                stored_sets={
                    url: one.said
                    for (_, url), one in loading.found.items()
                    if isinstance(one.said, Said)
                },
                stored_systems={
                    url: one.said
                    for (_, url), one in loading.found.items()
                    if isinstance(one.said, System)
                },
            ),
        )

    def defined(self, url: str) -> Said | None:
        """Return a value set that FHIR itself defines."""
        found = self._definitions.find_value_set(url)
        return None if found is None else sets.of_definitions(found)

    async def read(
        self, connection: Connection, schema: str, type_: str, one: Found
    ) -> _Read | None:
        """Return what a stored resource says."""
        key = (schema, *one)
        found = self._read.get(key)
        if found is not None:
            return found
        rows = await read_store.list_kept(connection, schema, [one.rid])
        if not rows:
            return None
        resource = json_text.read(rows[0].body)
        of = systems.of_resource if type_ == "CodeSystem" else sets.of_resource
        version = str(resource.get("version") or "")
        made = _Read(of(resource), version, resource.get("status") == "active")
        return self._read.put(key, made) if rows[0].version == one.version else made


Wanted = tuple[str, str]


class _Loading:
    """Loads for one question.

    Attributes:
        found: by type and canonical.
        sources: which version of which resource stands for what was asked.
    """

    def __init__(self, terms: Terms, connection: Connection, schema: str) -> None:
        self._terms = terms
        self._connection = connection
        self._schema = schema
        self.found: dict[Wanted, _Read] = {}
        self.sources: dict[Wanted, Found] = {}
        self._asked: set[Wanted] = set()

    async def all(self, wanted: Iterable[Wanted]) -> None:
        """Load what is wanted, and what that refers to, and so on."""
        edge = list(dict.fromkeys(wanted))
        while edge and len(self._asked) < LOADED_MAX:
            edge = edge[: LOADED_MAX - len(self._asked)]
            self._asked |= set(edge)
            for type_ in ("ValueSet", "CodeSystem"):
                await self._load(type_, [url for kind, url in edge if kind == type_])
            new = [one for each in edge for one in self._referred(each)]
            edge = [one for one in dict.fromkeys(new) if one not in self._asked]

    def _referred(self, wanted: Wanted) -> Iterable[Wanted]:
        held = self.found.get(wanted)
        if wanted[0] != "ValueSet":
            return
        said = held.said if held is not None else self._terms.defined(wanted[1])
        for part in (*said.include, *said.exclude) if isinstance(said, Said) else ():
            if part.system and (part.codes is None):
                yield "CodeSystem", part.system
            for url in part.sets:
                yield "ValueSet", url

    async def _load(self, type_: str, urls: Sequence[str]) -> None:
        if not urls:
            return
        p = parameter_number(type_, "url")
        numbers = sorted({forms.url(url.partition("|")[0]) for url in urls})
        rows = await terms_store.called(self._connection, self._schema, p, numbers)
        candidates: dict[str, list[Found]] = {url: [] for url in urls}
        for v, one in rows:
            for url in urls:
                if forms.url(url.partition("|")[0]) == v:
                    candidates[url].append(one)
        for url in urls:
            bare, _, id_ = url.partition("/")
            if bare == type_:
                stands = await terms_store.standing(
                    self._connection, self._schema, resource_number(type_, id_)
                )
                candidates[url] += [stands] if stands is not None else []
        seen = await self._seen({one.channel for of in candidates.values() for one in of})
        for url, of in candidates.items():
            await self._choose((type_, url), [one for one in of if one.channel in seen])

    async def _seen(self, channels: Collection[int]) -> set[int]:
        """Return those of some channels whose resources whoever asks may see."""
        if not channels:
            return set()
        of = await index.channels(self._connection, channels)
        return {
            number
            for number in channels
            if current().sees(of[number].organisation if number in of else "")
        }

    async def _choose(self, wanted: Wanted, candidates: Sequence[Found]) -> None:
        """Take the version that is asked for; else the newest that is active, else the newest."""
        _, _, version = wanted[1].partition("|")
        first: tuple[Found, _Read] | None = None
        for one in candidates:
            held = await self._terms.read(self._connection, self._schema, wanted[0], one)
            if held is None or (version and held.version != version):
                continue
            first = first or (one, held)
            if held.is_active:
                first = one, held
                break
        if first is not None:
            self.found[wanted] = first[1]
            self.sources[wanted] = first[0]
