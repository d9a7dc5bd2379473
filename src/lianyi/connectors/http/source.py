"""The listening side of HTTP/1.1: one POST is one message.

It is no web framework: a path, a method, a token, a body, an answer. Sources with the same host and
port share one listener and differ by path.

Source: RFC 9112; parsed by llhttp through httptools.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import defaultdict
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, cast
from weakref import WeakKeyDictionary

import httptools
from pydantic import Field

from lianyi.base.errors import LianyiError
from lianyi.connectors.connector import (
    AddressInUse,
    Answer,
    Arrival,
    MessageTooLarge,
    OnTrouble,
    Receive,
)
from lianyi.connectors.http.refusals import (
    BrokenRequest,
    EncodedBody,
    HeadersTooLarge,
    RequestTooSlow,
    SourceStopped,
    UnfinishedRequest,
    UnknownPath,
    WrongMethod,
    WrongToken,
    refusal,
)
from lianyi.connectors.http.token import read_token
from lianyi.connectors.listening import Connection, Intake, Listener, ListenSettings, Owed
from lianyi.connectors.tls import server_context

_HEADERS_LIMIT_BYTES = 64 * 1024
_CLOSE = b"Connection: close\r\n"
_STAY = b"Connection: keep-alive\r\n"  # HTTP/1.0 must be told
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_ATTRIBUTES = {
    b"content-type": "content_type",
    b"idempotency-key": "idempotency_key",
    b"x-message-id": "message_id",
}
_HEARD = {
    *_ATTRIBUTES,
    b"authorization",
    b"content-encoding",
    b"content-length",
    b"expect",
    b"transfer-encoding",
}


class HttpSourceSettings(ListenSettings):
    """What an HTTP source can be told, besides :class:`ListenSettings`.

    Sources that share an address must agree on all of :class:`ListenSettings` except
    ``size_limit_bytes``.

    Attributes:
        path: where messages are posted, e.g. ``/v1/results``.
        token_file: when set, requests must carry the token in this file
            (``Authorization: Bearer …``).
    """

    path: str = Field(default="/", pattern=r"^/[^?#\s]*$")
    token_file: Path | None = None


class HttpSource:
    """Takes messages by POST. 200 when taken, else the status of the answer's category."""

    def __init__(
        self, settings: HttpSourceSettings, receive: Receive, on_trouble: OnTrouble
    ) -> None:
        self._settings = settings
        self._intake = Intake(receive=receive, on_trouble=on_trouble)
        self._listener: _HttpListener | None = None

    @property
    def address(self) -> str:
        """``host:port/path``; the real port once started."""
        settings = self._settings
        listener = self._listener
        place = listener.address if listener else f"{settings.host}:{settings.port}"
        return place + settings.path

    @property
    def connections(self) -> int:
        """How many peers are connected to the address now."""
        return len(self._listener.connections) if self._listener else 0

    @property
    def trouble(self) -> LianyiError | None:
        """Nothing lasts: a peer that is refused may come again."""
        return None

    async def start(self) -> None:
        """Begin to listen, or join the sources that listen there already.

        Raises:
            AddressInUse: the address cannot be had, or another source has the path.
            TlsUnusable: a certificate, key or CA file cannot be used.
            TokenUnreadable: the token file cannot be used.
        """
        token_file = self._settings.token_file
        token = read_token(token_file) if token_file else None
        route = _Route(self._intake, self._settings, token)
        self._listener = await _addresses().join(route)

    def pause(self) -> None:
        """Stop taking requests for this path."""
        self._intake.open = False
        if self._listener:
            self._listener.adjust_reading()

    def resume(self) -> None:
        """Go on."""
        self._intake.open = True
        if self._listener:
            self._listener.adjust_reading()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Stop taking messages, wait for outstanding replies, close when nobody else listens."""
        listener, self._listener = self._listener, None
        if listener is not None:
            await _addresses().leave(listener, self._intake, grace_seconds=grace_seconds)


class _Route(NamedTuple):
    """One source, as the connections of its address find it."""

    intake: Intake
    settings: HttpSourceSettings
    token: bytes | None


class _HttpListener(Listener):
    def __init__(self, settings: HttpSourceSettings) -> None:
        super().__init__(settings, lambda _: _HttpConnection(self), server_context)
        self.routes: dict[bytes, _Route] = {}
        self.stopped_paths: set[bytes] = set()

    def add(self, route: _Route) -> None:
        path = route.settings.path.encode()
        self.routes[path] = route
        self.stopped_paths.discard(path)
        self.intakes.append(route.intake)
        self.adjust_reading()

    def remove(self, intake: Intake) -> None:
        self.intakes.remove(intake)
        self.stopped_paths |= {path for path, r in self.routes.items() if r.intake is intake}
        self.routes = {path: r for path, r in self.routes.items() if r.intake is not intake}
        for connection in list(self.connections):
            connection.drop_waiting(intake)
        self.adjust_reading()


class _Addresses:
    """The HTTP listeners of one event loop, by address."""

    def __init__(self) -> None:
        self._listeners: dict[tuple[str, int], _HttpListener] = {}
        self._locks: dict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def join(self, route: _Route) -> _HttpListener:
        settings = route.settings
        address = settings.host, settings.port
        async with self._locks[address]:
            listener = self._listeners.get(address)
            if listener is None:
                listener = _HttpListener(settings)
                await listener.start()
                self._listeners[settings.host, listener.port] = listener
            elif why := _disagreement(listener, settings):
                raise AddressInUse(where=listener.address + settings.path, why=why)
            listener.add(route)
            return listener

    async def leave(self, listener: _HttpListener, intake: Intake, *, grace_seconds: float) -> None:
        listener.remove(intake)
        address = listener.settings.host, listener.port
        async with self._locks[address]:
            if not listener.routes:
                del self._listeners[address]
                await listener.stop(grace_seconds=grace_seconds)
                return
        await listener.drain(intake, grace_seconds=grace_seconds)


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, _Addresses] = WeakKeyDictionary()


def _addresses() -> _Addresses:
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), _Addresses())


def _disagreement(listener: _HttpListener, settings: HttpSourceSettings) -> str:
    """Return why a source cannot join a listener; empty when it can."""
    if settings.path.encode() in listener.routes:
        return "another source takes messages at this path"
    own = {"port", "size_limit_bytes"}
    for key in ListenSettings.model_fields.keys() - own:
        if getattr(settings, key) != getattr(listener.settings, key):
            return f"another source listens at this address with another '{key}'"
    return ""


class _Note(NamedTuple):
    """What must be known about a request when its answer is written."""

    status: int  # 0: the answer's category says it
    headers: bytes


class _HttpConnection(Connection):
    def __init__(self, listener: _HttpListener) -> None:
        super().__init__(listener)
        self._http = listener
        self._parser = httptools.HttpRequestParser(self)
        self._peer_attributes: dict[str, str] = {}
        self._closing = False  # an answer said so: what follows is not read
        self._forget_request()

    def _forget_request(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._headers_bytes = 0
        self._offers_upgrade = False
        self._route: _Route | None = None  # known once the headers are complete
        self._parts: list[bytes] = []
        self._body_bytes = 0
        self.began_at = None

    # Connection

    def connected(self) -> None:
        self._peer_attributes = self.peer_attributes()

    def parse(self, chunk: bytes) -> None:
        if self._route is None:
            self._headers_bytes += len(chunk)
        try:
            self._parser.feed_data(chunk)
        except httptools.HttpParserUpgrade as upgrade:
            if self._offers_upgrade:
                self._stay_with_http_1(chunk[upgrade.args[0] :])
            else:
                self._refuse(BrokenRequest(where=self.peer, why="it is not HTTP/1.1"))
        except httptools.HttpParserError as error:
            self._refuse(BrokenRequest(where=self.peer, why=str(error)))
        if self._route is None and self._headers_bytes > _HEADERS_LIMIT_BYTES:
            self._refuse(HeadersTooLarge(where=self.peer, limit_bytes=_HEADERS_LIMIT_BYTES))

    def _stay_with_http_1(self, rest: bytes) -> None:
        """Read a request again whose client offers another protocol beside it.

        Java's client offers HTTP/2 with every plain request. The offer may be ignored (RFC 9110,
        7.8), but llhttp then takes the body for the other protocol: so the head is read again
        without the offer.
        """
        lines = [b"%b %b HTTP/1.1" % (self._parser.get_method(), self._url)]
        lines += [b"%b: %b" % header for header in self._headers.items()]
        self._parser = httptools.HttpRequestParser(self)
        self._forget_request()
        self.parse(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def encode(self, owed: Owed, answer: Answer, out: list[bytes]) -> None:
        note = cast(_Note, owed.note)
        category = answer.category
        status = note.status or (category.value.http_status if category else 200)
        kind = (
            b"Content-Type: %b\r\n" % answer.content_type.encode() if answer.content_type else b""
        )
        out += (
            _STATUS_LINES[status],
            note.headers,
            kind,
            b"Content-Length: %d\r\n\r\n" % len(answer.body),
            answer.body,
        )

    def ended(self, *, too_slow: bool) -> None:
        if self.began_at is None or self._closing:
            return
        if too_slow:
            limit = self.listener.settings.message_timeout_seconds
            self._refuse(RequestTooSlow(where=self.peer, message_timeout_seconds=limit))
        else:
            self._tell(UnfinishedRequest(where=self.peer, received_bytes=self._body_bytes))

    # httptools

    def on_message_begin(self) -> None:
        if not self._closing:
            self.began_at = self.read_at

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _HEARD and self._route is None:  # after the headers come trailers
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        if self._closing:
            return
        if self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT":
            self._offers_upgrade = True  # what llhttp reports from here on is not the body
            return
        path = self._path()
        route = self._http.routes.get(path)
        if route is None:
            stopped = path in self._http.stopped_paths
            self._refuse((SourceStopped if stopped else UnknownPath)(where=self.peer))
            return
        if error := self._objection(route):
            self._refuse(error)
            return
        self._route = route
        self._headers_bytes = 0
        if self._headers.get(b"expect", b"").lower() == b"100-continue" and not self.owes:
            self.send_now(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        if self._closing or self._route is None:
            return
        self._parts.append(body)
        self._body_bytes += len(body)
        limit = self._route.settings.size_limit_bytes
        if self._body_bytes > limit:
            self._refuse(MessageTooLarge(where=self.peer, size_limit_bytes=limit))

    def on_message_complete(self) -> None:
        route = self._route
        if self._closing or route is None:
            return
        if route.intake not in self.listener.intakes:  # stopped while the body came
            self._refuse(SourceStopped(where=self.peer))
            return
        attributes = dict(self._peer_attributes, path=route.settings.path)
        for header, attribute in _ATTRIBUTES.items():
            if header in self._headers:
                attributes[attribute] = self._headers[header].decode("latin-1")
        arrival = Arrival(b"".join(self._parts), self.peer, attributes)
        if self._parser.should_keep_alive():
            headers = _STAY if self._parser.get_http_version() == "1.0" else b""
        else:
            headers = _CLOSE
            self._close_after_answers()
        self.offer(route.intake, arrival, _Note(0, headers))
        self._forget_request()

    # What is refused here

    def _path(self) -> bytes:
        url = self._url
        if not url.startswith(b"/") and b"://" in url:  # absolute form, as proxies send it
            url = httptools.parse_url(url).path or b"/"
        return url.partition(b"?")[0]

    def _objection(self, route: _Route) -> LianyiError | None:
        headers = self._headers
        if self._parser.get_method() != b"POST":
            return WrongMethod(where=self.peer)
        if route.token is not None:
            shown = headers.get(b"authorization", b"")
            if not hmac.compare_digest(shown, b"Bearer " + route.token):
                return WrongToken(where=self.peer)
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            return EncodedBody(where=self.peer)
        limit = route.settings.size_limit_bytes
        if int(headers.get(b"content-length", b"0")) > limit:
            return MessageTooLarge(where=self.peer, size_limit_bytes=limit)
        return None

    def _refuse(self, error: LianyiError) -> None:
        """Answer without a source and close: the rest of the request is of no use."""
        if self._closing:
            return
        self._tell(error)
        answer, status, headers = refusal(error)
        self._close_after_answers()
        self.answer_here(answer, _Note(status, headers + _CLOSE))
        self._forget_request()

    def _close_after_answers(self) -> None:
        self._closing = True
        self.end_input()

    def _tell(self, error: LianyiError) -> None:
        if self._route is not None:
            self._route.intake.on_trouble(error)
        else:
            self.listener.trouble(error)
