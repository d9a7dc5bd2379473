"""TLS for everything that listens or calls: never below 1.2, modern suites, certificates are files.

A server takes its files up again when they change. It listens with a new context then: the old one
could resume the sessions of peers whose certificates no longer count.

Source: RFC 9325, recommendations for secure use of TLS.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import Section

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""What TLS 1.2 may agree on (RFC 9325, 4.2); everything that TLS 1.3 has is as good."""
LOOK_SECONDS = 5.0
"""How often the files of a listening socket are looked at."""

Stamp = tuple[tuple[str, int, int, int], ...]


class TlsUnusable(LianyiError):
    """A certificate, key or CA file cannot be used."""

    code = "LY-1109"
    category = Category.UNAVAILABLE
    en = Told(
        "cannot use the TLS files",
        "{why}",
        "check that certificate, key and CA files exist, are PEM, and belong together",
    )
    zh = Told(
        "TLS 文件不可用",
        "{why}",
        "检查证书、私钥与 CA 文件是否存在、是否为 PEM 格式、是否匹配",
    )


class TlsServer(Section):
    """How a source proves who it is, and whom it lets in.

    Attributes:
        certificate_file: PEM, the chain that is shown to peers, own certificate first.
        key_file: PEM, the private key of the first certificate.
        client_ca_file: PEM; when set, only peers with a certificate from one of these
            authorities are let in (mutual TLS).
    """

    certificate_file: Path
    key_file: Path
    client_ca_file: Path | None = None


class TlsClient(Section):
    """Whom a sender believes, and how it proves who it is.

    Attributes:
        ca_file: PEM, the authorities that may vouch for the peer; None means the machine's own.
        certificate_file: PEM, shown when the peer asks for a certificate.
        key_file: PEM, the private key of ``certificate_file``.
        server_name: the name that the peer's certificate must carry; None means the host of
            the address.
    """

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    server_name: str | None = None


def files_of(tls: TlsServer) -> list[Path]:
    """Return the files that a listening socket is made of."""
    files = [tls.certificate_file, tls.key_file, tls.client_ca_file]
    return [file for file in files if file is not None]


def stamp_of(files: Iterable[Path]) -> Stamp:
    """Return what differs when one of the files has been replaced or rewritten."""
    found = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append((str(file), 0, 0, 0))
        else:
            found.append((str(file), stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def bare_server_context() -> ssl.SSLContext:
    """Return a context for a listening socket that has no certificate yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    return context


def server_context(tls: TlsServer) -> ssl.SSLContext:
    """Return the context for a listening socket.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """
    context = bare_server_context()
    try:
        context.load_cert_chain(tls.certificate_file, tls.key_file)
        if tls.client_ca_file is not None:
            context.load_verify_locations(tls.client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise TlsUnusable(where=str(tls.certificate_file), why=str(error)) from error
    return context


def client_context(tls: TlsClient) -> ssl.SSLContext:
    """Return the context for a connection to a peer; the peer's name is always checked.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate_file is not None:
            context.load_cert_chain(tls.certificate_file, tls.key_file)
    except (OSError, ValueError) as error:
        where = tls.certificate_file or tls.ca_file or "the machine's authorities"
        raise TlsUnusable(where=str(where), why=str(error)) from error
    return context


class ClientTls:
    """What the connections of one sender are secured with, as its files say now.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """

    def __init__(self, settings: TlsClient) -> None:
        self.server_name = settings.server_name
        self._settings = settings
        named = (settings.ca_file, settings.certificate_file, settings.key_file)
        self._files = [file for file in named if file is not None]
        self._stamp = stamp_of(self._files)
        self._context = client_context(settings)

    def context(self) -> ssl.SSLContext:
        """Return the context of the next connection.

        Files that have changed and cannot be used change nothing: the last good ones count.
        """
        stamp = stamp_of(self._files)
        if stamp != self._stamp:
            self._stamp = stamp
            with suppress(TlsUnusable):
                self._context = client_context(self._settings)
        return self._context
