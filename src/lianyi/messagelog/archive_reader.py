"""Reading archived segments, by position and by search.

A file is checked against its SHA-256 once, before its first use here, so a flipped bit is found
before anybody reads it. Only who really reads an archived message pays for the Parquet library.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from lianyi.messagelog.archived import ArchiveBusy, Archived, BrokenArchive, CannotArchive
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.search import Entry, Wanted

if TYPE_CHECKING:
    from lianyi.messagelog.archive_file import SegmentFile

__all__ = ["Archive", "ArchiveBusy", "Archived", "BrokenArchive", "CannotArchive"]

OPEN_FILES_MAX = 4


class Archive:
    """The folder of archived segments."""

    def __init__(self, folder: Path, cover: Cover = PLAIN) -> None:
        """Use a folder; it is made when the first segment goes there. ``cover`` hides and shows."""
        self.folder = folder
        self.cover = cover
        self._open: OrderedDict[tuple[str, bytes], SegmentFile] = OrderedDict()
        self._lock = threading.Lock()

    async def read(
        self, archived: Archived, *, after: int, limit: int, bytes_max: int
    ) -> list[LogMessage]:
        """Return messages of one segment like :meth:`~lianyi.messagelog.MessageLog.read`.

        Raises:
            BrokenArchive: the file is missing or damaged.
        """
        return await asyncio.to_thread(
            lambda: self._file(archived).read(after=after, limit=limit, bytes_max=bytes_max)
        )

    async def find(
        self, archived: Archived, wanted: Wanted, *, below: int | None, limit: int
    ) -> list[Entry]:
        """Return what is wanted of one segment, newest first, at most ``limit``.

        Raises:
            BrokenArchive: the file is missing or damaged.
        """
        return await asyncio.to_thread(
            lambda: self._file(archived).find(wanted, below=below, limit=limit)
        )

    async def caused(self, archived: Archived, kind: str, cause: Position) -> list[int]:
        """Return the numbers of the messages of a kind to which one message led.

        Raises:
            BrokenArchive: the file is missing or damaged.
        """
        return await asyncio.to_thread(lambda: self._file(archived).caused(kind, cause))

    def _file(self, archived: Archived) -> SegmentFile:
        from lianyi.messagelog.archive_file import SegmentFile

        key = (archived.path, archived.sha256)
        with self._lock:
            file = self._open.pop(key, None) or SegmentFile(
                self.folder / archived.path, sha256=archived.sha256, cover=self.cover
            )
            self._open[key] = file
            if len(self._open) > OPEN_FILES_MAX:
                self._open.popitem(last=False)
        return file
