"""What a model is tried on: records as they stand, and which of them meet.

A small index is taken whole. Of a big one a sample is: the records of the smallest numbers, which
are hashes and so a fair draw and always the same, with everybody whom they meet by a key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.standing import folded_of
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.table_store import DecisionRow, RecordRow
from lianyi.projections.identity.upkeep import store
from lianyi.projections.identity.upkeep.store import Pair

WHOLE_MAX: Final = 50_000
"""An index of so many records is taken whole: 300 MB, and half a minute of a core."""
SAMPLE: Final = 5_000
"""Of a bigger one so many records, each with those that it meets, some twenty."""
PAGE: Final = 2_000


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
    first = await _first(connection, schema, whole_max + 1)
    rows = {row.record: _near(row) for row in first}
    drawn = tuple(rows.values())
    if len(rows) <= whole_max:
        return Neighbourhood(
            rows,
            drawn,
            frozenset(rows),
            True,
            len(rows),
            await store.lanes(connection, schema),
            await store.decisions(connection, schema),
            await store.questions(connection, schema),
        )
    sampled = first[:sample]
    focus = frozenset({row.record for row in sampled})
    keys = sorted({k for row in sampled for k in row.keys})
    near = {record: rows[record] for record in focus}
    for at in range(0, len(keys), PAGE):
        met = await store.records_with(connection, schema, keys[at : at + PAGE])
        near |= {row.record: _near(row) for row in met}
    total = max(await store.count_about(connection, schema), len(drawn))
    lanes = await store.lanes(connection, schema, focus)
    return Neighbourhood(
        dict(sorted(near.items())), drawn, focus, False, total, lanes, [], frozenset()
    )


async def _first(connection: Connection, schema: str, wanted: int) -> list[RecordRow]:
    """Return so many records of the smallest numbers."""
    rows: list[RecordRow] = []
    while len(rows) < wanted:
        after = rows[-1].record if rows else None
        limit = min(PAGE, wanted - len(rows))
        page = await store.records_after(connection, schema, after, limit=limit)
        rows += page
        if len(page) < limit:
            break
    return rows


def _near(row: RecordRow) -> Near:
    said = folded_of(row).registration
    return Near(row.record, said.key, row.first_at, row.kept, row.person, said)


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
        if 1 < len(records) <= CROWD_MAX:
            for at, b in enumerate(records):
                for a in records[:at]:
                    if (a, b) not in seen and (a in focus or b in focus):
                        seen.add((a, b))
                        yield a, b
