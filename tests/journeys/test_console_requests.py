"""Journeys of figures that are asked for in words, and of those that other systems take."""

from __future__ import annotations

import csv
import io
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lianyi.projections.operational.star import month_of

from .clinic import Clinic
from .people import asking, hire, sign_in
from .test_console_indicators import MARCH, PHONE, put

pytestmark = pytest.mark.browser

WORDS = "三月各科室下转的住院患者"
LINK = "https://example.test/indicators/explore?codes=EX-02&by=department"


def refer(clinic: Clinic) -> None:
    """Let three patients be referred down in March: two of D1, one of D2."""
    rows = [
        {
            "encounter": f"CLINIC^Q{n}",
            "patient": f"830{n}^CLINIC",
            "class": "inpatient",
            "discharging": department,
            "registering": department,
            "disposition": "transferred_down",
            "admitted_at": MARCH,
            "discharged_at": MARCH.replace(hour=5 + n),
            "stay_days": 3,
        }
        for n, department in enumerate(("D1", "D1", "D2"))
    ]
    put(clinic, "encounter", rows, month=month_of(MARCH.date()))


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def as_another(browser: Browser, clinic: Clinic, name: str, password: str, path: str) -> Page:
    """Return a page in a browser of somebody else."""
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(clinic, page, name, password, path)
    return page


def test_a_figure_is_asked_for_in_words_approved_by_another_answered_and_seen(
    clinic: Clinic, page: Page, browser: Browser
) -> None:
    refer(clinic)
    asks = hire(clinic, "qian.analyst", "钱科员", "operations-analyst")
    decides = hire(clinic, "zhou.steward", "周主管", "data-steward")
    answers = hire(clinic, "feng.analyst", "冯分析", "operations-analyst")
    sign_in(clinic, page, "qian.analyst", asks, "/indicators/requests")

    # What is there already is offered first.
    page.get_by_role("button", name="申请取数").click()
    dialog = page.get_by_role("dialog", name="申请取数")
    dialog.get_by_label("需要什么数据").fill("下转患者人次")
    existing = dialog.get_by_role("region", name="已有的指标和分析，可直接使用")
    expect(existing).to_contain_text("EX-02", timeout=20_000)
    dialog.get_by_label("需要什么数据").fill(WORDS)
    dialog.get_by_label("用途").fill("双向转诊例会")
    dialog.get_by_role("combobox", name="统计期").select_option("2026-03")
    dialog.get_by_label("需要明细（含患者）").check()
    dialog.get_by_role("button", name="提交申请").click()
    card = page.get_by_role("article", name=WORDS)
    expect(card).to_contain_text("待审批")
    expect(card).to_contain_text("今天提出")
    expect(card.get_by_role("button", name="审批")).to_have_count(0)  # it is his own

    # A second person asks back, the requester explains, and it is approved.
    second = as_another(browser, clinic, "zhou.steward", decides, "/indicators/requests")
    theirs = second.get_by_role("article", name=WORDS)
    theirs.get_by_role("button", name="查看").click()
    theirs.get_by_role("button", name="审批").click()
    decision = second.get_by_role("dialog", name="审批")
    decision.get_by_role("button", name="退回补充").first.click()
    decision.get_by_label("说明").fill("含急诊吗？")
    decision.locator(".ant-modal-footer").get_by_role("button", name="退回补充").click()
    expect(theirs).to_contain_text("待补充")
    page.reload()
    card.get_by_role("button", name="修改申请").click()
    dialog = page.get_by_role("dialog", name="修改申请")
    dialog.get_by_label("备注").fill("不含急诊")
    dialog.get_by_role("button", name="提交申请").click()
    expect(card).to_contain_text("待审批")
    second.reload()
    expect(theirs).to_contain_text("不含急诊")
    theirs.get_by_role("button", name="审批").click()
    decision.locator(".ant-modal-footer").get_by_role("button", name="批准").click()
    expect(theirs).to_contain_text("已批准，待答复")

    # An analyst attaches the exploration that answers; the requester sees figures and rows.
    third = as_another(browser, clinic, "feng.analyst", answers, "/indicators/requests")
    work = third.get_by_role("article", name=WORDS)
    work.get_by_role("button", name="查看").click()
    work.get_by_role("button", name="答复").click()
    answer = third.get_by_role("dialog", name="答复")
    answer.get_by_role("textbox", name="粘贴自助分析的链接").fill(LINK)
    answer.locator(".ant-modal-footer").get_by_role("button", name="答复").click()
    expect(answer).to_have_count(0)
    page.goto(f"{clinic.address}/indicators/requests?over=yes")
    card.get_by_role("button", name="查看").click()
    result = card.get_by_role("region", name="结果", exact=True)
    expect(result.get_by_role("table").first).to_contain_text("D1", timeout=60_000)
    result.get_by_role("button").filter(has_text="下转").last.click()
    rows = card.get_by_role("region", name="明细").first
    expect(rows.get_by_role("table").get_by_role("row")).to_have_count(4)
    expect(card.get_by_role("list", name="经过").get_by_role("listitem")).to_have_count(5)

    # The approval is taken back: nobody sees the answer any more. On a phone it all fits.
    second.goto(f"{clinic.address}/indicators/requests?over=yes")
    theirs.get_by_role("button", name="查看").click()
    theirs.get_by_role("button", name="收回批准").click()
    second.get_by_role("dialog").get_by_role("button", name="收回批准").click()
    expect(theirs).to_contain_text("已收回")
    page.set_viewport_size(PHONE)
    page.reload()
    expect(card).to_contain_text("已收回")
    expect(card.get_by_role("region", name="结果", exact=True)).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for other in (second, third):
        other.context.close()


