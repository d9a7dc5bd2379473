"""Accounts opened from the command line, by whoever owns the machine."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from lianyi.cli.common import NothingRuns, Where

if TYPE_CHECKING:
    import asyncpg

    from lianyi.app import Settings
    from lianyi.security.accounts import Accounts
    from lianyi.security.smart.apps import Apps

T = TypeVar("T")
Does = Callable[["Accounts", "asyncpg.Pool"], Awaitable[T]]


class AccountHouse(NamedTuple):
    """What the owner of the machine works with."""

    accounts: Accounts
    apps: Apps
    pool: asyncpg.Pool


def run_with(where: Where, does: Does[T]) -> T:
    """Do something with accounts as the account of the machine."""
    return run_in(where, lambda house: does(house.accounts, house.pool))


def run_in(where: Where, does: Callable[[AccountHouse], Awaitable[T]]) -> T:
    """Do something with all that is there, as the account of the machine."""
    from lianyi.security.access import acting
    from lianyi.security.machine import by_machine

    async def run() -> T:
        user = pwd.getpwuid(os.getuid()).pw_name
        async with _open(where.load()) as house:
            with acting(by_machine(user)):
                return await does(house)

    return asyncio.run(run())


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[AccountHouse]:
    from lianyi.base.clock import RandomIds, SystemClock
    from lianyi.base.database import EMBEDDED, connect, open_database, open_pool
    from lianyi.base.embedded.home import read_record
    from lianyi.base.migrations import migrate
    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.security.field_keys import open_cover
    from lianyi.security.machine import accounts_of_machine
    from lianyi.security.passwords import PasswordHasher
    from lianyi.security.roles import RoleBook
    from lianyi.security.smart.apps import Apps

    embedded = settings.database.url == EMBEDDED
    if embedded and "socket_folder" not in read_record(settings.data_dir):
        raise NothingRuns(where=str(settings.data_dir))
    clock, ids = SystemClock(), RandomIds()
    async with open_database(settings.database, settings.data_dir, on_progress=_quiet) as dsn:
        await migrate(dsn)
        pool = await open_pool(dsn, application_name="lianyi account", size_max=2)
        owner = ids.new_id()
        cover = await open_cover(
            pool,
            PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=owner),
            clock,
            settings=settings.field_encryption,
            vault=settings.vault,
            data_dir=settings.data_dir,
        )
        messages = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=owner, cover=cover)
        hasher = PasswordHasher(settings.password_hashing)
        try:
            await messages.start()
            yield AccountHouse(
                accounts_of_machine(
                    pool,
                    messages,
                    clock,
                    ids,
                    roles=RoleBook(settings.content_dir),
                    settings=settings.security,
                    passwords=settings.passwords,
                    hasher=hasher,
                ),
                Apps(
                    pool,
                    messages,
                    clock,
                    forget=_nothing,
                    issuer=settings.api.address(secure=settings.https.on),
                ),
                pool,
            )
        finally:
            hasher.close()
            await messages.stop()
            await pool.close()


def _nothing() -> None:
    """Remember nothing: what runs is told by the database."""


def _quiet(_: str) -> None:
    """Say nothing of the database's start."""
