"""Forged and stale ID tokens, over a real socket: a service that says whatever a test wants."""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64encode
from structlog.testing import capture_logs
from tests.peers.web import Answer, Asked, Web, serving

from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.errors import LianyiError
from lianyi.security.providers import oidc_keys
from lianyi.security.providers.files import OidcFile
from lianyi.security.providers.oidc import OidcProvider
from lianyi.security.providers.oidc_tokens import LOGOUT_EVENT
from lianyi.security.providers.problems import SignInRefused, SignInUnavailable
from lianyi.security.providers.provider import ExternalIdentity

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"})
Change = Callable[[dict[str, Any]], object]


def sign(claims: dict[str, Any], key: Any = KEY, **header: Any) -> str:
    header = {"alg": "RS256", "kid": key.kid} | header
    registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    return jwt.encode({k: v for k, v in header.items() if v}, claims, key, registry=registry)


@dataclass
class Forge:
    """The service, and the platform that believes it or not."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    keys: list[Any] = field(default_factory=lambda: [KEY])
    web: Web | None = None
    token: Callable[[dict[str, Any]], str] = sign
    userinfo: dict[str, Any] = field(default_factory=dict)
    nonce: str = ""
    key_fetches: int = 0
    changed: dict[str, Any] = field(default_factory=dict)

    def claims(self) -> dict[str, Any]:
        assert self.web
        now = int(self.clock.now().timestamp())
        return {
            "iss": self.web.url,
            "aud": "lianyi",
            "sub": "248",
            "nonce": self.nonce,
            "iat": now,
            "exp": now + 300,
            "preferred_username": "lin",
        }

    def answer(self, asked: Asked) -> Answer:
        assert self.web
        url = self.web.url
        if asked.path == "/jwks":
            self.key_fetches += 1
            return as_json({"keys": [key.as_dict(private=False) for key in self.keys]})
        if asked.path == "/token":
            return as_json({"access_token": "a", "id_token": self.token(self.claims())})
        if asked.path == "/me":
            return as_json(self.userinfo)
        return as_json(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/auth",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/jwks",
                "userinfo_endpoint": f"{url}/me",
                **self.changed,
            }
        )

    @asynccontextmanager
    async def provider(self, **changed: object) -> AsyncIterator[OidcProvider]:
        async with serving(self.answer) as self.web:
            file = OidcFile.model_validate(
                {
                    "provider": "forge",
                    "kind": "oidc",
                    "title": {"zh": "伪", "en": "Forge"},
                    "issuer": self.web.url,
                    "client_id": "lianyi",
                    "redirect_uri": "https://lianyi.test/sign-in",
                }
                | changed
            )
            found = OidcProvider(file, self.clock, RandomIds())
            yield found
            await found.close()

    async def sign_in(self, provider: OidcProvider) -> ExternalIdentity:
        kept = (await provider.begin("/")).kept
        self.nonce = kept.values["nonce"]
        return await provider.finish({"state": kept.key, "code": "c"}, kept)


def as_json(value: object) -> Answer:
    return 200, json.dumps(value).encode()


async def refusal(forge: Forge, **changed: object) -> str:
    """Return the reason in the log."""
    async with forge.provider(**changed) as provider:
        with capture_logs() as logs, pytest.raises(SignInRefused) as found:
            await forge.sign_in(provider)
    assert found.value.facts == {}
    assert "lin" not in str(found.value).replace("lianyi", "")
    return str(logs[-1]["reason"])


async def test_the_service_itself_is_believed() -> None:
    forge = Forge()
    async with forge.provider() as provider:
        assert (await forge.sign_in(provider)).user_name == "lin"


def by_hand(
    claims: dict[str, Any], header: dict[str, Any], signer: Callable[[bytes], bytes]
) -> str:
    """Return a token that no honest library makes."""
    said = b".".join(urlsafe_b64encode(json.dumps(part).encode()) for part in (header, claims))
    return (said + b"." + urlsafe_b64encode(signer(said))).decode()


def unsigned(claims: dict[str, Any]) -> str:
    return by_hand(claims, {"alg": "none"}, lambda _: b"")


def confused(claims: dict[str, Any]) -> str:
    """Sign with HMAC, the published key being the secret."""
    published = KEY.as_pem(private=False)
    header = {"alg": "HS256", "kid": "first"}
    return by_hand(claims, header, lambda said: hmac.digest(published, said, "sha256"))


def critical(claims: dict[str, Any]) -> str:
    """Demand that an extension which nobody knows is understood (RFC 7515, 4.1.11)."""
    header = {"alg": "RS256", "kid": "first", "crit": ["beyond"], "beyond": 1}
    return by_hand(claims, header, lambda said: JWSRegistry.algorithms["RS256"].sign(said, KEY))


def otherwise(claims: dict[str, Any]) -> str:
    """Use the right key with an algorithm that it is not for."""
    key = RSAKey.import_key(KEY.as_pem(private=True), {"kid": "first"})
    return sign(claims, key, alg="PS256")


def tampered(claims: dict[str, Any]) -> str:
    head, _, signature = sign(claims).split(".")
    _, body, _ = sign(claims | {"sub": "1"}).split(".")
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (unsigned, "algorithm not allowed"),
        (confused, "algorithm not allowed"),
        (tampered, "wrong signature"),
        (lambda claims: sign(claims, OTHER), "unknown key"),
        (lambda claims: sign(claims, OTHER, kid="first"), "wrong signature"),
        (otherwise, "unknown key"),
        (lambda claims: sign(claims, kid="../../etc/passwd"), "unknown key"),
        (critical, "wrong signature"),
        (lambda claims: sign(claims) + ".x", "no signed token"),
        (lambda claims: "not.a.token", "no signed token"),
        (lambda claims: "ä" * 20, "no signed token"),
        (lambda claims: "a" * 200_000, "no signed token"),
    ],
)
async def test_a_forged_token_is_refused(
    token: Callable[[dict[str, Any]], str], reason: str
) -> None:
    assert await refusal(Forge(token=token)) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"iss": "https://attacker.test"}, "other issuer"),
        ({"aud": "another"}, "other audience"),
        ({"aud": []}, "other audience"),
        ({"aud": ["lianyi", "another"]}, "other authorized party"),
        ({"aud": ["lianyi", "another"], "azp": "another"}, "other authorized party"),
        ({"azp": "another"}, "other authorized party"),
        ({"nonce": "replayed"}, "other nonce"),
        ({"nonce": None}, "other nonce"),
        ({"sub": ""}, "no subject"),
        ({"sub": 7}, "no subject"),
        ({"exp": None}, "no exp"),
        ({"exp": True}, "no exp"),
        ({"iat": "now"}, "no iat"),
        ({"exp": int(NOW.timestamp()) - 61}, "expired"),
        ({"iat": int(NOW.timestamp()) + 61}, "from the future"),
        ({"nbf": int(NOW.timestamp()) + 61}, "not valid yet"),
    ],
)
async def test_a_token_for_somebody_else_or_another_time_is_refused(
    change: dict[str, Any], reason: str
) -> None:
    assert await refusal(Forge(token=lambda claims: sign(claims | change))) == reason


@pytest.mark.parametrize(
    "change",
    [
        {"exp": int(NOW.timestamp()) - 59},
        {"iat": int(NOW.timestamp()) + 59},
        {"aud": ["lianyi", "another"], "azp": "lianyi"},
        {"aud": ["lianyi"]},
    ],
)
async def test_clocks_may_differ_a_little_and_a_token_may_have_two_audiences(
    change: dict[str, Any],
) -> None:
    forge = Forge(token=lambda claims: sign(claims | change))
    async with forge.provider() as provider:
        assert (await forge.sign_in(provider)).subject == "248"


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256", {"kid": "e"}), "ES256"),
        (RSAKey.generate_key(2048, {"kid": "p"}), "PS256"),
        (OKPKey.generate_key("Ed25519", {"kid": "o"}), "Ed25519"),
    ],
)
async def test_other_allowed_signatures_count(key: Any, algorithm: str) -> None:
    forge = Forge(keys=[KEY, key], token=lambda claims: sign(claims, key, alg=algorithm))
    async with forge.provider() as provider:
        assert (await forge.sign_in(provider)).subject == "248"


async def test_without_a_key_identifier_only_a_single_key_counts() -> None:
    forge = Forge(token=lambda claims: sign(claims, kid=None))
    async with forge.provider() as provider:
        assert (await forge.sign_in(provider)).subject == "248"
    forge = Forge(keys=[KEY, OTHER], token=lambda claims: sign(claims, kid=None))
    assert await refusal(forge) == "unknown key"


async def test_new_keys_are_fetched_once_and_forged_tokens_do_not_become_requests() -> None:
    forge = Forge()
    async with forge.provider() as provider:
        for _ in range(3):
            await forge.sign_in(provider)
        assert forge.key_fetches == 1

        forge.keys, forge.token = [OTHER], lambda claims: sign(claims, OTHER)
        with pytest.raises(SignInRefused):
            await forge.sign_in(provider)
        assert forge.key_fetches == 1, "not within the pause"

        forge.clock.advance(timedelta(seconds=oidc_keys.PAUSE_SECONDS + 1))
        assert (await forge.sign_in(provider)).subject == "248"
        assert forge.key_fetches == 2

        forge.token = sign
        for _ in range(5):
            with pytest.raises(SignInRefused):
                await forge.sign_in(provider)
        assert forge.key_fetches == 2


async def test_userinfo_about_somebody_else_is_refused() -> None:
    assert (
        await refusal(Forge(userinfo={"sub": "1"}), userinfo=True)
        == "userinfo about another subject"
    )


async def test_what_the_signed_token_says_wins_over_userinfo() -> None:
    forge = Forge(
        userinfo={"sub": "248", "preferred_username": "attacker", "realm": {"roles": ["a", "b"]}}
    )
    async with forge.provider(userinfo=True, groups="realm.roles") as provider:
        found = await forge.sign_in(provider)
    assert (found.user_name, found.groups) == ("lin", ("a", "b"))


async def test_a_weaker_or_older_sign_in_than_demanded_is_refused() -> None:
    assert await refusal(Forge(), acr_values=["gold"]) == "weaker than demanded"
    assert await refusal(Forge(), max_age_seconds=60) == "no auth_time"
    old = {"auth_time": int(NOW.timestamp()) - 121}
    forge = Forge(token=lambda claims: sign(claims | old))
    assert await refusal(forge, max_age_seconds=60) == "signed in too long ago"


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://attacker.test"},
        {"token_endpoint": "http://hospital.test/token"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_service_with_unsafe_addresses_is_not_used(changed: dict[str, Any]) -> None:
    async with Forge(changed=changed).provider() as provider:
        with pytest.raises(SignInUnavailable):
            await provider.begin("/")


class Never:
    """Has seen everything."""

    async def first_time(self, provider: str, identifier: str, until: datetime) -> bool:
        return True


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"events": {}}, "no logout event"),
        ({"events": None}, "no logout event"),
        ({"nonce": "n"}, "an ID token instead of a logout token"),
        ({"jti": None}, "no token identifier"),
        ({"sub": None}, "neither subject nor session"),
        ({"aud": "another"}, "other audience"),
        ({"iat": int(NOW.timestamp()) - 1000}, "old logout token"),
    ],
)
async def test_a_logout_token_says_what_it_must(change: dict[str, Any], reason: str) -> None:
    forge = Forge()
    async with forge.provider() as provider:
        claims = forge.claims() | {"events": {LOGOUT_EVENT: {}}, "jti": "1"}
        claims.pop("nonce")
        token = sign({k: v for k, v in (claims | change).items() if v is not None})
        with capture_logs() as logs:
            try:
                found = await provider.logged_out(token, Never())
            except LianyiError:
                assert logs[0]["reason"] == reason
            else:
                assert (reason, found.subject) == ("", "248")
