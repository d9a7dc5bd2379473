"""The database of another system, of each kind, and a desk that takes what is read from it."""

from __future__ import annotations

import asyncio
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
from tests.peers.mariadb import PASSWORD, MariadbPeer

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError
from lianyi.base.rows import Header, Value, read
from lianyi.connectors.connector import Answer, Arrival, PassingMemory, Reply
from lianyi.connectors.sql import SqlSource, SqlSourceSettings

TAKEN = Answer(b'{"position":"1-1","gate":"accept"}')
BUSY = Answer(b"", Category.UNAVAILABLE)


class Site:
    """A database of another system, and what reading it is told."""

    kind = ""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings

    async def run(self, statements: str) -> None:
        """Do something there, as its owner."""
        raise NotImplementedError

    def settings(self, *tables: dict[str, Any], **more: Any) -> SqlSourceSettings:
        """Return the settings of a source that reads tables often, and does not wait for long."""
        told = {
            "kind": self.kind,
            "system": "his",
            "first_wait_seconds": 0.05,
            "longest_wait_seconds": 0.2,
            "tables": [{"every_seconds": 0.05, **table} for table in tables],
            **self._settings,
            **more,
        }
        return SqlSourceSettings.model_validate(told)


class PostgresqlSite(Site):
    """One database of the tests' own PostgreSQL."""

    kind = "postgresql"

    def __init__(self, dsn: str, folder: Path) -> None:
        self._dsn = dsn
        parts = urllib.parse.urlsplit(dsn)
        query = urllib.parse.parse_qs(parts.query)
        settings: dict[str, Any] = {
            "host": query["host"][0] if "host" in query else parts.hostname,
            "database": parts.path.lstrip("/"),
            "account": urllib.parse.unquote(parts.username or query["user"][0]),
        }
        port = query.get("port", [parts.port])[0]
        if port:
            settings["port"] = int(port)
        known = Path(query["passfile"][0]).read_text().splitlines()
        wanted = f":{settings['account']}:"
        settings["password_file"] = folder / "postgresql-password"
        settings["password_file"].write_text(
            next(line.partition(wanted)[2] for line in known if wanted in line) + "\n"
        )
        super().__init__(settings)

    async def run(self, statements: str) -> None:
        """Do something there."""
        connection = await asyncpg.connect(self._dsn)
        try:
            await connection.execute(statements)
        finally:
            await connection.close()


class MariadbSite(Site):
    """A database of its own in a MariaDB."""

    kind = "mariadb"

    def __init__(self, peer: MariadbPeer, folder: Path, *, account: str = "writer") -> None:
        peer.make("his")
        self._peer = peer
        file = folder / "maria-password"
        file.write_text(PASSWORD + "\n")
        super().__init__(
            {
                "host": "127.0.0.1",
                "port": peer.port,
                "database": "his",
                "account": account,
                "password_file": file,
            }
        )

    async def run(self, statements: str) -> None:
        """Do something there."""
        await asyncio.to_thread(self._peer.sql, statements, "his")


class Desk:
    """Stands where the engine stands; takes batches, or answers what it is told to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.replies: list[Reply] = []
        self.troubles: list[LianyiError] = []
        self.answers: list[Answer] = []
        self.silent = False

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        self.arrivals.append(arrival)
        self.replies.append(reply)
        if not self.silent:
            reply(self.answers.pop(0) if self.answers else TAKEN)

    @property
    def batches(self) -> list[tuple[Header, list[list[Value]]]]:
        return [read(arrival.body) for arrival in self.arrivals]

    @property
    def rows(self) -> list[list[Value]]:
        return [row for _, rows in self.batches for row in rows]

    async def until(self, condition: Callable[[], Any], *, seconds: float = 20) -> None:
        """Wait for something that must happen; what happened instead is told."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            told = [trouble.text() for trouble in self.troubles]
            raise AssertionError(f"{len(self.arrivals)} arrivals, {told}") from None

    def codes(self) -> list[str]:
        return [trouble.code for trouble in self.troubles]

    def source(
        self,
        settings: SqlSourceSettings,
        *,
        memory: PassingMemory | None = None,
        clock: Clock | None = None,
    ) -> SqlSource:
        return SqlSource(settings, self.receive, self.troubles.append, memory=memory, clock=clock)


class Reading:
    """A source that runs inside a ``with``."""

    def __init__(self, source: SqlSource) -> None:
        self.source = source

    async def __aenter__(self) -> SqlSource:
        await self.source.start()
        return self.source

    async def __aexit__(self, *_: object) -> None:
        for task in self.source._tasks:
            if task.done():
                task.result()  # nothing but stopping may end it
        await self.source.stop(grace_seconds=0)


def firsts(rows: Sequence[Sequence[Value]]) -> list[Value]:
    """Return the first value of each row."""
    return [row[0] for row in rows]
