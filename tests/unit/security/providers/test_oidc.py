"""OpenID Connect against the real ``oidc-provider``, as a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from benchmarks.ports import free_port
from structlog.testing import capture_logs
from tests.peers.node import install
from tests.peers.oidc import HERE, Browser, OidcPeer
from tests.peers.web import Answer, Asked, serving

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.security.providers.files import OidcFile
from lianyi.security.providers.oidc import OidcProvider, challenge_of
from lianyi.security.providers.problems import (
    SignInExpired,
    SignInRefused,
    SignInUnavailable,
)

CALLBACK = "http://127.0.0.1:1/sign-in/hospital"


class Seen:
    """Remembers in memory."""

    def __init__(self) -> None:
        self.known: set[tuple[str, str]] = set()

    async def first_time(self, provider: str, identifier: str, until: datetime) -> bool:
        before = len(self.known)
        self.known.add((provider, identifier))
        return len(self.known) > before


@pytest.fixture(scope="module")
def backchannel_port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def peer(backchannel_port: int) -> Iterator[OidcPeer]:
    install(HERE)
    found = OidcPeer(
        redirect_uri=CALLBACK, backchannel_uri=f"http://127.0.0.1:{backchannel_port}/logout"
    )
    found.start()
    yield found
    found.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = Browser()
    yield found
    await found.close()


@pytest.fixture
def keys(peer: OidcPeer, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "secret").write_text("throw-away: s/ecret\n")
    (tmp_path / "post").write_text("throw-away")
    return {
        "provider": "hospital",
        "kind": "oidc",
        "title": {"zh": "统一身份", "en": "Hospital"},
        "issuer": peer.issuer,
        "client_id": "lianyi basic",
        "client_secret_file": tmp_path / "secret",
        "redirect_uri": CALLBACK,
        "userinfo": True,
    }


@pytest.fixture
async def provider(keys: dict[str, Any]) -> AsyncIterator[OidcProvider]:
    found = provider_of(keys)
    yield found
    await found.close()


def provider_of(keys: dict[str, Any], **changed: object) -> OidcProvider:
    return OidcProvider(OidcFile.model_validate(keys | changed), SystemClock(), RandomIds())


async def test_a_person_signs_in(provider: OidcProvider, browser: Browser) -> None:
    redirect = await provider.begin("/messages")
    answer = await browser.sign_in(redirect.url, "lin", until=CALLBACK)

    found = await provider.finish(answer, redirect.kept)

    assert (found.provider, found.subject, found.user_name) == ("hospital", "lin", "lin")
    assert (found.display_name, found.email) == ("Doctor lin", "lin@hospital.test")
    assert found.groups == ("laboratory", "night")
    assert found.session
    assert abs(found.authenticated_at - SystemClock().now()) < timedelta(minutes=1)
    assert redirect.kept.return_to == "/messages"


@pytest.mark.parametrize("client", ["lianyi-post", "lianyi-public"])
async def test_each_way_of_proving_who_we_are_works(
    keys: dict[str, Any], browser: Browser, tmp_path: Path, client: str
) -> None:
    secret = tmp_path / "post" if client == "lianyi-post" else None
    provider = provider_of(
        keys, client_id=client, client_secret_file=secret, client_authentication="post"
    )
    redirect = await provider.begin("/")
    answer = await browser.sign_in(redirect.url, "wei", until=CALLBACK)
    assert (await provider.finish(answer, redirect.kept)).user_name == "wei"
    await provider.close()


async def test_a_wrong_client_secret_is_our_fault_not_the_persons(
    keys: dict[str, Any], browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("wrong")
    provider = provider_of(keys)
    redirect = await provider.begin("/")
    answer = await browser.sign_in(redirect.url, "lin", until=CALLBACK)
    with pytest.raises(SignInUnavailable):
        await provider.finish(answer, redirect.kept)
    await provider.close()


async def test_every_sign_in_has_secrets_of_its_own(provider: OidcProvider) -> None:
    one, other = await provider.begin("/"), await provider.begin("/")
    asked = [dict(parse_qsl(urlsplit(each.url).query)) for each in (one, other)]
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name]
    assert asked[0]["code_challenge"] == challenge_of(one.kept.values["verifier"])
    assert one.kept.values["verifier"] not in one.url
    assert one.kept.values["nonce"] not in repr(one.kept)


async def test_a_code_serves_once(provider: OidcProvider, browser: Browser) -> None:
    redirect = await provider.begin("/")
    answer = await browser.sign_in(redirect.url, "lin", until=CALLBACK)
    await provider.finish(answer, redirect.kept)
    with pytest.raises(SignInRefused):
        await provider.finish(answer, redirect.kept)


@pytest.mark.parametrize("kept", ["state", "nonce", "verifier", "late", "provider"])
async def test_the_answer_to_another_sign_in_is_refused(
    provider: OidcProvider, browser: Browser, kept: str
) -> None:
    redirect = await provider.begin("/")
    other = (await provider.begin("/")).kept
    answer = await browser.sign_in(redirect.url, "lin", until=CALLBACK)
    changed = {
        "state": other,
        "nonce": replace(
            redirect.kept, values={**redirect.kept.values, "nonce": other.values["nonce"]}
        ),
        "verifier": replace(
            redirect.kept, values={**redirect.kept.values, "verifier": other.values["verifier"]}
        ),
        "late": replace(redirect.kept, expires_at=SystemClock().now()),
        "provider": replace(redirect.kept, provider="another"),
    }[kept]
    late = kept in ("state", "late", "provider")
    with pytest.raises(SignInExpired if late else SignInRefused):
        await provider.finish(answer, changed)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://attacker.test"},
        {"iss": None},
        {"error": "access_denied", "code": None},
        {"code": None},
        {"code": "forged"},
    ],
)
async def test_an_answer_that_proves_nothing_is_refused(
    provider: OidcProvider, browser: Browser, change: Mapping[str, str | None]
) -> None:
    redirect = await provider.begin("/")
    answer: dict[str, Any] = await browser.sign_in(redirect.url, "lin", until=CALLBACK)
    answer = {name: value for name, value in (answer | change).items() if value is not None}
    with capture_logs() as logs, pytest.raises(SignInRefused) as refusal:
        await provider.finish(answer, redirect.kept)
    assert refusal.value.facts == {}
    assert "lin" not in repr(logs)


async def test_a_logout_over_there_ends_the_sessions_here(
    provider: OidcProvider, browser: Browser, backchannel_port: int
) -> None:
    redirect = await provider.begin("/")
    answer = await browser.sign_in(redirect.url, "lin", until=CALLBACK)
    found = await provider.finish(answer, redirect.kept)
    url = await provider.logout_url(found.logout_hint, "http://127.0.0.1/signed-out")
    assert url

    def answer_of(asked: Asked) -> Answer:
        return 200, b""

    async with serving(answer_of, port=backchannel_port) as web:
        await browser.sign_out(url)
        token = web.asked[0].form["logout_token"]

    seen = Seen()
    notice = await provider.logged_out(token, seen)
    assert (notice.subject, notice.session) == ("lin", found.session)
    with pytest.raises(SignInRefused):
        await provider.logged_out(token, seen)
    assert found.logout_hint
    with pytest.raises(SignInRefused):
        await provider.logged_out(found.logout_hint.reveal(), seen)


@pytest.mark.parametrize(
    ("issuer", "reason"),
    [("http://127.0.0.1:1", "ConnectError"), ("{issuer}/", "it names another issuer")],
)
async def test_a_service_that_is_not_there_or_is_another_one_is_told_apart(
    keys: dict[str, Any], peer: OidcPeer, issuer: str, reason: str
) -> None:
    provider = provider_of(keys, issuer=issuer.format(issuer=peer.issuer))
    with capture_logs() as logs, pytest.raises(SignInUnavailable):
        await provider.begin("/")
    assert logs[0]["reason"] == reason
    await provider.close()
