"""What is wrong with a resource is found, and named by element and rule."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.validation import Validator, is_valid, operation_outcome

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"family": "张", "given": ["三"]}],
    "gender": "male",
    "birthDate": "1990-02-28",
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
}
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def found(validator: Validator, resource: object) -> list[tuple[str, str]]:
    return [
        (issue.expression, issue.rule)
        for issue in validator.validate(resource)
        if issue.severity == "error"
    ]


def test_a_good_resource_has_no_issue(validator: Validator) -> None:
    assert validator.validate(PATIENT) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"colour": "red"}, ("Patient.colour", "unknown-element")),
        ({"gender": "man"}, ("Patient.gender", "code-not-in-set")),
        ({"gender": ["male"]}, ("Patient.gender", "not-one-value")),
        ({"gender": ""}, ("Patient.gender", "empty")),
        ({"gender": 1}, ("Patient.gender", "not-of-type")),
        ({"name": {"family": "x"}}, ("Patient.name", "not-an-array")),
        ({"name": []}, ("Patient.name", "empty")),
        ({"name": [{}]}, ("Patient.name[0]", "empty")),
        ({"name": ["x"]}, ("Patient.name[0]", "not-an-object")),
        ({"name": [{"given": ["a", None]}]}, ("Patient.name[0].given[1]", "not-of-type")),
        ({"birthDate": "1990-02-30"}, ("Patient.birthDate", "bad-date")),
        ({"birthDate": "28.02.1990"}, ("Patient.birthDate", "bad-format")),
        ({"active": "true"}, ("Patient.active", "not-of-type")),
        ({"id": "a b"}, ("Patient.id", "bad-format")),
        (
            {"multipleBirthInteger": 2**31},
            ("Patient.multipleBirth.ofType(integer)", "out-of-range"),
        ),
        (
            {"deceasedBoolean": True, "deceasedDateTime": "2020"},
            ("Patient.deceased", "choice-twice"),
        ),
        ({"link": [{"type": "refer"}]}, ("Patient.link[0]", "missing")),
        (
            {"generalPractitioner": [{"reference": "Patient/1"}]},
            ("Patient.generalPractitioner[0]", "wrong-target"),
        ),
        (
            {"generalPractitioner": [{"reference": "doctor"}]},
            ("Patient.generalPractitioner[0].reference", "bad-reference"),
        ),
        (
            {"managingOrganization": {"reference": "#o"}},
            ("Patient.managingOrganization.reference", "not-contained"),
        ),
        (
            {"contained": [{"resourceType": "Organization", "id": "o", "name": "x"}]},
            ("Patient.contained[0]", "contained-unused"),
        ),
        (
            {"maritalStatus": {"coding": [{"system": "marital", "code": "M"}]}},
            ("Patient.maritalStatus.coding[0].system", "system-not-absolute"),
        ),
        (
            {
                "maritalStatus": {
                    "coding": [
                        {
                            "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
                            "code": "XX",
                        }
                    ]
                }
            },
            ("Patient.maritalStatus.coding[0].code", "code-unknown"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format("<script>x</script>")}},
            ("Patient.text.div", "unsafe-narrative"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format('<a href="Javascript:x">y</a>')}},
            ("Patient.text.div", "unsafe-narrative"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format('<p onclick="x">y</p>')}},
            ("Patient.text.div", "unsafe-narrative"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format(" ")}},
            ("Patient.text.div", "empty-narrative"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format("<p>x<b><p>y</p></b></p>")}},
            ("Patient.text.div", "unsafe-narrative"),
        ),
        (
            {"text": {"status": "generated", "div": DIV.format('<a href="#nowhere">y</a>')}},
            ("Patient.text.div", "dead-link"),
        ),
        ({"_id": {"extension": []}}, ("Patient.id", "id-extended")),
        (
            {"contact": [{"id": "x", "name": {"id": "x", "text": "y"}}]},
            ("Patient.contact[0].name.id", "id-twice"),
        ),
        ({"text": {"status": "generated", "div": "<div>x"}}, ("Patient.text.div", "bad-narrative")),
        (
            {"photo": [{"data": "AAAA", "size": 4}]},
            ("Patient.photo[0]", "size-differs"),
        ),
        ({"photo": [{"data": " "}]}, ("Patient.photo[0].data", "empty")),
        ({"photo": [{"data": "AAA"}]}, ("Patient.photo[0].data", "bad-format")),
    ],
)
def test_a_malformed_element_is_named_with_its_rule(
    validator: Validator, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in found(validator, PATIENT | change)


@pytest.mark.parametrize("value", [None, [], "x", 1, {}, {"resourceType": "Nothing"}])
def test_what_is_no_resource_is_said_to_be_none(validator: Validator, value: object) -> None:
    assert [rule for _, rule in found(validator, value)] == ["not-a-resource"]


def test_a_contained_resource_is_found_by_its_reference(validator: Validator) -> None:
    resource = PATIENT | {
        "contained": [{"resourceType": "Organization", "id": "o", "name": "x"}],
        "managingOrganization": {"reference": "#o"},
    }
    assert found(validator, resource) == []
    wrong = resource | {"generalPractitioner": [{"reference": "#o"}], "contact": [{"period": {}}]}
    assert ("Patient.contact[0].period", "empty") in found(validator, wrong)


def test_extensions_of_a_value_are_judged(validator: Validator) -> None:
    resource = PATIENT | {"_birthDate": {"extension": [{"valueString": "x"}]}}
    assert found(validator, resource)[0] == ("Patient.birthDate.extension[0]", "missing")
    reason = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason"}
    absent = {"extension": [reason | {"valueCode": "unknown"}]}
    aligned = PATIENT | {"name": [{"given": ["a", None], "_given": [None, absent]}]}
    assert found(validator, aligned) == []
    apart = PATIENT | {"name": [{"given": ["a"], "_given": [None, absent]}]}
    assert found(validator, apart) == [("Patient.name[0].given", "not-aligned")]
    nothing = PATIENT | {"_birthDate": {"id": "x"}, "_active": {"id": "y"}}
    assert found(validator, nothing) == [("Patient.active", "empty")]


def test_what_r4_itself_narrows_is_judged(validator: Validator) -> None:
    limits = [{"low": {"value": 1, "comparator": "<"}}]
    assert set(found(validator, OBSERVATION | {"referenceRange": limits})) == {
        ("Observation.referenceRange[0].low.comparator", "profile-too-many"),
        ("Observation.referenceRange[0].low", "sqty-1"),
    }


def test_the_expression_of_an_issue_leads_to_the_element(validator: Validator) -> None:
    resource = OBSERVATION | {
        "valueQuantity": {"value": "x"},
        "component": [{"code": {"text": ""}}, {"code": {"text": "x"}, "valueInteger": "y"}],
        "note": [{"text": "x", "authorReference": {"reference": "Group/1"}}],
    }
    issues = [i for i in validator.validate(resource) if i.severity == "error"]
    leading = {i.expression: fhirpath.compile(i.expression, r4()) for i in issues}
    assert len(leading) == 4
    assert all(compiled(resource) for compiled in leading.values())


def test_markup_in_a_string_is_what_the_caller_wants_it_to_be() -> None:
    resource = PATIENT | {"name": [{"text": "x <img src=y>"}, {"text": "a < b > c, 3<4"}]}
    assert [i.severity for i in Validator().validate(resource)] == ["warning"]
    assert [i.severity for i in Validator(markup="error").validate(resource)] == ["error"]


@pytest.mark.parametrize(
    ("code", "is_good"),
    [
        ("mm[Hg]", True),
        ("10*9/L", True),
        ("{次}/min", True),
        ("m m", False),
        ("毫米", False),
        ("m[", False),
    ],
)
def test_a_unit_of_ucum_is_written_as_ucum_writes_units(
    validator: Validator, code: str, is_good: bool
) -> None:
    quantity = {"value": 1, "system": "http://unitsofmeasure.org", "code": code}
    rules = [rule for _, rule in found(validator, OBSERVATION | {"valueQuantity": quantity})]
    assert rules == ([] if is_good else ["code-unknown"])


@pytest.mark.parametrize(
    ("language", "is_good"),
    [("zh-CN", True), ("zh-Hans-CN", True), ("de-CH-1996", True), ("en-x-own", True),
     ("zh-C", False), ("english language", False), ("zh-", False), ("中文", False)],
)  # fmt: skip
def test_a_language_is_written_as_bcp_47_writes_it(
    validator: Validator, language: str, is_good: bool
) -> None:
    assert (found(validator, PATIENT | {"language": language}) == []) is is_good


def test_another_display_is_a_warning(validator: Validator) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"

    def shown(display: str) -> list[str]:
        coding = {"system": system, "code": "M", "display": display}
        resource = PATIENT | {"maritalStatus": {"coding": [coding]}}
        return [issue.severity for issue in validator.validate(resource)]

    assert shown("married") == []
    assert shown("已婚") == ["warning"]


def test_the_outcome_is_a_valid_resource_in_both_languages(validator: Validator) -> None:
    issues = validator.validate(PATIENT | {"gender": "man"})
    outcome = operation_outcome(issues)
    assert not is_valid(issues)
    assert "必须使用的值集" in outcome["issue"][0]["details"]["text"]
    assert outcome["issue"][0]["expression"] == ["Patient.gender"]
    assert validator.validate(outcome) == []
    assert validator.validate(operation_outcome([])) == []


keys = st.sampled_from(
    [
        *("resourceType", "id", "text", "div", "contained", "name", "_name", "given", "_given"),
        *("extension", "url", "valueString", "entry", "resource", "reference", "subject", "code"),
        *("coding", "system", "fullUrl", "type", "status", "value", "valueQuantity", "birthDate"),
        *("photo", "data", "meta", "profile", "item", "component", "identifier", "link"),
    ]
)
texts = st.sampled_from(
    ["Patient", "Bundle", "Observation", "#x", "Patient/1", "final", "http://x.org/y", "", "AAAA"]
) | st.text(max_size=5)
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys | texts, inner, max_size=6),
    max_leaves=30,
)


PROFILES = [f"http://hl7.org/fhir/StructureDefinition/{name}" for name in ("bp", "Patient", "none")]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(["Patient", "Bundle", "Observation", "Questionnaire"]), value=anything)
def test_anything_is_judged(validator: Validator, kind: str, value: object) -> None:
    validator.validate(value)
    if isinstance(value, dict):
        validator.validate(value | {"resourceType": kind}, profiles=PROFILES)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_good_resource_with_anything_put_in_is_judged(
    validator: Validator, data: st.DataObject
) -> None:
    resource = json.loads(json.dumps(RICH))
    places: list[tuple[Any, Any]] = []
    waiting: list[Any] = [resource]
    while waiting:
        one = waiting.pop()
        inside = one.items() if isinstance(one, dict) else enumerate(one)
        for key, value in inside:
            places.append((one, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(anything)
    validator.validate(resource)


@given(data=st.data())
def test_an_unknown_element_is_found_wherever_it_stands(
    validator: Validator, data: st.DataObject
) -> None:
    resource = json.loads(json.dumps(RICH))
    objects, waiting = [], [resource]
    while waiting:
        one = waiting.pop()
        objects += [one] if isinstance(one, dict) else []
        inside = one.values() if isinstance(one, dict) else one
        waiting += [value for value in inside if isinstance(value, dict | list)]
    data.draw(st.sampled_from(objects))["nonsense"] = data.draw(anything)
    assert "unknown-element" in {rule for _, rule in found(validator, resource)}


RICH = {
    "resourceType": "Bundle",
    "type": "document",
    "entry": [
        {
            "fullUrl": "urn:uuid:0b1a5a2e-6d14-4a3b-8f63-4cbb9d3aa001",
            "resource": {
                "resourceType": "Observation",
                "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/bp"]},
                "text": {"status": "generated", "div": DIV.format("<p>x</p>")},
                "contained": [{"resourceType": "Patient", "id": "p"}],
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/observation-delta",
                        "valueCodeableConcept": {"text": "x"},
                    }
                ],
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
                "subject": {"reference": "#p"},
                "valueQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "g"},
                "component": [{"code": {"text": "x"}, "valueString": "y"}],
            },
        }
    ],
}


def test_decimals_are_judged_with_their_digits(validator: Validator) -> None:
    observation = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "x"},
        "valueQuantity": {"value": Decimal("1.00")},
    }
    assert found(validator, observation) == []
    observation["valueQuantity"] = {"value": "1.00"}
    assert [rule for _, rule in found(validator, observation)] == ["not-of-type"]
