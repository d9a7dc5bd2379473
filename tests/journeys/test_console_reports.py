"""A journey from the order of a report to the letter with the number of the screen in it."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from aiosmtpd.controller import Controller
from benchmarks.ports import free_port
from playwright.sync_api import BrowserContext, Page, expect
from tests.unit.applications.indicators.reports.postbox import Postbox, pdf_of

from lianyi.base.clock import SystemClock
from lianyi.projections.operational.star import month_of

from .clinic import Clinic
from .conftest import open_clinic
from .people import asking, hire, sign_in
from .test_console_indicators import PHONE, ZONE, put

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def box() -> Iterator[Postbox]:
    """A mail server on this machine."""
    box = Postbox(port=free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture(scope="module")
def clinic(box: Postbox) -> Iterator[Clinic]:
    """A clinic that mails."""
    mail = {
        "LIANYI__MAIL__HOST": "127.0.0.1",
        "LIANYI__MAIL__PORT": str(box.port),
        "LIANYI__MAIL__SECURITY": "none",
        "LIANYI__MAIL__SENDER": "lianyi@hospital.test",
    }
    before = dict(os.environ)
    os.environ.update(mail)
    try:
        with open_clinic() as clinic:
            yield clinic
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def last_month() -> datetime:
    """Noon on the tenth of the last whole month, by the hospital's own clock."""
    first = SystemClock().now().astimezone(ZONE).replace(day=1, hour=12, minute=0)
    return (first - timedelta(days=1)).replace(day=10)


def fill(clinic: Clinic) -> str:
    """Five patients left in the last month, two of them were operated; return the month."""
    at = last_month()
    month = month_of(at.date())
    stays: list[dict[str, Any]] = [
        {
            "encounter": f"CLINIC^R{n}",
            "patient": f"820{n}^CLINIC",
            "class": "inpatient",
            "discharging": "D1" if n < 3 else "D2",
            "admitted_at": at - timedelta(days=4),
            "discharged_at": at + timedelta(hours=n),
            "stay_days": 4,
        }
        for n in range(5)
    ]
    operations = [
        {
            "surgery": f"CLINIC^T{n}",
            "encounter": stay["encounter"],
            "patient": stay["patient"],
            "class": "inpatient",
            "operating": "D1",
            "discharging": stay["discharging"],
            "started_at": at - timedelta(days=2),
            "discharged_at": stay["discharged_at"],
            "kind": "operation",
            "level": 4,
            "cancelled": False,
        }
        for n, stay in enumerate([stays[0], stays[3]])
    ]
    put(clinic, "encounter", stays, month=month)
    put(clinic, "surgery", operations, month=month)
    return f"{at:%Y-%m}"


def test_an_ordered_report_arrives_with_the_number_of_the_tile(
    clinic: Clinic, box: Postbox, page: Page
) -> None:
    month = fill(clinic)
    password = hire(clinic, "su.president", "苏院长", "operations-analyst")
    wanted = {"role": "manager", "organisation": "*", "reason": "兼任"}
    asking(clinic).post("/accounts/su.president/roles", wanted)
    sign_in(clinic, page, "su.president", password, "/indicators")
    tile = page.get_by_role("listitem").filter(has_text="出院患者手术占比")
    expect(tile).to_contain_text("40.0%", timeout=60_000)

    page.get_by_role("button", name="导出").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="导出 Excel").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(saved.value.path()).read_bytes())).active
    assert sheet is not None
    (row,) = [row for row in sheet.iter_rows(values_only=True) if row[1] == "EX-04"]
    assert row[5:8] == (2, 5, 0.4)

    tile.get_by_role("link").click()
    page.get_by_role("button", name="写批注").click()
    page.get_by_label("内容").fill("新楼启用，手术室增加")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("region", name="批注")).to_contain_text("新楼启用，手术室增加")
    expect(page.get_by_role("img", name="新楼启用")).to_be_visible()

    page.get_by_role("navigation", name="指标页面").get_by_role(
        "link", name="报表", exact=True
    ).click()
    page.get_by_role("button", name="订制报表").click()
    page.get_by_label("从模板开始").select_option(label="院长月报")
    page.get_by_label("收件邮箱").fill("su@hospital.test")
    page.get_by_role("button", name="保存").click()
    card = page.get_by_role("article", name="院长月报")
    expect(card).to_contain_text("每月 2 日 08:00")
    card.get_by_role("button", name="生成并发送").click()
    page.get_by_role("dialog").get_by_role("button", name="立即生成").click()
    expect(card).to_contain_text("已送达 1 人", timeout=60_000)
    with page.expect_download() as kept:
        card.get_by_role("button", name="导出 PDF").click()

    ((receivers, letter),) = box.letters
    assert receivers == ["su@hospital.test"]
    content = pdf_of(letter)
    assert Path(kept.value.path()).read_bytes() == content
    words = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(content)).pages)
    line = words[words.index("出院患者手术占比") :]
    assert "40.0%" in line[:40]
    assert "新楼启用，手术室增加" in words
    assert "820" not in words.replace(month, "")


def test_reports_and_notes_fit_on_a_phone(clinic: Clinic, page: Page) -> None:
    fill(clinic)
    password = hire(clinic, "qi.president", "戚院长", "manager")
    asking(clinic).post(
        "/accounts/qi.president/roles",
        {"role": "operations-analyst", "organisation": "*", "reason": "兼任"},
    )
    page.set_viewport_size(PHONE)
    sign_in(clinic, page, "qi.president", password, "/indicators/reports")
    page.get_by_role("button", name="订制报表").click()
    page.get_by_label("从模板开始").select_option(label="院长日报")
    page.get_by_role("button", name="保存").click()
    card = page.get_by_role("article", name="院长日报")
    expect(card).to_contain_text("仅保存，不发送")
    card.get_by_role("button", name="历史").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{clinic.address}/indicators/EX-04")
    page.get_by_role("button", name="写批注").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
