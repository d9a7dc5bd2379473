"""What the token of an app opens at the FHIR doors of the patient index.

Nobody learns in this house, so whoever is let in is told that nothing is learned yet (503).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.peers.slapd import free_port

from .app_peer import Peer, person, symmetric
from .outside import OpenHouse, open_house

LET_IN, REFUSED = 503, 403
WANG = {"resourceType": "Patient", "name": [{"text": "王小明"}]}


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(database, tmp_path, free_port()) as found:
        yield found


async def status(house: OpenHouse, token: str, method: str, path: str, **more: Any) -> int:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.request(method, f"/fhir/{path}", headers=headers, **more)
    (issue,) = answer.json()["issue"]
    assert answer.headers["content-type"] == "application/fhir+json"
    assert issue["code"] == {LET_IN: "transient", REFUSED: "forbidden"}[answer.status_code]
    return answer.status_code


async def doors(house: OpenHouse, token: str) -> dict[str, int]:
    put = {"params": {"identifier": "urn:lianyi:authority:HIS|1"}, "json": WANG}
    return {
        "search": await status(house, token, "GET", "Patient"),
        "post search": await status(house, token, "POST", "Patient/_search"),
        "match": await status(house, token, "POST", "Patient/$match", json=WANG),
        "pix": await status(house, token, "GET", "Patient/$ihe-pix?sourceIdentifier=a:b|1"),
        "read": await status(house, token, "GET", "Patient/0000000000000"),
        "feed": await status(house, token, "PUT", "Patient", **put),
        "history": await status(house, token, "GET", "Patient/0000000000000/$link-history"),
    }


async def backend(house: OpenHouse, scopes: str) -> Peer:
    made = await symmetric(house, "growth", scopes="system/*.cruds")
    role = {"role": "registrar", "organisation": "*", "reason": "t"}
    await house.ask("POST", "/accounts/growth/roles", json=role)
    return made


async def given(peer: Peer, scope: str) -> str:
    answer = await peer.token({"grant_type": "client_credentials", "scope": scope})
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == scope
    return str(answer.json()["access_token"])


async def test_each_scope_opens_its_doors_and_no_other(house: OpenHouse) -> None:
    peer = await backend(house, "system/*.cruds")
    searching = ("search", "post search", "match", "pix")
    for scope, opened in (
        ("system/Patient.s", searching),
        ("system/Patient.rs", (*searching, "read")),
        ("system/Patient.u", ("feed",)),
        ("system/Organization.s", ()),
    ):
        if scope == "system/Organization.s":
            role = {"role": "manager", "organisation": "*", "reason": "t"}
            await house.ask("POST", "/accounts/growth/roles", json=role)
        token = await given(peer, scope)
        answers = await doors(house, token)
        assert {name for name, found in answers.items() if found == LET_IN} == set(opened), scope


async def test_a_scope_with_parameters_opens_what_is_as_narrow_and_cannot_be_talked_wider(
    house: OpenHouse,
) -> None:
    peer = await backend(house, "system/*.cruds")
    token = await given(peer, "system/Patient.rs?birthdate=1980-03-15")
    narrow = {"birthdate": "1980-03-15"}
    assert await status(house, token, "GET", "Patient", params=narrow) == LET_IN
    assert await status(house, token, "GET", "Patient", params={**narrow, "family": "x"}) == LET_IN
    for wide in ({}, {"birthdate": "1980"}, {"birthdate": "1980-03-15,1981"}):
        assert await status(house, token, "GET", "Patient", params=wide) == REFUSED
    for path in ("Patient/0000000000000", "Patient/$ihe-pix"):
        assert await status(house, token, "GET", path, params=narrow) == REFUSED, path


async def test_a_person_lets_an_app_no_further_than_himself(house: OpenHouse) -> None:
    peer = await symmetric(house, "growth", scopes="launch/patient patient/*.rs user/*.cruds")
    async with person(house, "chen", "registrar") as chen:
        token = (await chen.approved(peer, "user/Patient.rs"))["access_token"]
        assert await status(house, token, "GET", "Patient") == LET_IN
        context = {"patient": {"value": "4711", "authority": "HIS"}}
        mine = await chen.approved(peer, "launch/patient patient/Patient.rs", **context)
        about = {"patient": mine["patient"]}
        token = mine["access_token"]
        for path, said in (
            ("Patient", LET_IN),  # where the app finds and reads its patient and nobody else
            ("Patient/0000000000000", LET_IN),
            ("Patient/$ihe-pix", REFUSED),
        ):
            assert await status(house, token, "GET", path, params=about) == said, path
