"""The quick look at how a resource is built says yes only where the whole walk finds nothing."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.validation.shapes import Shapes
from lianyi.formats.fhir.validation.structures import Structures
from lianyi.formats.fhir.validation.visit import Visit

OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o1",
    "contained": [{"resourceType": "Patient", "id": "p1", "birthDate": "1980-02-03"}],
    "identifier": [{"system": "urn:lis", "value": "1"}],
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "血红蛋白"},
    "subject": {"reference": "#p1"},
    "effectiveDateTime": "2026-03-02T08:00:00+08:00",
    "valueQuantity": {"value": 120, "unit": "g/L"},
    "component": [{"code": {"text": "a"}, "valueString": "b"}],
}
BUNDLE: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"fullUrl": "urn:uuid:1", "resource": OBSERVATION}],
}
SOUND = (OBSERVATION, BUNDLE)
ODD = (
    None, "", " ", "\t", "\u3000", "a\x01", "2026-02-30", 1, -1, 1.5, True, [], [None], [[]], ["x"],
    {}, {"id": "x"}, {"resourceType": "Nothing"}, {"resourceType": "Patient", "id": "p2"},
)  # fmt: skip
NAMES = ("unknown", "_status", "valueString", "valueBoolean", "id", "extension", "resourceType")

quick = Shapes(r4())
walk = Structures(r4(), of_type=lambda _: (), of_element=lambda _, __: ())


def found_by_walk(resource: dict[str, Any]) -> list[str]:
    visit = Visit(lambda _: None)
    walk.rooted(resource, "Resource", visit)
    return [issue.rule for issue in visit.issues if issue.rule != "missing"]  # not of its form


def places(value: Any) -> list[tuple[Any, Any]]:
    inner = list(value.items()) if isinstance(value, dict) else []
    inner += list(enumerate(value)) if isinstance(value, list) else []
    return [one for key, item in inner for one in ((value, key), *places(item))]


@pytest.mark.parametrize("resource", SOUND, ids=lambda one: str(one["resourceType"]))
def test_what_is_well_built_is_seen_at_once(resource: dict[str, Any]) -> None:
    assert quick.is_sound(resource)
    assert found_by_walk(resource) == []


@given(st.data())
def test_nothing_that_the_walk_refuses_passes_the_quick_look(data: st.DataObject) -> None:
    resource = copy.deepcopy(data.draw(st.sampled_from(SOUND)))
    for _ in range(data.draw(st.integers(1, 3))):
        holder, key = data.draw(st.sampled_from(places(resource)))
        if isinstance(holder, dict) and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(NAMES))
        holder[key] = copy.deepcopy(data.draw(st.sampled_from(ODD)))
        if not places(resource):
            break
    if quick.is_sound(resource):
        assert found_by_walk(resource) == []


def test_what_is_too_deep_is_left_to_the_walk() -> None:
    extension: dict[str, Any] = {"url": "urn:x", "valueString": "x"}
    for _ in range(130):
        extension = {"url": "urn:x", "extension": [extension]}
    deep = {"resourceType": "Patient", "extension": [extension]}
    assert not quick.is_sound(deep)
    assert "too-deep" in found_by_walk(deep)
