"""A journey from a number of the hospital to the rows that it counts, and on to the record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from lianyi.base.clock import SystemClock
from lianyi.projections.operational.shelf import Shelf, schema_of
from lianyi.projections.operational.star import Kind, month_column, month_of, star

from .clinic import Clinic, admission
from .people import asking, hire, sign_in

pytestmark = pytest.mark.browser

ZONE = ZoneInfo("Asia/Shanghai")
PHONE: ViewportSize = {"width": 390, "height": 844}
MARCH = datetime(2026, 3, 10, 4, tzinfo=UTC)


def bare(value: object) -> object:
    """Return an instant as the star keeps it: UTC without saying so."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def put(clinic: Clinic, fact: str, rows: list[dict[str, Any]], *, month: int) -> None:
    """Put rows of a fact where the platform looks for them; what is not said is not known."""
    of = star()[fact]
    dated = [
        {"hospital": "H1", "origin": "1-1"}
        | {name: bare(value) for name, value in row.items()}
        | {
            month_column(one): month_of(row[one].astimezone(ZONE).date())
            for one in of.of_kind(Kind.INSTANT)
            if one in row
        }
        for row in rows
    ]
    table = pa.Table.from_pylist(dated, schema=schema_of(of))
    Shelf(clinic.data / "star").put(of, "test", month, table)


def fill(clinic: Clinic) -> None:
    """Five patients left the hospital in March; two of them were operated, one of these twice."""
    stays = [
        {
            "encounter": f"CLINIC^E{n}",
            "patient": f"810{n}^CLINIC",
            "class": "inpatient",
            "admitting": "D1" if n < 3 else "D2",
            "discharging": "D1" if n < 3 else "D2",
            "admitted_at": MARCH - timedelta(days=4),
            "discharged_at": MARCH + timedelta(hours=n),
            "stay_days": 4,
        }
        for n in range(5)
    ]
    operations = [
        {
            "surgery": f"CLINIC^S{n}",
            "encounter": stay["encounter"],
            "patient": stay["patient"],
            "class": "inpatient",
            "operating": "D1",
            "discharging": stay["discharging"],
            "surgeon": "P1",
            "started_at": MARCH - timedelta(days=2),
            "discharged_at": stay["discharged_at"],
            "kind": "operation",
            "level": 4,
            "cancelled": False,
        }
        for n, stay in enumerate([stays[0], stays[0], stays[3]])
    ]
    put(clinic, "encounter", stays, month=month_of(MARCH.date()))
    put(clinic, "surgery", operations, month=month_of(MARCH.date()))


@pytest.fixture
def page(context: BrowserContext, complaints: list[str]) -> Iterator[Page]:
    """A page of somebody who has never been here."""
    yield context.new_page()
    assert complaints == []


def test_a_president_follows_a_number_to_the_patients_behind_it(clinic: Clinic, page: Page) -> None:
    clinic.send(admission("N1", "8100", name="试指^标"))
    fill(clinic)
    password = hire(clinic, "lin.president", "林院长", "operations-analyst")
    wanted = {"role": "clinician", "organisation": "*", "reason": "兼任"}
    asking(clinic).post("/accounts/lin.president/roles", wanted)
    sign_in(clinic, page, "lin.president", password)

    page.get_by_role("navigation", name="主导航").get_by_role("link", name="指标").click()
    expect(page.get_by_role("heading", name="院长视窗")).to_be_visible()
    page.get_by_role("combobox", name="统计期").select_option("2026-03")
    tile = page.get_by_role("listitem").filter(has_text="出院患者手术占比")
    expect(tile).to_contain_text("40.0%", timeout=60_000)  # the first count of a process
    tile.get_by_role("link").click()

    head = page.get_by_role("region", name="指标值")
    expect(head).to_contain_text("分子 2 / 分母 5")
    departments = page.get_by_role("list", name="按科室")
    expect(departments.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_role("region", name="按科室")).to_contain_text("各项分子之和 2 = 总计 2")
    rows = page.get_by_role("region", name="明细").first
    expect(rows.get_by_role("status")).to_contain_text("明细 3 条，合计 2 = 分子 2")

    departments.get_by_role("button", name="D1").click()
    expect(head).to_contain_text("分子 1 / 分母 3")
    expect(rows.get_by_role("status")).to_contain_text("明细 2 条，合计 1 = 分子 1")
    rows.get_by_role("button", name="分母").click()
    expect(rows.get_by_role("status")).to_contain_text("明细 3 条 = 分母 3")
    page.get_by_role("navigation", name="下钻路径").get_by_role("button", name="全部").click()
    expect(head).to_contain_text("分子 2 / 分母 5")

    rows.get_by_role("button", name="分子").click()
    rows.get_by_title("打开患者病历").first.click()
    expect(page).to_have_url(re.compile("/record/"))
    expect(page.get_by_role("heading", level=1, name="试**")).to_be_visible()
    expect(page.get_by_role("region", name="脱敏显示")).to_be_visible()


