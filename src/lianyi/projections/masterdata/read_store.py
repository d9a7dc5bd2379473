"""What people ask the master data, on a day. Every function takes the schema of the version."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.masterdata.model import PLACE, TREE, Kind
from lianyi.projections.masterdata.wall_store import seeing_all


class Record(NamedTuple):
    """A record as it is on a day."""

    kind: str
    code: str
    valid_from: date
    valid_to: date
    name_zh: str
    name_en: str
    pinyin: str
    category: str
    emergency: bool
    identifiers: dict[str, str]
    said: str
    ended: str | None


class Told(NamedTuple):
    """What a record was called from a day on."""

    valid_from: date
    name_zh: str
    name_en: str
    pinyin: str
    category: str
    emergency: bool
    identifiers: dict[str, str]
    said: str
    origins: dict[str, tuple[str, int, str]]


class Link(NamedTuple):
    """A relation between two records."""

    relation: str
    subject: str
    object: str
    role: str
    valid_from: date
    valid_to: date
    said: str
    ended: str | None


class Line(NamedTuple):
    """An organisation that came from another."""

    predecessor: str
    successor: str
    how: str
    on: date
    said: str


class Saying(NamedTuple):
    """A message that said something about a record."""

    position: str
    part: int
    received_at: datetime
    kind: str
    by: str
    changes: list[dict[str, Any]]
    refused: dict[str, Any] | None
    taken_back_by: str | None


class Node(NamedTuple):
    """An organisation in a tree."""

    code: str
    parent: str | None
    name_zh: str
    name_en: str
    category: str
    emergency: bool
    places: list[str]


_EVERY = """
SELECT DISTINCT ON (code) * FROM {schema}.existence
WHERE kind = $1 AND valid_from <= $2 AND $3::text[] IS NULL ORDER BY code, valid_from DESC
"""
_SOME = """
SELECT one.* FROM unnest($3::text[]) AS wanted(code) CROSS JOIN LATERAL (
    SELECT * FROM {schema}.existence AS e
    WHERE e.kind = $1 AND e.code = wanted.code AND e.valid_from <= $2
    ORDER BY e.valid_from DESC LIMIT 1) AS one
"""
"""Looked up one by one: a list of codes to choose among is gone through for every row."""

_DESCRIBED = """
SELECT e.kind, e.code, e.valid_from, e.valid_to, coalesce(d.name_zh, ''),
    coalesce(d.name_en, ''), coalesce(d.pinyin, ''), coalesce(d.category, ''),
    coalesce(d.emergency, false), coalesce(d.identifiers, '{{}}'), e.said, e.ended
FROM ({existing}) AS e
LEFT JOIN LATERAL (SELECT * FROM {schema}.description AS d
      WHERE d.kind = e.kind AND d.code = e.code AND d.valid_from <= $2
      ORDER BY d.valid_from DESC LIMIT 1) AS d ON true
"""

_PAGE = """
SELECT * FROM ({existing}) AS one
WHERE ($4 OR valid_to > $2) AND code COLLATE "C" > $5
ORDER BY code COLLATE "C" LIMIT CASE WHEN $6 = '' THEN $7::bigint END
"""
"""Without a word to look for, only the records of the page are described."""

_FOUND = """
WHERE $6 = '' OR position(lower($6) IN lower(concat_ws(' ', e.code, d.name_zh, d.name_en, d.pinyin,
    d.identifiers::text))) > 0
