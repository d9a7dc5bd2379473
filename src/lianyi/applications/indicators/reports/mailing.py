"""Sends one message to a mail server. The message is the same whenever it is sent again.

Sources:
    RFC 5321 (SMTP): 4.2.1, what codes mean; 4.5.4.1, trying again; RFC 3207 (STARTTLS); RFC 4954
    (AUTH); RFC 5322, 3.6.4: a Message-ID names one message for ever; RFC 3834 (Auto-Submitted).
"""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, NamedTuple
from uuid import UUID

from lianyi.applications.indicators.reports.failures import (
    MailRefused,
    MailUnavailable,
    NoMailServer,
)
from lianyi.applications.indicators.reports.settings import MailSettings
from lianyi.base.outgoing import AddressRefused, outgoing_of_settings
from lianyi.security.secret_files import read_secret_file

FOR_GOOD = 500
"""From here on a reply is final (RFC 5321, 4.2.1)."""


class Letter(NamedTuple):
    """What is mailed.

    Attributes:
        subject, text: what people read; nothing of a patient.
        name, content: of the file that is attached.
        message_id: names the message for ever.
        at: its date.
    """

    subject: str
    text: str
    name: str
    content: bytes
    message_id: str
    at: datetime


class Outcome(NamedTuple):
    """Which addresses the server took, and which it will never take, with its words."""

    told: tuple[str, ...]
    failed: dict[str, str]


def message_id(report: UUID, key: str, domain: str) -> str:
    """Return the name of the message about one period of one report: the same for ever."""
    digest = hashlib.sha256(f"{report} {key}".encode()).hexdigest()[:40]
    return f"<{digest}@{domain}>"


def message_of(letter: Letter, settings: MailSettings, receivers: Sequence[str]) -> EmailMessage:
    """Return a letter as it goes over the wire."""
    message = EmailMessage()
    message["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    message["To"] = ", ".join(receivers)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_attachment(
        letter.content, maintype="application", subtype="pdf", filename=letter.name
    )
    return message


async def send(letter: Letter, settings: MailSettings, receivers: Sequence[str]) -> Outcome:
    """Give a letter to the mail server, once for all its receivers.

    Args:
        letter: what is sent.
        settings: which server.
        receivers: addresses, at least one.

    Raises:
        NoMailServer: none is set.
        MailUnavailable: it cannot be reached, or takes nothing now.
        MailRefused: it refuses all of it for good.
        SecretFileUnusable, SecretFileOpen: the password cannot be read.
    """
    if not settings.host:
        raise NoMailServer(where="[mail]")
    return await asyncio.to_thread(_send, letter, settings, list(receivers))


def _send(letter: Letter, settings: MailSettings, receivers: list[str]) -> Outcome:
    where = f"{settings.host}:{settings.port}"
    message = message_of(letter, settings, receivers)
    try:
        with _connected(settings) as server:
            if settings.password_file is not None:
                held = read_secret_file(settings.password_file).reveal().decode().strip()
                server.login(settings.user, held)
            refused = server.send_message(message, settings.sender, receivers)
    except smtplib.SMTPRecipientsRefused as error:
        refused = error.recipients
        if not all(code >= FOR_GOOD for code, _ in refused.values()):
            if any(code >= FOR_GOOD for code, _ in refused.values()):
                return Outcome((), _for_good(refused))
            raise MailUnavailable(where=where, why=_words(refused)) from error
    except smtplib.SMTPResponseException as error:
        why = _reply(error.smtp_code, error.smtp_error)
        kind = MailRefused if error.smtp_code >= FOR_GOOD else MailUnavailable
        raise kind(where=where, why=why) from error
    except smtplib.SMTPNotSupportedError as error:
        raise MailRefused(where=where, why=type(error).__name__) from error
    except ssl.SSLCertVerificationError as error:
        raise MailUnavailable(where=where, why=error.verify_message) from error
    except AddressRefused as error:
        raise MailUnavailable(where=where, why="[outgoing]") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailUnavailable(where=where, why=type(error).__name__) from error
    told = tuple(one for one in receivers if one not in refused)
    return Outcome(told, _for_good(refused))


def _connected(settings: MailSettings) -> smtplib.SMTP:
    timeout = settings.timeout_seconds
    if settings.security == "tls":
        return _SmtpOverTls(settings.host, settings.port, timeout=timeout, context=_trust(settings))
    server = _Smtp(settings.host, settings.port, timeout=timeout)
    if settings.security == "starttls":
        try:
            server.starttls(context=_trust(settings))
        except BaseException:
            server.close()
            raise
    return server


def _trust(settings: MailSettings) -> ssl.SSLContext:
    cafile = str(settings.ca_file) if settings.ca_file else None
    context = ssl.create_default_context(cafile=cafile)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _socket(host: str, port: int, seconds: float) -> socket.socket:
    """Return a connection to where the settings ``[outgoing]`` let us connect to."""
    failure: OSError = OSError("no address")
    answers: Any = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in outgoing_of_settings().allowed(answers):
        found = socket.socket(family, kind, protocol)
        found.settimeout(seconds)
        try:
            found.connect(address)
        except OSError as error:
            found.close()
            failure = error
        else:
            return found
    raise failure


class _Smtp(smtplib.SMTP):
    """Connects by our own rule."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _socket(host, port, timeout)


class _SmtpOverTls(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    context: ssl.SSLContext

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = _socket(host, port, timeout)
        try:
            return self.context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _for_good(refused: dict[str, tuple[int, bytes]]) -> dict[str, str]:
    return {one: _reply(code, words) for one, (code, words) in refused.items() if code >= FOR_GOOD}


def _words(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(_reply(code, words) for code, words in list(refused.values())[:3])


def _reply(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    plain = "".join(one if one.isprintable() else " " for one in text)
    return f"{code} {plain}"[:200]
