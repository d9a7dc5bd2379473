"""Subscriptions as whoever subscribes meets them; each use case is one method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.projections import projection_store
from lianyi.projections.clinical import sending
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.permitted import WRITE, permitted
from lianyi.projections.clinical.resources import names_topic
from lianyi.projections.clinical.sending import Conditions, kept
from lianyi.projections.clinical.service import ClinicalService, Written, wish_of, written_of
from lianyi.projections.clinical.subscriptions import notifications, wanting
from lianyi.projections.clinical.subscriptions import subscription_store as store
from lianyi.projections.clinical.subscriptions.delivering import (
    opened,
    sealed_headers,
    words_of,
)
from lianyi.projections.clinical.subscriptions.following import TYPE, Watches
from lianyi.projections.clinical.subscriptions.notifications import Standing
from lianyi.projections.clinical.subscriptions.problems import (
    NoSuchSubscription,
    TooManySubscriptions,
    unusable,
)
from lianyi.projections.clinical.subscriptions.seeing import (
    OPERATION,
    Seer,
    acting_now,
    check_scopes,
    told_of,
)
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.clinical.subscriptions.subscription_store import PactRow, SubscriptionRow
from lianyi.projections.clinical.subscriptions.topics import TopicBook
from lianyi.projections.clinical.subscriptions.wanting import SEALED, Content, Wanted
from lianyi.projections.clinical.writing import Intent
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import acting, current, platform
from lianyi.security.sealed_store import hook_place
from lianyi.security.vault import Place, Vault

EVENTS_MAX: Final = 100
"""So many events ``$events`` tells of at once."""

Resource = Mapping[str, Any]


class SubscriptionsService:
    """Begins and ends subscriptions, and tells how they stand."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        clock: Clock,
        ids: IdSource,
        *,
        clinical: ClinicalService,
        seer: Seer,
        watches: Watches,
        book: TopicBook,
        vault: Callable[[], Awaitable[Vault]],
        base: str,
        settings: SubscriptionSettings,
    ) -> None:
        """Answer for subscriptions.

        Args:
            pool: of the database; as the doors see it.
            clock: the time now.
            ids: names subscriptions and pacts.
            clinical: writes resources.
            seer: says what of events is seen.
            watches: reads subscriptions.
            book: the topics there are.
            vault: seals headers.
            base: address of the doors, without a slash at the end.
            settings: whom may be told.
        """
        self._pool = pool
        self._clock = clock
        self._ids = ids
        self._clinical = clinical
        self._seer = seer
        self._watches = watches
        self._vault = vault
        self.book = book
        self._base = base
        self._settings = settings

    async def subscribe(
        self, sent: Resource, conditions: Conditions, *, id_: str = "", channel: str = ""
    ) -> Written:
        """Begin a subscription, or let one be another.

        One that names no topic, but holds a search as R4 has it, is kept as any resource, and
        nobody is told.

        Args:
            sent: the Subscription.
            conditions: which version must stand.
            id_: of the address; empty: the platform chooses one.
            channel: whose it is; see :meth:`ClinicalService.create`.

        Raises:
            UnusableSubscription, ReceiverNotAllowed: it cannot be followed.
            OutsideOfScopes: an app may not read what it tells of.
            NoSuchSubscription: somebody else's has this id.
            TooManySubscriptions: as many are on as may be.
        """
        if sent.get("resourceType") != TYPE or (id_ and sent.get("id") != id_):
            raise unusable(
                "Subscription.id", "it is not the one of the address", "与地址中的资源不一致"
            )
        if not names_topic(sent):
            return await self._keep(sent, conditions, id_, channel)
        sending.check(dict(sent))
        wanted = wanting.read(sent)
        wanting.check_receiver(wanted.endpoint, self._settings.hosts)
        check_scopes(current().actor.granted, self._watches.read(wanted).types)
        before = await self._before(id_) if id_ else None
        if before is None and await store.running(self._pool) >= self._settings.subscriptions_max:
            raise TooManySubscriptions(where=TYPE, most=self._settings.subscriptions_max)
        name = id_ or str(self._ids.new_id())
        pact = self._ids.new_id()
        sealed = await self._sealed(sent, wanted, hook_place(pact), before)
        access = current()
        row = PactRow(pact, name, access.actor.account, acting_now(access), wanted.digest)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.add_pact(connection, row, self._clock.now(), sealed)
        intent = Intent(
            TYPE,
            name,
            kept(wanting.covered(sent, str(pact)), name),
            conditions.if_match,
            only_new=conditions.if_none_match == -1 or not id_,
            where=TYPE,
        )
        return await self._written(intent, channel)

    async def _keep(
        self, sent: Resource, conditions: Conditions, id_: str, channel: str
    ) -> Written:
        """Keep what is not followed."""
        if id_:
            await self._before(id_)
        with permitted(WRITE, where=TYPE):
            if id_:
                return await self._clinical.update(TYPE, id_, sent, conditions, channel=channel)
            return await self._clinical.create(TYPE, sent, channel=channel)

    async def _written(self, intent: Intent, channel: str) -> Written:
        whose = await self._clinical.belonging.whose_of([intent], channel=channel)
        made = await self._clinical.write_subscription(wish_of(whose, [intent]))
        return written_of(intent, made)

    async def _before(self, id_: str) -> PactRow | None:
        """Return by which pact a subscription was followed; None: by none.

        Raises:
            NoSuchSubscription: it is somebody else's.
        """
        with acting(platform("clinical.read", OPERATION)):
            pact = await store.latest_pact(self._pool, id_)
        if pact is not None and pact.account != current().actor.account:
            raise NoSuchSubscription(where=TYPE)
        return pact

    async def _sealed(
        self, sent: Resource, wanted: Wanted, place: Place, before: PactRow | None
    ) -> bytes | None:
        """Return the headers sealed; one that says ``***`` stays as it was, to the same receiver.

        Raises:
            UnusableSubscription: it was not there, or went to another receiver.
        """
        headers = wanting.headers_of(sent)
        if not headers:
            return None
        vault = await self._vault()
        if any(value == SEALED for _, value in headers):
            old = await self._kept(vault, wanted, before)
            headers = [(name, old.get(name, value)) for name, value in headers]
            if any(value == SEALED for _, value in headers):
                raise unusable(
                    "Subscription.channel.header",
                    "what a header says must be sent again where the receiver is another one",
                    "更换接收方时须重新提供请求头内容",
                )
        return sealed_headers(vault, headers, place)

    async def _kept(self, vault: Vault, wanted: Wanted, before: PactRow | None) -> dict[str, str]:
        row = await store.find(self._pool, before.subscription) if before else None
        if before is None or row is None or row.pact != before.pact:
            return {}
        told = wanting.read(sending.text_of(row.resource, xml=False)).endpoint
        sealed = await store.secret_of(self._pool, before.pact)
        if sealed is None or told != wanted.endpoint:
            return {}
        return dict(opened(vault, sealed, hook_place(before.pact)))

    async def unsubscribe(self, id_: str, conditions: Conditions) -> None:
        """End a subscription; the resource is deleted.

        Raises:
            NoSuchSubscription: there is none of whoever asks.
        """
        if await self._before(id_) is None:
            with permitted(WRITE, where=TYPE):
                await self._clinical.delete(TYPE, id_, conditions)
            return
        await self._written(Intent(TYPE, id_, None, conditions.if_match, where=TYPE), "")

    async def status(self, id_: str) -> dict[str, Any]:
        """Return how a subscription stands, as ``$status`` answers.

        Raises:
            NoSuchSubscription: there is none of whoever asks.
        """
        row = await self._find(id_)
        standing = Standing(id_, self._topic(row), row.state, row.numbered, words_of(row))
        return notifications.standing_bundle(standing, base=self._base, name=self._ids.new_id())

    async def events(
        self, id_: str, *, since: int, until: int | None, content: Content | None
    ) -> dict[str, Any]:
        """Return events again, as far as whoever asks may see them now; at most so many.

        Args:
            id_: of the subscription.
            since: the number of the first.
            until: of the last; None: of the newest.
            content: how much of them; None: as the subscription says.

        Raises:
            NoSuchSubscription: there is none of whoever asks.
            OutsideOfScopes: an app asks that may not read what it tells of.
        """
        row = await self._find(id_)
        followed = self._watches.followed(id_, row.pact, row.resource)
        check_scopes(current().actor.granted, followed.watch.types)
        last = row.numbered if until is None else min(until, row.numbered)
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_live_to_read(connection, NAME)
            if live is None:
                raise ProjectionNotReady(where=NAME, name=NAME)
            found = await store.numbered_events(
                connection, id_, since=since, until=last, limit=EVENTS_MAX
            )
            shown = await self._seer.seen(connection, live.schema, followed.watch, found)
        return notifications.notification(
            Standing(id_, followed.wanted.topic, row.state, row.numbered, words_of(row)),
            "query-event",
            told_of(found, shown),
            content=content or followed.wanted.content,
            base=self._base,
            name=self._ids.new_id(),
            at=self._clock.now(),
        )

    async def _find(self, id_: str) -> SubscriptionRow:
        row = await store.find(self._pool, id_)
        if row is None or row.account != current().actor.account:
            raise NoSuchSubscription(where=TYPE)
        granted = current().actor.granted
        with acting(platform("clinical.read", OPERATION)):
            pact = await store.find_pact(self._pool, row.pact)
        if pact is None or pact.acting["app"] != (granted.app if granted else ""):
            raise NoSuchSubscription(where=TYPE)
        if granted is not None and pact.acting["patient"] != granted.patient:
            raise NoSuchSubscription(where=TYPE)
        return row

    @staticmethod
    def _topic(row: SubscriptionRow) -> str:
        topic = ""
        with suppress(Exception):
            topic = wanting.read(sending.text_of(row.resource, xml=False)).topic
        return topic
