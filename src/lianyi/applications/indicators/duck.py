"""Counts with a DuckDB in this process: nothing to install, nothing on the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import ibis  # type: ignore[import-untyped]
import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.failures import CountingTooBig
from lianyi.applications.indicators.runner import TakenAway
from lianyi.projections.operational.shelf import table_of_files
from lianyi.projections.operational.star import Fact

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]


class Duck:
    """A DuckDB that is asked."""

    def __init__(self, backend: Backend) -> None:
        """Ask a DuckDB that is open."""
        self.backend = backend

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

    def answer(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression."""
        with _told():
            return asked.to_pyarrow()

    @contextmanager
    def holding(self, cells: pa.Table) -> Iterator[ir.Table]:
        """Keep cells for as long as they are added up."""
        name = ibis.util.gen_name("cells")
        with _told():
            held = self.backend.create_table(name, cells, temp=True)
        try:
            yield held
        finally:
            self.backend.drop_table(name)

    add = answer

    def interrupt(self) -> None:
        """Let what is being asked end without a result."""
        self.backend.con.interrupt()

    def close(self) -> None:
        """Give everything back."""
        self.backend.disconnect()


@contextmanager
def _told() -> Iterator[None]:
    """Say what errors of DuckDB mean."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise CountingTooBig(where="indicators") from error
    except (duckdb.IOException, OSError) as error:
        raise TakenAway(type(error).__name__) from error
