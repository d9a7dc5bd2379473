"""Works on exports, wherever the doors are served: one export at a time in one process each.

Who works on an export holds a lock of his connection, and reads and writes down with the same
connection; so whoever has lost it cannot finish anything. A file is known once it is whole and on
the disk. After a restart an export goes on behind its last file: what stood at its instant is the
same today.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec
import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections import projection_store
from lianyi.projections.clinical import table_store
from lianyi.projections.clinical.bulk import export_store as store
from lianyi.projections.clinical.bulk import past_store, settling
from lianyi.projections.clinical.bulk.asking import Asked
from lianyi.projections.clinical.bulk.export_store import ExportRow, FileRow
from lianyi.projections.clinical.bulk.gathering import Gatherer, Lines, chunks
from lianyi.projections.clinical.bulk.past_store import FIRST, Wanted
from lianyi.projections.clinical.bulk.problems import (
    ExportDiskFull,
    ExportFailed,
    ExportNotAllowedAnyMore,
    NoSuchExport,
)
from lianyi.projections.clinical.bulk.sealed_files import SealedWriter, on_disk
from lianyi.projections.clinical.bulk.settings import ExportSettings
from lianyi.projections.clinical.follow import NAME
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.access import Seen, acting, platform, seen
from lianyi.security.acts import act
from lianyi.security.model import Access
from lianyi.security.vault import Vault

FOLDER: Final = "exports"
LOOK_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 60.0
PERSONS_TOGETHER: Final = 500
"""So many are named in one act of the trail."""
KINDS: Final = ("output", "deleted", "end")
"""The parts of an export in their order; with the last, nothing is left."""

log = structlog.get_logger(__name__)


class Step(NamedTuple):
    """A part of an export: some of the resources, or of the deletions, of one type.

    Attributes:
        kind: of :data:`KINDS`.
        type: of the resources.
        part: which of the parts of the type it is, from 0.
        patients: whom it is about; None: whomever.
    """

    kind: str
    type: str
    part: int
    patients: Sequence[int] | None

    @property
    def place(self) -> tuple[int, str, int]:
        """Where it comes in an export, whatever other steps there are."""
        return KINDS.index(self.kind), self.type, self.part


class Mark(msgspec.Struct, frozen=True):
    """Where the next file begins: with this step, or the one after where it would be."""

    kind: str
    type: str
    part: int
    after: int

    @property
    def place(self) -> tuple[int, str, int]:
        """See :attr:`Step.place`."""
        return KINDS.index(self.kind), self.type, self.part


class Exporter:
    """Works on exports and removes what is over."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        gatherer: Gatherer,
        access_of: Callable[[ExportRow], Awaitable[Access | None]],
        vault: Callable[[], Awaitable[Vault]],
        folder: Path,
        settings: ExportSettings,
    ) -> None:
        """Describe the work.

        Args:
            pool: of the database; as the doors see it.
            messages: the log.
            clock: the time now.
            ids: names what nobody else may write.
            gatherer: reads what is exported.
            access_of: says as whom an export reads, now; None: it may not go on.
            vault: seals the files.
            folder: where the files lie.
            settings: how much, and for how long.
        """
        self._pool = pool
        self._log = messages
        self._clock = clock
        self.ids = ids
        self._gatherer = gatherer
        self._access_of = access_of
        self._vault = vault
        self.folder = folder
        self._settings = settings
        self._working: dict[UUID, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: there is a new export."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        tidied = float("-inf")
        try:
            while True:
                self._woken.clear()
                with suppress(*STORE_ERRORS, LianyiError):
                    await self._look()
                    if self._clock.elapsed_seconds() - tidied >= TIDY_SECONDS:
                        tidied = self._clock.elapsed_seconds()
                        await self.tidy()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)
        finally:
            for task in self._working.values():
                task.cancel()
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def _look(self) -> None:
        """Take up what nobody in this process works on."""
        self._working = {one: task for one, task in self._working.items() if not task.done()}
        with acting(platform("clinical.export", "run_export")):
            found = await store.list_running(self._pool)
        for row in found:
            if row.export not in self._working:
                name = f"export {row.export}"
                self._working[row.export] = asyncio.create_task(self._work(row), name=name)

    async def tidy(self) -> None:
        """Remove exports whose time is over, and files that belong to none."""
        # Looked for first: whatever lies there by now and belongs to somebody is known below.
        there = await asyncio.to_thread(_names_in, self.folder)
        with acting(platform("clinical.export", "expire_export")):
            async with self._pool.acquire() as connection, connection.transaction():
                over = await store.drop_expired(connection, self._clock.now())
                acts = [act("export.expired", {"export": str(one)}) for one in over]
                if acts:
                    await self._log.append_acts_within(connection, acts)
            known = {str(one) for one in await store.known(self._pool)}
        await asyncio.to_thread(_remove, self.folder, there - known)

    # --- one export -----------------------------------------------------------------------------

    async def _work(self, row: ExportRow) -> None:
        """Work on an export, unless somebody else does."""
        failure: LianyiError | None = None
        try:
            access = await self.allowed(row)
            with acting(access):
                async with self._pool.acquire() as connection:
                    if not await store.take(connection, row.export):
                        return
                    try:
                        await _Work(self, connection, row.export).do()
                        return
                    finally:
                        with suppress(*STORE_ERRORS):
                            await store.leave(connection, row.export)
        except STORE_ERRORS as error:  # it is taken up again
            log.warning("export.interrupted", kind=type(error).__name__)
            return
        except NoSuchExport:  # cancelled
            await asyncio.to_thread(shutil.rmtree, self.folder / str(row.export), True)
            return
        except LianyiError as error:
            if error.category.retry and not isinstance(error, ExportDiskFull):
                log.warning("export.interrupted", code=error.code)  # it is taken up again
                return
            failure = error
        except Exception as error:  # noqa: BLE001 - whoever asked is told that it has ended
            log.error("export.failed", kind=type(error).__name__)  # noqa: TRY400 - no traceback: it may hold a patient's data
            failure = ExportFailed(where="export", kind=type(error).__name__)
        await self._fail(row, failure)

    async def _fail(self, row: ExportRow, failure: LianyiError) -> None:
        await asyncio.to_thread(shutil.rmtree, self.folder / str(row.export), True)
        with acting(platform("clinical.export", "run_export")), suppress(*STORE_ERRORS):
            async with self._pool.acquire() as connection, connection.transaction():
                await self.end(connection, row.export, failure)

    async def allowed(self, row: ExportRow) -> Access:
        """Return as whom an export reads, now.

        Raises:
            ExportNotAllowedAnyMore: whoever began it may not do so any more, or not everywhere.
        """
        access = await self._access_of(row)
        if access is None:
            raise ExportNotAllowedAnyMore(where="export")
        return access

    async def end(
        self, connection: Connection, export: UUID, failure: LianyiError | None, **facts: int
    ) -> bool:
        """End an export and write that down; say whether it was there."""
        now = self._clock.now()
        expires = now + timedelta(hours=self._settings.keep_hours)
        error = failure.record() if failure else None
        there = await store.end(connection, export, error=error, at=now, expires_at=expires)
        if there:
            kind = "export.failed" if failure else "export.completed"
            more = {"code": failure.code, "result": "failed"} if failure else facts
            await self._log.append_act_within(
                connection, act(kind, {"export": str(export), **more})
            )
        return there


