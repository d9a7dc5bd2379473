"""A journey through the patient index: from two admissions to a question that somebody answers.

One story: the steward decides by keys, thinks better of it, opens the person and splits it; the
desk looks before it registers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .clinic import Clinic
from .people import hire, sign_in, sign_out

pytestmark = pytest.mark.browser

HOME = "澜川省云溪市望江区滨江街道解放路12号3栋2单元501室"
PHONE = {"width": 390, "height": 844}


def patient(mrn: str, name: str, *, sex: str = "M", telephone: str = "15412987326") -> str:
    """Return what the desk's system says of an invented patient."""
    return (
        f"MSH|^~\\&|DESK|CLINIC|||20260301081502||ADT^A04|I{mrn}|P|2.5.1\r"
        f"EVN||20260301081500\r"
        f"PID|1||{mrn}^^^CLINIC^MR||{name}||19800315|{sex}|||{HOME}||{telephone}\r"
        f"PV1|1|O\r"
    )


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


@pytest.fixture(scope="module")
def staff(clinic: Clinic) -> dict[str, str]:
    """Passwords by account name."""
    roles = {"sun.steward": ("孙管理", "identity-steward"), "qian.desk": ("钱挂号", "registrar")}
    return {name: hire(clinic, name, *facts) for name, facts in roles.items()}


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def bits_of(part: Locator) -> float:
    """Read a number of bits as people see it."""
    return float(part.inner_text().replace("−", "-"))


