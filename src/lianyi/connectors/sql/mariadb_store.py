"""MariaDB and MySQL as a source: the text protocol as it is, results read while they come."""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncmy
from asyncmy import errors
from asyncmy.cursors import SSCursor

from lianyi.base.rows import Column, Value
from lianyi.connectors.sql import types
from lianyi.connectors.sql.dialect import (
    CHUNK_ROWS,
    GRACE_SECONDS,
    Chunks,
    number,
    parts_of,
    password_of,
    plain_reason,
    tls_of,
)
from lianyi.connectors.sql.settings import SqlSourceSettings, TableSettings
from lianyi.connectors.sql.troubles import (
    DatabaseAway,
    DatabaseRefuses,
    QueryRefused,
    QueryTooSlow,
)

PORT = 3306
Driver = Any
"""Something of the driver, whose types do not say what it is."""
_REFUSES = frozenset({1044, 1045, 1049, 1130, 1698, 3118})
_TOO_SLOW = frozenset({1969, 3024, 1205})
_AWAY = frozenset({1040, 1053, 1927, 2002, 2003, 2006, 2013, 2014, 2026})
_MEANS_TEXT = frozenset({1054, 1064, 1142, 1143, 1146, 1052, 1305})
"""Errors that speak of the query: what they say holds names, and no value of a row."""

_BROKEN = (OSError, EOFError, RuntimeError, LookupError, ValueError, AttributeError, struct.error)
"""What the driver may raise when the connection dies under it, or what comes is no MySQL."""

_BINARY = 63
_UNSIGNED, _ENUM, _SET = 32, 256, 2048
_CODES = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 6: "null",
    7: "timestamp", 8: "bigint", 9: "mediumint", 10: "date", 11: "time", 12: "datetime",
    13: "year", 16: "bit", 245: "json", 246: "decimal", 247: "enum", 248: "set",
    249: "blob", 250: "blob", 251: "blob", 252: "blob", 253: "varchar", 254: "char",
    255: "geometry",
}  # fmt: skip
"""What the protocol calls types (MySQL client/server protocol, ``enum_field_types``)."""
_OF_BYTES = {"blob": "blob", "varchar": "varbinary", "char": "binary"}


