"""TLS certificates on this machine: told a month before they run out, not on the night they do.

The caller names the files (those in the settings and in the channels); this module reads them and
returns findings. A finding is an error of the house that nobody raised: it has a code, words in
both languages and a paragraph in the documents, so the console and ``lianyi doctor`` show it as
they show any other.

Sources:
    RFC 5280 (X.509); RFC 9325 (TLS: no RSA below 2048 bits, no SHA-1).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.secret_files import SecretFileOpen, SecretFileUnusable, read_secret_file

AHEAD_DAYS = 30
RSA_BITS_MIN = 2048
FILE_BYTES_MAX = 4 * 1024 * 1024
WEAK_DIGESTS = (hashes.MD5, hashes.SHA1)


class CertificateUnreadable(LianyiError):
    """A file that should hold certificates or a private key does not."""

    code = "LY-1840"
    category = Category.UNAVAILABLE
    en = Told("cannot read a TLS file", "{why}", "put a PEM file there, or correct the path")
    zh = Told("无法读取 TLS 文件", "{why_zh}", "在该路径放置 PEM 文件，或改正路径")


class CertificateExpired(LianyiError):
    """A certificate is past its last day; peers refuse it."""

    code = "LY-1841"
    category = Category.UNAVAILABLE
    en = Told(
        "a TLS certificate has expired",
        "the one of {subject} was valid until {until}",
        "replace the file and start again what uses it",
    )
    zh = Told(
        "TLS 证书已过期", "{subject} 的证书有效期至 {until}", "更换该文件并重新启动使用它的组件"
    )


class CertificateExpiring(LianyiError):
    """A certificate runs out soon."""

    code = "LY-1842"
    category = Category.UNAVAILABLE
    en = Told(
        "a TLS certificate expires soon",
        "the one of {subject} is valid until {until}, {days_left} days from now",
        "order a new one now and replace the file",
    )
    zh = Told(
        "TLS 证书即将过期",
        "{subject} 的证书有效期至 {until}，还剩 {days_left} 天",
        "现在申请新证书并更换该文件",
    )


class CertificateNotYetValid(LianyiError):
    """A certificate is from the future; mostly a clock is wrong."""

    code = "LY-1843"
    category = Category.UNAVAILABLE
    en = Told(
        "a TLS certificate is not valid yet",
        "the one of {subject} is valid from {since}",
        "check the clock of this machine, or wait",
    )
    zh = Told("TLS 证书尚未生效", "{subject} 的证书自 {since} 起有效", "检查本机时钟，或等待生效")


class KeyDoesNotFit(LianyiError):
    """The private key is not that of the certificate it stands beside."""

    code = "LY-1844"
    category = Category.UNAVAILABLE
    en = Told(
        "a private key does not fit its certificate",
        "the first certificate, of {subject}, belongs to another key",
        "put the key there that the certificate was ordered with; the server's own certificate"
        " stands first in the file",
    )
    zh = Told(
        "私钥与证书不匹配",
        "文件中的第一张证书（{subject}）属于另一把私钥",
        "放置申请该证书时所用的私钥；服务器自身的证书应位于文件最前",
    )


class WeakCertificate(LianyiError):
    """A certificate is made in a way that is no longer safe."""

    code = "LY-1845"
    category = Category.UNAVAILABLE
    en = Told("a TLS certificate is weak", "that of {subject} has {weakness}", "order a new one")
    zh = Told("TLS 证书强度不足", "{subject} 的证书采用 {weakness}", "申请新证书")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, as a list shows it.

    Attributes:
        subject: its common name, or its first name for a host, or its whole subject.
        issuer: the common name of who vouches for it.
        names: hosts and addresses it is for.
        since, until: first and last instant, aware, UTC.
        fingerprint: SHA-256 of it, in hexadecimal.
        weakness: what is no longer safe about it; empty: nothing.
    """

    subject: str
    issuer: str
    names: tuple[str, ...]
    since: datetime
    until: datetime
    fingerprint: str
    weakness: str

    def days_left(self, now: datetime) -> int:
        """Return whole days until it runs out; negative when it has."""
        return (self.until - now) // timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TlsFile:
    """A file that settings or a channel name.

    Attributes:
        used_by: who names it, e.g. ``channel lab-results``; stands in the finding.
        certificates: PEM, one or many; the own one first when there is a key.
        key: PEM, the private key of the first certificate, when there is one.
    """

    used_by: str
    certificates: Path
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one certificate stands, or a file that holds none.

    Attributes:
        used_by: who names it.
        place: its file.
        certificate: None when the file cannot be read.
        findings: what is wrong with it, or soon will be; empty: nothing.
    """

    used_by: str
    place: str
    certificate: Certificate | None
    findings: tuple[LianyiError, ...]


def standings(
    used: Iterable[TlsFile], now: datetime, *, ahead_days: int = AHEAD_DAYS
) -> list[Standing]:
    """Return every certificate of the TLS files, in the order of ``used``.

    Args:
        used: every file that settings and channels name.
        now: the instant, aware.
        ahead_days: from how many days before its end a certificate is told.
    """
    return [one for file in used for one in _stand(file, now, ahead_days)]


def end_of(where: str, subject: str, until: datetime, now: datetime) -> LianyiError | None:
    """Return what is to be said of the end of a certificate; None while it is far."""
    last = until.date().isoformat()
    if now > until:
        return CertificateExpired(where=where, subject=subject, until=last)
    if until - now <= timedelta(days=AHEAD_DAYS):
        days_left = (until - now) // timedelta(days=1)
        return CertificateExpiring(where=where, subject=subject, until=last, days_left=days_left)
    return None


def read_certificates(path: Path) -> tuple[Certificate, ...]:
    """Return the certificates of a PEM file, in its order.

    Raises:
        CertificateUnreadable: it cannot be read, or holds no certificate.
    """
    return tuple(_described(one) for one in _load(path))


def examine(
    used: Iterable[TlsFile], now: datetime, *, ahead_days: int = AHEAD_DAYS
) -> list[LianyiError]:
    """Return what is wrong, or soon will be, with the TLS files; the order is that of ``used``.

    Args:
        used: every file that settings and channels name.
        now: the instant, aware.
        ahead_days: from how many days before its end a certificate is told.
    """
    return [finding for one in standings(used, now, ahead_days=ahead_days)
            for finding in one.findings]  # fmt: skip


def key_fits(certificates: Path, key: Path) -> bool:
    """Return whether the private key is that of the first certificate.

    Raises:
        CertificateUnreadable: a file is not what it should be, or of a kind we cannot compare.
        SecretFileOpen: others may read the key.
        SecretFileUnusable: the key cannot be read.
    """
    certificate = _load(certificates)[0]
    held = read_secret_file(key)
    try:
        private = load_pem_private_key(held.reveal(), password=None)
        ours = private.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CertificateUnreadable(
            where=str(key),
            why="it is no private key in PEM, or it asks for a password",
            why_zh="不是 PEM 私钥，或需要口令",
        ) from None
    try:
        theirs = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _strange(certificates) from error
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    return ours.public_bytes(*form) == theirs.public_bytes(*form)


def _stand(file: TlsFile, now: datetime, ahead_days: int) -> Iterable[Standing]:
    where = f"{file.used_by}: {file.certificates}"
    try:
        certificates = read_certificates(file.certificates)
    except CertificateUnreadable as error:
        unreadable = type(error)(where=where, **error.facts)
        yield Standing(file.used_by, str(file.certificates), None, (unreadable,))
        return
    for number, one in enumerate(certificates):
        found = [*_findings(one, where, now, ahead_days)]
        if number == len(certificates) - 1:
            found += _about_key(file, certificates[0])
        yield Standing(file.used_by, str(file.certificates), one, tuple(found))


def _about_key(file: TlsFile, first: Certificate) -> Iterable[LianyiError]:
    if file.key is None:
        return
    try:
        if not key_fits(file.certificates, file.key):
            yield KeyDoesNotFit(where=f"{file.used_by}: {file.key}", subject=first.subject)
    except (CertificateUnreadable, SecretFileOpen, SecretFileUnusable) as error:
        yield type(error)(where=f"{file.used_by}: {file.key}", **error.facts)


def _findings(
    one: Certificate, where: str, now: datetime, ahead_days: int
) -> Iterable[LianyiError]:
    until = one.until.date().isoformat()
    if now > one.until:
        yield CertificateExpired(where=where, subject=one.subject, until=until)
    elif one.until - now <= timedelta(days=ahead_days):
        yield CertificateExpiring(
            where=where, subject=one.subject, until=until, days_left=one.days_left(now)
        )
    if now < one.since:
        since = one.since.date().isoformat()
        yield CertificateNotYetValid(where=where, subject=one.subject, since=since)
    if one.weakness:
        yield WeakCertificate(where=where, subject=one.subject, weakness=one.weakness)


def _load(path: Path) -> list[x509.Certificate]:
    try:
        # A pipe that stands in its place must not make us wait.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            held = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CertificateUnreadable(
            where=str(path), why=reason.lower(), why_zh=f"系统返回 {reason}"
        ) from error
    try:
        if len(held) > FILE_BYTES_MAX:
            raise _strange(path)
        return x509.load_pem_x509_certificates(held)
    except ValueError as error:
        raise _strange(path) from error


def _strange(path: Path) -> CertificateUnreadable:
    return CertificateUnreadable(
        where=str(path), why="it holds no PEM certificate", why_zh="其中没有 PEM 证书"
    )


def _described(one: x509.Certificate) -> Certificate:
    names = _names(one)
    common = _common_name(one.subject)
    return Certificate(
        subject=common or (names[0] if names else one.subject.rfc4514_string()),
        issuer=_common_name(one.issuer) or one.issuer.rfc4514_string(),
        names=names,
        since=one.not_valid_before_utc,
        until=one.not_valid_after_utc,
        fingerprint=one.fingerprint(hashes.SHA256()).hex(),
        weakness=_weakness(one),
    )


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def _names(one: x509.Certificate) -> tuple[str, ...]:
    try:
        found = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = found.get_values_for_type(x509.DNSName)
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*hosts, *(str(address) for address in addresses))


def _weakness(one: x509.Certificate) -> str:
    """Return what is no longer safe; how a root signs itself does not matter, it is trusted."""
    try:
        key = one.public_key()
        digest = one.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):  # SM2: nothing that we could judge
        return ""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        return f"RSA-{key.key_size}"
    if isinstance(digest, WEAK_DIGESTS) and one.issuer != one.subject:
        return digest.name.upper()
    return ""
