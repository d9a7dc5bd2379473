"""A throw-away certificate authority for peers on this machine."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lianyi.base.clock import SystemClock


class Authority:
    """Signs certificates for ``localhost`` and ``127.0.0.1``; all files lie in one folder."""

    def __init__(self, folder: Path, name: str = "throw-away") -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{name} authority")])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.ca_file = folder / f"{name}-ca.pem"
        certificate = self._signed(self._name, self._key.public_key(), is_authority=True)
        self.ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, host: str = "localhost", *, expired: bool = False, days: float = 1
    ) -> tuple[Path, Path]:
        """Return certificate and key file of a server or system with this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
        certificate = self._signed(
            subject, key.public_key(), host=host, days=-1 if expired else days
        )
        return self._write(host, certificate, key)

    def self_signed(self, name: str, *, is_authority: bool = False) -> tuple[Path, Path]:
        """Return certificate and key file of somebody who vouches for himself."""
        own = Authority(self._folder, f"of-{name}")
        own._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = own._signed(own._name, own._key.public_key(), is_authority=is_authority)
        return self._write(name, certificate, own._key)

    def _write(
        self, host: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
    ) -> tuple[Path, Path]:
        files = self._folder / f"{host}.pem", self._folder / f"{host}-key.pem"
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

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        *,
        is_authority: bool = False,
        host: str = "",
        days: float = 1,
    ) -> x509.Certificate:
        until = SystemClock().now() + timedelta(days=days, minutes=5)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(until - timedelta(days=max(days, 1) + 1))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if is_authority:
            usage = x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            )
            builder = builder.add_extension(usage, critical=True)
        else:
            names: list[x509.GeneralName] = [x509.DNSName(host or "localhost")]
            if host == "localhost":
                names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())
