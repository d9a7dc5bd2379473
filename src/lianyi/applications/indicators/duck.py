"""Counts with a DuckDB in this process: nothing to install, nothing on the network."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import operations as ops  # type: ignore[import-untyped]
from ibis.expr import types as ir

from lianyi.applications.indicators.failures import CountingTooBig
from lianyi.applications.indicators.runner import TakenAway
from lianyi.projections.operational.shelf import table_of_files
from lianyi.projections.operational.star import Fact

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]

# A relation would save the copy, and bind each statement once more: ten times as dear for cells.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result makes an extra copy")

COMPILED_MAX: Final = 256
_CELLS: Final = "cells"
_SEEN: Final = "seen"
_VIEW: Final = "with_rows_in_memory"


class Duck:
    """A DuckDB that is asked."""

    def __init__(self, backend: Backend) -> None:
        """Ask a DuckDB that is open."""
        self.backend = backend
        self._seen = ""

    @classmethod
    def opened(cls, *, threads: int, memory_mb: int) -> Duck:
        """Open one that has processors and memory, and loads nothing from outside."""
        return cls(
            ibis.duckdb.connect(
                threads=threads,
                memory_limit=f"{memory_mb}MB",
                temp_directory="",
                autoinstall_known_extensions=False,
                autoload_known_extensions=False,
                enable_external_file_cache=False,
            )
        )

    def read(self, fact: Fact, files: Sequence[Path]) -> ir.Table:
        """Return a fact as a table."""
        with _told():
            return table_of_files(self.backend, fact, files)

    def read_files(self, files: Sequence[Path], name: str) -> ir.Table:
        """Return what files hold as a table of this name, as they say it themselves."""
        with _told():
            return self.backend.read_parquet([str(one) for one in files], table_name=name)

    def answer(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression."""
        with _told():
            return asked.to_pyarrow()

    def page(self, asked: ir.Table, *, skip: int, limit: int) -> pa.Table:
        """Return some rows of an expression that has an order."""
        return self.answer(asked.limit(limit, offset=skip))

    @contextmanager
    def seeing(self, rows: ir.Table) -> Iterator[ir.Table]:
        """Give the rows of an expression a name while something is asked of them."""
        with _told():
            if rows.op().find(ops.InMemoryTable):  # which Ibis brings in, where it asks itself
                self.backend.create_view(_VIEW, rows, overwrite=True)
                self._seen = f"FROM {_VIEW}"
            else:
                self._seen = str(self.backend.compile(rows))
        yield ibis.table(rows.schema(), name=_SEEN)

    def answer_seen(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over rows that are seen."""
        sql = f"WITH {_SEEN} AS NOT MATERIALIZED ({self._seen}) FROM ({_compiled(asked.op())})"
        return self._answer_sql(sql, asked)

    @contextmanager
    def holding(self, cells: pa.Table) -> Iterator[ir.Table]:
        """Keep cells for as long as they are added up."""
        self.backend.con.register(_CELLS, cells)
        try:
            yield ibis.table(ibis.Schema.from_pyarrow(cells.schema), name=_CELLS)
        finally:
            self.backend.con.unregister(_CELLS)

    def add(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over cells that are held."""
        return self._answer_sql(_compiled(asked.op()), asked)

    def _answer_sql(self, sql: str, asked: ir.Table) -> pa.Table:
        with _told():
            found = self.backend.con.execute(sql).to_arrow_table()
        return found.cast(asked.schema().to_pyarrow())

    def interrupt(self) -> None:
        """Let what is being asked end without a result."""
        self.backend.con.interrupt()

    def close(self) -> None:
        """Give everything back."""
        self.backend.disconnect()


@lru_cache(maxsize=COMPILED_MAX)
def _compiled(asked: ops.Relation) -> str:
    return str(ibis.to_sql(asked.to_expr(), dialect="duckdb"))


@contextmanager
def _told() -> Iterator[None]:
    """Say what errors of DuckDB mean."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise CountingTooBig(where="indicators") from error
    except (duckdb.Error, OSError) as error:
        if not (isinstance(error, OSError) or is_taken_away(error)):
            raise
        raise TakenAway(type(error).__name__) from error


def is_taken_away(error: Exception) -> bool:
    """Tell whether a file went while it was read, or another one was put in its place.

    Of that DuckDB has no class of its own: what it reads of the new file makes no sense to it.
    """
    gone = isinstance(error, TakenAway | FileNotFoundError | duckdb.IOException)
    return gone or type(error) is duckdb.Error
