"""Finding messages, newest first, over all shards, without ever looking at everything.

Each shard is walked downwards in steps; a step ends at a *floor*. What was found is given out once
no shard can still have anything newer, so the pages together are in order. A page also ends when
enough was looked at; its cursor says for each shard where the next page goes on.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels.read_store import OPEN_STATES, ReadStore
from lianyi.channels.views import DeliveryState, GateName
from lianyi.messagelog.message import Gate, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.search import Entry, Wanted
from lianyi.security.acts import ACCESS

UNLISTED = f"{ACCESS}*"
"""Who looked at what is no message; the audit page shows it."""

STEPS_MAX = 24
WINDOW_MESSAGES = 20_000

MARKED_MESSAGES = 200
"""How many messages one step judges when the state of their deliveries is asked."""

FOREVER = datetime.max.replace(tzinfo=UTC)
POSITION = re.compile(r"\d{1,4}-\d{1,18}")
GATES: dict[str, Gate] = {"accept": Gate.ACCEPT, "warn": Gate.WARN, "hold": Gate.HOLD}

_STATES: dict[str, tuple[str, ...]] = {
    "waiting": ("waiting", "resend"),
    "parked": ("parked",),
    "behind": ("behind",),
    "dismissed": ("dismissed",),
    "held": OPEN_STATES,
}
"""States of deliveries that have a row of their own."""


class BadCursor(LianyiError):
    """A cursor that this installation never gave out."""

    code = "LY-1620"
    category = Category.INVALID
    en = Told("cannot go on from here", "the cursor is not one of ours", "begin with page one")
    zh = Told("无法继续翻页", "游标不是本平台给出的", "请从第一页开始")


@dataclass(frozen=True)
class MessageSearch:
    """What is looked for; None means anything.

    Attributes:
        q: a key of a message exactly as sent, or a position.
        channel: name.
        kind: with ``*`` for anything.
        gate: what the validation gate said.
        state: of any of its deliveries.
        since: received then or later.
        until: received before.
    """

    q: str | None = None
    channel: str | None = None
    kind: str | None = None
    gate: GateName | None = None
    state: DeliveryState | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def acts(self) -> bool:
        """Whether acts of people are looked for, not messages."""
        return (self.kind or "").startswith("act")

    @property
    def by_key_alone(self) -> bool:
        """Whether nothing but a key and a time says which messages are looked for."""
        return bool(self.q) and not (self.channel or self.kind or self.gate or self.state)


class Step(NamedTuple):
    """What one step down a shard found: everything that fits from ``floor`` on."""

    found: list[Entry]
    floor: int


@dataclass
class Descent:
    """How far one shard was walked down."""

    shard: int
    lowest: int
    floor: int
    newest_below: datetime = FOREVER
    found: list[Entry] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether nothing of the shard is left."""
        return self.floor <= self.lowest


Walk = Callable[[Descent, int], Awaitable[Step]]
"""One step: from ``descent.floor`` downwards, at most so many messages."""


def utc(moment: datetime | None) -> datetime | None:
    """Return an instant in UTC; one without a zone is taken for UTC."""
    if moment is None or moment.tzinfo is None:
        return moment and moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or last hours that can be written, in another zone
        return FOREVER if moment.year > 1 else datetime.min.replace(tzinfo=UTC)


def write_cursor(floors: Mapping[int, int]) -> str:
    """Return the cursor that goes on below these numbers."""
    pairs = [[shard, floor] for shard, floor in floors.items()]
    return base64.urlsafe_b64encode(orjson.dumps(pairs)).decode().rstrip("=")