class _Work:
    """One process working on one export."""

    def __init__(self, exporter: Exporter, connection: Connection, export: UUID) -> None:
        self._of = exporter
        self._connection = connection
        self._export = export
        self._folder = exporter.folder / str(export)
        self._run = exporter.ids.new_id().hex[:12]
        self._version = 0
        self._heads: dict[int, int] = {}
        self._files = 0
        self._resources = 0

    async def do(self) -> None:
        """Write every file that is missing, and end the export.

        Raises:
            NoSuchExport: it was cancelled.
            ExportNotAllowedAnyMore: whoever began it may not do so any more.
            ExportDiskFull, ExportFailed: the disk takes no more.
        """
        row = await self._still()
        of = self._of
        asked = msgspec.convert(row.asked, Asked)
        as_of = row.as_of or of._clock.now()
        self._heads = await settling.settled(
            of._pool, of._log, after_seconds=of._settings.settle_seconds
        )
        instant = min(as_of, asked.until) if asked.until else as_of
        patients = row.patients
        if row.as_of is None:
            patients = await self._patients(asked, instant)
            if not await store.set_instant(self._connection, self._export, as_of, patients):
                raise NoSuchExport(where="export")
        vault = await of._vault()
        with on_disk():
            await asyncio.to_thread(self._folder.mkdir, 0o700, True, True)
        await self._write(asked, instant, patients, vault)
        async with self._connection.transaction():
            facts = {"resources": self._resources, "files": self._files}
            if not await of.end(self._connection, self._export, None, **facts):
                raise NoSuchExport(where="export")

    async def _still(self) -> ExportRow:
        """Return the export, which still runs and is still allowed."""
        row = await store.find(self._connection, self._export)
        if row is None or row.state != "running":
            raise NoSuchExport(where="export")
        await self._of.allowed(row)
        return row

    async def _patients(self, asked: Asked, instant: datetime) -> list[int] | None:
        async with self._connection.transaction():
            schema = await self._schema()
            with seen():
                return await self._of._gatherer.patients(
                    self._connection, schema, asked, at=instant
                )

    async def _schema(self) -> str:
        """Return the schema in force, which stays for the transaction; it has learned enough."""
        await projection_store.commit_without_waiting(self._connection)
        await store.take_time(self._connection)
        live = await projection_store.hold_live(self._connection, NAME)
        if live is None or live.shape != table_store.SHAPE:
            raise ProjectionNotReady(where=NAME, name=NAME)
        if live.version != self._version:  # a rebuild may be switched to a little earlier
            while not await settling.has_learned(self._of._pool, self._heads):
                await asyncio.sleep(settling.LOOK_SECONDS)
            self._version = live.version
        return live.schema

    async def _write(
        self, asked: Asked, instant: datetime, patients: Sequence[int] | None, vault: Vault
    ) -> None:
        """Write the files that are missing."""
        async with self._connection.transaction():
            types = await past_store.types_of(self._connection, await self._schema(), asked.wanted)
        steps = list(_steps(asked, types, patients))
        files = await store.files(self._connection, self._export)
        self._files, self._resources = len(files), sum(one.resources for one in files)
        begun = await asyncio.to_thread(_names_in, self._folder) - {one.name for one in files}
        await asyncio.to_thread(_remove, self._folder, begun)  # by a process that was killed
        place, after = 0, FIRST
        if files:
            mark = msgspec.convert(files[-1].mark, Mark)
            place = sum(step.place < mark.place for step in steps)
            is_there = place < len(steps) and steps[place].place == mark.place
            after = mark.after if is_there else FIRST
        while place < len(steps):
            place, after = await self._file(steps, place, after, asked, instant, vault)

    async def _file(
        self,
        steps: Sequence[Step],
        place: int,
        after: int,
        asked: Asked,
        instant: datetime,
        vault: Vault,
    ) -> tuple[int, int]:
        """Write one file, of one type; return the step and number behind which the next begins."""
        kind, type_ = steps[place].kind, steps[place].type
        name = f"{self._files + 1}-{self._run}"
        count = 0
        with (
            seen() as shown,
            SealedWriter(self._folder / name, sealed_name(self._export, name), vault) as writer,
        ):
            while place < len(steps) and (steps[place].kind, steps[place].type) == (kind, type_):
                await self._still()
                lines = await self._lines(steps[place], after, asked, instant)
                await asyncio.to_thread(writer.write, lines.text)
                count += lines.number
                place, after = (place + 1, FIRST) if lines.until is None else (place, lines.until)
                if count >= self._of._settings.file_resources_max:
                    break
            if count:
                await asyncio.to_thread(writer.finish)
                mark = msgspec.to_builtins(_mark(steps, place, after))
                await self._name(
                    FileRow(self._files + 1, name, kind, type_, count, writer.bytes, mark), shown
                )
        return place, after

    async def _lines(self, step: Step, after: int, asked: Asked, instant: datetime) -> Lines:
        wanted = Wanted(
            step.type,
            instant,
            asked.since,
            about_patients=asked.level != "system",
            patients=step.patients,
        )
        gatherer = self._of._gatherer
        async with self._connection.transaction():
            schema = await self._schema()
            if step.kind == "deleted":
                return await gatherer.deleted(self._connection, schema, wanted, after=after)
            return await gatherer.resources(self._connection, schema, asked, wanted, after=after)

    async def _name(self, file: FileRow, shown: Seen) -> None:
        """Write down whose data a file holds, and let it be known."""
        acts = list(_gathered(self._export, file.number, shown))
        for first in range(0, len(acts), 20):
            await self._of._log.append_acts(acts[first : first + 20])
        async with self._connection.transaction():
            if not await store.add_file(self._connection, self._export, file):
                raise NoSuchExport(where="export")
        self._files += 1
        self._resources += file.resources


