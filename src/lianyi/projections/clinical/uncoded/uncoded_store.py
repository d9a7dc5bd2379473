"""Which messages used which code that no table maps, and how many each was used by.

The count of a code is that of its rows, one for each message; so a message that is learned again
counts once, and one that was erased no more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection

TABLES: Final = """
-- One row for each message and code of it that no table maps.
CREATE TABLE {schema}.uncoded (
    cid         bigint      NOT NULL,            -- of sender, field, code map, system, code, words
    number      bigint      NOT NULL,
    from_number bigint      NOT NULL,            -- the message whose content it is
    came_at     timestamptz NOT NULL,
    channel     integer     NOT NULL,
    shard       smallint    NOT NULL,
    from_shard  smallint    NOT NULL,
    PRIMARY KEY (cid, channel, shard, number)
);
CREATE INDEX ON {schema}.uncoded (from_shard, from_number);

-- What follows from these rows: how many messages, the first and the last of them.
CREATE TABLE {schema}.uncoded_code (
    cid          bigint      NOT NULL,
    messages     bigint      NOT NULL,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    first_number bigint      NOT NULL,
    last_number  bigint      NOT NULL,
    channel      integer     NOT NULL,
    first_shard  smallint    NOT NULL,
    last_shard   smallint    NOT NULL,
    sender       text        NOT NULL,
    field        text        NOT NULL,
    codes        text        NOT NULL,           -- the code map; empty: the sender's own codes
    system       text        NOT NULL,
    code         text        NOT NULL,
    display      text        NOT NULL,
    PRIMARY KEY (cid, channel)
);
CREATE INDEX ON {schema}.uncoded_code (messages);

DO $$
DECLARE
    walled text;
BEGIN
    FOREACH walled IN ARRAY ARRAY['uncoded', 'uncoded_code'] LOOP
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', walled);
        EXECUTE format('CREATE POLICY seen ON {schema}.%1$I FOR SELECT TO lianyi_doors'
            ' USING (%1$I.channel = ANY ((SELECT messagelog.visible_channels())::integer[]))',
            walled);
    END LOOP;
