"""Journeys through the console in a real Chromium, against the real platform and receivers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from lianyi.security.audit.export import check_export

from .clinic import REFUSED, Clinic, admission
from .people import look_in_an_emergency

pytestmark = pytest.mark.browser

SEEN_WITHIN_MS = 5_000
"""A stopped destination must be visible on the overview by then."""
PHONE = {"width": 390, "height": 844}

WATCH_THE_DIALOG = """() => {
  const places = []
  window.fortyPlaces = new Promise((done) => {
    const look = () => {
      const button = document.querySelector('[role=dialog] button')
      if (button) {
        const { x, y, width, height } = button.getBoundingClientRect()
        places.push([x, y, width, height].map(Math.round).join())
      }
      if (places.length < 40) requestAnimationFrame(look)
      else done(places)
    }
    look()
  })
}"""
"""Note where the first button of a dialog is in the first forty frames that show it."""


@pytest.fixture
def page(clinic: Clinic, context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """The overview, signed in with the address that the first start prints."""
    page = context.new_page()
    page.goto(f"{clinic.address}/?token={clinic.token}")
    expect(page.get_by_role("region", name="admissions")).to_be_visible()
    yield page
    assert complaints == []


def find(page: Page, text: str) -> None:
    """Ask the one search box."""
    box = page.get_by_role("textbox", name="查找消息")
    box.fill(text)
    box.press("Enter")


def row(page: Page, list_name: str, text: str) -> Locator:
    """The row of a list that shows a text."""
    return page.get_by_role("region", name=list_name).get_by_role("row").filter(has_text=text)


def open_trace(page: Page, patient: str) -> str:
    """Go to the only message of a patient; return its position."""
    find(page, patient)
    link = row(page, "消息", patient).get_by_role("link")
    expect(link).to_have_count(1)
    position = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(position)
    return position


def test_nobody_enters_without_the_token(clinic: Clinic, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{clinic.address}/messages")
    page.get_by_label("访问令牌").fill("not-the-token")
    page.get_by_role("button", name="凭令牌进入").click()
    expect(page.get_by_role("alert")).to_contain_text("无法登录")

    page.get_by_label("访问令牌").fill(clinic.token)
    page.get_by_role("button", name="凭令牌进入").click()

    expect(page.get_by_role("heading", name="消息", level=1)).to_be_visible()
    page.get_by_role("button", name=re.compile("的账户$")).click()
    page.get_by_role("menuitem", name="退出").click()
    expect(page.get_by_role("heading", name="登录控制台")).to_be_visible()


def test_the_token_opens_the_door_and_leaves_the_address(clinic: Clinic, page: Page) -> None:
    assert page.url == f"{clinic.address}/"


def test_a_quiet_clinic_is_said_to_be_well(clinic: Clinic, page: Page) -> None:
    expect(page.get_by_role("region", name="总览")).to_contain_text("一切正常")

    assert clinic.send(admission("WELL1", "100001")) == "AA"

    lane = page.get_by_role("region", name="admissions").get_by_role("listitem")
    expect(lane.filter(has_text="record")).to_contain_text("畅通")
    expect(lane.filter(has_text="ward")).to_contain_text("畅通")


def test_a_receiver_that_is_gone_is_seen_at_once_and_hurts_nobody_else(
    clinic: Clinic, page: Page
) -> None:
    lanes = page.get_by_role("region", name="admissions").get_by_role("listitem")
    clinic.ward.close()
    try:
        clinic.send(admission("GONE1", "100002"))

        expect(lanes.filter(has_text="ward")).to_contain_text("接收方停机", timeout=SEEN_WITHIN_MS)
        expect(page.get_by_role("region", name="需要处理")).to_contain_text("admissions → ward")
        expect(page.get_by_role("region", name="总览")).to_contain_text("需要处理")
        expect(lanes.filter(has_text="record")).to_contain_text("畅通")
    finally:
        clinic.ward.open()
    expect(lanes.filter(has_text="ward")).not_to_contain_text("接收方停机")
    assert any("GONE1" in message for message in clinic.ward.received)


def test_a_message_is_found_by_its_patient_and_opened(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("FIND1", "100003"))

    position = open_trace(page, "100003^CLINIC")

    assert page.url == f"{clinic.address}/messages/{position}"
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_contain_text(position)
    expect(page.get_by_role("link", name="FIND1")).to_be_visible()


@pytest.mark.parametrize("key", ["100004", "100004^CLINIC", "V100004", "FIND2"])
def test_one_box_finds_by_every_key(clinic: Clinic, page: Page, key: str) -> None:
    if not any("FIND2" in message for message in clinic.record.received):
        clinic.send(admission("FIND2", "100004"))

    find(page, key)

    expect(row(page, "消息", "100004")).to_have_count(1)


def test_filters_stand_in_the_address(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("WARN1", "100005", sex="X"))
    page.get_by_role("link", name="消息", exact=True).click()
    page.get_by_role("combobox", name=re.compile("^校验")).select_option("通过，有警告")
    page.get_by_role("combobox", name="类型").fill("ADT^A01")
    page.get_by_role("combobox", name="类型").press("Enter")
    expect(row(page, "消息", "100005")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?gate=warn&kind=ADT%5EA01$|\?kind=ADT%5EA01&gate=warn$"))

    page.reload()

    expect(page.get_by_role("combobox", name=re.compile("^校验"))).to_have_value("warn")
    expect(row(page, "消息", "100005")).to_have_count(1)
    page.get_by_role("button", name="清除“校验”").click()
    expect(page).to_have_url(f"{clinic.address}/messages?kind=ADT%5EA01")


def test_an_address_that_says_nonsense_shows_the_list(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/messages?state=exploded&from=yesterday&last=9y")

    expect(page.get_by_role("region", name="消息").get_by_role("row").nth(1)).to_be_visible()


def test_new_messages_wait_until_they_are_asked_for(clinic: Clinic, page: Page) -> None:
    page.get_by_role("link", name="消息", exact=True).click()
    expect(page.get_by_role("region", name="消息").get_by_role("row").nth(1)).to_be_visible()

    clinic.send(admission("NEW1", "100006"))

    pill = page.get_by_role("button", name="有 1 条新消息")
    expect(pill).to_be_visible()
    expect(row(page, "消息", "100006")).to_have_count(0)
    pill.click()
    expect(row(page, "消息", "100006")).to_have_count(1)
    expect(pill).to_have_count(0)


def test_the_trace_tells_the_whole_story(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("STORY1", "100007"))
    open_trace(page, "100007")

    expect(page.get_by_text("PID|1||100007^^^CLINIC^PI||试*^*||1990|M")).to_be_visible()
    page.get_by_role("tab", name="解析树").click()
    page.get_by_role("textbox", name="按路径、名称或值查找字段").fill("性别")
    expect(
        page.get_by_role("tabpanel").get_by_role("listitem").filter(has_text="PID-8").last
    ).to_be_visible()

    page.get_by_role("tab", name=re.compile("record")).click()
    changed = page.get_by_role("row").filter(has_text="MSH-5")
    expect(changed).to_contain_text("RECORD")
    attempt = page.get_by_role("region", name="投递尝试")
    expect(attempt).to_contain_text("已送达")
    expect(attempt).to_contain_text("AA")
    page.get_by_role("tab", name=re.compile("ward")).click()
    expect(page.get_by_role("region", name="发出内容")).to_contain_text("与原文相同")


def test_the_message_comes_down_byte_for_byte(clinic: Clinic, page: Page) -> None:
    sent = admission("BYTES1", "100008")
    clinic.send(sent)
    open_trace(page, "100008")

    page.get_by_role("button", name="下载").click()
    with page.expect_download() as download:
        look_in_an_emergency(page)

    assert Path(download.value.path()).read_bytes() == sent.encode()


def test_what_a_message_says_is_text_and_never_markup(clinic: Clinic, page: Page) -> None:
    evil = "<img src=x onerror=document.title='pwned'>"
    clinic.send(admission("EVIL1", "100009", name=evil))
    open_trace(page, "100009")
    page.get_by_role("button", name="应急查看").click()
    look_in_an_emergency(page)

    for tab in ("原文", "解析树", "record"):
        page.get_by_role("tab", name=re.compile(tab)).click()
        expect(page.get_by_role("tabpanel").get_by_text(evil).first).to_be_visible()

    assert page.locator("img[src=x]").count() == 0
    assert page.title() != "pwned"


def test_a_refused_delivery_is_corrected_and_sent_again(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("FIX1", "100010", name=f"{REFUSED}^甲"))
    page.get_by_role("link", name=re.compile("^队列与重放")).click()
    page.get_by_role("tab", name=re.compile("待处理")).click()
    parked = row(page, "待处理", "admissions → record")
    expect(parked).to_have_count(1)
    expect(parked).to_contain_text("LY-")
    parked.get_by_role("link").click()
    expect(page.get_by_role("region", name=re.compile("拒绝")).first).to_contain_text("下一步")

    page.get_by_role("button", name="修改后投递").click()
    look_in_an_emergency(page)
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox").first
    assert REFUSED in text.input_value()
    text.fill(text.input_value().replace(REFUSED, "改正"))
    confirm = dialog.get_by_role("button", name="重新投递")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("原因").fill("姓名录入有误")
    confirm.click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("tab", name="record 已送达")).to_be_visible()
    arrived = [message for message in clinic.record.received if "FIX1" in message]
    assert len(arrived) == 1
    assert "改正^甲" in arrived[0]
    assert "|RECORD|" in arrived[0], "the steps of the destination run on what was corrected"


def test_parked_deliveries_are_dismissed_together_for_a_reason(clinic: Clinic, page: Page) -> None:
    for number in range(3):
        clinic.send(admission(f"DROP{number}", f"10003{number}", name=f"{REFUSED}^乙"))
    page.goto(f"{clinic.address}/queues?tab=parked")
    rows = row(page, "待处理", "admissions → record")
    expect(rows).to_have_count(3)

    page.get_by_role("checkbox", name="全选已加载的行").check()
    page.get_by_role("button", name="放弃所选").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill("测试数据")
    dialog.get_by_role("button", name="放弃投递").click()

    expect(page.get_by_role("heading", name="没有待处理的投递")).to_be_visible()
    open_trace(page, "100031")
    page.get_by_role("tab", name="record 已放弃").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("测试数据")


def test_a_held_message_is_repaired_and_goes_on(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("HELD1", ""))
    page.goto(f"{clinic.address}/queues?tab=held")
    held = row(page, "暂挂", "admissions")
    expect(held).to_have_count(1)
    held.get_by_role("link").click()
    expect(page.get_by_role("region", name="校验发现")).to_contain_text("缺少患者标识")

    page.get_by_role("button", name="修复后放行").click()
    look_in_an_emergency(page)
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox").first
    text.fill(text.input_value().replace("PID|1||", "PID|1||100020^^^CLINIC^PI"))
    dialog.get_by_label("原因").fill("已向挂号处核实")
    dialog.get_by_role("button", name="修复后放行").click()
    expect(dialog).to_have_count(0)

    expect(page.get_by_role("tab", name="record 已送达")).to_be_visible()
    expect(page.get_by_role("tab", name="ward 已送达")).to_be_visible()
    assert any("100020^^^CLINIC^PI" in message for message in clinic.record.received)


def test_what_was_repaired_is_found_by_its_new_identifier(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("HELD2", ""))
    page.goto(f"{clinic.address}/queues?tab=held")
    row(page, "暂挂", "admissions").get_by_role("link").click()
    page.get_by_role("button", name="修复后放行").click()
    look_in_an_emergency(page)
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox").first
    text.fill(text.input_value().replace("PID|1||", "PID|1||100025^^^CLINIC^PI"))
    dialog.get_by_label("原因").fill("已向挂号处核实")
    dialog.get_by_role("button", name="修复后放行").click()
    expect(dialog).to_have_count(0)

    find(page, "100025^CLINIC")

    found = row(page, "消息", "100025")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("人工修复的内容")
    found.get_by_role("link").click()
    expect(page.get_by_text("PID|1||100025^^^CLINIC^PI")).to_be_visible()
    page.get_by_role("region", name="消息概要").get_by_role("link", name=re.compile(r"^1-")).click()
    expect(page.get_by_role("link", name="HELD2")).to_be_visible()


def test_a_trace_leads_to_the_messages_of_the_patient_before_and_after(
    clinic: Clinic, page: Page
) -> None:
    clinic.send(admission("NEAR1", "100026"))
    clinic.send(admission("OTHER1", "100027"))
    clinic.send(admission("NEAR2", "100026", event="A08"))
    clinic.send(admission("NEAR3", "100026", event="A08"))
    find(page, "100026")
    row(page, "消息", "ADT^A01").filter(has_text="100026").get_by_role("link").click()
    before = page.get_by_role("button", name="上一条同一患者消息")
    after = page.get_by_role("button", name="下一条同一患者消息")
    expect(before).to_be_disabled()
    expect(before).to_have_accessible_description("日志中没有该患者更早的消息")
    expect(after).to_be_enabled()
    expect(after).to_have_accessible_description(re.compile(r"^ADT\^A08 .*admissions$"))

    page.get_by_role("tab", name="解析树").click()
    after.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="NEAR2")).to_be_visible()
    expect(page.get_by_role("tab", name="解析树")).to_have_attribute("aria-selected", "true")
    expect(after).to_be_focused()
    expect(after).to_be_enabled()
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="NEAR3")).to_be_visible()
    expect(after).to_be_disabled()
    expect(after).to_have_accessible_description("日志中没有该患者更晚的消息")
    expect(after).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    expect(before).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="NEAR2")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="NEAR3")).to_be_visible()


def test_without_a_patient_there_is_nowhere_to_go_and_it_says_why(
    clinic: Clinic, page: Page
) -> None:
    clinic.send(admission("NOBODY1", "").replace("PID|1||", "PID|1||100028"))
    open_trace(page, "100028")

    for name in ("上一条同一患者消息", "下一条同一患者消息"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_accessible_description(re.compile("没有带发放机构的患者标识"))


def test_a_replay_is_tried_first_and_only_then_runs(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("AGAIN1", "100021", event="A08"))
    open_trace(page, "100021")
    page.get_by_role("tab", name="record 已送达").click()
    before = len(clinic.record.received)
    page.get_by_role("button", name="重放").click()

    form = page.get_by_role("region", name="新建重放")
    form.get_by_role("button", name="试算").click()
    expect(form).to_contain_text("将发送 1 条消息")
    expect(form).to_contain_text("符合条件 1 条")
    expect(form).to_contain_text("接收方可能收到重复消息")
    expect(row(page, "样例", "100021")).to_have_count(1)
    assert len(clinic.record.received) == before
    start = form.get_by_role("button", name="开始重放")
    form.get_by_label("原因").fill("病历系统恢复了昨天的备份")
    expect(start).to_be_disabled()
    form.get_by_role("checkbox").check()
    start.click()

    done = row(page, "历次重放", "病历系统恢复了昨天的备份")
    expect(done).to_contain_text("已完成")
    expect(done).to_contain_text("1 / 1")
    again = [message for message in clinic.record.received if "100021" in message]
    assert len(again) == 2
    assert again[0].split("|")[9] == again[1].split("|")[9]


def test_a_replay_that_runs_can_be_stopped(clinic: Clinic, page: Page) -> None:
    for number in range(5):
        clinic.send(admission(f"MANY{number}", "100022", event="A08"))
    page.goto(
        f"{clinic.address}/queues?tab=replay&channel=admissions&destination=record&key=100022"
    )
    form = page.get_by_role("region", name="新建重放")
    form.get_by_role("button", name="试算").click()
    expect(form).to_contain_text("将发送 5 条消息")
    form.get_by_role("spinbutton", name="每秒最多").fill("1")
    form.get_by_label("原因").fill("误操作演示")
    form.get_by_role("checkbox").check()
    form.get_by_role("button", name="开始重放").click()

    replay = row(page, "历次重放", "误操作演示")
    replay.get_by_role("button", name="停止").click()
    page.get_by_role("dialog").get_by_role("button", name="停止").click()

    expect(replay).to_contain_text("已停止")
    assert sum("100022" in message for message in clinic.record.received) < 10


def test_a_channel_proves_its_examples_and_a_destination_is_stopped(
    clinic: Clinic, page: Page
) -> None:
    page.get_by_role("link", name="通道", exact=True).click()
    page.get_by_role("link", name="admissions").click()
    expect(page.get_by_role("region", name="定义")).to_contain_text("channel: admissions")
    page.get_by_role("button", name="检查示例").click()
    expect(page.get_by_text("全部示例通过")).to_be_visible()

    page.get_by_role("button", name="停止 ward").click()
    page.get_by_role("dialog").get_by_role("button", name="停止").click()
    start = page.get_by_role("button", name="启动 ward")
    expect(start).to_be_visible()
    page.get_by_role("link", name=re.compile("^总览")).click()
    lane = (
        page.get_by_role("region", name="admissions")
        .get_by_role("listitem")
        .filter(has_text="ward")
    )
    expect(lane).to_contain_text("已停止", timeout=SEEN_WITHIN_MS)

    page.get_by_role("link", name="通道", exact=True).click()
    page.get_by_role("link", name="admissions").click()
    start.click()
    expect(page.get_by_role("button", name="停止 ward")).to_be_visible()


def test_a_dialog_stands_still_so_that_no_press_misses_it(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/channels/admissions")
    stop = page.get_by_role("button", name="停止 ward")
    expect(stop).to_be_visible()
    page.evaluate(WATCH_THE_DIALOG)

    stop.click()

    places = page.evaluate("() => window.fortyPlaces")
    assert len(set(places)) == 1, "what lies under the pointer moves between press and release"
    page.get_by_role("dialog").get_by_role("button", name="取消").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_old_version_is_opened_and_compared_with_the_one_in_force(
    clinic: Clinic, page: Page
) -> None:
    old = clinic.redefine("入院登记：挂号处", "入院登记：旧挂号处") - 1
    clinic.send(admission("VERSION1", "100029"))
    new = clinic.redefine("入院登记：旧挂号处", "入院登记：新挂号处")
    page.get_by_role("link", name="通道", exact=True).click()
    page.get_by_role("link", name="admissions").click()
    versions = page.get_by_role("region", name="版本记录")
    expect(versions.get_by_role("listitem").filter(has_text=f"版本 {new}")).to_contain_text(
        "当前生效"
    )

    versions.get_by_role("link", name=f"版本 {old + 1}", exact=True).click()

    expect(page).to_have_url(f"{clinic.address}/channels/admissions?version={old + 1}")
    opened = page.get_by_role("region", name=f"版本 {old + 1}")
    expect(opened).to_contain_text(f"被版本 {new} 取代")
    expect(opened).to_contain_text(re.compile(r"自位点 1-\d+ 起，到 1-\d+ 之前"))
    lines = opened.get_by_role("table", name="与当前生效版本的差异")
    expect(lines.get_by_role("deletion")).to_have_text(
        "description: 入院登记：旧挂号处 → 病历、病区"
    )
    expect(lines.get_by_role("insertion")).to_have_text(
        "description: 入院登记：新挂号处 → 病历、病区"
    )
    expect(lines.get_by_role("row").filter(has_text="- name: ward")).to_have_count(0)
    lines.get_by_role("button", name=re.compile("行相同内容")).click()
    expect(lines.get_by_role("row").filter(has_text="- name: ward")).to_have_count(1)

    page.reload()
    opened.get_by_role("tab", name="全文").click()
    expect(opened.get_by_role("tabpanel")).to_contain_text("旧挂号处")
    expect(page).to_have_url(f"{clinic.address}/channels/admissions?version={old + 1}&show=text")
    versions.get_by_role("link", name=f"版本 {new}", exact=True).click()
    expect(page.get_by_role("region", name=f"版本 {new}")).to_contain_text("新挂号处")
    expect(page.get_by_role("heading", name=f"版本 {new}")).to_be_focused()
    page.get_by_role("link", name="返回当前定义").click()
    expect(page.get_by_role("region", name="定义")).to_contain_text("新挂号处")
    expect(page).to_have_url(f"{clinic.address}/channels/admissions")


STEP = "- set: { MSH-5: RECORD }"
MARKED = f"- marked\n      {STEP}"


def marked(place: str) -> str:
    return f"steps: [ {{ set: {{ MSH-6: {place} }} }} ]\n"


def test_a_version_shows_how_a_file_that_it_shares_differs(clinic: Clinic, page: Page) -> None:
    clinic.share("steps/marked.yaml", marked("OLD"))
    old = clinic.redefine(STEP, MARKED)
    try:
        new = clinic.share_anew("steps/marked.yaml", marked("NEW"))

        page.goto(f"{clinic.address}/channels/admissions?version={old}")

        opened = page.get_by_role("region", name=f"版本 {old}")
        expect(opened).to_contain_text(f"通道文件的文本与当前生效的版本 {new} 相同")
        file = opened.get_by_role("region", name="steps/marked.yaml")
        expect(file).to_contain_text("有差异")
        lines = file.get_by_role("table", name="steps/marked.yaml")
        expect(lines.get_by_role("deletion")).to_contain_text("MSH-6: OLD")
        expect(lines.get_by_role("insertion")).to_contain_text("MSH-6: NEW")
    finally:
        clinic.redefine(MARKED, STEP)


def test_what_cannot_be_shown_as_it_was_is_shown_by_the_definition_in_force_and_says_so(
    clinic: Clinic, page: Page
) -> None:
    clinic.share("steps/marked.yaml", marked("THEN"))
    old = clinic.redefine(STEP, MARKED)
    patients = map(str, itertools.count(10004100))

    def went_by_it() -> bool:
        """The destinations may take a moment longer than the gate."""
        patient = next(patients)
        clinic.send(admission(f"THEN{patient}", patient))
        return any("|RECORD|THEN|" in one for one in clinic.record.received[-1:])

    clinic.until(went_by_it, "nothing goes by the new definition")
    patient = clinic.record.received[-1].split("PID|1||")[1].split("^")[0]
    new = clinic.redefine(MARKED, STEP)
    clinic.forget_files(old)  # not before: those of the version in force are kept anew
    clinic.stop()  # its doors know the old version as it was
    clinic.start()

    open_trace(page, patient)
    told = f"按当前定义显示：当时的版本 {old} 没有留存其对照表、步骤列表或函数，现以版本 {new} 计算"
    page.get_by_role("tab", name=re.compile("record")).click()

    expect(page.get_by_role("tabpanel").get_by_role("note")).to_contain_text(told)
    page.get_by_role("tab", name="原文").click()
    findings = page.get_by_role("region", name="校验发现")
    expect(findings.get_by_role("note")).to_contain_text(told)


def test_a_message_that_nobody_could_read_is_shown_by_a_guess_and_repaired(
    clinic: Clinic, page: Page
) -> None:
    clinic.send(admission("GBK1", "100042", name="张^乱码"), codec="gb18030")
    page.goto(f"{clinic.address}/queues?tab=held")
    row(page, "暂挂", "admissions").get_by_role("link").click()
    expect(page.get_by_role("region", name="消息概要")).to_contain_text("gb18030")
    expect(page.get_by_role("main")).to_contain_text("这里按猜测的 gb18030 显示")
    expect(page.get_by_text("PID|1||100042^^^CLINIC^PI||张^**||1990|M")).to_be_visible()

    page.get_by_role("button", name="修复后放行").click()
    look_in_an_emergency(page)
    dialog = page.get_by_role("dialog")
    text = dialog.get_by_role("textbox").first
    assert "张^乱码" in text.input_value()
    text.fill(text.input_value().replace("张^乱码", "张^可读"))
    dialog.get_by_label("原因").fill("发送方未声明字符集")
    dialog.get_by_role("button", name="修复后放行").click()
    expect(dialog).to_have_count(0)

    expect(page.get_by_role("tab", name="record 已送达")).to_be_visible()
    arrived = [one for one in clinic.record.received if "GBK1" in one]
    assert len(arrived) == 1
    assert "100042^^^CLINIC^PI||张^可读|" in arrived[0]
    find(page, "100042")
    expect(row(page, "消息", "100042")).to_contain_text("人工修复的内容")


def test_a_trace_leads_to_the_version_that_judged_it(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("VERSION2", "100040"))
    open_trace(page, "100040")

    page.get_by_role("link", name=re.compile("^通道版本")).click()

    expect(page.get_by_role("heading", name=re.compile("^版本 "))).to_be_visible()
    page.goto(f"{clinic.address}/channels/admissions?version=99")
    expect(page.get_by_role("region", name="版本 99")).to_contain_text("该通道没有这个版本")


def test_it_speaks_english_and_remembers(clinic: Clinic, page: Page) -> None:
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Queues & replay")).to_be_visible()

    page.goto(f"{clinic.address}/queues?tab=held")

    expect(page.get_by_role("heading", name="No message is held")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("button", name="Switch to dark").click()
    page.reload()
    expect(page.get_by_role("button", name="Switch to light")).to_be_visible()


def test_the_audit_trail_says_who_looked_at_a_patient(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("AUDIT1", "100091"))
    clinic.send(admission("AUDIT2", "100092"))
    position = open_trace(page, "100091")
    open_trace(page, "100092")

    page.get_by_role("navigation", name="主导航").get_by_role("link", name="审计").click()
    who = page.get_by_role("textbox", name="谁看过该患者")
    who.fill("100091")
    who.press("Enter")
    looked = row(page, "审计", "access.get_message")
    expect(looked).to_have_count(1)
    expect(looked).to_contain_text("100091^CLINIC")
    expect(looked).to_contain_text("允许")
    assert "patient=100091" in page.url
    expect(row(page, "审计", "100092")).to_have_count(0)

    looked.get_by_text("access.get_message").click()
    detail = page.get_by_role("dialog")
    expect(detail).to_contain_text(f"/api/v1/messages/{position}")
    page.reload()  # the open act is in the address, too
    detail.get_by_role("link", name=position).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(position)


def test_the_audit_trail_is_proved_and_exported(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/audit?kind=session.*")
    page.get_by_role("button", name="验证最近的记录").click()
    expect(page.get_by_role("status").filter(has_text="无缺失、无改动")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="导出签名文件").click()
    checked = check_export(waiting.value.path().read_bytes())
    assert checked.manifest["asked"] == {"kind": "session.*"}


def test_times_are_those_of_the_hospital(clinic: Clinic, page: Page) -> None:
    """The browser believes to be in New York; the clinic is in China."""
    clinic.send(admission("TIME1", "100023"))
    open_trace(page, "100023")

    shown = page.get_by_role("heading", level=1).locator("..").get_by_role("time").first

    instant = shown.get_attribute("datetime") or ""
    hour = (int(instant[11:13]) + 8) % 24
    expect(shown).to_contain_text(f"{hour:02}:{instant[14:19]}")


def test_a_slash_asks_for_the_search_box(page: Page) -> None:
    page.keyboard.press("/")

    box = page.get_by_role("textbox", name="查找消息")
    expect(box).to_be_focused()
    expect(box).to_have_value("")


def test_a_lost_connection_is_said_and_found_again(clinic: Clinic, page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="实时")).to_be_visible()
    clinic.stop()
    try:
        expect(page.get_by_role("alert")).to_contain_text("实时连接已中断")
    finally:
        clinic.start()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_not_there_says_so(clinic: Clinic, page: Page) -> None:
    page.goto(f"{clinic.address}/messages/1-999999")
    expect(page.get_by_role("main")).to_contain_text("下一步")

    page.goto(f"{clinic.address}/nowhere")
    expect(page.get_by_role("heading", name="没有这个页面")).to_be_visible()


def test_every_page_fits_a_phone(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("PHONE1", "100024"))
    position = open_trace(page, "100024")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    pages = ["/", "/messages", "/queues", "/queues?tab=parked", "/queues?tab=replay", "/channels"]
    pages += [
        "/audit",
        "/channels/admissions",
        "/channels/admissions?version=1",
        f"/messages/{position}",
    ]
    pages += [f"/messages/{position}?tab=tree", f"/messages/{position}?tab=to:record"]
    for path in pages:
        page.goto(f"{clinic.address}{path}")
        expect(page.get_by_role("main").get_by_role("region").first).to_be_visible()
        page.wait_for_load_state("domcontentloaded")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], path
