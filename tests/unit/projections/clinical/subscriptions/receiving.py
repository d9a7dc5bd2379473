"""A house that tells receivers of changes, and a real receiver over HTTP on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tests.unit.api.house import ADT, serving
from tests.unit.projections.clinical.ward import B_ADT, Ward, following
from tests.unit.security.people import People

from lianyi.base.clock import SteppedClock, SystemClock
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.clinical.subscriptions.wanting import IG

QUICK = SubscriptionSettings(
    hosts=("127.0.0.1",),
    timeout_seconds=2,
    first_wait_seconds=0.01,
    longest_wait_seconds=0.05,
    failures_max=3,
    together_max=3,
    waiting_max=1000,
)
LOINC = "http://loinc.org"


@dataclass
class Receiver:
    """Takes notifications, or does not.

    Attributes:
        status: that it answers with.
        bundles: what it has taken, in order.
        refused: how often it has not.
        headers: of the last request.
    """

    status: int = 200
    port: int = 0
    bundles: list[dict[str, Any]] = field(default_factory=list)
    refused: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    deaf: bool = False

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
                self.headers = {name.lower(): value for name, _, value in lines}
                body = await reader.readexactly(int(self.headers["content-length"]))
                if self.status < 300:
                    self.bundles.append(json_text.read(body))
                else:
                    self.refused += 1
                if self.deaf:  # it has taken it, but nobody hears so
                    writer.transport.abort()
                    return
                writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the notifications of a kind."""
        return [one for one in self.bundles if said(one)["type"] == kind]

    def events(self) -> list[tuple[int, str]]:
        """Return number and focus of every event that was told, doubles included."""
        return [event for one in self.of("event-notification") for event in events_of(one)]

    async def until(self, what: Any, *, seconds: float = 20) -> None:
        """Wait until something holds."""
        for _ in range(int(seconds * 100)):
            if what():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"never; events {self.events()}, refused {self.refused}")


def said(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a notification that have one value."""
    found = {}
    for one in bundle["entry"][0]["resource"]["parameter"]:
        values = [value for name, value in one.items() if name.startswith("value")]
        if values:
            found[one["name"]] = values[0]
    return found


def events_of(bundle: dict[str, Any]) -> list[tuple[int, str]]:
    """Return number and focus of the events of a notification."""
    found = []
    for one in bundle["entry"][0]["resource"]["parameter"]:
        if one["name"] == "notification-event":
            parts = {part["name"]: part for part in one["part"]}
            focus = parts["focus"]["valueReference"]["reference"] if "focus" in parts else ""
            found.append((int(parts["event-number"]["valueString"]), focus))
    return found


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Give a receiver that listens on this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@asynccontextmanager
async def telling(
    database: str,
    folder: Path,
    *,
    settings: SubscriptionSettings = QUICK,
    working: bool = True,
    masked: bool = False,
) -> AsyncIterator[Ward]:
    """Give a house with two hospitals, whose subscriptions are worked on."""
    clock = cast(SteppedClock, SystemClock())
    async with serving(
        database, folder, clock=clock, masked=masked, subscriptions=settings
    ) as house:
        people = People(house)
        await people.tree({"G": None, "H1": "G", "H2": "G"})
        await house.add_channel("adt", ADT, organisation="H1")
        await house.add_channel("adt-b", B_ADT, organisation="H2")
        for letter, hospital in (("", "H1"), ("-b", "H2")):
            await people.add(f"emr{letter}", ("clinical-system", hospital), organisation=hospital)
        await people.add("doctor", ("clinician", "H1"), organisation="H1")
        async with following(house):
            ward = Ward(house, people)
            if not working:
                yield ward
                return
            async with running(ward):
                yield ward


@asynccontextmanager
async def running(ward: Ward) -> AsyncIterator[None]:
    """Let subscriptions be worked on for as long as the block runs."""
    task = asyncio.create_task(ward.house.app.state.telling.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def subscription(
    receiver: Receiver,
    topic: str = "result-final",
    *filters: str,
    content: str = "id-only",
    headers: Iterable[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """Return a Subscription."""
    payload = {"extension": [{"url": f"{IG}/backport-payload-content", "valueCode": content}]}
    channel: dict[str, Any] = {
        "type": "rest-hook",
        "endpoint": receiver.address,
        "payload": "application/fhir+json",
        "_payload": payload,
    }
    if headers:
        channel["header"] = list(headers)
    found: dict[str, Any] = {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "test",
        "criteria": f"urn:lianyi:topic:{topic}",
        "channel": channel,
    }
    if filters:
        url = f"{IG}/backport-filter-criteria"
        found["_criteria"] = {"extension": [{"url": url, "valueString": one} for one in filters]}
    return found | more


async def subscribed(ward: Ward, sent: dict[str, Any], who: str = "emr") -> str:
    """Subscribe; return the id."""
    answer = await ward.ask("POST", "Subscription", sent, who)
    assert answer.status_code == 201, answer.text
    return str(json_text.read(answer.content)["id"])


def observation(id_: str, patient: str = "a", status: str = "final", **more: Any) -> dict[str, Any]:
    """Return an Observation of a patient."""
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": status,
        "code": {"coding": [{"system": LOINC, "code": "2823-3"}]},
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }
