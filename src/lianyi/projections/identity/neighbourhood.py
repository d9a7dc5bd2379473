"""What a model is tried on: records as they stand, and which of them meet.

A small index is taken whole. Of a big one a sample is: the records of the smallest numbers, which
are hashes and so a fair draw and always the same, with everybody whom they meet by a key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.matching import BLOCK_MAX
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.standing import folded_of
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.tables import DecisionRow, RecordRow

WHOLE_MAX: Final = 50_000
"""An index of so many records is taken whole: some 150 MB and a minute."""
SAMPLE: Final = 5_000
"""Of a bigger one so many records, each with those that it meets, some twenty."""
PAGE: Final = 2_000

Pair = tuple[int, int]


class Near(NamedTuple):
    """A record, as far as a model is tried on it."""

    record: int
    key: RecordKey
    first_at: datetime
    kept: int | None
    person: int
    said: Registration


class Neighbourhood(NamedTuple):
    """Records, and how they stand to each other by the model in force.

    Attributes:
        rows: by record, in the order of their numbers.
        drawn: the records that were read by their numbers: a fair draw to count values in.
        focus: the sample, whose pairs count; all of them where the index was taken whole.
        whole: whether it was.
        records: how many the index has, where it was not taken whole about.
        lanes: pairs at the focus that are linked or asked about.
        decisions: of people and systems; only where the index was taken whole.
        questions: pairs of persons, likewise.
    """

    rows: dict[int, Near]
    drawn: tuple[Near, ...]
    focus: frozenset[int]
    whole: bool
    records: int
    lanes: dict[Pair, int]
    decisions: list[DecisionRow]
    questions: frozenset[Pair]


async def load(
    connection: Connection, schema: str, *, whole_max: int = WHOLE_MAX, sample: int = SAMPLE
) -> Neighbourhood:
    """Read the index, or a sample of it, as whoever acts sees it.

    Args:
        connection: in a transaction whose snapshot stays (repeatable read).
        schema: of the version.
        whole_max: an index of more records is sampled.
        sample: so many records.
    """
    rows, keys = await _first(connection, schema, whole_max + 1)
    whole = len(rows) <= whole_max
    if whole:
        return Neighbourhood(
            rows,
            tuple(rows.values()),
            frozenset(rows),
            whole,
            len(rows),
            await _lanes(connection, schema),
            [DecisionRow(*row) for row in await _all(connection, schema, "decision")],
            frozenset({(row["p"], row["q"]) for row in await _all(connection, schema, "question")}),
        )
    focus = frozenset(list(rows)[:sample])
    met = await _met(connection, schema, {k for record in focus for k in keys[record]})
    near = {record: rows[record] for record in focus} | met
    total = await connection.fetchval(
        "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::regclass",
        f"{schema}.record",
    )
    lanes = await _lanes(connection, schema, focus)
    ordered = dict(sorted(near.items()))
    drawn = tuple(rows.values())
    total = max(total, len(drawn))
    return Neighbourhood(ordered, drawn, focus, whole, total, lanes, [], frozenset())


async def _first(
    connection: Connection, schema: str, wanted: int
) -> tuple[dict[int, Near], dict[int, list[int]]]:
    rows: dict[int, Near] = {}
    keys: dict[int, list[int]] = {}
    after: int | None = None
    while len(rows) < wanted:
        page = await connection.fetch(
            f"SELECT * FROM {schema}.record WHERE $1::bigint IS NULL OR record > $1"  # noqa: S608
            " ORDER BY record LIMIT $2",
            after,
            min(PAGE, wanted - len(rows)),
        )
        if not page:
            break
        for row in page:
            rows[row["record"]] = _near(row)
            keys[row["record"]] = row["keys"]
        after = page[-1]["record"]
    return rows, keys


def _near(row: asyncpg.Record) -> Near:
    whole = RecordRow(*row)
    said = folded_of(whole).registration
    return Near(whole.record, said.key, whole.first_at, whole.kept, whole.person, said)


async def _met(connection: Connection, schema: str, keys: set[int]) -> dict[int, Near]:
    """Return everybody who has one of these keys, while it is none too crowded."""
    found: dict[int, Near] = {}
    ordered = sorted(keys)
    for at in range(0, len(ordered), PAGE):
        for row in await connection.fetch(
            f"SELECT r.* FROM {schema}.candidates($1, $2) AS c"  # noqa: S608
            f" JOIN {schema}.record AS r ON r.record = c.record",
            ordered[at : at + PAGE],
            BLOCK_MAX,
        ):
            found[row["record"]] = _near(row)
    return found


async def _lanes(
    connection: Connection, schema: str, focus: frozenset[int] | None = None
) -> dict[Pair, int]:
    rows = await connection.fetch(
        f"SELECT a, b, lane FROM {schema}.edge"  # noqa: S608
        + (" WHERE a = ANY ($1) OR b = ANY ($1)" if focus is not None else ""),
        *([list(focus)] if focus is not None else []),
    )
    return {(row["a"], row["b"]): row["lane"] for row in rows}


async def _all(connection: Connection, schema: str, table: str) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await connection.fetch(f"SELECT * FROM {schema}.{table}")  # noqa: S608
    return found


def meeting(keys: Mapping[int, tuple[int, ...]], focus: frozenset[int]) -> Iterator[Pair]:
    """Give the pairs that share a key that is not too crowded, each once, the smaller first.

    Args:
        keys: of each record that stands, in the order of the records.
        focus: at least one of a pair is among these.
    """
    blocks: dict[int, list[int]] = defaultdict(list)
    for record in sorted(keys):
        for k in keys[record]:
            blocks[k].append(record)
    seen: set[Pair] = set()
    for records in blocks.values():
        if 1 < len(records) <= BLOCK_MAX:
            for at, b in enumerate(records):
                for a in records[:at]:
                    if (a, b) not in seen and (a in focus or b in focus):
                        seen.add((a, b))
                        yield a, b
