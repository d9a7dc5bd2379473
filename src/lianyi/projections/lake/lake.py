"""Reading the lake: what its tables hold, for DuckDB through Ibis, straight from the files.

``raw`` is every row that ever came. ``current`` is the table as the source has it: of a table that
comes in full, the newest load that has come to its end; else the last word on each key.

The messages of the log that no longer lie in the database lie in files of their own, which are
tables of the lake as they lie: ``log`` / the number of a shard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lianyi.projections.lake.model import Contents, Loaded, Named, together
from lianyi.projections.lake.problems import NoSuchLakeTable

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

    from lianyi.projections.lake.segments import Segment

LOG: Final = "log"
"""The source whose tables are the shards of the log."""
_ARCHIVED: Final = re.compile(r"message_(\d+)_(\d+)-(\d+)(?:\.(\d+))?\.parquet")


class Rule(NamedTuple):
    """What says which rows of a table are those that the source has now.

    Attributes:
        mode: in which it comes.
        key: what tells its rows apart; empty: each of them stands for itself.
        load: the newest of the whole table that has ended; None: none has.
    """

    mode: str
    key: tuple[str, ...]
    load: Loaded | None


class Lake:
    """The tables of one lake."""

    def __init__(self, folder: Path, *, archive: Path | None = None) -> None:
        """Read a lake.

        Args:
            folder: of the lake, which need not be there yet.
            archive: the folder of the log's closed segments; None: they are no tables of it.
        """
        self.folder = folder
        self._archive = archive

    def tables(self) -> list[Named]:
        """Return the tables, by name; the shards of the log last."""
        from lianyi.projections.lake.segments import tables_of

        shards = sorted({shard for shard, _ in self._archived()})
        return [*tables_of(self.folder), *(Named(LOG, str(shard)) for shard in shards)]

    def segments(self, source: str, table: str) -> Sequence[Segment]:
        """Return the files of a table that are read, in the order of their messages.

        Raises:
            NoSuchLakeTable: there is none.
        """
        from lianyi.projections.lake.segments import every_segment, live, place_of

        named = self._named(source, table)
        found = live(every_segment(place_of(self.folder, named)))
        if not found:
            raise NoSuchLakeTable(where=str(named))
        return found

    def contents(self, source: str, table: str) -> Contents | None:
        """Return what all messages of a table said together; None: we have written none of it.

        Raises:
            NoSuchLakeTable: there is no such table.
        """
        from lianyi.projections.lake.segments import contents_of

        said = [contents_of(one.path) for one in self.segments(source, table)]
        ours = [one for one in said if one is not None]
        return together(ours) if ours else None

    def files(self, source: str, table: str) -> list[Path]:
        """Return the files of a table, of the log too.

        Raises:
            NoSuchLakeTable: there is none.
        """
        if source == LOG:
            found = [path for shard, path in self._archived() if str(shard) == table]
            if found:
                return found
        return [one.path for one in self.segments(source, table)]

    def raw(self, backend: Backend, source: str, table: str) -> ir.Table:
        """Return every row of a table that ever came, whatever columns it had then.

        Raises:
            NoSuchLakeTable: there is no such table.
        """
        files = [str(path) for path in self.files(source, table)]
        return backend.read_parquet(files, union_by_name=True)

    def current(
        self, backend: Backend, source: str, table: str, *, key: Sequence[str] = ()
    ) -> ir.Table:
        """Return a table as the source has it now, as far as its rows have come.

        Args:
            backend: DuckDB.
            source: the system.
            table: its label.
            key: what tells rows apart; needed only where the files do not say.

        Raises:
            NoSuchLakeTable: there is no such table.
        """
        rows = self.raw(backend, source, table)
        if source == LOG and "_mode" not in rows.columns:
            return rows
        contents = self.contents(source, table)
        return current_of(rows, rule_of(contents) if contents else None, key=key)

    def _named(self, source: str, table: str) -> Named:
        from lianyi.projections.lake.model import LABEL

        named = Named(source, table)
        if not (LABEL.fullmatch(source) and LABEL.fullmatch(table)):
            raise NoSuchLakeTable(where=str(named))
        return named

    def _archived(self) -> list[tuple[int, Path]]:
        """Return the newest file of every closed segment of the log, in order."""
        newest: dict[tuple[int, int, int], tuple[int, Path]] = {}
        folder = self._archive
        for path in folder.iterdir() if folder is not None and folder.is_dir() else ():
            name = _ARCHIVED.fullmatch(path.name)
            if name:
                place = int(name[1]), int(name[2]), int(name[3])
                version = int(name[4] or 0)
                if version >= newest.get(place, (0, path))[0]:
                    newest[place] = version, path
        return [(place[0], path) for place, (_, path) in sorted(newest.items())]


def rule_of(contents: Contents) -> Rule:
    """Return which rows of a table are current, by what all its messages said together."""
    return Rule(contents.mode, contents.key, contents.newest_load)


def current_of(rows: ir.Table, rule: Rule | None, *, key: Sequence[str] = ()) -> ir.Table:
    """Return of rows of a table those that are current.

    Args:
        rows: all of the table, or all that ever came of some keys.
        rule: of the table; None: nobody says it, and the newest load counts.
        key: what tells rows apart, where no rule says it.
    """
    load = _load_filter(rows, rule)
    if rule is not None and rule.mode == "full":
        return rows.filter(load)
    kept = rows.filter((rows["_mode"] != "full") | load)
    by = tuple(key) or (rule.key if rule else ())
    return _last_words(kept, by) if by else kept


def _load_filter(rows: ir.Table, rule: Rule | None) -> ir.BooleanValue:
    """Return which rows are of the newest load that has come to its end."""
    import ibis  # type: ignore[import-untyped]

    if rule is None:  # nobody says which load has ended: the newest one
        newest = rows.filter(rows["_mode"] == "full")["_load"].max()
        return (rows["_mode"] == "full") & (rows["_load"] == newest.as_scalar())
    load = rule.load
    if load is None:
        return ibis.literal(value=False)
    came = rows["_received_at"]
    return (
        (rows["_mode"] == "full")
        & (rows["_load"] == load.number)
        & came.between(
            datetime.fromisoformat(load.received_from), datetime.fromisoformat(load.received_to)
        )
    )


def _last_words(rows: ir.Table, key: Iterable[str]) -> ir.Table:
    """Return of each key the row that came last."""
    import ibis

    order = [ibis.desc(rows[name]) for name in ("_received_at", "_batch", "_row")]
    window = ibis.window(group_by=_key_values(rows, key), order_by=order)
    numbered = rows.mutate(_nth=ibis.row_number().over(window))
    return numbered.filter(numbered["_nth"] == 0).drop("_nth")


def _key_values(rows: ir.Table, key: Iterable[str]) -> list[ir.Value]:
    """Return what tells rows apart; of a value that did not fit its column, the text beside."""
    values: list[Any] = []
    for name in key:
        values.append(rows[name])
        if "_odd" in rows.columns:
            beside = rows["_odd"].cast("json")[name]
            values.append(rows[name].isnull().ifelse(beside.cast("string"), None))
    return values


def by_name(lake: Lake) -> Mapping[Named, Sequence[Path]]:
    """Return the files of every table."""
    return {named: lake.files(*named) for named in lake.tables()}
