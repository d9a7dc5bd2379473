"""Every text of every operation holds an attack: the answer is one that the document describes.

Generated from the OpenAPI document, so that a new operation is attacked from its first day. Each
field gets a share of the corpora, together they get all; with ``LIANYI_ATTACKS=all`` in the
environment each field gets every one.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson
import pytest
from benchmarks.fuzz_api import ENDLESS, NOT_READY, TickingClock, furnish
from tests.unit.api.house import START, House, serving

from lianyi.api.addresses import bare_app
from lianyi.api.guard import COOKIE
from lianyi.security.audit.export import cell
from lianyi.security.settings import SecuritySettings

from .corpora import CORPORA, EVERY, sayable

SHARE = len(EVERY) if os.environ.get("LIANYI_ATTACKS") == "all" else 7
DOCUMENT = bare_app().openapi()
IDLE = "LY-2002"
"""Nobody learns master data in this house; its document says that this may be so."""

GIVEN = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "uuid": "00000000-0000-0000-0000-000000000000",
}
TURNS = itertools.cycle(EVERY)


@dataclass
class Field:
    """A place for a text in the requests of one operation.

    Attributes:
        method, path, name: of the operation.
        where: ``path``, ``query``, ``header`` or ``body``.
        at: the name, or the way through the body.
        query, body: the rest of a request that would be allowed.
    """

    method: str
    path: str
    name: str
    responses: set[str]
    where: str
    at: tuple[str | int, ...]
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    def __str__(self) -> str:
        return f"{self.name}:{self.where}:{'.'.join(map(str, self.at))}"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema itself; of several possibilities the first that is not null."""
    while True:
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "anyOf" in schema or "oneOf" in schema:
            several = schema.get("anyOf") or schema["oneOf"]
            schema = next(one for one in several if one.get("type") != "null")
        else:
            return schema


