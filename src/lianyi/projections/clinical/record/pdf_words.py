"""The words of PDF documents, for whoever looks for some in a record.

Each file is read once, in a process that may be killed, and its words are remembered by the digest
of its bytes, as long as there is room. A hostile file costs some seconds, once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections import OrderedDict
from contextlib import suppress

import structlog

from lianyi.projections.clinical.record import pdf_process

log = structlog.get_logger(__name__)

FILE_BYTES_MAX = 32 * 1024 * 1024
SECONDS_MAX = 20.0
AT_ONCE = 2
REMEMBERED_BYTES = 64 * 1024 * 1024


class PdfWords:
    """Reads PDFs apart, few at once."""

    def __init__(self) -> None:
        """Begin without any."""
        self._room = asyncio.Semaphore(AT_ONCE)
        self._known: OrderedDict[bytes, str | None] = OrderedDict()
        self._bytes = 0

    async def of(self, data: bytes) -> str | None:
        """Return the words of a PDF in lower case; None: none can be read.

        Args:
            data: the file.
        """
        if len(data) > FILE_BYTES_MAX:
            return None
        digest = hashlib.sha256(data).digest()
        if digest not in self._known:
            async with self._room:
                if digest not in self._known:
                    self._remember(digest, await _read(data))
        self._known.move_to_end(digest)
        return self._known[digest]

    def _remember(self, digest: bytes, words: str | None) -> None:
        self._known[digest] = words
        self._bytes += len(words or "") * 2
        while self._bytes > REMEMBERED_BYTES and len(self._known) > 1:
            _, gone = self._known.popitem(last=False)
            self._bytes -= len(gone or "") * 2


async def _read(data: bytes) -> str | None:
    """Read one PDF in a process of its own; whatever happens there, it ends in time."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        pdf_process.__name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"LANG": "C.UTF-8", "PATH": os.defpath},
        close_fds=True,
    )
    try:
        async with asyncio.timeout(SECONDS_MAX):
            told, _ = await process.communicate(data)
    except TimeoutError:
        log.warning("pdf.slow", bytes=len(data))
        return None
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        log.info("pdf.unreadable", bytes=len(data), exit_code=process.returncode)
        return None
    return told.decode("utf-8", "replace").casefold()