class MariadbDatabase:
    """One connection to a MariaDB or MySQL."""

    def __init__(self, settings: SqlSourceSettings) -> None:
        self._settings = settings
        self._connection: Any = None
        self._zone = "'+00:00'"

    @property
    def connected(self) -> bool:
        """Whether the connection is open."""
        return self._connection is not None and bool(self._connection.connected)

    async def connect(self, *, writes: bool) -> None:
        """Connect; see :class:`~lianyi.connectors.sql.dialect.Database`."""
        settings = self._settings
        password, tls = password_of(settings), tls_of(settings)
        with self._telling():
            async with asyncio.timeout(settings.connect_seconds):
                self._connection = await asyncmy.connect(
                    host=settings.host,
                    port=settings.port or PORT,
                    user=settings.account,
                    password=password or "",
                    database=settings.database,
                    ssl=tls,
                    charset="utf8mb4",
                    conv={},  # no value is turned into anything: the text is the value
                    autocommit=True,
                )
        await self.execute(f"SET time_zone = {self._zone}")
        # A backslash in a value is a backslash; a zero date is a value like any other.
        await self.execute("SET sql_mode = 'NO_BACKSLASH_ESCAPES'")
        # While we wait for the log, nothing is read; that must not end a long result.
        await self.execute("SET net_write_timeout = 3600")
        await self._limit(settings.statement_seconds)
        if not writes:
            await self.execute("SET SESSION TRANSACTION READ ONLY")

    async def _limit(self, seconds: float) -> None:
        if self._settings.kind == "mysql":
            await self.execute(f"SET SESSION max_execution_time = {int(seconds * 1000)}")
        else:
            await self.execute(f"SET SESSION max_statement_time = {seconds:f}")

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def describe(self, table: TableSettings) -> list[Column]:
        """Return the columns of a table or query."""
        place = f"({table.query})" if table.query else ".".join(map(self.name, parts_of(table)))
        async with self._cursor(f"SELECT * FROM {place} AS q LIMIT 0") as cursor:  # noqa: S608
            return [_column(field) for field in cursor._result.fields]

    @asynccontextmanager
    async def result(self, sql: str, *, snapshot: bool) -> AsyncIterator[Chunks]:
        """Read the rows of a SELECT."""
        if snapshot:
            # The limit would count the whole time of reading; each piece is awaited with one.
            await self._limit(0)
            await self.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            await self.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        async with self._cursor(sql) as cursor:
            yield self._chunks(cursor)
        if snapshot:
            await self.execute("ROLLBACK")
            await self._limit(self._settings.statement_seconds)

    @asynccontextmanager
    async def _cursor(self, sql: str) -> AsyncIterator[Driver]:
        """Have a cursor over a result; one that is left early takes the connection with it."""
        connection = self._now()
        cursor = connection.cursor(SSCursor)
        try:
            with self._telling():
                async with asyncio.timeout(self._settings.statement_seconds + GRACE_SECONDS):
                    await cursor.execute(sql)
            yield cursor
            with self._telling():
                async with asyncio.timeout(self._settings.statement_seconds + GRACE_SECONDS):
                    if await cursor.fetchone() is not None:
                        connection.close()  # the rest is not waited for
                    else:
                        await cursor.close()
        except BaseException:
            connection.close()
            raise

    async def _chunks(self, cursor: Driver) -> Chunks:
        readers = [_reader(field) for field in cursor._result.fields]
        while True:
            with self._telling():
                async with asyncio.timeout(self._settings.statement_seconds + GRACE_SECONDS):
                    rows = await cursor.fetchmany(CHUNK_ROWS)
            if not rows:
                return
            yield [_read(row, readers) for row in rows]

    async def scalar(self, sql: str) -> Value:
        """Return the one value of a SELECT."""
        async with self.result(sql, snapshot=False) as chunks:
            found = [row async for chunk in chunks for row in chunk]
        return found[0][0] if found else None

    async def execute(self, sql: str) -> None:
        """Change something."""
        with self._telling():
            async with asyncio.timeout(self._settings.statement_seconds + GRACE_SECONDS):
                await self._now().cursor().execute(sql)

    def name(self, name: str) -> str:
        """Return a name, quoted."""
        return "`" + name.replace("`", "``") + "`"

    def text(self, column: Column) -> str:
        """Return a column; the protocol makes it text. A FLOAT alone would lose its last digits."""
        name = self.name(column.name)
        return f"CAST({name} AS DOUBLE)" if column.type == "float" else name

    def literal(self, value: str, column: Column) -> str:
        """Return a value of a column. A number is no text, or it would be compared as a float."""
        if column.kind in types.NUMBERS:
            return number(value)
        if column.kind == "instant":
            value = value.removesuffix("+00")
        return "'" + value.replace("'", "''") + "'"

    def back(self, value: str, column: Column, *, seconds: float, count: int) -> str:
        """Return what lies below a value."""
        if count:
            return f"CAST({number(value)} AS DECIMAL(65, 10)) - {count}"
        at = self.literal(value, column)
        below = f"CAST({at} AS DATETIME(6)) - INTERVAL {int(seconds * 1_000_000)} MICROSECOND"
        return f"COALESCE({below}, {at})"  # there is nothing below a zero date

    def _now(self) -> Driver:
        if self._connection is None:
            raise DatabaseAway(where=self._settings.address, why="there is no connection")
        return self._connection

    @contextmanager
    def _telling(self) -> Iterator[None]:
        where, seconds = self._settings.address, self._settings.statement_seconds
        try:
            yield
        except errors.MySQLError as error:
            code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
            if code in _REFUSES:
                raise DatabaseRefuses(where=where, why=f"error {code}") from error
            if code in _TOO_SLOW:
                raise QueryTooSlow(where=where, seconds=seconds) from error
            if code in _AWAY or not code:
                raise DatabaseAway(where=where, why=f"error {code}") from error
            said = str(error.args[1]) if code in _MEANS_TEXT else ""
            why = plain_reason([f"error {code}", said])
            raise QueryRefused(where=where, why=why, position="") from error
        except TimeoutError as error:
            if self._connection is None:
                seconds = self._settings.connect_seconds
                raise DatabaseAway(where=where, why=f"no answer within {seconds} s") from error
            raise QueryTooSlow(where=where, seconds=seconds) from error
        except _BROKEN as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise DatabaseAway(where=where, why=str(why)) from error


# --- types and values -----------------------------------------------------------------------


def _column(field: Driver) -> Column:
    return types.column("mariadb", field.name, _type(field))


def _type(field: Driver) -> str:
    """Return the type of a field as people write it."""
    if field.flags & _ENUM:
        return "enum"
    if field.flags & _SET:
        return "set"
    name = _CODES.get(field.type_code, f"type {field.type_code}")
    binary = field.charsetnr == _BINARY
    if name == "blob":
        return "blob" if binary else "text"
    if name in ("varchar", "char"):
        length = field.length if binary else field.length // 4  # bytes that utf8mb4 may take
        return f"{_OF_BYTES[name] if binary else name}({length})"
    unsigned = " unsigned" if field.flags & _UNSIGNED else ""
    if name == "decimal":
        digits = field.length - (1 if field.scale else 0) - (0 if unsigned else 1)
        return f"decimal({digits},{field.scale}){unsigned}"
    if name == "bit":
        return f"bit({field.length})"
    if name in ("datetime", "timestamp", "time") and field.scale:
        return f"{name}({field.scale})"
    numeric = name.endswith("int") or name in ("float", "double")
    return name + (unsigned if numeric else "")


def _reader(field: Driver) -> Callable[[Any], str] | None:
    """Return what makes a value of a field the text of its kind; None: it is that already."""
    kind = _column(field).kind
    if kind == "bits":
        width = field.length
        return lambda value: f"{int.from_bytes(value):0{width}b}"
    if kind == "bytes":
        return lambda value: base64.b64encode(value).decode("ascii")
    if kind == "instant":
        return lambda value: value if value.startswith("0000-00-00") else value + "+00"
    return lambda value: value.decode() if isinstance(value, bytes) else value


def _read(row: Sequence[Any], readers: Sequence[Callable[[Any], str] | None]) -> tuple[Value, ...]:
    return tuple(
        value if value is None or reader is None else reader(value)
        for value, reader in zip(row, readers, strict=True)
    )
