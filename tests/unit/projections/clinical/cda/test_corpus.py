"""Every document of the public collections is read or refused in our words, and makes FHIR."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.hl7v2.saying import shared

from lianyi.formats import cda as format_cda
from lianyi.formats.cda import page

from .papers import check_valid

REFUSED_MAX = 11
"""Ten have no namespaces, or undeclared prefixes; one names no patient."""
AGREED_MIN = 0.75


@pytest.fixture(scope="module")
def tool() -> Any:
    folder = Path(__file__).parents[5] / "tools"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(
            "cda_agreement", folder / "cda_fhir_agreement.py"
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


@pytest.mark.slow
def test_every_document_is_read_or_refused_shown_and_valid(tool: Any) -> None:
    read, refused = 0, list[str]()
    seen = set()
    for file, said, whole in tool.read(shared("cda")):
        if isinstance(said, str):
            assert said in ("LY-2300", "LY-2303")
            refused += [file.name] if whole else []
            continue
        read += whole
        if whole:
            shown = page.as_page(format_cda.read(file.read_bytes()))
            assert "患者 Patient" in shown
        shape = tuple(sorted((one.type, *one.resource) for one in said.stated))
        if shape not in seen:
            seen.add(shape)
            check_valid(said.stated)
    assert read >= 90
    assert len(refused) <= REFUSED_MAX, refused


def test_what_is_made_agrees_with_the_expectations_of_others(tool: Any) -> None:
    counts, _, both = tool.compare(shared("cda").parent)
    agreed = sum(one.agreed for one in both.values()) / sum(one.expected for one in both.values())
    assert agreed >= AGREED_MIN
    reasons = tool.yaml.safe_load(tool.REASONS.read_text(encoding="utf-8"))
    unexplained = [
        f"{type_}.{element}"
        for (type_, element), count in counts.items()
        if count.agreed < count.expected and type_ not in reasons["not made"]
        if not reasons.get(f"{type_}.{element}") and not reasons.get(f"*.{element}")
    ]
    assert unexplained == []
