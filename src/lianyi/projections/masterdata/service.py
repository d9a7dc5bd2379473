"""What people ask and do about master data; each use case is one method.

A change is an act in the log. It is tried against what holds now, so that a mistake is answered
and not recorded; then it is appended, and the answer waits until it has been learned: whoever
changes something reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from lianyi.base.errors import from_record
from lianyi.messagelog.message import NewMessage, Position
from lianyi.projections.masterdata import acts, read_store, rules, table
from lianyi.projections.masterdata.changes import all_from_json
from lianyi.projections.masterdata.follow import NAME
from lianyi.projections.masterdata.model import (
    NOWHERE,
    PART_OF,
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
    Thing,
    about,
)
from lianyi.projections.masterdata.problems import (
    CodeTaken,
    NothingToRetract,
    StillHasChildren,
)
from lianyi.projections.masterdata.questions import Questions, must_see
from lianyi.projections.masterdata.scope import MANAGED, Scope
from lianyi.projections.masterdata.views import (
    CreateRequest,
    EditRequest,
    EmergencyRequest,
    Imported,
    MergeRequest,
    MoveRequest,
    ParentRequest,
    RecordDetail,
    RoleRequest,
    SplitRequest,
)
from lianyi.projections.masterdata.wall_store import seeing_all
from lianyi.projections.service import set_aside_view
from lianyi.projections.waiting import until_learned
from lianyi.security.access import OutsideOfReach

IMPORT_WAIT_SECONDS = 50.0


class MasterDataService(Questions):
    """Answers about master data, and changes it."""

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
            organisation=wanted.organisation if kind is Kind.PRACTITIONER else None,
            role=wanted.role,
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
        await self._must_see(kind, code)
        relation = PART_OF if kind is Kind.LOCATION else TREE + wanted.tree
        change: Change = Detach(relation, code, on=wanted.on)
        if wanted.parent is not None:
            change = Attach(relation, code, wanted.parent, on=wanted.on, until=wanted.until)
        await self._act(f"{kind}_reparented", [change], wanted, actor, code=code)
        return await self.get_record(kind, code, as_of=wanted.on)

    async def move(self, code: str, wanted: MoveRequest, *, actor: str) -> RecordDetail:
        """Move an organisation to a location; one row."""
        await self._must_see(Kind.ORGANISATION, code)
        changes = acts.moved(code, wanted.to, on=wanted.on, out_of=wanted.out_of or "*")
        await self._act("organisation_moved", changes, wanted, actor, code=code)
        return await self.get_record(Kind.ORGANISATION, code, as_of=wanted.on)

    async def set_role(self, code: str, wanted: RoleRequest, *, actor: str) -> RecordDetail:
        """Give a practitioner a role at an organisation, or end it."""
        await self._must_see(Kind.PRACTITIONER, code)
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
        await self.append(
            f"{kind}_closed", [Close(kind, code, on)], {"code": code, "on": on.isoformat()},
            reason=reason, actor=actor,
        )  # fmt: skip
        return await self.get_record(kind, code, as_of=on)

    async def split(self, code: str, wanted: SplitRequest, *, actor: str) -> RecordDetail:
        """Make several organisations of one."""
        await self._must_see(Kind.ORGANISATION, code)
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

        Where it hung something in the management tree, what held before comes back: so all that
        was ever said about the place of those organisations must lie within the reach.

        Raises:
            OutsideOfReach: it is about what others have, or about nothing that may be seen.
            NothingToRetract: it says nothing that counts.
        """
        async with self.reading() as (connection, schema, scope), seeing_all(connection):
            said = all_from_json(await read_store.list_changes(connection, schema, position, part))
            if scope.organisations is not None:
                beside = await read_store.list_named_beside(connection, schema, _hung(said))
                named = {thing for change in said for thing in about(change)}
                named |= {
                    thing for thing in map(Thing.parse, beside) if thing.kind is Kind.ORGANISATION
                }
                if not named or not all(map(scope.edits, named)):
                    raise OutsideOfReach(where=str(position))
            if not await read_store.counts(connection, schema, position, part):
                raise NothingToRetract(where=str(position), position=str(position))
        return await self.append(
            "statement_taken_back", [Retract(position, part)], {}, reason=reason, actor=actor,
            of=position, scoped=False,
        )  # fmt: skip

    async def import_table(self, body: bytes, kind: Kind, *, actor: str) -> Imported:
        """Record a file and wait until it has been learned.

        Raises:
            UnreadableMasterData, BadDates: it cannot be read; nothing was recorded.
        """
        message = table.write(body, kind, actor=actor)
        changes = [change for part in table.statements_of(body, kind) for change in part]
        async with self.reading() as (_, _, scope):
            scope.check(changes)
        position = await self._log.append_act(message)
        aside = await until_learned(self._pool, NAME, position, timeout_seconds=IMPORT_WAIT_SECONDS)
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
        return await self.append(
            act, changes, {"code": code, **about} if code else about, reason=wanted.reason,
            actor=actor,
        )  # fmt: skip

    async def append(
        self,
        act: str,
        changes: Sequence[Change],
        about: Mapping[str, Any],
        *,
        reason: str,
        actor: str,
        of: Position | None = None,
        scoped: bool = True,
    ) -> Position:
        """Record an act and wait until it has been learned.

        Args:
            act: what was done, in the past tense.
            changes: what it means.
            about: what the person wanted.
            reason: why; may be empty.
            actor: who.
            of: the message that it is about.
            scoped: whether the changes must lie within the reach of whoever acts.
        """
        await self._try(changes, scoped=scoped)
        message = acts.write(act, changes, actor=actor, reason=reason, about=about)
        return await self._recorded(message._replace(caused_by=of))

    async def _recorded(self, message: NewMessage) -> Position:
        """Append and wait."""
        position = await self._log.append_act(message)
        for refused in await until_learned(self._pool, NAME, position):
            raise from_record(refused.error)  # somebody else was faster
        return position

    async def _must_see(self, kind: Kind, code: str) -> None:
        """Raise :class:`NoSuchRecord` for what whoever acts does not see."""
        async with self.reading() as (_, _, scope):
            must_see(scope, kind, code)

    async def _try(self, changes: Sequence[Change], *, scoped: bool) -> None:
        """Raise what stands against some changes, as things are now.

        Raises:
            OutsideOfReach: they touch what whoever acts does not reach.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            live = await self._live(connection)
            state = await self._state(connection, live)
            scope = await self._scope(connection, live)
        if scoped:
            scope.check(changes)
        now = self._clock.now()
        statement = Statement(now, NOWHERE, 0, NOWHERE, self.today, "", "", tuple(changes))
        try:
            rules.check(state, statement)
        except StillHasChildren as failure:
            raise _without_foreign_children(failure, scope) from failure


def _hung(changes: Sequence[Change]) -> list[str]:
    """Return the organisations, ``kind/code``, whose place in the management tree changes say.

    One that was never described hangs nowhere, so describing it says something about its place.
    """
    found = set()
    for change in changes:
        if isinstance(change, Attach | Detach) and change.relation == MANAGED:
            found.add(Thing(Kind.ORGANISATION, change.subject))
        elif not isinstance(change, Attach | Detach):
            found |= {one for one in about(change) if one.kind is Kind.ORGANISATION}
    return sorted(map(str, found))


def _without_foreign_children(failure: StillHasChildren, scope: Scope) -> StillHasChildren:
    """Return the failure without the codes of children that another hospital may have there."""
    if scope.organisations is None or TREE + str(failure.facts["tree"]) == MANAGED:
        return failure
    return StillHasChildren(where=failure.where, **{**failure.facts, "children": "…"})
