"""From a search parameter that an engineer writes to the result it finds, and a view of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from .clinic import Clinic
from .people import hire
from .test_subscriptions import result

pytestmark = pytest.mark.slow

PARAMETER = {
    "resourceType": "SearchParameter", "id": "range-text", "url": "urn:clinic:range-text",
    "name": "range-text", "status": "active", "description": "参考范围", "code": "range-text",
    "base": ["Observation"], "type": "string", "expression": "Observation.referenceRange.text",
}  # fmt: skip
VIEW = {
    "resourceType": "ViewDefinition", "id": "glucose", "name": "glucose", "status": "active",
    "resource": "Observation",
    "select": [{"column": [{"name": "range", "path": "referenceRange.text.first()"}]}],
}  # fmt: skip
RANGE = "3.9-6.1"


@contextmanager
def signed_in(clinic: Clinic, name: str, role: str) -> Iterator[httpx.Client]:
    """Give a new person who has signed in."""
    password = hire(clinic, name, name, role)
    with httpx.Client(base_url=clinic.address, headers={"X-Lianyi": "1"}, timeout=30) as person:
        answer = person.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        yield person


def test_what_an_engineer_defines_is_searched_and_run_by_others(clinic: Clinic) -> None:
    assert clinic.send(result(1)) == "AA"
    with (
        signed_in(clinic, "lin.engineer", "integration-engineer") as engineer,
        signed_in(clinic, "lis-reader", "clinical-system") as reader,
    ):
        found = {"range-text": RANGE}
        clinic.until(
            lambda: reader.get("/fhir/Observation").json().get("total") == 1, "it is not learned"
        )
        refused = engineer.put(
            "/fhir/SearchParameter/range-text", json=PARAMETER | {"expression": "Observation.("}
        )
        assert refused.status_code == 400, refused.text
        assert refused.json()["issue"][0]["expression"] == ["SearchParameter.expression"]
        assert reader.put("/fhir/SearchParameter/range-text", json=PARAMETER).status_code == 403
        made = engineer.put("/fhir/SearchParameter/range-text", json=PARAMETER)
        assert made.status_code == 201, made.text
        clinic.until(
            lambda: reader.get("/fhir/Observation", params=found).status_code == 200,
            "it is not indexed",
        )
        assert reader.get("/fhir/Observation", params=found).json()["total"] == 1
        assert reader.get("/fhir/Observation", params={"range-text": "9"}).json()["total"] == 0
        assert clinic.send(result(2)) == "AA"
        clinic.until(
            lambda: reader.get("/fhir/Observation", params=found).json()["total"] == 2,
            "what came later is not found",
        )
        made = engineer.put("/fhir/ViewDefinition/glucose", json=VIEW)
        assert made.status_code == 201, made.text
        rows = reader.get("/fhir/ViewDefinition/glucose/$run").json()
        assert rows == [{"range": RANGE}] * 2
