"""The disk fills up: senders hear why, nothing is stored halfway, and it goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from benchmarks.faults.disk import fill, small_disk, why_not
from benchmarks.faults.neighbours import END, START, Sink, message
from benchmarks.faults.site import Site

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")]

COUNT = "SELECT count(*) AS n FROM messagelog.message WHERE shard = 1"


class Disk:
    """A site whose data lie on a small disk, and its one receiver."""

    def __init__(self, site: Site, sink: Sink, folder: Path) -> None:
        self.site = site
        self.sink = sink
        self.folder = folder
        self._number = 0

    async def send(self, *, size: int = 0) -> str:
        """Send one message; return the answer, or nothing when the connection is cut."""
        self._number += 1
        control_id = f"S00P0N{self._number:07d}"
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.site.port)
            writer.write(START + message(control_id, "1", size=size) + END)
            async with asyncio.timeout(20):
                answer = (await reader.readuntil(END)).decode()
            writer.transport.abort()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return ""
        return answer

    async def stored(self) -> int:
        return int((await self.site.ask_patiently(COUNT))[0]["n"])

    async def is_taken(self) -> bool:
        return "MSA|AA|" in await self.send()


@pytest.fixture
async def disk(open_folder: Path) -> AsyncIterator[Disk]:
    sink = Sink()
    await sink.open()
    with small_disk(400) as folder:
        settings = '[database.postgres_settings]\nmax_wal_size = "64MB"\nmin_wal_size = "32MB"\n'
        site = Site(open_folder, {"record": sink.port}, data_dir=folder / "data", settings=settings)
        try:
            await site.start()
            yield Disk(site, sink, folder)
        finally:
            await site.stop()
            await sink.close()


async def test_a_nearly_full_disk_refuses_with_a_reason_and_resumes(disk: Disk) -> None:
    assert await disk.is_taken()
    before = await disk.stored()

    ballast = fill(disk.folder, percent=96)
    await asyncio.sleep(1.5)  # the guard looks about once a second
    answer = await disk.send()

    assert "MSA|AR|" in answer
    assert "LY-1457" in answer
    assert await disk.stored() == before

    ballast.unlink()
    await disk.site.until(disk.is_taken, "it does not resume")
    assert "LY-1457" not in await disk.send()


async def test_a_full_disk_acknowledges_nothing_and_recovers(disk: Disk) -> None:
    assert await disk.is_taken()
    acked = await disk.stored()

    ballast = fill(disk.folder, percent=100)
    await asyncio.sleep(1.5)
    answers = [await disk.send(size=200_000) for _ in range(10)]
    assert not [answer for answer in answers if "MSA|AA|" in answer]

    ballast.unlink()
    await disk.site.until(disk.is_taken, "it does not resume")
    acked += 1

    stored = await disk.stored()
    assert stored >= acked

    async def all_delivered() -> bool:
        return len(set(disk.sink.taken)) == await disk.stored()

    await disk.site.until(all_delivered, "not everything is delivered")


async def test_a_disk_that_fills_between_two_looks_loses_nothing(disk: Disk) -> None:
    """PostgreSQL itself runs out of space while the guard still believes that there is room."""
    assert await disk.is_taken()
    acked = 1
    ballast = fill(disk.folder, percent=94)
    for _ in range(60):
        answer = await disk.send(size=1_000_000)
        acked += "MSA|AA|" in answer
        if not answer or "MSA|AR|" in answer:
            break
    else:
        raise AssertionError("the disk never became full")

    ballast.unlink()
    await disk.site.until(disk.is_taken, "it does not resume")
    assert await disk.stored() >= acked + 1
