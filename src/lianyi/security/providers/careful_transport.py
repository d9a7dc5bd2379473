"""HTTP that connects only where the platform may, whatever a name server answers meanwhile.

The name is resolved and looked at here; httpx is given the address, and the name for the
certificate. A pool for each name: two names at one address never share a connection.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable

import httpx

from lianyi.base.outgoing import Outgoing, outgoing

LIMITS = httpx.Limits(max_connections=20, max_keepalive_connections=5)


class CarefulTransport(httpx.AsyncBaseTransport):
    """Asks :func:`~lianyi.base.outgoing.outgoing`, or a stricter rule, before each request."""

    def __init__(self, context: ssl.SSLContext, *, rule: Callable[[], Outgoing] = outgoing) -> None:
        self._rule = rule
        self._make: Callable[[], httpx.AsyncHTTPTransport] = lambda: httpx.AsyncHTTPTransport(
            verify=context, trust_env=False, limits=LIMITS
        )
        self._pools: dict[str, httpx.AsyncHTTPTransport] = {}

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
        if host not in self._pools:
            self._pools[host] = self._make()
        pool = self._pools[host]
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
                return await pool.handle_async_request(asked)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def aclose(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            await pool.aclose()
