"""A generator of load over MLLP or HTTP, in a process of its own.

    python -m benchmarks.load --port 6661 --connections 50 --seconds 10
    python -m benchmarks.load --port 6661 --rate 2000

Without ``--rate`` it is a closed loop: each connection keeps ``--outstanding`` messages on their
way. With it the loop is open: every message has a moment at which it is due, nobody waits for
answers, and latency counts from that moment, so that a stall is felt by all that were due in it.
With ``--follow`` (a counter that a sink keeps) a closed loop rests while the sink is more than
``--lag`` messages behind, so that what flows in is what flows out.

Messages of one patient always take the same connection, so they have an order. Prints a line
``measuring`` when the warm-up is over, ``measured`` at the end, and then one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import mmap
import struct
import time
from array import array
from collections import deque
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks.traffic import Traffic

TICK_SECONDS = 0.001
DRAIN_SECONDS = 15.0


class Counter:
    """A number that one process writes and others read: eight bytes of a file in memory."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open it, or make it with the value 0."""
        if create:
            path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    @property
    def value(self) -> int:
        """Return the number."""
        return int(struct.unpack_from("<q", self._map)[0])

    @value.setter
    def value(self, number: int) -> None:
        struct.pack_into("<q", self._map, 0, number)


class Line(asyncio.Protocol):
    """One connection of the generator."""

    def __init__(self, load: Load, place: int) -> None:
        self._load = load
        self._place = place
        self._patients = range(place % load.traffic.patients, load.traffic.patients, load.lines_max)
        self._sent = 0
        self._buffer = b""
        self.due: deque[int] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be connected."""
        self._transport: Any = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Count what will never be answered."""
        self._load.lost += len(self.due)
        self.due.clear()

    def send(self, due_ns: int) -> None:
        """Send the next message of this connection."""
        patient = self._patients[self._sent % len(self._patients)]
        self._sent += 1
        self.due.append(due_ns)
        self._transport.write(self._load.frame(patient, due_ns))

    def data_received(self, data: bytes) -> None:
        """Cut the stream into answers."""
        buffer = self._buffer + data if self._buffer else data
        while buffer and (end := self._load.answer_end(buffer)) > 0:
            self._load.answered(self, buffer[:end])
            buffer = buffer[end:]
        self._buffer = buffer

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Load:
    """All connections, and what they measured."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.traffic = Traffic(options.patients)
        self.lines_max = options.connections
        self.number = options.first
        self.taken = self.refused = self.lost = 0
        self.latencies = array("q")
        self.late = array("q")
        self.measuring = self.stopping = False
        self._resting: deque[Line] = deque()
        self._follow = [Counter(path) for path in options.follow]
        self._base = [counter.value for counter in self._follow]
        self._http_head = (
            f"POST {options.http} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            "content-type: x-application/hl7-v2+er7\r\ncontent-length: "
        ).encode()

    def frame(self, patient: int, due_ns: int) -> bytes:
        """Return the next message, framed."""
        body = self.traffic.message(self.number, patient, due_ns)
        self.number += 1
        if self.options.http:
            return b"%b%d\r\n\r\n%b" % (self._http_head, len(body), body)
        return b"\x0b%b\x1c\r" % body

    def answer_end(self, buffer: bytes) -> int:
        """Return where the first answer ends; 0 when it is not complete."""
        if not self.options.http:
            return buffer.find(b"\x1c\r") + 2 if b"\x1c\r" in buffer else 0
        head = buffer.find(b"\r\n\r\n")
        if head < 0:
            return 0
        at = buffer[:head].lower().find(b"content-length:")
        end = head + 4 + int(buffer[at + 15 : head].split(b"\r\n", 1)[0])
        return end if len(buffer) >= end else 0

    def answered(self, line: Line, answer: bytes) -> None:
        """Note an answer; in a closed loop send the next message."""
        now = time.time_ns()
        due = line.due.popleft()
        if b"MSA|AA|" in answer or b"MSA|CA|" in answer:
            self.taken += 1
        else:
            self.refused += 1
        if self.measuring:
            self.latencies.append(now - due)
        if not self.options.rate and not self.stopping:
            if self._follow and self._behind() > self.options.lag:
                self._resting.append(line)
            else:
                line.send(time.time_ns())

    def _behind(self) -> int:
        sent: int = self.number - self.options.first
        delivered = min(
            counter.value - base for counter, base in zip(self._follow, self._base, strict=True)
        )
        return sent - delivered

    async def run(self) -> dict[str, object]:
        """Connect, warm up, measure, wait for the last answers, and say how it went."""
        options = self.options
        loop = asyncio.get_running_loop()
        lines: list[Line] = []
        for place in range(options.connections):
            _, line = await loop.create_connection(
                partial(Line, self, place), "127.0.0.1", options.port
            )
            lines.append(line)
        pacing = asyncio.create_task(self._pace(lines) if options.rate else self._rest())
        if not options.rate:
            for line in lines:
                for _ in range(options.outstanding):
                    line.send(time.time_ns())
        await asyncio.sleep(options.warmup)
        print("measuring", flush=True)
        self.measuring = True
        began, taken, cpu = time.perf_counter(), self.taken, time.process_time()
        await self._until(began + options.seconds)
        seconds = time.perf_counter() - began
        taken, cpu = self.taken - taken, time.process_time() - cpu
        print("measured", flush=True)
        self.measuring, self.stopping = False, True
        pacing.cancel()
        deadline = time.perf_counter() + DRAIN_SECONDS
        while any(line.due for line in lines) and time.perf_counter() < deadline:
            await asyncio.sleep(0.01)
        unanswered = sum(len(line.due) for line in lines)
        for line in lines:
            line.close()
        return {
            "per_second": round(taken / seconds, 1),
            "messages": taken,
            "seconds": round(seconds, 3),
            **{f"{name}_ms": value for name, value in percentiles(self.latencies).items()},
            "sent": self.number - options.first,
            "taken": self.taken,
            "refused": self.refused,
            "unanswered": unanswered + self.lost,
            "generator_cpu_us": round(1e6 * cpu / max(taken, 1), 1),
            "sent_late_p99_ms": percentiles(self.late)["p99"],
        }

    async def _until(self, end: float) -> None:
        while time.perf_counter() < end and not self._enough():
            await asyncio.sleep(min(0.05, max(end - time.perf_counter(), 0)))

    def _enough(self) -> bool:
        wanted: int = self.options.messages
        return bool(wanted) and self.number - self.options.first >= wanted

    async def _pace(self, lines: list[Line]) -> None:
        """Send each message when it is due, whatever happened to those before."""
        interval_ns = 1e9 / self.options.rate
        start = time.time_ns()
        count = 0
        while not self.stopping:
            now = time.time_ns()
            while (due := start + int(count * interval_ns)) <= now:
                if self.measuring:
                    self.late.append(now - due)
                lines[count % len(lines)].send(due)
                count += 1
            await asyncio.sleep(TICK_SECONDS)

    async def _rest(self) -> None:
        """Let connections go on that rested because a sink was behind."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            while self._resting and self._behind() <= self.options.lag:
                self._resting.popleft().send(time.time_ns())


def percentiles(nanoseconds: Iterable[int]) -> dict[str, float]:
    """Return p50, p90, p99, p999 and max in milliseconds; zeros when there is nothing."""
    ordered = sorted(nanoseconds)
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999, "max": 1.0}
    if not ordered:
        return dict.fromkeys(shares, 0.0)
    last = len(ordered) - 1
    return {
        name: round(ordered[min(int(share * len(ordered)), last)] / 1e6, 3)
        for name, share in shares.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--http", default="", help="path; POST over HTTP instead of MLLP")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--outstanding", type=int, default=1, help="per connection, closed loop")
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second, open loop")
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--first", type=int, default=1, help="number of the first message")
    parser.add_argument("--messages", type=int, default=0, help="end after so many")
    parser.add_argument("--warmup", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--follow", type=Path, action="append", default=[])
    parser.add_argument("--lag", type=int, default=5000)
    options = parser.parse_args()
    print(json.dumps(uvloop.run(Load(options).run())))


if __name__ == "__main__":
    main()
