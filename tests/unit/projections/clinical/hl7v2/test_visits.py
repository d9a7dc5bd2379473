"""Who a patient is, her relatives, and her visits from their first word to their last."""

from __future__ import annotations

import pytest

from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.hl7v2.problems import NamesNobody
from lianyi.projections.identity.ids import record_id, shown

from .saying import PID, PV1, ZONE, codes, known, logged, message, only, said, seg, visit

CITIZEN = "99010219800315123X"


def test_a_patient_is_the_source_record_of_identity() -> None:
    patient = only("Patient", message("ADT^A04", PID, PV1))
    assert patient["id"] == shown(record_id("HIS", "P1"))
    assert patient["name"] == [{"text": "王小明", "family": "王", "given": ["小明"]}]
    assert patient["birthDate"] == "1980-03-15"
    assert patient["gender"] == "male"
    assert patient["identifier"][0]["system"] == "urn:lianyi:authority:HIS"


def test_documents_have_the_system_of_their_kind() -> None:
    pid = f"PID|1||P1^^^HIS^MR~{CITIZEN}^^^^NNCHN~E12345678^^^^PPN||王^小明||19800315|2"
    patient = only("Patient", message("ADT^A04", pid, PV1))
    systems = {one["value"]: one["system"] for one in patient["identifier"]}
    assert systems[CITIZEN] == "urn:oid:2.16.156.10011.1.3"
    assert systems["E12345678"] == "urn:lianyi:number:passport"
    assert patient["gender"] == "female"


def test_chinese_usage_is_understood() -> None:
    pid = (
        "PID|1||P1^^^HIS^MR||王^小明||198003|女||01^汉族^GB3304|滨江路1号^^江城市^^990000^^H"
        "||13912345678|||20"
    )
    patient = only("Patient", message("ADT^A28", pid, "PV1|1|N"))
    assert patient["birthDate"] == "1980-03"
    assert patient["maritalStatus"]["coding"][0]["code"] == "M"
    assert patient["telecom"] == [{"use": "mobile", "system": "phone", "value": "13912345678"}]
    assert patient["address"][0]["text"] == "江城市滨江路1号"
    ethnic = patient["extension"][0]["valueCodeableConcept"]
    assert ethnic["coding"][0]["system"] == "urn:oid:2.16.156.10011.2.3.3.3"


def test_gb18030_is_read() -> None:
    body = "\r".join(
        (
            "MSH|^~\\&|HIS|H1|||20261129||ADT^A04|1|P|2.4||||||GB18030",
            "PID|1||P9^^^HIS||欧阳^䶮",
            "",
        )
    )
    patient = only("Patient", logged(body, codec="gb18030"))
    assert patient["name"][0]["text"] == "欧阳䶮"


def test_one_name_in_several_writings_says_which_is_which() -> None:
    pid = "PID|1||P1^^^HIS||王^小明^^^^^L^I~Wang^Xiaoming^^^^^L^A"
    names = only("Patient", message("ADT^A28", pid))["name"]
    assert [one["extension"][0]["valueCode"] for one in names] == ["IDE", "ABC"]
    assert [one["use"] for one in names] == ["official", "official"]


def test_null_takes_away_and_nothing_says_nothing() -> None:
    first = message("ADT^A04", PID + "|||滨江路1号", at="20261129100000")
    second = message("ADT^A08", 'PID|1||P1^^^HIS^MR||王^小明||||||""', at="20261129110000")
    patient = only("Patient", first, second)
    assert "address" not in patient
    assert patient["birthDate"] == "1980-03-15"


def test_a_birth_date_that_is_none_is_kept_as_it_was_sent() -> None:
    told = clinical.look(message("ADT^A28", "PID|1||P1^^^HIS||王^小明||八零年三月"), ZONE)
    patient = next(one.resource for one in told.stated if one.type == "Patient")
    assert patient["_birthDate"]["extension"][0]["valueString"] == "八零年三月"
    assert [one.where for one in told.oddities] == ["PID(1)-7"]


def test_what_an_order_repeats_of_a_patient_outweighs_no_registration() -> None:
    registered = message("ADT^A08", PID, at="20261101100000")
    repeated = message(
        "ORU^R01", "PID|1||P1^^^HIS^MR||王^晓明|||F", "OBR|1|O1|F1|GLU^葡萄糖^LIS", by="LIS"
    )
    patient = only("Patient", registered, repeated)
    assert patient["gender"] == "male"
    assert patient["name"][0]["text"] == "王小明"
    assert only("Patient", repeated)["gender"] == "female"


def test_a_message_that_names_nobody_is_set_aside() -> None:
    with pytest.raises(NamesNobody):
        said(message("ADT^A01", f"PID|1||{CITIZEN}^^^^NNCHN||王^小明", PV1))
    with pytest.raises(NamesNobody):
        said(message("ORU^R01", "OBX|1|NM|GLU||5"))


def test_a_visit_goes_from_admission_to_discharge() -> None:
    admitted = message("ADT^A01", PID, visit({44: "20261101083000"}), at="20261101083000")
    moved = message("ADT^A02", PID, visit({3: "外科^501^1", 6: "内科^301^2"}), at="20261103")
    left = message("ADT^A03", PID, visit({45: "20261110093000"}), at="20261110093000")
    one = only("Encounter", admitted)
    assert (one["status"], one["class"]["code"]) == ("in-progress", "IMP")
    assert one["period"] == {"start": "2026-11-01T08:30:00+08:00"}
    now = only("Encounter", admitted, moved)
    assert [place["status"] for place in now["location"]] == ["active", "completed"]
    assert now["location"][0]["location"]["display"] == "外科 501 1"
    assert only("Encounter", admitted, moved, left)["status"] == "finished"
    # in whatever order they arrive
    assert only("Encounter", left, moved, admitted)["status"] == "finished"


