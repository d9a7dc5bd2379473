"""Orders and what came of them: results, corrections, microbiology, imaging, files."""

from __future__ import annotations

from base64 import b64decode, b64encode
from decimal import Decimal

import pytest

from lianyi.projections.clinical import hl7v2 as clinical

from .saying import PID, PV1, ZONE, codes, fold, known, message, only, said, seg

OBR = seg("OBR", {1: "1", 2: "O1", 3: "F1", 4: "BIO^生化全套^LIS", 7: "202611290810", 24: "CH"})
GLU = {1: "1", 2: "NM", 3: "GLU^葡萄糖^LIS", 6: "mmol/L", 7: "3.9-6.1", 8: "↑"}


def obr(more: dict[int, str] | None = None) -> str:
    said = {1: "1", 2: "O1", 3: "F1", 4: "BIO^生化全套^LIS", 7: "202611290810", 24: "CH"}
    return seg("OBR", {**said, **(more or {})})


def glucose(value: str, status: str, **more: str) -> str:
    return seg("OBX", {**GLU, 5: value, 11: status, **{int(k[1:]): v for k, v in more.items()}})


def test_a_result_has_its_number_unit_range_and_flag() -> None:
    told = message("ORU^R01", PID, PV1, OBR, glucose("7.10", "F"), "NTE|1||餐后", by="LIS")
    found = only("Observation", told)
    assert found["status"] == "final"
    ucum = {"unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    assert found["valueQuantity"] == {"value": Decimal("7.10"), **ucum}
    assert str(found["valueQuantity"]["value"]) == "7.10"
    low = {"value": Decimal("3.9"), **ucum}
    assert found["referenceRange"][0]["low"] == low
    assert found["referenceRange"][0]["text"] == "3.9-6.1"
    assert codes(found["interpretation"][0])[0] == "H"
    assert found["effectiveDateTime"] == "2026-11-29T08:10:00+08:00"
    assert found["category"][0]["coding"][0]["code"] == "laboratory"
    assert found["note"] == [{"text": "餐后"}]
    report = only("DiagnosticReport", told)
    assert report["result"] == [{"reference": f"Observation/{found['id']}"}]
    assert report["status"] == "final"


def test_a_preliminary_result_a_final_one_and_a_correction_are_one_result() -> None:
    early = message(
        "ORU^R01", PID, obr({25: "P"}), glucose("7.1", "P"), at="202611290900", by="LIS"
    )
    final = message(
        "ORU^R01", PID, obr({25: "F"}), glucose("7.2", "F"), at="202611291000", by="LIS"
    )
    corrected = message(
        "ORU^R01", PID, obr({25: "C"}), glucose("5.2", "C"), at="202611291100", by="LIS"
    )
    for order in ((early, final, corrected), (corrected, early, final), (final, corrected, early)):
        found = only("Observation", *order)
        assert (found["status"], found["valueQuantity"]["value"]) == ("corrected", Decimal("5.2"))
        assert only("DiagnosticReport", *order)["status"] == "corrected"


def test_of_two_results_of_one_minute_the_final_one_holds() -> None:
    early = message(
        "ORU^R01", PID, obr({25: "P"}), glucose("7.1", "P"), at="202611290900", by="LIS"
    )
    final = message(
        "ORU^R01", PID, obr({25: "F"}), glucose("7.2", "F"), at="202611290900", by="LIS"
    )
    assert only("Observation", final, early)["status"] == "final"
    assert only("DiagnosticReport", final, early)["status"] == "final"


@pytest.mark.parametrize(
    ("letter", "status"), [("D", "entered-in-error"), ("W", "entered-in-error")]
)
def test_a_result_that_is_taken_back_stays_readable_and_says_so(letter: str, status: str) -> None:
    final = message("ORU^R01", PID, OBR, glucose("7.2", "F"), at="202611290900", by="LIS")
    back = message("ORU^R01", PID, OBR, glucose("", letter), at="202611291000", by="LIS")
    found = only("Observation", final, back)
    assert found["status"] == status
    assert found["valueQuantity"]["value"] == Decimal("7.2")
    assert only("Observation", back)["code"]["coding"][0]["code"] == "GLU"


def test_a_result_that_could_not_be_obtained_is_cancelled() -> None:
    found = only("Observation", message("ORU^R01", PID, OBR, glucose("", "X"), by="LIS"))
    assert found["status"] == "cancelled"
    assert codes(found["dataAbsentReason"]) == ["not-performed"]


@pytest.mark.parametrize(
    ("kind", "value", "element", "made"),
    [
        ("NM", "5.0", "valueQuantity", {"value": Decimal("5.0"), "unit": "份"}),
        ("ST", "5.0", "valueQuantity", {"value": Decimal("5.0"), "unit": "份"}),
        (
            "NM",
            "<0.1",
            "valueQuantity",
            {"value": Decimal("0.1"), "comparator": "<", "unit": "份"},
        ),
        ("SN", ">=^10", "valueQuantity", {"value": 10, "comparator": ">=", "unit": "份"}),
        (
            "SN",
            "^1^:^160",
            "valueRatio",
            {"numerator": {"value": 1}, "denominator": {"value": 160}},
        ),
        (
            "SN",
            "^3^-^5",
            "valueRange",
            {"low": {"value": 3, "unit": "份"}, "high": {"value": 5, "unit": "份"}},
        ),
        ("ST", "阴性(-)", "valueString", "阴性(-)"),
        ("TX", "第一行~第二行", "valueString", "第一行\n第二行"),
        ("DT", "202611", "valueDateTime", "2026-11"),
        ("TS", "20261129083015+0900", "valueDateTime", "2026-11-29T08:30:15+09:00"),
        ("TM", "0830", "valueTime", "08:30:00"),
        ("NM", "未检出", "valueString", "未检出"),
        ("DT", "昨天", "valueString", "昨天"),
        ("CWE", "112283007^大肠埃希菌^SCT", "valueCodeableConcept", None),
    ],
)
def test_a_value_has_the_type_that_it_is(kind: str, value: str, element: str, made: object) -> None:
    obx = seg("OBX", {1: "1", 2: kind, 3: "X^检查^LIS", 5: value, 6: "份", 11: "F"})
    found = only("Observation", message("ORU^R01", PID, OBR, obx, by="LIS"))
    assert made is None or found[element] == made
    assert [name for name in found if name.startswith("value")] == [element]


def test_what_is_no_number_is_noted() -> None:
    told = clinical.look(message("ORU^R01", PID, OBR, glucose("未检出", "F"), by="LIS"), ZONE)
    assert [(one.where, one.why) for one in told.oddities] == [("OBX(1)-5", "no NM")]


def test_units_of_ucum_are_coded() -> None:
    found = only("Observation", message("ORU^R01", PID, OBR, glucose("5", "F", _6="mmol/L^^UCUM")))
    assert found["valueQuantity"]["code"] == "mmol/L"
    assert found["valueQuantity"]["system"] == "http://unitsofmeasure.org"


def test_sub_ids_tell_results_apart_and_dotted_ones_are_parts() -> None:
    obxs = [
        seg("OBX", {2: "NM", 3: "85354-9^血压^LN", 4: "1", 11: "F"}),
        seg(
            "OBX", {2: "NM", 3: "8480-6^收缩压^LN", 4: "1.1", 5: "120", 6: "mm[Hg]^^UCUM", 11: "F"}
        ),
        seg("OBX", {2: "NM", 3: "8462-4^舒张压^LN", 4: "1.2", 5: "80", 6: "mm[Hg]^^UCUM", 11: "F"}),
        seg("OBX", {2: "NM", 3: "GLU^葡萄糖^LIS", 4: "2", 5: "5", 11: "F"}),
        seg("OBX", {2: "NM", 3: "GLU^葡萄糖^LIS", 4: "3", 5: "6", 11: "F"}),
    ]
    found = known("Observation", message("ORU^R01", PID, OBR, *obxs))
    assert len(found) == 3
    pressure = next(one for one in found if "component" in one)
    assert [part["valueQuantity"]["value"] for part in pressure["component"]] == [120, 80]
    assert pressure["category"][0]["coding"][0]["code"] == "vital-signs"


def test_the_lines_of_a_text_are_one_result() -> None:
    lines = [
        seg("OBX", {1: str(n), 2: "TX", 3: "RPT^报告^RIS", 5: f"第{n}行", 11: "F"})
        for n in (1, 2, 3)
    ]
    found = only("Observation", message("ORU^R01", PID, OBR, *lines, by="RIS"))
    assert found["valueString"] == "第1行\n第2行\n第3行"


def test_a_susceptibility_leads_to_the_isolate_it_is_of() -> None:
    culture = seg("OBR", {1: "1", 2: "O1", 3: "M1", 4: "XPY^血培养^LIS", 25: "F"})
    isolate = seg(
        "OBX", {2: "CWE", 3: "600-7^细菌^LN", 4: "1", 5: "112283007^大肠埃希菌^SCT", 11: "F"}
    )
    test = seg(
        "OBR", {1: "2", 3: "M2", 4: "YM^药敏^LIS", 25: "F", 26: "600-7&细菌&LN^1", 29: "O1^M1"}
    )
    drug = seg("OBX", {2: "SN", 3: "18906-8^环丙沙星^LN", 5: "<=^0.25", 8: "S", 11: "F"})
    found = known("Observation", message("ORU^R01", PID, culture, isolate, test, drug, by="LIS"))
    parent, child = sorted(found, key=lambda one: "derivedFrom" in one)
    assert child["derivedFrom"] == [{"reference": f"Observation/{parent['id']}"}]
    assert codes(child["interpretation"][0])[0] == "S"


def test_an_order_and_its_report_meet() -> None:
    ordered = message(
        "OML^O21",
        PID,
        PV1,
        seg("ORC", {1: "NW", 2: "O1", 9: "202611290730", 12: "D1^张^医生^^^^^^HIS"}),
        seg("OBR", {1: "1", 2: "O1", 4: "BIO^生化全套^LIS", 5: "S"}),
        at="202611290730",
    )
    answered = message("ORU^R01", PID, obr({25: "F"}), glucose("7.2", "F"), by="LIS")
    request = only("ServiceRequest", answered, ordered)
    assert request["status"] == "completed"
    assert request["priority"] == "stat"
    assert request["authoredOn"] == "2026-11-29T07:30:00+08:00"
    assert request["requester"]["display"] == "张医生"
    report = only("DiagnosticReport", answered)
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{request['id']}"}]


@pytest.mark.parametrize(
    ("control", "status"),
    [("CA", "revoked"), ("DC", "revoked"), ("OC", "revoked"), ("HD", "on-hold")],
)
def test_an_order_that_is_cancelled_is_so_whenever_it_is_heard(control: str, status: str) -> None:
    new = message("ORM^O01", PID, "ORC|NW|O1", "OBR|1|O1||CT^胸部CT^RIS", at="202611290730")
    over = message("ORM^O01", PID, f"ORC|{control}|O1", at="202611290930")
    assert only("ServiceRequest", new, over)["status"] == status
    assert only("ServiceRequest", over, new)["status"] == status
    assert only("ServiceRequest", over, new)["code"]["coding"][0]["code"] == "CT"


def test_a_status_change_says_nothing_else() -> None:
    new = message("ORM^O01", PID, "ORC|NW|O1", "OBR|1|O1||CT^胸部CT^RIS", at="202611290730")
    change = message("ORM^O01", PID, "ORC|SC|O1|||CM", at="202611290930")
    assert only("ServiceRequest", new, change)["status"] == "completed"
    assert only("ServiceRequest", change)["intent"] == "order"


def test_several_orders_under_one_number_are_several() -> None:
    told = message(
        "ORM^O01", PID, "ORC|NW|O1", "OBR|1|O1||CT^胸部CT^RIS", "OBR|2|O1||MR^头颅MR^RIS"
    )
    assert {one["code"]["coding"][0]["code"] for one in known("ServiceRequest", told)} == {
        "CT",
        "MR",
    }


def test_specimens_are_of_their_order() -> None:
    told = message(
        "OML^O21",
        PID,
        "ORC|NW|O1",
        "OBR|1|O1||BIO^生化^LIS",
        seg("SPM", {1: "1", 2: "S1&LIS^", 4: "BLD", 17: "202611290800", 18: "202611290830"}),
    )
    specimen = only("Specimen", told)
    assert specimen["type"]["coding"][0]["system"].endswith("v2-0487")
    assert specimen["collection"]["collectedDateTime"] == "2026-11-29T08:00:00+08:00"
    assert only("ServiceRequest", told)["specimen"] == [{"reference": f"Specimen/{specimen['id']}"}]


def test_an_image_report_has_its_study_and_conclusion() -> None:
    told = message(
        "ORU^R01",
        PID,
        seg("OBR", {1: "1", 2: "O1", 3: "A77", 4: "CT^胸部CT^RIS", 18: "A77", 24: "CT", 25: "F"}),
        "ZDS|1.2.840.99.7^RIS^Application^DICOM",
        seg("OBX", {2: "TX", 3: "影像所见", 5: "右肺结节。", 11: "F"}),
        seg("OBX", {2: "TX", 3: "印象", 5: "右肺结节，建议随访。", 11: "F"}),
        by="RIS",
    )
    report, study = only("DiagnosticReport", told), only("ImagingStudy", told)
    assert report["conclusion"] == "右肺结节，建议随访。"
    assert report["imagingStudy"] == [{"reference": f"ImagingStudy/{study['id']}"}]
    assert study["modality"][0]["code"] == "CT"
    values = [one["value"] for one in study["identifier"]]
    assert values == ["urn:oid:1.2.840.99.7", "A77"]


def test_the_section_of_a_report_does_not_outweigh_the_modality_that_was_ordered() -> None:
    order = ("ORC|NW|P9^HIS", seg("OBR", {1: "1", 2: "P9^HIS", 4: "CT^胸部CT^HIS"}))
    ordered = message(
        "OMI^O23", PID, *order, "IPC|A9^RIS|RP|1.2.840.99.9|SPS|CT", at="202611290800"
    )
    report = seg("OBR", {1: "1", 2: "P9^HIS", 3: "F9^RIS", 4: "CT^胸部CT^HIS", 24: "RAD"})
    uid = seg("OBX", {2: "HD", 3: "113014^DICOM Study^DCM", 5: "1.2.840.99.9", 11: "F"})
    found = message("ORU^R01", PID, report, uid, at="202611290900")
    for told in ([ordered, found], [found, ordered]):
        assert only("ImagingStudy", *told)["modality"][0]["code"] == "CT"
    assert only("ImagingStudy", found)["modality"][0]["code"] == "DX"


@pytest.mark.parametrize(
    ("value", "data", "type_"),
    [
        ("LIS^Application^PDF^Base64^{}", b"%PDF-1.4 x", "application/pdf"),
        ("LIS^IM^JPEG^Base64^{}", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("LIS^AP^Octet-stream^Base64^{}", b"{\\rtf1 x}", "text/rtf"),
        ("LIS^TEXT^X-hl7-cda-level-one^Base64^{}", b"<ClinicalDocument/>", "application/xml"),
    ],
)
def test_a_file_becomes_a_document_and_is_attached(value: str, data: bytes, type_: str) -> None:
    obx = seg(
        "OBX", {2: "ED", 3: "PDF^报告单^LIS", 5: value.format(b64encode(data).decode()), 11: "F"}
    )
    told = message("ORU^R01", PID, PV1, OBR, obx, by="LIS")
    binary, document = only("Binary", told), only("DocumentReference", told)
    assert (binary["contentType"], b64decode(binary["data"])) == (type_, data)
    attachment = {"contentType": type_, "url": f"Binary/{binary['id']}", "title": "报告单"}
    assert document["content"] == [{"attachment": attachment}]
    assert only("DiagnosticReport", told)["presentedForm"] == [attachment]
    assert known("Observation", told) == []


def test_bytes_that_are_not_encoded_as_is_said_are_kept_as_they_stand() -> None:
    obx = seg("OBX", {2: "ED", 3: "PDF^报告单^LIS", 5: "LIS^TEXT^PLAIN^Base64^不是编码", 11: "F"})
    told = clinical.look(message("ORU^R01", PID, OBR, obx, by="LIS"), ZONE)
    binary = next(one.resource for one in told.stated if one.type == "Binary")
    assert b64decode(binary["data"]).decode() == "不是编码"
    assert [one.why for one in told.oddities] == ["no base64"]


def test_a_pointer_becomes_a_document_without_bytes() -> None:
    obx = seg("OBX", {2: "RP", 3: "IMG^图像^RIS", 5: "https://pacs.example/1^RIS^IM^JPEG", 11: "F"})
    document = only("DocumentReference", message("ORU^R01", PID, OBR, obx, by="RIS"))
    assert document["content"][0]["attachment"]["url"] == "https://pacs.example/1"


def test_a_message_heard_twice_says_the_same() -> None:
    told = message("ORU^R01", PID, PV1, OBR, glucose("7.10", "F"), by="LIS")
    assert said(told) == said(told)
    assert fold(said(told, told)) == fold(said(told))


def test_results_without_any_order_number_are_those_of_their_time() -> None:
    bare = {2: "", 3: "", 4: "VS^生命体征^NIS"}
    first = message("ORU^R01", PID, obr({**bare, 7: "202611290800"}), glucose("1", "F"))
    again = message(
        "ORU^R01", PID, obr({**bare, 7: "202611290800"}), glucose("2", "C"), at="2026112911"
    )
    later = message("ORU^R01", PID, obr({**bare, 7: "202611291200"}), glucose("3", "F"))
    found = known("Observation", first, again, later)
    assert sorted(one["valueQuantity"]["value"] for one in found) == [2, 3]


def test_of_two_ways_to_say_when_the_one_said_last_holds() -> None:
    new = message(
        "ORM^O01", PID, "ORC|NW|O1", "OBR|1|O1||CT^胸部CT^RIS||202611300800", at="2026112907"
    )
    moved = message(
        "ORM^O01",
        PID,
        "ORC|XO|O1",
        "OBR|1|O1||CT^胸部CT^RIS",
        seg("TQ1", {1: "1", 7: "202612010800", 8: "202612010900"}),
        at="2026112908",
    )
    request = only("ServiceRequest", moved, new)
    assert request["occurrencePeriod"]["start"] == "2026-12-01T08:00:00+08:00"
    assert "occurrenceDateTime" not in request


def test_orders_without_a_number_are_still_several() -> None:
    told = message("OMG^O19", PID, "ORC|NW", "OBR|1|||A^甲^L", "ORC|NW", "OBR|1|||A^甲^L")
    assert len(known("ServiceRequest", told)) == 2
    assert said(told) == said(told)


def test_parts_of_parts_and_their_comments_and_repeated_values_are_kept() -> None:
    obxs = [
        seg("OBX", {2: "ST", 3: "P^组^L", 4: "1", 5: "见下", 11: "F"}),
        seg("OBX", {2: "NM", 3: "A^甲^L", 4: "1.1", 5: "1~2", 11: "F"}),
        "NTE|1||甲的说明",
        seg("OBX", {2: "NM", 3: "B^乙^L", 4: "1.1.1", 5: "3", 11: "F"}),
    ]
    found = only("Observation", message("ORU^R01", PID, OBR, *obxs))
    assert [part["valueQuantity"]["value"] for part in found["component"]] == [1, 2, 3]
    assert found["note"] == [{"text": "甲的说明"}]


def test_a_file_that_is_taken_back_was_an_error() -> None:
    fields = {2: "ED", 3: "PDF^报告单^LIS", 5: "LIS^AP^PDF^Base64^JVBERi0=", 11: "F"}
    sent = message("ORU^R01", PID, OBR, seg("OBX", fields), at="2026112907")
    back = message("ORU^R01", PID, OBR, seg("OBX", {**fields, 5: "", 11: "W"}), at="2026112908")
    document = only("DocumentReference", back, sent)
    assert document["status"] == "entered-in-error"
    assert document["content"][0]["attachment"]["url"].startswith("Binary/")
    assert only("DocumentReference", back)["content"] == [{"attachment": {"title": "报告单"}}]


def test_comments_are_kept_wherever_they_stand() -> None:
    told = message(
        "ADT^A01", PID, "NTE|1||怕疼", PV1, "NTE|1||加床", "DG1|1||J18^肺炎^I10", "NTE|1||左下"
    )
    patient, stay = only("Patient", told), only("Encounter", told)
    assert patient["extension"][0]["valueAnnotation"] == {"text": "怕疼"}
    assert stay["extension"][0]["valueAnnotation"] == {"text": "加床"}
    assert only("Condition", told)["note"] == [{"text": "左下"}]


def test_a_result_without_a_sub_id_is_nobodys_parent() -> None:
    obxs = [
        seg("OBX", {2: "NM", 3: "A^甲^L", 5: "1", 11: "F"}),
        seg("OBX", {2: "NM", 3: "B^乙^L", 4: "1", 5: "2", 11: "F"}),
        seg("OBX", {2: "NM", 3: "C^丙^L", 4: ".2", 5: "3", 11: "F"}),
    ]
    assert len(known("Observation", message("ORU^R01", PID, OBR, *obxs))) == 3


@pytest.mark.parametrize(
    ("type_", "sent", "shown"),
    [
        ("PN", "张^三", "张三"),
        ("XPN", "Smith^John^Q", "Smith John Q"),
        ("XCN", "D7^李^四", "李四"),
        ("XCN", "D7", "D7"),
        ("XAD", "滨江路1号^^江城市^江南省", "江南省江城市滨江路1号"),
        ("XTN", "027-5550101^PRN^PH", "027-5550101"),
        ("CX", "4711^^^HIS^MR", "4711"),
        ("MO", "12.50^CNY", "12.50 CNY"),
        ("CP", "12.50&CNY^UP", "12.50 CNY"),
    ],
)
def test_a_value_that_is_no_measurement_is_kept_as_sent_and_readable(
    type_: str, sent: str, shown: str
) -> None:
    said_so = seg("OBX", {1: "1", 2: type_, 3: "X1^说明^LIS", 5: sent, 11: "F"})
    found = only("Observation", message("ORU^R01", PID, PV1, OBR, said_so, by="LIS"))
    assert found["valueString"] == shown
    kept = found.get("_valueString", {}).get("extension", [{"valueString": shown}])
    assert kept[0]["valueString"] == sent


def test_several_names_of_one_result_stand_under_each_other() -> None:
    said_so = seg("OBX", {1: "1", 2: "XPN", 3: "X1^在场人员^LIS", 5: "张^三~李^四", 11: "F"})
    found = only("Observation", message("ORU^R01", PID, PV1, OBR, said_so, by="LIS"))
    assert found["valueString"] == "张三\n李四"
    assert found["_valueString"]["extension"][0]["valueString"] == "张^三\n李^四"


def test_a_type_that_nobody_knows_is_kept_as_it_was_sent() -> None:
    said_so = seg("OBX", {1: "1", 2: "DS", 3: "X1^波形^LIS", 5: "1^2^3", 11: "F"})
    found = only("Observation", message("ORU^R01", PID, PV1, OBR, said_so, by="LIS"))
    assert found["valueString"] == "1^2^3"
