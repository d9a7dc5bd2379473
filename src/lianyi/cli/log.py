"""``lianyi log``: prove the message log, give it away whole, rebuild it from that."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lianyi.cli.common import (
    VERIFIED_FILE,
    NothingRuns,
    Where,
    in_words,
    json_option,
    say_json,
    told,
    where_options,
)
from lianyi.cli.groups import Group
from lianyi.cli.noting import note
from lianyi.cli.printing import Bar, both_languages, progress

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.app.process import Process
    from lianyi.messagelog.message import Position
    from lianyi.messagelog.transfer import Transferred
    from lianyi.messagelog.verify import Report


@click.group(cls=Group)
def log() -> None:
    """验证、导出、导入消息日志，依法擦除 / verify, export, import the log; erase by law.

    平台运行与否均可；未运行时会临时启动内嵌数据库。

    The platform may run or not; when it does not, the embedded database is started for as long as
    the command takes.
    """


@asynccontextmanager
async def opened(settings: Settings, *, fresh: bool = False) -> AsyncIterator[Process]:
    """Give a process with a migrated database for as long as the block runs.

    Args:
        settings: of the installation.
        fresh: make the installation when there is none; otherwise that is refused.

    Raises:
        NothingRuns: there has never been an installation here.
        LianyiError: the database cannot be started or reached.
    """
    from lianyi.app.process import Process
    from lianyi.base.database import EMBEDDED, open_database
    from lianyi.base.embedded.home import read_record
    from lianyi.base.migrations import migrate

    embedded = settings.database.url == EMBEDDED
    if embedded and not fresh and "socket_folder" not in read_record(settings.data_dir):
        raise NothingRuns(where=str(settings.data_dir))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with open_database(settings.database, settings.data_dir, on_progress=_say) as dsn:
        await migrate(dsn)
        yield Process(settings, dsn, role="log")


@log.command()
@click.option("--shard", type=click.IntRange(0), help="只验证这个分片 / this shard only.")
@click.option(
    "--from", "number_from", type=click.IntRange(1), help="从此序号起 / from this number on."
)
@click.option("--to", "number_to", type=click.IntRange(1), help="到此序号为止 / up to this number.")
@where_options
@json_option
@told
def verify(
    shard: int | None,
    number_from: int | None,
    number_to: int | None,
    where: Where,
    *,
    as_json: bool,
) -> None:
    """验证每条消息都在原位且未被改动 / prove that every message is there, as it was written.

    沿哈希链逐条验证，包括已归档的部分；发现不符则退出码为 1。

    Follows the chain of hashes, through the archive too; exit code 1 says that something is not
    what was written.
    """
    if shard is None and (number_from or number_to):
        raise click.UsageError(
            in_words("--from、--to 需要同时给出 --shard", "--from and --to need --shard")
        )
    settings = where.load()
    at, reports = asyncio.run(verify_shards(settings, shard, number_from, number_to))
    good = all(report.ok for report in reports)
    if shard is None:
        remembered = {
            "at": at.isoformat(),
            "ok": good,
            "messages": sum(r.messages for r in reports),
        }
        (settings.data_dir / VERIFIED_FILE).write_text(json.dumps(remembered), encoding="utf-8")
    if as_json:
        say_json(
            {"ok": good, "at": at.isoformat(), "shards": [report_facts(one) for one in reports]}
        )
    else:
        click.echo("\n".join(map(report_text, reports)))
    sys.exit(0 if good else 1)


async def verify_shards(
    settings: Settings, shard: int | None, number_from: int | None, number_to: int | None
) -> tuple[datetime, list[Report]]:
    """Verify the shards one after the other, each with a bar of its own."""
    from lianyi.channels.keep_store import seen_by
    from lianyi.messagelog.verify import verify as verify_log

    async with opened(settings) as process, AsyncExitStack() as stack:
        pool, messages = await process.open(stack)

        async def receipts(one: int) -> dict[str, int]:
            async with pool.acquire() as connection:
                return await seen_by(connection, one)

        reports = []
        for one in [shard] if shard is not None else await messages.shards():
            total = min(number_to or sys.maxsize, await messages.end(one)) - (number_from or 1) + 1
            with progress(max(total, 0), f"验证分片 {one}", f"verifying shard {one}") as bar:
                reports += await verify_log(
                    messages,
                    shards=[one],
                    number_from=number_from or 1,
                    number_to=number_to,
                    seen_by=[receipts],
                    on_progress=_advancing(bar),
                )
        found = {str(one.shard): one.ok for one in reports}
        await note(messages, "log.verified", {"shards": found})
        return process.clock.now(), reports


def _advancing(bar: Bar) -> Any:  # noqa: ANN401 - what the log calls with shard, done, total
    """Return a listener that moves a bar."""
    shown = 0

    def advance(_shard: int, done: int, _total: int) -> None:
        nonlocal shown
        bar.update(done - shown)
        shown = done

    return advance


def report_facts(report: Report) -> dict[str, Any]:
    """Return what verifying a shard found, for programs."""
    from lianyi.channels.views import problem_facts

    failure = report.failure
    return {
        **report._asdict(),
        "ok": report.ok,
        "failure": problem_facts(failure) if failure else None,
    }


def report_text(report: Report) -> str:
    """Return what verifying a shard found, for people."""
    span = f"{report.shard}-{report.number_from} … {report.shard}-{report.number_to}"
    if report.number_to < report.number_from:
        span = in_words("空", "empty")
    line = in_words(
        f"{'✓' if report.ok else '✗'} 分片 {report.shard}：{report.messages} 条消息无误（{span}），"
        f"其中 {report.tombstones} 条已依法删除内容",
        f"{'✓' if report.ok else '✗'} shard {report.shard}: {report.messages} messages are whole"
        f" ({span}), {report.tombstones} of them erased by law",
    )
    facts = report_facts(report)
    if facts["failure"]:
        line += "\n" + both_languages(facts["failure"], indent="    ")
    return line


# --- erasure ------------------------------------------------------------------------------------


@log.command()
@click.argument("position", metavar="POSITION")
@click.option(
    "--reason", required=True, help="法律依据，永久保留，勿写患者信息 / the lawful ground."
)
@click.option("--actor", required=True, help="由何人决定 / who decided.")
@where_options
@json_option
@told
def erase(position: str, reason: str, actor: str, where: Where, *, as_json: bool) -> None:
    """依法擦除一条消息及其修复件 / erase one message and its repaired copies, by law.

    消息体变为擦除标记，日志链仍可校验；尚未完成的投递一并忽略。不可撤销。

    The body becomes a tombstone and the chain still verifies; deliveries that are still open are
    dismissed. It cannot be undone. The reason is kept for ever: name no patient in it.
    """
    from lianyi.messagelog.message import Position

    try:
        at = Position.parse(position)
    except ValueError as error:
        raise click.BadParameter(position) from error
    act = asyncio.run(_erase(where.load(), at, reason=reason, actor=actor))
    if as_json:
        say_json({"position": str(at), "act": str(act)})
        return
    click.echo(in_words(f"✓ {at} 已擦除，操作记录为 {act}", f"✓ {at} is erased; {act} says so"))


async def _erase(settings: Settings, at: Position, *, reason: str, actor: str) -> Position:
    from lianyi.channels.erasing import erase_message

    async with opened(settings) as process, AsyncExitStack() as stack:
        _, messages = await process.open(stack)
        connection = await process.connect()
        stack.push_async_callback(connection.close)
        return await erase_message(
            messages, connection, at, reason=reason, actor=actor, clock=process.clock
        )


# --- transfer -----------------------------------------------------------------------------------


@log.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@where_options
@json_option
@told
def export(folder: Path, where: Where, *, as_json: bool) -> None:
    """把全部内容导出为开放格式 / give everything away in open formats.

    DIR 中是 Parquet（消息）和 JSON（其余各表）。再次导出到同一文件夹只写新增部分。

    DIR gets Parquet for the messages and JSON for all other tables. Exporting into the same folder
    again writes only what is new.
    """
    moved = asyncio.run(_export(where.load(), folder))
    _say_moved(moved, folder, as_json=as_json)


async def _export(settings: Settings, folder: Path) -> Transferred:
    from lianyi.messagelog.exporting import export as export_log

    async with opened(settings) as process, AsyncExitStack() as stack:
        _, messages = await process.open(stack)
        await note(messages, "log.exported", {"folder": str(folder)})
        connection = await process.connect()
        stack.push_async_callback(connection.close)
        with _share("导出", "exporting") as advance:
            return await export_log(
                messages,
                connection,
                folder,
                clock=process.clock,
                product=version("lianyi"),
                on_progress=advance,
            )


@log.command("import")
@click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR"
)
@where_options
@json_option
@told
def import_log(folder: Path, where: Where, *, as_json: bool) -> None:
    """由导出重建一套空的安装 / rebuild an empty installation from an export.

    先验证整个导出，再在一个事务中写入：全部成功，或什么都不改变。

    The whole export is proved first, then written in one transaction: all of it or nothing.
    """
    moved = asyncio.run(_import(where.load(), folder))
    _say_moved(moved, folder, as_json=as_json)


async def _import(settings: Settings, folder: Path) -> Transferred:
    from lianyi.messagelog.importing import import_
    from lianyi.security.field_keys import found_cover

    async with opened(settings, fresh=True) as process, AsyncExitStack() as stack:
        connection = await process.connect()
        stack.push_async_callback(connection.close)
        process.cover = found_cover(
            settings=settings.field_encryption, vault=settings.vault, data_dir=settings.data_dir
        )
        with _share("导入", "importing") as advance:
            archive = process.archive()
            moved = await import_(connection, folder, archive=archive, on_progress=advance)
        _, messages = await process.open(stack)
        await note(messages, "log.imported", {"folder": str(folder)})
        return moved


@contextmanager
def _share(zh: str, en: str) -> Iterator[Callable[[int, int], None]]:
    """Give a listener to which the log tells done and total; it moves a bar of a hundred."""
    shown = 0
    with progress(100, zh, en) as bar:

        def advance(done: int, total: int) -> None:
            nonlocal shown
            percent = 100 * done // max(total, 1)
            bar.update(percent - shown)
            shown = percent

        yield advance


def _say_moved(moved: Transferred, folder: Path, *, as_json: bool) -> None:
    if as_json:
        say_json({**moved._asdict(), "folder": str(folder)})
        return
    ends = "  ".join(f"{shard}-{number}" for shard, number in sorted(moved.ends.items()))
    click.echo(
        in_words(
            f"✓ {folder}：{moved.messages} 条消息，{moved.rows} 行其他数据（至 {ends}）",
            f"✓ {folder}: {moved.messages} messages, {moved.rows} other rows (up to {ends})",
        )
    )


def _say(text: str) -> None:
    click.echo(f"  {text}", err=True)
