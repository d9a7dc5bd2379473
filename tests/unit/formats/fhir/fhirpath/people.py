"""An invented patient, and how the tests evaluate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import FhirPathError, Node, Quantity, World, compile
from lianyi.formats.fhir.fhirpath.nodes import TypeInfo
from lianyi.formats.fhir.fhirpath.temporal import Temporal

NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; B</p></div>'
PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"profile": ["http://example.com/profile"]},
    "text": {"status": "generated", "div": NARRATIVE},
    "contained": [{"resourceType": "Organization", "id": "o1", "name": "Home"}],
    "extension": [{"url": "urn:age", "valueAge": {"value": 40, "code": "a"}}],
    "active": True,
    "name": [
        {"use": "official", "family": "王", "given": ["小明", "Ming"]},
        {"use": "usual", "given": ["Xiaoming"]},
    ],
    "gender": "female",
    "birthDate": "1980-05-17",
    "_birthDate": {"id": "b", "extension": [{"url": "urn:time", "valueTime": "14:30"}]},
    "multipleBirthInteger": 2,
    "contact": [{"gender": "male", "period": {"start": "2020-01-01", "end": "2021-01-01"}}],
    "generalPractitioner": [
        {"reference": "#o1"},
        {"reference": "Practitioner/7"},
        {"reference": "Practitioner/8"},
    ],
}
OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "weight"},
    "effectiveDateTime": "2026-03-04T10:20:30.5+08:00",
    "valueQuantity": {
        "value": Decimal("70.50"),
        "unit": "kg",
        "system": "http://unitsofmeasure.org",
        "code": "kg",
    },
}
NOW = datetime(2026, 3, 4, 5, 6, 7, 890_000, tzinfo=UTC)
PRACTITIONER = {"resourceType": "Practitioner", "id": "7", "active": True}


def resolve(reference: str) -> dict[str, Any] | None:
    """Know one practitioner."""
    return PRACTITIONER if reference == "Practitioner/7" else None


def conforms(resource: Any, url: str) -> bool | None:
    """Know one profile."""
    return resource["id"] == "p1" if url == "http://example.com/profile" else None


def member_of(coded: Any, url: str) -> bool | None:
    """Know one value set."""
    return coded == "female" if url == "http://example.com/genders" else None


WORLD = World(now=NOW, resolve=resolve, conforms=conforms, member_of=member_of)


def plain(item: Any) -> Any:
    """Return a value as it is easily written down: dates and quantities as text."""
    if isinstance(item, Node):
        return item.value
    if isinstance(item, (Temporal, Quantity)):
        return str(item)
    if isinstance(item, TypeInfo):
        return f"{item.namespace}.{item.name}"
    return item


def refusal(attempt: Callable[[], object]) -> FhirPathError | None:
    """Return the error of ours that an attempt ends with; None where it ends with a value."""
    try:
        attempt()
    except FhirPathError as error:
        return error
    return None


def answers(expression: str, resource: Any = PATIENT, **given: Any) -> list[Any]:
    """Evaluate, and return plain values."""
    given.setdefault("world", WORLD)
    compiled = compile(expression, r4())
    return [plain(item) for item in compiled(resource, **given)]
