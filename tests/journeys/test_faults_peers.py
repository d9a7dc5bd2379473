"""Receivers and senders that misbehave: what waits, what a person must see, what goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from benchmarks.faults.neighbours import END, START, Sink, message
from benchmarks.faults.site import Site

pytestmark = pytest.mark.slow

STATES = (
    "SELECT d.name, e.number, e.state, e.error::text AS error FROM channels.exception AS e"
    " JOIN channels.destination AS d USING (destination) ORDER BY number"
)
COUNT = "SELECT count(*) AS n FROM messagelog.message WHERE shard = 1"
RETRY = "retry: { attempts_max: 3, first_wait_seconds: 0.2, longest_wait_seconds: 0.5 }"


class Ward:
    """A site with a healthy receiver and one that misbehaves as told."""

    def __init__(self, folder: Path) -> None:
        self.what: dict[str, str] = {}
        self.healthy = Sink()
        self.bad = Sink(lambda control_id: self.what.get(control_id, "AA"))
        self.folder = folder
        self.site: Site

    async def open(self) -> None:
        await self.healthy.open()
        await self.bad.open()
        ports = {"healthy": self.healthy.port, "bad": self.bad.port}
        self.site = Site(self.folder, ports, lanes=4, options=RETRY)
        await self.site.start()

    async def close(self) -> None:
        await self.site.stop()
        await self.healthy.close()
        await self.bad.close()

    async def send(self, control_id: str, patient: str = "1") -> str:
        """Send one message; return the code of the answer."""
        return await self.send_bytes(START + message(control_id, patient) + END)

    async def send_bytes(self, stream: bytes, *, answers: int = 1) -> str:
        """Send bytes; return the codes of so many answers, or what came before the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.site.port)
        codes = []
        try:
            writer.write(stream)
            async with asyncio.timeout(20):
                for _ in range(answers):
                    answer = await reader.readuntil(END)
                    codes.append(answer.split(b"\rMSA|")[1][:2].decode())
        except (OSError, asyncio.IncompleteReadError):
            codes.append("cut")
        finally:
            writer.transport.abort()
        return " ".join(codes)

    async def states(self) -> list[tuple[str, int, str]]:
        rows = await self.site.ask_patiently(STATES)
        return [(row["name"], row["number"], row["state"]) for row in rows]

    async def until_states(self, wanted: list[tuple[str, int, str]]) -> None:
        async def reached() -> bool:
            return await self.states() == wanted

        try:
            await self.site.until(reached, "other states", seconds=30)
        except AssertionError:
            assert await self.states() == wanted

    async def until_taken(self, sink: Sink, wanted: set[str]) -> None:
        async def reached() -> bool:
            return wanted <= set(sink.taken)

        await self.site.until(reached, f"never taken: {wanted - set(sink.taken)}", seconds=40)


@pytest.fixture
async def ward(open_folder: Path) -> AsyncIterator[Ward]:
    ward = Ward(open_folder)
    await ward.open()
    yield ward
    await ward.close()


async def test_receivers_that_misbehave_delay_only_whom_they_must(ward: Ward) -> None:
    # AE: a person must look; what is about the same patient stands behind, others pass.
    ward.what["A1"] = "AE"
    for control_id, patient in (("A1", "1"), ("A2", "1"), ("A3", "2")):
        assert await ward.send(control_id, patient) == "AA"
    await ward.until_states([("bad", 1, "parked"), ("bad", 2, "behind")])
    await ward.until_taken(ward.bad, {"A3"})
    await ward.until_taken(ward.healthy, {"A1", "A2", "A3"})

    # AR: tried again, then given to a person.
    ward.what["B1"] = "AR"
    assert await ward.send("B1", "3") == "AA"
    await ward.until_states([("bad", 1, "parked"), ("bad", 2, "behind"), ("bad", 4, "parked")])
    assert ward.bad.seen.count("B1") == 3

    # No answer, an answer to something else, half an answer: tried again until it works.
    for number, what in enumerate(("hang", "wrong", "cut", "late:3")):
        control_id = f"C{number}"
        ward.what[control_id] = what
        assert await ward.send(control_id, f"c{number}") == "AA"
        await ward.until_taken(ward.healthy, {control_id})

        async def was_tried(control_id: str = control_id) -> bool:
            return control_id in ward.bad.seen

        await ward.site.until(was_tried, "never tried")
        del ward.what[control_id]
        await ward.until_taken(ward.bad, {control_id})

    # Gone and back: nothing is lost, nothing is parked, the healthy one does not notice.
    before = await ward.states()
    await ward.bad.close()
    for number in range(20):
        assert await ward.send(f"D{number}", f"d{number % 5}") == "AA"
    await ward.until_taken(ward.healthy, {f"D{number}" for number in range(20)})
    await ward.bad.open()
    await ward.until_taken(ward.bad, {f"D{number}" for number in range(20)})
    assert await ward.states() == before


async def test_one_message_that_stops_the_receiver_is_found_while_others_pass(ward: Ward) -> None:
    ward.what["P1"] = "hang"
    assert await ward.send("P1", "poison") == "AA"
    done = False

    async def others() -> None:
        number = 0
        while not done:
            number += 1
            await ward.send(f"O{number}", f"o{number % 16}")
            await asyncio.sleep(0.2)

    sending = asyncio.create_task(others())
    try:
        await ward.until_states([("bad", 1, "parked")])
    finally:
        done = True
        await sending
    rows = await ward.site.ask_patiently(STATES)
    assert "LY-1455" in rows[0]["error"]


async def test_senders_that_misbehave_disturb_nobody_else(ward: Ward) -> None:
    frame = START + message("E1", "1") + END
    assert await ward.send_bytes(frame) == "AA"
    assert await ward.send_bytes(frame) == "AA"  # its acknowledgment was lost: not stored twice
    assert await ward.send_bytes(frame + START + message("E2", "1") + END, answers=2) == "AA AA"

    half_reader, half_writer = await asyncio.open_connection("127.0.0.1", ward.site.port)
    half_writer.write(frame[:60])
    endless = await asyncio.open_connection("127.0.0.1", ward.site.port)
    endless[1].write(START + message("E9", "9"))

    batch = START + message("E3", "2") + message("E4", "2") + END
    assert await ward.send_bytes(batch) == "AA"
    assert await ward.send_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") == "cut"
    garbage = await ward.send_bytes(START + b"\xff\xfegarbage" + END)
    assert garbage.startswith("A")
    assert garbage != "AA"
    huge = START + b"MSH|^~\\&|" + b"x" * 100_000_000 + END
    assert await ward.send_bytes(huge) != "AA"

    assert await ward.send("E5", "3") == "AA"
    await ward.until_taken(ward.healthy, {"E1", "E2", "E3", "E4", "E5"})
    stored = int((await ward.site.ask_patiently(COUNT))[0]["n"])
    assert stored == 6  # E1 to E5, each once, and what could not be read, held
    assert ward.healthy.taken.count("E1") == 1
    half_writer.transport.abort()
    endless[1].transport.abort()
    assert half_reader is not None
