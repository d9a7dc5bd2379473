"""What is measured, in the order of the table; each takes a bench and yields figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.bench import Bench
from benchmarks.report import Figure
from benchmarks.scenarios import (
    access,
    audit,
    counting,
    delivery,
    footprint,
    formats,
    ingest,
    search,
    secrecy,
    soak,
)

Scenario = Callable[[Bench], Iterator[Figure]]

SCENARIOS: dict[str, Scenario] = {
    "floors": ingest.floors,
    "ingest": ingest.ingest,
    "http": ingest.over_http,
    "end-to-end": delivery.end_to_end,
    "lane": delivery.one_lane,
    "latency": delivery.latency,
    "snapshot": delivery.snapshot,
    "catch-up": delivery.catch_up,
    "start": footprint.first_start,
    "idle": footprint.idle,
    "crash": footprint.database_crash,
    "formats": formats.formats,
    "security": secrecy.secrecy,
    "access": access.access,
    "counting": counting.counting,
    "search": search.search,
    "audit": audit.audit,
    "soak": soak.soak,
}
"""Search, audit and soak yield nothing unless they are asked for."""
