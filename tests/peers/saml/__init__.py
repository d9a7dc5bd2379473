"""The npm package ``samlify`` as an identity provider of its own, and its key."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

from benchmarks.ports import free_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.peers.node import NODE
from tests.peers.slapd import wait_for_port

from lianyi.base.clock import SystemClock

HERE = Path(__file__).parent


def key_pair(folder: Path, name: str, *, days: float = 30) -> tuple[Path, Path]:
    """Return certificate and private key of somebody who signs; RSA, self-signed."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    until = SystemClock().now() + timedelta(days=days)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=abs(days) + 1))
        .not_valid_after(until)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}-key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files[1].chmod(0o600)
    return files


class SamlPeer:
    """The identity provider; ``entity_id`` is its name, ``sso_url`` where it takes requests."""

    def __init__(
        self, folder: Path, metadata: str, *, signs: str = "assertion", requests: str = "plain"
    ) -> None:
        self.port = free_port()
        self.home = f"http://127.0.0.1:{self.port}"
        self.entity_id, self.sso_url = f"{self.home}/idp", f"{self.home}/sso"
        self.certificate, key = key_pair(folder, f"idp-{self.port}")
        self._arguments = [str(self.port), metadata, key, self.certificate, signs, requests]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [NODE, HERE / "server.mjs", *self._arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)
