"""Asking a directory over HTTPS: no redirects, an answer of limited size, in limited time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from lianyi.base.outgoing import AddressRefused
from lianyi.security.providers.careful_transport import CarefulTransport
from lianyi.security.providers.files import CasFile, OidcFile
from lianyi.security.providers.problems import unavailable
from lianyi.security.providers.trust import trust

ANSWER_BYTES_MAX = 1_000_000


class Asker:
    """Asks one directory.

    Args:
        provider: its name, for the log.
        client: of :func:`make_client`.
    """

    def __init__(self, provider: str, client: httpx.AsyncClient) -> None:
        self.provider = provider
        self._client = client

    async def ask(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Return status and body.

        Raises:
            SignInUnavailable: no answer, one that is too long, or a server's own failure.
        """
        body = b""
        try:
            async with self._client.stream(
                method,
                url,
                data=dict(form) if form else None,
                headers=headers,
                auth=auth or httpx.USE_CLIENT_DEFAULT,
            ) as answer:
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES_MAX:
                        raise unavailable(self.provider, "answer too long")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unavailable(self.provider, _reason(error)) from error
        if answer.status_code >= 500:
            raise unavailable(self.provider, "server failure", status=answer.status_code)
        return answer.status_code, body

    async def ask_json(
        self, url: str, *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return a JSON object.

        Raises:
            SignInUnavailable: there is none.
        """
        status, body = await self.ask("GET", url, headers=headers)
        found = read_object(body)
        if status != 200 or found is None:
            raise unavailable(self.provider, "no JSON object", status=status)
        return found


def make_client(file: OidcFile | CasFile) -> httpx.AsyncClient:
    """Return a client that believes whom the file says, and follows nobody elsewhere.

    Raises:
        SecretUnreadable: the file of the authority cannot be used.
    """
    return httpx.AsyncClient(
        transport=CarefulTransport(trust(file.ca_file)),
        timeout=file.timeout_seconds,
        follow_redirects=False,
        trust_env=False,
    )


def read_object(body: bytes) -> dict[str, Any] | None:
    """Return a JSON object; None when it is something else."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _reason(error: Exception) -> str:
    """Return why nobody answered: a refused certificate, a refused connection, a time-out."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, AddressRefused):
            return str(inner)
        if "certificate" in str(inner).lower():
            return "its certificate does not count"
        inner = inner.__cause__ or inner.__context__
    return type(error).__name__
