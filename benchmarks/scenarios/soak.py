"""A long time at a steady rate: memory, latency and counters."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.bench import Bench
from benchmarks.product import CHANNEL, Product
from benchmarks.report import Figure, figure
from benchmarks.scenarios.delivery import Hospital

RATE = 500
LOOK_SECONDS = 10.0
SHOWN_SECONDS = 15.0
SETTLING_SHARE = 0.1


def soak(bench: Bench) -> Iterator[Figure]:
    """Measure whether anything grows that should not."""
    if not bench.soak_minutes:
        return
    seconds = bench.soak_minutes * 60
    memory: dict[str, list[tuple[float, float]]] = {}
    latencies: list[tuple[float, float]] = []
    with ExitStack() as stack:
        house = Hospital(bench, stack)
        ended = threading.Event()

        def watch() -> None:
            began = time.monotonic()
            while not ended.wait(LOOK_SECONDS):
                hours = (time.monotonic() - began) / 3600
                for name, size in house.product.rss_mb().items():
                    memory.setdefault(name, []).append((hours, size))
                latencies.append((hours, max(s.report()["p99_ms"] for s in house.healthy)))

        watching = threading.Thread(target=watch)
        watching.start()
        load = bench.load(house.product.port, connections=20, rate=RATE, seconds=seconds)
        all_there = house.settle()
        ended.set()
        watching.join()
        reports = [sink.report() for sink in house.healthy]
        sent = bench.last_number - house.first
        counters = counted(house.product, sent)
    name = f"soak, {bench.soak_minutes:g} min at {RATE}/s"
    for who in ("intake", "deliver", "api", "learn"):
        details = {"mb": [round(size, 1) for _, size in memory[who]]}
        yield figure(
            f"{name}: memory of {who}", "MB/h", [slope(memory[who])], most=1, details=details
        )
    yield figure(f"{name}: memory of database", "MB/h", [slope(memory["database"])])
    early, late = halves(latencies)
    yield figure(f"{name}: due to delivered, p99, first half", "ms", [early])
    yield figure(
        f"{name}: due to delivered, p99, second half", "ms", [late], most=max(1.2 * early, 5)
    )
    wrong = sum(abs(count - sent) for count in counters.values())
    wrong += sum(abs(one["distinct"] - sent) + one["repeated"] for one in reports)
    yield figure(
        f"{name}: counters that differ from what was sent",
        "msg",
        [wrong],
        most=0,
        details={
            "sent": sent,
            "all_delivered": all_there,
            "counters": counters,
            "sinks": reports,
            "load": load.said,
        },
    )


def counted(product: Product, sent: int) -> dict[str, int]:
    """Return what the platform has counted, once it agrees or a while has passed."""
    deadline = time.monotonic() + SHOWN_SECONDS
    while True:
        card = product.api("GET", f"/channels/{CHANNEL}")
        healthy = [one for one in card["destinations"] if one["name"] in ("emr", "lis")]
        counters = {one["name"]: int(one["delivered"]) for one in healthy}
        counters["received"] = int(card["received"])
        if set(counters.values()) == {sent} or time.monotonic() > deadline:
            return counters
        time.sleep(0.5)


def slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of a straight line through the points, after a while of settling."""
    settled = points[int(SETTLING_SHARE * len(points)) :]
    if len(settled) < 2:
        return 0.0
    return statistics.linear_regression(*zip(*settled, strict=True)).slope


def halves(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the median of the first and of the second half."""
    values = [value for _, value in points]
    middle = len(values) // 2
    return statistics.median(values[: max(middle, 1)]), statistics.median(values[middle:] or [0.0])
