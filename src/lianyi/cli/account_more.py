"""``lianyi account``: who somebody is in messages, apps, and moving accounts elsewhere."""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lianyi.cli.account_house import AccountHouse, run_in, run_with
from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.printing import table

if TYPE_CHECKING:
    import asyncpg

    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.security.accounts import Accounts
    from lianyi.security.smart.model import App
    from lianyi.security.vault import Vault

Moves = Callable[["asyncpg.Connection", "PostgresLog", "Vault", Path], Awaitable[int]]


@click.command()
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

    found = run_with(where, does)
    if as_json:
        say_json([one._asdict() for one in found])
        return
    heads = ["依据", "工号或编码", "发号机构", "用于谁的消息"]
    if in_words("zh", "en") == "en":
        heads = ["by", "number or code", "authority", "in messages of"]
    rows = [[one.source, one.identifier, one.authority, one.organisation] for one in found]
    click.echo(table(heads, rows))


@click.command("app")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["public", "symmetric", "asymmetric"]),
    help="客户端类型：无密钥、接口密钥、私钥签名 / no key, an API key, a private key.",
)
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    help="返回地址，逐字比对，可多次 / address to return to, letter by letter; may be repeated.",
)
@click.option("--launch-uri", default="", help="启动地址 / where it is started from here.")
@click.option("--scopes", default="", help="最多可获得的 scope / the most it may get.")
@where_options
@json_option
@told
def app(
    name: str,
    kind: str | None,
    redirect_uris: tuple[str, ...],
    launch_uri: str,
    scopes: str,
    where: Where,
    *,
    as_json: bool,
) -> None:
    """把系统登记为 SMART 应用，或查看登记 / register a system as a SMART app, or show it.

    没有 --kind 时只查看；登记会终止用户此前对该应用的授权。

    Without --kind it is only shown. Registering ends what people have approved of it before.
    """
    from lianyi.security.scopes import parse
    from lianyi.security.smart.model import AppKind

    async def does(house: AccountHouse) -> App:
        if kind is None:
            return await house.apps.get(name)
        return await house.apps.register(
            name,
            kind=AppKind(kind),
            redirect_uris=redirect_uris,
            launch_uri=launch_uri,
            scopes=parse(scopes),
        )

    found = run_in(where, does)
    facts = {
        "client_id": found.name,
        "kind": found.kind.value,
        "redirect_uris": list(found.redirect_uris),
        "launch_uri": found.launch_uri,
        "scopes": str(found.scopes),
    }
    if as_json:
        say_json(facts)
    else:
        click.echo("\n".join(f"{key}  {_plain(value)}" for key, value in facts.items()))


def _plain(value: str | list[str]) -> str:
    return value if isinstance(value, str) else " ".join(value)


@click.command("export")
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


@click.command("import")
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
            await refresh_sight(connection, roles, process.clock.now())
            return count

    return asyncio.run(run())


def _say_moved(count: int, file: Path, *, as_json: bool, zh: str, en: str) -> None:
    if as_json:
        say_json({"accounts": count, "file": str(file)})
    else:
        click.echo(in_words(f"{zh} {count} 个账户：{file}", f"{count} accounts {en}: {file}"))
