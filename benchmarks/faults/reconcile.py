"""What the senders, the log, the counters and the receivers say, compared to the last message."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.faults.neighbours import Senders, Sink
from benchmarks.faults.site import Site

_NUMBERS = (
    "SELECT number, split_part(split_part(keys, E'\\x1f', 1), 'c:', 2) AS control_id"
    " FROM messagelog.message WHERE shard = 1 ORDER BY number"
)


@dataclass
class Verdict:
    """Figures of a run, and what is wrong with it; nothing wrong means an empty list."""

    acked: int = 0
    logged: int = 0
    delivered: dict[str, int] = field(default_factory=dict)
    repeated: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def out_of_order(taken: list[str]) -> list[str]:
    """Return control ids that came after a later one of their key; repeats do not count."""
    newest: dict[str, int] = {}
    seen: set[str] = set()
    wrong = []
    for control_id in taken:
        if control_id in seen:
            continue
        seen.add(control_id)
        key, _, number = control_id.partition("N")
        if int(number) < newest.get(key, 0):
            wrong.append(control_id)
        newest[key] = max(newest.get(key, 0), int(number))
    return wrong


async def reconcile(
    site: Site,
    senders: Senders,
    sinks: dict[str, Sink],
    *,
    repeats_max: int,
    patience_seconds: float = 120.0,
) -> Verdict:
    """Wait until every healthy destination has everything, then compare.

    Args:
        site: still running.
        senders: stopped.
        sinks: by destination; those that take everything by now.
        repeats_max: deliveries beyond the first that the faults explain, for each destination.
        patience_seconds: for the destinations to catch up.
    """
    verdict = Verdict(acked=len(senders.acked))
    rows = await site.ask_patiently(_NUMBERS)
    logged = Counter(row["control_id"] for row in rows)
    verdict.logged = len(rows)
    twice = [name for name, count in logged.items() if count > 1]
    if twice:
        verdict.wrong.append(f"{len(twice)} stand twice in the log, e.g. {twice[0]}")
    lost = senders.acked - logged.keys()
    if lost:
        verdict.wrong.append(f"{len(lost)} acknowledged and not in the log, e.g. {min(lost)}")
    foreign = logged.keys() - senders.sent
    if foreign:
        verdict.wrong.append(f"{len(foreign)} in the log were never sent")
    if [row["number"] for row in rows] != list(range(1, len(rows) + 1)):
        verdict.wrong.append("the numbers of the log have holes")
    await _until_delivered(site, len(rows), patience_seconds)
    for name, sink in sinks.items():
        _compare_sink(verdict, name, sink, logged, repeats_max)
    await _compare_counters(site, verdict, len(rows), sinks)
    return verdict


async def _until_delivered(site: Site, end: int, patience_seconds: float) -> None:
    for _ in range(int(patience_seconds * 2)):
        readers = await site.ask_patiently(
            "SELECT position FROM messagelog.reader WHERE shard = 1"
            " AND (reader LIKE 'destination:%' OR reader LIKE 'channel:%')"
        )
        open_ones = await site.ask_patiently(
            "SELECT count(*) AS n FROM channels.exception"
            " WHERE state IN ('waiting', 'resend') AND destination > 0"
        )
        if all(row["position"] >= end for row in readers) and open_ones[0]["n"] == 0:
            return
        await asyncio.sleep(0.5)


def _compare_sink(
    verdict: Verdict, name: str, sink: Sink, logged: Counter[str], repeats_max: int
) -> None:
    taken = set(sink.taken)
    verdict.delivered[name] = len(taken)
    verdict.repeated[name] = len(sink.taken) - len(taken)
    missing = logged.keys() - taken
    if missing:
        verdict.wrong.append(f"{name}: {len(missing)} never arrived, e.g. {min(missing)}")
    if taken - logged.keys():
        verdict.wrong.append(f"{name}: {len(taken - logged.keys())} arrived and are not in the log")
    disordered = out_of_order(sink.taken)
    if disordered:
        verdict.wrong.append(f"{name}: {len(disordered)} out of order, e.g. {disordered[0]}")
    if verdict.repeated[name] > repeats_max:
        verdict.wrong.append(f"{name}: {verdict.repeated[name]} repeats, at most {repeats_max}")


async def _compare_counters(
    site: Site, verdict: Verdict, rows: int, sinks: dict[str, Sink]
) -> None:
    counts = {
        row["reader"]: row["counts"]
        for row in await site.ask_patiently(
            "SELECT reader, counts::text::json AS counts FROM messagelog.reader WHERE shard = 1"
        )
    }
    names = await site.ask_patiently("SELECT destination, name FROM channels.destination")
    for reader, wanted in (
        ("channel:admissions", {"received": rows, "accepted": rows}),
        *(
            (f"destination:{row['destination']}", {"passed": rows, "delivered": rows})
            for row in names
            if row["name"] in sinks
        ),
    ):
        found = counts.get(reader)
        told = _parsed(found)
        for name, number in wanted.items():
            if told.get(name, 0) != number:
                verdict.wrong.append(f"{reader}: counts {name}={told.get(name, 0)}, not {number}")


def _parsed(counts: object) -> dict[str, int]:

    return dict(json.loads(counts)) if isinstance(counts, str) else {}
