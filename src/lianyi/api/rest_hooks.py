"""Sends notifications of subscriptions over HTTP; see ``projections.clinical.subscriptions``.

Anybody who may read may name a receiver. So only public addresses are connected to, over https, and
hosts that the settings name; what a name leads to is looked at with every connection. Redirects
are not followed, and nothing of an answer but its status is looked at.

Source: OWASP, Server-Side Request Forgery Prevention; HL7 FHIR R4, Subscription (rest-hook).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import httpx

from lianyi.base.outgoing import (
    Address,
    AddressRefused,
    Answer,
    Outgoing,
    OutgoingSettings,
    outgoing,
    outgoing_of_settings,
)
from lianyi.projections.clinical.subscriptions.problems import ReceiverSilent
from lianyi.projections.clinical.subscriptions.settings import SubscriptionSettings
from lianyi.security.providers.careful_transport import CarefulTransport
from lianyi.security.providers.trust import trust


class _Public(Outgoing):
    """The rule for receivers: public addresses, and the hosts that are named."""

    def __init__(self, hosts: Collection[str]) -> None:
        super().__init__(OutgoingSettings())
        self._hosts = frozenset(hosts)

    def allows(self, address: Address) -> bool:
        """Tell whether a host that is not named may have an address."""
        return address.is_global and outgoing().allows(address)

    async def resolve(self, host: str, port: int) -> Sequence[Answer]:
        """Return the addresses of a host that may be connected to; see :class:`Outgoing`."""
        if host in self._hosts:
            return await outgoing_of_settings().resolve(host, port)
        return await super().resolve(host, port)


class HttpHook:
    """Posts notifications."""

    def __init__(self, settings: SubscriptionSettings) -> None:
        """Post as the settings say."""
        self._settings = settings
        self._client: httpx.AsyncClient | None = None

    async def post(
        self,
        endpoint: str,
        body: bytes,
        *,
        media_type: str,
        headers: Sequence[tuple[str, str]],
        timeout_seconds: float,
    ) -> None:
        """Send a notification, and return once it was taken.

        Raises:
            ReceiverSilent: it was not.
        """
        sent = [*headers, ("Content-Type", media_type)]
        try:
            async with asyncio.timeout(timeout_seconds):
                async with self._open().stream(
                    "POST", endpoint, content=body, headers=sent, timeout=timeout_seconds
                ) as answer:
                    status = answer.status_code
        except TimeoutError:
            raise _silent("it has not answered in time", "未在规定时间内应答") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if isinstance(error.__cause__, AddressRefused):
                raise _silent("its address may not be connected to", "不允许连接其地址") from None
            kind = type(error).__name__
            raise _silent(f"it cannot be reached ({kind})", f"无法连接（{kind}）") from None
        if not 200 <= status < 300:
            raise _silent(f"it answered {status}", f"应答状态 {status}")

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            rule = _Public(self._settings.hosts)
            context = trust(self._settings.ca_file)
            self._client = httpx.AsyncClient(
                transport=CarefulTransport(context, rule=lambda: rule),
                follow_redirects=False,
                trust_env=False,
                headers={"User-Agent": "lianyi"},
            )
        return self._client

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()


def _silent(why: str, why_zh: str) -> ReceiverSilent:
    return ReceiverSilent(where="receiver", why=why, why_zh=why_zh)
