"""A module here that names ``LOOPS`` runs on each of these event loops; the others on asyncio's."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lianyi.base.errors import LianyiError
from lianyi.connectors.connector import Answer, Arrival, Reply

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, LoopFactory]:
    module = item.getparent(pytest.Module)
    loops: Mapping[str, LoopFactory] = getattr(
        module.obj if module else None, "LOOPS", {"asyncio": asyncio.new_event_loop}
    )
    return loops


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen; a test that waits in vain fails here."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture(name="until")
def until_fixture() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until


class Desk:
    """Stands where the engine stands: remembers arrivals; replies at once unless told not to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.replies: list[Reply] = []
        self.troubles: list[LianyiError] = []
        self.answer: Answer | None = Answer(b"ok", content_type="text/plain")

    def receive(self, arrival: Arrival, reply: Reply) -> None:
        self.arrivals.append(arrival)
        self.replies.append(reply)
        if self.answer is not None:
            reply(self.answer)

    @property
    def bodies(self) -> list[bytes]:
        return [arrival.body for arrival in self.arrivals]


@pytest.fixture
def desk() -> Desk:
    return Desk()


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.ca_file = self._write("ca.pem", self._certify(self.subject, self.key, ca=True))
        self.ca_key_file = self._write_key("ca.key", self.key)

    def issue(self, name: str, *, expired: bool = False) -> tuple[Path, Path]:
        """Return certificate and key file for a name that is also valid for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._certify(subject, key, ca=False, expired=expired)
        certificate_file = self._write(f"{name}.pem", certificate)
        return certificate_file, self._write_key(f"{name}.key", key)

    def _certify(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        ca: bool,
        expired: bool = False,
    ) -> x509.Certificate:
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        signer = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2021 if expired else 2120, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(signer), False
            )
            .add_extension(names, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def _write_key(self, file_name: str, key: ec.EllipticCurvePrivateKey) -> Path:
        path = self.folder / f"{self.name}-{file_name}"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path

    def _write(self, file_name: str, certificate: x509.Certificate) -> Path:
        path = self.folder / f"{self.name}-{file_name}"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")
