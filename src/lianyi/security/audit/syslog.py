"""Sends each act to an audit record repository, over TLS, in the order of the log.

Syslog knows no acknowledgment: what was written may lie in the memory of a machine that dies. So a
batch counts as sent when the connection still stands a moment later; until then the reader's
position stays, and after a failure everything behind it is sent again. A repository may get an act
twice, and misses none as long as it reads what it was given within that moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.outgoing import connect_tcp, outgoing_of_settings
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.log import ACTS, LostLease
from lianyi.messagelog.message import LogMessage
from lianyi.messagelog.postgres import PostgresLog, move_within
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.security.audit.atna import frame
from lianyi.security.audit.reading import KIND, act_of
from lianyi.security.audit.settings import AuditSettings

READER = "audit:syslog"
BATCH = 500
SETTLE_SECONDS = 1.0
CONNECT_SECONDS = 10.0
SEND_SECONDS = 30.0
WAIT_SECONDS = 5.0
PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 30.0)

log = structlog.get_logger(__name__)


class AuditReceiverUnreachable(LianyiError):
    """The audit record repository does not take what we send; acts wait in the log."""

    code = "LY-1875"
    category = Category.UNAVAILABLE
    en = Told(
        "the audit record repository does not take our records",
        "{why}",
        "check address, certificates and network; nothing is lost, the acts wait in the log",
    )
    zh = Told(
        "审计记录存储库无法接收记录",
        "{why}",
        "检查地址、证书与网络；记录保存在日志中，不会丢失",
    )


class SyslogSender:
    """Follows the acts and sends them, in one process of the installation."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        settings: AuditSettings,
        clock: Clock,
        *,
        owner: uuid.UUID,
        holder: str,
        settle_seconds: float = SETTLE_SECONDS,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        """Describe the work.

        Args:
            pool: holds the lease and the position.
            messages: the log.
            settings: where to send to.
            clock: the time of the moves.
            owner: this process, for the lease.
            holder: this process, for people.
            settle_seconds: how long a connection must stand after a batch.
            pauses_seconds: between tries.
        """
        self._pool = pool
        self._log = messages
        self._settings = settings
        self._clock = clock
        self._owner = owner
        self._holder = holder
        self._settle = settle_seconds
        self._pauses = pauses_seconds
        self._host = socket.gethostname()

    async def run(self) -> None:
        """Send until cancelled; whatever fails is tried again."""
        failures = 0
        while True:
            try:
                async with self._leased() as epoch:
                    if epoch is not None:
                        await self._follow(epoch)
            except AuditReceiverUnreachable as failure:
                log.warning("audit.not_sent", code=failure.code, why=failure.facts.get("why"))
                failures += 1
            except (*STORE_ERRORS, LianyiError) as failure:
                log.warning("audit.interrupted", kind=type(failure).__name__)
                failures += 1
            await asyncio.sleep(self._pauses[min(failures, len(self._pauses)) - 1])

    @asynccontextmanager
    async def _leased(self) -> AsyncIterator[int | None]:
        epoch = await leases.take(self._pool, READER, owner=self._owner, holder=self._holder)
        try:
            yield epoch
        finally:
            if epoch is not None:
                with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
                    await leases.give_back(self._pool, READER, owner=self._owner)

    async def _follow(self, epoch: int) -> None:
        at = await self._log.position(READER, ACTS)
        async with self._connected() as (reader, writer):
            while True:
                if (
                    await leases.take(self._pool, READER, owner=self._owner, holder=self._holder)
                    != epoch
                ):
                    raise LostLease(where=READER, name=READER)
                page = await self._log.read(ACTS, after=at, limit=BATCH)
                if page:
                    await self._send(page, reader, writer)
                    at = page[-1].number
                    await self._move(at, epoch)
                elif not await self._log.wait(ACTS, after=at, timeout_seconds=WAIT_SECONDS):
                    await self._stands(reader, seconds=0.01)

    async def _move(self, number: int, epoch: int) -> None:
        async with self._pool.acquire() as connection:
            await move_within(connection, READER, ACTS, number, now=self._clock.now(), epoch=epoch)

    async def _send(
        self,
        page: Sequence[LogMessage],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        process = str(os.getpid())
        frames = [
            frame(
                act_of(m.position, m.received_at, m.kind, m.keys, None, m.body),
                source_id=self._settings.source_id,
                host=self._host,
                process=process,
            )
            for m in page
            if m.kind.startswith(KIND)
        ]
        try:
            async with asyncio.timeout(SEND_SECONDS):
                for one in frames:
                    writer.write(one)
                    await writer.drain()
        except (OSError, TimeoutError) as error:
            raise _unreachable(error, self._settings) from error
        await self._stands(reader, seconds=self._settle)

    async def _stands(self, reader: asyncio.StreamReader, *, seconds: float) -> None:
        """Return when the other side has not ended the connection meanwhile."""
        try:
            async with asyncio.timeout(seconds):
                while await reader.read(4096):
                    pass  # a repository has nothing to say
        except TimeoutError:
            return
        except OSError as error:
            raise _unreachable(error, self._settings) from error
        raise AuditReceiverUnreachable(
            where=self._settings.syslog_address, why="it ended the connection"
        )

    @asynccontextmanager
    async def _connected(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        host, _, port = self._settings.syslog_address.rpartition(":")
        host = host.strip("[]")
        try:
            context = tls_context(self._settings)
            async with asyncio.timeout(CONNECT_SECONDS):
                plain = await connect_tcp(host, int(port), rule=outgoing_of_settings())
                reader, writer = await asyncio.open_connection(
                    sock=plain,
                    ssl=context,
                    server_hostname=self._settings.syslog_server_name or host,
                )
        except (OSError, TimeoutError, ValueError) as error:
            raise _unreachable(error, self._settings) from error
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1):
                    await writer.wait_closed()


def tls_context(settings: AuditSettings) -> ssl.SSLContext:
    """Return the context of a connection: at least TLS 1.2, the other side's name is checked.

    Raises:
        OSError, ValueError: a file cannot be used.
    """
    context = ssl.create_default_context(cafile=settings.syslog_ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.syslog_certificate_file is not None:
        context.load_cert_chain(settings.syslog_certificate_file, settings.syslog_key_file)
    return context


def _unreachable(error: Exception, settings: AuditSettings) -> AuditReceiverUnreachable:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
    else:
        why = str(error) or type(error).__name__
    return AuditReceiverUnreachable(where=settings.syslog_address, why=why)
