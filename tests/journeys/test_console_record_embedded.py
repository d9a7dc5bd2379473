"""A journey within another system: its page holds the record of one patient in a frame."""

from __future__ import annotations

import json
import re
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import BrowserContext, Page, expect
from tests.peers.ehr import CLIENT, SECRET, Ehr

from .clinic import Clinic
from .conftest import open_clinic
from .people import asking, hire, sign_in
from .test_console_record import admission, result

pytestmark = pytest.mark.browser


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing of it."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Ward(ThreadingHTTPServer):
    """The other system: a page at an origin of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self.folder = folder
        self.origin = f"http://127.0.0.1:{self.server_port}"

    def hold(self, address: str) -> str:
        """Write a page with an address in a frame; return its own address."""
        frame = f'<iframe src="{address}" width="1200" height="800" title="record"></iframe>'
        (self.folder / "page.html").write_text(f"<!doctype html><body>{frame}</body>")
        return f"{self.origin}/page.html"


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with tempfile.TemporaryDirectory() as folder:
        server = Ward(Path(folder))
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def ehr() -> Iterator[Ehr]:
    found = Ehr()
    numbers = [{"system": "http://emr.test/numbers", "value": "7001"}]
    found.patients["p-7"] = {"resourceType": "Patient", "id": "p-7", "identifier": numbers}
    found.start()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def clinic(ward: Ward, ehr: Ehr) -> Iterator[Clinic]:
    origins = json.dumps([ward.origin, ehr.origin])
    with open_clinic(f"[embedding]\nframe_origins = {origins}\n") as clinic:
        yield clinic


def key_of_the_ward_system(clinic: Clinic) -> str:
    """Register the other system; return its key."""
    administrator = asking(clinic)
    administrator.post("/accounts", {"name": "emr", "display_name": "病历", "kind": "service"})
    role = {"role": "clinical-system", "organisation": "*", "reason": "接入"}
    administrator.post("/accounts/emr/roles", role)
    return str(administrator.post("/accounts/emr/keys", {"title": "k"})["secret"])


def link(clinic: Clinic, key: str) -> str:
    """Ask for a link as the other system does."""
    body = json.dumps({"patient": "7001^CLINIC", "user": "zhao.doctor"}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{clinic.address}/api/v1/record/links", body, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.load(answer)["address"])


def test_another_system_shows_one_record_in_its_page_once(
    clinic: Clinic, ward: Ward, context: BrowserContext, complaints: list[str]
) -> None:
    password = hire(clinic, "zhao.doctor", "赵医生", "clinician")
    clinic.send(admission())
    clinic.send(result("K1", "20260301090000", "4.10", "N"))
    page = context.new_page()
    sign_in(clinic, page, "zhao.doctor", password)
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="病历").click()
    page.get_by_label("姓名、号码或患者标识").fill("7001^CLINIC")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("7001"))).to_be_visible()  # learned
    context.clear_cookies()  # the other system's page knows nothing of his own sign-in

    address = link(clinic, key_of_the_ward_system(clinic))
    page.goto(ward.hold(address))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("list", name="过敏与警示")).to_contain_text("青霉素")
    expect(
        frame.get_by_role("region", name="查看依据").or_(
            frame.get_by_role("region", name="脱敏显示")
        )
    ).to_be_visible()
    expect(frame.get_by_role("navigation", name="主导航")).to_have_count(0)
    frame.get_by_role("navigation", name="病历分类").get_by_role("button", name="检验").click()
    expect(frame.get_by_role("listitem").filter(has_text="4.10")).to_be_visible()
    assert complaints == []

    page.reload()
    expect(page.frame_locator("iframe").get_by_role("alert")).to_contain_text("链接已被使用")
    expect(page.frame_locator("iframe").get_by_role("alert")).to_contain_text("LY-2383")


def register(clinic: Clinic, ehr: Ehr, *, user: str) -> None:
    """Let the ward system launch us, and its user be one of ours."""
    ehr.redirect_uri = f"{clinic.address}/embed/launched"
    clinic.share("ehr-secret", SECRET)
    keys = {
        "provider": "ward", "kind": "smart", "title": {"zh": "病房系统", "en": "Ward"},
        "issuer": ehr.origin, "fhir": ehr.fhir, "client_id": CLIENT,
        "client_secret_file": str(clinic.data.parent / "content" / "ehr-secret"),
        "redirect_uri": ehr.redirect_uri, "system": "emr",
        "authorities": {"http://emr.test/numbers": "CLINIC"},
    }  # fmt: skip
    clinic.share("sign-in/ward.yaml", yaml.safe_dump(keys))
    linked = {"provider": "ward", "subject": ehr.user}
    asking(clinic).post(f"/accounts/{user}/identities", linked)


def test_another_system_launches_the_record_of_its_patient_in_its_page(
    clinic: Clinic, ehr: Ehr, context: BrowserContext, complaints: list[str]
) -> None:
    register(clinic, ehr, user="zhao.doctor")
    page = context.new_page()
    page.goto(ehr.hold(f"{clinic.address}/embed/launch?{ehr.launch('p-7')}"))
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("list", name="过敏与警示")).to_contain_text("青霉素")
    expect(frame.get_by_role("navigation", name="主导航")).to_have_count(0)
    frame.get_by_role("navigation", name="病历分类").get_by_role("button", name="检验").click()
    expect(frame.get_by_role("listitem").filter(has_text="4.10")).to_be_visible()
    assert context.cookies() == []
    assert complaints == []

    ehr.refuses = True
    page.goto(ehr.hold(f"{clinic.address}/embed/launch?{ehr.launch('p-7')}"))
    expect(page.frame_locator("iframe").get_by_role("alert")).to_contain_text("LY-1850")


def test_no_page_of_another_origin_holds_it(
    clinic: Clinic, ward: Ward, context: BrowserContext
) -> None:
    page: Page = context.new_page()
    stranger = ward.hold(f"{clinic.address}/embed/record#link=x").replace("127.0.0.1", "localhost")
    page.goto(stranger)
    page.wait_for_timeout(500)
    assert page.frames[1].url.startswith("chrome-error:")
