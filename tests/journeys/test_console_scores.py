"""A journey of loops: orders, results, drugs and charges over the socket, to the score card of a
department, to the orders that stayed open, and to the message that ordered them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from .clinic import Clinic
from .conftest import open_clinic
from .people import asking, hire, sign_in
from .test_console_indicators import ZONE, put

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
PICTURES = os.environ.get("LIANYI_PICTURES", "")
"""A folder into which the screens are put, for whoever wants to look at them; empty: nobody."""


def message(kind: str, control: str, day: int, department: str, *segments: str) -> str:
    """An invented message of a day of March, of a patient in a department."""
    at = f"202603{day:02}090000"
    visit = f"PV1|1|I|W03^01^02|||||||{department}" + "|" * 9 + f"V{department}"
    return "\r".join(
        [
            f"MSH|^~\\&|HIS|CLINIC|||{at}||{kind}|{control}|P|2.6||||||UNICODE UTF-8",
            f"PID|1||8{department}^^^CLINIC^PI||试验^甲||19900101|F",
            visit,
            *segments,
            "",
        ]
    )


def ordered(number: str, day: int, department: str) -> str:
    """An order of the laboratory."""
    at = f"202603{day:02}090000"
    orc = f"ORC|NW|{number}|||||||{at}|||D9"
    return message("OML^O21", f"N{number}", day, department, orc, f"OBR|1|{number}||XCG^血常规")


def reported(number: str, day: int, department: str) -> str:
    """The report of such an order, an hour later."""
    obr = f"OBR|1|{number}|L{number}|XCG^血常规" + "|" * 10 + f"202603{day:02}093000"
    obr += "|" * 8 + f"202603{day:02}100000||LAB|F"
    orc = f"ORC|RE|{number}|L{number}"
    return message("ORU^R01", f"R{number}", day, department, orc, obr, "OBX|1|NM|WBC||5|||N|||F")


def charged(number: str, day: int, department: str) -> str:
    """The charge for an order."""
    ft1 = f"FT1|1|F{number}||202603{day:02}090000||CG|XCG||||20"
    return message("DFT^P03", f"C{number}", day, department, ft1, f"ORC|RE|{number}")


def drug(kind: str, number: str, day: int, department: str, segment: str) -> str:
    """What is said of the order of a drug."""
    control = "NW" if kind.startswith("RDE") else "RE"
    orc = f"ORC|{control}|{number}|||||||202603{day:02}080000"
    return message(kind, f"{kind[:3]}{number}", day, department, orc, segment)


def given(number: str, day: int, department: str, barcode: str) -> str:
    """A drug that was given, its bar code read or not."""
    fields = {1: "0", 2: "1", 3: f"202603{day:02}120000", 5: "YP1", 20: "CP", 25: barcode}
    rxa = "|".join(["RXA", *(fields.get(n, "") for n in range(1, 26))])
    return drug("RAS^O17", number, day, department, rxa)


def admitted(department: str) -> str:
    """The patient of a department comes."""
    return message("ADT^A01", f"P{department}", 1, department)


STORY = [
    admitted("0301"),
    *(ordered(f"A{n}", n, "0301") for n in range(1, 5)),
    *(reported(f"A{n}", n, "0301") for n in range(1, 4)),
    *(charged(f"A{n}", n, "0301") for n in range(1, 5)),
    *(ordered(f"B{n}", n, "0302") for n in range(1, 3)),
    *(reported(f"B{n}", n, "0302") for n in range(1, 3)),
    *(drug("RDE^O11", f"M{n}", n, "0301", "RXE||YP1|1||MG") for n in range(1, 3)),
    *(drug("RDS^O13", f"M{n}", n, "0301", f"RXD|1|YP1|2026030{n}1000|1") for n in range(1, 3)),
    given("M1", 1, "0301", "6901234567892"),
    given("M2", 2, "0301", ""),
]


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with open_clinic("[operational]\nsettle_seconds = 1\n") as clinic:
        clinic.redefine("description:", "organisation: H1\ndescription:")
        for told in STORY:
            assert clinic.send(told) == "AA"
        clinic.until(lambda: bedside(clinic.data) == 1, "the drug that was scanned is in no file")
        yield clinic


def bedside(data: Path) -> int:
    """Return how many orders in the files were confirmed at the bedside."""
    files = (data / "star" / "order" / "log").glob("*.parquet")
    return sum(one is True for file in files for one in pq.read_table(file)["bedside"].to_pylist())


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_a_score_is_followed_to_the_orders_that_stayed_open_and_their_message(
    clinic: Clinic, page: Page
) -> None:
    password = hire(clinic, "lu.quality", "陆质控", "operations-analyst")
    also = {"role": "integration-engineer", "organisation": "*", "reason": "兼任"}
    asking(clinic).post("/accounts/lu.quality/roles", also)
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(clinic, page, "lu.quality", password, "/indicators/scores?month=2026-03")
    expect(page.get_by_role("heading", level=1, name="科室评分")).to_be_visible()
    ranking = page.get_by_role("region", name="科室排名").first
    rows = ranking.get_by_role("row")
    expect(rows).to_have_count(3, timeout=120_000)
    first, second = rows.nth(1), rows.nth(2)
    expect(first).to_contain_text("0301")
    expect(second).to_contain_text("0302")
    expect(second).to_contain_text("未排名")  # too little is known of it
    first.get_by_role("button", name="0301").click()

    made_of = page.get_by_role("region", name="查看 0301 的评分构成")
    loops = made_of.get_by_role("region", name="闭环完整")
    laboratory = loops.get_by_role("listitem").filter(has_text="检验医嘱闭环")
    expect(laboratory).to_contain_text("75")
    expect(laboratory).to_contain_text("3 / 4")
    bedside_part = made_of.get_by_role("region", name="床旁确认").get_by_role("listitem").first
    expect(bedside_part).to_contain_text("1 / 2")
    surgery = loops.get_by_role("listitem").filter(has_text="手术排程完成")
    expect(surgery).to_contain_text("不计入")
    expect(surgery).to_contain_text("可由SIU 消息带来")
    picture(page, "scores-1440")

    laboratory.get_by_role("link", name="未达成的明细 1 条").click()
    behind = page.get_by_role("region", name="明细").first
    expect(behind.get_by_role("status")).to_contain_text("明细 1 条 = 未计入分子 1")
    picture(page, "rows-1440")
    behind.get_by_title("查看来源消息").first.click()
    expect(page).to_have_url(re.compile("/messages/"))
    expect(page.get_by_role("main")).to_contain_text("CA4", timeout=30_000)


def test_scores_fit_a_phone(clinic: Clinic, page: Page) -> None:
    password = hire(clinic, "tan.president", "谭院长", "operations-analyst")
    page.set_viewport_size(PHONE)
    address = "/indicators/scores?month=2026-03&department=0301"
    sign_in(clinic, page, "tan.president", password, address)
    made_of = page.get_by_role("region", name="查看 0301 的评分构成")
    expect(made_of).to_contain_text("床旁扫码确认率", timeout=120_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "scores-390")
    asking(clinic).post("/quality/runs", {})
    rules = f"{clinic.address}/api/v1/quality/rules"
    clinic.until(lambda: page.request.get(rules).ok, "the rules have not run")
    bad = made_of.get_by_role("region", name="数据质量").get_by_role("link").first
    bad.click()
    expect(page.get_by_role("region", name="违规明细").first).to_contain_text("共")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "rule-390")


def platform_days(clinic: Clinic) -> None:
    """Put what the platform did on two days of March."""
    month = 26 * 12 + 2
    days = [datetime(2026, 3, day, tzinfo=ZONE) for day in (1, 2)]
    rows = [
        {"link_day": f"lab> {at:%d}", "channel": "lab", "way": "intake", "at": at,
         "received": 100 * (place + 1), "held": 3}
        for place, at in enumerate(days)
    ] + [
        {"link_day": f"lab>emr {at:%d}", "channel": "lab", "destination": "emr", "way": "delivery",
         "at": at, "tried": 97, "first_time": 95, "delivered": 97, "parked": place}
        for place, at in enumerate(days)
    ]  # fmt: skip
    put(clinic, "link_day", rows, month=month)


def test_the_effect_of_it_is_a_topic_and_what_nobody_can_count_is_entered(
    clinic: Clinic, page: Page
) -> None:
    platform_days(clinic)
    password = hire(clinic, "he.informatics", "何信息", "manager")
    page.set_viewport_size({"width": 1440, "height": 900})
    address = "/indicators/topics?topic=informatics&period=2026-03&hospital=H1"
    sign_in(clinic, page, "he.informatics", password, address)
    topic = page.get_by_role("region", name="信息化效果", exact=True)
    first_time = topic.get_by_role("listitem").filter(has_text="消息一次投递成功率")
    expect(first_time).to_contain_text("97.9", timeout=120_000)
    expect(topic.get_by_role("listitem").filter(has_text="日均接收消息数")).to_contain_text("150")
    by_form = topic.get_by_role("listitem").filter(has_text="信息系统医务人员满意度")
    expect(by_form).to_contain_text("须人工填报")
    picture(page, "informatics-1440")
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, "informatics-390")

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{clinic.address}/indicators/forms?form=informatics-effect&period=2025&hospital=H1")
    sheet = page.get_by_role("region", name="信息化效果评价表")
    sheet.get_by_role("button", name="填报 信息系统医务人员满意度").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="分子").fill("180")
    dialog.get_by_role("textbox", name="分母（可空）").fill("200")
    dialog.get_by_role("textbox", name="依据").fill("2025 年问卷，有效 200 份")
    picture(page, "entering-1440")
    dialog.get_by_role("button", name="填报").click()
    expect(dialog).to_have_count(0)
    entered = page.get_by_role("region", name="填报记录")
    expect(entered).to_contain_text("待确认")
    expect(entered).to_contain_text("2025 年问卷，有效 200 份")
    picture(page, "form-1440")