def read_cursor(text: str) -> dict[int, int]:
    """Read what :func:`write_cursor` wrote.

    Raises:
        BadCursor: somebody else wrote it.
    """
    try:
        pairs = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        read = {int(shard): int(floor) for shard, floor in pairs}
    except (binascii.Error, orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise BadCursor(where="cursor") from error
    if any(not 0 <= shard < 32_768 or not 0 <= floor < 2**62 for shard, floor in read.items()):
        raise BadCursor(where="cursor")
    return read


class Search:
    """One search: the question, and what it needs to know of channels."""

    def __init__(
        self,
        store: ReadStore,
        log: PostgresLog,
        search: MessageSearch,
        *,
        channels: Collection[int] | None,
        shards: Mapping[int, tuple[int, int]],
        marks: Callable[[list[Entry]], Awaitable[list[set[DeliveryState]]]],
        window_messages: int = WINDOW_MESSAGES,
    ) -> None:
        """Prepare a search.

        Args:
            store: reads what is not simply done.
            log: searches by key.
            search: what is looked for.
            channels: numbers of those to look in; None: all, and acts that are about none.
            shards: those to look in, with their first number and the one after the last.
            marks: tells the states of the deliveries of messages.
            window_messages: how many one step looks at when nothing indexes what is asked.
        """
        self._window_messages = window_messages
        self._store = store
        self._log = log
        self._asked = search
        self._channels = channels
        self._shards = shards
        self._marks = marks

    async def page(self, *, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return the messages of one page and the cursor of the next.

        Raises:
            BadCursor: the cursor is not one of ours.
        """
        given = read_cursor(cursor) if cursor else {}
        descents = []
        for shard, (first, end) in self._shards.items():
            lowest, top = await self._bounds(shard, first, end)
            floor = min(top, given.get(shard, lowest)) if cursor else top
            descents.append(Descent(shard, lowest, max(floor, lowest)))
        found = await self._descend(descents, limit)
        if all(descent.done and not descent.found for descent in descents):
            return found, None
        return found, write_cursor(
            {d.shard: d.found[0].number + 1 if d.found else d.floor for d in descents}
        )

    async def _bounds(self, shard: int, first: int, end: int) -> tuple[int, int]:
        """Return the lowest number that fits the time range, and the one after the highest.

        The search by key knows the time range itself, and archived segments too.
        """
        if self._asked.q and not self._asked.state:
            return 1, end
        since, until = utc(self._asked.since), utc(self._asked.until)
        lowest = await first_at(self._store, shard, first, end, since) if since else first
        top = await first_at(self._store, shard, first, end, until) if until else end
        return lowest, max(top, lowest)

    async def _descend(self, descents: list[Descent], limit: int) -> list[Entry]:
        """Take up to ``limit`` messages off the descents, the newest first."""
        walk = self._walk()
        out: list[Entry] = []
        for _ in range(STEPS_MAX + len(descents)):
            out += _take(descents, limit - len(out))
            open_ones = [descent for descent in descents if not descent.done]
            if len(out) >= limit or not open_ones:
                break
            newest = max(open_ones, key=lambda descent: descent.newest_below)
            step = await walk(newest, limit + 1)
            newest.found += step.found
            newest.floor = max(step.floor, newest.lowest)
            if newest.found and newest.found[-1].number == newest.floor:
                newest.newest_below = newest.found[-1].received_at
            elif not newest.done:
                below = await self._store.received_at(Position(newest.shard, newest.floor - 1))
                newest.newest_below = below or newest.newest_below
        else:
            out += _take(descents, limit - len(out))
        return out

    def _walk(self) -> Walk:
        """Return the kind of step that answers this question fastest."""
        asked = self._asked
        if asked.state in _STATES or (asked.gate == "hold" and not asked.q):
            return self._by_exception
        if asked.state:
            return self._by_marks
        return self._by_key if asked.q else self._by_window

    async def _by_key(self, at: Descent, limit: int) -> Step:
        asked = self._asked
        found = await self._log.find(
            Wanted(
                text=asked.q or "",
                shards=[at.shard],
                channels=self._channels or (),
                kind=asked.kind or "",
                unlike=UNLISTED,
                gate=None if asked.gate is None else GATES[asked.gate],
                since=utc(asked.since),
                until=utc(asked.until),
                below={at.shard: at.floor},
            ),
            limit=limit,
        )
        return Step(found, found[-1].number if len(found) == limit else at.lowest)

    async def _by_window(self, at: Descent, limit: int) -> Step:
        first = max(at.lowest, at.floor - self._window_messages)
        found = await self._store.window(
            at.shard,
            first=first,
            below=at.floor,
            channels=self._channels,
            kind=self._asked.kind or "",
            unlike=UNLISTED,
            gate=None if self._asked.gate is None else GATES[self._asked.gate],
            limit=limit,
        )
        return Step(found, found[-1].number if len(found) == limit else first)

    async def _by_marks(self, at: Descent, limit: int) -> Step:
        walk = self._by_key if self._asked.q else self._by_window
        step = await walk(at, max(limit, MARKED_MESSAGES))
        marked = await self._marks(step.found)
        fits = [
            entry
            for entry, states in zip(step.found, marked, strict=True)
            if self._asked.state in states
        ]
        return Step(fits, step.floor)

    async def _by_exception(self, at: Descent, limit: int) -> Step:
        asked = self._asked
        held = asked.gate == "hold" or asked.state == "held"
        states = _STATES.get(asked.state or "", (*OPEN_STATES, "delivered", "dismissed"))
        numbers = await self._store.positions_in_state(
            states,
            at.shard,
            gate=True if held else None,
            channels=self._channels,
            first=at.lowest,
            below=at.floor,
            limit=limit,
        )
        entries = await self._store.entries([Position(at.shard, number) for number in numbers])
        fits = [entry for entry in entries if self._fits(entry)]
        return Step(fits, numbers[-1] if len(numbers) == limit else at.lowest)

    def _fits(self, entry: Entry) -> bool:
        asked = self._asked
        if asked.gate is not None and entry.gate != GATES[asked.gate]:
            return False
        if asked.kind and not re.fullmatch(
            ".*".join(re.escape(part) for part in asked.kind.split("*")), entry.kind
        ):
            return False
        return not asked.q or has_key(entry.keys, asked.q)


def has_key(keys: Sequence[str], q: str) -> bool:
    """Whether a key has exactly this value, with or without ``^authority``."""
    return any(key[2:] == q or key[2:].startswith(q + "^") for key in keys)


def _take(descents: list[Descent], limit: int) -> list[Entry]:
    """Take what nothing newer can come before any more, the newest first."""
    out: list[Entry] = []
    horizon = max(
        (descent.newest_below for descent in descents if not descent.done),
        default=datetime.min.replace(tzinfo=UTC),
    )
    while len(out) < limit:
        ready = [descent for descent in descents if descent.found]
        if not ready:
            break
        newest = max(ready, key=lambda descent: descent.found[0].received_at)
        if newest.found[0].received_at < horizon:
            break
        out.append(newest.found.pop(0))
    return out


async def first_at(store: ReadStore, shard: int, first: int, end: int, moment: datetime) -> int:
    """Return the lowest number received at a moment or later; ``end`` when there is none.

    Numbers rise with time in a shard, so this halves the range about twenty times.

    Args:
        store: tells when a message was received.
        shard: the shard.
        first: its first number.
        end: the number after its last.
        moment: aware.
    """
    low, high = first, end
    while low < high:
        middle = (low + high) // 2
        at = await store.received_at(Position(shard, middle))
        if at is None or at < moment:
            low = middle + 1
        else:
            high = middle
    return low
