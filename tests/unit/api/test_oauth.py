"""Systems get tokens, use them, and lose them: over real HTTP, in the forms of the RFCs."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
import orjson
import pytest
from benchmarks.ports import free_port
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.security.oauth import ASSERTION_TYPE
from lianyi.security.oauth_assertions import Unproved, check_public_keys, read_claimed
from lianyi.security.oauth_problems import BadPublicKey

from .outside import API, OpenHouse, open_house

RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-384", {"kid": "ec"})
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    async with open_house(database, tmp_path, free_port()) as found:
        for name in ("pacs", "lis"):
            wanted = {"name": name, "display_name": name.upper(), "kind": "service"}
            await found.ask("POST", "/accounts", json=wanted)
        role = {"role": "integration-watcher", "organisation": "*", "reason": "接口"}
        await found.ask("POST", "/accounts/pacs/roles", json=role)
        yield found


@pytest.fixture
async def key(house: OpenHouse) -> str:
    return str((await house.ask("POST", "/accounts/pacs/keys", json={"title": "t"}))["secret"])


@pytest.fixture
async def system(house: OpenHouse) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        yield client


@pytest.fixture
async def signs(house: OpenHouse) -> None:
    keys = [RSA.as_dict(private=False), EC.as_dict(private=False)]
    await house.ask("PUT", "/accounts/pacs/public-keys", json={"keys": keys})


def post(key: str, **more: str) -> dict[str, str]:
    return {**GRANT, "client_id": "pacs", "client_secret": key, **more}


def claims(house: OpenHouse, **changed: Any) -> dict[str, Any]:
    now = int(SystemClock().now().timestamp())
    whole = {
        "iss": "pacs", "sub": "pacs", "aud": f"{house.address}/oauth/token",
        "exp": now + 240, "iat": now, "jti": RandomIds().new_id().hex, **changed,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def signed(
    said: dict[str, Any], *, key: Any = RSA, algorithm: str = "RS384", kid: str = ""
) -> dict[str, str]:
    header = {"alg": algorithm, "kid": kid or key.kid, "typ": "JWT"}
    token = jws.serialize_compact(header, orjson.dumps(said), key, algorithms=[algorithm])
    return {**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": token}


async def token_of(system: httpx.AsyncClient, form: dict[str, str], **more: Any) -> str:
    answer = await system.post("/oauth/token", data=form, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


async def may(system: httpx.AsyncClient, token: str, path: str = "/channels") -> int:
    answer = await system.get(API + path, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


async def test_a_key_in_the_body_gives_a_token_that_opens_the_doors(
    house: OpenHouse, system: httpx.AsyncClient, key: str
) -> None:
    answer = await system.post("/oauth/token", data=post(key))
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert given.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 300)
    assert "channels.read" in given["scope"].split()
    assert await may(system, given["access_token"]) == 200
    assert await may(system, given["access_token"], "/accounts") == 403
    acts = await house.acts("token.given")
    assert [(one["actor"], one["method"]) for one in acts] == [("pacs", "key")]
    stored = await house.pool.fetchval("SELECT stored FROM security.access_token")
    assert len(stored) == 32
    assert given["access_token"] not in str(acts)


async def test_a_key_in_the_header_is_form_encoded_first(
    system: httpx.AsyncClient, key: str
) -> None:
    value = base64.b64encode(f"{quote_plus('pacs')}:{quote_plus(key)}".encode()).decode()
    await token_of(system, GRANT, headers={"Authorization": f"Basic {value}"})


async def test_a_scope_makes_a_token_narrower(system: httpx.AsyncClient, key: str) -> None:
    token = await token_of(system, post(key, scope="messages.read"))
    assert await may(system, token) == 403
    assert await may(system, token, "/messages") == 200


@pytest.mark.parametrize(
    ("algorithm", "key"), [("RS384", RSA), ("ES384", EC)], ids=["RS384", "ES384"]
)
async def test_a_signed_assertion_gives_a_token_once(
    house: OpenHouse, system: httpx.AsyncClient, signs: None, algorithm: str, key: Any
) -> None:
    form = signed(claims(house), key=key, algorithm=algorithm)
    assert await may(system, await token_of(system, form)) == 200
    again = await system.post("/oauth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


PROVES_NOTHING: list[dict[str, Any]] = [
    {"aud": "https://other.test/oauth/token"},
    {"aud": None},
    {"aud": ["https://other.test", "x"]},
    {"sub": "lis"},
    {"iss": "lis"},
    {"iss": "nobody", "sub": "nobody"},
    {"exp": 1_700_000_000},
    {"exp": None},
    {"exp": 9_999_999_999},
    {"exp": True},
    {"exp": 1e300},
    {"iat": 9_999_999_999},
    {"nbf": 9_999_999_999},
    {"jti": None},
    {"jti": ""},
    {"jti": 7},
    {"jti": "x" * 256},
]


async def test_an_assertion_that_proves_nothing_is_refused(
    house: OpenHouse, system: httpx.AsyncClient, signs: None
) -> None:
    for changed in PROVES_NOTHING:
        answer = await system.post("/oauth/token", data=signed(claims(house, **changed)))
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), changed
        assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_key_that_is_not_registered_proves_nothing(
    house: OpenHouse, system: httpx.AsyncClient, signs: None
) -> None:
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    for form in (
        signed(claims(house), key=other),
        signed(claims(house), kid="another"),
        signed(claims(house), kid="ec"),
        signed(claims(house), algorithm="RS256"),
        {**signed(claims(house)), "client_id": "lis"},
    ):
        answer = await system.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert len(await house.acts("token.refused")) == 5


def test_an_unsigned_assertion_is_none() -> None:
    def part(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    for algorithm in ("none", "HS384", "RS256"):
        head = part(f'{{"alg":"{algorithm}","kid":"rsa"}}')
        with pytest.raises(Unproved):
            read_claimed(f"{head}.{part('{}')}.")


@given(st.text(max_size=60) | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}"))
def test_no_text_breaks_the_reading_of_assertions(text: str) -> None:
    with pytest.raises(Unproved):
        read_claimed(text)


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"grant_type": "authorization_code"}, 400, "invalid_request"),
    ({"grant_type": "refresh_token"}, 400, "invalid_request"),
    ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
    ({"grant_type": None}, 400, "invalid_request"),
    ({"scope": "accounts.manage"}, 400, "invalid_scope"),
    ({"scope": "system/*.read"}, 400, "invalid_scope"),
    ({"client_id": "lis"}, 401, "invalid_client"),
    ({"client_id": None}, 401, "invalid_client"),
    ({"client_secret": "ly_key_wrong"}, 401, "invalid_client"),
    ({"client_secret": None}, 401, "invalid_client"),
    ({"client_assertion": "a.b.c"}, 400, "invalid_request"),
    ({"client_secret": None, "client_assertion": "a.b.c"}, 400, "invalid_request"),
]


async def test_refusals_speak_as_rfc_6749_says(system: httpx.AsyncClient, key: str) -> None:
    for change, status, error in REFUSALS:
        form = {name: value for name, value in {**post(key), **change}.items() if value is not None}
        answer = await system.post("/oauth/token", data=form)
        assert (answer.status_code, answer.json()["error"]) == (status, error), change
        assert answer.json()["error_description"].startswith("LY-")
        assert '"' not in answer.json()["error_description"]
        assert answer.headers["cache-control"] == "no-store"


async def test_a_form_is_a_form_and_says_each_thing_once(
    system: httpx.AsyncClient, key: str
) -> None:
    twice = await system.post(
        "/oauth/token",
        content="grant_type=client_credentials&scope=a&scope=b",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    assert (await system.post("/oauth/token", json=post(key))).json()["error"] == "invalid_request"
    long = await system.post("/oauth/token", data=post(key, scope="x" * 300_000))
    assert long.json()["error"]["code"] == "LY-1642"  # refused before anybody reads it


async def test_a_person_is_no_client(house: OpenHouse, system: httpx.AsyncClient) -> None:
    await house.ask("POST", "/accounts", json={"name": "lin", "display_name": "林"})
    keys = {"keys": [RSA.as_dict(private=False)]}
    await house.ask("PUT", "/accounts/lin/public-keys", json=keys, status=404)


async def test_a_revoked_token_opens_nothing(
    house: OpenHouse, system: httpx.AsyncClient, key: str
) -> None:
    token = await token_of(system, post(key))
    assert await may(system, token) == 200
    other = str((await house.ask("POST", "/accounts/lis/keys", json={"title": "t"}))["secret"])
    foreign = {"client_id": "lis", "client_secret": other, "token": token}
    refused = await system.post("/oauth/revoke", data=foreign)
    assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
    nothing = await system.post("/oauth/revoke", data=post(key))
    assert nothing.json()["error"] == "invalid_request"
    for _ in range(2):
        assert (await system.post("/oauth/revoke", data=post(key, token=token))).status_code == 200
    assert await may(system, token) == 401
    assert len(await house.acts("token.ended")) == 1


async def test_a_token_ends_with_what_it_stands_on(
    house: OpenHouse, system: httpx.AsyncClient, key: str, signs: None
) -> None:
    by_key = await token_of(system, post(key))
    by_signature = await token_of(system, signed(claims(house)))
    assert [await may(system, one) for one in (by_key, by_signature)] == [200, 200]
    name = (await house.ask("GET", "/accounts/pacs"))["keys"][0]["id"]
    await house.ask("DELETE", f"/accounts/pacs/keys/{name}")
    assert [await may(system, one) for one in (by_key, by_signature)] == [401, 200]
    await house.ask("PUT", "/accounts/pacs/public-keys", json={"keys": []})
    assert await may(system, by_signature) == 401


async def test_a_disabled_system_gets_nothing(
    house: OpenHouse, system: httpx.AsyncClient, key: str
) -> None:
    token = await token_of(system, post(key))
    await house.ask("PATCH", "/accounts/pacs", json={"state": "disabled"})
    assert await may(system, token) == 401
    assert (await system.post("/oauth/token", data=post(key))).status_code == 401


async def test_a_token_runs_out(database: str, tmp_path: Path, house: OpenHouse, key: str) -> None:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as system:
        token = await token_of(system, post(key))
        assert await may(system, token) == 200
        await house.pool.execute("UPDATE security.access_token SET expires_at = now()")
        house.app.state.keeper.signing_in.forget()
        assert await may(system, token) == 401
        await token_of(system, post(key))
    assert await house.pool.fetchval("SELECT count(*) FROM security.access_token") == 1


async def test_a_token_is_explained_to_its_owner_and_to_whoever_may_explain(
    house: OpenHouse, system: httpx.AsyncClient, key: str
) -> None:
    token = await token_of(system, post(key, scope="messages.read channels.read"))
    found = (await system.post("/oauth/introspect", data=post(key, token=token))).json()
    assert found["active"]
    assert (found["client_id"], found["scope"]) == ("pacs", "messages.read channels.read")
    assert found["exp"] - found["iat"] == 300
    other = str((await house.ask("POST", "/accounts/lis/keys", json={"title": "t"}))["secret"])
    foreign = {"client_id": "lis", "client_secret": other, "token": token}
    nothing = {"active": False}
    assert (await system.post("/oauth/introspect", data=foreign)).json() == nothing
    role = {"role": "audit-administrator", "organisation": "*", "reason": "审计"}
    await house.ask("POST", "/accounts/lis/roles", json=role)
    assert (await system.post("/oauth/introspect", data=foreign)).json()["active"]
    unknown = post(key, token="ly_acc_unknown")
    assert (await system.post("/oauth/introspect", data=unknown)).json() == nothing
    assert (await system.post("/oauth/introspect", data={"token": token})).status_code == 401


async def test_wrong_clients_must_wait(database: str, tmp_path: Path) -> None:
    async with (
        open_house(database, tmp_path, free_port(), address_failures_max=3) as house,
        httpx.AsyncClient(base_url=house.address, trust_env=False) as system,
    ):
        for _ in range(3):
            assert (await system.post("/oauth/token", data=GRANT)).status_code == 401
        assert (await system.post("/oauth/token", data=GRANT)).status_code == 429


@pytest.mark.parametrize(
    "keys",
    [
        [RSA.as_dict(private=True)],
        [{"kty": "oct", "k": "AAAA", "kid": "a"}],
        [{**RSA.as_dict(private=False), "kid": None}],
        [RSA.as_dict(private=False), {**EC.as_dict(private=False), "kid": "rsa"}],
        [{**ECKey.generate_key("P-256", private=False).as_dict(), "kid": "a"}],
        [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "a"}],
        [{**RSA.as_dict(private=False), "use": "enc"}],
        [{"kty": "RSA", "kid": "a"}],
        [{"kid": "a"}],
        [{**EC.as_dict(private=False), "kid": str(n)} for n in range(11)],
    ],
    ids=range(10),
)
def test_a_public_key_that_cannot_serve_is_not_registered(keys: list[dict[str, Any]]) -> None:
    with pytest.raises(BadPublicKey):
        check_public_keys(keys)


async def test_a_private_key_is_refused_and_not_kept(house: OpenHouse) -> None:
    keys = {"keys": [RSA.as_dict(private=True)]}
    answer = await house.ask("PUT", "/accounts/pacs/public-keys", json=keys, status=422)
    assert answer["error"]["code"] == "LY-1896"
    assert (await house.ask("GET", "/accounts/pacs/public-keys")) == {"keys": []}
