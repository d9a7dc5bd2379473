"""Receivers over MLLP, in a process of their own: they answer fast and count exactly.

    python -m benchmarks.sink [--mode answer|hang|slow] [--delay 0.01] [--refuse 0.01]
                              [--counter FILE] [--arrivals FILE]

Prints its port, then on SIGUSR1 and at its end one JSON line: messages, how many distinct ones,
how many came again, how many out of the order of their patient, and the latency from the moment
they were due at the generator, since the line before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import time
from array import array
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.load import Counter, percentiles
from benchmarks.traffic import read_mark

COUNT_EVERY_SECONDS = 0.005


class Books:
    """What came in."""

    def __init__(self, arrivals: Path | None) -> None:
        self.received = self.distinct = self.repeated = self.disordered = self.refused = 0
        self.first_ns = self.last_ns = 0
        self._seen = bytearray()
        self._newest: dict[int, int] = {}
        self._latencies = array("q")
        self._arrivals = arrivals.open("w") if arrivals else None

    def enter(self, message: bytes, now: int) -> None:
        """Count one message."""
        number, patient, due = read_mark(message)
        self.received += 1
        self.first_ns = self.first_ns or now
        self.last_ns = now
        if number >= len(self._seen):
            self._seen.extend(bytes(number + 1_000_000 - len(self._seen)))
        if self._seen[number]:
            self.repeated += 1
            return
        self._seen[number] = 1
        self.distinct += 1
        if self._newest.get(patient, -1) > number:
            self.disordered += 1
        self._newest[patient] = number
        self._latencies.append(now - due)
        if self._arrivals:
            self._arrivals.write(f"{number} {now}\n")

    def report(self) -> str:
        """Return everything as JSON; latencies and the span begin anew."""
        if self._arrivals:
            self._arrivals.flush()
        found = {
            "received": self.received,
            "distinct": self.distinct,
            "repeated": self.repeated,
            "disordered": self.disordered,
            "refused": self.refused,
            "first_ns": self.first_ns,
            "last_ns": self.last_ns,
            **{f"{name}_ms": value for name, value in percentiles(self._latencies).items()},
        }
        self._latencies = array("q")
        self.first_ns = 0
        return json.dumps(found)


class Receiver(asyncio.Protocol):
    """One connection to the sink."""

    def __init__(self, books: Books, options: argparse.Namespace) -> None:
        self._books = books
        self._options = options
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be connected."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages."""
        if self._options.mode == "hang":
            return
        buffer = self._buffer + data if self._buffer else data
        now = time.time_ns()
        while (end := buffer.find(b"\x1c\r")) >= 0:
            self._take(buffer[buffer.index(b"\x0b") + 1 : end], now)
            buffer = buffer[end + 2 :]
        self._buffer = buffer

    def _take(self, message: bytes, now: int) -> None:
        books, options = self._books, self._options
        control_id = message.split(b"|", 10)[9]
        code = b"AA"
        if options.refuse and random.random() < options.refuse:
            books.refused += 1
            code = b"AE"
        else:
            books.enter(message, now)
        answer = (
            b"\x0bMSH|^~\\&|SINK|BENCH|ESB|BENCH|20260302084140||ACK|A%b|P|2.5\rMSA|%b|%b\r\x1c\r"
            % (control_id, code, control_id)
        )
        if options.mode == "slow":
            asyncio.get_running_loop().call_later(options.delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def receive(options: argparse.Namespace) -> None:
    """Be the sink until a signal comes."""
    loop = asyncio.get_running_loop()
    books = Books(options.arrivals)
    counter = Counter(options.counter) if options.counter else None
    ended = asyncio.Event()
    server = await loop.create_server(
        lambda: Receiver(books, options), "127.0.0.1", options.port, backlog=1024
    )
    loop.add_signal_handler(signal.SIGUSR1, lambda: print(books.report(), flush=True))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    while not ended.is_set():
        if counter:
            counter.value = books.distinct
        await asyncio.sleep(COUNT_EVERY_SECONDS if counter else 0.2)
    print(books.report(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--mode", choices=["answer", "hang", "slow"], default="answer")
    parser.add_argument("--delay", type=float, default=0.01)
    parser.add_argument("--refuse", type=float, default=0.0)
    parser.add_argument("--counter", type=Path)
    parser.add_argument("--arrivals", type=Path, help="gets one line for each: number, nanoseconds")
    uvloop.run(receive(parser.parse_args()))


if __name__ == "__main__":
    main()
