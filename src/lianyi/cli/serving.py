"""``lianyi serve`` and ``lianyi demo``: run the platform, with or without a hospital around it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click
import uvloop

from lianyi.app import ROLES, Settings, run_role
from lianyi.base.clock import SystemClock
from lianyi.cli.common import Where, json_option, running_database, say_json, told, where_options
from lianyi.cli.forking import fork_server
from lianyi.cli.running import Companion, Platform
from lianyi.cli.supervisor import end_soon, stop_on_signals

NICENESS = {"learn": 10}
"""Of roles that let others go first: messages go in and out, then they are learned from. What such
a process asks of a database on this machine waits likewise; see ``lianyi.base.database``."""

LIGHT = ("intake", "deliver")
"""Roles whose modules are loaded before any role is forked: the others need these modules too."""


def _http_options(command: Any) -> Any:  # noqa: ANN401 - click decorates what it is given
    command = click.option(
        "--http-host", help="控制台监听地址，默认本机 / address of the console; default: loopback."
    )(command)
    return click.option(
        "--http-port",
        type=click.IntRange(0, 65535),
        help="控制台端口，默认 8080；0 自动选择 / port of the console; default: 8080; 0: any.",
    )(command)


def _split_roles(_context: object, _parameter: object, value: str) -> tuple[str, ...]:
    roles = tuple(role.strip() for role in value.split(",") if role.strip())
    if not roles or set(roles) - set(ROLES):
        raise click.BadParameter(f"{', '.join(ROLES)}")
    return roles


@click.command()
@where_options
@_http_options
@click.option(
    "--roles",
    callback=_split_roles,
    default=",".join(ROLES),
    show_default=True,
    help="本进程承担的角色 / what this process does; several processes share one database.",
)
@json_option
@told
def serve(
    where: Where,
    http_port: int | None,
    http_host: str | None,
    roles: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """运行平台 / run the platform.

    启动数据库，并为每个角色保持一个进程。多个进程可共用一个数据文件夹。

    --json 在数据库就绪时输出一行 JSON：地址、令牌文件、文件夹、角色。

    It brings the database up and keeps one process for each role. Several may share a data folder.
    With --json it prints one line of JSON when the database is up: the address, the file of the
    token, the folders, the roles.
    """
    settings = where.load(http_port=http_port, http_host=http_host)
    run_platform(settings, where.chosen_file, roles, as_json=as_json)


@click.command()
@where_options
@_http_options
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="同时回放该文件夹下的真实消息 / also send every real message found below this folder.",
)
@click.option("--rate", default=12.0, show_default=True, help="每秒消息数 / messages a second.")
@json_option
@told
def demo(
    where: Where,
    http_port: int | None,
    http_host: str | None,
    corpus: Path | None,
    rate: float,
    *,
    as_json: bool,
) -> None:
    """运行平台和一家模拟医院 / run the platform with a simulated hospital around it."""
    from lianyi.simulate.corpus import Replayed
    from lianyi.simulate.demo import prepare_demo, run_demo

    os.environ.setdefault("LIANYI__OUTGOING__LOOPBACK", "true")  # its hospital is on this machine
    settings = where.load(http_port=http_port, http_host=http_host)
    prepare_demo(settings.data_dir)

    def say(row: Replayed) -> None:
        if as_json:
            say_json(row._asdict())
            return
        codes = " ".join(f"{code or '-'}×{count}" for code, count in sorted(row.codes.items()))
        reason = f"  {row.reasons[0]}" if row.reasons else ""
        click.echo(f"  {row.file}  {row.messages}  {codes}{reason}")

    def ready(systems: list[dict[str, Any]]) -> None:
        if as_json:
            say_json({"hospital": systems})

    async def hospital(address: str, stop: asyncio.Event) -> None:
        await run_demo(
            address,
            settings.data_dir,
            corpus,
            stop=stop,
            clock=SystemClock(),
            rate=rate,
            told=say,
            ready=ready,
        )

    run_platform(settings, where.chosen_file, ROLES, as_json=as_json, beside=hospital)


def run_platform(
    settings: Settings,
    settings_file: Path | None,
    roles: Sequence[str],
    *,
    as_json: bool,
    beside: Companion | None = None,
) -> None:
    """Run the platform until a signal comes.

    It runs in a child of this process: the roles are forked from this one and share what it has
    loaded; see :mod:`lianyi.cli.forking`.
    """
    lianyi = click.get_current_context().find_root().command
    forks = fork_server(
        lambda words: lianyi.main(args=[*words], prog_name="lianyi"),
        load=[f"lianyi.app.{role}" for role in LIGHT if role in roles],
    )
    platform = Platform(
        settings,
        settings_file,
        roles,
        start=forks.start,
        process=forks.server,
        beside=beside,
        as_json=as_json,
    )
    uvloop.run(platform.run())


@click.command(hidden=True)
@where_options
@_http_options
@click.option("--owner", type=click.UUID, help="Who it is in leases; default: somebody new.")
@click.argument("name", type=click.Choice(ROLES))
@told
def role(
    where: Where,
    http_port: int | None,
    http_host: str | None,
    owner: UUID | None,
    name: str,
) -> None:
    """Do the work of one role in this process; ``serve`` starts these."""
    os.nice(NICENESS.get(name, 0))
    settings = where.load(http_port=http_port, http_host=http_host)

    async def work() -> None:
        stop = asyncio.Event()

        def end() -> None:
            end_soon()
            stop.set()

        stop_on_signals(asyncio.get_running_loop(), end)
        await run_role(name, settings, running_database(settings), stop, owner=owner)

    uvloop.run(work())
