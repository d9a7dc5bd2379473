"""Journeys of those who answer for numbers: targets, two calibers, publishing, exploring."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from lianyi.projections.operational.star import month_of

from .clinic import Clinic
from .people import asking, hire, sign_in
from .test_console_indicators import MARCH, PHONE, put

pytestmark = pytest.mark.browser

REFERRED = {
    1: ("inpatient", "D1", "employee"),
    2: ("inpatient", "D2", "self"),
    3: ("emergency", "D1", "self"),
}
"""Number of a stay that was referred down: kind, department, payer."""


def refer(clinic: Clinic, *, also: int = 0) -> None:
    """Let three patients be referred down in March, one of them out of the emergency department."""
    more = dict.fromkeys(range(4, 4 + also), ("inpatient", "D2", "resident"))
    rows = [
        {
            "encounter": f"CLINIC^R{n}",
            "patient": f"820{n}^CLINIC",
            "class": kind,
            "discharging": department,
            "registering": department,
            "doctor": "P7",
            "payer": payer,
            "disposition": "transferred_down",
            "admitted_at": MARCH - timedelta(days=3),
            "discharged_at": MARCH + timedelta(hours=n),
            "stay_days": 3,
        }
        for n, (kind, department, payer) in {**REFERRED, **more}.items()
    ]
    put(clinic, "encounter", rows, month=month_of(MARCH.date()))


def engage(clinic: Clinic, name: str, display_name: str) -> str:
    """Let somebody in who publishes and looks at rows."""
    password = hire(clinic, name, display_name, "manager")
    wanted = {"role": "operations-analyst", "organisation": "*", "reason": "兼任"}
    asking(clinic).post(f"/accounts/{name}/roles", wanted)
    return password


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def test_two_people_bring_a_number_from_its_definition_to_publication(
    clinic: Clinic, page: Page, browser: Browser
) -> None:
    refer(clinic)
    password = engage(clinic, "shen.manager", "沈主任")
    sign_in(clinic, page, "shen.manager", password, "/indicators/desk/EX-02?period=2026-03")

    # Two calibers on the same facts: both values, and the very row that tells them apart.
    change = page.get_by_role("region", name="口径对比")
    expect(page.get_by_role("region", name="口径", exact=True).first).to_contain_text(
        "就诊类型 = 住院 且 离院方式 = 转下级医院或社区", timeout=60_000
    )
    expect(change.locator("dd").nth(0)).to_contain_text("2", timeout=60_000)  # the first count
    expect(change.locator("dd").nth(1)).to_contain_text("3")
    change.get_by_role("button", name="分子移入 1 条").click()
    moved = page.get_by_role("region", name="分子：只有后一口径计入的明细")
    expect(moved.get_by_role("row")).to_have_count(2)
    expect(moved).to_contain_text("转下级医院或社区")
    assert "moved=in" in page.url

    # A target and a rule; what was said stands in the history.
    watch = page.get_by_role("region", name="目标与预警")
    watch.get_by_role("button", name="设定目标").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("医院").select_option("H1")
    dialog.get_by_role("button", name="月", exact=True).click()
    dialog.get_by_role("combobox", name="统计期").select_option("2026-03")
    dialog.get_by_label("目标值").fill("5")
    dialog.get_by_role("button", name="设定目标").click()
    expect(watch.get_by_role("region", name="目标")).to_contain_text("≥ 5")
    watch.get_by_role("button", name="增加预警规则").click()
    dialog.get_by_label("允许差多少").fill("10")
    expect(dialog).to_contain_text("比目标差 10% 以上时预警")
    dialog.get_by_role("button", name="增加预警规则").click()
    expect(watch.get_by_role("list", name="预警规则")).to_contain_text("比目标差 10% 以上时预警")
    watch.get_by_text("设定与处置记录").click()
    expect(watch.get_by_role("list", name="设定与处置记录")).to_contain_text("目标设为 5")

    page.get_by_role("button", name="提请审批").first.click()
    page.get_by_role("dialog").get_by_role("button", name="提请审批").click()
    approval = page.get_by_role("region", name="审批", exact=True)
    expect(approval).to_contain_text("待审批")
    expect(approval.get_by_role("button", name="审批通过")).to_be_disabled()
    expect(approval).to_contain_text("由您提请，须由另一位有权限的人员审批")

    _publish_as_a_second_person(clinic, browser)


def _publish_as_a_second_person(clinic: Clinic, browser: Browser) -> None:
    password = engage(clinic, "wu.manager", "吴院长")
    context = browser.new_context(locale="zh-CN", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    sign_in(clinic, page, "wu.manager", password, "/indicators/publish?period=2026-03")
    waiting = page.get_by_role("region", name="待审批的口径")
    waiting.get_by_role("link", name="下转患者人次数").click()
    page.get_by_role("button", name="审批通过").click()
    page.get_by_role("dialog").get_by_role("button", name="审批通过").click()
    expect(page.get_by_role("region", name="审批", exact=True)).to_contain_text("已审批")

    # First the preview, which writes nothing; then the publication.
    page.goto(f"{clinic.address}/indicators/publish?period=2026-03&code=EX-02")
    preview = page.get_by_role("region", name="预览")
    preview.get_by_role("button", name="预览").click()
    expect(preview.get_by_role("status")).to_contain_text("首次发布 3")
    expect(preview.get_by_role("row").filter(has_text="EX-02")).to_have_count(1)
    preview.get_by_label("同时列出各科室").check()
    expect(preview.get_by_role("row").filter(has_text="EX-02")).to_have_count(3)
    preview.get_by_role("button", name="发布 3 个数值").click()
    page.get_by_role("dialog").get_by_role("button", name="发布").click()
    expect(preview).to_contain_text("已发布：首次 3 个，订正 0 个")
    preview.get_by_role("link", name="发出预警 1 项").click()

    # One alert, with the band that it missed; whoever takes note says why.
    alert = page.get_by_role("row").filter(has_text="偏离目标")
    expect(alert).to_have_count(1)
    expect(alert).to_contain_text("≥ 4.5")
    alert.get_by_role("button", name="确认").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="确认")).to_be_disabled()
    dialog.get_by_role("textbox").fill("三月下转通道检修")
    dialog.get_by_role("button", name="确认").click()
    expect(alert).to_have_count(0)

    # A late row: what was published no longer counts the same, and is restated with a reason.
    page.goto(f"{clinic.address}/indicators/desk/EX-02")
    published = page.get_by_role("region", name="发布值").first
    whole = published.get_by_role("row").filter(has_text="H1").first
    whole.get_by_role("button", name="复算").click()
    expect(whole).to_contain_text("复算一致")
    refer(clinic, also=1)
    published.get_by_role("link", name="预览并发布").click()
    page.get_by_role("combobox", name="统计期").select_option("2026-03")
    preview.get_by_role("button", name="预览").click()
    expect(preview.get_by_role("status")).to_contain_text("订正 2")
    expect(preview.get_by_role("row").filter(has_text="订正").first).to_contain_text("移入 1 条")
    preview.get_by_role("button", name="发布 2 个数值").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="发布")).to_be_disabled()
    dialog.get_by_role("textbox").fill("补报一例")
    dialog.get_by_role("button", name="发布").click()
    expect(preview).to_contain_text("已发布：首次 0 个，订正 2 个")
    page.goto(f"{clinic.address}/indicators/desk/EX-02")
    expect(whole).to_contain_text("补报一例")
    context.close()


def test_a_figure_of_the_exam_is_entered_with_evidence_and_confirmed_by_another(
    clinic: Clinic, page: Page, browser: Browser
) -> None:
    password = engage(clinic, "tan.manager", "谭主任")
    address = "/indicators/exam?year=2025&hospital=H1"
    sign_in(clinic, page, "tan.manager", password, address)
    row = page.get_by_role("row").filter(has_text="室间质评")
    row.get_by_role("button", name="填报").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("分子").fill("31")
    expect(dialog.get_by_role("button", name="填报")).to_be_disabled()
    dialog.get_by_label("依据").fill("国家临检中心证书 2025 年第 3 页")
    dialog.get_by_role("button", name="填报").click()
    entries = page.get_by_role("region", name="填报记录")
    expect(entries).to_contain_text("国家临检中心证书")
    expect(entries.get_by_role("button", name="确认")).to_be_disabled()
    expect(entries).to_contain_text("由您填报，须由另一位有权限的人员确认")

    password = engage(clinic, "ren.manager", "任主任")
    context = browser.new_context(locale="zh-CN")
    second = context.new_page()
    sign_in(clinic, second, "ren.manager", password, address)
    entries = second.get_by_role("region", name="填报记录")
    entries.get_by_role("button", name="确认").click()
    expect(entries).to_contain_text("已确认")
    expect(second.get_by_role("row").filter(has_text="室间质评")).to_contain_text("31")
    context.close()


def test_a_form_is_filed_confirmed_by_another_and_compared_with_now(
    clinic: Clinic, page: Page, browser: Browser, tmp_path: Path
) -> None:
    refer(clinic)
    password = engage(clinic, "qin.manager", "秦主任")
    sign_in(clinic, page, "qin.manager", password, "/indicators/forms")
    page.get_by_role("link", name="医疗服务月报").click()
    page.get_by_role("combobox", name="统计期").select_option("2026-03")
    sheet = page.get_by_role("region", name="报表", exact=True)
    line = sheet.get_by_role("row").filter(has_text="下转患者人次数")
    expect(line).to_contain_text("3")  # with emergencies
    expect(sheet).to_contain_text("尚未上报")
    expect(
        sheet.get_by_role("rowheader", name="收入与费用").or_(sheet.get_by_text("收入与费用"))
    ).to_be_visible()
    sheet.get_by_role("button", name="上报").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("备注").fill("三月按时上报")
    dialog.get_by_role("button", name="上报").click()
    expect(sheet).to_contain_text("已上报，待确认")
    page.get_by_role("button", name="上报记录").click()
    filings = page.get_by_role("region", name="上报记录")
    expect(filings).to_contain_text("三月按时上报")
    with page.expect_download() as download:
        filings.get_by_role("button", name="下载上报文件").click()
    download.value.save_as(tmp_path / "filed.xlsx")
    assert (tmp_path / "filed.xlsx").read_bytes().startswith(b"PK")
    filings.get_by_role("button", name="确认上报").click()
    expect(filings.get_by_role("alert")).to_be_visible()  # not by whoever filed it

    address = "/indicators/forms?form=monthly-service&period=2026-03&view=filings"
    password = engage(clinic, "bai.manager", "白主任")
    context = browser.new_context(locale="zh-CN", viewport=PHONE)
    second = context.new_page()
    sign_in(clinic, second, "bai.manager", password, address)
    filings = second.get_by_role("region", name="上报记录")
    filings.get_by_role("button", name="确认上报").click()
    expect(filings).to_contain_text("bai.manager 确认")

    # A late row: what was filed no longer holds; and boards count by another caliber.
    refer(clinic, also=1)
    second.get_by_role("button", name="差异").click()
    found = second.get_by_role("region", name="差异")
    line = found.get_by_role("row").filter(has_text="下转患者人次数")
    expect(line).to_contain_text("上报后数据有变化，定义未变")
    expect(line).to_contain_text("+1")
    expect(line).to_contain_text("国考口径")
    for view in ("sheet", "filings", "difference"):
        second.goto(f"{clinic.address}{address.replace('filings', view)}")
        second.wait_for_load_state("networkidle")
        assert second.evaluate("document.documentElement.scrollWidth <= innerWidth"), view
    second.goto(f"{clinic.address}/indicators/forms")
    expect(second.get_by_role("link", name="医院年报")).to_be_visible()
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_somebody_explores_and_every_number_opens_its_rows(
    clinic: Clinic, page: Page, tmp_path: Path
) -> None:
    refer(clinic)
    password = engage(clinic, "fang.analyst", "方分析师")
    address = "/indicators/explore?period=2026-03&by=department"
    sign_in(clinic, page, "fang.analyst", password, address)
    page.get_by_role("combobox", name="指标").fill("EX-02")
    page.get_by_text("下转患者人次数 EX-02").click()
    page.keyboard.press("Escape")
    result = page.get_by_role("region", name="分析结果").first
    expect(result.get_by_role("row")).to_have_count(4)  # head, D1, D2, all
    page.get_by_label("第 1 级分组").select_option("month")
    expect(result.get_by_role("img", name="2026年3月")).to_be_visible()
    page.get_by_label("第 1 级分组").select_option("department")
    page.get_by_label("第 2 级分组").select_option("payer")
    expect(result).to_contain_text("职工医保")
    page.get_by_label("筛选…").select_option("payer")
    page.get_by_label("费用来源").select_option("self")
    expect(page.get_by_role("button", name="去掉筛选 费用来源：自费")).to_be_visible()
    expect(result.get_by_role("row")).to_have_count(3)
    assert "where=payer%3Aself" in page.url
    with page.expect_download() as download:
        result.get_by_role("button", name="导出").click()
        page.get_by_role("menuitem", name="导出 CSV").click()
    download.value.save_as(tmp_path / "explored.csv")
    told = (tmp_path / "explored.csv").read_text(encoding="utf-8-sig")
    _, line, _ = [one for one in csv.reader(io.StringIO(told)) if not one[0].startswith("#")]
    assert line[:2] == ["EX-02", "下转患者人次数"]
    assert line[4:8] == ["D2", "D2", "自费", "self"]

    # The number behind it: the same filters, in the address, down to the rows.
    result.get_by_role("link", name="1").click()
    expect(page.get_by_role("region", name="指标值")).to_contain_text("分子 1")
    expect(page.get_by_role("button", name="去掉筛选 费用来源：自费")).to_be_visible()
    expect(page.get_by_role("combobox", name="科室").locator("option:checked")).to_have_text("D2")
    rows = page.get_by_role("region", name="明细").first
    expect(rows.get_by_role("status")).to_contain_text("明细 1 条 = 分子 1")
    page.get_by_role("combobox", name="医生").select_option("P7")
    expect(rows.get_by_role("status")).to_contain_text("明细 1 条 = 分子 1")
    page.get_by_role("button", name="去掉筛选 费用来源：自费").click()
    page.get_by_role("combobox", name="科室").select_option("")
    expect(page.get_by_role("region", name="指标值")).to_contain_text("分子 2")


def test_an_exploration_is_saved_shared_and_opened_by_another(
    clinic: Clinic, page: Page, browser: Browser
) -> None:
    refer(clinic)
    password = engage(clinic, "su.analyst", "苏分析师")
    address = "/indicators/explore?codes=EX-02&by=department&period=2026-03"
    sign_in(clinic, page, "su.analyst", password, address)
    page.get_by_role("button", name="保存分析").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("下转按科室")
    dialog.get_by_label("共享：有链接的人可打开").check()
    dialog.get_by_role("button", name="保存").click()
    saved = page.get_by_role("group", name="已保存的分析")
    expect(saved.get_by_role("combobox")).to_contain_text("下转按科室")
    expect(saved.get_by_role("button", name="复制共享链接")).to_be_visible()
    (number,) = re.findall(r"saved=([0-9a-f-]{36})", page.url)
    saved.get_by_role("button", name="改名或共享").click()
    dialog.get_by_label("名称").fill("下转·各科室")
    dialog.get_by_role("button", name="保存").click()
    expect(saved.get_by_role("combobox")).to_contain_text("下转·各科室")

    password = engage(clinic, "lu.manager", "陆院长")
    context = browser.new_context(locale="zh-CN")
    second = context.new_page()
    sign_in(clinic, second, "lu.manager", password, f"/indicators/explore?saved={number}")
    theirs = second.get_by_role("group", name="已保存的分析")
    expect(theirs).to_contain_text("“下转·各科室”，苏分析师 共享")
    result = second.get_by_role("region", name="分析结果").first
    expect(result.get_by_role("row")).to_have_count(4)  # head, D1, D2, all
    expect(theirs.get_by_role("button", name="删除分析")).to_have_count(0)

    saved.get_by_role("button", name="删除分析").click()
    page.get_by_role("dialog").get_by_role("button", name="删除分析").click()
    expect(saved.get_by_role("combobox")).to_have_count(0)
    second.goto(f"{clinic.address}/indicators/explore?saved={number}")
    expect(second.get_by_text("没有该已保存的分析")).to_be_visible()
    context.close()


def test_a_phone_shows_what_managers_do(clinic: Clinic, page: Page) -> None:
    refer(clinic)
    password = engage(clinic, "luo.manager", "罗主任")
    page.set_viewport_size(PHONE)
    sign_in(clinic, page, "luo.manager", password, "/indicators/desk/EX-02?period=2026-03")
    expect(page.get_by_role("region", name="口径对比")).to_be_visible()
    for path in (
        "/indicators/desk/EX-02?period=2026-03&moved=in",
        "/indicators/publish?period=2026-03",
        "/indicators/explore?codes=EX-02&period=2026-03&by=department,payer",
        "/indicators/alerts",
    ):
        page.goto(f"{clinic.address}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
