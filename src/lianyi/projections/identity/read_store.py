"""What people ask about persons. Every function takes the schema of the version.

Asked as the doors, each sees only the records that the channels of whoever asks speak of.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.table_store import (
    DecisionRow,
    EdgeRow,
    QuestionRow,
    RecordRow,
    ReplacementRow,
)

FOUND_MAX = 2000
"""A value that more records share finds nobody: say more."""


class CandidateRow(NamedTuple):
    """A record that shares a key with what is asked about."""

    record: int
    person: int
    traits: bytes


class CandidatesNow(NamedTuple):
    """Who shares a key now, and by what that was to be asked.

    Attributes:
        schema: of the version in force.
        model: where the model in force stands in the log; None: the one that ships.
        rows: in the version that was asked.
    """

    schema: str
    model: tuple[int, int] | None
    rows: list[CandidateRow]


class ChannelRow(NamedTuple):
    """A channel that spoke of a record."""

    channel: int
    name: str
    organisation: str


async def candidates(
    connection: Connection, schema: str, keys: Collection[int]
) -> list[CandidateRow]:
    """Return the records that share a key that is not too crowded."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.candidates($1, $2)",  # noqa: S608
        list(keys),
        CROWD_MAX,
    )
    return [CandidateRow(*row) for row in rows]


async def candidates_now(
    connection: Connection, projection: str, schema: str, keys: Collection[int]
) -> CandidatesNow | None:
    """Return the records that share a key, as ``candidates``; None where no version is in force.

    Args:
        connection: to the database; in no transaction.
        projection: whose version is in force.
        schema: of the version that is asked.
        keys: made by a model that may be another by now.
    """
    rows = await connection.fetch(
        "SELECT v.version, m.shard, m.number, c.record, c.person, c.traits"  # noqa: S608
        " FROM projections.version AS v LEFT JOIN LATERAL"
        f" (SELECT shard, number FROM {schema}.model"
        "  ORDER BY said_at DESC, shard DESC, number DESC LIMIT 1) AS m ON true"
        f" LEFT JOIN LATERAL {schema}.candidates($2, $3) AS c ON true"
        " WHERE v.projection = $1 AND v.live",
        projection,
        list(keys),
        CROWD_MAX,
    )
    if not rows:
        return None
    version, shard, number, *_ = rows[0]
    found = [CandidateRow(*row[3:]) for row in rows if row["record"] is not None]
    model = None if shard is None else (shard, number)
    return CandidatesNow(f"{projection}_{version}", model, found)


async def records_by_key(
    connection: Connection, schema: str, keys: Collection[int], *, limit: int
) -> list[int]:
    """Return the persons of records that share a key, be it crowded."""
    rows = await connection.fetch(
        f"SELECT DISTINCT person FROM {schema}.candidates($1, $2) LIMIT $3",  # noqa: S608
        list(keys),
        FOUND_MAX,
        limit,
    )
    return [row["person"] for row in rows]


async def persons_called(
    connection: Connection,
    schema: str,
    *,
    name: str,
    sounds: Sequence[str],
    born: str,
    sex: str,
    skip: int,
    limit: int,
) -> list[int]:
    """Return persons of whom a record has a name.

    Args:
        connection: to the database.
        schema: of the version.
        name: in characters: the beginning of it; empty: not asked.
        sounds: letters of the name without tones: beginnings of it; empty: not asked.
        born: ``YYYYMMDD`` or the beginning of it; empty: not asked.
        sex: ``M`` or ``F``; empty: not asked.
        skip: so many are passed by.
        limit: so many at most.
    """
    column = "name" if name else "sound"
    rows = await connection.fetch(
        f"SELECT person FROM {schema}.record WHERE {column} <> '' AND {column} LIKE ANY ($1)"  # noqa: S608
        " AND born LIKE $2 AND ($3 = '' OR sex = $3)"
        f" GROUP BY person ORDER BY min({column}), min(born), person OFFSET $4 LIMIT $5",
        [_beginning(one) for one in ([name] if name else sounds)],
        _beginning(born),
        sex,
        skip,
        limit,
    )
    return [row["person"] for row in rows]


def _beginning(text: str) -> str:
    for mark in ("\\", "%", "_"):
        text = text.replace(mark, "\\" + mark)
    return text + "%"


async def persons_with_mrn(
    connection: Connection, schema: str, mrn: str, *, sources: Collection[str], limit: int
) -> list[int]:
    """Return persons of whom a record has a patient identifier; no ``sources``: of any."""
    rows = await connection.fetch(
        f"SELECT DISTINCT person FROM {schema}.record"  # noqa: S608
        " WHERE mrn = $1 AND (cardinality($2::text[]) = 0 OR source = ANY ($2)) LIMIT $3",
        mrn,
        list(sources),
        limit,
    )
    return [row["person"] for row in rows]


async def person_of(connection: Connection, schema: str, record: int) -> int | None:
    """Return whose a record is."""
    found: int | None = await connection.fetchval(
        f"SELECT person FROM {schema}.record WHERE record = $1",  # noqa: S608
        record,
    )
    return found


