"""Journeys of people who see patients masked, look in an emergency, and review who did.

The tests of this file are one story, told in order: an engineer who repairs an interface, the
officers who look after him, and a patient who refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .clinic import REFUSED, Clinic, admission
from .people import hire, look_in_an_emergency, sign_in, sign_out

pytestmark = pytest.mark.browser

NAME = "张三"
PATIENT = "200001^CLINIC"
PHONE = {"width": 390, "height": 844}


class Staff(NamedTuple):
    """Account names and passwords."""

    engineer: tuple[str, str]
    officer: tuple[str, str]
    auditor: tuple[str, str]
    researcher: tuple[str, str]


@pytest.fixture(scope="module")
def staff(clinic: Clinic) -> Staff:
    clinic.share(
        "roles/quality.yaml",
        "role: quality\ntitle: { zh: 质控, en: Quality }\npermissions: [messages.read]\n"
        "purpose: HOPERAT\npurposes: [ETREAT]\n",
    )
    people = {
        "li.engineer": ("李工", "integration-engineer"),
        "zhou.privacy": ("周专员", "privacy-officer"),
        "wu.audit": ("吴审计", "audit-administrator"),
        "zheng.quality": ("郑质控", "quality"),
    }
    return Staff(*((name, hire(clinic, name, *facts)) for name, facts in people.items()))


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def open_message(page: Page, clinic: Clinic, control_id: str) -> None:
    """Go to the trace of a message."""
    page.goto(f"{clinic.address}/messages?q={control_id}")
    rows = page.get_by_role("region", name="消息").get_by_role("row")
    rows.filter(has=page.get_by_role("link", name=re.compile(r"^1-"))).get_by_role("link").click()
    expect(page.get_by_role("tab", name="原文")).to_be_visible()


def shown(page: Page) -> str:
    """Whatever stands in the document, in all its tabs."""
    found = []
    for tab in page.get_by_role("tab").all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        found.append(page.content())
    page.get_by_role("tab", name="原文").click()
    return "\n".join(found)


def test_an_engineer_sees_a_message_masked_and_looks_in_an_emergency(
    clinic: Clinic, page: Page, staff: Staff
) -> None:
    clinic.send(admission("LOOK1", "200001", name=NAME))
    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK1")
    masked = page.get_by_role("region", name="脱敏显示")
    expect(masked).to_contain_text("使用目的为“医院运营”")
    expect(page.get_by_text("PID|1||200001^^^CLINIC^PI||张*||1990|M")).to_be_visible()
    assert NAME not in shown(page)
    assert "19900101" not in shown(page)

    button = masked.get_by_role("button", name="应急查看")
    button.press("Enter")
    dialog = page.get_by_role("dialog")
    begin = dialog.get_by_role("button", name="开始查看")
    expect(begin).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    button.press("Enter")
    dialog.get_by_role("radio", name="排查接口故障").check()
    dialog.get_by_label("说明").fill("太短")
    expect(begin).to_be_disabled()
    dialog.get_by_role("spinbutton").fill("5")
    look_in_an_emergency(page)

    opened = page.get_by_role("region", name="应急查看中")
    expect(opened).to_be_focused()
    expect(opened.get_by_role("timer")).to_contain_text(re.compile(r"还剩 (5 分|4 分 \d+ 秒)"))
    expect(page.get_by_text(f"PID|1||200001^^^CLINIC^PI||{NAME}||19900101|M")).to_be_visible()
    expect(dialog).to_have_count(0)
    page.reload()
    expect(page.get_by_text(f"||{NAME}||19900101|M")).to_be_visible()

    opened.get_by_role("button", name="立即结束").click()

    expect(masked).to_be_focused()
    expect(page.get_by_text("||张*||1990|M")).to_be_visible()
    assert NAME not in shown(page)


def test_nobody_edits_asterisks(clinic: Clinic, page: Page, staff: Staff) -> None:
    clinic.send(admission("LOOK2", "200002", name=NAME).replace("DESK", REFUSED))
    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK2")
    page.get_by_role("tab", name=re.compile("^record")).click()

    page.get_by_role("button", name="修改后投递").click()
    look_in_an_emergency(page)
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox").first
    expect(text).to_have_value(re.compile(NAME))
    text.fill(text.input_value().replace(REFUSED, "DESK"))
    dialog.get_by_label("原因").fill("发送方名称有误")
    dialog.get_by_role("button", name="重新投递").click()

    expect(page.get_by_role("tab", name="record 已送达")).to_be_visible()
    arrived = [message for message in clinic.record.received if "LOOK2" in message]
    assert len(arrived) == 1
    assert f"||{NAME}||19900101|M" in arrived[0]


def test_what_is_taken_away_is_opened_first(clinic: Clinic, page: Page, staff: Staff) -> None:
    sent = admission("LOOK3", "200003", name=NAME)
    clinic.send(sent)
    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK3")

    page.get_by_role("button", name="下载").click()
    with page.expect_download() as download:
        look_in_an_emergency(page)

    assert Path(download.value.path()).read_bytes() == sent.encode()


def test_a_look_that_is_over_is_said_where_the_work_is(
    clinic: Clinic, page: Page, context: BrowserContext, staff: Staff
) -> None:
    """He edits; meanwhile the look ends in another tab. What he wrote stays."""
    clinic.send(admission("LOOK4", "200004", name=NAME).replace("DESK", REFUSED))
    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK4")
    page.get_by_role("tab", name=re.compile("^record")).click()
    page.get_by_role("button", name="修改后投递").click()
    look_in_an_emergency(page)
    editor = page.get_by_role("dialog").filter(has=page.get_by_label("原因"))
    text = editor.get_by_role("textbox").first
    expect(text).to_have_value(re.compile(NAME))
    text.fill(text.input_value().replace(REFUSED, "DESK"))
    editor.get_by_label("原因").fill("发送方名称有误")
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="立即结束").click()
    expect(other.get_by_role("region", name="脱敏显示")).to_be_visible()
    other.close()

    editor.get_by_role("button", name="重新投递").click()

    expect(editor).to_contain_text("LY-1877")
    look_in_an_emergency(page)
    editor.get_by_role("button", name="重新投递").click()
    expect(page.get_by_role("tab", name="record 已送达")).to_be_visible()
    assert sum("LOOK4" in message for message in clinic.record.received) == 1


def test_an_officer_sees_the_alarm_and_reviews_a_look(
    clinic: Clinic, page: Page, staff: Staff
) -> None:
    sign_in(clinic, page, *staff.officer)
    link = page.get_by_role("navigation", name="主导航").get_by_role("link", name="隐私保护")
    expect(link.locator(".nav-count")).to_have_text("5")
    link.click()
    looks = page.get_by_role("region", name="应急查看审查")
    row = looks.get_by_role("row").filter(has_text="200001")
    expect(row).to_contain_text("li.engineer")
    expect(row).to_contain_text("排查接口故障")
    expect(row).to_contain_text("核对姓名字段")
    expect(row.get_by_role("link")).to_have_count(0)

    row.get_by_role("button", name="审查").click()
    dialog = page.get_by_role("dialog")
    submit = dialog.get_by_role("button", name="提交审查结论")
    dialog.get_by_role("radio", name="理由成立", exact=True).check()
    expect(submit).to_be_disabled()
    dialog.get_by_label("审查意见").fill("与当班记录一致")
    submit.click()

    expect(row).to_contain_text("理由成立")
    expect(row).to_contain_text("zhou.privacy")
    expect(row).to_contain_text("与当班记录一致")
    expect(link.locator(".nav-count")).to_have_text("4")
    looks.get_by_role("combobox", name="审查").select_option(label="待审查")
    expect(page).to_have_url(re.compile("unreviewed=yes"))
    expect(row).to_have_count(0)
    expect(looks.get_by_role("row").filter(has_text="待审查")).to_have_count(4)


def test_an_auditor_is_led_to_what_was_done_with_the_patient(
    clinic: Clinic, page: Page, staff: Staff
) -> None:
    sign_in(clinic, page, *staff.auditor)
    expect(page.get_by_role("region", name="账户")).to_be_visible()
    page.goto(f"{clinic.address}/privacy")

    page.get_by_role("link", name="li.engineer与患者200001^CLINIC的审计记录").click()

    acts = page.get_by_role("region", name="审计")
    expect(acts.get_by_role("row").filter(has_text="glass.broken")).to_have_count(1)
    expect(acts.get_by_role("row").filter(has_text="access.get_message").first).to_be_visible()
    expect(page).to_have_url(re.compile("account=li.engineer&patient=200001"))


def test_what_a_patient_refuses_is_not_shown(clinic: Clinic, page: Page, staff: Staff) -> None:
    sign_in(clinic, page, *staff.officer, path="/privacy?tab=consents")
    page.get_by_role("button", name="登记授权或拒绝").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="患者标识").fill("200001")
    dialog.get_by_role("radio", name="拒绝").check()
    dialog.get_by_label("作出人").fill("患者本人")
    dialog.get_by_label("签署文件").fill("2026-0301")
    dialog.get_by_role("button", name="登记").click()
    expect(dialog.get_by_role("alert")).to_contain_text("患者标识不完整")
    dialog.get_by_role("textbox", name="患者标识").fill(PATIENT)
    dialog.get_by_role("checkbox", name="医院运营").check()
    dialog.get_by_role("button", name="登记").click()
    expect(dialog).to_have_count(0)
    box = page.get_by_role("textbox", name="患者标识")
    box.fill(PATIENT)
    box.press("Enter")
    consents = page.get_by_role("region", name="患者授权")
    row = consents.get_by_role("row").filter(has_text=PATIENT)
    expect(row).to_contain_text("拒绝")
    expect(row).to_contain_text("医院运营")
    expect(row).to_contain_text("生效中")
    sign_out(page)

    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK1")
    expect(page.get_by_role("region", name="不予显示")).to_contain_text("患者已拒绝")
    expect(page.get_by_role("tabpanel")).to_contain_text("患者已拒绝，内容不显示")
    everything = shown(page)
    assert NAME not in everything
    assert "张*" not in everything
    sign_out(page)

    sign_in(clinic, page, *staff.officer, path="/privacy?tab=consents")
    row.get_by_role("button", name="撤回").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回").click()
    expect(row).to_contain_text("已撤回")
    sign_out(page)
    sign_in(clinic, page, *staff.engineer)
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    open_message(page, clinic, "LOOK1")
    expect(page.get_by_text("||张*||1990|M")).to_be_visible()


def test_whoever_works_for_several_purposes_says_for_which(
    clinic: Clinic, page: Page, staff: Staff
) -> None:
    sign_in(clinic, page, *staff.researcher, path="/messages")
    expect(page.get_by_role("region", name="消息").get_by_role("row").nth(1)).to_be_visible()
    open_message(page, clinic, "LOOK1")
    expect(page.get_by_role("region", name="脱敏显示")).to_be_visible()
    expect(page.get_by_role("button", name="应急查看")).to_have_count(0)
    menu = page.get_by_role("button", name="郑质控的账户")
    expect(menu).to_contain_text("医院运营")

    menu.click()
    with page.expect_request(re.compile(r"/messages/1-\d+$")) as asked:
        page.get_by_role("menuitem", name="急救").click()

    assert asked.value.headers["x-purpose"] == "ETREAT"
    expect(menu).to_contain_text("急救")
    expect(page.get_by_text(f"||{NAME}||19900101|M")).to_be_visible()
    page.reload()
    expect(page.get_by_text(f"||{NAME}||19900101|M")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter(name => /purpose/.test(name))") == []
    sign_out(page)
    sign_in(clinic, page, *staff.researcher, path="/messages")
    expect(menu).to_contain_text("医院运营")
    open_message(page, clinic, "LOOK1")
    expect(page.get_by_text("||张*||1990|M")).to_be_visible()


def test_everybody_reads_how_data_are_classified(clinic: Clinic, page: Page, staff: Staff) -> None:
    sign_in(clinic, page, *staff.researcher, path="/privacy")
    rules = page.get_by_role("region", name="使用目的与可见级别")
    treatment = rules.get_by_role("row").filter(has_text="TREAT").first
    expect(treatment).to_contain_text("须正在诊治该患者")
    expect(treatment.get_by_text("5 级")).not_to_have_count(0)
    expect(page.get_by_role("tab")).to_have_count(1)
    elements = page.get_by_role("region", name="数据元素")
    expect(elements.get_by_role("row").filter(has_text="姓名").first).to_contain_text("PID-5")
    sets = page.get_by_role("region", name="数据集").get_by_role("table")
    expect(sets.get_by_role("columnheader")).to_have_count(7)
    expect(sets.get_by_role("rowheader")).to_have_count(4)


def test_the_pages_of_privacy_fit_a_phone_and_speak_english(
    clinic: Clinic, page: Page, staff: Staff
) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    sign_in(clinic, page, *staff.officer)
    page.get_by_role("button", name="English").click()
    for tab in ("reviews", "consents", "classification"):
        page.goto(f"{clinic.address}/privacy?tab={tab}")
        expect(page.get_by_role("main").get_by_role("region").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], tab
        words = page.get_by_role("main").inner_text()
        assert "privacy." not in words.replace("zhou.privacy", ""), tab
    page.goto(f"{clinic.address}/privacy?tab=consents")
    page.get_by_role("button", name="Record a consent or refusal").click()
    expect(page.get_by_role("dialog").get_by_label("Patient identifier")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
