"""How many messages there are of each sort: what counting for people reads. SQL only."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import asyncpg

from lianyi.channels.decided import Decided
from lianyi.channels.read_store import matching
from lianyi.channels.wanting import Letter
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import KEY_SEPARATOR, Position
from lianyi.messagelog.postgres_rows import split_keys

BODIES_BYTES_MAX = 67_108_864
"""Bodies are looked into until they are so many bytes together."""


class Range(NamedTuple):
    """Messages of a channel between two numbers, both included; ``kind`` and ``key`` may be ""."""

    channel: int
    shard: int
    first: int
    last: int
    kind: str = ""
    key: str = ""


class Sort(NamedTuple):
    """What messages have in common that are treated alike, whatever their bodies say."""

    kind: str
    sender: str
    gate: int
    at_gate: str | None
    own: str | None
    gate_repaired: bool
    own_repaired: bool


class Group(NamedTuple):
    """Messages of one sort: how many, the first and the last."""

    sort: Sort
    size: int
    first: int
    last: int


class Opened(NamedTuple):
    """A message that is looked into, and what was decided about it."""

    sort: Sort
    letter: Letter
    decided: Decided


_SORT = (
    "m.kind, m.sender, m.gate, g.state, d.state, g.repaired_number IS NOT NULL,"
    " d.repaired_number IS NOT NULL"
)
_FROM = (
    " FROM messagelog.message AS m"
    " LEFT JOIN channels.exception AS g ON g.destination = -$4::integer AND g.shard = m.shard"
    "   AND g.number = m.number"
    " LEFT JOIN channels.exception AS d ON d.destination = $5 AND d.shard = m.shard"
    "   AND d.number = m.number"
    " WHERE m.shard = $1 AND m.number BETWEEN $2 AND $3 AND m.channel = $4 AND NOT m.tombstone"
)


class CountStore:
    """Counts with the connections of one pool."""

    def __init__(self, pool: asyncpg.Pool, cover: Cover = PLAIN) -> None:
        self._pool = pool
        self._cover = cover

    async def groups(
        self, wanted: Range, *, destination: int, timeout_seconds: float
    ) -> list[Group]:
        """Return the messages of a range by sort.

        Args:
            wanted: the range; what was erased is left out.
            destination: whose exceptions make the sort.
            timeout_seconds: how long the database may count.
        """
        conditions, values = matching(wanted.kind, wanted.key, first_parameter=6, cover=self._cover)
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            await connection.execute(f"SET LOCAL statement_timeout = {int(timeout_seconds * 1000)}")
            rows = await connection.fetch(
                f"SELECT {_SORT}, count(*), min(m.number), max(m.number){_FROM}{conditions}"
                " GROUP BY 1, 2, 3, 4, 5, 6, 7",
                wanted.shard,
                wanted.first,
                wanted.last,
                wanted.channel,
                destination,
                *values,
            )
        return [Group(Sort(*row[:7]), *row[7:]) for row in map(tuple, rows)]

    async def newest(
        self, wanted: Range, sorts: Collection[Sort], *, destination: int, limit: int
    ) -> list[Opened]:
        """Return messages of some sorts with their bodies, the newest first.

        Args:
            wanted: the range.
            sorts: as :meth:`groups` gave them.
            destination: as told to :meth:`groups`.
            limit: at most so many, and at most :data:`BODIES_BYTES_MAX` of bodies.
        """
        conditions, values = matching(wanted.kind, wanted.key, first_parameter=8, cover=self._cover)
        found: list[Opened] = []
        size = 0
        async with self._pool.acquire() as connection, connection.transaction(readonly=True):
            rows = connection.cursor(
                f"SELECT {_SORT}, m.number, m.kind, m.sender, m.codec, m.keys, m.body,"  # noqa: S608
                " g.repaired_shard, g.repaired_number, d.repaired_shard, d.repaired_number"
                f"{_FROM} AND (m.kind, m.sender) IN"
                f" (SELECT * FROM unnest($6::text[], $7::text[])){conditions}"
                " ORDER BY m.number DESC",
                wanted.shard,
                wanted.first,
                wanted.last,
                wanted.channel,
                destination,
                [sort.kind for sort in sorts],
                [sort.sender for sort in sorts],
                *values,
                prefetch=50,
            )
            async for row in rows:
                sort = Sort(*tuple(row)[:7])
                if sort not in sorts:
                    continue
                letter = self._letter(wanted.shard, tuple(row)[7:13])
                size += len(letter.body)
                if len(found) >= limit or size > BODIES_BYTES_MAX:
                    break
                found.append(Opened(sort, letter, _decided(tuple(row))))
        return found

    # ---- queues --------------------------------------------------------------------------------

    async def blocks(
        self, channel: int, shard: int, *, above: int, up_to: int, block_size: int
    ) -> list[tuple[int, str, str, int]]:
        """Return how many messages a run of numbers has, as block, kind, sender and count.

        What the gate holds and what was erased is not for a destination to deal with.
        """
        rows = await self._pool.fetch(
            "SELECT number / $5::bigint, kind, sender, count(*) FROM messagelog.message"
            " WHERE shard = $1 AND number > $2 AND number <= $3 AND channel = $4"
            " AND gate <> 2 AND NOT tombstone GROUP BY 1, 2, 3",
            shard,
            above,
            up_to,
            channel,
            block_size,
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    async def excepted_above(self, destination: int, channel: int, shard: int, above: int) -> int:
        """Return how many messages beyond a position are exceptions already; none that was held."""
        found: int = await self._pool.fetchval(
            "SELECT count(*) FROM channels.exception AS e WHERE destination = $1 AND shard = $2"
            " AND number > $4 AND NOT EXISTS (SELECT 1 FROM channels.exception AS g"
            "   WHERE g.destination = -$3::integer AND g.shard = e.shard AND g.number = e.number)",
            destination,
            shard,
            channel,
            above,
        )
        return found

    async def numbers_above(
        self,
        channel: int,
        shard: int,
        above: int,
        envelopes: Collection[tuple[str, str]],
        *,
        limit: int,
    ) -> list[int]:
        """Return numbers beyond a position, of some kinds and senders, the highest first."""
        rows = await self._pool.fetch(
            "SELECT number FROM messagelog.message WHERE shard = $1 AND number > $2"
            " AND channel = $3 AND gate <> 2 AND NOT tombstone"
            " AND (kind, sender) IN (SELECT * FROM unnest($4::text[], $5::text[]))"
            " ORDER BY number DESC LIMIT $6",
            shard,
            above,
            channel,
            [kind for kind, _ in envelopes],
            [sender for _, sender in envelopes],
            limit,
        )
        return [row[0] for row in rows]

    async def letters(self, shard: int, numbers: Collection[int]) -> list[Letter]:
        """Return messages by number, as a filter sees them."""
        rows = await self._pool.fetch(
            "SELECT number, kind, sender, codec, keys, body FROM messagelog.message"
            " WHERE shard = $1 AND number = ANY($2::bigint[])",
            shard,
            list(numbers),
        )
        return [self._letter(shard, tuple(row)) for row in rows]

    def _letter(self, shard: int, row: tuple[Any, ...]) -> Letter:
        letter = Letter(*row)
        codec, keys = self._cover.show_names(letter.codec, split_keys(letter.keys))
        at = Position(shard, letter.number)
        return letter._replace(
            codec=codec,
            keys=KEY_SEPARATOR.join(keys),
            body=self._cover.show_body(letter.codec, letter.body, at),
        )

    # ---- reconciliation ------------------------------------------------------------------------

    async def balances(self, channel: int) -> list[dict[str, Any]]:
        """Return what each destination of a channel has counted, and the rows that still tell.

        One statement, so that counts and rows are of one moment. Rows of messages that the
        destination has not counted yet, or that came before it began, are left out.
        """
        return [dict(row) for row in await self._pool.fetch(_BALANCES, channel)]


def _decided(row: tuple[Any, ...]) -> Decided:
    at_gate, own = row[3:5]
    gate_shard, gate_number, own_shard, own_number = row[13:17]
    return Decided(
        gate=at_gate,
        gate_repaired=None if gate_shard is None else Position(gate_shard, gate_number),
        own=own,
        own_repaired=None if own_shard is None else Position(own_shard, own_number),
    )


_BALANCES = """
SELECT d.destination, d.name, coalesce(r.position, 0) AS position,
    coalesce(r.counts, '{}') AS counts, own.*, gate.*, late.held_unseen
