"""What people do about channels and deliveries; each use case is one method.

An act is a message too: it is appended to the log in the transaction that changes what it is about,
so what people decided is known for ever and the log's past is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels import act_store
from lianyi.channels.catalogue import Catalogue
from lianyi.channels.count_store import Range
from lianyi.channels.counting import NOTHING, Counted, count_replay
from lianyi.channels.failures import Erased, OtherShard
from lianyi.channels.queries import Queries
from lianyi.channels.read_store import ChannelRecord, DestinationRecord
from lianyi.channels.replay_listing import NoSuchReplay
from lianyi.channels.search import first_at, utc
from lianyi.channels.views import (
    ChannelCard,
    DeliveryRow,
    DryRun,
    ReplayFilter,
    ReplayView,
    Wanted,
)
from lianyi.messagelog.message import LogMessage, NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.verify import REPAIRED
from lianyi.security.access import current
from lianyi.security.acts import act as act_of

SAMPLE = 20


class NothingToDecide(LianyiError):
    """A delivery does not wait for a person; it never did, or somebody else was faster."""

    code = "LY-1624"
    category = Category.CONFLICT
    en = Told(
        "this delivery does not wait for a person any more",
        "it is {state} now",
        "reload the page; perhaps somebody else has dealt with it",
    )
    zh = Told("该投递已不需要人工处理", "当前状态为 {state}", "刷新页面；可能已有人处理")


class NoSuchDelivery(LianyiError):
    """There is nothing to decide about a message and a destination."""

    code = "LY-1625"
    category = Category.NOT_FOUND
    en = Told(
        "there is no such delivery to decide about",
        "the message is not parked for this destination",
        "look at the message's own page",
    )
    zh = Told("没有这条待处理的投递", "该消息在此目的端没有待处理记录", "请查看该消息的详情页")


class CannotRepair(LianyiError):
    """An edited message cannot be written in the codec of the original."""

    code = "LY-1626"
    category = Category.INVALID
    en = Told(
        "cannot send this text",
        "it has characters that {codec} lacks, or the original is no text",
        "use only characters that the original's codec knows",
    )
    zh = Told(
        "无法发送该文本",
        "其中有 {codec} 不支持的字符，或原消息不是文本",
        "请只使用原消息字符集支持的字符",
    )


class NothingToReplay(LianyiError):
    """No message fits the filter of a replay."""

    code = "LY-1627"
    category = Category.INVALID
    en = Told("nothing to replay", "no message fits the filter", "widen the filter")
    zh = Told("没有可重放的消息", "没有符合条件的消息", "放宽过滤条件")


class NotRunning(LianyiError):
    """A replay cannot be stopped, because it does not run."""

    code = "LY-1628"
    category = Category.CONFLICT
    en = Told("this replay does not run", "it is {state}", "nothing to do")
    zh = Told("该重放任务未在运行", "当前状态为 {state}", "无需处理")


class Actions:
    """Changes what people may change."""

    def __init__(
        self, queries: Queries, pool: asyncpg.Pool, log: PostgresLog, clock: Clock, ids: IdSource
    ) -> None:
        self._queries = queries
        self._pool = pool
        self._log = log
        self._clock = clock
        self._ids = ids

    # ---- deliveries ----------------------------------------------------------------------------

    async def resend(
        self, destination: int, position: Position, *, reason: str, repaired: str | None
    ) -> DeliveryRow:
        """Try a parked delivery again.

        Args:
            destination: number.
            position: of the message.
            reason: may be empty.
            repaired: text to send instead; None sends the message as it came.

        Raises:
            NoSuchDelivery, NothingToDecide: it is not parked.
            CannotRepair: the text does not fit the message's codec.
            Masked: he sees the message masked.
        """
        return await self._decide(
            "delivery.resent", destination, position, "resend", reason=reason, repaired=repaired
        )

    async def dismiss(self, destination: int, position: Position, *, reason: str) -> DeliveryRow:
        """Give a parked delivery up; raises as :meth:`resend` does."""
        return await self._decide(
            "delivery.dismissed", destination, position, "dismissed", reason=reason
        )

    async def release(
        self, position: Position, *, reason: str, repaired: str | None
    ) -> DeliveryRow:
        """Let a message through that the gate holds; raises as :meth:`resend` does."""
        gate = await self._gate(position)
        return await self._decide(
            "message.released", gate, position, "resend", reason=reason, repaired=repaired
        )

    async def dismiss_held(self, position: Position, *, reason: str) -> DeliveryRow:
        """Never deliver a message that the gate holds; raises as :meth:`resend` does."""
        gate = await self._gate(position)
        return await self._decide("message.dismissed", gate, position, "dismissed", reason=reason)

    async def _gate(self, position: Position) -> int:
        """Return the number under which the gate of a message's channel keeps it."""
        found = await self._queries.store.entries([position])
        if not found or found[0].channel == 0:
            raise NoSuchDelivery(where=str(position))
        return -found[0].channel

    async def _decide(
        self,
        act: str,
        destination: int,
        position: Position,
        state: str,
        *,
        reason: str,
        repaired: str | None = None,
    ) -> DeliveryRow:
        catalogue = await self._queries.catalogue()
        channel = self._channel_of(catalogue, destination)
        if channel is None:  # also when it is out of reach
            raise NoSuchDelivery(where=str(position))
        repair = await self._repair(position, repaired) if repaired is not None else None
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            found = await act_store.lock_exception(connection, destination, position)
            if found is None:
                raise NoSuchDelivery(where=str(position))
            if found != "parked":
                raise NothingToDecide(where=str(position), state=found)
            at = None
            if repair:
                at = await self._log.append_act_within(connection, repair)
                await self._refuse_erased(position)  # an erasure excludes acts until it is done
            facts = self._facts_of(catalogue, destination) | {"reason": reason}
            if at:
                facts["repaired"] = str(at)
            await self._append(connection, act, facts, channel=channel, about=position)
            await act_store.decide(
                connection,
                destination,
                position,
                state=state,
                actor=current().actor.name,
                at=now,
                reason=reason,
                repaired=at,
            )
            await act_store.wake(connection, str(destination))
        decided = await self._queries.store.find_exception(destination, position)
        if decided is None:
            # The delivery process was faster than this look and has tidied the row away.
            raise NothingToDecide(where=str(position), state="delivered")
        return (await self._queries.delivery_rows([decided], catalogue))[0]

    async def _refuse_erased(self, position: Position) -> LogMessage:
        """Return a message, unless it was lawfully erased."""
        message = await self._log.get(position)
        if message.tombstone:
            raise Erased(where=str(position))
        return message

    @staticmethod
    def _channel_of(catalogue: Catalogue, destination: int) -> int | None:
        """Return the channel of a destination, or of a gate; None: there is none to be seen."""
        if destination < 0:
            return -destination if -destination in catalogue.channels else None
        found = catalogue.destinations.get(destination)
        return found.channel if found else None

    @staticmethod
    def _facts_of(catalogue: Catalogue, destination: int) -> dict[str, Any]:
        if destination < 0:
            return {"channel": catalogue.name_of(-destination), "destination": None}
        found = catalogue.destinations.get(destination)
        return {
            "channel": catalogue.name_of(found.channel) if found else None,
            "destination": found.name if found else None,
        }

    async def _repair(self, position: Position, text: str) -> NewMessage:
        """Return the act that records what a person made of a message.

        It is found by what the repaired body says, not by what was wrong with the original. A
        control id that came beside the body stays, and what cannot be read is found as before.
        Whoever sees the message masked would send the masks: he is refused.
        """
        message = await self._refuse_erased(position)
        await self._queries.veils.need_clear(message, await self._queries.catalogue())
        if b"\r" in message.body and b"\n" not in message.body:
            text = text.replace("\r\n", "\r").replace("\n", "\r")  # a browser's line ends
        codec = await self._queries.codec_of(message) or "ascii"
        body, keys = await self._written(text, message, codec)
        if keys is None and not message.codec and codec != "utf-8":
            # The codec is a guess that the channel does not share: MSH-18 may say UTF-8.
            other, found = await self._written(text, message, "utf-8")
            if found is not None:
                codec, body, keys = "utf-8", other, found
        if keys is None:
            keys = message.keys
        elif not any(key.startswith("c:") for key in keys):
            keys = [*(key for key in message.keys if key.startswith("c:")), *keys]
        return NewMessage(
            channel=message.channel,
            kind=REPAIRED,
            body=body,
            codec=codec,
            sender=current().actor.name,
            keys=keys,
            caused_by=position,
        )

    async def _written(
        self, text: str, message: LogMessage, codec: str
    ) -> tuple[bytes, Sequence[str] | None]:
        """Return a repaired text as bytes, and its keys; None where the channel cannot read it."""
        try:
            body = text.encode(codec)
        except (UnicodeEncodeError, LookupError) as error:
            raise CannotRepair(where=str(message.position), codec=codec) from error
        return body, await self._queries.keys_of(body, channel=message.channel, codec=message.codec)

    async def _append(
        self,
        connection: Connection,
        act: str,
        facts: Mapping[str, Any],
        *,
        channel: int,
        about: Position | None = None,
    ) -> Position:
        """Record an act in the transaction of its effect."""
        return await self._log.append_act_within(
            connection, act_of(act, facts, channel=channel, about=about)
        )

    # ---- running and stopping ------------------------------------------------------------------

    async def set_channel(self, name: str, *, wanted: Wanted) -> ChannelCard:
        """Start or stop taking messages; raises ``NoSuchChannel``."""
        channel = (await self._queries.catalogue()).channel(name)
        async with self._pool.acquire() as connection, connection.transaction():
            if await act_store.want_channel(connection, channel.channel, wanted):
                facts = {"channel": name}
                kind = f"channel.{_PAST[wanted]}"
                await self._append(connection, kind, facts, channel=channel.channel)
                await act_store.wake(connection, act_store.DEFINITIONS)
        return await self._queries.card(name)

    async def set_destination(self, name: str, destination: str, *, wanted: Wanted) -> ChannelCard:
        """Start or stop delivering; raises ``NoSuchChannel``, ``NoSuchDestination``."""
        catalogue = await self._queries.catalogue()
        found = catalogue.destination(catalogue.channel(name), destination)
        async with self._pool.acquire() as connection, connection.transaction():
            if await act_store.want_destination(connection, found.destination, wanted):
                facts = {"channel": name, "destination": destination}
                kind = f"destination.{_PAST[wanted]}"
                await self._append(connection, kind, facts, channel=found.channel)
                await act_store.wake(connection, act_store.DEFINITIONS)
        return await self._queries.card(name)

    # ---- replays -------------------------------------------------------------------------------

    async def dry_run(self, channel: str, destination: str, wanted: ReplayFilter) -> DryRun:
        """Say what a replay would do.

        Raises:
            NoSuchChannel, NoSuchDestination: there is no such thing.
        """
        catalogue = await self._queries.catalogue()
        found = catalogue.channel(channel)
        to = catalogue.destination(found, destination)
        low, high = await self._range(found, wanted)
        counted = await self._count(found, to, wanted, low, high)
        first, last = counted.first, counted.last
        sample: list[Any] = []
        if first is not None and last is not None:
            entries = await self._queries.store.window(
                found.shard,
                first=max(first, last - 20_000),
                below=last + 1,
                channels=[found.channel],
                kind=wanted.kind or "",
                key=wanted.key or "",
                gate=None,
                limit=SAMPLE,
            )
            sample = await self._queries.shown_rows(entries, catalogue)
        return DryRun(
            matching=counted.matching,
            sending=counted.sending,
            exact=counted.unread == 0,
            held=counted.skipped["held"],
            dismissed=counted.skipped["dismissed"],
            filtered=counted.skipped["filtered"],
            sample=sample,
            first=str(Position(found.shard, first)) if first is not None else None,
            last=str(Position(found.shard, last)) if last is not None else None,
            warning="receiver_may_see_duplicates",
        )

    async def start_replay(
        self,
        channel: str,
        destination: str,
        wanted: ReplayFilter,
        *,
        rate_per_second: float,
        reason: str,
    ) -> ReplayView:
        """Deliver messages again.

        Raises:
            NoSuchChannel, NoSuchDestination: there is no such thing.
            NothingToReplay: no message fits.
        """
        catalogue = await self._queries.catalogue()
        found = catalogue.channel(channel)
        to = catalogue.destination(found, destination)
        low, high = await self._range(found, wanted)
        counted = await self._count(found, to, wanted, low, high)
        matching, first, last = counted.matching, counted.first, counted.last
        if first is None or last is None:
            raise NothingToReplay(where=f"{channel} → {destination}")
        new = self._new_replay(
            found, to, wanted, first, last, rate_per_second, matching, reason, self._clock.now()
        )
        async with self._pool.acquire() as connection, connection.transaction():
            facts = {
                "channel": channel,
                "destination": destination,
                "replay": str(new.replay),
                "filter": new.filter,
                "matching": matching,
                "rate_per_second": rate_per_second,
                "reason": reason,
            }
            await self._append(connection, "replay.started", facts, channel=found.channel)
            await act_store.insert_replay(
                connection, new._replace(filter=self._queries.log.cover.hide_filter(new.filter))
            )
            await act_store.wake(connection, str(to.destination))
        return await self._queries.replay(new.replay)

    def _new_replay(
        self,
        channel: ChannelRecord,
        destination: DestinationRecord,
        wanted: ReplayFilter,
        first: int,
        last: int,
        rate_per_second: float,
        matching: int,
        reason: str,
        now: datetime,
    ) -> act_store.NewReplay:
        return act_store.NewReplay(
            replay=self._ids.new_id(),
            channel=channel.channel,
            destination=destination.destination,
            shard=channel.shard,
            number_from=first,
            number_to=last,
            filter=wanted.model_dump(mode="json", by_alias=True, exclude_none=True),
            rate_per_second=rate_per_second,
            matching=matching,
            requested_by=current().actor.name,
            reason=reason,
            requested_at=now,
        )

    async def stop_replay(self, replay: str) -> ReplayView:
        """Stop a replay; raises ``NoSuchReplay``, :class:`NotRunning`."""
        try:
            number = UUID(replay)
        except ValueError as error:
            raise NoSuchReplay(where="replay") from error
        before = await self._queries.replay(number)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await act_store.stop_replay(connection, number):
                raise NotRunning(where="replay", state=before.state)
            facts = {
                "channel": before.channel,
                "destination": before.destination,
                "replay": str(number),
            }
            row = await self._queries.store.find_replay(number)
            to, channel = (row["destination"], row["channel"]) if row else (0, 0)
            await self._append(connection, "replay.stopped", facts, channel=channel)
            await act_store.wake(connection, str(to))
        return await self._queries.replay(number)

    async def _range(self, channel: ChannelRecord, wanted: ReplayFilter) -> tuple[int, int]:
        """Return the lowest and highest number that time and positions allow."""
        shard, store = channel.shard, self._queries.store
        first = (await store.first_numbers()).get(shard, 1)
        end = await self._log.end(shard) + 1
        low, high = first, end - 1
        if since := utc(wanted.from_):
            low = await first_at(store, shard, first, end, since)
        if until := utc(wanted.to):
            high = await first_at(store, shard, first, end, until) - 1
        if wanted.from_position:
            low = max(low, _number_in(shard, wanted.from_position))
        if wanted.to_position:
            high = min(high, _number_in(shard, wanted.to_position))
        return low, high

    async def _count(
        self,
        channel: ChannelRecord,
        to: DestinationRecord,
        wanted: ReplayFilter,
        low: int,
        high: int,
    ) -> Counted:
        if high < low:
            return NOTHING
        return await count_replay(
            self._queries.counts,
            self._log,
            Range(channel.channel, channel.shard, low, high, wanted.kind or "", wanted.key or ""),
            compiled=await self._queries.in_force(channel),
            name=to.name,
            destination=to.destination,
        )


_PAST: Mapping[Wanted, str] = {"running": "started", "stopped": "stopped"}


def _number_in(shard: int, text: str) -> int:
    """Return the number of a position that must lie in a shard."""
    position = Position.parse(text)
    if position.shard != shard:
        raise OtherShard(where=text, shard=shard)
    return position.number
