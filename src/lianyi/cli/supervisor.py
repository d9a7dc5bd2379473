"""One process for each role, kept running.

A role that ends is started again, sooner the first time and later the next. When this process ends,
however it ends, the roles end with it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 30.0
STOP_SECONDS = 12.0

log = structlog.get_logger(__name__)


def stop_on_signals(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Call ``stop`` on TERM and INT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


def end_soon() -> None:
    """Let the kernel end this process for good a while after it was asked to stop.

    A parent that was killed cannot lose its patience with us any more.
    """
    signal.alarm(round(STOP_SECONDS))


class Running(Protocol):
    """A process that was started."""

    @property
    def returncode(self) -> int | None:
        """Its exit code; None while it runs."""
        ...

    async def wait(self) -> int:
        """Wait for its end."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


Start = Callable[[Sequence[str]], Awaitable[Running]]


class Supervisor:
    """Keeps one process for each role running."""

    def __init__(self, start: Start, commands: dict[str, Sequence[str]]) -> None:
        """Take how a process is started, and the words that start each role."""
        self._start = start
        self._commands = commands
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """End all roles."""
        self._stop.set()

    async def run(self) -> None:
        """Keep the roles running until :meth:`stop`."""
        async with asyncio.TaskGroup() as tasks:
            for role, command in self._commands.items():
                tasks.create_task(self._keep(role, command))

    async def _keep(self, role: str, command: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT_SECONDS
        while not self._stop.is_set():
            began = loop.time()
            process = await self._start(command)
            ended = asyncio.create_task(process.wait())
            stopping = asyncio.create_task(self._stop.wait())
            await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if self._stop.is_set():
                await self._end(process, ended)
                return
            if loop.time() - began > HEALTHY_AFTER_SECONDS:
                wait = FIRST_WAIT_SECONDS
            log.warning(
                "role.ended", role=role, exit_code=process.returncode, again_in_seconds=wait
            )
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._stop.wait()
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def _end(self, process: Running, ended: asyncio.Task[int]) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        done, _ = await asyncio.wait([ended], timeout=STOP_SECONDS)
        if not done:
            with suppress(ProcessLookupError):
                process.kill()
            await ended
