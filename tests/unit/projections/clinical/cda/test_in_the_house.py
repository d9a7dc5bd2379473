"""Documents that come by a channel are read over FHIR, shown in the record, and found by words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.cda import page
from lianyi.projections.identity.ids import record_id, shown

from .papers import SECTIONS, paper, replacing, section

HOSTILE = '<paragraph>胸痛</paragraph><script>alert(1)</script><a href="javascript:x">y</a>'
DOCUMENT = paper(*SECTIONS, section("8648-8", "经过", text=HOSTILE))
PERSON = shown(record_id("1.2.156.99", "P1"))


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


async def ask(ward: Ward, path: str, purpose: str = "ETREAT", **params: Any) -> Any:
    browser = await ward.people.browser("doctor")
    return await browser.get(
        f"/api/v1/record/{PERSON}{path}", params=params, headers={"X-Purpose": purpose}
    )


async def test_a_document_is_learned_shown_found_replaced_and_parked_when_broken(
    ward: Ward,
) -> None:
    broken = DOCUMENT.replace("</structuredBody>", "")
    await ward.append("adt", broken.encode(), DOCUMENT.encode("utf-16"), kind="xml")
    digest = await ward.digest()
    await ward.append("adt", DOCUMENT.encode("utf-16"), kind="xml")  # said again
    failure = await ward.house.pool.fetchval(
        "SELECT error->>'code' FROM projections.set_aside WHERE projection = 'clinical'"
    )
    assert failure == "LY-2300"

    found = await ward.get("AllergyIntolerance", patient=f"Patient/{PERSON}")
    (entry,) = found["entry"]
    assert entry["resource"]["code"]["text"] == "青霉素"

    overview = (await ask(ward, "")).json()
    counts = {one["section"]: one["count"] for one in overview["sections"]}
    assert (counts["document"], counts["laboratory"], counts["allergy"]) == (1, 2, 1)
    (line,) = next(one for one in overview["sections"] if one["section"] == "document")["items"]
    assert (line["type"], line["attached"][0]["title"]) == ("DocumentReference", "出院小结")

    listed = (await ask(ward, "/items", q="胸痛", section="document")).json()
    assert [one["id"] for one in listed["items"]] == [line["id"]]
    assert (await ask(ward, "/items", q="没有这个词")).json()["items"] == []

    file = await ask(ward, f"/items/DocumentReference/{line['id']}/files/0")
    assert file.headers["content-type"] == "text/html; charset=utf-8"
    assert file.headers["content-security-policy"] == page.POLICY
    assert "患者 Patient" in file.text
    assert "胸痛" in file.text
    assert "<script" not in file.text
    assert "javascript" not in file.text

    new = paper(*SECTIONS[:2], number="2", at="20260302100000+0800", related=replacing("1"))
    await ward.append("adt", new.encode(), kind="xml")
    documents = (await ask(ward, "/items", section="document")).json()["items"]
    assert sorted(one["status"] for one in documents) == ["current", "superseded"]
    assert set(digest) == set(await ward.digest())

    # What only the replaced document said counts no more; it is still there to be read.
    overview = (await ask(ward, "")).json()
    items = {one["section"]: one["items"] for one in overview["sections"]}
    assert [one["status"] for one in items["allergy"]] == ["active"]
    assert [one["status"] for one in items["problem"]] == ["active"]
    assert {one["status"] for one in items["laboratory"]} == {"superseded"}
    assert {one["status"] for one in items["medication"]} == {"superseded"}
    assert all(one["title"] != "Potassium" for one in overview["series"])
    gone = items["medication"][0]
    detail = (await ask(ward, f"/items/{gone['type']}/{gone['id']}")).json()
    assert detail["item"]["status"] == "superseded"

    # Of a specially protected disease neither the words nor the file are shown without treating.
    special = paper(section("8648-8", "经过", text="HIV 抗体阳性"), number="3")
    await ward.append("adt", special.encode(), kind="xml")
    (secret,) = (await ask(ward, "/items", q="抗体阳性")).json()["items"]
    address = f"/items/DocumentReference/{secret['id']}/files/0"
    assert (await ask(ward, address)).status_code == 200
    (ward.house.content_dir / "privacy" / "classification.yaml").unlink()  # as shipped
    assert (await ask(ward, address, purpose="TREAT")).status_code == 404
    assert (await ask(ward, "/items", purpose="TREAT", q="抗体阳性")).json()["items"] == []
