"""Tells one receiver what there is to tell: in order, again and again until it is acknowledged.

An event gets its number in the transaction that has seen that it may be told; what a receiver has
acknowledged is noted after it. Whatever dies in between is told again under the same numbers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from typing import Final, NamedTuple, Protocol

import asyncpg
import msgspec
import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError, from_record
from lianyi.base.sensitive import Sensitive
from lianyi.formats.fhir import json_text, xml_text
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections import projection_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.resources import unstamped
from lianyi.projections.clinical.service import ClinicalService
from lianyi.projections.clinical.subscriptions import subscription_store as store
from lianyi.projections.clinical.subscriptions.following import TYPE, Followed, Watches
from lianyi.projections.clinical.subscriptions.notifications import (
    Event,
    Kind,
    Standing,
    notification,
)
from lianyi.projections.clinical.subscriptions.problems import NotAllowedAnyMore, ReceiverSilent
from lianyi.projections.clinical.subscriptions.seeing import OPERATION, Seer, told_of
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.clinical.subscriptions.subscription_store import PactRow, SubscriptionRow
from lianyi.projections.clinical.writing import Intent, Wish
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import Seen, acting, platform, seen
from lianyi.security.acts import act
from lianyi.security.model import Access
from lianyi.security.sealed_store import hook_place
from lianyi.security.vault import Place, Vault

PERSONS_TOGETHER: Final = 500
_MEDIA: Final = {"json": "application/fhir+json", "xml": "application/fhir+xml"}

log = structlog.get_logger(__name__)

AccessOf = Callable[[PactRow, Collection[str]], Awaitable[Access | None]]


class Hook(Protocol):
    """Sends a notification to a receiver."""

    async def post(
        self,
        endpoint: str,
        body: bytes,
        *,
        media_type: str,
        headers: Sequence[tuple[str, str]],
        timeout_seconds: float,
    ) -> None:
        """Send, and return once the receiver has taken it.

        Raises:
            ReceiverSilent: it has not.
        """
        ...


class House(NamedTuple):
    """What telling needs of the platform.

    Attributes:
        pool: of the database; as the doors see it.
        log: for the trail.
        clock: the time now.
        ids: names entries.
        clinical: writes how a subscription stands.
        seer: says what is seen.
        access_of: says as whom a pact sees, now; None: it may see nothing.
        vault: opens headers.
        hook: sends.
        base: address of the doors, without a slash at the end.
        settings: how patiently.
    """

    pool: asyncpg.Pool
    log: PostgresLog
    clock: Clock
    ids: IdSource
    clinical: ClinicalService
    seer: Seer
    access_of: AccessOf
    vault: Callable[[], Awaitable[Vault]]
    hook: Hook
    base: str
    settings: SubscriptionSettings


class _Prepared(NamedTuple):
    """What is told next.

    Attributes:
        row: of the subscription.
        events: in order; none where nothing of what waited may be told.
        left: whether more may wait.
    """

    row: SubscriptionRow
    events: Sequence[Event]
    left: bool


class Deliverer:
    """Tells receivers."""

    def __init__(self, house: House, watches: Watches) -> None:
        """Tell, with what the platform has.

        Args:
            house: what is needed of it.
            watches: reads subscriptions.
        """
        self._of = house
        self._watches = watches

    async def work(self, row: SubscriptionRow) -> None:
        """Do for a subscription what there is to do now.

        Raises:
            LianyiError: the store cannot be reached; everything can be taken up again.
        """
        if row.state != "off":
            row = await self._told(row) or row
        if row.says != row.state and row.state != "requested":
            await self._mirror(row)

    async def _told(self, row: SubscriptionRow) -> SubscriptionRow | None:
        """Tell what waits; return how the subscription stands then, None where it is no more."""
        name, house = row.subscription, self._of
        followed = self._watches.followed(name, row.pact, row.resource)
        end = followed.wanted.end
        if end is not None and end <= house.clock.now():
            return await self._off(row, None)
        with acting(platform("clinical.read", OPERATION)):
            pact = await store.find_pact(house.pool, row.pact)
        access = await house.access_of(pact, followed.watch.types) if pact else None
        if pact is None or access is None:
            return await self._off(row, NotAllowedAnyMore(where=TYPE))
        with acting(access):
            try:
                await self._speak(row, followed)
            except ReceiverSilent as silent:
                await self._failed(row, silent)
        return await self._again(name)

    async def _again(self, name: str) -> SubscriptionRow | None:
        with acting(platform("clinical.read", OPERATION)):
            return await store.find(self._of.pool, name)

    async def _speak(self, row: SubscriptionRow, followed: Followed) -> None:
        """Say hello, then tell everything that waits, or that there is nothing.

        Raises:
            ReceiverSilent: the receiver has not taken something.
        """
        if row.state == "requested" and not await self._post(row, followed, "handshake", ()):
            return
        silent = row.state != "requested"
        while (prepared := await self._prepare(row, followed)) is not None:
            if prepared.events:
                silent = False
                row = prepared.row
                if not await self._post(row, followed, "event-notification", prepared.events):
                    return
            if not prepared.left:
                break
        if silent and self._heart_beats(row, followed):
            await self._post(row, followed, "heartbeat", ())

    def _heart_beats(self, row: SubscriptionRow, followed: Followed) -> bool:
        if row.state == "error":
            return True  # to hear whether the receiver is there again
        return heart_is_due(row, followed.wanted.heartbeat_seconds, self._of.clock)

    async def _prepare(self, row: SubscriptionRow, followed: Followed) -> _Prepared | None:
        """Give the next events their numbers, and write down whose data they tell of."""
        house, wanted = self._of, followed.wanted
        most = min(wanted.together_max or house.settings.together_max, house.settings.together_max)
        async with house.pool.acquire() as connection, connection.transaction():
            held = await store.lock(connection, row.subscription)
            if held is None or held.pact != row.pact or held.state == "off":
                return None
            events = await store.next_events(connection, held.subscription, held.told, limit=most)
            if not events:
                return None
            live = await projection_store.hold_live(connection, NAME)
            if live is None:
                raise ProjectionNotReady(where=NAME, name=NAME)
            with seen() as found:
                shown = await house.seer.seen(connection, live.schema, followed.watch, events)
            number, numbers = held.numbered, {}
            for one in events:
                if one.number is None and one.seq in shown:
                    number += 1
                    numbers[one.seq] = number
            unseen = [one.seq for one in events if one.number is None and one.seq not in shown]
            told = [
                one._replace(number=one.number or numbers[one.seq])
                for one in events
                if one.number is not None or one.seq in numbers
            ]
            last = told[-1].number or 0 if told else 0
            if last > held.trailed:
                acts = list(_told_acts(held.subscription, told[0].number or 0, last, found))
                for first in range(0, len(acts), 20):
                    await house.log.append_acts_within(connection, acts[first : first + 20])
            trailed = max(last, held.trailed)
            await store.number_events(
                connection, held.subscription, numbers, unseen, numbered=number, trailed=trailed
            )
        row = held._replace(numbered=number, trailed=trailed)
        return _Prepared(row, told_of(told, shown), left=len(events) == most)

    async def _post(
        self, row: SubscriptionRow, followed: Followed, kind: Kind, events: Sequence[Event]
    ) -> bool:
        """Tell a receiver something; say whether it is still to be told more.

        Raises:
            ReceiverSilent: it has not taken it.
        """
        house, wanted = self._of, followed.wanted
        last = events[-1].number if events else row.told
        shown_state = row.state if row.state == "requested" else "active"
        bundle = notification(
            Standing(row.subscription, wanted.topic, shown_state, max(last, row.told)),
            kind,
            events,
            content=wanted.content,
            base=house.base,
            name=house.ids.new_id(),
            at=house.clock.now(),
        )
        body = xml_text.write(bundle) if wanted.form == "xml" else json_text.write(bundle)
        limit = house.settings.timeout_seconds
        await house.hook.post(
            wanted.endpoint,
            body,
            media_type=_MEDIA[wanted.form],
            headers=await self._headers(row),
            timeout_seconds=min(wanted.timeout_seconds or limit, limit),
        )
        async with house.pool.acquire() as connection, connection.transaction():
            return await store.acknowledged(
                connection, row.subscription, row.pact, told=last, at=house.clock.now()
            )

    async def _headers(self, row: SubscriptionRow) -> list[tuple[str, str]]:
        sealed = await store.secret_of(self._of.pool, row.pact)
        if sealed is None:
            return []
        return opened(await self._of.vault(), sealed, hook_place(row.pact))

    async def _failed(self, row: SubscriptionRow, silent: ReceiverSilent) -> None:
        house, settings = self._of, self._of.settings
        wait = settings.first_wait_seconds * 2.0 ** min(row.failures, 30)
        due = house.clock.now() + timedelta(seconds=min(wait, settings.longest_wait_seconds))
        async with house.pool.acquire() as connection, connection.transaction():
            await store.failed(
                connection,
                row.subscription,
                row.pact,
                due_at=due,
                failures_max=settings.failures_max,
                error=silent.record(),
            )
        log.info("subscription.not_taken", failures=row.failures + 1)

    async def _off(self, row: SubscriptionRow, why: LianyiError | None) -> SubscriptionRow | None:
        """Let a subscription be off, and write that down."""
        house = self._of
        with acting(platform("clinical.read", OPERATION)):
            async with house.pool.acquire() as connection, connection.transaction():
                await store.set_state(
                    connection, row.subscription, "off", why.record() if why else None
                )
                facts = {"subscription": row.subscription} | ({"code": why.code} if why else {})
                await house.log.append_act_within(connection, act("subscription.ended", facts))
            return await store.find(house.pool, row.subscription)

    async def _mirror(self, row: SubscriptionRow) -> None:
        """Write into the resource how the subscription stands."""
        resource = unstamped(json_text.read(row.resource))
        resource = {name: value for name, value in resource.items() if name != "error"}
        resource["status"] = row.state
        if text := words_of(row):
            resource["error"] = text
        intent = Intent(TYPE, row.subscription, resource, row.version, where=TYPE)
        wish = Wish([row.channel], "platform", row.channel, intents=[intent])
        with acting(platform("clinical.write", OPERATION)):
            try:
                await self._of.clinical.write_subscription(wish)
            except LianyiError as problem:  # it has changed meanwhile, or is written the next time
                log.info("subscription.not_mirrored", code=problem.code)


def heart_is_due(row: SubscriptionRow, heartbeat_seconds: int, clock: Clock) -> bool:
    """Tell whether a receiver is to hear that there is nothing."""
    if row.state != "active" or not heartbeat_seconds or row.spoken_at is None:
        return False
    return clock.now() - row.spoken_at >= timedelta(seconds=heartbeat_seconds)


def words_of(row: SubscriptionRow) -> str:
    """Return why a subscription is in error or off; empty: it is not, or nobody knows."""
    if row.error is None or row.state not in ("error", "off"):
        return ""
    return str(from_record(row.error))


def sealed_headers(vault: Vault, headers: Sequence[tuple[str, str]], place: Place) -> bytes:
    """Return headers sealed."""
    return vault.seal(Sensitive(msgspec.json.encode(list(headers))), place)


def opened(vault: Vault, sealed: bytes, place: Place) -> list[tuple[str, str]]:
    """Return headers that were sealed."""
    return msgspec.json.decode(vault.open(sealed, place).reveal(), type=list[tuple[str, str]])


def _told_acts(subscription: str, first: int, last: int, found: Seen) -> list[NewMessage]:
    """Return the acts that say whose data a receiver is told of."""
    facts = {"subscription": subscription, "first": first, "last": last}
    return [
        act(
            "subscription.notified", facts, channel=channel, whose=whose[at : at + PERSONS_TOGETHER]
        )
        for channel, whose in found.by_channel().items()
        for at in range(0, max(len(whose), 1), PERSONS_TOGETHER)
    ]
