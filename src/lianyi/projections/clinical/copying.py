"""Rows on their way into tables, while those that come after them are still being made.

PostgreSQL and this process have a core each: what is made here is handed over a little at a time,
and one task writes it, so neither waits for the other. PostgreSQL answers twice for each table that
is written, and nobody hears it while rows are being made: so whoever makes them breathes often, and
what has come meanwhile for one table is written at once. Nothing is written twice, and whoever
leaves the block finds everything written, or the failure that kept it from it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Final

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.store import copy

SLICE: Final = 8
"""So many resources are made into rows before PostgreSQL is heard: two milliseconds or so."""

TURNS: Final = 3
"""Of the loop: an answer is heard in one, understood in the next, and then more is sent."""


class Copies:
    """Writes rows of one version, as a context: left when all of them are written."""

    def __init__(self, connection: Connection, schema: str) -> None:
        """Write over a connection, which nobody else uses between a hand-over and ``written``.

        Args:
            connection: in a transaction.
            schema: of the version.
        """
        self._connection = connection
        self._schema = schema
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._writing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Copies:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until everything is written; after a failure only for what is under way."""
        if failure is None:
            await self.written()
        elif self._writing is not None:
            self._rows.clear()
            await asyncio.gather(self._writing, return_exceptions=True)

    async def add(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Hand rows over, columns in the order of the table; they are written by and by.

        Raises:
            Exception: what kept earlier rows from being written.
        """
        if not rows:
            return
        self._rows.setdefault(table, []).extend(rows)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="clinical copies")
        elif self._writing.done():
            self._writing.result()
            self._writing = asyncio.create_task(self._write(), name="clinical copies")

    async def breathe(self) -> None:
        """Let what was handed over go on its way, between two slices of work."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def written(self) -> None:
        """Wait until everything that was handed over is written; the connection is free again.

        Raises:
            Exception: what kept rows from being written.
        """
        if self._writing is not None:
            await self._writing
            self._writing = None

    async def _write(self) -> None:
        while self._rows:
            table = next(iter(self._rows))  # whose rows have waited longest
            rows = self._rows.pop(table)
            await copy(self._connection, self._schema, table, rows)
