"""Reading one table: answers of the database become batches, each given on before the next.

``turn`` looks at the table once and gives everything that is there. It keeps no more than one
batch, and moves its place only when ``give`` has returned: then the log has the batch.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast
from zoneinfo import ZoneInfo

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.base.rows import Changed, Column, Header, Load, Row, Value, Watermark, line, write
from lianyi.connectors.sql.dialect import Database
from lianyi.connectors.sql.place import BEGINNING, Place, after, marked
from lianyi.connectors.sql.query_store import COUNTED_MAX, Queries
from lianyi.connectors.sql.settings import SqlSourceSettings, TableSettings
from lianyi.connectors.sql.troubles import (
    ColumnMissing,
    ColumnsChanged,
    ColumnUnordered,
    LoadBroken,
    RowTooLarge,
    TypeUnknown,
    WatermarkBackwards,
    WatermarkNull,
)
from lianyi.connectors.sql.types import NUMBERS, ORDERED, TIMES

COUNT_SECONDS = 3600.0
"""How often rows without a watermark are counted."""
KEEP_OPEN_SECONDS = 60.0
"""A connection that would be idle for longer is closed between two looks."""
SEEN_MAX = 100_000
"""How many rows of the overlap are remembered as given; with more, some are given again."""
_HEADER_SPARE_BYTES = 512

Batch = Callable[["TableReader", bytes, Header, Sequence[Row]], Awaitable[None]]
"""Gives a batch on; returns when the log has it."""


class _Piece(NamedTuple):
    """Rows that fit into one message, and whether more came that did not."""

    rows: list[Row]
    lines: list[bytes]
    more: bool


class _Seen:
    """The rows given lately, by hash; the oldest are forgotten first, in two generations."""

    def __init__(self) -> None:
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._young or digest in self._old

    def add(self, digest: bytes) -> None:
        if len(self._young) >= SEEN_MAX:
            self._old, self._young = self._young, set()
        self._young.add(digest)


class TableReader:
    """Reads one table."""

    def __init__(
        self,
        settings: SqlSourceSettings,
        table: TableSettings,
        database: Database,
        *,
        give: Batch,
        tell: Callable[[LianyiError], None],
        clock: Clock,
    ) -> None:
        self.table = table
        self.database = database
        self.place: Place = BEGINNING
        self._settings = settings
        self._give = give
        self._tell = tell
        self._clock = clock
        self._started_at = clock.now()
        self._where = f"{settings.system}.{table.name}"
        self._columns: tuple[Column, ...] = ()
        self._queries: Queries
        self._changed: Changed | None = None
        self._seen = _Seen()
        self._rows_next = settings.batch_rows_max
        self._counted_at = float("-inf")
        self._below: str | None = None
        self._backwards = False

    async def turn(self) -> None:
        """Look at the table, and give what is there.

        Raises:
            LianyiError: it could not be read; the place stands where it stood.
        """
        await self._connect()
        await self._look_at_columns()
        if self.table.mode == "incremental":
            await self._read_above_watermark()
        elif self.table.mode == "full":
            await self._load()
        else:
            await self._empty_outbox()

    def rest_seconds(self) -> float:
        """Return how long to wait until the next look; 0: it is due."""
        table, now = self.table, self._clock.now()
        if table.mode != "full":
            return table.every_seconds
        began_at = datetime.fromisoformat(self.place.began_at) if self.place.began_at else None
        if table.at:
            due = _next_at(began_at or self._started_at, table.at, ZoneInfo(self._settings.zone))
        elif began_at is None:
            return 0.0
        else:
            due = began_at + timedelta(seconds=table.every_seconds)
        return max((due - now).total_seconds(), 0.0)

    @property
    def is_load(self) -> bool:
        """Whether it waits for its time also before the first look."""
        return self.table.mode == "full"

    async def _connect(self) -> None:
        """Connect, unless that is done; a result left early may have cost the connection."""
        if not self.database.connected:
            await self.database.connect(writes=self.table.mode == "outbox")

    # --- columns ------------------------------------------------------------------------------

    async def _look_at_columns(self) -> None:
        columns = tuple(await self.database.describe(self.table))
        if columns == self._columns:
            return
        known = {column.name: column for column in columns}
        for name in (*self.table.order, *filter(None, [self.table.done_column])):
            if name not in known:
                raise ColumnMissing(where=self._where, column=name)
        for name in self.table.order:
            self._check_order(known[name])
        for column in columns:
            if not column.known:
                self._tell(TypeUnknown(where=self._where, column=column.name, type=column.type))
        self._columns = columns
        self._queries = Queries(self.database, self.table, columns)
        self._note_change()

    def _check_order(self, column: Column) -> None:
        table, fits = self.table, column.kind in ORDERED
        if column.name in table.watermark:
            if table.overlap_seconds:
                fits = column.kind in TIMES
            elif table.overlap_count:
                fits = column.kind in NUMBERS
        if not fits:
            raise ColumnUnordered(where=self._where, column=column.name, type=column.type)

    def _note_change(self) -> None:
        before = dict(self.place.columns)
        now = {column.name: column.type for column in self._columns}
        if not before or before == now:
            return
        changed = Changed(
            tuple(name for name in now if name not in before),
            tuple(name for name in before if name not in now),
            tuple(name for name in now if name in before and now[name] != before[name]),
        )
        self._changed = changed
        self._tell(
            ColumnsChanged(
                where=self._where,
                added=", ".join(changed.added),
                removed=", ".join(changed.removed),
                retyped=", ".join(changed.retyped),
            )
        )

    # --- incremental --------------------------------------------------------------------------

    async def _read_above_watermark(self) -> None:
        await self._count_unordered()
        cursor: tuple[str, ...] | None = None
        rose = False
        while True:
            limit, high = self._rows_next, self.place.high
            piece = await self._piece(self._queries.page(after=cursor, beyond=high, limit=limit), 1)
            fresh = []
            for row, text in zip(piece.rows, piece.lines, strict=True):
                digest = hashlib.blake2b(text, digest_size=16).digest() if self._overlaps else b""
                if digest not in self._seen:
                    fresh.append((row[:-1], text, digest))
            if fresh:
                last = piece.rows[-1]
                above = last[-1] == "1"
                rose = rose or above
                to = self._order_of(last) if above or high is None else high
                await self._emit(
                    [row for row, _, _ in fresh],
                    [text for _, text, _ in fresh],
                    watermark=Watermark(self.table.order, high, to),
                )
                if self._overlaps:
                    for _, _, digest in fresh:
                        self._seen.add(digest)
            if piece.rows:
                cursor = self._order_of(piece.rows[-1])
            if not piece.more and len(piece.rows) < limit:
                break
        if not rose:
            await self._look_whether_backwards()
        else:
            self._below, self._backwards = None, False

    @property
    def _overlaps(self) -> bool:
        return bool(self.table.overlap_seconds or self.table.overlap_count)

    def _order_of(self, row: Row) -> tuple[str, ...]:
        names = [column.name for column in self._columns]
        return tuple(cast(str, row[names.index(name)]) for name in self.table.order)

    async def _count_unordered(self) -> None:
        now = self._clock.elapsed_seconds()
        if now - self._counted_at < COUNT_SECONDS:
            return
        self._counted_at = now
        rows = int(await self.database.scalar(self._queries.unordered()) or 0)
        if rows:
            self._tell(WatermarkNull(where=self._where, rows=rows, counted_max=COUNTED_MAX))

    async def _look_whether_backwards(self) -> None:
        """Tell when rows are written below what was read.

        The highest row may have been deleted, which is nobody's fault; so only a highest watermark
        that rises, and is still too low, says that the table was set back.
        """
        if self.place.high is None or self.place.high[0] is None:
            return
        high = self.place.high[0]
        ask = self._queries.highest_below
        below = await self.database.scalar(ask(high, above=None))
        if below is not None and self._below is not None and not self._backwards:
            rose = await self.database.scalar(ask(high, above=self._below))
            self._backwards = rose is not None
        self._below = below
        self._backwards = self._backwards and below is not None
        if self._backwards:
            raise WatermarkBackwards(where=self._where)

    # --- full ---------------------------------------------------------------------------------

    async def _load(self) -> None:
        number, began_at = self.place.load + 1, self._clock.now().isoformat()
        broken = self.place.load if self.place.is_open else 0
        if broken:
            self._tell(LoadBroken(where=self._where, load=broken))
        part = total = 0
        async with self.database.result(self._queries.all(), snapshot=True) as chunks:
            async for piece in self._pieces(chunks):
                part += 1
                total += len(piece.rows)
                load = Load(number, part, began_at, broken=broken if part == 1 else 0)
                await self._emit(piece.rows, piece.lines, load=load)
        end = Load(number, part + 1, began_at, True, total, broken if part == 0 else 0)
        await self._emit([], [], load=end)

    # --- outbox -------------------------------------------------------------------------------

    async def _empty_outbox(self) -> None:
        await self._mark()
        while True:
            limit = self._rows_next
            piece = await self._piece(self._queries.pending(limit=limit), 0)
            if not piece.rows:
                return
            await self._emit(piece.rows, piece.lines)
            await self._mark()
            if not piece.more and len(piece.rows) < limit:
                return

    async def _mark(self) -> None:
        """Mark done what the log has; also what a process before us could not mark any more."""
        if self.place.unmarked:
            await self._connect()
            await self.database.execute(self._queries.mark(self.place.unmarked))
            self.place = marked(self.place)

    # --- batches ------------------------------------------------------------------------------

    async def _piece(self, sql: str, extra: int) -> _Piece:
        """Return the first rows of a result that fit into one message.

        Args:
            sql: the question.
            extra: how many values of each row are ours and not for the message.
        """
        await self._connect()
        async with self.database.result(sql, snapshot=False) as chunks:
            async for piece in self._pieces(chunks, extra=extra):
                # Of rows that are large, fewer are asked for; of small ones again more.
                most = self._settings.batch_rows_max
                self._rows_next = min(2 * len(piece.rows), most) if piece.more else most
                return piece
        self._rows_next = self._settings.batch_rows_max
        return _Piece([], [], more=False)

    async def _pieces(
        self, chunks: AsyncIterator[Sequence[Row]], *, extra: int = 0
    ) -> AsyncIterator[_Piece]:
        """Cut a result into batches that keep the limits of rows and bytes."""
        room = self._settings.size_limit_bytes - self._header_bytes()
        most = self._settings.batch_rows_max
        rows: list[Row] = []
        lines: list[bytes] = []
        size = 0
        async for chunk in chunks:
            for row in chunk:
                text = line(row[:-extra] if extra else row)
                if len(text) > room:
                    limit = self._settings.size_limit_bytes
                    raise RowTooLarge(where=self._where, bytes=len(text), size_limit_bytes=limit)
                if rows and (len(rows) >= most or size + len(text) > room):
                    yield _Piece(rows, lines, more=True)
                    rows, lines, size = [], [], 0
                rows.append(row)
                lines.append(text)
                size += len(text)
        if rows:
            yield _Piece(rows, lines, more=False)

    def _header_bytes(self) -> int:
        high = self.place.high
        mark = Watermark(self.table.order, high, high) if high else None
        header = self._header(0, mark, None)
        return 2 * len(write(header, ())) + _HEADER_SPARE_BYTES

    def _header(self, rows: int, mark: Watermark | None, load: Load | None) -> Header:
        table = self.table
        return Header(
            self._settings.system,
            table.name,
            table.mode,
            self.place.batch + 1,
            rows,
            table.key,
            self._columns,
            mark,
            load,
            self._changed,
        )

    async def _emit(
        self,
        rows: Sequence[Row],
        lines: Sequence[bytes],
        *,
        watermark: Watermark | None = None,
        load: Load | None = None,
    ) -> None:
        began = self._clock.elapsed_seconds()
        header = self._header(len(rows), watermark, load)
        await self._give(self, write(header, lines), header, rows)
        self._changed = None
        rate = self._settings.rows_per_second
        if rate:
            spent = self._clock.elapsed_seconds() - began
            await asyncio.sleep(max(len(rows) / rate - spent, 0.0))

    def moved(self, header: Header, rows: Sequence[Sequence[Value]]) -> None:
        """Move the place: the log has the message."""
        self.place = after(self.place, header, rows)


def _next_at(since: datetime, at: str, zone: ZoneInfo) -> datetime:
    """Return the first moment after another at which a clock shows a time of day."""
    hour, minute = map(int, at.split(":"))
    local = since.astimezone(zone)
    due = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return due if due > local else due + timedelta(days=1)
