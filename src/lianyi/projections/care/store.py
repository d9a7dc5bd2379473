"""The tables of one version of the encounters. Every function takes the schema it works in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.care.model import (
    Encounter,
    Key,
    Location,
    Order,
    Part,
    Saying,
)

SHAPE = 1
"""Of the tables below; a change of them is a new number."""

_TABLES = """
CREATE SCHEMA {schema};

-- What every message said; all other tables follow from this one.
CREATE TABLE {schema}.saying (
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    source      text        NOT NULL,           -- position of the message whose content it is
    channel     integer     NOT NULL,
    person      text        NOT NULL,           -- value^authority, the first of PID-3
    visit       text        NOT NULL,           -- value^authority, PV1-19
    event       text        NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    said        jsonb       NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.saying (channel, person, visit);
CREATE INDEX ON {schema}.saying (source);

-- Which patient identifiers merges made one, each pair both ways round.
CREATE TABLE {schema}.alike (
    channel integer  NOT NULL,
    one     text     NOT NULL,
    other   text     NOT NULL,
    shard   smallint NOT NULL,
    number  bigint   NOT NULL,
    part    integer  NOT NULL,
    PRIMARY KEY (one, channel, other, shard, number, part)
);
CREATE INDEX ON {schema}.alike (shard, number);

CREATE TABLE {schema}.encounter (
    channel  integer     NOT NULL,
    person   text        NOT NULL,
    visit    text        NOT NULL,
    state    text        NOT NULL,
    category text        NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    heard_at timestamptz NOT NULL,
    until    timestamptz,                        -- none: it is open without end
    persons  text[]      NOT NULL,
    first    text        NOT NULL,
    last     text        NOT NULL,
    PRIMARY KEY (channel, person, visit)
);

-- By which patient identifiers an encounter is found; until: the latest of all that belongs to it,
-- so that most of the past is passed by without a look.
CREATE TABLE {schema}.identifier (
    identifier text        NOT NULL,
    channel    integer     NOT NULL,
    person     text        NOT NULL,
    visit      text        NOT NULL,
    until      timestamptz,
    PRIMARY KEY (identifier, channel, person, visit) INCLUDE (until)
);

CREATE TABLE {schema}.stay (
    channel  integer     NOT NULL,
    person   text        NOT NULL,
    visit    text        NOT NULL,
    place    text        NOT NULL,
    facility text        NOT NULL,
    since    timestamptz NOT NULL,
    until    timestamptz,
    said     text        NOT NULL,
    PRIMARY KEY (channel, person, visit, since)
);

CREATE TABLE {schema}.treating (
    channel      integer     NOT NULL,
    person       text        NOT NULL,
    visit        text        NOT NULL,
    practitioner text        NOT NULL,           -- id^authority
    part         text        NOT NULL,
    since        timestamptz NOT NULL,
    until        timestamptz,
    said         text        NOT NULL,
    PRIMARY KEY (channel, person, visit, practitioner, part, since)
);

-- Whoever is served sees the encounters of his channels, as he sees their messages.
DO $$
DECLARE
    seen text;
BEGIN
    FOREACH seen IN ARRAY ARRAY['encounter', 'identifier', 'stay', 'treating'] LOOP
        EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY', seen);
        EXECUTE format('CREATE POLICY seen ON {schema}.%I FOR SELECT TO lianyi_doors USING'
            ' (channel = ANY ((SELECT messagelog.visible_channels())::integer[]))', seen);
        EXECUTE format('GRANT SELECT ON {schema}.%I TO lianyi_doors', seen);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA {schema} TO lianyi_doors;
"""

_DECIDES = """
-- What speaks for it that somebody treats these patients. Who works in a ward sees no message of
-- the channel that tells of it, so this asks as the owner; served people are told only of channels
-- that are theirs by an assignment (security.related_channels).
CREATE FUNCTION {schema}.evidence(
    patients text[], of_channels integer[], practitioners text[], after timestamptz,
    places boolean, everybody boolean
) RETURNS TABLE (
    asked text, channel integer, person text, visit text, rule text, who text, how text,
    since timestamptz, until timestamptz, said text
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    allowed integer[] := of_channels;
BEGIN
    IF current_setting('role') = 'lianyi_doors' THEN
        SELECT array_agg(r.channel) INTO allowed
        FROM security.related_channels(nullif(current_setting('lianyi.actor', true), '')::uuid) AS r
        WHERE r.channel = ANY (of_channels);
    END IF;
    RETURN QUERY
    WITH RECURSIVE same(asked, identifier, organisation) AS (
        SELECT DISTINCT p, p, NULL::text FROM unnest(patients) AS p
        UNION
        SELECT same.asked, a.other, c.organisation FROM same
        JOIN {schema}.alike AS a ON a.one = same.identifier AND a.channel = ANY (allowed)
        JOIN messagelog.channel AS c ON c.channel = a.channel
            AND coalesce(same.organisation, c.organisation) = c.organisation
    ), found AS MATERIALIZED (
        SELECT DISTINCT same.asked, i.channel, i.person, i.visit FROM same
        JOIN {schema}.identifier AS i
            ON i.identifier = same.identifier AND i.channel = ANY (allowed)
            AND (i.until IS NULL OR i.until >= after)
        WHERE same.organisation IS NULL OR same.organisation =
            (SELECT c.organisation FROM messagelog.channel AS c WHERE c.channel = i.channel)
    )
    SELECT f.asked, f.channel, f.person, f.visit, 'practitioner', t.practitioner, t.part,
        t.since, t.until, t.said
    FROM found AS f JOIN {schema}.treating AS t
        ON (t.channel, t.person, t.visit) = (f.channel, f.person, f.visit)
    WHERE t.practitioner = ANY (practitioners) AND (t.until IS NULL OR t.until >= after)
    UNION ALL
    SELECT f.asked, f.channel, f.person, f.visit, 'unit', s.place, s.facility,
        s.since, s.until, s.said
    FROM found AS f JOIN {schema}.stay AS s
        ON (s.channel, s.person, s.visit) = (f.channel, f.person, f.visit)
    WHERE places AND (s.until IS NULL OR s.until >= after)
    UNION ALL
    SELECT f.asked, f.channel, f.person, f.visit, 'everybody', '', e.state,
        e.began_at, e.until, e.last
    FROM found AS f JOIN {schema}.encounter AS e
        ON (e.channel, e.person, e.visit) = (f.channel, f.person, f.visit)
    WHERE everybody AND e.state <> 'cancelled' AND (e.until IS NULL OR e.until >= after);
END $$;
REVOKE ALL ON FUNCTION {schema}.evidence FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.evidence TO lianyi_doors;
"""

DIGESTED: Final[Mapping[str, str]] = {
    "saying": "shard, number, part, source, channel, person, visit, event, received_at,"
    " recorded_at, occurred_at, said::text",
    "alike": "one, channel, other, shard, number, part",
    "encounter": "channel, person, visit, state, category, began_at, ended_at, heard_at, until,"
    " persons, first, last",
    "identifier": "identifier, channel, person, visit, until",
    "stay": "channel, person, visit, place, facility, since, until, said",
    "treating": "channel, person, visit, practitioner, part, since, until, said",
}


class Who(NamedTuple):
    """A person in the messages of a channel; ``visit`` None: all that he has."""

    channel: int
    person: str
    visit: str | None


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute(_TABLES.format(schema=schema))
    await connection.execute(_DECIDES.format(schema=schema))


async def digest(connection: Connection, schema: str) -> Mapping[str, bytes]:
    """Return SHA-256 over every table; see ``projection_store.digest``."""
    return await projection_store.digest(connection, schema, DIGESTED)


# --- sayings ------------------------------------------------------------------------------------


async def put_sayings(connection: Connection, schema: str, sayings: Sequence[Saying]) -> None:
    """Keep what was said."""
    await connection.executemany(
        f"INSERT INTO {schema}.saying VALUES"  # noqa: S608
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING",
        [
            (
                *one.position, one.part, str(one.source), one.channel, one.person, one.visit,
                one.event, one.received_at, one.recorded_at, one.occurred_at, _to_json(one),
            )
            for one in sayings
        ],
    )  # fmt: skip
    await connection.executemany(
        f"INSERT INTO {schema}.alike VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",  # noqa: S608
        [
            (said.channel, one, other, *said.position, said.part)
            for said in sayings
            for gone in said.gone
            if gone != said.person
            for one, other in ((gone, said.person), (said.person, gone))
        ],
    )


async def forget_message(connection: Connection, schema: str, position: Position) -> set[Who]:
    """Take away what an erased message said; return whose encounters it was about."""
    rows = await connection.fetch(
        f"DELETE FROM {schema}.saying WHERE source = $1"  # noqa: S608
        " RETURNING shard, number, channel, person, visit, event",
        str(position),
    )
    touched = {Who(row["channel"], row["person"], None) for row in rows}
    for row in rows:
        pairs = await connection.fetch(
            f"DELETE FROM {schema}.alike WHERE shard = $1 AND number = $2"  # noqa: S608
            " RETURNING channel, one",
            row["shard"],
            row["number"],
        )
        touched |= {Who(pair["channel"], pair["one"], None) for pair in pairs}
    return touched


async def alike_with(
    connection: Connection, schema: str, whom: Collection[Who]
) -> dict[tuple[int, str], frozenset[str]]:
    """Return for each person all identifiers that merges made one with his, his own among them."""
    asked = sorted({(who.channel, who.person) for who in whom})
    rows = await connection.fetch(
        "WITH RECURSIVE same(channel, asked, person) AS ("  # noqa: S608
        " SELECT channel, person, person FROM unnest($1::integer[], $2::text[])"
        "  AS t(channel, person)"
        " UNION SELECT same.channel, same.asked, a.other FROM same"
        f"  JOIN {schema}.alike AS a ON a.one = same.person AND a.channel = same.channel)"
        " SELECT channel, asked, array_agg(person) AS persons FROM same GROUP BY 1, 2",
        [channel for channel, _ in asked],
        [person for _, person in asked],
    )
    return {(row["channel"], row["asked"]): frozenset(row["persons"]) for row in rows}


async def sayings_about(connection: Connection, schema: str, whom: Collection[Who]) -> list[Saying]:
    """Return all that was said about these persons, of whom none is there twice; no merges."""
    rows = await connection.fetch(
        "SELECT s.* FROM unnest($1::integer[], $2::text[], $3::text[])"  # noqa: S608
        f" AS t(channel, person, visit) JOIN {schema}.saying AS s"
        " ON s.channel = t.channel AND s.person = t.person"
        " AND (t.visit IS NULL OR s.visit = t.visit) WHERE s.event <> 'A40'",
        *_columns(whom),
    )
    return [_from_row(dict(row)) for row in rows]


def _columns(whom: Collection[Who]) -> tuple[list[int], list[str], list[str | None]]:
    return [w.channel for w in whom], [w.person for w in whom], [w.visit for w in whom]


def _to_json(saying: Saying) -> dict[str, Any]:
    said = {
        "control": saying.control,
        "persons": saying.persons,
        "category": saying.category,
        "location": saying.location and list(saying.location),
        "practitioners": {part.value: by for part, by in saying.practitioners.items()},
        "began_at": saying.began_at,
        "ended_at": saying.ended_at,
        "orders": [list(order) for order in saying.orders],
        "gone": saying.gone,
    }
    return {name: value for name, value in said.items() if value}


def _from_row(row: Mapping[str, Any]) -> Saying:
    said = row["said"]
    began_at, ended_at = said.get("began_at"), said.get("ended_at")
    return Saying(
        Position(row["shard"], row["number"]),
        row["part"],
        Position.parse(row["source"]),
        row["channel"],
        row["received_at"],
        row["recorded_at"],
        row["occurred_at"],
        row["event"],
        said.get("control", ""),
        tuple(said["persons"]),
        row["visit"],
        said.get("category", ""),
        Location(*said["location"]) if "location" in said else None,
        {Part(part): tuple(by) for part, by in said.get("practitioners", {}).items()},
        datetime.fromisoformat(began_at) if began_at else None,
        datetime.fromisoformat(ended_at) if ended_at else None,
        tuple(Order(number, control, tuple(by)) for number, control, by in said.get("orders", ())),
        tuple(said.get("gone", ())),
    )


# --- what they mean -----------------------------------------------------------------------------


async def write(
    connection: Connection,
    schema: str,
    whom: Collection[Who],
    encounters: Iterable[tuple[Key, Encounter]],
) -> None:
    """Write the encounters of these persons anew; those that are not among them are no more."""
    for table in ("encounter", "identifier", "stay", "treating"):
        await connection.execute(
            f"DELETE FROM {schema}.{table} AS e"  # noqa: S608
            " USING unnest($1::integer[], $2::text[], $3::text[]) AS t(channel, person, visit)"
            " WHERE e.channel = t.channel AND e.person = t.person"
            " AND (t.visit IS NULL OR e.visit = t.visit)",
            *_columns(whom),
        )
    rows: dict[str, list[tuple[Any, ...]]] = {
        "encounter": [], "identifier": [], "stay": [], "treating": [],
    }  # fmt: skip
    for key, one in encounters:
        rows["encounter"].append(
            (
                *key, one.state, one.category, one.began_at, one.ended_at, one.heard_at,
                one.until, list(one.persons), str(one.first), str(one.last),
            )
        )  # fmt: skip
        rows["identifier"] += [(person, *key, one.latest) for person in one.persons]
        rows["stay"] += [
            (*key, *stay.location, *stay.span[:2], str(stay.span.said)) for stay in one.stays
        ]
        rows["treating"] += [
            (*key, by.practitioner, by.part, *by.span[:2], str(by.span.said)) for by in one.treating
        ]
    for table, records in rows.items():
        if records:
            await connection.copy_records_to_table(table, schema_name=schema, records=records)
