"""One connection to one LDAP server, without a thread: sansldap speaks, asyncio carries.

Messages are cut here by their length (BER), with a limit, so that nothing of a server's can fill
the memory. On a plain connection exactly one message is read before TLS begins: whatever somebody
slipped in behind it meets the handshake, not the parser (the STARTTLS injection of CVE-2011-0411
and its kin).

Source: RFC 4511; RFC 4513, section 3.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sansldap import (
    BindResponse,
    ExtendedResponse,
    LDAPClient,
    LDAPError,
    LDAPFilter,
    LDAPMessage,
    LDAPResultCode,
    SearchResultDone,
    SearchResultEntry,
    SearchScope,
)

from lianyi.base.outgoing import connect_tcp

MESSAGE_BYTES_MAX = 4_000_000
ENTRIES_MAX = 2_000
START_TLS = "1.3.6.1.4.1.1466.20037"
PORTS = {"ldap": 389, "ldaps": 636}


class BrokenTalk(Exception):
    """The server does not speak LDAP as it should, or refuses to be asked.

    Attributes:
        reason: a word for the log.
        code: LDAP result code, None where there is none.
    """

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search found: a DN and its attributes, names in lower case."""

    dn: str
    attributes: dict[str, list[bytes]]

    def texts(self, name: str) -> list[str]:
        """Return the values of an attribute that are text."""
        values = self.attributes.get(name.lower(), [])
        return [value.decode("utf-8", "replace") for value in values]

    def text(self, name: str) -> str:
        """Return the first value; empty where there is none."""
        return next(iter(self.texts(name)), "")


class LdapWire:
    """A connection. Use :func:`open_wire`, and close it."""

    def __init__(
        self,
        read_exactly: Callable[[int], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[None]],
        close: Callable[[], None],
    ) -> None:
        self._read_exactly = read_exactly
        self._write = write
        self.close = close
        self._client = LDAPClient()

    async def bind(self, dn: str, password: str) -> tuple[LDAPResultCode, str]:
        """Bind with name and password.

        Returns:
            The result code, and what the server says about it; that is for the log only.

        Raises:
            ValueError: a name without a password: servers take that for anonymous and say yes.
            BrokenTalk: no answer that can be used.
        """
        if dn and not password:
            raise ValueError("a name without a password would be an unauthenticated bind")
        self._client.bind_simple(dn, password)
        await self._send()
        answer = await self._receive()
        if not isinstance(answer, BindResponse):
            raise BrokenTalk("no answer to a bind")
        return answer.result.result_code, answer.result.diagnostics_message

    async def search(
        self,
        base: str,
        where: LDAPFilter | None,
        attributes: Sequence[str],
        *,
        entries_max: int,
        scope: SearchScope = SearchScope.SUBTREE,
    ) -> list[Entry]:
        """Return what a search finds; references to other servers are not followed.

        Raises:
            BrokenTalk: the server did not do it.
        """
        self._client.search_request(
            base, scope=scope, size_limit=entries_max, filter=where, attributes=list(attributes)
        )
        await self._send()
        found: list[Entry] = []
        for _ in range(ENTRIES_MAX + entries_max):
            answer = await self._receive()
            if isinstance(answer, SearchResultEntry):
                attributes_of = {a.name.lower(): a.values for a in answer.attributes}
                found.append(Entry(answer.object_name, attributes_of))
            elif isinstance(answer, SearchResultDone):
                code = answer.result.result_code
                if code in (LDAPResultCode.SUCCESS, LDAPResultCode.SIZE_LIMIT_EXCEEDED):
                    return found
                raise BrokenTalk("search refused", code)
        raise BrokenTalk("endless search")

    async def start_tls(self) -> None:
        """Ask the server to begin TLS; the caller then wraps the socket.

        Raises:
            BrokenTalk: it does not want to.
        """
        self._client.extended_request(START_TLS)
        await self._send()
        answer = await self._receive()
        if not isinstance(answer, ExtendedResponse):
            raise BrokenTalk("no answer to StartTLS")
        if answer.result.result_code != LDAPResultCode.SUCCESS:
            raise BrokenTalk("StartTLS refused", answer.result.result_code)

    async def _send(self) -> None:
        await self._write(self._client.data_to_send())

    async def _receive(self) -> LDAPMessage:
        head = await self._read_exactly(2)
        if head[0] != 0x30:
            raise BrokenTalk("not LDAP")
        length = head[1]
        if length & 0x80:
            n_bytes = length & 0x7F
            if not 1 <= n_bytes <= 4:
                raise BrokenTalk("not LDAP")
            more = await self._read_exactly(n_bytes)
            head, length = head + more, int.from_bytes(more, "big")
        if length > MESSAGE_BYTES_MAX:
            raise BrokenTalk("message too long")
        try:
            messages = self._client.receive(head + await self._read_exactly(length))
        except (LDAPError, ValueError, IndexError) as error:
            raise BrokenTalk("not LDAP") from error
        if len(messages) != 1:
            raise BrokenTalk("not LDAP")
        return messages[0]


async def open_wire(server: str, context: ssl.SSLContext | None, *, start_tls: bool) -> LdapWire:
    """Connect to ``ldaps://host:port`` or ``ldap://host:port``.

    Args:
        server: the address.
        context: for TLS.
        start_tls: whether an ``ldap://`` connection begins TLS at once.

    Raises:
        OSError: nobody answers there, or its certificate does not count (``ssl.SSLError``).
        BrokenTalk: StartTLS was refused.
    """
    parts = urlsplit(server)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    plain = await connect_tcp(host, port)
    try:
        if parts.scheme == "ldap" and not start_tls:
            return _streaming(*await asyncio.open_connection(sock=plain))
        if parts.scheme == "ldap":
            await _on_socket(plain).start_tls()
        return _streaming(
            *await asyncio.open_connection(sock=plain, ssl=context, server_hostname=host)
        )
    except BaseException:
        plain.close()
        raise


def _streaming(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> LdapWire:
    async def write(data: bytes) -> None:
        writer.write(data)
        await writer.drain()

    async def read_exactly(n_bytes: int) -> bytes:
        try:
            return await reader.readexactly(n_bytes)
        except asyncio.IncompleteReadError as error:
            raise BrokenTalk("connection closed") from error

    return LdapWire(read_exactly, write, writer.transport.abort)


def _on_socket(plain: socket.socket) -> LdapWire:
    loop = asyncio.get_running_loop()

    async def read_exactly(n_bytes: int) -> bytes:
        data = b""
        while len(data) < n_bytes:
            more = await loop.sock_recv(plain, n_bytes - len(data))
            if not more:
                raise BrokenTalk("connection closed")
            data += more
        return data

    async def write(data: bytes) -> None:
        await loop.sock_sendall(plain, data)

    return LdapWire(read_exactly, write, plain.close)
