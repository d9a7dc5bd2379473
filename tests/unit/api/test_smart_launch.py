"""Apps are let in, driven by authlib: discovery, both launches, tokens, identity, refreshing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from benchmarks.ports import free_port
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from lianyi.base.clock import SystemClock
from lianyi.security.smart.model import Context

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
    status,
    symmetric,
)
from .outside import API, OpenHouse, open_house

STANDALONE = "launch/patient openid fhirUser offline_access patient/Observation.rs"
RSA = RSAKey.generate_key(2048, {"kid": "app"})


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


async def fetched(house: OpenHouse, path: str) -> Any:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        answer = await client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["access-control-allow-origin"] == "*"
    return answer.json()


# ---- discovery ---------------------------------------------------------------------------------


async def test_discovery_names_what_smart_asks_for(house: OpenHouse) -> None:
    found = await fetched(house, "/.well-known/smart-configuration")
    assert found["issuer"] == house.address
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert {"authorization_code", "client_credentials"} <= set(found["grant_types_supported"])
    assert found["response_types_supported"] == ["code"]
    assert found["authorization_response_iss_parameter_supported"] is True
    assert {"RS384", "ES384"} == set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert len(found["capabilities"]) == len(set(found["capabilities"]))
    assert "registration_endpoint" not in found
    for name in ("oauth-authorization-server", "openid-configuration"):
        other = await fetched(house, f"/.well-known/{name}")
        assert {key: other[key] for key in found if key in other} == {
            key: value for key, value in found.items() if key != "capabilities"
        }


async def test_every_endpoint_that_discovery_names_is_there(house: OpenHouse) -> None:
    found = await fetched(house, "/.well-known/smart-configuration")
    for endpoint in ("token_endpoint", "revocation_endpoint", "introspection_endpoint"):
        assert (await post(house, found[endpoint], {"x": "y"})).status_code == 401
    assert (await post(house, found["authorization_endpoint"], {"x": "y"})).status_code == 422
    keys = await fetched(house, urlsplit(found["jwks_uri"]).path)
    assert [key["kty"] for key in keys["keys"]] == ["RSA"]
    assert not {"d", "p", "q"} & keys["keys"][0].keys()


# ---- standalone launch -------------------------------------------------------------------------


async def test_a_standalone_launch_ends_with_tokens_for_the_chosen_patient(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    asked, state = peer.request(STANDALONE)
    sent = await lin.sent(asked)
    assert sent.status_code == 303
    page = urlsplit(sent.headers["location"])
    assert (page.path, page.netloc) == ("/authorize", "")
    carried = {name: values[0] for name, values in parse_qs(page.query).items()}
    assert carried == asked

    shown = await lin.asked(carried)
    assert (shown["app"], shown["host"], shown["misses"]) == ("growth", "app.test", ["patient"])
    words = {one["scope"]: one["zh"] for one in shown["scopes"]}
    assert words["patient/Observation.rs"] == "查看、检索该患者的检验结果、体征与其他观察"
    assert await lin.decide(carried, status=422) == "LY-1867"

    url = await lin.decide(carried, patient=PATIENT)
    back = answered(url)
    assert back.keys() == {"tenant", "code", "state", "iss"}
    assert (back["state"], back["iss"], back["tenant"]) == (state, house.address, "7")

    given = await peer.fetch(url, state)
    assert given["token_type"] == "Bearer"
    assert 0 < given["expires_in"] <= 300
    assert given["patient"] == "P1^H1"
    assert given["need_patient_banner"] is True
    assert set(given["scope"].split()) == set(STANDALONE.split())
    kinds = [act["method"] for act in await house.acts("token.given")]
    assert kinds == ["code"]
    (approved,) = await house.acts("app.approved")
    assert (approved["actor"], approved["app"]) == ("lin", "growth")


async def test_the_answer_with_tokens_is_kept_by_nobody_and_read_by_pages(
    house: OpenHouse, lin: Person
) -> None:
    await register(house, "spa")
    spa = Peer(house, "spa")
    asked, _ = spa.request("user/AuditEvent.r")
    code = answered(await lin.decide(asked))["code"]
    answer = await spa.token(
        {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK,
         "code_verifier": spa.verifier}
    )  # fmt: skip
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "refresh_token" not in answer.json()
    assert "patient" not in answer.json()


async def test_an_app_may_send_the_browser_with_a_form(peer: Peer, lin: Person) -> None:
    asked, _ = peer.request("openid")
    sent = await lin.browser.post("/oauth/authorize", data=asked)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/authorize?")


async def test_a_person_gives_no_more_than_he_has_and_the_app_gets_no_more_than_it_may(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    asks = "user/AuditEvent.cruds user/Organization.rs user/Condition.rs system/Organization.rs"
    given = await lin.approved(peer, asks)
    assert given["scope"] == "user/AuditEvent.rs"
    async with person(house, "mei") as mei:
        asked, _ = peer.request("user/AuditEvent.rs")
        assert (await mei.asked(asked, status=403))["error"]["code"] == "LY-1800"


async def test_scopes_of_smart_1_0_are_taken_and_answered_as_those_of_today(
    peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, "user/AuditEvent.read patient/*.read", patient=PATIENT)
    assert given["scope"] == "patient/*.rs user/AuditEvent.rs"


async def test_a_person_says_no(house: OpenHouse, peer: Peer, lin: Person) -> None:
    asked, state = peer.request("openid")
    back = answered(await lin.decide(asked, approve=False))
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", state, house.address)
    assert len(await house.acts("app.refused")) == 1


# ---- launch from here --------------------------------------------------------------------------


async def launched(lin: Person, app: str, **more: Any) -> dict[str, str]:
    body = {"app": app, "patient": PATIENT, **more}
    answer = await lin.browser.post(f"{API}/apps/launches", json=body)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    url = urlsplit(found["url"])
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://app.test/launch"
    return {name: values[0] for name, values in parse_qs(url.query).items()}


async def test_a_launch_from_here_carries_patient_and_encounter(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    encounter = {"value": "V1", "authority": "H1"}
    handed = await launched(lin, "growth", encounter=encounter, need_patient_banner=False)
    assert handed["iss"] == house.address
    asked, state = peer.request("launch patient/Patient.r", launch=handed["launch"])
    shown = await lin.asked(asked)
    assert (shown["patient"], shown["encounter"], shown["misses"]) == ("P1^H1", "V1^H1", [])
    given = await peer.fetch(await lin.decide(asked), state)
    context = given["patient"], given["encounter"], given["need_patient_banner"]
    assert context == ("P1^H1", "V1^H1", False)
    assert await lin.decide(asked, status=409) == "LY-1866"  # once


async def test_a_launch_is_for_its_person_and_its_app(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    handed = await launched(lin, "growth")
    other = await symmetric(house, "other")
    asked, _ = other.request("launch", launch=handed["launch"])
    await lin.asked(asked, status=409)
    asked, _ = peer.request("launch", launch=handed["launch"])
    async with person(house, "mei") as mei:
        await mei.asked(asked, status=409)
    for wrong in ("x", "ly_lau_" + "0" * 49):
        await lin.asked({**asked, "launch": wrong}, status=409)
    await house.pool.execute("UPDATE security.app_launch SET expires_at = now()")
    await lin.asked(asked, status=409)


async def test_a_launch_that_names_no_handle_is_told_to_the_app(peer: Peer, lin: Person) -> None:
    asked, _ = peer.request("launch openid")
    assert answered((await lin.sent(asked)).headers["location"])["error"] == "invalid_request"


# ---- who it is ---------------------------------------------------------------------------------


async def test_a_signed_token_says_who_it_is(house: OpenHouse, peer: Peer, lin: Person) -> None:
    asked, state = peer.request("openid fhirUser")
    asked["nonce"] = "n-1"
    given = await peer.fetch(await lin.decide(asked), state)
    keys = KeySet.import_key_set(await fetched(house, "/oauth/keys"))
    token = jwt.decode(given["id_token"], keys, algorithms=["RS256"])
    account = await house.pool.fetchval("SELECT account FROM security.account WHERE name = 'lin'")
    now = SystemClock().now().timestamp()
    assert token.header["alg"] == "RS256"
    assert token.claims["iss"] == house.address
    assert token.claims["aud"] == "growth"
    assert token.claims["sub"] == str(account)
    assert token.claims["nonce"] == "n-1"
    assert token.claims["fhirUser"] == f"{house.address}/Practitioner/{account}"
    assert token.claims["iat"] - 60 <= now <= token.claims["exp"]
    stored = await house.pool.fetchval("SELECT sealed FROM security.signing_key")
    assert b'"d"' not in stored


async def test_without_openid_nothing_says_who_it_is(peer: Peer, lin: Person) -> None:
    assert "id_token" not in await lin.approved(peer, "user/AuditEvent.r")


# ---- refreshing --------------------------------------------------------------------------------


async def test_each_refresh_token_is_followed_by_the_next(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, STANDALONE, patient=PATIENT)
    seen = {given["refresh_token"]}
    for _ in range(3):
        answer = await peer.refresh(given["refresh_token"])
        assert answer.status_code == 200, answer.text
        given = answer.json()
        assert given["patient"] == "P1^H1"
        assert given["scope"] == str(given["scope"])
        assert given["refresh_token"] not in seen
        seen.add(given["refresh_token"])
    assert await status(house, given["access_token"], "/audit") == 403  # an app may not list acts


async def test_authlibs_client_refreshes_by_itself(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, "online_access user/AuditEvent.r")
    updated: list[dict[str, Any]] = []

    async def update(token: dict[str, Any], **_: Any) -> None:
        updated.append(token)

    async with peer.client(
        token={**given, "expires_at": 1},
        token_endpoint=f"{house.address}/oauth/token",
        update_token=update,
    ) as client:
        act = await client.get(f"{house.address}{API}/audit/0-1/fhir")
    assert act.json()["resourceType"] == "AuditEvent"
    assert [one["refresh_token"] != given["refresh_token"] for one in updated] == [True]


async def test_a_refresh_may_ask_for_less_and_never_for_more(peer: Peer, lin: Person) -> None:
    given = await lin.approved(peer, "offline_access user/AuditEvent.rs")
    more = await peer.refresh(given["refresh_token"], scope="user/AuditEvent.rs user/Patient.r")
    assert error_of(more) == (400, "invalid_scope")
    less = await peer.refresh(given["refresh_token"], scope="user/AuditEvent.r")
    assert less.json()["scope"] == "user/AuditEvent.r"
    whole = await peer.refresh(less.json()["refresh_token"])
    assert whole.json()["scope"] == "offline_access user/AuditEvent.rs"


# ---- other ways to show who the app is ---------------------------------------------------------


async def test_an_app_signs_with_its_key(house: OpenHouse, lin: Person) -> None:
    await register(house, "signer", "asymmetric")
    keys = {"keys": [RSA.as_dict(private=False)]}
    await house.ask("PUT", "/accounts/signer/public-keys", json=keys)
    private = RSA.as_dict(private=True)
    signer = Peer(house, "signer", extra={
        "client_secret": private, "token_endpoint_auth_method": "private_key_jwt",
    })  # fmt: skip

    def client(**more: Any) -> AsyncOAuth2Client:
        made = Peer.client(signer, **more)
        endpoint = f"{house.address}/oauth/token"
        until = {"exp": int(SystemClock().now().timestamp()) + 240}
        made.register_client_auth_method(
            PrivateKeyJWT(endpoint, claims=until, headers={"kid": "app"}, alg="RS384")
        )
        return made

    signer.client = client  # type: ignore[method-assign]
    given = await lin.approved(signer, "openid user/AuditEvent.r")
    assert await status(house, given["access_token"], "/audit/0-1/fhir") == 200


async def test_a_backend_service_gets_system_scopes_that_it_is_registered_for(
    house: OpenHouse, peer: Peer
) -> None:
    role = {"role": "integration-watcher", "organisation": "*", "reason": "t"}
    await house.ask("POST", "/accounts/growth/roles", json=role)
    form = {"grant_type": "client_credentials", "scope": "system/*.rs"}
    given = (await peer.token(form)).json()
    assert given["scope"] == "system/Organization.rs"
    let_in = await status(house, given["access_token"], "/masterdata/organisation")
    assert let_in == 503  # nobody learns in this house
    assert await status(house, given["access_token"], "/masterdata/practitioner") == 403
    assert await status(house, given["access_token"], "/overview") == 403
    for scope in ("system/Patient.r", "user/AuditEvent.r", "system/*.rs channels.read", "system/x"):
        assert error_of(await peer.token({**form, "scope": scope})) == (400, "invalid_scope")
    explained = await post(house, "/oauth/introspect", {
        "client_id": peer.name, "client_secret": peer.secret, "token": given["access_token"],
    })  # fmt: skip
    assert explained.json()["scope"] == "system/Organization.rs"


# ---- what a token is good for ------------------------------------------------------------------


async def test_a_token_opens_what_its_scopes_name_and_nothing_else(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    token = (await lin.approved(peer, "user/AuditEvent.r openid"))["access_token"]
    assert await status(house, token, "/audit/0-1/fhir") == 200
    for path in ("/audit", "/audit/0-1", "/masterdata/organisation", "/roles", "/accounts"):
        assert await status(house, token, path) == 403, path
    many = {str(n): "x" for n in range(101)}
    assert await status(house, token, "/audit/0-1/fhir", **many) == 403
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert (await client.get(f"{API}/session")).json()["account"] is None
        asked, _ = peer.request("openid")
        more = await client.post(f"{API}/apps/question", json={"request": asked})
        assert more.json()["error"]["code"] == "LY-1868"
        assert (await client.get("/ops")).status_code == 401
        assert (await client.get("/metrics")).status_code in {200, 403}
    looked = [act for act in await house.acts("access.get_act_as_fhir") if act["actor"] == "lin"]
    assert [(act["app"], act["result"]) for act in looked] == [
        ("growth", "allowed"),
        ("growth", "refused"),
    ]


async def test_a_right_of_a_patient_does_not_open_what_is_said_of_others(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, "launch/patient patient/*.rs", patient=PATIENT)
    assert await status(house, given["access_token"], "/audit/0-1/fhir") == 403


async def test_a_token_opens_the_doors_of_care_to_whoever_may_go_through_himself(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    scopes = "launch/patient patient/Observation.crus"
    async with person(house, "shen", "clinician") as shen:
        for who, opens in ((shen, True), (lin, False)):
            token = (await who.approved(peer, scopes, patient=PATIENT))["access_token"]
            async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
                client.headers["Authorization"] = f"Bearer {token}"
                read = await client.get("/fhir/Observation/1")
                other = await client.get("/fhir/Condition/1")
            assert (read.status_code != 403) is opens
            assert other.status_code == 403


async def test_a_token_is_explained_with_its_context(
    house: OpenHouse, peer: Peer, lin: Person
) -> None:
    given = await lin.approved(peer, STANDALONE, patient=PATIENT)
    form = {"client_id": peer.name, "client_secret": peer.secret, "token": given["access_token"]}
    found = (await post(house, "/oauth/introspect", form)).json()
    assert found["active"] is True
    assert set(found["scope"].split()) == set(STANDALONE.split())
    assert (found["client_id"], found["patient"]) == ("growth", "P1^H1")
    assert found["fhirUser"].endswith(found["sub"])
    assert found["exp"] > found["iat"]
    await house.ask("PATCH", "/accounts/lin", json={"state": "disabled"})
    assert (await post(house, "/oauth/introspect", form)).json() == {"active": False}


def test_the_stored_context_is_read_back() -> None:
    for context in (Context(), Context("P1^H1", "V1^H1", banner=False)):
        assert Context.of_json(orjson.loads(orjson.dumps(context.as_json()))) == context
