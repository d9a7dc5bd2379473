"""The section ``[api]`` of ``lianyi.toml``."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from lianyi.base.settings import Section


class ApiSettings(Section):
    """How the doors are opened.

    Attributes:
        host: the address to listen on; one that others reach wants TLS in front of it.
        port: the port to listen on.
        public_address: how others reach the platform through the proxy in front of it, e.g.
            ``https://lianyi.hospital.internal``; empty: host and port as above. Systems that ask
            for tokens with signed assertions name it in them.
        site_name: what the console calls this installation.
        timezone: IANA name; the console shows times in the hospital's zone.
        live_clients_max: browsers that may follow the live view at the same time.
        poll_seconds: how often the live view looks at the database, for all browsers together.
        body_shown_bytes_max: of a message, this much is shown; the rest can be downloaded.
        body_bytes_max: of the body of one request; who is not signed in may send 256 KiB.
        body_seconds: the body of a request must be complete within this.
        head_seconds: the first line and the headers of a request must be complete within this.
        connections_max: at the same time. One more takes the place of the one that has been
            without a request for longest.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_address: str = Field(default="", pattern=r"^(https?://[^/?#\s]+)?$")
    site_name: str = "联医 Lianyi"
    timezone: str = "Asia/Shanghai"
    live_clients_max: int = Field(default=100, ge=1, le=10_000)
    poll_seconds: float = Field(default=1.0, ge=0.05, le=60)
    body_shown_bytes_max: int = Field(default=1_048_576, ge=1024)
    body_bytes_max: int = Field(default=67_108_864, ge=262_144)
    body_seconds: float = Field(default=120.0, gt=0)
    head_seconds: float = Field(default=10.0, gt=0)
    connections_max: int = Field(default=1000, ge=1)

    @property
    def address(self) -> str:
        """The address of the platform as others know it, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_address or f"http://{host}:{self.port}"

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{name}' is not a time zone") from error
        return name
