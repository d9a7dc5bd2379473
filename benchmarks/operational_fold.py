"""How many messages a second are folded into the star on one core, and how near that is to a floor.

``python -m benchmarks.operational_fold [--json] [MESSAGES]`` (20 000 as it comes): what the
simulated hospital says, learned in batches of 1000 into a database of its own. Told are processor
seconds of this process, and seconds of the clock, in which the database works too.

* ``floor``: the messages are parsed and cut into segments, and nothing more;
* ``read``: they are read into statements;
* ``learn``: statements are kept, and rows folded and written;
* ``settle``: all months are written as Parquet.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect, open_pool
from lianyi.base.embedded import PostgresServer
from lianyi.base.migrations import migrate
from lianyi.formats import hl7v2
from lianyi.messagelog.message import LogMessage
from lianyi.projections import projection_store
from lianyi.projections.clinical.hl7v2.grouping import grouped
from lianyi.projections.clinical.hl7v2.segments import segments_of
from lianyi.projections.learning import BATCH_MESSAGES
from lianyi.projections.operational.follow import Operational
from lianyi.projections.operational.settling import Settler
from lianyi.projections.projection import Heard
from lianyi.simulate.story import CODECS, StorySettings, tell

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)


def story(projection: Operational) -> Iterator[LogMessage]:
    """Give what the projection wants of the story, as it would lie in the log."""
    number = 0
    for line in tell(StorySettings(patients_per_hour=120)):
        if line.body.startswith(b"{"):
            continue
        for body in hl7v2.split_batch(line.body).messages:
            header = hl7v2.read_header(body)
            kind = f"hl7v2 {header.event}"
            if projection.wants(kind):
                number += 1
                at = BEGINS + timedelta(seconds=line.at_seconds)
                sender = f"{header.sending_application}|{header.sending_facility}"
                yield LogMessage(
                    1, number, at, 1, kind, body, CODECS[line.system], sender, (), 0, None, b""
                )


def parsed(message: LogMessage) -> object:
    """Do what anybody who reads a message has to do."""
    return grouped(segments_of(hl7v2.parse(message.body, default_codec=message.codec)))


def timed(work: Callable[[], Any], count: int) -> tuple[Any, dict[str, float]]:
    """Return what some work gives, and what it costs of one core."""
    began = time.process_time()
    found = work()
    seconds = time.process_time() - began
    return found, {
        "microseconds": round(seconds / count * 1e6, 1),
        "per_second": round(count / seconds),
    }


async def learn(
    projection: Operational, heard: Sequence[Heard], folder: Path
) -> dict[str, dict[str, float]]:
    """Learn everything into a new database, then write it as files."""
    server = PostgresServer(folder / "data")
    try:
        await server.start()
        await migrate(server.dsn)
        return await _learned(server.dsn, projection, heard, folder)
    finally:
        await server.stop()


async def _learned(
    dsn: str, projection: Operational, heard: Sequence[Heard], folder: Path
) -> dict[str, dict[str, float]]:
    pool = await open_pool(dsn, size_max=4)
    clock = SystemClock()
    async with pool.acquire() as connection, connection.transaction():
        version = await projection_store.insert_version(
            connection, "operational", shape=projection.shape, live=True, now=clock.now()
        )
        await projection.create(connection, version.schema)
    cpu, wall = time.process_time(), time.perf_counter()
    for at in range(0, len(heard), BATCH_MESSAGES):
        async with pool.acquire() as connection, connection.transaction():
            batch = heard[at : at + BATCH_MESSAGES]
            await projection.learn(connection, version.schema, batch, revision=at)
            await projection_store.touch(connection, version, now=clock.now())
    learned = cost(cpu, wall, len(heard))
    settler = Settler(
        pool, folder / "star", connect=lambda: connect(dsn), clock=clock, zone=ZONE,
        every_seconds=1, owner=uuid.UUID(int=1), holder="bench",
    )  # fmt: skip
    cpu, wall = time.process_time(), time.perf_counter()
    await settler.step()
    settled = cost(cpu, wall, len(heard))
    await pool.close()
    return {"learn": learned, "settle": settled}


def cost(cpu: float, wall: float, count: int) -> dict[str, float]:
    """Return what went since two moments."""
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "microseconds": round(cpu / count * 1e6, 1),
        "per_second": round(count / cpu),
        "per_second_of_the_clock": round(count / wall),
    }


def measure(count: int) -> dict[str, Any]:
    """Return all figures."""
    projection = Operational(ZONE)
    messages = list(islice(story(projection), count))
    _, floor = timed(lambda: [parsed(one) for one in messages], count)
    heard, read = timed(lambda: [Heard(one, projection.read(one), None) for one in messages], count)
    folder = Path(tempfile.mkdtemp(prefix="lianyi-"))
    folder.chmod(0o711)
    try:
        found = asyncio.run(learn(projection, heard, folder))
    finally:
        shutil.rmtree(folder)
    statements = sum(len(one.said) for one in heard if isinstance(one.said, list))
    whole = read["microseconds"] + found["learn"]["microseconds"]
    return {
        "messages": count,
        "statements": statements,
        "floor": floor,
        "read": read,
        **found,
        "messages_per_second_of_a_core": round(1e6 / whole),
        "times_the_floor": round(whole / floor["microseconds"], 1),
    }


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    result = measure(numbers[0] if numbers else 20_000)
    print(json.dumps(result) if "--json" in sys.argv else json.dumps(result, indent=1))
