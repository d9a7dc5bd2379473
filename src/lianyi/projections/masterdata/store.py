"""The tables of one version of the master data. Every function takes the schema it works in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.masterdata import ranking_store, wall_store
from lianyi.projections.masterdata.changes import all_from_json, all_to_json
from lianyi.projections.masterdata.folding import Order
from lianyi.projections.masterdata.model import (
    Description,
    Kind,
    Lineage,
    LinkKey,
    Origin,
    Span,
    Statement,
    Thing,
    told_of,
)
from lianyi.projections.masterdata.state import State

SHAPE = 3
"""Of the tables below; a change of them is a new number."""

_TABLES = """
CREATE SCHEMA {schema};

-- What every message said, in its own words; all other tables follow from this one.
CREATE TABLE {schema}.statement (
    received_at timestamptz NOT NULL,
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    source      text        NOT NULL,           -- position of the message whose content it is
    day         date        NOT NULL,
    kind        text        NOT NULL,
    by          text        NOT NULL,
    changes     jsonb       NOT NULL,
    things      text[]      NOT NULL,
    unreadable  jsonb,
    refused     jsonb,
    channel     integer     NOT NULL,
    tells       jsonb       NOT NULL,           -- of each change, what one must see to be told it
    PRIMARY KEY (shard, number, part)
);
CREATE INDEX ON {schema}.statement USING gin (things);
CREATE INDEX ON {schema}.statement (source);
CREATE INDEX ON {schema}.statement USING gin (changes jsonb_path_ops);

-- When a record exists; *_shard and *_number name the message that said so.
CREATE TABLE {schema}.existence (
    kind        text     NOT NULL,
    code        text     NOT NULL,
    valid_from  date     NOT NULL,
    valid_to    date     NOT NULL CHECK (valid_to > valid_from),
    said        text     NOT NULL,
    ended       text,
    PRIMARY KEY (kind, code, valid_from)
);

-- What a record is called and is, until the next row of the same record.
CREATE TABLE {schema}.description (
    kind        text    NOT NULL,
    code        text    NOT NULL,
    valid_from  date    NOT NULL,
    name_zh     text    NOT NULL,
    name_en     text    NOT NULL,
    pinyin      text    NOT NULL,
    category    text    NOT NULL,
    emergency   boolean NOT NULL,
    identifiers jsonb   NOT NULL,
    said        text    NOT NULL,
    origins     jsonb   NOT NULL,               -- by field: source, its rank, position
    PRIMARY KEY (kind, code, valid_from)
);

-- Trees, places and roles: every relation between records, dated, and apart from them.
CREATE TABLE {schema}.link (
    relation    text NOT NULL,
    subject     text NOT NULL,
    object      text NOT NULL,
    role        text NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date NOT NULL CHECK (valid_to > valid_from),
    said        text NOT NULL,
    ended       text,
    PRIMARY KEY (relation, subject, valid_from, object, role)
);
CREATE INDEX ON {schema}.link (object, relation);
CREATE INDEX ON {schema}.link (subject);

CREATE TABLE {schema}.lineage (
    predecessor text NOT NULL,
    successor   text NOT NULL,
    how         text NOT NULL,
    "on"        date NOT NULL,
    said        text NOT NULL,
    PRIMARY KEY (predecessor, successor, how, "on")
);

-- What a source said of a field and does not hold; winner is whose word does.
CREATE TABLE {schema}.loss (
    kind        text  NOT NULL,
    code        text  NOT NULL,
    field       text  NOT NULL,
    source      text  NOT NULL,
    value       jsonb NOT NULL,
    said        text  NOT NULL,
    "on"        date  NOT NULL,
    winner      text  NOT NULL,
    PRIMARY KEY (kind, code, field, source)
);

-- What sources said and people are asked about, and how they decided.
CREATE TABLE {schema}.proposal (
    key         text        PRIMARY KEY,
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    received_at timestamptz NOT NULL,
    source      text        NOT NULL,
    why         text        NOT NULL,
    change      jsonb       NOT NULL,
    decided_by  text,
    accepted    boolean,
    things      text[]      NOT NULL            -- what the change names
);
CREATE INDEX ON {schema}.proposal (received_at, shard, number, part) WHERE decided_by IS NULL;

-- The rules about who may say what; one row, none while there is no file.
CREATE TABLE {schema}.rules (
    rules jsonb NOT NULL
);

