"""``lianyi account``: for the owner of the machine, directly on the database.

Whoever is locked out of the console comes back in this way. Each change is an act of
``machine:<account of the machine>``. It works whether the platform runs or not.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from lianyi.cli.common import (
    COMMAND_KEY_FILE,
    NothingRuns,
    Where,
    in_words,
    json_option,
    say_json,
    told,
    where_options,
)
from lianyi.cli.groups import Group
from lianyi.cli.printing import table

if TYPE_CHECKING:
    import asyncpg

    from lianyi.app import Settings
    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.security.account_store import AccountRecord
    from lianyi.security.accounts import Accounts
    from lianyi.security.vault import Vault

T = TypeVar("T")
Moves = Callable[["asyncpg.Connection", "PostgresLog", "Vault", Path], Awaitable[int]]
Does = Callable[["Accounts", "asyncpg.Pool"], Awaitable[T]]

ORGANISATION = click.option(
    "--organisation",
    default="*",
    show_default=True,
    help="机构代码，含其下级；* 为全部 / an organisation and all below it; * is everywhere.",
)


@click.group(cls=Group)
def account() -> None:
    """本机所有者直接管理账户 / manage accounts as the owner of this machine."""


@account.command("list")
@where_options
@json_option
@told
def list_accounts(where: Where, *, as_json: bool) -> None:
    """列出账户及其角色 / list the accounts with their roles."""

    async def does(accounts: Accounts, _: asyncpg.Pool) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page, cursor = await accounts.page(after=cursor)
            held = await accounts.held_by(page)
            found += [
                {
                    **_facts(one),
                    "roles": [
                        {"role": role.role, "organisation": role.organisation}
                        for role in held
                        if role.account == one.account
                    ],
                }
                for one in page
            ]
        return found

    rows = _run(where, does)
    if as_json:
        say_json(rows)
        return
    heads = ["账户", "姓名", "类型", "状态", "角色"]
    if in_words("zh", "en") == "en":
        heads = ["account", "name", "kind", "state", "roles"]
    click.echo(
        table(
            heads,
            [
                [
                    row["name"], row["display_name"], _word(row["kind"]),
                    _word("locked" if row["locked_until"] else row["state"]),
                    " ".join(f"{one['role']}@{one['organisation']}" for one in row["roles"]),
                ]
                for row in rows
            ],
        )
    )  # fmt: skip


@account.command()
@click.argument("name")
@click.option("--display-name", required=True, help="姓名 / what people call them.")
@click.option("--service", is_flag=True, help="系统而非人员 / a system, not a person.")
@click.option("--belongs-to", default="", help="所属机构代码 / code of their organisation.")
@where_options
@json_option
@told
def create(
    name: str, display_name: str, belongs_to: str, where: Where, *, service: bool, as_json: bool
) -> None:
    """创建账户，口令只显示一次 / make an account; its password is shown once."""
    from pydantic import ValidationError

    from lianyi.security.views import NewAccount

    try:
        wanted = NewAccount(
            name=name,
            display_name=display_name,
            kind="service" if service else "person",
            organisation=belongs_to,
        )
    except ValidationError as error:
        raise click.UsageError(
            in_words(
                "账户名：2–63 个小写字母、数字、. _ -；姓名：1–100 个字符",
                "name: 2 to 63 of a-z 0-9 . _ -; display name: 1 to 100 characters",
            )
        ) from error

    async def does(accounts: Accounts, _: asyncpg.Pool) -> tuple[AccountRecord, str | None]:
        made, password = await accounts.create(
            wanted.name,
            display_name=wanted.display_name,
            kind=wanted.kind,
            organisation=wanted.organisation,
        )
        return made, password.reveal() if password else None

    made, password = _run(where, does)
    _say_account(made, password, as_json=as_json)


@account.command("reset-password")
@click.argument("name")
@where_options
@json_option
@told
def reset_password(name: str, where: Where, *, as_json: bool) -> None:
    """重置口令并解锁，口令只显示一次 / give a new password, shown once; it also unlocks."""

    async def does(accounts: Accounts, _: asyncpg.Pool) -> tuple[AccountRecord, str]:
        password = await accounts.reset_password(name)
        return await accounts.get(name), password.reveal()

    found, password = _run(where, does)
    _say_account(found, password, as_json=as_json)


@account.command()
@click.argument("name")
@where_options
@json_option
@told
def unlock(name: str, where: Where, *, as_json: bool) -> None:
    """解锁账户 / let somebody try again who was locked out."""
    found = _run(where, lambda accounts, _: accounts.unlock(name))
    _say_account(found, None, as_json=as_json)


@account.command("remove-second-factor")
@click.argument("name")
@where_options
@json_option
@told
def remove_second_factor(name: str, where: Where, *, as_json: bool) -> None:
    """移除遗失的第二认证因素 / take a lost second factor away; sessions end."""

    async def does(accounts: Accounts, _: asyncpg.Pool) -> AccountRecord:
        await accounts.remove_factor(name)
        return await accounts.get(name)

    _say_account(_run(where, does), None, as_json=as_json)


@account.command()
@click.argument("name")
@click.argument("role")
@ORGANISATION
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="截止时间，医院时区 / when it ends, in the hospital's time zone.",
)
@click.option("--reason", required=True, help="原因 / why.")
@where_options
@json_option
@told
def assign(
    name: str,
    role: str,
    organisation: str,
    until: datetime | None,
    reason: str,
    where: Where,
    *,
    as_json: bool,
) -> None:
    """授予角色 / give a role in an organisation and all below it."""
    from zoneinfo import ZoneInfo

    ends = until.replace(tzinfo=ZoneInfo(where.load().api.timezone)) if until else None
    given = _run(
        where,
        lambda accounts, _: accounts.assign(
            name, role=role, organisation=organisation, until=ends, reason=reason
        ),
    )
    facts = {"account": name, "role": given.role, "organisation": given.organisation,
             "until": given.valid_until}  # fmt: skip
    if as_json:
        say_json(facts)
    else:
        click.echo(
            in_words(
                f"已授予：{name} {role}@{organisation}", f"given: {name} {role}@{organisation}"
            )
        )


@account.command()
@click.argument("name")
@click.option("--called", multiple=True, help="消息中的工号^发号机构 / XCN-1^XCN-9 in messages.")
@click.option("--code", multiple=True, help="主数据人员编码 / a practitioner of the master data.")
@click.option("--organisation", default="", help="用于谁的消息，含其下级 / in whose messages.")
@click.option("--nobody", is_flag=True, help="清空 / he is nobody in messages.")
@where_options
@json_option
@told
def practitioner(
    name: str,
    called: tuple[str, ...],
    code: tuple[str, ...],
    organisation: str,
    where: Where,
    *,
    nobody: bool,
    as_json: bool,
) -> None:
    """显示或重设某人在消息中的身份 / show, or say anew, who somebody is in messages."""
    from pydantic import ValidationError

    from lianyi.security.practitioner_store import MASTERDATA, MESSAGES, Called
    from lianyi.security.views import PractitionerNames

    texts = [(MASTERDATA, one, "") for one in code]
    texts += [(MESSAGES, one.partition("^")[0], one.partition("^")[2]) for one in called]
    wanted = [Called(source, authority, one, organisation) for source, one, authority in texts]
    try:
        PractitionerNames.model_validate({"names": [one._asdict() for one in wanted]})
    except ValidationError as error:
        raise click.UsageError(
            in_words(
                "工号与编码为 1–100 个字符，不含 ^；至多 20 个",
                "numbers and codes: 1 to 100 characters without ^, 20 at most",
            )
        ) from error

    async def does(accounts: Accounts, _: asyncpg.Pool) -> list[Called]:
        if wanted or nobody:
            return await accounts.set_practitioner_names(name, wanted)
        return await accounts.practitioner_names(name)

    found = _run(where, does)
    if as_json:
        say_json([one._asdict() for one in found])
        return
    heads = ["依据", "工号或编码", "发号机构", "用于谁的消息"]
    if in_words("zh", "en") == "en":
        heads = ["by", "number or code", "authority", "in messages of"]
    rows = [[one.source, one.identifier, one.authority, one.organisation] for one in found]
    click.echo(table(heads, rows))


@account.command("make-command-key")
@click.option("--role", required=True, help="命令行使用的角色 / role of the command line.")
@ORGANISATION
@where_options
@json_option
@told
def make_command_key(role: str, organisation: str, where: Where, *, as_json: bool) -> None:
    """为命令行生成密钥文件 / make the key with which the command line asks the platform.

    写入数据文件夹的 command-key（权限 600），其他命令自动使用；旧密钥随即失效。

    It goes into command-key in the data folder (mode 600), where the other commands find it; the
    old key ends.
    """
    from lianyi.security.machine import make_command_key

    path = where.load().data_dir / COMMAND_KEY_FILE

    async def does(accounts: Accounts, pool: asyncpg.Pool) -> Mapping[str, str]:
        return await make_command_key(accounts, pool, path, role=role, organisation=organisation)

    facts = _run(where, does)
    if as_json:
        say_json(facts)
    else:
        click.echo(in_words(f"密钥已写入 {path}", f"the key is in {path}"))


def _run(where: Where, does: Does[T]) -> T:
    """Do something with accounts as the account of the machine."""
    from lianyi.security.access import acting
    from lianyi.security.machine import by_machine

    async def run() -> T:
        user = pwd.getpwuid(os.getuid()).pw_name
        async with _accounts(where.load()) as (accounts, pool):
            with acting(by_machine(user)):
                return await does(accounts, pool)

    return asyncio.run(run())


@asynccontextmanager
async def _accounts(settings: Settings) -> AsyncIterator[tuple[Accounts, asyncpg.Pool]]:
    from lianyi.base.clock import RandomIds, SystemClock
    from lianyi.base.database import EMBEDDED, connect, open_database, open_pool
    from lianyi.base.embedded.home import read_record
    from lianyi.base.migrations import migrate
    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.security.machine import accounts_of_machine
    from lianyi.security.passwords import PasswordHasher
    from lianyi.security.roles import RoleBook

    embedded = settings.database.url == EMBEDDED
    if embedded and "socket_folder" not in read_record(settings.data_dir):
        raise NothingRuns(where=str(settings.data_dir))
    clock, ids = SystemClock(), RandomIds()
    async with open_database(settings.database, settings.data_dir, on_progress=_quiet) as dsn:
        await migrate(dsn)
        pool = await open_pool(dsn, application_name="lianyi account", size_max=2)
        messages = PostgresLog(pool, lambda: connect(dsn), clock=clock, owner=ids.new_id())
        hasher = PasswordHasher(settings.password_hashing)
        try:
            await messages.start()
            yield (
                accounts_of_machine(
                    pool,
                    messages,
                    clock,
                    ids,
                    roles=RoleBook(settings.content_dir),
                    settings=settings.security,
                    passwords=settings.passwords,
                    hasher=hasher,
                ),
                pool,
            )
        finally:
            hasher.close()
            await messages.stop()
            await pool.close()


def _quiet(_: str) -> None:
    """Say nothing of the database's start."""


