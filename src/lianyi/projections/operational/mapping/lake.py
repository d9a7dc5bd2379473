"""What a mapping needs of the lake."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

    from lianyi.projections.lake.lake import Lake


class LakeTables(Protocol):
    """Tables of sources, as they are now."""

    def tables(self, source: str) -> list[str]:
        """Return the names of those of which anything has come."""
        ...

    def state(self, source: str, table: str) -> str:
        """Return what is another text whenever the rows of a table may be other rows."""
        ...

    def current(self, backend: Backend, source: str, table: str) -> ir.Table:
        """Return its rows: the last word of each key, or the newest load that ended.

        The columns are called as the source calls them; ``_position`` and ``_row`` say where a
        row was said.
        """
        ...


class TablesOfLake:
    """The lake itself."""

    def __init__(self, lake: Lake) -> None:
        """Read this one."""
        self._lake = lake

    def tables(self, source: str) -> list[str]:
        """Return the tables of a source."""
        return [one.table for one in self._lake.tables() if one.source == source]

    def state(self, source: str, table: str) -> str:
        """Return what its files are called, how large they are and when they were written."""
        told = hashlib.sha256()
        for file in self._lake.files(source, table):
            status = file.stat()
            told.update(f"{file.name} {status.st_size} {status.st_mtime_ns}\n".encode())
        return told.hexdigest()

    def current(self, backend: Backend, source: str, table: str) -> ir.Table:
        """Return its rows."""
        return self._lake.current(backend, source, table)
