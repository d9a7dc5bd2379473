"""What the console reads of channels, deliveries and replays. The only SQL of ``queries``.

Every question has a limit, none counts all messages. Rows leave as plain tuples; what they mean
is decided in ``queries`` and ``standing``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg

from lianyi.channels.store import LEAVING, files_of, left_out
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import KEY_SEPARATOR, Position
from lianyi.messagelog.search import Entry, term

Json = dict[str, Any]
COUNTED_MAX = 10_000
"""Lists longer than this have no total."""

OPEN_STATES = ("waiting", "parked", "behind", "resend")


class ChannelRecord(NamedTuple):
    """A row of ``channels.channel``."""

    channel: int
    name: str
    shard: int
    version: int
    wanted: str
    problem: Json | None
    source_state: Json
    organisation: str = ""


class DestinationRecord(NamedTuple):
    """A row of ``channels.destination``; ``destination`` is its number.

    One that no definition names counts as retired only when it has nothing left to do.
    """

    destination: int
    channel: int
    name: str
    wanted: str
    retired: bool
    state: Json
    out_from: int | None = None
    out_until: int | None = None

    def left_out(self, number: int) -> bool:
        """Whether a message came while the destination was not of its channel."""
        return left_out(number, self.out_from, self.out_until)


class ReaderRecord(NamedTuple):
    """Where a reader stands, and what it has counted."""

    position: int
    counts: Json


class Pile(NamedTuple):
    """Open exceptions of one destination in one state."""

    size: int
    oldest: datetime


class Definition(NamedTuple):
    """A definition and the first number that it judged."""

    version: int
    yaml: str
    activated_at: datetime
    from_number: int


class ExceptionRecord(NamedTuple):
    """A row of ``channels.exception``; ``kind`` is that of its message where asked for."""

    destination: int
    shard: int
    number: int
    channel: int
    order_key: str
    state: str
    attempts: int
    due_at: datetime | None
    since: datetime
    error: Json | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    repaired_shard: int | None
    repaired_number: int | None
    kind: str = ""

    @property
    def position(self) -> Position:
        """The message."""
        return Position(self.shard, self.number)


class ReceiptRecord(NamedTuple):
    """A row of ``channels.receipt``."""

    destination: int
    at: datetime
    millis: int
    outcome: int
    version: int
    answer: str
    replay: Any


_EXCEPTION = (
    "e.destination, e.shard, e.number, e.channel, e.order_key, e.state, e.attempts, e.due_at,"
    " e.since, e.error, e.decided_by, e.decided_at, e.reason, e.repaired_shard, e.repaired_number"
)


class ReadStore:
    """Reads with the connections of one pool."""

    def __init__(self, pool: asyncpg.Pool, cover: Cover = PLAIN) -> None:
        self._pool = pool
        self._cover = cover

    # ---- channels ------------------------------------------------------------------------------

    async def channels(self) -> list[ChannelRecord]:
        """Return by name all channels that ever were in force, or whose file is refused now."""
        rows = await self._pool.fetch(
            "SELECT channel, c.name, c.shard, version, wanted, problem, source_state, organisation"
            " FROM channels.channel AS c JOIN messagelog.channel USING (channel)"
            " WHERE version > 0 OR problem IS NOT NULL"
            "   OR EXISTS (SELECT FROM channels.definition AS d WHERE d.channel = c.channel)"
            " ORDER BY c.name"
        )
        return [ChannelRecord(*row) for row in rows]

    async def destinations(self) -> list[DestinationRecord]:
        """Return all destinations, also retired ones, in the order of their making."""
        rows = await self._pool.fetch(
            "SELECT destination, channel, name, wanted,"  # noqa: S608
            f" retired AND NOT {LEAVING} AS retired, state, out_from, out_until"
            " FROM channels.destination AS d ORDER BY destination"
        )
        return [DestinationRecord(*row) for row in rows]

    async def readers(self) -> dict[str, ReaderRecord]:
        """Return every reader of channels and destinations by name."""
        rows = await self._pool.fetch(
            "SELECT reader, position, counts FROM messagelog.reader"
            " WHERE reader LIKE 'channel:%' OR reader LIKE 'destination:%'"
        )
        return {row["reader"]: ReaderRecord(row["position"], row["counts"]) for row in rows}

    async def piles(self) -> dict[tuple[int, str], Pile]:
        """Return how many open exceptions each destination has in each state."""
        rows = await self._pool.fetch(
            "SELECT destination, state, count(*) AS count, min(since) AS oldest"
            " FROM channels.exception WHERE state IN ('waiting', 'parked', 'behind', 'resend')"
            " GROUP BY destination, state"
        )
        return {
            (row["destination"], row["state"]): Pile(row["count"], row["oldest"]) for row in rows
        }

    async def tallies(self, since: datetime) -> dict[str, list[tuple[datetime, Json]]]:
        """Return the counts of each reader at the end of each minute, the oldest first.

        The last one before ``since`` comes too, because a rate is a difference.
        """
        rows = await self._pool.fetch(
            """
            SELECT reader, minute, counts FROM channels.tally WHERE minute >= $1
            UNION ALL
            SELECT r.reader, before.minute, before.counts
            FROM (SELECT DISTINCT reader FROM messagelog.reader) AS r
            CROSS JOIN LATERAL (
                SELECT minute, counts FROM channels.tally AS t
                WHERE t.reader = r.reader AND t.minute < $1 ORDER BY minute DESC LIMIT 1
            ) AS before
            ORDER BY minute
            """,
            since,
        )
        found: dict[str, list[tuple[datetime, Json]]] = {}
        for row in rows:
            found.setdefault(row["reader"], []).append((row["minute"], row["counts"]))
        return found

    async def definition(self, channel: int, version: int) -> Definition | None:
        """Return one definition of a channel."""
        row = await self._pool.fetchrow(
            "SELECT version, yaml, activated_at, from_number FROM channels.definition"
            " WHERE channel = $1 AND version = $2",
            channel,
            version,
        )
        return Definition(*row) if row else None

    async def definition_at(self, channel: int, number: int) -> Definition | None:
        """Return the definition that judged a message."""
        row = await self._pool.fetchrow(
            "SELECT version, yaml, activated_at, from_number FROM channels.definition"
            " WHERE channel = $1 AND from_number <= $2 ORDER BY version DESC LIMIT 1",
            channel,
            number,
        )
        return Definition(*row) if row else None

    async def newest_version(self, channel: int) -> int:
        """Return the number of the newest definition of a channel; 0 when there is none."""
        newest: int = await self._pool.fetchval(
            "SELECT coalesce(max(version), 0) FROM channels.definition WHERE channel = $1", channel
        )
        return newest

    async def files_of(self, channel: int, version: int) -> dict[str, bytes]:
        """Return the shared files that one definition used, as they were, by name."""
        return await files_of(self._pool, channel, version)

    async def versions(self, channel: int, *, limit: int) -> list[Definition]:
        """Return the definitions of a channel, the newest first, without their text."""
        rows = await self._pool.fetch(
            "SELECT version, '' AS yaml, activated_at, from_number FROM channels.definition"
            " WHERE channel = $1 ORDER BY version DESC LIMIT $2",
            channel,
            limit,
        )
        return [Definition(*row) for row in rows]

    # ---- deliveries ----------------------------------------------------------------------------

    async def exceptions_of(self, positions: Sequence[Position]) -> list[ExceptionRecord]:
        """Return all exceptions of some messages."""
        rows = await self._pool.fetch(
            f"SELECT {_EXCEPTION} FROM unnest($1::smallint[], $2::bigint[]) AS p (shard, number)"  # noqa: S608
            " JOIN channels.exception AS e USING (shard, number)",
            [position.shard for position in positions],
            [position.number for position in positions],
        )
        return [self._exception(row) for row in rows]

    async def delivered(
        self, shard: int, runs: Sequence[tuple[int, int]], *, since: datetime
    ) -> dict[tuple[int, int], bool]:
        """Return ``(destination, number)`` of what was delivered; False when only by replays.

        Args:
            shard: of the messages.
            runs: first and last number of each run of neighbours; few runs, because each is one
                walk through the block-range index.
            since: when the oldest of them was received; nothing was delivered before that.
        """
        rows = await self._pool.fetch(
            "SELECT r.destination, r.number, bool_or(r.replay IS NULL) AS live"
            " FROM unnest($2::bigint[], $3::bigint[]) AS run (first, last)"
            " CROSS JOIN LATERAL (SELECT destination, number, replay FROM channels.receipt"
            "   WHERE shard = $1 AND number BETWEEN run.first AND run.last"
            "   AND at >= $4 AND outcome = 0) AS r GROUP BY 1, 2",
            shard,
            [first for first, _ in runs],
            [last for _, last in runs],
            since,
        )
        return {(row["destination"], row["number"]): row["live"] for row in rows}

    async def receipts(
        self, position: Position, *, since: datetime, limit: int
    ) -> list[ReceiptRecord]:
        """Return the attempts to deliver one message, the oldest first."""
        rows = await self._pool.fetch(
            "SELECT destination, at, millis, outcome, version, answer, replay"
            " FROM channels.receipt WHERE shard = $1 AND number = $2 AND at >= $3"
            " ORDER BY at LIMIT $4",
            position.shard,
            position.number,
            since,
            limit,
        )
        return [ReceiptRecord(*row) for row in rows]

    async def causes(self, position: Position, *, limit: int) -> list[Position]:
        """Return the acts that a message led to, the oldest first."""
        rows = await self._pool.fetch(
            "SELECT shard, number FROM messagelog.message WHERE shard = 0"
            " AND caused_shard = $1 AND caused_number = $2 ORDER BY number LIMIT $3",
            position.shard,
            position.number,
            limit,
        )
        return [Position(*row) for row in rows]

    async def list_exceptions(
        self,
        states: Collection[str],
        *,
        destinations: Sequence[int] | None,
        after: tuple[datetime, int, int, int] | None,
        limit: int,
    ) -> list[ExceptionRecord]:
        """Return exceptions in some states, the longest waiting first.

        Args:
            states: any of the states of ``channels.exception``.
            destinations: only these; None means all.
            after: since, destination, shard and number of the last one seen.
            limit: at most so many.
        """
        rows = await self._pool.fetch(
            f"""
            SELECT {_EXCEPTION}, coalesce(m.kind, '') AS kind
            FROM (
                SELECT * FROM channels.exception AS e
                WHERE e.state = ANY($1::text[])
                AND ($2::integer[] IS NULL OR e.destination = ANY($2))
                AND ($3::timestamptz IS NULL
                     OR (e.since, e.destination, e.shard, e.number) > ($3, $4, $5, $6))
                ORDER BY e.since, e.destination, e.shard, e.number LIMIT $7
            ) AS e
            LEFT JOIN messagelog.message AS m ON m.shard = e.shard AND m.number = e.number
            ORDER BY e.since, e.destination, e.shard, e.number
            """,  # noqa: S608
            list(states),
            None if destinations is None else list(destinations),
            *(after or (None, 0, 0, 0)),
            limit,
        )
        return [self._exception(row) for row in rows]

    async def count_exceptions(
        self, states: Collection[str], *, destinations: Sequence[int] | None
    ) -> int | None:
        """Return how many there are; None when there are more than :data:`COUNTED_MAX`."""
        count: int = await self._pool.fetchval(
            "SELECT count(*) FROM (SELECT 1 FROM channels.exception"
            " WHERE state = ANY($1::text[])"
            " AND ($2::integer[] IS NULL OR destination = ANY($2)) LIMIT $3) AS counted",
            list(states),
            None if destinations is None else list(destinations),
            COUNTED_MAX + 1,
        )
        return count if count <= COUNTED_MAX else None

    async def find_exception(self, destination: int, position: Position) -> ExceptionRecord | None:
        """Return the exception of one delivery, with the kind of its message."""
        row = await self._pool.fetchrow(
            f"SELECT {_EXCEPTION}, coalesce(m.kind, '') AS kind"  # noqa: S608
            " FROM channels.exception AS e LEFT JOIN messagelog.message AS m"
            " ON m.shard = e.shard AND m.number = e.number"
            " WHERE e.destination = $1 AND e.shard = $2 AND e.number = $3",
            destination,
            position.shard,
            position.number,
        )
        return self._exception(row) if row else None

    def _exception(self, row: asyncpg.Record) -> ExceptionRecord:
        found = ExceptionRecord(*row)
        return found._replace(order_key=self._cover.show_text(found.order_key))

    async def behind(self, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """Return how many deliveries wait behind a key, for ``(destination, order key)``."""
        forms = [
            (destination, form)
            for destination, key in keys
            for form in self._cover.forms_of_text(key)
        ]
        rows = await self._pool.fetch(
            "SELECT e.destination, e.order_key, count(*) AS count"
            " FROM (SELECT DISTINCT * FROM unnest($1::integer[], $2::text[])) AS k (d, o)"
            " JOIN channels.exception AS e ON e.destination = k.d AND e.order_key = k.o"
            " WHERE e.state = 'behind' GROUP BY 1, 2",
            [destination for destination, _ in forms],
            [form for _, form in forms],
        )
        found: Counter[tuple[int, str]] = Counter()
        for row in rows:
            found[row["destination"], self._cover.show_text(row["order_key"])] += row["count"]
        return found

    async def positions_in_state(
        self,
        states: Collection[str],
        shard: int,
        *,
        gate: bool | None,
        channels: Collection[int] | None,
        first: int,
        below: int,
        limit: int,
    ) -> list[int]:
        """Return numbers of messages with an exception in some states, the highest first.

        Args:
            states: any of the states of ``channels.exception``.
            shard: of the messages.
            gate: True for messages that the gate held, False for deliveries, None for both.
            channels: only theirs; None means all.
            first: the lowest number looked at.
            below: only numbers below this one.
            limit: at most so many.
        """
        rows = await self._pool.fetch(
            "SELECT DISTINCT number FROM channels.exception"
            " WHERE shard = $1 AND number >= $2 AND number < $3"
            " AND state = ANY($4::text[]) AND ($5::boolean IS NULL OR (destination < 0) = $5)"
            " AND ($6::integer[] IS NULL OR channel = ANY ($6)) ORDER BY number DESC LIMIT $7",
            shard,
            first,
            below,
            list(states),
            gate,
            None if channels is None else list(channels),
            limit,
        )
        return [row["number"] for row in rows]

    # ---- messages without their bodies ---------------------------------------------------------

    async def entries(self, positions: Sequence[Position]) -> list[Entry]:
        """Return messages by position, the highest number of a shard first."""
        rows = await self._pool.fetch(
            f"SELECT {_ENTRY} FROM unnest($1::smallint[], $2::bigint[]) AS p (shard, number)"  # noqa: S608
            " JOIN messagelog.message AS m USING (shard, number) ORDER BY shard, number DESC",
            [position.shard for position in positions],
            [position.number for position in positions],
        )
        return [self._cover.show_entry(_entry(row)) for row in rows]

    async def window(
        self,
        shard: int,
        *,
        first: int,
        below: int,
        channels: Collection[int] | None,
        kind: str,
        gate: int | None,
        limit: int,
        key: str = "",
        unlike: str = "",
    ) -> list[Entry]:
        """Return messages of a run of numbers, the highest first.

        Args:
            shard: of the messages.
            first: the lowest number looked at.
            below: only numbers below this one.
            channels: only theirs; None means all.
            kind: with ``*`` for anything; empty means any.
            gate: what the gate said; None means anything.
            limit: at most so many.
            key: exact value of a key, with or without ``^authority``; empty means any.
            unlike: a kind that is left out, with ``*`` for anything.
        """
        conditions, values = matching(kind, key, first_parameter=7, cover=self._cover)
        if unlike:
            values.append(_like(unlike))
            conditions += f" AND kind NOT LIKE ${6 + len(values)}"
        rows = await self._pool.fetch(
            f"SELECT {_ENTRY} FROM messagelog.message AS m"  # noqa: S608
            " WHERE shard = $1 AND number >= $2 AND number < $3"
            " AND ($4::integer[] IS NULL OR channel = ANY ($4))"
            " AND ($5::smallint IS NULL OR gate = $5)"
            f" {conditions} ORDER BY number DESC LIMIT $6",
            shard,
            first,
            below,
            None if channels is None else list(channels),
            gate,
            limit,
            *values,
        )
        return [self._cover.show_entry(_entry(row)) for row in rows]

    # ---- positions and time --------------------------------------------------------------------

    async def first_numbers(self) -> dict[int, int]:
        """Return for each shard the first number that the database still holds."""
        rows = await self._pool.fetch(
            "SELECT shard, min(number_from) AS first FROM messagelog.segment"
            " WHERE state <> 'archived' GROUP BY shard"
        )
        return {row["shard"]: row["first"] for row in rows}

    async def received_at(self, position: Position) -> datetime | None:
        """Return when a message was received, whoever's it is; None when nothing stands there."""
        found: datetime | None = await self._pool.fetchval(
            "SELECT messagelog.received_at($1, $2)",
            position.shard,
            position.number,
        )
        return found

    # ---- replays -------------------------------------------------------------------------------

    async def list_replays(
        self, *, channels: Collection[int], before: tuple[datetime, UUID] | None, limit: int
    ) -> list[asyncpg.Record]:
        """Return replays with the names of their channel and destination, the newest first."""
        rows: list[asyncpg.Record] = await self._pool.fetch(
            f"{_REPLAY} WHERE r.channel = ANY ($4::integer[])"
            " AND ($1::timestamptz IS NULL OR (r.requested_at, r.replay) < ($1, $2))"
            " ORDER BY r.requested_at DESC, r.replay DESC LIMIT $3",
            *(before or (None, None)),
            limit,
            list(channels),
        )
        return rows

    async def find_replay(self, replay: UUID) -> asyncpg.Record | None:
        """Return one replay."""
        return await self._pool.fetchrow(f"{_REPLAY} WHERE r.replay = $1", replay)


