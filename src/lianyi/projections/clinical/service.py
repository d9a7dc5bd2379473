"""What is changed over REST: each use case is one method.

The door checks and decides, the log records what was decided, the repository learns it, and the
answer is given once it can be read: whoever writes reads his own writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import asyncpg

from lianyi.base.clock import IdSource
from lianyi.formats.fhir import json_text
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical import app_writes, read_store, records, sending
from lianyi.projections.clinical.belonging import Belonging, Whose
from lianyi.projections.clinical.patching import Patch
from lianyi.projections.clinical.persons import for_app
from lianyi.projections.clinical.problems import (
    NotOffered,
    NotWholeRecord,
    SeveralMatch,
    UnreadableResource,
    VersionConflict,
    cannot_patch,
    unreadable,
)
from lianyi.projections.clinical.reading import Reading, check_type
from lianyi.projections.clinical.resources import stamped
from lianyi.projections.clinical.sending import Conditions, kept
from lianyi.projections.clinical.writing import Intent, Made, Resolve, Wish, Writer
from lianyi.projections.identity.follow import NAME as INDEX
from lianyi.projections.waiting import until_learned
from lianyi.security.access import current, shows
from lianyi.security.privacy.service import Privacy

Resource = Mapping[str, Any]

OF_APP_MAX = 1_000
"""Among so many that criteria mean an app's own is sought."""


class Find(Protocol):
    """Finds resources by criteria, as whoever asks may see them."""

    async def __call__(
        self,
        connection: Connection,
        schema: str,
        type_: str,
        query: Sequence[tuple[str, str]],
        *,
        limit: int,
    ) -> list[int]:
        """Return the numbers of resources of a type that fulfil every criterion.

        Raises:
            LianyiError: a criterion is unknown, or cannot be read.
        """
        ...


class Written(NamedTuple):
    """What became of a write of one resource.

    Attributes:
        type, id, version, updated_at: of the resource now.
        created: whether nothing stood there before.
        body: its JSON; empty: it is no more, or was left as it was.
    """

    type: str
    id: str
    version: int
    updated_at: datetime | None
    created: bool
    body: bytes


