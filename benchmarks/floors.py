"""What nothing can beat here: receivers that do less than the platform.

    python -m benchmarks.floors null
    python -m benchmarks.floors segment FILE

``null`` frames and acknowledges with the platform's own MLLP source and keeps nothing. ``segment``
also appends length, CRC and bytes to a file and answers after ``fdatasync``; all that arrived while
one ran shares the next. Prints its port and serves until it is terminated.
"""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor

import uvloop

from lianyi.connectors.connector import Answer, Arrival, Reply
from lianyi.connectors.registry import build_source

ACK = b"MSH|^~\\&|ESB|BENCH|HIS|BENCH|20260302084140||ACK|%b|P|2.5.1\rMSA|AA|%b\r"


def acknowledge(body: bytes) -> Answer:
    """Return the shortest answer that is one."""
    control_id = body.split(b"|", 10)[9]
    return Answer(ACK % (control_id, control_id))


def receive_null(arrival: Arrival, reply: Reply) -> None:
    """Answer at once."""
    reply(acknowledge(arrival.body))


class SegmentFile:
    """A file that grows by batches, each made durable as one."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        self._waiting: list[tuple[Arrival, Reply]] = []
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(max_workers=1)

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        """Take a message for the next batch."""
        self._waiting.append((arrival, reply))
        self._wake.set()

    async def write(self) -> None:
        """Write batch after batch."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            data = b"".join(
                struct.pack("<II", len(arrival.body), zlib.crc32(arrival.body)) + arrival.body
                for arrival, _ in batch
            )
            await loop.run_in_executor(self._thread, self._keep, data)
            for arrival, reply in batch:
                reply(acknowledge(arrival.body))

    def _keep(self, data: bytes) -> None:
        os.write(self._handle, data)
        os.fdatasync(self._handle)


async def serve(kind: str, path: str) -> None:
    """Serve until a signal comes."""
    ended = asyncio.Event()
    receive = receive_null
    if kind == "segment":
        segment = SegmentFile(path)
        receive = segment.receive
        writing = asyncio.create_task(segment.write())
        writing.add_done_callback(lambda _: ended.set())
    source = build_source("mllp", {"port": 0}, receive, print)
    await source.start()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    print(source.address.rpartition(":")[2], flush=True)
    await ended.wait()
    await source.stop(grace_seconds=0)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""))
