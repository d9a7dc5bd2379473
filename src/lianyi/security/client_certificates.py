"""Which certificates a system may show to prove who it is: pure decisions.

A certificate counts by its subject, when an authority of the hospital vouches for it, or by its
public key, which needs no authority. TLS has verified it before anybody here sees it.

Source: RFC 8705, 2 (mutual TLS client authentication), 3 (certificate-bound tokens).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lianyi.base.errors import Category, LianyiError, Told

BINDINGS_MAX = 10
CHARACTERS_MAX = 16_000
THUMBPRINT = re.compile(r"[0-9a-f]{64}")


class BadClientCertificate(LianyiError):
    """What should say which certificate a system shows does not."""

    code = "LY-1820"
    category = Category.INVALID
    en = Told(
        "cannot use this client certificate",
        "{why}",
        "give one of: the certificate as PEM, its subject (RFC 4514), or the SHA-256 of its public"
        " key in hexadecimal",
    )
    zh = Told(
        "客户端证书不可用",
        "{why_zh}",
        "提供以下之一：PEM 证书、主题（RFC 4514），或公钥的 SHA-256（十六进制）",
    )


class CertificateTaken(LianyiError):
    """Another system proves itself with the same certificate."""

    code = "LY-1821"
    category = Category.CONFLICT
    en = Told(
        "this certificate belongs to another account",
        "a certificate names one system only",
        "take it from the other account first, or give this system one of its own",
    )
    zh = Told(
        "该证书已属于其他账户",
        "一张证书只能代表一个系统",
        "先从另一账户移除，或为本系统使用单独的证书",
    )


class Method(Enum):
    """How a certificate proves a system, in the words of RFC 8705, 2.1.1 and 2.2.1."""

    SUBJECT = "tls_client_auth"
    PUBLIC_KEY = "self_signed_tls_client_auth"


@dataclass(frozen=True, slots=True)
class Binding:
    """A certificate of a system.

    Attributes:
        method: by what it is recognised.
        value: its subject (RFC 4514), or the SHA-256 of its public key in hexadecimal.
        expires_at: its last instant, when that is known.
        seen_at: when it was shown last.
    """

    method: Method
    value: str
    expires_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """What a client has shown in the handshake.

    Attributes:
        subject: RFC 4514.
        public_key: SHA-256 of its SubjectPublicKeyInfo, hexadecimal.
        digest: SHA-256 of the certificate; ``x5t#S256`` before its Base64.
        expires_at: its last instant.
    """

    subject: str
    public_key: str
    digest: bytes
    expires_at: datetime

    def is_of(self, binding: Binding) -> bool:
        """Tell whether a binding means this certificate."""
        value = self.subject if binding.method is Method.SUBJECT else self.public_key
        return binding.value == value


def read_shown(pem: str) -> ShownCertificate | None:
    """Return what a certificate says; None when it cannot be read."""
    try:
        return _read(x509.load_pem_x509_certificate(pem.encode("ascii")))
    except (ValueError, UnsupportedAlgorithm):
        return None


def thumbprint(digest: bytes) -> str:
    """Return ``x5t#S256`` (RFC 8705, 3.1)."""
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def check_bindings(wanted: Sequence[Mapping[str, str]]) -> list[Binding]:
    """Return what an administrator registers, each certificate once.

    Args:
        wanted: each with one of ``pem``, ``subject``, ``public_key_sha256``.

    Raises:
        BadClientCertificate: one says nothing, too much, or what cannot be read.
    """
    if len(wanted) > BINDINGS_MAX:
        raise _bad(f"more than {BINDINGS_MAX} certificates", f"超过 {BINDINGS_MAX} 张证书")
    found = [_binding(one) for one in wanted]
    return list({(one.method, one.value): one for one in found}.values())


def _binding(wanted: Mapping[str, str]) -> Binding:
    said = {name: value.strip() for name, value in wanted.items() if value.strip()}
    if len(said) != 1:
        raise _bad("it says not exactly one thing", "应恰好提供一项")
    ((name, value),) = said.items()
    if len(value) > CHARACTERS_MAX:
        raise _bad("it is too long", "内容过长")
    if name == "subject":
        try:
            return Binding(Method.SUBJECT, x509.Name.from_rfc4514_string(value).rfc4514_string())
        except ValueError as error:
            raise _bad("the subject is no RFC 4514 name", "主题不是 RFC 4514 名称") from error
    if name == "public_key_sha256":
        plain = value.lower().replace(":", "")
        if not THUMBPRINT.fullmatch(plain):
            raise _bad("it is no SHA-256 in hexadecimal", "不是十六进制的 SHA-256")
        return Binding(Method.PUBLIC_KEY, plain)
    shown = read_shown(value)
    if shown is None:
        raise _bad("it holds no PEM certificate", "其中没有 PEM 证书")
    return Binding(Method.PUBLIC_KEY, shown.public_key, shown.expires_at)


def _read(one: x509.Certificate) -> ShownCertificate:
    key = one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ShownCertificate(
        subject=one.subject.rfc4514_string(),
        public_key=hashlib.sha256(key).hexdigest(),
        digest=hashlib.sha256(one.public_bytes(Encoding.DER)).digest(),
        expires_at=one.not_valid_after_utc,
    )


def _bad(why: str, why_zh: str) -> BadClientCertificate:
    return BadClientCertificate(where="certificates", why=why, why_zh=why_zh)
