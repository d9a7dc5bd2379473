"""The platform as one process runs it: its database, migrated, and the roles around it.

Several of these may share one data folder. The first runs the embedded database, the others use
it; when the first ends, one of the others runs the database from then on.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from lianyi.api.first_token import TOKEN_FILE, console_token
from lianyi.api.settings import own_address
from lianyi.app import Settings
from lianyi.base.clock import RandomIds
from lianyi.base.database import EMBEDDED, open_database
from lianyi.base.embedded import find_dsn
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.migrations import migrate
from lianyi.base.telemetry import configure_logging
from lianyi.cli.common import ADDRESS_FILE, in_words, say_json
from lianyi.cli.supervisor import Start, Supervisor, stop_on_signals
from lianyi.messagelog.postgres_errors import STORE_ERRORS

WATCH_SECONDS = 0.5
TAKEOVER_SECONDS_MAX = 120.0
"""How long we try to take the database over from a process that ended, before we end too."""
TAKEOVER_PAUSE_SECONDS = 0.5

Companion = Callable[[str, asyncio.Event], Coroutine[Any, Any, None]]
"""Something that runs beside the platform; it is given the console's address and the end."""


class NotLoopback(LianyiError):
    """The console was told to listen where others reach it, and nothing would be encrypted."""

    code = "LY-1720"
    category = Category.FORBIDDEN
    en = Told(
        "the console does not listen there",
        "beyond this machine it is served encrypted only",
        "name a certificate in the section [https], or the proxies that terminate TLS",
    )
    zh = Told(
        "控制台不在该地址监听",
        "本机以外只允许加密访问",
        "在 [https] 中配置证书，或写明终止 TLS 的代理服务器地址",
    )


