"""A watched folder on disk: taking files so that none is taken twice and none is lost.

A file is taken by renaming it into ``.working/<source>/``; a rename succeeds for one process only.
The working folder is locked while its source lives. A lock dies with its process, so a source
that opens the folder can tell what a dead one has left, and takes it over.

Nothing here knows of messages or loops; every call may block.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from lianyi.base.errors import LianyiError
from lianyi.connectors.connector import MessageTooLarge
from lianyi.connectors.files.troubles import FileUnreadable, LinkRefused

_LOCK = ".lock"


class _Look(NamedTuple):
    """How a file looks; it has settled when this stays the same."""

    modified_ns: int
    size_bytes: int


@dataclass(slots=True)
class _Seen:
    look: _Look
    since_seconds: float


class WatchedFolder:
    """The folder of one files source."""

    def __init__(self, folder: Path, *, pattern: str, size_limit_bytes: int, name: str) -> None:
        """Prepare; touches nothing.

        Args:
            folder: where senders put files.
            pattern: of the names that are taken.
            size_limit_bytes: of one file.
            name: of this source's working folder; nobody else's.
        """
        self._folder = folder
        self._pattern = pattern
        self._limit = size_limit_bytes
        self._working = folder / ".working"
        self._mine = self._working / name
        self._lock: int | None = None
        self._seen: dict[str, _Seen] = {}

    def open(self) -> list[str]:
        """Make the working folder and take over what dead sources left.

        Returns:
            The names of the files taken over, to be read with :meth:`read`.

        Raises:
            OSError: the folder cannot be used.
        """
        self._working.mkdir(exist_ok=True)
        with _locked(self._working / _LOCK):
            self._mine.mkdir()
            self._lock = os.open(self._mine / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            for left in sorted(self._working.iterdir()):
                if left.is_dir() and left != self._mine:
                    self._take_over(left)
        return [name for name in _names(self._mine) if name != _LOCK]

    def close(self) -> None:
        """Give the working folder up; a file in it is left to the next source that opens."""
        if self._lock is None:
            return
        with contextlib.suppress(OSError), _locked(self._working / _LOCK):
            if _names(self._mine) == [_LOCK]:
                (self._mine / _LOCK).unlink()
                self._mine.rmdir()
        os.close(self._lock)
        self._lock = None

    def settled(self, *, at_seconds: float, settle_seconds: float) -> list[str]:
        """Look at the folder and return the names that may be taken, oldest first.

        Args:
            at_seconds: the time now, on any clock that never runs backwards.
            settle_seconds: how long a file must have looked the same.

        Raises:
            OSError: the folder cannot be read.
        """
        looks = dict(self._looks())
        for gone in self._seen.keys() - looks.keys():
            del self._seen[gone]
        for name, look in looks.items():
            seen = self._seen.get(name)
            if seen is None or seen.look != look:
                self._seen[name] = _Seen(look, at_seconds)
        ready = [
            (seen.look.modified_ns, name)
            for name, seen in self._seen.items()
            if at_seconds - seen.since_seconds >= settle_seconds
        ]
        return [name for _, name in sorted(ready)]

    def take(self, name: str) -> bytes | None:
        """Take a file that has settled and return what is in it.

        Returns:
            None when it is not to be had now: gone, changing again, or a file of the same
            name is still being worked on.

        Raises:
            MessageTooLarge, LinkRefused, FileUnreadable: it has been moved to ``error``.
            OSError: the folder cannot be used.
        """
        seen = self._seen.pop(name, None)
        if seen is None or os.path.lexists(self._mine / name):
            return None
        try:
            (self._folder / name).rename(self._mine / name)
        except FileNotFoundError:
            return None  # another process was faster, or the sender took it back
        now = self._look(self._mine / name)
        if now != seen.look:
            self._move(name, self._folder)  # back: somebody still writes to it
            return None
        return self.read(name)

    def read(self, name: str) -> bytes:
        """Return what is in a file in the working folder.

        Raises:
            MessageTooLarge, LinkRefused, FileUnreadable: it has been moved to ``error``.
        """
        path = self._mine / name
        where = str(self._folder)
        trouble: LianyiError
        try:
            if path.is_symlink():
                trouble = LinkRefused(where=where)
            else:
                with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                    body = file.read(self._limit + 1)
                if len(body) <= self._limit:
                    return body
                trouble = MessageTooLarge(where=where, size_limit_bytes=self._limit)
        except OSError as error:
            trouble = FileUnreadable(where=where, why=error.strerror or str(error))
        self.refuse(name, trouble)
        raise trouble

    def archive(self, name: str, *, day: str) -> None:
        """Move a file from the working folder to ``archive/<day>``; raises OSError."""
        self._move(name, self._folder / "archive" / day)

    def refuse(self, name: str, error: LianyiError, said: bytes = b"") -> None:
        """Move a file from the working folder to ``error``, the reason beside it.

        Args:
            name: of the file.
            error: the reason.
            said: what the channel answered; goes below the reason.

        Raises:
            OSError: it could not be moved.
        """
        moved = self._move(name, self._folder / "error")
        text = f"{error.text('zh')}\n{error.text('en')}\n".encode()
        reason = _free(moved.parent, _fitting(moved.name, ".error.txt"))
        reason.write_bytes(text + (b"\n" + said if said else b""))

    def _looks(self) -> Iterator[tuple[str, _Look]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not fnmatchcase(entry.name, self._pattern):
                    continue
                if entry.is_symlink() or entry.is_file(follow_symlinks=False):
                    with contextlib.suppress(FileNotFoundError):
                        yield entry.name, self._look(Path(entry.path))

    @staticmethod
    def _look(path: Path) -> _Look:
        found = path.lstat()
        return _Look(found.st_mtime_ns, found.st_size)

    def _take_over(self, left: Path) -> None:
        """Move what a dead source left into the own working folder."""
        lock = os.open(left / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # its source lives
        else:
            for path in sorted(left.iterdir()):
                if path.name != _LOCK and not os.path.lexists(self._mine / path.name):
                    path.rename(self._mine / path.name)
            if _names(left) == [_LOCK]:
                (left / _LOCK).unlink()
                left.rmdir()
        finally:
            os.close(lock)

    def _move(self, name: str, target: Path) -> Path:
        target.mkdir(parents=True, exist_ok=True)
        free = _free(target, name)
        (self._mine / name).replace(free)
        return free


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _free(folder: Path, name: str) -> Path:
    """Reserve a name that nobody has in a folder: itself, else with ``~2``, ``~3`` … behind it."""
    number = 1
    while True:
        path = folder / (name if number == 1 else _fitting(name, f"~{number}"))
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o640))
        except FileExistsError:
            number += 1
        else:
            return path


def _fitting(name: str, suffix: str) -> str:
    """Return name and suffix, the name shortened to what a file system takes (255 bytes)."""
    head = name.encode("utf-8", "surrogateescape")[: 255 - len(suffix)]
    return head.decode("utf-8", "ignore") + suffix
