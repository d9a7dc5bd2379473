"""The way to the database: settings, connections, and what can be wrong with them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from weakref import WeakKeyDictionary

import asyncpg
import orjson
from pydantic import Field

from lianyi.base.embedded import PostgresServer, find_dsn
from lianyi.base.embedded.failures import ClusterInUse
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import Section

EMBEDDED = "embedded"
SslMode = Literal["disable", "require", "verify-ca", "verify-full"]
PAUSE_SECONDS = 0.1
REFUSED_SECONDS_MAX = 30.0
UNUSED_SECONDS = 30.0
"""A connection that nobody used for so long is closed: each holds 2 to 5 MB in the database."""


class DatabaseUnreachable(LianyiError):
    """No database answers at the address, or it does not let anybody in at the moment."""

    code = "LY-1017"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot reach the database",
        "{why}",
        "check that the database runs and has connections left, and, where the certificate is at"
        " fault, 'ca_file' and the name in it; it is tried again",
    )
    zh = Told(
        "无法连接数据库",
        "{why}",
        "检查数据库是否在运行、连接数是否已满；如为证书问题，检查 ca_file 与证书中的名称；"
        "平台会自动重试",
    )


class DatabaseRefused(LianyiError):
    """The database is there and does not want us."""

    code = "LY-1018"
    category = Category.FORBIDDEN
    en = Told(
        "the database does not let us in",
        "{why}",
        "check 'url' and 'password_file' in the section [database]",
    )
    zh = Told("数据库拒绝访问", "{why}", "检查 [database] 中的 url 和 password_file")


class BadDatabaseAddress(LianyiError):
    """The address of the database, or the file of its password, cannot be used."""

    code = "LY-1019"
    category = Category.INVALID
    en = Told(
        "cannot use this database address",
        "{why}",
        "write 'embedded' or 'postgresql://user@host/database', with the password in a file",
    )
    zh = Told(
        "数据库地址不可用",
        "{why}",
        "填写 embedded 或 postgresql://用户@主机/数据库，密码放在文件中",
    )


class DatabaseSettings(Section):
    """Section ``[database]``.

    Attributes:
        url: ``embedded`` for our own server, or ``postgresql://user@host:port/database``.
        password_file: holds the password for ``url``, nothing else.
        sslmode: how the connection is secured, in PostgreSQL's words; over a network only
            ``verify-full`` is safe. None: ``verify-full`` when there is a ``ca_file``, otherwise
            what ``url`` says.
        ca_file: PEM, the authorities that may vouch for the server.
        certificate_file: PEM, shown to the server.
        key_file: PEM, the private key of ``certificate_file``.
        pool_size_max: connections that one process opens at most.
        statement_timeout_seconds: a longer statement is ended; 0 means never.
        connect_timeout_seconds: how long one attempt to connect may take.
        postgres_bin_dir: folder of ``postgres`` and ``initdb`` for ``embedded``.
        postgres_account: whom the embedded server runs as when we are root.
        socket_dir: where the embedded server makes the folder of its socket.
        postgres_settings: of the embedded server, e.g. ``{ shared_buffers = "1GB" }``.
    """

    url: str = EMBEDDED
    password_file: Path | None = None
    sslmode: SslMode | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    pool_size_max: int = Field(default=10, ge=1, le=1000)
    statement_timeout_seconds: float = Field(default=30.0, ge=0)
    connect_timeout_seconds: float = Field(default=10.0, gt=0)
    postgres_bin_dir: Path | None = None
    postgres_account: str | None = None
    socket_dir: Path | None = None
    postgres_settings: dict[str, str] = Field(default_factory=dict)

    @property
    def tls(self) -> dict[str, str]:
        """What a connection string says of TLS; empty: nothing."""
        mode = self.sslmode or ("verify-full" if self.ca_file else None)
        named = {
            "sslmode": mode,
            "sslrootcert": self.ca_file,
            "sslcert": self.certificate_file,
            "sslkey": self.key_file,
        }
        return {name: str(value) for name, value in named.items() if value}


@asynccontextmanager
async def open_database(
    settings: DatabaseSettings,
    data_dir: Path,
    *,
    on_progress: Callable[[str], None] | None = None,
) -> AsyncIterator[str]:
    """Give the address of the database for as long as the block runs.

    With ``embedded`` the server is started and, at the end, stopped; where another process runs
    it already on this data folder, that one is used, once it answers, and left alone.

    Raises:
        BadDatabaseAddress: ``url`` or ``password_file`` cannot be used.
        LianyiError: what :meth:`PostgresServer.start` raises.
    """
    if settings.url != EMBEDDED:
        yield address_of(settings)
        return
    server = PostgresServer(
        data_dir,
        binaries=settings.postgres_bin_dir,
        account=settings.postgres_account,
        socket_dir=settings.socket_dir,
        settings=settings.postgres_settings,
        on_progress=on_progress,
    )
    while True:
        try:
            dsn = await server.start()
            break
        except ClusterInUse as refusal:
            holder = refusal.facts["pid"]
            running = await _other_server(data_dir)
        if running is not None:
            if on_progress:
                on_progress(f"process {holder} runs the database; this one shares it")
            yield running
            return
    try:
        yield dsn
    finally:
        await server.stop()


async def _other_server(data_dir: Path) -> str | None:
    """Wait until the server that another process runs answers; None when that process ended.

    There is no limit while it starts or recovers. While it makes a new database, there is none to
    be let into: that is believed for a while only.
    """
    refusals = 0
    while (dsn := find_dsn(data_dir)) is not None:
        try:
            await (await connect(dsn)).close()
        except DatabaseUnreachable:
            pass
        except DatabaseRefused:
            refusals += 1
            if refusals * PAUSE_SECONDS > REFUSED_SECONDS_MAX:
                raise
        else:
            return dsn
        await asyncio.sleep(PAUSE_SECONDS)
    await asyncio.sleep(PAUSE_SECONDS)
    return None


def address_of(settings: DatabaseSettings) -> str:
    """Return the address of a server of the hospital, with the password from its file, and TLS.

    It is for connecting only; in texts use :func:`without_password`.

    Raises:
        BadDatabaseAddress: no PostgreSQL address, or the file cannot be read.
    """
    parts = urlsplit(settings.url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise BadDatabaseAddress(where="database.url", why="it does not begin with postgresql://")
    if settings.tls:
        asked = dict(parse_qsl(parts.query)) | settings.tls
        parts = parts._replace(query=urlencode(asked))
    if settings.password_file is None:
        return urlunsplit(parts) if settings.tls else settings.url
    try:
        password = settings.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadDatabaseAddress(
            where="database.password_file", why="the file cannot be read as UTF-8 text"
        ) from error
    user, _, host = parts.netloc.rpartition("@")
    user = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))


def with_database(dsn: str, name: str) -> str:
    """Return the address of another database of the same server, for the same user."""
    # The user part of an address without a host ("user@") must survive, so no urlunsplit here.
    before, query, rest = dsn.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{query}{rest}"


def without_password(dsn: str) -> str:
    """Return an address that may be shown and logged."""
    parts = urlsplit(dsn)
    user, at, host = parts.netloc.rpartition("@")
    shown = urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=""))
    return f"{shown} (socket)" if not host else shown


async def connect(
    dsn: str,
    *,
    application_name: str = "lianyi",
    statement_timeout_seconds: float = 30.0,
    connect_timeout_seconds: float = 10.0,
) -> asyncpg.Connection:
    """Open one connection, set up like those of :func:`open_pool`; the caller closes it.

    Raises:
        DatabaseUnreachable, DatabaseRefused, BadDatabaseAddress: there is no connection.
    """
    try:
        connection: asyncpg.Connection = await asyncpg.connect(
            dsn,
            timeout=connect_timeout_seconds,
            server_settings=_session(application_name, statement_timeout_seconds),
        )
        await _set_up(dsn, connection)
    except Exception as error:
        raise _told(error, dsn) from error
    return connection


async def open_pool(
    dsn: str,
    *,
    application_name: str = "lianyi",
    size_max: int = 10,
    statement_timeout_seconds: float = 30.0,
    connect_timeout_seconds: float = 10.0,
    role: str = "",
    on_acquire: Callable[[Any], Coroutine[Any, Any, None]] | None = None,
) -> asyncpg.Pool:
    """Open a pool of connections: UTC, JSON as Python values, a limit for every statement.

    ``json`` and ``jsonb`` columns take and give what :mod:`orjson` does, in ``COPY`` too.

    Args:
        dsn: address of the database.
        application_name: shown in ``pg_stat_activity``; name the role of the process.
        size_max: connections at most; the first is opened now, the others when needed.
        statement_timeout_seconds: a longer statement is ended by the server; 0 means never.
        connect_timeout_seconds: how long an attempt to connect may take.
        role: what its sessions become at their start and stay; empty: nothing else.
        on_acquire: prepares a connection each time it is handed out.

    Raises:
        DatabaseUnreachable, DatabaseRefused, BadDatabaseAddress: there is no connection.
    """
    pool: asyncpg.Pool | None = None
    try:
        pool = asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size_max,
            timeout=connect_timeout_seconds,
            max_inactive_connection_lifetime=UNUSED_SECONDS,
            init=partial(_set_up, dsn),
            setup=on_acquire,
            reset=_leave_as_is,
            server_settings=_session(application_name, statement_timeout_seconds, role),
        )
        await pool
    except Exception as error:
        if pool is not None:
            pool.terminate()
        raise _told(error, dsn) from error
    return pool


def telling(setting: str, value: Callable[[], str]) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Return an ``on_acquire`` that keeps a setting of the session equal to a value of the task.

    It costs a round trip only when a connection is handed to somebody else than before.
    """
    last: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    async def tell(proxy: Any) -> None:  # noqa: ANN401 - asyncpg hands out proxies
        connection = proxy._con  # the proxy lives for one use only
        wanted = value()
        if last.get(connection) != wanted:
            last.pop(connection, None)
            await proxy.execute("SELECT set_config($1, $2, false)", setting, wanted)
            last[connection] = wanted

    return tell


