"""Asks card authorities over HTTP what codes stand for; see ``projections.identity.carding``.

The contract is small, so that a few lines before any authority's own interface fulfil it:

``POST`` of ``{"token": "…"}`` with the bearer token of the settings; the answer is ``200`` and
``{"number": "…"}``, with ``issuer``, ``status``, ``valid_from``, ``valid_until``, ``name`` and
``born`` (dates in ISO 8601) where they are known; ``404``, ``410`` or ``422`` for a code that is
none of his or has run out. Redirects are not followed, and the rules of ``[outgoing]`` hold.
"""

from __future__ import annotations

import re
from datetime import date

import httpx
import msgspec

from lianyi.api.card_authority_settings import CardAuthoritySettings
from lianyi.base.sensitive import Sensitive
from lianyi.connectors.http.token import read_token
from lianyi.projections.identity.carding.problems import CardAuthorityUnavailable, CodeRefused
from lianyi.projections.identity.carding.resolving import Resolved
from lianyi.projections.identity.registration import Identifier, IdKind
from lianyi.security.providers.careful_transport import CarefulTransport
from lianyi.security.providers.trust import trust

ANSWER_BYTES_MAX = 65_536
NOT_HIS = frozenset({404, 410, 422})


class _Answer(msgspec.Struct):
    """What a card authority says."""

    number: str
    issuer: str = ""
    status: str = "active"
    valid_from: date | None = None
    valid_until: date | None = None
    name: str = ""
    born: date | None = None


_read = msgspec.json.Decoder(_Answer).decode


class HttpCardAuthority:
    """A card authority that is asked over HTTP."""

    def __init__(self, settings: CardAuthoritySettings) -> None:
        """Ask it as the settings say."""
        self._settings = settings
        self._codes = re.compile(settings.codes, re.DOTALL)
        self._client: httpx.AsyncClient | None = None

    @property
    def name(self) -> str:
        """What it is called in the settings."""
        return self._settings.name

    def knows(self, token: Sensitive[str]) -> bool:
        """Tell whether a code has the form of his."""
        return self._codes.fullmatch(token.reveal()) is not None

    async def resolve(self, token: Sensitive[str]) -> Resolved:
        """Ask what a code stands for.

        Raises:
            CodeRefused: it is none of his, or has run out.
            CardAuthorityUnavailable: he does not answer, or not in the form that was agreed.
            TokenUnreadable: the file of the bearer token cannot be used.
        """
        settings = self._settings
        headers = {}
        if settings.token_file:
            headers["Authorization"] = f"Bearer {read_token(settings.token_file).decode()}"
        status, body = await self._ask(token, headers)
        if status in NOT_HIS:
            raise CodeRefused(where="token", authority=self.name)
        if status != 200:
            raise self._unavailable(f"it answered {status}", f"应答状态 {status}")
        try:
            said = _read(body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._unavailable(
                "its answer is not what was agreed", "应答不符合约定"
            ) from error
        if not said.number.strip() or said.number == token.reveal():
            raise self._unavailable("its answer names no number", "应答中没有号码")
        card = Identifier(
            IdKind(settings.kind),
            said.number,
            said.issuer or settings.issuer,
            said.status,
            said.valid_until,
            "verified",
            said.valid_from,
        )
        return Resolved(card, said.name, said.born)

    async def _ask(self, token: Sensitive[str], headers: dict[str, str]) -> tuple[int, bytes]:
        client, body = self._open(), b""
        try:
            async with client.stream(
                "POST", self._settings.url, json={"token": token.reveal()}, headers=headers
            ) as answer:
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES_MAX:
                        raise self._unavailable("its answer is too long", "应答过长")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            kind = type(error).__name__
            raise self._unavailable(
                f"it cannot be reached ({kind})", f"无法连接（{kind}）"
            ) from None
        return answer.status_code, body

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=CarefulTransport(trust(self._settings.ca_file)),
                timeout=self._settings.timeout_seconds,
                follow_redirects=False,
                trust_env=False,
            )
        return self._client

    def _unavailable(self, why: str, why_zh: str) -> CardAuthorityUnavailable:
        return CardAuthorityUnavailable(where="token", authority=self.name, why=why, why_zh=why_zh)

    async def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            await self._client.aclose()
