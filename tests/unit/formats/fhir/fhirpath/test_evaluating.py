"""An evaluation asks whom it was given, fails with the place, and ends."""

from __future__ import annotations

from typing import Any

import pytest

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import (
    CostlyExpression,
    FhirPathError,
    ManyValues,
    NobodyAnswers,
    Node,
    UnfitValue,
    UnknownName,
    UnusablePattern,
    VariableTaken,
    World,
    compile,
    model_of,
)

from .people import PATIENT, WORLD, answers, refusal


@pytest.mark.parametrize(
    ("expression", "error", "character"),
    [
        ("name.given + 'a'", ManyValues, 12),
        ("name.single()", ManyValues, 6),
        ("(name.given).toInteger()", ManyValues, 14),
        ("1 < 'a'", UnfitValue, 3),
        ("true + 1", UnfitValue, 6),
        ("name[0] > 1", UnfitValue, 9),
        ("-'a'", UnfitValue, 1),
        ("name.first().upper()", UnfitValue, 14),
        ("@2014 + 1 'cm'", UnfitValue, 7),
        ("@2014 + 1", UnfitValue, 7),
        ("@T10 + 1 month", UnfitValue, 6),
        ("(1 | true).allTrue()", UnfitValue, 12),
        ("1.round(99)", UnfitValue, 3),
        ("true.precision()", UnfitValue, 6),
        ("(1 | 'a').sort()", UnfitValue, 11),
        ("(1 | 'a').join(',')", UnfitValue, 11),
        ("%unheard", UnknownName, 1),
        ("'a'.matches('(')", UnusablePattern, 5),
        ("'a'.matches('(?=a)')", UnusablePattern, 5),
        ("'a'.replaceMatches('a', '$7')", UnusablePattern, 5),
        ("memberOf('urn:x')", NobodyAnswers, 1),
        ("gender.memberOf('urn:x')", NobodyAnswers, 8),
        ("conformsTo('urn:x')", NobodyAnswers, 1),
        ("slice('urn:x', 'y')", NobodyAnswers, 1),
        ("elementDefinition()", NobodyAnswers, 1),
        ("defineVariable('a', 1).defineVariable('a', 2)", VariableTaken, 24),
        ("defineVariable('context', 2)", VariableTaken, 1),
        ("name[1 | 2]", ManyValues, 5),
        ("('a' | 'b').iif(true, 1)", ManyValues, 13),
    ],
)
def test_what_has_no_meaning_fails_where_it_stands(
    expression: str, error: type[FhirPathError], character: int
) -> None:
    with pytest.raises(error) as failed:
        answers(expression)
    assert failed.value.where == f"character {character}"
    assert "小明" not in str(failed.value)
    assert failed.value.text("zh") != failed.value.text("en")


def test_nobody_knows_the_time_unless_it_is_given() -> None:
    with pytest.raises(NobodyAnswers):
        answers("now()", world=World())


def test_a_question_is_only_asked_where_somebody_answers() -> None:
    assert answers("generalPractitioner.resolve().id", world=World()) == ["o1"]
    asked: list[tuple[str, int]] = []
    world = World(trace=lambda name, items: asked.append((name, len(items))))
    assert answers("name.trace('n', given).count()", world=world) == [2]
    assert asked == [("n", 3)]


@pytest.mark.parametrize(
    "expression",
    [
        "1.repeatAll($this + 0)",
        "1.repeat($this + 1)",
        "repeat(iif(true, %resource, {})).descendants().select(%resource.descendants())"
        ".select(%resource.descendants()).select(%resource.descendants()).count()",
        "name.given.select(%resource.descendants().select(%resource.descendants()"
        ".select(%resource.descendants())))",
    ],
)
def test_an_evaluation_ends(expression: str) -> None:
    with pytest.raises(CostlyExpression):
        answers(expression, world=World(steps_max=20_000))