@asynccontextmanager
async def telling_within(connection: Any, setting: str, value: str) -> AsyncIterator[None]:  # noqa: ANN401 - also what a pool lends
    """Give a setting of the session another value for a block, which is a transaction.

    What it was before comes back at the end of the block, and after a failure too.
    """
    async with connection.transaction():
        before = await connection.fetchval(
            "SELECT coalesce(current_setting($1, true), '')", setting
        )
        await connection.execute("SELECT set_config($1, $2, true)", setting, value)
        yield
        await connection.execute("SELECT set_config($1, $2, true)", setting, before)


async def ask_database(pool: asyncpg.Pool) -> str:
    """Ask the database something, for a health check; it raises when there is no answer."""
    await pool.fetchval("SELECT 1")
    return "answers"


def _session(
    application_name: str, statement_timeout_seconds: float, role: str = ""
) -> dict[str, str]:
    settings = {
        "application_name": application_name,
        "TimeZone": "UTC",
        "statement_timeout": str(round(statement_timeout_seconds * 1000)),
    }
    return settings | {"role": role} if role else settings


async def _set_up(
    dsn: str, connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
) -> None:
    """Read and write JSON in its binary form, because COPY accepts no other."""
    if not urlsplit(dsn).hostname:
        _let_it_wait_as_we_do(connection.get_server_pid())
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),  # the version of the format
        decoder=lambda data: orjson.loads(data[1:]),
    )
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=orjson.dumps, decoder=orjson.loads
    )


