"""What people ask about codes that no table maps."""

from __future__ import annotations

import csv
import io

import asyncpg

from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.clinical.uncoded import uncoded_store
from lianyi.projections.clinical.uncoded.uncoded_store import CodeRow
from lianyi.projections.clinical.uncoded_list.views import UncodedPage, UncodedView
from lianyi.projections.problems import ProjectionNotReady


class UncodedService:
    """Lists the codes that no table maps, of the channels that whoever asks sees."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Ask the version in force.

        Args:
            pool: of the database; as the doors see it.
        """
        self._pool = pool

    async def list_codes(self, *, channel: str, text: str, skip: int, limit: int) -> UncodedPage:
        """Return a page of codes.

        Args:
            channel: name; empty: of every channel.
            text: a part of what is known of a code; empty: any.
            skip: so many.
            limit: at most so many.

        Raises:
            ProjectionNotReady: nothing has been learned yet.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            live = await projection_store.hold_live_to_read(connection, NAME)
            if live is None or live.shape != table_store.SHAPE:
                raise ProjectionNotReady(where=NAME, name=NAME)
            rows = await uncoded_store.list_codes(
                connection, live.schema, channel=channel, text=text, skip=skip, limit=limit
            )
            total = await uncoded_store.count_codes(
                connection, live.schema, channel=channel, text=text
            )
        return UncodedPage(items=[_view(row) for row in rows], total=total)


def _view(row: CodeRow) -> UncodedView:
    said = {**row._asdict(), "first": str(row.first), "last": str(row.last)}
    return UncodedView(**said, row=row_to_add(row.codes, row.code) if row.codes else "")


def row_to_add(codes: str, code: str) -> str:
    """Return a row of ``codes.csv`` without its target: ``patient-class,特需,,,``."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([codes, code, "", "", ""])
    return line.getvalue()