FROM channels.channel AS c
JOIN channels.destination AS d ON d.channel = c.channel AND NOT d.retired
LEFT JOIN messagelog.reader AS r
    ON r.reader = 'destination:' || d.destination AND r.shard = c.shard
LEFT JOIN messagelog.reader AS gr ON gr.reader = 'channel:' || c.name AND gr.shard = c.shard
CROSS JOIN LATERAL (
    SELECT coalesce(r.position, 0) AS until, coalesce((r.counts->>'began')::bigint, 0) AS began
) AS span
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE e.counted AND e.state IN ('waiting', 'resend')) AS waiting,
        count(*) FILTER (WHERE e.counted AND e.state = 'parked') AS parked,
        count(*) FILTER (WHERE e.counted AND e.state = 'behind') AS behind,
        count(*) FILTER (WHERE e.counted AND e.state = 'dismissed') AS dismissed,
        count(*) FILTER (WHERE NOT e.counted AND e.state = 'delivered') AS uncounted
    FROM (
        SELECT own.state, g.number IS NULL
            OR own.number > span.began AND own.number <= span.until AS counted
        FROM channels.exception AS own LEFT JOIN channels.exception AS g
            ON g.destination = -c.channel AND g.shard = own.shard AND g.number = own.number
        WHERE own.destination = d.destination AND own.shard = c.shard
    ) AS e
) AS own
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE g.state NOT IN ('dismissed', 'delivered')) AS held,
        count(*) FILTER (WHERE g.state = 'dismissed') AS dismissed_at_gate,
        count(*) FILTER (WHERE g.state = 'delivered' AND NOT EXISTS (
            SELECT 1 FROM channels.exception AS own WHERE own.destination = d.destination
            AND own.shard = g.shard AND own.number = g.number)) AS released_unwanted
    FROM channels.exception AS g
    WHERE g.destination = -c.channel AND g.shard = c.shard
        AND g.number > span.began AND g.number <= span.until
) AS gate
CROSS JOIN LATERAL (
    SELECT count(*) AS held_unseen FROM messagelog.message AS m
    WHERE m.shard = c.shard AND m.channel = c.channel AND m.gate = 2
        AND m.number > greatest(coalesce(gr.position, 0), span.began) AND m.number <= span.until
) AS late
WHERE c.channel = $1
ORDER BY d.destination
"""
