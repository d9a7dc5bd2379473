"""Journeys through what keeps the index right: two people, the quality of the data, the model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from .clinic import Clinic
from .people import hire, sign_in, sign_out
from .test_console_identity import PHONE, fits, patient

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


@pytest.fixture(scope="module")
def staff(clinic: Clinic) -> dict[str, str]:
    """Passwords by account name."""
    names = {"sun.steward": "孙管理", "wu.steward": "吴复核"}
    return {name: hire(clinic, name, shown, "identity-steward") for name, shown in names.items()}


def shoot(page: Page, name: str) -> None:
    """Keep what a page looks like, wide and on a phone, by day and by night, if somebody asks."""
    folder = os.environ.get("LIANYI_SHOTS", "")
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        assert fits(page), (name, size)
        for shade in ("day", "night") if folder else ():
            page.screenshot(path=f"{folder}/{name}-{size['width']}-{shade}.png", full_page=True)
            page.get_by_role("button", name=re.compile("切换为.色")).click()
    page.set_viewport_size(WIDE)


def test_a_person_of_many_records_takes_two_people(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    for number in range(6):
        clinic.send(patient(f"61{number}", "郑多多", telephone="15400000061"))
    clinic.send(patient("620", "郑多少", sex="F", telephone="15400000061"))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity")
    questions = page.get_by_role("listbox", name="待判断队列").get_by_role("option")
    questions.filter(has_text="郑多少").click()
    expect(page.get_by_role("region", name="逐项对照")).to_contain_text("郑多少")
    page.keyboard.press("l")
    page.keyboard.type("与家属核实")
    page.keyboard.press("Enter")
    acts = page.get_by_role("list", name="刚才的判断")
    expect(acts).to_contain_text("待另一人复核")
    page.get_by_role("link", name="1 项等待复核").click()
    decision = page.get_by_role("region", name="待复核的决定的内容")
    expect(decision).to_contain_text("与家属核实")
    expect(decision.get_by_role("button", name="撤回提议")).to_be_visible()
    expect(decision.get_by_role("button", name="确认生效")).to_have_count(0)
    sign_out(page)

    sign_in(clinic, page, "wu.steward", staff["wu.steward"], path="/identity/waiting")
    names = decision.get_by_role("row", name=re.compile("^姓名 郑多"))
    expect(names).to_contain_text("郑多少")
    expect(names).to_contain_text("郑多多")
    expect(decision.get_by_role("region", name="证据", exact=True)).to_contain_text("合计")
    shoot(page, "waiting")
    decision.get_by_role("button", name="确认生效").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("已看过证件")
    dialog.get_by_role("button", name="确认生效").click()
    expect(page.get_by_text("没有等待复核的决定")).to_be_visible()
    page.goto(f"{clinic.address}/identity/search?q=620%5ECLINIC")
    page.get_by_role("list", name="查找结果").get_by_role("link").first.click()
    history = page.get_by_role("region", name="判断与合并的历史").get_by_role("listitem")
    expect(history.first).to_contain_text("sun.steward, wu.steward")
    expect(history.first).to_contain_text("与家属核实; 已看过证件")


def test_a_telephone_of_many_leads_to_those_who_have_it(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    ward = "15400000077"
    for number, given in enumerate("甲乙丙丁戊己"):
        clinic.send(patient(f"71{number}", f"病{given}", telephone=ward))
    clinic.send(patient("720", "", telephone="15400000078"))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity/quality")
    crowds = page.get_by_role("region", name="多条记录共用的电话与号码")
    crowd = crowds.get_by_role("button").filter(has_text=ward)
    expect(crowd).to_contain_text("6 条记录")
    expect(page.get_by_role("region", name="逐条检查")).to_contain_text("缺姓名")
    shoot(page, "quality")
    crowd.click()
    drill = page.get_by_role("region", name="所涉及的人")
    expect(drill.get_by_role("article")).to_have_count(6)
    shoot(page, "quality-drill")
    drill.get_by_role("button", name="关闭").click()
    page.get_by_role("button", name="查看 CLINIC 的缺姓名").click()
    expect(drill.get_by_role("article")).to_have_count(1)
    drill.get_by_role("article").get_by_role("link").first.click()
    expect(page.get_by_role("article", name="720^CLINIC")).to_be_visible()


def test_a_model_is_not_trained_on_too_little(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity/models")
    in_force = page.get_by_role("region", name="正在使用")
    expect(in_force).to_contain_text("未经本院数据训练")
    page.get_by_role("button", name="用本院数据训练").click()
    training = page.get_by_role("region", name="训练", exact=True)
    expect(training.get_by_role("alert")).to_contain_text("LY-2151", timeout=60_000)
    shoot(page, "models")


def test_a_lost_card_is_reported_on_the_page_of_the_person(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    card = "730^^^CLINIC^MR~88120077^^^CLINIC^EHC^^20250101^20990101"
    clinic.send(patient("730", "冯卡卡", telephone="15400000073").replace("730^^^CLINIC^MR", card))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity/search?q=88120077")
    page.get_by_role("list", name="查找结果").get_by_role("link").first.click()
    cards = page.get_by_role("region", name="卡与电子凭证").get_by_role("listitem")
    expect(cards).to_contain_text("2025-01-01 – 2099-01-01")
    cards.get_by_role("button", name="换卡").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("新卡号").fill("88120078")
    dialog.get_by_label("原因").fill("遗失后补办")
    dialog.get_by_role("button", name="换卡").click()
    expect(cards).to_have_count(2)
    expect(cards.filter(has_text="88120077")).to_contain_text("已换卡")
    expect(cards.filter(has_text="88120077")).to_contain_text("换成 88120078")
    shoot(page, "cards")
    page.goto(f"{clinic.address}/identity/search?q=88120077")
    expect(page.get_by_text("没有找到")).to_be_visible()