@pytest.mark.parametrize(
    ("event", "status"),
    [("A11", "cancelled"), ("A13", "in-progress"), ("A23", "entered-in-error")],
)
def test_what_is_taken_back_is_no_more(event: str, status: str) -> None:
    left = message("ADT^A03", PID, visit({45: "20261110093000"}), at="20261110093000")
    back = message(f"ADT^{event}", PID, visit({45: "20261110093000"}), at="20261110100000")
    one = only("Encounter", left, back)
    assert one["status"] == status
    assert event != "A13" or "end" not in (one.get("period") or {})


def test_an_update_after_the_discharge_does_not_open_the_visit_again() -> None:
    left = message("ADT^A03", PID, PV1, at="20261110093000")
    update = message("ADT^A08", PID, PV1, at="20261111093000")
    assert only("Encounter", left, update)["status"] == "finished"
    assert only("Encounter", update)["status"] == "in-progress"


def test_the_visit_number_of_an_order_is_that_of_the_visit() -> None:
    admitted = message("ADT^A01", PID, PV1)
    ordered = message("ORM^O01", PID, PV1, "ORC|NW|O1", "OBR|1|O1||CT^胸部CT^L", by="OE")
    now = only("Encounter", admitted, ordered)
    request = only("ServiceRequest", admitted, ordered)
    assert request["encounter"]["reference"] == f"Encounter/{now['id']}"
    assert now["status"] == "in-progress"


def test_relatives_and_the_mother_of_a_newborn() -> None:
    nk1 = "NK1|1|李^梅|配偶|滨江路1号|13912345678||C"
    told = message("ADT^A01", PID.replace("|M", "|M|" + "|" * 12 + "P7^^^HIS^MR"), PV1, nk1)
    spouse, mother = sorted(known("RelatedPerson", told), key=lambda one: "identifier" in one)
    assert spouse["relationship"][0]["coding"][0]["code"] == "SPS"
    assert spouse["name"][0]["text"] == "李梅"
    assert codes(mother["relationship"][0]) == ["MTH"]


def test_a_merge_says_what_took_the_place_of_a_record() -> None:
    merged = message("ADT^A40", "EVN|A40|20261129", PID, "MRG|P0^^^HIS^MR")
    gone = next(one for one in known("Patient", merged) if one.get("active") is False)
    assert gone["id"] == shown(record_id("HIS", "P0"))
    assert gone["link"][0]["type"] == "replaced-by"


def test_diagnoses_keep_their_coding_and_their_role() -> None:
    told = message(
        "ADT^A01",
        PID,
        PV1,
        seg("DG1", {1: "1", 3: "J18.900^肺炎^ICD10CN", 6: "A"}),
        seg("DG1", {1: "2", 3: "I10.x00^高血压^医保版", 6: "F", 15: "1"}),
        seg("DG1", {1: "3", 3: "K29^胃炎^I10", 6: "F", 21: "D"}),
    )
    systems = {c["code"]["coding"][0]["system"]: c for c in known("Condition", told)}
    assert "urn:oid:2.16.156.10011.2.3.3.11" in systems
    assert "urn:lianyi:codesystem:icd-10-insurance" in systems
    deleted = systems["http://hl7.org/fhir/sid/icd-10"]
    assert codes(deleted["verificationStatus"]) == ["entered-in-error"]
    assert "clinicalStatus" not in deleted
    roles = only("Encounter", told)["diagnosis"]
    assert [role["use"]["coding"][0]["code"] for role in roles] == ["AD", "DD"]
    assert roles[1]["rank"] == 1


def test_allergies_operations_and_insurance() -> None:
    told = message(
        "ADT^A01",
        PID,
        PV1,
        "AL1|1|DA|PNC^青霉素^L|SV|皮疹|20200101",
        "PR1|1||47.09^阑尾切除术^ICD9CM3||20261102",
        "IN1|1|JB^职工基本医保|YB01|江城市医保局|||||||||||职工医保||本人",
    )
    allergy = only("AllergyIntolerance", told)
    assert (allergy["category"], allergy["criticality"]) == (["medication"], "high")
    assert allergy["reaction"][0]["manifestation"] == [{"text": "皮疹"}]
    operation = only("Procedure", told)
    assert operation["code"]["coding"][0]["system"] == "urn:oid:2.16.156.10011.2.3.3.12"
    assert operation["performedDateTime"] == "2026-11-02"
    insurance = only("Coverage", told)
    assert insurance["type"]["coding"][0]["code"] == "01"
    assert insurance["subscriber"]["reference"].startswith("Patient/")


def test_segments_that_no_table_reads_are_listed() -> None:
    told = clinical.look(message("ADT^A01", PID, PV1, "ZPI|1|随便", "ACC|20261101"), ZONE)
    assert told.unread == ["ZPI", "ACC"]


def test_codes_that_no_map_knows_are_kept_and_listed() -> None:
    told = clinical.look(message("ADT^A01", PID, visit({2: "VIP"})), ZONE)
    made = next(o.resource for o in told.stated if o.type == "Encounter" and "class" in o.resource)
    assert made["class"] == {"system": "urn:lianyi:codes:HIS%7CH1:PV1-2", "code": "VIP"}
    assert [(one.where, one.codes, one.code) for one in told.unmapped] == [
        ("PV1-2", "patient-class", "VIP")
    ]
