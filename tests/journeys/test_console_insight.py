"""Journeys behind a number: who moved it, how it may go on, a topic, and one's own work."""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from lianyi.base.clock import SystemClock
from lianyi.projections.operational.star import month_of

from .clinic import Clinic
from .people import hire, sign_in
from .test_console_indicators import PHONE, ZONE, put

pytestmark = pytest.mark.browser


def fill(clinic: Clinic) -> tuple[str, int]:
    """Put outpatients of four years, with a year and a week in their number.

    In the last whole month the second department has more than the year before, and all of these
    paid by themselves. Returns the month, and how many these are.
    """
    random = Random(4)
    now = SystemClock().now()
    today = now.astimezone(ZONE).date()
    last = month_of(today) - 1
    rows: dict[int, list[dict[str, Any]]] = {}
    for back in range(4 * 365, 0, -1):
        at = (now - timedelta(days=back)).replace(hour=3, minute=0)
        day = at.astimezone(ZONE).date()
        size = 5 + 2 * math.sin(day.timetuple().tm_yday / 58) - 2 * (day.weekday() > 4)
        month = month_of(day)
        for number in range(round(size + random.random())):
            rows.setdefault(month, []).append(visit(at, number, "D1", "employee"))
            rows[month].append(visit(at, number, "D2", "resident"))
            if month == last and number < 2:
                rows[month].append(visit(at, 50 + number, "D2", "self"))
    for month, some in rows.items():
        put(clinic, "encounter", some, month=month)
    surgeries = [
        {
            "surgery": f"CLINIC^W{number}",
            "encounter": f"CLINIC^V{number}",
            "patient": f"9{number:03}^CLINIC",
            "operating": "D1",
            "surgeon": "P1" if number < 4 else "P2",
            "assistant": "P2" if number < 4 else "P1",
            "started_at": datetime(today.year, today.month, 1, 4, tzinfo=ZONE) - timedelta(days=9),
            "kind": "operation",
            "level": 4,
            "cancelled": False,
        }
        for number in range(7)
    ]
    put(clinic, "surgery", surgeries, month=last)
    paid = sum(row["payer"] == "self" for row in rows[last])
    return f"{2000 + last // 12}-{last % 12 + 1:02}", paid


def visit(at: datetime, number: int, department: str, payer: str) -> dict[str, Any]:
    """An invented outpatient."""
    return {
        "encounter": f"CLINIC^{at:%y%m%d}{department}{number}",
        "patient": f"7{number:03}^CLINIC",
        "class": "outpatient",
        "registering": department,
        "registered_at": at,
        "doctor": "P1",
        "payer": payer,
        "sex": "female" if number % 2 else "male",
        "age_days": 9_000 + number * 4_000,
    }


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_change_is_followed_to_who_made_it_and_to_their_rows(clinic: Clinic, page: Page) -> None:
    month, paid = fill(clinic)
    password = hire(clinic, "shen.president", "沈院长", "operations-analyst")
    sign_in(clinic, page, "shen.president", password, f"/indicators/VIS-001?period={month}")
    who = page.get_by_role("region", name="谁造成的，影响了谁")
    parts = who.get_by_role("list", name="各项贡献")
    expect(parts.get_by_role("listitem")).to_have_count(2, timeout=60_000)
    expect(parts.get_by_role("listitem").first).to_contain_text("D2")
    expect(who).to_contain_text("各项贡献之和等于总变化")
    expect(who.get_by_role("group", name="影响了谁")).to_contain_text("医保患者门诊占比")

    who.get_by_role("combobox", name="拆分方式").select_option("payer")
    first = parts.get_by_role("listitem").first
    expect(first).to_contain_text("自费")
    first.get_by_role("button", name="自费").click()
    head = page.get_by_role("region", name="指标值")
    expect(head).to_contain_text(f"分子 {paid}")
    rows = page.get_by_role("region", name="明细").first
    expect(rows.get_by_role("status")).to_contain_text(f"明细 {paid} 条 = 分子 {paid}")

    page.get_by_role("button", name="去掉筛选 费用来源：自费").click()
    foreseen = page.get_by_role("region", name="预测", exact=True)
    foreseen.get_by_role("button", name="计算预测与回测").click()
    expect(foreseen.get_by_role("list", name="预测值").get_by_role("listitem")).to_have_count(
        6, timeout=120_000
    )
    expect(foreseen.get_by_role("region", name="回测")).to_contain_text("季节朴素法")
    expect(foreseen).to_contain_text("80% 与 95% 区间")
    peers = page.get_by_role("region", name="对标")
    peers.get_by_role("button", name="科室间").click()
    expect(peers.get_by_role("list", name="对标对象").get_by_role("listitem")).to_have_count(2)


def test_a_topic_puts_numbers_together_and_says_what_is_missing(clinic: Clinic, page: Page) -> None:
    month, _ = fill(clinic)
    password = hire(clinic, "qin.president", "秦院长", "operations-analyst")
    sign_in(clinic, page, "qin.president", password, f"/indicators/topics?period={month}")
    payers = page.get_by_role("region", name="门诊人次 · 费用来源")
    expect(payers).to_contain_text("职工医保", timeout=60_000)
    expect(page.get_by_role("region", name="暂无数据来源")).to_contain_text("患者满意度")
    page.get_by_role("group", name="专题").get_by_role("button", name="设备").click()
    missing = page.get_by_role("region", name="暂无数据来源")
    expect(missing).to_contain_text("没有接入设备台账与折旧")
    page.get_by_role("group", name="专题").get_by_role("button", name="患者").click()
    payers.get_by_role("link", name="自费").click()
    expect(page.get_by_role("button", name="去掉筛选 费用来源：自费")).to_be_visible()


def test_a_doctor_sees_his_own_work_by_role_on_a_phone(clinic: Clinic, page: Page) -> None:
    month, _ = fill(clinic)
    password = hire(clinic, "mu.doctor", "穆医师", "clinician")
    link(clinic, "mu.doctor", "P1")
    page.set_viewport_size(PHONE)
    sign_in(clinic, page, "mu.doctor", password, f"/indicators/workload?period={month}")
    surgeon = page.get_by_role("region", name="术者")
    operations = surgeon.get_by_role("listitem").filter(has_text="手术台次").first
    expect(operations).to_contain_text("4", timeout=60_000)
    assistant = page.get_by_role("region", name="第一助手")
    expect(assistant.get_by_role("listitem").first).to_contain_text("3")
    expect(page.get_by_role("region", name="会诊")).to_contain_text("暂无数据来源")
    expect(page.get_by_role("heading", level=1, name="我的工作量")).to_be_visible()
    assert fits(page)
    assistant.get_by_role("link", name="手术台次", exact=True).click()
    expect(page.get_by_role("region", name="明细").first.get_by_role("status")).to_contain_text(
        "明细 3 条 = 分子 3"
    )
    assert fits(page)
    page.goto(f"{clinic.address}/indicators/topics?period={month}")
    expect(page.get_by_role("region", name="门诊人次 · 费用来源")).to_contain_text(
        "自费", timeout=60_000
    )
    assert fits(page)


def link(clinic: Clinic, account: str, code: str) -> None:
    """Say who an account is among the practitioners."""
    names = [{"source": "masterdata", "authority": "", "identifier": code, "organisation": ""}]
    request = urllib.request.Request(
        f"{clinic.address}/api/v1/accounts/{account}/practitioner",
        json.dumps({"names": names}).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {clinic.token}"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status in (200, 204)
