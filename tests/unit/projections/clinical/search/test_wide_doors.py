"""Words, filters, places and what is contained, asked over HTTP of the served product."""

from __future__ import annotations

from base64 import b64encode
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


async def test_a_chain_reaches_into_what_is_contained(ward: Ward) -> None:
    """R4, 3.1.1.5.5: a chained condition is evaluated inside contained resources."""
    await ward.put(ORDER)
    for code, wanted in (("J01", ["m1"]), ("J02", [])):
        chained = {"medication:Medication.code": code}
        assert ids(await asked(ward, "MedicationRequest", **chained)) == wanted
    assert ids(await asked(ward, "MedicationRequest", **{"medication:missing": "false"})) == ["m1"]
    assert ids(await asked(ward, "MedicationRequest", _include="MedicationRequest:medication")) == [
        "m1"
    ]
    bare = {name: one for name, one in ORDER.items() if name != "medicationReference"}
    bare["medicationCodeableConcept"] = {"text": "x"}
    await ward.put(bare)
    assert ids(await asked(ward, "MedicationRequest", **{"medication.code": "J01"})) == []


async def test_hierarchies_of_references_are_followed(ward: Ward) -> None:
    above = {"o1": "", "o2": "o1", "o3": "o2", "o4": ""}
    for id_, parent in above.items():
        one = {"resourceType": "Organization", "id": id_, "name": id_}
        await ward.put(
            one | ({"partOf": {"reference": f"Organization/{parent}"}} if parent else {})
        )
    visit = {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}}
    for id_ in above:
        at = {"serviceProvider": {"reference": f"Organization/{id_}"}}
        await ward.put(visit | {"id": f"e-{id_}"} | at)

    async def found(path: str, **params: str) -> list[str]:
        return sorted(ids(await asked(ward, path, **params)))

    below = {"service-provider:below": "Organization/o2"}
    assert await found("Encounter", **below) == ["e-o2", "e-o3"]
    assert await found("Encounter", **{"service-provider:above": "o2"}) == ["e-o1", "e-o2"]
    assert await found("Organization", **{"partof:below": "o1"}) == ["o2", "o3"]
    circle = {
        "resourceType": "Organization",
        "id": "o1",
        "partOf": {"reference": "Organization/o3"},
    }
    await ward.put(circle)
    assert await found("Organization", **{"partof:below": "o1"}) == ["o1", "o2", "o3"]
    refused = await ward.ask("GET", "Observation", params={"performer:below": "Practitioner/p"})
    assert refused.status_code == 400


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


async def test_words_of_files_are_found_where_they_stand(ward: Ward) -> None:
    whose = {"reference": "Patient/p1"}
    record = "<html><body><p>主诉：咳嗽<b>五天</b></p></body></html>"
    await ward.put(
        {
            "resourceType": "Binary", "id": "b1", "contentType": "text/html; charset=utf-8",
            "securityContext": whose, "data": encoded(record),
        }
    )  # fmt: skip
    await ward.put(
        {
            "resourceType": "DocumentReference", "id": "f1", "status": "current",
            "subject": whose, "type": {"text": "入院记录"},
            "content": [{"attachment": {"contentType": "text/html", "url": "Binary/b1"}}],
        }
    )  # fmt: skip
    form = {"contentType": "text/plain", "data": encoded("右肾囊肿")}
    await ward.put({**REPORT, "id": "r2", "presentedForm": [form]})
    rtf = {"contentType": "text/rtf", "data": encoded("{\\rtf1\\ansi left \\b renal\\b0  cyst}")}
    await ward.put({**REPORT, "id": "r3", "presentedForm": [rtf]})
    for path, text, found in (
        ("DocumentReference", "咳嗽五天", ["f1"]), ("Binary", "咳嗽", ["b1"]),
        ("DocumentReference", "入院记录 and 咳嗽", ["f1"]),
        ("DocumentReference", "入院记录 not 咳嗽", []), ("DocumentReference", "body", []),
        ("DiagnosticReport", "右肾囊肿", ["r2"]), ("DiagnosticReport", '"left renal cyst"', ["r3"]),
    ):  # fmt: skip
        bundle = await asked(ward, path, _content=text)
        assert (ids(bundle), bundle["total"]) == (found, len(found)), (path, text)
    by_app = await asked_by(ward, app("user/*.rs"), "DocumentReference", ("_content", "咳嗽"))
    assert by_app["total"] == 0  # an app is told of no other resource than those it finds


async def test_words_of_files_tell_nobody_what_is_hidden(database: str, tmp_path: Path) -> None:
    async with warded(database, tmp_path, masked=True) as ward:
        whose = {"reference": "Patient/p1"}
        await ward.put(PATIENT)
        text = {"contentType": "text/plain", "data": encoded("隐私内容")}
        await ward.put({"resourceType": "Binary", "id": "b1", "securityContext": whose, **text})
        file = {"attachment": {"contentType": "text/plain", "url": "Binary/b1"}}
        one = {"resourceType": "DocumentReference", "id": "f1", "status": "current"}
        await ward.put(one | {"subject": whose, "content": [file]})
        for path, wanted in (("DocumentReference", ["f1"]), ("Binary", ["b1"])):
            assert ids(await asked(ward, path, _content="隐私")) == wanted
            hidden = await ward.get(path, "doctor", _content="隐私")
            assert (ids(hidden), hidden["total"]) == ([], 0), path
        shown = await ward.get("Binary/b1", "doctor")
        assert "data" not in shown
        assert shown["_data"]["extension"][0]["valueCode"] == "masked"
        assert shown["meta"]["security"][0]["code"] == "MASKED"
