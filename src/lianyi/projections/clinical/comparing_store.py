"""Which resources of two versions of the repository are not the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection

_DIFFERING: Final = """
    SELECT coalesce(n.type, o.type) AS type, coalesce(n.id, o.id) AS id,
        coalesce(c.organisation, '') AS organisation,
        CASE WHEN coalesce(o.deleted, true) AND NOT coalesce(n.deleted, true) THEN 'added'
             WHEN coalesce(n.deleted, true) AND NOT coalesce(o.deleted, true) THEN 'gone'
             ELSE 'changed' END AS how,
        o.body AS before, n.body AS after
    FROM {before}.resource AS o FULL JOIN {after}.resource AS n USING (rid)
    LEFT JOIN messagelog.channel AS c ON c.channel = coalesce(n.channel, o.channel)
    WHERE o.rid IS NULL OR n.rid IS NULL OR ROW({columns}) IS DISTINCT FROM ROW({others})
"""
_COMPARED: Final = (
    "deleted", "body", "version", "updated_at", "patient", "channel", "shard", "number", "part",
    "method", "latest",
)  # fmt: skip


class Counted(NamedTuple):
    """How many resources of a type and an organisation differ in one way."""

    type: str
    organisation: str
    how: str
    resources: int


class Differs(NamedTuple):
    """A resource that differs; a body is None where there is none."""

    type: str
    organisation: str
    how: str
    id: str
    before: bytes | None
    after: bytes | None


def _differing(before: str, after: str) -> str:
    return _DIFFERING.format(
        before=before,
        after=after,
        columns=", ".join(f"o.{column}" for column in _COMPARED),
        others=", ".join(f"n.{column}" for column in _COMPARED),
    )


async def count(connection: Connection, before: str, after: str) -> list[Counted]:
    """Return how many resources differ."""
    rows = await connection.fetch(
        "SELECT type, organisation, how, count(*)"  # noqa: S608
        f" FROM ({_differing(before, after)}) AS t GROUP BY 1, 2, 3"
        ' ORDER BY type COLLATE "C", organisation COLLATE "C", how'
    )
    return [Counted(*row) for row in rows]


async def examples(
    connection: Connection, before: str, after: str, *, limit: int
) -> Sequence[Differs]:
    """Return the first few resources of every type, organisation and way of differing, by id."""
    rows = await connection.fetch(
        "SELECT type, organisation, how, id, before, after FROM (SELECT *, row_number() OVER"  # noqa: S608
        ' (PARTITION BY type, organisation, how ORDER BY id COLLATE "C") AS place'
        f" FROM ({_differing(before, after)}) AS t) AS placed WHERE place <= $1"
        ' ORDER BY type COLLATE "C", organisation COLLATE "C", how, place',
        limit,
    )
    return [Differs(*row) for row in rows]
