"""What a clinical document says is kept under the names of its sender, and stays readable."""

# ruff: noqa: E501 - XML is not broken where it may not be
from __future__ import annotations

import random
import re
from base64 import b64encode
from decimal import Decimal

import pytest

from lianyi.formats.cda.errors import MalformedCda
from lianyi.messagelog.message import LogMessage
from lianyi.projections.clinical import cda, hl7v2
from lianyi.projections.clinical.cda.problems import DocumentOfNobody
from lianyi.projections.identity.ids import record_id, shown

from .papers import (
    ALLERGY,
    CITIZEN,
    PATIENT,
    POTASSIUM,
    PROBLEM,
    RECEIVED,
    SCT,
    SECTIONS,
    WST500,
    ZONE,
    T,
    allergic,
    check_valid,
    fold,
    known,
    only,
    panel,
    paper,
    replacing,
    said,
    section,
)  # fmt: skip

WHOLE = paper(*SECTIONS)


def codes(concept: dict) -> list[str]:
    return [one["code"] for one in concept["coding"]]


def test_every_resource_is_one_of_fhir_by_two_judges() -> None:
    check_valid(said(WHOLE))
    check_valid(said(WST500))


def test_each_section_becomes_what_it_is_about() -> None:
    made = fold(said(WHOLE))
    kinds = sorted(kind for kind, _ in made)
    assert kinds == [
        "AllergyIntolerance", "Binary", "CarePlan", "Composition", "Condition",
        "DiagnosticReport", "DocumentReference", "Encounter", "Goal", "Immunization",
        "MedicationStatement", "Observation", "Observation", "Organization", "Organization", "Patient",
        "Practitioner", "Procedure", "ServiceRequest",
    ]  # fmt: skip
    composition = only("Composition", WHOLE)
    leads = {e["reference"] for one in composition["section"] for e in one.get("entry", ())}
    assert {ref.partition("/")[0] for ref in leads} >= {
        "Condition",
        "Procedure",
        "CarePlan",
        "Goal",
    }
    assert all(tuple(ref.split("/")) in made for ref in leads)


def test_an_allergy_keeps_its_codes_its_words_and_its_reaction() -> None:
    one = only("AllergyIntolerance", WHOLE)
    assert one["code"]["coding"][0]["system"] == "http://www.nlm.nih.gov/research/umls/rxnorm"
    assert one["code"]["text"] == "青霉素"
    assert (one["type"], one["category"], one["onsetDateTime"]) == (
        "allergy", ["medication"], "1998-05"
    )  # fmt: skip
    assert (codes(one["clinicalStatus"]), codes(one["verificationStatus"])) == (
        ["active"], ["confirmed"]
    )  # fmt: skip
    (reaction,) = one["reaction"]
    assert (codes(reaction["manifestation"][0]), reaction["severity"]) == (["247472004"], "severe")


def test_a_problem_keeps_its_translations() -> None:
    one = only("Condition", WHOLE)
    assert codes(one["code"]) == ["38341003", "I10"]
    assert codes(one["category"][0]) == ["problem-list-item"]


