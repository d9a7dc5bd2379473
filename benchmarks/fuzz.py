"""Mutate real messages and feed them to everything that reads bytes from strangers.

An exception that is not a :class:`~lianyi.base.errors.LianyiError` is a failure: the input is
saved. So is one that takes longer than a second. ``python -m benchmarks.fuzz --seconds 60``.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.faults.neighbours import message
from lianyi.base.clock import SteppedClock
from lianyi.base.errors import LianyiError
from lianyi.channels.compiled import CompiledChannel, compile_channel
from lianyi.channels.intake import Intake
from lianyi.channels.loading import load_channel
from lianyi.channels.recent import RecentMessages
from lianyi.connectors.connector import Answer, Arrival
from lianyi.connectors.mllp.framing import Deframer
from lianyi.formats import hl7v2
from lianyi.messagelog import NewMessage, Position

REPOSITORY = Path(__file__).parents[1]
SLOWEST_SECONDS = 1.0
SEED_BYTES_MAX = 20_000
AT = datetime(2026, 3, 1, tzinfo=UTC)
PATHS = ("MSH-9", "PID-3.1", "PID-5[2].1.1", "OBX-5", "OBX[3]-5.2", "ZZZ-99.9.9", "PV1-19")

CHANNEL = """
channel: fuzzed
description: 模糊测试通道
source: { connector: mllp, port: 1, default_codec: gb18030 }
gate: { structure: warn, rules: [{ path: PID-3.1, required: true, otherwise: hold }] }
destinations:
  - name: changed
    connector: mllp
    address: 127.0.0.1:1
    filter: { event: [ADT^*] }
    transform:
      - set: { MSH-5: "{PID-5.1}", PID-8: M }
      - drop_segment: [NK1]
examples:
  - { name: an admission arrives, event: ADT^A01, delivered_to: [changed] }
"""


@dataclass
class FuzzReport:
    """What a run of fuzzing came to."""

    inputs: int = 0
    by_target: dict[str, int] = field(default_factory=dict)
    slowest_seconds: float = 0.0
    slowest_target: str = ""
    failures: list[str] = field(default_factory=list)

    def lines(self, seconds: float) -> list[str]:
        """Return the report as text."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return [
            f"{self.inputs} inputs, {self.inputs / max(seconds, 1e-9):.0f}/s, {self.by_target}",
            f"slowest {self.slowest_seconds:.3f} s ({self.slowest_target}), peak memory {peak} MB",
            *self.failures[:10],
            f"{len(self.failures)} failures",
        ]


# --- what is fuzzed -------------------------------------------------------------------------


def read_stream(data: bytes, dice: random.Random) -> None:
    """Cut a stream into messages, whatever way it arrives in pieces."""
    whole = Deframer(size_limit_bytes=50_000)
    pieces = Deframer(size_limit_bytes=50_000)
    found, at = [], 0
    while at < len(data):
        step = dice.randrange(1, 200)
        found += pieces.feed(data[at : at + step])
        at += step
    assert whole.feed(data) == found, "the pieces of a stream give other messages than the whole"
    assert pieces.kept_bytes <= 50_000
    whole.finish()


def read_message(data: bytes, dice: random.Random) -> None:
    """Read, look around, change, write; what was not changed comes back byte for byte."""
    parsed = hl7v2.parse(data, default_codec="gb18030")
    for path in PATHS:
        parsed.get(path)
        parsed.get_all(path)
    hl7v2.judge(parsed)
    hl7v2.browse_keys(parsed)
    hl7v2.tree(parsed)
    parsed.encode()
    parsed.set(dice.choice(PATHS[1:]), "试验|^~\\&\r")
    parsed.encode()


def look_at_message(data: bytes, dice: random.Random) -> None:
    """Where one look is enough it has seen what reading sees."""
    for default_codec in ("gb18030", "utf-8"):
        glance = hl7v2.Glancer(default_codec=default_codec).look(data)
        if glance is not None:
            message = hl7v2.parse(data, default_codec=default_codec)
            assert glance.header == message.header, "a look saw another header"
            assert glance.keys == hl7v2.listed_keys(message), "a look saw other keys"
            glance.form.acknowledge("AA", at=AT, theirs=glance.control_id, ours="LY1")


def read_batch(data: bytes, dice: random.Random) -> None:
    """Split what may be a batch."""
    for one in hl7v2.split_batch(data).messages:
        hl7v2.read_header(one)


def read_answer(data: bytes, dice: random.Random) -> None:
    """Read an acknowledgment and write one."""
    hl7v2.read_acknowledgment(data)
    hl7v2.acknowledge(hl7v2.read_header(data), code="AE", at=AT, control_id="LY1")


class _Appender:
    """Takes every message at once."""

    shard, end, waiting_bytes = 1, 0, 0

    def append(self, message: NewMessage, done: Callable[..., None]) -> None:
        """Give the next position."""
        self.end += 1
        done(Position(1, self.end), None)

    async def close(self) -> None:
        """There is nothing to close."""


class Receiving:
    """The whole way in: from bytes to the log and to the answer."""

    def __init__(self) -> None:
        definition = load_channel(CHANNEL, "fuzzed.yaml", None)
        self._channel: CompiledChannel = compile_channel(definition, None)
        appender = _Appender()
        self._intake = Intake(
            self._channel,
            channel_number=1,
            recent=RecentMessages(1, 1000),
            clock=SteppedClock(AT),
            refuses=lambda: None,
            appender=lambda: appender,  # type: ignore[arg-type, return-value]
        )

    def __call__(self, data: bytes, dice: random.Random) -> None:
        """Receive once; then filter and transform as a destination does."""
        answers: list[Answer] = []
        self._intake.receive(Arrival(data, "fuzz"), answers.append)
        assert len(answers) == 1, "there is exactly one answer"
        content = self._channel.open(data)
        destination = self._channel.destinations[0]
        if destination.wants(content):
            destination.order_key(content)
            destination.transform(content)


