"""The calling side of HTTP/1.1: one POST for each message.

Which status means what is decided in :func:`category_of_status`. Redirects are not followed:
a receiver that moves must be given its new address.

Source: RFC 9110, RFC 9112; answers are parsed by llhttp through httptools.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import httptools
from pydantic import Field, field_validator

from lianyi.base.errors import Category
from lianyi.base.settings import Section
from lianyi.connectors.connector import Answer
from lianyi.connectors.exchange import Exchange, Unreadable
from lianyi.connectors.http.token import read_token
from lianyi.connectors.tls import ClientTls, TlsClient

_HEADERS_LIMIT_BYTES = 64 * 1024

_CATEGORIES: Mapping[int, Category] = {
    401: Category.UNAVAILABLE,  # our token is wrong: it concerns every message, not this one
    403: Category.FORBIDDEN,
    404: Category.NOT_FOUND,
    405: Category.UNSUPPORTED,
    407: Category.UNAVAILABLE,
    408: Category.UNAVAILABLE,
    409: Category.CONFLICT,
    410: Category.NOT_FOUND,
    415: Category.UNSUPPORTED,
    425: Category.UNAVAILABLE,
    429: Category.BUSY,
    501: Category.UNSUPPORTED,
}


def category_of_status(status: int) -> Category | None:
    """Return what an HTTP status says about the message; None when it was taken.

    A status that blames the message (4xx, a redirect) is final. One that blames the moment or
    the server (5xx, also 500) is worth another attempt; the limit on attempts ends it.
    """
    if 200 <= status < 300:
        return None
    if status >= 500:
        return _CATEGORIES.get(status, Category.UNAVAILABLE)
    return _CATEGORIES.get(status, Category.INVALID)


class HttpSenderSettings(Section):
    """What an HTTP sender can be told.

    Attributes:
        address: ``http://…`` or ``https://…``, with path and query.
        tls: for ``https``: whom to believe and what to show; None means the machine's
            authorities.
        token_file: when set, its token is sent as ``Authorization: Bearer …``.
        headers: more headers, the same for every message.
        content_type: for messages that do not say theirs.
        answer_limit_bytes: of the body of one answer.
        keepalive_seconds: TCP asks a silent peer whether it is there this often.
    """

    address: str
    tls: TlsClient | None = None
    token_file: Path | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    content_type: str = "application/octet-stream"
    answer_limit_bytes: int = Field(default=1024 * 1024, ge=1)
    keepalive_seconds: int = Field(default=60, ge=1)

    @field_validator("address")
    @classmethod
    def _is_http(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("an address is http://host:port/path or https://host:port/path")
        if parts.username is not None or not _printable(address) or " " in address:
            raise ValueError("an address has no user, no space and no other than ASCII characters")
        return address

    @field_validator("headers")
    @classmethod
    def _are_plain(cls, headers: Mapping[str, str]) -> Mapping[str, str]:
        for name, value in headers.items():
            if not name.replace("-", "").replace("_", "").isalnum() or not _printable(name + value):
                raise ValueError("headers are visible ASCII; names are letters, digits and '-'")
        return headers


class HttpSender:
    """Posts messages to one address over one kept-alive connection."""

    def __init__(self, settings: HttpSenderSettings) -> None:
        parts = urlsplit(settings.address)
        tls = settings.tls or (TlsClient() if parts.scheme == "https" else None)
        secured = ClientTls(tls) if tls and parts.scheme == "https" else None
        self._content_type = settings.content_type
        self._head = _head(settings)
        self._exchange = Exchange(
            host=parts.hostname or "",
            port=parts.port or (443 if secured else 80),
            tls=secured,
            keepalive_seconds=settings.keepalive_seconds,
            reader=lambda: _Responses(settings.answer_limit_bytes),
        )

    async def send(
        self, body: bytes, *, attributes: Mapping[str, str], timeout_seconds: float
    ) -> Answer:
        """Post one message and return what was answered.

        Args:
            body: the bytes.
            attributes: ``content_type``; ``control_id``, or else ``idempotency``, goes as
                ``Idempotency-Key``, and ``traceparent`` as a header of that name.
            timeout_seconds: for the whole exchange, connecting included.

        Returns:
            The body, with category None for 2xx, else :func:`category_of_status`.

        Raises:
            Unreachable: nothing was sent.
            NoAnswer: it was sent, but no complete answer came in time.
        """
        content_type = attributes.get("content_type") or self._content_type
        lines = [self._head, b"Content-Type: ", header_value(content_type)]
        if key := attributes.get("control_id") or attributes.get("idempotency"):
            lines += (b"\r\nIdempotency-Key: ", header_value(key))
        if trace := attributes.get("traceparent"):
            lines += (b"\r\ntraceparent: ", header_value(trace))
        lines += (b"\r\nContent-Length: %d\r\n\r\n" % len(body), body)
        return await self._exchange.send(b"".join(lines), timeout_seconds=timeout_seconds)

    async def close(self) -> None:
        """Close the connection."""
        self._exchange.close()


def header_value(text: str) -> bytes:
    """Return text as the value of a header; what could end the header is percent-encoded."""
    return (text if _printable(text) else quote(text, safe=" /:;,=+@|^~&!*()[]?#$'")).encode()


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _head(settings: HttpSenderSettings) -> bytes:
    """Return the request line and the headers that never change."""
    parts = urlsplit(settings.address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: lianyi"]
    lines += [f"{name}: {value}" for name, value in settings.headers.items()]
    if settings.token_file:
        lines.append(f"Authorization: Bearer {read_token(settings.token_file).decode()}")
    return "".join(line + "\r\n" for line in lines).encode()


class _Responses:
    """Reads what an HTTP peer answers."""

    def __init__(self, limit_bytes: int) -> None:
        self.last = False
        self._too_large = False
        self._limit = limit_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._answers: list[Answer] = []
        self._forget()

    def _forget(self) -> None:
        self._headers_complete = False
        self._headers_bytes = 0
        self._until_end = True  # unless a header says how long the body is
        self._content_type = ""
        self._parts: list[bytes] = []
        self._body_bytes = 0

    def feed(self, chunk: bytes) -> list[Answer]:
        if not self._headers_complete:
            self._headers_bytes += len(chunk)
        try:
            self._parser.feed_data(chunk)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._answers:
                raise Unreadable(f"no HTTP/1.1 response: {type(error).__name__}") from error
            self.last = True
        if self._too_large:
            raise Unreadable(f"the answer has more than {self._limit} bytes")
        if not self._headers_complete and self._headers_bytes > _HEADERS_LIMIT_BYTES:
            raise Unreadable(f"the headers have more than {_HEADERS_LIMIT_BYTES} bytes")
        answers, self._answers = self._answers, []
        return answers

    def end(self) -> Answer | None:
        if not self._headers_complete or not self._until_end:
            return None
        self._complete()
        self.last = True
        return self._answers.pop()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type":
            self._content_type = value.decode("latin-1")
        elif name in (b"content-length", b"transfer-encoding"):
            self._until_end = False

    def on_headers_complete(self) -> None:
        self._headers_complete = True

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limit:
            self._too_large = True
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:  # 1xx announces the answer
            self._complete()
        self._forget()

    def _complete(self) -> None:
        category = category_of_status(self._parser.get_status_code())
        self._answers.append(Answer(b"".join(self._parts), category, self._content_type))
        self.last = not self._parser.should_keep_alive()
