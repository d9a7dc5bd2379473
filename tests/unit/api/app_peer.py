"""An app of somebody else, driven by authlib's client, and people who are asked about it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client

from lianyi.api.guard import COOKIE
from lianyi.security import account_store

from .outside import API, OpenHouse

CALLBACK = "https://app.test/cb?tenant=7"
SCOPES = (
    "openid fhirUser launch launch/patient launch/encounter offline_access online_access"
    " patient/*.rs user/AuditEvent.rs user/Organization.rs user/Practitioner.r"
    " patient/Observation.cruds system/Organization.rs"
)
PATIENT = {"value": "P1", "authority": "H1"}


@dataclass
class Peer:
    """A registered app.

    Attributes:
        house: whom it talks to.
        name: its ``client_id``.
        secret: its key; empty: it has none.
    """

    house: OpenHouse
    name: str
    secret: str = ""
    verifier: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def client(self, **more: Any) -> AsyncOAuth2Client:
        """authlib's client, as the makers of an app would configure it."""
        configured: dict[str, Any] = {
            "client_id": self.name,
            "redirect_uri": CALLBACK,
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_basic" if self.secret else "none",
            "trust_env": False,
            "timeout": 60,
            **self.extra,
            **more,
        }
        if self.secret:
            configured["client_secret"] = self.secret
        return AsyncOAuth2Client(**configured)

    def request(self, scope: str, /, **changed: str | None) -> tuple[dict[str, str], str]:
        """Return what authlib puts into the address of an authorization request, and its state."""
        self.verifier = generate_token(64)
        url, state = self.client(scope=scope).create_authorization_url(
            f"{self.house.address}/oauth/authorize",
            code_verifier=self.verifier,
            aud=self.house.address,
        )
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        asked = {name: value for name, value in {**asked, **changed}.items() if value is not None}
        return asked, state

    async def fetch(self, url: str, state: str, **more: Any) -> dict[str, Any]:
        """Exchange what came back for tokens, as authlib does."""
        async with self.client(state=state) as client:
            given: dict[str, Any] = await client.fetch_token(
                f"{self.house.address}/oauth/token",
                authorization_response=url,
                code_verifier=self.verifier,
                **more,
            )
            return given

    async def token(self, form: dict[str, str]) -> httpx.Response:
        """Ask the token endpoint by hand."""
        form = {"client_id": self.name, **form}
        if self.secret:
            form["client_secret"] = self.secret
        return await post(self.house, "/oauth/token", form)

    async def refresh(self, token: str, **more: str) -> httpx.Response:
        """Ask for the next tokens."""
        return await self.token({"grant_type": "refresh_token", "refresh_token": token, **more})


@dataclass
class Person:
    """Somebody at a browser in which he has signed in."""

    house: OpenHouse
    browser: httpx.AsyncClient

    async def sent(self, asked: dict[str, str]) -> httpx.Response:
        """Where the browser is sent when an app sends it here."""
        return await self.browser.get("/oauth/authorize", params=asked)

    async def asked(self, asked: dict[str, str], *, status: int = 200) -> Any:
        """What the page that asks is told."""
        answer = await self.browser.post(f"{API}/apps/question", json={"request": asked})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def decide(self, asked: dict[str, str], *, status: int = 200, **more: Any) -> Any:
        """Say yes, unless something else is said; return where the browser goes."""
        body = {"request": asked, "approve": True, **more}
        answer = await self.browser.post(f"{API}/apps/decisions", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()["url"] if status == 200 else answer.json()["error"]["code"]

    async def approved(self, peer: Peer, scope: str, **more: Any) -> dict[str, Any]:
        """Go the whole way: the app asks, he says yes, the app gets its tokens."""
        asked, state = peer.request(scope)
        return await peer.fetch(await self.decide(asked, **more), state)


async def register(
    house: OpenHouse, name: str, kind: str = "public", *, status: int = 200, **changed: Any
) -> Any:
    """Make a system and register it as an app."""
    wanted = {"name": name, "display_name": f"应用 {name}", "kind": "service"}
    await house.admin.post(f"{API}/accounts", json=wanted)
    body = {"kind": kind, "redirect_uris": [CALLBACK], "launch_uri": "https://app.test/launch",
            "scopes": SCOPES, **changed}  # fmt: skip
    return await house.ask("PUT", f"/accounts/{name}/app", json=body, status=status)


async def symmetric(house: OpenHouse, name: str, **changed: Any) -> Peer:
    """An app with a key."""
    await register(house, name, "symmetric", **changed)
    key = await house.ask("POST", f"/accounts/{name}/keys", json={"title": "t"})
    return Peer(house, name, str(key["secret"]))


@asynccontextmanager
async def person(
    house: OpenHouse, name: str, *roles: str, factors: tuple[str, ...] = ("test", "test 2")
) -> AsyncIterator[Person]:
    """Somebody new with roles, who has signed in."""
    await house.ask("POST", "/accounts", json={"name": name, "display_name": name.title()})
    for role in roles:
        wanted = {"role": role, "organisation": "*", "reason": "t"}
        await house.ask("POST", f"/accounts/{name}/roles", json=wanted)
    async with signed_in(house, name, factors=factors) as found:
        yield found


@asynccontextmanager
async def signed_in(
    house: OpenHouse, name: str, *, factors: tuple[str, ...] = ("test", "test 2")
) -> AsyncIterator[Person]:
    """Somebody who is known, in a browser of his own."""
    account = await account_store.find_account(house.pool, name)
    assert account is not None
    opened = await house.app.state.keeper.signing_in.open_for(
        account, factors=list(factors), address="127.0.0.1", agent="test"
    )
    headers = {"X-Lianyi": "1", "Cookie": f"{COOKIE}={opened.shown.reveal()}"}
    async with httpx.AsyncClient(
        base_url=house.address, headers=headers, trust_env=False, timeout=60
    ) as browser:
        yield Person(house, browser)


async def post(house: OpenHouse, path: str, form: dict[str, str]) -> httpx.Response:
    """Send a form without saying more."""
    async with httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=60) as client:
        return await client.post(path, data=form)


async def status(house: OpenHouse, token: str, path: str, **params: str) -> int:
    """What a door says to a token."""
    async with httpx.AsyncClient(base_url=house.address, trust_env=False, timeout=60) as client:
        headers = {"Authorization": f"Bearer {token}"}
        return (await client.get(API + path, headers=headers, params=params)).status_code


def answered(url: str) -> dict[str, str]:
    """What an address that goes back to the app says."""
    assert url.startswith(CALLBACK + "&"), url
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and word of a refusal of the token server."""
    return answer.status_code, json.loads(answer.text)["error"]
