"""What apps write through the FHIR doors: within their scopes, and of their patient only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.unit.projections.clinical.test_everything import observation, patient
from tests.unit.projections.clinical.test_transactions import bundle, entry
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.api.addresses import every_operation
from lianyi.api.guard import judge
from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.sending import Conditions
from lianyi.projections.clinical.transactions import Transactions
from lianyi.security.access import acting
from lianyi.security.model import Access, Actor, Purpose, Reach
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart.problems import OutsideOfScopes

SCOPES, PATIENT = "LY-1868", "LY-2330"


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        for id_, mrn in (("a", "1"), ("b", "2")):  # one citizen, registered twice
            await found.put(patient(id_, mrn))
        stranger = patient("c", "3") | {"birthDate": "1950-01-01", "name": [{"text": "赵铁柱"}]}
        del stranger["identifier"][1]
        await found.put(stranger)
        await found.put(observation("hers", "b"))
        await found.put(observation("other", "c"))
        await found.put({"resourceType": "Organization", "id": "o", "name": "x"})
        yield found


class App:
    """An app with a token, asking the service as the door does."""

    def __init__(self, ward: Ward, scopes: str, *, who: str = "emr", at: str = "H1") -> None:
        both = frozenset({at})
        reach = Reach({"clinical.read": both, "clinical.write": both})
        account = ward.people.accounts[who].account
        granted = Granted(parse(scopes), "1^EMR", "app")
        self._actor = Actor(account, who, who, at, reach, granted=granted)
        self._service = ward.house.app.state.clinical
        self._reads = ward.house.app.state.bundle_reads

    def _acting(self, permission: str = "clinical.write") -> Any:
        return acting(Access(self._actor, permission, "update_resource", Purpose.EMERGENCY))

    async def put(self, resource: Mapping[str, Any]) -> str:
        """Return the code of a refusal; empty: it was written."""
        type_, id_ = resource["resourceType"], resource["id"]
        with self._acting():
            try:
                await self._service.update(type_, id_, resource, Conditions())
            except LianyiError as refusal:
                return refusal.code
        return ""

    async def post(self, resource: Mapping[str, Any]) -> str:
        sent = {name: value for name, value in resource.items() if name != "id"}
        with self._acting():
            try:
                await self._service.create(sent["resourceType"], sent)
            except LianyiError as refusal:
                return refusal.code
        return ""

    async def delete(self, type_: str, id_: str) -> str:
        with self._acting():
            try:
                await self._service.delete(type_, id_, Conditions())
            except LianyiError as refusal:
                return refusal.code
        return ""

    async def batch(self, *entries: dict[str, Any]) -> list[str]:
        """Return the statuses of the entries."""
        with self._acting("clinical.read"):
            done = await Transactions(self._service, reads=self._reads).submit(
                bundle(*entries, type_="batch"), base="http://localhost/fhir"
            )
        return [one["response"]["status"][:3] for one in json_text.read(done)["entry"]]


async def test_an_app_of_a_patient_writes_of_her_and_of_nobody_else(ward: Ward) -> None:
    app = App(ward, "patient/*.write patient/*.rs")
    for id_, whose in (("new", "a"), ("hers", "a"), ("new2", "b")):  # any record of hers
        assert await app.put(observation(id_, whose)) == "", id_
    assert await app.post(observation("x", "a")) == ""
    nobodys = {name: value for name, value in observation("n", "a").items() if name != "subject"}
    for resource in (
        observation("n", "c"), observation("other", "c"),
        observation("other", "a"),  # it stands in another patient's record
        observation("hers", "c"),  # it would leave hers
        nobodys, patient("c", "3"), patient("new", "9"),
        {"resourceType": "Organization", "id": "o", "name": "y"},
        {"resourceType": "Medication", "id": "m"},
        observation("n", "a", focus=[{"reference": "Patient/c"}]),
    ):  # fmt: skip
        assert await app.put(resource) == PATIENT, resource
        if resource["id"] in ("n", "m"):
            assert await app.post(resource) == PATIENT
    assert await app.delete("Observation", "other") == PATIENT
    assert await app.delete("Observation", "hers") == ""
    assert (await ward.ask("GET", "Observation/n")).status_code == 404
    assert (await ward.get("Observation/other"))["meta"]["versionId"] == "1"
    assert (await ward.get("Organization/o"))["name"] == "x"


async def test_scopes_say_what_is_written_of_which_type(ward: Ward) -> None:
    some = App(ward, "patient/Observation.c")
    assert await some.put(observation("new", "a")) == ""
    assert await some.put(observation("new", "a", note=[{"text": "x"}])) == SCOPES
    assert await some.delete("Observation", "new") == SCOPES
    mixed = App(ward, "user/Observation.c patient/Observation.u")
    assert await mixed.put(observation("free", "c")) == ""
    assert await mixed.put(observation("free", "c", note=[{"text": "x"}])) == PATIENT
    system = App(ward, "system/*.cruds")
    assert await system.put(observation("other", "c", note=[{"text": "x"}])) == ""
    assert await system.delete("Organization", "o") == ""


async def test_a_bundle_gives_an_app_no_more_than_its_doors(ward: Ward) -> None:
    app = App(ward, "patient/Observation.crus")
    by_code = entry("POST", "Observation", observation("x", "a"), ifNoneExist="_id=other")
    assert await app.batch(
        entry("PUT", "Observation/n1", observation("n1", "a")),
        entry("PUT", "Observation/n2", observation("n2", "c")),
        entry("POST", "Condition", {"resourceType": "Condition"}),
        entry("DELETE", "Observation/hers"),
        entry("GET", "Observation/hers"),
        entry("GET", "Observation/other"),
        entry("GET", "Observation?_summary=count"),
        entry("GET", "Condition"),
        entry("GET", "Patient/c"),
        by_code,  # another patient's stands there and is none of the app's business
    ) == ["201", "403", "403", "403", "200", "404", "200", "403", "404", "201"]  # fmt: skip
    assert (await ward.ask("GET", "Observation/n2")).status_code == 404


async def test_the_second_wall_stands_before_apps_as_well(ward: Ward) -> None:
    app = App(ward, "patient/*.cruds", who="emr-b", at="H2")
    assert await app.put(observation("hers", "a")) == PATIENT  # she is nobody there
    assert await app.delete("Observation", "hers") == "LY-2236"
    system = App(ward, "system/*.cruds", who="emr-b", at="H2")
    assert await system.put(observation("hers", "a")) == "LY-2240"
    assert await system.batch(entry("GET", "Observation/hers")) == ["404"]
    assert (await ward.get("Observation/hers"))["meta"]["versionId"] == "1"


@pytest.mark.parametrize(
    ("method", "path", "letter"),
    [("POST", "Observation", "c"), ("PUT", "Observation/1", "u"), ("PUT", "Observation", "u"),
     ("PATCH", "Observation/1", "u"), ("DELETE", "Observation/1", "d")],
)  # fmt: skip
def test_the_doors_let_an_app_in_by_the_letter_of_its_scope(
    method: str, path: str, letter: str
) -> None:
    operation = every_operation().of(method, f"/fhir/{path}")
    reach = Reach({"clinical.write": frozenset({"H1"})})

    def actor(scopes: str, patient_: str = "1^EMR") -> Actor:
        return Actor(UUID(int=1), "emr", "emr", "H1", reach,
                     granted=Granted(parse(scopes), patient_, "app"))  # fmt: skip

    assert judge(actor(f"patient/Observation.{letter}"), operation)
    others = "".join(one for one in "cruds" if one != letter)
    for refused in (
        actor(f"patient/Observation.{others}"), actor(f"patient/Condition.{letter}"),
        actor(f"patient/Observation.{letter}", ""),
    ):  # fmt: skip
        with pytest.raises(OutsideOfScopes):
            judge(refused, operation)
