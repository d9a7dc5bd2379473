"""Notices what subscriptions may have to tell of, in the order of the log.

What the repository has learned is looked at message by message, by a reader of its own that moves
in the transaction that keeps the events. So each change is noticed once, whatever dies when. A
Subscription is a resource of the log as well: it is followed from where it was learned, and only
where it is what somebody was allowed to subscribe to.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final, NamedTuple
from uuid import UUID

import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import fhirpath, json_text
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.ids import resource_number
from lianyi.projections.clinical.subscriptions import subscription_store as store
from lianyi.projections.clinical.subscriptions import version_store, wanting
from lianyi.projections.clinical.subscriptions.matching import Rules, State, Watch
from lianyi.projections.clinical.subscriptions.problems import unusable
from lianyi.projections.clinical.subscriptions.subscription_store import PactRow
from lianyi.projections.clinical.subscriptions.topics import TopicBook, Topics
from lianyi.projections.clinical.subscriptions.version_store import Changed
from lianyi.projections.clinical.subscriptions.wanting import Wanted

TYPE: Final = "Subscription"
SPAN: Final = 2_000
"""So many messages are looked at in one transaction at most."""
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

log = structlog.get_logger(__name__)


class Followed(NamedTuple):
    """A subscription that is followed.

    Attributes:
        pact: by which.
        wanted: what it asks for.
        watch: what it wants to hear of.
    """

    pact: UUID
    wanted: Wanted
    watch: Watch


class Watches:
    """Reads subscriptions, and remembers those that it has read."""

    def __init__(self, book: TopicBook, clock: Clock, zone: tzinfo, *, base: str) -> None:
        """Read them by the topics of a book.

        Args:
            book: the topics there are.
            clock: the time now.
            zone: of dates that say none.
            base: address of the doors, without a slash at the end.
        """
        self._book = book
        self._clock = clock
        self.zone = zone
        self._base = base
        self._known: dict[str, Followed] = {}
        self._topics: Topics | None = None

    def read(self, wanted: Wanted) -> Watch:
        """Return what a subscription wants to hear of.

        Raises:
            UnusableSubscription: there is no such topic, or a filter is none that it offers.
            LianyiError: a filter cannot be read.
        """
        url, _, _ = wanted.topic.partition("|")
        topic = self._book.topics.by_url.get(url)
        if topic is None:
            raise unusable(
                "Subscription.criteria",
                "there is no such topic; the CapabilityStatement lists them",
                "没有该主题；可用主题见 CapabilityStatement",
            )
        return Watch(topic, wanted.filters, Rules(self.zone, self._base, self._clock.now()))

    def followed(self, subscription: str, pact: UUID, resource: bytes) -> Followed:
        """Return a subscription as it is followed; see :meth:`read`."""
        if self._topics is not self._book.topics:
            self._topics = self._book.topics
            self._known.clear()
        known = self._known.get(subscription)
        if known is None or known.pact != pact:
            wanted = wanting.read(json_text.read(resource))
            known = self._known[subscription] = Followed(pact, wanted, self.read(wanted))
        return known

    def forget(self, subscription: str) -> None:
        """Let go of a subscription that is no more."""
        self._known.pop(subscription, None)


class Noticer:
    """Looks at what was learned, and keeps what there is to tell."""

    def __init__(self, watches: Watches) -> None:
        """Look for what these watch."""
        self._watches = watches

    async def step(self, connection: Connection) -> bool:
        """Look at the next messages of each shard; say whether there is anything new to do.

        Args:
            connection: not in a transaction; as the platform.
        """
        found = False
        async with connection.transaction():
            at = await store.reader(connection)
            progress = await projection_store.progress(connection, NAME)
            if progress is None or progress[0].shape != table_store.SHAPE:
                return False
            ends = {shard: end for shard, end in progress[1].items() if shard is not None}
            if not at:
                await self._begin(connection, ends)
                return False
        for shard, end in sorted(ends.items()):
            while at.get(shard, 0) < end:
                to = min(at.get(shard, 0) + SPAN, end)
                async with connection.transaction():
                    at[shard], anything = await self._look(connection, shard, to)
                found |= anything
        return found

    @staticmethod
    async def _begin(connection: Connection, ends: dict[int, int]) -> None:
        """Begin here and now; what was subscribed to before is followed all the same."""
        for shard, end in ends.items():
            await store.move(connection, shard, 0 if shard == ACTS else end)

    async def _look(self, connection: Connection, shard: int, to: int) -> tuple[int, bool]:
        """Look at the next messages of a shard; return how far, and whether there was anything.

        It goes no further than the next Subscription: what comes behind is looked at with it.
        """
        after = (await store.reader(connection)).get(shard, 0)
        live = await projection_store.hold_live(connection, NAME)
        if live is None or after >= to:
            return max(after, to), False
        following = await self._following(connection)
        types = {TYPE}.union(*(one.watch.types for one in following.values()))
        rows = await version_store.changed(
            connection, live.schema, types, shard=shard, after=after, to=to
        )
        first = next((row.number for row in rows if row.type == TYPE), to)
        rows = [row for row in rows if row.number <= first]
        events = [(name, row) for row in rows for name in self._wanting(following, row)]
        await store.add_events(connection, shard, events)
        for row in rows:
            if row.type == TYPE:
                await self._subscription(connection, row)
        await store.move(connection, shard, first)
        return first, bool(events) or first < to or any(row.type == TYPE for row in rows)

    async def _following(self, connection: Connection) -> dict[str, Followed]:
        """Return the subscriptions that are on; one that cannot be read any more is off."""
        found = {}
        for row in await store.list_on(connection):
            try:
                found[row.subscription] = self._watches.followed(
                    row.subscription, row.pact, row.resource
                )
            except LianyiError as problem:
                await store.set_state(connection, row.subscription, "off", problem.record())
        return found

    def _wanting(self, following: dict[str, Followed], row: Changed) -> list[str]:
        """Return the subscriptions that a change is to be told to."""
        zone = self._watches.zone
        before = State(row.rid, row.before_at or _NEVER, row.before, zone)
        after = State(row.rid, row.updated_at, row.body, zone)
        wanting_ = []
        for name, one in following.items():
            try:
                if one.watch.wants(row.type, before, after):
                    wanting_.append(name)
            except fhirpath.FhirPathError as error:
                log.warning("subscription.not_judged", topic=one.watch.topic.url, code=error.code)
        return wanting_

    async def _subscription(self, connection: Connection, row: Changed) -> None:
        """Follow what somebody has subscribed to, or follow it no more."""
        known = await store.find(connection, row.id)
        if not row.body:
            await store.drop(connection, row.id)
            self._watches.forget(row.id)
            return
        resource = json_text.read(row.body)
        pact = await self._pact(connection, row)
        says = str(resource.get("status"))
        if pact is None:
            if known is not None:  # somebody who was not asked has put something else there
                await store.set_state(connection, row.id, "off", None)
        elif known is not None and known.pact == pact.pact:
            await store.note_version(
                connection, row.id, resource=row.body, version=row.version, says=says
            )
        else:
            await store.put(
                connection,
                pact,
                channel=row.channel,
                resource=row.body,
                version=row.version,
                says=says,
                state="off" if says == "off" else "requested",
            )

    @staticmethod
    async def _pact(connection: Connection, row: Changed) -> PactRow | None:
        """Return by which pact a resource is to be followed; None: by none."""
        resource = json_text.read(row.body)
        try:
            pact = await store.find_pact(connection, UUID(wanting.pact_of(resource)))
            is_his = pact is not None and wanting.read(resource).digest == pact.digest
        except (ValueError, LianyiError):
            return None
        named = resource_number(TYPE, row.id) == row.rid
        return pact if is_his and pact and pact.subscription == row.id and named else None
