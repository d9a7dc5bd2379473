"""Medicines, vaccinations, appointments, charges, documents, problems and referrals."""

from __future__ import annotations

from base64 import b64decode
from decimal import Decimal

import pytest

from lianyi.formats.hl7v2 import MalformedHl7
from lianyi.projections.clinical import hl7v2 as clinical
from lianyi.projections.clinical.hl7v2 import timings

from .saying import PID, PV1, ZONE, codes, known, logged, message, only, seg

ORC = seg("ORC", {1: "NW", 2: "RX1", 9: "202611290800", 12: "D1^张^医生^^^^^^HIS"})
RXE = seg("RXE", {2: "AMX^阿莫西林胶囊^L", 3: "0.5", 5: "g", 7: "饭后", 10: "24", 11: "粒"})
TQ1 = seg("TQ1", {1: "1", 3: "TID", 7: "20261129", 8: "20261206"})


def test_a_prescription_says_what_how_much_how_often_and_how() -> None:
    told = message("RDE^O11", PID, PV1, ORC, RXE, TQ1, "RXR|PO^口服^HL70162")
    request = only("MedicationRequest", told)
    assert (request["status"], request["intent"]) == ("active", "order")
    assert request["medicationCodeableConcept"]["coding"][0]["display"] == "阿莫西林胶囊"
    (dosage,) = request["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"] == {"value": Decimal("0.5"), "unit": "g"}
    assert dosage["timing"]["repeat"] == {
        "frequency": 3,
        "period": 1,
        "periodUnit": "d",
        "boundsPeriod": {"start": "2026-11-29", "end": "2026-12-06"},
    }
    assert dosage["route"]["coding"][0]["code"] == "PO"
    assert dosage["patientInstruction"] == "饭后"
    assert request["dispenseRequest"]["quantity"] == {"value": 24, "unit": "粒"}


@pytest.mark.parametrize(
    ("pattern", "made"),
    [
        ("Q6H", (1, 6, "h")),
        ("bid", (2, 1, "d")),
        ("每日3次", (3, 1, "d")),
        ("Q2D", (1, 2, "d")),
        ("隔日一次", (1, 2, "d")),
        ("看情况", None),
    ],
)
def test_how_often_is_understood(pattern: str, made: tuple[int, int, str] | None) -> None:
    names = ("frequency", "period", "periodUnit")
    assert timings.repeated(pattern) == (dict(zip(names, made, strict=True)) if made else {})


def test_a_prescription_that_is_stopped_is_so_whenever_it_is_heard() -> None:
    new = message("RDE^O11", PID, ORC, RXE, at="202611290800")
    stop = message("RDE^O11", PID, "ORC|DC|RX1", at="202611291000")
    assert only("MedicationRequest", new, stop)["status"] == "cancelled"
    assert only("MedicationRequest", stop, new)["status"] == "cancelled"


def test_what_is_dispensed_and_given_leads_to_the_prescription() -> None:
    order = message("RDE^O11", PID, ORC, RXE, at="202611290800")
    given_out = message(
        "RDS^O13",
        PID,
        "ORC|RE|RX1",
        seg("RXD", {1: "1", 2: "AMX^阿莫西林^L", 3: "20261129", 4: "24"}),
    )
    taken = message(
        "RAS^O17",
        PID,
        "ORC|RE|RX1",
        seg(
            "RXA",
            {1: "0", 2: "1", 3: "202611291200", 5: "AMX^阿莫西林^L", 6: "0.5", 7: "g", 20: "CP"},
        ),
        "RXR|PO",
    )
    request = only("MedicationRequest", order, given_out, taken)
    assert request["status"] == "active"
    on = {"reference": f"MedicationRequest/{request['id']}"}
    assert only("MedicationDispense", given_out)["authorizingPrescription"] == [on]
    administration = only("MedicationAdministration", taken)
    assert administration["request"] == on
    assert administration["status"] == "completed"
    assert administration["effectiveDateTime"] == "2026-11-29T12:00:00+08:00"
    assert administration["dosage"]["dose"] == {"value": Decimal("0.5"), "unit": "g"}


