"""The decisions that wait for a second person, in a version of the index.

Whether a proposal still means what it meant is not stored: it carries the state of the persons that
it speaks of, and ``touched`` tells the state now. So nothing depends on when it was looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection

LISTED_MAX: Final = 200

_TABLES = """
-- Decisions that somebody proposed; said NULL: that the record gone stands again.
CREATE TABLE {schema}.proposal (
    shard   smallint    NOT NULL,
    number  bigint      NOT NULL,
    said    text,
    a       bigint[]    NOT NULL,               -- of each pair the one record
    b       bigint[]    NOT NULL,               -- and the other
    gone    bigint,
    state   text        NOT NULL,               -- of the persons then; see touched()
    said_at timestamptz NOT NULL,
    actor   text        NOT NULL,
    account text        NOT NULL,
    reason  text        NOT NULL,
    PRIMARY KEY (shard, number)
);

-- What became of them; of several acts about one proposal the first counts.
CREATE TABLE {schema}.proposal_end (
    of_shard  smallint NOT NULL,
    of_number bigint   NOT NULL,
    shard     smallint NOT NULL,
    number    bigint   NOT NULL,
    how       text     NOT NULL,                -- confirmed, withdrawn, rejected
    PRIMARY KEY (of_shard, of_number)
);

ALTER TABLE {schema}.proposal ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON {schema}.proposal FOR SELECT TO lianyi_doors USING
    (NOT EXISTS (SELECT FROM unnest(a || b || coalesce(gone, a[1])) AS n(record)
        WHERE NOT EXISTS (SELECT FROM {schema}.record AS r WHERE r.record = n.record)));
GRANT SELECT ON {schema}.proposal, {schema}.proposal_end TO lianyi_doors;

-- How many records the persons of some records have together, and a hash of all that a decision
-- about them rests on: whose each is, what is compared of it, and what was decided among them.
-- Whoever sees a part of a person learns from it how big she is, and nothing else.
CREATE FUNCTION {schema}.touched(named bigint[], OUT records integer, OUT state text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH theirs AS (
        SELECT r.record, r.person, r.kept, r.traits FROM {schema}.record AS r WHERE r.person IN
            (SELECT p.person FROM {schema}.record AS p WHERE p.record = ANY (named))
    ), told AS (
        SELECT concat_ws(':', 'r', record, person, kept, md5(traits)) AS line FROM theirs
        UNION ALL
        SELECT concat_ws(':', 'd', d.shard, d.number, d.part) FROM {schema}.decision AS d
        WHERE d.a IN (SELECT record FROM theirs) AND d.b IN (SELECT record FROM theirs)
    )
    SELECT (SELECT count(*)::integer FROM theirs),
        (SELECT encode(sha256(convert_to(coalesce(
            string_agg(line, ',' ORDER BY line COLLATE "C"), ''), 'UTF8')), 'hex') FROM told)
$$;
REVOKE ALL ON FUNCTION {schema}.touched FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.touched TO lianyi_doors;
"""

DIGESTED: Final[Mapping[str, str]] = {
    "proposal": "shard, number, said, a, b, gone, state, said_at, actor, account, reason",
    "proposal_end": "of_shard, of_number, shard, number, how",
}
"""What follows from the log; see ``projection_store.digest``."""


class ProposalRow(NamedTuple):
    """A row of ``proposal``."""

    shard: int
    number: int
    said: str | None
    a: list[int]
    b: list[int]
    gone: int | None
    state: str
    said_at: datetime
    actor: str
    account: str
    reason: str

    @property
    def named(self) -> list[int]:
        """The records that it speaks of, sorted."""
        return sorted({*self.a, *self.b, *([] if self.gone is None else [self.gone])})


class EndRow(NamedTuple):
    """A row of ``proposal_end``."""

    of_shard: int
    of_number: int
    shard: int
    number: int
    how: str


class Touched(NamedTuple):
    """The persons of some records: how many records they have, and the state they are in."""

    records: int
    state: str


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables, beside those of the index."""
    await connection.execute(_TABLES.format(schema=schema))


async def put_proposals(
    connection: Connection, schema: str, rows: Sequence[ProposalRow], ends: Sequence[EndRow]
) -> set[Position]:
    """Keep proposals and what became of them.

    Args:
        connection: in a transaction.
        schema: of the version.
        rows: proposals that are not there yet.
        ends: in the order of the log.

    Returns:
        The acts among ``ends`` that came too late: the proposal had ended before.
    """
    if rows:
        await connection.copy_records_to_table("proposal", schema_name=schema, records=rows)
    late = set()
    for end in ends:
        first = await connection.fetchval(
            f"INSERT INTO {schema}.proposal_end VALUES ($1, $2, $3, $4, $5)"  # noqa: S608
            " ON CONFLICT DO NOTHING RETURNING true",
            *end,
        )
        if not first:
            late.add(Position(end.shard, end.number))
    return late


async def forget_message(connection: Connection, schema: str, position: Position) -> None:
    """Take away a proposal that was erased."""
    await connection.execute(
        f"DELETE FROM {schema}.proposal WHERE (shard, number) = ($1, $2)",  # noqa: S608
        *position,
    )


async def touched(connection: Connection, schema: str, named: Collection[int]) -> Touched:
    """Return how many records the persons of some records have, and the state they are in."""
    row = await connection.fetchrow(
        f"SELECT records, state FROM {schema}.touched($1)",  # noqa: S608
        list(named),
    )
    assert row is not None  # noqa: S101 - a function always answers
    return Touched(*row)


async def open_proposals(
    connection: Connection, schema: str, *, only: Position | None = None
) -> list[ProposalRow]:
    """Return proposals that nobody ended, and that still mean what they meant, oldest first."""
    rows = await connection.fetch(
        f"SELECT p.* FROM {schema}.proposal AS p WHERE ($1::smallint IS NULL"  # noqa: S608
        " OR (p.shard, p.number) = ($1, $2))"
        f" AND NOT EXISTS (SELECT FROM {schema}.proposal_end AS e"
        "  WHERE (e.of_shard, e.of_number) = (p.shard, p.number))"
        f" AND p.state = (SELECT t.state FROM {schema}.touched(p.a || p.b || p.gone) AS t)"
        " ORDER BY p.said_at, p.shard, p.number LIMIT $3",
        only.shard if only else None,
        only.number if only else None,
        LISTED_MAX,
    )
    return [ProposalRow(*row) for row in rows]


async def fate(
    connection: Connection, schema: str, position: Position
) -> tuple[ProposalRow, EndRow | None] | None:
    """Return a proposal and how it ended; None: there is none that is seen."""
    row = await connection.fetchrow(
        f"SELECT p.*, e.* FROM {schema}.proposal AS p LEFT JOIN {schema}.proposal_end AS e"  # noqa: S608
        " ON (e.of_shard, e.of_number) = (p.shard, p.number)"
        " WHERE (p.shard, p.number) = ($1, $2)",
        *position,
    )
    if row is None:
        return None
    width = len(ProposalRow._fields)
    proposal, end = tuple(row)[:width], tuple(row)[width:]
    return ProposalRow(*proposal), EndRow(*end) if end[0] is not None else None
