"""What every scenario works with: its time, its folder, generators, sinks and one installation."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.load import Counter
from benchmarks.product import Product

Sample = dict[str, float]


@dataclass
class Loaded:
    """What a generator said, and what was sampled when its window began and ended."""

    said: dict[str, Any]
    before: Sample
    after: Sample

    def per_message_us(self, name: str) -> float:
        """Return sampled processor seconds as microseconds for each message."""
        messages: int = self.said["messages"]
        return 1e6 * (self.after[name] - self.before[name]) / max(messages, 1)


@dataclass
class Bench:
    """The circumstances of a run.

    Attributes:
        seconds: how long each window is.
        runs: how many windows there are for each figure.
        work: a folder on the disk that is measured.
        search_messages: how many messages the search looks through; 0: no search.
        audit_acts: how many acts the audit trail is asked about; 0: no audit.
        soak_minutes: how long the soak lasts; 0: no soak.
        star: a folder of facts that indicators are counted from; None: one is made, a small one.
        patients: how many different ones the messages speak of.
        rates: of floors by name, for shares.
    """

    seconds: float
    runs: int
    work: Path
    search_messages: int = 0
    audit_acts: int = 0
    soak_minutes: float = 0.0
    star: Path | None = None
    patients: int = 2000
    rates: dict[str, float] = field(default_factory=dict)
    _next_number: int = 1

    def load(
        self, port: int, *, sample: Callable[[], Sample] | None = None, **options: object
    ) -> Loaded:
        """Run a generator to its end.

        Args:
            port: where it sends to.
            sample: called when its window begins and when it ends.
            options: of ``benchmarks.load``, by name.
        """
        wanted = {
            "seconds": self.seconds,
            "patients": self.patients,
            "first": self._next_number,
            **options,
        }
        words = [
            word
            for name, value in wanted.items()
            for one in (value if isinstance(value, list) else [value])
            for word in (f"--{name}", str(one))
        ]
        command = [sys.executable, "-m", "benchmarks.load", "--port", str(port), *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as generator:
            out = generator.stdout
            assert out is not None
            out.readline()
            before = sample() if sample else {}
            out.readline()
            after = sample() if sample else {}
            said = json.loads(out.readline())
        self._next_number += said["sent"]
        return Loaded(said, before, after)

    @property
    def last_number(self) -> int:
        """Number of the newest message that a generator has sent."""
        return self._next_number - 1

    def repeat(self, port: int, **options: Any) -> list[Loaded]:
        """Run a generator as often as was asked for; the arguments are those of :meth:`load`."""
        return [self.load(port, **options) for _ in range(self.runs)]

    @contextmanager
    def product(self, *destinations: str, source: str = "connector: mllp") -> Iterator[Product]:
        """Run an installation of its own with one channel, and remove it afterwards."""
        product = Product(self.work)
        try:
            product.channel(*destinations, source=source)
            product.start()
            yield product
        finally:
            product.stop()

    @contextmanager
    def sink(self, *words: str, arrivals: Path | None = None) -> Iterator[Sink]:
        """Run a sink."""
        sink = Sink(self.work, words, arrivals)
        try:
            yield sink
        finally:
            sink.end()


class Sink:
    """A receiver in a process of its own."""

    count = 0

    def __init__(self, work: Path, words: tuple[str, ...], arrivals: Path | None) -> None:
        """Start it."""
        Sink.count += 1
        self.counted = work / f"counter-{Sink.count}"
        self._counter = Counter(self.counted, create=True)
        command = [sys.executable, "-m", "benchmarks.sink", "--counter", str(self.counted), *words]
        if arrivals:
            command += ["--arrivals", str(arrivals)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port = int(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def distinct(self) -> int:
        """How many different messages it has, a few milliseconds ago."""
        return self._counter.value

    def report(self) -> dict[str, Any]:
        """Return what it has counted, and the latencies since the last time."""
        self._process.send_signal(signal.SIGUSR1)
        found: dict[str, Any] = json.loads(self._line())
        return found

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


@contextmanager
def floor(kind: str, *words: str) -> Iterator[int]:
    """Run a floor and give its port."""
    command = [sys.executable, "-m", "benchmarks.floors", kind, *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()
