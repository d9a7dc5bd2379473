"""Who may enter, how failures look, what machines and browsers without a token get."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.unit.security.matrix import code_of

import lianyi.channels
import lianyi.connectors
import lianyi.formats
from lianyi.api.addresses import bare_app
from lianyi.api.console import Console
from lianyi.api.first_token import EmptySecret, Failures, console_token, keep_secret
from lianyi.api.guard import COOKIE
from lianyi.api.openapi import document
from lianyi.api.reference import explain, parse_reference
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import SteppedClock
from lianyi.base.errors import every_error
from lianyi.base.health import HealthChecks
from lianyi.channels.attendance import Attendance
from lianyi.security.settings import SecuritySettings

from .house import START, House, hl7, serving

OPEN = {
    "GET /healthz",
    "GET /readyz",
    "GET /api/v1/session",
    "POST /api/v1/session",
    "GET /api/v1/errors/{code}",
    "POST /api/v1/record/launches",
    "POST /api/v1/record/launches/finish",
    "POST /api/v1/record/links/open",
    "GET /api/v1/session/{provider}/begin",
    "GET /api/v1/session/{provider}/finish",
    "POST /api/v1/session/{provider}/finish",
    "POST /api/v1/session/{provider}/code",
    "POST /api/v1/session/{provider}/logged-out",
    "GET /api/v1/session/{provider}/metadata",  # what every identity provider is given
    "POST /oauth/token",
    "POST /oauth/revoke",
    "POST /oauth/introspect",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/smart-configuration",
    "GET /.well-known/openid-configuration",
    "GET /oauth/authorize",
    "POST /oauth/authorize",
    "GET /oauth/keys",
    "GET /fhir/metadata",
    "GET /fhir/.well-known/smart-configuration",
}
"""What answers a stranger: signing in, and what tells nothing worth protecting."""
OPERATIONS = [
    (method.upper(), re.sub(r"{position}", "1-1", path))
    for path, methods in bare_app().openapi()["paths"].items()
    for method in methods
]


def problem_is_whole(answer: httpx.Response) -> bool:
    problem = answer.json()["error"]
    words = {"what", "why", "next_step"}
    return (
        set(problem) == {"code", "category", "where", "zh", "en"}
        and set(problem["zh"]) == set(problem["en"]) == words
        and bool(re.fullmatch(r"LY-\d{4}", problem["code"]))
    )


@pytest.fixture
def stranger(house: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(house.app), base_url="http://lianyi.test"
    )


def test_the_committed_contract_is_the_one_that_is_served() -> None:
    committed = Path(__file__).parents[3] / "web" / "openapi.json"
    assert committed.read_text(encoding="utf-8") == document(), (
        "run: python -m lianyi.api.openapi > web/openapi.json"
    )


async def test_every_door_but_the_open_ones_asks_who_is_there(
    house: House, stranger: httpx.AsyncClient
) -> None:
    for method, path in OPERATIONS:
        house.clock.advance(timedelta(seconds=61))  # whoever tries all of them is slowed down
        answer = await stranger.request(method, path, content=b"not even JSON")
        if f"{method} {path}" in OPEN:
            assert answer.status_code != 401, path
        else:
            assert answer.status_code == 401, path
            assert code_of(answer) == "LY-1606", path
            assert path.startswith("/fhir/") or problem_is_whole(answer), path


async def test_a_token_opens_a_session_that_ends(house: House, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/session")).json()["signed_in"] is False
    wrong = await stranger.post("/api/v1/session", json={"token": "wrong"})
    assert wrong.status_code == 401

    answer = await stranger.post("/api/v1/session", json={"token": console_token(house.data_dir)})

    assert answer.json()["signed_in"] is True
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert (await stranger.get("/api/v1/session")).json()["signed_in"] is True
    assert (await stranger.get("/api/v1/channels")).status_code == 200
    left = await stranger.delete("/api/v1/session", headers={"X-Lianyi": "1"})
    assert left.json()["signed_in"] is False
    assert (await stranger.get("/api/v1/channels")).status_code == 401


async def test_a_session_ends_when_nobody_uses_it(
    house: House, stranger: httpx.AsyncClient
) -> None:
    await stranger.post("/api/v1/session", json={"token": console_token(house.data_dir)})
    house.clock.advance(timedelta(minutes=29))
    assert (await stranger.get("/api/v1/channels")).status_code == 200
    house.clock.advance(timedelta(minutes=29))
    assert (await stranger.get("/api/v1/channels")).status_code == 200
    house.clock.advance(timedelta(minutes=31))
    assert (await stranger.get("/api/v1/channels")).status_code == 401


async def test_a_session_ends_in_time_also_when_it_is_used(
    house: House, stranger: httpx.AsyncClient
) -> None:
    await stranger.post("/api/v1/session", json={"token": console_token(house.data_dir)})
    for _ in range(26):
        house.clock.advance(timedelta(minutes=27))
        assert (await stranger.get("/api/v1/channels")).status_code == 200
    house.clock.advance(timedelta(minutes=27))
    assert (await stranger.get("/api/v1/channels")).status_code == 401


async def test_a_change_by_cookie_needs_the_header_of_our_own_pages(
    house: House, stranger: httpx.AsyncClient
) -> None:
    await stranger.post("/api/v1/session", json={"token": console_token(house.data_dir)})
    refused = await stranger.post("/api/v1/channels/none/stop")
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "LY-1607"
    let_in = await stranger.post("/api/v1/channels/none/stop", headers={"X-Lianyi": "1"})
    assert let_in.status_code == 404


@pytest.mark.parametrize("cookie", ["", "1", "1.2", "9999999999.abc", "é.é", '"', "1772438430."])
async def test_a_forged_cookie_opens_nothing(
    stranger: httpx.AsyncClient, house: House, cookie: str
) -> None:
    header = f"{COOKIE}={cookie}".encode()
    answer = await stranger.get("/api/v1/channels", headers=[(b"cookie", header)])
    assert answer.status_code == 401


async def test_guessing_a_token_is_slowed_down(house: House, stranger: httpx.AsyncClient) -> None:
    for _ in range(10):
        assert (await stranger.post("/api/v1/session", json={"token": "guess"})).status_code == 401
    right = {"token": console_token(house.data_dir)}
    assert (await stranger.post("/api/v1/session", json=right)).status_code == 429
    bearer = await stranger.get("/api/v1/channels", headers={"Authorization": "Bearer guess"})
    assert bearer.status_code == 429
    house.clock.advance(timedelta(seconds=61))
    assert (await stranger.post("/api/v1/session", json=right)).status_code == 200


def test_the_list_of_wrong_guesses_stays_short() -> None:
    failures = Failures(SteppedClock(START), failures_max=1)
    for number in range(5000):
        failures.count(f"10.0.0.{number}")
    assert len(failures._seen) <= 1024
    assert failures.blocked("10.0.0.4999")


def test_the_token_is_made_once_and_nobody_else_reads_it(tmp_path: Path) -> None:
    token = console_token(tmp_path / "data")
    assert console_token(tmp_path / "data") == token
    assert len(token) >= 32
    file = tmp_path / "data" / "console-token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["console-token"]


def test_an_empty_secret_never_opens_the_door(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("")
    with pytest.raises(EmptySecret):
        keep_secret(tmp_path / "secret", "fresh")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/api/v1/nothing", None, 404, "LY-1602"),
        ("GET", "/api/v1/messages/", None, 404, "LY-1602"),
        ("PUT", "/api/v1/channels", None, 405, "LY-1603"),
        ("GET", "/api/v1/messages?limit=0", None, 422, "LY-1601"),
        ("GET", "/api/v1/messages?gate=maybe", None, 422, "LY-1601"),
        ("GET", "/api/v1/messages?from=yesterday", None, 422, "LY-1601"),
        ("GET", "/api/v1/messages/1-x", None, 422, "LY-1601"),
        ("GET", "/api/v1/messages/99999-1", None, 422, "LY-1601"),
        ("GET", "/api/v1/channels/none", None, 404, "LY-1621"),
        ("GET", "/api/v1/errors/LY-0099", None, 404, "LY-1610"),
        ("POST", "/api/v1/replays/none/stop", {}, 404, "LY-1623"),
        ("POST", "/api/v1/deliveries/1/1-1/resend", {}, 404, "LY-1625"),
        ("POST", "/api/v1/deliveries/1/1-1/dismiss", {}, 422, "LY-1601"),
        ("POST", "/api/v1/deliveries/1/1-1/dismiss", {"reason": "  "}, 422, "LY-1601"),
        ("POST", "/api/v1/deliveries/1/1-1/dismiss", {"raeson": "x"}, 422, "LY-1601"),
        ("POST", "/api/v1/held/1-1/release", {"reason": "x"}, 404, "LY-1625"),
        ("POST", "/api/v1/session", {"token": "x" * 201}, 422, "LY-1601"),
        ("POST", "/api/v1/session", {"token": ""}, 401, "LY-1802"),
    ],
)
async def test_every_failure_has_the_same_shape(
    house: House, method: str, path: str, body: object, status: int, code: str
) -> None:
    answer = await house.client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == code
    assert problem_is_whole(answer)


async def test_a_failure_never_repeats_what_it_was_sent(house: House) -> None:
    answer = await house.client.post(
        "/api/v1/deliveries/1/1-1/dismiss", json={"reason": {"patient": "张三"}}
    )
    assert answer.status_code == 422
    assert "张三" not in answer.text


async def test_an_unforeseen_exception_says_nothing_but_its_code(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def breaks() -> None:
        raise KeyError("张三 320102")

    monkeypatch.setattr(house.app.state.queries, "overview", breaks)
    answer = await house.client.get("/api/v1/overview")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "LY-0001"
    assert "张三" not in answer.text
    assert "张三" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError("10.0.0.1"), "LY-1017"),
        (asyncpg.InterfaceError("pool is closed"), "LY-1017"),
        (asyncpg.QueryCanceledError("canceling statement"), "LY-1604"),
    ],
)
async def test_a_database_that_fails_is_unavailable_and_not_unforeseen(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    async def breaks() -> None:
        raise error

    monkeypatch.setattr(house.app.state.queries, "overview", breaks)
    answer = await house.client.get("/api/v1/overview")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == code


async def test_machines_ask_without_a_token(house: House, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).json() == {"live": True}
    assert (await stranger.get("/readyz")).json() == {"ready": True, "checks": {}}
    metrics = await house.client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert b"process_resident_memory_bytes" in metrics.content


async def test_metrics_need_a_key_unless_they_are_opened_to_this_machine(
    house: House, database: str, tmp_path: Path
) -> None:
    def machine(served: House, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(served.app, client=(address, 4711))
        return httpx.AsyncClient(transport=transport, base_url="http://lianyi.test")

    assert (await machine(house).get("/metrics")).status_code == 401
    opened = SecuritySettings(metrics_open=True)
    async with serving(database, tmp_path / "opened", security=opened) as other:
        assert (await machine(other).get("/metrics")).status_code == 200
        assert (await machine(other, "10.0.0.9").get("/metrics")).status_code == 401
        for header in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            answer = await machine(other).get("/metrics", headers={header: "10.0.0.9"})
            assert answer.status_code == 401, header


async def test_a_failed_check_is_not_ready(house: House, stranger: httpx.AsyncClient) -> None:
    async def broken() -> str:
        raise OSError("no route to 10.0.0.1")

    health: HealthChecks = house.app.state.health
    health.add("database", broken)
    answer = await stranger.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "checks": {"database": {"ok": False, "detail": "OSError", "problem": None}},
    }


async def test_metrics_tell_when_a_destination_has_caught_up_and_how_busy_the_pool_is(
    lab: House, stranger: httpx.AsyncClient
) -> None:
    await lab.append("lab", [hl7(f"A{n}") for n in range(6)])
    said = {"updated_at": lab.clock.now().isoformat(), "state": "flowing", "rate_per_second": 2}
    await lab.pool.execute("UPDATE channels.destination SET state = $1 WHERE name = 'emr'", said)
    shown = (await lab.client.get("/metrics")).text
    (line,) = re.findall(r"^lianyi_catch_up_seconds\{.*\"emr\"\} (.*)$", shown, re.MULTILINE)
    assert float(line) == 3.0
    (line,) = re.findall(r"^lianyi_catch_up_seconds\{.*\"alerts\"\} (.*)$", shown, re.MULTILINE)
    assert line == "+Inf"
    assert "lianyi_database_pool_waiting 0.0" in shown


async def alive(house: House) -> None:
    """Let every process say that it works, as intake and deliver do."""
    said = {"updated_at": house.clock.now().isoformat(), "running": True, "state": "idle"}
    await house.pool.execute("UPDATE channels.channel SET source_state = $1", said)
    await house.pool.execute("UPDATE channels.destination SET state = $1", said)


@pytest.fixture
def attended(lab: House) -> House:
    """The house with the checks of a real API process."""
    attendance = Attendance(lab.pool, lab.clock)
    lab.app.state.health.add("intake", attendance.intake, own=False)
    lab.app.state.health.add("deliver", attendance.deliver, own=False)
    return lab


async def readiness(house: House, query: str = "") -> tuple[int, Any]:
    answer = await house.client.get(f"/readyz{query}")
    return answer.status_code, answer.json()["checks"]


async def test_an_installation_at_work_is_ready(attended: House) -> None:
    await alive(attended)
    status, checks = await readiness(attended)
    assert (status, checks["intake"]["ok"], checks["deliver"]["ok"]) == (200, True, True)


async def test_nobody_who_takes_messages_in_is_not_ready_and_named_in_both_languages(
    attended: House,
) -> None:
    await alive(attended)
    await attended.pool.execute("UPDATE channels.channel SET source_state = '{}'")
    status, checks = await readiness(attended)
    assert (status, checks["intake"]["ok"], checks["deliver"]["ok"]) == (503, False, True)
    problem = checks["intake"]["problem"]
    assert (problem["code"], problem["where"]) == ("LY-1613", "adt, lab")
    assert problem["zh"]["what"] == "没有进程在接收"
    assert problem["en"]["what"] == "no process is receiving"


async def test_a_shard_that_nobody_owns_is_not_ready_though_another_is(attended: House) -> None:
    await alive(attended)
    await attended.pool.execute("UPDATE channels.channel SET shard = 2 WHERE name = 'adt'")
    await attended.pool.execute(
        "UPDATE channels.channel SET source_state = '{}' WHERE name = 'adt'"
    )
    status, checks = await readiness(attended)
    assert (status, checks["intake"]["problem"]["where"]) == (503, "adt")


async def test_processes_that_have_said_nothing_for_a_while_are_gone(attended: House) -> None:
    await alive(attended)
    attended.clock.advance(timedelta(seconds=11))
    status, checks = await readiness(attended)
    assert (status, checks["intake"]["ok"], checks["deliver"]["ok"]) == (503, False, False)
    assert checks["deliver"]["problem"]["code"] == "LY-1612"
    assert "lab → emr" in checks["deliver"]["problem"]["where"]


async def test_the_process_may_be_ready_while_the_installation_is_not(attended: House) -> None:
    assert await readiness(attended, "?of=process") == (200, {})
    assert (await attended.client.get("/readyz?of=moon")).status_code == 422


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE channels.channel SET version = 0",  # their files are gone
        "WITH c AS (UPDATE channels.channel SET wanted = 'stopped')"
        " UPDATE channels.destination SET wanted = 'stopped'",
    ],
)
async def test_nothing_is_missed_where_nothing_is_wanted(attended: House, statement: str) -> None:
    await attended.pool.execute(statement)
    assert (await readiness(attended))[0] == 200


async def test_a_missing_console_says_how_to_build_it(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/")
    assert answer.status_code == 200
    assert "make setup" in answer.text
    assert "/ops" in answer.text


async def test_the_console_is_served_and_nothing_beside_it(
    tmp_path: Path, house: House, stranger: httpx.AsyncClient
) -> None:
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>console</p>")
    (folder / "assets" / "app-1a2b.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")

    for route in ("/", "/messages/1-5", "/index.html"):
        page = await stranger.get(route)
        assert page.text == "<p>console</p>"
        assert page.headers["cache-control"] == "no-cache"
    script = await stranger.get("/assets/app-1a2b.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "javascript" in script.headers["content-type"]
    assert (await stranger.get("/assets/gone.js")).status_code == 404
    assert (await stranger.post("/messages")).status_code == 405
    for path in ("../secret.txt", "assets/../../secret.txt", "/etc/passwd", "a\0b"):
        assert Console(folder)._file(path) is None


async def test_every_answer_carries_the_security_headers(
    house: House, stranger: httpx.AsyncClient
) -> None:
    for path in ("/", "/healthz", "/api/v1/session", "/api/v1/channels", "/ops", "/nothing"):
        headers = (await stranger.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "cache-control" in headers


async def test_error_codes_are_explained_in_both_languages(house: House) -> None:
    found = await house.get("/errors/LY-1606")
    assert found["zh_title"]
    assert found["en_text"]


def test_the_reference_is_cut_into_languages() -> None:
    text = (
        "# Errors\n\n## LY-1234 A title / 标题\n\n"
        "English one.\n\nEnglish two.\n\n中文一。\n\n中文二。\n\n"
        "## LY-1235 Other / 其他\n\nEnglish.\n\n中文。\n"
    )
    found = parse_reference(text)
    assert found["LY-1234"].en_text == "English one.\n\nEnglish two."
    assert found["LY-1234"].zh_text == "中文一。\n\n中文二。"
    assert found["LY-1235"].zh_title == "其他"


def test_a_code_without_paragraph_is_explained_by_its_own_words() -> None:
    assert explain("LY-0001").code == "LY-0001"


async def test_the_emergency_page_works_without_javascript_and_without_database(
    lab: House, stranger: httpx.AsyncClient
) -> None:
    closed = await stranger.get("/ops")
    assert closed.status_code == 401
    assert "<form" in closed.text
    wrong = await stranger.post("/ops", data={"token": "wrong"})
    assert "LY-1802" in wrong.text
    opened = await stranger.post("/ops", data={"token": console_token(lab.data_dir)})
    assert opened.status_code == 303
    page = await stranger.get("/ops")
    assert "emr" in page.text
    assert "<script" not in page.text
    await lab.served.close()
    down = await stranger.get("/ops")
    assert down.status_code == 503
    assert "LY-1017" in down.text


def test_a_time_zone_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="not a time zone"):
        ApiSettings(timezone="Mars/Olympus")


def test_a_process_that_only_serves_knows_every_error_that_others_store() -> None:
    """Deliveries keep codes; what this process has not imported it could not put into words."""
    program = (
        "import lianyi.api.assembly\n"
        "from lianyi.base.errors import every_error\n"
        "print(*sorted(kind.code for kind in every_error()))\n"
    )
    known = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout.split()
    for package in (lianyi.channels, lianyi.connectors, lianyi.formats):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    stored = {
        kind.code
        for kind in every_error()
        if kind.__module__.startswith(("lianyi.channels", "lianyi.connectors", "lianyi.formats"))
    }
    assert stored - set(known) == set()
