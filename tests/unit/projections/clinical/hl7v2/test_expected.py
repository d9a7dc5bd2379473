"""Beside the FHIR that other converters make of the same messages."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from .saying import shared

ROOT = Path(__file__).parents[5]
FLOORS = {
    "Patient": 0.60, "Encounter": 0.75, "Observation": 0.60, "DiagnosticReport": 0.75,
    "ServiceRequest": 0.55, "Condition": 0.85, "AllergyIntolerance": 0.60, "Coverage": 0.60,
    "Immunization": 0.80, "Appointment": 0.50, "DocumentReference": 0.60, "Practitioner": 0.85,
    "Location": 0.70, "RelatedPerson": 0.75, "Account": 0.80, "ChargeItem": 0.55,
}  # fmt: skip
"""How much of the values of an expected resource that corresponds to one of ours is the same."""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = ROOT / "tools" / "hl7v2_fhir_agreement.py"
    spec = importlib.util.spec_from_file_location("hl7v2_fhir_agreement", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def found(tool: ModuleType) -> Any:
    return tool.compare(shared("hl7v2").parent)


@pytest.mark.parametrize("type_", sorted(FLOORS))
def test_as_much_agrees_as_the_page_says(found: Any, type_: str) -> None:
    both = found.both[type_]
    assert both.agreed / both.expected >= FLOORS[type_]


def test_every_element_that_differs_has_its_reason(tool: ModuleType, found: Any) -> None:
    reasons = yaml.safe_load(tool.REASONS.read_text(encoding="utf-8"))
    silent = [
        f"{type_}.{element}"
        for (type_, element), count in found.counts.items()
        if count.agreed < count.expected
        and type_ not in reasons["not made"]
        and not {f"{type_}.{element}", f"*.{element}"} & reasons.keys()
    ]
    assert silent == []


def test_the_page_is_current(tool: ModuleType, found: Any) -> None:
    written = tool.PAGE.read_text(encoding="utf-8")
    assert written == tool.page_of(found), "run: python tools/hl7v2_fhir_agreement.py SHARED_DATA"