def _facts(found: AccountRecord) -> dict[str, Any]:
    return {
        "name": found.name,
        "display_name": found.display_name,
        "kind": found.kind,
        "organisation": found.organisation,
        "state": found.state,
        "locked_until": found.locked_until,
    }


def _say_account(found: AccountRecord, password: str | None, *, as_json: bool) -> None:
    if as_json:
        say_json({**_facts(found), "password": password})
        return
    click.echo(f"{found.name}  {found.display_name}  {_word(found.state)}")
    if password:
        click.echo(
            in_words(
                f"口令（首次登录须修改）：{password}",
                f"password, to be changed at the first sign-in: {password}",
            )
        )


def _word(name: str) -> str:
    return in_words(
        {"person": "人员", "service": "系统", "active": "可用", "disabled": "停用",
         "locked": "锁定"}.get(name, name),
        name,
    )  # fmt: skip


@account.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@where_options
@json_option
@told
def export_accounts(file: Path, where: Where, *, as_json: bool) -> None:
    """导出账户、口令摘要、角色与第二认证因素 / write the accounts into a sealed file.

    文件由保险库加密；导入时需要同一个密钥文件（vault-keys.json）。日志的导出不含账户。

    The file is sealed: whoever takes it over needs the same key file (vault-keys.json). An export
    of the log holds no accounts.
    """
    from lianyi.security.account_transfer import export_accounts

    count = _moved(where, export_accounts, file)
    _say_moved(count, file, as_json=as_json, zh="已导出", en="written")


