"""A source that asks: each table is read by a task and a connection of its own.

A batch is offered like any message; the next one of that table is read when the log has it. What
fails is told, and tried again ever more slowly, from the place where it stood.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Sequence

from lianyi.base.clock import Clock, SystemClock
from lianyi.base.errors import LianyiError
from lianyi.base.rows import Header, Row
from lianyi.connectors.connector import Answer, Arrival, Memory, OnTrouble, PassingMemory, Receive
from lianyi.connectors.sql import place
from lianyi.connectors.sql.dialect import Database, DatabaseOf, password_of, tls_of
from lianyi.connectors.sql.postgresql_store import PostgresqlDatabase
from lianyi.connectors.sql.reading import KEEP_OPEN_SECONDS, TableReader
from lianyi.connectors.sql.settings import SqlSourceSettings
from lianyi.connectors.sql.troubles import BatchHeld

_DRAIN_STEP_SECONDS = 0.01
REMEMBER_SECONDS = 60.0
"""How often the place is remembered also while nothing comes: a start then has little to fold."""


def database_of(settings: SqlSourceSettings) -> Database:
    """Return a connection, not yet open, of the kind that the settings name."""
    if settings.kind == "postgresql":
        return PostgresqlDatabase(settings)
    # Its driver costs memory that most intakes never need.
    from lianyi.connectors.sql.mariadb_store import MariadbDatabase

    return MariadbDatabase(settings)


class SqlSource:
    """Takes rows from the tables of one database."""

    def __init__(
        self,
        settings: SqlSourceSettings,
        receive: Receive,
        on_trouble: OnTrouble,
        *,
        memory: Memory | None = None,
        clock: Clock | None = None,
        database: DatabaseOf = database_of,
    ) -> None:
        self._settings = settings
        self._receive = receive
        self._on_trouble = on_trouble
        self._memory = memory or PassingMemory()
        self._clock = clock or SystemClock()
        self._database_of = database
        self._places: dict[str, place.Place] = {}
        self._readers: list[TableReader] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._troubles: dict[str, LianyiError] = {}
        self._giving: set[str] = set()
        self._may_read = asyncio.Event()
        self._open = True

    @property
    def address(self) -> str:
        """The database: ``postgresql://his-db:5432/his``."""
        return self._settings.address

    @property
    def connections(self) -> int:
        """How many tables have a connection now."""
        return sum(reader.database.connected for reader in self._readers)

    @property
    def trouble(self) -> LianyiError | None:
        """Why a table cannot be read now; None while all can."""
        return next(iter(self._troubles.values()), None)

    async def start(self) -> None:
        """Begin to read, each table where it stands.

        Raises:
            PasswordUnreadable, TlsUnusable: a file cannot be used.
            LianyiError: what is remembered cannot be had.
        """
        if self._tasks:
            return
        settings = self._settings
        password_of(settings)
        tls_of(settings)
        text, bodies = await self._memory.recall()
        self._places = place.fold(place.load(text), settings.system, bodies)
        self._troubles.clear()
        self._readers = [
            TableReader(
                settings,
                table,
                self._database_of(settings),
                give=self._give,
                tell=self._on_trouble,
                clock=self._clock,
            )
            for table in settings.tables
        ]
        for reader in self._readers:
            reader.place = self._places.get(reader.table.name, place.BEGINNING)
        self._adjust()
        self._tasks = [asyncio.create_task(self._read(reader)) for reader in self._readers]
        self._tasks.append(asyncio.create_task(self._keep_remembering()))

    def pause(self) -> None:
        """Give no more, and ask no more."""
        self._open = False
        self._adjust()

    def resume(self) -> None:
        """Go on."""
        self._open = True
        self._adjust()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Ask no more, wait for outstanding replies, disconnect."""
        if not self._tasks:
            return
        self._may_read.clear()
        tasks, self._tasks = self._tasks, []
        until = self._clock.elapsed_seconds() + grace_seconds
        while self._giving and self._clock.elapsed_seconds() < until:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        resting = not self._giving
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for reader in self._readers:
            await reader.database.close()
        self._giving.clear()
        if resting:
            await self._remember(resting=True)

    async def _read(self, reader: TableReader) -> None:
        first, longest = self._settings.first_wait_seconds, self._settings.longest_wait_seconds
        wait = first
        if reader.is_load:
            await asyncio.sleep(reader.rest_seconds())
        while True:
            await self._may_read.wait()
            try:
                await reader.turn()
            except LianyiError as failure:
                await reader.database.close()
                self._tell_lasting(reader, failure)
                await asyncio.sleep(wait)
                wait = min(2 * wait, longest)
                continue
            self._troubles.pop(reader.table.name, None)
            wait = first
            rest = reader.rest_seconds()
            if rest > KEEP_OPEN_SECONDS:
                await reader.database.close()
            await asyncio.sleep(rest)

    def _tell_lasting(self, reader: TableReader, failure: LianyiError) -> None:
        """Show what keeps a table from being read; the same thing again is not told again."""
        before = self._troubles.get(reader.table.name)
        if before is None or before.record() != failure.record():
            self._troubles[reader.table.name] = failure
            self._on_trouble(failure)

    async def _give(
        self, reader: TableReader, body: bytes, header: Header, rows: Sequence[Row]
    ) -> None:
        """Offer a batch until the log has it, then move the place of its table."""
        name = reader.table.name
        digest = hashlib.sha256(body).hexdigest()[:16]
        key = f"{header.source}.{header.table}.{header.batch}.{digest}"
        arrival = Arrival(body, self.address, {"idempotency_key": key})
        wait = self._settings.first_wait_seconds
        while True:
            await self._may_read.wait()
            self._giving.add(name)
            try:
                answer = await self._answer_to(arrival)
                if answer.category is None or not answer.category.retry:
                    reader.moved(header, rows)
                    self._places[name] = reader.place
                    await self._remember(answer)
                    break
            finally:
                self._giving.discard(name)
            await asyncio.sleep(wait)
            wait = min(2 * wait, self._settings.longest_wait_seconds)
        if answer.category is not None:
            where = f"{header.source}.{header.table}"
            self._on_trouble(BatchHeld(where=where, category=answer.category.name.lower()))

    async def _answer_to(self, arrival: Arrival) -> Answer:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._receive(arrival, _Reply(answered))
        return await answered

    async def _keep_remembering(self) -> None:
        while True:
            await asyncio.sleep(REMEMBER_SECONDS)
            if not self._giving:
                await self._remember()

    async def _remember(self, answer: Answer | None = None, *, resting: bool = False) -> None:
        """Remember the places. When that fails, a start folds what the log has taken meanwhile."""
        places = place.dump(self._places)
        with contextlib.suppress(LianyiError):
            await self._memory.remember(places, answer=answer, resting=resting)

    def _adjust(self) -> None:
        if self._open:
            self._may_read.set()
        else:
            self._may_read.clear()


class _Reply:
    """The reply to one batch; calling it is replying."""

    __slots__ = ("_answered", "_replied")

    def __init__(self, answered: asyncio.Future[Answer]) -> None:
        self._answered = answered
        self._replied = False

    def __call__(self, answer: Answer) -> None:
        """Reply.

        Raises:
            RuntimeError: there was a reply already.
        """
        if self._replied:
            raise RuntimeError("an arrival was replied to twice")
        self._replied = True
        if not self._answered.done():
            self._answered.set_result(answer)
