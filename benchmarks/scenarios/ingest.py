"""Messages in: acknowledged after the commit, and the floors that nothing can beat."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import machine
from benchmarks.bench import Bench, Loaded, floor
from benchmarks.report import Figure, figure

CONNECTIONS = (1, 50, 200)
RATE_TARGETS = {1: 2_500, 50: 25_000, 200: 35_000}
NOBODY = 'name: nobody, connector: mllp, address: "127.0.0.1:9", filter: { event: NEVER }'


def floors(bench: Bench) -> Iterator[Figure]:
    """Measure the disk, a receiver that keeps nothing, and one that keeps a plain file."""
    values = [machine.syncs_per_second(bench.work, seconds=1) for _ in range(bench.runs)]
    yield figure("disk: fdatasync of 8 KB", "/s", values)
    segment_path = bench.work / "segment"
    for name, kind, words in (
        ("null server", "null", ()),
        ("segment file", "segment", (str(segment_path),)),
    ):
        with floor(kind, *words) as port:
            for connections in CONNECTIONS:
                loads = bench.repeat(port, connections=connections)
                found = rate(f"floor: {name}, {connections} connections", loads)
                bench.rates[f"{name} {connections}"] = found.median
                yield found
    segment_path.unlink(missing_ok=True)


def ingest(bench: Bench) -> Iterator[Figure]:
    """Measure durable ingest over MLLP; nobody wants the messages."""
    with bench.product(NOBODY) as product:
        for connections in CONNECTIONS:
            name = f"durable ingest, {connections} connections"
            loads = bench.repeat(product.port, sample=product.cpu, connections=connections)
            found = rate(name, loads, least=RATE_TARGETS[connections])
            for known in ("null server", "segment file"):
                if f"{known} {connections}" in bench.rates:
                    found.floors[known] = found.median / bench.rates[f"{known} {connections}"]
            yield found
            yield figure(
                f"{name}: p50",
                "ms",
                [one.said["p50_ms"] for one in loads],
                most=0.4 if connections == 1 else None,
            )
            yield figure(
                f"{name}: p99",
                "ms",
                [one.said["p99_ms"] for one in loads],
                most=5 if connections == 50 else None,
            )
            for who in ("intake", "database"):
                yield figure(
                    f"{name}: CPU {who}", "µs/msg", [one.per_message_us(who) for one in loads]
                )
        yield figure("ingest: memory of intake", "MB", [product.rss_mb()["intake"]], most=80)


def over_http(bench: Bench) -> Iterator[Figure]:
    """Measure durable ingest over HTTP, one request outstanding on each kept connection."""
    with bench.product(NOBODY, source="connector: http, path: /in") as product:
        loads = bench.repeat(product.port, sample=product.cpu, connections=50, http="/in")
        yield rate("durable HTTP POST, 50 connections", loads, least=10_000)
        yield figure("durable HTTP POST: p99", "ms", [one.said["p99_ms"] for one in loads])
        yield figure(
            "durable HTTP POST: CPU intake",
            "µs/msg",
            [one.per_message_us("intake") for one in loads],
        )


def rate(name: str, loads: list[Loaded], *, least: float | None = None) -> Figure:
    """Return messages a second; a message that was not taken is told in the details."""
    return figure(
        name,
        "msg/s",
        [one.said["per_second"] for one in loads],
        least=least,
        details={"loads": [one.said for one in loads]},
    )
