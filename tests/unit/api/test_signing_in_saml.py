"""Signing in through a real SAML identity provider, over real sockets."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from benchmarks.ports import free_port
from lxml import etree
from tests.peers import saml
from tests.peers.node import install

from .outside import API, OpenHouse, open_house

BEGIN, FINISH = f"{API}/session/staff/begin", f"{API}/session/staff/finish"


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[OpenHouse]:
    install(saml.HERE)
    async with open_house(database, tmp_path, free_port()) as found:
        yield found


class Sites:
    """The house, an identity provider, and a browser that obeys SameSite.

    A form that another site sends carries none of our cookies, as in a real browser.
    """

    def __init__(self, house: OpenHouse, folder: Path, **peer: str) -> None:
        metadata = f"{house.address}{API}/session/staff/metadata"
        self.house = house
        self.own = saml.key_pair(folder, "sp")
        self.idp = saml.SamlPeer(folder, metadata, **peer)

    def write(self, **keys: Any) -> None:
        self.house.write_provider(
            "staff",
            **{
                "kind": "saml",
                "title": {"zh": "统一身份", "en": "Staff"},
                "idp_entity_id": self.idp.entity_id,
                "sso_url": self.idp.sso_url,
                "idp_certificate_file": self.idp.certificate,
                "entity_id": f"{self.house.address}/saml",
                "acs_url": self.house.address + FINISH,
                "account_name": "uid",
                "create_accounts": True,
                "grants": [
                    {"group": "laboratory", "role": "integration-watcher", "organisation": "*"}
                ],
                **keys,
            },
        )

    async def answered(self, browser: httpx.AsyncClient, login: str) -> dict[str, str]:
        """Return the form with which the identity provider sends the browser back."""
        away = await browser.get(self.house.address + BEGIN, params={"return_to": "/queues?x=1"})
        assert away.status_code == 303, away.text
        page = await browser.get(away.headers["location"])
        action = re.search(r'action="([^"]+)"', page.text)
        assert action
        target = urljoin(str(page.url), html.unescape(action[1]))
        back = await browser.post(target, data={"login": login})
        assert back.status_code == 200, back.text
        action = re.search(r'action="([^"]+)"', back.text)
        assert action
        assert html.unescape(action[1]) == self.house.address + FINISH
        found = re.findall(r'name="(\w+)" value="([^"]*)"', back.text)
        return {name: html.unescape(value) for name, value in found}

    async def bring(self, form: dict[str, str]) -> httpx.Response:
        """Send the form as another site makes a browser send it: without cookies."""
        async with httpx.AsyncClient(trust_env=False, timeout=60) as foreign:
            return await foreign.post(self.house.address + FINISH, data=form)

    async def sign_in(self, browser: httpx.AsyncClient, login: str) -> httpx.Response:
        told = await self.bring(await self.answered(browser, login))
        assert told.status_code == 303, told.text
        return await browser.get(self.house.address + told.headers["location"])


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
async def sites(house: OpenHouse, tmp_path: Path) -> AsyncIterator[Sites]:
    found = Sites(house, tmp_path)
    found.write()
    found.idp.start()
    yield found
    found.idp.stop()


async def me(house: OpenHouse, browser: httpx.AsyncClient) -> Any:
    return (await browser.get(f"{house.address}{API}/session")).json()


@pytest.mark.parametrize("signs", ["assertion", "message", "both"])
@pytest.mark.parametrize("requests", ["plain", "signed"])
async def test_somebody_signs_in_whatever_is_signed(
    house: OpenHouse, tmp_path: Path, browser: httpx.AsyncClient, signs: str, requests: str
) -> None:
    sites = Sites(house, tmp_path, signs=signs, requests=requests)
    own = {"sp_certificate_file": sites.own[0], "sp_key_file": sites.own[1]}
    sites.write(**(own if requests == "signed" else {}))
    sites.idp.start()
    try:
        page = await sites.sign_in(browser, "lin")
    finally:
        sites.idp.stop()

    assert page.status_code == 200, page.text
    assert 'content="0;url=/queues?x=1"' in page.text
    seen = await me(house, browser)
    assert seen["signed_in"] is True
    assert seen["account"]["display_name"] == "林医生"
    assert seen["account"]["roles"] == ["integration-watcher"]
    links = await house.ask("GET", "/accounts/lin/identities")
    assert [(one["provider"], one["subject"]) for one in links] == [("staff", "p-0001")]
    (began,) = [one for one in await house.acts("session.began") if one["actor"] == "lin"]
    assert began["factors"] == ["staff"]


async def test_the_way_of_proof_counts_as_a_second_factor_when_the_file_says_so(
    sites: Sites, browser: httpx.AsyncClient
) -> None:
    sites.write(second_factors=["otp"])

    await sites.sign_in(browser, "wei")

    (began,) = [one for one in await sites.house.acts("session.began") if one["actor"] == "wei"]
    assert began["factors"] == ["staff", "otp"]


async def test_a_response_serves_once(sites: Sites, browser: httpx.AsyncClient) -> None:
    form = await sites.answered(browser, "lin")
    first = await sites.bring(form)
    assert first.status_code == 303

    again = await sites.bring(form)

    assert again.status_code == 409
    assert "LY-1852" in again.text
    page = await browser.get(sites.house.address + first.headers["location"])
    assert page.status_code == 200
    page = await browser.get(sites.house.address + first.headers["location"])
    assert page.status_code == 409


async def test_another_browser_is_not_signed_in_with_somebodys_response(
    sites: Sites, browser: httpx.AsyncClient
) -> None:
    told = await sites.bring(await sites.answered(browser, "lin"))

    async with httpx.AsyncClient(trust_env=False, timeout=60) as victim:
        page = await victim.get(sites.house.address + told.headers["location"])
        assert page.status_code == 409
        assert (await me(sites.house, victim))["signed_in"] is False
    assert [one["code"] for one in await sites.house.acts("session.refused")] == ["LY-1852"]


async def test_a_response_that_nobody_asked_for_is_refused(
    sites: Sites, browser: httpx.AsyncClient
) -> None:
    form = await sites.answered(browser, "lin")
    for state in ("", "0" * 32):
        told = await sites.bring({**form, "RelayState": state})
        assert told.status_code == 409
    assert (await sites.bring(form)).status_code == 303


async def test_a_response_to_another_request_is_refused(
    sites: Sites, browser: httpx.AsyncClient
) -> None:
    mine, other = await sites.answered(browser, "lin"), await sites.answered(browser, "wei")

    told = await sites.bring({**mine, "RelayState": other["RelayState"]})

    assert told.status_code == 401
    assert "LY-1850" in told.text


async def test_a_changed_response_is_refused(sites: Sites, browser: httpx.AsyncClient) -> None:
    form = await sites.answered(browser, "wei")
    whole = base64.b64decode(form["SAMLResponse"])
    changed = whole.replace(b"p-0002", b"p-0001")
    assert changed != whole

    told = await sites.bring({**form, "SAMLResponse": base64.b64encode(changed).decode()})

    assert told.status_code == 401
    refused = (await sites.house.acts("session.refused"))[-1]
    assert (refused["code"], refused["outside"]) == ("LY-1850", None)


async def test_a_browser_that_brings_no_response_is_not_signed_in(
    sites: Sites, browser: httpx.AsyncClient
) -> None:
    away = await browser.get(sites.house.address + BEGIN)
    state = parse_qs(urlsplit(away.headers["location"]).query)["RelayState"][0]

    page = await browser.get(sites.house.address + FINISH, params={"state": state})

    assert page.status_code == 409
    assert (await me(sites.house, browser))["signed_in"] is False


async def test_the_metadata_names_our_door(sites: Sites, browser: httpx.AsyncClient) -> None:
    path = f"{API}/session/staff/metadata"
    answer = await browser.get(sites.house.address + path)

    assert answer.headers["content-type"].startswith("application/samlmetadata+xml")
    root = etree.fromstring(answer.content)
    assert root.get("entityID") == f"{sites.house.address}/saml"
    (door,) = root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    assert door.get("Location") == sites.house.address + FINISH
    nothing = await browser.get(f"{sites.house.address}{API}/session/nobody/metadata")
    assert nothing.status_code == 404


async def test_the_sign_in_page_offers_it(sites: Sites, browser: httpx.AsyncClient) -> None:
    (offered,) = (await me(sites.house, browser))["providers"]
    assert (offered["name"], offered["kind"]) == ("staff", "redirect")