def test_a_vaccination_has_its_vaccine_lot_and_observations() -> None:
    told = message(
        "VXU^V04",
        PID,
        "ORC|RE||V9^JZ",
        seg(
            "RXA",
            {
                1: "0",
                2: "1",
                3: "20261101",
                5: "88^流感疫苗^CVX",
                6: "999",
                9: "00",
                15: "L1",
                20: "CP",
            },
        ),
        "RXR|IM^肌内注射^HL70162|LD^左上臂^HL70163",
        seg("OBX", {2: "CE", 3: "30963-3^资金来源^LN", 5: "PHC70^自费^L", 11: "F"}),
    )
    shot = only("Immunization", told)
    assert shot["vaccineCode"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/cvx"
    assert (shot["lotNumber"], shot["primarySource"], shot["status"]) == ("L1", True, "completed")
    assert "doseQuantity" not in shot
    assert codes(shot["fundingSource"]) == ["PHC70"]
    assert only("Observation", told)["partOf"] == [{"reference": f"Immunization/{shot['id']}"}]


SCH = seg(
    "SCH", {1: "B1", 2: "B2", 7: "复诊", 9: "30", 10: "min", 11: "^^^202612010900", 25: "Booked"}
)


def test_an_appointment_has_its_time_and_who_takes_part() -> None:
    told = message(
        "SIU^S12",
        SCH,
        PID,
        PV1,
        "RGS|1",
        seg("AIS", {1: "1", 3: "CT^胸部CT^RIS", 4: "202612010900"}),
        "AIL|1||放射科^2号机房",
        "AIP|1||T1^李^技师^^^^^^RIS",
        "NTE|1||请空腹",
    )
    one = only("Appointment", told)
    assert one["status"] == "booked"
    assert one["start"] == "2026-12-01T09:00:00+08:00"
    assert one["end"] == "2026-12-01T09:30:00+08:00"
    actors = [part["actor"].get("display", "患者") for part in one["participant"]]
    assert actors == ["患者", "放射科 2号机房", "李技师"]
    assert one["comment"] == "请空腹"


def test_meals_and_bedtime_are_understood() -> None:
    assert timings.repeated("睡前") == {"when": ["HS"]}
    assert timings.repeated("PC") == {"when": ["PC"]}


@pytest.mark.parametrize(
    ("event", "status"), [("S15", "cancelled"), ("S17", "entered-in-error"), ("S26", "noshow")]
)
def test_an_appointment_that_does_not_take_place_says_so(event: str, status: str) -> None:
    booked = message("SIU^S12", SCH, PID, at="202611290800")
    over = message(f"SIU^{event}", SCH, PID, at="202611300800")
    assert only("Appointment", over, booked)["status"] == status


def test_a_cancellation_that_names_nobody_sends_nobody_away() -> None:
    room, doctor = "AIL|1||放射科^2号机房", "AIP|1||T1^李^技师^^^^^^RIS"
    booked = message("SIU^S12", SCH, PID, "RGS|1", room, doctor, at="202611290800")
    over = message("SIU^S15", SCH, PID, at="202611300800")
    one = only("Appointment", over, booked)
    assert one["status"] == "cancelled"
    actors = [part["actor"].get("display", "患者") for part in one["participant"]]
    assert actors == ["患者", "放射科 2号机房", "李技师"]
    moved = message("SIU^S13", SCH, PID, "RGS|1", room, at="202611301000")
    assert len(only("Appointment", moved, over, booked)["participant"]) == 2


@pytest.mark.parametrize(("kind", "category"), [("OMS^O05", "central"), ("OMN^O07", "nonstock")])
def test_an_order_of_material_says_how_much_of_what(kind: str, category: str) -> None:
    control = seg("ORC", {1: "NW", 2: "M1^HIS", 9: "202611290900", 12: "D1^李^医生"})
    asked = seg("RQD", {1: "1", 2: "DN01^一次性导尿包^L", 5: "2", 6: "包", 10: "20261130"})
    ordered = message(kind, PID, PV1, control, asked, at="202611290900")
    one = only("SupplyRequest", ordered)
    assert one["category"]["coding"][0]["code"] == category
    assert codes(one["itemCodeableConcept"]) == ["DN01"]
    assert one["quantity"] == {"value": Decimal(2), "unit": "包"}
    assert (one["status"], one["occurrenceDateTime"]) == ("active", "2026-11-30")
    assert one["deliverTo"] == known("Encounter", ordered)[0]["subject"]
    assert not known("ServiceRequest", ordered)
    cancelled = message(kind, PID, PV1, "ORC|CA|M1^HIS", at="202611291000")
    for told in ([ordered, cancelled], [cancelled, ordered]):
        stands = only("SupplyRequest", *told)
        assert (stands["status"], stands["quantity"]["value"]) == ("cancelled", 2)
    more = seg("RQD", {1: "2", 2: "ZS05^注射器^L", 5: "5"})
    lines = message(kind, PID, PV1, control, asked, control, more, at="202611290900")
    assert len(known("SupplyRequest", lines)) == 2


def test_a_charge_has_its_price_in_full() -> None:
    told = message(
        "DFT^P03",
        "EVN|P03|20261129",
        PID,
        PV1,
        seg("FT1", {2: "T1", 4: "20261129", 6: "CG", 7: "CT^胸部CT^YBXM", 10: "1", 11: "280.00"}),
    )
    charge = only("ChargeItem", told)
    assert charge["status"] == "billable"
    assert charge["priceOverride"] == {"value": Decimal("280.00"), "currency": "CNY"}
    assert charge["code"]["coding"][0]["system"] == "urn:lianyi:codesystem:insurance-services"
    assert charge["context"]["reference"].startswith("Encounter/")


TXA = seg("TXA", {1: "1", 2: "CN^会诊记录^L", 4: "20261129", 12: "DOC1^EMR", 17: "AU"})


def test_a_document_has_its_text_and_its_successor_replaces_it() -> None:
    first = message(
        "MDM^T02",
        PID,
        PV1,
        TXA,
        seg("OBX", {2: "TX", 5: "会诊意见："}),
        seg("OBX", {2: "TX", 5: "继续观察。"}),
        at="202611290800",
    )
    second = message(
        "MDM^T10",
        PID,
        PV1,
        seg("TXA", {1: "1", 2: "CN", 12: "DOC2^EMR", 13: "DOC1^EMR", 17: "AU"}),
        seg("OBX", {2: "TX", 5: "会诊意见：出院。"}),
        at="202611300800",
    )
    document = only("DocumentReference", first)
    assert document["docStatus"] == "final"
    assert document["masterIdentifier"]["value"] == "DOC1"
    text = b64decode(only("Binary", first)["data"]).decode()
    assert text == "会诊意见：\n继续观察。"
    old, new = sorted(known("DocumentReference", second, first), key=lambda one: "relatesTo" in one)
    assert old["status"] == "superseded"
    assert new["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{old['id']}"


def test_a_document_that_is_cancelled_was_an_error() -> None:
    first = message("MDM^T02", PID, TXA, "OBX|1|TX|||文", at="202611290800")
    over = message("MDM^T11", PID, TXA, at="202611290900")
    assert only("DocumentReference", over, first)["status"] == "entered-in-error"


def test_problems_goals_and_pathways() -> None:
    told = message(
        "PPR^PC1",
        PID,
        seg("PRB", {1: "AD", 3: "E11^2型糖尿病^I10", 4: "PB1", 7: "20261129", 14: "ACTIVE"}),
        seg("GOL", {1: "AD", 3: "HBA^糖化血红蛋白达标^L", 4: "G1"}),
        seg("PTH", {1: "AD", 2: "DM^糖尿病路径^L", 3: "PW1"}),
    )
    problem = only("Condition", told)
    assert codes(problem["clinicalStatus"]) == ["active"]
    assert codes(problem["category"][0]) == ["problem-list-item"]
    assert only("Goal", told)["lifecycleStatus"] == "active"
    assert only("CarePlan", told)["title"] == "糖尿病路径"
    gone = message(
        "PPR^PC3", PID, seg("PRB", {1: "DE", 3: "E11^2型糖尿病^I10", 4: "PB1"}), at="2026113010"
    )
    assert codes(only("Condition", told, gone)["verificationStatus"]) == ["entered-in-error"]


def test_a_referral_leads_from_one_provider_to_another() -> None:
    told = message(
        "REF^I12",
        seg("RF1", {1: "P", 2: "R", 6: "ZZ1", 10: "专科会诊"}),
        seg("PRD", {1: "RP", 2: "张^医生", 7: "D1", 10: "社区卫生中心"}),
        seg("PRD", {1: "RT", 2: "李^主任", 7: "D2", 10: "市一医院"}),
        PID,
    )
    request = only("ServiceRequest", told)
    assert request["status"] == "active"
    roles = {one["id"]: one for one in known("PractitionerRole", told)}
    requester = roles[request["requester"]["reference"].partition("/")[2]]
    assert requester["organization"]["display"] == "社区卫生中心"
    performer = roles[request["performer"][0]["reference"].partition("/")[2]]
    assert performer["organization"]["display"] == "市一医院"


def test_a_message_of_which_nothing_can_be_made_is_shown_whole() -> None:
    told = message("RGV^O15", PID, PV1, "ZGV|1|什么")
    document, binary = only("DocumentReference", told), only("Binary", told)
    assert document["type"] == {"text": "hl7v2 RGV^O15"}
    assert b64decode(binary["data"]) == told.body


def test_what_is_heard_is_what_is_wanted() -> None:
    assert clinical.wants("hl7v2 ADT^A01")
    assert clinical.wants("hl7v2 ORU^R01")
    assert not clinical.wants("hl7v2 MFN^M02")
    assert not clinical.wants("hl7v2 ACK")
    assert not clinical.wants("fhir Bundle")


def test_several_patients_of_one_message_are_kept_apart() -> None:
    told = message(
        "ORU^R01",
        PID,
        "OBR|1|O1|F1|A^甲^L",
        "OBX|1|ST|X^x||阳性||||||F",
        "PID|1||P2^^^HIS^MR||李^雷",
        "OBR|1|O2|F2|A^甲^L",
        "OBX|1|ST|X^x||阴性||||||F",
    )
    found = {one["subject"]["reference"]: one["valueString"] for one in known("Observation", told)}
    assert sorted(found.values()) == ["阳性", "阴性"]
    assert len(found) == 2


def test_a_body_that_is_no_hl7_is_refused() -> None:
    with pytest.raises(MalformedHl7):
        clinical.read(logged(b"not hl7 at all"), ZONE)
