"""The owner of the machine manages accounts, and the command line has a key of its own."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from benchmarks.ports import free_port
from tests.unit.api.outside import API, OpenHouse, open_house

PASSWORD = "Throw-away-9182-kiln"


class Typed:
    """The command ``lianyi`` as the owner of the machine types it."""

    def __init__(self, folder: Path, database: str, port: int) -> None:
        self.settings = folder / "lianyi.toml"
        self.settings.write_text(f'[database]\nurl = "{database}"\n[api]\nport = {port}\n')
        self._folder = folder

    async def __call__(
        self, *arguments: str, code: int = 0, lang: str = "en", **environment: str
    ) -> tuple[str, str]:
        """Return what it prints, and what it says against it."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "lianyi.cli", *arguments],
            capture_output=True,
            cwd=self._folder,
            env={**os.environ, "LIANYI_LANG": lang, **environment},
            timeout=60,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, out + err
        return out, err

    async def json(self, *arguments: str, **more: Any) -> Any:
        """Return what it prints with ``--json``."""
        return json.loads((await self(*arguments, "--json", **more))[0])


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(database, tmp_path, free_port()) as found:
        yield found


@pytest.fixture
def lianyi(house: OpenHouse, tmp_path: Path, database: str) -> Typed:
    return Typed(tmp_path, database, int(house.address.rpartition(":")[2]))


async def first_administrator(house: OpenHouse) -> None:
    wanted = {"name": "boss", "display_name": "甲", "password": PASSWORD}
    await house.ask("POST", "/session/first", json=wanted)


