"""A SMART backend service takes an export over real HTTP, with a key of its own and no person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import orjson
import pytest
from benchmarks.ports import free_port
from joserfc import jws
from joserfc.jwk import RSAKey
from tests.unit.api.app_peer import register
from tests.unit.api.house import House
from tests.unit.api.outside import OpenHouse, open_house
from tests.unit.projections.clinical.bulk.exports import observation, patient
from tests.unit.projections.clinical.ward import following

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.projections.clinical.bulk.asking import Asked
from lianyi.projections.clinical.bulk.service import within_scopes
from lianyi.security.oauth import ASSERTION_TYPE
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart.problems import OutsideOfScopes

KEY = RSAKey.generate_key(2048, {"kid": "warehouse"})
NAME = "warehouse"


@asynccontextmanager
async def learning(database: str, house: OpenHouse) -> AsyncIterator[None]:
    """Let the index and the repository of an open house learn."""
    async with following(cast(House, SimpleNamespace(pool=house.pool, dsn=database))):
        yield


async def token(house: OpenHouse, system: httpx.AsyncClient, scope: str) -> dict[str, str]:
    """Sign an assertion as SMART Backend Services asks; return the header of what it gives."""
    now = int(SystemClock().now().timestamp())
    said = {
        "iss": NAME, "sub": NAME, "aud": f"{house.address}/oauth/token", "exp": now + 240,
        "jti": RandomIds().new_id().hex,
    }  # fmt: skip
    header = {"alg": "RS384", "kid": "warehouse", "typ": "JWT"}
    form = {
        "grant_type": "client_credentials", "scope": scope,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jws.serialize_compact(
            header, orjson.dumps(said), KEY, algorithms=["RS384"]
        ),
    }  # fmt: skip
    answer = await system.post("/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def taken(system: httpx.AsyncClient, auth: dict[str, str], path: str) -> list[Any]:
    """Begin an export, wait as it says, and take its files."""
    wants = {"Prefer": "respond-async", "X-Purpose": "PUBHLTH", "Accept": "application/fhir+json"}
    begun = await system.get(path, headers=auth | wants)
    assert begun.status_code == 202, begun.text
    for _ in range(300):
        answer = await system.get(begun.headers["content-location"], headers=auth)
        if answer.status_code != 202:
            break
        await asyncio.sleep(0.1)
    assert answer.status_code == 200, answer.text
    found = []
    for file in answer.json()["output"]:
        content = await system.get(file["url"], headers=auth)
        found += [orjson.loads(line) for line in content.text.splitlines()]
    return found


async def test_a_backend_service_takes_what_its_scopes_allow(database: str, tmp_path: Path) -> None:
    async with (
        open_house(database, tmp_path, free_port()) as house,
        learning(database, house),
        httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=60) as system,
    ):
        for one in (patient("p"), observation("o")):
            path = f"/fhir/{one['resourceType']}/{one['id']}"
            answer = await house.admin.put(path, json=one)
            assert answer.status_code == 201, answer.text
        await register(house, NAME, "asymmetric", scopes="system/*.rs")
        keys = {"keys": [KEY.as_dict(private=False)]}
        await house.ask("PUT", f"/accounts/{NAME}/public-keys", json=keys)
        role = {"role": "data-exporter", "organisation": "*", "reason": "t"}
        await house.ask("POST", f"/accounts/{NAME}/roles", json=role)
        every = await token(house, system, "system/*.rs")
        found = await taken(system, every, "/fhir/$export")
        assert sorted(one["resourceType"] for one in found) == ["Observation", "Patient"]
        few = await token(house, system, "system/Observation.rs")
        (only,) = await taken(system, few, "/fhir/Patient/$export")
        assert only["id"] == "o"
        wants = few | {"Prefer": "respond-async"}
        refused = await system.get("/fhir/$export?_type=Patient", headers=wants)
        assert refused.status_code == 403
        begun = await system.get("/fhir/$export", headers=every | {"Prefer": "respond-async"})
        place = begun.headers["content-location"]
        assert (await system.get(place, headers=few)).status_code == 403  # it holds more
        assert (await system.get(place, headers=every)).status_code in (200, 202)
        said = (await system.get("/fhir/metadata")).json()
        assert "export" in {one["name"] for one in said["rest"][0]["operation"]}


@pytest.mark.parametrize(
    "scopes",
    [
        "user/*.rs",
        "launch/patient patient/*.rs",
        "system/Observation.rs?category=laboratory",
        "system/*.s",
        "system/Organization.rs",
    ],
)
def test_only_whole_rights_of_the_level_of_systems_count(scopes: str) -> None:
    asked = Asked(request="", level="patient")
    with pytest.raises(OutsideOfScopes):
        within_scopes(asked, Granted(parse(scopes), app="x"))


def test_a_right_for_some_types_exports_these() -> None:
    granted = Granted(parse("system/Observation.r system/Condition.rs"), app="x")
    found = within_scopes(Asked(request="", level="patient"), granted)
    assert found.types == ("Condition", "Observation")
    with pytest.raises(OutsideOfScopes):
        within_scopes(Asked(request="", types=("Observation", "Patient")), granted)
    assert within_scopes(found, None) is found
