"""Words, filters, places and what is contained, asked over HTTP of the served product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.search.test_search_doors import (
    EMERGENCY,
    PATIENT,
    app,
    asked_by,
    ids,
    observation,
)
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.security.smart.problems import OutsideOfScopes

DIV = "<div xmlns='http://www.w3.org/1999/xhtml'><p>双肺纹理<b>增粗</b>，未见结节。</p></div>"
REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "r1",
    "text": {"status": "generated", "div": DIV},
    "status": "final",
    "code": {"text": "胸部CT"},
    "subject": {"reference": "Patient/p1"},
    "conclusion": "考虑支原体肺炎可能",
}
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "contained": [
        {"resourceType": "Medication", "id": "a", "code": {"coding": [{"code": "J01"}]}},
        {"resourceType": "Medication", "id": "b", "code": {"coding": [{"code": "J02"}]}},
    ],
    "status": "active",
    "intent": "order",
    "medicationReference": {"reference": "#a"},
    "subject": {"reference": "Patient/p1"},
}
MEDICATION = {
    "resourceType": "Medication", "id": "m9", "code": {"coding": [{"code": "J01"}]},
}  # fmt: skip
WARD = {
    "resourceType": "Location", "id": "w1", "name": "东区",
    "position": {"latitude": 39.9042, "longitude": 116.4074},
}  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        for resource in (PATIENT, REPORT, ORDER, MEDICATION, WARD, observation(1), observation(2)):
            await found.put(resource)
        yield found


async def asked(ward: Ward, path: str, **params: str) -> Any:
    answer = await ward.ask("GET", path, params=params, headers=EMERGENCY)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_words_are_found_in_narrative_and_content(ward: Ward) -> None:
    for code, text, found in (
        ("_text", "纹理增粗", ["r1"]), ("_text", "肺炎", []), ("_content", "肺炎", ["r1"]),
        ("_content", "支原体肺炎 not 结核", ["r1"]), ("_content", "ct", ["r1"]),
        ("_content", "胸部CT", ["r1"]), ("_text", "结核 or 结节", ["r1"]),
        ("_content", "(结核 or 肺炎) and 考虑", ["r1"]), ("_text", "肺纹 增粗 结核,未见", ["r1"]),
    ):  # fmt: skip
        bundle = await asked(ward, "DiagnosticReport", **{code: text})
        assert (ids(bundle), bundle["total"]) == (found, len(found)), (code, text)
    await ward.put(REPORT | {"conclusion": "未见异常"})
    assert ids(await asked(ward, "DiagnosticReport", _content="肺炎")) == []
    assert ids(await asked(ward, "", _content="异常", _type="DiagnosticReport,Patient")) == ["r1"]
    other = await ward.get("DiagnosticReport", "emr-b", _content="异常")
    assert (ids(other), other["total"]) == ([], 0)


async def test_filters_are_answered(ward: Ward) -> None:
    for text, found in (
        ('code eq http://loinc.org|8867-4 and subject.family eq "王"', ["o1", "o2"]),
        ("value-quantity gt 61.5", ["o2"]),
        ("not (value-quantity gt 61.5)", ["o1"]),
        ("subject[birthdate lt 1990].family sw 王 and _id ne o1", ["o2"]),
        ("date po 2026-03", ["o1", "o2"]),
        ("performer pr false", []),
        ("subject re Patient/p1 and (code eq x or code eq 8867-4)", ["o1", "o2"]),
    ):
        bundle = await asked(ward, "Observation", _filter=text)
        assert (sorted(ids(bundle)), bundle["total"]) == (found, len(found)), text
    bad = await ward.ask("GET", "Observation", params={"_filter": "code eq"}, headers=EMERGENCY)
    assert bad.status_code == 400
    assert "LY-2320" in bad.text
    assert "第 8 个字符" in bad.text


async def test_what_is_contained_is_found(ward: Ward) -> None:
    plain = await asked(ward, "Medication", code="J01")
    assert ids(plain) == ["m9"]
    holders = await asked(ward, "Medication", code="J01", _contained="true")
    assert (ids(holders), holders["total"]) == (["m1"], 1)
    both = await asked(ward, "Medication", code="J01", _contained="both")
    assert (sorted(ids(both)), both["total"]) == (["m1", "m9"], 2)
    inner = await asked(
        ward, "Medication", code="J02", _contained="true", _containedType="contained"
    )
    (entry,) = inner["entry"]
    assert entry["fullUrl"].endswith("/fhir/MedicationRequest/m1#b")
    assert entry["resource"]["resourceType"] == "Medication"
    assert ids(await asked(ward, "Medication", _id="a", _contained="true")) == ["m1"]
    assert ids(await asked(ward, "Medication", _contained="true", **{"code:not": "J01"})) == ["m1"]
    await ward.put({**ORDER, "contained": ORDER["contained"][:1]})  # type: ignore[index]
    assert ids(await asked(ward, "Medication", code="J02", _contained="true")) == []
    with pytest.raises(OutsideOfScopes):
        await asked_by(ward, app("user/*.rs"), "Medication", ("_contained", "true"))
    for params in ({"_include": "*"}, {"_sort": "code"}):
        refused = await ward.ask("GET", "Medication", params={"_contained": "true", **params})
        assert refused.status_code in (400, 501), refused.text


async def test_places_are_found_by_their_distance(ward: Ward) -> None:
    for near, found in (
        ("39.9|116.4", ["w1"]), ("39.9|116.4|0.5|km", []), ("39.9|116.4|800|m", ["w1"]),
        ("40.9|116.4|100|[mi_us]", ["w1"]), ("40.9|116.4|100|km", []),
        ("-39.9|-63.6|20100", ["w1"]),
    ):  # fmt: skip
        assert ids(await asked(ward, "Location", near=near)) == found, near
