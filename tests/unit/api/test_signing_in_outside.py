"""People sign in through a real OpenID provider and a real directory, work, and leave."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import pyotp
import pytest
from benchmarks.ports import free_port
from hypothesis import given
from hypothesis import strategies as st
from playwright.async_api import async_playwright
from tests.peers.node import install
from tests.peers.oidc import HERE, Browser, OidcPeer
from tests.peers.slapd import BASE, PASSWORD, PROGRAM, READER, READER_PASSWORD, Slapd

from lianyi.api.browser import BINDING, own_path
from lianyi.api.guard import COOKIE
from lianyi.base.clock import SystemClock
from lianyi.security.identities import account_names
from lianyi.security.providers.provider import ExternalIdentity

from .outside import API, OpenHouse, open_house

ROOT = Path(__file__).parents[3]
ROLES = [{"group": "laboratory", "role": "integration-watcher", "organisation": "H1"}]


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def peer(port: int) -> Iterator[OidcPeer]:
    install(HERE)
    home = f"http://127.0.0.1:{port}{API}/session/hospital"
    found = OidcPeer(redirect_uri=f"{home}/finish", backchannel_uri=f"{home}/logged-out")
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    if not PROGRAM.exists() and os.geteuid() == 0:
        subprocess.run([ROOT / "tools" / "need_slapd.sh"], check=False, timeout=300)
    if not PROGRAM.exists():
        pytest.skip("there is no OpenLDAP server here: tools/need_slapd.sh installs it")
    with tempfile.TemporaryDirectory(prefix="lianyi-slapd-") as folder:
        server = Slapd(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
async def house(database: str, tmp_path: Path, port: int) -> AsyncIterator[OpenHouse]:
    async with open_house(database, tmp_path, port) as found:
        yield found


@pytest.fixture
def oidc(house: OpenHouse, peer: OidcPeer, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "secret").write_text("throw-away: s/ecret\n")
    keys = {
        "kind": "oidc",
        "title": {"zh": "统一身份", "en": "Hospital"},
        "issuer": peer.issuer,
        "client_id": "lianyi basic",
        "client_secret_file": tmp_path / "secret",
        "redirect_uri": f"{house.address}{API}/session/hospital/finish",
        "userinfo": True,
        "create_accounts": True,
        "grants": ROLES,
    }
    house.write_provider("hospital", **keys)
    return keys


@pytest.fixture
def ldap(house: OpenHouse, slapd: Slapd, tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "reader").write_text(READER_PASSWORD)
    keys = {
        "kind": "ldap",
        "title": {"zh": "院内目录", "en": "Directory"},
        "servers": [slapd.tls],
        "ca_file": slapd.authority.ca_file,
        "base": f"ou=people,{BASE}",
        "bind_as": READER,
        "bind_password_file": tmp_path / "reader",
        "groups": "memberOf",
        "create_accounts": True,
        "grants": [{**ROLES[0], "group": f"cn=laboratory,ou=groups,{BASE}"}],
    }
    house.write_provider("directory", **keys)
    return keys


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    found = Browser()
    yield found
    await found.close()


async def come_back(
    house: OpenHouse, browser: Browser, login: str, *, return_to: str = "/messages"
) -> httpx.Response:
    begin = f"{house.address}{API}/session/hospital/begin?{urlencode({'return_to': return_to})}"
    callback = f"{house.address}{API}/session/hospital/finish"
    query = await browser.sign_in(begin, login, until=callback)
    return await browser.client.get(callback, params=query)


async def who(house: OpenHouse, browser: Browser) -> Any:
    return (await browser.client.get(f"{house.address}{API}/session")).json()["account"]


# ---- OpenID Connect ----------------------------------------------------------------------------


async def test_a_person_signs_in_works_and_leaves(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    session = (await browser.client.get(f"{house.address}{API}/session")).json()
    assert session["providers"] == [
        {"name": "hospital", "title_zh": "统一身份", "title_en": "Hospital", "kind": "redirect"}
    ]

    page = await come_back(house, browser, "lin", return_to="/messages?sender=LIS")

    assert page.status_code == 200
    assert 'content="0;url=/messages?sender=LIS"' in page.text
    cookie = next(c for c in page.headers.get_list("set-cookie") if c.startswith(COOKIE))
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    me = await who(house, browser)
    assert (me["name"], me["display_name"], me["roles"]) == (
        "lin",
        "Doctor lin",
        ["integration-watcher"],
    )
    assert me["factors"] == ["hospital"]
    assert not me["must_change"]
    assert me["permissions"]["messages.read"] == ["H1"]
    assert (await browser.client.get(f"{house.address}{API}/channels")).status_code == 200

    left = await browser.client.request(
        "DELETE", f"{house.address}{API}/session", headers={"X-Lianyi": "1"}
    )
    assert await who(house, browser) is None
    await browser.sign_out(left.json()["logout_url"])

    assert [one["provider"] for one in await house.acts("account.created")] == ["hospital"]
    assert [one["role"] for one in await house.acts("role.assigned")] == ["integration-watcher"]
    assert len(await house.acts("session.began")) == 1


async def test_the_second_time_it_is_the_same_account(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    await come_back(house, browser, "lin")
    assert len(await house.acts("account.created")) == 1
    links = await house.ask("GET", "/accounts/lin/identities")
    assert [(one["provider"], one["subject"]) for one in links] == [("hospital", "lin")]
    assert links[0]["seen_at"]


async def test_nobody_becomes_a_namesake(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await house.ask("POST", "/accounts", json={"name": "lin", "display_name": "另一位"})
    await come_back(house, browser, "lin")
    assert (await who(house, browser))["name"] == "lin.hospital"


async def test_who_has_no_account_is_told_so_and_an_administrator_links_him(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    house.write_provider("hospital", **{**oidc, "create_accounts": False})
    page = await come_back(house, browser, "wei")
    assert page.status_code == 403
    assert "LY-1856" in page.text
    assert "您在本平台还没有账户" in page.text
    assert COOKIE not in page.headers.get("set-cookie", "")
    refused = (await house.acts("session.refused"))[-1]
    assert (refused["code"], refused["outside"]) == ("LY-1856", "wei")

    await house.ask("POST", "/accounts", json={"name": "wei", "display_name": "魏"})
    wanted = {"provider": "hospital", "subject": "wei"}
    await house.ask("POST", "/accounts/wei/identities", json=wanted)
    twice = await house.ask("POST", "/accounts/wei/identities", json=wanted, status=409)
    assert twice["error"]["code"] == "LY-1857"

    await come_back(house, browser, "wei")
    assert (await who(house, browser))["name"] == "wei"
    await house.ask("DELETE", "/accounts/wei/identities", params=wanted)
    await asyncio.sleep(0)
    assert await who(house, browser) is None, "the session that began through the link ends"
    assert [one["kind"] for one in (await house.ask("GET", "/accounts"))["items"]] == ["person"]


async def test_a_role_ends_when_the_group_is_gone(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    by_hand = {"role": "integration-watcher", "organisation": "H2", "reason": "代班"}
    await house.ask("POST", "/accounts/lin/roles", json=by_hand)
    house.write_provider("hospital", **{**oidc, "grants": [{**ROLES[0], "group": "radiology"}]})

    await come_back(house, browser, "lin")

    roles = (await house.ask("GET", "/accounts/lin"))["roles"]
    assert [one["organisation"] for one in roles] == ["H2"], "what a person gave stays"
    assert (await who(house, browser))["permissions"]["messages.read"] == ["H2"]
    assert [one["organisation"] for one in await house.acts("role.unassigned")] == ["H1"]


async def test_a_role_that_no_file_describes_or_that_excludes_another_is_not_given(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    grants = [
        {**ROLES[0], "role": "no-such-role"},
        {**ROLES[0], "role": "security-administrator", "organisation": "*"},
        {**ROLES[0], "role": "audit-administrator", "organisation": "*"},
    ]
    house.write_provider("hospital", **{**oidc, "grants": grants})
    await come_back(house, browser, "lin")
    assert len((await who(house, browser))["roles"]) == 1


async def test_a_disabled_account_stays_out(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    await house.ask("PATCH", "/accounts/lin", json={"state": "disabled"})
    assert await who(house, browser) is None
    assert (await come_back(house, browser, "lin")).status_code == 403


async def test_an_answer_serves_only_the_browser_that_began_and_once(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    begin = f"{house.address}{API}/session/hospital/begin"
    callback = f"{house.address}{API}/session/hospital/finish"
    query = await browser.sign_in(begin, "lin", until=callback)
    async with httpx.AsyncClient(trust_env=False) as victim:
        page = await victim.get(callback, params=query)
        assert (page.status_code, COOKIE in victim.cookies) == (409, False)
        assert "LY-1852" in page.text
    assert (await browser.client.get(callback, params=query)).status_code == 409, "it is used up"

    query = await browser.sign_in(begin, "lin", until=callback)
    assert (await browser.client.get(callback, params=query)).status_code == 200
    assert (await browser.client.get(callback, params=query)).status_code == 409


async def test_two_windows_of_a_browser_do_not_disturb_each_other(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    begin = f"{house.address}{API}/session/hospital/begin"
    callback = f"{house.address}{API}/session/hospital/finish"
    one = await browser.sign_in(begin, "lin", until=callback)
    other = await browser.sign_in(begin, "lin", until=callback)
    for query in (one, other):
        assert (await browser.client.get(callback, params=query)).status_code == 200


async def test_the_way_back_is_bound_by_a_short_lived_cookie(
    house: OpenHouse, oidc: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"{house.address}{API}/session/hospital/begin")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(BINDING)
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie
    assert "path=/api/v1/session" in cookie


async def test_an_answer_by_form_is_brought_by_the_browser_itself(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    begin = f"{house.address}{API}/session/hospital/begin"
    callback = f"{house.address}{API}/session/hospital/finish"
    query = await browser.sign_in(begin, "lin", until=callback)
    async with httpx.AsyncClient(trust_env=False) as sender:
        answer = await sender.post(callback, data=query)
    assert answer.status_code == 303
    way = answer.headers["location"]
    assert way.startswith(urlsplit(callback).path + "?")
    assert (await browser.client.get(house.address + way)).status_code == 200
    assert (await who(house, browser))["name"] == "lin"


async def test_a_logout_over_there_ends_the_session_here(
    house: OpenHouse, oidc: dict[str, Any], peer: OidcPeer, browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    assert await who(house, browser)
    await browser.sign_out(f"{peer.issuer}/session/end")
    for _ in range(100):
        if await who(house, browser) is None:
            break
        await asyncio.sleep(0.1)
    assert await who(house, browser) is None
    ended = await house.acts("session.ended")
    assert [(one["actor"], one["subject"]) for one in ended] == [("sign-in/hospital", "lin")]


async def test_a_logout_that_nobody_signed_ends_nothing(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    for data in ({"logout_token": "a.b.c"}, {}):
        answer = await browser.client.post(
            f"{house.address}{API}/session/hospital/logged-out", data=data
        )
        assert answer.status_code == 400
    assert await who(house, browser)


async def test_the_code_of_a_second_factor_is_asked_for_after_the_way_back(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    await come_back(house, browser, "lin")
    change = {"X-Lianyi": "1"}
    own = f"{house.address}{API}/me/second-factor"
    offer = (await browser.client.post(own, headers=change)).json()

    def code() -> str:
        return pyotp.TOTP(offer["secret"]).at(SystemClock().now())

    done = await browser.client.post(own + "/confirm", json={"code": code()}, headers=change)
    assert done.status_code == 200, done.text
    recovery = done.json()["codes"]
    browser.client.cookies.delete(COOKIE)

    page = await come_back(house, browser, "lin")
    assert page.status_code == 200
    assert 'name="code"' in page.text
    assert await who(house, browser) is None
    key = page.text.partition('name="key" value="')[2].partition('"')[0]
    where = f"{house.address}{API}/session/hospital/code"
    wrong = await browser.client.post(where, data={"key": key, "code": "000000"})
    assert wrong.status_code == 401
    again = await browser.client.post(where, data={"key": key, "code": recovery[0]})
    assert again.status_code == 409, "one try"

    page = await come_back(house, browser, "lin")
    key = page.text.partition('name="key" value="')[2].partition('"')[0]
    right = await browser.client.post(where, data={"key": key, "code": recovery[0]})
    assert right.status_code == 200, right.text
    assert (await who(house, browser))["factors"] == ["hospital", "one-time code"]


async def test_a_provider_that_is_not_there_is_a_page_that_says_so(house: OpenHouse) -> None:
    for path in ("begin", "finish"):
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{house.address}{API}/session/nobody/{path}")
        assert answer.status_code == 404
        assert "LY-1859" in answer.text


# ---- where the browser goes --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "//evil.test", "/\\evil.test", "\\/evil.test", "https://evil.test", "javascript:alert(1)",
        "", "messages", "/\t/evil.test", "/a\nb", "/a b", "/api/v1/session/x/begin", "/％2f", "/ä",
        "/" + "a" * 3000,
    ],
)  # fmt: skip
def test_a_foreign_address_becomes_the_first_page(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize("path", ["/", "/messages", "/trace/1-5?tab=raw&x=%2F%2Fevil#top"])
def test_our_own_paths_stay(path: str) -> None:
    assert own_path(path) == path


@given(st.text(alphabet="/\\:.aé @?#\t\n%", max_size=12))
def test_no_text_leads_to_another_site(text: str) -> None:
    whole = urljoin("https://lianyi.test/x", own_path(text).replace("\\", "/"))
    assert urlsplit(whole).netloc == "lianyi.test"


async def test_a_foreign_return_address_is_dropped(
    house: OpenHouse, oidc: dict[str, Any], browser: Browser
) -> None:
    page = await come_back(house, browser, "lin", return_to="//evil.test/")
    assert "evil" not in page.text
    assert 'content="0;url=/"' in page.text


@given(st.text(max_size=80), st.text(min_size=1, max_size=80))
def test_every_name_of_a_directory_gives_a_name_for_an_account(user: str, subject: str) -> None:
    identity = ExternalIdentity("ad", subject, user, "", "", (), SystemClock().now())
    names = account_names(identity)
    assert names
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,62}", name) for name in names)
    digest = hashlib.sha256(f"ad {subject}".encode("utf-8", "surrogatepass")).hexdigest()
    assert names[-1].endswith(digest[:10])


# ---- LDAP --------------------------------------------------------------------------------------


async def sign_in(house: OpenHouse, **wanted: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=house.address, trust_env=False) as client:
        return await client.post(f"{API}/session", json=wanted)


async def test_a_person_signs_in_with_the_password_of_the_directory(
    house: OpenHouse, ldap: dict[str, Any]
) -> None:
    offered = (await house.ask("GET", "/session"))["providers"]
    assert [(one["name"], one["kind"]) for one in offered] == [("directory", "password")]
    answer = await sign_in(house, provider="directory", name="lin", password=PASSWORD)
    assert answer.status_code == 200, answer.text
    me = answer.json()["account"]
    assert (me["name"], me["display_name"], me["roles"]) == (
        "lin",
        "林医生",
        ["integration-watcher"],
    )
    async with httpx.AsyncClient(base_url=house.address, cookies=answer.cookies) as client:
        assert (await client.get(f"{API}/channels")).status_code == 200
        left = await client.delete(f"{API}/session", headers={"X-Lianyi": "1"})
        assert left.json()["logout_url"] is None
        assert (await client.get(f"{API}/channels")).status_code == 401


async def test_a_wrong_password_of_the_directory_is_refused_and_written_down(
    house: OpenHouse, ldap: dict[str, Any]
) -> None:
    answer = await sign_in(house, provider="directory", name="lin", password="wrong")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "LY-1850"
    refused = await house.acts("session.refused")
    assert [(one["provider"], one["outside"]) for one in refused] == [("directory", None)]
    assert "lin" not in str(refused)


async def test_the_directory_counts_as_two_factors_only_when_its_file_says_so(
    house: OpenHouse, ldap: dict[str, Any]
) -> None:
    file = {**ldap, "factors": ["pwd", "otp"]}
    house.write_provider("directory", **file)
    answer = await sign_in(house, provider="directory", name="lin", password=PASSWORD)
    assert answer.json()["account"]["factors"] == ["directory"]
    house.write_provider("directory", **{**file, "second_factors": ["otp", "mfa"]})
    answer = await sign_in(house, provider="directory", name="lin", password=PASSWORD)
    assert answer.json()["account"]["factors"] == ["directory", "otp"]


async def test_a_password_is_no_answer_to_a_provider_of_redirects(
    house: OpenHouse, oidc: dict[str, Any]
) -> None:
    answer = await sign_in(house, provider="hospital", name="lin", password="x")
    assert answer.status_code == 404


# ---- a real browser ----------------------------------------------------------------------------


async def test_a_real_browser_that_comes_from_another_site_is_signed_in_at_once(
    house: OpenHouse, port: int, tmp_path: Path
) -> None:
    """``localhost`` and ``127.0.0.1`` are two sites; the session cookie is SameSite=Strict."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no browser here")
    install(HERE)
    home = f"http://localhost:{port}"
    peer = OidcPeer(
        redirect_uri=f"{home}{API}/session/hospital/finish",
        backchannel_uri=f"{home}{API}/session/hospital/logged-out",
    )
    peer.start()
    (tmp_path / "secret").write_text("throw-away: s/ecret\n")
    house.write_provider(
        "hospital",
        kind="oidc",
        title={"zh": "统一身份", "en": "Hospital"},
        issuer=peer.issuer,
        client_id="lianyi basic",
        client_secret_file=tmp_path / "secret",
        redirect_uri=f"{home}{API}/session/hospital/finish",
        create_accounts=True,
    )
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"]
            )
            page = await browser.new_page()
            await page.goto(f"{home}{API}/session/hospital/begin?return_to=/messages")
            await page.fill("input[name=login]", "lin")
            await page.fill("input[name=password]", "any")
            await page.click("button[type=submit]")
            async with page.expect_request(f"{home}/messages", timeout=30_000) as asked:
                await page.click("button[type=submit]")
            sent = await (await asked.value).all_headers()
            await page.wait_for_url(f"{home}/messages")
            session = await page.evaluate("fetch('/api/v1/session').then(answer => answer.json())")
            await browser.close()
    finally:
        peer.stop()
    assert COOKIE in sent.get("cookie", ""), "already the first page of the console has it"
    assert session["account"]["name"] == "lin"
