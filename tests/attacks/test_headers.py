"""Every answer carries what protects a browser, whatever it answers (OWASP ASVS 5.0, V3.4)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from tests.unit.api.house import House
from tests.unit.security.people import PASSWORD, People

from lianyi.api.addresses import bare_app
from lianyi.api.first_token import console_token
from lianyi.api.operations import operations_of

from .corpora import HEADER, HTML, PATH, sayable
from .wire import Door, listening, request

WANTED = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
POLICY = {"default-src 'self'", "script-src 'self'", "object-src 'none'", "base-uri 'none'",
          "frame-ancestors 'none'", "form-action 'self'"}  # fmt: skip
ENDLESS = {"follow"}


@pytest.fixture
async def door(database: str, tmp_path: Path) -> AsyncIterator[Door]:
    built = tmp_path / "console" / "assets"
    built.mkdir(parents=True)
    (built.parent / "index.html").write_text("<!doctype html><p>console</p>" + " " * 2000)
    (built / "app.js").write_text("console.log(1)" + " " * 2000)
    async with listening(database, tmp_path) as door:
        yield door


def heads(answer: bytes) -> list[tuple[str, str]]:
    """Return the headers of an answer, names in lower case, in their order."""
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _, value in (x.partition(":") for x in head)]


def check(answer: bytes, what: str) -> dict[str, str]:
    assert answer.startswith(b"HTTP/1.1 "), (what, answer[:100])
    pairs = heads(answer)
    found = dict(pairs)
    assert len(found) == len(pairs) or [n for n, _ in pairs].count("set-cookie") > 1, (what, pairs)
    assert {name: found.get(name) for name in WANTED} == WANTED, what
    assert set(found["content-security-policy"].split("; ")) >= POLICY, what
    assert "unsafe-eval" not in found["content-security-policy"], what
    assert not any(name.startswith("x-attack") for name in found), what
    assert "attack" not in found.get("set-cookie", ""), what
    assert "server" not in found, what
    return found


PARTS = {"position": "1-1", "destination_id": "1", "version": "1"}
PUBLIC = ("/oauth/keys",)
"""What everybody may read and keep for a while."""
FOR_BROWSERS = ("/api/v1/session/", "/oauth/authorize")
"""Where people come from another site: what fails there is a page."""


async def test_every_operation_answers_with_them_to_everybody(door: Door) -> None:
    known = {"Authorization": f"Bearer {console_token(door.house.data_dir)}"}
    for operation in operations_of(bare_app()):
        if operation.name in ENDLESS:
            continue  # test_flooding looks at it
        path = re.sub(r"\{(\w+)\}", lambda part: PARTS.get(part[1], "x"), operation.path)
        assert "{" not in path
        for who in ({}, known):
            answer = await door.ask(
                request(operation.method, path, headers={"Content-Type": "application/json", **who})
            )
            what = f"{operation.method} {path} {bool(who)}"
            found = check(answer, what)
            assert found["cache-control"] == "no-store" or path in PUBLIC, what
            kind = found.get("content-type", "")
            assert "html" not in kind or path.startswith(FOR_BROWSERS), what


async def test_whatever_is_no_operation_answers_with_them(door: Door) -> None:
    asked = {
        "/": 200, "/messages": 200, "/assets/app.js": 200, "/assets/none.js": 404, "/ops": 401,
        "/api/v1/none": 401, "/api/v1": 401, "/api/": 401, "/healthz": 200, "//evil.test": 200,
        "/" + "a" * 5000: 200, "/a/" * 1000: 200, "/%00": 200, "/%ff%fe": 200,
        "/assets/%2e%2e/%2e%2e/data/console-token": 404,
    }  # fmt: skip
    for path, status in asked.items():
        answer = await door.ask(request("GET", path))
        check(answer, path[:40])
        assert int(answer[9:12]) == status, path[:40]
    answer = await door.ask(request("GET", "/assets/app.js", headers={"Accept-Encoding": "gzip"}))
    assert "immutable" in check(answer, "compressed")["cache-control"]


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x00\xa5\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\r\n\tfolded\r\n\r\n",
        b"CONNECT evil.test:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_answered_with_them_too(door: Door, sent: bytes) -> None:
    answer = await door.ask(sent)
    check(answer, repr(sent))
    assert int(answer[9:12]) in {200, 400, 422, 405, 404}


async def test_an_unforeseen_failure_is_answered_with_them(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("patient 张三")

    monkeypatch.setattr(door.house.app.state.queries, "overview", fails)
    known = {"Authorization": f"Bearer {console_token(door.house.data_dir)}"}
    answer = await door.ask(request("GET", "/api/v1/overview", headers=known))
    assert answer.startswith(b"HTTP/1.1 500")
    check(answer, "500")
    assert "张三".encode() not in answer


@pytest.mark.parametrize("value", [*HEADER, *PATH, *HTML])
async def test_nothing_that_is_asked_becomes_a_header(lab: House, value: str) -> None:
    """Names of files, places to go back to, the address: nothing of it ends a header early."""
    told = quote(sayable(value), safe="")
    for path in (
        f"/api/v1/messages/{told}/body",
        f"/api/v1/session/{told}/begin?return_to={told}",
        f"/api/v1/session/{told}/back?state={told}&code={told}",
        f"/{told}",
        f"/assets/{told}",
        f"/?next={told}",
    ):
        answer = await lab.client.get(path)
        assert answer.status_code in {200, 400, 404, 405, 422}, (path, answer.text)
        assert not [name for name in answer.headers if "attack" in name]
        assert "attack" not in answer.headers.get("set-cookie", "")
        assert not answer.headers.get("location", "/").startswith(("//", "http", "/\\"))
        if "<" in value:
            assert value not in answer.text or "json" in answer.headers["content-type"]


async def test_the_session_cookie_is_out_of_reach(house: House) -> None:
    people = People(house)
    await people.add("li.na", ("integration-watcher", "*"), password=PASSWORD)
    for scheme, secure in (("http", False), ("https", True)):
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(house.app), base_url=f"{scheme}://lianyi.test"
        ) as browser:
            answer = await browser.post(
                "/api/v1/session", json={"name": "li.na", "password": PASSWORD}
            )
        assert answer.status_code == 200, answer.text
        flags = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
        assert {"httponly", "samesite=strict", "path=/"} <= flags
        assert ("secure" in flags) == secure
        assert not any(flag.startswith("domain") for flag in flags)
