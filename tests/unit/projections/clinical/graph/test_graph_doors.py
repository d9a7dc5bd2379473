"""GraphQL at the doors: what is answered, who sees what, and what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.unit.projections.clinical.test_app_writes import App
from tests.unit.projections.clinical.test_transactions import bundle, entry, submit
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.graph import service
from lianyi.projections.clinical.graph.service import GraphService, Question

EMERGENCY = {"X-Purpose": "ETREAT"}
PATIENT = {
    "resourceType": "Patient", "id": "a", "birthDate": "1950-01-01", "active": True,
    "identifier": [{"system": "urn:lianyi:authority:EMR", "value": "1", "use": "usual"}],
    "name": [
        {"use": "official", "text": "王小明", "family": "王", "given": ["小明"]},
        {"use": "nickname", "text": "明明", "given": ["明明", "小小"]},
    ],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}],
}  # fmt: skip


def observation(id_: str, value: str, of: str = "Patient/a", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "1"}]},
        "subject": {"reference": of}, "valueQuantity": {"value": value, "unit": "g"}, **more,
    }  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"text": "李医生"}]}
        await submit(
            found,
            bundle(
                entry("PUT", "Patient/a", PATIENT),
                entry("PUT", "Practitioner/d", doctor),
                entry("PUT", "Observation/o1", json_text.read(json.dumps(
                    observation("o1", 0, performer=[{"reference": "Practitioner/d"}])
                ).replace('"value": 0', '"value": 1.50').encode())),
                entry("PUT", "Observation/o2", observation(
                    "o2", 2, performer=[{"reference": "#in"}, {"reference": "Practitioner/none"}],
                    contained=[{"resourceType": "Practitioner", "id": "in", "active": True}])),
                entry("PUT", "Observation/o3", observation("o3", 3, status="amended")),
            ),
        )  # fmt: skip
        yield found


async def asked(ward: Ward, text: str, at: str = "", who: str = "emr", **more: Any) -> Any:
    """Ask with a body; return the answer as JSON."""
    browser = await ward.people.browser(who)
    answer = await browser.post(
        f"/fhir/{at}$graphql", json={"query": text, **more}, headers=EMERGENCY
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json_text.read(answer.content)


async def test_a_resource_its_references_and_what_leads_to_it_come_in_one_answer(
    ward: Ward,
) -> None:
    answer = await asked(
        ward,
        """query ($who: ID!) { Patient(id: $who) {
          id birthDate deceasedBoolean
          name(use: official) { text given }
          results: ObservationList(_reference: patient, _sort: _id, status: "final") {
            id valueQuantity { value unit }
            performer { resource(optional: true) {
              resourceType ... on Practitioner { active name { text } } } }
          }
        } }""",
        variables={"who": "a"},
    )
    assert "errors" not in answer
    patient = answer["data"]["Patient"]
    assert patient["id"] == "a"
    assert patient["deceasedBoolean"] is None
    assert patient["name"] == [{"text": "王小明", "given": ["小明"]}]
    first, second = patient["results"]
    assert first["id"] == "o1"
    assert str(first["valueQuantity"]["value"]) == "1.50"
    by = {"resourceType": "Practitioner", "active": None, "name": [{"text": "李医生"}]}
    assert first["performer"] == [{"resource": by}]
    inner = {"resourceType": "Practitioner", "active": True, "name": None}
    assert second["performer"] == [{"resource": inner}, {"resource": None}]


async def test_one_resource_is_asked_by_its_address_and_lists_are_chosen_from(ward: Ward) -> None:
    query = """{ birthDate name(fhirpath: "given.count() > 1") { use }
        last: name(_offset: 1, _count: 1) { text } __typename }"""
    answer = await ward.ask("GET", f"Patient/a/$graphql?query={quote(query)}", headers=EMERGENCY)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == {
        "birthDate": "1950-01-01", "name": [{"use": "nickname"}], "last": [{"text": "明明"}],
        "__typename": "Patient",
    }  # fmt: skip
    raw = await ward.ask(
        "POST", "Patient/a/$graphql", b"{ id }",
        headers=EMERGENCY | {"Content-Type": "application/graphql"},
    )  # fmt: skip
    assert raw.json() == {"data": {"id": "a"}}


async def test_directives_flatten_take_the_first_and_slice(ward: Ward) -> None:
    answer = await asked(
        ward,
        """{ name @flatten { given use }
             first: name @first { text }
             telecom @flatten @slice(path: "system") { value @singleton } }""",
        "Patient/a/",
    )
    assert answer["data"] == {
        "given": ["小明", "明明", "小小"], "use": ["official", "nickname"],
        "first": [{"text": "王小明"}], "value.phone": "1", "value.email": "a@b",
    }  # fmt: skip


async def test_a_connection_counts_and_goes_on_where_its_page_ends(ward: Ward) -> None:
    query = """query ($at: String) { ObservationConnection(
        subject: "Patient/a", _count: 2, _sort: _id, _cursor: $at, _total: accurate
      ) { count pagesize next edges { mode resource { id } } } }"""
    seen: list[str] = []
    at = None
    for _ in range(2):
        found = (await asked(ward, query, variables={"at": at}))["data"]["ObservationConnection"]
        assert found["count"] == 3
        assert {edge["mode"] for edge in found["edges"]} == {"match"}
        seen += [edge["resource"]["id"] for edge in found["edges"]]
        at = found["next"]
    assert seen == ["o1", "o2", "o3"]
    assert at is None


async def test_another_hospital_sees_nothing_of_it(ward: Ward) -> None:
    query = '{ Patient(id: "a") { birthDate } ObservationList(subject: "Patient/a") { id } }'
    answer = await asked(ward, query, who="emr-b")
    assert answer["data"] == {"Patient": None, "ObservationList": []}
    (error,) = answer["errors"]
    assert error["path"] == ["Patient"]
    assert error["extensions"]["resource"]["resourceType"] == "OperationOutcome"
    hidden = await ward.ask(
        "POST", "Patient/a/$graphql", {"query": "{ id }"}, "emr-b", headers=EMERGENCY
    )
    assert hidden.status_code == 404


async def test_an_app_sees_what_its_scopes_and_its_patient_allow(ward: Ward) -> None:
    app = App(ward, "patient/Observation.rs")
    graph: GraphService = ward.house.app.state.graph
    query = """{ Observation(id: "o1") { id subject { resource(type: Patient) { birthDate } } }
                 Practitioner(id: "d") { id } ObservationList { id } }"""
    with app._acting("clinical.read"):
        answer = json_text.read(await graph.ask(Question(query, {})))
    assert answer["data"]["Observation"]["id"] == "o1"
    assert answer["data"]["Observation"]["subject"] == {"resource": None}
    assert answer["data"]["Practitioner"] is None
    assert [one["id"] for one in answer["data"]["ObservationList"]] != []
    assert len(answer["errors"]) == 2


async def test_what_cannot_be_read_or_written_is_refused_as_an_outcome(ward: Ward) -> None:
    for text in (
        "{", "mutation { PatientDelete(id: 1) { id } }", "{ Patient(id: \"a\") { nothing } }",
        '{ PatientList(nonsense: "1") { id } }',
    ):  # fmt: skip
        answer = await ward.ask("POST", "$graphql", {"query": text}, headers=EMERGENCY)
        told = answer.json()
        if answer.status_code == 200:
            (error,) = told["errors"]
            told = error["extensions"]["resource"]
        else:
            assert answer.status_code == 400
        assert told["resourceType"] == "OperationOutcome", text
    for sent in ({}, {"query": 1}, {"query": "{ __typename }", "variables": [1]}):
        assert (await ward.ask("POST", "$graphql", sent)).status_code == 400


async def test_one_question_reads_only_so_much(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LOOKUPS_MAX", 2)
    two = '{ Patient(id: "a") { id } again: Patient(id: "a") { id } Observation(id: "o1") { id } }'
    assert "errors" not in await asked(ward, two)  # the same is read once
    three = two[:-1] + ' Practitioner(id: "d") { id } }'
    answer = await ward.ask("POST", "$graphql", {"query": three}, headers=EMERGENCY)
    assert answer.status_code == 400
    assert "LY-2386" in answer.text


async def test_the_capabilities_say_so(ward: Ward) -> None:
    (rest,) = (await ward.get("metadata"))["rest"]
    assert "graphql" in {one["name"] for one in rest["operation"]}
    for one in rest["resource"]:
        assert "graphql" in {operation["name"] for operation in one["operation"]}