def _steps(asked: Asked, types: Sequence[str], patients: Sequence[int] | None) -> Iterator[Step]:
    """Give the parts of an export in their order."""
    for type_ in types:
        for part, some in enumerate(chunks(patients)):
            yield Step("output", type_, part, some)
    if asked.since is not None:
        for type_ in types:
            yield Step("deleted", type_, 0, patients)


def _mark(steps: Sequence[Step], place: int, after: int) -> Mark:
    if place == len(steps):
        return Mark("end", "", 0, FIRST)
    step = steps[place]
    return Mark(step.kind, step.type, step.part, after)


def _gathered(export: UUID, number: int, shown: Seen) -> Iterator[NewMessage]:
    """Give the acts that say whose data were written to a file."""
    facts = {"export": str(export), "file": number}
    for channel, whose in shown.by_channel().items():
        for first in range(0, max(len(whose), 1), PERSONS_TOGETHER):
            some = whose[first : first + PERSONS_TOGETHER]
            yield act("export.gathered", facts, channel=channel, whose=some)


def sealed_name(export: UUID, name: str) -> str:
    """Return the name under which a file is sealed."""
    return f"{export} {name}"


def _names_in(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()} if folder.is_dir() else set()


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files and folders."""
    for name in names:
        if (path := folder / name).is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