ORDER BY e.code COLLATE "C" LIMIT $7
"""


def _on_day(schema: str, *, some: bool, within: str = "{existing}") -> str:
    """Return the question for records of a kind as they are on a day: some of them, or all."""
    existing = within.replace("{existing}", _SOME if some else _EVERY)
    return _DESCRIBED.replace("{existing}", existing).format(schema=schema)


async def list_records(
    connection: Connection,
    schema: str,
    kind: Kind,
    *,
    as_of: date,
    q: str,
    closed: bool,
    after: str,
    limit: int,
    codes: Collection[str] | None = None,
) -> list[Record]:
    """Return records by code.

    Args:
        connection: to the database.
        schema: of the version.
        kind: of the records.
        as_of: the day.
        q: part of a code, name, pinyin or identifier; empty finds all.
        closed: whether those that are no more by that day are wanted too.
        after: the last code of the page before.
        limit: at most so many.
        codes: among these, some hundreds at most; None: all.
    """
    rows = await connection.fetch(
        _on_day(schema, some=codes is not None, within=_PAGE) + _FOUND,
        kind.value,
        as_of,
        codes,
        closed,
        after,
        q,
        limit,
    )
    return [Record(*row) for row in rows]


async def records(
    connection: Connection, schema: str, kind: Kind, codes: Collection[str], *, as_of: date
) -> list[Record]:
    """Return some records as they are on a day, or were last before it."""
    rows = await connection.fetch(
        _on_day(schema, some=True) + " ORDER BY e.code", kind.value, as_of, sorted(set(codes))
    )
    return [Record(*row) for row in rows]


async def first_day(connection: Connection, schema: str, kind: Kind, code: str) -> date | None:
    """Return the first day of a record; None: there has never been one."""
    found: date | None = await connection.fetchval(
        f"SELECT min(valid_from) FROM {schema}.existence WHERE kind = $1 AND code = $2",  # noqa: S608
        kind.value,
        code,
    )
    return found


async def list_told(connection: Connection, schema: str, kind: Kind, code: str) -> list[Told]:
    """Return what a record was called, newest first."""
    rows = await connection.fetch(
        "SELECT valid_from, name_zh, name_en, pinyin, category, emergency, identifiers, said,"  # noqa: S608
        f" origins FROM {schema}.description WHERE kind = $1 AND code = $2"
        " ORDER BY valid_from DESC",
        kind.value,
        code,
    )
    return [Told(*row) for row in rows]


async def list_links(
    connection: Connection, schema: str, relations: Sequence[str], code: str, *, leading: bool
) -> list[Link]:
    """Return the links of a record, newest first.

    Args:
        connection: to the database.
        schema: of the version.
        relations: of these sorts; ``tree:`` means all trees.
        code: of the record.
        leading: those that lead to it, instead of those that are about it.
    """
    side = "object" if leading else "subject"
    rows = await connection.fetch(
        "SELECT relation, subject, object, role, valid_from, valid_to, said, ended"  # noqa: S608
        f" FROM {schema}.link WHERE {side} = $1 AND (relation = ANY($2)"
        " OR ($3 = ANY($2) AND starts_with(relation, $3)))"
        ' ORDER BY valid_from DESC, relation COLLATE "C", subject COLLATE "C", object COLLATE "C"',
        code,
        list(relations),
        TREE,
    )
    return [Link(*row) for row in rows]


async def list_lineage(connection: Connection, schema: str, code: str) -> list[Line]:
    """Return what an organisation came from and what came from it."""
    rows = await connection.fetch(
        f'SELECT predecessor, successor, how, "on", said FROM {schema}.lineage'  # noqa: S608
        ' WHERE predecessor = $1 OR successor = $1 ORDER BY "on", predecessor, successor',
        code,
    )
    return [Line(*row) for row in rows]


async def counts(connection: Connection, schema: str, position: Position, part: int | None) -> bool:
    """Tell whether a message, or one part of it, says something that still counts."""
    found: bool = await connection.fetchval(
        f"SELECT EXISTS (SELECT FROM {schema}.statement AS s WHERE s.shard = $1"  # noqa: S608
        " AND s.number = $2 AND ($3::integer IS NULL OR s.part = $3) AND s.unreadable IS NULL"
        ' AND NOT s.changes @> \'[{"do": "retract"}]\''
        f" AND {schema}.taken_back_by(s.shard, s.number, s.part) IS NULL)",
        position.shard,
        position.number,
        part,
    )
    return found


async def list_changes(
    connection: Connection, schema: str, position: Position, part: int | None
) -> list[dict[str, Any]]:
    """Return the changes of a message, or of one part of it."""
    rows = await connection.fetch(
        f"SELECT changes FROM {schema}.statement WHERE shard = $1 AND number = $2"  # noqa: S608
        " AND ($3::integer IS NULL OR part = $3) ORDER BY part",
        position.shard,
        position.number,
        part,
    )
    return [change for row in rows for change in row["changes"]]


async def list_named_beside(
    connection: Connection, schema: str, things: Collection[str]
) -> list[str]:
    """Return every record, ``kind/code``, that was ever named together with one of some."""
    rows = await connection.fetch(
        f"SELECT DISTINCT unnest(things) FROM {schema}.statement WHERE things && $1::text[]",  # noqa: S608
        list(things),
    )
    return [row[0] for row in rows]


async def channel_numbers(connection: Connection) -> dict[str, int]:
    """Return the number of each channel by its name."""
    rows = await connection.fetch("SELECT name, channel FROM messagelog.channel")
    return {row["name"]: row["channel"] for row in rows}


async def owner_of_message(connection: Connection, position: Position) -> str | None:
    """Return the organisation whose message stands at a position; None: there is none to see."""
    found: str | None = await connection.fetchval(
        "SELECT c.organisation FROM messagelog.message AS m JOIN messagelog.channel AS c"
        " USING (channel) WHERE m.shard = $1 AND m.number = $2",
        position.shard,
        position.number,
    )
    return found


async def list_sayings(
    connection: Connection, schema: str, kind: Kind, code: str, *, limit: int
) -> list[Saying]:
    """Return the messages that said something about a record, newest first."""
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.sayings($1, $2)",  # noqa: S608
        f"{kind}/{code}",
        limit,
    )
    return [Saying(*row) for row in rows]


async def list_trees(
    connection: Connection, schema: str, *, below: Collection[str] | None = None
) -> list[str]:
    """Return the names of all trees that organisations ever stood in; None: any of them."""
    rows = await connection.fetch(
        f"SELECT DISTINCT relation FROM {schema}.link"  # noqa: S608
        " WHERE starts_with(relation, $1) AND ($2::text[] IS NULL OR subject IN"
        " (SELECT unnest($2::text[]))) ORDER BY 1",
        TREE,
        below,
    )
    return [row["relation"].removeprefix(TREE) for row in rows]


async def list_nodes(
    connection: Connection,
    schema: str,
    tree: str,
    *,
    as_of: date,
    codes: Collection[str] | None = None,
) -> list[Node]:
    """Return organisations of a day with their parent in a tree and where they are; None: all."""
    rows = await connection.fetch(
        f"SELECT on_day.code, l.object, on_day.name_zh, on_day.name_en, on_day.category,"  # noqa: S608
        " on_day.emergency, ARRAY(SELECT p.object"
        f"  FROM {schema}.link AS p WHERE p.relation = $4 AND p.subject = on_day.code"
        "  AND p.valid_from <= $2 AND p.valid_to > $2 ORDER BY 1)"
        f" FROM ({_on_day(schema, some=codes is not None)})"
        "  AS on_day (kind, code, valid_from, valid_to, name_zh, name_en, pinyin, category,"
        "  emergency, identifiers, said, ended)"
        f" LEFT JOIN {schema}.link AS l ON l.relation = $5 AND l.subject = on_day.code"
        "  AND l.valid_from <= $2 AND l.valid_to > $2"
        ' WHERE on_day.valid_to > $2 ORDER BY on_day.code COLLATE "C"',
        Kind.ORGANISATION.value,
        as_of,
        None if codes is None else list(codes),
        PLACE,
        TREE + tree,
    )
    return [Node(*row) for row in rows]


async def list_nodes_above(
    connection: Connection, schema: str, tree: str, nodes: Sequence[Node], *, as_of: date
) -> list[Node]:
    """Return the nodes that some stand under and that are not among them, whoever asks."""
    known = {node.code for node in nodes}
    ahead = {node.parent for node in nodes if node.parent} - known
    found: list[Node] = []
    async with seeing_all(connection):
        while ahead:
            found += (more := await list_nodes(connection, schema, tree, as_of=as_of, codes=ahead))
            known |= ahead
            ahead = {node.parent for node in more if node.parent} - known
    return found
