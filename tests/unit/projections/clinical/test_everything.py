"""What is known of a patient by all records of the person, and what the doors say they offer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.test_messages_kept import TOLD, hear
from tests.unit.projections.clinical.ward import Ward, warded
from tests.unit.projections.identity.people import citizen

from lianyi.projections.clinical.everything import everything
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.clinical.types import TYPES
from lianyi.projections.identity.ids import record_id, shown
from lianyi.security.access import acting
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.scopes import Granted, parse


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def patient(id_: str, mrn: str) -> dict[str, Any]:
    number = {"system": "urn:oid:2.16.156.10011.1.3", "value": citizen().value}
    own = {"system": "urn:lianyi:authority:EMR", "value": mrn, "use": "usual"}
    return {
        "resourceType": "Patient", "id": id_, "identifier": [own, number],
        "name": [{"text": "王小明"}], "gender": "male", "birthDate": "1980-03-15",
    }  # fmt: skip


def observation(id_: str, subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "code": {"text": "x"},
        "subject": {"reference": f"Patient/{subject}"}, **more,
    }  # fmt: skip


def names(bundle: Any, mode: str = "match") -> set[str]:
    return {
        f"{one['resource']['resourceType']}/{one['resource']['id']}"
        for one in bundle.get("entry", [])
        if one["search"]["mode"] == mode
    }


async def test_everything_of_a_person_is_found_by_any_of_her_records(ward: Ward) -> None:
    await ward.put({"resourceType": "Practitioner", "id": "d", "name": [{"text": "李"}]})
    for id_, mrn in (("a", "1"), ("b", "2")):  # one citizen, registered twice
        await ward.put(patient(id_, mrn))
    await ward.put(observation("x", "a", performer=[{"reference": "Practitioner/d"}]))
    await ward.put(observation("y", "b"))
    await ward.put(observation("z", "other"))
    whole = {"Patient/a", "Patient/b", "Observation/x", "Observation/y"}
    for id_ in ("a", "b", shown(record_id("EMR", "2"))):
        bundle = await ward.get(f"Patient/{id_}/$everything")
        assert names(bundle) == whole, id_
        assert names(bundle, "include") == {"Practitioner/d"}
    some = await ward.get("Patient/a/$everything", _type="Observation")
    assert names(some) == {"Observation/x", "Observation/y"}
    page, seen = await ward.get("Patient/a/$everything", _count="3"), set[str]()
    seen |= names(page)
    while links := [one["url"] for one in page["link"] if one["relation"] == "next"]:
        page = await ward.get(links[0].split("/fhir/")[1])
        seen |= names(page)
    assert seen == whole
    for path, status in (
        ("Patient/nobody/$everything", 404), ("Patient/a/$everything?_since=x", 400),
        ("Patient/a/$everything?start=x", 400), ("Patient/a/$everything?page=x", 400),
    ):  # fmt: skip
        assert (await ward.ask("GET", path)).status_code == status, path
    assert (await ward.ask("GET", "Patient/a/$everything", who="emr-b")).status_code == 404


async def test_what_messages_said_is_part_of_everything(ward: Ward) -> None:
    await hear(ward, TOLD)
    bundle = await ward.get(f"Patient/{shown(record_id('HIS', '4711'))}/$everything")
    assert {name.split("/")[0] for name in names(bundle)} >= {
        "Patient", "Encounter", "Observation", "DiagnosticReport",
    }  # fmt: skip


async def test_the_doors_say_what_they_offer(ward: Ward) -> None:
    told = await ward.get("metadata")
    assert told["format"][:2] == ["application/fhir+json", "application/fhir+xml"]
    (rest,) = told["rest"]
    of = {one["type"]: one for one in rest["resource"]}
    assert of.keys() == TYPES
    assert {one["code"] for one in rest["interaction"]} >= {"transaction", "batch"}
    codes = {one["code"] for one in of["Observation"]["interaction"]}
    assert codes >= {"read", "vread", "create", "update", "patch", "delete", "history-instance"}
    assert {one["name"] for one in of["Observation"]["searchParam"]} >= {"code", "date", "patient"}
    assert "near" in {one["name"] for one in of["Location"]["searchParam"]}
    leads = of["Encounter"]["searchRevInclude"]
    assert {"*", "Observation:encounter", "Condition:encounter"} <= set(leads)
    told_of = await ward.get("Encounter", _revinclude=leads[1])
    assert told_of["type"] == "searchset"
    operations = {one["name"] for one in of["Patient"]["operation"]}
    assert operations >= {"match", "ihe-pix", "everything"}
    assert "delete" not in {one["code"] for one in of["Patient"]["interaction"]}


async def test_an_app_reads_of_its_patient_what_its_scopes_say(ward: Ward) -> None:
    for id_, mrn in (("a", "1"), ("b", "2")):  # one citizen, registered twice
        await ward.put(patient(id_, mrn))
    await ward.put({"resourceType": "Organization", "id": "o", "name": "x"})
    await ward.put({"resourceType": "Medication", "id": "m"})
    for id_, whose in (("x", "a"), ("y", "b"), ("z", "other")):
        await ward.put(observation(id_, whose))
    service = ward.house.app.state.clinical
    account = ward.people.accounts["emr"].account

    async def seen(scopes: str, *asked: tuple[str, str]) -> set[str]:
        granted = Granted(parse(scopes), "1^EMR", "app")
        reach = Reach({"clinical.read": frozenset({"H1"})})
        actor = Actor(account, "emr", "emr", "H1", reach, granted=granted)
        found = set()
        with acting(Access(actor, "clinical.read", "read_resource", Purpose.EMERGENCY)):
            for type_, id_ in asked:
                with suppress(NoSuchResource):
                    await service.read(type_, id_)
                    found.add(f"{type_}/{id_}")
                    await service.history(type_=type_, id_=id_)
            found |= {f"+{one.kept.type}" for one in (await everything(service, "a")).items}
        return found

    every = [("Observation", "x"), ("Observation", "y"), ("Observation", "z"),
             ("Organization", "o"), ("Medication", "m"), ("Patient", "a")]  # fmt: skip
    assert await seen("patient/*.rs", *every) == {
        "Observation/x", "Observation/y", "Organization/o", "Medication/m", "Patient/a",
        "+Observation", "+Patient",
    }  # fmt: skip
    assert await seen("patient/Observation.r", *every) == {
        "Observation/x", "Observation/y", "+Observation",
    }  # fmt: skip
    assert await seen("user/Observation.r", *every) == {
        "Observation/x", "Observation/y", "Observation/z", "+Observation",
    }  # fmt: skip
