"""Resources written and read over REST, asked of the served product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text

WEIGHT = (
    b'{"resourceType":"Observation","id":"w1","status":"final","code":{"text":"weight"},'
    b'"subject":{"reference":"Patient/p1"},"valueQuantity":{"value":1.00,"unit":"kg"}}'
)
PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:lianyi:authority:HIS", "value": "4711", "use": "usual"}],
    "name": [{"text": "王小明"}],
}


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def test_what_is_put_is_read_back_as_it_was_written(ward: Ward) -> None:
    await ward.put(PATIENT)
    answer = await ward.ask("PUT", "Observation/w1", WEIGHT)
    assert (answer.status_code, answer.headers["etag"]) == (201, 'W/"1"')
    assert answer.headers["location"].endswith("/fhir/Observation/w1/_history/1")
    read = await ward.ask("GET", "Observation/w1")
    assert read.content == answer.content
    assert b'"value":1.00' in read.content
    found = json_text.read(read.content)
    meta = found.pop("meta")
    assert found == json_text.read(WEIGHT)
    assert list(found) == list(json_text.read(WEIGHT))
    assert meta["versionId"] == "1"
    assert read.headers["last-modified"]
    again = await ward.ask("GET", "Observation/w1", headers={"If-None-Match": 'W/"1"'})
    assert (again.status_code, again.content) == (304, b"")
    same = await ward.ask("PUT", "Observation/w1", WEIGHT)
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"1"')
    patient = await ward.get("Patient/p1")
    assert patient["name"] == PATIENT["name"]


async def test_versions_are_kept_and_deleted_ones_are_gone(ward: Ward) -> None:
    await ward.put(PATIENT)
    await ward.ask("PUT", "Observation/w1", WEIGHT)
    heavier = WEIGHT.replace(b"1.00", b"2.50")
    answer = await ward.ask("PUT", "Observation/w1", heavier, headers={"If-Match": 'W/"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    late = await ward.ask("PUT", "Observation/w1", WEIGHT, headers={"If-Match": 'W/"1"'})
    assert late.status_code == 412, late.text
    first = await ward.get("Observation/w1/_history/1")
    assert str(first["valueQuantity"]["value"]) == "1.00"
    gone = await ward.ask("DELETE", "Observation/w1")
    assert gone.status_code == 204
    assert (await ward.ask("GET", "Observation/w1")).status_code == 410
    assert (await ward.ask("GET", "Observation/w1/_history/3")).status_code == 410
    assert (await ward.ask("DELETE", "Observation/w1")).status_code == 204
    assert (await ward.ask("GET", "Observation/w2")).status_code == 404
    history = await ward.get("Observation/w1/_history")
    told = [(one["request"]["method"], one["response"]["etag"]) for one in history["entry"]]
    assert told == [("DELETE", 'W/"3"'), ("PUT", 'W/"2"'), ("POST", 'W/"1"')]
    assert history["total"] == 3
    assert "resource" not in history["entry"][0]
    back = await ward.ask("PUT", "Observation/w1", WEIGHT)
    assert (back.status_code, back.headers["etag"]) == (201, 'W/"4"')
