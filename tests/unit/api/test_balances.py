"""The books of a destination balance at every moment, whatever receivers and people do."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect
from lianyi.channels import deliver, deliver_role, gate_reader
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings
from lianyi.messagelog.message import Position

from .house import House, hl7

PARTS = (
    "delivered", "filtered", "erased", "held", "dismissed", "waiting", "parked", "behind",
)  # fmt: skip
WARD = """
channel: ward
description: 护士站 → 病历、病区
source: {{ connector: mllp, port: 0 }}
gate: {{ rules: [ {{ path: PID-3.1, required: true, otherwise: hold }} ] }}
destinations:
  - name: record
    connector: mllp
    address: 127.0.0.1:{port}
  - name: results
    connector: mllp
    address: 127.0.0.1:{port}
    filter: {{ event: ["ORU^*"] }}
  - name: tests
    connector: mllp
    address: 127.0.0.1:{port}
    filter: {{ fields: {{ OBR-4: ["718-7"] }} }}
"""
LATE = """\
  - name: late
    connector: mllp
    address: 127.0.0.1:{port}
    filter: {{ event: ["ORU^*"] }}
"""
REFUSED = "REFUSE"


@asynccontextmanager
async def receiver() -> AsyncIterator[int]:
    """Answer over MLLP, and refuse what says so; gives the port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                message = (await reader.readuntil(b"\x1c\r")).decode("utf-8")
                code = "AE" if REFUSED in message else "AA"
                control = message.split("|")[9]
                writer.write(f"\x0bMSH|^~\\&|R||||1||ACK|1|P|2.4\rMSA|{code}|{control}\r".encode())
                writer.write(b"\x1c\r")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@asynccontextmanager
async def delivering(house: House, database: str) -> AsyncIterator[None]:
    """Let the deliver role run."""
    role = DeliverRole(
        pool=house.pool,
        connect=lambda: connect(database),
        messages=house.log,
        share=Share(
            house.pool,
            role="deliver",
            owner=RandomIds().new_id(),
            holder="test",
            clock=SystemClock(),
        ),
        definitions=Definitions(house.content_dir),
        settings=ChannelsSettings(),
        data_dir=house.data_dir,
        clock=house.clock,
    )
    running = asyncio.create_task(role.run())
    try:
        yield
    finally:
        role.stop()
        await running


class Story:
    """A ward whose messages meet every fate there is, and people who decide about them."""

    def __init__(self, house: House, port: int, chance: random.Random) -> None:
        self.house, self.port, self.chance = house, port, chance
        self.sent = 0

    def be_now(self) -> None:
        """Set the house's clock: what is released is dated by the database."""
        self.house.clock.advance(SystemClock().now() - self.house.clock.now())

    async def balances(self) -> dict[str, Any]:
        """Read the books, and insist that they balance."""
        found = {one["name"]: one for one in await self.house.get("/channels/ward/balances")}
        for one in found.values():
            assert one["off_by"] == 0, one
            assert one["passed"] == sum(one[part] for part in PARTS)
        return found

    async def settle(self) -> dict[str, Any]:
        """Wait until everything went as far as it goes by itself; the books balance meanwhile."""
        async with asyncio.timeout(30):
            while True:
                books = await self.balances()
                if await self._settled():
                    return books
                await asyncio.sleep(0.01)

    async def _settled(self) -> bool:
        shard = self.house.channels["ward"][1]
        end = await self.house.log.end(shard)
        at = await self.house.pool.fetchval(
            "SELECT min(position) FROM messagelog.reader WHERE shard = $1", shard
        )
        moving = await self.house.pool.fetchval(
            "SELECT (SELECT count(*) FROM channels.exception WHERE state IN ('resend', 'waiting'))"
            " + (SELECT count(*) FROM channels.replay WHERE state <> 'finished')"
            " + (SELECT count(*) FROM channels.exception AS b WHERE b.state = 'behind' AND NOT"
            "    EXISTS (SELECT 1 FROM channels.exception AS f WHERE f.state = 'parked'"
            "    AND f.destination = b.destination AND f.order_key = b.order_key))"
        )
        return at == end and moving == 0

    async def send(self, *, name: str = "测试", event: str = "ORU^R01", held: bool = False) -> None:
        self.sent += 1
        patient = f"P{self.chance.randrange(4)}"
        body = hl7(f"C{self.sent}", patient="" if held else patient, event=event, name=name)
        if self.chance.random() < 0.3:
            body = body.replace(b"718-7", b"777-7")
        await self.house.append("ward", [body], gate=2 if held else 0, patient=patient)

    async def accepted(self) -> None:
        for _ in range(3):
            await self.send()

    async def unwanted(self) -> None:
        await self.send(event="ADT^A01")

    async def refused(self) -> None:
        await self.send(name=REFUSED)

    async def held(self) -> None:
        await self.send(held=True, event=self.chance.choice(["ORU^R01", "ADT^A01"]))

    async def _one(self, state: str) -> dict[str, Any] | None:
        rows = (await self.house.get("/deliveries", state=state))["items"]
        return self.chance.choice(rows) if rows else None

    async def _decide(self, path: str, **body: str | None) -> None:
        """Decide; the process may be faster than the person."""
        answer = await self.house.client.post(f"/api/v1{path}", json=body)
        assert answer.status_code in {200, 409}, answer.text

    async def _decide_parked(self, what: str, **body: str | None) -> None:
        if row := await self._one("parked"):
            await self._decide(
                f"/deliveries/{row['destination_id']}/{row['position']}/{what}", **body
            )

    async def dismissed(self) -> None:
        await self._decide_parked("dismiss", reason="否")

    async def repaired(self) -> None:
        await self._decide_parked("resend", body_text=hl7("R1").decode())

    async def sent_again(self) -> None:
        await self._decide_parked("resend")

    async def released(self) -> None:
        if row := await self._one("held"):
            event = self.chance.choice(["ORU^R01", "ADT^A08"])
            text = hl7("R2", event=event, name=self.chance.choice([REFUSED, "甲"])).decode()
            repaired = self.chance.choice([text, None])
            await self._decide(f"/held/{row['position']}/release", reason="是", body_text=repaired)

    async def given_up(self) -> None:
        if row := await self._one("held"):
            await self._decide(f"/held/{row['position']}/dismiss", reason="否")

    async def replayed(self) -> None:
        asked = {"channel": "ward", "destination": "results", "filter": {}}
        told = await self.house.post("/replays/dry-run", asked)
        await self.settle()
        if told["matching"] == 0:
            return
        told = await self.house.post("/replays/dry-run", asked)
        await self.house.post("/replays", {**asked, "rate_per_second": 10_000, "reason": "重放"})
        await self.settle()
        (done, *_) = (await self.house.get("/replays"))["items"]
        assert told["exact"]
        assert told["sending"] == done["delivered"] + done["refused"]
        for why in ("held", "dismissed", "filtered"):
            assert told[why] == done[why], why

    async def another_destination(self) -> None:
        yaml = (WARD + LATE).format(port=self.port)
        await self.house.add_channel("ward", yaml)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (deliver, deliver_role, gate_reader):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("seed", range(2))