def test_a_steward_decides_by_keys_and_takes_it_back(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    clinic.send(patient("5001", "王小明"))
    clinic.send(patient("5002", "王小敏", sex="F"))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"])
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="患者主索引").click()
    waiting = page.get_by_role("status").filter(has_text="待判断")
    questions = page.get_by_role("listbox", name="待判断队列").get_by_role("option")
    expect(questions).to_have_count(1)

    names = page.get_by_role("row", name=re.compile("^姓名 王小. 王小."))
    expect(names).to_contain_text("不同")
    assert {mark.inner_text() for mark in names.get_by_role("emphasis").all()} == {"明", "敏"}
    expect(page.get_by_role("row", name=re.compile("^出生日期 1980-03-15"))).to_contain_text("一致")
    evidence = page.get_by_role("region", name="证据", exact=True)
    expect(evidence).to_contain_text("可能是双胞胎")
    rows = evidence.get_by_role("table").get_by_role("row").all()[1:]
    *steps, total = [bits_of(row.get_by_role("cell").nth(-1)) for row in rows]
    assert sum(steps) == pytest.approx(total, abs=0.1 * len(steps))

    page.keyboard.press("n")
    reasoning = page.get_by_role("group", name="为什么不是同一人？")
    expect(reasoning.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Enter")
    expect(reasoning).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("Enter")

    acts = page.get_by_role("list", name="刚才的判断").get_by_role("listitem")
    expect(acts).to_contain_text("双胞胎或兄弟姐妹")
    expect(acts).to_contain_text("已生效")
    expect(waiting).to_have_text("待判断 0 对")
    expect(page.get_by_text("没有待判断的问题")).to_be_visible()

    page.keyboard.press("u")
    expect(acts).to_contain_text("已撤销")
    expect(questions).to_have_count(1)

    page.keyboard.press("l")
    page.keyboard.type("与本人核实")
    page.keyboard.press("Enter")
    link = acts.first.get_by_role("link")
    expect(link).to_be_visible()
    expect(waiting).to_have_text("待判断 0 对")
    link.click()
    history = page.get_by_role("region", name="判断与合并的历史").get_by_role("listitem")
    expect(history.first).to_contain_text("与本人核实")
    expect(history.first).to_contain_text("sun.steward")


def test_a_decision_that_is_refused_comes_back_in_the_words_of_the_server(
    clinic: Clinic, page: Page, context: BrowserContext, staff: dict[str, str]
) -> None:
    """Two stewards see one question, and both answer it."""
    clinic.send(patient("5011", "孙大海", telephone="15400000011"))
    clinic.send(patient("5012", "孙大梅", telephone="15400000011"))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity")
    questions = page.get_by_role("listbox", name="待判断队列").get_by_role("option")
    expect(questions.filter(has_text="孙大海")).to_have_count(1)
    questions.filter(has_text="孙大海").click()
    expect(page.get_by_role("row", name=re.compile("^姓名 孙大. 孙大."))).to_be_visible()
    other = context.new_page()
    other.goto(page.url)
    other.get_by_role("option").filter(has_text="孙大海").click()
    expect(other.get_by_role("row", name=re.compile("^姓名 孙大. 孙大."))).to_be_visible()
    other.keyboard.press("l")
    other.keyboard.press("3")
    other.keyboard.press("Enter")
    expect(other.get_by_role("list", name="刚才的判断")).to_contain_text("已生效")
    other.close()

    page.keyboard.press("n")
    page.keyboard.press("3")
    page.keyboard.press("Enter")

    acts = page.get_by_role("list", name="刚才的判断")
    expect(acts).to_contain_text("未保存，已退回队列")
    expect(acts.get_by_role("alert")).to_contain_text("LY-2132")
    expect(questions.filter(has_text="孙大海")).to_have_count(0)


def test_a_person_page_says_who_says_what_and_undoes_a_link(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity/search")
    box = page.get_by_role("textbox", name="姓名、号码或患者标识")
    box.fill("5002^CLINIC")
    box.press("Enter")
    page.get_by_role("list", name="查找结果").get_by_role("link").first.click()
    held = page.get_by_role("region", name="主索引记录")
    expect(held.get_by_role("list", name="各源记录不一致")).to_contain_text("姓名不一致")
    expect(held.get_by_role("row").filter(has_text="出生日期")).to_contain_text("1980-03-15")
    expect(page.get_by_role("article", name="5001^CLINIC")).to_contain_text("王小明")
    page.set_viewport_size(PHONE)
    assert fits(page)

    history = page.get_by_role("region", name="判断与合并的历史").get_by_role("listitem")
    history.first.get_by_role("button", name="撤回").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("看错了人")
    dialog.get_by_role("button", name="撤回").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("region", name="源记录").get_by_role("article")).to_have_count(1)
    page.get_by_role("link", name="1 个待判断").click()
    expect(page.get_by_role("listbox", name="待判断队列").get_by_role("option")).to_have_count(1)
    assert fits(page)


def test_two_about_whom_nobody_asked_are_laid_side_by_side(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    clinic.send(patient("5021", "周大江", telephone="15400000021"))
    clinic.send(patient("5022", "吴小河", telephone="15400000022"))
    sign_in(clinic, page, "sun.steward", staff["sun.steward"], path="/identity/search")
    box = page.get_by_role("textbox", name="姓名、号码或患者标识")
    found = page.get_by_role("list", name="查找结果")
    for name in ("周大江", "吴小河"):
        box.fill(name)
        box.press("Enter")
        found.get_by_role("article", name=name).get_by_role("checkbox", name="对照").check()
    page.get_by_role("group", name="要对照的人").get_by_role("link", name="逐项对照").click()
    expect(page.get_by_role("row", name="姓名 周大江 吴小河 不同")).to_be_visible()
    page.get_by_role("button", name="同一人").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("改过姓名，已核实户口")
    dialog.get_by_role("button", name="同一人").click()

    expect(page.get_by_role("region", name="源记录").get_by_role("article")).to_have_count(2)
    page.get_by_role("button", name="拆分").click()
    dialog = page.get_by_role("dialog", name="拆分")
    dialog.get_by_role("checkbox", name="5022^CLINIC").check()
    expect(dialog.get_by_role("definition").last).to_have_text("5022^CLINIC")
    dialog.get_by_label("原因").fill("户口是另一人的")
    dialog.get_by_role("button", name="拆分").click()
    expect(dialog.get_by_role("status").get_by_role("link")).to_have_count(2)


def test_a_desk_looks_before_it_registers(
    clinic: Clinic, page: Page, staff: dict[str, str]
) -> None:
    clinic.send(patient("5003", "赵铁柱", telephone="15400000003"))
    sign_in(clinic, page, "qian.desk", staff["qian.desk"], path="/identity")
    desk = page.get_by_role("region", name="登记台：先查后建")
    desk.get_by_label("姓名", exact=True).fill("赵铁柱")
    desk.get_by_label("出生日期").fill("1980-03-15")
    desk.get_by_label("电话").fill("15400000003")
    candidates = desk.get_by_role("list", name="可能的人")
    expect(candidates.get_by_role("article", name="赵铁柱")).to_contain_text("确定")
    expect(desk.get_by_text("此人确定已在主索引中")).to_be_visible()
    form = desk.get_by_role("form", name="登记")
    register = form.get_by_role("button", name="登记")
    expect(register).to_be_disabled()
    form.get_by_label("来源（标识签发者）").fill("CLINIC")
    form.get_by_label("患者标识").fill("5103")

    register.click()

    expect(form.get_by_role("status")).to_contain_text("此人现有 2 条记录")
    page.set_viewport_size(PHONE)
    assert fits(page)
    sign_out(page)
