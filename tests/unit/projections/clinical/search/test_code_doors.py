"""Codes are searched by value sets and hierarchies that are stored as resources."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.search.test_search_doors import EMERGENCY, PATIENT, ids
from tests.unit.projections.clinical.ward import Ward, warded

ICD = "urn:oid:2.16.156.10011.2.3.3.11"
SYSTEM = {
    "resourceType": "CodeSystem", "id": "icd", "url": ICD, "status": "active",
    "content": "complete", "extension": [
        {"url": "urn:lianyi:code-hierarchy", "valueCode": "prefix"},
    ],
    "concept": [
        {"code": "J18", "display": "肺炎"}, {"code": "J18.9", "display": "未特指的肺炎"},
        {"code": "J15"}, {"code": "A41", "display": "败血症"},
    ],
}  # fmt: skip
INFECTIONS = {
    "resourceType": "ValueSet", "id": "vs1", "url": "http://h1.example/infections",
    "version": "1", "status": "active", "compose": {"include": [
        {"system": ICD, "filter": [{"property": "concept", "op": "is-a", "value": "J18"}]},
    ]},
}  # fmt: skip


def condition(id_: str, code: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition", "id": id_, "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": ICD, "code": code}]},
    }  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        for resource in (
            PATIENT, SYSTEM, INFECTIONS, condition("c1", "J18"), condition("c2", "J18.9"),
            condition("c3", "J15"), condition("c4", "A41"),
        ):  # fmt: skip
            await found.put(resource)
        yield found


async def asked(ward: Ward, **params: str) -> list[str]:
    answer = await ward.ask("GET", "Condition", params=params, headers=EMERGENCY)
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert bundle["total"] == len(ids(bundle))
    return sorted(ids(bundle))


async def test_stored_value_sets_and_hierarchies_are_searched(ward: Ward) -> None:
    url = str(INFECTIONS["url"])
    for text in (url, f"{url}|1", "ValueSet/vs1"):
        assert await asked(ward, **{"code:in": text}) == ["c1", "c2"], text
    assert await asked(ward, **{"code:not-in": url}) == ["c3", "c4"]
    assert await asked(ward, _filter=f"code in {url} and not (code eq J18)") == ["c2"]
    assert await asked(ward, **{"code:below": f"{ICD}|J18"}) == ["c1", "c2"]
    assert await asked(ward, **{"code:below": f"{ICD}|J1"}) == ["c1", "c2", "c3"]
    assert await asked(ward, **{"code:above": f"{ICD}|J18.9"}) == ["c1", "c2"]
    assert await asked(ward, _filter=f"code ss {ICD}|J18 or code sb {ICD}|A41") == [
        "c1",
        "c2",
        "c4",
    ]
    for name, value in (
        ("code:in", "http://nobody/knows"), ("code:in", f"{url}|2"), ("code:below", "J18"),
        ("code:below", "http://nobody/knows|J18"),
    ):  # fmt: skip
        refused = await ward.ask("GET", "Condition", params={name: value}, headers=EMERGENCY)
        assert refused.status_code == 400, (name, value, refused.text)


async def test_a_changed_value_set_counts_from_the_next_search(ward: Ward) -> None:
    url = str(INFECTIONS["url"])
    assert await asked(ward, **{"code:in": url}) == ["c1", "c2"]
    more = {"resourceType": "ValueSet", "id": "vs2", "url": "urn:test:more", "status": "active",
            "compose": {"include": [{"valueSet": [url]},
                                    {"system": ICD, "concept": [{"code": "A41"}]}]}}  # fmt: skip
    await ward.put(more)
    assert await asked(ward, **{"code:in": "urn:test:more"}) == ["c1", "c2", "c4"]
    await ward.put(SYSTEM | {"concept": [{"code": "J18"}, {"code": "J15"}]})
    assert await asked(ward, **{"code:in": "urn:test:more"}) == ["c1", "c4"]
    exact = {"compose": {"include": [{"system": ICD, "concept": [{"code": "J15"}]}]}}
    await ward.put(INFECTIONS | exact)
    assert await asked(ward, **{"code:in": url}) == ["c3"]
    assert await asked(ward, **{"code:in": "urn:test:more"}) == ["c3", "c4"]


async def test_a_hospital_knows_its_own_value_sets(ward: Ward) -> None:
    refused = await ward.ask(
        "GET", "Condition", None, "emr-b", params={"code:in": str(INFECTIONS["url"])}
    )
    assert refused.status_code == 400, refused.text
    named = await ward.ask("GET", "Condition", None, "emr-b", params={"code:in": "ValueSet/vs1"})
    unknown = await ward.ask("GET", "Condition", None, "emr-b", params={"code:in": "ValueSet/none"})
    assert named.json()["issue"] == unknown.json()["issue"], "it says nothing of what others have"


async def test_operations_tell_what_codes_there_are(ward: Ward) -> None:
    async def told(path: str, status: int = 200, **params: str) -> Any:
        answer = await ward.ask("GET", path, params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    url = str(INFECTIONS["url"])
    expansion = (await told("ValueSet/$expand", url=url))["expansion"]
    assert (expansion["total"], [one["code"] for one in expansion["contains"]]) == (
        2, ["J18", "J18.9"],
    )  # fmt: skip
    found = (await told("ValueSet/$expand", url=url, filter="未特指", count="1"))["expansion"]
    assert (found["total"], found["contains"][0]["display"]) == (1, "未特指的肺炎")
    rest = (await told("ValueSet/$expand", url=url, offset="1"))["expansion"]["contains"]
    assert [one["code"] for one in rest] == ["J18.9"]
    gender = "http://hl7.org/fhir/ValueSet/administrative-gender"
    assert (await told("ValueSet/$expand", url=gender))["expansion"]["total"] == 4

    async def valid(**params: str) -> bool:
        answer = await told("ValueSet/$validate-code", **params)
        (result,) = [one["valueBoolean"] for one in answer["parameter"] if one["name"] == "result"]
        return bool(result)

    assert await valid(url=url, system=ICD, code="J18.9")
    assert await valid(url=url, code="J18.9")
    assert not await valid(url=url, system=ICD, code="A41")
    assert not await valid(url=url, system=ICD, code="J18", display="败血症")
    assert await valid(url=gender, system="http://hl7.org/fhir/administrative-gender", code="male")
    looked = (await told("CodeSystem/$lookup", system=ICD, code="J18.9"))["parameter"]
    assert {"name": "display", "valueString": "未特指的肺炎"} in looked
    (parent,) = [one["part"] for one in looked if one["name"] == "property"]
    assert [part["valueCode"] for part in parent] == ["parent", "J18"]
    for path, status, params in (
        ("ValueSet/$expand", 404, {"url": "http://nobody/knows"}),
        ("ValueSet/$expand", 400, {}),
        ("ValueSet/$expand", 400, {"url": url, "count": "many"}),
        ("CodeSystem/$lookup", 404, {"system": ICD, "code": "Z99"}),
        ("CodeSystem/$lookup", 404, {"system": "http://nobody/knows", "code": "a"}),
        ("ValueSet/$validate-code", 400, {"url": url}),
    ):
        refused = await told(path, status, **params)
        assert refused["resourceType"] == "OperationOutcome"
    other = await ward.ask("GET", "ValueSet/$expand", None, "emr-b", params={"url": url})
    assert other.status_code == 404
