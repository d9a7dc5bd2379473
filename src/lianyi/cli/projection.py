"""``lianyi projection``: how far each is, learn one again, prove that it says what the log says."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.log import opened
from lianyi.cli.noting import note
from lianyi.cli.printing import table
from lianyi.cli.rebuilding import ProgressTeller

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.projections.rebuilding import Rebuilt
    from lianyi.projections.views import ProjectionView


@click.group(cls=Group)
def projection() -> None:
    """查看、重建投影 / show the projections and rebuild them.

    投影是平台由消息日志学到的内容，可随时由日志重建。平台运行与否均可。

    A projection is what the platform has learned from the message log; it can be learned again at
    any time. The platform may run or not.
    """


@projection.command("list")
@where_options
@json_option
@told
def list_projections(where: Where, *, as_json: bool) -> None:
    """列出投影及其进度 / list the projections and how far they are."""
    found = asyncio.run(_list(where.load()))
    if as_json:
        say_json([one.model_dump(mode="json") for one in found])
    elif not found:
        click.echo(in_words("尚无投影", "nothing has been learned yet"), err=True)
    else:
        heads = in_words(
            "名称 版本 在用 落后 未学习 变更于", "name version live behind set-aside changed"
        )
        rows = [
            (
                one.name,
                one.version,
                "✓" if one.live else "",
                one.behind,
                one.set_aside,
                f"{one.changed_at:%Y-%m-%d %H:%M:%SZ}",
            )
            for one in found
        ]
        click.echo(table(heads.split(), rows))


async def _list(settings: Settings) -> list[ProjectionView]:
    from lianyi.projections.service import ProjectionsService

    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, messages = await process.open(stack)
        return await ProjectionsService(pool, messages).list_projections()


@projection.command()
@click.argument("name")
@click.option(
    "--accept-differences",
    is_flag=True,
    help="结果不同也启用 / put it in force even when it differs from the one that is.",
)
@where_options
@json_option
@told
def rebuild(name: str, where: Where, *, accept_differences: bool, as_json: bool) -> None:
    """由日志重建一个投影 / learn a projection again from the log.

    新版本在旧版本旁构建，追上后比对，一致才切换；不一致则保留旧版本，退出码为 1。

    The new version is built beside the old one, catches up, is compared and takes its place. When
    they differ the old one stays, and the exit code is 1.
    """
    done = asyncio.run(_rebuild(where.load(), name, accept_differences=accept_differences))
    same = done.before == done.after
    if as_json:
        say_json(
            {
                "name": name,
                "version": done.version,
                "messages": done.messages,
                "same": same if done.before else None,
                "digest": {table_: value.hex() for table_, value in done.after.items()},
            }
        )
        return
    found = in_words("与原版本一致", "the same as before")
    if not done.before:
        found = in_words("之前没有可比的版本", "there was none to compare with")
    elif not same:
        found = in_words("与原版本不同，已按要求启用", "other than before, as accepted")
    click.echo(
        in_words(
            f"✓ {name} 版本 {done.version} 已启用：{done.messages} 条消息，{found}",
            f"✓ {name} version {done.version} is in force: {done.messages} messages, {found}",
        )
    )


async def _rebuild(settings: Settings, name: str, *, accept_differences: bool) -> Rebuilt:
    from lianyi.app.projections import projection_named
    from lianyi.projections.rebuilding import rebuild as rebuild_projection

    wanted = projection_named(settings, name)
    async with opened(settings) as process, AsyncExitStack() as stack:
        _, messages = await process.open(stack)
        await note(
            messages,
            "projection.rebuilt",
            {"name": name, "accept_differences": accept_differences},
        )
        return await rebuild_projection(
            process.connect,
            messages,
            wanted,
            clock=process.clock,
            accept_differences=accept_differences,
            on_progress=ProgressTeller(),
        )


@projection.command()
@click.argument("name")
@where_options
@json_option
@told
def digest(name: str, where: Where, *, as_json: bool) -> None:
    """计算投影内容的摘要 / print the digest of what a projection holds, by table.

    同一份日志得到同样的摘要。

    The same log gives the same digests.
    """
    found = asyncio.run(_digest(where.load(), name))
    if as_json:
        say_json(found)
    else:
        for table_, value in found["digest"].items():
            click.echo(f"{value}  {table_}")


async def _digest(settings: Settings, name: str) -> dict[str, Any]:
    from lianyi.app.projections import projection_named
    from lianyi.projections import projection_store as store
    from lianyi.projections.problems import ProjectionNotReady

    wanted = projection_named(settings, name)
    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, _ = await process.open(stack)
        async with pool.acquire() as connection, connection.transaction():
            live = await store.hold_live(connection, name)
            if live is None or live.shape != wanted.shape:
                raise ProjectionNotReady(where=name, name=name)
            digests = await wanted.digest(connection, live.schema)
            positions = await store.positions(connection, live.reader)
    return {
        "name": name,
        "version": live.version,
        "positions": {str(shard): number for shard, number in sorted(positions.items())},
        "digest": {table_: value.hex() for table_, value in digests.items()},
    }
