"""A real mail server on this machine, whose answers a test chooses."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword


@dataclass
class Postbox:
    """What a mail server took, and what it says.

    Attributes:
        port: where it listens.
        letters: that it took, each with its receivers.
        to: what it answers to a receiver; None: it takes it.
        data: what it answers to a letter; None: it takes it.
    """

    port: int = 0
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    to: Callable[[str], str | None] = lambda _: None
    data: Callable[[], str | None] = lambda: None

    async def handle_RCPT(  # noqa: N802 - of aiosmtpd
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        answer = self.to(address)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802 - of aiosmtpd
        self, server: Any, session: Any, envelope: Envelope
    ) -> str:
        answer = self.data()
        if answer is not None:
            return answer
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((list(envelope.rcpt_tos), letter))
        return "250 OK"


@asynccontextmanager
async def post(
    box: Postbox | None = None,
    *,
    port: int = 0,
    wrapped: ssl.SSLContext | None = None,
    **more: Any,
) -> AsyncIterator[Postbox]:
    """Take mail for as long as the block runs.

    Args:
        box: takes it.
        port: 0: any that is free.
        wrapped: encrypts from the first byte.
        more: of ``aiosmtpd.smtp.SMTP``.
    """
    box = box or Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(box, hostname="mail.test", **more), "127.0.0.1", port, ssl=wrapped
    )
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


def takes_password(user: bytes, password: bytes) -> Callable[..., AuthResult]:
    """Return what lets one user in."""

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (user, password)
        return AuthResult(success=right, handled=False)

    return authenticate


def pdf_of(letter: EmailMessage) -> bytes:
    """Return the attachment of a letter."""
    (attached,) = letter.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    content = attached.get_content()
    assert isinstance(content, bytes)
    return content
