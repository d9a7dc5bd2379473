"""What the doctor finds out about certificates: those of systems it looks up in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lianyi.api.certificates import Known, Sources, known_in_files
from lianyi.app import Settings
from lianyi.base.database import EMBEDDED
from lianyi.base.errors import LianyiError
from lianyi.cli.findings import Finding, Status, failed
from lianyi.security.certificates import CertificateExpiring

CHECK = "certificates"


def look_at_certificates(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what is to be said of the certificates that settings and content name."""
    sources = Sources(settings.https, settings.database, settings.audit, settings.content_dir)
    known = known_in_files(sources, now)
    yield from told(known)
    if known and not any(one.findings for one in known):
        last = min(one.until for one in known if one.until)
        yield Finding(
            CHECK,
            "ok",
            f"{len(known)} 张证书，最早到期 {last.date()}",
            f"{len(known)} certificates; the first to run out does so on {last.date()}",
        )
    database = settings.database
    if database.url != EMBEDDED and "verify-full" not in {*database.tls.values(), database.url}:
        yield Finding(
            "database-tls",
            "warn",
            "与数据库的连接未校验服务器证书",
            "the connection to the database does not check the server's certificate",
            "在 [database] 中设置 ca_file",
            "set 'ca_file' in [database]",
        )


def told(known: Iterable[Known]) -> Iterator[Finding]:
    """Yield what is wrong with certificates, or soon will be."""
    for one in known:
        for failure in one.findings:
            yield failed(CHECK, failure, status=_status(failure))


def _status(failure: LianyiError) -> Status:
    return "warn" if isinstance(failure, CertificateExpiring) else "fail"
