"""A revocation in one process acts at once in another, though that one remembers for ever."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.ports import free_port
from tests.peers.slapd import wait_for_port
from tests.unit.security.people import People

from lianyi.api.guard import COOKIE
from lianyi.security import account_store as store

PASSWORD = "Throw-away-9182-kiln"
API = "/api/v1"
HARD_OF_FORGETTING = """
import lianyi.api.assembly, lianyi.security.signing_in
lianyi.security.signing_in.REMEMBERED_SECONDS = lianyi.api.assembly.ROLES_SECONDS = 1e9
from lianyi.cli.main import main
main()
"""
"""What it remembers it forgets only when it hears that it should."""


@pytest.fixture
async def processes(database: str, tmp_path: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two processes that serve one installation; each client brings the boss's session."""
    settings = tmp_path / "lianyi.toml"
    settings.write_text(f'[database]\nurl = "{database}"\n')
    (tmp_path / "data").mkdir()
    started: list[subprocess.Popen[bytes]] = []
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            port = free_port()
            command = [sys.executable, "-c", HARD_OF_FORGETTING, "role", "api"]
            where = ["--settings", str(settings), "--data", str(tmp_path / "data")]
            started.append(subprocess.Popen([*command, *where, "--http-port", str(port)],
                                            env=dict(os.environ)))  # fmt: skip
            stack.callback(started[-1].wait)
            stack.callback(started[-1].terminate)
            await asyncio.to_thread(wait_for_port, port)
            client = httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}{API}", headers={"X-Lianyi": "1"}, trust_env=False
            )
            clients.append(await stack.enter_async_context(client))
        token = (tmp_path / "data" / "console-token").read_text().strip()
        first = {"name": "boss", "display_name": "甲", "password": PASSWORD}
        bearer = {"Authorization": f"Bearer {token}"}
        (await clients[0].post("/session/first", json=first, headers=bearer)).raise_for_status()
        opened = await clients[0].post("/session", json={"name": "boss", "password": PASSWORD})
        opened.raise_for_status()
        clients[1].cookies.set(COOKIE, opened.cookies[COOKIE])
        yield clients


async def becomes(status: int, ask: Callable[[], Awaitable[httpx.Response]]) -> None:
    async with asyncio.timeout(30):  # else it would be asked for ever
        while (await ask()).status_code != status:
            await asyncio.sleep(0.01)


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def test_whoever_is_revoked_in_one_process_is_out_in_the_other(
    processes: list[httpx.AsyncClient],
) -> None:
    here, there = processes
    await made(here, "/accounts", {"name": "robot", "display_name": "系统", "kind": "service"})
    role = {"role": "security-administrator", "organisation": "*", "reason": "test"}
    assigned = await made(here, "/accounts/robot/roles", role)

    async def with_key(key: str) -> Callable[[], Awaitable[httpx.Response]]:
        bearer = {"Authorization": f"Bearer {key}"}

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(trust_env=False) as stranger:
                return await stranger.get(f"{there.base_url}accounts", headers=bearer)

        await becomes(200, ask)
        return ask

    first = await made(here, "/accounts/robot/keys", {"title": "one"})
    second = await made(here, "/accounts/robot/keys", {"title": "two"})
    asks_first, asks_second = await with_key(first["secret"]), await with_key(second["secret"])

    (await here.delete(f"/accounts/robot/keys/{first['key']['id']}")).raise_for_status()
    await becomes(401, asks_first)
    assert (await asks_second()).status_code == 200

    (await here.delete(f"/accounts/robot/roles/{assigned['id']}")).raise_for_status()
    await becomes(403, asks_second)

    (await here.patch("/accounts/robot", json={"state": "disabled"})).raise_for_status()
    await becomes(401, asks_second)

    async def asks_boss() -> httpx.Response:
        return await there.get("/accounts")

    await becomes(200, asks_boss)
    (await here.delete("/session")).raise_for_status()
    await becomes(401, asks_boss)


async def test_an_answer_that_was_asked_for_before_a_revocation_is_not_remembered(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.add("li.na", ("integration-engineer", "*"))
    browser = await people.browser("li.na")
    find = store.find_session

    async def slowly(*given: Any) -> Any:
        found = await find(*given)
        await people.house.pool.execute("UPDATE security.session SET ended_at = now()")
        people.signing_in.forget()  # the revocation is heard while the old answer is on its way
        return found

    monkeypatch.setattr(store, "find_session", slowly)
    await browser.get("/api/v1/overview")
    monkeypatch.undo()
    assert (await browser.get("/api/v1/overview")).status_code == 401
