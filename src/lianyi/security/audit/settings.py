"""The section ``[audit]`` of ``lianyi.toml``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from lianyi.base.settings import Section


class AuditSettings(Section):
    """Where audit records stay, and who else gets them.

    Attributes:
        online_days: acts stay in the database at least this long, whatever
            ``messagelog.retention_days`` says; afterwards they lie in files and are still found.
        syslog_address: ``host:port`` of an audit record repository that takes ATNA records (IHE
            ITI-20) over TLS; empty: none.
        syslog_ca_file: PEM, the authorities that may vouch for it; None means the machine's own.
        syslog_certificate_file: PEM, shown when it asks for a certificate.
        syslog_key_file: PEM, the private key of that certificate.
        syslog_server_name: the name that its certificate must carry; None means the host of the
            address.
        source_id: what this installation calls itself in audit records.
    """

    online_days: int = Field(default=180, ge=180)
    syslog_address: str = Field(default="", pattern=r"^(\S+:\d{1,5})?$")
    syslog_ca_file: Path | None = None
    syslog_certificate_file: Path | None = None
    syslog_key_file: Path | None = None
    syslog_server_name: str | None = None
    source_id: str = Field(default="lianyi", min_length=1, max_length=100, pattern=r"^\S+$")