class ClinicalService(Reading):
    """Reads and changes resources."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        ids: IdSource,
        *,
        privacy: Privacy,
        find: Find | None = None,
    ) -> None:
        """Answer from the version in force; see :class:`Reading`.

        Args:
            pool: of the database; as the doors see it.
            log: for what is written.
            ids: gives ids to new resources.
            privacy: decides how patients are seen.
            find: finds resources by criteria; None: conditional writes are not offered.
        """
        super().__init__(pool, privacy=privacy)
        self._ids = ids
        self._find = find
        self.belonging = Belonging(pool)
        self._writer = Writer(pool, log)

    # --- one resource ---------------------------------------------------------------------------

    async def create(self, type_: str, sent: Resource, *, channel: str = "") -> Written:
        """Keep a new resource; the platform chooses its id.

        Args:
            type_: of the door; the resource must be of it.
            sent: as sent.
            channel: whose it is; empty: of the channel that brought its patient, or else of one
                of the organisation of whoever writes.

        Raises:
            UnreadableResource: it is of another type.
            NobodysResource: it cannot be said whose it is.
        """
        self._check_type(type_, sent)
        id_ = self.new_id()
        intent = Intent(type_, id_, kept(sent, id_), only_new=True, where=type_)
        return await self._write_one(intent, channel)

    async def update(
        self, type_: str, id_: str, sent: Resource, conditions: Conditions, *, channel: str = ""
    ) -> Written:
        """Let a resource stand as it was sent, whether there was one or not.

        Raises:
            UnreadableResource: it is of another type, or has another id.
            VersionConflict: another version stands than the one that is meant.
            TakenId: somebody else's resource has this id.
            NobodysResource: it is new, and it cannot be said whose it is.
        """
        self._check_type(type_, sent)
        if sent.get("id") != id_:
            raise unreadable(
                f"{type_}.id",
                "the id in the resource is not the one in the address",
                "资源中的 id 与地址中的不一致",
            )
        intent = Intent(
            type_,
            id_,
            kept(sent, id_),
            conditions.if_match,
            only_new=conditions.if_none_match == -1,
            where=type_,
        )
        return await self._write_one(intent, channel)

    async def patch(self, type_: str, id_: str, patch: Patch, conditions: Conditions) -> Written:
        """Change a resource as a patch says; see :meth:`patched`."""
        check_type(type_)

        async def resolve() -> list[Intent]:
            return [await self.patched(type_, id_, patch, conditions.if_match, where=type_)]

        _, resource = await self.read_whole(type_, id_)
        whose = await self.belonging.whose_of([Intent(type_, id_, resource)])
        wish = wish_of(whose, [])
        wish.criteria, wish.resolve = frozenset({f"{type_}/{id_}"}), resolve
        (made,) = await self.write(wish)
        (intent,) = wish.intents
        return written_of(intent, made)

    async def delete(self, type_: str, id_: str, conditions: Conditions) -> Written:
        """Delete a resource; one that is not there is as deleted as can be.

        Raises:
            VersionConflict: another version stands than the one that is meant.
            NoSuchResource: it is somebody else's.
        """
        check_type(type_)
        return await self._write_one(Intent(type_, id_, None, conditions.if_match, where=type_), "")

    # --- by criteria, and by patch --------------------------------------------------------------

    def new_id(self) -> str:
        """Return an id that nobody has."""
        return str(self._ids.new_id())

    async def meant(self, type_: str, criteria: str, *, where: str) -> Written | None:
        """Return the one resource that criteria mean; None: there is none.

        Args:
            type_: of the resource.
            criteria: ``Type?query``; empty: none are given.
            where: named when it cannot be said.

        Raises:
            SeveralMatch: there are several, or the criteria mean anything.
        """
        if not criteria:
            return None
        query = parse_qsl(criteria.partition("?")[2], keep_blank_values=True)
        if not query:
            raise SeveralMatch(where=where)
        if self._find is None:
            raise NotOffered(
                where=where,
                why="conditional writes are not offered",
                why_zh="不支持按条件写入",
            )
        async with self.reading() as (connection, schema):
            most = 2 if current().actor.granted is None else OF_APP_MAX
            rids = await self._find(connection, schema, type_, query, limit=most)
            found = await read_store.list_kept(connection, schema, rids)
            found = await for_app(connection, schema, found)
            if len(found) > 1:
                raise SeveralMatch(where=where)
        for one in found:
            return Written(one.type, one.id, one.version, one.updated_at, False, one.body)
        return None

    async def patched(
        self, type_: str, id_: str, patch: Patch, if_match: int | None, *, where: str
    ) -> Intent:
        """Return what becomes of a resource by a patch, as it stands now.

        Raises:
            NoSuchResource, ResourceGone: it is not there.
            NotWholeRecord: parts of it are hidden from whoever asks.
            VersionConflict: another version stands than the one that is meant.
            CannotPatch: the patch does not fit, or what would come of it is no resource.
        """
        stands, resource = await self.read_whole(type_, id_)
        if if_match is not None and if_match != stands:
            raise VersionConflict(where=where, version=stands)
        made = patch(resource)
        if made.get("id") != id_ or made.get("resourceType") != type_:
            raise cannot_patch(where, "it changes type or id", "补丁改变了资源类型或 id")
        try:
            sending.check(made)
        except UnreadableResource as failure:
            told = failure.facts
            raise cannot_patch(failure.where, str(told["why"]), str(told["why_zh"])) from failure
        return Intent(type_, id_, kept(made, id_), stands, where=where)

    @staticmethod
    def _check_type(type_: str, sent: Resource) -> None:
        check_type(type_)
        if sent.get("resourceType") != type_:
            raise unreadable(
                "resourceType",
                f"the resource is no {type_}, as the address says",
                f"资源不是地址所指的 {type_}",
            )

    async def _write_one(self, intent: Intent, channel: str) -> Written:
        whose = await self.belonging.whose_of([intent], channel=channel)
        (made,) = await self.write(wish_of(whose, [intent]))
        return written_of(intent, made)

    # --- what every write does ------------------------------------------------------------------

    async def write(self, wish: Wish) -> list[Made]:
        """Do what somebody wants; see :meth:`Writer.write`. The index learns of Patients, too.

        Raises:
            OutsideOfScopes, OutsideOfPatient: an app may not; see :mod:`.app_writes`.
        """
        if current().actor.granted is not None:
            wish.resolve = self._judged(wish)
        made = await self._writer.write(wish)
        if wish.position is not None and any(one.type == "Patient" for one in wish.intents):
            await until_learned(self._pool, INDEX, wish.position)
        shows(wish.channel or 0, wish.patients)
        return made

    async def write_subscription(self, wish: Wish) -> Made:
        """Write what was checked as subscriptions are; see :mod:`.subscriptions`."""
        wish.subscribes = True
        (made,) = await self._writer.write(wish)
        return made

    async def write_definition(self, wish: Wish) -> Made:
        """Write what was checked as definitions of the house are; see :mod:`.definitions`."""
        wish.defines = True
        (made,) = await self._writer.write(wish)
        return made

    def _judged(self, wish: Wish) -> Resolve:
        """Return what finds in a round what an app wants, and refuses what it may not."""
        resolve = wish.resolve

        async def judged() -> Sequence[Intent]:
            intents = await resolve() if resolve else wish.intents
            async with self.reading() as (connection, schema):
                await app_writes.check(connection, schema, intents)
            return intents

        return judged

    async def read_whole(self, type_: str, id_: str) -> tuple[int, dict[str, Any]]:
        """Return a resource to be changed, and its version.

        Raises:
            NoSuchResource, ResourceGone: it is not there.
            NotWholeRecord: parts of it are hidden from whoever asks.
        """
        shown = await self.read(type_, id_)
        if shown.body != shown.kept.body:
            raise NotWholeRecord(where=type_)
        return shown.kept.version, json_text.read(shown.body)


def wish_of(whose: Whose, intents: Sequence[Intent]) -> Wish:
    """Return what somebody wants, with what the index is told of it."""
    sender = current().actor.name

    def told(done: Sequence[Intent], channel: int) -> list[NewMessage]:
        return [
            message
            for one in done
            if one.type == "Patient" and one.resource is not None
            for message in records.telling(one.resource, channel=channel, sender=sender)
        ]

    return Wish(
        whose.channels,
        sender,
        whose.channel,
        patients=whose.patients,
        intents=intents,
        told=told,
    )


def written_of(intent: Intent, made: Made) -> Written:
    """Return what became of a write, with what can now be read."""
    body = b""
    if intent.resource is not None and made.updated_at is not None:
        body = json_text.write(stamped(intent.resource, made.version, made.updated_at))
    return Written(made.type, made.id, made.version, made.updated_at, made.created, body)
