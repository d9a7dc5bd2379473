"""Every type of R4 is judged, and every invariant of R4 can be evaluated."""

from __future__ import annotations

import pytest

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import Constraint, r4
from lianyi.formats.fhir.validation import Validator
from lianyi.formats.fhir.validation.invariants import ERRATA, NATIVE

TYPES = sorted(r4().resource_types)
VALIDATOR = Validator()


@pytest.mark.parametrize("name", TYPES)
def test_what_is_missing_and_what_is_unknown_is_told_of_every_type(name: str) -> None:
    needed = {one.name for one in r4().structure(name).elements.values() if one.min}
    issues = VALIDATOR.validate({"resourceType": name, "nonsense": 1})
    missing = {issue.en.split("'")[1] for issue in issues if issue.rule == "missing"}
    unknown = [issue.expression for issue in issues if issue.rule == "unknown-element"]
    assert missing == needed
    assert unknown == [f"{name}.nonsense"]
    assert {issue.rule for issue in issues} & {"invariant-unread"} == set()


def constraints() -> dict[str, Constraint]:
    """Every invariant of the resources of R4 and of all types inside them, by its text."""
    names, found = list(TYPES), {}
    seen = set(names)
    for name in names:
        structure = r4().structure(name)
        for one in (structure, *structure.elements.values()):
            found.update({said.expression: said for said in one.constraints})
        inside = {place.structure for place in structure.places.values()} - seen
        seen |= inside
        names += inside
    return found


def test_every_invariant_is_judged_by_its_expression_or_by_code_of_our_own() -> None:
    known = constraints()
    assert len(known) > 190
    for expression, said in known.items():
        if said.key not in NATIVE:
            for wrong, right in ERRATA.items():
                expression = expression.replace(wrong, right)
            assert fhirpath.compile(expression, r4()).expression == expression