def _let_it_wait_as_we_do(pid: int) -> None:
    """Give the server's process of a connection over a socket the priority of this one.

    A process that lets others go first (``os.nice``) would else have its work done at once by a
    server process that lets nobody. Where that cannot be, everything works all the same.
    """
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(OSError):
        if niceness > 0 and Path(f"/proc/{pid}/comm").read_text("utf-8").strip() == "postgres":
            os.setpriority(os.PRIO_PROCESS, pid, niceness)


async def _leave_as_is(_connection: asyncpg.Connection | asyncpg.pool.PoolConnectionProxy) -> None:
    """Take a connection back without asking the server to reset it.

    That would cost a round trip each time. An open transaction is rolled back all the same; our
    code changes nothing else of a session, but on connections of its own.
    """


def _told(error: Exception, dsn: str) -> Exception:
    """Turn what asyncpg raises into an error of ours; what is none of these stays what it is."""
    where = without_password(dsn)
    why = str(error).replace("\n", " ").strip().lower().rstrip(".") or type(error).__name__
    if isinstance(
        error,
        asyncpg.InvalidAuthorizationSpecificationError
        | asyncpg.InvalidCatalogNameError
        | asyncpg.InsufficientPrivilegeError,
    ):
        return DatabaseRefused(where=where, why=why)
    if isinstance(error, asyncio.TimeoutError):
        return DatabaseUnreachable(where=where, why="it did not answer in time")
    if isinstance(
        error,
        OSError
        | asyncpg.PostgresConnectionError
        | asyncpg.CannotConnectNowError
        | asyncpg.TooManyConnectionsError
        | asyncpg.AdminShutdownError
        | asyncpg.CrashShutdownError
        | asyncpg.ConnectionDoesNotExistError,
    ):
        return DatabaseUnreachable(where=where, why=why)
    if isinstance(error, asyncpg.ClientConfigurationError | ValueError):
        return BadDatabaseAddress(where=where, why="asyncpg cannot read it")
    return error
