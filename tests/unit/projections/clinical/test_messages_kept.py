"""HL7 v2 that comes by channels, kept as resources and read over FHIR."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.rebuilding import rebuild

HEAD = "MSH|^~\\&|{source}|H1|LY|LY|{at}||{event}|{control}|P|2.5.1||||||UNICODE UTF-8\r"
PID = "PID|1||4711^^^HIS^MR||王^小明||19800315|M\r"


def message(event: str, at: str, rest: str, *, source: str = "HIS") -> bytes:
    control = uuid.uuid5(uuid.NAMESPACE_OID, f"{event}{at}{rest}").hex[:12]
    head = HEAD.format(source=source, at=at, event=event, control=control)
    return (head + (f"EVN||{at}\r" if event.startswith("ADT") else "") + PID + rest).encode()


def result(status: str, value: str, at: str) -> bytes:
    rest = (
        f"OBR|1|O1|F1|718-7^Hemoglobin^LN|||{at}|||||||||||||||{at}||LAB|{status}\r"
        f"OBX|1|NM|718-7^Hemoglobin^LN||{value}|g/L|130-175||||{status}|||{at}\r"
    )
    return message("ORU^R01", at, rest, source="LIS")


TOLD = [
    ("ADT^A01", message("ADT^A01", "20260301080000", "PV1|1|I|W1^2^3||||||||||||||||V1\r")),
    ("ORU^R01", result("P", "120", "20260301090000")),
    ("ORU^R01", result("F", "121.50", "20260301100000")),
    ("ADT^A03", message("ADT^A03", "20260302080000", "PV1|1|I|W1^2^3||||||||||||||||V1\r")),
]


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def hear(ward: Ward, told: list[tuple[str, bytes]]) -> None:
    for event, body in told:
        await ward.append("adt", body, kind=f"hl7v2 {event}", sender="HIS|H1")


async def resources(ward: Ward) -> dict[str, bytes]:
    """Every resource as it stands, without its version and instant."""
    browser = await ward.people.browser("emr")
    answer = await browser.get("/fhir/_history?_count=500")
    found = {}
    for one in reversed(answer.json()["entry"]):
        resource = one["resource"]
        del resource["meta"]["versionId"], resource["meta"]["lastUpdated"]
        found[f"{resource['resourceType']}/{resource['id']}"] = resource
    return found


async def test_messages_become_resources_that_can_be_found(ward: Ward) -> None:
    await hear(ward, TOLD)
    patient = shown(record_id("HIS", "4711"))
    bundle = await ward.get("Observation", patient=patient, code="http://loinc.org|718-7")
    (entry,) = bundle["entry"]
    value = entry["resource"]["valueQuantity"]["value"]
    assert (entry["resource"]["status"], str(value)) == ("final", "121.50")
    assert entry["resource"]["meta"]["versionId"] == "2"
    encounters = await ward.get("Encounter", patient=patient)
    assert [one["resource"]["status"] for one in encounters["entry"]] == ["finished"]
    person = await ward.get(f"Patient/{patient}")
    assert "4711" in [one["value"] for one in person["identifier"]]


async def test_any_order_of_arrival_ends_in_the_same_resources(ward: Ward) -> None:
    await hear(ward, TOLD)
    in_order = await resources(ward)
    shuffled = random.Random(7).sample([*TOLD, *TOLD], 2 * len(TOLD))
    await hear(ward, shuffled)
    assert await resources(ward) == in_order
    before = await ward.digest()
    rebuilt = await rebuild(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    )
    assert rebuilt.after == before