def test_a_medicine_keeps_the_digits_of_its_dose_and_how_often_it_is_taken() -> None:
    (dosage,) = only("MedicationStatement", WHOLE)["dosage"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == Decimal("1.50")
    assert str(dosage["doseAndRate"][0]["doseQuantity"]["value"]) == "1.50"
    assert dosage["timing"]["repeat"] == {"frequency": 1, "period": 12, "periodUnit": "h"}
    assert dosage["text"] == "早一片"


def test_a_vaccination_at_an_unknown_time_says_so() -> None:
    one = only("Immunization", WHOLE)
    assert (one["occurrenceString"], one["lotNumber"]) == ("unknown", "L7")


def test_a_report_leads_to_its_results() -> None:
    report = only("DiagnosticReport", WHOLE)
    (result,) = (one for one in known("Observation", WHOLE) if "referenceRange" in one)
    assert report["result"] == [{"reference": f"Observation/{result['id']}"}]
    assert str(result["valueQuantity"]["value"]) == "6.20"
    assert codes(result["interpretation"][0]) == ["H"]
    assert str(result["referenceRange"][0]["high"]["value"]) == "5.5"
    assert result["effectiveDateTime"] == "2026-02-21T10:30:00+08:00"


def test_the_document_holds_the_bytes_and_the_composition_the_words() -> None:
    reference, binary = only("DocumentReference", WHOLE), only("Binary", WHOLE)
    (content,) = reference["content"]
    assert content["attachment"]["url"] == f"Binary/{binary['id']}"
    assert binary["data"] == b64encode(WHOLE.encode()).decode()
    composition = only("Composition", WHOLE)
    assert reference["context"]["related"] == [{"reference": f"Composition/{composition['id']}"}]
    assert "两周后复查血钾" in composition["section"][-1]["text"]["div"]
    assert composition["encounter"]["reference"].startswith("Encounter/")


def test_a_document_of_the_chinese_standard_is_read() -> None:
    patient = only("Patient", WST500)
    assert patient["id"] == shown(record_id("EMR|H1 2.16.156.10011.1.12", "ZY001"))
    assert (patient["gender"], patient["name"]) == ("male", [{"text": "李建国"}])
    assert "urn:oid:2.16.156.10011.1.3" in {one["system"] for one in patient["identifier"]}
    condition = only("Condition", WST500)
    assert (codes(condition["code"]), condition["code"]["text"]) == (["K35.900"], "急性阑尾炎")
    assert codes(condition["category"][0]) == ["encounter-diagnosis"]
    assert only("AllergyIntolerance", WST500)["code"]["text"] == "青霉素过敏"
    temperature = only("Observation", WST500)
    assert (str(temperature["valueQuantity"]["value"]), codes(temperature["category"][0])) == (
        "37.8", ["vital-signs"]
    )  # fmt: skip


@pytest.mark.parametrize("words", ["无", "否认药物过敏史"])
def test_no_allergy_is_no_allergy(words: str) -> None:
    text = paper(section("48765-2", "过敏史", allergic(words)), patient=CITIZEN)
    assert known("AllergyIntolerance", text) == []
    assert only("Observation", text)["valueString"] == words


def test_no_known_allergy_is_said_as_such() -> None:
    none = ALLERGY.replace(
        'moodCode="EVN"><templateId root="2.16.840.1.113883.10.20.22.4.7"',
        'moodCode="EVN" negationInd="true"><templateId root="2.16.840.1.113883.10.20.22.4.7"',
    )
    start, _, rest = none.partition('<code code="7980"')
    none = start + '<code nullFlavor="NA"/>' + rest.partition("</code>")[2]
    one = only("AllergyIntolerance", paper(section("48765-2", "过敏", none)))
    assert codes(one["code"]) == ["409137002"]
    check_valid(said(paper(section("48765-2", "过敏", none))))


def test_the_same_document_twice_changes_nothing() -> None:
    assert fold(said(WHOLE, WHOLE)) == fold(said(WHOLE))


SECOND = paper(
    section("11450-4", "问题", PROBLEM.replace('value="20200105"', 'value="20190105"')),
    number="2", at="20260302100000+0800", version=2, related=replacing("1"),
)  # fmt: skip


def test_a_document_that_replaces_another_wins_in_every_order() -> None:
    expected = fold(said(WHOLE, SECOND))
    (condition,) = (one for (kind, _), one in expected.items() if kind == "Condition")
    assert condition["onsetDateTime"] == "2019-01-05"
    states = sorted(
        one["status"] for (kind, _), one in expected.items() if kind == "DocumentReference"
    )
    assert states == ["current", "superseded"]
    check_valid(said(WHOLE, SECOND))
    stated = said(WHOLE, SECOND, WHOLE)
    for seed in range(20):
        random.Random(seed).shuffle(stated)
        assert fold(stated) == expected


def test_a_replacing_document_that_comes_alone_tells_of_the_one_it_replaces() -> None:
    (old,) = (one for one in known("DocumentReference", SECOND) if one["status"] == "superseded")
    assert old["content"] == [{"attachment": {"title": "1"}}]
    check_valid(said(SECOND))


def test_erased_documents_leave_what_the_others_say() -> None:
    assert fold([one for one in said(WHOLE, SECOND) if one not in said(SECOND)]) == fold(
        said(WHOLE)
    )


def test_two_acts_under_one_number_stay_two() -> None:
    other = PROBLEM.replace("38341003", "44054006").replace("Hypertension", "Diabetes")
    conditions = known("Condition", paper(section("11450-4", "问题", PROBLEM, other)))
    assert sorted(codes(one["code"])[0] for one in conditions) == ["38341003", "44054006"]


def test_what_is_said_of_the_patient_and_her_visit_is_hearsay() -> None:
    dated = {one.type: one.said_at.year for one in said(WHOLE)}
    assert dated["Patient"] < 1100
    assert dated["Encounter"] < 1100
    assert dated["Condition"] == 2026


def test_a_document_that_names_nobody_is_refused() -> None:
    nobody = PATIENT.replace('<id root="1.2.156.99" extension="P1"/>', '<id nullFlavor="UNK"/>')
    with pytest.raises(DocumentOfNobody) as failure:
        said(paper(patient=nobody))
    assert "patientRole (line " in failure.value.where


def test_a_document_that_names_a_citizen_only_is_kept_under_that() -> None:
    citizen = PATIENT.replace(
        'root="1.2.156.99" extension="P1"',
        'root="2.16.156.10011.1.3" extension="110101198003150019"',
    )
    one = only("Patient", paper(patient=citizen))
    assert one["id"] == shown(record_id("2.16.156.10011.1.3", "110101198003150019"))


def test_xml_that_is_no_clinical_document_says_nothing() -> None:
    assert said("<Order><id>7</id></Order>") == []


def test_a_broken_document_is_refused_with_element_and_line() -> None:
    with pytest.raises(MalformedCda) as failure:
        said(paper().replace("<structuredBody></structuredBody>", ""))
    assert failure.value.where.startswith("ClinicalDocument/component (line ")
    assert "structuredBody" in failure.value.facts["why"]


def test_a_scan_within_a_document_is_a_file_of_it() -> None:
    pdf = b64encode(b"%PDF-1.4 scan").decode()
    text = paper().replace(
        "<structuredBody></structuredBody>",
        f'<nonXMLBody><text mediaType="application/pdf" representation="B64">{pdf}</text></nonXMLBody>',
    )
    kinds = [one["attachment"]["contentType"] for one in only("DocumentReference", text)["content"]]
    assert kinds == ["application/pdf", "application/xml"]
    assert pdf in {one["data"] for one in known("Binary", text)}
    check_valid(said(text))


def _mdm(body: str) -> LogMessage:
    data = b64encode(body.encode()).decode()
    lines = (
        "MSH|^~\\&|EMR|H1|||20260301110000||MDM^T02|C1|P|2.5",
        "PID|1||P1^^^HIS^MR||王^小明||19800315|M",
        "TXA|1|DS^出院小结|TX|20260301||||||||D1",
        f"OBX|1|ED|DS^出院小结||^application^xml^Base64^{data}||||||F",
    )
    raw = ("\r".join(lines) + "\r").encode()
    return LogMessage(1, 7, RECEIVED, 3, "hl7v2 MDM^T02", raw, "utf-8", "EMR|H1", (), 0, None, b"")


def test_a_document_within_hl7_v2_is_read_as_the_patient_of_the_message() -> None:
    message = _mdm(WHOLE)
    stated = cda.enclosed(hl7v2.read(message, ZONE), message, ZONE)
    check_valid(stated)
    made = fold(stated)
    (reference,) = (one for (kind, _), one in made.items() if kind == "DocumentReference")
    (composition,) = (one for (kind, _), one in made.items() if kind == "Composition")
    assert reference["context"]["related"] == [{"reference": f"Composition/{composition['id']}"}]
    assert composition["subject"] == {"reference": f"Patient/{shown(record_id('HIS', 'P1'))}"}
    assert sum(kind == "Binary" for kind, _ in made) == 1
    assert any(kind == "AllergyIntolerance" for kind, _ in made)


def test_a_broken_document_within_hl7_v2_stays_a_file() -> None:
    message = _mdm(WHOLE.replace("</structuredBody>", ""))
    stated = hl7v2.read(message, ZONE)
    assert cda.enclosed(stated, message, ZONE) == stated


DISPENSED = f"""<substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="{T}.16"/><id root="1.2.156.99.7" extension="M9"/>
<statusCode code="active"/><consumable><manufacturedProduct><manufacturedMaterial><code code="197361" codeSystem="2.16.840.1.113883.6.88"
displayName="Amlodipine 5 MG Oral Tablet"/></manufacturedMaterial></manufacturedProduct></consumable>
<entryRelationship typeCode="REFR"><supply classCode="SPLY" moodCode="EVN"><templateId root="{T}.18"/><id root="1.2.156.99.7" extension="D9"/>
<statusCode code="completed"/><effectiveTime value="20260302"/><quantity value="30" unit="1"/>
<performer><assignedEntity><id root="1.2.156.99.1" extension="D8"/><assignedPerson><name>周药师</name></assignedPerson></assignedEntity></performer>
</supply></entryRelationship></substanceAdministration>"""
PRODUCT = f"""<participantRole classCode="MANU"><templateId root="{T}.37"/><id root="1.2.156.99.8" extension="S1"/>
<playingDevice><code code="14106009" {SCT} displayName="Cardiac pacemaker"/><manufacturerModelName>Azure S DR</manufacturerModelName></playingDevice>
<scopingEntity><desc>江城医疗器械</desc></scopingEntity></participantRole>"""
USED = f"""<supply classCode="SPLY" moodCode="EVN"><templateId root="{T}.50"/><id root="1.2.156.99.7" extension="U1"/>
<statusCode code="completed"/><effectiveTime><low value="20250105"/></effectiveTime><participant typeCode="PRD">{PRODUCT}</participant></supply>"""
IMPLANTED = f"""<procedure classCode="PROC" moodCode="EVN"><templateId root="{T}.14"/><id root="1.2.156.99.7" extension="O9"/>
<code code="307280005" {SCT} displayName="Implantation of cardiac pacemaker"/><statusCode code="completed"/>
<effectiveTime value="20250105"/><participant typeCode="DEV">{PRODUCT}</participant></procedure>"""


def test_what_was_dispensed_names_the_medicine_the_amount_and_who_gave_it() -> None:
    text = paper(section("10160-0", "用药", DISPENSED))
    check_valid(said(text))
    one = only("MedicationDispense", text)
    assert codes(one["medicationCodeableConcept"]) == ["197361"]
    assert (one["status"], one["whenHandedOver"]) == ("completed", "2026-03-02")
    assert str(one["quantity"]["value"]) == "30"
    assert one["performer"][0]["actor"]["reference"].startswith("Practitioner/")
    assert only("MedicationStatement", text)["status"] == "active"
    leads = [e["reference"] for e in only("Composition", text)["section"][0]["entry"]]
    assert f"MedicationDispense/{one['id']}" in leads


def test_a_device_is_one_whether_it_was_used_or_implanted() -> None:
    text = paper(section("46264-8", "器械", USED), section("47519-4", "手术", IMPLANTED))
    check_valid(said(text))
    device, use = only("Device", text), only("DeviceUseStatement", text)
    assert codes(device["type"]) == ["14106009"]
    assert (device["modelNumber"], device["manufacturer"]) == ("Azure S DR", "江城医疗器械")
    assert device["patient"] == use["subject"]
    assert use["device"] == {
        "reference": f"Device/{device['id']}", "display": "Cardiac pacemaker"
    }  # fmt: skip
    assert (use["status"], use["timingPeriod"]["start"]) == ("completed", "2025-01-05")
    assert only("Procedure", text)["performedDateTime"] == "2025-01-05"


def test_a_device_of_which_nothing_is_said_is_left_to_be_read() -> None:
    bare = f'<supply classCode="SPLY" moodCode="EVN"><templateId root="{T}.50"/><statusCode code="active"/></supply>'
    text = paper(section("46264-8", "器械", bare))
    assert not known("DeviceUseStatement", text)
    assert not known("Device", text)


def denied(act: str, template: str) -> str:
    """The same act with ``negationInd`` at the observation that follows a template."""
    found = re.sub(rf'moodCode="EVN">(?=\s*<templateId root="{re.escape(template)}")',
                   'moodCode="EVN" negationInd="true">', act)  # fmt: skip
    assert found != act
    return found


def allergen(act: str, instead: str) -> str:
    start, _, rest = act.partition('<code code="7980"')
    return start + instead + rest.partition("</code>")[2]


def verification(resource: dict) -> str:
    return codes(resource["verificationStatus"])[0]


@pytest.mark.parametrize(
    "instead",
    ["<name>青霉素</name>", '<code nullFlavor="OTH"><originalText>青霉素</originalText></code>'],
)
def test_no_allergy_to_something_in_words_is_not_taken_for_no_allergy_at_all(instead: str) -> None:
    text = paper(section("48765-2", "过敏", allergen(denied(ALLERGY, f"{T}.7"), instead)))
    one = only("AllergyIntolerance", text)
    assert (one["code"], verification(one)) == ({"text": "青霉素"}, "refuted")


def test_no_allergy_to_any_substance_is_no_known_allergy() -> None:
    substance = f'<code code="105590001" {SCT} displayName="Substance"/>'
    text = paper(section("48765-2", "过敏", allergen(denied(ALLERGY, f"{T}.7"), substance)))
    one = only("AllergyIntolerance", text)
    assert (codes(one["code"]), verification(one)) == (["409137002"], "confirmed")


@pytest.mark.parametrize("code", ["91936005", "716186003"])
def test_an_allergy_that_only_its_value_names_is_not_lost(code: str) -> None:
    alone = re.sub("<participant.*?</participant>", "", ALLERGY, flags=re.DOTALL)
    text = paper(section("48765-2", "过敏", alone.replace("416098002", code)))
    assert codes(only("AllergyIntolerance", text)["code"]) == [code]
    assert known("AllergyIntolerance", paper(section("48765-2", "过敏", alone))) == []


def test_a_reaction_that_did_not_occur_is_none() -> None:
    text = paper(section("48765-2", "过敏", denied(ALLERGY, f"{T}.9")))
    assert "reaction" not in only("AllergyIntolerance", text)


@pytest.mark.parametrize("state", ["active", "completed"])
def test_what_was_nullified_was_entered_in_error(state: str) -> None:
    old, new = f'<statusCode code="{state}"/>', '<statusCode code="nullified"/>'
    text = paper(
        section("48765-2", "过敏", ALLERGY.replace(old, new)),
        section("11450-4", "问题", PROBLEM.replace(old, new)),
    )
    for kind in ("AllergyIntolerance", "Condition"):
        one = only(kind, text)
        assert (verification(one), "clinicalStatus" in one) == ("entered-in-error", False)
    check_valid(said(text))


def test_a_problem_that_is_not_sure_is_unconfirmed() -> None:
    unsure = PROBLEM.replace('<statusCode code="completed"/>', '<uncertaintyCode code="U"/>')
    assert (
        verification(only("Condition", paper(section("11450-4", "问题", unsure)))) == "unconfirmed"
    )


def test_what_a_relative_does_not_have_is_no_condition_of_hers() -> None:
    def illness(name: str, more: str = "") -> str:
        return (
            f'<component><observation classCode="OBS" moodCode="EVN"{more}>'
            f'<value xsi:type="CD" code="1" {SCT} displayName="{name}"/></observation></component>'
        )

    none = illness("乳腺癌", ' negationInd="true"')
    mother = (
        f'<organizer classCode="CLUSTER" moodCode="EVN"><templateId root="{T}.45"/><subject>'
        '<relatedSubject><code code="MTH" codeSystem="2.16.840.1.113883.5.111"/></relatedSubject>'
        f"</subject>{none}{illness('高血压')}</organizer>"
    )
    text = paper(section("10157-6", "家族史", mother))
    one = only("FamilyMemberHistory", text)
    assert [each["code"]["coding"][0]["display"] for each in one["condition"]] == ["高血压"]
    assert one["note"] == [{"text": "无 no: 乳腺癌"}]
    check_valid(said(text))


def test_one_amount_is_no_upper_limit() -> None:
    single = re.sub(r'<value xsi:type="IVL_PQ">.*?</value>',
                    '<value xsi:type="PQ" value="3" unit="mmol/L"/>', POTASSIUM, flags=re.DOTALL)  # fmt: skip
    one = only("Observation", paper(section("30954-2", "检验", panel(single))))
    assert "high" not in (one.get("referenceRange") or [{}])[0]
