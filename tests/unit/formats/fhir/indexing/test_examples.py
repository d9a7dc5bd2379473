"""On the official examples the values are those that another FHIRPath and a plain reading find."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fhirpathpy
import pytest
from fhirpathpy.models import models

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.definitions.model import SearchParameter
from lianyi.formats.fhir.indexing import (
    Composite,
    Day,
    Number,
    Position,
    Quantity,
    Reference,
    String,
    Token,
    Uri,
    Value,
    index,
)

SHARED = Path(os.environ.get("LIANYI_SHARED", Path(__file__).parents[6] / "shared"))
EXAMPLES = SHARED / "data/fhir/r4-official-examples"
TARGET = re.compile(r"\.where\(resolve\(\) is (\w+)\)")
NAMES = ("text", "family", "given", "prefix", "suffix")
PLACES = ("text", "line", "city", "district", "state", "country", "postalCode")

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the official examples of R4 are not here"
)
compiled: dict[str, Callable[[Any], list[Any]]] = {}


def elements(expression: str, resource: dict[str, Any]) -> Iterator[Any]:
    """Evaluate with the other FHIRPath, which knows neither ``Resource`` nor ``resolve()``."""
    own = re.sub(r"\bResource\b", resource["resourceType"], expression)
    for part in own.split(" | "):
        target = TARGET.search(part)
        bare = TARGET.sub("", part)
        if bare not in compiled:
            compiled[bare] = fhirpathpy.compile(bare, models["r4"])
        for found in compiled[bare](resource):
            if target is None or _points_at(found, target[1]):
                yield found


def _points_at(reference: dict[str, Any], type_: str) -> bool:
    text = reference.get("reference", "")
    return f"/{type_}/" in f"/{text}" or reference.get("type") == type_


def plainly(parameter: SearchParameter, found: Any) -> Iterator[tuple[Any, ...]]:
    """Read an element by its looks: a few words for each value that must be there."""
    match parameter.type:
        case "token":
            yield from _tokens(found)
        case "string":
            yield from ((text,) for text in _strings(found))
        case "date":
            yield from _dates(found)
        case "reference":
            yield from _references(found)
        case "uri":
            yield from ((text,) for text in {found, found.partition("|")[0]})
        case "number":
            number = found if not isinstance(found, dict) else None
            yield (number,)
        case "quantity":
            yield from _amounts(found)
        case "special":
            yield (found["latitude"], found["longitude"])


def _tokens(found: Any) -> Iterator[tuple[Any, ...]]:
    if not isinstance(found, dict):
        yield ("true" if found is True else "false" if found is False else str(found),)
    elif "coding" in found or set(found) <= {"text", "id", "extension"}:
        for coding in found.get("coding", []):
            if {"code", "system", "display"} & set(coding):
                yield (coding.get("code"),)
        if "text" in found:
            yield (None,)
    elif "code" in found or "display" in found:
        yield (found.get("code"),)
    elif "value" in found or "system" in found:
        yield (found.get("value"),)


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
        return
    parts = PLACES if {"line", "city", "country", "state"} & set(found) else NAMES
    for part in parts:
        said = found.get(part, [])
        yield from said if isinstance(said, list) else [said]


def _dates(found: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(found, str):
        if found[0].isdigit():  # an activity may be scheduled "daily"
            yield (_instant(found),)
    elif "start" in found:
        yield (_instant(found["start"]),)
    elif "end" in found:
        yield ((1, 1, 1, 0, 0),)
    elif "event" in found:
        yield (min(map(_instant, found["event"])),)
    elif "start" in (bounds := found.get("repeat", {}).get("boundsPeriod", {})):
        yield (_instant(bounds["start"]),)


def _instant(text: str) -> tuple[int, ...]:
    """Return the first minute of a date, in UTC; one without a zone is China's."""
    date, _, time = text.partition("T")
    date = (date + "-01-01")[:10] if len(date) < 10 else date
    if not time:
        time = "00:00:00"
    elif re.fullmatch(r"\d\d:\d\d(Z|[+-].*)?", time):
        time = time[:5] + ":00" + time[5:]
    if not re.search(r"Z|[+-]\d\d:\d\d$", time):
        time += "+08:00"
    time = re.sub(r"\.\d+", "", time)
    return datetime.fromisoformat(f"{date}T{time}").utctimetuple()[:5]


