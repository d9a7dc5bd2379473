"""Following the log into the lake: files first, durable; then the place where the reader stands.

Killed between the two, the reader comes again to the same messages; what it wrote of them before is
removed when it starts, because it may put them together differently now. So every row lies in the
lake once, whenever the process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, ParamSpec, TypeVar, cast
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.log import LostLease
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog, move_within
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.verify import ERASED
from lianyi.projections.lake import store
from lianyi.projections.lake.problems import writing
from lianyi.projections.lake.settings import LakeSettings
from lianyi.projections.learning import hear
from lianyi.projections.projection import Heard, source_of

if TYPE_CHECKING:
    from lianyi.base.rows import Header
    from lianyi.projections.lake.landing import Arrived

P = ParamSpec("P")
T = TypeVar("T")

READER: Final = "lake"
KIND: Final = "rows "
BATCH_MESSAGES: Final = 1000
LOOK_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.25
"""After a batch it waits so long for more, so that a busy log is not followed one by one."""
KEEP_SECONDS: Final = 600.0
PUBLISH_SECONDS: Final = 60.0
PAUSES_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)

log = structlog.get_logger(__name__)


class RowsRead:
    """Reads messages of rows, as the log is heard."""

    def wants(self, kind: str) -> bool:
        """Tell whether messages of a kind hold rows."""
        return kind.startswith(KIND)

    def read(self, message: LogMessage) -> object:
        """Return header and rows.

        Raises:
            UnreadableRows: it does not hold what it says.
        """
        from lianyi.projections.lake.landing import said_in

        return said_in(message.body, where=str(message.position))


class LakeFollower:
    """Lands the rows of the log in the lake, keeps its files and publishes its tables."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        folder: Path,
        *,
        settings: LakeSettings,
        clock: Clock,
        owner: UUID,
        holder: str,
    ) -> None:
        """Describe the work.

        Args:
            pool: holds the lease and the places.
            messages: the log.
            folder: of the lake.
            settings: what is published.
            clock: the time now.
            owner: this process, for the lease.
            holder: this process, for people.
        """
        self._pool = pool
        self._log = messages
        self._folder = folder
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._holder = holder
        self._standing: dict[int, int] = {}
        self._refused: dict[int, int] = {}
        self._kept_at = self._published_at = float("-inf")

    async def run(self) -> None:
        """Follow until cancelled; what fails is told and tried again."""
        failures = 0
        while True:
            try:
                async with self.leading() as epoch:
                    if epoch is not None:
                        await self.start(epoch)
                        while True:
                            most = await self.step(epoch)
                            await self.keep()
                            failures = 0
                            if not most:
                                await self._wait()
                            elif most < BATCH_MESSAGES:
                                await asyncio.sleep(GATHER_SECONDS)
            except LianyiError as failure:
                failures += 1
                log.warning("lake.interrupted", code=failure.code, where=failure.where)
            except STORE_ERRORS as failure:
                failures += 1
                log.warning("lake.interrupted", kind=type(failure).__name__)
            except Exception as failure:  # noqa: BLE001 - what else learns must go on
                failures += 1
                log.warning("lake.unforeseen", kind=type(failure).__name__)
            await asyncio.sleep(PAUSES_SECONDS[min(failures, len(PAUSES_SECONDS)) - 1])

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[int | None]:
        """Be the only one who writes the lake; None: somebody else is.

        The lease is renewed beside the work; when it is lost, the work is cancelled.
        """
        epoch = await leases.take(self._pool, READER, owner=self._owner, holder=self._holder)
        if epoch is None:
            yield None
            return
        work = asyncio.current_task()
        lost = False

        async def renew() -> None:
            nonlocal lost
            held: int | None = epoch
            while held == epoch:
                await asyncio.sleep(leases.RENEW_SECONDS)
                with contextlib.suppress(*STORE_ERRORS):
                    held = await leases.take(
                        self._pool, READER, owner=self._owner, holder=self._holder
                    )
            lost = True
            if work is not None:
                work.cancel()

        renewing = asyncio.create_task(renew())
        try:
            yield epoch
        except asyncio.CancelledError:
            if not lost:
                raise
            raise LostLease(where=READER, name=READER) from None
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
                await leases.give_back(self._pool, READER, owner=self._owner)

    async def start(self, epoch: int) -> None:
        """Find the place, and remove what was written beyond it.

        Where the folder of raw rows is gone, all is taken from the log anew.

        Raises:
            LakeUnwritable: a file cannot be removed.
            LogUnavailable: the log cannot be reached.
        """
        is_new = not raw_of(self._folder).is_dir()
        rows = await store.standing(self._pool, READER)
        self._refused = {shard: refused for shard, (_, refused) in rows.items()}
        stood = {shard: 0 if is_new else number for shard, (number, _) in rows.items()}
        self._standing = await in_thread(places, self._folder, stood)
        for shard, number in self._standing.items():
            if number != rows[shard][0]:
                await self._move(shard, number, epoch)
        removed = await in_thread(prepared, self._folder, self._standing)
        if removed:
            log.info("lake.tidied", files=removed)
        self._kept_at = self._published_at = float("-inf")

    async def step(self, epoch: int) -> int:
        """Land one batch of every shard; return how many messages the largest was of.

        Raises:
            LakeUnwritable: the disk is full; the place stays where it was.
            LostLease: another process follows.
        """
        most = 0
        for shard in await self._log.shards():
            after = self._standing.get(shard, 0)
            batch = await self._log.read(shard, after=after, limit=BATCH_MESSAGES)
            if not batch:
                continue
            most = max(most, len(batch))
            await self._erase([one for one in batch if one.kind == ERASED])
            heard = await hear(self._log, RowsRead(), batch)
            written = await self._land([one for one in heard if one.failure is None])
            refused = [one for one in heard if one.failure is not None]
            try:
                await self._move(shard, batch[-1].number, epoch, refused=len(refused))
            except LostLease:  # whoever has taken over writes these rows himself
                for path in written:
                    path.unlink(missing_ok=True)
                raise
            _tell(refused)
        return most

    async def _land(self, heard: Sequence[Heard]) -> list[Path]:
        """Write the segments of a batch; return where they lie."""
        arrived = [await self._arrived(one) for one in heard]
        return await in_thread(landed, self._folder, arrived) if arrived else []

    async def _arrived(self, heard: Heard) -> Arrived:
        from lianyi.projections.lake.landing import Arrived

        message = heard.message
        header, rows = cast("tuple[Header, list[list[str | None]]]", heard.said)
        original, received_at = source_of(message), message.received_at
        if original != message.position:
            received_at = (await self._log.get(original)).received_at
        return Arrived(message.position, original, received_at, header, rows)

    async def _erase(self, acts: Collection[LogMessage]) -> None:
        positions = {one.caused_by for one in acts if one.caused_by}
        if positions:
            written = await in_thread(erased, self._folder, positions)
            log.info("lake.erased", messages=len(positions), segments=written)

    async def _move(self, shard: int, number: int, epoch: int, *, refused: int = 0) -> None:
        """Move the reader, and remember it when that is done."""
        together = self._refused.get(shard, 0) + refused
        async with self._pool.acquire() as connection:
            await move_within(
                connection,
                READER,
                shard,
                number,
                now=self._clock.now(),
                epoch=epoch,
                counts={"refused": together},
            )
        self._standing[shard], self._refused[shard] = number, together

    async def keep(self) -> None:
        """Publish and put files together, when it is time; that this fails stops no row."""
        now = self._clock.elapsed_seconds()
        try:
            if self._settings.publish and now - self._published_at >= PUBLISH_SECONDS:
                self._published_at = now
                await in_thread(published, self._folder, self._settings.publish)
            if now - self._kept_at >= KEEP_SECONDS:
                self._kept_at = now
                await self._compact()
        except LostLease:
            raise
        except LianyiError as failure:
            log.warning("lake.not_kept", code=failure.code, where=failure.where)

    async def _compact(self) -> None:
        """Put files together."""
        stop: list[object] = []
        working = asyncio.create_task(
            in_thread(compacted, self._folder, now=self._clock.now(), stop=stop)
        )
        try:
            written = await asyncio.shield(working)
        except asyncio.CancelledError:
            stop.append(True)  # after the file in hand
            await asyncio.gather(working, return_exceptions=True)
            raise
        if written:
            log.info("lake.compacted", segments=written)

    async def _wait(self) -> None:
        waiting = [
            asyncio.create_task(
                self._log.wait(
                    shard, after=self._standing.get(shard, 0), timeout_seconds=LOOK_SECONDS
                )
            )
            for shard in await self._log.shards()
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)


