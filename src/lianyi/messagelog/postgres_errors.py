"""What a PostgreSQL that is not there raises, told as one thing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from lianyi.base.database import DatabaseRefused, DatabaseUnreachable
from lianyi.messagelog.log import LogUnavailable

STORE_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # asyncpg 0.32: the server died in the middle of a statement
    OSError,
    TimeoutError,
    DatabaseUnreachable,
    DatabaseRefused,
)


@contextmanager
def reaching(where: str) -> Iterator[None]:
    """Tell whatever the store raises in the block as :class:`LogUnavailable`.

    Raises:
        LogUnavailable: the store did not do it.
    """
    try:
        yield
    except STORE_ERRORS as error:
        raise LogUnavailable(where=where, why=type(error).__name__) from error
