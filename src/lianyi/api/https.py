"""HTTPS for console and API: uvicorn with our TLS, and who showed which certificate.

uvicorn checks client certificates and forgets them. Its protocol gets a scope that tells, in the
form of the ASGI extension ``tls``. A listening socket gets a new context when files change: then a
removed certificate opens nothing more, not even through a resumed session.

Sources: ASGI TLS Extension 0.2; RFC 8705; RFC 9325.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import structlog
import uvicorn
from cryptography import x509
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from lianyi.api.settings import HttpsSettings
from lianyi.base.errors import LianyiError
from lianyi.connectors.connector import AddressInUse
from lianyi.connectors.tls import LOOK_SECONDS, TlsUnusable, bare_server_context, stamp_of

log = structlog.get_logger(__name__)


def https_context(https: HttpsSettings) -> ssl.SSLContext | None:
    """Return the context for the doors; None when they are plain HTTP.

    A client may show a certificate. One that is not vouched for ends the handshake.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """
    if https.certificate_file is None:
        return None
    context = bare_server_context()
    try:
        context.load_cert_chain(https.certificate_file, https.key_file)
        if https.client_ca_file:
            context.load_verify_locations(https.client_ca_file)
        if https.client_certificates_file:
            context.load_verify_locations(cadata=_single_systems(https))
        if https.client_ca_file or https.client_certificates_file:
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ValueError) as error:
        raise TlsUnusable(where=str(https.certificate_file), why=str(error)) from error
    return context


def _single_systems(https: HttpsSettings) -> str:
    """Return the self-signed certificates as PEM; none of them may vouch for others.

    Raises:
        ValueError: one of them could.
    """
    assert https.client_certificates_file is not None  # noqa: S101 - the caller has looked
    text = https.client_certificates_file.read_text(encoding="ascii")
    for one in x509.load_pem_x509_certificates(text.encode()):
        try:
            limits = one.extensions.get_extension_for_class(x509.BasicConstraints).value
        except x509.ExtensionNotFound:
            limits = None
        if one.version is not x509.Version.v3 or (limits and limits.ca):
            raise ValueError(f"{one.subject.rfc4514_string()} is an authority, not a single system")
    return text


class TellingProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose scope says which certificate the client has shown."""

    tls: dict[object, object] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Look at the certificate once; the handshake has verified it."""
        super().connection_made(transport)
        secured = transport.get_extra_info("ssl_object")
        if secured is not None:
            shown = secured.getpeercert(binary_form=True)
            self.tls = tls_extension([shown] if shown else [])

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        if self.tls is not None:
            self.scope["extensions"] = {"tls": self.tls}


def tls_extension(chain: list[bytes]) -> dict[object, object]:
    """Return the ASGI extension that tells of a connection.

    Args:
        chain: what the client has shown, DER, its own first; empty: nothing.
    """
    pem = [ssl.DER_cert_to_PEM_cert(one) for one in chain]
    return {"server_cert": None, "client_cert_chain": pem, "client_cert_error": None}


class DoorsServer(uvicorn.Server):
    """Serves the doors on one socket; leaves the signals of the process to the process.

    Args:
        app: the application.
        https: what the socket is secured with.
        protocol: what reads and writes on a connection.

    Raises:
        TlsUnusable: a file cannot be used.
    """

    def __init__(
        self,
        app: Any,  # noqa: ANN401 - any ASGI one
        https: HttpsSettings,
        *,
        protocol: type[TellingProtocol] = TellingProtocol,
    ) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            http=protocol,
            access_log=False,
            log_config=None,
            lifespan="on",
            server_header=False,
            proxy_headers=False,  # TrustedProxies knows whom to believe
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._https = https
        self._protocol_class = protocol
        self._stamp = stamp_of(https.files)
        self._context = https_context(https)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen on the sockets."""
        self.config.ssl = self._context
        await super().startup(sockets)

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until ``should_exit``, and look at the files meanwhile."""
        looking = asyncio.create_task(self._look(), name="tls files")
        try:
            await super().serve(sockets)
        finally:
            looking.cancel()

    async def _look(self) -> None:
        while self._https.on:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = stamp_of(self._https.files)
            if stamp == self._stamp or not self.started:
                continue
            self._stamp = stamp
            try:
                await self._renew()
            except LianyiError as failure:  # the old files serve until the new ones are whole
                log.warning("https.not_renewed", code=failure.code, where=failure.where)

    async def _renew(self) -> None:
        """Listen with what the files hold now; whoever showed a certificate shows it again."""
        self.config.ssl = self._context = https_context(self._https)
        old, self.servers = self.servers, []
        loop = asyncio.get_running_loop()
        for server in old:
            again = socket.socket(fileno=socket.dup(server.sockets[0].fileno()))
            self.servers.append(
                await loop.create_server(
                    self._protocol, sock=again, ssl=self._context, backlog=self.config.backlog
                )
            )
            server.close()
        for connection in list(self.server_state.connections):
            tls = getattr(connection, "tls", None)
            if tls and tls["client_cert_chain"]:
                connection.shutdown()
        log.info("https.renewed")

    def _protocol(self) -> asyncio.Protocol:
        return self._protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket at an address.

    Raises:
        AddressInUse: another program listens there.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise AddressInUse(where=f"{host}:{port}", why=error.strerror or str(error)) from error
    return bound
