"""Writing one file for each message, whole or not at all.

A reader of the folder never sees half a file: it is written under a name that begins with a dot,
brought to the disk, and then given its name. The name comes from the control id, so a message
that is sent again meets its own file, finds the same bytes, and is done.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import field_validator

from lianyi.base.settings import Section
from lianyi.connectors.connector import Answer, AnswerLate, NoAnswer, Unreachable
from lianyi.connectors.files.troubles import FileExists

_ID = "{control_id}"
_NAME_BYTES_MAX = 240  # leaves room for what is put around a name


class FilesSenderSettings(Section):
    """What a files sender can be told.

    Attributes:
        folder: where the files go; it must exist.
        name: of a file; ``{control_id}`` stands for the control id of the message, its
            characters other than letters, digits, ``-`` and ``_`` percent-encoded.
    """

    folder: Path
    name: str = "{control_id}.hl7"

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if name.count(_ID) != 1 or "/" in name or "\0" in name or name.startswith("."):
            raise ValueError("a name holds {control_id} once, no '/', and no dot in front")
        if len(name.encode()) > 100:
            raise ValueError("a name has at most 100 bytes beside the control id")
        return name


def file_name(template: str, control_id: str, body: bytes) -> str:
    """Return the name for a message: the same message always gets the same, and safe, name.

    A message without control id is named by the hash of its bytes. An id too long for a file name
    is cut and told apart by its hash.
    """
    if not control_id:
        control_id = hashlib.sha256(body).hexdigest()[:32]
    safe = quote(control_id, safe="").replace(".", "%2E").replace("~", "%7E")
    room = _NAME_BYTES_MAX - len(template.encode()) + len(_ID)
    if len(safe) > room:
        digest = hashlib.sha256(control_id.encode()).hexdigest()[:32]
        safe = f"{safe[: room - 33]}-{digest}"
    return template.replace(_ID, safe)


class FilesSender:
    """Writes messages into a folder."""

    def __init__(self, settings: FilesSenderSettings) -> None:
        self._settings = settings
        self._thread: ThreadPoolExecutor | None = None
        self._writing: Future[Answer] | None = None

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        """Write one message.

        Args:
            body: what the file holds.
            attributes: ``control_id`` for the name.
            timeout_seconds: for all of it; a share may hang.

        Returns:
            An empty answer once the file is on disk, or when it was already; category CONFLICT
            when another file has the name.

        Raises:
            Unreachable: nothing was written.
            NoAnswer: the share did not answer in time, or not well; the file may be there.
        """
        where = str(self._settings.folder)
        if self._writing is not None and not self._writing.done():
            raise Unreachable(where=where, why="the folder still hangs on the message before")
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        name = file_name(self._settings.name, attributes.get("control_id", ""), body)
        work = partial(_write, self._settings.folder, name, body)
        self._writing = self._thread.submit(work)
        written = asyncio.wrap_future(self._writing)
        try:
            done, _ = await asyncio.wait([written], timeout=timeout_seconds)
            if done:
                return written.result()
        finally:
            written.cancel()
        raise AnswerLate(where=where, timeout_seconds=timeout_seconds)

    async def close(self) -> None:
        """Let the thread go."""
        if self._thread is not None:
            self._thread.shutdown(wait=False)
            self._thread = None


def _write(folder: Path, name: str, body: bytes) -> Answer:
    temporary, final = folder / f".{name}.tmp", folder / name
    try:
        same = _holds(final, body)
        if same is None:
            _write_to_disk(temporary, body)
    except OSError as error:
        raise Unreachable(where=str(folder), why=error.strerror or str(error)) from error
    try:
        if same is None:
            _give_name(temporary, final)
            same = _holds(final, body)
        _bring_to_disk(folder)
    except OSError as error:
        raise NoAnswer(where=str(folder), why=error.strerror or str(error)) from error
    if same:
        return Answer()
    conflict = FileExists(where=str(folder))
    return Answer(f"{conflict.text('zh')}\n{conflict.text('en')}".encode(), conflict.category)


def _holds(path: Path, body: bytes) -> bool | None:
    """Return whether a file holds exactly these bytes; None when there is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        return os.fstat(descriptor).st_size == len(body) and file.read(len(body) + 1) == body


def _write_to_disk(path: Path, body: bytes) -> None:
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o640), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _give_name(temporary: Path, final: Path) -> None:
    """Give a file its name, unless another has it; the temporary name is gone either way."""
    try:
        os.link(temporary, final, follow_symlinks=False)
    except FileExistsError:
        pass
    except OSError:
        if os.path.lexists(final):
            raise
        temporary.rename(final)  # a share without hard links
        return
    temporary.unlink()


def _bring_to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
