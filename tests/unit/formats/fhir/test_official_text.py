"""The official examples of R4 go round as JSON and as XML. They are not part of the project."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from lianyi.formats.fhir import json_text, xml_text

SHARED = Path(os.environ.get("LIANYI_SHARED", Path(__file__).parents[5] / "shared"))
EXAMPLES = SHARED / "data" / "fhir" / "r4-official-examples"
pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason=f"no shared data at {EXAMPLES}")
NUMBER = re.compile(rb'":\s*(-?[0-9]+\.[0-9]+)\s*[,}\]]')


def resources() -> list[tuple[bytes, dict[str, Any]]]:
    read = [(data, json_text.read(data)) for data in map(Path.read_bytes, EXAMPLES.glob("*.json"))]
    return [(data, resource) for data, resource in read if "resourceType" in resource]


def alike(value: Any, key: str = "") -> Any:
    """What must be equal: narratives as their canonical XML, everything else as it is."""
    if isinstance(value, dict):
        return {name: alike(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [alike(inner, key) for inner in value]
    if key == "div":
        return etree.tostring(etree.fromstring(value), method="c14n")
    return value


def test_json_comes_back_with_every_digit() -> None:
    known = resources()
    assert len(known) > 600
    for data, resource in known:
        written = json_text.write(resource)
        assert json_text.read(written) == resource
        assert sorted(NUMBER.findall(written)) == sorted(NUMBER.findall(data))


def test_xml_says_the_same_as_json() -> None:
    for _, resource in resources():
        assert alike(xml_text.read(xml_text.write(resource))) == alike(resource)
