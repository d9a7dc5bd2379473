"""``lianyi views``: tables out of the clinical repository, by view definitions of SQL on FHIR."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.groups import Group
from lianyi.cli.log import opened
from lianyi.cli.noting import note

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.app.process import Process
    from lianyi.messagelog.postgres import PostgresLog
    from lianyi.messagelog.postgres_leases import Connection
    from lianyi.projections.clinical.flat.forms import Form
    from lianyi.projections.projection_store import Version

PAGE: Final = 2_000


@click.group(cls=Group)
def views() -> None:
    """临床数据生成表格（SQL on FHIR） / tables out of clinical data, by SQL-on-FHIR views.

    视图是 content/clinical/views 中的 ViewDefinition 文件。在本机运行的命令导出完整内容，
    并记入审计。

    Views are ViewDefinition files in content/clinical/views. What these commands write on the
    machine itself is complete, and an act in the audit trail.
    """


@views.command()
@where_options
@json_option
@told
def check(where: Where, *, as_json: bool) -> None:
    """检查视图文件，列出各列 / check the files of views and list their columns.

    有不可用的文件时退出码为 1。

    Where a file cannot be used the exit code is 1.
    """
    from lianyi.projections.clinical.flat.files import read_folder

    folder = read_folder(where.content_dir)
    if as_json:
        refused = [
            {"file": one.file, "code": one.problem.code, "why": one.problem.text("en")}
            for one in folder.refused
        ]
        usable = {name: [c.name for c in view.columns] for name, view in folder.views.items()}
        say_json({"usable": usable, "refused": refused})
    else:
        for name, view in folder.views.items():
            columns = ", ".join(column.name for column in view.columns)
            click.echo(f"✓ {name} ({view.resource}): {columns}")
        for one in folder.refused:
            click.echo(in_words(one.problem.text("zh"), one.problem.text("en")), err=True)
    if folder.refused:
        sys.exit(1)


form_option = click.option(
    "--form",
    type=click.Choice(["ndjson", "csv", "parquet"]),
    default="ndjson",
    show_default=True,
    help="文件格式 / form of the file.",
)


@views.command()
@click.argument("name")
@form_option
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="写入此文件，默认标准输出 / into this file; default: standard output.",
)
@where_options
@told
def run(name: str, where: Where, *, form: Form, target: Path | None) -> None:
    """对当前全部资源运行一个视图 / run a view over all resources as they stand now."""
    content = asyncio.run(_run(where.load(), name, form))
    if target is None:
        sys.stdout.buffer.write(content)
    else:
        target.write_bytes(content)


async def _run(settings: Settings, name: str, form: Form) -> bytes:
    from lianyi.formats.fhir import json_text
    from lianyi.formats.fhir.flattening import rows
    from lianyi.projections.clinical.flat import flat_store
    from lianyi.projections.clinical.flat.forms import written
    from lianyi.projections.clinical.flat.known import view_called

    found = []
    async with _reading(settings, "view.run", name) as (_, connection, live, _messages):
        view = await view_called(connection, live.schema, settings.content_dir, name)
        after: int | None = None
        while page := await flat_store.page(
            connection, live.schema, view.resource, after=after, limit=PAGE
        ):
            found += [row for kept in page for row in rows(view, json_text.read(kept.body))]
            after = page[-1].rid
    return written(view.columns, found, form)


@views.command()
@click.argument("name")
@form_option
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="写入此文件夹 / into this folder.",
)
@where_options
@json_option
@told
def follow(name: str, where: Where, *, form: Form, folder: Path, as_json: bool) -> None:
    """把一个视图按位点增量写入文件夹 / write what is new of a view into a folder, by position.

    每个文件是一段消息产生的全部资源版本；同一段总是同样的字节。再次运行只写新的部分；有消息被依法
    擦除时，重写所有受影响的文件。

    Each file is of a range of messages: the rows of every version of a resource that they made, and
    the same bytes whenever it is written. Run again, it writes what is new; when a message was
    erased by law, every file that it touched is written anew.
    """
    files = asyncio.run(_follow(where.load(), name, form, folder))
    if as_json:
        say_json({"written": files})
    else:
        for file in files:
            click.echo(file)
        click.echo(in_words(f"✓ 写入 {len(files)} 个文件", f"✓ {len(files)} files"), err=True)


async def _follow(settings: Settings, name: str, form: Form, folder: Path) -> list[str]:
    from lianyi.projections import projection_store as store
    from lianyi.projections.clinical.flat.known import view_called
    from lianyi.projections.clinical.flat.segments import Follow

    async with _reading(settings, "view.followed", name) as (process, connection, live, messages):
        view = await view_called(connection, live.schema, settings.content_dir, name)
        follow_ = Follow(messages, view, folder, form)
        learned = await store.positions(connection, live.reader)
        standing = {shard: learned.get(shard, 0) for shard in await messages.shards()}
        ends = await follow_.ends(standing, now=process.clock.now())
        done = await follow_.write(connection, live.schema, ends)
        return [segment.file(view.name, form) for segment in done]


@asynccontextmanager
async def _reading(
    settings: Settings, act: str, name: str
) -> AsyncIterator[tuple[Process, Connection, Version, PostgresLog]]:
    """Give the version in force at one moment, and write down that it is read."""
    from lianyi.projections import projection_store as store
    from lianyi.projections.clinical import table_store
    from lianyi.projections.clinical.follow import NAME
    from lianyi.projections.problems import ProjectionNotReady

    async with opened(settings) as process, AsyncExitStack() as stack:
        _, messages = await process.open(stack)
        await note(messages, act, {"name": name})
        connection = await process.connect()
        try:
            async with connection.transaction(isolation="repeatable_read"):
                live = await store.hold_live(connection, NAME)
                if live is None or live.shape != table_store.SHAPE:
                    raise ProjectionNotReady(where=NAME, name=NAME)
                yield process, connection, live, messages
        finally:
            await connection.close()