class Platform:
    """The database and the roles of one process, until a signal comes."""

    def __init__(
        self,
        settings: Settings,
        settings_file: Path | None,
        roles: Sequence[str],
        *,
        start: Start,
        process: int,
        beside: Companion | None = None,
        as_json: bool = False,
    ) -> None:
        """Describe it; nothing happens yet.

        Args:
            settings: of the installation.
            settings_file: where they were read, for the roles to read them too.
            roles: what this process does.
            start: starts the process of a role by the words of its command.
            process: the number of the process that people end when they want all to end.
            beside: runs beside the platform; when it ends, the platform ends too.
            as_json: whether it says where it is as a line of JSON, for programs.

        Raises:
            NotLoopback: the console would be reached from elsewhere, and not encrypted.
        """
        self._settings = settings
        self._settings_file = settings_file
        self._roles = roles
        self._start = start
        self._process = process
        self._beside = beside
        self._as_json = as_json
        self._api = "api" in roles
        host, port = settings.api.host, settings.api.port
        encrypted = settings.https.on or settings.https.trusted_proxies
        if self._api and not encrypted and not is_loopback(host):
            raise NotLoopback(where=f"api.host = {host}")
        self._port = port or (free_port(host) if self._api else 0)
        self.address = own_address(host, self._port, secure=settings.https.on)

    async def run(self) -> None:
        """Run until a signal comes.

        Raises:
            LianyiError: the database cannot be started or reached, or does not fit this release.
        """
        configure_logging(self._settings.telemetry.log_level)
        self._settings.data_dir.mkdir(parents=True, exist_ok=True)
        self._stop = asyncio.Event()
        self._starting = True
        self._task = asyncio.current_task()
        stop_on_signals(asyncio.get_running_loop(), self._end)
        try:
            await self._serve()
            while not self._stop.is_set():
                await self._take_over()
        except asyncio.CancelledError:
            if not self._stop.is_set():
                raise

    def _end(self) -> None:
        """End; a start that is under way, which may be a long recovery, is given up."""
        self._stop.set()
        if self._starting and self._task:
            self._task.cancel()

    async def _take_over(self) -> None:
        """Serve again, after the process that ran our database has ended.

        What it left may still be ending, and others may try the same: a start that fails is tried
        again for a while.

        Raises:
            LianyiError: it still could not be started after :data:`TAKEOVER_SECONDS_MAX`.
        """
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + TAKEOVER_SECONDS_MAX
        while not self._stop.is_set():
            try:
                await self._serve()
            except (LianyiError, *STORE_ERRORS) as error:
                if not self._starting or loop.time() > give_up_at:
                    raise
                _say(in_words("接管数据库未成功，稍后重试", "cannot take the database over yet"))
                _say(str(error))
            else:
                return
            await asyncio.sleep(TAKEOVER_PAUSE_SECONDS)

    async def _serve(self) -> None:
        """Serve until the end, or until the process that runs our database ends."""
        self._starting = True
        settings = self._settings
        async with open_database(settings.database, settings.data_dir, on_progress=_say) as dsn:
            await migrate(dsn)
            self._starting = False
            supervisor = Supervisor(
                self._start, {name: self._command(name) for name in self._roles}
            )
            if self._api:
                self._keep_address()
            if self._as_json:
                say_json(self._facts())
            elif self._api:
                self._say_address()
            working = asyncio.create_task(supervisor.run())
            playing = (
                asyncio.create_task(self._beside(self.address, self._stop))
                if self._beside
                else None
            )
            watching = asyncio.create_task(self._watch())
            stopping = asyncio.create_task(self._stop.wait())
            waiting = {task for task in (working, stopping, playing, watching) if task}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            lost = watching.done() and not self._stop.is_set()
            if playing:
                self._stop.set()
                await asyncio.gather(playing, return_exceptions=True)
            for task in (watching, stopping):
                task.cancel()
            supervisor.stop()
            await working
            if playing and (error := playing.exception()):
                raise error
        if lost:
            _say(in_words("运行数据库的进程已结束", "the process that ran the database has ended"))

    async def _watch(self) -> None:
        """Come back when nobody runs the embedded database any more; otherwise never."""
        embedded = self._settings.database.url == EMBEDDED
        while not embedded or find_dsn(self._settings.data_dir) is not None:
            await asyncio.sleep(WATCH_SECONDS)

    def _command(self, name: str) -> list[str]:
        """Return how a role is started, and started again.

        It keeps its identity: the supervisor knows that the process before it has ended, so the new
        one takes over its leases at once instead of waiting for them to run out.
        """
        settings = self._settings
        command = ["role", name, "--owner", str(RandomIds().new_id())]
        command += ["--data", str(settings.data_dir), "--content", str(settings.content_dir)]
        command += ["--http-port", str(self._port), "--http-host", settings.api.host]
        if self._settings_file:
            command += ["--settings", str(self._settings_file)]
        return command

    def _keep_address(self) -> None:
        file = self._settings.data_dir / ADDRESS_FILE
        file.write_text(self.address + "\n", encoding="utf-8")
        console_token(self._settings.data_dir)  # made now, so that its file can be read

    def _facts(self) -> dict[str, Any]:
        """Return what a program wants to know; the token stays in its file."""
        settings = self._settings
        return {
            "console": self.address if self._api else None,
            "token_file": str(settings.data_dir.resolve() / TOKEN_FILE) if self._api else None,
            "data": str(settings.data_dir.resolve()),
            "content": str(settings.content_dir.resolve()),
            "roles": list(self._roles),
            "database": "embedded" if settings.database.url == EMBEDDED else "server",
            "process": self._process,
            "version": version("lianyi"),
        }

    def _say_address(self) -> None:
        data_dir = self._settings.data_dir
        token = console_token(data_dir)
        if sys.stdout.isatty():  # behind # it reaches no server, no proxy and no log of either
            address, shown = f"{self.address}/#token={token}", token
        else:  # what is no terminal is a log, and keeps what it is told
            address, shown = self.address, str(data_dir / TOKEN_FILE)
        click.echo(
            f"\n  联医 Lianyi\n\n  控制台 / console   {address}\n"
            f"  令牌 / token       {shown}\n"
            f"  数据 / data        {data_dir}\n\n  Ctrl-C 停止 / to stop\n"
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    try:
        found = socket.getaddrinfo(host, None)
    except OSError:
        return False
    return all(entry[4][0] in ("::1",) or str(entry[4][0]).startswith("127.") for entry in found)


def free_port(host: str) -> int:
    """Return a port that nobody uses at the moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    click.echo(f"  {text}", err=True)
