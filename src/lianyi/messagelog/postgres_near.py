"""The nearest message before or after another that has the same key, in PostgreSQL.

Messages of all shards stand in the order of their reception. In one shard numbers rise with time,
so what stands between two messages is a range of numbers there. Each range is looked through
outwards, away from the message: a few neighbours first, then a segment at a time by its search
index. What one shard has found narrows the ranges of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import asyncpg

from lianyi.messagelog.cover import Cover
from lianyi.messagelog.message import KEY_SEPARATOR
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_search import ENTRY, read_entry
from lianyi.messagelog.search import Entry, Near, Place, term
from lianyi.messagelog.segments import table

BESIDE = 2_048
"""So many numbers are looked at without the index: the neighbour of a busy key is among them."""

WIDER = 8
"""How many times wider each further step through a segment without an index is."""

MICROSECOND = timedelta(microseconds=1)
EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Span(NamedTuple):
    """A segment and the time it covers; ``last_at`` is None while it is open."""

    segment: int
    state: str
    number_from: int
    number_to: int
    first_at: datetime | None
    last_at: datetime | None


async def find_near(
    connection: Connection, key: str, origin: Place, *, later: bool, cover: Cover
) -> Near:
    """Return the message with a key that stands nearest to another one on one side of it.

    Archived segments are not looked through: each file is first read whole, to prove it.

    Args:
        connection: to the log's database.
        key: with its letter, ``p:4711^HIS``.
        origin: the message; it need not have the key.
        later: look after it, not before it.
        cover: knows how the key may lie, and shows what is found.
    """
    forms = cover.forms_of_key(key)
    spans = await _spans(connection)
    best: Entry | None = None
    archived = False
    for shard in sorted(spans, key=lambda shard: (shard != origin.shard, shard)):
        here = await _number_at(connection, spans[shard], shard, origin)
        there = await _number_at(connection, spans[shard], shard, best.place) if best else None
        if later:
            low, high = here + (shard == origin.shard), there
        else:
            low, high = there or 0, here
        for piece in pieces(spans[shard], low, high, later=later):
            try:
                found = await _find_in(connection, shard, piece, forms, later=later)
            except asyncpg.UndefinedTableError:
                archived = True  # it went to its file while we looked
                continue
            if found:
                best = cover.show_entry(found)
                break
    return Near(best, archived or _passes_archived(spans, origin, best, later=later))


async def _spans(connection: Connection) -> dict[int, list[Span]]:
    """Return the segments of each shard, the oldest first."""
    rows = await connection.fetch(
        "SELECT shard, segment, state, number_from, number_to, first_at, last_at"
        " FROM messagelog.segment ORDER BY shard, segment"
    )
    spans: dict[int, list[Span]] = {}
    for shard, *span in rows:
        spans.setdefault(shard, []).append(Span._make(span))
    return spans


async def _number_at(
    connection: Connection, spans: Sequence[Span], shard: int, place: Place
) -> int:
    """Return the lowest number of a shard that does not stand before a place.

    In an archived segment it is the first one, because nobody looks there anyway.
    """
    if shard == place.shard:
        return place.number
    # Of two messages of one moment, that of the lower shard stands before.
    moment = place.received_at + (MICROSECOND if shard < place.shard else timedelta())
    for span in spans:
        if span.last_at is not None and span.last_at < moment:
            continue
        if span.state == "archived" or (span.first_at is not None and span.first_at >= moment):
            return span.number_from
        found = await _first_at(connection, shard, span, moment)
        if found is not None:
            return found
    return spans[-1].number_to + 1


async def _first_at(connection: Connection, shard: int, span: Span, moment: datetime) -> int | None:
    """Return the first number of a segment received at a moment or later, by halving."""
    leaf = table(shard, span.segment)
    try:
        found: int | None = await connection.fetchval(
            f"""
            WITH RECURSIVE halves (low, high, beyond) AS (
                SELECT $1::bigint, last.number + 1, last.number + 1
                FROM (SELECT number FROM {leaf} ORDER BY number DESC LIMIT 1) AS last
              UNION ALL
                SELECT CASE WHEN middle.received_at < $2 THEN middle.number + 1 ELSE low END,
                       CASE WHEN middle.received_at < $2 THEN high ELSE middle.number END,
                       beyond
                FROM halves CROSS JOIN LATERAL (
                    SELECT number, received_at FROM {leaf} WHERE number = (low + high) / 2 LIMIT 1
                ) AS middle
                WHERE low < high
            )
            SELECT low FROM halves WHERE low = high AND low < beyond
            """,  # noqa: S608
            span.number_from,
            moment,
        )
    except asyncpg.UndefinedTableError:
        return span.number_from  # it went to its file while we looked
    return found


class Piece(NamedTuple):
    """Numbers of one segment, from ``first`` to below ``beyond``, that are looked at together."""

    segment: int
    first: int
    beyond: int


def pieces(spans: Sequence[Span], low: int, high: int | None, *, later: bool) -> Iterator[Piece]:
    """Cut a range of numbers into pieces, from the origin outwards; archived segments are left out.

    Args:
        spans: the segments of the shard, the oldest first.
        low: the lowest number of the range.
        high: the number after the highest; None: there is no end.
        later: begin at the low end, not at the high one.
    """
    width = BESIDE
    for span in spans if later else reversed(spans):
        first = max(low, span.number_from)
        beyond = span.number_to + 1 if high is None else min(high, span.number_to + 1)
        while span.state != "archived" and first < beyond:
            whole = span.state == "indexed" and width > BESIDE
            size = beyond - first if whole else min(width, beyond - first)
            if later:
                yield Piece(span.segment, first, first + size)
                first += size
            else:
                yield Piece(span.segment, beyond - size, beyond)
                beyond -= size
            width = max(width * WIDER, size)


async def _find_in(
    connection: Connection, shard: int, piece: Piece, forms: Sequence[str], *, later: bool
) -> Entry | None:
    row = await connection.fetchrow(
        # Materialised so that the index of terms is used and not the order of numbers; a term is
        # a hash, so the keys themselves decide.
        f"WITH hits AS MATERIALIZED (SELECT {ENTRY} FROM {table(shard, piece.segment)}"  # noqa: S608
        " WHERE number >= $1 AND number < $2 AND terms && $3::integer[] AND EXISTS (SELECT"
        " FROM unnest($4::text[]) AS form WHERE strpos($5 || keys || $5, $5 || form || $5) > 0))"
        f" SELECT * FROM hits ORDER BY number {'ASC' if later else 'DESC'} LIMIT 1",
        piece.first,
        piece.beyond,
        [term(form[2:].partition("^")[0]) for form in forms],
        list(forms),
        KEY_SEPARATOR,
    )
    return read_entry(row) if row else None


def _passes_archived(
    spans: Mapping[int, Sequence[Span]], origin: Place, found: Entry | None, *, later: bool
) -> bool:
    """Whether an archived segment holds messages between the origin and what was found."""
    low, high = (origin, found and found.place) if later else (found and found.place, origin)
    return any(
        (low is None or Place(span.last_at or NEVER, shard, span.number_to) > low)
        and (high is None or Place(span.first_at or EVER, shard, span.number_from) < high)
        for shard, of_shard in spans.items()
        for span in of_shard
        if span.state == "archived"
    )
