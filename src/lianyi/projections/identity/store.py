"""What the index reads and writes while it learns. Every function takes the schema it works in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.table_store import (
    DecisionRow,
    EdgeRow,
    HeardRow,
    QuestionRow,
    RecordRow,
    ReplacementRow,
    SayingRow,
    StandingRow,
    WithdrawalRow,
)


async def _copy(
    connection: Connection, schema: str, table: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        await connection.copy_records_to_table(table, schema_name=schema, records=rows)


async def look_up_by_index(connection: Connection) -> None:
    """Look rows up by index in this transaction, whatever the tables hold, and plan it once.

    A batch of the follower asks two dozen short questions about few records; planning each of
    them anew takes longer than answering.
    """
    await connection.execute(
        "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off;"
        " SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
    )


async def plan_as_usual(connection: Connection) -> None:
    """Take back :func:`look_up_by_index`: much is read now."""
    await connection.execute(
        "SET LOCAL plan_cache_mode = DEFAULT; SET LOCAL enable_seqscan = DEFAULT;"
        " SET LOCAL enable_hashjoin = DEFAULT; SET LOCAL enable_mergejoin = DEFAULT"
    )


# --- what was said ------------------------------------------------------------------------------


async def put_sayings(
    connection: Connection, schema: str, heard: Sequence[HeardRow], contents: Mapping[int, bytes]
) -> None:
    """Keep what was said of records.

    Args:
        connection: in a transaction.
        schema: of the version.
        heard: rows that are not there yet.
        contents: each content of these by its hash.
    """
    if not heard:
        return
    await _copy(connection, schema, "heard", heard)
    spans: dict[tuple[int, int], tuple[datetime, datetime]] = {}
    for one in heard:
        first, last = spans.get((one.record, one.content), (one.said_at, one.said_at))
        spans[one.record, one.content] = min(first, one.said_at), max(last, one.said_at)
    await connection.execute(
        f"INSERT INTO {schema}.saying AS s"  # noqa: S608
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],"
        " $5::bytea[]) ON CONFLICT (record, content) DO UPDATE SET"
        " first_at = least(s.first_at, excluded.first_at),"
        " last_at = greatest(s.last_at, excluded.last_at)"
        " WHERE excluded.first_at < s.first_at OR excluded.last_at > s.last_at",
        [record for record, _ in spans],
        [content for _, content in spans],
        [first for first, _ in spans.values()],
        [last for _, last in spans.values()],
        [contents[content] for _, content in spans],
    )


async def forget_message(connection: Connection, schema: str, position: Position) -> set[int]:
    """Take away what an erased message said; return the records that it was about."""
    rows = await connection.fetch(
        f"WITH gone AS (DELETE FROM {schema}.heard WHERE (shard, number) IN"  # noqa: S608
        f"  (SELECT $1::smallint, $2::bigint UNION ALL SELECT shard, number FROM {schema}.heard"
        "   WHERE from_shard = $1 AND from_number = $2"
        "   AND (from_shard <> shard OR from_number <> number))"
        "  AND (from_shard, from_number) = ($1, $2) RETURNING record, content)"
        " SELECT DISTINCT record, content FROM gone",
        position.shard,
        position.number,
    )
    records = [row["record"] for row in rows]
    contents = [row["content"] for row in rows]
    await connection.execute(
        "WITH left_over AS (SELECT t.record, t.content, min(h.said_at) AS first_at,"  # noqa: S608
        "  max(h.said_at) AS last_at FROM unnest($1::bigint[], $2::bigint[]) AS t(record, content)"
        f" JOIN {schema}.heard AS h ON (h.record, h.content) = (t.record, t.content)"
        "  GROUP BY 1, 2)"
        f" UPDATE {schema}.saying AS s SET first_at = o.first_at, last_at = o.last_at"
        " FROM left_over AS o WHERE (s.record, s.content) = (o.record, o.content)",
        records,
        contents,
    )
    await connection.execute(
        f"DELETE FROM {schema}.saying AS s"  # noqa: S608
        " USING unnest($1::bigint[], $2::bigint[]) AS t(record, content)"
        " WHERE (s.record, s.content) = (t.record, t.content) AND NOT EXISTS (SELECT FROM"
        f" {schema}.heard AS h WHERE (h.record, h.content) = (t.record, t.content))",
        records,
        contents,
    )
    touched = set(records)
    named = {"decision": "a, b", "replacement": "gone, kept", "withdrawal": "record"}
    for table, columns in named.items():
        gone = await connection.fetch(
            f"DELETE FROM {schema}.{table} WHERE shard = $1 AND number = $2 RETURNING {columns}",  # noqa: S608
            position.shard,
            position.number,
        )
        touched |= {record for row in gone for record in row if record is not None}
    return touched


async def sayings_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, list[SayingRow]]:
    """Return all that was said of records, but what a later withdrawal made void."""
    if not records:
        return {}
    found: dict[int, list[SayingRow]] = defaultdict(list)
    for row in await connection.fetch(
        "SELECT s.record, s.content, CASE WHEN s.first_at > w.at IS NOT FALSE THEN s.first_at"  # noqa: S608
        f" ELSE (SELECT min(h.said_at) FROM {schema}.heard AS h WHERE h.record = s.record"
        "  AND h.content = s.content AND h.said_at > w.at) END, s.last_at, s.said"
        f" FROM {schema}.saying AS s CROSS JOIN LATERAL (SELECT max(o.said_at) AS at"
        f"  FROM {schema}.withdrawal AS o WHERE o.record = s.record) AS w"
        " WHERE s.record = ANY ($1) AND s.last_at > w.at IS NOT FALSE",
        list(records),
    ):
        found[row["record"]].append(SayingRow(*row))
    return found


# --- records, their keys, their pairs -----------------------------------------------------------


async def records_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, RecordRow]:
    """Return records as they stand."""
    if not records:
        return {}
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {row["record"]: RecordRow(*row) for row in rows}


async def records_after(
    connection: Connection, schema: str, after: int | None, limit: int
) -> list[int]:
    """Return records by number."""
    rows = await connection.fetch(
        f"SELECT record FROM {schema}.record WHERE $1::bigint IS NULL OR record > $1"  # noqa: S608
        " ORDER BY record LIMIT $2",
        after,
        limit,
    )
    return [row["record"] for row in rows]


async def records_of_persons(
    connection: Connection, schema: str, persons: Collection[int]
) -> list[RecordRow]:
    """Return all records of persons."""
    if not persons:
        return []
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.record WHERE person = ANY ($1) ORDER BY person, first_at, record",  # noqa: S608
        list(persons),
    )
    return [RecordRow(*row) for row in rows]


async def write_records(
    connection: Connection,
    schema: str,
    rows: Sequence[RecordRow],
    *,
    known: Collection[int],
    gone: Collection[int] = (),
) -> None:
    """Write records anew, and take away those that are gone; ``known`` are there by now."""
    if old := [*gone, *(row.record for row in rows if row.record in known)]:
        await connection.execute(
            f"DELETE FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
            old,
        )
    await _copy(connection, schema, "record", rows)


async def write_keys(
    connection: Connection,
    schema: str,
    *,
    added: Collection[tuple[int, int]],
    removed: Collection[tuple[int, int]],
) -> None:
    """Write which keys lead to which records.

    Args:
        connection: in a transaction.
        schema: of the version.
        added: key and record.
        removed: key and record.
    """
    if removed:
        await connection.execute(
            f"DELETE FROM {schema}.key AS o"  # noqa: S608
            " USING unnest($1::bigint[], $2::bigint[]) AS t(k, record)"
            " WHERE (o.k, o.record) = (t.k, t.record)",
            [k for k, _ in removed],
            [record for _, record in removed],
        )
    await _copy(connection, schema, "key", list(added))


async def blocks_of(
    connection: Connection, schema: str, keys: Collection[int], *, limit: int
) -> dict[int, list[int]]:
    """Return up to ``limit`` records of each key."""
    if not keys:
        return {}
    rows = await connection.fetch(
        f"SELECT q.k, ARRAY(SELECT o.record FROM {schema}.key AS o WHERE o.k = q.k LIMIT $2)"  # noqa: S608
        " AS records FROM unnest($1::bigint[]) AS q(k)",
        list(keys),
        limit,
    )
    return {row["k"]: row["records"] for row in rows}


async def traits_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, bytes]:
    """Return what is compared of records."""
    if not records:
        return {}
    rows = await connection.fetch(
        f"SELECT record, traits FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {row["record"]: row["traits"] for row in rows}


async def edges_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[tuple[int, int], EdgeRow]:
    """Return all edges at records."""
    if not records:
        return {}
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.edge WHERE a = ANY ($1)"  # noqa: S608
        f" UNION ALL SELECT * FROM {schema}.edge WHERE b = ANY ($1) AND a <> ALL ($1)",
        list(records),
    )
    return {(row["a"], row["b"]): EdgeRow(*row) for row in rows}


async def write_edges(
    connection: Connection,
    schema: str,
    *,
    added: Sequence[EdgeRow],
    removed: Collection[tuple[int, int]],
) -> None:
    """Write edges; a changed one is both removed and added."""
    if removed:
        await connection.execute(
            f"DELETE FROM {schema}.edge AS e USING unnest($1::bigint[], $2::bigint[]) AS t(a, b)"  # noqa: S608
            " WHERE (e.a, e.b) = (t.a, t.b)",
            [a for a, _ in removed],
            [b for _, b in removed],
        )
    await _copy(connection, schema, "edge", added)


# --- decisions, replacements --------------------------------------------------------------------


async def put_decisions(connection: Connection, schema: str, rows: Sequence[DecisionRow]) -> None:
    """Keep decisions."""
    await _copy(connection, schema, "decision", rows)


async def put_replacements(
    connection: Connection, schema: str, rows: Sequence[ReplacementRow]
) -> None:
    """Keep replacements."""
    await _copy(connection, schema, "replacement", rows)


async def put_withdrawals(
    connection: Connection, schema: str, rows: Sequence[WithdrawalRow]
) -> None:
    """Keep withdrawals."""
    await _copy(connection, schema, "withdrawal", rows)


async def decisions_at(
    connection: Connection, schema: str, records: Collection[int]
) -> list[DecisionRow]:
    """Return all decisions about records."""
    if not records:
        return []
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.decision WHERE a = ANY ($1) OR b = ANY ($1)",  # noqa: S608
        list(records),
    )
    return [DecisionRow(*row) for row in rows]


async def replaced(connection: Connection, schema: str, records: Collection[int]) -> dict[int, int]:
    """Return which of some records others took the place of.

    Of all that names a record the latest holds: that another took its place, that this was
    undone, or that it took another's place itself, and so stands.
    """
    if not records:
        return {}
    rows = await connection.fetch(
        "SELECT DISTINCT ON (x) x, kept FROM ("  # noqa: S608
        " SELECT gone AS x, kept, said_at, shard, number, part"
        f" FROM {schema}.replacement WHERE gone = ANY ($1)"
        " UNION ALL SELECT kept, NULL, said_at, shard, number, part"
        f" FROM {schema}.replacement WHERE kept = ANY ($1)) AS t"
        " ORDER BY x, said_at DESC, shard DESC, number DESC, part DESC",
        list(records),
    )
    return {row["x"]: row["kept"] for row in rows if row["kept"] is not None}


async def naming(connection: Connection, schema: str, records: Collection[int]) -> set[int]:
    """Return the records that others among these took the place of, as anybody ever said."""
    if not records:
        return set()
    rows = await connection.fetch(
        f"SELECT DISTINCT gone FROM {schema}.replacement WHERE kept = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {row["gone"] for row in rows}


# --- models -------------------------------------------------------------------------------------


async def put_models(
    connection: Connection, schema: str, rows: Sequence[tuple[int, int, datetime, bytes]]
) -> None:
    """Keep models that were put in force."""
    await _copy(connection, schema, "model", rows)


async def model_in_force(connection: Connection, schema: str) -> bytes | None:
    """Return the model that was put in force last; None: the one that ships."""
    found: bytes | None = await connection.fetchval(
        f"SELECT model FROM {schema}.model ORDER BY said_at DESC, shard DESC, number DESC LIMIT 1"  # noqa: S608
    )
    return found


async def model_position(connection: Connection, schema: str) -> tuple[int, int] | None:
    """Return where the model stands in the log that was put in force last."""
    row = await connection.fetchrow(
        f"SELECT shard, number FROM {schema}.model"  # noqa: S608
        " ORDER BY said_at DESC, shard DESC, number DESC LIMIT 1"
    )
    return (row["shard"], row["number"]) if row else None


# --- persons, questions -------------------------------------------------------------------------


async def set_persons(connection: Connection, schema: str, of: Mapping[int, int]) -> None:
    """Say whose records are."""
    if not of:
        return
    await connection.execute(
        f"UPDATE {schema}.record AS r SET person = t.person"  # noqa: S608
        " FROM unnest($1::bigint[], $2::bigint[]) AS t(record, person) WHERE r.record = t.record",
        list(of),
        list(of.values()),
    )


async def write_persons(
    connection: Connection,
    schema: str,
    persons: Collection[int],
    rows: Sequence[tuple[int, int, bytes]],
) -> None:
    """Write persons anew; those without a row are none."""
    if gone := set(persons) - {person for person, _, _ in rows}:
        await connection.execute(
            f"DELETE FROM {schema}.person WHERE person = ANY ($1)",  # noqa: S608
            list(gone),
        )
    if rows:
        await connection.execute(
            f"INSERT INTO {schema}.person SELECT *"  # noqa: S608
            " FROM unnest($1::bigint[], $2::integer[], $3::bytea[])"
            " ON CONFLICT (person) DO UPDATE"
            " SET records = excluded.records, golden = excluded.golden",
            *map(list, zip(*rows, strict=True)),
        )


async def write_questions(
    connection: Connection, schema: str, persons: Collection[int], rows: Iterable[QuestionRow]
) -> None:
    """Write the questions about persons anew."""
    await connection.execute(
        f"DELETE FROM {schema}.question WHERE p = ANY ($1) OR q = ANY ($1)",  # noqa: S608
        list(persons),
    )
    await _copy(connection, schema, "question", list(rows))


async def standing_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, StandingRow]:
    """Return what is needed of records to say who is one person."""
    if not records:
        return {}
    rows = await connection.fetch(
        f"SELECT record, first_at, kept, person, traits FROM {schema}.record"  # noqa: S608
        " WHERE record = ANY ($1)",
        list(records),
    )
    return {row["record"]: StandingRow(*row) for row in rows}


async def persons_of(
    connection: Connection, schema: str, records: Collection[int]
) -> dict[int, int]:
    """Return whose records are."""
    if not records:
        return {}
    rows = await connection.fetch(
        f"SELECT record, person FROM {schema}.record WHERE record = ANY ($1)",  # noqa: S608
        list(records),
    )
    return {row["record"]: row["person"] for row in rows}


async def members_of(
    connection: Connection, schema: str, persons: Collection[int]
) -> dict[int, int]:
    """Return the records of persons, and whose each is."""
    if not persons:
        return {}
    rows = await connection.fetch(
        f"SELECT record, person FROM {schema}.record WHERE person = ANY ($1)",  # noqa: S608
        list(persons),
    )
    return {row["record"]: row["person"] for row in rows}


async def replacing(connection: Connection, schema: str, records: Collection[int]) -> set[int]:
    """Return the records that took the place of these, and those of which these took it."""
    if not records:
        return set()
    rows = await connection.fetch(
        f"SELECT record FROM {schema}.record WHERE kept = ANY ($1)"  # noqa: S608
        f" UNION SELECT kept FROM {schema}.record WHERE record = ANY ($1) AND kept IS NOT NULL",
        list(records),
    )
    return {row["record"] for row in rows}