@pytest.mark.parametrize(
    "expression",
    [
        "'0123456789'.toChars().aggregate($total & $total & 'abcdefghijklmnopqrstuvwxyz' "
        "& $total & $total & $total & $total & $total & $total, 'abcdefgh')",
        "'0123456789'.toChars().aggregate($total.replace('a', 'aaaaaaaaaa'), 'a')",
        "'0123456789'.toChars().aggregate($total.replaceMatches('a', 'aaaaaaaaaa'), 'a')",
        "'0123456789'.toChars().aggregate(($total | '1').join($total & $total & $total), 'a')",
        "(1 | 2 | 3).select('0123456789'.toChars().select('0123456789'.replace('', 'abcdefghij')))"
        ".join('').toChars().select('0123456789'.replace('', 'abcdefghij')).join('')"
        ".replace('', '####')",
    ],
)
def test_text_does_not_grow_without_end(expression: str) -> None:
    with pytest.raises(CostlyExpression):
        answers(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "descendants().select(%resource.repeat(%resource))",
        "descendants() ~ descendants()",
        "defineVariable('all', descendants()).descendants().where($this in %all)",
        "defineVariable('all', descendants()).descendants().where($this.subsetOf(%all))",
        "name.select(%resource.name.intersect(%resource.name))",
        "name.select('0123456789'.toChars().select(%resource.name.distinct()))",
    ],
)
def test_work_that_grows_with_the_square_of_the_resource_ends(expression: str) -> None:
    names = [{"family": f"F{n}", "given": ["A", f"G{n % 7}"]} for n in range(1000)]
    large = {"resourceType": "Patient", "id": "p", "name": names}
    with pytest.raises(CostlyExpression):
        answers(expression, large, world=World())


def test_any_element_can_be_the_input() -> None:
    model = model_of(r4())
    whole: list[Any] = [Node(PATIENT, model.kind("Patient"))]
    contact = Node(PATIENT["contact"][0], model.kind("Patient.contact"))
    found = compile("gender & %resource.gender", r4())(contact, variables={"resource": whole})
    assert found == ["malefemale"]
    assert answers("%context.id & %rootResource.id", contact) == [""]


def test_variables_are_known_by_name() -> None:
    assert answers("%n + 1", variables={"n": [2]}) == [3]
    assert answers("%ucum") == ["http://unitsofmeasure.org"]
    assert answers("%`vs-gender`") == ["http://hl7.org/fhir/ValueSet/gender"]
    assert answers("%'ext-x'") == ["http://hl7.org/fhir/StructureDefinition/x"]


def test_what_is_defined_is_known_to_the_rest_of_its_path_only() -> None:
    assert answers("defineVariable('a', 1).select(%a) | defineVariable('b', 2).select(%b)") == [
        1,
        2,
    ]
    with pytest.raises(UnknownName):
        answers("defineVariable('a', 1).active | defineVariable('b', 2).select(%a)")
    with pytest.raises(UnknownName):
        answers("name.select(defineVariable('a', 1)).select(%a)")


def test_values_are_plain_and_invariants_hold_or_not() -> None:
    names = compile("name.where(use = 'usual') | birthDate.id", r4())
    assert names.values(PATIENT) == [PATIENT["name"][1], "b"]
    assert compile("name.exists()", r4()).holds(PATIENT)
    assert compile("deceased", r4()).holds(PATIENT)
    assert not compile("name.empty()", r4()).holds(PATIENT)


def test_references_are_found_within_a_bundle() -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "id": "a"}},
            {"fullUrl": "http://x/Group/2", "resource": {"resourceType": "Group", "id": "2"}},
            {"resource": {"resourceType": "Basic", "id": "b", "subject": {"reference": "Group/2"}}},
        ],
    }
    assert answers("entry.resource.subject.resolve().id", bundle, world=World()) == ["2"]
    assert answers("'urn:uuid:1'.resolve().id", bundle, world=World()) == ["a"]
    assert answers("'http://x/Group/2/_history/1'.resolve().id", bundle, world=World()) == ["2"]
    assert answers("'Group/3'.resolve()", bundle, world=World()) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceType": "Patient", "name": "text"},
        {"resourceType": "Patient", "name": [None, 3, {"given": {"a": 1}}]},
        {"resourceType": "Patient", "birthDate": 3, "active": "yes", "multipleBirthInteger": "x"},
        {"resourceType": "Patient", "birthDate": "soon", "_birthDate": [3]},
        {"resourceType": "Unheard", "name": []},
        {"resourceType": 3},
        {},
    ],
)
def test_a_broken_resource_is_no_reason_to_crash(broken: dict[str, Any]) -> None:
    for expression in ("Patient.name.given", "descendants().count()", "birthDate > @2014"):
        compiled = compile(expression, r4())
        failed = refusal(lambda compiled=compiled: compiled(broken, world=WORLD))  # type: ignore[misc]
        assert failed is None or isinstance(failed, (UnfitValue, ManyValues))
