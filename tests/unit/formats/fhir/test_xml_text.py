"""FHIR XML says the same as FHIR JSON, and fetches nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lianyi.formats.fhir import xml_text
from lianyi.formats.fhir.errors import FhirTooDeep, FhirTooLarge, MalformedFhir

NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; B</p></div>'
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o1",
    "text": {"status": "generated", "div": NARRATIVE},
    "contained": [{"resourceType": "Patient", "id": "p", "active": True}],
    "extension": [{"url": "urn:x", "valueInteger": 3}],
    "status": "final",
    "_status": {"extension": [{"url": "urn:y", "valueBoolean": False}]},
    "code": {"text": "体温"},
    "subject": {"reference": "#p"},
    "effectiveTiming": {
        "event": ["2026-01-01", "2026-01-02"],
        "_event": [None, {"id": "second"}],
    },
    "valueQuantity": {"value": Decimal("36.50"), "unit": "Cel"},
}
PATIENT = '<Patient xmlns="http://hl7.org/fhir">{}</Patient>'


def test_what_is_written_as_xml_is_read_back() -> None:
    assert xml_text.read(xml_text.write(OBSERVATION)) == OBSERVATION


def test_a_value_without_text_keeps_its_place_in_the_list() -> None:
    resource = {
        "resourceType": "Patient",
        "name": [{"given": ["A", None], "_given": [None, {"id": "x"}]}, {"_given": [{"id": "y"}]}],
    }
    assert xml_text.read(xml_text.write(resource)) == resource


def test_a_text_that_is_no_number_stays_for_the_judge() -> None:
    text = PATIENT.format('<multipleBirthInteger value="two"/><active value="yes"/>')
    read = xml_text.read(text.encode(), any_order=True)
    assert (read["multipleBirthInteger"], read["active"]) == ("two", "yes")


def test_an_unknown_element_is_read_for_the_judge() -> None:
    read = xml_text.read(PATIENT.format('<colour value="red"/>').encode())
    assert read == {"resourceType": "Patient", "colour": "red"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<Patient/>", "no resource of FHIR R4"),
        ("<Patient", "FHIR XML"),
        ("", "no XML|empty"),
        (PATIENT.format('<gender value="male"/><active value="true"/>'), "'active' stands after"),
        (PATIENT.format('<gender value="male"/><gender value="male"/>'), "more than once"),
        (PATIENT.format("words"), "text stands between"),
        (PATIENT.format("<contained/>"), "must hold one resource"),
    ],
)
def test_what_is_no_fhir_xml_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(MalformedFhir, match=says):
        xml_text.read(text.encode())


def test_no_entity_is_resolved() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(MalformedFhir, match="DOCTYPE"):
        xml_text.read((entity + PATIENT.format("&e;")).encode())


def test_limits_hold() -> None:
    with pytest.raises(FhirTooLarge):
        xml_text.read(PATIENT.format("").encode(), size_bytes_max=5)
    deep = '<extension url="x">' * 200 + "</extension>" * 200
    with pytest.raises(FhirTooDeep):
        xml_text.read(PATIENT.format(deep).encode())


def test_what_r4_does_not_know_is_not_written() -> None:
    with pytest.raises(MalformedFhir, match=r"Patient\.colour"):
        xml_text.write({"resourceType": "Patient", "colour": "red"})
