"""The SQL of ``$everything``. Every function takes the schema of the version.

Asked as the doors, each sees only what came by channels that whoever asks may see.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.read_store import COLUMNS, Kept


class Wanted(NamedTuple):
    """What of it is wanted.

    Attributes:
        types: only of these; none: of every type.
        since: only what came to stand at or after this instant.
        start, end: only what has a date of care in this half-open span of instants, or none at
            all; None: from ever, for ever.
        dates: numbers of the parameters that are dates of care; see ``ids.parameter_number``.
        after: number of the resource behind which the page begins; None: at the first.
        limit: so many at most.
    """

    types: Collection[str] = ()
    since: datetime | None = None
    start: datetime | None = None
    end: datetime | None = None
    dates: Collection[int] = ()
    after: int | None = None
    limit: int = 1


_DATES = "SELECT FROM {schema}.span AS s WHERE s.rid = r.rid AND s.key = 0 AND s.p = ANY ($6)"
_WANTED = (
    "NOT r.deleted AND (cardinality($2::text[]) = 0 OR r.type = ANY ($2))"
    " AND ($3::timestamptz IS NULL OR r.updated_at >= $3)"
    " AND (($4::timestamptz IS NULL AND $5::timestamptz IS NULL)"
    f" OR NOT EXISTS ({_DATES}) OR EXISTS ({_DATES}"
    " AND ($4::timestamptz IS NULL OR s.high > $4) AND ($5::timestamptz IS NULL OR s.low < $5)))"
    " AND ($7::bigint IS NULL OR r.rid > $7) ORDER BY r.rid LIMIT $8"
)


async def about_patients(
    connection: Connection, schema: str, patients: Collection[int], wanted: Wanted
) -> list[Kept]:
    """Return what is about some Patients, themselves included, in the order of ``rid``."""
    whose = "r.patient = ANY ($1)"
    return await _fetch(connection, schema, whose, list(patients), wanted)


async def about_encounter(
    connection: Connection, schema: str, encounter: int, ps: Collection[int], wanted: Wanted
) -> list[Kept]:
    """Return an Encounter and what points to it by some references, in the order of ``rid``."""
    whose = (
        "(r.rid = ANY ($1) OR r.rid IN (SELECT h.rid FROM {schema}.hashed AS h"
        " WHERE h.v = ANY ($1) AND h.p = ANY ($9)))"
    )
    return await _fetch(connection, schema, whose, [encounter], wanted, list(ps))


async def _fetch(
    connection: Connection,
    schema: str,
    whose: str,
    rids: list[int],
    wanted: Wanted,
    *more: list[int],
) -> list[Kept]:
    where = f"{whose} AND {_WANTED}".format(schema=schema)
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM {schema}.resource AS r WHERE {where}",  # noqa: S608
        rids,
        list(wanted.types),
        wanted.since,
        wanted.start,
        wanted.end,
        list(wanted.dates),
        wanted.after,
        wanted.limit,
        *more,
    )
    return [Kept(*row) for row in rows]
