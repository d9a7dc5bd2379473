"""PostgreSQL as a source: the server casts every column to text, results come through a portal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast

import asyncpg

from lianyi.base.rows import Column, Value
from lianyi.connectors.sql import types
from lianyi.connectors.sql.dialect import (
    CHUNK_ROWS,
    GRACE_SECONDS,
    Chunks,
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

PORT = 5432
CursorOf = Any
"""A cursor of asyncpg, whose class its types do not name."""
_FAMILIES = {"e": "(enum)", "r": "(range)", "m": "(multirange)", "c": "(composite)"}
_BASE = "CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END"
_BEFORE = "SELECT * FROM ("
_TYPES = f"""
    SELECT t.oid, format_type(b.oid, CASE t.typtype WHEN 'd' THEN t.typtypmod END) AS type,
           b.typtype::text AS family, b.typcategory = 'A' AS is_array
    FROM pg_type AS t JOIN pg_type AS b ON b.oid = {_BASE}
    WHERE t.oid = ANY($1::oid[])
"""  # noqa: S608
_COLUMNS = f"""
    SELECT attname AS name, b.typtype::text AS family, b.typcategory = 'A' AS is_array,
           format_type(b.oid, CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE atttypmod END) AS type
    FROM pg_attribute JOIN pg_type AS t ON t.oid = atttypid JOIN pg_type AS b ON b.oid = {_BASE}
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""  # noqa: S608


class PostgresqlDatabase:
    """One connection to a PostgreSQL."""

    def __init__(self, settings: SqlSourceSettings) -> None:
        self._settings = settings
        self._connection: asyncpg.Connection | None = None

    @property
    def connected(self) -> bool:
        """Whether the connection is open."""
        return self._connection is not None and not self._connection.is_closed()

    async def connect(self, *, writes: bool) -> None:
        """Connect; see :class:`~lianyi.connectors.sql.dialect.Database`."""
        settings = self._settings
        password, tls = password_of(settings), tls_of(settings)
        session = {
            "application_name": "lianyi",
            "default_transaction_read_only": "off" if writes else "on",
            "statement_timeout": str(int(settings.statement_seconds * 1000)),
            "timezone": "UTC",
            "datestyle": "ISO, YMD",
            "intervalstyle": "iso_8601",
            "extra_float_digits": "3",
            "standard_conforming_strings": "on",
        }
        with self._telling():
            self._connection = await asyncpg.connect(
                host=settings.host,
                port=settings.port or PORT,
                user=settings.account,
                password=password,
                database=settings.database,
                ssl=tls or False,
                timeout=settings.connect_seconds,
                command_timeout=settings.statement_seconds + GRACE_SECONDS,
                statement_cache_size=0,  # poolers between us and the database keep no statements
                server_settings=session,
            )

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            connection.terminate()

    async def describe(self, table: TableSettings) -> list[Column]:
        """Return the columns of a table or query."""
        connection = self._now()
        with self._telling(shift=len(_BEFORE) if table.query else None):
            if not table.query:
                place = ".".join(map(self.name, parts_of(table)))
                rows = await connection.fetch(_COLUMNS, place)
                if not rows:
                    raise QueryRefused(where=table.name, why=f"there is no {place}", position="")
                return [self._column(row["name"], row) for row in rows]
            statement = await connection.prepare(f"{_BEFORE}{table.query}) AS q LIMIT 0")
            attributes = statement.get_attributes()
            oids = [attribute.type.oid for attribute in attributes]
            found = {row["oid"]: row for row in await connection.fetch(_TYPES, oids)}
            return [self._column(one.name, found[one.type.oid]) for one in attributes]

    @staticmethod
    def _column(name: str, row: asyncpg.Record) -> Column:
        family = "(array)" if row["is_array"] else _FAMILIES.get(row["family"], "")
        return types.column("postgresql", name, row["type"], family=family)

    @asynccontextmanager
    async def result(self, sql: str, *, snapshot: bool) -> AsyncIterator[Chunks]:
        """Read the rows of a SELECT."""
        connection = self._now()
        transaction = connection.transaction(
            isolation="repeatable_read" if snapshot else "read_committed", readonly=snapshot
        )
        with self._telling():
            await transaction.start()
            cursor = await connection.cursor(sql)
        try:
            yield self._chunks(cursor)
        except BaseException:
            if not connection.is_closed():
                connection.terminate()  # what is still to come is not waited for
            raise
        with self._telling():
            await transaction.rollback()

    async def _chunks(self, cursor: CursorOf) -> Chunks:
        while True:
            with self._telling():
                rows = await cursor.fetch(CHUNK_ROWS)
            if not rows:
                return
            yield cast("Sequence[Sequence[Value]]", [tuple(row) for row in rows])

    async def scalar(self, sql: str) -> Value:
        """Return the one value of a SELECT."""
        with self._telling():
            return cast(Value, await self._now().fetchval(sql))

    async def execute(self, sql: str) -> None:
        """Change something."""
        with self._telling():
            await self._now().execute(sql)

    def name(self, name: str) -> str:
        """Return a name, quoted."""
        return '"' + name.replace('"', '""') + '"'

    def text(self, column: Column) -> str:
        """Return a column as text; blanks that pad a ``character(n)`` stay."""
        name = self.name(column.name)
        if column.kind == "bytes":
            return f"translate(encode({name}, 'base64'), E'\\n', '')"
        if column.type.startswith("character("):
            return f"textin(bpcharout({name}))"
        return f"{name}::text"

    def literal(self, value: str, column: Column) -> str:
        """Return a value of a column."""
        return "'" + value.replace("'", "''") + f"'::{column.type}"

    def back(self, value: str, column: Column, *, seconds: float, count: int) -> str:
        """Return what lies below a value."""
        if count:
            return f"{self.literal(value, column)} - {count}"
        return f"{self.literal(value, column)} - interval '{seconds:f} seconds'"

    def _now(self) -> asyncpg.Connection:
        if self._connection is None:
            raise DatabaseAway(where=self._settings.address, why="there is no connection")
        return self._connection

    @contextmanager
    def _telling(self, *, shift: int | None = None) -> Iterator[None]:
        """Tell what fails in our words; ``shift``: where in the statement a person's own begins."""
        where, seconds = self._settings.address, self._settings.statement_seconds
        try:
            yield
        except asyncpg.QueryCanceledError as error:
            raise QueryTooSlow(where=where, seconds=seconds) from error
        except (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
        ) as error:
            raise DatabaseRefuses(where=where, why=f"SQLSTATE {error.sqlstate}") from error
        except (
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,
            asyncpg.InsufficientResourcesError,
        ) as error:
            raise DatabaseAway(where=where, why=f"SQLSTATE {error.sqlstate}") from error
        except asyncpg.PostgresError as error:
            said = error.args[0] if str(error.sqlstate).startswith("42") else ""
            at = str(getattr(error, "position", None) or "")
            raise QueryRefused(
                where=where,
                why=plain_reason([f"SQLSTATE {error.sqlstate}", str(said)]),
                position=max(int(at) - shift, 1) if at and shift is not None else "",
            ) from error
        except TimeoutError as error:
            if self._connection is None:
                seconds = self._settings.connect_seconds
                raise DatabaseAway(where=where, why=f"no answer within {seconds} s") from error
            raise QueryTooSlow(where=where, seconds=seconds) from error
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise DatabaseAway(where=where, why=str(why)) from error
        except asyncio.IncompleteReadError as error:
            raise DatabaseAway(where=where, why="it closed the connection") from error
