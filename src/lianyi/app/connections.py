"""The connections of browsers and systems: how many, how long, how large a head.

uvicorn lets a peer take any time for the head of a request, and send one of any size. Here a head
that does not end in time, or is too large, ends the connection. When all places are taken, the
connection that has been without a request for longest makes room for the new one: whoever only
holds connections keeps nobody out, and whoever is being answered is never cut off.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import ClassVar

from lianyi.api.console import SECURITY_HEADERS
from lianyi.api.failures import UnclearRequest, answer
from lianyi.api.https import TellingProtocol
from lianyi.api.settings import ApiSettings

HEAD_BYTES_MAX = 65_536
LINGER_SECONDS = 2.0
"""So long we go on reading what is not wanted any more: a connection that is closed on unread bytes
may cost its peer the answer."""


class CarefulConnection(TellingProtocol):
    """One connection. Use the class that :func:`careful_connections` returns."""

    places: ClassVar[int]
    head_seconds: ClassVar[float]
    idle: ClassVar[dict[CarefulConnection, None]]
    """Those without a request, the longest first."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a peer in."""
        super().connection_made(transport)
        self._rest()
        self._await_head()
        if len(self.connections) > self.places and self.idle:
            longest = next(iter(self.idle))
            longest.end()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a peer."""
        self._stop_timer()
        self.idle.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; between two requests the next head is waited for from its first byte."""
        if self._in_head:
            self._await_head()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "its head is too large")

    def on_message_begin(self) -> None:
        """Begin to read a head; it may come while the request before it is being answered."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._await_head()

    def on_headers_complete(self) -> None:
        """Begin to answer."""
        self._in_head = False
        self._stop_timer()
        self.idle.pop(self, None)
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Rest, or leave when the peer still sends what nobody reads."""
        newest = self.cycle
        super().on_response_complete()
        if not newest.response_complete:
            return  # another request is being answered already
        if newest.more_body:
            self._unset_keepalive_if_required()
            self.loop.call_later(LINGER_SECONDS, self.end)
        else:
            self._rest()

    def end(self) -> None:
        """End the connection at once."""
        self.idle.pop(self, None)
        if not self.transport.is_closing():
            self.transport.abort()

    def refuse(self, status: HTTPStatus, why: str) -> None:
        """Answer what is no request that we read, and end the connection."""
        if (cycle := self.cycle) is not None and cycle.response_started != cycle.response_complete:
            self.end()  # in the middle of another answer there is no place for this one
            return
        body = answer(UnclearRequest(where="request", why=why)).body
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"content-length: {len(body)}"]
        lines += ["content-type: application/json", "cache-control: no-store", "connection: close"]
        lines += [f"{name}: {value}" for name, value in SECURITY_HEADERS.items()]
        self.transport.write("".join(f"{line}\r\n" for line in (*lines, "")).encode() + bytes(body))
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as HTTP."""
        self.refuse(HTTPStatus.BAD_REQUEST, "it is no HTTP/1.1")

    def _rest(self) -> None:
        """Be without a request."""
        self._in_head, self._head_bytes = True, 0
        self.idle.pop(self, None)
        self.idle[self] = None  # at the end of the line

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            if self._head_bytes:
                self.refuse(HTTPStatus.REQUEST_TIMEOUT, "its head took too long")
            else:
                self.end()


def careful_connections(settings: ApiSettings) -> type[CarefulConnection]:
    """Return the class of the connections of one server."""
    return type(
        "Connection",
        (CarefulConnection,),
        {
            "places": settings.connections_max,
            "head_seconds": settings.head_seconds,
            "idle": {},
        },
    )
