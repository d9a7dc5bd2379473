"""What reading asks of a database, whatever kind it is.

One :class:`Database` is one connection. All values travel as text, as the database itself writes
them; how it is made to is its own affair. Whatever fails is told in our words.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from ssl import SSLContext
from typing import Protocol

from lianyi.base.rows import Column, Value
from lianyi.connectors.sql.settings import SqlSourceSettings, TableSettings
from lianyi.connectors.sql.troubles import PasswordUnreadable
from lianyi.connectors.tls import TlsClient, client_context

GRACE_SECONDS = 5.0
"""How much longer than the database we wait, so that it is the one to say that it was too slow."""
CHUNK_ROWS = 200
"""How many rows are asked for at a time while a result is read."""

Chunks = AsyncIterator[Sequence[Sequence[Value]]]
"""The rows of one result, some at a time."""


class Database(Protocol):
    """One connection to the database of another system.

    Every method that asks raises what ``troubles`` holds: DatabaseAway, DatabaseRefuses,
    QueryRefused, QueryTooSlow.
    """

    @property
    def connected(self) -> bool:
        """Whether the connection is open."""
        ...

    async def connect(self, *, writes: bool) -> None:
        """Connect; without ``writes`` the session is read-only."""
        ...

    async def close(self) -> None:
        """Close the connection; whatever is still being read is given up."""
        ...

    async def describe(self, table: TableSettings) -> list[Column]:
        """Return the columns of a table or query."""
        ...

    def result(self, sql: str, *, snapshot: bool) -> AbstractAsyncContextManager[Chunks]:
        """Read the rows of a SELECT of texts; ``snapshot``: all as of one moment, however long."""
        ...

    async def scalar(self, sql: str) -> Value:
        """Return the first value of a SELECT of texts; None when there is no row."""
        ...

    async def execute(self, sql: str) -> None:
        """Change something, and commit it."""
        ...

    def name(self, name: str) -> str:
        """Return a name, quoted."""
        ...

    def text(self, column: Column) -> str:
        """Return the expression of a column as text, to the last digit."""
        ...

    def literal(self, value: str, column: Column) -> str:
        """Return the expression of a value of a column."""
        ...

    def back(self, value: str, column: Column, *, seconds: float, count: int) -> str:
        """Return the expression of what lies so far below a value."""
        ...


DatabaseOf = Callable[[SqlSourceSettings], Database]


def password_of(settings: SqlSourceSettings) -> str | None:
    """Return the password; None when there is no file.

    Raises:
        PasswordUnreadable: the file cannot be read, is empty or has several lines.
    """
    path = settings.password_file
    if path is None:
        return None
    try:
        password = Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PasswordUnreadable(where=str(path), why=why) from error
    if not password or "\n" in password:
        raise PasswordUnreadable(where=str(path), why="it is empty or has several lines")
    return password


def tls_of(settings: SqlSourceSettings) -> SSLContext | None:
    """Return what the connection is secured with; None: nothing.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """
    if settings.tls is None:
        return None
    return client_context(TlsClient(**settings.tls.model_dump()))


def parts_of(table: TableSettings) -> list[str]:
    """Return schema, if there is one, and name of a table."""
    return (table.table or table.name).split(".")


def number(text: str) -> str:
    """Return a number as it may stand in a statement.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch(r"-?\d+(\.\d*)?", text):
        raise ValueError("not a number")
    return text


def plain_reason(words: Sequence[str]) -> str:
    """Return what a database said, on one line and not too long."""
    return " ".join(" ".join(words).split())[:300]