def call(clinic: Clinic, secret: str, path: str) -> tuple[int, bytes]:
    """Ask as a system does, with its key."""
    request = urllib.request.Request(
        f"{clinic.address}/api/v1/indicators/services/{path}",
        headers={"Authorization": f"Bearer {secret}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_a_system_takes_figures_by_a_service_that_two_people_agreed_on(
    clinic: Clinic, page: Page, browser: Browser
) -> None:
    refer(clinic)
    offers = hire(clinic, "chen.analyst", "陈分析", "operations-analyst")
    decides = hire(clinic, "wei.steward", "卫主管", "data-steward")
    made: dict[str, Any] = {"name": "quality-hub", "display_name": "质控平台", "kind": "service"}
    asking(clinic).post("/accounts", made)
    role = {"role": "data-service-client", "organisation": "*", "reason": "接口"}
    asking(clinic).post("/accounts/quality-hub/roles", role)
    secret = str(asking(clinic).post("/accounts/quality-hub/keys", {"title": "k"})["secret"])

    sign_in(clinic, page, "chen.analyst", offers, "/indicators/services")
    page.get_by_role("button", name="提供数据服务").click()
    dialog = page.get_by_role("dialog", name="提供数据服务")
    dialog.get_by_label("标题").fill("各科室下转患者")
    dialog.get_by_label("名称（小写字母").fill("referred-down")
    dialog.get_by_label("用途").fill("质控平台展示")
    dialog.get_by_role("textbox", name="粘贴自助分析的链接").fill(LINK)
    dialog.get_by_label("department_name", exact=True).uncheck()
    dialog.get_by_label("可调用的账户").fill("quality-hub")
    dialog.get_by_role("button", name="提交审批").click()
    card = page.get_by_role("article", name="各科室下转患者")
    expect(card).to_contain_text("待审批")
    assert call(clinic, secret, "referred-down/data?period=2026-03")[0] == 409

    second = as_another(browser, clinic, "wei.steward", decides, "/indicators/services")
    theirs = second.get_by_role("article", name="各科室下转患者")
    theirs.get_by_role("button", name="查看").click()
    theirs.get_by_role("button", name="批准", exact=True).click()
    second.get_by_role("dialog").get_by_role("button", name="批准", exact=True).click()
    expect(theirs).to_contain_text("第 1 版生效")

    status, text = call(clinic, secret, "referred-down/data?period=2026-03")
    assert status == 200, text
    told = json.loads(text)
    places = {row[told["columns"].index("department")] for row in told["rows"]}
    assert places == {"D1", "D2"}
    status, text = call(clinic, secret, "referred-down/data.csv?period=2026-03")
    head, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    assert (status, head, len(rows)) == (200, told["columns"], told["total"])
    assert "department_name" not in head

    # The catalogue says who took it, how often and when last; revoked, it gives nothing at once.
    page.reload()
    card.get_by_role("button", name="查看").click()
    expect(card.get_by_role("region", name="调用情况")).to_contain_text("质控平台")
    expect(card).to_contain_text("已调用 2 次")
    card.get_by_role("button", name="停用").click()
    page.get_by_role("dialog").get_by_role("button", name="停用").click()
    expect(card).to_contain_text("已停用")
    status, text = call(clinic, secret, "referred-down/data?period=2026-03")
    assert (status, json.loads(text)["error"]["code"]) == (409, "LY-2614")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    second.context.close()
