"""What people ask about master data, each within the reach of whoever asks; see :mod:`scope`."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.log import NoSuchMessage
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.masterdata import ranking_store, read_store, store
from lianyi.projections.masterdata.changes import from_json
from lianyi.projections.masterdata.follow import NAME
from lianyi.projections.masterdata.model import (
    BEGINNING,
    END,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Kind,
    Thing,
    is_tree,
    object_kind,
    subject_kind,
)
from lianyi.projections.masterdata.problems import NoSuchRecord
from lianyi.projections.masterdata.scope import Scope
from lianyi.projections.masterdata.state import State
from lianyi.projections.masterdata.views import (
    FieldRow,
    LineageRow,
    LinkRow,
    LossRow,
    NamedRow,
    NameRow,
    OrganisationNode,
    OrganisationTree,
    RecordDetail,
    RecordPage,
    RecordRow,
    SayingRow,
)
from lianyi.projections.masterdata.wall_store import seeing_all
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.projection_store import Version
from lianyi.security.access import acting, current, platform
from lianyi.security.rules import path_up

SAYINGS_MAX = 200
SCOPES_MAX = 64
CODES_AT_ONCE = 1000
_OWN = {
    Kind.ORGANISATION: (TREE, PLACE),
    Kind.LOCATION: (PART_OF,),
    Kind.PRACTITIONER: (ROLE,),
}
_LEADING = {Kind.ORGANISATION: (TREE, ROLE), Kind.LOCATION: (PART_OF, PLACE), Kind.PRACTITIONER: ()}


class Questions:
    """Answers about master data from the version in force."""

    def __init__(self, pool: asyncpg.Pool, log: PostgresLog, clock: Clock, zone: ZoneInfo) -> None:
        """Answer from the version in force.

        Args:
            pool: of the database.
            log: for acts.
            clock: the time now.
            zone: of the hospital: says which day is today.
        """
        self._pool = pool
        self._log = log
        self._clock = clock
        self._zone = zone
        self._held: tuple[Version, State] | None = None
        self._scopes: dict[tuple[date, frozenset[str]], Scope] = {}

    @property
    def today(self) -> date:
        """The day in the hospital."""
        return self._clock.now().astimezone(self._zone).date()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[tuple[Connection, str, Scope]]:
        """Give a connection, the schema in force, which stays meanwhile, and the scope."""
        async with self._pool.acquire() as connection, connection.transaction():
            live = await self._live(connection)
            yield connection, live.schema, await self._scope(connection, live)

    @staticmethod
    async def _live(connection: Connection) -> Version:
        live = await projection_store.hold_live(connection, NAME)
        if live is None or live.shape != store.SHAPE:
            raise ProjectionNotReady(where=NAME, name=NAME)
        return live

    async def _state(self, connection: Connection, live: Version) -> State:
        """Return all that holds; what was loaded serves until something changes."""
        if self._held is None or self._held[0] != live:
            async with seeing_all(connection):
                state = await store.load(connection, live.schema)
            self._held = live, state
            self._scopes.clear()
        return self._held[1]

    async def _scope(self, connection: Connection, live: Version) -> Scope:
        """Return what whoever acts now reaches."""
        access = current()
        if access.sees_everything:
            return Scope(State(), None, today=self.today)
        state = await self._state(connection, live)
        key = self.today, frozenset(access.actor.reach.organisations(access.permission))
        if key not in self._scopes:
            while len(self._scopes) >= SCOPES_MAX:
                self._scopes.pop(next(iter(self._scopes)))
            self._scopes[key] = Scope(state, key[1], today=self.today)
        return self._scopes[key]

    async def list_records(
        self,
        kind: Kind,
        *,
        q: str = "",
        as_of: date | None = None,
        closed: bool = False,
        cursor: str = "",
        limit: int = 50,
    ) -> RecordPage:
        """Return the records of a day; see :func:`read_store.list_records`."""
        day = as_of or self.today
        async with self.reading() as (connection, schema, scope):
            found: list[read_store.Record] = []
            for codes in _windows(scope.codes(kind), after=cursor):
                found += await read_store.list_records(
                    connection, schema, kind, as_of=day, q=q, closed=closed, after=cursor,
                    limit=limit + 1 - len(found), codes=codes,
                )  # fmt: skip
                if len(found) > limit:
                    break
        rows = [_row(record, day) for record in found[:limit]]
        return RecordPage(items=rows, next_cursor=rows[-1].code if len(found) > limit else None)

    async def names(
        self,
        kind: Kind,
        codes: Sequence[str],
        *,
        as_of: date | None = None,
        message: Position | None = None,
    ) -> list[NamedRow]:
        """Return what codes mean on a day: codes flow, names are looked up.

        Whoever does not see everything learns the names of what he sees, of the organisations above
        it, and of what a message that he sees names; what else there is stays a code.

        Args:
            kind: of the records.
            codes: of them.
            as_of: the day; None: today.
            message: position of a message that names them.
        """
        day = as_of or self.today
        async with self.reading() as (connection, schema, scope):
            said = await self._said_in(connection, message) if message else frozenset()
            above = scope.path() if kind is Kind.ORGANISATION else frozenset()
            found = await self._records(
                connection, schema, kind, codes, scope=scope, beyond=said | above, as_of=day
            )
        return [NamedRow(code=one.code, name_zh=one.name_zh, name_en=one.name_en) for one in found]

    async def _records(
        self,
        connection: Connection,
        schema: str,
        kind: Kind,
        codes: Collection[str],
        *,
        scope: Scope,
        beyond: Collection[str],
        as_of: date,
    ) -> list[read_store.Record]:
        """Return those of some records that are in sight, and those of them whose names go beyond.

        Args:
            connection: to the database.
            schema: of the version.
            kind: of the records.
            codes: of them.
            scope: what whoever asks reaches.
            beyond: codes of which he may learn the names all the same.
            as_of: the day.
        """
        own = {code for code in codes if scope.holds(Thing(kind, code))}
        found = await read_store.records(connection, schema, kind, own, as_of=as_of)
        others = set(codes).intersection(beyond) - own
        if others:
            async with seeing_all(connection):
                found += await read_store.records(connection, schema, kind, others, as_of=as_of)
        return sorted(found, key=lambda one: one.code)

    async def _said_in(self, connection: Connection, position: Position) -> frozenset[str]:
        """Return the words of a message, when whoever asks may read it; else nothing."""
        owner = await read_store.owner_of_message(connection, position)
        if owner is None or not current().actor.reach.covers("messages.read", owner):
            return frozenset()
        try:
            message = await self._log.get(position)
        except NoSuchMessage:
            return frozenset()
        text = message.body.decode(message.codec or "utf-8", errors="replace")
        return frozenset(WORD.findall(text))

    async def get_record(self, kind: Kind, code: str, *, as_of: date | None = None) -> RecordDetail:
        """Return a record with its history.

        Raises:
            NoSuchRecord: nothing ever had the code.
        """
        day = as_of or self.today
        async with self.reading() as (connection, schema, scope):
            must_see(scope, kind, code)
            first = await read_store.first_day(connection, schema, kind, code)
            if first is None:
                raise no_such(kind, code)
            (record,) = await read_store.records(
                connection, schema, kind, [code], as_of=max(day, first)
            )
            told = await read_store.list_told(connection, schema, kind, code)
            links = [
                row
                for leading, relations in ((False, _OWN[kind]), (True, _LEADING[kind]))
                for row in await self._links(
                    connection, schema, code, relations, leading=leading, day=day, scope=scope
                )
            ]
            losses = await ranking_store.list_losses(connection, schema, Thing(kind, code))
            lineage = []
            if kind is Kind.ORGANISATION:
                lineage = await self._lineage(connection, schema, code, scope)
        return RecordDetail(
            as_of=day,
            record=_row(record, day),
            names=[_name_row(one) for one in told],
            links=links,
            lineage=lineage,
            fields=_fields(told, day),
            losses=[LossRow(**(one._asdict() | {"on": _open(one.on)})) for one in losses],
        )

    async def _links(
        self,
        connection: Connection,
        schema: str,
        code: str,
        relations: Sequence[str],
        *,
        leading: bool,
        day: date,
        scope: Scope,
    ) -> list[LinkRow]:
        """Return the links to what may be seen, and to what a record stands under."""
        found = await read_store.list_links(connection, schema, relations, code, leading=leading)
        pairs = [(one, _end(one, leading=leading)) for one in found]
        kept = [
            (one, end)
            for one, end in pairs
            if scope.holds(end) or (not leading and is_tree(one.relation))
        ]
        links, ends = [one for one, _ in kept], [end for _, end in kept]
        names = await self._names_of(connection, schema, ends, scope)
        return [
            LinkRow(
                relation=link.relation,
                leading=leading,
                kind=end[0],
                code=end[1],
                name_zh=names[end].name_zh if end in names else "",
                name_en=names[end].name_en if end in names else "",
                role=link.role,
                valid_from=_open(link.valid_from),
                valid_to=_open(link.valid_to),
                holds=link.valid_from <= day < link.valid_to,
                said=link.said,
                ended=link.ended,
            )
            for link, end in zip(links, ends, strict=True)
        ]

    async def _names_of(
        self, connection: Connection, schema: str, ends: Sequence[Thing], scope: Scope
    ) -> Mapping[Thing, read_store.Record]:
        """Return the records at the ends of links that are shown; of them a name is shown."""
        found: dict[Thing, read_store.Record] = {}
        for kind in {kind for kind, _ in ends}:
            codes = [code for one, code in ends if one is kind]
            for record in await self._records(
                connection, schema, kind, codes, scope=scope, beyond=codes, as_of=END
            ):
                found[Thing(kind, record.code)] = record
        return found

    async def _lineage(
        self, connection: Connection, schema: str, code: str, scope: Scope
    ) -> list[LineageRow]:
        found = [
            (one, Thing(Kind.ORGANISATION, _other(one, code)))
            for one in await read_store.list_lineage(connection, schema, code)
        ]
        lines = [(one, other) for one, other in found if scope.holds(other)]
        names = await self._names_of(connection, schema, [other for _, other in lines], scope)
        return [
            LineageRow(
                direction="from" if line.successor == code else "into",
                code=other.code,
                name_zh=names[other].name_zh,
                name_en=names[other].name_en,
                how=line.how,
                on=line.on,
                said=line.said,
            )
            for line, other in lines
        ]

    async def list_sayings(self, kind: Kind, code: str) -> list[SayingRow]:
        """Return the messages and acts that said something about a record, newest first.

        Raises:
            NoSuchRecord: whoever asks does not see it.
        """
        async with self.reading() as (connection, schema, scope):
            must_see(scope, kind, code)
            found = await read_store.list_sayings(connection, schema, kind, code, limit=SAYINGS_MAX)
        return [
            SayingRow(
                **one._asdict()
                | {
                    "refused": one.refused is not None,
                    "changes": [
                        change
                        for change in one.changes
                        if scope.organisations is None or scope.tells(from_json(change))
                    ],
                },
                error_code=str(one.refused["code"]) if one.refused else None,
            )
            for one in found
        ]

    async def get_tree(self, tree: str, *, as_of: date | None = None) -> OrganisationTree:
        """Return the organisations of a day, each with its parent in a tree.

        Those that only stand above what may be seen come with their names alone.
        """
        day = as_of or self.today
        async with self.reading() as (connection, schema, scope):
            seen = scope.codes(Kind.ORGANISATION)
            nodes = await read_store.list_nodes(connection, schema, tree, as_of=day)
            if seen is not None:
                nodes += await read_store.list_nodes_above(
                    connection, schema, tree, nodes, as_of=day
                )
            trees = await read_store.list_trees(connection, schema, below=seen)
        return OrganisationTree(
            tree=tree,
            as_of=day,
            trees=sorted({*trees, tree}),
            nodes=[
                OrganisationNode(**node._asdict())
                if own
                else OrganisationNode(
                    code=node.code, parent=node.parent, name_zh=node.name_zh,
                    name_en=node.name_en, category="", emergency=False, places=[], beyond=True,
                )
                for node, own in _drawn(nodes, seen)
            ],
        )  # fmt: skip


async def organisation_names(
    data: Questions, codes: Collection[str]
) -> Mapping[str, tuple[str, str]]:
    """Return the Chinese and English names of organisations whose codes somebody may see already.

    What nobody knows is missing, and so is everything while the master data are being built.
    """
    with acting(platform("masterdata.read", "organisation_names")):
        try:
            found = await data.names(Kind.ORGANISATION, sorted(codes))
        except ProjectionNotReady:
            return {}
    return {one.code: (one.name_zh, one.name_en) for one in found}


WORD = re.compile(r"[^\s|^~&\\\"'<>{}\[\](),:;=/]+")
"""What a message is cut into to find the codes in it."""


def _windows(codes: Sequence[str] | None, *, after: str) -> Iterable[Sequence[str] | None]:
    """Give the codes after one, in order, as many at a time as are quickly looked up."""
    if codes is None:
        return [None]
    first = bisect_right(codes, after)
    return (codes[n : n + CODES_AT_ONCE] for n in range(first, len(codes), CODES_AT_ONCE))


def _drawn(
    nodes: Sequence[read_store.Node], seen: Sequence[str] | None
) -> Iterable[tuple[read_store.Node, bool]]:
    """Give the nodes to draw: those that are seen, and those above them, which are not."""
    if seen is None:
        return [(node, True) for node in nodes]
    parents = {node.code: node.parent for node in nodes}
    own = frozenset(seen)
    above = {one for code in parents.keys() & own for one in path_up(parents, code)}
    return [(node, node.code in own) for node in nodes if node.code in own | above]


def _name_row(told: read_store.Told) -> NameRow:
    facts = told._asdict()
    del facts["origins"]
    return NameRow(**(facts | {"valid_from": _open(told.valid_from)}))


def _fields(told: Sequence[read_store.Told], day: date) -> list[FieldRow]:
    """Return whose word each field holds on a day; ``told`` is newest first."""
    held = next((one for one in told if one.valid_from <= day), None)
    return [
        FieldRow(field=name, source=source, rank=rank, said=said)
        for name, (source, rank, said) in sorted((held.origins if held else {}).items())
    ]


def must_see(scope: Scope, kind: Kind, code: str) -> None:
    """Raise :class:`NoSuchRecord` for what a scope does not show."""
    if not scope.holds(Thing(kind, code)):
        raise no_such(kind, code)


def no_such(kind: Kind, code: str) -> NoSuchRecord:
    """Return the failure of a code that nothing has, as far as can be seen."""
    return NoSuchRecord(where=code, kind=kind, kind_zh=kind.zh, code_=code)


def _end(link: read_store.Link, *, leading: bool) -> Thing:
    """Return the record at the other end of a link."""
    if leading:
        return Thing(subject_kind(link.relation), link.subject)
    return Thing(object_kind(link.relation), link.object)


def _other(line: read_store.Line, code: str) -> str:
    """Return the other end of a line of descent."""
    return line.predecessor if line.successor == code else line.successor


def _open(day: date) -> date | None:
    """Return a day for people; None where nobody said one."""
    return None if day in (BEGINNING, END) else day


def _row(record: read_store.Record, day: date) -> RecordRow:
    return RecordRow(
        kind=record.kind,
        code=record.code,
        name_zh=record.name_zh,
        name_en=record.name_en,
        pinyin=record.pinyin,
        category=record.category,
        emergency=record.emergency,
        identifiers=record.identifiers,
        valid_from=_open(record.valid_from),
        valid_to=_open(record.valid_to),
        exists=record.valid_from <= day < record.valid_to,
    )
