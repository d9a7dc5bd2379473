"""A system that asks the index over MLLP, and reads what comes back."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from tests.unit.projections.identity.test_endpoints import Desk

from lianyi.api.pix_door import PixDoor, pix_door
from lianyi.api.pix_settings import IdentitySettings
from lianyi.base.clock import RandomIds
from lianyi.base.database import connect
from lianyi.connectors.mllp.sender import MllpSender, MllpSenderSettings
from lianyi.connectors.tls import TlsClient
from lianyi.formats import hl7v2
from lianyi.projections.care.follow import Care
from lianyi.projections.following import Follower
from lianyi.projections.masterdata.follow import MasterData

CONTROLS = itertools.count(1)
NAMES = {"Q23": "IHE PIX Query", "Q22": "IHE PDQ Query", "ZV1": "IHE PDVQ Query"}


@dataclass
class Line:
    """A door and a way to ask at it."""

    door: PixDoor
    desk: Desk
    tls: TlsClient | None = None

    async def send(self, body: bytes) -> hl7v2.Message:
        sender = MllpSender(MllpSenderSettings(address=self.door.address, tls=self.tls))
        try:
            answer = await sender.send(body, attributes={}, timeout_seconds=20)
        finally:
            await sender.close()
        return hl7v2.parse(answer.body)

    async def ask(self, event: str, *qpd: str, **more: Any) -> hl7v2.Message:
        return await self.send(question(event, *qpd, **more))

    async def identifiers(self, cx: str, domains: str = "", **more: Any) -> hl7v2.Message:
        return await self.ask("Q23", cx, domains, **more)

    async def persons(self, wanted: str, domains: str = "", **more: Any) -> hl7v2.Message:
        return await self.ask("Q22", wanted, "", "", "", "", domains, **more)

    async def acts(self) -> list[Any]:
        """What was written down of queries."""
        found = await self.desk.house.log.read(0, after=0, limit=1000)
        return [one for one in found if one.kind.startswith("act access.query")]


def question(
    event: str,
    *qpd: str,
    sender: str = "LIS|H",
    charset: str = "UNICODE UTF-8",
    codec: str = "utf-8",
    rcp: str = "RCP|I|10^RD",
    more: Sequence[str] = (),
    tag: str = "T1",
) -> bytes:
    """A query of an invented system."""
    head = (
        f"MSH|^~\\&|{sender}|LY|LY|20260302080000||QBP^{event}^QBP_Q21|Q{next(CONTROLS)}|P|2.5"
        f"||||||{charset}"
    )
    fields = "|".join([NAMES[event], tag, *qpd])
    return "".join(f"{one}\r" for one in (head, f"QPD|{fields}", rcp, *more)).encode(codec)


def numbers(answer: hl7v2.Message, n: int = 1) -> list[str]:
    """The identifiers of the n-th PID: ``value^authority``."""
    found = answer.get_all(f"PID({n})-3.1")
    return sorted(
        f"{value}^{source}"
        for value, source in zip(found, answer.get_all(f"PID({n})-3.4.1"), strict=True)
    )


async def learn_encounters(desk: Desk) -> None:
    """Let the house know who is in which bed."""
    house, zone = desk.house, ZoneInfo("Asia/Shanghai")
    for projection in (MasterData(zone), Care(zone)):
        follower = Follower(
            house.pool, house.log, projection, connect=lambda: connect(house.dsn),
            clock=house.clock, owner=uuid.UUID(int=6), holder="test",
        )  # fmt: skip
        while await follower.step():
            pass


@asynccontextmanager
async def answering(desk: Desk, **settings: Any) -> AsyncIterator[Line]:
    read = IdentitySettings.model_validate({"query_listen": "127.0.0.1:0", **settings})
    door = pix_door(desk.house.app, read, clock=desk.house.clock, ids=RandomIds())
    await door.start()
    try:
        yield Line(door, desk)
    finally:
        await door.stop()
