"""Patches, held against the cases that others publish."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from tests.unit.projections.clinical.shared import FHIR

from lianyi.formats.fhir import xml_text
from lianyi.projections.clinical import fhirpath_patch, json_patch
from lianyi.projections.clinical.problems import CannotPatch

FOLDER = FHIR / "fhir-patch" / "r4" / "patch"


def json_cases() -> list[Any]:
    path = FOLDER / "json-patch-tests.json"
    found = json.loads(path.read_text("utf-8")) if path.exists() else []
    return [pytest.param(one, id=one["comment"]) for one in found]


def fhir_cases() -> list[Any]:
    path = FOLDER / "fhir-patch-tests.xml"
    found = etree.parse(path).findall("case") if path.exists() else []
    return [pytest.param(one, id=one.get("name")) for one in found]


@pytest.mark.skipif(not FOLDER.exists(), reason="the published cases are not there")
def test_the_published_cases_are_there() -> None:
    assert (len(json_cases()), len(fhir_cases())) == (16, 33)


@pytest.mark.parametrize("case", json_cases())
def test_json_patch_does_what_its_standard_says(case: Any) -> None:
    before = copy.deepcopy(case["doc"])
    patch = json_patch.read(json.dumps(case["patch"]).encode())
    if "error" in case:
        with pytest.raises(CannotPatch):
            json_patch.applied(case["doc"], patch)
    else:
        assert json_patch.applied(case["doc"], patch) == case["expected"]
    assert case["doc"] == before


@pytest.mark.parametrize("case", fhir_cases())
def test_fhirpath_patch_does_what_the_published_cases_say(case: Any) -> None:
    def inside(name: str) -> Any:
        found = case.find(name)
        return None if found is None else xml_text.read(etree.tostring(found[0]), any_order=True)

    sent, patch, wanted = inside("input"), inside("diff"), inside("output")
    before = copy.deepcopy(sent)
    operations = fhirpath_patch.read(patch)
    if wanted is None:
        with pytest.raises(CannotPatch):
            fhirpath_patch.applied(sent, operations)
    else:
        assert fhirpath_patch.applied(sent, operations) == wanted
    assert sent == before


def operation(kind: str, path: str, **more: Any) -> dict[str, Any]:
    parts = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    for name, value in more.items():
        key, _, suffix = name.partition("_")
        parts.append({"name": key, f"value{suffix or 'String'}": value})
    one = {"name": "operation", "part": parts}
    return {"resourceType": "Parameters", "parameter": [one]}


def patched(resource: dict[str, Any], *given: dict[str, Any]) -> Any:
    for one in given:
        resource = fhirpath_patch.applied(resource, fhirpath_patch.read(one))
    return resource


def test_a_choice_is_added_replaced_by_another_type_and_deleted() -> None:
    bare = {"resourceType": "Observation", "status": "final"}
    text = operation("add", "Observation", name="value", value="high")
    added = patched(bare, text)
    assert added == bare | {"valueString": "high"}
    with pytest.raises(CannotPatch):
        patched(added, text)
    number = operation("replace", "Observation.value", value_Quantity={"value": Decimal("1.0")})
    replaced = patched(added, number)
    assert replaced == bare | {"valueQuantity": {"value": Decimal("1.0")}}
    assert patched(replaced, operation("delete", "Observation.value")) == bare
    with pytest.raises(CannotPatch):
        patched(bare, operation("add", "Observation", name="value", value_Decimal=Decimal(1)))


def test_what_a_patch_cannot_mean_is_refused() -> None:
    names = {"resourceType": "Patient", "name": [{"text": "a"}, {"text": "b"}]}
    second = "Patient.name.where(text = 'b')"
    assert patched(names, operation("delete", second))["name"] == [{"text": "a"}]
    assert patched(names, operation("delete", "Patient.photo")) == names
    for bad in (
        operation("replace", "Patient.name", value_HumanName={"text": "c"}),
        operation("replace", "Patient.photo", value_Attachment={"title": "c"}),
        operation("add", "Patient", name="nonsense", value="c"),
        operation("add", "Patient.name", name="family", value="c"),
        operation("delete", "Patient.name.where("),
        operation("insert", "Patient.name", index_Integer=9, value_HumanName={"text": "c"}),
        operation("move", "Patient.name", source_Integer=0, destination_Integer=9),
        operation("explode", "Patient"), operation("add", "Patient", name="name"),
        operation("insert", "Patient.name", value_HumanName={}),
        {"resourceType": "Parameters", "parameter": [{"name": "x"}]},
        {"resourceType": "Parameters", "parameter": 1},
    ):  # fmt: skip
        with pytest.raises(CannotPatch):
            patched(names, bad)
