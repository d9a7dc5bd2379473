"""Each kind of search parameter reads from each type of element what the standard says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.indexing import (
    Composite,
    Day,
    Number,
    Position,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
    content_text,
    index,
    index_parameter,
    narrative_text,
    span_of,
)

D = Decimal
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)
KG = {"system": "http://unitsofmeasure.org", "code": "kg", "unit": "kg"}
UNIT = ("http://unitsofmeasure.org", "kg", "kg")


def values(parameter: str, resource_type: str, **elements: Any) -> list[Value]:
    """Index a resource, and return the values of one parameter."""
    return index_parameter({"resourceType": resource_type, **elements}, parameter, r4())


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


# ------------------------------------------------------------------- tokens


def test_a_concept_gives_each_coding_and_its_text() -> None:
    code = {
        "coding": [{"system": "s", "code": "a", "display": "A"}, {"code": "b"}],
        "text": "words",
    }
    assert values("code", "Observation", code=code) == [
        Token("code", "s", "a", "A"),
        Token("code", None, "b"),
        Token("code", None, None, "words"),
    ]


def test_a_coding_and_a_display_alone_can_be_found() -> None:
    meta = {"tag": [{"system": "s", "code": "a"}, {"display": "only words"}]}
    assert values("_tag", "Patient", meta=meta) == [
        Token("_tag", "s", "a"),
        Token("_tag", None, None, "only words"),
    ]


def test_an_identifier_tells_its_type() -> None:
    type_ = {"coding": [{"system": "t", "code": "MR"}], "text": "record number"}
    identifier = [{"system": "s", "value": "1", "type": type_}, {"value": "2"}, {"use": "usual"}]
    assert values("identifier", "Patient", identifier=identifier) == [
        Token("identifier", "s", "1", "record number", (("t", "MR"),)),
        Token("identifier", None, "2"),
    ]


def test_a_bare_code_has_the_system_of_its_binding() -> None:
    assert values("gender", "Patient", gender="male") == [
        Token("gender", "http://hl7.org/fhir/administrative-gender", "male")
    ]
    assert values("language", "CodeSystem", language="zh") == []


def test_truth_text_and_ids_are_tokens_without_a_system() -> None:
    assert values("active", "Patient", active=False) == [Token("active", None, "false")]
    assert values("_id", "Patient", id="p") == [Token("_id", None, "p")]
    assert values("version", "ValueSet", version="1") == [Token("version", None, "1")]


def test_a_contact_is_found_by_its_kind_and_value() -> None:
    telecom = [{"system": "phone", "value": "110"}, {"system": "email", "value": "a@b"}]
    assert values("telecom", "Patient", telecom=telecom) == [
        Token("telecom", "phone", "110"),
        Token("telecom", "email", "a@b"),
    ]
    assert values("email", "Patient", telecom=telecom) == [Token("email", "email", "a@b")]


def test_whoever_is_not_said_to_have_died_is_alive() -> None:
    assert values("deceased", "Patient") == [Token("deceased", None, "false")]
    assert values("deceased", "Patient", deceasedBoolean=False)[0].code == "false"  # type: ignore[union-attr]
    assert values("deceased", "Patient", deceasedDateTime="2020")[0].code == "true"  # type: ignore[union-attr]


# ------------------------------------------------------------------ strings


def test_a_name_is_found_by_its_parts() -> None:
    name = [
        {"text": "王小明", "family": "王", "given": ["小", "明"], "prefix": ["Dr"], "use": "old"}
    ]
    assert [v.text for v in values("name", "Patient", name=name)] == [  # type: ignore[union-attr]
        "王小明",
        "王",
        "小",
        "明",
        "Dr",
    ]
    assert values("family", "Patient", name=name) == [String("family", "王")]


def test_an_address_is_found_by_its_parts() -> None:
    address = [{"line": ["1 Road", "House"], "city": "C", "country": "CN", "use": "home"}]
    assert [v.text for v in values("address", "Patient", address=address)] == [  # type: ignore[union-attr]
        "1 Road",
        "House",
        "C",
        "CN",
    ]
    assert values("address-use", "Patient", address=address) == [
        Token("address-use", "http://hl7.org/fhir/address-use", "home")
    ]


def test_each_value_comes_once() -> None:
    name = [{"given": ["A", "A"]}, {"given": ["A"]}]
    assert values("given", "Patient", name=name) == [String("given", "A")]


# -------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2014", utc(2013, 12, 31, 16), utc(2014, 12, 31, 16)),
        ("2014-12", utc(2014, 11, 30, 16), utc(2014, 12, 31, 16)),
        ("2014-02-28", utc(2014, 2, 27, 16), utc(2014, 2, 28, 16)),
        ("2014-05-09T10:20", utc(2014, 5, 9, 2, 20), utc(2014, 5, 9, 2, 21)),
        ("2014-05-09T10:20:30Z", utc(2014, 5, 9, 10, 20, 30), utc(2014, 5, 9, 10, 20, 31)),
        (
            "2014-05-09T10:20:30.5Z",
            utc(2014, 5, 9, 10, 20, 30, 500_000),
            utc(2014, 5, 9, 10, 20, 30, 600_000),
        ),
        ("2014-05-09T10:20:30-05:00", utc(2014, 5, 9, 15, 20, 30), utc(2014, 5, 9, 15, 20, 31)),
        ("2014-05-09T23:59:60Z", utc(2014, 5, 9, 23, 59, 59), utc(2014, 5, 10)),
        ("9999-12-31", None, None),
        ("0001", None, None),
    ],
)
def test_a_date_covers_what_its_precision_says(
    text: str, low: datetime | None, high: datetime | None
) -> None:
    span = span_of(text)
    assert span is not None
    assert span.low < span.high
    if low is not None:
        assert span == (low, high)


@pytest.mark.parametrize(
    "text", ["", "soon", "2014-13", "2014-02-30", "20140509", "2014-05-09T25:00"]
)
def test_what_is_no_date_covers_nothing(text: str) -> None:
    assert span_of(text) is None


def test_the_zone_of_the_house_is_taken_where_none_is_said() -> None:
    west = timezone(timedelta(hours=-8))
    resource = {"resourceType": "Patient", "birthDate": "2014-05-09"}
    assert index_parameter(resource, "birthdate", r4(), zone=west) == [
        Day("birthdate", utc(2014, 5, 9, 8), utc(2014, 5, 10, 8))
    ]


def test_an_open_period_has_no_end() -> None:
    def period(**ends: str) -> list[Value]:
        return values("date", "Encounter", period=ends)

    assert period(start="2014-05-09T00:00:00Z") == [Day("date", utc(2014, 5, 9), LAST)]
    assert period(end="2014-05-09T00:00:00Z") == [Day("date", FIRST, utc(2014, 5, 9, 0, 0, 1))]
    assert period() == []


def test_a_timing_covers_its_events_and_bounds() -> None:
    timing = {
        "event": ["2014-05-09T00:00:00Z", "2014-05-07T00:00:00Z"],
        "repeat": {
            "boundsPeriod": {"start": "2014-05-08T00:00:00Z", "end": "2014-05-20T00:00:00Z"}
        },
    }
    assert values("date", "Observation", effectiveTiming=timing) == [
        Day("date", utc(2014, 5, 7), utc(2014, 5, 20, 0, 0, 1))
    ]
    assert values("date", "Observation", effectiveTiming={"repeat": {"count": 3}}) == []


# --------------------------------------------------------- numbers, amounts


def test_a_number_covers_what_its_digits_say() -> None:
    risk = [{"probabilityDecimal": D("0.80")}, {"probabilityRange": {"high": {"value": D(1)}}}]
    assert values("probability", "RiskAssessment", prediction=risk) == [
        Number("probability", D("0.80"), D("0.795"), D("0.805")),
        Number("probability", None, D("-Infinity"), D("1.5")),
    ]


@pytest.mark.parametrize(
    ("comparator", "low", "high"),
    [
        (None, "69.5", "70.5"),
        ("<", "-Infinity", "70"),
        ("<=", "-Infinity", "70.5"),
        (">", "70", "Infinity"),
        (">=", "69.5", "Infinity"),
    ],
)
def test_an_amount_may_be_less_or_more(comparator: str | None, low: str, high: str) -> None:
    amount = {"value": 70, **KG} | ({"comparator": comparator} if comparator else {})
    assert values("value-quantity", "Observation", valueQuantity=amount) == [
        Quantity("value-quantity", D(70), D(low), D(high), *UNIT)
    ]


def test_ranges_money_ages_and_samples_are_amounts() -> None:
    range_ = {"low": {"value": 10, **KG}, "high": {"value": 20, **KG}}
    context = [{"code": {"code": "age"}, "valueRange": range_}]
    assert values("context-quantity", "ValueSet", useContext=context) == [
        Quantity("context-quantity", None, D("9.5"), D("20.5"), *UNIT)
    ]
    money = {"value": D("9.90"), "currency": "CNY"}
    assert values("totalgross", "Invoice", totalGross=money) == [
        Quantity(
            "totalgross", D("9.90"), D("9.895"), D("9.905"), "urn:iso:std:iso:4217", "CNY", "CNY"
        )
    ]
    assert values("onset-age", "Condition", onsetAge={"value": 5, **KG}) == [
        Quantity("onset-age", D(5), D("4.5"), D("5.5"), *UNIT)
    ]
    sampled = {"origin": {"value": 2, **KG}, "lowerLimit": -1, "upperLimit": 4, "factor": 2}
    assert values("value-quantity", "Observation", valueSampledData=sampled) == [
        Quantity("value-quantity", None, D(0), D(10), *UNIT)
    ]


# ------------------------------------------------- references, URIs, places


def test_references_say_what_they_point_at() -> None:
    def subject(**reference: Any) -> list[Value]:
        return values("subject", "Observation", subject=reference)

    assert subject(reference="Patient/1") == [Reference("subject", "Patient", "1")]
    assert subject(reference="Patient/1/_history/2") == [
        Reference("subject", "Patient", "1", None, "2")
    ]
    assert subject(reference="http://a/fhir/Patient/1/_history/2") == [
        Reference("subject", "Patient", "1", "http://a/fhir/Patient/1", "2")
    ]
    assert subject(reference="urn:uuid:1", type="Group") == [
        Reference("subject", "Group", None, "urn:uuid:1")
    ]
    assert subject(reference="http://a/Nothing/1") == [
        Reference("subject", None, None, "http://a/Nothing/1")
    ]
    assert subject(reference="#") == []
    assert subject(reference="#p") == [Reference("subject", None, None, "#p")]
    assert subject(display="somebody") == []
    assert subject(type="Patient", identifier={"system": "s", "value": "1"}) == [
        Reference("subject", "Patient", identifier=Token("subject", "s", "1"))
    ]


def test_a_parameter_of_one_target_leaves_the_others_out() -> None:
    def patient(**reference: Any) -> list[Value]:
        return values("patient", "Observation", subject=reference)

    assert patient(reference="Patient/1") == [Reference("patient", "Patient", "1")]
    assert patient(reference="http://a/Patient/1")[0].url == "http://a/Patient/1"  # type: ignore[union-attr]
    assert patient(reference="Group/1") == []
    assert patient(reference="urn:uuid:1") == []
    assert patient(reference="urn:uuid:1", type="Patient")[0].url == "urn:uuid:1"  # type: ignore[union-attr]


def test_canonicals_are_references_and_uris() -> None:
    profile = {"profile": ["http://a/p|1.0"]}
    assert values("_profile", "Patient", meta=profile) == [
        Uri("_profile", "http://a/p|1.0"),
        Uri("_profile", "http://a/p"),
    ]
    assert values("questionnaire", "QuestionnaireResponse", questionnaire="http://a/q|2") == [
        Reference("questionnaire", None, None, "http://a/q", "2")
    ]
    artifact = [
        {"type": "depends-on", "resource": "http://a/l"},
        {"type": "successor", "resource": "http://a/m"},
    ]
    assert values("depends-on", "Library", relatedArtifact=artifact) == [
        Reference("depends-on", None, None, "http://a/l")
    ]


def test_the_first_resource_of_a_bundle_is_referred_to() -> None:
    entry = [{"resource": {"resourceType": "Composition", "id": "c"}}]
    assert values("composition", "Bundle", entry=entry) == [
        Reference("composition", "Composition", "c")
    ]


def test_a_location_is_near_a_place() -> None:
    position = {"latitude": D("31.2"), "longitude": D("121.5")}
    assert values("near", "Location", position=position) == [
        Position("near", D("31.2"), D("121.5"))
    ]


# --------------------------------------------------------------- composites


def test_a_composite_keeps_together_what_stands_together() -> None:
    component = [
        {"code": {"coding": [{"code": "sys"}]}, "valueQuantity": {"value": 120, **KG}},
        {"code": {"coding": [{"code": "dia"}]}},
    ]
    parameter = "component-code-value-quantity"
    assert values(parameter, "Observation", code={"text": "x"}, component=component) == [
        Composite(
            parameter,
            (
                (Token("component-code", None, "sys"),),
                (Quantity("component-value-quantity", D(120), D("119.5"), D("120.5"), *UNIT),),
            ),
        )
    ]


def test_what_the_standard_calls_a_date_time_in_composites_is_one() -> None:
    parameter = "code-value-date"
    found = values(
        parameter, "Observation", code={"coding": [{"code": "c"}]}, valueDateTime="2014-05-09"
    )
    assert [len(part) for part in found[0].parts] == [1, 1]  # type: ignore[union-attr]


def test_a_component_may_come_from_the_whole_resource() -> None:
    found = values(
        "chromosome-variant-coordinate",
        "MolecularSequence",
        referenceSeq={"chromosome": {"coding": [{"code": "7"}]}},
        variant=[{"start": 5, "end": 9}],
    )
    assert found == [
        Composite(
            "chromosome-variant-coordinate",
            (
                (Token("chromosome", None, "7"),),
                (Number("variant-start", D(5), D("4.5"), D("5.5")),),
                (Number("variant-end", D(9), D("8.5"), D("9.5")),),
            ),
        )
    ]


# ---------------------------------------------------------- whatever it holds


def test_the_words_of_a_resource_are_read() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; B</p><p>C</p></div>'
    resource = {"resourceType": "Patient", "text": {"div": div}, "name": [{"family": "王"}]}
    assert narrative_text(resource) == "A & B C"
    assert content_text(resource) == "A & B C 王"
    assert narrative_text({"resourceType": "Patient"}) == ""


def test_what_is_no_resource_has_no_values() -> None:
    assert index({}, r4()) == []
    assert index({"resourceType": "Unheard"}, r4()) == []
    assert index({"resourceType": "HumanName", "family": "x"}, r4()) == []
    assert index({"resourceType": 3}, r4()) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["coding", "code", "system", "value", "text", "reference", "start", "given", "type",
                 "low", "high", "event", "repeat", "identifier", "unit", "origin", "display"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)  # fmt: skip


@given(
    st.sampled_from(["Patient", "Observation", "Location", "RiskAssessment", "Bundle", "ValueSet"]),
    st.dictionaries(
        st.sampled_from(
            ["id", "meta", "name", "code", "identifier", "subject", "valueQuantity", "component",
             "effectiveTiming", "effectivePeriod", "birthDate", "position", "prediction", "entry",
             "useContext", "telecom", "address", "deceasedBoolean", "valueSampledData", "text"]
        ),
        JSON,
        max_size=6,
    ),
)  # fmt: skip
def test_nothing_that_a_resource_holds_makes_indexing_fail(
    resource_type: str, elements: dict[str, Any]
) -> None:
    for value in index({"resourceType": resource_type, **elements}, r4()):
        assert value.parameter in r4().search_parameters(resource_type)


def test_a_relationship_is_a_code_and_a_target() -> None:
    relates = [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}]
    assert values("relationship", "DocumentReference", relatesTo=relates) == [
        Composite(
            "relationship",
            (
                (Token("relation", "http://hl7.org/fhir/document-relationship-type", "replaces"),),
                (Reference("relatesto", "DocumentReference", "1"),),
            ),
        )
    ]
