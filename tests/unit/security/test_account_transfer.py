"""An installation moves with its people: they sign in as before, and nobody reads the file."""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pyotp
import pytest
from tests.unit.api.house import House, serving
from tests.unit.security.people import PASSWORD, People

from lianyi.base.database import connect
from lianyi.base.migrations import migrate
from lianyi.base.sensitive import Sensitive
from lianyi.security.access import acting
from lianyi.security.account_transfer import (
    PLACE,
    AccountsHere,
    NoAccountsFile,
    export_accounts,
    import_accounts,
)
from lianyi.security.machine import by_machine
from lianyi.security.secret_files import write_secret_file
from lianyi.security.strongroom import StrongRoom
from lianyi.security.vault import SealBroken, Vault, VaultSettings

ME = "/api/v1/me/second-factor"


async def vault_of(house: House) -> Vault:
    room = StrongRoom(
        house.pool, house.log, house.clock, settings=VaultSettings(), data_dir=house.data_dir
    )
    return await room.open()


@pytest.fixture
async def connection(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(database, statement_timeout_seconds=0)
    yield connection
    await connection.close()


@pytest.fixture
async def target(
    empty_database: str, tmp_path: Path
) -> AsyncIterator[tuple[House, asyncpg.Connection]]:
    """A new installation, and a connection to its database."""
    await migrate(empty_database)
    async with serving(empty_database, tmp_path / "target") as served:
        connection = await connect(empty_database, statement_timeout_seconds=0)
        yield served, connection
        await connection.close()


async def staffed(people: People) -> tuple[pyotp.TOTP, str]:
    """Somebody with a second factor, a system with a key, an administrator."""
    await people.add("li.na", ("integration-engineer", "*"), password=PASSWORD)
    await people.add("robot", ("monitoring", "*"), kind="service")
    await people.add("guard", ("security-administrator", "*"), password=PASSWORD)
    nurse, guard = await people.browser("li.na"), await people.browser("guard")
    factor = pyotp.TOTP((await nurse.post(ME)).json()["secret"])
    code = {"code": factor.at(people.house.clock.now())}
    assert (await nurse.post(f"{ME}/confirm", json=code)).status_code == 200
    given = await guard.post("/api/v1/accounts/robot/keys", json={"title": "t"})
    return factor, given.json()["secret"]


async def move(house: House, connection: asyncpg.Connection, file: Path) -> int:
    with acting(by_machine("root")):
        return await export_accounts(connection, house.log, await vault_of(house), file)


async def test_people_and_systems_sign_in_at_the_new_place_as_they_did_at_the_old(
    house: House,
    people: People,
    connection: asyncpg.Connection,
    target: tuple[House, asyncpg.Connection],
    tmp_path: Path,
) -> None:
    factor, key = await staffed(people)
    file, (new, there) = tmp_path / "accounts", target
    assert await move(house, connection, file) == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    held = file.read_bytes()
    assert not any(word in held for word in (b"li.na", b"argon2", b"robot"))

    shutil.copy(house.data_dir / "vault-keys.json", new.data_dir / "vault-keys.json")
    with acting(by_machine("root")):
        assert await import_accounts(there, new.log, await vault_of(new), file) == 3
    arrived = People(new)
    await arrived.refresh()
    new.clock.advance(timedelta(seconds=30))
    code = factor.at(new.clock.now())
    answer, browser = await arrived.sign_in("li.na", code=code)
    assert answer.status_code == 200, answer.text
    assert answer.json()["account"]["roles"] == ["integration-engineer"]
    assert (await browser.get("/api/v1/channels")).status_code == 200
    assert (await arrived.sign_in("li.na"))[0].status_code == 401, "the code is asked for"
    bearer = {"Authorization": f"Bearer {key}"}
    assert (await arrived.stranger().get("/metrics", headers=bearer)).status_code == 200
    kinds = [one.kind for one in await new.acts()]
    assert "act account.imported" in kinds
    assert "act account.exported" in [one.kind for one in await house.acts()]


async def test_where_somebody_has_an_account_nothing_is_taken_over(
    house: House, people: People, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    await staffed(people)
    await move(house, connection, tmp_path / "accounts")
    count = await house.pool.fetchval("SELECT count(*) FROM security.account")
    vault = await vault_of(house)
    with acting(by_machine("root")), pytest.raises(AccountsHere):
        await import_accounts(connection, house.log, vault, tmp_path / "accounts")
    assert await house.pool.fetchval("SELECT count(*) FROM security.account") == count


async def test_without_the_keys_of_the_old_place_nothing_is_taken_over(
    house: House,
    people: People,
    connection: asyncpg.Connection,
    target: tuple[House, asyncpg.Connection],
    tmp_path: Path,
) -> None:
    await staffed(people)
    file, (new, there) = tmp_path / "accounts", target
    await move(house, connection, file)
    with acting(by_machine("root")):
        vault = await vault_of(new)
        with pytest.raises(SealBroken):
            await import_accounts(there, new.log, vault, file)
        for content in (b"[]", b'{"format": "lianyi-accounts", "version": 2}'):
            sealed = vault.seal(Sensitive(content), PLACE)
            write_secret_file(file, Sensitive(sealed), replace=True)
            with pytest.raises(NoAccountsFile):
                await import_accounts(there, new.log, vault, file)
    kinds = await new.pool.fetch("SELECT DISTINCT kind FROM security.account")
    assert [row[0] for row in kinds] == ["platform"]
