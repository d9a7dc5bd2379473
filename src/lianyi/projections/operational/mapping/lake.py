"""What a mapping needs of the lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from lianyi.projections.operational.mapping.news import Piece, Standing

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend  # type: ignore[import-untyped]
    from ibis.expr import types as ir  # type: ignore[import-untyped]

    from lianyi.projections.lake.lake import Lake
    from lianyi.projections.lake.segments import Segment


class Look(NamedTuple):
    """A table as it lay at one moment; whatever comes later is not seen.

    Attributes:
        standing: what there was.
        paths: where its pieces lie, in their order.
    """

    standing: Standing
    paths: tuple[Path, ...]


class LakeTables(Protocol):
    """Tables of sources, as they are now."""

    def tables(self, source: str) -> list[str]:
        """Return the names of those of which anything has come."""
        ...

    def look(self, source: str, table: str) -> Look:
        """Return what lies there of a table now."""
        ...

    def current(self, backend: Backend, look: Look, rows: ir.Table | None = None) -> ir.Table:
        """Return its rows: the last word of each key, or the newest load that ended.

        The columns are called as the source calls them; ``_position`` and ``_row`` say where a
        row was said.

        Args:
            backend: DuckDB.
            look: at the table.
            rows: all that ever came of some keys, to be told which of them are current; None: of
                the whole table.
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

    def look(self, source: str, table: str) -> Look:
        """Return what lies there of a table now."""
        import msgspec

        from lianyi.projections.lake.model import together
        from lianyi.projections.lake.segments import contents_of

        segments = self._lake.segments(source, table)
        said = [one for segment in segments if (one := contents_of(segment.path)) is not None]
        contents = together(said) if said else None
        load = contents and contents.newest_load
        standing = Standing(
            pieces=tuple(map(_piece, segments)),
            is_told=contents is not None,
            mode=contents.mode if contents else "",
            key=contents.key if contents else (),
            load=msgspec.json.encode(load).decode() if load else "",
        )
        return Look(standing, tuple(one.path for one in segments))

    def current(self, backend: Backend, look: Look, rows: ir.Table | None = None) -> ir.Table:
        """Return its rows."""
        import msgspec

        from lianyi.projections.lake.lake import Rule, current_of
        from lianyi.projections.lake.model import Loaded

        said = look.standing
        load = msgspec.json.decode(said.load, type=Loaded) if said.load else None
        rule = Rule(said.mode, said.key, load) if said.is_told else None
        if rows is None:
            rows = backend.read_parquet([str(one) for one in look.paths], union_by_name=True)
        return current_of(rows, rule)


def _piece(segment: Segment) -> Piece:
    from lianyi.projections.lake.segments import contents_of, rows_of

    contents = contents_of(segment.path)
    shard, first, last, path = segment
    if contents is None:
        status = path.stat()
        stamp = f"{status.st_size} {status.st_mtime_ns}"
        return Piece(shard=shard, first=first, last=last, rows=rows_of(path), stamp=stamp)
    return Piece(
        shard=shard,
        first=first,
        last=last,
        rows=contents.present,
        messages=contents.messages,
        came_from=contents.received_from,
        came_to=contents.received_to,
    )
