"""What an attacker tries with the launch of apps, and what comes of it: nothing."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from benchmarks.ports import free_port
from hypothesis import given as given_
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.security.oauth import ASSERTION_TYPE
from lianyi.security.smart.problems import BadApp, ContextMissing
from lianyi.security.smart.rules import (
    check_address,
    check_redirect_uris,
    identifier_of,
    is_verified,
    sent_back,
)

from .app_peer import (
    CALLBACK,
    PATIENT,
    Peer,
    Person,
    answered,
    error_of,
    person,
    post,
    register,
    signed_in,
    status,
    symmetric,
)
from .outside import API, OpenHouse, open_house

OFFLINE = "offline_access user/AuditEvent.r"
ONLINE = "online_access user/AuditEvent.r"
ACT = "/audit/0-1/fhir"


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(database, tmp_path, free_port()) as found:
        yield found


@pytest.fixture
async def peer(house: OpenHouse) -> Peer:
    return await symmetric(house, "growth")


@pytest.fixture
async def lin(house: OpenHouse) -> AsyncIterator[Person]:
    async with person(house, "lin", "audit-administrator") as found:
        yield found


def exchange(code: str, verifier: str, /, **changed: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
        "code_verifier": verifier, **changed,
    }  # fmt: skip


async def a_code(peer: Peer, lin: Person, scope: str = OFFLINE) -> str:
    asked, _ = peer.request(scope)
    return answered(await lin.decide(asked))["code"]


# ---- where the browser goes --------------------------------------------------------------------


NOT_REGISTERED: list[dict[str, str | None]] = [
    {"client_id": "nobody"},
    {"client_id": None},
    {"redirect_uri": None},
    {"redirect_uri": "https://evil.test/cb"},
    {"redirect_uri": CALLBACK + "x"},
    {"redirect_uri": CALLBACK.upper()},
    {"redirect_uri": CALLBACK + "#"},
    {"redirect_uri": CALLBACK.replace("?", "/?")},
    {"redirect_uri": "https://app.test@evil.test/cb?tenant=7"},
    {"redirect_uri": "//app.test/cb?tenant=7"},
]


async def test_nobody_is_sent_to_an_address_that_is_not_registered(peer: Peer, lin: Person) -> None:
    for changed in NOT_REGISTERED:
        asked, _ = peer.request("openid", **changed)
        by_form = await lin.browser.post("/oauth/authorize", data=asked)
        for answer in (await lin.sent(asked), by_form):
            assert answer.status_code == 422, changed
            assert "location" not in answer.headers
            assert "LY-1860" in answer.text
        for path in ("question", "decisions"):
            body = {"request": asked} | ({"approve": False} if path == "decisions" else {})
            told = await lin.browser.post(f"{API}/apps/{path}", json=body)
            assert told.json()["error"]["code"] == "LY-1860"


WRONG: list[tuple[dict[str, str | None], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": None}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"state": None}, "invalid_request"),
    ({"aud": None}, "invalid_request"),
    ({"aud": "https://other.test/fhir"}, "invalid_request"),
    ({"scope": "patient/Observation.dr"}, "invalid_scope"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": "system/Organization.rs"}, "invalid_scope"),
    ({"scope": "user/Condition.r"}, "invalid_scope"),
    ({"prompt": "none"}, "interaction_required"),
]


async def test_what_is_wrong_is_told_to_the_app(house: OpenHouse, peer: Peer, lin: Person) -> None:
    for changed, error in WRONG:
        asked, state = peer.request("openid", **changed)
        back = answered((await lin.sent(asked)).headers["location"])
        assert (back["error"], back["iss"]) == (error, house.address), changed
        assert back.get("state") == (None if "state" in changed else state)
        assert "code" not in back
        assert await lin.decide(asked, status=422) == "LY-1861"


async def test_a_parameter_that_comes_twice_sends_nobody_anywhere(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    asked, _ = peer.request("openid")
    for name in ("redirect_uri", "client_id", "scope", "state"):
        query = urlencode([*asked.items(), (name, asked[name])])
        answer = await lin.browser.get(f"/oauth/authorize?{query}")
        assert (answer.status_code, "location" in answer.headers) == (422, False)
    query = urlencode([*asked.items(), ("unknown", "a"), ("unknown", "b")])
    answer = await lin.browser.get(f"/oauth/authorize?{query}")
    assert "unknown" not in answer.headers["location"]


async def test_the_page_that_asks_cannot_be_framed(house: OpenHouse, peer: Peer) -> None:
    asked, _ = peer.request("openid")
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as browser:
        for path in (f"/oauth/authorize?{urlencode(asked)}", f"/authorize?{urlencode(asked)}",
                     "/oauth/authorize"):  # fmt: skip
            headers = (await browser.get(path)).headers
            assert headers["x-frame-options"] == "DENY"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["referrer-policy"] == "no-referrer"


async def test_another_site_cannot_say_yes_for_somebody(peer: Peer, lin: Person) -> None:
    asked, _ = peer.request("openid")
    body = {"request": asked, "approve": True}
    answer = await lin.browser.post(f"{API}/apps/decisions", json=body, headers={"X-Lianyi": ""})
    assert answer.json()["error"]["code"] == "LY-1607"


async def test_only_a_person_lets_an_app_act_for_him(house: OpenHouse, peer: Peer) -> None:
    asked, _ = peer.request("openid")
    body = {"request": asked, "approve": True}
    answer = await house.admin.post(f"{API}/apps/decisions", json=body)
    assert answer.json()["error"]["code"] == "LY-1800"
    launch = await house.admin.post(f"{API}/apps/launches", json={"app": "growth"})
    assert launch.json()["error"]["code"] == "LY-1800"
    machine = {"Authorization": f"Bearer {peer.secret}"}
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        by_key = await client.post(f"{API}/apps/decisions", json=body, headers=machine)
        stranger = await client.post(f"{API}/apps/decisions", json=body)
    assert by_key.json()["error"]["code"] == "LY-1800"
    assert stranger.status_code == 401


async def test_whoever_must_do_something_first_approves_nothing(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    async with signed_in(house, "lin", factors=("password",)) as fresh:
        asked, _ = peer.request("openid")
        assert await fresh.decide(asked, status=403) == "LY-1804"


# ---- codes -------------------------------------------------------------------------------------


async def test_a_code_is_good_once_and_what_came_of_it_ends_when_it_comes_again(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    code = await a_code(peer, lin)
    tokens = (await peer.token(exchange(code, peer.verifier))).json()
    assert await status(house, tokens["access_token"], ACT) == 200
    again = await peer.token(exchange(code, peer.verifier))
    assert error_of(again) == (400, "invalid_grant")
    assert await status(house, tokens["access_token"], ACT) == 401
    assert error_of(await peer.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    whys = [act["why"] for act in await house.acts("token.refused")]
    assert whys == ["code used twice", "approval has ended"]


async def test_of_many_who_bring_a_code_at_once_one_gets_a_token(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    code = await a_code(peer, lin)
    answers = await asyncio.gather(*(peer.token(exchange(code, peer.verifier)) for _ in range(6)))
    given = [one.json()["access_token"] for one in answers if one.status_code == 200]
    assert len(given) == 1
    assert await status(house, given[0], ACT) == 401  # and the others have ended it


async def test_a_code_is_bound_to_its_address_and_its_verifier(peer: Peer, lin: Person) -> None:
    for changed in (
        {"redirect_uri": "https://app.test/cb"},
        {"code_verifier": "x" * 43},
        {"code_verifier": "short"},
    ):
        code = await a_code(peer, lin)
        wrong = await peer.token(exchange(code, peer.verifier, **changed))
        assert error_of(wrong) == (400, "invalid_grant")
        right = await peer.token(exchange(code, peer.verifier))  # one guess, and it is gone
        assert error_of(right) == (400, "invalid_grant")


async def test_a_code_is_bound_to_its_client(house: OpenHouse, peer: Peer, lin: Person) -> None:
    code = await a_code(peer, lin)
    other = await symmetric(house, "other")
    stolen = await other.token(exchange(code, peer.verifier))
    assert error_of(stolen) == (400, "invalid_grant")
    assert (await peer.token(exchange(code, peer.verifier))).status_code == 200


async def test_a_code_is_good_for_a_minute(house: OpenHouse, peer: Peer, lin: Person) -> None:
    code = await a_code(peer, lin)
    row = await house.pool.fetchrow("SELECT * FROM security.app_approval")
    assert row["code_until"] - row["approved_at"] == timedelta(seconds=60)
    assert code not in str(dict(row))
    await house.pool.execute("UPDATE security.app_approval SET code_until = now()")
    assert error_of(await peer.token(exchange(code, peer.verifier))) == (400, "invalid_grant")


async def test_a_request_for_tokens_says_all_it_needs(peer: Peer) -> None:
    for name in ("code", "redirect_uri", "code_verifier"):
        form = exchange("x", "y", **{name: ""})
        assert error_of(await peer.token(form)) == (400, "invalid_request")
    made_up = exchange("ly_cod_" + "0" * 49, "x" * 43)
    assert error_of(await peer.token(made_up)) == (400, "invalid_grant")


async def test_an_app_shows_who_it_is_as_it_is_registered(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    code = await a_code(peer, lin)
    form = exchange(code, peer.verifier)
    bare = await post(house, "/oauth/token", {"client_id": "growth", **form})
    assert error_of(bare) == (401, "invalid_client")
    await register(house, "growth", "asymmetric")
    assert error_of(await peer.token(form)) == (401, "invalid_client")


async def test_a_public_app_gets_nothing_for_itself(house: OpenHouse) -> None:
    await register(house, "spa")
    spa = Peer(house, "spa")
    itself = await spa.token({"grant_type": "client_credentials", "scope": "system/*.rs"})
    assert error_of(itself) == (401, "invalid_client")
    explained = await post(house, "/oauth/introspect", {"client_id": "spa", "token": "x"})
    assert error_of(explained) == (401, "invalid_client")


# ---- refresh tokens ----------------------------------------------------------------------------


async def test_a_refresh_token_that_comes_twice_ends_the_whole_family(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    first = await lin.approved(peer, OFFLINE)
    second = (await peer.refresh(first["refresh_token"])).json()
    assert await status(house, second["access_token"], ACT) == 200
    stolen = await peer.refresh(first["refresh_token"])
    assert error_of(stolen) == (400, "invalid_grant")
    for token in (first["access_token"], second["access_token"]):
        assert await status(house, token, ACT) == 401
    assert error_of(await peer.refresh(second["refresh_token"])) == (400, "invalid_grant")
    assert "refresh token used twice" in str(await house.acts("token.refused"))


async def test_a_refresh_token_is_its_clients(house: OpenHouse, peer: Peer, lin: Person) -> None:
    given = await lin.approved(peer, OFFLINE)
    other = await symmetric(house, "other")
    assert error_of(await other.refresh(given["refresh_token"])) == (400, "invalid_grant")
    foreign = {"client_id": other.name, "client_secret": other.secret,
               "token": given["refresh_token"]}  # fmt: skip
    assert (await post(house, "/oauth/revoke", foreign)).status_code == 200
    assert (await peer.refresh(given["refresh_token"])).status_code == 200


async def test_a_revoked_refresh_token_takes_everything_with_it(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, OFFLINE)
    assert await status(house, given["access_token"], ACT) == 200
    form = {"client_id": peer.name, "client_secret": peer.secret, "token": given["refresh_token"]}
    for _ in range(2):
        assert (await post(house, "/oauth/revoke", form)).status_code == 200
    assert await status(house, given["access_token"], ACT) == 401
    assert error_of(await peer.refresh(given["refresh_token"])) == (400, "invalid_grant")
    assert len(await house.acts("token.ended")) == 1


# ---- what tokens stand on ----------------------------------------------------------------------


async def test_tokens_end_with_the_session_in_which_they_were_approved(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    online = await lin.approved(peer, ONLINE)
    offline = await lin.approved(peer, OFFLINE)
    assert await status(house, online["access_token"], ACT) == 200
    assert (await lin.browser.delete(f"{API}/session")).status_code == 200
    assert await status(house, online["access_token"], ACT) == 401
    assert error_of(await peer.refresh(online["refresh_token"])) == (400, "invalid_grant")
    assert await status(house, offline["access_token"], ACT) == 200  # he only went home
    assert (await peer.refresh(offline["refresh_token"])).status_code == 200


async def test_a_person_sees_what_he_has_approved_and_ends_it(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    kept = await lin.approved(peer, OFFLINE)
    gone = await lin.approved(peer, "offline_access launch/patient", patient=PATIENT)
    newest, oldest = (await lin.browser.get(f"{API}/me/apps")).json()
    assert (newest["app"], newest["patient"], oldest["patient"]) == ("growth", "P1^H1", "")
    assert [one["scope"] for one in oldest["scopes"]] == OFFLINE.split()
    async with person(house, "mei") as mei:
        assert (await mei.browser.get(f"{API}/me/apps")).json() == []
        foreign = await mei.browser.delete(f"{API}/me/apps/{newest['id']}")
        assert foreign.json()["error"]["code"] == "LY-1815"
    left = await lin.browser.delete(f"{API}/me/apps/{newest['id']}")
    assert [one["id"] for one in left.json()] == [oldest["id"]]
    assert error_of(await peer.refresh(gone["refresh_token"])) == (400, "invalid_grant")
    assert (await peer.refresh(kept["refresh_token"])).status_code == 200
    again = await lin.browser.delete(f"{API}/me/apps/{newest['id']}")
    assert again.status_code == 404


async def test_a_session_that_an_administrator_ends_takes_every_token_along(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    offline = await lin.approved(peer, OFFLINE)
    assert await status(house, offline["access_token"], ACT) == 200
    await house.ask("DELETE", "/accounts/lin/sessions")
    assert await status(house, offline["access_token"], ACT) == 401
    assert error_of(await peer.refresh(offline["refresh_token"])) == (400, "invalid_grant")


@pytest.mark.parametrize("whose", ["lin", "growth"])
async def test_tokens_end_with_either_account(
    house: OpenHouse, peer: Peer, lin: Person, whose: str
) -> None:
    given = await lin.approved(peer, OFFLINE)
    assert await status(house, given["access_token"], ACT) == 200
    await house.ask("PATCH", f"/accounts/{whose}", json={"state": "disabled"})
    assert await status(house, given["access_token"], ACT) == 401
    assert (await peer.refresh(given["refresh_token"])).status_code in {400, 401}


async def test_tokens_shrink_with_the_roles_of_their_person(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, OFFLINE)
    role = (await house.ask("GET", "/accounts/lin"))["roles"][0]["id"]
    await house.ask("DELETE", f"/accounts/lin/roles/{role}")
    assert await status(house, given["access_token"], ACT) == 403
    assert (await peer.refresh(given["refresh_token"])).json()["scope"] == "offline_access"


async def test_an_app_that_is_registered_anew_must_be_approved_anew(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, OFFLINE)
    assert await status(house, given["access_token"], ACT) == 200
    await register(house, "growth", "symmetric", scopes="openid")
    assert await status(house, given["access_token"], ACT) == 401
    (act, *_) = reversed(await house.acts("account.app_registered"))
    assert act["approvals_ended"] == 1


async def test_the_fifty_first_approval_ends_the_first(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    first = await lin.approved(peer, OFFLINE)
    for _ in range(50):
        asked, _ = peer.request(OFFLINE)
        await lin.decide(asked)
    assert error_of(await peer.refresh(first["refresh_token"])) == (400, "invalid_grant")


# ---- keys that are not what they seem ----------------------------------------------------------


async def test_no_trick_with_a_signed_assertion_gets_a_code_exchanged(
    house: OpenHouse, lin: Person
) -> None:
    key = RSAKey.generate_key(2048, {"kid": "app"})
    await register(house, "signer", "asymmetric")
    keys = {"keys": [key.as_dict(private=False)]}
    await house.ask("PUT", "/accounts/signer/public-keys", json=keys)
    signer = Peer(house, "signer")
    code = await a_code(signer, lin)
    public_pem = key.as_pem(private=False)

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")

    def said(**changed: Any) -> dict[str, Any]:
        now = int(SystemClock().now().timestamp())
        return {"iss": "signer", "sub": "signer", "aud": f"{house.address}/oauth/token",
                "exp": now + 200, "jti": RandomIds().new_id().hex, **changed}  # fmt: skip

    def signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
        header = {"alg": "RS384", "kid": "app", **header}
        return jws.serialize_compact(header, orjson.dumps(claims), key, ["RS384"])

    hmacked = f"{part({'alg': 'HS384', 'kid': 'app'})}.{part(said())}"
    mac = hashlib.new("sha384", public_pem + hmacked.encode()).digest()
    now = int(SystemClock().now().timestamp())
    tricks = [
        f"{part({'alg': 'none', 'kid': 'app'})}.{part(said())}.",
        f"{hmacked}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}",
        signed({"kid": "../../app"}, said()),
        signed({"kid": "app' OR '1'='1"}, said()),
        signed({}, said(exp=now - 120)),
        signed({}, said(iat=now + 3600)),
        signed({}, said(aud="https://other.test/token")),
    ]
    form = exchange(code, signer.verifier)
    for trick in tricks:
        proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": trick}
        assert error_of(await post(house, "/oauth/token", form | proof)) == (401, "invalid_client")
    good = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed({}, said())}
    assert (await post(house, "/oauth/token", form | good)).status_code == 200
    assert error_of(await post(house, "/oauth/token", form | good)) == (401, "invalid_client")


# ---- registration ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.test/cb", "https://app.test/cb#x", "javascript:alert(1)", "data:text/html,x",
        "https://*.test/cb", "https://u:p@app.test/", "https:///cb", "ftp://app.test/",
        "https://app.test/a b", "https://app.test/\\evil", "https://app.test:x/", "/cb", "",
        "https://app.test/" + "x" * 500, "file:///etc/passwd", "https://app.test/<script>",
    ],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_not_registered(uri: str) -> None:
    with pytest.raises(BadApp):
        check_address(uri)


@pytest.mark.parametrize(
    "uri",
    ["https://app.test/cb?x=1", "http://127.0.0.1:8000/cb", "http://[::1]:8000/", "cn.app.one:/cb"],
)
def test_an_address_of_an_app_is_registered(uri: str) -> None:
    check_redirect_uris([uri])


@given_(st.text(max_size=80))
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    try:
        check_address(text)
    except BadApp:
        return
    assert sent_back(text, {"a": "b"}).startswith(text)


async def test_registering_is_for_whoever_manages_accounts(house: OpenHouse, lin: Person) -> None:
    body = {"kind": "public", "redirect_uris": [CALLBACK], "scopes": "openid"}
    answer = await lin.browser.put(f"{API}/accounts/lin/app", json=body)
    assert answer.json()["error"]["code"] == "LY-1800"
    await house.ask("PUT", "/accounts/lin/app", json=body, status=404)  # a person is no app
    await register(house, "bad", scopes="patient/x", status=422)
    await register(house, "bad", redirect_uris=[], status=422)
    await register(house, "bad", redirect_uris=[CALLBACK, CALLBACK], status=422)
    await register(house, "bad", launch_uri="http://app.test", status=422)
    assert (await house.ask("GET", "/accounts/bad/app", status=404))["error"]["code"] == "LY-1865"


# ---- small things ------------------------------------------------------------------------------


def test_the_example_of_rfc_7636_is_verified() -> None:
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert is_verified("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge)
    assert not is_verified("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK", challenge)
    assert not is_verified(challenge, challenge)


@pytest.mark.parametrize("value", ["", " ", "a^b", "a|b", "a\nb", "x" * 101])
def test_a_number_that_is_none_is_no_context(value: str) -> None:
    with pytest.raises(ContextMissing):
        identifier_of(value, "H1", what="a patient", what_zh="患者")
    with pytest.raises(ContextMissing):
        identifier_of("P1", value, what="a patient", what_zh="患者")


async def test_starts_and_tokens_have_a_limit(house: OpenHouse, peer: Peer, lin: Person) -> None:
    body = {"app": "growth", "patient": PATIENT}
    for _ in range(20):
        assert (await lin.browser.post(f"{API}/apps/launches", json=body)).status_code == 200
    assert (await lin.browser.post(f"{API}/apps/launches", json=body)).status_code == 429
    gone = await lin.browser.post(f"{API}/apps/launches", json={"app": "nobody"})
    assert gone.json()["error"]["code"] == "LY-1865"
