"""One process with one role: its settings, its way to the database, its life."""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import asyncpg
import structlog

from lianyi.api.pix_settings import IdentitySettings
from lianyi.api.settings import ApiSettings, HttpsSettings
from lianyi.applications.indicators.publishing.settings import PublishingSettings
from lianyi.applications.indicators.quality.settings import QualitySettings
from lianyi.applications.indicators.reports.settings import MailSettings, ReportSettings
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import EMBEDDED, DatabaseSettings, connect, open_pool, telling
from lianyi.base.embedded.cluster import DOORS
from lianyi.base.outgoing import OutgoingSettings, set_outgoing
from lianyi.base.settings import Section
from lianyi.base.telemetry import (
    NO_TRACING,
    TelemetrySettings,
    Tracing,
    configure_logging,
    configure_tracing,
)
from lianyi.channels.settings import ChannelsSettings, MessageLogSettings
from lianyi.messagelog import PostgresLog
from lianyi.messagelog.archive_reader import Archive
from lianyi.messagelog.cover import PLAIN
from lianyi.messagelog.postgres_leases import release_of_dead
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.clinical.bulk.settings import ExportSettings
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.lake.settings import LakeSettings
from lianyi.projections.operational.mapping.settings import MappingSettings
from lianyi.projections.operational.settings import OperationalSettings
from lianyi.security.access import current
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.field_keys import FieldEncryptionSettings, open_cover
from lianyi.security.links.settings import EmbeddingSettings
from lianyi.security.password_rules import PasswordRules
from lianyi.security.passwords import PasswordHashing
from lianyi.security.settings import SecuritySettings
from lianyi.security.vault import VaultSettings

if TYPE_CHECKING:
    from lianyi.channels.running import Share

log = structlog.get_logger(__name__)

ROLES = ("intake", "deliver", "learn", "api")
SECTIONS: dict[str, type[Section]] = {
    "database": DatabaseSettings,
    "messagelog": MessageLogSettings,
    "channels": ChannelsSettings,
    "api": ApiSettings,
    "https": HttpsSettings,
    "telemetry": TelemetrySettings,
    "security": SecuritySettings,
    "audit": AuditSettings,
    "passwords": PasswordRules,
    "password_hashing": PasswordHashing,
    "vault": VaultSettings,
    "privacy": PrivacySettings,
    "field_encryption": FieldEncryptionSettings,
    "outgoing": OutgoingSettings,
    "identity": IdentitySettings,
    "embedding": EmbeddingSettings,
    "exports": ExportSettings,
    "lake": LakeSettings,
    "operational": OperationalSettings,
    "mapping": MappingSettings,
    "indicators": IndicatorSettings,
    "publishing": PublishingSettings,
    "quality": QualitySettings,
    "subscriptions": SubscriptionSettings,
    "mail": MailSettings,
    "reports": ReportSettings,
}
COLLECT_AFTER_OBJECTS = 20_000
ACTOR = "lianyi.actor"
"""The setting of a database session that the wall reads: the account that is served."""


@dataclass(frozen=True)
class Settings:
    """All sections of ``lianyi.toml``, and the folders."""

    database: DatabaseSettings
    messagelog: MessageLogSettings
    channels: ChannelsSettings
    api: ApiSettings
    https: HttpsSettings
    telemetry: TelemetrySettings
    security: SecuritySettings
    audit: AuditSettings
    passwords: PasswordRules
    password_hashing: PasswordHashing
    vault: VaultSettings
    privacy: PrivacySettings
    field_encryption: FieldEncryptionSettings
    outgoing: OutgoingSettings
    identity: IdentitySettings
    embedding: EmbeddingSettings
    exports: ExportSettings
    lake: LakeSettings
    operational: OperationalSettings
    mapping: MappingSettings
    indicators: IndicatorSettings
    publishing: PublishingSettings
    quality: QualitySettings
    subscriptions: SubscriptionSettings
    mail: MailSettings
    reports: ReportSettings
    data_dir: Path
    content_dir: Path


class Role(Protocol):
    """Something a process does until it is told to stop."""

    async def run(self) -> None:
        """Work until :meth:`stop`."""
        ...

    def stop(self) -> None:
        """End soon."""
        ...


