"""Every certificate that this installation knows, in one list: what runs out is told in time.

They stand in the settings, in the files of channels and of sign-in providers, and at the accounts
of systems. The files are read as they are now, whether they are in force yet or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import yaml

from lianyi.api.settings import HttpsSettings
from lianyi.base.clock import Clock
from lianyi.base.database import DatabaseSettings
from lianyi.base.errors import LianyiError
from lianyi.base.plain_yaml import plain_yaml
from lianyi.base.telemetry import Family, derived
from lianyi.channels.views import OverviewProblem, problem_facts
from lianyi.security import oauth_store
from lianyi.security.access import current
from lianyi.security.audit.settings import AuditSettings
from lianyi.security.certificates import TlsFile, end_of, standings
from lianyi.security.client_certificates import Binding

REMEMBERED_SECONDS = 60.0
FILE_BYTES_MAX = 1_000_000
TLS_KEYS = {
    "ca_file": None,
    "client_ca_file": None,
    "certificate_file": "key_file",
    "idp_certificate_file": None,
    "sp_certificate_file": "sp_key_file",
}
"""Keys that name a file of certificates, and the key that names its private key."""

_ends = derived(
    "certificate_expires_seconds",
    "gauge",
    "Time until a certificate runs out; negative when it has.",
    labels=("used_by", "subject"),
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where certificates are named.

    Attributes:
        https, database, audit: the sections of these names.
        content_dir: holds the files of channels and of sign-in providers.
    """

    https: HttpsSettings
    database: DatabaseSettings
    audit: AuditSettings
    content_dir: Path


@dataclass(frozen=True, slots=True)
class Known:
    """One certificate of the list.

    Attributes:
        used_by: what uses it: ``https``, ``channel lab``, ``sign-in sso``, ``account pacs``.
        organisation: whose it is; empty: of the installation.
        place: its file; of an account what it is registered by.
        subject, issuer: empty where they are not known.
        fingerprint: SHA-256, hexadecimal; empty where it is not known.
        until: its last instant; None when nobody knows.
        findings: what is wrong with it, or soon will be.
    """

    used_by: str
    organisation: str
    place: str
    subject: str
    issuer: str
    fingerprint: str
    until: datetime | None
    findings: tuple[LianyiError, ...]

    def days_left(self, now: datetime) -> int | None:
        """Return whole days until it runs out; negative when it has."""
        return None if self.until is None else (self.until - now) // timedelta(days=1)


def known_in_files(sources: Sources, now: datetime) -> list[Known]:
    """Return the certificates that settings and content name."""
    found: list[Known] = []
    for organisation, file in _named(sources):
        for one in standings([file], now):
            own = one.certificate
            found.append(
                Known(
                    one.used_by,
                    organisation,
                    one.place,
                    own.subject if own else "",
                    own.issuer if own else "",
                    own.fingerprint if own else "",
                    own.until if own else None,
                    one.findings,
                )
            )
    return found


def known_of_accounts(
    bindings: Iterable[tuple[str, str, Binding]], now: datetime
) -> Iterator[Known]:
    """Give the certificates with which systems prove who they are."""
    for name, organisation, one in bindings:
        used_by = f"account {name}"
        finding = end_of(used_by, one.value, one.expires_at, now) if one.expires_at else None
        yield Known(
            used_by, organisation, one.method.value, one.value, "", "", one.expires_at,
            (finding,) if finding else (),
        )  # fmt: skip


class Inventory:
    """Gives the list to whoever may see it; it is worked out once a minute at most."""

    def __init__(self, sources: Sources, pool: asyncpg.Pool, clock: Clock) -> None:
        self._sources = sources
        self._pool = pool
        self._clock = clock
        self._whole: list[Known] = []
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """Return the instant by which days are counted."""
        return self._clock.now()

    async def visible(self) -> list[Known]:
        """Return what whoever acts may see, by its end."""
        elapsed = self._clock.elapsed_seconds()
        if elapsed - self._read_at >= REMEMBERED_SECONDS:
            now = self._clock.now()
            of_files = await asyncio.to_thread(known_in_files, self._sources, now)
            bindings = await oauth_store.all_bindings(self._pool)
            self._whole = [*of_files, *known_of_accounts(bindings, now)]
            self._read_at = elapsed
        last = self._clock.now() + timedelta(days=36500)
        seen = [one for one in self._whole if current().sees(one.organisation)]
        return sorted(seen, key=lambda one: (one.until or last, one.used_by))

    async def alarms(self) -> list[OverviewProblem]:
        """Return what the overview tells, what runs out first before the others."""
        none = {"since": None, "channel": None, "destination": None}
        return [
            OverviewProblem.model_validate({**problem_facts(finding), **none})
            for one in await self.visible()
            for finding in one.findings
        ]

    async def families(self) -> list[Family]:
        """Return what Prometheus reads."""
        family, now = _ends(), self._clock.now()
        shown: dict[tuple[str, str], float] = {}
        for one in await self.visible():
            if one.until is not None:
                labels = one.used_by, one.subject
                left = (one.until - now).total_seconds()
                shown[labels] = min(left, shown.get(labels, left))
        for labels, left in shown.items():
            family.add_metric([*labels], left)
        return [family]


# ---- where certificates are named --------------------------------------------------------------


def _named(sources: Sources) -> Iterator[tuple[str, TlsFile]]:
    https, database, audit = sources.https, sources.database, sources.audit
    settings: list[tuple[str, Path | None, Path | None]] = [
        ("https", https.certificate_file, https.key_file),
        ("https", https.client_ca_file, None),
        ("https", https.client_certificates_file, None),
        ("database", database.ca_file, None),
        ("database", database.certificate_file, database.key_file),
        ("audit", audit.syslog_ca_file, None),
        ("audit", audit.syslog_certificate_file, audit.syslog_key_file),
    ]
    for used_by, certificates, key in settings:
        if certificates is not None:
            yield "", TlsFile(used_by, certificates, key)
    for path in _files(sources.content_dir / "channels"):
        channel = _read(path)
        organisation = str(channel.get("organisation") or "")
        ends: list[Any] = [channel.get("source"), *_list(channel.get("destinations"))]
        for end in ends:
            for file in _of(f"channel {path.stem}", _mapping(_mapping(end).get("tls"))):
                yield organisation, file
    for path in _files(sources.content_dir / "sign-in"):
        for file in _of(f"sign-in {path.stem}", _read(path)):
            yield "", file


def _of(used_by: str, keys: Mapping[str, Any]) -> Iterator[TlsFile]:
    for name, key_name in TLS_KEYS.items():
        if isinstance(file := keys.get(name), str):
            key = keys.get(key_name) if key_name else None
            yield TlsFile(used_by, Path(file), Path(key) if isinstance(key, str) else None)


def _files(folder: Path) -> Sequence[Path]:
    return sorted(folder.glob("*.y*ml"))


def _read(path: Path) -> Mapping[str, Any]:
    """Return what a file says; nothing when it cannot be read: others tell that."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            return {}
        return _mapping(plain_yaml(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
