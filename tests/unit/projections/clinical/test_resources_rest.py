"""Resources written and read over REST, asked of the served product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

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


async def test_whoever_asks_for_the_head_alone_gets_no_body(ward: Ward) -> None:
    await ward.put(PATIENT)
    await ward.ask("PUT", "Observation/w1", WEIGHT)
    whole = await ward.ask("GET", "Observation/w1")
    head = await ward.ask("HEAD", "Observation/w1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-length"] == str(len(whole.content))
    assert (await ward.ask("HEAD", "Observation/w2")).status_code == 404
    assert (await ward.ask("HEAD", "Observation?code=x")).status_code == 200


async def test_a_history_is_of_what_stood_at_a_time(ward: Ward) -> None:
    await ward.put(PATIENT)
    times = []
    for kilos in (b"1.00", b"2.00", b"3.00"):
        await ward.ask("PUT", "Observation/w1", WEIGHT.replace(b"1.00", kilos))
        times.append((await ward.get("Observation/w1"))["meta"]["lastUpdated"])
        ward.house.clock.advance(timedelta(seconds=2))

    async def versions(**params: str) -> list[str]:
        found = await ward.get("Observation/w1/_history", **params)
        told = [one["resource"]["meta"]["versionId"] for one in found["entry"]]
        assert found["total"] == len(told)
        return told

    assert await versions() == ["3", "2", "1"]
    assert await versions(_at=times[1]) == ["2"]
    assert await versions(_at=times[0][:19] + "Z") == ["1"]
    assert await versions(_at=times[0][:4]) == ["3", "2", "1"]
    assert await versions(_since=times[1]) == ["3", "2"]
    before = await ward.get("Observation/w1/_history", _at="1999")
    assert (before["total"], before.get("entry")) == (0, None)
    assert (await ward.ask("GET", "_history", params={"_at": "soon"})).status_code == 400


async def told_by_validate(ward: Ward, path: str, body: Any = None) -> tuple[int, list[str]]:
    answer = await ward.ask("POST", path, body)
    issues = json_text.read(answer.content)["issue"]
    return answer.status_code, [one["severity"] + " " + one["code"] for one in issues]


async def test_validating_has_every_mode_of_r4(ward: Ward) -> None:
    await ward.put(PATIENT)
    await ward.ask("PUT", "Observation/w1", WEIGHT)
    fine, bad = (200, ["information informational"]), "error code-invalid"
    good = json_text.read(WEIGHT)
    wrong = good | {"status": "bogus"}
    one = "Observation/w1/$validate"
    assert await told_by_validate(ward, one) == fine  # as it stands
    assert await told_by_validate(ward, f"{one}?mode=update", good) == fine
    assert (await told_by_validate(ward, f"{one}?mode=update", wrong))[1] == [bad]
    other = await told_by_validate(ward, f"{one}?mode=update", good | {"id": "w2"})
    assert other == (200, ["error invalid"])
    assert await told_by_validate(ward, f"{one}?mode=delete") == fine
    never = await told_by_validate(ward, "Patient/p1/$validate?mode=delete")
    assert never == (200, ["error not-supported"])
    assert (await told_by_validate(ward, "Observation/w2/$validate?mode=delete"))[0] == 404
    assert await told_by_validate(ward, "Observation/$validate?mode=create", good) == fine
    profile = "profile=http://hl7.org/fhir/StructureDefinition/vitalsigns"
    narrow = await told_by_validate(ward, f"{one}?mode=profile&{profile}")
    assert any(told.startswith("error") for told in narrow[1])
    asked = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": wrong},
            {"name": "mode", "valueCode": "update"},
        ],
    }
    assert await told_by_validate(ward, one, asked) == (200, [bad])
    for path, body in (
        ("Observation/$validate?mode=bogus", good),
        ("Observation/$validate?mode=update", good),
        ("Observation/$validate?mode=delete", good),
        ("Observation/$validate?mode=profile", good),
        ("Observation/$validate", None),
        (f"{one}?mode=create", good),
        (f"{one}?mode=update", None),
    ):
        assert (await told_by_validate(ward, path, body))[0] == 400, path


async def test_a_binary_is_written_and_read_as_the_file_that_it_is(ward: Ward) -> None:
    """R4, Binary: the content itself, under its own media type."""
    await ward.put(PATIENT)
    file, png = b"\x89PNG\r\n\x1a\n\x00\xff", {"Content-Type": "image/png"}
    sent = await ward.ask("POST", "Binary", file, headers=png)
    assert sent.status_code == 201, sent.text
    assert sent.json()["contentType"] == "image/png"
    whose = png | {"X-Security-Context": "Patient/p1"}
    await ward.ask("PUT", "Binary/b1", file, headers=whose)
    kept = await ward.get("Binary/b1")
    assert kept["securityContext"] == {"reference": "Patient/p1"}
    for accept in ("image/png", "image/*", "text/html, image/png;q=0.9"):
        read = await ward.ask("GET", "Binary/b1", headers={"Accept": accept})
        assert (read.status_code, read.content) == (200, file)
        assert read.headers["content-type"] == "image/png"
        assert read.headers["content-disposition"] == "attachment"
        assert read.headers["etag"] == 'W/"1"'
    for accept in ("*/*", "application/fhir+json"):
        read = await ward.ask("GET", "Binary/b1", headers={"Accept": accept})
        assert read.json()["resourceType"] == "Binary"
    other = await ward.ask("GET", "Binary/b1", headers={"Accept": "text/plain"})
    assert other.status_code == 406
    refused = await ward.ask("GET", "Observation/w1", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert (await ward.ask("POST", "Observation", file, headers=png)).status_code == 400
