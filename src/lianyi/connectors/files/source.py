"""Watching a folder: one file is one message.

A file is taken when it has stopped changing. When its reply has come it goes to ``archive/<day>``,
or, refused, to ``error`` with the reason beside it; when the platform could not take it for a
passing reason, it is offered again. What a process leaves unfinished when it dies is
taken by the next source that starts on the folder.

All file operations run in one thread of their own, so that a slow share never holds up the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import Field, field_validator

from lianyi.base.clock import Clock, IdSource, RandomIds, SystemClock
from lianyi.base.errors import LianyiError
from lianyi.base.settings import Section
from lianyi.connectors.connector import AddressInUse, Answer, Arrival, OnTrouble, Receive
from lianyi.connectors.files.folder import WatchedFolder
from lianyi.connectors.files.troubles import FileRefused, FolderUnusable

_T = TypeVar("_T")
_DRAIN_STEP_SECONDS = 0.01


class FilesSourceSettings(Section):
    """What a files source can be told.

    Attributes:
        folder: where senders put files. It must exist; ``archive``, ``error`` and ``.working``
            are made inside it.
        pattern: names that are taken, with ``*`` and ``?``. Names that begin with a dot never are.
        interval_seconds: between two looks at the folder; also before a file is offered again
            that could not be taken for a passing reason.
        settle_seconds: size and time of a file must stand still for so long before it is taken;
            0 is right where senders write elsewhere and rename into the folder.
        size_limit_bytes: of one file; a bigger one goes to ``error``.
        outstanding_max: files that wait for their reply; no more are taken then.
    """

    folder: Path
    pattern: str = "*"
    interval_seconds: float = Field(default=1.0, gt=0)
    settle_seconds: float = Field(default=2.0, ge=0)
    size_limit_bytes: int = Field(default=50 * 1024 * 1024, ge=1)
    outstanding_max: int = Field(default=100, ge=1)

    @field_validator("pattern")
    @classmethod
    def _is_a_name(cls, pattern: str) -> str:
        if not pattern or "/" in pattern:
            raise ValueError("a pattern matches names in the folder and has no '/'")
        return pattern


class FilesSource:
    """Takes messages from a folder."""

    def __init__(
        self,
        settings: FilesSourceSettings,
        receive: Receive,
        on_trouble: OnTrouble,
        *,
        clock: Clock | None = None,
        ids: IdSource | None = None,
    ) -> None:
        self._settings = settings
        self._receive = receive
        self._on_trouble = on_trouble
        self._clock = clock or SystemClock()
        self._ids = ids or RandomIds()
        self._folder: WatchedFolder
        self._thread: ThreadPoolExecutor
        self._watch: asyncio.Task[None] | None = None
        self._open = True
        self._may_take = asyncio.Event()
        self._reachable = False
        self._unusable: FolderUnusable | None = None
        self._outstanding: set[str] = set()  # until the file is in archive or error
        self._again: list[str] = []  # in the working folder, to be offered once more
        self._moves: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """The folder."""
        return str(self._settings.folder)

    @property
    def connections(self) -> int:
        """1 while the folder can be used, else 0."""
        return int(self._reachable)

    @property
    def trouble(self) -> LianyiError | None:
        """Why the folder cannot be used; None while it can."""
        return self._unusable

    async def start(self) -> None:
        """Begin to watch, first with what a dead process left unfinished.

        Raises:
            AddressInUse: the folder cannot be used.
        """
        settings = self._settings
        self._folder = WatchedFolder(
            settings.folder,
            pattern=settings.pattern,
            size_limit_bytes=settings.size_limit_bytes,
            name=str(self._ids.new_id()),
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        try:
            self._again = await self._apart(self._folder.open)
        except OSError as error:
            await self._apart(self._folder.close)
            self._thread.shutdown(wait=False)
            raise AddressInUse(where=self.address, why=error.strerror or str(error)) from error
        self._outstanding.update(self._again)
        self._reachable = True
        self._adjust()
        self._watch = asyncio.create_task(self._watch_folder())

    def pause(self) -> None:
        """Take no more files."""
        self._open = False
        self._adjust()

    def resume(self) -> None:
        """Go on."""
        self._open = True
        self._adjust()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no more, wait for outstanding replies; what has none is left for the next start."""
        if self._watch is None:
            return
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        self._watch = None
        until = self._clock.elapsed_seconds() + grace_seconds
        while len(self._outstanding) > len(self._again) and self._clock.elapsed_seconds() < until:
            await asyncio.sleep(_DRAIN_STEP_SECONDS)
        self._outstanding.clear()
        self._again.clear()
        with contextlib.suppress(TimeoutError):  # a share that hangs must not hold us up
            async with asyncio.timeout(max(grace_seconds, 1.0)):
                await asyncio.gather(*self._moves)
                await self._apart(self._folder.close)
        self._thread.shutdown(wait=False)
        self._reachable = False

    async def _watch_folder(self) -> None:
        while True:
            try:
                await self._look_once()
                self._reachable, self._unusable = True, None
            except OSError as error:
                self._tell_unusable(error)
            await asyncio.sleep(self._settings.interval_seconds)

    async def _look_once(self) -> None:
        for _ in range(len(self._again)):
            await self._may_take.wait()
            await self._offer(self._again.pop(0), self._folder.read)
        look = partial(
            self._folder.settled,
            at_seconds=self._clock.elapsed_seconds(),
            settle_seconds=self._settings.settle_seconds,
        )
        for name in await self._apart(look):
            await self._may_take.wait()
            if name not in self._outstanding:  # else a file of that name is still worked on
                await self._offer(name, self._folder.take)

    async def _offer(self, name: str, take: Callable[[str], bytes | None]) -> None:
        """Take one file and hand it on."""
        self._outstanding.add(name)
        self._adjust()
        body: bytes | None = None
        try:
            body = await self._apart(partial(take, name))
        except LianyiError as error:
            self._on_trouble(error)
        finally:
            if body is None:
                self._done(name)
        if body is not None:
            attributes = {"file_name": name}
            self._receive(Arrival(body, self.address, attributes), _Reply(self._replied, name))

    def _replied(self, name: str, answer: Answer) -> None:
        if name not in self._outstanding:
            return  # stopped meanwhile: the file is left to the next start
        if answer.category is not None and answer.category.retry:
            self._again.append(name)
            self._adjust()
            return
        move = asyncio.get_running_loop().create_task(self._put_away(name, answer))
        self._moves.add(move)
        move.add_done_callback(self._moves.discard)

    async def _put_away(self, name: str, answer: Answer) -> None:
        category = answer.category
        try:
            if category is None:
                day = self._clock.now().astimezone().date().isoformat()  # as people there count
                await self._apart(partial(self._folder.archive, name, day=day))
            else:
                error = FileRefused(where=name, category=category.name.lower())
                await self._apart(partial(self._folder.refuse, name, error, answer.body))
        except OSError as error:
            self._tell_unusable(error)
        finally:
            self._done(name)

    def _done(self, name: str) -> None:
        self._outstanding.discard(name)
        self._adjust()

    def _adjust(self) -> None:
        waiting_for_reply = len(self._outstanding) - len(self._again)
        if self._open and waiting_for_reply < self._settings.outstanding_max:
            self._may_take.set()
        else:
            self._may_take.clear()

    def _tell_unusable(self, error: OSError) -> None:
        self._unusable = FolderUnusable(where=self.address, why=error.strerror or str(error))
        if self._reachable:
            self._on_trouble(self._unusable)
        self._reachable = False

    async def _apart(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Reply:
    """The reply to one file; calling it is replying."""

    __slots__ = ("_name", "_replied")

    def __init__(self, replied: Callable[[str, Answer], None], name: str) -> None:
        self._replied: Callable[[str, Answer], None] | None = replied
        self._name = name

    def __call__(self, answer: Answer) -> None:
        """Reply.

        Raises:
            RuntimeError: there was a reply already.
        """
        if self._replied is None:
            raise RuntimeError("an arrival was replied to twice")
        replied, self._replied = self._replied, None
        replied(self._name, answer)
