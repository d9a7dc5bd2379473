"""A Composition and what it is put together from, as one Bundle."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.test_everything import observation, patient
from tests.unit.projections.clinical.ward import Ward, warded


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def composition(*entries: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Composition", "id": "c", "status": "final", "date": "2026-03-02",
        "type": {"text": "出院记录"}, "title": "出院记录", "subject": {"reference": "Patient/a"},
        "author": [{"reference": "Practitioner/d"}],
        "section": [{"title": "检验", "entry": [{"reference": one} for one in entries]}], **more,
    }  # fmt: skip


async def test_a_document_holds_what_it_refers_to_and_nothing_of_others(ward: Ward) -> None:
    await ward.put({"resourceType": "Practitioner", "id": "d", "name": [{"text": "李"}]})
    await ward.put(patient("a", "1"))
    await ward.put(patient("b", "2"))
    await ward.put(observation("x", "a"))
    await ward.put(observation("alone", "a"))
    await ward.put(observation("of-b", "b"))
    await ward.put({
        "resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "x"},
        "subject": {"reference": "Patient/a"}, "result": [{"reference": "Observation/x"}],
    })  # fmt: skip
    await ward.put(composition("DiagnosticReport/r", "Observation/of-b", "Observation/gone"))
    bundle = await ward.get("Composition/c/$document")
    assert bundle["type"] == "document"
    names = [one["fullUrl"].split("/fhir/")[1] for one in bundle["entry"]]
    assert names[0] == "Composition/c"
    assert sorted(names[1:]) == [
        "DiagnosticReport/r", "Observation/x", "Patient/a", "Practitioner/d"
    ]  # fmt: skip
    assert bundle == await ward.get("Composition/c/$document")
    await ward.put(observation("x", "a", note=[{"text": "另"}]))
    after = await ward.get("Composition/c/$document")
    assert after["identifier"] != bundle["identifier"]
    for path, who, status in (
        ("Composition/nobody/$document", "emr", 404), ("Composition/c/$document", "emr-b", 404),
        ("Composition/c/$document?persist=true", "emr", 400),
    ):  # fmt: skip
        assert (await ward.ask("GET", path, who=who)).status_code == status, path
    offered = await ward.get("metadata")
    (of_compositions,) = [
        one for one in offered["rest"][0]["resource"] if one["type"] == "Composition"
    ]
    assert "document" in {one["name"] for one in of_compositions["operation"]}
