"""A profile narrows what R4 allows; extensions are judged by their definitions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lianyi.formats.fhir.validation import Issue, Validator

HERE = "http://hospital.example/StructureDefinition/"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def profile(
    kind: str, *elements: dict[str, Any], name: str = "p", base: str = "", **more: Any
) -> dict[str, Any]:
    """A profile that says only what it changes."""
    return {
        "resourceType": "StructureDefinition",
        "url": HERE + name,
        "type": kind,
        "derivation": "constraint",
        "baseDefinition": base or f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "differential": {"element": [{"path": kind}, *elements]},
        **more,
    }


def element(path: str, name: str = "", **said: Any) -> dict[str, Any]:
    return {"path": path, **({"sliceName": name} if name else {}), **said}


def sliced(path: str, kind: str, at: str, rules: str = "open") -> dict[str, Any]:
    discriminator = [{"type": kind, "path": at}]
    return element(path, slicing={"discriminator": discriminator, "rules": rules})


def errors(
    resource: dict[str, Any], *supporting: dict[str, Any], named: str = "p"
) -> list[tuple[str, str]]:
    issues = Validator(supporting=supporting).validate(resource, profiles=[HERE + named])
    return [told(issue) for issue in issues if issue.severity == "error"]


def told(issue: Issue) -> tuple[str, str]:
    return issue.expression, issue.rule


def observation(**said: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": "1"}]},
        **said,
    }


PATIENT = {"resourceType": "Patient", "gender": "male", "birthDate": "1990-01-01"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (element("Patient.name", min=1), ("Patient", "profile-missing")),
        (element("Patient.gender", max="0"), ("Patient.gender", "profile-too-many")),
        (element("Patient.gender", fixedCode="female"), ("Patient.gender", "profile-value")),
        (element("Patient.gender", patternCode="female"), ("Patient.gender", "profile-value")),
        (
            element("Patient.birthDate", minValueDate="2000-01-01"),
            ("Patient.birthDate", "profile-limit"),
        ),
        (element("Patient.gender", maxLength=3), ("Patient.gender", "too-long")),
        (
            element(
                "Patient",
                constraint=[
                    {
                        "key": "own-1",
                        "severity": "error",
                        "human": "named",
                        "expression": "name.exists()",
                    }
                ],
            ),
            ("Patient", "own-1"),
        ),
    ],
)
def test_what_a_profile_says_must_hold(said: dict[str, Any], expected: tuple[str, str]) -> None:
    assert expected in errors(PATIENT, profile("Patient", said))
    assert errors(PATIENT, profile("Patient", element("Patient.gender", min=1))) == []


def test_a_profile_says_what_the_profile_it_is_based_on_says() -> None:
    below = profile("Patient", element("Patient.name", min=1), name="below")
    above = profile("Patient", element("Patient.gender", min=1), base=HERE + "below")
    assert errors(PATIENT, below, above) == [("Patient", "profile-missing")]


def test_a_profile_that_a_resource_names_itself_is_judged() -> None:
    resource = PATIENT | {"meta": {"profile": [HERE + "p"]}}
    validator = Validator(supporting=[profile("Patient", element("Patient.name", min=1))])
    assert told(validator.validate(resource)[0]) == ("Patient", "profile-missing")
    assert [i.rule for i in Validator().validate(resource)] == ["profile-unknown"]


def test_a_profile_of_another_type_does_not_fit() -> None:
    assert errors(PATIENT, profile("Observation")) == [("Patient", "profile-type")]


def test_a_choice_is_narrowed() -> None:
    only = profile("Observation", element("Observation.value[x]", type=[{"code": "Quantity"}]))
    assert errors(observation(valueString="x"), only) == [
        ("Observation.value.ofType(string)", "profile-kind")
    ]
    assert errors(observation(valueQuantity={"value": 1}), only) == []


def test_a_quantity_is_limited_in_other_units() -> None:
    most = {"value": 10, "system": UCUM, "code": "kg"}
    limit = profile("Observation", element("Observation.valueQuantity", maxValueQuantity=most))
    grams = {"value": Decimal("10000.5"), "system": UCUM, "code": "g"}
    assert errors(observation(valueQuantity=grams), limit)[0][1] == "profile-limit"
    assert errors(observation(valueQuantity=grams | {"value": 10000}), limit) == []


def test_codes_are_bound_to_a_value_set_that_comes_along() -> None:
    url = "http://hospital.example/ValueSet/v"
    chosen = {
        "resourceType": "ValueSet",
        "url": url,
        "compose": {"include": [{"system": "urn:x", "concept": [{"code": "a"}]}]},
    }
    bound = profile(
        "Observation",
        element("Observation.code", binding={"strength": "required", "valueSet": url}),
    )
    resource = observation(code={"coding": [{"system": "urn:x", "code": "b"}]})
    assert errors(resource, bound, chosen) == [("Observation.code", "code-not-in-set")]
    assert (
        errors(observation(code={"coding": [{"system": "urn:x", "code": "a"}]}), bound, chosen)
        == []
    )
    assert errors(observation(code={"text": "x"}), bound, chosen)[0][1] == "no-code-from-set"


VALUE = [
    sliced("Observation.component", "value", "code.coding.code", "closed"),
    element("Observation.component", "one", min=1, max="1"),
    element("Observation.component.code.coding.code", fixedCode="one"),
    element("Observation.component", "two"),
    element("Observation.component.code.coding.code", fixedCode="two"),
    element("Observation.component.value[x]", min=1),
]
PATTERN = [
    sliced("Observation.component", "pattern", "code"),
    element("Observation.component", "one", min=1, max="1"),
    element("Observation.component.code", patternCodeableConcept={"coding": [{"code": "one"}]}),
]
TYPE = [
    sliced("Observation.component", "type", "value"),
    element("Observation.component", "one", min=1, max="1"),
    element("Observation.component.value[x]", type=[{"code": "Quantity"}]),
]
EXISTS = [
    sliced("Observation.component", "exists", "dataAbsentReason"),
    element("Observation.component", "one", min=1, max="1"),
    element("Observation.component.dataAbsentReason", min=1),
    element("Observation.component", "two"),
    element("Observation.component.dataAbsentReason", max="0"),
]


def component(code: str, **said: Any) -> dict[str, Any]:
    return {"code": {"coding": [{"system": "urn:x", "code": code}]}, **said}


ONE = component("one", valueQuantity={"value": 1}, dataAbsentReason={"coding": [{"code": "x"}]})
PLAIN = component("two", valueString="x")


@pytest.mark.parametrize("said", [VALUE, PATTERN, TYPE, EXISTS])
def test_slices_are_told_apart(said: list[dict[str, Any]]) -> None:
    cut = profile("Observation", *said)
    assert errors(observation(component=[PLAIN, ONE]), cut) == []
    assert errors(observation(component=[PLAIN]), cut) == [("Observation", "profile-missing")]
    many = errors(observation(component=[ONE, PLAIN, ONE]), cut)
    assert many == [("Observation.component[2]", "profile-too-many")]


def test_a_slice_has_rules_of_its_own_and_a_closed_slicing_no_others() -> None:
    cut = profile("Observation", *VALUE)
    bare = component("two")
    assert errors(observation(component=[ONE, bare]), cut) == [
        ("Observation.component[1]", "profile-missing")
    ]
    other = component("three")
    assert errors(observation(component=[ONE, other]), cut) == [
        ("Observation.component[1]", "slice-closed")
    ]


def test_slices_stand_in_their_order_where_a_profile_asks_for_it() -> None:
    first, *others = VALUE
    ordered = first | {"slicing": first["slicing"] | {"ordered": True}}
    two = PLAIN
    assert errors(observation(component=[ONE, two]), profile("Observation", ordered, *others)) == []
    turned = errors(observation(component=[two, ONE]), profile("Observation", ordered, *others))
    assert turned == [("Observation.component[1]", "slice-order")]


def test_entries_are_sliced_by_the_profile_of_their_resource() -> None:
    named = profile("Patient", element("Patient.name", min=1), name="named")
    cut = profile(
        "Bundle",
        sliced("Bundle.entry", "profile", "resource"),
        element("Bundle.entry", "who", min=1),
        element("Bundle.entry.resource", type=[{"code": "Patient", "profile": [HERE + "named"]}]),
    )

    def bundle(patient: dict[str, Any]) -> dict[str, Any]:
        entry = {"fullUrl": "urn:uuid:0b1a5a2e-6d14-4a3b-8f63-4cbb9d3aa001", "resource": patient}
        return {"resourceType": "Bundle", "type": "collection", "entry": [entry]}

    assert errors(bundle(PATIENT), named, cut) == [("Bundle", "profile-missing")]
    assert errors(bundle(PATIENT | {"name": [{"text": "x"}]}), named, cut) == []


def test_a_reference_leads_to_what_fits_a_profile_even_in_circles() -> None:
    friends = profile(
        "Patient",
        element("Patient.gender", fixedCode="male"),
        element("Patient.link.other", type=[{"code": "Reference", "targetProfile": [HERE + "p"]}]),
    )

    def linked(name: str, to: str, gender: str) -> dict[str, Any]:
        other = {"reference": f"Patient/{to}"}
        return PATIENT | {
            "id": name,
            "gender": gender,
            "link": [{"other": other, "type": "seealso"}],
        }

    good, back = linked("a", "b", "male"), linked("b", "a", "male")
    assert errors(good, friends, good, back) == []
    wrong = linked("b", "a", "female")
    assert errors(good, friends, good, wrong) == [("Patient.link[0].other", "profile-none")]


def test_a_reference_leads_the_way_that_is_allowed() -> None:
    way = {"code": "Reference", "aggregation": ["contained"]}
    inside = profile("Observation", element("Observation.subject", type=[way]))
    apart = observation(subject={"reference": "Patient/1"})
    assert errors(apart, inside) == [("Observation.subject", "profile-way")]
    held = observation(
        subject={"reference": "#p"}, contained=[{"resourceType": "Patient", "id": "p"}]
    )
    assert errors(held, inside) == []


def extension(**said: Any) -> dict[str, Any]:
    return profile(
        "Extension",
        element("Extension.value[x]", min=1, type=[{"code": "code"}]),
        name="e",
        context=[{"type": "element", "expression": "Patient.birthDate"}],
        **said,
    )


def on_birth(**said: Any) -> dict[str, Any]:
    return PATIENT | {"_birthDate": {"extension": [{"url": HERE + "e", **said}]}}


def test_an_extension_is_judged_by_its_definition() -> None:
    validator = Validator(supporting=[extension()])
    assert validator.validate(on_birth(valueCode="x")) == []
    found = [told(i) for i in validator.validate(on_birth(valueString="x"))]
    assert found == [("Patient.birthDate.extension[0].value.ofType(string)", "profile-kind")]
    misplaced = PATIENT | {"extension": [{"url": HERE + "e", "valueCode": "x"}]}
    assert [told(i) for i in validator.validate(misplaced)] == [
        ("Patient.extension[0]", "extension-misplaced")
    ]


def test_an_unknown_extension_is_what_the_caller_wants_it_to_be() -> None:
    resource = on_birth(valueCode="x")
    assert [i.severity for i in Validator().validate(resource)] == ["warning"]
    strict = Validator(unknown_extensions="error")
    assert [i.severity for i in strict.validate(resource)] == ["error"]


def test_a_vital_sign_must_fit_its_profile() -> None:
    weight = observation(code={"coding": [{"system": LOINC, "code": "29463-7"}]})
    rules = {i.rule for i in Validator().validate(weight) if i.severity == "error"}
    assert "profile-missing" in rules


def test_a_profile_of_elements_that_are_not_there_is_told() -> None:
    wrong = profile("Observation", element("Observation.valueBla", min=1)) | {
        "name": "Wrong",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
    }
    found = [told(i) for i in Validator().validate(wrong) if i.rule == "path-unknown"]
    assert found == [("StructureDefinition.differential.element[1].path", "path-unknown")]


def test_an_additional_binding_holds_too() -> None:
    url = "http://hospital.example/ValueSet/v"
    chosen = {
        "resourceType": "ValueSet",
        "url": url,
        "compose": {"include": [{"system": "urn:x", "concept": [{"code": "a"}]}]},
    }
    more = {
        "url": "http://hl7.org/fhir/tools/StructureDefinition/additional-binding",
        "extension": [
            {"url": "purpose", "valueCode": "required"},
            {"url": "valueSet", "valueCanonical": url},
        ],
    }
    binding = {"strength": "example", "extension": [more]}
    bound = profile("Observation", element("Observation.code", binding=binding))
    resource = observation(code={"coding": [{"system": "urn:x", "code": "b"}]})
    assert errors(resource, bound, chosen) == [("Observation.code", "code-not-in-set")]


def test_a_guide_asks_its_profile_of_every_resource_of_a_type() -> None:
    guide = {
        "resourceType": "ImplementationGuide",
        "global": [{"type": "Patient", "profile": HERE + "p"}],
    }
    named = profile("Patient", element("Patient.name", min=1))
    issues = Validator(supporting=[named, guide]).validate(PATIENT)
    assert [told(issue) for issue in issues] == [("Patient", "profile-missing")]


def test_an_invariant_may_ask_for_a_profile() -> None:
    rule = {
        "key": "own-1",
        "severity": "error",
        "human": "is named",
        "expression": f"conformsTo('{HERE}named')",
    }
    named = profile("Patient", element("Patient.name", min=1), name="named")
    asking = profile("Patient", element("Patient.gender", min=1))
    asking["differential"]["element"][0]["constraint"] = [rule]
    assert errors(PATIENT, named, asking) == [("Patient", "own-1")]
    assert errors(PATIENT | {"name": [{"text": "x"}]}, named, asking) == []


def test_the_caller_finds_what_references_lead_to() -> None:
    leads = element(
        "Observation.subject", type=[{"code": "Reference", "targetProfile": [HERE + "named"]}]
    )
    named = profile("Patient", element("Patient.name", min=1), name="named")
    validator = Validator(supporting=[named, profile("Observation", leads)])
    resource = observation(subject={"reference": "Patient/1"})
    asked: list[str] = []

    def resolve(reference: str) -> dict[str, Any]:
        asked.append(reference)
        return PATIENT

    issues = validator.validate(resource, profiles=[HERE + "p"], resolve=resolve)
    assert [told(issue) for issue in issues] == [("Observation.subject", "profile-none")]
    assert set(asked) == {"Patient/1"}