END $$;
GRANT SELECT ON {schema}.uncoded_code TO lianyi_doors;
"""
DIGESTED: Final[Mapping[str, str]] = {
    "uncoded": "cid, channel, shard, number, from_shard, from_number, came_at",
    "uncoded_code": "cid, channel, messages, first_at, first_shard, first_number, last_at,"
    " last_shard, last_number, sender, field, codes, system, code, display",
}


class Used(NamedTuple):
    """That a message uses a code that no table maps."""

    cid: int
    channel: int
    shard: int
    number: int
    from_shard: int
    from_number: int
    came_at: datetime


class Code(NamedTuple):
    """A code that no table maps, as a sender uses it in a field."""

    sender: str
    field: str
    codes: str
    system: str
    code: str
    display: str


class CodeRow(NamedTuple):
    """A code and how often it was used in the messages of a channel."""

    channel: str
    organisation: str
    sender: str
    field: str
    codes: str
    system: str
    code: str
    display: str
    messages: int
    first_at: datetime
    first: Position
    last_at: datetime
    last: Position


async def keep(
    connection: Connection, schema: str, used: Sequence[Used], codes: Mapping[int, Code]
) -> set[tuple[int, int]]:
    """Keep which messages use which codes; return code and channel of what was not there yet."""
    rows = await connection.fetch(
        f"INSERT INTO {schema}.uncoded"  # noqa: S608
        " (cid, channel, shard, number, from_shard, from_number, came_at)"
        " SELECT * FROM unnest($1::bigint[], $2::integer[], $3::smallint[], $4::bigint[],"
        " $5::smallint[], $6::bigint[], $7::timestamptz[]) ON CONFLICT DO NOTHING"
        " RETURNING cid, channel, came_at, shard, number",
        *(list(column) for column in zip(*used, strict=True)),
    )
    await _count_more(connection, schema, [tuple(row) for row in rows], codes)
    return {(row["cid"], row["channel"]) for row in rows}


async def _count_more(
    connection: Connection,
    schema: str,
    rows: Sequence[tuple[int, int, datetime, int, int]],
    codes: Mapping[int, Code],
) -> None:
    """Let counts, first and last follow from rows that have come."""
    by_code: dict[tuple[int, int], list[tuple[datetime, int, int]]] = {}
    for cid, channel, came_at, shard, number in rows:
        by_code.setdefault((cid, channel), []).append((came_at, shard, number))
    await connection.executemany(
        f"INSERT INTO {schema}.uncoded_code AS c (cid, channel, messages,"  # noqa: S608
        " first_at, first_shard, first_number, last_at, last_shard, last_number,"
        " sender, field, codes, system, code, display)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
        " ON CONFLICT (cid, channel) DO UPDATE SET messages = c.messages + excluded.messages,"
        " (first_at, first_shard, first_number) = (SELECT * FROM (VALUES"
        "  (c.first_at, c.first_shard, c.first_number),"
        "  (excluded.first_at, excluded.first_shard, excluded.first_number)) AS t ORDER BY 1, 2, 3"
        "  LIMIT 1),"
        " (last_at, last_shard, last_number) = (SELECT * FROM (VALUES"
        "  (c.last_at, c.last_shard, c.last_number),"
        "  (excluded.last_at, excluded.last_shard, excluded.last_number)) AS t"
        "  ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1)",
        [
            (*key, len(places), *min(places), *max(places), *codes[key[0]])
            for key, places in sorted(by_code.items())
        ],
    )


async def forget(connection: Connection, schema: str, positions: Collection[Position]) -> bool:
    """Take away what erased messages used; what they alone used is gone. Say whether any was."""
    rows = await connection.fetch(
        f"DELETE FROM {schema}.uncoded WHERE (from_shard, from_number) IN"  # noqa: S608
        " (SELECT * FROM unnest($1::smallint[], $2::bigint[])) RETURNING cid, channel",
        [position.shard for position in positions],
        [position.number for position in positions],
    )
    for cid, channel in sorted({(row["cid"], row["channel"]) for row in rows}):
        await connection.execute(
            f"""
            WITH used AS MATERIALIZED (
                SELECT came_at, shard, number FROM {schema}.uncoded
                WHERE cid = $1 AND channel = $2
            ), first AS (SELECT * FROM used ORDER BY 1, 2, 3 LIMIT 1),
            last AS (SELECT * FROM used ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1)
            UPDATE {schema}.uncoded_code SET messages = (SELECT count(*) FROM used),
                first_at = first.came_at, first_shard = first.shard, first_number = first.number,
                last_at = last.came_at, last_shard = last.shard, last_number = last.number
            FROM first, last WHERE cid = $1 AND channel = $2
            """,  # noqa: S608
            cid,
            channel,
        )
        await connection.execute(
            f"DELETE FROM {schema}.uncoded_code WHERE cid = $1 AND channel = $2"  # noqa: S608
            f" AND NOT EXISTS (SELECT FROM {schema}.uncoded WHERE cid = $1 AND channel = $2)",
            cid,
            channel,
        )
    return bool(rows)


_FOUND: Final = (
    " FROM {schema}.uncoded_code AS u JOIN messagelog.channel AS c USING (channel)"
    " WHERE ($1 = '' OR c.name = $1) AND ($2 = '' OR u.field ILIKE $3 OR u.codes ILIKE $3"
    " OR u.system ILIKE $3 OR u.code ILIKE $3 OR u.display ILIKE $3 OR u.sender ILIKE $3)"
)


async def list_codes(
    connection: Connection, schema: str, *, channel: str, text: str, skip: int, limit: int
) -> list[CodeRow]:
    """Return codes, those first that most messages use.

    Args:
        connection: as the doors see the database.
        schema: of the version.
        channel: name; empty: of every channel that is seen.
        text: a part of what is known of a code; empty: any.
        skip: so many.
        limit: at most so many.
    """
    rows = await connection.fetch(
        "SELECT c.name, c.organisation, u.sender, u.field, u.codes, u.system, u.code, u.display,"
        " u.messages, u.first_at, u.first_shard, u.first_number, u.last_at, u.last_shard,"
        f" u.last_number{_FOUND.format(schema=schema)}"
        " ORDER BY u.messages DESC, u.cid, u.channel OFFSET $4 LIMIT $5",
        channel,
        text,
        _like(text),
        skip,
        limit,
    )
    return [_row(tuple(row)) for row in rows]


def _row(row: tuple[Any, ...]) -> CodeRow:
    first, last = Position(row[10], row[11]), Position(row[13], row[14])
    said: tuple[Any, ...] = (*row[:10], first, row[12], last)
    return CodeRow(*said)


async def count_codes(connection: Connection, schema: str, *, channel: str, text: str) -> int:
    """Return how many codes :func:`list_codes` would list."""
    count: int = await connection.fetchval(
        f"SELECT count(*){_FOUND.format(schema=schema)}", channel, text, _like(text)
    )
    return count


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
