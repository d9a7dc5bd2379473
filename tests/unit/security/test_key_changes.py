"""Keys change while people sign in; a lost or foreign key file changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pyotp
import pytest
from tests.unit.api.house import House, serving
from tests.unit.security.people import PASSWORD, People

from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.security import sealed_store
from lianyi.security.access import acting
from lianyi.security.identity_store import OriginRecord, insert_origin
from lianyi.security.key_changes import KeyChanges, KeyStillSeals
from lianyi.security.keyring import KeyInUse, UnknownKey, make_key_file, read_key_file
from lianyi.security.machine import by_machine
from lianyi.security.sealed_store import hint_place, totp_place
from lianyi.security.strongroom import KeyFileLost, KeyFileOfAnother, StrongRoom
from lianyi.security.vault import VaultSettings, key_name

ENGINEER = ("integration-engineer", "*")
CIPHERS = ["aes-256-gcm", "sm4-gcm"]


def another_process(house: House, **settings: Any) -> KeyChanges:
    """The command ``lianyi key``, with a vault and a pool of its own."""
    room = StrongRoom(
        house.pool,
        house.log,
        house.clock,
        settings=VaultSettings(**settings),
        data_dir=house.data_dir,
    )
    return KeyChanges(house.pool, house.log, house.clock, room=room)


async def as_owner(does: Awaitable[Any]) -> Any:
    with acting(by_machine("root", "keys.manage")):
        return await does


def quiet(*_: Any) -> None:
    pass


async def with_codes(people: People, names: list[str]) -> dict[str, pyotp.TOTP]:
    """Give people a second factor, by the doors."""
    made: dict[str, pyotp.TOTP] = {}
    for name in names:
        await people.add(name, ENGINEER, password=PASSWORD)
        browser = await people.browser(name)
        offered = (await browser.post("/api/v1/me/second-factor")).json()
        made[name] = pyotp.TOTP(offered["secret"])
        code = made[name].at(people.house.clock.now())
        answer = await browser.post("/api/v1/me/second-factor/confirm", json={"code": code})
        assert answer.status_code == 200, answer.text
    return made


async def sealed_rows(house: House) -> list[bytes]:
    rows = await house.pool.fetch("SELECT secret FROM security.second_factor")
    return [row[0] for row in rows]


@asynccontextmanager
async def house_with(database: str, folder: Path, cipher: str) -> AsyncIterator[House]:
    async with serving(database, folder, vault=VaultSettings(cipher=cipher)) as house:
        yield house


@pytest.mark.parametrize(
    ("before", "after"), [(one, other) for one in CIPHERS for other in CIPHERS]
)
async def test_nobody_who_signs_in_notices_that_the_keys_change(
    database: str, tmp_path: Path, before: str, after: str
) -> None:
    async with house_with(database, tmp_path, before) as house:
        people = People(house)
        codes = await with_codes(people, [f"nurse{n}" for n in range(6)])
        done = asyncio.Event()
        answers: list[int] = []

        async def sign_in_all_the_time() -> None:
            while not done.is_set():
                house.clock.advance(timedelta(seconds=30))
                tried = [
                    people.sign_in(name, code=code.at(house.clock.now()), address=f"10.0.0.{n}")
                    for n, (name, code) in enumerate(codes.items())
                ]
                answers.extend(answer.status_code for answer, _ in await asyncio.gather(*tried))

        signing_in = asyncio.create_task(sign_in_all_the_time())
        changes = another_process(house, cipher=after)
        for number in range(1, 5):
            assert await as_owner(changes.rotate()) == f"k{number + 1}"
            count = len(answers)
            while len(answers) < count + 2 * len(codes):  # people sign in under the new key, too
                await asyncio.sleep(0.005)
            came = await as_owner(changes.reseal(quiet))
            assert came["account.totp"].clean
            await as_owner(changes.retire(f"k{number}"))
        count = len(answers)
        while len(answers) < count + 2 * len(codes):
            await asyncio.sleep(0.005)
        done.set()
        await signing_in

        assert set(answers) == {200}
        assert {key_name(one) for one in await sealed_rows(house)} == {"k5"}
        assert {one[1] for one in await sealed_rows(house)} == {CIPHERS.index(after) + 1}
        assert read_key_file(house.data_dir / "vault-keys.json").names == ("k5",)
        states = {key.name: key.state for key in await as_owner(changes.list())}
        assert states == {**{f"k{n}": "retired" for n in range(1, 5)}, "k5": "seals"}


async def test_each_change_is_an_act_of_whoever_did_it(house: House, people: People) -> None:
    await with_codes(people, ["nurse"])
    changes = another_process(house)
    await as_owner(changes.rotate())
    with pytest.raises(KeyStillSeals) as refused:
        await as_owner(changes.retire("k1"))
    assert refused.value.facts["count"] == 1
    for name, failure in [("k2", KeyInUse), ("k9", UnknownKey)]:
        with pytest.raises(failure):
            await as_owner(changes.retire(name))
    await as_owner(changes.reseal(quiet))
    await as_owner(changes.check())
    await as_owner(changes.retire("k1"))

    acts = [one for one in await house.acts() if one.kind.startswith("act key.")]
    assert [(one.kind[4:], one.sender) for one in acts] == [
        ("key.made", "nurse"),
        ("key.made", "machine:root"),
        *[("key.retire.refused", "machine:root")] * 3,
        ("key.resealed", "machine:root"),
        ("key.checked", "machine:root"),
        ("key.retired", "machine:root"),
    ]
    keys = read_key_file(house.data_dir / "vault-keys.json")
    secret = keys.active.secret.reveal()
    assert not any(secret in one.body or secret.hex().encode() in one.body for one in acts)


async def test_hints_of_directories_are_sealed_again_and_open_after(
    house: House, people: People
) -> None:
    await people.add("nurse", ENGINEER)
    browser = await people.browser("nurse")
    stored = await house.pool.fetchval("SELECT stored FROM security.session")
    changes = another_process(house)
    vault = await as_owner(changes._room.open())
    hint = vault.seal(Sensitive(b"id-token"), hint_place("oidc", "4711"))
    async with house.pool.acquire() as connection:
        await insert_origin(connection, OriginRecord(stored, "oidc", "4711", "s", hint))
    await as_owner(changes.rotate())
    came = await as_owner(changes.reseal(quiet))
    assert came["session.logout_hint"].rewrapped == 1
    fresh = await house.pool.fetchval("SELECT hint FROM security.session_origin")
    assert key_name(fresh) == "k2"
    assert vault.open(fresh, hint_place("oidc", "4711")).reveal() == b"id-token"
    await browser.aclose()


async def test_a_hint_that_waits_for_a_code_keeps_its_key(house: House) -> None:
    changes = another_process(house)
    vault = await as_owner(changes._room.open())
    hint = vault.seal(Sensitive(b"id-token"), hint_place("oidc", "4711"))
    await house.pool.execute(
        "INSERT INTO security.sign_in_kept VALUES ($1, 'oidc',"
        " jsonb_build_object('hint', encode($2, 'base64')), '/', $3)",
        b"digest", hint, house.clock.now() + timedelta(minutes=5),
    )  # fmt: skip
    await as_owner(changes.rotate())
    await as_owner(changes.reseal(quiet))
    with pytest.raises(KeyStillSeals, match=r"sign_in\.kept"):
        await as_owner(changes.retire("k1"))
    house.clock.advance(timedelta(minutes=5, seconds=1))
    await as_owner(changes.retire("k1"))


async def test_what_was_sealed_before_a_key_was_retired_is_not_stored_after(
    house: House, people: People
) -> None:
    account = await people.add("late", ENGINEER)
    changes = another_process(house)
    vault = await as_owner(changes._room.open())
    late = vault.seal(Sensitive(b"secret"), totp_place(account.account))
    await as_owner(changes.rotate())
    await as_owner(changes.reseal(quiet))
    await as_owner(changes.retire("k1"))
    with pytest.raises(asyncpg.RaiseError, match="k1 is retired"):
        await house.pool.execute(
            "INSERT INTO security.second_factor (account, secret, began_at) VALUES ($1, $2, now())",
            account.account, late,
        )  # fmt: skip


# ---- lost, foreign, old and broken -------------------------------------------------------------


async def test_a_lost_key_file_is_told_and_no_new_one_is_made(house: House, people: People) -> None:
    codes = await with_codes(people, ["nurse"])
    file = house.data_dir / "vault-keys.json"
    file.rename(file.with_name("moved"))
    changes = another_process(house)
    uses: list[Callable[[], Awaitable[Any]]] = [
        changes.list,
        changes.rotate,
        changes.check,
        lambda: changes.reseal(quiet),
        lambda: changes.retire("k1"),
    ]
    for use in uses:
        with pytest.raises(KeyFileLost):
            await as_owner(use())
    assert not file.exists()
    file.with_name("moved").rename(file)
    assert (await as_owner(changes.check())).ok
    house.clock.advance(timedelta(seconds=30))
    answer, _ = await people.sign_in("nurse", code=codes["nurse"].at(house.clock.now()))
    assert answer.status_code == 200


async def test_a_file_of_another_installation_and_an_old_copy_are_told(
    house: House, people: People, tmp_path: Path
) -> None:
    await with_codes(people, ["nurse"])
    before = await sealed_rows(house)
    file, old = house.data_dir / "vault-keys.json", tmp_path / "old.json"
    shutil.copy(file, old)
    await as_owner(another_process(house).rotate())
    make_key_file(tmp_path / "foreign.json", house.clock.now())
    for wrong, word in [("foreign.json", "k2"), ("old.json", "k2")]:
        held = (tmp_path / wrong).read_bytes()
        changes = another_process(house, key_file=tmp_path / wrong)
        for use in (changes.rotate, changes.check, lambda c=changes: c.reseal(quiet)):
            with pytest.raises(KeyFileOfAnother, match=word):
                await as_owner(use())
        assert (tmp_path / wrong).read_bytes() == held
    assert await sealed_rows(house) == before


async def test_the_first_key_of_another_file_is_told_from_ours(
    house: House, people: People, tmp_path: Path
) -> None:
    await with_codes(people, ["nurse"])
    make_key_file(tmp_path / "foreign.json", house.clock.now())
    changes = another_process(house, key_file=tmp_path / "foreign.json")
    with pytest.raises(KeyFileOfAnother, match="another one than the key k1"):
        await as_owner(changes.rotate())


async def test_a_broken_value_is_named_and_keeps_its_key(house: House, people: People) -> None:
    await with_codes(people, ["one", "two"])
    one = people.accounts["one"].account
    await house.pool.execute(
        "UPDATE security.second_factor SET secret = set_byte(secret, 60, get_byte(secret, 60) # 1)"
        " WHERE account = $1",
        one,
    )
    changes = another_process(house)
    found = await as_owner(changes.check())
    assert (found.ok, found.opened, found.broken) == (False, 1, (totp_place(one),))
    await as_owner(changes.rotate())
    came = (await as_owner(changes.reseal(quiet)))["account.totp"]
    # Only the wrapping is opened when the cipher stays: what it hides is found by the check.
    assert came.rewrapped + len(came.broken) == 2
    assert not (await as_owner(changes.check())).ok


# ---- a device that wraps the keys --------------------------------------------------------------

DEVICE = """
import sys
key = bytes(range(7, 39))
data = sys.stdin.buffer.read()
mark = b"wrapped:"
turned = bytes(a ^ key[i % 32] for i, a in enumerate(data.removeprefix(mark)))
sys.stdout.buffer.write(turned if sys.argv[1] == "unwrap" else mark + turned)
"""


def device(folder: Path, text: str = DEVICE) -> Mapping[str, Any]:
    script = folder / "device.py"
    script.write_text(text)
    command = [sys.executable, str(script)]
    return {"wrap_command": [*command, "wrap"], "unwrap_command": [*command, "unwrap"]}


async def test_a_device_is_introduced_by_a_rotation_and_the_file_holds_no_key_any_more(
    house: House, people: People, tmp_path: Path
) -> None:
    await with_codes(people, ["nurse"])
    file = house.data_dir / "vault-keys.json"
    plain = json.loads(file.read_text())["keys"][0]["secret"]
    changes = another_process(house, **device(tmp_path))
    await as_owner(changes.rotate())
    await as_owner(changes.reseal(quiet))
    assert plain not in file.read_text()
    assert "secret" not in file.read_text()
    assert (await as_owner(another_process(house, **device(tmp_path)).check())).ok
    with pytest.raises(LianyiError, match="LY-1846"):
        await as_owner(another_process(house).check())


@pytest.mark.parametrize(
    "text",
    ["raise SystemExit(3)", "", "import time; time.sleep(60)", "print('always the same')"],
)
async def test_a_device_that_fails_is_told_and_nothing_is_written(
    house: House, people: People, tmp_path: Path, text: str
) -> None:
    await with_codes(people, ["nurse"])
    file = house.data_dir / "vault-keys.json"
    held = file.read_bytes()
    changes = another_process(house, **device(tmp_path, text), command_timeout_seconds=0.5)
    with pytest.raises(LianyiError, match="LY-1846"):
        await as_owner(changes.rotate())
    assert file.read_bytes() == held
    missing = {"wrap_command": ["/nowhere/kms"], "unwrap_command": ["/nowhere/kms"]}
    with pytest.raises(LianyiError, match="LY-1846"):
        await as_owner(another_process(house, **missing).rotate())
    assert file.read_bytes() == held


def test_one_direction_alone_is_no_device() -> None:
    with pytest.raises(ValueError, match="belong together"):
        VaultSettings(wrap_command=("kms",))


# ---- the command, killed -----------------------------------------------------------------------


async def test_a_killed_reseal_goes_on_where_it_stood(
    database: str, house: House, people: People, tmp_path: Path
) -> None:
    await with_codes(people, ["nurse"])
    vault = await as_owner(another_process(house)._room.open())
    accounts = [uuid.UUID(int=n << 64) for n in range(1, 3001)]
    await house.pool.executemany(
        "INSERT INTO security.account (account, name, display_name, kind, created_at)"
        " VALUES ($1, $2, '', 'person', now())",
        [(one, str(one)) for one in accounts],
    )
    await house.pool.executemany(
        "INSERT INTO security.second_factor (account, secret, began_at) VALUES ($1, $2, now())",
        [(one, vault.seal(Sensitive(one.bytes), totp_place(one))) for one in accounts],
    )
    settings = tmp_path / "lianyi.toml"
    settings.write_text(f'[database]\nurl = "{database}"\n')
    command = [sys.executable, "-m", "lianyi.cli", "key"]
    where = ["--settings", str(settings), "--data", str(house.data_dir)]
    environment = {**os.environ, "LIANYI_LANG": "en"}

    async def moved() -> int:
        counts = await sealed_store.count_sealed(house.pool, house.clock.now())
        return counts.get(("account.totp", "k2"), 0)

    first = subprocess.Popen([*command, "rotate", *where], env=environment)
    try:
        while not await moved():
            assert first.poll() is None, "it ended before it had sealed anything"
            await asyncio.sleep(0.01)
    finally:
        first.send_signal(signal.SIGKILL)
        await asyncio.to_thread(first.wait)
    assert 0 < await moved() < 3001

    async def run(*arguments: str) -> Any:
        done = await asyncio.to_thread(
            subprocess.run,
            [*command, *arguments, *where, "--json"],
            env=environment, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    before = await moved()
    came = await run("reseal")
    assert came["clean"]
    assert came["purposes"]["account.totp"]["resealed"] == 3001 - before
    assert await run("retire", "k1") == {"retired": "k1"}
    assert await run("check") == {"ok": True, "opened": 3001, "broken": [], "missing": []}
    states = [(key["name"], key["state"], key["sealed"]) for key in await run("list")]
    assert states == [("k1", "retired", {}), ("k2", "seals", {"account.totp": 3001})]
