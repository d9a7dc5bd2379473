"""HTTP that connects only where the platform may, whatever a name server answers meanwhile.

The name is resolved and looked at here; httpx is given the address, and the name for the
certificate. A pool for each name: two names at one address never share a connection.

httpcore 1.0.9 keeps the place of a connection for ever when a request is cancelled between
connecting and sending, or while an answer is closed: after as many as there are places nobody
reaches that name any more. So a pool in which something was cancelled is left: what comes next has
a new one, what is under way in it ends in peace, and then it is closed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable

import httpx

from lianyi.base.outgoing import Outgoing, outgoing

LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)


class _Pool:
    """Connections to one name, and how many requests are under way in it."""

    def __init__(self, transport: httpx.AsyncHTTPTransport) -> None:
        self.transport = transport
        self.left = False
        self._under_way = 0

    def begin(self) -> None:
        self._under_way += 1

    async def end(self) -> None:
        """Let a request be over; a pool that was left is closed after the last one."""
        self._under_way -= 1
        if self.left and not self._under_way:
            await self.transport.aclose()


class _Answer(httpx.AsyncByteStream):
    """The body of an answer; its request is under way until it is closed."""

    def __init__(self, body: httpx.AsyncByteStream, leave: Callable[[], None], pool: _Pool) -> None:
        self._body = body
        self._leave = leave
        self._pool = pool
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._body:
                yield part
        except asyncio.CancelledError:
            self._leave()
            raise

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._body.aclose()
        except asyncio.CancelledError:
            self._leave()
            raise
        finally:
            await self._pool.end()


class CarefulTransport(httpx.AsyncBaseTransport):
    """Asks :func:`~lianyi.base.outgoing.outgoing`, or a stricter rule, before each request."""

    def __init__(self, context: ssl.SSLContext, *, rule: Callable[[], Outgoing] = outgoing) -> None:
        self._rule = rule
        self._make: Callable[[], httpx.AsyncHTTPTransport] = lambda: httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=LIMITS
        )
        self._pools: dict[str, _Pool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first allowed address of its host that answers.

        Raises:
            httpx.ConnectError: none is allowed, or none answers.
        """
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = await self._rule().resolve(host, port)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        failure: Exception = httpx.ConnectError("no address", request=request)
        for *_, address in found:
            asked = httpx.Request(
                request.method,
                request.url.copy_with(host=address[0]),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return await self._send(host, asked)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _send(self, host: str, asked: httpx.Request) -> httpx.Response:
        if host not in self._pools:
            self._pools[host] = _Pool(self._make())
        pool = self._pools[host]

        def leave() -> None:
            pool.left = True
            if self._pools.get(host) is pool:
                del self._pools[host]

        pool.begin()
        try:
            answer = await pool.transport.handle_async_request(asked)
        except asyncio.CancelledError:
            leave()
            await pool.end()
            raise
        except BaseException:
            await pool.end()
            raise
        assert isinstance(answer.stream, httpx.AsyncByteStream)  # noqa: S101 - httpx sends no other
        answer.stream = _Answer(answer.stream, leave, pool)
        return answer

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.transport.aclose()
