"""Data that others publish; they lie beside the project, and a test without them says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lianyi.formats.fhir import json_text

FHIR = Path(__file__).parents[5] / "shared" / "data" / "fhir"


def patients_of_synthea() -> list[dict[str, Any]]:
    """Transactions that each hold the whole record of an invented patient."""
    return [_read(path) for path in _files(FHIR / "synthea-smart")]


def examples_of_r4() -> list[dict[str, Any]]:
    """The official examples of R4."""
    return [_read(path) for path in _files(FHIR / "r4-official-examples")]


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.json"))
    if not found:
        pytest.skip(f"{folder.name} is not there")
    return found


def _read(path: Path) -> dict[str, Any]:
    return json_text.read(path.read_bytes())
