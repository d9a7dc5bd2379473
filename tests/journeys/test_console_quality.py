"""A journey of a faulty message: over the socket, into a rule, to the screen and back to itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from .clinic import Clinic
from .conftest import open_clinic
from .people import asking, hire, sign_in

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}


def discharge(control_id: str, patient: str, *, admitted: str, discharged: str) -> str:
    """Return an invented discharge."""
    head = f"PV1|1|I|W03^0312^02||||||||||||||||V{patient}"
    return (
        f"MSH|^~\\&|DESK|CLINIC|||20260306081502||ADT^A03|{control_id}|P|2.4\r"
        "EVN|A03|20260306081500\r"
        f"PID|1||{patient}^^^CLINIC^PI||试验^甲||19900101|M\r"
        f"{head}{'|' * (44 - 19)}{admitted}|{discharged}\r"
    )


@pytest.fixture(scope="module")
def clinic() -> Iterator[Clinic]:
    with open_clinic("[operational]\nsettle_seconds = 1\n") as clinic:
        yield clinic


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def lies_in_the_star(clinic: Clinic, patient: str) -> bool:
    """Tell whether the encounter of a patient has been written as a file."""
    files = (clinic.data / "star" / "encounter" / "log").glob("*.parquet")
    keys = [key for one in files for key in pq.read_table(one).column("encounter").to_pylist()]
    return any(f"V{patient}" in key for key in keys)


def test_a_faulty_message_is_found_given_to_somebody_and_opened(clinic: Clinic, page: Page) -> None:
    told = discharge("Q1", "8200", admitted="202603050800", discharged="202603010900")
    assert clinic.send(told) == "AA"
    clinic.until(lambda: lies_in_the_star(clinic, "8200"), "no file")
    password = hire(clinic, "qian.analyst", "钱质控", "operations-analyst")
    also = {"role": "integration-engineer", "organisation": "*", "reason": "兼任"}
    asking(clinic).post("/accounts/qian.analyst/roles", also)
    sign_in(clinic, page, "qian.analyst", password)

    page.get_by_role("navigation", name="主导航").get_by_role("link", name="数据质量").click()
    expect(page.get_by_role("heading", level=1, name="数据质量")).to_be_visible()
    page.get_by_role("button", name="立即检查").click()
    finding = (
        page.get_by_role("region", name="工作队列")
        .get_by_role("row")
        .filter(has_text="出院早于入院")
    )
    expect(finding).to_contain_text("待处理", timeout=240_000)
    expect(finding).to_contain_text("admissions")

    finding.get_by_role("button", name="分派").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("住院处")
    dialog.get_by_role("button", name="分派").click()
    expect(finding).to_contain_text("已分派")
    expect(finding).to_contain_text("住院处")
    finding.get_by_role("button", name="确认").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("已通知厂商改正时间")
    page.get_by_role("dialog").get_by_role("button", name="确认").click()
    expect(finding).to_contain_text("已确认")

    finding.get_by_role("link", name="出院早于入院").click()
    expect(page.get_by_role("heading", level=1, name="出院早于入院")).to_be_visible()
    rows = page.get_by_role("region", name="违规明细").first
    expect(rows).to_contain_text("共 1")
    rows.get_by_title("查看来源消息").first.click()
    expect(page).to_have_url(re.compile("/messages/"))
    expect(page.get_by_role("main")).to_contain_text("Q1")


def test_lineage_leads_from_a_number_to_the_channel_and_fits_a_phone(
    clinic: Clinic, page: Page
) -> None:
    password = hire(clinic, "xue.analyst", "薛分析", "operations-analyst")
    sign_in(clinic, page, "xue.analyst", password, "/indicators/desk/EX-04")
    page.get_by_role("link", name="数据血缘").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("数据血缘")
    sources = page.get_by_role("region", name="来源系统与通道")
    expect(sources).to_contain_text("admissions", timeout=120_000)
    expect(page.get_by_role("region", name="消息与数据湖表")).to_contain_text("ADT")
    expect(page.get_by_role("region", name="规则与映射")).to_contain_text("消息折叠规则")
    expect(page.get_by_role("region", name="事实与字段")).to_contain_text("一次就诊")
    page.set_viewport_size(PHONE)
    for path in ("/quality", "/quality?list=rules", "/quality/ENC-008", "/quality/lineage/EX-04"):
        page.goto(f"{clinic.address}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("main")).not_to_contain_text("正在载入")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
