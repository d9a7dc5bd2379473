"""What people ask and do about master data; each use case is one method.

A change is an act in the log. It is tried against what holds now, so that a mistake is answered
and not recorded; then it is appended, and the answer waits until it has been learned: whoever
changes something reads it back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.errors import from_record
from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.masterdata import acts, read_store, rules, store, table
from lianyi.projections.masterdata.follow import NAME
from lianyi.projections.masterdata.model import (
    BEGINNING,
    END,
    NOWHERE,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Kind,
    Retract,
    Statement,
    object_kind,
    subject_kind,
)
from lianyi.projections.masterdata.problems import CodeTaken, NoSuchRecord, NothingToRetract
from lianyi.projections.masterdata.state import State
from lianyi.projections.masterdata.views import (
    CreateRequest,
    EditRequest,
    EmergencyRequest,
    Imported,
    LineageRow,
    LinkRow,
    MergeRequest,
    MoveRequest,
    NameRow,
    OrganisationNode,
    OrganisationTree,
    ParentRequest,
    RecordDetail,
    RecordPage,
    RecordRow,
    RoleRequest,
    SayingRow,
    SplitRequest,
)
from lianyi.projections.problems import ProjectionNotReady
from lianyi.projections.projection_store import Version
from lianyi.projections.service import set_aside_view
from lianyi.projections.waiting import until_learned

SAYINGS_MAX = 200
IMPORT_WAIT_SECONDS = 50.0
_OWN = {
    Kind.ORGANISATION: (TREE, PLACE),
    Kind.LOCATION: (PART_OF,),
    Kind.PRACTITIONER: (ROLE,),
}
_LEADING = {Kind.ORGANISATION: (TREE, ROLE), Kind.LOCATION: (PART_OF, PLACE), Kind.PRACTITIONER: ()}


class MasterDataService:
    """Answers about master data, and changes it."""

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

    @property
    def today(self) -> date:
        """The day in the hospital."""
        return self._clock.now().astimezone(self._zone).date()

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[tuple[Connection, str]]:
        """Give a connection and the schema in force, which stays until the block ends."""
        async with self._pool.acquire() as connection, connection.transaction():
            live = await self._live(connection)
            yield connection, live.schema

    @staticmethod
    async def _live(connection: Connection) -> Version:
        live = await projection_store.hold_live(connection, NAME)
        if live is None or live.shape != store.SHAPE:
            raise ProjectionNotReady(where=NAME, name=NAME)
        return live

    # ---- questions -----------------------------------------------------------------------------

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
        async with self._reading() as (connection, schema):
            found = await read_store.list_records(
                connection, schema, kind, as_of=day, q=q, closed=closed, after=cursor,
                limit=limit + 1,
            )  # fmt: skip
        rows = [_row(record, day) for record in found[:limit]]
        return RecordPage(items=rows, next_cursor=rows[-1].code if len(found) > limit else None)

    async def names(
        self, kind: Kind, codes: Sequence[str], *, as_of: date | None = None
    ) -> Mapping[str, RecordRow]:
        """Return what codes mean on a day, by code: codes flow, names are looked up."""
        day = as_of or self.today
        async with self._reading() as (connection, schema):
            found = await read_store.records(connection, schema, kind, codes, as_of=day)
        return {record.code: _row(record, day) for record in found}

    async def get_record(self, kind: Kind, code: str, *, as_of: date | None = None) -> RecordDetail:
        """Return a record with its history.

        Raises:
            NoSuchRecord: nothing ever had the code.
        """
        day = as_of or self.today
        async with self._reading() as (connection, schema):
            first = await read_store.first_day(connection, schema, kind, code)
            if first is None:
                raise NoSuchRecord(where=code, kind=kind, kind_zh=kind.zh, code_=code)
            (record,) = await read_store.records(
                connection, schema, kind, [code], as_of=max(day, first)
            )
            told = await read_store.list_told(connection, schema, kind, code)
            links = [
                row
                for leading, relations in ((False, _OWN[kind]), (True, _LEADING[kind]))
                for row in await self._links(
                    connection, schema, code, relations, leading=leading, day=day
                )
            ]
            lineage = []
            if kind is Kind.ORGANISATION:
                lineage = await self._lineage(connection, schema, code)
        return RecordDetail(
            as_of=day,
            record=_row(record, day),
            names=[NameRow(**(one._asdict() | {"valid_from": _open(one[0])})) for one in told],
            links=links,
            lineage=lineage,
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
    ) -> list[LinkRow]:
        links = await read_store.list_links(connection, schema, relations, code, leading=leading)
        ends = [
            (subject_kind(one.relation), one.subject)
            if leading
            else (object_kind(one.relation), one.object)
            for one in links
        ]
        names = await self._names_of(connection, schema, ends)
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
        self, connection: Connection, schema: str, ends: Sequence[tuple[Kind, str]]
    ) -> Mapping[tuple[Kind, str], read_store.Record]:
        found: dict[tuple[Kind, str], read_store.Record] = {}
        for kind in {kind for kind, _ in ends}:
            codes = [code for one, code in ends if one is kind]
            for record in await read_store.records(connection, schema, kind, codes, as_of=END):
                found[kind, record.code] = record
        return found

    async def _lineage(self, connection: Connection, schema: str, code: str) -> list[LineageRow]:
        lines = await read_store.list_lineage(connection, schema, code)
        others = [one.predecessor if one.successor == code else one.successor for one in lines]
        names = await self._names_of(
            connection, schema, [(Kind.ORGANISATION, other) for other in others]
        )
        return [
            LineageRow(
                direction="from" if line.successor == code else "into",
                code=other,
                name_zh=names[Kind.ORGANISATION, other].name_zh,
                name_en=names[Kind.ORGANISATION, other].name_en,
                how=line.how,
                on=line.on,
                said=line.said,
            )
            for line, other in zip(lines, others, strict=True)
        ]

    async def list_sayings(self, kind: Kind, code: str) -> list[SayingRow]:
        """Return the messages and acts that said something about a record, newest first."""
        async with self._reading() as (connection, schema):
            found = await read_store.list_sayings(connection, schema, kind, code, limit=SAYINGS_MAX)
        return [
            SayingRow(
                **one._asdict() | {"refused": one.refused is not None},
                error_code=str(one.refused["code"]) if one.refused else None,
            )
            for one in found
        ]

    async def get_tree(self, tree: str, *, as_of: date | None = None) -> OrganisationTree:
        """Return all organisations of a day, each with its parent in a tree."""
        day = as_of or self.today
        async with self._reading() as (connection, schema):
            nodes = await read_store.list_nodes(connection, schema, tree, as_of=day)
            trees = await read_store.list_trees(connection, schema)
        return OrganisationTree(
            tree=tree,
            as_of=day,
            trees=sorted({*trees, tree}),
            nodes=[OrganisationNode(**node._asdict()) for node in nodes],
        )

    # ---- acts ----------------------------------------------------------------------------------

    async def create(self, kind: Kind, wanted: CreateRequest, *, actor: str) -> RecordDetail:
        """Record something new.

        Raises:
            CodeTaken, UnknownRecord, BadDates: it cannot be so.
        """
        changes = acts.created(
            kind,
            wanted.code,
            wanted.said(),
            on=wanted.valid_from,
            until=wanted.valid_to,
            parent=wanted.parent,
            tree=PART_OF if kind is Kind.LOCATION else TREE + wanted.tree,
            location=wanted.location if kind is Kind.ORGANISATION else None,
        )
        await self._act(f"{kind}_created", changes, wanted, actor, code=wanted.code)
        return await self.get_record(kind, wanted.code, as_of=wanted.valid_from)

    async def edit(self, kind: Kind, code: str, wanted: EditRequest, *, actor: str) -> RecordDetail:
        """Call a record something else from a day on, or move its end."""
        await self.get_record(kind, code)
        changes = [Describe(kind, code, wanted.on, wanted.valid_to, texts=wanted.said())]
        await self._act(f"{kind}_changed", changes, wanted, actor, code=code)
        return await self.get_record(kind, code, as_of=wanted.on)

    async def set_parent(
        self, kind: Kind, code: str, wanted: ParentRequest, *, actor: str
    ) -> RecordDetail:
        """Give a record another parent from a day on.

        Raises:
            CircleInTree, OverlappingParents, UnknownRecord, BadDates: it cannot be so.
        """
        relation = PART_OF if kind is Kind.LOCATION else TREE + wanted.tree
        change: Change = Detach(relation, code, on=wanted.on)
        if wanted.parent is not None:
            change = Attach(relation, code, wanted.parent, on=wanted.on, until=wanted.until)
        await self._act(f"{kind}_reparented", [change], wanted, actor, code=code)
        return await self.get_record(kind, code, as_of=wanted.on)

    async def move(self, code: str, wanted: MoveRequest, *, actor: str) -> RecordDetail:
        """Move an organisation to a location; one row."""
        changes = acts.moved(code, wanted.to, on=wanted.on, out_of=wanted.out_of or "*")
        await self._act("organisation_moved", changes, wanted, actor, code=code)
        return await self.get_record(Kind.ORGANISATION, code, as_of=wanted.on)

    async def set_role(self, code: str, wanted: RoleRequest, *, actor: str) -> RecordDetail:
        """Give a practitioner a role at an organisation, or end it."""
        change: Change = Attach(
            ROLE, code, wanted.organisation, wanted.role, on=wanted.on, until=wanted.until
        )
        if wanted.ends:
            change = Detach(ROLE, code, wanted.organisation, wanted.role, on=wanted.on)
        await self._act("practitioner_role_set", [change], wanted, actor, code=code)
        return await self.get_record(Kind.PRACTITIONER, code, as_of=wanted.on)

    async def close(
        self, kind: Kind, code: str, *, on: date, reason: str, actor: str
    ) -> RecordDetail:
        """End a record.

        Raises:
            StillHasChildren: others would be left without a parent.
        """
        await self.get_record(kind, code)
        await self._append(
            f"{kind}_closed", [Close(kind, code, on)], {"code": code, "on": on.isoformat()},
            reason=reason, actor=actor,
        )  # fmt: skip
        return await self.get_record(kind, code, as_of=on)

    async def split(self, code: str, wanted: SplitRequest, *, actor: str) -> RecordDetail:
        """Make several organisations of one."""
        changes = acts.split(
            code,
            [(one.code, {"name_zh": one.name_zh, "name_en": one.name_en}) for one in wanted.into],
            on=wanted.on,
            goes_to=wanted.goes_to,
            stays_at=wanted.stays_at,
        )
        await self._act("organisation_split", changes, wanted, actor, code=code)
        return await self.get_record(Kind.ORGANISATION, code, as_of=wanted.on)

    async def merge(self, wanted: MergeRequest, *, actor: str) -> RecordDetail:
        """Make one organisation of several.

        Raises:
            CodeTaken: it should come out of itself.
        """
        if wanted.into in wanted.codes:
            kind = Kind.ORGANISATION
            raise CodeTaken(where=wanted.into, kind=kind, kind_zh=kind.zh, code_=wanted.into)
        texts = {"name_zh": wanted.name_zh, "name_en": wanted.name_en} if wanted.new else None
        changes = acts.merged(wanted.codes, wanted.into, texts, on=wanted.on)
        await self._act("organisations_merged", changes, wanted, actor)
        return await self.get_record(Kind.ORGANISATION, wanted.into, as_of=wanted.on)

    async def create_emergency(self, wanted: EmergencyRequest, *, actor: str) -> RecordDetail:
        """Put up a temporary organisation that ends by itself."""
        changes = acts.emergency(
            wanted.code,
            wanted.said(),
            on=wanted.valid_from,
            until=wanted.valid_to,
            parent=wanted.parent,
            location=wanted.location,
        )
        await self._act("emergency_created", changes, wanted, actor, code=wanted.code)
        return await self.get_record(Kind.ORGANISATION, wanted.code, as_of=wanted.valid_from)

    async def take_back(
        self, position: Position, part: int | None, *, reason: str, actor: str
    ) -> Position:
        """Let what a message said, or one part of it, count no more.

        Raises:
            NothingToRetract: it says nothing that counts.
        """
        async with self._reading() as (connection, schema):
            if not await read_store.counts(connection, schema, position, part):
                raise NothingToRetract(where=str(position), position=str(position))
        return await self._append(
            "statement_taken_back", [Retract(position, part)], {}, reason=reason, actor=actor,
            of=position,
        )  # fmt: skip

    async def import_table(self, body: bytes, kind: Kind, *, actor: str) -> Imported:
        """Record a file and wait until it has been learned.

        Raises:
            UnreadableMasterData, BadDates: it cannot be read; nothing was recorded.
        """
        position = await self._log.append_act(table.write(body, kind, actor=actor))
        aside = await until_learned(
            self._pool, NAME, position, clock=self._clock, timeout_seconds=IMPORT_WAIT_SECONDS
        )
        return Imported(position=str(position), set_aside=[set_aside_view(row) for row in aside])

    async def _act(
        self,
        act: str,
        changes: Sequence[Change],
        wanted: Any,  # noqa: ANN401 - one of the requests
        actor: str,
        *,
        code: str = "",
    ) -> Position:
        about = wanted.model_dump(mode="json", exclude={"reason"}, exclude_none=True)
        return await self._append(
            act, changes, {"code": code, **about} if code else about, reason=wanted.reason,
            actor=actor,
        )  # fmt: skip

    async def _append(
        self,
        act: str,
        changes: Sequence[Change],
        about: Mapping[str, Any],
        *,
        reason: str,
        actor: str,
        of: Position | None = None,
    ) -> Position:
        await self._try(changes)
        message = acts.write(act, changes, actor=actor, reason=reason, about=about)
        return await self._recorded(message._replace(caused_by=of))

    async def _recorded(self, message: NewMessage) -> Position:
        """Append and wait."""
        position = await self._log.append_act(message)
        for refused in await until_learned(self._pool, NAME, position, clock=self._clock):
            raise from_record(refused.error)  # somebody else was faster
        return position

    async def _try(self, changes: Sequence[Change]) -> None:
        """Raise what stands against some changes, as things are now."""
        state = await self._state()
        now = self._clock.now()
        statement = Statement(now, NOWHERE, 0, NOWHERE, self.today, "", "", tuple(changes))
        rules.check(state, statement)

    async def _state(self) -> State:
        """Return all that holds; what was loaded serves until something changes."""
        async with self._pool.acquire() as connection, connection.transaction():
            live = await self._live(connection)
            if self._held is None or self._held[0] != live:
                self._held = live, await store.load(connection, live.schema)
            return self._held[1]


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
