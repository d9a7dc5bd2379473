"""What the platform wrote down of itself: counts that only grow, minute by minute. SQL only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from lianyi.security.account_store import Asks


class Link(NamedTuple):
    """A way into the platform, or out of it.

    Attributes:
        reader: whose counts are its counts.
        channel: name.
        destination: name; empty: the way in.
        number: of the destination; 0: the way in.
        hospital: code of the organisation of the channel; empty: of nobody.
    """

    reader: str
    channel: str
    destination: str
    number: int
    hospital: str


async def links(ask: Asks) -> list[Link]:
    """Return all ways that there are or were."""
    rows = await ask.fetch(
        "SELECT 'gate:' || c.channel AS reader, c.name AS channel, '' AS destination, 0 AS number,"
        " c.organisation AS hospital FROM messagelog.channel AS c"
        " UNION ALL"
        " SELECT 'deliver:' || d.destination, c.name, d.name, d.destination, c.organisation"
        " FROM channels.destination AS d JOIN messagelog.channel AS c USING (channel)"
        " ORDER BY 2, 3"
    )
    return [Link(*row) for row in rows]


async def counts_at(ask: Asks, until: datetime) -> dict[str, Mapping[str, int]]:
    """Return the counts of each reader as they stood at an instant; of one before its first: none.

    Args:
        ask: the database.
        until: the last minute before it counts.
    """
    rows = await ask.fetch(
        "SELECT r.reader, t.counts FROM (SELECT DISTINCT reader FROM messagelog.reader) AS r"
        " CROSS JOIN LATERAL (SELECT counts FROM channels.tally AS t WHERE t.reader = r.reader"
        " AND t.minute < $1 ORDER BY t.minute DESC LIMIT 1) AS t",
        until,
    )
    return {row[0]: row[1] for row in rows}


async def first_minute(ask: Asks) -> datetime | None:
    """Return the first minute of which there are counts; None: there are none."""
    rows = await ask.fetch("SELECT min(minute) FROM channels.tally")
    found: datetime | None = rows[0][0]
    return found


async def parked(ask: Asks, until: datetime) -> dict[int, int]:
    """Return how many deliveries, parked before an instant, wait for a person now.

    Args:
        ask: the database.
        until: the instant.

    Returns:
        By number of the destination.
    """
    rows = await ask.fetch(
        "SELECT destination, count(*) FROM channels.exception"
        " WHERE state = 'parked' AND since < $1 AND destination > 0 GROUP BY destination",
        until,
    )
    return {row[0]: row[1] for row in rows}
