"""Messages through: in, kept, transformed, delivered, receipts kept, with one receiver hanging."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import asyncpg

from benchmarks.bench import Bench, Loaded, Sink
from benchmarks.load import percentiles
from benchmarks.product import CHANNEL, Product
from benchmarks.report import Figure, figure
from benchmarks.traffic import control_id

SNAPSHOT_SECONDS = 60.0
PACED_RATE = 2_000
CATCH_UP_SECONDS = 3.0


def destination(name: str, sink: Sink, *, order_by: str = "patient", lanes: int = 8) -> str:
    """Return a destination with one simple step."""
    return (
        f'name: {name}, connector: mllp, address: "{sink.address}", order_by: {order_by},'
        f" lanes: {lanes}, transform: [ {{ set: {{ MSH-5: {name.upper()} }} }} ]"
    )


class Hospital:
    """An installation with two healthy receivers and a third that is healthy or hangs."""

    def __init__(
        self,
        bench: Bench,
        stack: ExitStack,
        *,
        third: str = "hang",
        order_by: str = "patient",
        arrivals: Sequence[Path | None] = (None, None),
    ) -> None:
        """Start everything, let a few messages through; the stack ends it."""
        self.bench = bench
        self.first = bench.last_number
        self.healthy = [stack.enter_context(bench.sink(arrivals=path)) for path in arrivals]
        other = stack.enter_context(bench.sink("--mode", third))
        self.product: Product = stack.enter_context(
            bench.product(
                *(
                    destination(name, sink, order_by=order_by)
                    for name, sink in zip(
                        ("emr", "lis", "gate"), (*self.healthy, other), strict=True
                    )
                )
            )
        )
        bench.load(self.product.port, connections=8, messages=200, warmup=0, seconds=20)
        self.settle()  # from here on everybody is awake and connected
        for sink in self.healthy:
            sink.report()

    def sample(self) -> dict[str, float]:
        """Return what is compared before and after."""
        return {
            **self.product.cpu(),
            "wal": self.product.wal_bytes(),
            "delivered": sum(sink.distinct for sink in self.healthy),
            "at": time.monotonic(),
        }

    def saturate(self, **options: object) -> Loaded:
        """Send as much as the healthy destinations keep up with."""
        follow = [sink.counted for sink in self.healthy]
        wanted = {"connections": 50, "follow": follow, **options}
        return self.bench.load(self.product.port, sample=self.sample, **wanted)

    def settle(self, seconds: float = 60.0) -> bool:
        """Wait until the healthy destinations have everything; tell whether they do."""
        deadline = time.monotonic() + seconds
        while min(sink.distinct for sink in self.healthy) < self.bench.last_number - self.first:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def deliveries_per_second(one: Loaded) -> float:
    """Return deliveries a second while the generator measured."""
    return (one.after["delivered"] - one.before["delivered"]) / (one.after["at"] - one.before["at"])


def end_to_end(bench: Bench) -> Iterator[Figure]:
    """Measure three destinations, receipts, one step, the third hanging for ever."""
    for order_by, suffix in (("patient", ""), ("none", ", no order")):
        with ExitStack() as stack:
            house = Hospital(bench, stack, order_by=order_by)
            loads = [house.saturate() for _ in range(bench.runs)]
            all_there = house.settle()
            reports = [sink.report() for sink in house.healthy]
            name = f"end to end{suffix}"
            counts = {
                "sinks": reports,
                "all_delivered": all_there,
                "loads": [one.said for one in loads],
            }
            rates = [one.said["per_second"] for one in loads]
            yield figure(f"{name}: in", "msg/s", rates, least=12_000, details=counts)
            yield figure(
                f"{name}: deliveries", "/s", map(deliveries_per_second, loads), least=24_000
            )
            yield figure(
                f"{name}: out of order or twice",
                "msg",
                [sum(r["repeated"] + (r["disordered"] if not suffix else 0) for r in reports)],
                most=0,
            )
            if suffix:
                continue
            for who in ("intake", "deliver", "database"):
                yield figure(
                    f"{name}: CPU {who}", "µs/msg", [one.per_message_us(who) for one in loads]
                )
            wal = [(o.after["wal"] - o.before["wal"]) / o.said["messages"] / 1000 for o in loads]
            yield figure(f"{name}: WAL", "KB/msg", wal, most=1.5)
            memory = house.product.rss_mb()
            yield figure(f"{name}: memory of intake", "MB", [memory["intake"]], most=80)
            yield figure(
                f"{name}: memory of deliver", "MB", [memory["deliver"]], most=100, details=memory
            )


def one_lane(bench: Bench) -> Iterator[Figure]:
    """Measure a single patient: everything in one lane, one message outstanding."""
    with ExitStack() as stack:
        sink = stack.enter_context(bench.sink())
        product = stack.enter_context(bench.product(destination("emr", sink)))
        loads = bench.repeat(
            product.port,
            connections=1,
            outstanding=64,
            patients=1,
            follow=sink.counted,
            lag=500,
        )
        rates = [one.said["per_second"] for one in loads]
        yield figure("one patient, so one lane", "msg/s", rates)


def latency(bench: Bench) -> Iterator[Figure]:
    """Measure from the log to the receiver at a steady rate, all healthy and with one hanging."""
    found: dict[str, list[float]] = {"answer": [], "hang": []}
    for third, words in (("answer", "all healthy"), ("hang", "one hangs")):
        halves: list[float] = []
        offered: list[float] = []
        details: list[object] = []
        arrivals = [bench.work / f"arrivals-{third}-{place}" for place in range(2)]
        with ExitStack() as stack:
            house = Hospital(bench, stack, third=third, arrivals=arrivals)
            for _ in range(bench.runs):
                first = bench.last_number + 1
                load = bench.load(house.product.port, connections=20, rate=PACED_RATE)
                house.settle()
                reports = [sink.report() for sink in house.healthy]
                spans = store_to_delivered(house, arrivals, first, bench.last_number)
                halves.append(spans["p50"])
                found[third].append(spans["p99"])
                offered.append(max(report["p99_ms"] for report in reports))
                details.append({"load": load.said, "sinks": reports, "store_to_delivered": spans})
        name = f"2,000/s, {words}: store to delivered"
        yield figure(f"{name}, p50", "ms", halves)
        yield figure(f"{name}, p99", "ms", found[third], most=15, details={"runs": details})
        yield figure(f"2,000/s, {words}: due to delivered, p99", "ms", offered)
    healthy, hanging = (figure("", "", found[third]).median for third in ("answer", "hang"))
    yield figure(
        "2,000/s: p99 worse because one hangs", "%", [100 * (hanging / healthy - 1)], most=20
    )


def store_to_delivered(
    house: Hospital, arrivals: Sequence[Path], first: int, last: int
) -> dict[str, float]:
    """Return percentiles in ms from ``received_at`` in the log to the arrival at a receiver."""
    rows = house.product.query(
        "SELECT split_part(keys, E'\\x1f', 1) AS control, received_at FROM messagelog.message"
        " WHERE shard > 0 AND split_part(keys, E'\\x1f', 1) BETWEEN $1 AND $2",
        f"c:{control_id(first)}",
        f"c:{control_id(last)}",
    )
    stored = {int(row["control"][3:]): row["received_at"].timestamp() * 1e9 for row in rows}
    spans = [
        int(arrived) - stored[int(number)]
        for path in arrivals
        for number, arrived in map(str.split, path.read_text().splitlines())
        if int(number) in stored
    ]
    return {**percentiles([int(span) for span in spans]), "deliveries": len(spans)}


def snapshot(bench: Bench) -> Iterator[Figure]:
    """Measure what a snapshot costs that somebody keeps open."""
    with ExitStack() as stack:
        house = Hospital(bench, stack)
        hold_seconds = min(SNAPSHOT_SECONDS, 12 * bench.seconds)
        window = min(10.0, hold_seconds / 3)
        before = house.saturate(seconds=hold_seconds, warmup=1)

        async def hold() -> Loaded:
            connection = await asyncpg.connect(house.product.dsn())
            try:
                async with connection.transaction(isolation="repeatable_read"):
                    await connection.fetch("SELECT count(*) FROM messagelog.message")
                    await connection.fetch("SELECT count(*) FROM channels.receipt")
                    await asyncio.to_thread(house.saturate, seconds=hold_seconds - window, warmup=0)
                    return await asyncio.to_thread(house.saturate, seconds=window, warmup=0)
            finally:
                await connection.close()

        held = asyncio.run(hold())
        after = house.saturate(seconds=window)
    rate = before.said["per_second"]
    yield figure(
        f"a snapshot open for {hold_seconds:.0f} s: lower rate",
        "%",
        [100 * (1 - held.said["per_second"] / rate)],
        most=20,
        details={"before": before.said, "held": held.said, "after": after.said},
    )
    for who in ("database", "deliver", "intake"):
        cost = 100 * (held.per_message_us(who) / before.per_message_us(who) - 1)
        yield figure(f"a snapshot open: more CPU, {who}", "%", [cost], most=20)


def catch_up(bench: Bench) -> Iterator[Figure]:
    """Measure how fast a destination with 8 lanes takes what has gathered, with nothing else on."""
    rates: list[float] = []
    counts: list[int] = []
    with ExitStack() as stack:
        sink = stack.enter_context(bench.sink())
        product = stack.enter_context(bench.product(destination("emr", sink)))
        for _ in range(bench.runs):
            product.api("POST", f"/channels/{CHANNEL}/destinations/emr/stop")
            time.sleep(2)
            before = sink.distinct
            load = bench.load(product.port, connections=50, warmup=0, seconds=CATCH_UP_SECONDS * 2)
            wanted = load.said["taken"]
            sink.report()
            product.api("POST", f"/channels/{CHANNEL}/destinations/emr/start")
            deadline = time.monotonic() + 120
            while sink.distinct - before < wanted and time.monotonic() < deadline:
                time.sleep(0.02)
            report = sink.report()
            rates.append(wanted / ((report["last_ns"] - report["first_ns"]) / 1e9))
            counts.append(wanted)
    yield figure(
        "catch-up of a lagging destination, 8 lanes", "msg/s", rates, least=30_000,
        details={"messages": counts},
    )  # fmt: skip
