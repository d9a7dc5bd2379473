"""``lianyi key``: the keys with which secrets lie sealed in the database.

It works whether the platform runs or not, and while people work. Each use is an act of
``machine:<account of the machine>``.
"""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.log import opened
from lianyi.cli.printing import local, table

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.security.key_changes import KeyChanges
    from lianyi.security.vault import Rewrapped

T = TypeVar("T")
STATES = {"seals": "加密中", "opens": "仅解密", "retired": "已停用"}


@click.group(cls=Group)
def key() -> None:
    """查看、轮换、停用、检查密钥 / list, rotate, retire and check the keys.

    平台运行与否均可，轮换期间业务不受影响。密钥文件须与数据库备份分开保存副本。

    The platform may run or not, and nobody notices a rotation. Keep a copy of the key file apart
    from the backups of the database.
    """


@key.command("list")
@where_options
@json_option
@told
def list_keys(where: Where, *, as_json: bool) -> None:
    """列出密钥及各自加密的数据量 / list the keys and how much is sealed with each."""
    settings = where.load()
    keys = _run(settings, lambda changes: changes.list())
    if as_json:
        say_json(
            [
                {
                    "name": one.name,
                    "fingerprint": one.fingerprint,
                    "made_at": one.made_at,
                    "state": one.state,
                    "sealed": one.sealed,
                }
                for one in keys
            ]
        )
        return
    zone = ZoneInfo(settings.api.timezone)
    heads = in_words("密钥 指纹 生成时间 状态 密文数", "key fingerprint made state sealed").split()
    click.echo(
        table(
            heads,
            [
                (
                    one.name,
                    one.fingerprint,
                    local(one.made_at.isoformat(), zone),
                    in_words(STATES[one.state], one.state),
                    " ".join(f"{purpose}={count}" for purpose, count in sorted(one.sealed.items()))
                    or "0",
                )
                for one in keys
            ],
        )
    )


@key.command()
@click.option(
    "--reseal/--no-reseal",
    default=True,
    show_default=True,
    help="随即重新封装旧密文 / seal what is there again, too.",
)
@where_options
@json_option
@told
def rotate(where: Where, *, reseal: bool, as_json: bool) -> None:
    """生成新密钥并重新封装全部密文 / make a new key and seal everything again with it.

    新密钥立即在所有进程生效。中断后用 lianyi key reseal 继续；完成后可停用旧密钥。

    The new key seals at once in every process. If this is interrupted, go on with lianyi key
    reseal; afterwards the old key can be retired.
    """

    async def does(changes: KeyChanges) -> tuple[str, dict[str, Rewrapped]]:
        name = await changes.rotate()
        if not as_json:
            click.echo(in_words(f"新密钥 {name} 已启用", f"the key {name} seals from now on"))
        return name, await changes.reseal(_progress(as_json=as_json)) if reseal else {}

    name, done = _run(where.load(), does)
    _end(name, done, as_json=as_json)


@key.command()
@where_options
@json_option
@told
def reseal(where: Where, *, as_json: bool) -> None:
    """用当前密钥和算法重新封装旧密文 / seal again what an older key or cipher has sealed.

    可随时中断、重复执行；更改 [vault] cipher 后也用它切换算法。

    It may be interrupted and repeated at any time. It also brings everything under another cipher
    after a change of cipher in the section [vault].
    """

    async def does(changes: KeyChanges) -> tuple[str, dict[str, Rewrapped]]:
        done = await changes.reseal(_progress(as_json=as_json))
        return next(one.name for one in await changes.list() if one.state == "seals"), done

    name, done = _run(where.load(), does)
    _end(name, done, as_json=as_json)


@key.command()
@click.argument("name")
@where_options
@json_option
@told
def retire(name: str, where: Where, *, as_json: bool) -> None:
    """停用并删除不再使用的旧密钥 / take an old key away, once nothing is sealed with it.

    仍有密文使用该密钥时拒绝执行。删除后，用它加密的备份也无法解开：请保留密钥文件的旧副本。

    Refused while anything is sealed with it. Backups of the database from before the rotation need
    the key file of that time: keep the old copy with them.
    """
    _run(where.load(), lambda changes: changes.retire(name))
    if as_json:
        say_json({"retired": name})
    else:
        click.echo(in_words(f"密钥 {name} 已停用并删除", f"the key {name} is retired and removed"))


@key.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """试解全部密文，不显示内容 / try to open everything that is sealed, showing nothing.

    有任何一项无法解开时退出码为 1。

    Exit code 1 says that something does not open.
    """
    found = _run(where.load(), lambda changes: changes.check())
    if as_json:
        say_json(
            {
                "ok": found.ok,
                "opened": found.opened,
                "broken": [str(place) for place in found.broken],
                "missing": [str(place) for place in found.missing],
            }
        )
    else:
        click.echo(in_words(f"可解开 {found.opened} 项", f"{found.opened} values open"))
        for place in found.broken:
            click.echo(in_words(f"密文损坏：{place}", f"broken: {place}"), err=True)
        for place in found.missing:
            click.echo(in_words(f"缺少密钥：{place}", f"key missing: {place}"), err=True)
    sys.exit(0 if found.ok else 1)


def _progress(*, as_json: bool) -> Callable[[str, Rewrapped], None]:
    def say(purpose: str, came: Rewrapped) -> None:
        click.echo(
            in_words(
                f"{purpose}：重新封装 {came.rewrapped}，无需改动 {came.current}",
                f"{purpose}: {came.rewrapped} sealed again, {came.current} were so already",
            ),
            err=as_json,
        )

    return say


def _end(name: str, done: dict[str, Rewrapped], *, as_json: bool) -> None:
    """Say what came of it; exit code 1 where something stayed under an old key."""
    clean = all(came.clean for came in done.values())
    if as_json:
        facts = {
            purpose: {
                "resealed": came.rewrapped,
                "current": came.current,
                "overtaken": came.overtaken,
                "broken": [str(place) for place in came.broken],
            }
            for purpose, came in done.items()
        }
        say_json({"key": name, "clean": clean, "purposes": facts})
    for came in done.values():
        for place in came.broken:
            click.echo(in_words(f"无法解开：{place}", f"does not open: {place}"), err=True)
    sys.exit(0 if clean else 1)


def _run(settings: Settings, does: Callable[[KeyChanges], Awaitable[T]]) -> T:
    """Do something with the keys as the account of the machine."""
    from lianyi.security.access import acting
    from lianyi.security.machine import by_machine

    async def run() -> T:
        async with _changes(settings) as changes:
            with acting(by_machine(getpass.getuser(), "keys.manage")):
                return await does(changes)

    return asyncio.run(run())


@asynccontextmanager
async def _changes(settings: Settings) -> AsyncIterator[KeyChanges]:
    from lianyi.security.key_changes import KeyChanges
    from lianyi.security.strongroom import StrongRoom

    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, messages = await process.open(stack)
        room = StrongRoom(
            pool, messages, process.clock, settings=settings.vault, data_dir=settings.data_dir
        )
        yield KeyChanges(pool, messages, process.clock, room=room)
