"""A Bundle is judged as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from lianyi.formats.fhir.validation import Validator

BASE = "http://hospital.example/fhir/"
PATIENT = {"resourceType": "Patient", "id": "p"}
COMPOSITION = {
    "resourceType": "Composition",
    "id": "c",
    "status": "final",
    "type": {"text": "x"},
    "date": "2026-01-01",
    "title": "x",
    "subject": {"reference": "Patient/p"},
    "author": [{"reference": "Practitioner/d"}],
}
DOCTOR = {"resourceType": "Practitioner", "id": "d"}


def entry(resource: dict[str, Any], url: str = "", **said: Any) -> dict[str, Any]:
    full = url or f"{BASE}{resource['resourceType']}/{resource.get('id')}"
    return {"fullUrl": full, "resource": resource, **said}


def document(*entries: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "document",
        "timestamp": "2026-01-01T00:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
        "entry": list(entries),
    }


def rules(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    issues = Validator().validate(bundle)
    return [(i.expression, i.rule) for i in issues if i.severity == "error"]


def test_a_document_that_holds_what_it_refers_to_is_good() -> None:
    assert rules(document(entry(COMPOSITION), entry(PATIENT), entry(DOCTOR))) == []


def test_a_document_holds_what_its_composition_refers_to() -> None:
    assert rules(document(entry(COMPOSITION), entry(PATIENT))) == [
        ("Bundle.entry[0].resource.author[0]", "not-in-bundle")
    ]


def test_a_document_holds_nothing_that_is_not_reached() -> None:
    stray = {"resourceType": "Organization", "id": "o", "name": "x"}
    good = (entry(COMPOSITION), entry(PATIENT), entry(DOCTOR))
    assert rules(document(*good, entry(stray))) == [("Bundle.entry[3]", "not-reachable")]


def test_a_reference_that_two_versions_answer_is_told() -> None:
    first, second = (PATIENT | {"meta": {"versionId": number}} for number in "12")
    both = document(entry(COMPOSITION), entry(first), entry(second), entry(DOCTOR))
    assert ("Bundle.entry[0].resource.subject", "several-in-bundle") in rules(both)
    one = COMPOSITION | {"subject": {"reference": "Patient/p/_history/2"}}
    exact = document(entry(one), entry(first), entry(second), entry(DOCTOR))
    assert [rule for _, rule in rules(exact)] == ["not-reachable"]


def test_a_document_begins_with_a_composition() -> None:
    assert "bdl-11" in {rule for _, rule in rules(document(entry(PATIENT)))}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("Patient/p", "full-url-relative"),
        (f"{BASE}Patient/other", "full-url-differs"),
        (f"{BASE}Group/p", "full-url-differs"),
        (f"{BASE}Patient/p/_history/1", "full-url-versioned"),
        ("urn:uuid:0b1a5a2e-6d14-4a3b-8f63-4cbb9d3aa001", ""),
    ],
)
def test_the_name_of_an_entry_is_that_of_its_resource(url: str, expected: str) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry(PATIENT, url)]}
    assert expected in ({rule for _, rule in rules(bundle)} or {""})


def test_a_relative_reference_is_read_beside_the_entry_it_stands_in() -> None:
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True}
    group["managingEntity"] = {"reference": "Organization/o"}
    device = {"resourceType": "Device", "id": "o"}
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [entry(group), entry(device, f"{BASE}Organization/o")],
    }
    found = dict(rules(bundle))
    assert found["Bundle.entry[0].resource.managingEntity"] in ("type-differs", "wrong-target")


def search(*entries: dict[str, Any], relations: tuple[str, ...] = ("self",)) -> dict[str, Any]:
    link = [{"relation": one, "url": f"{BASE}Patient?name=x"} for one in relations]
    return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": list(entries)}


def test_the_results_of_a_search_are_what_was_searched_for() -> None:
    match = {"search": {"mode": "match"}}
    assert rules(search(entry(PATIENT, **match))) == []
    assert rules(search(entry(DOCTOR, **match))) == [
        ("Bundle.entry[0].resource", "not-searched-for")
    ]
    nameless = {"resourceType": "Patient"}
    unnamed = entry(nameless, "urn:uuid:0b1a5a2e-6d14-4a3b-8f63-4cbb9d3aa001", **match)
    assert rules(search(unnamed)) == [("Bundle.entry[0].resource", "result-without-id")]
    outcome = entry(PATIENT, search={"mode": "outcome"})
    assert rules(search(outcome)) == [("Bundle.entry[0].resource", "not-an-outcome")]


def test_links_of_pages_belong_to_pages_once() -> None:
    twice = search(entry(PATIENT), relations=("self", "next", "next"))
    assert rules(twice) == [("Bundle.link[2]", "link-twice")]
    paged = document(entry(COMPOSITION), entry(PATIENT), entry(DOCTOR))
    paged["link"] = [{"relation": "next", "url": "http://x.example"}]
    assert rules(paged) == [("Bundle.link[0]", "link-misplaced")]
