"""A whole platform as people run it, ``lianyi serve`` on a folder, for a harness to torture."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks.ports import free_port
from lianyi.base.embedded import find_dsn

REPOSITORY = Path(__file__).parents[2]
PATIENCE_SECONDS = 90.0


class Site:
    """One installation in a folder. Its channel is ``admissions``; destinations are MLLP ports."""

    def __init__(
        self,
        folder: Path,
        destinations: Mapping[str, int],
        *,
        data_dir: Path | None = None,
        settings: str = "",
        lanes: int = 4,
        options: str = "",
    ) -> None:
        """Lay out the content; nothing runs yet.

        Args:
            folder: for content, settings and log; the data below it unless said.
            destinations: name to port.
            data_dir: where the data lies, if not here.
            settings: text of ``lianyi.toml``.
            lanes: of every destination.
            options: more lines of YAML for every destination.
        """
        self.folder = folder
        self.data_dir = data_dir or folder / "data"
        self.port = free_port()
        self.http_port = free_port()
        self.process: asyncio.subprocess.Process | None = None
        channels = folder / "content" / "channels"
        channels.mkdir(parents=True, exist_ok=True)
        (folder / "lianyi.toml").write_text(settings)
        (channels / "admissions.yaml").write_text(
            _channel(self.port, destinations, lanes, options), encoding="utf-8"
        )

    # --- life -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start ``serve`` and wait until the channel listens."""
        await self.launch()
        await self.until(self.listens, "the channel does not listen")

    async def launch(self) -> None:
        """Start ``serve`` and wait for nothing."""
        command = [sys.executable, "-m", "lianyi.cli", "serve", "--data", str(self.data_dir)]
        command += ["--content", str(self.folder / "content"), "--http-port", str(self.http_port)]
        path = f"{REPOSITORY / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        with (self.folder / "serve.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,
            )

    async def stop(self) -> None:
        """Stop as a service manager does."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()
        self.process = None

    async def listens(self) -> bool:
        """Whether the channel takes connections."""
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.transport.abort()
        return True

    async def until(self, done: Any, complaint: str, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until an asynchronous question is answered yes.

        Raises:
            AssertionError: it never was; with the end of the platform's own log.
        """
        for _ in range(int(seconds * 5)):
            if await done():
                return
            await asyncio.sleep(0.2)
        raise AssertionError(f"{complaint}\n{self.log_tail()}")

    def log_tail(self, characters: int = 3000) -> str:
        """Return the end of what the platform logged."""
        return (self.folder / "serve.log").read_text(errors="replace")[-characters:]

    # --- processes --------------------------------------------------------------------------

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids by name: serve, a role, postmaster, backend."""
        found: dict[str, list[int]] = {}
        if self.process is None or self.process.returncode is not None:
            return found
        found["serve"] = [self.process.pid]
        table = _processes()
        for pid, (parent, command) in table.items():
            if parent == self.process.pid and " role " in command:
                found.setdefault(command.split(" role ")[1].split()[0], []).append(pid)
            elif str(self.data_dir) in command and "postgres" in command and " -D " in command:
                found.setdefault("postmaster", []).append(pid)
        masters = found.get("postmaster", [])
        found["backend"] = [
            pid
            for pid, (parent, command) in table.items()
            if parent in masters and command.startswith("postgres: lianyi lianyi")
        ]
        return {name: pids for name, pids in found.items() if pids}

    # --- the database -----------------------------------------------------------------------

    async def ask(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask the platform's database."""
        dsn = find_dsn(self.data_dir)
        if dsn is None:
            raise ConnectionError("the database is not up")
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
        finally:
            await connection.close()
        return rows

    async def ask_patiently(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask again until the database answers."""
        for _ in range(300):
            try:
                return await self.ask(sql, *arguments)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(0.2)
        raise AssertionError(f"the database never answered\n{self.log_tail()}")


def _processes() -> dict[int, tuple[int, str]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            found[int(entry.name)] = int(stat.rpartition(") ")[2].split()[1]), command
    return found


def _channel(port: int, destinations: Mapping[str, int], lanes: int, options: str) -> str:
    parts = [
        "channel: admissions",
        "description: 入院登记 → 多个接收方",
        f"source: {{ connector: mllp, port: {port}, default_codec: utf-8 }}",
        "destinations:",
    ]
    for name, at in destinations.items():
        parts += [
            f"  - name: {name}",
            "    connector: mllp",
            f"    address: 127.0.0.1:{at}",
            f"    lanes: {lanes}",
            "    timeout_seconds: 2",
            "    breaker: { first_wait_seconds: 0.5, longest_wait_seconds: 2 }",
            *([f"    {options}"] if options else []),
        ]
    parts += [
        "examples:",
        "  - name: an admission reaches everybody",
        "    event: ADT^A01",
        f"    delivered_to: [{', '.join(destinations)}]",
    ]
    return "\n".join(parts) + "\n"
