"""Changes of persons that wait to be told, and those that were told lately."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.changes import Change, Member


class ChangeRow(NamedTuple):
    """A change that was not told yet."""

    at: Position
    part: int
    made_at: datetime
    change: Change


class Subscriber(NamedTuple):
    """A channel that changes are told to."""

    channel: int
    shard: int
    organisation: str


async def is_live(connection: Connection, schema: str) -> bool:
    """Tell whether a version is in force, and does not only learn what was."""
    projection, _, version = schema.rpartition("_")
    found: bool | None = await connection.fetchval(
        "SELECT live FROM projections.version WHERE projection = $1 AND version = $2",
        projection,
        int(version),
    )
    return bool(found)


async def members(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, Member]:
    """Return records as members of a person, as if they stood."""
    rows = await connection.fetch(
        f"SELECT record, source, mrn, channels FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {
        row["record"]: Member(row["source"], row["mrn"], True, tuple(row["channels"]))
        for row in rows
    }


async def put_changes(
    connection: Connection, at: Position, changes: Sequence[Change], made_at: datetime
) -> None:
    """Keep changes of one batch until they are told; the same ones are kept once."""
    await connection.executemany(
        "INSERT INTO identity.change (shard, number, part, made_at, change)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        [
            (at.shard, at.number, part, made_at, msgspec.json.encode(change))
            for part, change in enumerate(changes)
        ],
    )


async def lock_untold(connection: Connection, *, limit: int) -> list[ChangeRow]:
    """Return the next changes to tell, in their order; nobody else tells them meanwhile."""
    rows = await connection.fetch(
        "SELECT shard, number, part, made_at, change FROM identity.change WHERE told_at IS NULL"
        " ORDER BY seq LIMIT $1 FOR UPDATE",
        limit,
    )
    return [
        ChangeRow(
            Position(row["shard"], row["number"]),
            row["part"],
            row["made_at"],
            msgspec.json.decode(row["change"], type=Change),
        )
        for row in rows
    ]


async def set_told(
    connection: Connection, row: ChangeRow, positions: Sequence[Position], at: datetime
) -> None:
    """Note that a change was told, and by which messages; what it was stands in these alone."""
    await connection.execute(
        "UPDATE identity.change SET told_at = $4, told = $5, change = ''"
        " WHERE (shard, number, part) = ($1, $2, $3)",
        row.at.shard,
        row.at.number,
        row.part,
        at,
        [str(position) for position in positions],
    )


async def forget_told(connection: Connection, before: datetime) -> None:
    """Let go of what was told long ago; the messages are in the log."""
    await connection.execute("DELETE FROM identity.change WHERE told_at < $1", before)


async def subscribers(connection: Connection, names: Collection[str]) -> dict[str, Subscriber]:
    """Return channels by name."""
    rows = await connection.fetch(
        "SELECT name, channel, shard, organisation FROM messagelog.channel WHERE name = ANY ($1)",
        list(names),
    )
    return {row["name"]: Subscriber(*row[1:]) for row in rows}


async def channels_below(connection: Connection, organisation: str) -> list[int]:
    """Return the channels of an organisation and of all below it."""
    rows = await connection.fetch(
        "WITH RECURSIVE below (code) AS (SELECT $1::text UNION"
        " SELECT u.code FROM security.unit AS u JOIN below AS b ON u.parent = b.code)"
        " SELECT channel FROM messagelog.channel WHERE organisation IN (SELECT code FROM below)",
        organisation,
    )
    return [row["channel"] for row in rows]
