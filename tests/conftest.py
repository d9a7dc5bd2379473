"""A real PostgreSQL for every test that asks for one: ``async def test_x(database: str)``."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from tests.peers.mariadb import MariadbPeer

from lianyi.base.database import with_database
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate

os.environ.setdefault("LIANYI__OUTGOING__LOOPBACK", "true")
"""The peers of platforms that tests start are on this machine."""

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
"""Hundreds of processes of a run load the same thousand modules: each is compiled once."""

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
"""How long an example takes says how busy the machine is, and nothing about the product."""


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Return three workers for two cores: journeys wait for half of their time."""
    cores = yield
    return cores + cores // 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the cycle collector leave alone what the files of tests import.

    All of it stays until the end, and looking through it again and again costs as much as reading
    it; afterwards every test would pay for it, too.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


LONGEST = ("unit/security", "journeys", "attacks", "unit/applications")
"""Folders whose files take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest files begin first, so that no worker is busy with one when all else is done.

    Within a folder, and within a file, the order stays.
    """
    folders = [Path(__file__).parent / one for one in LONGEST]

    def turn(item: pytest.Item) -> int:
        turns = (n for n, folder in enumerate(folders) if item.path.is_relative_to(folder))
        return next(turns, len(folders))

    items.sort(key=turn)


TEMPLATE = "migrated"
NUMBERS = itertools.count(1)

FORGETFUL = {"fsync": "off", "full_page_writes": "off", "max_connections": "100"}
"""What the tests' own server need not survive is a power cut; tests of that start their own."""


MEMORY = Path("/dev/shm")
MEMORY_BYTES = 4 * 2**30
"""So much must be free there; a database of the tests takes 10 MB, its log 1 GB at most."""


@contextmanager
def new_folder(place: Path | None = None) -> Iterator[Path]:
    """Give a short folder that the account of an embedded server may enter, even if we are root."""
    folder = Path(tempfile.mkdtemp(prefix="lianyi-", dir=place))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def quick_folder() -> AbstractContextManager[Path]:
    """Give a folder like it for what comes and goes: in memory, where there is room.

    A disk is slow at thousands of small files, and whoever makes a cluster on it waits until all
    that anybody has written there is safe. Tests of a full disk, of a power cut and of the server
    itself take :func:`open_folder`.
    """
    fits = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    return new_folder(MEMORY if fits else None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder on the disk."""
    with new_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the whole session, started when the first test asks, with a template."""
    with quick_folder() as folder, asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        server = PostgresServer(folder / "data", settings=FORGETFUL)
        try:
            runner.run(server.start())
            runner.run(_make_template(server))
            yield server
        finally:
            runner.run(server.stop())


async def _make_template(server: PostgresServer) -> None:
    await _as_admin(server, f"CREATE DATABASE {TEMPLATE} OWNER lianyi")
    await migrate(with_database(server.dsn, TEMPLATE))


async def _as_admin(server: PostgresServer, statement: str) -> None:
    connection = await asyncpg.connect(server.admin_dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[str]:
    """The address of a fresh migrated database; dropped afterwards."""
    async with _new_database(postgres, template=TEMPLATE) as dsn:
        yield dsn


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def module_database(postgres: PostgresServer) -> AsyncIterator[str]:
    """The same as ``database`` for all tests of a file that share a loop."""
    async with _new_database(postgres, template=TEMPLATE) as dsn:
        yield dsn


@pytest.fixture
async def empty_database(postgres: PostgresServer) -> AsyncIterator[str]:
    """The address of a database without a single table; dropped afterwards."""
    async with _new_database(postgres, template="template1") as dsn:
        yield dsn


def copied_database(server: PostgresServer, dsn: str) -> AbstractAsyncContextManager[str]:
    """Give the address of a copy of a database in which nobody is; dropped afterwards."""
    return _new_database(server, template=dsn.partition("?")[0].rpartition("/")[2])


@asynccontextmanager
async def _new_database(server: PostgresServer, *, template: str) -> AsyncIterator[str]:
    name = f"test_{next(NUMBERS)}"
    await _as_admin(
        server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER lianyi"
    )
    try:
        yield with_database(server.dsn, name)
    finally:
        await _as_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbPeer]:
    """A MariaDB of another system, for the whole session."""
    with quick_folder() as folder:
        peer = MariadbPeer(folder)
        try:
            peer.start()
            yield peer
        finally:
            peer.stop()