-- Which management tree was last handed to authorisation; depends on the date, so on no message.
CREATE TABLE {schema}.handed (
    digest bytea NOT NULL
);
"""

DIGESTED: Final[Mapping[str, str]] = {
    "statement": "shard, number, part, received_at, source, day, kind, by, changes::text, things,"
    " unreadable::text, refused::text, channel, tells::text",
    "existence": "kind, code, valid_from, valid_to, said, ended",
    "description": "kind, code, valid_from, name_zh, name_en, pinyin, category, emergency,"
    " identifiers::text, said, origins::text",
    "link": "relation, subject, valid_from, object, role, valid_to, said, ended",
    "lineage": 'predecessor, successor, how, "on", said',
    "loss": 'kind, code, field, source, value::text, said, "on", winner',
    "proposal": "key, shard, number, part, received_at, source, why, change::text, decided_by,"
    " accepted, things",
    "rules": "rules::text",
}


async def create(connection: Connection, schema: str) -> None:
    """Make the empty tables."""
    await connection.execute(_TABLES.format(schema=schema))
    await connection.execute(wall_store.TABLES.format(schema=schema))


async def digest(connection: Connection, schema: str) -> Mapping[str, bytes]:
    """Return SHA-256 over every table, its rows in one order, by the bytes of their values."""
    found: dict[str, bytes] = {}
    for table, columns in DIGESTED.items():
        found[table] = await connection.fetchval(
            "SELECT sha256(coalesce(string_agg(encode(sha256(convert_to(row, 'UTF8')), 'hex'), ''"  # noqa: S608
            " ORDER BY row COLLATE \"C\"), '')::bytea)"
            f" FROM (SELECT ROW({columns})::text AS row FROM {schema}.{table}) AS t"
        )
    return found


# --- statements ---------------------------------------------------------------------------------


async def put_statements(
    connection: Connection, schema: str, rows: Sequence[tuple[Statement, LianyiError | None]]
) -> None:
    """Keep statements, each with why it does not hold."""
    await connection.executemany(
        f"INSERT INTO {schema}.statement VALUES"  # noqa: S608
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT (shard, number, part) DO NOTHING",
        [
            (
                one.received_at,
                one.position.shard,
                one.position.number,
                one.part,
                str(one.source),
                one.day,
                one.kind,
                one.by,
                all_to_json(one.changes),
                one.things(),
                one.unreadable,
                refused.record() if refused else None,
                one.channel,
                [list(map(str, told_of(change))) for change in one.changes],
            )
            for one, refused in rows
        ],
    )


async def mark_refused(
    connection: Connection, schema: str, refused: Mapping[Order, LianyiError]
) -> None:
    """Say anew of every statement whether it holds."""
    await connection.execute(
        f"UPDATE {schema}.statement SET refused = NULL WHERE refused IS NOT NULL"  # noqa: S608
    )
    await connection.executemany(
        f"UPDATE {schema}.statement SET refused = $4"  # noqa: S608
        " WHERE shard = $1 AND number = $2 AND part = $3",
        [(*order[1:], failure.record()) for order, failure in refused.items()],
    )


async def forget_message(connection: Connection, schema: str, position: Position) -> bool:
    """Take away what an erased message said; return whether it had said anything."""
    done = await connection.execute(
        f"DELETE FROM {schema}.statement WHERE source = $1",  # noqa: S608
        str(position),
    )
    return bool(done != "DELETE 0")


async def list_statements(connection: Connection, schema: str) -> list[Statement]:
    """Return every statement, in order."""
    rows = await connection.fetch(
        "SELECT received_at, shard, number, part, source, day, kind, by, changes, unreadable,"  # noqa: S608
        f" channel FROM {schema}.statement ORDER BY received_at, shard, number, part"
    )
    return [
        Statement(
            row[0], Position(row[1], row[2]), row[3], Position.parse(row[4]), row[5], row[6],
            row[7], all_from_json(row[8]), row[9], row[10],
        )
        for row in rows
    ]  # fmt: skip


async def last_order(connection: Connection, schema: str) -> Order | None:
    """Return the place of the last statement."""
    row = await connection.fetchrow(
        f"SELECT received_at, shard, number, part FROM {schema}.statement"  # noqa: S608
        " ORDER BY received_at DESC, shard DESC, number DESC, part DESC LIMIT 1"
    )
    return (row[0], row[1], row[2], row[3]) if row else None


# --- what holds ---------------------------------------------------------------------------------


async def load(connection: Connection, schema: str) -> State:
    """Return all that holds."""
    state = State()
    existence: dict[Thing, list[Span]] = {}
    for row in await connection.fetch(
        f"SELECT kind, code, valid_from, valid_to, said, ended FROM {schema}.existence"  # noqa: S608
        " ORDER BY kind, code, valid_from"
    ):
        thing = Thing(Kind(row[0]), row[1])
        existence.setdefault(thing, []).append(
            Span(row[2], row[3], "", "", Position.parse(row[4]), _position(row[5]))
        )
    state.existence = {thing: tuple(spans) for thing, spans in existence.items()}
    told: dict[Thing, list[Description]] = {}
    for row in await connection.fetch(
        "SELECT kind, code, valid_from, name_zh, name_en, pinyin, category, emergency,"  # noqa: S608
        f" identifiers, said, origins FROM {schema}.description ORDER BY kind, code, valid_from"
    ):
        told.setdefault(Thing(Kind(row[0]), row[1]), []).append(
            Description(
                row[2],
                row[3],
                row[4],
                row[5],
                row[6],
                row[7],
                row[8],
                Position.parse(row[9]),
                {name: Origin(*origin) for name, origin in row[10].items()},
            )
        )
    state.descriptions = {thing: tuple(one) for thing, one in told.items()}
    links: dict[LinkKey, list[Span]] = {}
    for row in await connection.fetch(
        "SELECT relation, subject, valid_from, valid_to, object, role, said, ended"  # noqa: S608
        f" FROM {schema}.link"
    ):
        links.setdefault(LinkKey(row[0], row[1]), []).append(
            Span(row[2], row[3], row[4], row[5], Position.parse(row[6]), _position(row[7]))
        )
    for key, spans in links.items():
        state.load_links(key, tuple(sorted(spans)))
    lineage: dict[str, list[Lineage]] = {}
    for row in await connection.fetch(
        f'SELECT predecessor, successor, how, "on", said FROM {schema}.lineage'  # noqa: S608
    ):
        lineage.setdefault(row[0], []).append(
            Lineage(row[0], row[1], row[2], row[3], Position.parse(row[4]))
        )
    state.lineage = {code: tuple(sorted(lines)) for code, lines in lineage.items()}
    await ranking_store.load(connection, schema, state)
    return state


def _position(text: str | None) -> Position | None:
    return Position.parse(text) if text else None


async def write(connection: Connection, schema: str, state: State, *, anew: bool = False) -> None:
    """Write down what changed since the last time, or everything."""
    if anew:
        await connection.execute(
            f"TRUNCATE {schema}.existence, {schema}.description, {schema}.link,"
            f" {schema}.lineage, {schema}.loss"
        )
    things = [one for one in state.touched if isinstance(one, Thing)]
    keys = [one for one in state.touched if isinstance(one, LinkKey)]
    codes = [one for one in state.touched if isinstance(one, str)]
    if anew:
        things, keys, codes = list(state.existence), list(state.links), list(state.lineage)
    else:
        await _clear(connection, schema, things, keys, codes)
    await _insert_things(connection, schema, state, things)
    await ranking_store.write(connection, schema, state, things, anew=anew)
    await connection.executemany(
        f"INSERT INTO {schema}.link VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",  # noqa: S608
        [
            (*key, span.object, span.role, span.valid_from, span.valid_to, *_sources(span))
            for key in keys
            for span in state.links.get(key, ())
        ],
    )
    await connection.executemany(
        f"INSERT INTO {schema}.lineage VALUES ($1, $2, $3, $4, $5)",  # noqa: S608
        [(*line[:4], str(line.said)) for code in codes for line in state.lineage.get(code, ())],
    )
    state.touched.clear()


async def _clear(
    connection: Connection,
    schema: str,
    things: Sequence[Thing],
    keys: Sequence[LinkKey],
    codes: Sequence[str],
) -> None:
    pairs = [[thing.kind.value for thing in things], [thing.code for thing in things]]
    for table in ("existence", "description", "loss"):
        await connection.execute(
            f"DELETE FROM {schema}.{table} WHERE (kind, code) IN"  # noqa: S608
            " (SELECT * FROM unnest($1::text[], $2::text[]))",
            *pairs,
        )
    await connection.execute(
        f"DELETE FROM {schema}.link WHERE (relation, subject) IN"  # noqa: S608
        " (SELECT * FROM unnest($1::text[], $2::text[]))",
        [key.relation for key in keys],
        [key.subject for key in keys],
    )
    await connection.execute(
        f"DELETE FROM {schema}.lineage WHERE predecessor = ANY($1)",  # noqa: S608
        list(codes),
    )


async def _insert_things(
    connection: Connection, schema: str, state: State, things: Sequence[Thing]
) -> None:
    await connection.executemany(
        f"INSERT INTO {schema}.existence VALUES ($1, $2, $3, $4, $5, $6)",  # noqa: S608
        [
            (thing.kind.value, thing.code, span.valid_from, span.valid_to, *_sources(span))
            for thing in things
            for span in state.existence.get(thing, ())
        ],
    )
    await connection.executemany(
        f"INSERT INTO {schema}.description VALUES"  # noqa: S608
        " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [
            (
                thing.kind.value, thing.code, one.valid_from, one.name_zh, one.name_en,
                one.pinyin, one.category, one.emergency, dict(one.identifiers), str(one.said),
                {name: list(origin) for name, origin in one.origins.items()},
            )
            for thing in things
            for one in state.descriptions.get(thing, ())
        ],
    )  # fmt: skip


def _sources(span: Span) -> tuple[str, str | None]:
    return str(span.said), str(span.ended) if span.ended else None


# --- what was handed on -------------------------------------------------------------------------


async def hand_on(
    connection: Connection, schema: str, pairs: Sequence[tuple[str, str | None]]
) -> bool:
    """Remember the management tree that is handed on; False when it is the one of last time."""
    digest_ = hashlib.sha256(orjson.dumps([list(pair) for pair in pairs])).digest()
    if await connection.fetchval(f"SELECT digest FROM {schema}.handed") == digest_:  # noqa: S608
        return False
    await connection.execute(f"DELETE FROM {schema}.handed")  # noqa: S608
    await connection.execute(f"INSERT INTO {schema}.handed VALUES ($1)", digest_)  # noqa: S608
    return True
