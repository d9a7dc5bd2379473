"""What an engine counts with: a DuckDB in this process, or a Spark, as the settings say.

Both are asked the same expressions, those of :mod:`.counting` and :mod:`.cube`. What a runner does
otherwise than another one is in its own module and nowhere else: how files are read, what its
errors mean, how it is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pyarrow as pa  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.projections.operational.star import Fact


class TakenAway(Exception):
    """A file was taken away, or put in its place anew, while it was read: it is asked again."""


class Runner(Protocol):
    """Answers expressions; one question at a time, each in a thread."""

    def read(self, fact: Fact, files: Sequence[Path]) -> ir.Table:
        """Return a fact as a table.

        Args:
            fact: whose rows.
            files: on its shelf; none: there is no row.

        Raises:
            TakenAway: one of them is not there any more.
        """
        ...

    def answer(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression.

        Raises:
            TakenAway: a file is not there any more.
            CountingTooBig: it needs more memory than there is.
        """
        ...

    def page(self, asked: ir.Table, *, skip: int, limit: int) -> pa.Table:
        """Return some rows of an expression that has an order; raises as :meth:`answer`."""
        ...

    def seeing(self, rows: ir.Table) -> AbstractContextManager[ir.Table]:
        """Give the rows of an expression a name while :meth:`answer_seen` is asked of them.

        So a question about other rows of the same kind is the same question.

        Raises:
            TakenAway: a file is not there any more.
        """
        ...

    def answer_seen(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over rows that are seen; raises as :meth:`answer`.

        What was asked before is not compiled again.
        """
        ...

    def holding(self, cells: pa.Table) -> AbstractContextManager[ir.Table]:
        """Keep cells while they are added up; :meth:`add` answers what is asked of them."""
        ...

    def add(self, asked: ir.Table) -> pa.Table:
        """Return the rows of an expression over cells that are held."""
        ...

    def interrupt(self) -> None:
        """Let what is being asked end without a result; from another thread."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...
