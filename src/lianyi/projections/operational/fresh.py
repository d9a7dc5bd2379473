"""What is newer than the files: a message is counted as soon as it is learned.

A figure of this moment is counted over the files without the rows that changed since they were
written, together with those rows as they stand now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.operational import read_store
from lianyi.projections.operational.arrow import table_of
from lianyi.projections.operational.settled import read_settled
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import star
from lianyi.projections.operational.store import CENSUS, FACTS, SHAPE

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]


ROWS_MAX: Final = 100_000
"""A busy hospital changes some thousands of rows between two writings of the files."""


class Fresh(NamedTuple):
    """What the files do not hold yet.

    Attributes:
        rows: by fact, in the form of ``shelf.schema_of``; of a fact without any, nothing.
        gone: keys of rows that are no more, by fact.
        behind: whether the files are of another version of the fold, or there are none, or more
            is newer than :data:`ROWS_MAX` rows, as when a past is learned: then nothing is here,
            and what is counted is as old as the files until they are written.
    """

    rows: Mapping[str, pa.Table]
    gone: Mapping[str, Sequence[str]]
    behind: bool = False


async def fresh_rows(
    connection: Connection, folder: Path, *, zone: ZoneInfo, rows_max: int = ROWS_MAX
) -> Fresh:
    """Return what is newer than the files, as it stands at one moment.

    Ask before the files are opened: what is written in between is then in both, and counted once.

    Args:
        connection: outside of a transaction; as the doors may read.
        folder: of the star.
        zone: of the hospital's months.
        rows_max: more are not held in memory.
    """
    settled = await asyncio.to_thread(read_settled, folder)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        live = await projection_store.find_live(connection, "operational")
        if live is None or live.shape != SHAPE or settled is None or not settled.is_of(live):
            return Fresh({}, {}, behind=True)
        found: dict[str, Sequence[asyncpg.Record]] = {}
        left = rows_max
        for name in (*FACTS, CENSUS):
            found[name] = await read_store.fresh(
                connection, live.schema, name, after=settled.revision, limit=left + 1
            )
            left -= len(found[name])
            if left < 0:
                return Fresh({}, {}, behind=True)
        gone = await read_store.gone(connection, live.schema, after=settled.revision)
        of = await read_store.organisations(connection)
    rows = {
        name: await asyncio.to_thread(table_of, star()[name], said, organisations=of, zone=zone)
        for name, said in found.items()
        if said
    }
    return Fresh(rows, gone)


def star_now(backend: Backend, shelf: Shelf, fresh: Fresh) -> Mapping[str, ir.Table]:
    """Return the facts as tables of DuckDB, as they stand now; see :meth:`Shelf.tables`."""
    return {name: _now(table, name, fresh) for name, table in shelf.tables(backend).items()}


def _now(table: ir.Table, name: str, fresh: Fresh) -> ir.Table:
    rows, key = fresh.rows.get(name), star()[name].key
    keys = list(fresh.gone.get(name, ()))
    if rows is not None:
        keys += rows.column(key).to_pylist()
    if not keys:
        return table
    changed = ibis.memtable(pa.table({key: pa.array(keys, pa.string())}))
    standing = table.anti_join(changed, key)
    return standing if rows is None else standing.union(ibis.memtable(rows))
