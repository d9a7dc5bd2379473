"""A patient's record, asked of the served product: what was written stands under its heading."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.formats.pdf.pages import pdf_of
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.projections.identity.ids import record_id, shown

PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "identifier": [{"system": "urn:lianyi:authority:HIS", "value": "4711", "use": "usual"}],
    "name": [{"text": "王小明"}],
    "birthDate": "1980-03-15",
}
ABOUT: dict[str, Any] = {"subject": {"reference": "Patient/p1"}}
LAB = [{"coding": [{"code": "laboratory"}]}]


def sodium(id_: str, day: str, value: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "category": LAB,
        "code": {"text": "血钠"}, "effectiveDateTime": day,
        "valueQuantity": {"value": value, "unit": "mmol/L"}, **ABOUT,
    }  # fmt: skip


def note(text: str) -> dict[str, Any]:
    form = {"contentType": "text/plain", "data": b64encode(text.encode()).decode(), "title": "病程"}
    return {
        "resourceType": "DocumentReference", "id": "d1", "status": "current",
        "type": {"text": "病程记录"}, "date": "2026-03-02T10:00:00+08:00",
        "content": [{"attachment": form}], **ABOUT,
    }  # fmt: skip


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        await found.put(PATIENT)
        for resource in (
            sodium("n1", "2026-03-01", 141), sodium("n2", "2026-03-02", 150),
            note("夜间出现胸痛，已处理"),
            {"resourceType": "AllergyIntolerance", "id": "a1", "criticality": "high",
             "code": {"text": "青霉素"}, "patient": {"reference": "Patient/p1"}},
        ):  # fmt: skip
            await found.put(resource)
        yield found


async def person_of(ward: Ward) -> str:
    browser = await ward.people.browser("steward")
    found = await browser.get("/api/v1/identity/persons", params={"q": "4711"})
    return str(found.json()["items"][0]["id"])


async def record(ward: Ward, path: str = "", who: str = "doctor", **params: Any) -> httpx.Response:
    browser = await ward.people.browser(who)
    person = await person_of(ward)
    headers = {"X-Purpose": "ETREAT"} if who == "doctor" else {}
    return await browser.get(f"/api/v1/record/{person}{path}", params=params, headers=headers)


async def test_what_is_known_stands_under_its_headings(ward: Ward) -> None:
    answer = await record(ward)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["person"]["name"] == "王小明"
    assert {one["section"]: one["count"] for one in found["sections"]} == {
        "allergy": 1, "laboratory": 2, "document": 1
    }  # fmt: skip
    (series,) = found["series"]
    assert [point["number"] for point in series["points"]] == [141.0, 150.0]
    newest = next(one for one in found["sections"] if one["section"] == "laboratory")["items"][0]
    assert (newest["value"]["text"], newest["channel"]) == ("150", "adt")
    assert newest["position"].startswith("0-")
    assert [one["count"] for one in found["organisations"]] == [4]


async def test_what_says_no_time_comes_last_the_newest_of_it_first(ward: Ward) -> None:
    patient = {"patient": {"reference": "Patient/p1"}}
    await ward.put({"resourceType": "AllergyIntolerance", "id": "a2", "code": {"text": "磺胺"},
                    **patient})  # fmt: skip
    await ward.put({"resourceType": "AllergyIntolerance", "id": "a3", "code": {"text": "头孢"},
                    "onsetDateTime": "1998", **patient})  # fmt: skip
    found = (await record(ward, "/items")).json()["items"]
    assert [one["id"] for one in found] == ["d1", "n2", "n1", "a3", "a2", "a1"]
    assert [one["at"] for one in found[-2:]] == ["", ""]


async def test_lines_are_narrowed_by_heading_time_and_words_of_documents(ward: Ward) -> None:
    async def titles(**params: Any) -> list[str]:
        answer = await record(ward, "/items", **params)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await titles(section="laboratory") == ["n2", "n1"]
    assert await titles(section=["laboratory", "allergy"], until="2026-03-01") == [
        "n1", "a1"
    ]  # fmt: skip
    assert await titles(section="allergy", since="2026-03-02") == ["a1"]  # nobody says when it was
    assert await titles(q="胸痛") == ["d1"]
    assert await titles(q="胸痛 没有") == []
    assert await titles(organisation="H2") == []


async def test_words_of_pdf_documents_are_found_wherever_they_lie(ward: Ward) -> None:
    def document(id_: str, **attachment: str) -> dict[str, Any]:
        said = {"attachment": {"contentType": "application/pdf", **attachment}}
        return {"resourceType": "DocumentReference", "id": id_, "status": "current",
                "type": {"text": "报告"}, "content": [said], **ABOUT}  # fmt: skip

    def written(data: bytes) -> str:
        return b64encode(data).decode()

    await ward.put(document("inline", data=written(pdf_of("胆囊结石 MRI"))))
    await ward.put(document("broken", data=written(b"%PDF-1.7 no more")))
    binary = {"contentType": "application/pdf", "data": written(pdf_of("胆囊结石 CT"))}
    await ward.put({"resourceType": "Binary", "id": "b1", **binary})
    await ward.put(document("apart", url="Binary/b1"))

    async def found(q: str, **params: Any) -> tuple[set[str], int]:
        answer = (await record(ward, "/items", q=q, **params)).json()
        return {one["id"] for one in answer["items"]}, answer["unread"]

    assert await found("胆囊结石") == ({"inline", "apart"}, 1)
    assert await found("胆囊结石 mri 报告") == ({"inline"}, 1)
    assert await found("报告") == ({"inline", "broken", "apart"}, 0)
    assert await found("胆囊结石", section="laboratory") == (set(), 0)


async def test_a_report_of_a_word_processor_is_read_and_found(ward: Ward) -> None:
    head = b"{\\rtf1\\ansi\\ansicpg936{\\info{\\title x}}"
    rtf = head + b"\\b \\'d3\\'b0\\'cf\\'f1\\b0\\par \\u32954? 3 mm}"
    form = {"contentType": "text/rtf", "data": b64encode(rtf).decode(), "title": "报告"}
    report = note("") | {"id": "r1", "content": [{"attachment": form}]}
    await ward.put(report)
    file = await record(ward, "/items/DocumentReference/r1/files/0")
    assert (file.text, file.headers["content-type"]) == (
        "影像\n肺 3 mm", "text/plain; charset=utf-8"
    )  # fmt: skip
    found = (await record(ward, "/items", q="影像 肺")).json()["items"]
    assert [one["id"] for one in found] == ["r1"]


async def test_an_item_shows_its_versions_and_its_file(ward: Ward) -> None:
    await ward.put(sodium("n2", "2026-03-02", 145))
    detail = (await record(ward, "/items/Observation/n2")).json()
    assert detail["item"]["value"]["text"] == "145"
    assert [one["version"] for one in detail["versions"]] == [2, 1]
    assert '"value":150' in detail["versions"][1]["resource"]
    file = await record(ward, "/items/DocumentReference/d1/files/0")
    assert file.text == "夜间出现胸痛，已处理"
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in file.headers["content-security-policy"]
    assert (await record(ward, "/items/DocumentReference/d1/files/1")).status_code == 404
    assert (await record(ward, "/items/Observation/n9")).status_code == 404


async def test_without_treating_only_what_the_operations_of_a_hospital_need_is_shown(
    ward: Ward,
) -> None:
    (ward.house.content_dir / "privacy" / "classification.yaml").unlink()  # as shipped
    browser = await ward.people.browser("doctor")
    person = await person_of(ward)

    async def overview(purpose: str) -> Any:
        headers = {"X-Purpose": purpose}
        return (await browser.get(f"/api/v1/record/{person}", headers=headers)).json()

    in_emergency = await overview("ETREAT")
    assert in_emergency["person"]["name"] == "王小明"
    stranger = await overview("TREAT")
    assert stranger["person"]["name"] == "王**"
    results = {one["section"]: one["items"][0]["value"]["text"] for one in stranger["sections"]}
    assert results["laboratory"] == "150"


async def test_who_keeps_the_index_sees_that_there_is_something_and_not_what(ward: Ward) -> None:
    (ward.house.content_dir / "privacy" / "classification.yaml").unlink()  # as shipped
    await ward.people.add(
        "keeper", ("identity-steward", "H1"), ("clinician", "H1"), organisation="H1"
    )
    browser = await ward.people.browser("keeper")
    person, headers = await person_of(ward), {"X-Purpose": "RECORDMGT"}
    address = f"/api/v1/record/{person}"
    found = (await browser.get(address, headers=headers)).json()
    laboratory = next(one for one in found["sections"] if one["section"] == "laboratory")
    assert laboratory["count"] == 2
    assert laboratory["items"][0]["value"]["text"] == "****"
    assert laboratory["items"][0]["title"] == "****"
    assert found["series"] == []
    detail = (await browser.get(f"{address}/items/Observation/n2", headers=headers)).json()
    assert (detail["text"], detail["versions"]) == ("", [])
    file = await browser.get(f"{address}/items/DocumentReference/d1/files/0", headers=headers)
    assert file.status_code == 404
    clerk = await record(ward, who="steward")
    assert clerk.status_code == 403


ORU = (
    "MSH|^~\\&|LIS|H1|||20260302081500||ORU^R01|U1|P|2.5.1\r"
    "PID|1||9001^^^LAB^PI||甲^乙||19800315|F\rOBR|1|O1|F1|NA^血钠|||20260302081500\r"
    "OBX|1|NM|NA^血钠||139|mmol/L|137-147|N|||F\r"
)


async def test_whom_no_registration_told_of_has_a_record_of_her_results(ward: Ward) -> None:
    await ward.append("adt", ORU.encode(), kind="hl7v2 ORU^R01", sender="LIS|H1")
    number = shown(record_id("LAB", "9001"))
    doctor = await ward.people.browser("doctor")
    address, headers = f"/api/v1/record/{number}", {"X-Purpose": "ETREAT"}
    found = await doctor.get(address, headers=headers)
    assert found.status_code == 200, found.text
    assert found.json()["person"]["name"] == "甲乙"
    assert [point["number"] for point in found.json()["series"][0]["points"]] == [139.0]
    await ward.people.add("doctor-b", ("clinician", "H2"), organisation="H2")
    stranger = await ward.people.browser("doctor-b")
    assert (await stranger.get(address, headers=headers)).status_code == 404
    steward = await ward.people.browser("steward")

    async def names(browser: Any = doctor, **asked: str) -> list[tuple[str, bool]]:
        answer = await browser.get("/api/v1/record", params=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return [(one["name"], one["registered"]) for one in answer.json()["items"]]

    for asked in ({"q": "甲"}, {"q": "甲乙", "born": "1980", "sex": "F"}, {"q": "9001"},
                  {"q": "9001^LAB"}):  # fmt: skip
        assert await names(**asked) == [("甲乙", False)], asked
        assert await names(stranger, **asked) == []
    for asked in ({"q": "9001^HIS"}, {"q": "甲乙", "sex": "M"}, {"q": "丙"}, {"q": "王"}):
        assert ("甲乙", False) not in await names(**asked), asked
    for who, purpose, total in ((doctor, headers, 1), (steward, {}, 1), (stranger, headers, 0)):
        for query in ("name=甲", "identifier=9001", "identifier=urn:lianyi:authority:LAB|9001"):
            answer = await who.get(f"/fhir/Patient?{query}", headers=purpose)
            assert answer.json()["total"] == total, (query, answer.text)
    registration = ORU.replace("ORU^R01|U1", "ADT^A28|U2").partition("OBR|")[0]
    await ward.append("adt", registration.encode(), kind="hl7v2 ADT^A28", sender="LIS|H1")
    for _ in range(200):
        if await names(q="9001^LAB") == [("甲乙", True)]:
            break
    assert await names(q="9001^LAB") == [("甲乙", True)]
    assert (await doctor.get("/fhir/Patient?name=甲", headers=headers)).json()["total"] == 1


async def test_another_hospital_sees_nothing_of_it(ward: Ward) -> None:
    await ward.people.add("doctor-b", ("clinician", "H2"), organisation="H2")
    assert (await record(ward, who="doctor-b")).status_code == 404
    assert (await record(ward, "/items/Observation/n1", who="doctor-b")).status_code == 404


async def test_an_old_allergy_is_at_a_glance_however_many_are_newer(ward: Ward) -> None:
    for number in range(14):
        await ward.put(
            {"resourceType": "AllergyIntolerance", "id": f"b{number}", "code": {"text": "花粉"},
             "recordedDate": f"2026-03-{number + 1:02}", "patient": {"reference": "Patient/p1"}}
        )  # fmt: skip
    sections = (await record(ward)).json()["sections"]
    (found,) = (one["items"] for one in sections if one["section"] == "allergy")
    assert "青霉素" in [one["title"] for one in found]


async def test_what_is_not_over_is_at_a_glance_before_what_is_newer_and_over(ward: Ward) -> None:
    def condition(id_: str, day: str, status: str) -> dict[str, Any]:
        return {
            "resourceType": "Condition", "id": id_, "code": {"text": id_}, "recordedDate": day,
            "clinicalStatus": {"coding": [{"code": status}]}, **ABOUT,
        }  # fmt: skip

    await ward.put(condition("diabetes", "2019-05-01", "active"))
    await ward.put(condition("asthma", "2018-05-01", "recurrence"))
    for number in range(13):
        await ward.put(condition(f"cold-{number}", f"2026-03-{number + 1:02}", "resolved"))
    sections = (await record(ward)).json()["sections"]
    (found,) = (one for one in sections if one["section"] == "problem")
    assert [one["title"] for one in found["items"][:4]] == [
        "diabetes",
        "asthma",
        "cold-12",
        "cold-11",
    ]
    assert (len(found["items"]), found["count"]) == (12, 15)