class Process:
    """What the roles of one process share."""

    def __init__(
        self, settings: Settings, dsn: str, *, role: str, owner: UUID | None = None
    ) -> None:
        self.settings = settings
        self.dsn = dsn
        self.role = role
        self.clock = SystemClock()
        self.ids = RandomIds()
        self.owner = owner or self.ids.new_id()
        self.holder = f"{socket.gethostname()}:{os.getpid()}"
        self.content_dir = settings.content_dir
        self.cover = PLAIN

    @property
    def archive_dir(self) -> Path:
        """Where segments lie that are no longer in the database."""
        return self.settings.data_dir / self.settings.messagelog.archive_dir

    @property
    def lake_dir(self) -> Path:
        """Where the rows of other systems lie."""
        return self.settings.data_dir / "lake"

    @property
    def star_dir(self) -> Path:
        """Where the files of the star lie; see ``projections.operational.shelf``."""
        return self.settings.data_dir / "star"

    async def connect(self) -> asyncpg.Connection:
        """Open one more connection, without a time limit for statements."""
        return await connect(
            self.dsn, application_name=f"lianyi {self.role}", statement_timeout_seconds=0
        )

    async def open(
        self, stack: AsyncExitStack, *, walled: bool = False
    ) -> tuple[asyncpg.Pool, PostgresLog]:
        """Open the pool and the log, closed with the stack.

        Args:
            stack: closes them.
            walled: whether the pool serves people: it reads as the role of the doors, which sees
                the rows of the current actor only.
        """
        database = self.settings.database
        pool = await open_pool(
            self.dsn,
            application_name=f"lianyi {self.role}",
            size_max=database.pool_size_max,
            statement_timeout_seconds=database.statement_timeout_seconds,
            connect_timeout_seconds=database.connect_timeout_seconds,
            role=DOORS if walled else "",
            on_acquire=telling(ACTOR, _who) if walled else None,
        )
        stack.push_async_callback(_close_pool, pool)
        if database.url == EMBEDDED:  # then every process is on this machine
            host = self.holder.rpartition(":")[0]
            for holder in await release_of_dead(pool, host, is_alive=_is_alive):
                log.info("lease.released", holder=holder)
        settings = self.settings
        self.cover = await open_cover(
            pool,
            PostgresLog(pool, self.connect, clock=self.clock, owner=self.owner),
            self.clock,
            settings=settings.field_encryption,
            vault=settings.vault,
            data_dir=settings.data_dir,
        )
        messages = PostgresLog(
            pool,
            self.connect,
            clock=self.clock,
            owner=self.owner,
            archive=self.archive(),
            cover=self.cover,
        )
        await messages.start()
        stack.push_async_callback(messages.stop)
        return pool, messages

    def archive(self) -> Archive:
        """Return the folder of archived segments, read and written under the cover."""
        return Archive(self.archive_dir, self.cover)

    def tracing(self, stack: AsyncExitStack) -> Tracing:
        """Return where spans go, stopped with the stack; nowhere when no collector is set."""
        telemetry = self.settings.telemetry
        if telemetry.otlp_endpoint is None:
            return NO_TRACING
        tracing = configure_tracing(
            telemetry.otlp_endpoint, f"lianyi {self.role}", ratio=telemetry.trace_ratio
        )
        stack.callback(tracing.stop)
        return tracing

    def share(self, pool: asyncpg.Pool) -> Share:
        """Return this process's share of the leases of its role."""
        from lianyi.channels.running import Share  # a command that reads settings needs no engine

        return Share(pool, role=self.role, owner=self.owner, holder=self.holder, clock=self.clock)


def _who() -> str:
    return str(current().actor.account)


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


async def _close_pool(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(5):
            await pool.close()
    except TimeoutError:
        pool.terminate()


def spare_the_collector() -> None:
    """Let the cycle collector leave alone what was imported, and from now on look, but seldom.

    Messages on their way hold some ten objects each and no cycles: they are freed by their
    counts. With the usual threshold the collector looks through all of them again and again,
    which takes a fifth of the time of an intake process.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, 10, 10)
    gc.enable()


async def run_role(
    role: str, settings: Settings, dsn: str, stop: asyncio.Event, *, owner: UUID | None = None
) -> None:
    """Run one role in this process until ``stop``.

    Args:
        role: one of :data:`ROLES`.
        settings: of the installation.
        dsn: the database.
        stop: set it to end.
        owner: who this process is in leases; None: somebody new.

    Raises:
        LianyiError: it cannot start, or has lost what it cannot do without.
    """
    telemetry = settings.telemetry
    json = None if telemetry.log_format == "auto" else telemetry.log_format == "json"
    configure_logging(telemetry.log_level, json=json)
    set_outgoing(settings.outgoing)
    gc.disable()  # what is loaded stays: looking through it would take a sixth of the start
    builder = importlib.import_module(f"lianyi.app.{role}")
    async with AsyncExitStack() as stack:
        built: Role = await builder.build(Process(settings, dsn, role=role, owner=owner), stack)
        spare_the_collector()
        working = asyncio.create_task(built.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        built.stop()
        stopping.cancel()
        await working
