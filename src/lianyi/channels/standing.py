"""How channels, destinations and deliveries stand: pure decisions over what the store read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, cast, get_args

from asyncpg import Record

from lianyi.base.errors import LianyiError, from_record
from lianyi.channels import conditions
from lianyi.channels.read_store import (
    OPEN_STATES,
    ChannelRecord,
    DestinationRecord,
    ExceptionRecord,
    Pile,
    ReaderRecord,
)
from lianyi.channels.views import (
    Breaker,
    ChannelCard,
    ChannelState,
    DeliveryState,
    DestinationCard,
    DestinationState,
    Overview,
    OverviewProblem,
    Problem,
    ReplayFilter,
    ReplayView,
    SourceCard,
    Wanted,
    problem_of,
)
from lianyi.channels.wanting import Depth
from lianyi.messagelog import ACTS
from lianyi.messagelog.cover import Cover
from lianyi.messagelog.message import Gate

SILENT_SECONDS = 10
"""A process that has said nothing for so long is taken for gone."""

MINUTES = 60
Tallies = Sequence[tuple[datetime, Mapping[str, Any]]]

_SHOWN: dict[str, DeliveryState] = {
    "waiting": "waiting",
    "resend": "waiting",
    "parked": "parked",
    "behind": "behind",
    "delivered": "delivered",
    "dismissed": "dismissed",
}


def delivery_state(
    *,
    number: int,
    gate: int,
    gate_exception: ExceptionRecord | None,
    exception: ExceptionRecord | None,
    delivered: bool | None,
    position: int,
    wanted: bool | None = None,
) -> DeliveryState:
    """Return how a message fares with a destination.

    Args:
        number: of the message.
        gate: what the validation gate said of it.
        gate_exception: the row that says what became of it at the gate.
        exception: the row that says it is not simply done.
        delivered: whether a receipt says that it was delivered; False when only a replay did,
            which says nothing while the destination has not come to the message itself.
        position: the last number that the destination is done with.
        wanted: whether its filter lets the message through; None when nobody has asked.
    """
    if exception:
        return _SHOWN[exception.state]
    if delivered or (delivered is False and number <= position):
        return "delivered"
    if gate == Gate.HOLD and (gate_exception is None or gate_exception.state != "delivered"):
        dismissed = gate_exception is not None and gate_exception.state == "dismissed"
        return "dismissed" if dismissed else "held"
    return "filtered" if number <= position or wanted is False else "queued"


class Layout(NamedTuple):
    """The few lines of a definition that a card shows."""

    description: str
    connector: str
    address: str
    destinations: Mapping[str, tuple[str, str]]
    """Name to connector and address."""


NO_LAYOUT = Layout("", "", "", {})
NO_QUEUE = Depth(0, exact=True)


def layout_of(definition: object) -> Layout:
    """Return what a card shows of a definition that was read as YAML."""
    if not isinstance(definition, dict):
        return NO_LAYOUT
    source = definition.get("source") or {}
    return Layout(
        description=str(definition.get("description", "")),
        connector=str(source.get("connector", "")),
        address=_address_of(source),
        destinations={
            str(one.get("name")): (str(one.get("connector", "")), _address_of(one))
            for one in definition.get("destinations") or []
        },
    )


def _address_of(part: Mapping[str, Any]) -> str:
    """Return where a source or destination is; its keys may stand inline or in ``settings``."""
    settings = part.get("settings")
    told = {**settings, **part} if isinstance(settings, dict) else part
    keys = ("address", "folder", "path", "port")
    return str(next((told[key] for key in keys if told.get(key)), ""))


class Standing(NamedTuple):
    """Everything that cards are made of, read at one moment.

    Attributes:
        ends: shard to the number of its last message.
        layouts: channel number to what its definition says.
        tallies: reader to its counts at the end of each minute, the oldest first.
        depths: destination to how long its queue is.
    """

    now: datetime
    channels: Sequence[ChannelRecord]
    destinations: Sequence[DestinationRecord]
    readers: Mapping[str, ReaderRecord]
    piles: Mapping[tuple[int, str], Pile]
    ends: Mapping[int, int]
    layouts: Mapping[int, Layout]
    tallies: Mapping[str, Tallies]
    depths: Mapping[int, Depth]
    whole: bool = True
    """Whether these are all channels; else what shards hold says nothing about them."""

    def alone(self, channel: ChannelRecord) -> bool:
        """Whether a channel has its shard for itself; that of acts belongs to the platform."""
        if channel.shard == ACTS:
            return False
        return self.whole and sum(one.shard == channel.shard for one in self.channels) == 1

    def reader(self, name: str) -> ReaderRecord:
        """Return a reader; one that has not moved yet stands at 0."""
        return self.readers.get(name, ReaderRecord(0, {}))

    def pile(self, destination: int, *states: str) -> int:
        """Return how many open exceptions a destination has in some states."""
        found = (self.piles.get((destination, state)) for state in states)
        return sum(pile.size for pile in found if pile)


def per_minute(tallies: Tallies, key: str, *, current: int, now: datetime) -> list[int]:
    """Return what was counted in each of the last 60 minutes, the oldest first.

    The last is the running minute. A count that fell (a reader was begun anew) shows as 0.
    """
    this_minute = now.replace(second=0, microsecond=0)
    ends = [this_minute - timedelta(minutes=MINUTES - at) for at in range(MINUTES)]
    counts, last, following = [], 0, 0
    for end in ends:
        while following < len(tallies) and tallies[following][0] <= end:
            last = int(tallies[following][1].get(key, 0))
            following += 1
        counts.append(last)
    counts.append(current)
    return [max(0, after - before) for before, after in pairwise(counts)]


def _from_millis(millis: object) -> datetime | None:
    return datetime.fromtimestamp(millis / 1000, tz=UTC) if isinstance(millis, int) else None


def instant(value: object) -> datetime | None:
    """Return the instant that a state says in ISO 8601; None when it says none."""
    if isinstance(value, str) and value:
        found = datetime.fromisoformat(value)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def silent(state: Mapping[str, Any], now: datetime) -> bool:
    """Whether the process that writes a state seems to be gone."""
    said_at = instant(state.get("updated_at"))
    return said_at is None or now - said_at > timedelta(seconds=SILENT_SECONDS)


class Retirable(Protocol):
    """What tells whether a channel is retired."""

    @property
    def version(self) -> int:
        """Of the definition in force; 0: none is."""
        ...

    @property
    def problem(self) -> object:
        """Why the newest file is not in force."""
        ...


def retired(channel: Retirable) -> bool:
    """Whether the file of a channel is gone, so that it takes no more messages.

    A new channel whose first file is bad has no definition in force either, but it says why.
    """
    return channel.version == 0 and not channel.problem


def stored_failure(record: object) -> LianyiError | None:
    """Return a stored failure; None when there is none."""
    if isinstance(record, dict) and "code" in record:
        return from_record({"where": "", "facts": {}, **record})
    return None


def stored_problem(record: object) -> Problem | None:
    """Return a stored failure as the API shows it."""
    failure = stored_failure(record)
    return problem_of(failure) if failure else None


def destination_card(
    standing: Standing, channel: ChannelRecord, destination: DestinationRecord
) -> DestinationCard:
    """Return the card of a destination."""
    said, number = destination.state, destination.destination
    name = f"destination:{number}"
    counts = standing.reader(name).counts
    delivered = int(counts.get("delivered", 0))
    connector, address = standing.layouts.get(channel.channel, NO_LAYOUT).destinations.get(
        destination.name, ("", "")
    )
    depth, exact = standing.depths.get(number, NO_QUEUE)
    rate = float(said.get("rate_per_second") or 0.0)
    error = stored_problem(said.get("error"))
    state, problem = _destination_state(standing, channel, destination, depth)
    breaker = said.get("breaker")
    oldest = [
        instant(said.get("oldest_at")) if depth else None,
        *(pile.oldest for (of, _), pile in standing.piles.items() if of == number),
    ]
    since = min((at for at in oldest if at), default=None)
    return DestinationCard(
        id=number,
        channel=channel.name,
        name=destination.name,
        connector=connector,
        address=address,
        wanted=cast("Wanted", destination.wanted),
        state=state,
        breaker=cast("Breaker", breaker if breaker in get_args(Breaker) else "closed"),
        next_try_at=instant(said.get("next_try_at")),
        queue_depth=depth,
        queue_exact=exact,
        oldest_waiting_seconds=(
            round(max(0.0, (standing.now - since).total_seconds()), 1) if since else None
        ),
        rate_per_second=round(rate, 2),
        drain_seconds=0.0 if depth == 0 else round(depth / rate, 1) if rate > 0 else None,
        delivered=delivered,
        parked=standing.pile(number, "parked"),
        behind=standing.pile(number, "behind"),
        waiting=standing.pile(number, "waiting", "resend"),
        problem=problem,
        last_error=error,
        delivered_per_minute=per_minute(
            standing.tallies.get(name, ()), "delivered", current=delivered, now=standing.now
        ),
    )


def _destination_state(
    standing: Standing, channel: ChannelRecord, destination: DestinationRecord, depth: int
) -> tuple[DestinationState, Problem | None]:
    where = f"{channel.name} → {destination.name}"
    said = destination.state
    left = depth or standing.pile(destination.destination, *OPEN_STATES)
    if destination.wanted == "stopped" or (retired(channel) and not left):
        return "stopped", None
    if silent(said, standing.now):
        return "down", problem_of(conditions.NobodyDelivers(where=where, seconds=SILENT_SECONDS))
    state = said.get("state")
    if state not in get_args(DestinationState):
        return "idle", None
    parked = standing.pile(destination.destination, "parked")
    behind = standing.pile(destination.destination, "behind")
    problem: LianyiError | None = None
    if state == "down":
        problem = stored_failure(said.get("error"))
        problem = problem or conditions.DestinationDown(where=where, depth=depth)
    elif state == "slow":
        problem = conditions.ReceiverSlow(where=where, depth=depth)
    elif state == "overloaded":
        problem = conditions.Overloaded(where=where, depth=depth)
    elif state == "poison" or parked:
        problem = conditions.DeliveriesParked(where=where, parked=parked, behind=behind)
    return cast("DestinationState", state), problem_of(problem) if problem else None


def channel_card(standing: Standing, channel: ChannelRecord) -> ChannelCard:
    """Return the card of a channel with those of its destinations."""
    said = channel.source_state
    layout = standing.layouts.get(channel.channel, NO_LAYOUT)
    name = f"channel:{channel.name}"
    counts = standing.reader(name).counts
    received = int(counts.get("received", 0))
    state, problem = _channel_state(standing, channel)
    return ChannelCard(
        name=channel.name,
        description=layout.description,
        version=channel.version,
        wanted=cast("Wanted", channel.wanted),
        state=state,
        problem=problem,
        source=SourceCard(
            connector=layout.connector,
            address=str(said.get("address") or layout.address),
            connections=int(said.get("connections") or 0),
        ),
        received=standing.ends.get(channel.shard, 0) if standing.alone(channel) else received,
        held=standing.pile(-channel.channel, "parked", "resend", "waiting"),
        last_received_at=_from_millis(counts.get("last_at_ms")),
        received_per_minute=per_minute(
            standing.tallies.get(name, ()), "received", current=received, now=standing.now
        ),
        destinations=[
            destination_card(standing, channel, one)
            for one in standing.destinations
            if one.channel == channel.channel and not one.retired
        ],
    )


def _channel_state(
    standing: Standing, channel: ChannelRecord
) -> tuple[ChannelState, Problem | None]:
    newest = stored_problem(channel.problem)
    if retired(channel):
        return "retired", None
    if channel.version == 0:
        return "faulty", newest
    if channel.wanted == "stopped":
        return "stopped", newest
    if channel.shard != ACTS and silent(channel.source_state, standing.now):
        nobody = conditions.NobodyListens(where=channel.name, seconds=SILENT_SECONDS)
        return "faulty", problem_of(nobody)
    failure = stored_problem(channel.source_state.get("error"))
    if failure and not channel.source_state.get("running"):
        return "faulty", failure
    return "running", newest or failure


_HURTS = ("faulty", "down", "poison", "overloaded", "slow")


def overview(standing: Standing, *, rates: tuple[float, float] | None) -> Overview:
    """Return the whole, what hurts most first.

    Args:
        standing: everything as it was read.
        rates: messages and deliveries a second; None takes those of the last full minute.
    """
    cards = [channel_card(standing, channel) for channel in standing.channels]
    problems: list[tuple[int, OverviewProblem]] = []
    for card in cards:
        problems += _problems_of(standing, card)
    problems.sort(key=lambda found: found[0])
    running = [card for card in cards if card.wanted == "running" and card.state != "retired"]
    all_faulty = bool(running) and all(card.state == "faulty" for card in running)
    destinations = [one for card in cards for one in card.destinations]
    received_per_second, delivered_per_second = rates or (
        sum(card.received_per_minute[-2] for card in cards) / 60,
        sum(one.delivered_per_minute[-2] for one in destinations) / 60,
    )
    return Overview(
        at=standing.now,
        status="down" if all_faulty else "attention" if problems else "ok",
        received_per_second=round(received_per_second, 2),
        delivered_per_second=round(delivered_per_second, 2),
        received_total=sum(end for shard, end in standing.ends.items() if shard > 0)
        if standing.whole
        else sum(card.received for card in cards),
        delivered_total=sum(one.delivered for one in destinations),
        parked=sum(one.parked for one in destinations),
        held=sum(card.held for card in cards),
        waiting=sum(one.waiting for one in destinations),
        channels=cards,
        problems=[problem for _, problem in problems],
    )


def _problems_of(standing: Standing, card: ChannelCard) -> list[tuple[int, OverviewProblem]]:
    found: list[tuple[int, OverviewProblem]] = []

    def add(rank: int, problem: Problem, since: datetime | None, destination: str | None) -> None:
        told = {**problem.model_dump(), "channel": card.name}
        told |= {"since": since, "destination": destination}
        found.append((rank, OverviewProblem.model_validate(told)))

    if card.problem:
        add(0 if card.state == "faulty" else len(_HURTS) + 1, card.problem, None, None)
    for one in card.destinations:
        since = None
        if one.oldest_waiting_seconds is not None:
            since = standing.now - timedelta(seconds=one.oldest_waiting_seconds)
        rank = _HURTS.index(one.state) if one.state in _HURTS else _HURTS.index("poison")
        if one.problem:
            add(rank, one.problem, since, one.name)
        if one.parked and (not one.problem or one.state in {"down", "slow", "overloaded"}):
            where = f"{card.name} → {one.name}"
            parked = conditions.DeliveriesParked(where=where, parked=one.parked, behind=one.behind)
            add(_HURTS.index("poison"), problem_of(parked), since, one.name)
    if card.held:
        held = conditions.MessagesHeld(where=card.name, held=card.held)
        add(len(_HURTS), problem_of(held), None, None)
    return found


def shown_state(exception: ExceptionRecord) -> DeliveryState:
    """Return the state of a delivery that has a row of its own; the gate holds, it parks not."""
    if exception.destination < 0 and exception.state in OPEN_STATES:
        return "held"
    return _SHOWN[exception.state]


def replay_view(row: Mapping[str, Any] | Record, cover: Cover) -> ReplayView:
    """Return a replay as the API shows it."""
    first, last, at = row["number_from"], row["number_to"], row["position"]
    share = 1.0 if last < first else (at - first + 1) / (last - first + 1)
    return ReplayView(
        id=row["replay"],
        channel=row["channel_name"],
        destination=row["destination_name"],
        filter=ReplayFilter.model_validate(cover.show_filter(row["filter"])),
        rate_per_second=row["rate_per_second"],
        state=row["state"],
        matching=row["matching"],
        delivered=row["delivered"],
        refused=row["refused"],
        held=row["held"],
        dismissed=row["dismissed"],
        filtered=row["filtered"],
        progress=1.0 if row["state"] == "finished" else round(min(1.0, max(0.0, share)), 4),
        requested_by=row["requested_by"],
        reason=row["reason"],
        requested_at=row["requested_at"],
        ended_at=row["ended_at"],
    )