TARGETS: tuple[tuple[str, Callable[[bytes, random.Random], None]], ...] = (
    ("stream", read_stream),
    ("message", read_message),
    ("look", look_at_message),
    ("batch", read_batch),
    ("answer", read_answer),
    ("intake", Receiving()),
)

# --- inputs ---------------------------------------------------------------------------------


def seeds() -> list[bytes]:
    """Return messages to begin from: invented ones, and real ones where they are at hand."""
    shared = Path(os.environ.get("LIANYI_SHARED", REPOSITORY.parent / "shared"))
    found = [message(f"F{n}", str(n), event=event) for n, event in enumerate(("A01", "A08", "A40"))]
    found += [
        b"MSH|^~\\&|R|R|||20260301||ACK|1|P|2.5.1\rMSA|AE|F1|no\rERR||PID^1^3|101|E\r",
        b"FHS|^~\\&|\rBHS|^~\\&|\r" + found[0] + found[1] + b"BTS|2\rFTS|1\r",
        found[0].replace(b"|2.4\r", b"|2.5||||||GB 18030-2000\r"),
        b"\x0b" + found[0] + b"\x1c\r\x0b" + found[1] + b"\x1c\r",
    ]
    folder = shared / "data" / "hl7v2"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.suffix.lower() in (".hl7", ".txt") and path.stat().st_size < SEED_BYTES_MAX:
            found.append(path.read_bytes())
    return found


SPLINTERS: Sequence[bytes] = (
    b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x0b", b"\x1c", b"\x1c\r", b"\x00", b"\xff",
    b"MSH|^~\\&|", b"\rPID|", b"\rZZZ|", b"\\.br\\", b"\\X0D\\", b"\\E\\", b"\xef\xbb\xbf",
    "试".encode("gb18030"), "验".encode(), b"\xff\xfe", b"||||||||||", b"9" * 40, b"\\H", b"MSH",
)  # fmt: skip


def mutate(data: bytes, others: Sequence[bytes], dice: random.Random) -> bytes:
    """Return a message that is wrong in one or a few places."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        at = dice.randrange(len(changed) + 1)
        kind = dice.randrange(7)
        if kind == 0:
            changed[at:at] = dice.choice(SPLINTERS)
        elif kind == 1:
            del changed[at : at + dice.choice((1, 1, 4, 30, 300))]
        elif kind == 2 and changed:
            changed[at % len(changed)] = dice.randrange(256)
        elif kind == 3:
            changed[at:at] = changed[at : at + dice.randrange(1, 60)] * dice.choice((1, 2, 50))
        elif kind == 4:
            other = dice.choice(others)
            begin = dice.randrange(len(other) + 1)
            changed[at:] = other[begin : begin + 2000]
        elif kind == 5 and len(changed) > 12:
            changed[3 + dice.randrange(6)] = dice.randrange(256)  # the delimiters
        else:
            changed[at:at] = dice.randbytes(dice.randrange(1, 8))
    return bytes(changed[:100_000])


def fuzz(*, inputs: int, seconds: float, seed: int, save_to: Path | None = None) -> FuzzReport:
    """Fuzz until so many inputs or so many seconds, whichever is first; 0 is no limit.

    Args:
        inputs: at most.
        seconds: at most.
        seed: chooses everything.
        save_to: folder for inputs that fail.
    """
    dice, report, corpus = random.Random(seed), FuzzReport(), seeds()
    until = time.perf_counter() + seconds if seconds else float("inf")
    while (not inputs or report.inputs < inputs) and time.perf_counter() < until:
        data = mutate(dice.choice(corpus), corpus, dice)
        name, target = TARGETS[report.inputs % len(TARGETS)]
        report.inputs += 1
        report.by_target[name] = report.by_target.get(name, 0) + 1
        began = time.perf_counter()
        try:
            target(data, dice)
        except LianyiError as foreseen:
            foreseen.text("zh")
        except Exception:  # noqa: BLE001 - that is what is looked for
            _fail(report, name, data, traceback.format_exc(limit=-3), save_to)
        took = time.perf_counter() - began
        if took > report.slowest_seconds:
            report.slowest_seconds, report.slowest_target = took, name
        if took > SLOWEST_SECONDS:
            _fail(report, name, data, f"took {took:.1f} s", save_to)
    return report


def _fail(report: FuzzReport, name: str, data: bytes, why: str, save_to: Path | None) -> None:
    report.failures.append(f"{name}: {why}")
    if save_to is not None:
        save_to.mkdir(parents=True, exist_ok=True)
        (save_to / f"{name}-{len(report.failures)}.bin").write_bytes(data)


def run(*, inputs: int, seconds: float, seed: int) -> int:
    """Run and print; return the exit code."""
    began = time.perf_counter()
    folder = REPOSITORY / "benchmarks" / "results" / "fuzz"
    report = fuzz(inputs=inputs, seconds=seconds, seed=seed, save_to=folder)
    print("\n".join(report.lines(time.perf_counter() - began)))
    return 1 if report.failures else 0


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    return run(inputs=given.inputs, seconds=given.seconds, seed=given.seed)


if __name__ == "__main__":
    sys.exit(main())
