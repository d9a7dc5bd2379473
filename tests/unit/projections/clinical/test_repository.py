"""The repository as a whole: examples, conflicts, walls, channels, erasure, rebuilding."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.api.house import House
from tests.unit.projections.clinical.shared import examples_of_r4
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.formats.fhir import json_text
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Position
from lianyi.projections import projection_store
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.rebuilding import rebuild

UUIDS = "00000000-0000-4000-8000-00000000000"


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def observation(id_: str, subject: str = "Patient/x", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final",
        "code": {"text": "weight"}, "subject": {"reference": subject}, **more,
    }  # fmt: skip


def patient(id_: str, mrn: str, **more: Any) -> dict[str, Any]:
    identifier = {"system": "urn:lianyi:authority:HIS", "value": mrn, "use": "usual"}
    return {"resourceType": "Patient", "id": id_, "identifier": [identifier], **more}


async def put_examples(ward: Ward) -> dict[tuple[str, str], dict[str, Any]]:
    """Put every official example, fifty at a time; two of them have one id, the last counts."""
    examples = {(one["resourceType"], one["id"]): one for one in examples_of_r4() if "id" in one}
    gate = asyncio.Semaphore(50)
    browser = await ward.people.browser("emr")

    async def put(key: tuple[str, str], resource: dict[str, Any]) -> None:
        async with gate:
            answer = await browser.put(
                f"/fhir/{key[0]}/{key[1]}",
                content=json_text.write(resource),
                headers={"Content-Type": "application/fhir+json"},
            )
        assert answer.status_code == 201, (key, answer.text)

    await asyncio.gather(*(put(key, one) for key, one in examples.items()))
    return examples


async def test_the_official_examples_are_kept_unchanged_and_rebuilt_alike(ward: Ward) -> None:
    examples = await put_examples(ward)
    assert len(examples) > 600
    browser = await ward.people.browser("emr")
    for (type_, id_), sent in examples.items():
        answer = await browser.get(f"/fhir/{type_}/{id_}")
        assert answer.status_code == 200, (type_, id_, answer.text)
        found, wanted = json_text.read(answer.content), dict(sent)
        for one in (found, wanted):
            meta = {
                name: value
                for name, value in one.pop("meta", {}).items()
                if name not in ("versionId", "lastUpdated")
            }
            one["meta"] = meta
        assert json_text.write(found) == json_text.write(wanted), (type_, id_)
    before = await ward.digest()
    rebuilt = await rebuild(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    )
    assert rebuilt.before == rebuilt.after == before


async def test_of_many_who_change_the_same_version_one_succeeds(ward: Ward) -> None:
    await ward.put(observation("w"))
    answers = await asyncio.gather(
        *(
            ward.ask(
                "PUT", "Observation/w", observation("w", note=[{"text": f"{n}"}]),
                headers={"If-Match": 'W/"1"'},
            )
            for n in range(8)
        )
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    created = await asyncio.gather(
        *(
            ward.ask(
                "PUT", "Observation/n", observation("n", note=[{"text": f"{n}"}]),
                headers={"If-None-Match": "*"},
            )
            for n in range(8)
        )
    )  # fmt: skip
    assert sorted(answer.status_code for answer in created) == [201] + [412] * 7


async def test_a_patch_changes_what_it_says_and_nothing_else(ward: Ward) -> None:
    await ward.put(observation("w", note=[{"text": "a"}]))
    media = {"headers": {"Content-Type": "application/json-patch+json"}}
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    answer = await ward.ask("PATCH", "Observation/w", patch_body(patch), **media)
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"'), answer.text
    found = await ward.get("Observation/w")
    assert (found["status"], found["note"]) == ("amended", [{"text": "a"}])
    for bad, status in (
        ([{"op": "test", "path": "/status", "value": "final"}], 422),
        ([{"op": "remove", "path": "/nothing"}], 422),
        ([{"op": "replace", "path": "/id", "value": "z"}], 422),
        ([{"op": "replace", "path": "/status", "value": ["final"]}], 422),
        ([{"op": "replace", "path": "/resourceType", "value": "Patient"}], 422),
    ):
        answer = await ward.ask("PATCH", "Observation/w", patch_body(bad), **media)
        assert answer.status_code == status, (bad, answer.text)
    many = await asyncio.gather(
        *(
            ward.ask(
                "PATCH", "Observation/w",
                patch_body([{"op": "add", "path": "/note/-", "value": {"text": f"{n}"}}]),
                **media,
            )
            for n in range(6)
        )
    )  # fmt: skip
    assert {answer.status_code for answer in many} == {200}
    assert len((await ward.get("Observation/w"))["note"]) == 7


def patch_body(patch: Any) -> bytes:
    return json_text.write({"p": patch})[5:-1]


async def test_what_one_hospital_writes_the_other_neither_sees_nor_takes(ward: Ward) -> None:
    await ward.put(patient("p", "1"))
    await ward.put(observation("w", "Patient/p"))
    for path in ("Observation/w", "Observation/w/_history", "Observation/w/_history/1"):
        assert (await ward.ask("GET", path, who="emr-b")).status_code == 404, path
    answer = await ward.ask("PUT", "Observation/w", observation("w"), who="emr-b")
    assert answer.status_code == 409, answer.text
    assert (await ward.ask("DELETE", "Observation/w", who="emr-b")).status_code == 404
    assert (await ward.get("_history", who="emr-b"))["total"] == 0
    live = await projection_store.find_live(ward.house.pool, "clinical")
    assert live
    asked = f"worded(ARRAY[{parameter_number('Patient', '_content')}], '{{}}', ' ', NULL)"
    for table in (
        "stated", "resource", "version", "patient", "hashed", "text", "span", "amount", "words",
        "contained", "dated", asked,
    ):  # fmt: skip
        seen = await _seen(ward.house, ward.people.accounts["emr-b"].account, live.schema, table)
        assert seen == 0, table
    for table, count in (("resource", 2), (asked, 1)):
        mine = await _seen(ward.house, ward.people.accounts["emr"].account, live.schema, table)
        assert mine == count, table


async def _seen(house: House, account: Any, schema: str, table: str) -> int:
    """Count what the second wall lets an account see, whatever the first says."""
    async with house.served.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('lianyi.actor', $1, true)", str(account))
        found: int = await connection.fetchval(f"SELECT count(*) FROM {schema}.{table}")
        return found


async def test_who_does_not_treat_sees_patients_masked(database: str, tmp_path: Path) -> None:
    async with warded(database, tmp_path, masked=True) as ward:
        await ward.put(patient("p", "1", birthDate="1980-03-15"))
        mother = {"resourceType": "RelatedPerson", "id": "m", "name": [{"text": "王秀英"}]}
        await ward.put({**mother, "patient": {"reference": "Patient/p"}})
        await ward.put({"resourceType": "Organization", "id": "o", "name": "王府医院"})
        urgent = {"headers": {"X-Purpose": "ETREAT"}}
        whole = json_text.read((await ward.ask("GET", "RelatedPerson/m", **urgent)).content)
        assert whole["name"][0]["text"] == "王秀英"
        shown = await ward.get("RelatedPerson/m", who="doctor")
        assert shown["name"][0]["text"].startswith("王")
        assert "秀英" not in shown["name"][0]["text"]
        assert shown["meta"]["security"][0]["code"] == "MASKED"
        assert (await ward.get("RelatedPerson/m"))["name"][0]["text"] == "王秀英"  # it keeps them
        await ward.put(observation("b", "Patient/p"))
        born = {"subject:Patient.birthdate": "1980-03-15"}
        found = await ward.get("Observation", **born)
        assert (found["total"], [one["search"]["mode"] for one in found["entry"]]) == (1, ["match"])
        assert (await ward.get("RelatedPerson", _sort="name"))["total"] == 1
        note = {"resourceType": "Binary", "id": "n", "contentType": "text/plain", "data": "YQ=="}
        assert (await ward.put(note))["data"] == (await ward.get("Binary/n"))["data"] == "YQ=="
        changed = [{"op": "replace", "path": "/name/0/text", "value": "王秀兰"}]
        json_patch = {"headers": {"Content-Type": "application/json-patch+json"}}
        answer = await ward.ask("PATCH", "RelatedPerson/m", json_text.write(changed), **json_patch)
        assert answer.status_code == 200, answer.text
        past = await ward.get("RelatedPerson/m/_history", who="doctor")
        assert "秀英" not in str(past)
        assert (await ward.get("Organization/o", who="doctor"))["name"] == "王府医院"
        await ward.put(observation("secret") | {"code": {"text": "HIV抗体"}})
        assert (await ward.ask("GET", "Observation/secret", **urgent)).status_code == 200
        hidden = await ward.ask("GET", "Observation/secret", None, "doctor")
        assert hidden.status_code == 404  # specially protected: only for whoever treats
        keeper = ("identity-steward", "H1"), ("clinical-system", "H1")
        await ward.people.add("keeper", *keeper, organisation="H1")
        records = {"headers": {"X-Purpose": "RECORDMGT"}}
        assert (await ward.ask("GET", "Patient/p", None, "keeper", **records)).status_code == 200
        result = await ward.ask("GET", "Observation/secret", None, "keeper", **records)
        assert result.status_code == 404
        answer = await ward.ask("PUT", "Observation/w", observation("w"), who="doctor")
        assert answer.status_code == 403
        trail = await ward.house.log.read(0, after=0, limit=1000)
        for act in ("update_resource", "read_resource"):
            kept = [one for one in trail if one.kind == f"act access.{act}"]
            assert any("w:1^HIS" in one.keys for one in kept), act


async def test_fhir_that_comes_by_a_channel_is_kept_in_its_senders_realm(ward: Ward) -> None:
    told = {
        "resourceType": "Bundle", "type": "collection",
        "entry": [
            {"fullUrl": "http://emr/Patient/1", "resource": patient("1", "77")},
            {"fullUrl": "http://emr/Observation/9", "resource": observation("9", "Patient/1")},
            {"resource": observation(UUIDS + "1", "http://emr/Patient/1")},
        ],
    }  # fmt: skip
    await ward.append("adt", json_text.write(told))
    kept = await ward.get("_history")
    found = {one["resource"]["resourceType"]: one["resource"] for one in kept["entry"]}
    whose = f"Patient/{found['Patient']['id']}"
    assert whose != "Patient/1"
    by_id = {one["resource"]["id"]: one["resource"] for one in kept["entry"]}
    assert by_id[UUIDS + "1"]["subject"]["reference"] == whose
    assert "9" not in by_id
    assert await ward.count("resource") == 3
    await ward.append("adt", json_text.write(told))  # a repeat says nothing new
    assert await ward.count("version") == 0
    later = json_text.write(observation("10", "Patient/1"))
    await ward.append("adt", later)  # in another message, of the same sender
    about = await ward.get("Observation", subject=whose)
    assert about["total"] == 3
    number = shown(record_id("HIS", "77"))
    assert len((await ward.get(f"Patient/{number}/$everything"))["entry"]) == 4
    others = json_text.write(told).replace(f"{UUIDS}1".encode(), f"{UUIDS}2".encode())
    await ward.append("adt-b", others, later, sender="OTHER")
    assert await ward.count("resource", "type = 'Patient'") == 2
    assert (await ward.get("Observation", subject=whose))["total"] == 3


async def test_what_was_erased_is_known_no_more(ward: Ward) -> None:
    (position,) = await ward.append("adt", json_text.write(observation(UUIDS + "1")))
    path = f"Observation/{UUIDS}1"
    await ward.put(observation(UUIDS + "1", note=[{"text": "later"}]))
    assert (await ward.get(path))["meta"]["versionId"] == "2"
    act = await erased(ward, position)
    await ward.learned(act)
    assert (await ward.get(path))["meta"]["versionId"] == "1"
    assert await ward.count("stated") == 1
    assert (await ward.ask("GET", f"{path}/_history/2")).status_code == 404
    before = await ward.digest()
    rebuilt = await rebuild(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    )
    assert rebuilt.after == before


async def erased(ward: Ward, position: Position) -> Position:
    connection = await connect(ward.house.dsn)
    try:
        return await erase(
            ward.house.log, connection, position, reason="test", actor="test",
            clock=ward.house.clock,
        )  # fmt: skip
    finally:
        await connection.close()


async def test_history_is_paged_and_cut_by_time(ward: Ward) -> None:
    for n in range(5):
        await ward.put(observation("w", note=[{"text": f"{n}"}]))
    page = await ward.get("Observation/w/_history", _count="2")
    seen = [one["resource"]["meta"]["versionId"] for one in page["entry"]]
    while links := [one["url"] for one in page["link"] if one["relation"] == "next"]:
        page = await ward.get(links[0].split("/fhir/")[1])
        seen += [one["resource"]["meta"]["versionId"] for one in page["entry"]]
    assert seen == ["5", "4", "3", "2", "1"]
    assert (await ward.get("Observation/_history", _since="2999-01-01"))["total"] == 0
    assert "entry" not in await ward.get("Observation/_history", _since="2999-01-01")
    assert (await ward.ask("GET", "Observation/_history?_since=x")).status_code == 400
    assert (await ward.ask("GET", "Nonsense/_history")).status_code == 404


async def test_forms_and_bad_requests(ward: Ward) -> None:
    await ward.put(observation("w"))
    xml = await ward.ask("GET", "Observation/w", headers={"Accept": "application/fhir+xml"})
    assert xml.headers["content-type"].startswith("application/fhir+xml")
    assert b"<Observation" in xml.content
    put = await ward.ask(
        "PUT", "Observation/w", xml.content.replace(b"weight", b"height"),
        headers={"Content-Type": "application/fhir+xml"},
    )  # fmt: skip
    assert put.status_code == 200, put.text
    assert (await ward.get("Observation/w"))["code"]["text"] == "height"
    for path, headers in (("Observation/w?_format=pdf", {}), ("Observation/w", {"Accept": "a/b"})):
        assert (await ward.ask("GET", path, headers=headers)).status_code == 406, path
    contained = {"resourceType": "Patient", "contained": [{"resourceType": "Patient"}]}
    for body in (
        b"{", b"[]", b'{"resourceType":"Nonsense"}', b'{"resourceType":"Patient","id":"w"}',
        json_text.write(observation("other")), json_text.write(observation("w", note=None)),
        json_text.write(observation("w", contained=[contained])),
        json_text.write(observation("w", meta=[])), b'{"a":' * 200 + b"1" + b"}" * 200,
    ):  # fmt: skip
        answer = await ward.ask("PUT", "Observation/w", body)
        assert answer.status_code == 400, (body, answer.text)
        assert json_text.read(answer.content)["resourceType"] == "OperationOutcome"
    for wants, what in (("minimal", b""), ("OperationOutcome", b"OperationOutcome")):
        answer = await ward.ask(
            "POST", "Observation", observation("x"), headers={"Prefer": f"return={wants}"}
        )
        assert answer.status_code == 201
        assert what in answer.content
        assert answer.headers["location"].split("/")[-3] != "x"


async def test_what_no_reader_could_read_is_refused_and_the_rest_is_told(ward: Ward) -> None:
    for wrong, element, rule in (
        ({"colour": "red"}, "Observation.colour", "unknown-element"),
        ({"note": {"text": "x"}}, "Observation.note", "not-an-array"),
        ({"effectiveDateTime": "yesterday"}, "Observation.effective", "bad-"),
        ({"status": ["final"]}, "Observation.status", "not-one-value"),
    ):
        sent = observation("w") | wrong
        answer = await ward.ask("PUT", "Observation/w", sent)
        assert answer.status_code == 400, (wrong, answer.text)
        (issue,) = json_text.read(answer.content)["issue"]
        assert issue["expression"][0].startswith(element), answer.text
        assert rule in answer.text, answer.text
        inside = {"resource": sent, "request": {"method": "PUT", "url": "Observation/w"}}
        sent = {"resourceType": "Bundle", "type": "transaction", "entry": [inside]}
        answer = await ward.ask("POST", "", sent)
        assert answer.status_code == 400
        (issue,) = json_text.read(answer.content)["issue"]
        where = "Bundle.entry[0].resource" + element.removeprefix("Observation")
        assert issue["expression"][0].startswith(where), answer.text
    incomplete = {"resourceType": "Observation", "status": "final"}
    assert (await ward.ask("POST", "Observation", incomplete)).status_code == 201
    parameters = {"resourceType": "Parameters",
                  "parameter": [{"name": "resource", "resource": incomplete}]}  # fmt: skip
    for sent in (incomplete, parameters):
        told = await ward.ask("POST", "Observation/$validate", sent)
        assert told.status_code == 200, told.text
        issues = json_text.read(told.content)["issue"]
        assert any(one["severity"] == "error" and "code" in str(one) for one in issues)
    fine = await ward.ask("POST", "Observation/$validate", observation("w"))
    assert b'"error"' not in fine.content