def example(schema: dict[str, Any]) -> Any:
    """Return something that a schema allows."""
    schema = resolved(schema)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return {name: example(one) for name, one in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"])] * max(1, schema.get("minItems", 1))
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    return GIVEN.get(schema.get("format", ""), "x" * max(1, schema.get("minLength", 1)))


def texts(schema: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Give the way to every text of a body, also to those that should be a number or a date."""
    schema = resolved(schema)
    kind = schema.get("type")
    if kind == "object":
        for name, one in schema.get("properties", {}).items():
            yield from ((name, *rest) for rest in texts(one))
        if schema.get("additionalProperties"):
            yield ("attack",)
    elif kind == "array":
        yield from ((0, *rest) for rest in texts(schema["items"]))
    else:
        yield ()


def fields() -> Iterator[Field]:
    """Give every place for a text in the API."""
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            name = told["operationId"]
            if name in ENDLESS:
                continue
            parameters = told.get("parameters", [])
            query = {
                one["name"]: example(one["schema"])
                for one in parameters
                if one["in"] == "query" and one.get("required")
            }
            content = told.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            body = example(schema) if schema else None
            common = (method.upper(), path, name, set(told["responses"]))
            for one in parameters:
                yield Field(*common, one["in"], (one["name"],), query, body)
            for at in texts(schema) if schema else ():
                yield Field(*common, "body", at, query, body)
            yield Field(*common, "header", ("X-Purpose",), query, body)
            for kind in set(content) - {"application/json"}:
                yield Field(*common, kind, (), query, None)


FIELDS = list(fields())


def put(body: Any, at: tuple[str | int, ...], value: str) -> Any:
    """Return a body with a text somewhere in it."""
    if not at:
        return value
    if isinstance(body, dict):
        return {**body, at[0]: put(body.get(str(at[0])), at[1:], value)}
    if isinstance(body, list):
        return [put(body[0], at[1:], value), *body[1:]]
    return {at[0]: put(None, at[1:], value)}


@pytest.fixture
async def asked(database: str, tmp_path: Path) -> AsyncIterator[Asked]:
    open_door = SecuritySettings(address_failures_max=1_000_000, failures_max=100)
    clock = TickingClock(START)
    async with serving(database, tmp_path, clock=clock, security=open_door) as house:
        key, cookie, known = await furnish(house)
        yield Asked(house, key, cookie, {name: values[0] for name, values in known.items()})


@dataclass
class Asked:
    """A house that is asked, by an account that may do everything."""

    house: House
    key: str
    cookie: str
    known: dict[str, Any]

    async def ask(self, one: Field, value: str) -> httpx.Response:
        """Ask one operation with a text in one of its fields."""
        parts = {"kind": "organisation", "tree": "management", "provider": "none", **self.known}
        path, query, headers, content = one.path, dict(one.query), self._who(one), None
        if one.where == "path":
            parts[str(one.at[0])] = value
        for name, known in parts.items():
            path = path.replace(f"{{{name}}}", quote(sayable(str(known)), safe=""))
        for name in ("assignment", "key", "act"):
            path = path.replace(f"{{{name}}}", GIVEN["uuid"])
        if one.where == "query":
            query[str(one.at[0])] = sayable(value)
        elif one.where == "header":
            headers[str(one.at[0])] = "".join(c for c in value if c.isascii() and c.isprintable())
        elif "/" in one.where:
            headers["Content-Type"] = one.where
            content = f"code,name\n{sayable(value)},{sayable(value)}\n".encode()
        body = put(one.body, one.at, value) if one.where == "body" else one.body
        if body is not None and content is None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()  # it writes half characters, too
        transport = httpx.ASGITransport(self.house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://lianyi.test") as client:
            return await client.request(
                one.method, path, params=query, headers=headers, content=content
            )

    def _who(self, one: Field) -> dict[str, str]:
        if "/me/" in one.path:
            return {"Cookie": f"{COOKIE}={self.cookie}", "X-Lianyi": "1"}
        return {"Authorization": f"Bearer {self.key}"}


def complaint(one: Field, value: str, answer: httpx.Response) -> str:
    """Return what is wrong with an answer; empty when it is one that is described."""
    status, kind = answer.status_code, answer.headers.get("content-type", "")
    if IDLE in answer.text or (one.name in NOT_READY and status == 503):
        return ""
    elsewhere = one.where == "path" and status in {404, 405}  # with "/" in it: another address
    if status >= 500 or (str(status) not in one.responses and not elsewhere):
        return f"status {status} {answer.text[:200]}"
    if answer.headers["x-content-type-options"] != "nosniff":
        return "may be sniffed"
    if any("attack" in name for name in answer.headers):
        return "a header of ours"
    if "html" in kind and "<" in value and value in answer.text:
        return "reflected as HTML"
    if answer.headers.get("location", "/").startswith(("//", "http:", "https:", "javascript:")):
        return "leads away"
    if "json" in kind:
        orjson.loads(answer.content)
    return ""


async def test_every_text_of_every_operation_may_hold_an_attack(asked: Asked) -> None:
    found: list[str] = []
    statuses: dict[str, set[int]] = {}
    for one in FIELDS:
        for value in itertools.islice(TURNS, SHARE):
            answer = await asked.ask(one, value)
            statuses.setdefault(one.name, set()).add(answer.status_code)
            if wrong := complaint(one, value, answer):
                found.append(f"{one} {value[:40]!r}: {wrong}")
    assert not found, "\n".join(found)
    every = {told["operationId"] for methods in DOCUMENT["paths"].values()
             for told in methods.values()} - ENDLESS  # fmt: skip
    assert set(statuses) == every
    assert sum(min(seen) < 300 for seen in statuses.values()) > len(every) / 8


def test_all_of_the_corpora_are_used() -> None:
    assert SHARE * len(FIELDS) >= len(EVERY)
    assert all(CORPORA.values())


@pytest.mark.parametrize(
    "text", [*EVERY, " =1+1", "\n=1", "\u3000＝1", "＋1", "－1", "＠x", "\x00=1"]
)
def test_no_cell_of_a_table_is_taken_for_a_formula(text: str) -> None:
    written = cell(text)
    first = written.lstrip("\x00 \u3000\ufeff\t\r\n\x0b\x0c")[:1]
    assert first not in set("=+-@＝＋－＠") or written.startswith("'")
    assert written in {text, f"'{text}"}, "nothing is lost"
