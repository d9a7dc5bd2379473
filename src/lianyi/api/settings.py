"""How the doors are opened: what ``lianyi.toml`` says of the console, the API and their TLS."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from lianyi.base.settings import Section

PROXY_ADDRESSES_MAX = 65_536
"""A whole network of the hospital is believed at most; never everybody."""


def own_address(host: str, port: int, *, secure: bool) -> str:
    """Return the address of a listening socket: ``https://127.0.0.1:8443``."""
    named = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{named}:{port}"


class ApiSettings(Section):
    """Section ``[api]``: where the doors are.

    Attributes:
        host: the address to listen on; one that others reach needs the section ``[https]``.
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

    def address(self, *, secure: bool) -> str:
        """Return the address of the platform as others know it, without a path.

        Args:
            secure: whether it serves HTTPS itself.
        """
        return self.public_address or own_address(self.host, self.port, secure=secure)

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"'{name}' is not a time zone") from error
        return name


class HttpsSettings(Section):
    """Section ``[https]``: TLS of console and API, and the proxies that may speak for others.

    Attributes:
        certificate_file: PEM, the chain that is shown, own certificate first; None: plain HTTP.
        key_file: PEM, the private key of the first certificate.
        client_ca_file: PEM, the authorities whose certificates systems may show.
        client_certificates_file: PEM, self-signed certificates of single systems.
        hsts_days: for how long browsers are told to come by HTTPS only; 0: not at all.
        trusted_proxies: addresses or networks of reverse proxies that terminate TLS, e.g.
            ``["10.0.0.5"]``; what they say in ``X-Forwarded-For``, ``X-Forwarded-Proto`` and
            ``Client-Cert`` (RFC 9440) counts, and without a certificate of our own nobody else may
            connect from another machine.
    """

    certificate_file: Path | None = None
    key_file: Path | None = None
    client_ca_file: Path | None = None
    client_certificates_file: Path | None = None
    hsts_days: int = Field(default=365, ge=0, le=3650)
    trusted_proxies: tuple[str, ...] = ()

    @property
    def on(self) -> bool:
        """Whether the doors serve HTTPS themselves."""
        return self.certificate_file is not None

    @property
    def knows_clients(self) -> bool:
        """Whether a system can show a certificate, here or at a proxy."""
        return bool(self.client_ca_file or self.client_certificates_file or self.trusted_proxies)

    @property
    def files(self) -> list[Path]:
        """The files that the listening socket is made of."""
        named = (
            self.certificate_file,
            self.key_file,
            self.client_ca_file,
            self.client_certificates_file,
        )
        return [file for file in named if file is not None]

    def trusts(self, address: str) -> bool:
        """Tell whether a proxy of the hospital has this address."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks())

    def _networks(self) -> list[IPv4Network | IPv6Network]:
        return [ip_network(one) for one in self.trusted_proxies]

    @field_validator("trusted_proxies")
    @classmethod
    def _are_addresses(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for one in proxies:
            if ip_network(one).num_addresses > PROXY_ADDRESSES_MAX:
                raise ValueError(f"'{one}' trusts more than {PROXY_ADDRESSES_MAX} addresses")
        return proxies

    @model_validator(mode="after")
    def _belong_together(self) -> HttpsSettings:
        if (self.certificate_file is None) is not (self.key_file is None):
            raise ValueError("certificate_file and key_file belong together")
        if not self.on and (self.client_ca_file or self.client_certificates_file):
            raise ValueError("client certificates need certificate_file and key_file")
        return self
