"""Accounts travel from one installation to another: who can act, what he may, how he signs in.

The log does not hold them (decision 0008), so an export of the log does not either. They travel as
one sealed value: whoever finds the file learns nothing without the key file of the vault, which the
new installation needs anyway to open what lies sealed for second factors.

Sessions and short tokens stay behind: everybody signs in again. What an account did is in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog import postgres_transfer as tables
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security.acts import act
from lianyi.security.secret_files import read_secret_file, write_secret_file
from lianyi.security.vault import Place, Vault

FORMAT, VERSION = "lianyi-accounts", 1
PLACE = Place("account.export", FORMAT)
ACCOUNT = "security.account"
TABLES = (
    ACCOUNT,
    "security.password",
    "security.second_factor",
    "security.api_key",
    "security.client_keys",
    "security.identity",
    "security.assignment",
)
"""What travels, each table after those that it refers to."""
ROWS_AT_ONCE = 1_000


class AccountsHere(LianyiError):
    """Accounts are taken over into an installation that has none of its own yet."""

    code = "LY-1898"
    category = Category.CONFLICT
    en = Told(
        "there are accounts here already",
        "accounts are taken over before anybody has one; '{name}' is here",
        "take them over into a new installation; nothing was changed",
    )
    zh = Told(
        "此处已有账户",
        "只能导入到尚无任何账户的安装；已存在“{name}”",
        "请导入到新的安装；平台未改动任何内容",
    )


class NoAccountsFile(LianyiError):
    """The file was opened, and holds no accounts of a form that this release knows."""

    code = "LY-1899"
    category = Category.UNSUPPORTED
    en = Told(
        "cannot take over these accounts",
        "the file is of another form",
        "use the release that wrote it, or a newer one; nothing was changed",
    )
    zh = Told(
        "无法导入这些账户",
        "文件格式不同",
        "使用写出该文件的版本或更新的版本；平台未改动任何内容",
    )


async def export_accounts(
    connection: asyncpg.Connection, log: PostgresLog, vault: Vault, path: Path
) -> int:
    """Write all accounts into a sealed file of mode 600, and return how many there are.

    Raises:
        SecretFileUnusable: the file cannot be written.
        SecretFileOpen: the key file of the vault was opened to others.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        content: dict[str, list[Any]] = {}
        for name in TABLES:
            rows = [row async for rows in tables.read_table(connection, name) for row in rows]
            content[name] = [orjson.loads(row) for row in rows]
    content[ACCOUNT] = [row for row in content[ACCOUNT] if row["kind"] != "platform"]
    whole = {"format": FORMAT, "version": VERSION, "tables": content}
    sealed = vault.seal(Sensitive(orjson.dumps(whole)), PLACE)
    write_secret_file(path, Sensitive(sealed), replace=True)
    count = len(content[ACCOUNT])
    await log.append_act(act("account.exported", {"accounts": count}))
    return count


async def import_accounts(
    connection: asyncpg.Connection, log: PostgresLog, vault: Vault, path: Path
) -> int:
    """Take over the accounts of a file, all or none, and return how many there are.

    Who sees what follows from the roles and is worked out by the caller.

    Raises:
        AccountsHere: somebody has an account here.
        NoAccountsFile: the file is of another form.
        SealBroken, UnknownKey, UnknownSeal: it does not open with the keys of this vault.
        SecretFileOpen, SecretFileUnusable: it cannot be read, or others can.
    """
    content = _opened(vault, path)
    async with connection.transaction():
        async for rows in tables.read_table(connection, ACCOUNT):
            for row in map(orjson.loads, rows):
                if row["kind"] != "platform":
                    raise AccountsHere(where=ACCOUNT, name=row["name"])
        for name in TABLES:
            wanted = content[name]
            columns = sorted({column for row in wanted for column in row})
            for start in range(0, len(wanted), ROWS_AT_ONCE):
                part = wanted[start : start + ROWS_AT_ONCE]
                some = [orjson.dumps(row).decode() for row in part]
                await tables.write_rows(connection, name, columns, some)
        count = len(content[ACCOUNT])
        await log.append_act_within(connection, act("account.imported", {"accounts": count}))
    return count


def _opened(vault: Vault, path: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Return the rows of each table; names of columns come from us alone."""
    whole = orjson.loads(vault.open(read_secret_file(path).reveal(), PLACE).reveal())
    if not isinstance(whole, dict) or (whole.get("format"), whole.get("version")) != (
        FORMAT,
        VERSION,
    ):
        raise NoAccountsFile(where=path.name)
    return {name: whole["tables"][name] for name in TABLES}
