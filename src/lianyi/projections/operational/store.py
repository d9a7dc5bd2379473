"""The tables of one version of operations data. Every function takes the schema it works in.

``statement`` holds what messages said; all other tables follow from it. Every fact has a table
``star_<fact>`` with the columns of ``star.yaml``, and beside them: ``_key`` (as messages say it;
the key of the row begins with the organisation that says it), ``_of`` (the row it takes from),
``_channel``, ``_origin``, ``_month`` (the file it lies in, see ``shelf``) and ``_revision`` (of
the version, when it was written). Whose a row is follows from its channel where it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import orjson

from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.care.model import Location
from lianyi.projections.operational.folding import Row
from lianyi.projections.operational.star import EVERYWHERE, Fact, Kind, month_of, star
from lianyi.projections.operational.statements import BORN_ON, Statement, Value

SHAPE = 2
"""Of the tables below and of the star; a change of them is a new number."""
UNDATED: Final = -(2**15)
"""The month of a row of which no instant is said."""
FACTS: Final = ("encounter", "order", "result", "surgery", "charge", "drug")
"""What is folded, those that others take from first."""
CENSUS: Final = "ward_day"

_SQL_TYPES: Final = {
    Kind.INT: "bigint",
    Kind.FEN: "bigint",
    Kind.NUMBER: "numeric(18, 4)",
    Kind.FLAG: "boolean",
    Kind.INSTANT: "timestamptz",
}

_TABLES = """
CREATE SCHEMA {schema};