def _like(pattern: str) -> str:
    """Return the LIKE pattern of a kind in which ``*`` stands for anything."""
    escaped = pattern.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def matching(
    kind: str, key: str, *, first_parameter: int, cover: Cover = PLAIN
) -> tuple[str, list[object]]:
    """Return SQL that restricts ``messagelog.message`` to a kind and a key, and its parameters."""
    conditions = ""
    values: list[object] = []
    if kind:
        conditions += f" AND kind LIKE ${first_parameter}"
        values.append(_like(kind))
    if key:
        at = first_parameter + len(values)
        # A term is a hash: the keys themselves decide.
        conditions += (
            f" AND terms && ${at}::integer[]"
            f" AND EXISTS (SELECT FROM unnest(${at + 1}::text[]) AS form WHERE"
            " strpos(translate(keys, E'\\x1f', '^') || '^', ':' || form || '^') > 0)"
        )
        forms = cover.forms_of(key)
        values += [[term(form.partition("^")[0]) for form in forms], forms]
    return conditions, values


_ENTRY = (
    "m.shard, m.number, m.received_at, m.channel, m.kind, m.codec, m.sender, m.keys, m.gate,"
    " m.caused_shard, m.caused_number, octet_length(m.body) AS size_bytes, m.tombstone"
)


def _entry(row: asyncpg.Record) -> Entry:
    cause = row["caused_shard"]
    return Entry(
        shard=row["shard"],
        number=row["number"],
        received_at=row["received_at"],
        channel=row["channel"],
        kind=row["kind"],
        codec=row["codec"],
        sender=row["sender"],
        keys=tuple(row["keys"].split(KEY_SEPARATOR)) if row["keys"] else (),
        gate=row["gate"],
        caused_by=None if cause is None else Position(cause, row["caused_number"]),
        size_bytes=row["size_bytes"],
        tombstone=row["tombstone"],
    )


_REPLAY = (
    "SELECT r.*, c.name AS channel_name, coalesce(d.name, '') AS destination_name"
    " FROM channels.replay AS r JOIN channels.channel AS c USING (channel)"
    " LEFT JOIN channels.destination AS d USING (destination)"
)
