"""What ends or interrupts telling: consent refused, an app's approval ended; and heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.subscriptions.approving import acting_app, approved
from tests.unit.projections.clinical.subscriptions.receiving import (
    Receiver,
    observation,
    receiving,
    said,
    subscribed,
    subscription,
    telling,
)
from tests.unit.projections.clinical.test_everything import patient
from tests.unit.projections.clinical.ward import Ward

from lianyi.base.clock import SystemClock
from lianyi.projections.clinical.sending import Conditions
from lianyi.projections.clinical.subscriptions import wanting
from lianyi.projections.clinical.subscriptions.wanting import IG
from lianyi.security.access import acting
from lianyi.security.model import Access, Purpose
from lianyi.security.smart import store

SCOPES, WHOSE = "patient/Observation.rs", "1^EMR"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


async def until_off(ward: Ward, id_: str) -> dict[str, Any]:
    for _ in range(1000):
        kept: dict[str, Any] = await ward.get(f"Subscription/{id_}")
        if kept["status"] == "off":
            return kept
        await asyncio.sleep(0.02)
    raise AssertionError("never off")


@pytest.mark.parametrize("ending", ["approval", "app"])
async def test_an_app_is_told_nothing_more_once_its_approval_or_it_has_ended(
    database: str, tmp_path: Path, receiver: Receiver, ending: str
) -> None:
    async with telling(database, tmp_path) as ward:
        await ward.put(patient("a", "1"))
        approval = await approved(ward, SCOPES, WHOSE)
        app = acting_app(ward, SCOPES, WHOSE)
        service = ward.house.app.state.subscriptions
        with acting(Access(app, "clinical.read", "subscribe", Purpose.TREATMENT)):
            made = await service.subscribe(subscription(receiver), Conditions())
        await receiver.until(lambda: receiver.of("handshake"))
        await ward.put(observation("o1"))
        await receiver.until(lambda: receiver.events())
        async with ward.house.pool.acquire() as connection:
            if ending == "approval":
                at = SystemClock().now()
                await store.end_approval(connection, approval.approval, why="revoked", at=at)
            else:
                await connection.execute(
                    "UPDATE security.account SET state = 'disabled' WHERE name = 'app'"
                )
        await ward.put(observation("o2"))
        kept = await until_off(ward, made.id)
        assert "LY-2397" in kept["error"]
        assert receiver.events() == [(1, "Observation/o1")]


async def test_nobody_is_told_of_a_patient_who_has_refused(
    database: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with telling(database, tmp_path) as ward:
        await ward.put(patient("a", "1"))
        await ward.put(patient("z", "9") | {"birthDate": "1950-01-01", "name": [{"text": "赵"}]})
        await subscribed(ward, subscription(receiver))
        await receiver.until(lambda: receiver.of("handshake"))
        await ward.put(observation("before"))
        await receiver.until(lambda: receiver.events())
        await ward.people.add("officer", ("privacy-officer", "H1"), organisation="H1")
        await ward.people.refresh()
        officer = await ward.people.browser("officer")
        refusal = {"patient": WHOSE, "decision": "refuse", "given_by": "x", "organisation": "H1"}
        answer = await officer.post("/api/v1/privacy/consents", json=refusal)
        assert answer.status_code == 200, answer.text
        await ward.put(observation("refused"))
        await ward.put(observation("other", patient="z"))
        await receiver.until(lambda: len(receiver.events()) >= 2)
        assert receiver.events() == [(1, "Observation/before"), (2, "Observation/other")]


async def test_a_receiver_hears_from_time_to_time_that_there_is_nothing(
    database: str, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanting, "HEARTBEAT_MIN", 1)
    async with telling(database, tmp_path) as ward:
        wanted = subscription(receiver)
        beats = {"url": f"{IG}/backport-heartbeat-period", "valueUnsignedInt": 1}
        wanted["channel"]["extension"] = [beats]
        await subscribed(ward, wanted)
        await receiver.until(lambda: len(receiver.of("heartbeat")) >= 2, seconds=60)
        first, second, *_ = receiver.of("heartbeat")
        for one in (first, second):
            assert said(one)["events-since-subscription-start"] == "0"
            assert len(one["entry"]) == 1  # it tells of nobody
        await ward.put(patient("a", "1"))
        await ward.put(observation("o1"))
        await receiver.until(lambda: receiver.events())
        heard = len(receiver.of("heartbeat"))
        await receiver.until(lambda: len(receiver.of("heartbeat")) > heard, seconds=60)
        assert said(receiver.of("heartbeat")[-1])["events-since-subscription-start"] == "1"