def test_what_comes_now_stands_in_todays_tile_without_a_reload(clinic: Clinic, page: Page) -> None:
    password = hire(clinic, "gao.president", "高院长", "manager")
    sign_in(clinic, page, "gao.president", password, "/indicators")
    today = page.get_by_role("region", name="今日动态")
    emergencies = today.locator("div").filter(has=page.locator("dt", has_text="今日急诊"))
    expect(emergencies.last).to_contain_text("无数据")  # nobody ever said when he registered
    now = SystemClock().now()
    put(
        clinic,
        "encounter",
        [
            {
                "encounter": f"CLINIC^N{n}",
                "class": "emergency",
                "registering": "D1",
                "registered_at": now,
            }
            for n in range(7)
        ],
        month=month_of(now.astimezone(ZONE).date()),
    )
    expect(emergencies.last).to_contain_text("7")


def test_what_no_source_brings_is_told_as_no_data_and_not_as_zero(
    clinic: Clinic, page: Page
) -> None:
    fill(clinic)
    password = hire(clinic, "xu.president", "徐院长", "manager")
    sign_in(clinic, page, "xu.president", password, "/indicators?period=2026-03")
    tile = page.get_by_role("listitem").filter(has_text="危急值 10 分钟通报率")
    expect(tile).to_contain_text("无数据（尚未接入）", timeout=60_000)
    expect(tile).to_contain_text("content/operational")
    tile.get_by_role("link").click()
    head = page.get_by_role("region", name="指标值")
    expect(head).to_contain_text("无数据")
    expect(head).to_contain_text("从未收到")
    page.goto(f"{clinic.address}/indicators/EX-04?period=2026-03&by=department")
    quiet = page.get_by_role("list", name="按科室").get_by_role("listitem").filter(has_text="D2")
    expect(quiet).to_contain_text("50.0%")
    page.goto(f"{clinic.address}/indicators/EX-04?period=2026-02")
    expect(head).to_contain_text("数据自 2026-03 开始")
    page.set_viewport_size(PHONE)
    page.goto(f"{clinic.address}/indicators?period=2026-03")
    tile.get_by_role("link").click()
    expect(page.get_by_role("dialog")).to_contain_text("无数据（尚未接入）")


def test_a_phone_shows_tiles_below_each_other_and_pulls_up_what_is_behind_one(
    clinic: Clinic, page: Page
) -> None:
    fill(clinic)
    password = hire(clinic, "he.president", "何院长", "manager")
    page.set_viewport_size(PHONE)
    sign_in(clinic, page, "he.president", password, "/indicators?period=2026-03")
    tile = page.get_by_role("listitem").filter(has_text="出院患者手术占比")
    tile.get_by_role("link").focus()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("40.0%")
    expect(sheet.get_by_role("list", name="按科室")).to_contain_text("D1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sheet.get_by_role("link", name="下钻到科室、医生和病例").click()
    expect(page.get_by_role("region", name="指标值")).to_contain_text("分子 2 / 分母 5")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path in (
        "/indicators/desk",
        "/indicators/desk/EX-04",
        "/indicators/exam?hospital=H1&year=2026",
        "/indicators/alerts",
    ):
        page.goto(f"{clinic.address}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
