"""One search for patients: persons of the index, and whom only the repository knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.test_bundle_reads import named, observation
from tests.unit.projections.clinical.test_messages_kept import TOLD, hear
from tests.unit.projections.clinical.test_transactions import bundle, entry, status_of, submit
from tests.unit.projections.clinical.ward import Ward, warded
from tests.unit.projections.identity.people import citizen

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.security.access import acting
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart.problems import OutsideOfScopes

EMERGENCY = {"X-Purpose": "ETREAT"}
NUMBER = {"system": "urn:oid:2.16.156.10011.1.3", "value": citizen().value}


def patient(id_: str, mrn: str, name: str = "王小明", **more: Any) -> dict[str, Any]:
    own = {"system": "urn:lianyi:authority:EMR", "value": mrn, "use": "usual"}
    return {
        "resourceType": "Patient", "id": id_, "identifier": [own],
        "name": [{"text": name, "family": name[0], "given": [name[1:]]}], "gender": "male",
        "birthDate": "1980-03-15", **more,
    }  # fmt: skip


def numbered(id_: str, mrn: str, **more: Any) -> dict[str, Any]:
    made = patient(id_, mrn, **more)
    return made | {"identifier": [*made["identifier"], NUMBER]}


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def find(ward: Ward, path: str = "Patient", **params: str) -> Any:
    """Search for the purpose of treating: whole resources may be found and put into order."""
    more = {"params": params} if params else {}
    answer = await ward.ask("GET", path, headers=EMERGENCY, **more)
    assert answer.status_code == 200, answer.text
    return json_text.read(answer.content)


async def fill(ward: Ward) -> str:
    """One citizen who was registered twice, two others, and one without any number of her own."""
    doctor = {"generalPractitioner": [{"reference": "Practitioner/d"}]}
    await submit(
        ward,
        bundle(
            entry("PUT", "Practitioner/d", {
                "resourceType": "Practitioner", "id": "d", "name": [{"family": "李"}]}),
            entry("PUT", "Patient/a", numbered("a", "1", **doctor)),
            entry("PUT", "Patient/b", numbered("b", "2")),
            entry("PUT", "Patient/c", patient("c", "3", "赵铁柱", birthDate="1950-01-01")),
            entry("PUT", "Patient/d", patient("d", "4", "钱多多", birthDate="1960-01-01")),
            entry("PUT", "Patient/u", {
                "resourceType": "Patient", "id": "u", "name": [{"text": "王无名", "family": "王"}],
                "gender": "female", "birthDate": "1970-05-05"}),
            *(entry("PUT", f"Observation/{id_}", observation(
                id_, "2026-01-01", code, subject={"reference": f"Patient/{whose}"}))
              for id_, whose, code in (("o1", "b", "9"), ("o2", "c", "9"), ("o3", "u", "9"))),
        ),
    )  # fmt: skip
    found = await find(ward, "Patient", identifier="urn:lianyi:authority:EMR|1")
    (number,) = named(found)
    return number


async def test_each_person_is_found_once_by_whatever_r4_can_ask(ward: Ward) -> None:
    wang = await fill(ward)
    zhao, qian = (shown(record_id("EMR", mrn)) for mrn in ("3", "4"))

    async def found(**params: str) -> set[str]:
        page = await find(ward, "Patient", **params)
        ids = [
            one["resource"]["id"]
            for one in page.get("entry", [])
            if one["search"]["mode"] == "match"
        ]
        assert (page["total"], len(set(ids))) == (len(ids), len(ids)), page
        return set(ids)

    for params, wanted in (
        ({"name": "王"}, {wang, "u"}), ({"family": "wang"}, {wang}), ({"gender": "female"}, {"u"}),
        ({"general-practitioner": "Practitioner/d"}, {wang}),
        ({"general-practitioner.name": "李"}, {wang}),
        ({"_has:Observation:patient:code": "9"}, {wang, zhao, "u"}),
        ({"_has:Observation:patient:code": "9", "family": "wang"}, {wang}),
        ({"_has:Observation:patient:code": "9", "birthdate": "lt1975"}, {zhao, "u"}),
        ({"gender:not": "male"}, {"u"}), ({"identifier:missing": "true"}, {"u"}),
        ({"_sort": "birthdate"}, {wang, zhao, qian, "u"}), ({"_id": "u"}, {"u"}),
        ({"_id": "a"}, {"a"}), ({"_id": f"{wang},b"}, {wang, "b"}),
        ({"_id": "b", "_sort": "name"}, {"b"}), ({"name": "nobody", "_sort": "name"}, set()),
        ({"active": "true", "nonsense": "1"}, {wang, zhao, qian}),
        ({"mothersMaidenName": "x", "_sort": "name"}, set()),
    ):  # fmt: skip
        assert await found(**params) == wanted, params
    for id_ in (wang, zhao, "u", "a", "b"):  # what is found is what is read
        (one,) = (await find(ward, "Patient", _id=id_, _sort="name"))["entry"]
        links = one["resource"].pop("link", [])
        read = await find(ward, f"Patient/{id_}")
        assert [each for each in links if each in read.pop("link", [])] or not read.get("link")
        assert read == one["resource"]
    person = (await find(ward, "Patient", name="小明", _sort="name"))["entry"][0]["resource"]
    assert {one["other"]["reference"] for one in person["link"]} >= {"Patient/a", "Patient/b"}
    assert [one["resource"]["birthDate"] for one in (await find(
        ward,
        "Patient", _sort="birthdate", _elements="birthDate"))["entry"]] == [
        "1950-01-01", "1960-01-01", "1970-05-05", "1980-03-15",
    ]  # fmt: skip
    along = await find(
        ward,
        "Patient", identifier="1", _revinclude="Observation:patient",
        _include="Patient:general-practitioner",
    )  # fmt: skip
    assert [(one["resource"]["id"], one["search"]["mode"]) for one in along["entry"]] == [
        (wang, "match"), *sorted([("d", "include"), ("o1", "include")],
        key=lambda one: named(along).index(one[0])),
    ]  # fmt: skip
    for bad, status in (
        ("Patient?_has:Nonsense:patient:code=1", 400), ("Patient?_sort=nonsense", 400),
        ("Patient?birthdate:missing=maybe", 400), ("Patient?_sort=name&_page=x", 400),
        ("Patient?_sort=name&birthdate=x", 400),
    ):  # fmt: skip
        assert (await ward.ask("GET", bad)).status_code == status, bad
    strict = await ward.ask("GET", "Patient?nonsense=1", headers={"Prefer": "handling=strict"})
    assert strict.status_code == 400


async def test_pages_of_persons_stay_where_they_are(ward: Ward) -> None:
    await fill(ward)
    for params in ({"_sort": "birthdate"}, {"_has:Observation:patient:code": "9"}, {"name": "王"}):
        whole = named(await find(ward, "Patient", **params))
        page, seen, number = await find(ward, "Patient", **params, _count="1"), [], 0
        seen += named(page)
        total = page["total"]
        while links := [one["url"] for one in page["link"] if one["relation"] == "next"]:
            if "name" not in params:  # the index numbers its pages, as PDQm clients know it
                number += 1
                await ward.put(patient(f"new{number}", f"9{number}", "孙悟空", birthDate="1900"))
            page = await find(ward, links[0].split("/fhir/")[1])
            assert page["total"] == total
            seen += named(page)
        assert seen == whole


async def test_whoever_only_results_tell_of_is_found_where_she_may_be_seen(ward: Ward) -> None:
    await hear(ward, TOLD)
    await fill(ward)
    told = shown(record_id("HIS", "4711"))
    for who, purpose in (("emr", {}), ("steward", {}), ("doctor", EMERGENCY)):
        for query in ("name=王无名", "birthdate=1970-05-05"):
            answer = await ward.ask("GET", f"Patient?{query}", who=who, headers=purpose)
            assert named(json_text.read(answer.content)) == ["u"], (who, query)
        assert (await ward.ask("GET", "Patient/u", who=who, headers=purpose)).status_code == 200
    for path in ("Patient?name=王", "Patient?gender=female", "Patient?_id=u",
        "Patient?_sort=_lastUpdated",
                 "Patient?_has:Observation:patient:code=9"):  # fmt: skip
        foreign = json_text.read((await ward.ask("GET", path, who="emr-b")).content)
        assert (foreign["total"], named(foreign)) == (0, []), path
    asked = await ward.ask("GET", "Patient?_has:Observation:patient:code=9", who="steward")
    assert asked.status_code == 403  # what is clinical takes more than the index
    assert told in named(await find(ward, "Patient", identifier="4711"))
    batch = bundle(
        entry("GET", "Patient?name=王无名"), entry("GET", f"Patient/{told}"), type_="batch"
    )
    answered = await submit(ward, batch, who="doctor", headers=EMERGENCY)
    assert status_of(answered) == ["200", "200"]
    assert answered["entry"][1]["resource"]["id"] == told


async def test_an_app_of_a_patient_finds_and_reads_her_alone(ward: Ward) -> None:
    wang = await fill(ward)
    state, account = ward.house.app.state, ward.people.accounts["emr"].account
    reach = Reach({name: frozenset({"H1"}) for name in ("identity.read", "clinical.read")})
    scopes = "patient/Patient.rs patient/Observation.rs"
    granted = Granted(parse(scopes), "1^EMR", "app")
    actor = Actor(account, "emr", "emr", "H1", reach, granted=granted)
    with acting(Access(actor, "identity.read", "search_patients", Purpose.EMERGENCY)):
        for pairs in ([], [("active", "true")], [("_lastUpdated", "ge2020")], [("_id", wang)],
                      [("_has:Observation:patient:code", "9"), ("family", "wang")]):  # fmt: skip
            found = json_text.read(await state.find_patients(pairs, strict=False))
            assert set(named(found)) <= {wang}, pairs
            assert ("_has:Observation:patient:code", "9") in pairs or named(found) == [wang], pairs
        for pairs in ([("name", "钱多多")], [("_id", "d")], [("_id", "u")], [("gender", "female")],
                      [("name", "王无名"), ("_sort", "_id")]):  # fmt: skip
            found = json_text.read(await state.find_patients(pairs, strict=False))
            assert (found["total"], named(found)) == (0, []), pairs
        with pytest.raises(OutsideOfScopes):
            await state.find_patients([("_has:Condition:patient:code", "9")], strict=False)
        assert (await state.fhir_patients.read(wang))["id"] == wang
        with pytest.raises(NoSuchPerson):
            await state.fhir_patients.read(shown(record_id("EMR", "4")))
        with pytest.raises(NoSuchResource):
            await state.clinical.read("Patient", "u")
