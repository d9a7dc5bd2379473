"""Planted secrets and patients sing nowhere: no log, no dump, no command line, no address (S13).

A real platform is used as people use it and as attackers abuse it, with a secret of its own at each
door. Then everything it has written is searched: its folder byte for byte, every row of every
table, the command lines of its processes, what it answered, and what a browser keeps.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.journeys.clinic import Clinic, admission
from tests.journeys.conftest import browser, open_house
from tests.journeys.test_console_accounts import code_of, sign_in

from lianyi.base.database import connect
from lianyi.base.embedded.server import find_dsn

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "金丝雀羽"
"""The name of an invented patient; it stands in messages, and so in their bytes alone."""
NUMBER = "CANARY7731"
"""His identifier: a key that messages and deliveries are found by."""
INDEX = {"identity_1.saying", "identity_1.record", "identity_1.person"}
"""What the patient index knows of people; that is what it is for."""
REPOSITORY = {
    f"clinical_1.{one}" for one in ("stated", "resource", "version", "text", "words", "patient")
}
"""What the clinical repository keeps of patients, and what they are found by."""
BODIES = {"messagelog.message", "messagelog.hit", *INDEX, *REPOSITORY}
"""Tables that hold messages, or what they say of people; partitions count as their parent."""
LEARNED = ("care_", "operational_")
"""What is learned of encounters names patients by their numbers, and nothing else of them."""
STAR = Path("data", "star")
"""The files of operations data, which do so too; nobody else may look into the folder."""
KEYED = {*BODIES, "channels.exception", "channels.repair", "channels.receipt", "identity.change"}
"""Tables that a patient's identifier may stand in."""
OWN_FILES = {"console-token", "session-secret", "vault-keys.json"}
"""Files of the data folder that keep a secret of the platform itself; nobody else reads them."""


def secret(word: str) -> str:
    """Return a password that a rule accepts and nothing else contains."""
    return f"Kanari-{word}-x9Q!zu7"


