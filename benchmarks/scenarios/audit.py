"""Who looked at this patient, among very many acts, through the API and its wall."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import asyncpg

from benchmarks.bench import Bench
from benchmarks.product import Product
from benchmarks.report import Figure, figure
from benchmarks.scenarios.ingest import NOBODY
from benchmarks.scenarios.search import p95, wait_for_indexes
from lianyi.base.database import connect
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.chain import link, micros_since_1970
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres_binary import encode_row, micros_of
from lianyi.messagelog.postgres_copy import copy_messages
from lianyi.messagelog.postgres_segments import close_segment, ensure_segment, last_of_shard
from lianyi.messagelog.segments import first_number, segment_of, table

QUESTIONS = 100
ACCOUNTS = 500
ACTS_PER_PATIENT = 20
ACTS = 0
KINDS = ("get_message", "list_messages", "get_overview", "list_channels", "list_deliveries")
RARE, RARE_ONE_IN = "access.export_acts", 100_000


def audit(bench: Bench) -> Iterator[Figure]:
    """Write acts as fast as the disk takes them, then ask about them."""
    total = bench.audit_acts
    if not total:
        return
    patients = max(total // ACTS_PER_PATIENT, 1)
    with bench.product(NOBODY) as product:
        channel = product.query("SELECT channel FROM messagelog.channel")[0]["channel"]
        began = time.monotonic()
        asyncio.run(fill(product, channel, total, patients))
        filled = total / (time.monotonic() - began)
        segments = wait_for_indexes(product, shards="shard = 0")
        details = {"acts_per_second": filled, "segments": segments, "patients": patients}
        chosen = random.Random(1)
        for name, ask in questions(chosen, patients).items():
            spans = [look(product, ask()) for _ in range(QUESTIONS)]
            yield figure(
                f"audit trail of {total:,} acts, {name}: p95", "ms", [p95(spans)],
                most=1000, details={**details, "first_ms": spans[0] / 1e6},
            )  # fmt: skip


def questions(chosen: random.Random, patients: int):
    """Return what is asked, by name; each call gives other words."""

    def patient() -> str:
        return f"P{chosen.randrange(patients):07}"

    def account() -> str:
        return f"user{chosen.randrange(ACCOUNTS)}"

    return {
        "who looked at this patient": lambda: {"patient": patient()},
        "this account at this patient": lambda: {"patient": patient(), "account": account()},
        "this account": lambda: {"account": account()},
        "this account, refused": lambda: {"account": account(), "result": "refused"},
        "a rare operation": lambda: {"kind": RARE},
        "the newest of all": dict,
    }


def look(product: Product, asked: dict[str, str]) -> int:
    """Ask once; return nanoseconds."""
    began = time.perf_counter_ns()
    product.api("GET", f"/audit?{urlencode(asked)}")
    return time.perf_counter_ns() - began


async def fill(product: Product, channel: int, total: int, patients: int) -> None:
    """Write acts a segment at a time: hash chain, search terms, one ``COPY`` each."""
    connection = await connect(product.dsn(), statement_timeout_seconds=0)
    order = random.Random(2)
    left = total
    while left > 0:
        async with connection.transaction():
            await leases.lock_acts(connection)
            left -= await _segment(connection, order, channel, left, patients)
    await connection.close()


async def _segment(
    connection: asyncpg.Connection, order: random.Random, channel: int, left: int, patients: int
) -> int:
    last = await last_of_shard(connection, ACTS)
    segment = segment_of(last.number + 1)
    await ensure_segment(connection, ACTS, segment)
    end = min(last.number + left, first_number(segment + 1) - 1)
    chain, rows = last.chain, []
    base, base_1970 = micros_of(last.received_at), micros_since_1970(last.received_at)
    for number in range(last.number + 1, end + 1):
        act = made(order, number, channel, patients)
        step = number - last.number
        body_hash = hashlib.sha256(act.body).digest()
        chain = link(chain, ACTS, number, base_1970 + step, act, body_hash)
        rows.append(encode_row(act, shard=ACTS, number=number, micros=base + step, chain=chain))
    await copy_messages(connection, table(ACTS, segment), rows)
    if end == first_number(segment + 1) - 1:
        at = await connection.fetchval(
            f"SELECT received_at FROM {table(ACTS, segment)} WHERE number = $1", end
        )
        await close_segment(connection, ACTS, segment, last_chain=chain, last_at=at)
    return end - last.number


def made(order: random.Random, number: int, channel: int, patients: int) -> NewMessage:
    """Return an act like those that the guard writes."""
    account, patient = order.randrange(ACCOUNTS), f"P{order.randrange(patients):07}^BENCH"
    kind = RARE if number % RARE_ONE_IN == 0 else f"access.{KINDS[number % len(KINDS)]}"
    refused = number % 50 == 0
    name, address = f"user{account}", f"10.1.{account % 20}.{account % 250}"
    body = {
        "actor": name, "account": f"00000000-0000-0000-0000-{account:012}", "address": address,
        "purpose": "TREAT", "position": None, "operation": kind[7:], "method": "GET",
        "path": f"/api/v1/messages/1-{number}", "query": {}, "result": "allowed", "status": 200,
        "code": "", "factors": ["password", "one-time code"],
    }  # fmt: skip
    keys = [f"u:{name}", f"w:{patient}", f"i:{address}", "y:TREAT"]
    if refused:
        body |= {"result": "refused", "status": 403, "code": "LY-1800"}
        keys.append("r:refused")
    return NewMessage(channel, f"act {kind}", json.dumps(body).encode(), "utf-8", name, tuple(keys))
