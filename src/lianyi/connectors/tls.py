"""TLS for every connector that travels over TCP: never below 1.2, certificates are files.

Source: RFC 9325, recommendations for secure use of TLS.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.base.settings import Section


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


def server_context(tls: TlsServer) -> ssl.SSLContext:
    """Return the context for a listening socket.

    Raises:
        TlsUnusable: a file is missing, is no PEM, or does not fit the others.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
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