class Cage(Clinic):
    """A clinic that is used and abused, and remembers the secrets it was told."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        settings = folder / "lianyi.toml"
        settings.write_text('[subscriptions]\nhosts = ["127.0.0.1"]\nfailures_max = 1\n', "utf-8")
        self.options = ("--settings", str(settings))
        self.folder = folder
        self.secrets: dict[str, str] = {}
        self.answers: list[bytes] = []

    def plant(self, door: str, value: str = "") -> str:
        self.secrets[door] = value or secret(door.title().replace(" ", ""))
        return self.secrets[door]

    def ask(
        self, method: str, path: str, body: Any = None, *, keep: bool = True, **headers: str
    ) -> tuple[int, dict[str, Any], Any]:
        """Ask the API; return status, what is said, and the headers.

        Args:
            method, path: of the operation, below ``/api/v1``; or a whole path.
            body: as JSON; bytes go as they are.
            keep: whether the answer may hold no secret; some are there to hand one out.
            headers: with ``_`` for ``-``.
        """
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json", "X-Lianyi": "1"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        address = (
            path if path.startswith(("/oauth", "/ops", "/?", "/api", "/fhir")) else f"/api/v1{path}"
        )
        asked = urllib.request.Request(
            self.address + address, data=data, headers=told, method=method
        )
        try:
            answer = urllib.request.urlopen(asked, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            said = answer.read()
            if keep:
                self.answers.append(said + str(answer.headers).encode())
            with contextlib.suppress(ValueError):
                return answer.status, json.loads(said), answer.headers
            return answer.status, {}, answer.headers

    def sign_in(self, **proof: str) -> str:
        """Sign in; return the header that says who we are, and plant the session."""
        status, _, headers = self.ask("POST", "/session", proof, keep=False)
        assert status in {200, 204}
        cookie = headers["set-cookie"].partition(";")[0]
        self.plant(f"session {proof.get('name')} {len(self.secrets)}", cookie.partition("=")[2])
        return cookie

    def sign_everybody_in(self) -> str:
        """Go through every door that takes or gives a secret; return an administrator's session."""
        first = {"Authorization": f"Bearer {self.plant('first token', self.token)}"}
        password = self.plant("administrator")
        wanted = {"name": "wang.an", "display_name": "王安", "password": password}
        status, _, _ = self.ask("POST", "/session/first", wanted, **first)
        assert status in {200, 204}
        cookie = self.sign_in(name="wang.an", password=password)
        for name in ("li.na", "robot"):
            kind = "service" if name == "robot" else "person"
            self.ask("POST", "/accounts", {"name": name, "display_name": name, "kind": kind},
                     Cookie=cookie, keep=False)  # fmt: skip
        _, said, _ = self.ask("POST", "/accounts/li.na/password", Cookie=cookie, keep=False)
        given = self.plant("given password", next(v for k, v in said.items() if "pass" in k))
        _, said, _ = self.ask(
            "POST", "/accounts/robot/keys", {"title": "x"}, Cookie=cookie, keep=False
        )
        key = self.plant("key", said["secret"])
        self.ask("GET", "/session", Authorization=f"Bearer {key}")
        self._subscribe(cookie, key)
        own = self.sign_in(name="li.na", password=given)
        chosen = self.plant("chosen password")
        status, _, _ = self.ask("POST", "/me/password", {"old": given, "new": chosen}, Cookie=own)
        assert status in {200, 204}
        own = self.sign_in(name="li.na", password=chosen)
        self._add_factor(own)
        for wrong in ("weak", secret("NeverAccepted")):
            self.ask("POST", "/me/password", {"old": self.plant("wrong old"), "new": wrong},
                     Cookie=own)  # fmt: skip
        return cookie

    def _subscribe(self, cookie: str, key: str) -> None:
        """Let a system be told of results at a receiver that wants a secret, and is not there."""
        role = {"role": "clinical-system", "organisation": "*", "reason": "x"}
        assert self.ask("POST", "/accounts/robot/roles", role, Cookie=cookie)[0] == 200
        headers = [f"Authorization: Bearer {self.plant('header of a subscription')}"]
        wanted = {
            "resourceType": "Subscription", "status": "requested", "reason": "x",
            "criteria": "urn:lianyi:topic:result-final",
            "channel": {"type": "rest-hook", "endpoint": "http://127.0.0.1:9/hook",
                        "payload": "application/fhir+json", "header": headers},
        }  # fmt: skip
        told = {"Authorization": f"Bearer {key}", "Content_Type": "application/fhir+json"}
        status, made, _ = self.ask("POST", "/fhir/Subscription?channel=admissions", wanted, **told)
        assert status == 201, made
        path = f"/fhir/Subscription/{made['id']}"
        self.until(
            lambda: "error" in str(self.ask("GET", f"{path}/$status", **told)[1]), "nobody failed"
        )
        assert "***" in str(self.ask("GET", path, **told)[1])

    def _add_factor(self, cookie: str) -> None:
        status, said, _ = self.ask("POST", "/me/second-factor", Cookie=cookie, keep=False)
        assert status in {200, 204}
        key = self.plant("one-time key", said["secret"])
        self.plant("one-time key in hexadecimal", base64.b32decode(key).hex())
        status, said, _ = self.ask(
            "POST", "/me/second-factor/confirm", {"code": code_of(key)}, Cookie=cookie, keep=False
        )
        assert status in {200, 204}
        codes = next((v for v in said.values() if isinstance(v, list)), [])
        for n, code in enumerate(codes):
            self.plant(f"recovery code {n}", code)

    def abuse(self, cookie: str) -> None:
        """Bring secrets and patients where they do not belong; all of it is refused."""
        told = self.plant("wrong password")
        self.ask("POST", "/session", {"name": "wang.an", "password": told})
        self.ask("POST", "/session", {"token": self.plant("wrong token")})
        self.ask("POST", "/session", {"name": ["x"], "password": self.plant("odd password")})
        self.ask("POST", "/session", f'{{"password": "{self.plant("broken body")}"'.encode())
        self.ask("POST", "/session", {"name": "x", "password": self.plant("long") * 500})
        self.ask("POST", "/session", {"name": "x", "pasword": self.plant("misspelt")})
        bearer = self.plant("wrong bearer")
        self.ask("GET", "/accounts", Authorization=f"Bearer {bearer}")
        basic = base64.b64encode(f"x:{self.plant('basic')}".encode()).decode()
        self.ask("GET", "/accounts", Authorization=f"Basic {basic}")
        self.ask("GET", "/accounts", Cookie=f"lianyi_session={self.plant('wrong cookie')}")
        for word in ("token", "access_token", "password", "code", "key", "secret"):
            value = urllib.parse.quote(self.plant(f"in an address {word}"))
            self.ask("GET", f"/accounts?{word}={value}", Cookie=cookie)
            self.ask("GET", f"/?{word}={value}")
        form = {"grant_type": "client_credentials", "client_id": "robot",
                "client_secret": self.plant("client secret"),
                "client_assertion": self.plant("assertion")}  # fmt: skip
        body = urllib.parse.urlencode(form).encode()
        kind = {"Content_Type": "application/x-www-form-urlencoded"}
        self.ask("POST", "/oauth/token", body, **kind)
        token = urllib.parse.urlencode({"token": self.plant("revoked token")}).encode()
        self.ask("POST", "/oauth/revoke", token, **kind)
        self.ask("POST", "/oauth/introspect", token, **kind)
        ops = urllib.parse.urlencode({"name": "x", "password": self.plant("ops")}).encode()
        self.ask("POST", "/ops", ops, **kind)
        jwk = {"kty": "RSA", "n": "x", "e": "AQAB", "d": self.plant("private key")}
        self.ask("PUT", "/accounts/robot/public-keys", {"keys": [jwk]}, Cookie=cookie)

    def treat(self, cookie: str) -> None:
        """Send a patient through everything that can go wrong with him."""
        name = f"{NAME}^某"
        assert self.send(admission("C1", NUMBER, name=name)) == "AA"
        self.send(admission("C2", NUMBER, name=name, sex="X"))
        self.send(admission("C3", "", name=name))
        self.send(admission("C4", NUMBER, name=f"{name} REFUSE"))
        self.send(admission("C5", NUMBER, name=name).replace("|2.4", "|9.9"))
        with contextlib.suppress(AssertionError):
            self.send(admission("C6", NUMBER, name=name), codec="gb18030")
        many = "&".join(f"x{n}={n}" for n in range(500))
        assert self.ask("GET", f"/accounts?{many}", Cookie=cookie)[0] == 200
        for path in (f"/messages/{NUMBER}", f"/messages?q={NUMBER}&limit=x"):
            self.ask("GET", path)
        body = {"channel": "admissions", "destination": "record", "filter": {"key": NUMBER * 50}}
        self.ask("POST", "/replays/dry-run", body)
        self.ask("POST", "/masterdata/organisation/import", f"{NAME},{NAME}\n".encode())

    def rows(self) -> dict[str, str]:
        """Return the text of every table of the database."""
        with ThreadPoolExecutor(1) as apart:  # a browser's event loop runs in this thread
            return apart.submit(lambda: asyncio.run(self._rows())).result()

    async def _rows(self) -> dict[str, str]:
        address = find_dsn(self.folder / "data")
        assert address
        connection = await connect(address)
        try:
            tables = await connection.fetch(
                "SELECT c.oid::regclass::text, coalesce(pg_partition_root(c.oid), c.oid)::regclass"
                "::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE c.relkind IN ('r', 'm')"
                " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            )
            found: dict[str, str] = {}
            for name, whole in tables:
                rows = await connection.fetch(f"SELECT * FROM {name}")
                text = "\n".join(" ".join(map(_readable, row.values())) for row in rows)
                found[whole] = found.get(whole, "") + text
            return found
        finally:
            await connection.close()

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Give every file below the folder, and what stands in it."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                with contextlib.suppress(FileNotFoundError):
                    yield path.relative_to(self.folder), path.read_bytes()


def _readable(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return json.dumps(value, ensure_ascii=False, default=str)


def commands() -> bytes:
    """Return the command lines of every process of this machine."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += path.read_bytes() + b"\n"
    return found


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with open_house(Cage) as cage:
        cookie = cage.sign_everybody_in()
        cage.treat(cookie)
        cage.abuse(cookie)
        yield cage


def holding(text: bytes | str, wanted: dict[str, str]) -> list[str]:
    """Return which of the canaries sing in a text."""
    known = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return [door for door, value in wanted.items() if value.encode() in known]


def test_no_secret_stands_in_a_file(cage: Cage) -> None:
    """Also not in the files of the database: its rows, its journal, its log."""
    assert len(cage.secrets) > 35
    found = {
        str(path): sung
        for path, content in cage.files()
        if path.name not in OWN_FILES and (sung := holding(content, cage.secrets))
    }
    assert found == {}
    for name in OWN_FILES:
        for path in cage.folder.rglob(name):
            assert path.stat().st_mode & 0o077 == 0, name


def test_no_secret_stands_in_a_row(cage: Cage) -> None:
    rows = cage.rows()
    assert len(rows) > 20
    assert {
        name: sung for name, text in rows.items() if (sung := holding(text, cage.secrets))
    } == {}


def test_a_patient_stands_in_his_messages_only(cage: Cage) -> None:
    rows = cage.rows()
    named = {name for name, text in rows.items() if NAME in text}
    assert {"messagelog.message"} <= named <= {*BODIES, "channels.repair"}
    keyed = {name for name, text in rows.items() if NUMBER in text}
    assert {name for name in keyed if not name.startswith(LEARNED)} <= KEYED


def test_no_patient_stands_in_a_file_beside_the_database(cage: Cage) -> None:
    patient = {"name": NAME, "number": NUMBER}
    base = Path("data", "postgres")
    found = {
        str(path): sung
        for path, content in cage.files()
        if not (path.is_relative_to(base) and {"base", "pg_wal"} & set(path.parts))
        if (
            sung := holding(content, {"name": NAME} if path.is_relative_to(STAR) else patient)
            + holding(str(path), patient)
        )
    }
    assert found == {}
    assert (cage.folder / "serve.log").stat().st_size > 0


def test_no_canary_stands_in_a_command_line(cage: Cage) -> None:
    told = commands()
    assert b"lianyi" in told
    assert holding(told, {**cage.secrets, "name": NAME, "number": NUMBER}) == []


def test_no_refusal_repeats_a_secret(cage: Cage) -> None:
    assert len(cage.answers) > 30
    assert [holding(one, cage.secrets) for one in cage.answers if holding(one, cage.secrets)] == []


def test_no_canary_stays_in_a_browser(cage: Cage, browser: Browser) -> None:
    """Its addresses, its storage, and the referrer of what it asks for."""
    context = browser.new_context(locale="zh-CN")
    asked: list[str] = []
    context.on("request", lambda one: asked.append(f"{one.url} {one.headers.get('referer', '')}"))
    page = context.new_page()
    sign_in(cage, page, "wang.an", cage.secrets["administrator"])
    expect(page.get_by_role("button", name="王安的账户")).to_be_visible()
    for path in ("/accounts", "/accounts/li.na", "/accounts/robot", "/me", "/masterdata", "/audit"):
        page.goto(f"{cage.address}{path}")
        expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
    kept = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage},"
                         " document.cookie, location.href, history.state])")  # fmt: skip
    assert holding(" ".join(asked) + kept, {**cage.secrets, "name": NAME}) == []
    assert page.evaluate("() => document.cookie") == ""
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0
    assert page.evaluate("async () => (await caches.keys()).length") == 0
    context.close()


def test_a_token_behind_the_hash_is_asked_of_nobody(cage: Cage, browser: Browser) -> None:
    context = browser.new_context(locale="zh-CN")
    asked: list[str] = []
    context.on("request", lambda one: asked.append(one.url))
    page = context.new_page()
    told = cage.plant("token in an address")
    page.goto(f"{cage.address}/#token={told}")
    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()
    assert [url for url in asked if told in url.partition("#")[0]] == []
    assert told not in page.url
    context.close()
