"""A journey to a patient's record: from an admission and two results to what the doctor reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pypdf import PdfReader

from .clinic import Clinic
from .people import hire, look_in_an_emergency, sign_in

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
PATIENT = "PID|1||7001^^^CLINIC^PI||试病^历||19800315|M\r"


def admission() -> str:
    """Return the admission of an invented patient."""
    return (
        "MSH|^~\\&|DESK|CLINIC|||20260301081502||ADT^A01|R1|P|2.5.1\rEVN||20260301081500\r"
        f"{PATIENT}PV1|1|I|W03^0312^02||||||||||||||||V7001\r"
        "AL1|1|DA|^青霉素|SV|皮疹\rDG1|1||E87.5^高钾血症^I10|||A\r"
    )


def result(control: str, at: str, value: str, mark: str, status: str = "F") -> str:
    """Return a potassium of the laboratory; the same order and test mean the same result."""
    return (
        f"MSH|^~\\&|LIS|CLINIC|||{at}||ORU^R01|{control}|P|2.5.1\r{PATIENT}PV1|1|I|W03\r"
        f"ORC|RE|O{control[:2]}^DESK\rOBR|1|O{control[:2]}^DESK|F{control[:2]}^LIS|ELEC^电解质^L|||{at}"
        "|||||||||||||||||LAB|F\r"
        f"OBX|1|NM|2823-3^钾^LN||{value}|mmol/L|3.5-5.3|{mark}|||{status}|||{at}\r"
    )


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def test_a_doctor_reads_what_is_known_and_where_it_comes_from(clinic: Clinic, page: Page) -> None:
    password = hire(clinic, "zhou.doctor", "周医生", "clinician")
    clinic.send(admission())
    clinic.send(result("K1", "20260301090000", "4.10", "N"))
    clinic.send(result("K2", "20260302090000", "6.02", "H"))
    clinic.send(result("K2b", "20260302093000", "6.20", "HH", "C"))
    sign_in(clinic, page, "zhou.doctor", password)

    page.get_by_role("navigation", name="主导航").get_by_role("link", name="病历").click()
    page.get_by_label("姓名、号码或患者标识").fill("7001^CLINIC")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("7001")).click()

    masked = page.get_by_role("region", name="脱敏显示")
    expect(masked).to_contain_text("目前没有诊治该患者")
    masked.get_by_role("button", name="应急查看").click()
    look_in_an_emergency(page)
    expect(page.get_by_role("region", name="应急查看中")).to_contain_text("还剩")
    expect(page.get_by_role("heading", name="试病历")).to_be_visible()

    expect(page.get_by_role("list", name="过敏与警示")).to_contain_text("青霉素")
    problems = page.get_by_role("region", name="诊断与问题")
    expect(problems).to_contain_text("高钾血症")
    laboratory = page.get_by_role("region", name="检验")
    row = laboratory.get_by_role("row", name=re.compile("^钾"))
    expect(row).to_contain_text("6.20")
    expect(row).to_contain_text("3.5-5.3")
    expect(row.get_by_label("偏高")).to_be_visible()
    expect(row.get_by_role("img", name="钾 的趋势，共 2 次")).to_be_visible()

    page.get_by_role("navigation", name="病历分类").get_by_role("button", name="检验").click()
    line = page.get_by_role("listitem").filter(has_text="6.20")
    line.get_by_role("button").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("2 个版本")
    drawer.get_by_text("第 1 版").click()
    expect(drawer).to_contain_text("6.02")
    drawer.get_by_title("查看来源消息").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ORU^R01")

    page.go_back()
    page.set_viewport_size(PHONE)
    expect(page.get_by_role("dialog")).to_contain_text("6.20")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_whom_only_results_tell_of_is_found_by_name_and_marked(clinic: Clinic, page: Page) -> None:
    password = hire(clinic, "wu.doctor", "吴医生", "clinician")
    unknown = result("K9", "20260304090000", "4.40", "N").replace(
        PATIENT, "PID|1||9001^^^CLINIC^PI||晨^未登||19700505|F\r"
    )
    clinic.send(unknown)
    sign_in(clinic, page, "wu.doctor", password)
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="病历").click()
    page.get_by_label("姓名、号码或患者标识").fill("晨")
    page.keyboard.press("Enter")
    found = page.get_by_role("link", name=re.compile("9001"))
    expect(found).to_contain_text("未登记")
    found.click()
    expect(page.locator("header.record-head")).to_contain_text("9001^CLINIC")
    expect(page.locator("header.record-head")).to_contain_text("未登记")
    expect(page.get_by_role("region", name="检验")).to_contain_text("4.40")


def vitals(control: str, at: str, temperature: str, pulse: str) -> str:
    """Return what a nurse measured."""
    measured = f"{at}|||||||||||||||||NRS|F\r"
    return (
        f"MSH|^~\\&|EMR|CLINIC|||{at}||ORU^R01|{control}|P|2.5.1\r{PATIENT}PV1|1|I|W03\r"
        f"OBR|1|{control}^EMR|{control}^EMR|VS^生命体征^L|||{measured}"
        f"OBX|1|NM|8310-5^体温^LN||{temperature}|Cel|||||F|||{at}\r"
        f"OBX|2|NM|8867-4^脉搏^LN||{pulse}|/min|||||F|||{at}\r"
    )


def test_a_nurse_prints_the_temperature_sheet_of_a_week(
    clinic: Clinic, page: Page, tmp_path: Path
) -> None:
    password = hire(clinic, "qian.nurse", "钱护士", "clinician")
    clinic.send(admission().replace("V7001\r", f"V7001{'|' * 25}20260301081500\r"))
    clinic.send(vitals("T1", "20260302140000", "39.2", "110"))
    clinic.send(vitals("T2", "20260302144000", "38.1", "102"))
    clinic.send(vitals("T3", "20260302180000", "37.4", "88"))
    sign_in(clinic, page, "qian.nurse", password)
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="病历").click()
    page.get_by_label("姓名、号码或患者标识").fill("7001^CLINIC")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("7001")).click()
    page.get_by_role("navigation", name="病历分类").get_by_role("button", name="生命体征").click()

    sheet = page.get_by_role("region", name="体温单")
    expect(sheet.get_by_role("img", name=re.compile("2026-03-01 至 2026-03-07"))).to_be_visible()
    sheet.get_by_text("以表格查看").click()
    fever = sheet.get_by_role("row", name=re.compile("2026-03-02 14:00"))
    expect(fever).to_contain_text("39.2 腋温 → 38.1 降温后")
    expect(sheet.get_by_role("row", name=re.compile("2026-03-01 08:15"))).to_contain_text("入院")

    printed = tmp_path / "sheet.pdf"
    page.pdf(path=printed, prefer_css_page_size=True)
    assert len(PdfReader(printed).pages) == 1
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
