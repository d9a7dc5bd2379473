"""What people ask about channels and messages; each question is one method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock
from lianyi.channels import standing as rules
from lianyi.channels.alarms import Alarms, quiet, with_alarms
from lianyi.channels.backlog import Backlogs
from lianyi.channels.balance import balance_of
from lianyi.channels.catalogue import Catalogue
from lianyi.channels.count_store import CountStore
from lianyi.channels.cursors import read_place, write_place
from lianyi.channels.listing import delivery_marks, patients_of, row_of
from lianyi.channels.neighbours import neighbours_of
from lianyi.channels.rates import Rates
from lianyi.channels.read_store import (
    OPEN_STATES,
    ChannelRecord,
    DestinationRecord,
    ExceptionRecord,
    ReadStore,
)
from lianyi.channels.reading import Report, read_yaml
from lianyi.channels.replay_listing import page_of_replays, replay_of
from lianyi.channels.search import POSITION, MessageSearch, Search
from lianyi.channels.standing import Layout, Standing
from lianyi.channels.tracing import Tracer
from lianyi.channels.veiling import Veils
from lianyi.channels.versions import detail_of, version_of
from lianyi.channels.views import (
    Balance,
    ChannelCard,
    ChannelDetail,
    CheckResult,
    DefinitionDetail,
    DeliveryPage,
    DeliveryRow,
    DeliveryState,
    ListedState,
    MessagePage,
    MessageRow,
    MessageTrace,
    Neighbours,
    NewestMessage,
    Overview,
    ReplayPage,
    ReplayView,
)
from lianyi.channels.wanting import wants_envelope
from lianyi.messagelog.log import ACTS, NoSuchMessage
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.search import Entry
from lianyi.security.access import current, shows
from lianyi.security.acts import ACCESS
from lianyi.security.privacy.service import Privacy

TALLY_SECONDS = 5.0
VERSIONS_MAX = 200
NO_CHANNEL = -1
"""Stands where somebody sees no channel at all: no message has it."""

_STATES: Mapping[str, tuple[str, ...]] = {
    "parked": ("parked",),
    "waiting": ("waiting", "resend"),
    "behind": ("behind",),
    "held": OPEN_STATES,
}


class Queries:
    """Answers questions; changes nothing."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        tracer: Tracer,
        privacy: Privacy,
        alarms: Alarms = quiet,
    ) -> None:
        """Read, with a time limit.

        Args:
            pool: its statement timeout bounds every question.
            log: the messages.
            clock: tells the time.
            tracer: explains one message.
            privacy: says what of it is shown.
            alarms: what hurts besides channels.
        """
        self._alarms = alarms
        self.store = ReadStore(pool, log.cover)
        self.log = log
        self.counts = CountStore(pool, log.cover)
        self.in_force = tracer.in_force
        self.veils = Veils(privacy)
        self._clock = clock
        self._tracer = tracer
        self._backlogs = Backlogs(self.counts, tracer.in_force)
        self._layouts: dict[int, tuple[int, Layout]] = {}
        self._tallies: dict[str, list[tuple[datetime, dict[str, Any]]]] = {}
        self._tallies_read_at = float("-inf")
        self._rates = Rates(clock)
        self._ends: dict[int, int] = {}
        self._newest: Position | None = None

    # ---- the whole -----------------------------------------------------------------------------

    async def overview(self) -> Overview:
        """Whether everything flows, and if not what hurts most."""
        return await with_alarms(self._overview(await self._standing()), self._alarms)

    async def look(self) -> tuple[Overview, NewestMessage]:
        """Return what the live view shows."""
        standing = await self._standing()
        newest: Position | None = None
        if standing.whole:  # the ends of shards say how much others receive
            for shard, end in standing.ends.items():
                if shard != ACTS and end > self._ends.get(shard, 0):
                    self._newest = Position(shard, end)
            self._ends, newest = dict(standing.ends), self._newest
        shown = await with_alarms(self._overview(standing), self._alarms)
        return shown, NewestMessage(newest=str(newest) if newest else None)

    def _overview(self, standing: Standing) -> Overview:
        if not standing.whole:
            return rules.overview(standing, rates=None)
        received = sum(end for shard, end in standing.ends.items() if shard != ACTS)
        readers = standing.readers.items()
        taken = [one.counts for name, one in readers if name.startswith("destination:")]
        delivered = sum(int(counts.get("delivered", 0)) for counts in taken)
        return rules.overview(standing, rates=self._rates.between_looks(received, delivered))

    async def _standing(self) -> Standing:
        channels, destinations = await self._visible()
        now = self._clock.now()
        readers = await self.store.readers()
        ends = {shard: await self.log.end(shard) for shard in {one.shard for one in channels}}
        return Standing(
            now=now,
            channels=channels,
            destinations=destinations,
            readers=readers,
            piles=await self.store.piles(),
            ends=ends,
            depths=await self._backlogs.depths(channels, destinations, readers, ends),
            layouts={one.channel: await self._layout(one) for one in channels},
            tallies=await self._recent_tallies(now),
            whole=current().sees_everything,
        )

    async def _visible(self) -> tuple[list[ChannelRecord], list[DestinationRecord]]:
        """Return the channels within the reach of whoever asks, and their destinations.

        Everything that is shown of channels, messages and deliveries begins here.
        """
        access = current()
        channels = [one for one in await self.store.channels() if access.sees(one.organisation)]
        numbers = {one.channel for one in channels}
        return channels, [one for one in await self.store.destinations() if one.channel in numbers]

    async def _layout(self, channel: ChannelRecord) -> Layout:
        known = self._layouts.get(channel.channel)
        if known and known[0] == channel.version:
            return known[1]
        definition = await self.store.definition(channel.channel, channel.version)
        layout = rules.NO_LAYOUT
        if definition:
            layout = rules.layout_of(read_yaml(definition.yaml, Report(channel.name)))
            self._layouts[channel.channel] = (channel.version, layout)
        return layout

    async def _recent_tallies(
        self, now: datetime
    ) -> Mapping[str, list[tuple[datetime, dict[str, Any]]]]:
        elapsed = self._clock.elapsed_seconds()
        if elapsed - self._tallies_read_at >= TALLY_SECONDS:
            self._tallies = await self.store.tallies(now - timedelta(minutes=rules.MINUTES + 1))
            self._tallies_read_at = elapsed
        return self._tallies

    async def catalogue(self) -> Catalogue:
        """Return the channels and destinations as they are now and may be seen here."""
        return Catalogue(*await self._visible())

    async def message(self, position: Position) -> LogMessage:
        """Return a message; one out of reach is none: raises ``NoSuchMessage``.

        The acts that are about no channel are seen by whoever sees everything.
        """
        access, message = current(), await self.log.get(position)
        if not access.sees_everything:
            found = (await self.catalogue()).channels.get(message.channel)
            if found is None or not access.sees(found.organisation):
                raise NoSuchMessage(where=str(position))
        if message.kind.startswith(ACCESS) and access.permission != "audit.read":
            raise NoSuchMessage(where=str(position))
        shows(message.channel, patients_of(message.keys))
        return message

    # ---- channels ------------------------------------------------------------------------------

    async def channels(self) -> list[ChannelCard]:
        """All channels by name."""
        standing = await self._standing()
        return [rules.channel_card(standing, channel) for channel in standing.channels]

    async def card(self, name: str) -> ChannelCard:
        """One channel; raises :class:`NoSuchChannel`."""
        standing = await self._standing()
        channel = Catalogue(standing.channels, ()).channel(name)
        return rules.channel_card(standing, channel)

    async def channel(self, name: str) -> ChannelDetail:
        """One channel with its definition; raises :class:`NoSuchChannel`."""
        standing = await self._standing()
        channel = Catalogue(standing.channels, ()).channel(name)
        definition = await self.store.definition(channel.channel, channel.version)
        versions = await self.store.versions(channel.channel, limit=VERSIONS_MAX)
        return ChannelDetail(
            **vars(rules.channel_card(standing, channel)),
            yaml=definition.yaml if definition else "",
            versions=[version_of(one, channel) for one in versions],
        )

    async def balances(self, name: str) -> list[Balance]:
        """Whether the books of a channel's destinations balance; raises ``NoSuchChannel``."""
        channel = (await self.catalogue()).channel(name)
        rows = await self.counts.balances(channel.channel)
        return [balance_of(row, channel=name) for row in rows]

    async def version(self, name: str, version: int) -> DefinitionDetail:
        """One definition of a channel, and how it differs from the one in force.

        Raises:
            NoSuchChannel, NoSuchVersion: there is no such thing.
        """
        channel = (await self.catalogue()).channel(name)
        return await detail_of(self.store, channel, version)

    async def check(self, name: str) -> CheckResult:
        """Run the examples of a channel's file, or of the definition in force when it is gone.

        Raises:
            NoSuchChannel: there is no such channel.
        """
        channel = (await self.catalogue()).channel(name)
        text = self._tracer.file_text(channel.name)
        if text is None:
            definition = await self.store.definition(channel.channel, channel.version)
            text = definition.yaml if definition else ""
        return await self._tracer.check(text, channel.name)

    # ---- messages ------------------------------------------------------------------------------

    async def list_messages(
        self, search: MessageSearch, *, cursor: str | None, limit: int
    ) -> MessagePage:
        """Messages, newest first.

        Raises:
            NoSuchChannel: the channel looked for does not exist.
            BadCursor: the cursor is not one of ours.
        """
        catalogue = await self.catalogue()
        channel = catalogue.channel(search.channel) if search.channel else None

        async def marks(entries: list[Entry]) -> list[set[DeliveryState]]:
            rows = await self._rows(entries, catalogue)
            return [{mark.state for mark in row.deliveries} for row in rows]

        found, following = await Search(
            self.store,
            self.log,
            search,
            channels=self._channels_of(catalogue, channel),
            shards=await self._shards(search, channel),
            marks=marks,
        ).page(cursor=cursor, limit=limit)
        if search.q and not cursor and POSITION.fullmatch(search.q):
            at = Position.parse(search.q)
            within = self._channels_of(catalogue, channel)
            exact = [
                entry
                for entry in await self.store.entries([at])
                if within is None or entry.channel in within
            ]
            found = exact + [entry for entry in found if entry.position != at]
        for entry in found:
            shows(entry.channel, patients_of(entry.keys))
        return MessagePage(
            items=await self.shown_rows(found, catalogue), next_cursor=following, total=None
        )

    @staticmethod
    def _channels_of(catalogue: Catalogue, channel: ChannelRecord | None) -> Collection[int] | None:
        """Return the channels to look in; None: all, and the acts that are about none."""
        if channel:
            return [channel.channel]
        return None if current().sees_everything else [*catalogue.channels] or [NO_CHANNEL]

    async def _shards(
        self, search: MessageSearch, channel: ChannelRecord | None
    ) -> dict[int, tuple[int, int]]:
        """Return where to look: shard to its first number and the one after its last.

        Of the acts only repaired messages have keys, so a search by key alone looks there too.
        """
        firsts = await self.store.first_numbers()
        if channel:
            wanted: Collection[int] = {channel.shard}
        elif search.by_key_alone:
            wanted = firsts
        else:
            wanted = {shard for shard in firsts if (shard == ACTS) == search.acts}
        return {
            shard: (firsts[shard], await self.log.end(shard) + 1)
            for shard in sorted(wanted)
            if shard in firsts
        }

    async def shown_rows(self, entries: Sequence[Entry], catalogue: Catalogue) -> list[MessageRow]:
        """Return messages as whoever asks sees them listed."""
        return await self.veils.rows(entries, await self._rows(entries, catalogue), catalogue)

    async def _rows(self, entries: Sequence[Entry], catalogue: Catalogue) -> list[MessageRow]:
        """Return messages with the states of their deliveries, nothing hidden."""
        compiled = {
            number: await self.in_force(catalogue.channels[number])
            for number in {entry.channel for entry in entries} & catalogue.channels.keys()
        }

        def wants(entry: Entry, one: DestinationRecord) -> bool | None:
            channel = compiled.get(entry.channel)
            to = channel.destination(one.name) if channel else None
            return wants_envelope(to, entry.kind, entry.sender)

        messages = [entry for entry in entries if entry.shard != ACTS]
        marks = await delivery_marks(
            self.store, messages, catalogue.destinations.values(), wants=wants
        )
        names, sets = catalogue.name_of, self.veils.data_sets({one.kind for one in entries})
        return [
            row_of(one, names(one.channel), marks.get(one.position, []), sets[one.kind])
            for one in entries
        ]

    async def trace(self, position: Position) -> MessageTrace:
        """A message and everything that happened to it; raises ``NoSuchMessage``."""
        catalogue = await self.catalogue()
        message = await self.message(position)
        channel = None if position.shard == ACTS else catalogue.channels.get(message.channel)
        look = await self.veils.look(message, catalogue)
        hider = self.veils.hider(look)
        trace = await self._tracer.trace(
            message,
            channel=channel,
            destinations=list(catalogue.destinations.values()),
            look=look,
            hider=hider,
            data_set=self.veils.data_sets([message.kind])[message.kind],
        )
        return self.veils.trace(trace, look, hider)

    async def body(self, position: Position) -> bytes:
        """The bytes of a message as they arrived.

        Raises:
            NoSuchMessage: there is none, or none within reach.
            Masked: whoever asks sees it masked.
        """
        message = await self.message(position)
        await self.veils.need_clear(message, await self.catalogue())
        return message.body

    async def neighbours(self, position: Position) -> Neighbours:
        """The messages of the same patient around one; raises ``NoSuchMessage``."""
        message = await self.message(position)
        catalogue = await self.catalogue()
        found = await neighbours_of(self.log, message, catalogue)
        return await self.veils.neighbours(found, message, catalogue)

    async def keys_of(self, body: bytes, *, channel: int, codec: str) -> Sequence[str] | None:
        """What a message of a channel is found by; None when its body cannot be read."""
        found = (await self.catalogue()).channels.get(channel)
        return await self._tracer.keys_of(body, channel=found, codec=codec)

    async def codec_of(self, message: LogMessage) -> str | None:
        """The codec of a message, guessed where nobody knows it; None when it is no text."""
        found = (await self.catalogue()).channels.get(message.channel)
        return await self._tracer.codec_of(message, channel=found)

    # ---- deliveries ----------------------------------------------------------------------------

    async def list_deliveries(
        self,
        *,
        state: ListedState | None,
        channel: str | None,
        destination: str | None,
        cursor: str | None,
        limit: int,
    ) -> DeliveryPage:
        """Deliveries that wait or need a person, the longest waiting first.

        Raises:
            NoSuchChannel, NoSuchDestination: what is asked for does not exist.
            BadCursor: the cursor is not one of ours.
        """
        catalogue = await self.catalogue()
        states = _STATES[state] if state else OPEN_STATES
        numbers = self._destinations(catalogue, state, channel, destination)
        found = await self.store.list_exceptions(
            states,
            destinations=numbers,
            after=read_place(cursor) if cursor else None,
            limit=limit + 1,
        )
        page, more = found[:limit], len(found) > limit
        return DeliveryPage(
            items=await self.delivery_rows(page, catalogue),
            next_cursor=write_place(page[-1]) if more else None,
            total=await self.store.count_exceptions(states, destinations=numbers),
        )

    @staticmethod
    def _destinations(
        catalogue: Catalogue,
        state: ListedState | None,
        channel: str | None,
        destination: str | None,
    ) -> list[int] | None:
        """Return the destination numbers asked for; None means all. The gate's are negative."""
        of = catalogue.channel(channel).channel if channel else None
        if destination and channel:
            catalogue.destination(catalogue.channel(channel), destination)
        deliveries = [
            one.destination
            for one in catalogue.destinations.values()
            if of in {None, one.channel} and destination in {None, one.name}
        ]
        gates = [-one for one in catalogue.channels if of in {None, one} and not destination]
        if state is None and not channel and not destination and current().sees_everything:
            return None
        return gates if state == "held" else deliveries if state else deliveries + gates

    async def delivery_rows(
        self, found: Sequence[ExceptionRecord], catalogue: Catalogue
    ) -> list[DeliveryRow]:
        """Return deliveries as whoever asks sees them listed."""
        for one in found:
            shows(one.channel, [one.order_key.removeprefix("p:")] if one.order_key else [])
        behind = await self.store.behind(
            [(one.destination, one.order_key) for one in found if one.state != "behind"]
        )
        rows = []
        for one in found:
            destination = catalogue.destinations.get(one.destination)
            state = rules.shown_state(one)
            rows.append(
                DeliveryRow(
                    position=str(one.position),
                    channel=catalogue.name_of(one.channel) or "",
                    destination=destination.name if destination else "",
                    destination_id=one.destination,
                    state=state,
                    since=one.since,
                    attempts=one.attempts,
                    due_at=one.due_at,
                    order_key=one.order_key,
                    kind=one.kind,
                    problem=rules.stored_problem(one.error),
                    messages_behind=behind.get((one.destination, one.order_key), 0),
                )
            )
        return await self.veils.deliveries(found, rows, catalogue)

    # ---- replays -------------------------------------------------------------------------------

    async def list_replays(self, *, cursor: str | None, limit: int) -> ReplayPage:
        """Replays, newest first; raises :class:`BadCursor`."""
        channels = (await self.catalogue()).channels
        return await page_of_replays(
            self.store, channels, self.log.cover, cursor=cursor, limit=limit
        )

    async def replay(self, replay: UUID) -> ReplayView:
        """One replay; raises :class:`NoSuchReplay`."""
        channels = (await self.catalogue()).channels
        return await replay_of(self.store, channels, self.log.cover, replay)
