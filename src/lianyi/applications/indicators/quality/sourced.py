"""The facts as their files lie on the shelf, each row with the source that it came from.

The rows of the fold came by a channel, whose name lies beside them; those that were mapped came
from the source whose tables they are made of.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Final

import ibis  # type: ignore[import-untyped]
from ibis.expr import types as ir  # type: ignore[import-untyped]

from lianyi.applications.indicators.duck import Duck
from lianyi.applications.indicators.engine import ShelfStar
from lianyi.applications.indicators.quality.checks import SOURCE
from lianyi.applications.indicators.runner import Runner
from lianyi.projections.operational.settled import PRODUCER
from lianyi.projections.operational.shelf import CHANNELS_SUFFIX, Shelf, schema_of
from lianyi.projections.operational.star import Fact, star

_KEY: Final = "_key_of"


class SourcedStar:
    """A star of an engine whose tables have a column more, :data:`.checks.SOURCE`."""

    def __init__(self, folder: Path) -> None:
        """Read below a folder, which need not be there yet."""
        self._shelf = Shelf(folder)
        self._files = ShelfStar(folder)

    def signature(self, fact: str) -> Hashable:
        """Return which files there are; a file that is put in place anew is another one."""
        return self._files.signature(fact)

    def tables(self, runner: Runner) -> Mapping[str, ir.Table]:
        """Return the facts as tables, as their files lie now; of a DuckDB only."""
        assert isinstance(runner, Duck)  # noqa: S101 - quality is looked at with no other
        return {name: self._table(runner, fact) for name, fact in star().items()}

    def _table(self, duck: Duck, fact: Fact) -> ir.Table:
        tables = [
            self._of(duck, fact, producer, files)
            for producer, files in self._shelf.producers(fact).items()
        ]
        if not tables:
            empty = ibis.memtable(schema_of(fact).empty_table())
            return empty.mutate(**{SOURCE: ibis.literal("")})
        return functools.reduce(lambda one, other: one.union(other), tables)

    def _of(self, duck: Duck, fact: Fact, producer: str, files: list[Path]) -> ir.Table:
        name = f"{fact.name}_of_{producer}"
        table = duck.read_files(files, name).select(*schema_of(fact).names)
        beside = [one for one in map(_channels, files) if one.exists()]
        if producer != PRODUCER or not beside:
            return table.mutate(**{SOURCE: ibis.literal(producer)})
        told = duck.read_files(beside, f"{name}_channels").rename({_KEY: "key"})
        joined = table.left_join(told, table[fact.key] == told[_KEY])
        return joined.mutate(**{SOURCE: joined.channel.fill_null(producer)}).drop(_KEY, "channel")


def _channels(file: Path) -> Path:
    return file.with_suffix(CHANNELS_SUFFIX)