def _references(found: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(found, str):
        url = found.partition("|")[0]
        if url and not url.startswith("#"):
            yield (url,)
    elif "resourceType" in found:
        if "id" in found:
            yield (f"{found['resourceType']}/{found['id']}",)
    elif "reference" in found:
        if found["reference"] != "#":
            yield (found["reference"].partition("/_history/")[0],)
    elif {"value", "system"} & set(found.get("identifier", {})):
        yield (None,)


def _amounts(found: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    if "value" in found:
        yield (found["value"],)
    elif {"low", "high"} & set(found) or {"lowerLimit", "upperLimit"} <= set(found):
        yield (None,)


def told(value: Value) -> tuple[Any, ...]:
    """Return a value of ours in the same few words."""
    match value:
        case Token(_, _, code):
            return (code,)
        case String(_, text) | Uri(_, text):
            return (text,)
        case Day(_, low):
            return (low.timetuple()[:5],)
        case Reference(_, type_, id_, url):
            return (url or (f"{type_}/{id_}" if id_ else None),)
        case Number(_, number) | Quantity(_, number):
            return (number,)
        case Position(_, latitude, longitude):
            return (latitude, longitude)
        case _:
            raise AssertionError(value)


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    read = [json_text.read(path.read_bytes()) for path in sorted(EXAMPLES.glob("*.json"))]
    return [resource for resource in read if "resourceType" in resource]


def test_every_example_is_read_as_another_reads_it(examples: list[dict[str, Any]]) -> None:
    assert len(examples) > 600
    differ: list[tuple[Any, ...]] = []
    count = 0
    for resource in examples:
        found = index(resource, r4())
        plain = json.loads(json_text.write(resource), parse_float=Decimal)
        for code, parameter in r4().search_parameters(resource["resourceType"]).items():
            if not parameter.expression or parameter.type == "composite":
                continue
            ours = {told(value) for value in found if value.parameter == code}
            theirs = {
                words
                for element in elements(parameter.expression, plain)
                for words in plainly(parameter, element)
            }
            count += len(ours)
            if ours != theirs:
                differ.append((resource["resourceType"], resource.get("id"), code, ours, theirs))
    assert differ == []
    assert count > 5000


def test_every_composite_is_there(examples: list[dict[str, Any]]) -> None:
    differ: list[tuple[Any, ...]] = []
    count = 0
    for resource in examples:
        found = index(resource, r4())
        for code, parameter in r4().search_parameters(resource["resourceType"]).items():
            if parameter.type != "composite" or "%resource" in str(parameter.components):
                continue
            ours = {value for value in found if value.parameter == code}
            assert all(isinstance(value, Composite) for value in ours)
            theirs = {
                _said(element)
                for element in elements(parameter.expression, resource)
                if all(_has(element, part.expression) for part in parameter.components)
            }
            count += len(ours)
            if len(ours) != len(theirs):
                differ.append((resource["resourceType"], resource.get("id"), code, ours, theirs))
    assert differ == []
    assert count > 50


def _has(element: dict[str, Any], expression: str) -> bool:
    """Whether an element has what a component's expression names."""
    keys = [
        re.sub(r"value\.ofType\((\w)(\w*)\)", lambda m: "value" + m[1].upper() + m[2], part)
        for part in expression.split(" | ")
    ]
    if keys == ["value"]:  # of a characteristic of a group: what is a token
        keys = ["valueCodeableConcept", "valueBoolean"]
    return any(element.get(key) for key in keys)


def _said(element: dict[str, Any]) -> str:
    """Return an element as text without its extensions, so that what says the same is the same."""
    said = {key: value for key, value in element.items() if key not in {"id", "extension"}}
    return json.dumps(said, default=str, sort_keys=True)
