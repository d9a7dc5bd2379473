"""Search parameters and views over REST: of the house, checked, indexed beside, and then right."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.base.clock import SystemClock
from lianyi.base.database import connect
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import definition_store
from lianyi.projections.clinical.follow import Clinical
from lianyi.projections.clinical.parameter_work import reindexing
from lianyi.projections.clinical.parameter_work.reindexing import Reindexer
from lianyi.projections.rebuilding import rebuilding

REMARK = {
    "resourceType": "SearchParameter", "id": "remark", "url": "urn:test:remark", "name": "remark",
    "status": "active", "description": "备注", "code": "remark", "base": ["Observation"],
    "type": "string", "expression": "Observation.note.text",
}  # fmt: skip
RESULTS = {
    "resourceType": "ViewDefinition", "id": "results-1", "name": "results", "status": "active",
    "resource": "Observation",
    "select": [{"column": [{"name": "id", "path": "getResourceKey()", "type": "string"},
                           {"name": "note", "path": "note.text.first()", "type": "string"}]}],
}  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.people.add("keeper", ("integration-engineer", "*"))
        await found.people.add("local", ("integration-engineer", "H1"), organisation="H1")
        yield found


def observation(id_: str, note: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"},
        "note": [{"text": note}],
    }  # fmt: skip


async def put(ward: Ward, resource: dict[str, Any], who: str = "keeper") -> httpx.Response:
    path = f"{resource['resourceType']}/{resource['id']}"
    return await ward.ask("PUT", path, resource, who)


async def found(ward: Ward, who: str = "emr", **query: str) -> set[str]:
    bundle = await ward.get("Observation", who=who, **query)
    return {one["resource"]["id"] for one in bundle.get("entry", ())}


async def offered(ward: Ward) -> list[str]:
    statement = await ward.get("metadata")
    (of,) = (one for one in statement["rest"][0]["resource"] if one["type"] == "Observation")
    return [one["name"] for one in of["searchParam"]]


def issue(answer: httpx.Response) -> dict[str, Any]:
    (one,) = json_text.read(answer.content)["issue"]
    return dict(one)


async def worked(ward: Ward, content: Path) -> None:
    reindexer = Reindexer(ward.house.pool, content, ZONE)
    while await reindexer.look() or await reindexer.step():
        pass


async def test_a_parameter_is_indexed_beside_and_each_hospital_finds_its_own(
    ward: Ward, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "STEP_RESOURCES", 2)
    for number in range(3):
        await ward.put(observation(f"a{number}", "red"))
        await ward.put(observation(f"b{number}", "red"), who="emr-b")
    made = await put(ward, REMARK)
    assert made.status_code == 201, made.text
    assert made.headers["etag"] == 'W/"1"'

    waits = await ward.ask("GET", "Observation?remark=red")
    assert (waits.status_code, "0 of about 6" in waits.text) == (503, True), waits.text
    assert "remark" not in await offered(ward)
    await ward.put(observation("late", "red"))
    await worked(ward, tmp_path)
    assert await found(ward, remark="red") == {"a0", "a1", "a2", "late"}
    assert await found(ward, who="emr-b", remark="red") == {"b0", "b1", "b2"}
    assert "remark" in await offered(ward)

    changed = {**REMARK, "expression": "Observation.note.text | Observation.code.text"}
    assert (await put(ward, changed)).status_code == 200
    assert (await ward.ask("GET", "Observation?remark=x")).status_code == 503
    await worked(ward, tmp_path)
    assert await found(ward, remark="x") == {"a0", "a1", "a2", "late"}

    gone = await ward.ask("DELETE", "SearchParameter/remark", who="keeper")
    assert gone.status_code == 204
    assert "remark" not in await offered(ward)
    strict = {"headers": {"Prefer": "handling=strict"}}
    assert (await ward.ask("GET", "Observation?remark=red", **strict)).status_code == 400
    await worked(ward, tmp_path)
    assert await ward.count("parameter") == 0, "what is wanted no more is gone"


async def test_what_is_no_draft_counts_and_a_rebuild_has_the_same_bytes(
    ward: Ward, tmp_path: Path
) -> None:
    await ward.put(observation("a", "red"))
    assert (await put(ward, {**REMARK, "status": "draft"})).status_code == 201
    assert await ward.count("parameter") == 0
    assert (await put(ward, REMARK)).status_code == 200
    await worked(ward, tmp_path)
    before = await ward.digest()
    async with rebuilding(
        lambda: connect(ward.house.dsn), ward.house.log, Clinical(ZONE), clock=SystemClock()
    ) as run:
        await run.build()
        compared = await run.compare()
        assert compared.before == compared.after == before
        await run.switch()
    assert await found(ward, remark="red") == {"a"}, "it is whole from its birth"
    assert not await Reindexer(ward.house.pool, tmp_path, ZONE).look()


@pytest.mark.parametrize(
    ("change", "element", "code"),
    [
        ({"expression": "Observation.("}, "expression", "LY-2361"),
        ({"expression": "Observation.nothing"}, "expression", "LY-2361"),
        ({"base": ["Nothing"]}, "base", "LY-2360"),
        ({"type": "composite"}, "type", "LY-2360"),
        ({"type": "reference"}, "target", "LY-2360"),
        ({"code": "status"}, "code", "LY-2360"),
        ({"code": "a b"}, "code", "LY-2360"),
    ],
)
async def test_what_cannot_be_used_is_refused_at_its_element(
    ward: Ward, change: dict[str, Any], element: str, code: str
) -> None:
    answer = await put(ward, {**REMARK, **change})
    assert answer.status_code == 400, answer.text
    said = issue(answer)
    assert said["expression"] == [f"SearchParameter.{element}"]
    assert said["details"]["coding"][0]["code"] == code
    assert await ward.count("resource", "type = 'SearchParameter'") == 0


async def test_a_code_that_another_has_is_refused_and_of_two_at_once_one_counts(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    both = await asyncio.gather(
        put(ward, REMARK), put(ward, {**REMARK, "id": "second", "url": "urn:test:second"})
    )
    assert sorted(one.status_code for one in both) == [201, 400]
    assert issue(next(one for one in both if one.status_code == 400))["expression"] == [
        "SearchParameter.code"
    ]
    monkeypatch.setattr("lianyi.projections.clinical.definitions.service.DEFINITIONS_MAX", 1)
    assert definition_store.DEFINITIONS_MAX == 200
    third = await put(ward, {**REMARK, "id": "third", "code": "third"})
    assert third.status_code == 400


@pytest.mark.parametrize("resource", [REMARK, RESULTS])
async def test_only_who_may_change_master_data_everywhere_writes_one_and_at_its_own_door(
    ward: Ward, resource: dict[str, Any]
) -> None:
    type_ = resource["resourceType"]
    for who in ("emr", "local", "doctor"):
        assert (await put(ward, resource, who)).status_code == 403, who
        assert (await ward.ask("POST", type_, resource, who)).status_code == 403, who
        refused = await ward.ask("DELETE", f"{type_}/{resource['id']}", who=who)
        assert refused.status_code == 403, who
    await ward.people.add("both", ("integration-engineer", "*"), ("clinical-system", "*"))
    entry = {
        "resource": REMARK, "request": {"method": "PUT", "url": "SearchParameter/remark"},
    }  # fmt: skip
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    refused = await ward.ask("POST", "", bundle, "both")
    assert (refused.status_code, issue(refused)["details"]["coding"][0]["code"]) == (400, "LY-2399")
    refused = await ward.ask("PUT", "SearchParameter?url=urn:a", REMARK, "both")
    assert refused.status_code == 400
    patch = [{"op": "replace", "path": "/status", "value": "draft"}]
    assert (await put(ward, REMARK)).status_code == 201
    refused = await ward.ask(
        "PATCH", "SearchParameter/remark", patch, "both",
        headers={"Content-Type": "application/json-patch+json"},
    )  # fmt: skip
    assert issue(refused)["details"]["coding"][0]["code"] == "LY-2399", refused.text
    assert await ward.count("resource", "type = 'ViewDefinition'") == 0


async def test_a_view_is_kept_and_run_by_name_and_id_over_what_each_may_see(ward: Ward) -> None:
    await ward.put(observation("a", "red"))
    await ward.put(observation("b", "blue"), who="emr-b")
    made = await put(ward, RESULTS)
    assert made.status_code == 201, made.text
    assert (await ward.get("ViewDefinition/results-1"))["name"] == "results"
    assert (await ward.get("ViewDefinition", who="keeper"))["total"] == 1
    for name in ("results", "results-1"):
        ran = await ward.ask("GET", f"ViewDefinition/{name}/$run?_format=json")
        assert ran.json() == [{"id": "a", "note": "red"}], ran.text
        ran = await ward.ask("GET", f"ViewDefinition/{name}/$run?_format=json", who="emr-b")
        assert ran.json() == [{"id": "b", "note": "blue"}]
    asked = {"name": "viewReference", "valueString": "ViewDefinition/results-1"}
    ran = await ward.ask(
        "POST", "ViewDefinition/$run", {"resourceType": "Parameters", "parameter": [asked]}
    )
    assert ran.json() == [{"id": "a", "note": "red"}], ran.text
    browser = await ward.people.browser("emr")
    listed = (await browser.get("/api/v1/clinical/views")).json()
    assert [one["name"] for one in listed["items"]] == ["results"]

    twice = await put(ward, {**RESULTS, "id": "other"})
    assert (twice.status_code, issue(twice)["expression"]) == (400, ["ViewDefinition.name"])
    broken = {**RESULTS, "select": [{"column": [{"name": "id", "path": "nothing.("}]}]}
    refused = await put(ward, broken)
    assert refused.status_code == 400
    assert issue(refused)["expression"] == ["ViewDefinition.select[0].column[0].path"]
    assert (await ward.ask("DELETE", "ViewDefinition/results-1", who="keeper")).status_code == 204
    assert (await ward.ask("GET", "ViewDefinition/results/$run")).status_code == 404
    assert (await ward.ask("GET", "ViewDefinition/results-1")).status_code == 404
