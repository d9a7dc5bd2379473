"""Files that nobody reads on the disk: pieces, each sealed by the vault for its place in the file.

A file is a row of pieces, each its length in 4 bytes, big-endian, and what the vault made of it.
What a piece is sealed for says the file, its number, and whether it is the last one: pieces that
were exchanged, left out or cut off do not open. However long a file is, one piece of it is held.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.projections.clinical.bulk.problems import (
    ExportDiskFull,
    ExportFailed,
    ExportFileBroken,
)
from lianyi.security.vault import Place, Vault

PURPOSE: Final = "bulk.file"
PIECE_BYTES: Final = 262_144
SEALED_BYTES_MAX: Final = PIECE_BYTES + 1024
"""A piece as the vault seals it."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def on_disk() -> Iterator[None]:
    """Say in our words what the disk does not do.

    Raises:
        ExportDiskFull: there is no room.
        ExportFailed: anything else.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ExportDiskFull(where="export") from error
        raise ExportFailed(where="export", kind=type(error).__name__) from error


class SealedWriter:
    """Writes one file, and removes it unless it was finished."""

    def __init__(self, path: Path, name: str, vault: Vault) -> None:
        """Begin a file.

        Args:
            path: where it will lie; until it is whole it has the ending ``.part``.
            name: that nobody else's file has.
            vault: seals.

        Raises:
            ExportDiskFull, ExportFailed: see :func:`on_disk`; so does whatever else writes.
        """
        self._path = path
        self._part = path.with_name(f"{path.name}.part")
        self._name = name
        self._vault = vault
        self._held = bytearray()
        self._number = 0
        self.bytes = 0
        """Bytes that were written to it, before they were sealed."""
        with on_disk():
            descriptor = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "wb")

    def write(self, text: bytes) -> None:
        """Add to it."""
        self._held += text
        self.bytes += len(text)
        full = len(self._held) - len(self._held) % PIECE_BYTES
        for begin in range(0, full, PIECE_BYTES):
            self._piece(bytes(self._held[begin : begin + PIECE_BYTES]), last=False)
        del self._held[:full]

    def finish(self) -> None:
        """Make it whole, durable, and known by its name."""
        self._piece(bytes(self._held), last=True)
        with on_disk():
            self._name_it()

    def _name_it(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing of a file that is not whole."""
        if not self._file.closed:
            with suppress(OSError):  # what is buffered finds no room either
                self._file.close()
            self._part.unlink(missing_ok=True)

    def _piece(self, text: bytes, *, last: bool) -> None:
        sealed = self._vault.seal(Sensitive(text), _place(self._name, self._number, last=last))
        with on_disk():
            self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def pieces(path: Path, name: str, vault: Vault) -> Iterator[bytes]:
    """Give what was written to a file, piece by piece.

    Args:
        path: where it lies.
        name: it was written under.
        vault: opens.

    Raises:
        ExportFileBroken: it is missing, was changed or cut, or its key is no more.
    """
    try:
        with path.open("rb") as file:
            number, following = 0, _next(file.read(4), name)
            while following is not None:
                sealed = file.read(following)
                following = _next(file.read(4), name)
                place = _place(name, number, last=following is None)
                yield vault.open(sealed, place).reveal()
                number += 1
    except (OSError, LianyiError) as error:
        raise ExportFileBroken(where=name) from error
    if number == 0:
        raise ExportFileBroken(where=name)


def _next(head: bytes, name: str) -> int | None:
    """Return how long the next piece is; None: there is none."""
    if not head:
        return None
    length = int.from_bytes(head, "big")
    if len(head) < 4 or length > SEALED_BYTES_MAX:
        raise ExportFileBroken(where=name)
    return length


def _place(name: str, number: int, *, last: bool) -> Place:
    return Place(PURPOSE, f"{name} {number}{' last' if last else ''}")
