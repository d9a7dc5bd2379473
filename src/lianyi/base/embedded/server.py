"""Our supervisor of an embedded PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import asyncpg
import structlog

from lianyi.base.embedded.binaries import find_binaries, major_version, within_reach
from lianyi.base.embedded.cluster import ADMIN, DOORS, OWNER, check_version, configure, make_cluster
from lianyi.base.embedded.failures import PostgresDidNotStart, UnusableDataFolder
from lianyi.base.embedded.home import (
    SHELTER,
    SOCKET,
    Home,
    choose_socket_folder,
    read_record,
    reason,
    settle,
    write_record,
)
from lianyi.base.embedded.processes import processes_of, start_process
from lianyi.base.errors import LianyiError

LOG_BYTES_MAX = 16 * 1024 * 1024
WATCH_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0

_COMPLAINT = re.compile(r"(?:FATAL|PANIC): +(.*)|LOG: +(?=.*postgresql\.conf)(.*)")

log = structlog.get_logger(__name__)
OnProgress = Callable[[str], None]


class PostgresServer:
    """One PostgreSQL on one data folder, for as long as we live.

    What it promises:
        - Ready means that the server answers a query. There is no time limit while it recovers.
        - One data folder is run by one supervisor (flock). A process number in a file is never
          believed: a dead ``postmaster.pid`` neither prevents a start nor gets a foreign process
          killed. What an earlier supervisor left running is recognised by its working folder
          and shut down first.
        - The server ends when we end, however we end; it is started again when it dies.
        - It runs as an ordinary account. Nothing outside our folders is changed.

    Use it as ``async with PostgresServer(folder) as server: … server.dsn``.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        binaries: Path | None = None,
        account: str | None = None,
        socket_dir: Path | None = None,
        settings: Mapping[str, str] | None = None,
        on_progress: OnProgress | None = None,
        shelter: Path = SHELTER,
    ) -> None:
        """Describe a server; nothing happens yet.

        Args:
            data_dir: the folder of the platform's data; made when missing.
            binaries: folder of ``postgres`` and ``initdb``; None means wheel, then system.
            account: whom root becomes; None means ``lianyi``, then ``nobody``.
            socket_dir: where to make the folder of the socket; None means a place that fits.
            settings: of PostgreSQL, winning over ours, e.g. ``{"shared_buffers": "1GB"}``.
            on_progress: told about once a second what the server does while it is not ready.
            shelter: where the cluster lives when the account may not enter ``data_dir``.
        """
        self.data_dir = Path(os.path.realpath(data_dir))
        self.dsn = ""
        self.admin_dsn = ""
        self.restarts = 0
        self._wanted_binaries = binaries
        self._wanted_account = account
        self._wanted_socket_dir = socket_dir
        self._settings = dict(settings or {})
        self._on_progress = on_progress or (lambda line: log.info("postgres.starting", says=line))
        self._shelter = shelter
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._held = contextlib.ExitStack()

    @property
    def running(self) -> bool:
        """Whether our server lives; it may still be recovering."""
        return self._process is not None and self._process.poll() is None

    @property
    def process_id(self) -> int | None:
        """The process number of the server; None when it is not running."""
        return self._process.pid if self._process is not None and self.running else None

    async def start(self) -> str:
        """Start the server, making the cluster when there is none, and wait until it answers.

        Returns:
            The address of the database ``lianyi`` for its owner. It names the file of the
            password and holds no password, so it may be shown. ``admin_dsn`` is the superuser's.

        Raises:
            ClusterInUse: another supervisor runs this data folder.
            UnusableDataFolder, SocketPathTooLong, NoAccount: nowhere, or nobody, to run.
            NoPostgresBinaries, OtherVersion: nothing, or the wrong thing, to run.
            PostgresDidNotStart: it ended before it answered.
        """
        if self.running:
            return self.dsn
        home = settle(self.data_dir, self._wanted_account, self._shelter)
        home.lock()
        self._held.callback(home.unlock)
        try:
            await self._start_locked(home)
        except OSError as error:
            await self.stop(grace_seconds=5.0)
            raise UnusableDataFolder(
                where=str(error.filename or self.data_dir), why=reason(error)
            ) from error
        except BaseException:
            await self.stop(grace_seconds=5.0)
            raise
        return self.dsn

    async def _start_locked(self, home: Home) -> None:
        found = find_binaries(self._wanted_binaries)
        binaries = within_reach(found, home.account, self._shelter)
        socket_folder = choose_socket_folder(home, self._wanted_socket_dir)
        self._socket_folder = socket_folder
        write_record(self.data_dir, home.folder, socket_folder)
        self.dsn, self.admin_dsn = (_dsn(home, socket_folder, role) for role in (OWNER, ADMIN))
        self._home = home
        version = major_version(binaries)
        if not home.cluster.exists():
            self._on_progress("making a new cluster")
            await make_cluster(home, binaries)
        check_version(home, version)
        configure(home, socket_folder, self._settings)
        self._command = (binaries / "postgres", "-D", home.cluster)
        await self._run()
        await self._make_database()
        self._watch = asyncio.create_task(self._keep_running(), name="postgres supervisor")

    async def stop(self, *, grace_seconds: float = 60.0) -> None:
        """Stop the server: sessions are ended, everything is written, the lock is let go.

        Args:
            grace_seconds: after this it is stopped without its last checkpoint, which costs a
                recovery at the next start and loses nothing.
        """
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await self._end_process(grace_seconds=grace_seconds)
        self._held.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _run(self) -> None:
        """Start the process on a cluster that nobody works in, and wait until it answers."""
        await self._clear_the_cluster()
        self._home.shorten_log(LOG_BYTES_MAX)
        with os.fdopen(self._home.open_log(), "ab") as output:
            begins_at = os.fstat(output.fileno()).st_size
            try:
                self._process = start_process(self._command, self._home.account, output)
            except OSError as error:
                raise PostgresDidNotStart(
                    where=str(self._command[0]), why=str(error), log=str(self._home.log)
                ) from error
        await self._wait_until_it_answers(begins_at)

    async def _clear_the_cluster(self) -> None:
        """End what an earlier supervisor left behind, and remove its two files of numbers.

        We hold the lock, so no living supervisor owns these processes. The postmaster is
        asked for a fast stop; backends without a postmaster end by themselves, and are told to
        when they do not notice. PostgreSQL's own check of the shared memory stays in force.

        ``postmaster.pid`` and the lock beside the socket name a process. After a power cut that
        number belongs to anybody, and PostgreSQL would believe it. The socket's lock is left
        where something still answers on the socket: then PostgreSQL decides.
        """
        waited = 0.0
        while left := processes_of(self._home.cluster):
            if waited == 0.0 or waited > 5.0:
                for number in left:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(number, signal.SIGINT if waited == 0.0 else signal.SIGQUIT)
                if waited:
                    self._on_progress(f"waiting for {len(left)} processes of an earlier run")
                    waited = 0.0
            await asyncio.sleep(0.02)
            waited += 0.02
        if Path("/proc/self").exists():  # else we have not looked, and PostgreSQL decides alone
            (self._home.cluster / "postmaster.pid").unlink(missing_ok=True)
            if not _somebody_listens(self._socket_folder / SOCKET):
                (self._socket_folder / f"{SOCKET}.lock").unlink(missing_ok=True)

    async def _wait_until_it_answers(self, begins_at: int) -> None:
        """Ask until there is an answer, for as long as the process lives."""
        asked = 0
        while not await self._answers():
            if not self.running:
                why = "; ".join(self._complaints(begins_at)) or self._how_it_ended()
                raise PostgresDidNotStart(
                    where=str(self._home.cluster), why=why, log=str(self._home.log)
                )
            await asyncio.sleep(0.02 if asked < 100 else 0.2)
            asked += 1
            if asked > 100 and asked % 5 == 0:
                self._on_progress((self._home.log_tail(begins_at) or ["starting"])[-1])

    async def _answers(self) -> bool:
        """Tell whether the server answers a query.

        Raises:
            PostgresDidNotStart: it answers, but does not take our password.
        """
        connection: asyncpg.Connection | None = None
        try:
            connection = await asyncpg.connect(self.admin_dsn, timeout=5.0)
            return bool(await connection.fetchval("SELECT 1", timeout=5.0))
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise PostgresDidNotStart(
                where=str(self._home.passwords),
                why="it does not take the password in this file",
                log=str(self._home.log),
            ) from error
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        finally:
            if connection is not None:
                connection.terminate()

    def _complaints(self, begins_at: int) -> list[str]:
        """Return what the server said against starting: fatal lines, and lines about settings."""
        found = [_COMPLAINT.search(line) for line in self._home.log_tail(begins_at)]
        return [match.group(1) or match.group(2) for match in found if match]

    def _how_it_ended(self) -> str:
        return f"exit code {self._process.returncode}" if self._process else "it was not started"

    async def _make_database(self) -> None:
        """Make the owner and his database on the first start; does nothing when they are there."""
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            known = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)"
            if not await connection.fetchval(known, OWNER):
                # The same password as the superuser's: both live in one file of one account.
                secret = await connection.fetchval(
                    "SELECT quote_literal(rolpassword) FROM pg_authid WHERE rolname = $1", ADMIN
                )
                await connection.execute(
                    f"CREATE ROLE {OWNER} LOGIN PASSWORD {secret} IN ROLE pg_monitor, pg_checkpoint"
                )
            if not await connection.fetchval(known, DOORS):
                await connection.execute(f"CREATE ROLE {DOORS} NOLOGIN ROLE {OWNER}")
            known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
            if not await connection.fetchval(known, OWNER):
                await connection.execute(f"CREATE DATABASE {OWNER} OWNER {OWNER}")
        finally:
            await connection.close()

    async def _keep_running(self) -> None:
        """Start the server again whenever it has died; keep its log short."""
        pause_seconds = 0.0
        while True:
            await asyncio.sleep(WATCH_SECONDS + pause_seconds)
            try:
                if self.running:
                    self._home.shorten_log(LOG_BYTES_MAX)
                else:
                    log.warning("postgres.died", how=self._how_it_ended())
                    await self._run()
                    self.restarts += 1
                    log.info("postgres.restarted", restarts=self.restarts)
                pause_seconds = 0.0
            except (LianyiError, OSError) as error:  # a full disk, mostly; it may get room
                pause_seconds = min(2 * pause_seconds + 1, LONGEST_PAUSE_SECONDS)
                log.warning("postgres.trouble", error=str(error), again_in_seconds=pause_seconds)

    async def _end_process(self, *, grace_seconds: float) -> None:
        """Stop the process fast, then at once; come back when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        for sign, seconds in ((signal.SIGINT, grace_seconds), (signal.SIGQUIT, 10.0)):
            if process.poll() is None:
                process.send_signal(sign)
            waited = 0.0
            while process.poll() is None and waited < seconds:
                await asyncio.sleep(0.01)
                waited += 0.01
        if process.poll() is None:
            process.kill()
            process.wait()


def find_dsn(data_dir: Path) -> str | None:
    """Return the address of the database that another process runs on a data folder.

    None when nobody runs it. It is judged by the lock, so it may still be starting.

    Raises:
        UnusableDataFolder: the record in the data folder cannot be understood.
    """
    data_dir = Path(os.path.realpath(data_dir))
    record = read_record(data_dir)
    if "socket_folder" not in record:
        return None
    folder = data_dir / record["home"]
    try:
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _address(folder / "passwords", Path(record["socket_folder"]), OWNER)
    finally:
        os.close(handle)
    return None


def _somebody_listens(path: Path) -> bool:
    """Tell whether a process listens on a unix socket; whoever is too busy to take us does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            return True
    return True


def _dsn(home: Home, socket_folder: Path, role: str) -> str:
    return _address(home.passwords, socket_folder, role)


def _address(passwords: Path, socket_folder: Path, role: str) -> str:
    """Return a connection URI as libpq and asyncpg read it; the database is named like the role."""
    host, file = (quote(str(path), safe="/") for path in (socket_folder, passwords))
    return f"postgresql://{role}@/{role}?host={host}&passfile={file}"