-- What every message said; all other tables follow from this one.
CREATE TABLE {schema}.statement (
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    source      text        NOT NULL,           -- position of the message whose content it is
    channel     integer     NOT NULL,
    fact        text        NOT NULL,
    key         text        NOT NULL,
    of          text        NOT NULL,
    facility    text        NOT NULL,
    event       text        NOT NULL,
    control     text        NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    began_at    timestamptz,
    ward        text        NOT NULL,
    said        text        NOT NULL,
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.statement (key, fact);
CREATE INDEX ON {schema}.statement (source);
CREATE INDEX ON {schema}.statement (facility, recorded_at) WHERE fact = 'encounter';

-- In which wards patients lay; until: none where they still do.
CREATE TABLE {schema}.stay (
    facility  text        NOT NULL,
    ward      text        NOT NULL,
    encounter text        NOT NULL,
    channel   integer     NOT NULL,
    since     timestamptz NOT NULL,
    until     timestamptz,
    origin    text        NOT NULL,
    PRIMARY KEY (encounter, since)
);
CREATE INDEX ON {schema}.stay (facility, ward, since);

-- Up to which day the beds of a facility are counted: the last midnight that its messages passed.
CREATE TABLE {schema}.census (
    facility text PRIMARY KEY,
    through  date NOT NULL
);

-- Whose messages each channel carried when rows were folded.
CREATE TABLE {schema}.scope (
    channel      integer PRIMARY KEY,
    organisation text NOT NULL
);

-- Which files changed, and which rows are no more, at which revision of this version.
CREATE TABLE {schema}.month (
    fact     text     NOT NULL,
    month    smallint NOT NULL,
    revision bigint   NOT NULL,
    PRIMARY KEY (fact, month)
);
CREATE TABLE {schema}.gone (
    fact     text   NOT NULL,
    key      text   NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (fact, key)
);
CREATE INDEX ON {schema}.gone (revision);
"""

_STAR_TABLE = """
CREATE TABLE {schema}.star_{fact} (
    {columns},
    _key text NOT NULL,
    _of text NOT NULL,
    _channel integer NOT NULL,
    _origin text NOT NULL,
    _month smallint NOT NULL,
    _revision bigint NOT NULL,
    PRIMARY KEY ("{key}")
);
CREATE INDEX ON {schema}.star_{fact} (_month);
CREATE INDEX ON {schema}.star_{fact} (_revision);
CREATE INDEX ON {schema}.star_{fact} (_of) WHERE _of <> '';
CREATE INDEX ON {schema}.star_{fact} (_key);
"""

_DOORS = """
-- Whoever counts for people reads what is newer than the files, of all hospitals as the files hold
-- it, and nothing else: the one filter of rows stands where everything is counted.
CREATE FUNCTION {schema}.fresh_{fact}(after bigint) RETURNS SETOF {schema}.star_{fact}
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT * FROM {schema}.star_{fact} WHERE _revision > after $$;
REVOKE ALL ON FUNCTION {schema}.fresh_{fact} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.fresh_{fact} TO lianyi_doors;
"""

_DOORS_GONE = """
CREATE FUNCTION {schema}.gone_since(after bigint) RETURNS TABLE (fact text, key text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT fact, key FROM {schema}.gone WHERE revision > after $$;
REVOKE ALL ON FUNCTION {schema}.gone_since FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {schema}.gone_since TO lianyi_doors;
GRANT USAGE ON SCHEMA {schema} TO lianyi_doors;
"""


class Touched(NamedTuple):
    """A row of which something was said, or is said no more."""

    fact: str
    key: str
    facility: str
    channel: int


_STATEMENT: Final = (
    "shard, number, part, source, channel, fact, key, of, facility, event, control, received_at,"
    " recorded_at, occurred_at, began_at, ward, said"
)


def kept(fact: Fact) -> list[str]:
    """Return the columns of a fact that its table holds."""
    elsewhere = {one.name for one in EVERYWHERE}
    return [name for name in fact.columns if name not in elsewhere]


def _quoted(fact: Fact) -> str:
    return ", ".join(f'"{name}"' for name in kept(fact))


def digested() -> Mapping[str, str]:
    """Return the columns of each table that follow from the log, as SQL lists them."""
    facts = {
        f"star_{name}": f"{_quoted(star()[name])}, _key, _of, _channel, _origin, _month"
        for name in (*FACTS, CENSUS)
    }
    stay = "facility, ward, encounter, channel, since, until, origin"
    return {
        "statement": _STATEMENT,
        "stay": stay,
        "census": "facility, through",
        "scope": "channel, organisation",
        **facts,
    }


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute(_TABLES.format(schema=schema))
    for name in (*FACTS, CENSUS):
        fact = star()[name]
        columns = ", ".join(
            f'"{one}" {_SQL_TYPES.get(fact.columns[one].kind, "text")}' for one in kept(fact)
        )
        await connection.execute(
            _STAR_TABLE.format(schema=schema, fact=name, columns=columns, key=fact.key)
        )
        await connection.execute(_DOORS.format(schema=schema, fact=name))
    await connection.execute(_DOORS_GONE.format(schema=schema))


async def digest(connection: Connection, schema: str) -> Mapping[str, bytes]:
    """Return SHA-256 over every table; see ``projection_store.digest``."""
    return await projection_store.digest(connection, schema, digested())


# --- statements ---------------------------------------------------------------------------------


async def put_statements(
    connection: Connection, schema: str, statements: Sequence[Statement]
) -> None:
    """Keep what was said."""
    await connection.copy_records_to_table(
        "statement",
        schema_name=schema,
        records=[
            (
                *one.position, one.part, str(one.source), one.channel, one.fact, one.key, one.of,
                one.facility, one.event, one.control, one.received_at, one.recorded_at,
                one.occurred_at, one.began_at, one.location.place if one.location else "",
                _to_json(one.said),
            )
            for one in statements
        ],
    )  # fmt: skip


async def forget_message(connection: Connection, schema: str, position: Position) -> set[Touched]:
    """Take away what an erased message said; return of which rows."""
    rows = await connection.fetch(
        f"DELETE FROM {schema}.statement WHERE source = $1"  # noqa: S608
        " RETURNING fact, key, facility, channel",
        str(position),
    )
    return {Touched(*row) for row in rows}


async def said_by(connection: Connection, schema: str, channels: Collection[int]) -> set[Touched]:
    """Return of which rows anything was said through some channels."""
    rows = await connection.fetch(
        f"SELECT DISTINCT fact, key, facility, channel FROM {schema}.statement"  # noqa: S608
        " WHERE channel = ANY ($1)",
        list(channels),
    )
    return {Touched(*row) for row in rows}


async def scopes(connection: Connection, schema: str) -> dict[int, str]:
    """Return whose messages each channel carried when rows were folded."""
    rows = await connection.fetch(f"SELECT channel, organisation FROM {schema}.scope")  # noqa: S608
    return {row["channel"]: row["organisation"] for row in rows}


async def put_scopes(connection: Connection, schema: str, of: Mapping[int, str]) -> None:
    """Keep whose messages some channels carry now."""
    await connection.executemany(
        f"INSERT INTO {schema}.scope VALUES ($1, $2)"  # noqa: S608
        " ON CONFLICT (channel) DO UPDATE SET organisation = excluded.organisation",
        sorted(of.items()),
    )


async def statements_of(
    connection: Connection, schema: str, fact: str, keys: Collection[str]
) -> dict[str, list[Statement]]:
    """Return all that was ever said of some rows, by key."""
    rows = await connection.fetch(
        f"SELECT {_STATEMENT} FROM {schema}.statement WHERE fact = $1 AND key = ANY ($2)",  # noqa: S608
        fact,
        list(keys),
    )
    found: dict[str, list[Statement]] = {}
    for row in rows:
        one = _from_row(row)
        found.setdefault(one.key, []).append(one)
    return found


def _to_json(said: Mapping[str, Value]) -> str:
    return orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS).decode()


def _from_row(row: asyncpg.Record) -> Statement:
    fact, said = star()[row["fact"]], orjson.loads(row["said"])
    return Statement(
        Position(row["shard"], row["number"]),
        row["part"],
        Position.parse(row["source"]),
        row["channel"],
        row["fact"],
        row["key"],
        row["of"],
        row["facility"],
        row["event"],
        row["control"],
        row["received_at"],
        row["recorded_at"],
        row["occurred_at"],
        row["began_at"],
        Location(row["ward"], row["facility"]) if row["ward"] else None,
        {name: _value(fact, name, value) for name, value in said.items()},
    )


def _value(fact: Fact, name: str, value: Any) -> Value:  # noqa: ANN401 - of JSON
    column = fact.columns.get(name)
    if value is None or (column is None and name != BORN_ON):
        return value  # type: ignore[no-any-return]
    if column is None:
        return date.fromisoformat(value)
    if column.kind is Kind.INSTANT:
        return datetime.fromisoformat(value)
    return Decimal(value) if column.kind is Kind.NUMBER else value


# --- rows ---------------------------------------------------------------------------------------


async def rows_of(
    connection: Connection, schema: str, fact: str, keys: Collection[str]
) -> dict[str, asyncpg.Record]:
    """Return the rows of a fact by key, as they stand."""
    rows = await connection.fetch(
        f'SELECT * FROM {schema}.star_{fact} WHERE "{star()[fact].key}" = ANY ($1)',  # noqa: S608
        list(keys),
    )
    return {row[star()[fact].key]: row for row in rows}


async def taking_from(
    connection: Connection, schema: str, fact: str, parents: Collection[str]
) -> set[str]:
    """Return the keys, as messages say them, of rows that take something from some rows."""
    rows = await connection.fetch(
        f"SELECT _key AS key FROM {schema}.star_{fact}"  # noqa: S608
        " WHERE _of = ANY ($1) AND _of <> ''",
        list(parents),
    )
    return {row["key"] for row in rows}


async def write_rows(
    connection: Connection,
    schema: str,
    fact_name: str,
    touched: Collection[str],
    rows: Mapping[str, Row],
    *,
    zone: ZoneInfo,
    revision: int,
) -> set[str]:
    """Let rows stand as they are folded, and note what changed; return the keys of those.

    Args:
        connection: in a transaction.
        schema: of the version.
        fact_name: of the rows.
        touched: keys, as messages say them, of all rows that were folded.
        rows: those that there are, by :attr:`~.folding.Row.known_as`; others are no more.
        zone: of the hospital's months.
        revision: under which they are written.
    """
    fact = star()[fact_name]
    standing = await connection.fetch(
        f"SELECT * FROM {schema}.star_{fact_name} WHERE _key = ANY ($1)",  # noqa: S608
        list(touched),
    )
    before = {row[fact.key]: row for row in standing}
    names = [*kept(fact), "_key", "_of", "_channel", "_origin", "_month"]
    written: list[tuple[Any, ...]] = []
    changed: set[str] = set()
    for key in {*before, *rows}:
        row, old = rows.get(key), before.get(key)
        new = None if row is None else _record(fact, row, zone)
        if new == (None if old is None else tuple(old[name] for name in names)):
            continue
        changed.add(key)
        if new is not None:
            written.append((*new, revision))
    if not changed:
        return changed
    await connection.execute(
        f'DELETE FROM {schema}.star_{fact_name} WHERE "{fact.key}" = ANY ($1)',  # noqa: S608
        list(changed),
    )
    await connection.copy_records_to_table(f"star_{fact_name}", schema_name=schema, records=written)
    there = {one[names.index(fact.key)] for one in written}
    months = {before[key]["_month"] for key in changed if key in before}
    months |= {one[names.index("_month")] for one in written}
    await note(
        connection, schema, fact_name, months=months, gone=changed - there, back=there,
        revision=revision,
    )  # fmt: skip
    return changed


async def note(
    connection: Connection,
    schema: str,
    fact: str,
    *,
    months: Iterable[int],
    gone: Collection[str],
    back: Collection[str],
    revision: int,
) -> None:
    """Note which files changed, and which rows are no more or are there again."""
    await connection.execute(
        f"INSERT INTO {schema}.month SELECT $1, month, $3"  # noqa: S608
        " FROM unnest($2::smallint[]) AS t(month)"
        " ON CONFLICT (fact, month) DO UPDATE SET revision = excluded.revision",
        fact,
        sorted(set(months)),
        revision,
    )
    await connection.execute(
        f"DELETE FROM {schema}.gone WHERE fact = $1 AND key = ANY ($2)",  # noqa: S608
        fact,
        list(back),
    )
    await connection.execute(
        f"INSERT INTO {schema}.gone SELECT $1, key, $3"  # noqa: S608
        " FROM unnest($2::text[]) AS t(key)"
        " ON CONFLICT (fact, key) DO UPDATE SET revision = excluded.revision",
        fact,
        list(gone),
        revision,
    )


def _record(fact: Fact, row: Row, zone: ZoneInfo) -> tuple[Any, ...]:
    said = {**row.columns, fact.key: row.known_as}
    month = file_month(fact, said, zone)
    return (
        *(_fitting(fact, name, said.get(name)) for name in kept(fact)),
        row.key, row.belongs_to, row.channel, str(row.origin), month,
    )  # fmt: skip


def _fitting(fact: Fact, name: str, value: Value) -> Value:
    """Return a number as its column holds it, so that what stands equals what is written."""
    if fact.columns[name].kind is Kind.NUMBER and isinstance(value, Decimal):
        return value.quantize(Decimal("0.0001"))
    return value


def file_month(fact: Fact, said: Mapping[str, Value], zone: ZoneInfo) -> int:
    """Return in which file a row lies: the month of the first instant that is said of it."""
    for name in fact.of_kind(Kind.INSTANT):
        value = said.get(name)
        if isinstance(value, datetime):
            return month_of(value.astimezone(zone).date())
    return UNDATED