def _tell(refused: Sequence[Heard]) -> None:
    for one in refused:
        if one.failure is not None:
            position = str(one.message.position)
            log.warning("lake.refused", position=position, code=one.failure.code)


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do work on files in a thread; whoever is cancelled waits for its end.

    Else the lease would be given back while the files are still being written.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.gather(working, return_exceptions=True)
        raise


# What follows runs in threads, and loads the Parquet library when the first row needs it.


def raw_of(folder: Path) -> Path:
    """Return the folder of all segments."""
    return folder / "raw"


def places(folder: Path, standing: Mapping[int, int]) -> dict[int, int]:
    """See :func:`lianyi.projections.lake.keeping.places`."""
    if not raw_of(folder).is_dir():
        return dict(standing)
    from lianyi.projections.lake import keeping

    return keeping.places(folder, standing)


def prepared(folder: Path, standing: Mapping[int, int]) -> int:
    """Make the folder where it is not there, else remove what lies beyond the reader's place."""
    if not raw_of(folder).is_dir():
        with writing(folder):
            raw_of(folder).mkdir(parents=True)
        return 0
    from lianyi.projections.lake import keeping

    return keeping.tidy(folder, standing)


def landed(folder: Path, arrived: Sequence[Arrived]) -> list[Path]:
    """Write the segments of messages; return where they lie.

    Raises:
        LakeUnwritable: the disk is full; what was written goes, with the next start at the latest.
    """
    from lianyi.projections.lake import landing, segments

    written = []
    for one in landing.land(arrived):
        name = segments.file_name(one.shard, one.first, one.last)
        path = segments.place_of(folder, one.named) / name
        segments.write(path, [one.table], one.contents)
        written.append(path)
    return written


def erased(folder: Path, positions: Collection[Position]) -> int:
    """Take the rows of erased messages out of the files, and out of what is published."""
    from lianyi.projections.lake import keeping

    written = keeping.erase(folder, positions)
    if (folder / "delta").is_dir():
        from lianyi.projections.lake import publishing

        publishing.forget(folder, positions)
    return written


def published(folder: Path, tables: Sequence[str]) -> int:
    """Commit what has come since to the tables that are published; return how many rows."""
    from lianyi.projections.lake import publishing
    from lianyi.projections.lake.model import Named

    return sum(publishing.publish(folder, Named(*one.split(".", 1))) for one in tables)


def compacted(folder: Path, *, now: datetime, stop: Collection[object]) -> int:
    """See :func:`lianyi.projections.lake.keeping.compact`."""
    from lianyi.projections.lake import keeping

    return keeping.compact(folder, now=now, stop=stop)
