"""Why a record is seen as it is, and opening it in an emergency, asked of the served product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.projections.identity.ids import record_id, shown

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:lianyi:authority:HIS", "value": "4711", "use": "usual"}],
    "name": [{"text": "王小明"}],
}
SAID = {"reason": "emergency", "words": "胸痛急诊，须看既往心电图", "minutes": 5}


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(PATIENT)
        (found.house.content_dir / "privacy" / "classification.yaml").unlink()  # as shipped
        yield found


async def test_who_does_not_treat_opens_a_record_for_minutes_and_ends_it(ward: Ward) -> None:
    steward, doctor = await ward.people.browser("steward"), await ward.people.browser("doctor")
    found = await steward.get("/api/v1/identity/persons", params={"q": "4711"})
    person = found.json()["items"][0]["id"]
    address = f"/api/v1/record/{person}"

    async def look() -> Any:
        answer = await doctor.get(f"{address}/look")
        assert answer.status_code == 200, answer.text
        return answer.json()

    before = await look()
    (right,) = before["rights"]
    assert (right["authority"], right["organisation"]) == ("HIS", "H1")
    assert (right["look"]["why"], right["look"]["clear"]) == ("no-relation", False)
    assert (right["reasons"], before["glasses"]) == ([], [])

    reasons = (await doctor.get("/api/v1/privacy/classification")).json()["reasons"]
    said = {**SAID, "reason": reasons[0]["name"]}
    opened = await doctor.post(f"{address}/glass", json=said)
    assert opened.status_code == 200, opened.text
    (glass,) = opened.json()
    assert (glass["patients"], glass["organisation"]) == (["4711^HIS"], "H1")

    during = await look()
    assert during["rights"][0]["look"]["why"] == "glass"
    assert (during["glasses"], during["glass_until"]) == ([glass["id"]], glass["until"])
    assert (await doctor.get(address)).json()["person"]["name"] == "王小明"

    await doctor.delete(f"/api/v1/privacy/glass/{glass['id']}")
    after = await look()
    assert (after["glasses"], after["rights"][0]["look"]["why"]) == ([], "no-relation")
    assert (await doctor.get(address)).json()["person"]["name"] == "王**"


async def test_nobody_opens_what_he_does_not_reach_or_without_a_reason(ward: Ward) -> None:
    doctor = await ward.people.browser("doctor")
    nobody = await doctor.get(f"/api/v1/record/{shown(record_id('HIS', '1'))}/look")
    assert nobody.status_code == 404
    steward = await ward.people.browser("steward")
    found = await steward.get("/api/v1/identity/persons", params={"q": "4711"})
    address = f"/api/v1/record/{found.json()['items'][0]['id']}/glass"
    assert (await doctor.post(address, json={**SAID, "reason": "curious"})).status_code == 422
    assert (await steward.post(address, json=SAID)).status_code == 403
