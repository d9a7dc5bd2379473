"""Slips are found by the definitions alone, and HL7's own expressions have next to none."""

from __future__ import annotations

import pytest

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import (
    BrokenSyntax,
    FhirPathError,
    ImpossibleType,
    NoSuchElement,
    UnfitValue,
    UnorderedInput,
    check,
)

from .people import refusal


@pytest.mark.parametrize(
    ("expression", "error", "character"),
    [
        ("name.give", NoSuchElement, 6),
        ("Observation.value", NoSuchElement, 1),
        ("name.where(given.length() > 1 and uses = 'old')", NoSuchElement, 35),
        ("contact.name.select(given.code)", NoSuchElement, 27),
        ("deceased.ofType(Period)", ImpossibleType, 10),
        ("(deceased as HumanName).family", ImpossibleType, 11),
        ("identifier.startsWith('a')", UnfitValue, 12),
        ("active.upper()", UnfitValue, 8),
        ("iif('text', 1, 2)", UnfitValue, 1),
        ("name.", BrokenSyntax, 6),
        ("Encounter.status | Group.name", NoSuchElement, 1),
        ("Encounter.status | Patient.nam", NoSuchElement, 28),
    ],
)
def test_a_slip_is_found_before_any_resource_is_seen(
    expression: str, error: type[FhirPathError], character: int
) -> None:
    with pytest.raises(error) as refused:
        check(expression, r4(), "Patient")
    assert refused.value.where == f"character {character}"


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.name.given.first() & name[0].family",
        "DomainResource.text.exists()",
        "name.where(use = 'official').given | contact.name.given",
        "deceased.ofType(dateTime) > @2020",
        "generalPractitioner.resolve().name.family",
        "extension('urn:x').value.ofType(Quantity).unit",
        "contained.where(resourceType = 'Group').name",
        "birthDate.value.toString().substring(0, 4)",
        "(1 'mg').value + 1",
        "iif(active, name.given, name.family).first().length()",
        "%resource.anything.at.all",
        "children().where($this is HumanName).count()",
        "name.aggregate($total & $this.family, '')",
        "{}.foo",
    ],
)
def test_what_may_have_a_value_is_let_through(expression: str) -> None:
    check(expression, r4(), "Patient")


def test_order_is_relied_on_only_where_there_is_one() -> None:
    check("Patient.children().skip(1)", r4(), "Patient")
    for expression in ("children().skip(1)", "descendants()[0]", "children().where(true).first()"):
        with pytest.raises(UnorderedInput):
            check(expression, r4(), "Patient", is_order_checked=True)
    check("name.given.first()", r4(), "Patient", is_order_checked=True)


def test_an_element_is_checked_as_well() -> None:
    check("gender = 'male'", r4(), "Patient.contact")
    with pytest.raises(NoSuchElement):
        check("birthDate", r4(), "Patient.contact")


def test_the_search_expressions_and_invariants_of_the_standard_make_sense() -> None:
    refused = {
        (name, constraint.key)
        for name in sorted(r4().resource_types)
        for constraint in r4().structure(name).constraints
        if refusal(lambda c=constraint, n=name: check(c.expression, r4(), n))  # type: ignore[misc]
    }
    # HL7's own slip: this type took the rule over from those that have a name.
    assert refused == {("ChargeItemDefinition", "cid-0")}
    for name in sorted(r4().resource_types):
        for parameter in r4().search_parameters(name).values():
            if parameter.expression:
                check(parameter.expression, r4(), name)
