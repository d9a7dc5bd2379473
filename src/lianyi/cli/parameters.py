"""``lianyi parameters``: search parameters of one's own: check the files, see how far they are."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.log import opened
from lianyi.cli.printing import table

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.projections.clinical.parameter_work.views import OwnParameters, RefusedParameter


@click.group(cls=Group)
def parameters() -> None:
    """检查自定义检索参数，查看建索引进度 / check own search parameters, see how far they are.

    参数是 content/clinical/parameters 中的 FHIR SearchParameter 文件，或经 REST 写入的资源；
    平台在后台建立索引，完成前拒绝按该参数检索。

    They are FHIR SearchParameter files in content/clinical/parameters, or were written over REST.
    The platform indexes by them in the background; until one is complete, searches by it are
    refused.
    """


@parameters.command()
@where_options
@json_option
@told
def status(where: Where, *, as_json: bool) -> None:
    """查看每个参数的索引进度 / show how far each parameter is indexed."""
    found = asyncio.run(_status(where.load()))
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    heads = in_words("参数 类型 状态 已完成 共", "parameter type state done total")
    states = in_words("完成 建立中", "complete building").split()
    rows = [
        (
            f"{one.type}.{one.code}",
            one.kind,
            states[0] if one.complete else states[1],
            one.done,
            one.total,
        )
        for one in found.items
    ]
    if rows:
        click.echo(table(heads.split(), rows))
    else:
        click.echo(in_words("没有自定义检索参数", "there are no own search parameters"), err=True)
    _refuse(found.refused)


async def _status(settings: Settings) -> OwnParameters:
    from lianyi.projections.clinical.parameter_work.service import ParametersService

    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, _ = await process.open(stack)
        return await ParametersService(pool, settings.content_dir).status()


@parameters.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """检查参数文件，无需数据库 / check the files; no database is needed.

    有不可用的文件时退出码为 1，并指出表达式出错的位置。

    Where a file cannot be used the exit code is 1, and it is said where its expression is wrong.
    """
    from lianyi.projections.clinical.parameter_work.service import refused_view
    from lianyi.projections.clinical.parameters.reading import read_folder

    folder = read_folder(where.content_dir)
    refused = [refused_view(one) for one in folder.refused]
    names = [f"{one.type}.{one.code}" for one in folder.own]
    if as_json:
        say_json({"usable": names, "refused": [one.model_dump() for one in refused]})
    else:
        for name in names:
            click.echo(f"✓ {name}")
        _refuse(refused)
    if refused:
        sys.exit(1)


def _refuse(refused: list[RefusedParameter]) -> None:
    for one in refused:
        click.echo(in_words(one.zh, one.en), err=True)
