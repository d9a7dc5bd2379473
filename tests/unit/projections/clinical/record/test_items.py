"""Resources as lines of a record, and values as series."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.projections.clinical.shared import examples_of_r4, patients_of_synthea

from lianyi.projections.clinical.record import attachments
from lianyi.projections.clinical.record.items import Code, Item, instant_of, item_of
from lianyi.projections.clinical.record.measures import series_of, vital_of
from lianyi.projections.clinical.record.sections import Section, section_of

LOINC = "http://loinc.org"


def potassium(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "k1",
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"coding": [{"system": LOINC, "code": "2823-3"}, {"code": "K"}], "text": "血钾"},
        "effectiveDateTime": "2026-03-02T08:15:00+08:00",
        "valueQuantity": {"value": Decimal("6.20"), "unit": "mmol/L"},
        "referenceRange": [{"low": {"value": Decimal("3.5")}, "high": {"value": Decimal("5.30")}}],
        "interpretation": [{"coding": [{"code": "HH"}]}],
    } | more


def line(resource: dict[str, Any]) -> Item:
    found = item_of(resource)
    assert found is not None
    return found


def test_a_value_keeps_the_digits_that_were_written_and_the_range_of_its_sender() -> None:
    item = line(potassium())
    assert (item.section, item.title, item.at) == (
        Section.LABORATORY, "血钾", "2026-03-02T08:15:00+08:00"
    )  # fmt: skip
    value = item.value
    assert (value.text, value.unit, value.low, value.high) == ("6.20", "mmol/L", "3.5", "5.30")
    assert value.is_abnormal
    assert item.codes == (Code(LOINC, "2823-3", ""), Code("", "K", ""))


@pytest.mark.parametrize(
    ("resource", "section"),
    [
        ({"resourceType": "Encounter"}, Section.ENCOUNTER),
        ({"resourceType": "Condition"}, Section.PROBLEM),
        ({"resourceType": "DiagnosticReport", "category": [{"coding": [{"code": "CT"}]}]},
         Section.IMAGING),
        ({"resourceType": "DiagnosticReport", "category": [{"coding": [{"code": "MB"}]}]},
         Section.LABORATORY),
        ({"resourceType": "DiagnosticReport"}, Section.DOCUMENT),
        ({"resourceType": "Observation", "specimen": {"display": "血"}}, Section.LABORATORY),
        ({"resourceType": "Observation"}, Section.OTHER),
        ({"resourceType": "Patient"}, None),
        ({"resourceType": "AuditEvent"}, None),
        ({"resourceType": 7}, None),
    ],
)  # fmt: skip
def test_each_resource_stands_under_one_heading(
    resource: dict[str, Any], section: Section | None
) -> None:
    assert section_of(resource) is section


def test_what_was_not_measured_says_why() -> None:
    absent = {"coding": [{"code": "unknown", "display": "标本溶血"}]}
    item = line(potassium(valueQuantity=None, dataAbsentReason=absent))
    assert (item.value.text, item.value.absent) == ("", "标本溶血")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"valueQuantity": {"comparator": "<", "value": Decimal("0.1")}}, "<0.1"),
        ({"valueString": "阴性"}, "阴性"),
        ({"valueBoolean": False}, "false"),
        ({"valueInteger": 0}, "0"),
        ({"valueCodeableConcept": {"coding": [{"code": "1", "display": "阳性"}]}}, "阳性"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 4}}}, "2–4"),
        ({"valueQuantity": "no quantity"}, ""),
    ],
)
def test_every_form_of_value_is_shown(value: dict[str, Any], text: str) -> None:
    assert line(potassium(valueQuantity=None) | value).value.text == text


def test_a_report_names_its_results_its_conclusion_and_its_files() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "code": {"text": "胸部CT"},
        "issued": "2026-03-02T08:15:00+08:00",
        "conclusion": "未见异常",
        "performer": [{"display": "放射科 张医生"}],
        "result": [{"reference": "Observation/1"}, {"display": "nothing"}],
        "context": {"reference": "Encounter/e1"},
        "presentedForm": [{"contentType": "application/pdf", "data": "JVBERg==", "title": "报告"}],
    }
    item = line(report)
    assert item.results == ("Observation/1",)
    assert (item.detail, item.by, item.encounter) == ("未见异常", "放射科 张医生", "e1")
    assert item.attached[0][:3] == (0, "application/pdf", "报告")
    found = attachments.held_in(report, 0)
    assert isinstance(found, attachments.File)
    assert (found.data, found.inline) == (b"%PDF", True)
    assert attachments.held_in(report, 1) is None


@pytest.mark.parametrize(
    ("said", "handed", "inline"),
    [
        ("application/pdf", "application/pdf", True),
        ("image/PNG; q=1", "image/png", True),
        ("image/svg+xml", "text/plain; charset=utf-8", True),
        ("text/html", "text/plain; charset=utf-8", True),
        ("application/xhtml+xml", "text/plain; charset=utf-8", True),
        ("application/javascript", "application/octet-stream", False),
        ("", "application/octet-stream", False),
    ],
)
def test_nothing_that_a_browser_would_run_is_handed_out_as_such(
    said: str, handed: str, inline: bool
) -> None:
    found = attachments.handed_out(said, b"<script>alert(1)</script>")
    assert (found.content_type, found.inline) == (handed, inline)


def test_texts_of_an_older_system_are_read_in_its_characters() -> None:
    assert attachments.handed_out("text/plain", "未见异常".encode("gb18030")).data == (
        "未见异常".encode()
    )


def test_what_was_measured_again_is_one_series_and_another_unit_is_another() -> None:
    days = ["2026-03-01", "2026-03-02", "2026-03-03"]
    items = [line(potassium(id=str(n), effectiveDateTime=day)) for n, day in enumerate(days)]
    grams = {"value": Decimal("0.1"), "unit": "g/L"}
    items.append(line(potassium(id="9", valueQuantity=grams)))
    items.append(line(potassium(id="8", valueQuantity=None, valueString="溶血")))
    found = series_of(items)
    assert [(one.key, len(one.points)) for one in found] == [
        (f"{LOINC}|2823-3|mmol/L", 3), (f"{LOINC}|2823-3|g/L", 1)
    ]  # fmt: skip
    assert [point.at for point in found[0].points] == days


def test_the_parts_of_a_blood_pressure_are_vital_signs() -> None:
    def part(code: str, value: int) -> dict[str, Any]:
        concept = {"coding": [{"system": LOINC, "code": code}]}
        return {"code": concept, "valueQuantity": {"value": value, "unit": "mmHg"}}

    pressure = potassium(
        code={"text": "血压"},
        valueQuantity=None,
        component=[part("8480-6", 128), part("8462-4", 76)],
    )
    item = line(pressure)
    assert [one.value.text for one in item.parts] == ["128", "76"]
    assert {one.vital for one in series_of([item])} == {"systolic", "diastolic"}


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2024", "2024-05"),
        ("2024-05-03", "2024-05-03T00:00:01Z"),
        ("2024-05-03T08:00:00+08:00", "2024-05-03T08:00:00Z"),
        ("", "0001"),
        ("no date", "1900"),
    ],
)
def test_times_have_an_order_whatever_their_precision(earlier: str, later: str) -> None:
    assert instant_of(earlier) <= instant_of(later)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "coding",
                    "text",
                    "value",
                    "reference",
                    "attachment",
                    "content",
                    "start",
                    "display",
                    "system",
                    "low",
                    "contentType",
                    "data",
                    "url",
                    "actor",
                    "encounter",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
names = st.sampled_from(
    ["code", "category", "status", "effectivePeriod", "valueQuantity", "valueRange", "component",
     "referenceRange", "interpretation", "context", "content", "presentedForm", "performer",
     "dosageInstruction", "reaction", "note", "result", "id", "text", "valueRatio", "period"]
)  # fmt: skip


@given(
    type_=st.sampled_from(["Observation", "DocumentReference", "MedicationRequest", "Encounter"]),
    rest=st.dictionaries(names, json_values, max_size=6),
)
def test_whatever_a_resource_holds_it_is_a_line(type_: str, rest: dict[str, Any]) -> None:
    resource = rest | {"resourceType": type_}
    item = line(resource)
    assert all(isinstance(one, str) for one in (item.title, item.at, item.detail, item.by))
    attachments.has_words(item, (resource,), ("x",))
    attachments.held_in(resource, 0)
    series_of([item])


def test_every_published_example_is_a_line_or_is_none_for_a_reason() -> None:
    for resource in examples_of_r4():
        item = item_of(resource)
        assert (item is None) == (section_of(resource) is None)


def test_the_whole_record_of_an_invented_patient_stands_under_headings() -> None:
    for bundle in patients_of_synthea():
        items = [
            found for one in bundle["entry"] if (found := item_of(one["resource"])) is not None
        ]
        sections = {item.section for item in items}
        assert {Section.ENCOUNTER, Section.LABORATORY, Section.VITAL_SIGN} <= sections
        assert all(item.title for item in items if item.section is Section.LABORATORY)
        assert all(item.at for item in items if item.section is Section.ENCOUNTER)


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ({"coding": [{"system": LOINC, "code": "85353-1"}]}, Section.VITAL_SIGN),
        ({"coding": [{"code": "VS", "display": "生命体征"}]}, Section.VITAL_SIGN),
        ({"text": "会诊记录"}, Section.DOCUMENT),
    ],
)
def test_a_panel_of_vital_signs_is_no_document(code: Any, section: Section) -> None:
    assert section_of({"resourceType": "DiagnosticReport", "code": code}) is section


@pytest.mark.parametrize(
    ("code", "title", "vital"),
    [
        ("8331-1", "T", "temperature-oral"),
        ("8328-7", "T", "temperature"),
        ("", "肛温", "temperature-rectal"),
        ("9108-2", "I", "intake"),
        ("", "大便次数", "stool"),
    ],
)
def test_what_a_temperature_sheet_shows_is_known_by_code_or_name(
    code: str, title: str, vital: str
) -> None:
    assert vital_of(Code(LOINC, code, "") if code else None, title) == vital


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valuePeriod": {"start": "2026-03-01", "end": "2026-03-02"}}, "2026-03-01–2026-03-02"),
        ({"valuePeriod": {"start": "2026-03-01"}}, "2026-03-01"),
        ({"valueSampledData": {"origin": {"value": 0, "unit": "mV"}, "data": "1 2 E"}}, "1 2 E"),
    ],
)
def test_a_value_of_a_rare_kind_is_shown_as_it_was_said(value: dict[str, Any], shown: str) -> None:
    found = potassium(**value)
    del found["valueQuantity"]
    assert line(found).value.text == shown


def verified(code: str, clinical: str = "active") -> dict[str, Any]:
    return {
        "clinicalStatus": {"coding": [{"code": clinical}]},
        "verificationStatus": {"coding": [{"code": code}]},
    }


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ({"resourceType": "AllergyIntolerance", **verified("refuted")}, "refuted"),
        ({"resourceType": "Condition", **verified("refuted", "inactive")}, "refuted"),
        ({"resourceType": "Condition", **verified("entered-in-error")}, "entered-in-error"),
        ({"resourceType": "Condition", **verified("differential")}, "differential"),
        ({"resourceType": "Condition", **verified("provisional", "resolved")}, "resolved"),
        ({"resourceType": "Condition", **verified("confirmed")}, "active"),
        ({"resourceType": "ServiceRequest", "status": "active", "doNotPerform": True},
         "do-not-perform"),
        ({"resourceType": "MedicationRequest", "status": "completed", "doNotPerform": True},
         "do-not-perform"),
        ({"resourceType": "ServiceRequest", "status": "revoked", "doNotPerform": True}, "revoked"),
        ({"resourceType": "ServiceRequest", "status": "active", "doNotPerform": False}, "active"),
    ],
)  # fmt: skip
def test_what_denies_or_forbids_is_told_before_all_else(
    resource: dict[str, Any], status: str
) -> None:
    assert line(resource).status == status


def test_a_withdrawn_value_is_in_no_series_and_a_preliminary_one_says_so() -> None:
    stood = line(potassium(status="preliminary"))
    later = {"effectiveDateTime": "2026-03-03T08:15:00+08:00"}
    gone = [line(potassium(status=one, **later)) for one in ("entered-in-error", "cancelled")]
    (series,) = series_of([stood, *gone])
    assert [(one.value.text, one.status) for one in series.points] == [("6.20", "preliminary")]


def test_an_illness_in_the_family_names_the_relative() -> None:
    mother = {
        "resourceType": "FamilyMemberHistory",
        "relationship": {"text": "母亲"},
        "condition": [{"code": {"text": "乳腺癌"}}],
    }
    assert (line(mother).title, line(mother).detail) == ("母亲", "乳腺癌")


def test_a_dose_says_how_often_it_is_taken_and_a_refusal_why() -> None:
    repeat = {"frequency": 1, "period": 8, "periodMax": 12, "periodUnit": "h"}
    dose = {"doseAndRate": [{"doseQuantity": {"value": Decimal("2.50"), "unit": "mg"}}]}
    taken = {
        "resourceType": "MedicationStatement",
        "statusReason": [{"text": "恶心"}],
        "dosage": [{**dose, "timing": {"repeat": repeat}}],
    }
    assert line(taken).detail == "2.50 mg 1×/8–12 h · 恶心"
