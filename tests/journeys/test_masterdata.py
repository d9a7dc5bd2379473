"""A master file from a real socket to the screen, and back again by hand and from a table."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.ports import free_port
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .clinic import END, START, Clinic
from .conftest import CHROMIUM, FLAGS, open_house

pytestmark = pytest.mark.slow

HR = """
channel: personnel
description: 主数据：人事系统 → 平台
source: {{ connector: mllp, port: {port}, default_codec: utf-8 }}
destinations:
  - {{ name: record, connector: mllp, address: "127.0.0.1:{record}" }}
"""


class Office(Clinic):
    """A clinic with a channel for master files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.hr_port = free_port()

    def start(self) -> None:
        channels = self.folder / "content" / "channels"
        (channels / "personnel.yaml").write_text(
            HR.format(port=self.hr_port, record=self.record.port), encoding="utf-8"
        )
        super().start()
        self.until(lambda: _listens(self.hr_port), "the channel of master files does not listen")

    def send_master_file(self, control_id: str, *segments: str) -> str:
        """Send an MFN over MLLP; return the code of the answer."""
        head = f"MSH|^~\\&|HR|CLINIC|||20260301081502||MFN^Z01|{control_id}|P|2.5.1"
        body = "\r".join([head, "MFI|ORG||UPD|||NE", *segments]) + "\r"
        with socket.create_connection(("127.0.0.1", self.hr_port), timeout=20) as wire:
            wire.sendall(START + body.encode() + END)
            answer = b""
            while END not in answer:
                chunk = wire.recv(65536)
                assert chunk
                answer += chunk
        found = re.search(r"MSA\|(\w\w)\|", answer.decode())
        assert found
        return found.group(1)

    def get(self, path: str) -> Any:
        return self._get(path)

    def post(self, path: str, body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.address}/api/v1{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the platform on this installation."""
        return subprocess.run(
            [sys.executable, "-m", "lianyi.cli", *words, "--data", str(self.folder / "data"),
             "--content", str(self.folder / "content")],
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(check: Callable[[], Any]) -> Any:
    for _ in range(200):
        if found := check():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen in ten seconds")


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with open_house(Office) as office:
        yield office


def parents(office: Office, as_of: str) -> dict[str, str | None]:
    tree = office.get(f"/masterdata/trees/management?as_of={as_of}")
    return {node["code"]: node["parent"] for node in tree["nodes"]}


def accept_all(office: Office) -> None:
    """Accept what systems propose, as soon as there is something."""
    found = eventually(lambda: office.get("/masterdata/proposals")["items"])
    keys = [{"position": one["position"], "part": one["part"]} for one in found]
    office.post("/masterdata/proposals/decisions", {"accept": True, "proposals": keys})


def test_a_master_file_over_a_real_socket_is_master_data_a_moment_later(office: Office) -> None:
    answer = office.send_master_file(
        "MF1",
        "MFE|MAD|1||H1|CE", "ZOG|H1|测试医院|Test Hospital|HOSP",
        "MFE|MAD|2||D01|CE", "ZOG|D01|内科|Medicine|DEPT|H1",
        "MFE|MUP|3|20260601|D01|CE", "ZOG|D01|消化内科",
    )  # fmt: skip
    assert answer == "AA"
    accept_all(office)  # rights hang on the tree: a person says yes to what a system says
    eventually(lambda: parents(office, "2026-03-01") == {"H1": None, "D01": "H1"})
    for day, name in (("2026-05-31", "内科"), ("2026-06-01", "消化内科")):
        assert office.get(f"/masterdata/organisation/D01?as_of={day}")["record"]["name_zh"] == name
    sayings = office.get("/masterdata/organisation/D01/changes")
    (saying, *_) = [one for one in sayings if one["kind"].startswith("hl7v2")]
    trace = office.get(f"/messages/{saying['position']}")
    assert trace["kind"] == "hl7v2 MFN^Z01"


def test_what_was_learned_survives_a_restart_and_a_rebuild(office: Office) -> None:
    before = json.loads(office.run("projection", "digest", "masterdata", "--json").stdout)
    office.stop()
    office.start()
    after = json.loads(office.run("projection", "digest", "masterdata", "--json").stdout)
    for told in (before, after):
        del told["positions"]  # who looked meanwhile stands in the log, too
    assert after == before

    done = office.run("projection", "rebuild", "masterdata", "--json")
    assert done.returncode == 0, done.stderr
    rebuilt = json.loads(done.stdout)
    assert (rebuilt["same"], rebuilt["digest"]) == (True, before["digest"])
    assert office.send_master_file("MF2", "MFE|MAD|1||D05|CE", "ZOG|D05|儿科|||H1") == "AA"
    accept_all(office)
    eventually(lambda: parents(office, "2026-03-01").get("D05") == "H1")
    rows = json.loads(office.run("projection", "list", "--json").stdout)
    (row,) = [one for one in rows if one["name"] == "masterdata"]
    assert (row["name"], row["version"], row["live"]) == ("masterdata", before["version"] + 1, True)


def test_a_table_comes_in_by_command_and_says_which_rows_were_left(office: Office) -> None:
    file = office.folder / "departments.csv"
    file.write_bytes("编码,名称,上级\nD31,检验科,H1\nD32,营养科,H9\n".encode("gb18030"))
    done = office.run("masterdata", "import", str(file), "--kind", "organisation")
    assert done.returncode == 1, done.stderr
    assert "H9" in done.stderr
    assert parents(office, "2026-03-01") | {"D31": "H1", "D32": None} == parents(
        office, "2026-03-01"
    )
    nothing = office.run("projection", "rebuild", "weather")
    assert nothing.returncode == 1
    assert "LY-2001" in nothing.stderr


# --- in the browser -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "tools/need_browser.sh installs one"
    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(office: Office, browser: Browser) -> Iterator[Page]:
    """The console of a person in the information department, signed in."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(f"{office.address}/?token={office.token}")
    page.get_by_role("link", name="主数据").click()
    expect(page.get_by_role("heading", name="主数据", level=1)).to_be_visible()
    yield page
    context.close()
    assert complaints == []


def fill(page: Page, **values: str) -> None:
    """Fill a dialog and send it."""
    dialog = page.get_by_role("dialog")
    for label, value in values.items():
        dialog.get_by_label(re.compile(f"^{label}")).fill(value)
    dialog.get_by_role("button", name="确定").click()
    expect(dialog).to_have_count(0)


@pytest.mark.browser
def test_a_person_puts_up_a_department_and_sees_what_it_was_on_another_day(
    office: Office, page: Page
) -> None:
    office.send_master_file("B1", "MFE|MAD|1||B00|CE", "ZOG|B00|门诊部")
    eventually(lambda: "B00" in parents(office, "2026-03-01"))
    page.get_by_role("button", name="新建机构").click()
    fill(page, 编码="B01", 名称="康复科", 生效日期="2026-01-01", 上级编码="B00")

    tree = page.get_by_role("region", name="管理树")
    expect(tree.get_by_role("link", name="康复科")).to_be_visible()
    page.get_by_label("日期").fill("2025-12-31")
    expect(page.get_by_role("status").filter(has_text="2025-12-31")).to_be_visible()
    expect(tree.get_by_role("link", name="门诊部")).to_be_visible()
    expect(tree.get_by_role("link", name="康复科")).to_have_count(0)
    page.get_by_role("button", name="今天").click()

    tree.get_by_role("link", name="康复科").click()
    page.get_by_role("button", name="修改", exact=True).click()
    fill(page, 自="2026-02-01", 名称="康复医学科")
    expect(page.get_by_role("heading", name="康复医学科", level=1)).to_be_visible()
    page.get_by_label("日期").fill("2026-01-31")
    expect(page.get_by_role("heading", name="康复科", level=1)).to_be_visible()
    names = page.get_by_role("region", name="名称历史")
    expect(names.get_by_role("listitem")).to_have_count(2)


@pytest.mark.browser
def test_a_split_shows_its_lineage_and_a_mistake_can_be_taken_back(
    office: Office, page: Page
) -> None:
    office.send_master_file("B2", "MFE|MAD|1||C00|CE", "ZOG|C00|中心")
    eventually(lambda: "C00" in parents(office, "2026-03-01"))
    page.goto(f"{office.address}/masterdata/organisation/C00?as_of=2026-02-01")
    page.get_by_role("button", name="拆分").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("新机构，每行一个：编码 名称").fill("C01 一中心\nC02 二中心")
    dialog.get_by_role("button", name="确定").click()
    lineage = page.get_by_role("region", name="沿革")
    expect(lineage.get_by_role("link", name="二中心")).to_be_visible()
    expect(page.get_by_text("当日不存在")).to_be_visible()

    changes = page.get_by_role("region", name="变更记录")
    expect(changes.get_by_role("listitem")).to_have_count(2)  # the split is the newest
    changes.get_by_role("button", name="撤回").first.click()
    ask = page.get_by_role("dialog")
    ask.get_by_label("原因").fill("拆错了")
    ask.get_by_role("button", name="撤回").click()
    expect(changes.get_by_text("已撤回")).to_be_visible()
    expect(lineage).to_have_count(0)
    expect(page.get_by_text("当日有效").first).to_be_visible()


@pytest.mark.browser
def test_what_cannot_be_is_said_in_the_dialog_and_what_came_broken_in_a_list(
    office: Office, page: Page
) -> None:
    page.get_by_role("button", name="新建机构").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("编码", exact=True).fill("E01")
    dialog.get_by_label("上级编码").fill("没有")
    dialog.get_by_role("button", name="确定").click()
    expect(dialog.get_by_text("LY-2011")).to_be_visible()
    dialog.get_by_role("button", name="取消").click()

    office.send_master_file("B3", "MFE|MAD|1||F01|CE", "ZOG|F01|儿科|||NOWHERE")
    eventually(lambda: "F01" in parents(office, "2026-03-01"))
    page.get_by_role("tab", name="未学习").click()
    aside = page.get_by_role("region", name="未能学习的内容")
    expect(aside.get_by_role("row").filter(has_text="NOWHERE")).to_be_visible()

    page.get_by_role("tab", name="机构", exact=True).click()
    page.get_by_label("名称").fill("儿科")
    page.get_by_label("名称").press("Enter")
    rows = page.get_by_role("region", name="机构").get_by_role("row")
    expect(rows.filter(has_text="F01")).to_be_visible()


@pytest.mark.browser
def test_a_person_decides_what_a_system_says_about_the_tree_and_picks_from_it_by_keyboard(
    office: Office, page: Page
) -> None:
    sent = office.send_master_file("MF9", "MFE|MAD|1||D61|CE", "ZOG|D61|康复科|||H1")
    assert sent == "AA"
    eventually(lambda: office.get("/masterdata/proposals")["items"])
    page.get_by_role("tab", name="待确认").click()
    row = page.get_by_role("row").filter(has_text="康复科")
    expect(row).to_contain_text("测试医院")
    row.get_by_role("button", name="接受").click()
    page.get_by_role("dialog").get_by_role("button", name="接受").click()
    expect(row).to_have_count(0)
    assert parents(office, "2026-03-01")["D61"] == "H1"

    page.get_by_role("tab", name="机构树").click()
    page.get_by_role("button", name="新建机构").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^编码")).fill("D62")
    picker = dialog.get_by_role("combobox", name=re.compile("^上级"))
    picker.press_sequentially("康复科")
    expect(dialog.get_by_role("option")).to_have_count(2)  # what matches, and what is above it
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        picker.press(key)
    expect(picker).to_have_value("D61")
    expect(dialog.get_by_text("康复科")).to_be_visible()
    dialog.get_by_role("button", name="确定").click()
    expect(dialog).to_have_count(0)
    assert parents(office, "2030-01-01")["D62"] == "D61"