@account.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@where_options
@json_option
@told
def import_accounts(file: Path, where: Where, *, as_json: bool) -> None:
    """把导出的账户导入尚无账户的安装 / take over accounts where there are none yet.

    先把原安装的 vault-keys.json 放入数据文件夹。全部成功，或什么都不改变。

    Put the vault-keys.json of the old installation into the data folder first. All of it or
    nothing.
    """
    from lianyi.security.account_transfer import import_accounts

    count = _moved(where, import_accounts, file)
    _say_moved(count, file, as_json=as_json, zh="已导入", en="taken over")


def _moved(where: Where, move: Moves, file: Path) -> int:
    from lianyi.cli.log import opened
    from lianyi.security.access import acting
    from lianyi.security.account_store import refresh_sight
    from lianyi.security.machine import by_machine
    from lianyi.security.roles import RoleBook
    from lianyi.security.rules import seeing_roles
    from lianyi.security.strongroom import StrongRoom

    settings = where.load()

    async def run() -> int:
        async with opened(settings, fresh=True) as process, AsyncExitStack() as stack:
            pool, messages = await process.open(stack)
            room = StrongRoom(
                pool, messages, process.clock, settings=settings.vault, data_dir=settings.data_dir
            )
            connection = await process.connect()
            stack.push_async_callback(connection.close)
            with acting(by_machine(pwd.getpwuid(os.getuid()).pw_name)):
                count = await move(connection, messages, await room.open(), file)
            roles = RoleBook(settings.content_dir).roles
            await refresh_sight(connection, seeing_roles(roles), process.clock.now())
            return count

    return asyncio.run(run())


def _say_moved(count: int, file: Path, *, as_json: bool, zh: str, en: str) -> None:
    if as_json:
        say_json({"accounts": count, "file": str(file)})
    else:
        click.echo(in_words(f"{zh} {count} 个账户：{file}", f"{count} accounts {en}: {file}"))
