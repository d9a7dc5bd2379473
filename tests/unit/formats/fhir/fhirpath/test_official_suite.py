"""The official suite of FHIRPath for R4 is answered as it expects, but for what is told."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[5]
SHARED = Path(os.environ.get("LIANYI_SHARED", ROOT.parent / "shared"))
SUITE = SHARED / "data/fhir/fhirpath-tests"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """``tools/fhirpath_page.py``, which runs the suite."""
    spec = importlib.util.spec_from_file_location(
        "fhirpath_page", ROOT / "tools" / "fhirpath_page.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not SUITE.is_dir(), reason="the official FHIRPath suite is not here")
def test_only_what_is_told_is_answered_otherwise(tool: ModuleType) -> None:
    results = list(tool.run(SUITE))
    assert len(results) > 900
    assert {case.name for case, right in results if not right} == set(tool.WHY)


@pytest.mark.skipif(not SUITE.is_dir(), reason="the official FHIRPath suite is not here")
def test_the_page_says_what_the_suite_shows(tool: ModuleType) -> None:
    written = (ROOT / "docs/reference/fhirpath.md").read_text(encoding="utf-8")
    assert written == tool.page(SUITE), "run: python tools/fhirpath_page.py FOLDER"


def test_the_page_lists_every_function(tool: ModuleType) -> None:
    written = (ROOT / "docs/reference/fhirpath.md").read_text(encoding="utf-8")
    rows = Counter(line.split("`")[1] for line in written.splitlines() if line.startswith("| `"))
    assert set(rows) == set(tool.FUNCTIONS)
    assert tool.functions_table() in written
