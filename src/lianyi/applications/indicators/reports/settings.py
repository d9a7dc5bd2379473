"""The sections ``[mail]`` and ``[reports]`` of ``lianyi.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from lianyi.base.settings import Section


class MailSettings(Section):
    """Section ``[mail]``: the mail server (SMTP) that takes what the platform sends.

    It is connected to as the section ``[outgoing]`` allows; it may be this machine.

    Attributes:
        host: its name; empty: nothing is mailed, and what should be waits for a person.
        port: 587 with STARTTLS, 465 with TLS, 25 inside.
        security: ``starttls`` asks for encryption before anything is said, ``tls`` begins with it,
            ``none`` only where the network is trusted.
        ca_file: certificates that its own is checked against; None: those of the machine.
        user: name to sign in with; empty: nobody signs in.
        password_file: holds the password, mode 600.
        sender: address that mail comes from.
        sender_name: what people read beside it.
        domains: when not empty, mail goes to addresses of these domains and nowhere else.
        timeout_seconds: how long the server may be silent.
    """

    host: str = ""
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password_file: Path | None = None
    sender: str = Field(default="", pattern=r"^([^\s@<>]{1,64}@[A-Za-z0-9.-]+)?$")
    sender_name: str = Field(default="联医 Lianyi", max_length=100, pattern=r"^[^\x00-\x1f]*$")
    domains: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=30, gt=0, le=600)

    @field_validator("domains", mode="before")
    @classmethod
    def _of_the_environment(cls, value: object) -> object:
        return tuple(value.split()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        if bool(self.user) != (self.password_file is not None):
            raise ValueError("user and password_file belong together")
        if self.host and not self.sender:
            raise ValueError("a mail server needs a sender")
        if self.user and self.security == "none":
            raise ValueError("a password is sent over an encrypted connection only")
        return self

    def takes(self, address: str) -> bool:
        """Tell whether mail may go to an address."""
        domain = address.rpartition("@")[2].lower()
        return not self.domains or domain in {one.lower() for one in self.domains}


class ReportSettings(Section):
    """Reports that are made when they are due, and mailed.

    Attributes:
        attempts_max: so many times in a row making or mailing is tried; then a person is asked.
        first_wait_seconds: before the second time; each later one waits twice as long.
        longest_wait_seconds: no wait is longer.
        reports_max: so many reports one account may have ordered.
        keep_days: for how long the files are kept.
        font_file: a TrueType font with Chinese letters that is put into each file; None: the
            reader's own Song is used (STSong-Light, GB 18030), and nothing is put in.
    """

    attempts_max: int = Field(default=12, ge=1, le=1_000)
    first_wait_seconds: float = Field(default=30, gt=0, le=3_600)
    longest_wait_seconds: float = Field(default=3_600, gt=0, le=86_400)
    reports_max: int = Field(default=50, ge=1, le=10_000)
    keep_days: int = Field(default=1_100, ge=1, le=36_500)
    font_file: Path | None = None

    def wait_seconds(self, attempts: int) -> float:
        """Return how long to wait after so many attempts without success, at least 1."""
        doubled = self.first_wait_seconds * 2.0 ** min(max(attempts - 1, 0), 40)
        return min(doubled, self.longest_wait_seconds)
