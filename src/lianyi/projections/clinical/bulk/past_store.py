"""What stood at an instant, page by page, also while others write.

Every version of the past is kept, and what a resource was at an instant that has settled never
changes any more. So each page is a statement of its own, whenever it comes: nothing is held open,
and an export that was interrupted goes on where it was.

A page covers the numbers of a range. Which version of a resource stood at the instant is the same
whenever it is asked, so that no resource falls between two pages, and none is on both.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.read_store import Kept
from lianyi.projections.clinical.search.condition_store import Statement
from lianyi.projections.clinical.search.conditions import Node

FIRST: Final = -(1 << 63)
LAST: Final = (1 << 63) - 1
BYTES_MAX: Final = 8_388_608
"""So much is held of a page, unless a single resource is longer."""
_COLUMNS: Final = (
    "rid", "patient", "type", "id", "version", "updated_at", "channel", "deleted", "method",
    "shard", "number", "body",
)  # fmt: skip


class Wanted(NamedTuple):
    """What of a type is wanted.

    Attributes:
        type: of the resources.
        as_of: the instant.
        since: only what came to stand so after this instant; None: all.
        about_patients: only what is about a patient.
        patients: only what is about one of these; None: whoever.
        node: what must hold of what has not changed since; None: nothing.
    """

    type: str
    as_of: datetime
    since: datetime | None = None
    about_patients: bool = False
    patients: Sequence[int] | None = None
    node: Node | None = None


class Page(NamedTuple):
    """A page.

    Attributes:
        rows: of what stands today as it stood at the instant, and fulfils everything.
        changed: as it stood at the instant, of what has changed since: whether it is wanted is
            still to be judged. ``patient`` is unknown.
        until: the last number that it covers; :data:`LAST`: it is the last page.
    """

    rows: list[Kept]
    changed: list[Kept]
    until: int


class Gone(NamedTuple):
    """A resource that had been deleted at the instant."""

    rid: int
    patient: int | None
    type: str
    id: str
    channel: int


async def page(
    connection: Connection, schema: str, wanted: Wanted, *, after: int, limit: int
) -> Page:
    """Return the page that begins behind a number.

    Args:
        connection: in a transaction.
        schema: of the version in force.
        wanted: what is wanted.
        after: the last number of the page before; :data:`FIRST`: it is the first.
        limit: so many resources are looked at, and no more than :data:`BYTES_MAX` of them; what
            has changed since is not counted.
    """
    statement = Statement(schema)
    type_ = statement.value(wanted.type, "text")
    begins = statement.value(after, "bigint")
    as_of = statement.value(wanted.as_of, "timestamptz")
    of = " AND r.patient IS NOT NULL" if wanted.about_patients else ""
    if wanted.patients is not None:
        of = f" AND r.patient = ANY ({statement.value(list(wanted.patients), 'bigint[]')})"
    since = ""
    if wanted.since is not None:
        since = f" AND r.updated_at > {statement.value(wanted.since, 'timestamptz')}"
    said = f" AND {statement.holds(wanted.node, 'r.rid')}" if wanted.node is not None else ""
    ours = ", ".join(f"r.{one}" for one in _COLUMNS)
    theirs = ", ".join("NULL::bigint" if one == "patient" else f"v.{one}" for one in _COLUMNS)
    rows = await connection.fetch(
        f"""
        WITH near AS (
            SELECT r.rid, octet_length(r.body) AS size FROM {schema}.resource AS r
            WHERE r.type = {type_} AND NOT r.deleted AND r.rid > {begins}{of}
            ORDER BY r.rid LIMIT {limit:d}),
        summed AS (
            SELECT rid, sum(size) OVER (ORDER BY rid) AS size,
                row_number() OVER (ORDER BY rid) AS place FROM near),
        until AS (
            SELECT CASE WHEN count(*) < {limit:d} AND coalesce(max(size), 0) <= {BYTES_MAX}
                THEN {LAST} ELSE max(rid) FILTER (WHERE size <= {BYTES_MAX} OR place = 1)
                END AS rid FROM summed)
        SELECT until.rid AS until, s.* FROM until LEFT JOIN LATERAL (
            SELECT false AS changed, {ours} FROM {schema}.resource AS r
            WHERE r.type = {type_} AND NOT r.deleted AND r.rid > {begins} AND r.rid <= until.rid
                AND r.updated_at <= {as_of}{of}{since}{said}
            UNION ALL
            SELECT true AS changed, {theirs} FROM {schema}.resource AS r
            CROSS JOIN LATERAL (
                SELECT * FROM {schema}.version AS e
                WHERE e.rid = r.rid AND e.updated_at <= {as_of}
                ORDER BY e.version DESC LIMIT 1) AS v
            WHERE r.type = {type_} AND r.updated_at > {as_of} AND r.rid > {begins}
                AND r.rid <= until.rid AND NOT v.deleted
        ) AS s ON true ORDER BY s.rid""",  # noqa: S608
        *statement.values,
    )
    found = [(row["changed"], Kept(*row[2:])) for row in rows if row["rid"] is not None]
    return Page(
        [one for changed, one in found if not changed],
        [
            one
            for changed, one in found
            if changed and (wanted.since is None or one.updated_at > wanted.since)
        ],
        rows[0]["until"],
    )


async def types_of(connection: Connection, schema: str, wanted: Sequence[str]) -> list[str]:
    """Return those of some types of which there is or was anything, in their order."""
    rows = await connection.fetch(
        "SELECT w.type FROM unnest($1::text[]) WITH ORDINALITY AS w(type, place)"  # noqa: S608
        f" WHERE EXISTS (SELECT FROM {schema}.resource AS r WHERE r.type = w.type) ORDER BY place",
        list(wanted),
    )
    return [row["type"] for row in rows]


async def gone(
    connection: Connection, schema: str, wanted: Wanted, *, after: int, limit: int
) -> list[Gone]:
    """Return what had been deleted at the instant, and not yet at ``wanted.since``.

    Args:
        connection: in a transaction.
        schema: of the version in force.
        wanted: what is wanted; ``since`` is given.
        after: number of the last one before.
        limit: so many at most.
    """
    of = "r.patient IS NOT NULL" if wanted.about_patients else "true"
    rows = await connection.fetch(
        f"""
        SELECT r.rid, r.patient, r.type, r.id, r.channel FROM {schema}.resource AS r
        JOIN (
            SELECT d.rid, d.version FROM {schema}.resource AS d
            WHERE d.type = $1 AND d.deleted AND d.updated_at > $2 AND d.updated_at <= $3
            UNION ALL
            SELECT d.rid, d.version FROM {schema}.version AS d
            WHERE d.type = $1 AND d.deleted AND d.updated_at > $2 AND d.updated_at <= $3
        ) AS d ON d.rid = r.rid
        WHERE r.rid > $4 AND {of} AND ($5::bigint[] IS NULL OR r.patient = ANY ($5))
            AND NOT (r.version > d.version AND r.updated_at <= $3)
            AND NOT EXISTS (SELECT FROM {schema}.version AS e WHERE e.rid = d.rid
                AND e.version > d.version AND e.updated_at <= $3)
        ORDER BY r.rid LIMIT {limit:d}""",  # noqa: S608
        wanted.type,
        wanted.since,
        wanted.as_of,
        after,
        None if wanted.patients is None else list(wanted.patients),
    )
    return [Gone(*row) for row in rows]


async def group_at(connection: Connection, schema: str, rid: int, as_of: datetime) -> Kept | None:
    """Return the version of a resource that stood at an instant; None: none, or deleted."""
    row = await connection.fetchrow(
        f"""
        SELECT {", ".join(_COLUMNS)} FROM (
            SELECT {", ".join(_COLUMNS)} FROM {schema}.resource WHERE rid = $1
            UNION ALL
            SELECT {", ".join("NULL::bigint" if one == "patient" else one for one in _COLUMNS)}
            FROM {schema}.version WHERE rid = $1) AS every
        WHERE updated_at <= $2 ORDER BY version DESC LIMIT 1""",  # noqa: S608
        rid,
        as_of,
    )
    return Kept(*row) if row and not row["deleted"] else None
