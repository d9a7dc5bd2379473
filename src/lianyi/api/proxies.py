"""Reverse proxies of the hospital: what they say of a client counts, what others say does not.

Sources: RFC 7239, 8 (whom to believe); RFC 9440 (Client-Cert).
"""

from __future__ import annotations

import base64
import binascii
from ipaddress import ip_address

from cryptography import x509
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lianyi.api.failures import answer
from lianyi.api.https import tls_extension
from lianyi.api.settings import HttpsSettings
from lianyi.security.failures import ThroughProxyOnly

CERTIFICATE_CHARACTERS_MAX = 16_000


class TrustedProxies:
    """Lets a request be what the proxy says it is (ASGI middleware)."""

    def __init__(self, app: ASGIApp, *, https: HttpsSettings) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "http":
            peer = str((scope.get("client") or ("",))[0])
            if self._https.trusts(peer):
                scope = self._as_told(scope, peer)
            elif self._https.trusted_proxies and not self._https.on and not _is_here(peer):
                await answer(ThroughProxyOnly(where="door"))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _as_told(self, scope: Scope, peer: str) -> Scope:
        headers = Headers(scope=scope)
        told = dict(scope)
        told["client"] = (self._client(headers.getlist("x-forwarded-for"), peer), 0)
        if headers.get("x-forwarded-proto", "").strip().lower() in {"http", "https"}:
            told["scheme"] = headers["x-forwarded-proto"].strip().lower()
        certificate = _certificate(headers.get("client-cert", ""))
        # A certificate that the proxy itself shows is the proxy's, not the client's.
        tls = tls_extension([certificate] if certificate else [])
        told["extensions"] = {**(scope.get("extensions") or {}), "tls": tls}
        return told

    def _client(self, lines: list[str], peer: str) -> str:
        """Return the last address that no proxy of ours has; each proxy appends whom it saw."""
        for address in reversed([part.strip() for line in lines for part in line.split(",")]):
            try:
                ip_address(address)
            except ValueError:
                return peer
            if not self._https.trusts(address):
                return address
            peer = address
        return peer


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _certificate(value: str) -> bytes | None:
    """Return the certificate of a ``Client-Cert`` header, DER; None for anything else."""
    value = value.strip()
    if not (2 < len(value) <= CERTIFICATE_CHARACTERS_MAX and value[0] == value[-1] == ":"):
        return None
    try:
        der = base64.b64decode(value[1:-1], validate=True)
        x509.load_der_x509_certificate(der)
    except (binascii.Error, ValueError):
        return None
    return der
