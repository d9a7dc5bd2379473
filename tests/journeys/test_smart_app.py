"""An app of another site asks a person to let it act for him, in a real Chromium.

The tests of this file are one story, told in order: the app is registered, approved, refused.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .clinic import Clinic

pytestmark = pytest.mark.browser

APP, DOCTOR, PASSWORD = "growth", "zhao.doctor", "Lantern-Brisk-77-Ferry"
PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>生长曲线</title>
<link rel="icon" href="data:,">
<h1>生长曲线</h1><button id="connect">连接联医</button><pre id="told"></pre>
<script>
const platform = PLATFORM, scope = SCOPE
const home = location.origin + '/'
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
  .replace(/[+]/g, '-').replace(/[/]/g, '_').replace(/=/g, '')
const random = () => text(crypto.getRandomValues(new Uint8Array(33)))
const tell = (what) => { document.getElementById('told').textContent = JSON.stringify(what) }

async function ask() {
  const found = await (await fetch(platform + '/.well-known/smart-configuration')).json()
  const kept = { verifier: random(), state: random(), token: found.token_endpoint }
  sessionStorage.setItem('kept', JSON.stringify(kept))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(kept.verifier))
  location.assign(found.authorization_endpoint + '?' + new URLSearchParams({
    response_type: 'code', client_id: 'growth', redirect_uri: home, scope, state: kept.state,
    aud: platform, code_challenge: text(digest), code_challenge_method: 'S256',
  }))
}

async function answer(said) {
  const kept = JSON.parse(sessionStorage.getItem('kept'))
  if (said.get('state') !== kept.state || said.get('iss') !== platform) return tell('mixed up')
  if (said.has('error')) return tell({ error: said.get('error') })
  const given = await fetch(kept.token, { method: 'POST', body: new URLSearchParams({
    grant_type: 'authorization_code', client_id: 'growth', code: said.get('code'),
    redirect_uri: home, code_verifier: kept.verifier,
  }) })
  tell(await given.json())
}

document.getElementById('connect').addEventListener('click', ask)
const said = new URLSearchParams(location.search)
if (said.has('state')) answer(said)
</script></html>"""
SCOPE = "openid fhirUser launch/patient user/AuditEvent.r patient/Observation.cruds"


@pytest.fixture(scope="module")
def site(clinic: Clinic) -> Iterator[str]:
    """The address of the app: another site than the platform's."""
    page = PAGE.replace("PLATFORM", json.dumps(clinic.address)).replace("SCOPE", json.dumps(SCOPE))

    class Serves(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Serves)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def call(clinic: Clinic, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """Ask the API, as whoever started the platform for the first time or with a token."""
    request = urllib.request.Request(
        f"{clinic.address}/api/v1{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Authorization": f"Bearer {token or clinic.token}",
                 "Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def connect(page: Page, site: str) -> None:
    """Press the button of the app; the browser goes to the platform."""
    page.goto(site)
    page.get_by_role("button", name="连接联医").click()


def told(page: Page) -> Any:
    """What the app says it was told."""
    shown = page.locator("#told")
    expect(shown).not_to_be_empty()
    return json.loads(shown.inner_text())


def sign_in(page: Page, password: str) -> None:
    """Fill in the sign-in page."""
    page.get_by_label("账户名").fill(DOCTOR)
    page.get_by_label("口令", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def test_an_administrator_registers_an_app(clinic: Clinic, page: Page, site: str) -> None:
    call(clinic, "POST", "/accounts", {"name": APP, "display_name": "生长曲线", "kind": "service"})
    page.goto(f"{clinic.address}/accounts/{APP}?token={clinic.token}")
    panel = page.get_by_role("region", name="SMART 应用")
    expect(panel).to_contain_text("未登记为应用")
    panel.get_by_role("button", name="登记为应用").click()
    form = panel.get_by_role("form", name="SMART 应用")
    form.get_by_label("返回地址").fill("http://growth.test/")
    form.get_by_label("最多可获得的 scope").fill(SCOPE)
    form.get_by_role("button", name="保存").click()
    expect(form.get_by_role("alert")).to_contain_text("地址须以 https://")
    form.get_by_label("返回地址").fill(site)
    form.get_by_role("button", name="保存").click()
    expect(panel).to_contain_text("公开客户端（无密钥）")
    expect(panel).to_contain_text("user/AuditEvent.r")


def test_a_person_signs_in_approves_and_the_app_gets_a_token(
    clinic: Clinic, page: Page, site: str
) -> None:
    wanted = {"name": DOCTOR, "display_name": "赵医生"}
    first = call(clinic, "POST", "/accounts", wanted)["password"]
    role = {"role": "audit-administrator", "organisation": "*", "reason": "t"}
    call(clinic, "POST", f"/accounts/{DOCTOR}/roles", role)

    connect(page, site)
    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()
    sign_in(page, first)
    page.get_by_label("当前口令").fill(first)
    page.get_by_label("新口令", exact=True).fill(PASSWORD)
    page.get_by_label("再次输入新口令").fill(PASSWORD)
    page.get_by_role("button", name="修改口令").click()

    asked = page.get_by_role("form", name="应用请求授权")
    expect(asked).to_contain_text("生长曲线")
    scopes = asked.get_by_role("list", name="请求的权限")
    expect(scopes).to_contain_text("查看您有权访问的审计记录")
    changing = scopes.get_by_role("listitem").filter(has_text="检验结果")
    expect(changing).to_contain_text("会修改数据")
    expect(asked).to_contain_text(site.split("/")[2])
    approve = asked.get_by_role("button", name="同意")
    expect(approve).to_be_disabled()
    patient = asked.get_by_role("group", name="为哪位患者")
    patient.get_by_label("号码").fill("T0001")
    patient.get_by_label("发号机构").fill("CLINIC")
    approve.click()

    page.wait_for_url(lambda url: url.startswith(site))
    given = told(page)
    assert (given["token_type"], given["patient"]) == ("Bearer", "T0001^CLINIC")
    assert set(given["scope"].split()) == set(SCOPE.split())
    assert given["id_token"].count(".") == 2
    act = call(clinic, "GET", "/audit/0-1/fhir", token=given["access_token"])
    assert act["resourceType"] == "AuditEvent"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        call(clinic, "GET", "/accounts", token=given["access_token"])

    page.goto(f"{clinic.address}/me")
    mine = page.get_by_role("region", name="我授权的应用")
    expect(mine.get_by_role("listitem")).to_contain_text("T0001^CLINIC")
    mine.get_by_role("button", name="终止授权").click()
    page.get_by_role("dialog").get_by_role("button", name="终止授权").click()
    expect(mine).to_contain_text("没有授权任何应用")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        call(clinic, "GET", "/audit/0-1/fhir", token=given["access_token"])


def test_a_person_says_no_and_the_app_is_told(clinic: Clinic, page: Page, site: str) -> None:
    connect(page, site)
    sign_in(page, PASSWORD)
    page.get_by_role("form", name="应用请求授权").get_by_role("button", name="拒绝").click()
    page.wait_for_url(lambda url: url.startswith(site))
    assert told(page) == {"error": "access_denied"}


def test_an_app_that_nobody_knows_gets_no_browser_back(
    clinic: Clinic, page: Page, site: str
) -> None:
    page.goto(f"{clinic.address}/oauth/authorize?client_id=other&redirect_uri={site}")
    expect(page.get_by_text("LY-1860 未知的应用")).to_be_visible()
