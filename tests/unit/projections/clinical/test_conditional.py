"""Writes that mean a resource by criteria, over REST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.projections.clinical.test_transactions import bundle, entry, status_of, submit
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text
from lianyi.projections import projection_store
from lianyi.projections.clinical import written
from lianyi.projections.clinical.written import Put

CRITERIA = "identifier=urn:lab|{value}"


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def specimen(value: str = "1", **more: Any) -> dict[str, Any]:
    identifier = {"system": "urn:lab", "value": value}
    return {"resourceType": "Specimen", "identifier": [identifier], **more}


async def create(ward: Ward, sent: Any, value: str = "1") -> httpx.Response:
    asked = {"If-None-Exist": CRITERIA.format(value=value)}
    return await ward.ask("POST", "Specimen", sent, headers=asked)


async def test_of_many_who_create_the_same_at_once_one_does(ward: Ward) -> None:
    answers = await asyncio.gather(*(create(ward, specimen()) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
    assert len({answer.headers["location"] for answer in answers}) == 1
    found = await ward.get("Specimen", identifier="urn:lab|1")
    assert found["total"] == 1


async def test_criteria_choose_what_is_updated_patched_and_deleted(ward: Ward) -> None:
    one = f"Specimen?{CRITERIA.format(value='1')}"
    made = await ward.ask("PUT", one, specimen(status="available"))
    assert made.status_code == 201, made.text
    changed = await ward.ask("PUT", one, specimen(status="unavailable"))
    assert (changed.status_code, changed.headers["etag"]) == (200, 'W/"2"')
    place = changed.headers["location"].split("/fhir/")[1].split("/_history")[0]
    other = await ward.ask("PUT", one, specimen(id="other"))
    assert other.status_code == 400, other.text
    patch = b'[{"op":"replace","path":"/status","value":"available"}]'
    media = {"headers": {"Content-Type": "application/json-patch+json"}}
    patched = await ward.ask("PATCH", one, patch, **media)
    assert (patched.status_code, patched.headers["etag"]) == (200, 'W/"3"'), patched.text
    await ward.put(specimen(id="twin"))
    for method, body, more in (
        ("PUT", specimen(), {}), ("PATCH", patch, media), ("DELETE", None, {}),
    ):  # fmt: skip
        several = await ward.ask(method, one, body, **more)
        assert several.status_code == 412, (method, several.text)
        assert json_text.read(several.content)["issue"][0]["code"] == "multiple-matches"
    assert (await create(ward, specimen())).status_code == 412
    assert (await ward.ask("DELETE", "Specimen/twin")).status_code == 204
    assert (await ward.ask("DELETE", one)).status_code == 204
    assert (await ward.ask("GET", place)).status_code == 410
    for method, body, more in (("PATCH", patch, media), ("DELETE", None, {})):
        nobody = await ward.ask(method, one, body, **more)
        assert nobody.status_code == 404, (method, nobody.text)
    for bad in ("Specimen", "Specimen?nonsense=1"):
        refused = await ward.ask("DELETE", bad)
        assert refused.status_code in (400, 412), (bad, refused.text)


async def test_a_transaction_may_mean_what_stands(ward: Ward) -> None:
    await ward.put(specimen(id="s1"))
    practitioner = {"resourceType": "Practitioner", "id": "d1", "active": True,
                    "identifier": [{"system": "urn:hr", "value": "7"}]}  # fmt: skip
    await ward.put(practitioner)
    report = {
        "resourceType": "DiagnosticReport", "status": "final", "code": {"text": "x"},
        "specimen": [{"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}],
        "performer": [{"reference": "Practitioner?identifier=urn:hr|7"}],
    }  # fmt: skip
    sent = bundle(
        entry("POST", "Specimen", specimen(), 1, ifNoneExist=CRITERIA.format(value="1")),
        entry("POST", "DiagnosticReport", report, 2),
        entry("PUT", "Specimen?" + CRITERIA.format(value="2"), specimen("2"), 3),
        entry("DELETE", "Specimen?" + CRITERIA.format(value="9")),
    )
    answered = await submit(ward, sent)
    assert status_of(answered) == ["200", "201", "201", "204"]
    place = answered["entry"][1]["response"]["location"].split("/fhir/")[1].split("/_history")[0]
    found = await ward.get(place)
    assert found["specimen"] == [{"reference": "Specimen/s1"}]
    assert found["performer"] == [{"reference": "Practitioner/d1"}]
    report["performer"] = [{"reference": "Practitioner?identifier=urn:hr|8"}]
    refused = await ward.ask("POST", "", sent)
    assert refused.status_code == 412, refused.text


async def test_a_search_of_everything_by_form_is_no_type(ward: Ward) -> None:
    await ward.put(specimen(id="s"))
    answer = await ward.ask(
        "POST", "_search", b"_type=Specimen", who="doctor",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert json_text.read(answer.content)["entry"][0]["resource"]["id"] == "s"


async def test_nothing_is_decided_before_what_a_dead_process_wrote_is_learned(ward: Ward) -> None:
    await ward.put(specimen(id="s"))
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    number, _ = ward.house.channels["adt"]
    put = Put("Specimen", "s", specimen("2", id="s"))
    async with ward.house.pool.acquire() as connection, connection.transaction():
        await connection.execute(  # the repository comes no further
            "SELECT 1 FROM messagelog.reader WHERE reader = $1 FOR UPDATE", live.reader
        )
        await ward.house.log.append_acts([written.write([put], channel=number, sender="dead")])
        update = asyncio.create_task(
            ward.ask("PUT", "Specimen/s", specimen("3", id="s"), headers={"If-Match": 'W/"1"'})
        )
        await asyncio.sleep(0.3)
        assert not update.done()
    answer = await update
    assert answer.status_code == 412, answer.text
    assert (await ward.get("Specimen/s"))["meta"]["versionId"] == "2"
