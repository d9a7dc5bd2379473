"""What people ask about encounters. Every function takes the schema of the version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care.deciding import Channel, Evidence
from lianyi.projections.care.units import RELATIONS, Category, Link
from lianyi.projections.masterdata.wall_store import seeing_all
from lianyi.security.practitioner_store import Called


class Live(NamedTuple):
    """A version in force: where its tables lie, what they look like, what it has learned."""

    schema: str
    shape: int
    revision: int


class Facts(NamedTuple):
    """What is known of an account, and which projections are in force.

    Attributes:
        live: the versions in force by projection.
        assignments: role and organisation of those that hold.
        names: what messages call it.
        channels: that may tell of its patients.
    """

    live: dict[str, Live]
    assignments: list[tuple[str, str]]
    names: list[Called]
    channels: dict[int, Channel]


class EncounterRow(NamedTuple):
    """A row of the encounters with what belongs to it."""

    channel: int
    channel_name: str
    organisation: str
    person: str
    visit: str
    state: str
    category: str
    began_at: datetime
    ended_at: datetime | None
    heard_at: datetime
    persons: list[str]
    first: str
    last: str
    stays: list[dict[str, Any]]
    treating: list[dict[str, Any]]


_FACTS = """
SELECT
    (SELECT jsonb_agg(jsonb_build_array(v.projection, v.version, v.shape, v.revision))
     FROM projections.version AS v WHERE v.live),
    (SELECT jsonb_agg(jsonb_build_array(a.role, a.organisation)) FROM security.assignment AS a
     WHERE a.account = $1 AND a.ended_at IS NULL AND a.valid_from <= $2
       AND (a.valid_until IS NULL OR a.valid_until > $2)),
    (SELECT jsonb_agg(jsonb_build_array(p.source, p.authority, p.identifier, p.organisation))
     FROM security.practitioner AS p WHERE p.account = $1),
    (SELECT jsonb_agg(jsonb_build_array(r.channel, r.organisation, r.way))
     FROM security.related_channels($1) AS r)
"""


async def facts_of(connection: Connection, account: UUID, *, at: datetime) -> Facts:
    """Return what is known of an account at a moment, in one question: lists wait for it."""
    row = await connection.fetchrow(_FACTS, account, at)
    assert row is not None  # noqa: S101 - a SELECT without FROM
    live, assignments, names, channels = (row[n] or [] for n in range(4))
    return Facts(
        {name: Live(f"{name}_{version}", *more) for name, version, *more in live},
        [(role, organisation) for role, organisation in assignments],
        [Called(*name) for name in names],
        {number: Channel(organisation, way) for number, organisation, way in channels},
    )


async def numbers_of(
    connection: Connection, masterdata: str, account: UUID, *, on: date
) -> dict[str, list[str]]:
    """Return what else the practitioners that an account is are called, ``id^authority``."""
    rows = await connection.fetch(
        f"SELECT code, identifiers FROM {masterdata}.numbers_of($1, $2)",  # noqa: S608
        account,
        on,
    )
    return {
        row["code"]: [f"{value}^{system}" for system, value in row["identifiers"].items()]
        for row in rows
    }


async def evidence(
    connection: Connection,
    schema: str,
    patients: Sequence[str],
    *,
    channels: Sequence[int],
    names: Sequence[str],
    after: datetime,
    places: bool,
    everybody: bool,
) -> list[Evidence]:
    """Return what may speak for it that somebody treats patients.

    Args:
        connection: to the database.
        schema: of the version.
        patients: ``value^authority``.
        channels: whose messages may tell of his patients.
        names: what he is called in messages, ``id^authority``.
        after: what ended before that counts no more.
        places: whether it matters where the patients lie.
        everybody: whether it matters that there is an encounter at all.
    """
    rows = await connection.fetch(
        f"SELECT * FROM {schema}.evidence($1, $2, $3, $4, $5, $6)",  # noqa: S608
        list(patients),
        list(channels),
        list(names),
        after,
        places,
        everybody,
    )
    return [Evidence(*row) for row in rows]


async def links_and_categories(
    connection: Connection, masterdata: str
) -> tuple[list[Link], list[Category]]:
    """Return what of the master data says whose patient lies where; see :class:`Units`."""
    async with seeing_all(connection):
        links = await connection.fetch(
            "SELECT relation, subject, object, valid_from, valid_to"  # noqa: S608
            f" FROM {masterdata}.link WHERE relation = ANY ($1)",
            list(RELATIONS),
        )
        categories = await connection.fetch(
            f"SELECT code, valid_from, category FROM {masterdata}.description"  # noqa: S608
            " WHERE kind = 'organisation'"
        )
    return [Link(*row) for row in links], [Category(*row) for row in categories]


async def list_encounters(
    connection: Connection, schema: str, patient: str, *, limit: int
) -> list[EncounterRow]:
    """Return the encounters of a patient, the newest first."""
    rows = await connection.fetch(
        "SELECT e.channel, c.name, c.organisation, e.person, e.visit, e.state, e.category,"  # noqa: S608
        " e.began_at, e.ended_at, e.heard_at, e.persons, e.first, e.last,"
        " coalesce((SELECT jsonb_agg(jsonb_build_object('place', s.place, 'facility', s.facility,"
        "  'since', s.since, 'until', s.until, 'said', s.said) ORDER BY s.since)"
        f"  FROM {schema}.stay AS s WHERE (s.channel, s.person, s.visit)"
        "  = (e.channel, e.person, e.visit)), '[]'),"
        " coalesce((SELECT jsonb_agg(jsonb_build_object('practitioner', t.practitioner, 'part',"
        "  t.part, 'since', t.since, 'until', t.until, 'said', t.said)"
        '  ORDER BY t.since, t.part COLLATE "C", t.practitioner COLLATE "C")'
        f"  FROM {schema}.treating AS t WHERE (t.channel, t.person, t.visit)"
        "  = (e.channel, e.person, e.visit)), '[]')"
        f" FROM {schema}.identifier AS i JOIN {schema}.encounter AS e"
        "  ON (e.channel, e.person, e.visit) = (i.channel, i.person, i.visit)"
        " JOIN messagelog.channel AS c ON c.channel = e.channel"
        " WHERE i.identifier = $1 ORDER BY e.began_at DESC, e.channel, e.visit LIMIT $2",
        patient,
        limit,
    )
    return [EncounterRow(*row) for row in rows]
