"""``lianyi serve`` and ``lianyi demo``: run the platform, with or without a hospital around it."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import click
import uvloop

from lianyi.api.session import console_token
from lianyi.app import ROLES, Settings, run_role
from lianyi.base.clock import SystemClock
from lianyi.base.database import open_database
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.migrations import migrate
from lianyi.base.telemetry import configure_logging
from lianyi.cli.common import load_settings, running_database, told, where_options
from lianyi.cli.supervisor import Supervisor, die_with_parent, stop_on_signals
from lianyi.simulate.corpus import Replayed
from lianyi.simulate.demo import prepare_demo, run_demo


class NotLoopback(LianyiError):
    """The console was told to listen where anybody could reach it, before there are accounts."""

    code = "LY-1720"
    category = Category.FORBIDDEN
    en = Told(
        "the console does not listen there",
        "until there are accounts, it may be reached from this machine only",
        "leave the address on 127.0.0.1, and reach it through an SSH tunnel",
    )
    zh = Told(
        "控制台不在该地址监听",
        "在账户功能就绪之前，只允许从本机访问",
        "保持地址为 127.0.0.1，通过 SSH 隧道访问",
    )


def _http_options(command: Any) -> Any:  # noqa: ANN401 - click decorates what it is given
    command = click.option(
        "--http-host", help="控制台监听地址 / address of the console; default: loopback."
    )(command)
    return click.option(
        "--http-port", type=int, help="控制台端口 / port of the console; default: 8080."
    )(command)


def _split_roles(_context: object, _parameter: object, value: str) -> tuple[str, ...]:
    roles = tuple(role.strip() for role in value.split(",") if role.strip())
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise click.BadParameter(f"choose from {', '.join(ROLES)}")
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
@told
def serve(
    config: Path | None,
    data_dir: Path,
    content_dir: Path,
    http_port: int | None,
    http_host: str | None,
    roles: tuple[str, ...],
) -> None:
    """运行平台 / run the platform: its database and one process for each role."""
    settings = load_settings(
        config, data_dir=data_dir, content_dir=content_dir, http_port=http_port, http_host=http_host
    )
    uvloop.run(_serve(settings, config, roles, beside=None))


@click.command()
@where_options
@_http_options
@click.option(
    "--corpus",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="同时回放该文件夹下的真实消息 / also send every real message found below this folder.",
)
@click.option("--rate", default=12.0, show_default=True, help="每秒消息数 / messages a second.")
@told
def demo(
    config: Path | None,
    data_dir: Path,
    content_dir: Path,
    http_port: int | None,
    http_host: str | None,
    corpus: Path | None,
    rate: float,
) -> None:
    """运行平台和一家模拟医院 / run the platform with a small simulated hospital around it."""
    settings = load_settings(
        config, data_dir=data_dir, content_dir=content_dir, http_port=http_port, http_host=http_host
    )
    prepare_demo(settings.data_dir)

    async def hospital(stop: asyncio.Event) -> None:
        url = f"http://{settings.api.host}:{settings.api.port}"
        await run_demo(
            url,
            settings.data_dir,
            corpus,
            stop=stop,
            clock=SystemClock(),
            rate=rate,
            told=_say_replayed,
        )

    uvloop.run(_serve(settings, config, ROLES, beside=hospital))


@click.command(hidden=True)
@where_options
@_http_options
@click.argument("name", type=click.Choice(ROLES))
@told
def role(
    config: Path | None,
    data_dir: Path,
    content_dir: Path,
    http_port: int | None,
    http_host: str | None,
    name: str,
) -> None:
    """Do the work of one role in this process; ``serve`` starts these."""
    die_with_parent()
    settings = load_settings(
        config, data_dir=data_dir, content_dir=content_dir, http_port=http_port, http_host=http_host
    )

    async def work() -> None:
        stop = asyncio.Event()
        stop_on_signals(asyncio.get_running_loop(), stop.set)
        await run_role(name, settings, running_database(settings), stop)

    uvloop.run(work())


async def _serve(
    settings: Settings,
    config: Path | None,
    roles: Sequence[str],
    *,
    beside: Callable[[asyncio.Event], Coroutine[Any, Any, None]] | None,
) -> None:
    """Bring up the database, migrate it, keep the roles running until a signal comes."""
    if "api" in roles and not _is_loopback(settings.api.host):
        raise NotLoopback(where=f"api.host = {settings.api.host}")
    configure_logging(settings.telemetry.log_level)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    stop = asyncio.Event()
    stop_on_signals(asyncio.get_running_loop(), stop.set)
    async with open_database(settings.database, settings.data_dir, on_progress=_say) as dsn:
        await migrate(dsn)
        supervisor = Supervisor({name: _command(name, settings, config) for name in roles})
        if "api" in roles:
            _say_address(settings)
        working = asyncio.create_task(supervisor.run())
        playing = asyncio.create_task(beside(stop)) if beside else None
        stopping = asyncio.create_task(stop.wait())
        waiting = {task for task in (working, stopping, playing) if task}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        if playing:
            await asyncio.gather(playing, return_exceptions=True)
        supervisor.stop()
        await working
        if playing and not playing.cancelled() and (error := playing.exception()):
            raise error


def _command(name: str, settings: Settings, config: Path | None) -> list[str]:
    command = [sys.executable, "-m", "lianyi.cli", "role", name]
    command += ["--data", str(settings.data_dir), "--content", str(settings.content_dir)]
    command += ["--http-port", str(settings.api.port), "--http-host", settings.api.host]
    return [*command, "--config", str(config)] if config else command


def _is_loopback(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(entry[4][0] in ("::1",) or str(entry[4][0]).startswith("127.") for entry in found)


def _say(text: str) -> None:
    click.echo(f"  {text}", err=True)


def _say_address(settings: Settings) -> None:
    url = f"http://{settings.api.host}:{settings.api.port}"
    token = console_token(settings.data_dir)
    click.echo(
        f"\n  联医 Lianyi\n\n  控制台 / console   {url}/?token={token}\n"
        f"  令牌 / token       {token}\n"
        f"  数据 / data        {settings.data_dir}\n\n  Ctrl-C 停止 / to stop\n"
    )


def _say_replayed(row: Replayed) -> None:
    codes = " ".join(f"{code or '-'}×{count}" for code, count in sorted(row.codes.items()))
    reason = f"  {row.reasons[0]}" if row.reasons else ""
    click.echo(f"  {row.file}  {row.messages}  {codes}{reason}")
