"""``lianyi rebuild``: learn a projection again beside the running one, look, and then switch."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Final

import click

from lianyi.cli.common import Where, in_words, json_option, say_json, told, where_options
from lianyi.cli.log import opened
from lianyi.cli.noting import note
from lianyi.cli.printing import table

if TYPE_CHECKING:
    from lianyi.app import Settings
    from lianyi.projections.rebuilding import Compared, Progress

TELL_SECONDS: Final = 5.0
EXAMPLES_SHOWN: Final = 40


@click.command()
@click.argument("name")
@click.option(
    "--switch", is_flag=True, help="构建并比对后即启用 / put it in force when it is built."
)
@click.option(
    "--drop",
    is_flag=True,
    help="丢弃已构建未启用的 / drop what was built and not put in force.",
)
@where_options
@json_option
@told
def rebuild(name: str, where: Where, *, switch: bool, drop: bool, as_json: bool) -> None:
    """由日志在旁重建，比对后再切换 / rebuild beside, compare, switch when told.

    新版本在现行版本旁由日志构建，平台照常读写；构建后列出差异（只列编号和元素路径，不列内容），
    经确认或带 --switch 才切换。随时中断不影响现行版本，再次运行会接着构建；未切换的版本保留一天。

    The next version is built from the log beside the running one, which goes on being read and
    written. Then it says what differs (ids and elements, never what they say), and switches after a
    confirmation or with --switch. Stopped anywhere it leaves the running one untouched, and goes
    on where it was when run again. What is not switched to is kept for a day.
    """
    if switch and drop:
        raise click.UsageError(
            in_words("--switch 与 --drop 不能同用", "--switch and --drop exclude each other")
        )
    asyncio.run(_run(where.load(), name, switch=switch, drop=drop, as_json=as_json))


async def _run(settings: Settings, name: str, *, switch: bool, drop: bool, as_json: bool) -> None:
    from lianyi.app.projections import made_by, projection_named
    from lianyi.projections.rebuilding import rebuilding

    wanted = projection_named(settings, name)
    async with opened(settings) as process, AsyncExitStack() as stack:
        _, messages = await process.open(stack)
        run = await stack.enter_async_context(
            rebuilding(
                process.connect,
                messages,
                wanted,
                clock=process.clock,
                made_by=made_by(settings),
                on_progress=ProgressTeller(),
            )
        )
        if drop:
            await note(messages, "projection.dropped", {"name": name})
            click.echo(_dropped(was_there=await run.drop()))
            return
        await note(messages, "projection.built", {"name": name})
        await run.build()
        compared = await run.compare()
        say_json(_as_json(name, compared, live=switch)) if as_json else _say(name, compared)
        asks = sys.stdin.isatty() and not as_json
        question = in_words("现在切换？", "switch now?")
        if not (switch or (asks and click.confirm(question, err=True))):
            click.echo(_stands(name), err=True)
            return
        await note(messages, "projection.rebuilt", {"name": name, "same": compared.same})
        await run.switch()
        if not as_json:
            click.echo(
                in_words(
                    f"✓ {name} 版本 {compared.version} 已启用",
                    f"✓ {name} version {compared.version} is in force",
                )
            )


class ProgressTeller:
    """Says how far a build is: on a terminal in one line, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._told_at = float("-inf")

    def __call__(self, progress: Progress) -> None:
        """Say it, where it is time to."""
        now, at_end = time.monotonic(), progress.done >= progress.total
        is_terminal = sys.stderr.isatty()
        if now - self._told_at < (0.2 if is_terminal else TELL_SECONDS) and not at_end:
            return
        self._told_at = now
        line = progress_line(progress)
        click.echo(f"\r\x1b[K{line}" if is_terminal else line, err=True, nl=not is_terminal)
        if is_terminal and at_end:
            click.echo(err=True)


def progress_line(progress: Progress) -> str:
    """Return how far a build is, in the reader's language."""
    share = progress.done / progress.total if progress.total else 1.0
    left = progress.seconds_left
    return in_words(
        f"  {progress.done}/{progress.total} 条（{share:.0%}），{progress.per_second:.0f} 条/秒，"
        + ("剩余时间未知" if left is None else f"剩余约 {_duration(left)}"),
        f"  {progress.done}/{progress.total} messages ({share:.0%}), {progress.per_second:.0f}/s, "
        + ("time left unknown" if left is None else f"about {_duration(left)} left"),
    )


def _duration(seconds: float) -> str:
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _say(name: str, compared: Compared) -> None:
    head = in_words(
        f"{name} 版本 {compared.version} 已构建：{compared.messages} 条消息",
        f"{name} version {compared.version} is built: {compared.messages} messages",
    )
    click.echo(head + (in_words("（接续上次）", " (gone on with)") if compared.resumed else ""))
    for name_of_table, value in compared.after.items():
        click.echo(f"{value.hex()}  {name_of_table}")
    if not compared.before:
        click.echo(in_words("没有可比的现行版本", "there is no running version to compare with"))
    elif compared.same:
        click.echo(in_words("与现行版本逐字节一致", "byte for byte the same as the running one"))
    else:
        heads = in_words("内容 机构 新增 改变 消失", "what organisation added changed gone")
        rows = [
            (one.what, one.organisation, one.added, one.changed, one.gone)
            for one in compared.differences
        ]
        click.echo(table(heads.split(), rows))
        _say_examples(compared)


def _say_examples(compared: Compared) -> None:
    examples = [example for one in compared.differences for example in one.examples]
    if not examples:
        return
    how = {
        "added": in_words("新增", "added"),
        "changed": in_words("改变", "changed"),
        "gone": in_words("消失", "gone"),
    }
    heads = in_words("示例 差异 首个不同的元素", "example how first-element-that-differs")
    rows = [(one.id, how[one.how], one.where) for one in examples[:EXAMPLES_SHOWN]]
    click.echo(table(heads.split(), rows))


def _as_json(name: str, compared: Compared, *, live: bool) -> Mapping[str, Any]:
    return {
        "name": name,
        "version": compared.version,
        "live": live,
        "messages": compared.messages,
        "resumed": compared.resumed,
        "same": compared.same if compared.before else None,
        "differences": [
            {**one._asdict(), "examples": [example._asdict() for example in one.examples]}
            for one in compared.differences
        ],
        "digest": {name_: value.hex() for name_, value in compared.after.items()},
    }


def _dropped(*, was_there: bool) -> str:
    if was_there:
        return in_words("✓ 已丢弃", "✓ dropped")
    return in_words("没有已构建而未启用的版本", "nothing was built and not put in force")


def _stands(name: str) -> str:
    return in_words(
        f"现行版本未变。启用：lianyi rebuild {name} --switch；丢弃：lianyi rebuild {name} --drop",
        f"the running version is as it was. To put the built one in force: lianyi rebuild {name}"
        f" --switch; to drop it: lianyi rebuild {name} --drop",
    )
