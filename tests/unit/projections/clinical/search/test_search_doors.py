"""Searches over HTTP, asked of the served product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from tests.unit.projections.clinical.ward import ZONE, Ward, warded

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.search.service import SearchService
from lianyi.security.access import acting, seen
from lianyi.security.model import Access, Actor, Purpose
from lianyi.security.rules import reach_of_all
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart.problems import OutsideOfScopes

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:lianyi:authority:HIS", "value": "4711", "use": "usual"}],
    "name": [{"family": "王", "given": ["小明"], "text": "王小明"}],
    "birthDate": "1980-03-15",
}


def observation(number: int, *, code: str = "8867-4", of: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": "Heart rate"}]},
        "subject": {"reference": f"Patient/{of}"},
        "performer": [{"reference": "Practitioner/d1"}],
        "effectiveDateTime": f"2026-03-{number + 1:02}T08:00:00+08:00",
        "valueQuantity": {
            "value": 60 + number, "unit": "/min", "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
        "note": [{"text": "a note"}],
    }  # fmt: skip


EMERGENCY = {"X-Purpose": "ETREAT"}
DOCTOR = {"resourceType": "Practitioner", "id": "d1", "name": [{"family": "李"}]}


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(PATIENT)
        await found.put(DOCTOR)
        for number in range(5):
            await found.put(observation(number))
        await found.put(observation(9, code="8310-5"))
        yield found


def ids(bundle: Any, mode: str = "match") -> list[str]:
    return [
        one["resource"]["id"] for one in bundle.get("entry", []) if one["search"]["mode"] == mode
    ]


def link(bundle: Any, relation: str) -> str:
    found = [one["url"] for one in bundle["link"] if one["relation"] == relation]
    return found[0] if found else ""


async def test_searches_are_answered_as_bundles(ward: Ward) -> None:
    found = await ward.get(
        "Observation", patient="Patient/p1", code="http://loinc.org|8867-4",
        date="ge2026-03-02", _sort="-date", _count="3", _include="Observation:performer",
    )  # fmt: skip
    assert (found["type"], found["total"]) == ("searchset", 4)
    assert ids(found) == ["o4", "o3", "o2"]
    assert ids(found, "include") == ["d1"]
    assert found["entry"][0]["fullUrl"].endswith("/fhir/Observation/o4")
    assert dict(parse_qsl(urlsplit(link(found, "self")).query))["code"] == "http://loinc.org|8867-4"
    more = dict(parse_qsl(urlsplit(link(found, "next")).query))
    after = await ward.get("Observation", **more)
    assert (ids(after), after["total"], link(after, "next")) == (["o1"], 4, "")
    form = await ward.ask(
        "POST", "Observation/_search", None, headers=EMERGENCY,
        data={"subject:Patient.name": "王", "_summary": "count"},
    )  # fmt: skip
    assert (form.json()["total"], "entry" in form.json()) == (6, False), form.text
    has = await ward.get("Practitioner", **{"_has:Observation:performer:code": "8310-5"})
    assert ids(has) == ["d1"]
    value = await ward.get("Observation", **{"code-value-quantity": "8867-4$gt62||/min"})
    assert sorted(ids(value)) == ["o3", "o4"]


async def test_few_are_put_into_order_by_their_codes(ward: Ward) -> None:
    params = {"_sort": "code,-date", "_count": "4"}
    found = (await ward.ask("GET", "Observation", params=params, headers=EMERGENCY)).json()
    assert ids(found) == ["o9", "o4", "o3", "o2"]
    more = dict(parse_qsl(urlsplit(link(found, "next")).query))
    after = (await ward.ask("GET", "Observation", params=more, headers=EMERGENCY)).json()
    assert ids(after) == ["o1", "o0"]


async def test_compartments_and_the_whole_system_are_searched(ward: Ward) -> None:
    await ward.put(observation(7, of="p2"))
    found = await ward.get("Patient/p1/Observation", code="8867-4")
    assert len(ids(found)) == found["total"] == 5
    every = await ward.get("Patient/p1/*")
    assert every["total"] == 7
    system = await ward.get("", _type="Observation,Practitioner", _count="0")
    assert system["total"] == 8
    refused = await ward.ask("GET", "Patient/p1/Nothing")
    assert refused.status_code == 404


async def test_what_is_unknown_is_told_or_refused(ward: Ward) -> None:
    found = await ward.get("Observation", colour="red", code="8310-5")
    assert ids(found) == ["o9"]
    (outcome,) = [one for one in found["entry"] if one["search"]["mode"] == "outcome"]
    assert "colour" in outcome["resource"]["issue"][0]["diagnostics"]
    assert "colour" not in link(found, "self")
    strict = await ward.ask(
        "GET", "Observation", params={"colour": "red"}, headers={"Prefer": "handling=strict"}
    )
    assert (strict.status_code, strict.json()["resourceType"]) == (400, "OperationOutcome")
    for params in ({"date": "yesterday"}, {"code:exact": "a"}, {"_page": "x"}, {"_sort": "colour"}):
        answer = await ward.ask("GET", "Observation", params=params)
        assert answer.status_code == 400, (params, answer.text)
    query = await ward.ask("GET", "Observation", params={"_query": "mine"})
    assert query.status_code == 400


async def test_less_of_a_resource_is_given(ward: Ward) -> None:
    (entry,) = (await ward.get("Observation", _id="o1", _summary="true"))["entry"]
    assert "note" not in entry["resource"]
    assert "valueQuantity" in entry["resource"]
    assert entry["resource"]["meta"]["tag"][-1]["code"] == "SUBSETTED"
    (entry,) = (await ward.get("Observation", _id="o1", _elements="note"))["entry"]
    assert set(entry["resource"]) == {"resourceType", "id", "meta", "note", "status", "code"}
    xml = await ward.ask("GET", "Observation", params={"_id": "o1", "_format": "xml"})
    assert xml.headers["content-type"].startswith("application/fhir+xml")
    assert b'<Bundle xmlns="http://hl7.org/fhir">' in xml.content


async def test_each_hospital_finds_its_own(ward: Ward) -> None:
    found = await ward.get("Observation", "emr-b", code="8867-4")
    assert (ids(found), found["total"]) == ([], 0)


async def test_a_compartment_tells_nobody_whether_there_is_such_a_one(ward: Ward) -> None:
    """A patient of another hospital, and one who is nowhere: the answers are the same."""
    for path, method in (("Observation", "GET"), ("*", "GET"), ("Observation/_search", "POST")):
        told = []
        for whose in ("Patient/p1", "Patient/nobody"):
            answer = await ward.ask(method, f"{whose}/{path}", None, "emr-b")
            assert answer.status_code == 200, answer.text
            told.append(answer.text.replace(whose, "Patient/?"))
            mine = await ward.ask(method, f"{whose}/{path}")
            assert mine.json()["total"] == (0 if whose.endswith("nobody") else 6 + (path == "*"))
        assert told[0] == told[1], path


def app(scopes: str, patient: str = "") -> Access:
    """Somebody for whom an app asks."""
    actor = Actor(
        UUID(int=7), "emr", "", "H1", reach_of_all(), Purpose.TREATMENT,
        granted=Granted(parse(scopes), patient, "app"),
    )  # fmt: skip
    return Access(actor, "clinical.read", "search_type", Purpose.EMERGENCY)


async def asked_by(ward: Ward, access: Access, kind: str, *pairs: tuple[str, str]) -> Any:
    service = SearchService(
        ward.house.pool, ward.house.clock, ZONE,
        privacy=ward.house.app.state.clinical_search._privacy, base="http://here/fhir",
    )  # fmt: skip
    with acting(access), seen():
        return json_text.read(await service.search(service.place(kind), pairs, strict=False))


async def test_an_app_finds_what_is_of_its_patient(ward: Ward) -> None:
    await ward.put(PATIENT | {"id": "p2", "identifier": [
        {"system": "urn:lianyi:authority:HIS", "value": "4712", "use": "usual"}
    ]})  # fmt: skip
    await ward.put(observation(7, of="p2"))
    of_one = app("patient/Observation.rs patient/Practitioner.rs", "4711^HIS")
    found = await asked_by(ward, of_one, "Observation", ("_include", "*"))
    assert found["total"] == 6
    assert "o7" not in ids(found)
    assert ids(found, "include") == ["d1"]  # the Patient himself was not granted
    whole = await asked_by(ward, of_one, "", ("_count", "0"))
    assert whole["total"] == 7
    assert (await asked_by(ward, of_one, "Observation", ("_id", "o7")))["total"] == 0
    with pytest.raises(OutsideOfScopes):
        await asked_by(ward, of_one, "Observation", ("subject:Patient.name", "王"))
    everybodys = app("user/Observation.rs?category=laboratory user/Patient.rs")
    with pytest.raises(OutsideOfScopes):
        await asked_by(ward, everybodys, "Observation")
    found = await asked_by(ward, everybodys, "Observation", ("category", "laboratory"))
    assert found["total"] == 0
    doctors = app("user/Practitioner.rs")
    for pairs in ([], [("_lastUpdated", "ge2000")], [("_id", "d1,o1,p1")]):
        found = await asked_by(ward, doctors, "", *pairs)
        assert ids(found) == ["d1"]
    with pytest.raises(OutsideOfScopes):
        await asked_by(ward, doctors, "", ("_type", "Observation"))
    wide = app("user/*.rs")
    assert (await asked_by(ward, wide, "Observation"))["total"] == 7


async def test_nobody_finds_by_what_he_is_not_shown(database: str, tmp_path: Path) -> None:
    """A doctor who does not treat a patient sees neither his name nor what it is found by."""
    async with warded(database, tmp_path, masked=True) as ward:
        await ward.put(PATIENT)
        for number in range(4):
            await ward.put(observation(number))
        named = ({"subject:Patient.family": "王"}, {"subject:Patient.birthdate": "1980-03-15"})
        for params in named:
            found = await ward.get("Observation", "doctor", **params)
            assert (ids(found), found["total"]) == ([], 0), params
            outcomes = [
                one["resource"] for one in found["entry"] if one["search"]["mode"] == "outcome"
            ]
            (issue,) = outcomes[0]["issue"]
            assert issue["code"] == "suppressed"
            for text in (issue["details"]["text"], issue["diagnostics"]):
                assert next(iter(params)).replace("subject:Patient", "subject") in text
                assert "王" not in text
            nobody = await ward.get("Observation", "doctor", **dict.fromkeys(params, "2011-11-11"))
            assert nobody["entry"] == found["entry"], "it says nothing of whether there is a match"
            counted = await ward.get("Observation", "doctor", **params, _summary="count")
            assert counted["total"] == 0
            urgent = await ward.ask("GET", "Observation", params=params, headers=EMERGENCY)
            assert urgent.json()["total"] == 4
            assert len(urgent.json()["entry"]) == 4
        for params in (
            {"_filter": "subject.family co 王"},
            {"_filter": "not(subject.family eq 李)"},
        ):
            found = await ward.get("Observation", "doctor", **params)
            assert (ids(found), found["total"]) == ([], 0), params
            urgent = await ward.ask("GET", "Observation", params=params, headers=EMERGENCY)
            assert urgent.json()["total"] == 4
        refused = await ward.ask("GET", "RelatedPerson", None, "doctor", params={"_sort": "name"})
        assert refused.status_code == 400
        own = await ward.get("Observation", "doctor", code="8867-4", _count="3")
        assert (len(ids(own)), own["total"]) == (3, 4)  # nothing of these is hidden