async def records_of(
    connection: Connection, schema: str, persons: Collection[int]
) -> list[RecordRow]:
    """Return the records of persons, the oldest first."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.record WHERE person = ANY ($1) ORDER BY first_at, record",  # noqa: S608
        list(persons),
    )
    return [RecordRow(*row) for row in rows]


async def edges_among(
    connection: Connection, schema: str, records: Collection[int]
) -> list[EdgeRow]:
    """Return the pairs among records."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.edge WHERE a = ANY ($1) AND b = ANY ($1) ORDER BY bits DESC, a, b",  # noqa: S608
        list(records),
    )
    return [EdgeRow(*row) for row in rows]


async def decisions_at(
    connection: Connection, schema: str, records: Collection[int]
) -> list[DecisionRow]:
    """Return the decisions about records, oldest first."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.decision WHERE a = ANY ($1) OR b = ANY ($1)"  # noqa: S608
        " ORDER BY said_at, shard, number, part",
        list(records),
    )
    return [DecisionRow(*row) for row in rows]


async def replacements_at(
    connection: Connection, schema: str, records: Collection[int]
) -> list[ReplacementRow]:
    """Return what was said about records taking the place of others, oldest first."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.replacement WHERE gone = ANY ($1) OR kept = ANY ($1)"  # noqa: S608
        " ORDER BY said_at, shard, number, part",
        list(records),
    )
    return [ReplacementRow(*row) for row in rows]


async def keys_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, tuple[str, str]]:
    """Return authority and identifier of records."""
    rows = await connection.fetch(
        f"SELECT record, source, mrn FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {row["record"]: (row["source"], row["mrn"]) for row in rows}


async def questions(
    connection: Connection, schema: str, *, after: tuple[int, int, int] | None, limit: int
) -> list[QuestionRow]:
    """Return questions, the likeliest first.

    Args:
        connection: to the database.
        schema: of the version.
        after: bits, ``p`` and ``q`` of the last one that was seen.
        limit: so many at most.
    """
    bits, p, q = after or (2**31 - 1, 0, 0)
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.question WHERE bits <= $1"  # noqa: S608
        " AND (bits < $1 OR (p, q) > ($2, $3)) ORDER BY bits DESC, p, q LIMIT $4",
        bits,
        p,
        q,
        limit,
    )
    return [QuestionRow(*row) for row in rows]


async def count_questions(connection: Connection, schema: str, persons: Sequence[int] = ()) -> int:
    """Return how many questions there are, about persons or at all."""
    found: int = await connection.fetchval(
        f"SELECT count(*) FROM {schema}.question"  # noqa: S608
        + (" WHERE p = ANY ($1) OR q = ANY ($1)" if persons else " WHERE $1::bigint[] IS NOT NULL"),
        list(persons),
    )
    return found


async def channels(connection: Connection, numbers: Collection[int]) -> dict[int, ChannelRow]:
    """Return channels by number."""
    rows = await connection.fetch(
        "SELECT channel, name, organisation FROM messagelog.channel WHERE channel = ANY ($1)",
        list(numbers),
    )
    return {row["channel"]: ChannelRow(*row) for row in rows}


async def channel_for(connection: Connection, schema: str, source: str) -> int | None:
    """Return the channel that patients under a name come by, of those that are seen."""
    found: int | None = await connection.fetchval(
        "SELECT c.channel FROM messagelog.channel AS c WHERE c.channel = ANY"  # noqa: S608
        f" ((SELECT channels FROM {schema}.record WHERE source = $1 AND channels"
        "  && (SELECT messagelog.visible_channels())::integer[] LIMIT 1)::integer[])"
        " AND c.channel = ANY ((SELECT messagelog.visible_channels())::integer[])"
        " ORDER BY c.channel LIMIT 1",
        source,
    )
    return found


async def channel_named(connection: Connection, name: str) -> ChannelRow | None:
    """Return the channel of a name, if it is seen."""
    row = await connection.fetchrow(
        "SELECT channel, name, organisation FROM messagelog.channel WHERE name = $1"
        " AND channel = ANY ((SELECT messagelog.visible_channels())::integer[])",
        name,
    )
    return ChannelRow(*row) if row else None


class Heard(NamedTuple):
    """A message that spoke of a record."""

    shard: int
    number: int
    said_at: datetime


async def heard_of(connection: Connection, schema: str, record: int, *, limit: int) -> list[Heard]:
    """Return the messages that spoke of a record, the newest first."""
    rows = await connection.fetch(
        f"SELECT from_shard, from_number, said_at FROM {schema}.heard WHERE record = $1"  # noqa: S608
        " ORDER BY said_at DESC, shard DESC, number DESC LIMIT $2",
        record,
        limit,
    )
    return [Heard(*row) for row in rows]


async def channels_of(connection: Connection, schema: str, records: Collection[int]) -> set[int]:
    """Return the channels that spoke of some records."""
    rows = await connection.fetch(
        f"SELECT DISTINCT unnest(channels) AS channel FROM {schema}.record"  # noqa: S608
        " WHERE record = ANY ($1)",
        list(records),
    )
    return {row["channel"] for row in rows}
