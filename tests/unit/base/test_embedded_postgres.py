from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from lianyi.base.embedded import PostgresServer, find_dsn
from lianyi.base.embedded.account import choose_account
from lianyi.base.embedded.binaries import find_binaries
from lianyi.base.embedded.failures import (
    ClusterInUse,
    NoPostgresBinaries,
    OtherVersion,
    PostgresDidNotStart,
    SocketPathTooLong,
    UnusableDataFolder,
)
from lianyi.base.embedded.home import read_record
from lianyi.base.embedded.processes import processes_of

NOBODY = pwd.getpwnam("nobody")
SOURCE = Path(__file__).parents[3] / "src"
SUPERVISE = """
import asyncio, sys
from pathlib import Path
from lianyi.base.embedded import PostgresServer
from lianyi.base.errors import LianyiError

async def main():
    server = PostgresServer(Path(sys.argv[1]))
    try:
        print(await server.start(), server.process_id, flush=True)
    except LianyiError as error:
        print(error, flush=True)
        return
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()

asyncio.run(main())
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
async def server(open_folder: Path) -> AsyncIterator[PostgresServer]:
    found = PostgresServer(open_folder / "data")
    yield found
    await found.stop()


def _environment() -> dict[str, str]:
    ours = os.pathsep.join([str(SOURCE), *(path for path in sys.path if "site-packages" in path)])
    return os.environ | {"PYTHONPATH": ours, "PYTHONDONTWRITEBYTECODE": "1"}


@contextlib.contextmanager
def supervisor(
    data_dir: Path, account: int | None = None
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a supervisor as a process of its own; gives it and the line that it prints."""
    who = {} if account is None else {"user": account, "group": account, "extra_groups": []}
    python = sys.executable if account is None else _python_for(account)
    process = subprocess.Popen(
        [python, "-c", SUPERVISE, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=_environment(),
        **who,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield process, next(line for line in process.stdout if not line.startswith("20"))
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


async def run(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def until(condition: object, *, seconds: float = 30.0) -> None:
    """Wait for something that must come; the limit only keeps a broken test from hanging."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_what_was_committed_is_there_after_a_restart(server: PostgresServer) -> None:
    await run(await server.start(), "CREATE TABLE kept AS SELECT 1 AS a")
    await server.stop()
    assert not server.running

    await server.start()

    assert server.running
    assert await run(server.dsn, "SELECT a FROM kept") == 1


async def test_the_cluster_is_utf8_sorted_by_code_point_checked_and_durable(
    server: PostgresServer,
) -> None:
    await server.start()
    facts = await run(
        server.dsn,
        """SELECT array[pg_encoding_to_char(encoding)::text, datlocprovider::text, datlocale,
                  current_setting('data_checksums'), current_setting('fsync'),
                  current_setting('synchronous_commit'), current_setting('full_page_writes'),
                  current_setting('TimeZone')]
           FROM pg_database WHERE datname = current_database()""",
    )
    assert facts == ["UTF8", "b", "C.UTF-8", "on", "on", "on", "on", "UTC"]
    assert await run(server.dsn, "SELECT upper('é') = 'É'") is True


async def test_nobody_gets_in_without_the_password(server: PostgresServer) -> None:
    await server.start()
    bare = server.dsn.partition("&passfile")[0]

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(bare, password="guess")

    passwords = server.data_dir / "postgres" / "passwords"
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert passwords.read_text().strip().rpartition(":")[2] not in server.dsn


async def test_the_owner_of_the_database_is_no_superuser(server: PostgresServer) -> None:
    await server.start()
    assert await run(server.dsn, "SELECT usesuper FROM pg_user WHERE usename = user") is False
    assert await run(server.admin_dsn, "SELECT usesuper FROM pg_user WHERE usename = user") is True


async def test_programs_of_postgresql_read_the_address_too(server: PostgresServer) -> None:
    await server.start()
    psql = find_binaries(None) / "psql"
    said = await asyncio.to_thread(
        subprocess.run, [psql, server.dsn, "-Atc", "SELECT 6 * 7"], capture_output=True, text=True
    )
    assert (said.stdout.strip(), said.stderr) == ("42", "")


async def test_a_changed_setting_holds_after_a_restart(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    second = PostgresServer(server.data_dir, settings={"work_mem": "12MB"})

    await second.start()
    try:
        assert await run(second.dsn, "SHOW work_mem") == "12MB"
    finally:
        await second.stop()


async def test_a_killed_server_is_started_again_and_has_lost_nothing(
    server: PostgresServer,
) -> None:
    await run(await server.start(), "CREATE TABLE kept AS SELECT 1 AS a")

    for kills in range(1, 4):
        assert server.process_id is not None
        os.kill(server.process_id, signal.SIGKILL)
        await until(lambda kills=kills: server.restarts == kills)

    assert await run(server.dsn, "SELECT a FROM kept") == 1


async def test_every_answered_commit_survives_the_kill_of_all_processes(
    server: PostgresServer,
) -> None:
    await run(await server.start(), "CREATE TABLE kept (a int)")
    answered: set[int] = set()

    async def write(worker: int) -> None:
        connection = await asyncpg.connect(server.dsn)
        for number in range(worker, 1_000_000, 4):
            try:
                await connection.execute("INSERT INTO kept VALUES ($1)", number)
            except (
                OSError,
                asyncpg.PostgresError,
                asyncpg.InterfaceError,
                asyncpg.InternalClientError,  # asyncpg 0.32, when the connection goes mid-way
            ):
                break
            answered.add(number)
        connection.terminate()

    writers = [asyncio.create_task(write(worker)) for worker in range(4)]
    await until(lambda: len(answered) > 200)
    for number in processes_of(server.data_dir / "postgres" / "cluster"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    await asyncio.gather(*writers)
    await until(lambda: server.restarts == 1)

    kept = await run(server.dsn, "SELECT array_agg(a) FROM kept")
    assert isinstance(kept, list)
    assert answered <= set(kept)


async def test_the_server_dies_with_its_supervisor_and_starts_under_the_next(
    server: PostgresServer,
) -> None:
    with supervisor(server.data_dir) as (process, line):
        dsn, number = line.split()
        await run(dsn, "CREATE TABLE kept AS SELECT 1 AS a")
        process.kill()
        process.wait()

        await server.start()  # at once, while the old one may still be shutting down

        assert await run(server.dsn, "SELECT a FROM kept") == 1
        assert int(number) not in processes_of(server.data_dir / "postgres" / "cluster")


async def test_a_server_that_nobody_supervises_is_shut_down_first(server: PostgresServer) -> None:
    await run(await server.start(), "CREATE TABLE kept AS SELECT 1 AS a")
    await server.stop()
    cluster = server.data_dir / "postgres" / "cluster"
    owner = cluster.stat().st_uid
    command = [find_binaries(None) / "postgres", "-D", cluster]
    who = {"user": owner, "group": owner, "extra_groups": []} if os.geteuid() == 0 else {}
    stray = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/", **who)
    await until(lambda: (cluster / "postmaster.pid").exists())

    await server.start()

    assert stray.wait() in (0, 1)  # 1 when it had not finished starting; not ended by a kill
    assert await run(server.dsn, "SELECT a FROM kept") == 1


async def test_a_process_number_in_a_file_neither_prevents_a_start_nor_is_killed(
    server: PostgresServer,
) -> None:
    await server.start()
    await server.stop()
    cluster = server.data_dir / "postgres" / "cluster"
    owner = cluster.stat().st_uid
    who = {"user": owner, "group": owner, "extra_groups": []} if os.geteuid() == 0 else {}
    foreign = subprocess.Popen(["sleep", "600"], cwd="/", **who)
    try:
        (cluster / "postmaster.pid").write_text(f"{foreign.pid}\n{cluster}\n1700000000\n5432\n")

        await server.start()

        assert await run(server.dsn, "SELECT 1") == 1
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


@contextlib.asynccontextmanager
async def foreign_socket_lock(server: PostgresServer) -> AsyncIterator[tuple[int, Path]]:
    """Stop the server and name a foreign, living process in the lock beside its socket."""
    await server.start()
    await server.stop()
    folder = Path(read_record(server.data_dir)["socket_folder"])
    owner = (server.data_dir / "postgres" / "cluster").stat().st_uid
    who = {"user": owner, "group": owner, "extra_groups": []} if os.geteuid() == 0 else {}
    foreign = subprocess.Popen(["sleep", "600"], cwd="/", **who)
    lock = folder / ".s.PGSQL.5432.lock"
    lock.write_text(f"{foreign.pid}\n/somewhere\n1700000000\n5432\n{folder}\n")
    os.chown(lock, owner, -1)
    try:
        yield foreign.pid, lock
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


async def test_a_process_number_beside_the_socket_neither_prevents_a_start_nor_is_killed(
    server: PostgresServer,
) -> None:
    async with foreign_socket_lock(server) as (number, lock):
        await server.start()

        assert await run(server.dsn, "SELECT 1") == 1
        assert lock.read_text().split()[0] != str(number)


async def test_the_lock_beside_a_socket_on_which_somebody_listens_is_believed(
    server: PostgresServer,
) -> None:
    async with foreign_socket_lock(server) as (_, lock):
        with socket.socket(socket.AF_UNIX) as somebody:
            somebody.bind(str(lock.with_suffix("")))
            somebody.listen()

            with pytest.raises(PostgresDidNotStart, match="lock file"):
                await server.start()


async def test_a_second_supervisor_is_refused_and_can_find_the_first(
    server: PostgresServer,
) -> None:
    assert find_dsn(server.data_dir) is None
    await server.start()

    with pytest.raises(ClusterInUse, match=str(os.getpid())):
        await PostgresServer(server.data_dir).start()

    assert find_dsn(server.data_dir) == server.dsn
    await server.stop()
    assert find_dsn(server.data_dir) is None


async def test_a_refused_setting_is_named_and_a_corrected_one_starts(
    server: PostgresServer,
) -> None:
    wrong = PostgresServer(server.data_dir, settings={"shared_bufers": "1GB"})
    with pytest.raises(PostgresDidNotStart, match="shared_bufers"):
        await wrong.start()
    assert not wrong.running

    assert await run(await server.start(), "SELECT 1") == 1


async def test_a_lost_file_of_passwords_is_named(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    (server.data_dir / "postgres" / "passwords").unlink()

    with pytest.raises(PostgresDidNotStart, match=r"postgres/passwords.*password"):
        await server.start()


async def test_a_server_that_could_not_be_started_again_is_tried_until_it_can(
    server: PostgresServer,
) -> None:
    await server.start()
    configuration = server.data_dir / "postgres" / "cluster" / "postgresql.conf"
    good = configuration.read_text()
    configuration.write_text("nonsense = 1\n")
    assert server.process_id is not None
    os.kill(server.process_id, signal.SIGKILL)
    await until(lambda: "nonsense" in (server.data_dir / "postgres/postgres.log").read_text())
    await until(lambda: not server.running)
    configuration.write_text(good)

    await until(lambda: server.restarts == 1)

    assert await run(server.dsn, "SELECT 1") == 1


async def test_a_cluster_of_another_version_is_refused(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    (server.data_dir / "postgres" / "cluster" / "PG_VERSION").write_text("16\n")

    with pytest.raises(OtherVersion, match="16"):
        await server.start()


async def test_a_cluster_that_was_never_finished_is_made_again(server: PostgresServer) -> None:
    await server.start()
    await server.stop()
    home = server.data_dir / "postgres"
    (home / "cluster").rename(home / "unfinished-0")
    (home / "unfinished-0" / "global" / "pg_control").unlink()

    assert await run(await server.start(), "SELECT 1") == 1
    assert not (home / "unfinished-0").exists()


async def test_what_the_server_logs_holds_no_value_of_a_statement(server: PostgresServer) -> None:
    await run(await server.start(), "CREATE TABLE person (name text PRIMARY KEY)")
    await run(server.dsn, "INSERT INTO person VALUES ('Zhang Invented')")

    for failing in (
        "INSERT INTO person VALUES ('Zhang Invented')",
        "SELECT 'Zhang Invented'::int",
        "SELECT * FROM nowhere WHERE name = 'Zhang Invented'",
    ):
        with pytest.raises(asyncpg.PostgresError):
            await run(server.dsn, failing)
    await server.stop()

    said = (server.data_dir / "postgres" / "postgres.log").read_text()
    assert "database system is ready" in said
    assert "Invented" not in said


async def test_a_deep_data_folder_gets_its_socket_elsewhere(open_folder: Path) -> None:
    deep = open_folder.joinpath(*["a-rather-long-name"] * 8)
    deep.mkdir(parents=True)
    async with PostgresServer(deep) as server:
        assert await run(server.dsn, "SELECT 1") == 1
        assert str(deep) not in server.dsn.partition("&")[0]


async def test_a_socket_folder_that_is_too_long_is_refused(open_folder: Path) -> None:
    deep = open_folder.joinpath(*["a-rather-long-name"] * 8)
    with pytest.raises(SocketPathTooLong, match="107"):
        await PostgresServer(open_folder / "data", socket_dir=deep).start()


async def test_a_socket_folder_that_cannot_be_made_is_refused(open_folder: Path) -> None:
    with pytest.raises(UnusableDataFolder, match="no such file"):
        await PostgresServer(open_folder / "data", socket_dir=open_folder / "absent").start()


async def test_a_long_log_is_moved_aside_while_the_server_writes_on(
    server: PostgresServer,
) -> None:
    await server.start()
    home = server.data_dir / "postgres"
    with (home / "postgres.log").open("a") as file:
        file.write("x" * 17 * 1024 * 1024)

    await until(lambda: (home / "postgres.log").stat().st_size < 1024)
    await run(server.admin_dsn, "CHECKPOINT")

    assert (home / "postgres.log.1").stat().st_size == 16 * 1024 * 1024
    assert "checkpoint complete" in (home / "postgres.log").read_text()


async def test_a_data_folder_that_cannot_be_made_is_refused(open_folder: Path) -> None:
    (open_folder / "file").write_text("")
    with pytest.raises(UnusableDataFolder, match="not a directory"):
        await PostgresServer(open_folder / "file" / "data").start()


async def test_a_folder_without_programs_is_refused(open_folder: Path) -> None:
    with pytest.raises(NoPostgresBinaries, match="postgres_bin_dir"):
        await PostgresServer(open_folder / "data", binaries=open_folder).start()


async def test_a_program_that_does_not_run_is_refused(open_folder: Path) -> None:
    for name in ("postgres", "initdb"):
        (open_folder / name).write_text("#!/bin/sh\nexit 3\n")
        (open_folder / name).chmod(0o755)
    with pytest.raises(NoPostgresBinaries, match="does not run"):
        await PostgresServer(open_folder / "data", binaries=open_folder).start()


@as_root
async def test_root_keeps_the_cluster_where_its_account_may_go(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    server = PostgresServer(closed / "data", shelter=open_folder / "shelter")
    await run(await server.start(), "CREATE TABLE kept AS SELECT 1 AS a")
    await server.stop()

    again = PostgresServer(closed / "data", shelter=open_folder / "another shelter")
    await again.start()
    try:
        assert await run(again.dsn, "SELECT a FROM kept") == 1
        assert str(open_folder / "shelter") in again.dsn
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        assert find_dsn(closed / "data") == again.dsn
    finally:
        await again.stop()


@as_root
async def test_root_copies_programs_that_its_account_may_not_reach(open_folder: Path) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    installation = find_binaries(None).parent
    package = installation.parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        (closed / part.name).symlink_to(part)
    programs = closed / package.name / installation.name / "bin"
    async with PostgresServer(
        open_folder / "data", binaries=programs, shelter=open_folder / "shelter"
    ) as server:
        assert await run(server.dsn, "SELECT 1") == 1
        running = Path(f"/proc/{server.process_id}/exe").readlink()
        assert running.is_relative_to(open_folder / "shelter")


@as_root
async def test_root_becomes_the_owner_of_an_existing_cluster(open_folder: Path) -> None:
    (open_folder / "data").mkdir()
    os.chown(open_folder / "data", NOBODY.pw_uid, NOBODY.pw_gid)
    async with PostgresServer(open_folder / "data", account="nobody"):
        pass

    cluster = open_folder / "data" / "postgres" / "cluster"

    assert choose_account("daemon", cluster).uid == NOBODY.pw_uid
    async with PostgresServer(open_folder / "data", account="daemon") as server:
        assert Path(f"/proc/{server.process_id}").stat().st_uid == NOBODY.pw_uid


def _python_for(uid: int) -> str:
    """Return a Python that an ordinary account may run, with our packages."""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-c", "import asyncpg, structlog"],
                user=uid, group=uid, extra_groups=[], cwd="/", env=_environment(),
                capture_output=True, check=True,
            )  # fmt: skip
            return python
    pytest.skip("no Python with our packages that an ordinary account may run")


@as_root
async def test_an_ordinary_account_runs_its_own_server(open_folder: Path) -> None:
    os.chown(open_folder, NOBODY.pw_uid, NOBODY.pw_gid)
    with supervisor(open_folder / "data", NOBODY.pw_uid) as (process, line):
        dsn, number = line.split()
        assert await run(dsn, "SELECT 1") == 1
        assert Path(f"/proc/{number}").stat().st_uid == NOBODY.pw_uid
    assert process.returncode == 0


@as_root
@pytest.mark.parametrize(
    ("account", "folder", "complaint"),
    [
        (12345, "data", "LY-1012"),  # has no line in /etc/passwd
        (NOBODY.pw_uid, "/etc/lianyi-data", "LY-1013"),  # may not be written by it
    ],
)
async def test_an_account_that_cannot_run_a_server_is_told_why(
    open_folder: Path, account: int, folder: str, complaint: str
) -> None:
    os.chown(open_folder, account, account)
    with supervisor(open_folder / folder, account) as (_, line):
        assert line.startswith(complaint)
