"""What HL7 published of R4 is judged as HL7 judges it. The data are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tools.fhir_validator_page import cases, examples, judge

from lianyi.formats.fhir.validation import Validator

SHARED = Path(os.environ.get("LIANYI_SHARED", Path(__file__).parents[6] / "shared"))
DATA = SHARED / "data" / "fhir"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no shared data at {DATA}")

WRONG_AS_PUBLISHED = {
    "ActivityDefinition-blood-tubes-supply.json": {"empty-narrative"},
    "ActivityDefinition-heart-valve-replacement.json": {"empty-narrative"},
    "Bundle-10bb101f-a121-4264-a920-67be9cb82c74.json": {"full-url-differs"},
    "Bundle-3a0707d3-549e-4467-b8b8-5a2ab3800efe.json": {"full-url-differs", "not-in-bundle"},
    "Bundle-father.json": {"not-in-bundle"},
    "Bundle-hla-1.json": {"extension-part-unknown"},
    "Bundle-lri-example.json": {"full-url-differs"},
    "DeviceMetric-example.json": {"wrong-target"},
    "DeviceUseStatement-example.json": {"wrong-target"},
    "EventDefinition-example.json": {"empty-narrative"},
    "MedicationRequest-medrx0301.json": {"wrong-target"},
    "Observation-clinical-gender.json": {"wrong-target"},
    "Observation-f202.json": {"profile-missing"},
    "Questionnaire-qs1.json": {"missing"},
    "Questionnaire-zika-virus-exposure-assessment.json": {"empty-narrative"},
}
"""Examples that break a rule of R4 themselves, each looked at by a person."""


def test_the_official_examples_are_valid_but_for_those_that_are_wrong_themselves() -> None:
    validator = Validator()
    found = {}
    for name, resource in examples(DATA / "r4-official-examples").items():
        issues = validator.validate(resource)
        assert [i for i in issues if i.rule == "invariant-unread"] == []
        rules = {i.rule for i in issues if i.severity == "error"}
        if rules:
            found[name] = rules
    assert found == WRONG_AS_PUBLISHED


def test_we_agree_with_the_validator_of_hl7() -> None:
    judged = [judge(case, DATA / "validator") for case in cases(DATA / "validator")]
    differing = [one.case.name for one in judged if not one.agrees]
    assert len(judged) >= 90
    assert len(differing) <= len(judged) * 0.08, differing
