"""Beds at midnight: wards by day, counted from the stays of patients.

A ward is counted from the first day that somebody lay in it until the last midnight that messages
of its facility have passed, so that the same log gives the same days, whenever it is asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.care import model as care
from lianyi.projections.operational import store
from lianyi.projections.operational.folding import Row, scoped
from lianyi.projections.operational.statements import Value
from lianyi.projections.operational.store import CENSUS


class Stay(NamedTuple):
    """Where somebody lay, as it is stored."""

    facility: str
    ward: str
    encounter: str
    channel: int
    since: datetime
    until: datetime | None
    origin: str


Wards = dict[tuple[str, str], date]
"""From which day on a ward, by facility and code, is to be counted anew."""


async def write_stays(
    connection: Connection,
    schema: str,
    encounters: Collection[str],
    stays: Sequence[Stay],
    *,
    zone: ZoneInfo,
) -> Wards:
    """Let the stays of some encounters be these; return which wards that changes."""
    rows = await connection.fetch(
        "SELECT facility, ward, encounter, channel, since, until, origin"  # noqa: S608
        f" FROM {schema}.stay WHERE encounter = ANY ($1)",
        list(encounters),
    )
    before, after = {Stay(*row) for row in rows}, set(stays)
    changed: Wards = {}
    for one in before ^ after:
        _touch(changed, one, _first_change(one, before, after), zone)
    if not changed:
        return changed
    moved = {one.encounter for one in before ^ after}
    await connection.execute(
        f"DELETE FROM {schema}.stay WHERE encounter = ANY ($1)",  # noqa: S608
        list(moved),
    )
    await connection.copy_records_to_table(
        "stay", schema_name=schema, records=[one for one in stays if one.encounter in moved]
    )
    return changed


def _first_change(one: Stay, before: set[Stay], after: set[Stay]) -> datetime:
    """Return from when on a stay counts otherwise: one that only ends otherwise, from its end."""
    where = one._replace(until=None)
    other = after if one in before else before
    ends = [
        end
        for same in other
        if same._replace(until=None) == where
        for end in (one.until, same.until)
        if end is not None
    ]
    return min(ends) if ends else one.since


def _touch(changed: Wards, one: Stay, at: datetime, zone: ZoneInfo) -> None:
    ward, day = (one.facility, one.ward), at.astimezone(zone).date()
    changed[ward] = min(day, changed.get(ward, day))


async def count(
    connection: Connection,
    schema: str,
    facilities: Collection[tuple[str, str]],
    of: Mapping[int, str],
    changed: Wards,
    *,
    zone: ZoneInfo,
    revision: int,
) -> None:
    """Count beds anew: of wards that changed, and of days that are over now.

    Args:
        connection: in a transaction.
        schema: of the version.
        facilities: of which something was said, each with the organisation that says it.
        of: whose messages each channel carries.
        changed: see :func:`write_stays`.
        zone: whose midnights they are.
        revision: under which rows are written.
    """
    for scope, said_as in sorted(facilities):
        facility = scoped(scope, said_as)
        channels = [channel for channel, whose in of.items() if whose == scope]
        through = await _last_midnight(connection, schema, said_as, channels, zone)
        before = await connection.fetchval(
            f"SELECT through FROM {schema}.census WHERE facility = $1",  # noqa: S608
            facility,
        )
        wards = {ward: day for (where, ward), day in changed.items() if where == facility}
        if before != through:
            moved = min(one for one in (before, through) if one is not None)
            for ward in await _wards(connection, schema, facility):
                wards[ward] = min(moved, wards.get(ward, moved))
            await _move(connection, schema, facility, through)
        last = max((one for one in (before, through) if one is not None), default=None)
        if last is None:
            continue
        rows: dict[str, Row | None] = {}
        for ward, day in wards.items():
            if day <= last:
                rows |= await _days(connection, schema, facility, ward, day, last, through, zone)
        there = {key: row for key, row in rows.items() if row is not None}
        await store.write_rows(
            connection, schema, CENSUS, rows, there, zone=zone, revision=revision
        )


async def _last_midnight(
    connection: Connection, schema: str, facility: str, channels: Sequence[int], zone: ZoneInfo
) -> date | None:
    """Return the last day that is over, by what messages of a facility say the time is."""
    latest: datetime | None = await connection.fetchval(
        f"SELECT max(recorded_at) FROM {schema}.statement"  # noqa: S608
        " WHERE fact = 'encounter' AND facility = $1 AND channel = ANY ($2)",
        facility,
        channels,
    )
    return latest.astimezone(zone).date() - timedelta(days=1) if latest else None


async def _wards(connection: Connection, schema: str, facility: str) -> list[str]:
    rows = await connection.fetch(
        f"SELECT DISTINCT ward FROM {schema}.star_{CENSUS} WHERE _of = $1"  # noqa: S608
        f" UNION SELECT ward FROM {schema}.stay WHERE facility = $1",
        facility,
    )
    return [row["ward"] for row in rows]


async def _move(connection: Connection, schema: str, facility: str, through: date | None) -> None:
    await connection.execute(
        f"DELETE FROM {schema}.census WHERE facility = $1",  # noqa: S608
        facility,
    )
    if through is not None:
        await connection.execute(
            f"INSERT INTO {schema}.census VALUES ($1, $2)",  # noqa: S608
            facility,
            through,
        )


async def _days(
    connection: Connection,
    schema: str,
    facility: str,
    ward: str,
    since: date,
    last: date,
    through: date | None,
    zone: ZoneInfo,
) -> dict[str, Row | None]:
    """Return the rows of a ward from one day to another; None: it is not counted on a day."""
    stays = [
        Stay(*row)
        for row in await connection.fetch(
            "SELECT facility, ward, encounter, channel, since, until, origin"  # noqa: S608
            f" FROM {schema}.stay WHERE (facility, ward) = ($1, $2)"
            " AND (until IS NULL OR until > $3) ORDER BY since, encounter",
            facility,
            ward,
            midnight(since, zone),
        )
    ]
    first = await connection.fetchrow(
        f"SELECT since, channel, origin FROM {schema}.stay WHERE (facility, ward) = ($1, $2)"  # noqa: S608
        " ORDER BY since, encounter LIMIT 1",
        facility,
        ward,
    )
    beginning = first["since"].astimezone(zone).date() if first else None
    found: dict[str, Row | None] = {}
    for day in (since + timedelta(days=n) for n in range((last - since).days + 1)):
        key = f"{facility}^{ward}^{day.isoformat()}"
        counted = beginning is not None and through is not None and beginning <= day <= through
        if first is None or not counted:
            found[key] = None
        else:
            here = _lying(stays, midnight(day + timedelta(days=1), zone))
            said = here[-1] if here else None
            columns: dict[str, Value] = {
                "ward": ward,
                "at": midnight(day, zone),
                "beds_occupied": len(here),
            }
            channel = said.channel if said else first["channel"]
            origin = Position.parse(said.origin if said else first["origin"])
            found[key] = Row(CENSUS, key, "", facility, channel, origin, columns)
    return found


def _lying(stays: Iterable[Stay], at: datetime) -> list[Stay]:
    return [one for one in stays if one.since < at and (one.until is None or one.until > at)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def stays_from(row: Row, stays: Iterable[care.Stay]) -> list[Stay]:
    """Return where a patient lay, as it is stored.

    Args:
        row: of the encounter.
        stays: where.
    """
    return [
        Stay(
            scoped(row.scope, one.location.facility), one.location.place, row.known_as,
            row.channel, one.span.since, one.span.until, str(one.span.said),
        )
        for one in stays
    ]  # fmt: skip
