"""What the doors need from the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from lianyi.api.console import BUILT
from lianyi.api.pix_settings import IdentitySettings
from lianyi.api.settings import ApiSettings, HttpsSettings
from lianyi.applications.indicators.publishing.settings import PublishingSettings
from lianyi.applications.indicators.quality.settings import QualitySettings
from lianyi.applications.indicators.reports.settings import MailSettings, ReportSettings
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.base.database import DatabaseSettings
from lianyi.base.health import HealthChecks
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.care.settings import PrivacySettings
from lianyi.projections.clinical.bulk.settings import ExportSettings
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.projections.lake.settings import LakeSettings
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.links.settings import EmbeddingSettings
from lianyi.security.password_rules import PasswordRules
from lianyi.security.passwords import PasswordHashing
from lianyi.security.settings import SecuritySettings
from lianyi.security.vault import VaultSettings


@dataclass(frozen=True)
class ApiDependencies:
    """What the doors need from the house.

    Attributes:
        pool: connections of the API alone, with a statement timeout: a long question must not
            hold up deliveries.
        log: read, and appended to for acts.
        settings: the section ``[api]``.
        data_dir: where the token lies.
        content_dir: where the definitions of channels lie.
        clock: tells the time.
        ids: gives identifiers to replays.
        health: what ``/readyz`` checks.
        installation: as in the traces.
        console_dir: where the built console lies.
        database, https, security, passwords, hashing, vault, audit, privacy, identity,
            embedding, exports, lake, indicators, publishing, quality, subscriptions, mail,
            reports: the sections of these names.
        connect: opens a connection that hears at once of rights that were changed elsewhere;
            None: they are looked at every few seconds only.
    """

    pool: asyncpg.Pool
    log: PostgresLog
    settings: ApiSettings
    data_dir: Path
    content_dir: Path
    clock: Clock
    ids: IdSource
    health: HealthChecks = field(default_factory=HealthChecks)
    installation: str = ""
    console_dir: Path = BUILT
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    https: HttpsSettings = field(default_factory=HttpsSettings)
    security: SecuritySettings = field(default_factory=SecuritySettings)
    passwords: PasswordRules = field(default_factory=PasswordRules)
    hashing: PasswordHashing = field(default_factory=PasswordHashing)
    vault: VaultSettings = field(default_factory=VaultSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)
    privacy: PrivacySettings = field(default_factory=PrivacySettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    exports: ExportSettings = field(default_factory=ExportSettings)
    lake: LakeSettings = field(default_factory=LakeSettings)
    indicators: IndicatorSettings = field(default_factory=IndicatorSettings)
    publishing: PublishingSettings = field(default_factory=PublishingSettings)
    quality: QualitySettings = field(default_factory=QualitySettings)
    subscriptions: SubscriptionSettings = field(default_factory=SubscriptionSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    reports: ReportSettings = field(default_factory=ReportSettings)
    connect: Callable[[], Awaitable[asyncpg.Connection]] | None = None
