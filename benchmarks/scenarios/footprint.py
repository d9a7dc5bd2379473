"""What the platform needs when it does nothing, and how soon it is there."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import asyncpg

from benchmarks import machine
from benchmarks.bench import Bench
from benchmarks.product import Product
from benchmarks.report import Figure, figure
from benchmarks.scenarios.ingest import NOBODY
from benchmarks.traffic import Traffic

IDLE_SECONDS = 10.0
WAL_BYTES = 450_000_000


def first_start(bench: Bench) -> Iterator[Figure]:
    """Measure from the command on an empty folder to readiness and the first acknowledgment."""
    ready: list[float] = []
    taken: list[float] = []
    again: list[float] = []
    for number in range(bench.runs):
        product = Product(bench.work)
        product.channel(NOBODY)
        try:
            began = time.monotonic()
            product.start()
            ready.append(time.monotonic() - began)
            send_one(product.port, number)
            taken.append(time.monotonic() - began)
            product.end()
            began = time.monotonic()
            product.start()
            send_one(product.port, number + 1000)
            again.append(time.monotonic() - began)
        finally:
            product.stop()
    yield figure("first start of an empty system: ready", "s", ready)
    yield figure("first start: first message acknowledged", "s", taken, most=5)
    yield figure("next start: first message acknowledged", "s", again)


def send_one(port: int, number: int) -> None:
    """Send one message, again and again until it is acknowledged."""
    frame = b"\x0b%b\x1c\r" % Traffic(1).message(number, 0, time.time_ns())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)) as peer:
            peer.sendall(frame)
            if b"MSA|AA|" in peer.recv(4096):
                return
        time.sleep(0.02)
    raise RuntimeError("nobody acknowledges")


def idle(bench: Bench) -> Iterator[Figure]:
    """Measure the memory and the processor time of an installation that has nothing to do."""
    with bench.product(NOBODY) as product:
        time.sleep(min(IDLE_SECONDS, 3 * bench.seconds))
        processes = product.processes()
        memory = {name: machine.memory_mb(pids) for name, pids in processes.items()}
        before = machine.cpu_seconds(product.pid, whole_family=True)
        time.sleep(bench.seconds)
        cpu = machine.cpu_seconds(product.pid, whole_family=True) - before
    rss = {name: round(both[0], 1) for name, both in memory.items()}
    pss = {name: round(both[1], 1) for name, both in memory.items()}
    yield figure(
        "idle: whole product, shared memory once (PSS)",
        "MB",
        [sum(pss.values())],
        most=400,
        details={"pss_mb": pss, "rss_mb": rss},
    )
    yield figure("idle: whole product, sum of RSS", "MB", [sum(rss.values())])
    yield figure("idle: processor", "% core", [100 * cpu / bench.seconds])


def database_crash(bench: Bench) -> Iterator[Figure]:
    """Measure how soon the database answers again after kill -9 of all its processes."""
    answers: list[float] = []
    takes: list[float] = []
    replayed: list[float] = []
    with bench.product(NOBODY) as product:
        for number in range(bench.runs):
            product.query("CHECKPOINT")
            start = product.wal_bytes()
            wanted = WAL_BYTES if bench.seconds >= 5 else WAL_BYTES // 10
            while (written := product.wal_bytes() - start) < wanted:
                bench.load(product.port, connections=50, warmup=0, seconds=1)
            replayed.append(written / 1e6)
            victims = machine.family(product.postmaster())
            began = time.monotonic()
            for pid in victims:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            asyncio.run(until_it_answers(product))
            answers.append(time.monotonic() - began)
            send_one(product.port, 900_000_000 + number)
            takes.append(time.monotonic() - began)
    name = "kill -9 of the database, ≤ 0.5 GB of WAL"
    yield figure(f"{name}: it answers", "s", answers, most=3, details={"wal_mb": replayed})
    yield figure(f"{name}: a message is taken", "s", takes)


async def until_it_answers(product: Product) -> None:
    """Ask the database until it answers."""
    while True:
        with suppress(OSError, asyncpg.PostgresError, RuntimeError, TimeoutError):
            connection = await asyncpg.connect(product.dsn(), timeout=2)
            await connection.fetchval("SELECT 1")
            await connection.close()
            return
        await asyncio.sleep(0.02)
