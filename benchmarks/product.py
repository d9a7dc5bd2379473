"""The platform as people run it: ``lianyi serve`` on folders of its own, and its processes."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import machine
from benchmarks.ports import free_port
from lianyi.base.embedded import find_dsn

CHANNEL = "bench"
START_SECONDS = 60.0


class Product:
    """One installation."""

    def __init__(self, work: Path) -> None:
        """Make its folders below ``work``."""
        self.home = Path(tempfile.mkdtemp(prefix="product-", dir=work))
        self.home.chmod(0o711)  # the account of the database must come through
        self.data = self.home / "data"
        self.content = self.home / "content"
        (self.content / "channels").mkdir(parents=True)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._http_port = 0

    def channel(self, *destinations: str, source: str = "connector: mllp") -> None:
        """Write the one channel.

        Args:
            destinations: each the lines of one destination, in YAML flow style.
            source: connector and what it is told, besides the port.
        """
        listed = "".join(f"  - {{ {one} }}\n" for one in destinations)
        (self.content / "channels" / f"{CHANNEL}.yaml").write_text(
            f"channel: {CHANNEL}\ndescription: what the platform can do here\nformat: hl7v2\n"
            f"source: {{ {source}, port: {self.port} }}\ndestinations:\n{listed}",
            encoding="utf-8",
        )

    def start(self, *options: str) -> None:
        """Start it and wait until it is ready and its source listens."""
        self._http_port = free_port()
        command = [sys.executable, "-m", "lianyi.cli", "serve", "--data", str(self.data)]
        command += ["--content", str(self.content), "--http-port", str(self._http_port), *options]
        with (self.home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.home, env=this_checkout()
            )
        self.wait_ready(listening="--roles" not in options)

    def wait_ready(self, *, listening: bool = True) -> None:
        """Wait until ``/readyz`` says yes and the source takes connections.

        Raises:
            RuntimeError: it has ended, or does not become ready.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if self._is_ready() and (not listening or takes_connections(self.port)):
                return
            time.sleep(0.01)
        raise RuntimeError(f"the platform does not start; see {self.home / 'log'}")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._http_port, timeout=2)
        try:
            connection.request("GET", "/readyz?of=process")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End it and remove everything."""
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)

    def end(self) -> None:
        """End it and keep the folders."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                for pid in machine.family(self._process.pid):
                    os.kill(pid, signal.SIGKILL)
        self._process = None

    @property
    def http_port(self) -> int:
        """Where its doors are."""
        return self._http_port

    # --- its doors --------------------------------------------------------------------------

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Call the API and return what it answers."""
        token = (self.data / "console-token").read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._http_port}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def dsn(self) -> str:
        """Return the address of its database."""
        found = find_dsn(self.data)
        if found is None:
            raise RuntimeError("nobody runs the database")
        return found

    def query(self, sql: str, *arguments: object) -> list[asyncpg.Record]:
        """Ask its database."""

        async def ask() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self.dsn())
            try:
                return list(await connection.fetch(sql, *arguments))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def wal_bytes(self) -> int:
        """Return how much WAL its database has ever written."""
        return int(self.query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS n")[0]["n"])

    # --- its processes ----------------------------------------------------------------------

    @property
    def pid(self) -> int:
        """The process that supervises all others."""
        if self._process is None:
            raise RuntimeError("it does not run")
        return self._process.pid

    def role(self, name: str) -> int:
        """Return the process of a role."""
        for pid in machine.family(self.pid):
            if machine.words(pid)[:3] == ["lianyi", "role", name]:
                return pid
        raise RuntimeError(f"no process has the role {name}")

    def postmaster(self) -> int:
        """Return the first process of the database."""
        home = self.data / json.loads((self.data / "postgres.json").read_text())["home"]
        return int((home / "cluster" / "postmaster.pid").read_text().split()[0])

    def processes(self) -> dict[str, list[int]]:
        """Return all processes by what they do."""
        database = machine.family(self.postmaster())
        roles = {name: [self.role(name)] for name in ("intake", "deliver", "learn", "api")}
        known = {*database, *(pid for pids in roles.values() for pid in pids)}
        others = [pid for pid in machine.family(self.pid) if pid not in known]
        return {**roles, "database": database, "supervisor": others}

    def cpu(self) -> dict[str, float]:
        """Return the processor seconds so far of what works on a message."""
        return {
            "intake": machine.cpu_seconds(self.role("intake"), whole_family=True),
            "deliver": machine.cpu_seconds(self.role("deliver"), whole_family=True),
            "database": machine.cpu_seconds(self.postmaster(), whole_family=True),
        }

    def rss_mb(self) -> dict[str, float]:
        """Return the resident memory by what processes do."""
        return {name: machine.memory_mb(pids)[0] for name, pids in self.processes().items()}


def this_checkout() -> dict[str, str]:
    """Return the environment in which the code beside the benchmarks is what runs."""
    return {**os.environ, "PYTHONPATH": str(machine.ROOT / "src")}


def takes_connections(port: int) -> bool:
    """Tell whether somebody listens."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