async def signs_in(house: OpenHouse, name: str, password: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        return await client.post(f"{API}/session", json={"name": name, "password": password})


async def test_the_command_line_works_on_with_a_key_when_the_first_token_has_ended(
    house: OpenHouse, lianyi: Typed
) -> None:
    assert await lianyi.json("channel", "list") == [], "at first the token serves"
    await first_administrator(house)
    _, said = await lianyi("channel", "list", code=1)
    assert "LY-1726" in said
    assert "make-command-key" in said
    assert "命令行需要密钥" in said

    made = await lianyi.json(
        "account", "make-command-key", "--role", "integration-watcher", "--organisation", "*"
    )
    file = Path(made["file"])
    assert file == house.data_dir / "command-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await lianyi.json("channel", "list") == []
    _, said = await lianyi("channel", "stop", "lab", code=1)
    assert "LY-1800" in said, "the role says what it may"

    acts = [await house.acts(kind) for kind in ("account.created", "account.key_added")]
    owner = f"machine:{getpass.getuser()}"
    assert [each[-1]["actor"] for each in acts] == [owner, owner]
    assert made["key"] in str(acts[1])
    assert file.read_text().strip() not in str(acts)


async def test_a_new_key_ends_the_old_one_and_its_roles(house: OpenHouse, lianyi: Typed) -> None:
    await first_administrator(house)
    await lianyi("account", "make-command-key", "--role", "integration-watcher")
    old = house.data_dir / "old"
    (house.data_dir / "command-key").rename(old)
    await lianyi("account", "make-command-key", "--role", "manager", "--organisation", "H1")
    _, said = await lianyi("channel", "list", "--key-file", str(old), code=1)
    assert "LY-1725" in said
    _, said = await lianyi("channel", "list", code=1, LIANYI_KEY_FILE=str(old))
    assert "LY-1725" in said
    rows = {row["name"]: row for row in await lianyi.json("account", "list")}
    assert rows["command"]["roles"] == [{"role": "manager", "organisation": "H1"}]


async def test_a_key_that_others_may_read_is_not_used(house: OpenHouse, lianyi: Typed) -> None:
    await lianyi("account", "make-command-key", "--role", "integration-watcher")
    (house.data_dir / "command-key").chmod(0o644)
    _, said = await lianyi("channel", "list", code=1)
    assert "LY-1835" in said


async def test_a_role_that_is_not_there_makes_no_key(house: OpenHouse, lianyi: Typed) -> None:
    _, said = await lianyi("account", "make-command-key", "--role", "integration-wacher", code=1)
    assert "LY-1812" in said
    assert "integration-watcher" in said
    assert not (house.data_dir / "command-key").exists()


async def test_a_locked_out_administrator_comes_back(house: OpenHouse, lianyi: Typed) -> None:
    await first_administrator(house)
    for _ in range(5):
        await signs_in(house, "boss", "wrong")
    assert (await signs_in(house, "boss", PASSWORD)).status_code == 401
    rows = await lianyi.json("account", "list")
    assert rows[0]["locked_until"]

    await lianyi("account", "unlock", "boss")
    assert (await signs_in(house, "boss", PASSWORD)).status_code == 200

    given = await lianyi.json("account", "reset-password", "boss")
    assert (await signs_in(house, "boss", PASSWORD)).status_code == 401
    answer = await signs_in(house, "boss", given["password"])
    assert answer.json()["account"]["must_change"]
    for kind in ("account.unlocked", "account.password_reset"):
        assert (await house.acts(kind))[-1]["actor"].startswith("machine:")


async def test_another_administrator_is_made_without_the_console(
    house: OpenHouse, lianyi: Typed
) -> None:
    await first_administrator(house)
    out, _ = await lianyi("account", "create", "second", "--display-name", "乙", lang="zh")
    password = out.rpartition("：")[2].strip()
    reason = ("--reason", "locked out")
    await lianyi("account", "assign", "second", "security-administrator", *reason)
    answer = await signs_in(house, "second", password)
    assert answer.json()["account"]["roles"] == ["security-administrator"]
    _, said = await lianyi("account", "assign", "second", "audit-administrator", *reason, code=1)
    assert "LY-1813" in said, "three powers stay three, at the command line too"
    out, _ = await lianyi("account", "list")
    assert "security-administrator@*" in out
    assert PASSWORD not in out


async def test_what_is_not_there_is_said(house: OpenHouse, lianyi: Typed) -> None:
    for command in ("unlock", "reset-password", "remove-second-factor"):
        _, said = await lianyi("account", command, "nobody", code=1)
        assert "LY-1810" in said
    await lianyi("account", "create", "Bad Name", "--display-name", "x", code=2)


async def test_who_somebody_is_in_messages_is_said_shown_and_taken_back(
    house: OpenHouse, lianyi: Typed
) -> None:
    await lianyi("account", "create", "doctor", "--display-name", "丙")
    command = ("account", "practitioner", "doctor")
    assert await lianyi.json(*command) == []
    said = await lianyi.json(
        *command, "--called", "4711^HIS", "--code", "E7", "--organisation", "H1"
    )
    named = {"authority": "", "organisation": "H1"}
    assert said == await lianyi.json(*command) == [
        {"source": "masterdata", "identifier": "E7", **named},
        {"source": "messages", "identifier": "4711", **named, "authority": "HIS"},
    ]  # fmt: skip
    await lianyi(*command, "--called", "^HIS", code=2)
    assert await lianyi.json(*command, "--nobody") == []
    acts = await house.acts("account.practitioner_changed")
    assert [len(act["after"]) for act in acts] == [2, 0]
    assert acts[0]["actor"] == f"machine:{getpass.getuser()}"


async def test_accounts_are_written_into_a_sealed_file_and_not_over_others(
    house: OpenHouse, lianyi: Typed, tmp_path: Path
) -> None:
    await first_administrator(house)
    file = tmp_path / "accounts.bin"
    assert await lianyi.json("account", "export", str(file)) == {"accounts": 1, "file": str(file)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"boss" not in file.read_bytes()
    _, said = await lianyi("account", "import", str(file), code=1)
    assert "LY-1898" in said
    assert (await house.acts("account.exported"))[-1]["actor"].startswith("machine:")


async def test_a_system_is_registered_as_an_app(house: OpenHouse, lianyi: Typed) -> None:
    await lianyi("account", "create", "growth", "--display-name", "生长曲线", "--service")
    _, said = await lianyi("account", "app", "growth", code=1)
    assert "LY-1865" in said
    wanted = ("--kind", "public", "--redirect-uri", "https://growth.test/cb")
    scopes = ("--scopes", "openid patient/Observation.read patient/Patient.r")
    await lianyi("account", "app", "growth", *wanted, *scopes)
    found = await lianyi.json("account", "app", "growth")
    assert found == {
        "client_id": "growth", "kind": "public", "redirect_uris": ["https://growth.test/cb"],
        "launch_uri": "", "scopes": "openid patient/Observation.rs patient/Patient.r",
    }  # fmt: skip
    assert (await house.acts("account.app_registered"))[0]["actor"].startswith("machine:")
    _, said = await lianyi("account", "app", "growth", *wanted, "--scopes", "all", code=1)
    assert "LY-1869" in said