async def test_what_passed_is_always_accounted_for(house: House, database: str, seed: int) -> None:
    async with receiver() as port:
        story = Story(house, port, random.Random(seed))
        story.be_now()
        async with house.pool.acquire() as connection:
            await ensure_receipt_days(connection, today=house.clock.now())
        await house.add_channel("ward", WARD.format(port=port))
        steps: list[Callable[[], Awaitable[None]]] = [
            story.accepted, story.unwanted, story.refused, story.held, story.dismissed,
            story.repaired, story.sent_again, story.released, story.given_up, story.replayed,
        ]  # fmt: skip
        for half in range(2):
            for _ in range(2):  # the process ends between, and another goes on
                async with delivering(house, database):
                    for step in [*steps, *story.chance.choices(steps, k=6)]:
                        story.be_now()
                        await step()
                        if story.chance.random() < 0.5:
                            await story.settle()
                        await story.balances()
                    books = await story.settle()
            if half == 0:
                await story.another_destination()
        books = await story.balances()
        assert books["record"]["passed"] == story.sent
        assert 0 < books["late"]["passed"] < story.sent
        assert books["record"]["delivered"] > 0
        assert books["results"]["filtered"] > 0


async def test_an_older_destination_says_when_nobody_knows_how_it_began(lab: House) -> None:
    shard = lab.channels["lab"][1]
    emr, alerts = (lab.destinations[name] for name in ("emr", "alerts"))
    await lab.pool.execute("UPDATE messagelog.reader SET counts = '{}'")
    await lab.stand(f"destination:{emr}", shard, 9, passed=9, delivered=4)
    await lab.stand(f"destination:{alerts}", shard, 9, passed=9, delivered=9)
    found = {one["name"]: one["off_by"] for one in await lab.get("/channels/lab/balances")}
    assert found == {"emr": None, "alerts": 0}


async def test_what_is_missing_is_told(lab: House) -> None:
    shard = lab.channels["lab"][1]
    emr = lab.destinations["emr"]
    await lab.stand(f"destination:{emr}", shard, 9, before=2, passed=9, delivered=4, filtered=1)
    (one, _) = await lab.get("/channels/lab/balances")
    assert (one["passed"], one["off_by"]) == (7, 2)
    at = (await lab.append("lab", [hl7("A1")]))[0]
    await lab.except_(emr, Position(at.shard, at.number), "parked")
    (one, _) = await lab.get("/channels/lab/balances")
    assert (one["parked"], one["off_by"]) == (1, 1)
