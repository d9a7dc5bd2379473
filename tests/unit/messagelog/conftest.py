"""Logs on a real database, whose segments are small enough to fill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import asyncpg
import pytest

from lianyi.base.clock import Clock, RandomIds, SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.errors import LianyiError
from lianyi.messagelog import Appender, LogMessage, MessageLog, NewMessage, Position, PostgresLog
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.chain import GENESIS, relink
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.postgres_segments import close_full_segments, index_closed_segments

SEGMENT = 10

Answer = tuple[Position | None, LianyiError | None]
MakeLog = Callable[..., Awaitable[PostgresLog]]


@pytest.fixture
def small_segments(monkeypatch: pytest.MonkeyPatch) -> int:
    """Ten messages fill a segment."""
    monkeypatch.setattr("lianyi.messagelog.segments.SEGMENT_MESSAGES", SEGMENT)
    return SEGMENT


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database, size_max=6)
    yield pool
    pool.terminate()


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for long work: no statement is ended."""
    connection = await connect(database, statement_timeout_seconds=0)
    yield connection
    connection.terminate()


@pytest.fixture
def cover() -> Cover:
    """What hides messages in tables and files: nothing, unless a module says otherwise."""
    return PLAIN


@pytest.fixture
def archive(tmp_path: Path, cover: Cover) -> Archive:
    return Archive(tmp_path / "archive", cover)


@pytest.fixture
async def make_log(
    database: str, pool: asyncpg.Pool, archive: Archive, cover: Cover
) -> AsyncIterator[MakeLog]:
    """Open the log as one more process would."""
    logs: list[PostgresLog] = []

    async def make(clock: Clock | None = None) -> PostgresLog:
        log = PostgresLog(
            pool,
            lambda: connect(database),
            clock=clock or SystemClock(),
            owner=RandomIds().new_id(),
            archive=archive,
            cover=cover,
        )
        await log.start()
        logs.append(log)
        return log

    yield make
    for log in logs:
        await log.stop()


@pytest.fixture
async def log(make_log: MakeLog) -> PostgresLog:
    return await make_log()


class Sender:
    """Appends messages and keeps every answer it got."""

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged: dict[Position, bytes] = {}
        self.refused: list[LianyiError] = []
        self.answers: dict[bytes, int] = {}

    def send(self, appender: Appender, count: int, *, size: int = 10) -> None:
        """Append ``count`` messages without waiting; each body is unlike all others."""
        for _ in range(count):
            self.sent += 1
            body = f"{self.sent}".encode().ljust(size, b".")
            keys = (f"c:{self.sent}", f"p:{self.sent % 3}^HOSP1")
            message = NewMessage(1, "hl7v2 ADT^A01", body, "utf-8", "HIS", keys)

            def done(
                position: Position | None, error: LianyiError | None, body: bytes = body
            ) -> None:
                self.answers[body] = self.answers.get(body, 0) + 1
                if position is not None:
                    self.acknowledged[position] = body
                if error is not None:
                    self.refused.append(error)

            appender.append(message, done)

    async def answered(self) -> None:
        """Wait until everybody has got an answer, and exactly one."""
        while len(self.answers) < self.sent:
            await asyncio.sleep(0.005)
        assert set(self.answers.values()) <= {1}


@pytest.fixture
def sender() -> Sender:
    return Sender()


@pytest.fixture
async def filled(
    make_log: MakeLog, sender: Sender, connection: asyncpg.Connection, small_segments: int
) -> PostgresLog:
    """A log whose shard 1 has three full segments, indexed, and half of a fourth."""
    log = await make_log()
    appender = await log.open_appender(1, holder="a")
    for _ in range(35):
        sender.send(appender, 1)
        await sender.answered()
    await appender.close()
    await close_full_segments(connection)
    assert await index_closed_segments(connection) == 3
    return log


@pytest.fixture
def read_all() -> Callable[[MessageLog, int], Awaitable[list[LogMessage]]]:
    async def read(log: MessageLog, shard: int) -> list[LogMessage]:
        """Read a shard to its end; numbers and chain must be whole."""
        found: list[LogMessage] = []
        while page := await log.read(shard, after=len(found), limit=1000):
            found += page
        assert_whole(found)
        return found

    return read


def assert_whole(messages: Sequence[LogMessage]) -> None:
    assert [message.number for message in messages] == list(range(1, len(messages) + 1))
    chain = GENESIS
    for message in messages:
        assert (chain := relink(chain, message)) == message.chain
