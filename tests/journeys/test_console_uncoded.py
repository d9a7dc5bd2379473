"""A journey to the codes that no table maps: who sends them, read on a phone as on a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from .clinic import Clinic
from .people import hire, sign_in
from .test_console_record import admission, result

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
LONG = "LOCAL-ELECTROLYTES-PANEL-2026-WITH-A-VERY-LONG-CODE"
NAMED = "血清电解质全套检查（含钾、钠、氯、钙、磷、镁，急诊加急）"


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def test_codes_that_nobody_maps_are_read_on_a_phone(clinic: Clinic, page: Page) -> None:
    password = hire(clinic, "lin.engineer", "林工", "integration-engineer")
    clinic.send(admission())
    for n in range(3):
        control = f"U{n}"
        said = result(control, f"2026030{n + 1}090000", "4.10", "XX-OWN-FLAG")
        clinic.send(said.replace("ELEC^电解质^L", f"{LONG}-{n}^{NAMED}^L"))
    sign_in(clinic, page, "lin.engineer", password, "/uncoded")
    expect(page.get_by_role("heading", name="未对照编码")).to_be_visible()
    page.set_viewport_size(PHONE)
    line = page.get_by_role("row").filter(has_text=f"{LONG}-1")
    for said in (NAMED, "OBR-4", "admissions", "LIS|CLINIC"):
        expect(line.get_by_role("cell").filter(has_text=said)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    for cell in line.get_by_role("cell").all():
        box = cell.bounding_box()
        assert box is None or box["x"] + box["width"] <= PHONE["width"]
    flag = page.get_by_role("row").filter(has_text="XX-OWN-FLAG")
    expect(flag.get_by_role("button", name="复制待补行")).to_be_visible()
    line.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/messages/\d+-\d+"))
