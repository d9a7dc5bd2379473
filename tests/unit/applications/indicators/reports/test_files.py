"""Files that people save: the same numbers as on the screen, within the same sight."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import openpyxl
import pytest
import pytest_asyncio
from openpyxl.worksheet.worksheet import Worksheet
from tests.unit.applications.indicators import two_stars

from lianyi.applications.indicators.reports.failures import RowsMoved

from .report_house import Reported, reporting

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def of(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Reported]:
    async with reporting(module_database, tmp_path_factory.mktemp("house")) as served:
        yield served


def sheet_of(content: bytes) -> Worksheet:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def table_of(sheet: Worksheet, first: str) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """What stands above the table, and its rows by the names of their columns."""
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    at = next(number for number, row in enumerate(rows) if row[0] == first)
    head = {str(row[0]): str(row[1]) for row in rows[1:at] if row[0]}
    return head, [dict(zip(rows[at], row, strict=True)) for row in rows[at + 1 :]]


async def test_the_cells_of_a_sheet_are_those_of_the_screen(of: Reported) -> None:
    asked = {"codes": "VIS-001,FIN-009,EX-04", "period": "2026Q1"}
    for who in ("president", "head", "region"):
        shown = await of.get(who, "/values", **asked)
        content = await of.get(who, "/files/values", **asked)
        head, rows = table_of(sheet_of(content), "编码")
        assert who in head["导出人"]
        assert head["统计期"] == "2026 年第 1 季度"
        assert len(head["数据水位 SHA-256"]) == 64
        assert head["组织树日期"] == "2026-03-02"
        for item in shown["items"]:
            mine = [row for row in rows if row["编码"] == item["code"]]
            *parts, whole = mine
            assert whole["科室/医师/月份"] == "合计"
            money = item["unit"] == "yuan"
            scale = 100 if money else 1
            assert whole["分子"] == pytest.approx(item["all"]["numerator"] / scale)
            shares = [figure["numerator"] / scale for figure in item["figures"]]
            assert [row["分子"] for row in parts] == pytest.approx(shares)
            factor = 0.01 if item["unit"] == "percent" else 1
            for row, figure in zip(parts, item["figures"], strict=True):
                assert row["编码（下级）"] == figure["department"]["code"]
                if figure["value"] is not None:
                    assert row["值"] == pytest.approx(figure["value"] * factor)
            assert whole["定义哈希"] == item["counted_by"]["hash"]


async def test_the_rows_of_a_sheet_come_to_the_cell(of: Reported) -> None:
    for who in ("president", "head"):
        for side in ("numerator", "denominator"):
            asked = {"period": "2026Q1", "side": side}
            page = await of.get(who, "/EX-04/rows", **asked)
            content = await of.get(who, "/EX-04/rows.xlsx", **asked)
            head, rows = table_of(sheet_of(content), "医院")
            assert (len(rows), head["行数"]) == (page["total"], str(page["total"]))
            assert {row["医院"] for row in rows} == {"H1"}
            text = (await of.get(who, "/EX-04/rows.csv", **asked)).decode("utf-8-sig")
            keys = [row["标识 key"] for row in csv.DictReader(io.StringIO(text))]
            assert [row["标识"] for row in rows] == keys


async def test_money_is_in_yuan_with_two_digits(of: Reported) -> None:
    asked = {"codes": "FIN-009", "period": "2026-02"}
    (item,) = (await of.get("president", "/values", **asked))["items"]
    sheet = sheet_of(await of.get("president", "/files/values", **asked))
    whole = [cell for cell in sheet[sheet.max_row] if isinstance(cell.value, float | int)]
    assert [cell.number_format for cell in whole[:2]] == ["#,##0.00", "#,##0.00"]
    fen = item["all"]["numerator"]
    assert [cell.value for cell in whole[:2]] == [pytest.approx(fen / 100)] * 2
    page = await of.get("president", "/FIN-009/rows", period="2026-02")
    rows = sheet_of(await of.get("president", "/FIN-009/rows.xlsx", period="2026-02"))
    head, _ = table_of(rows, "医院")
    assert page["comes_to"] == fen
    assert head["合计"] == f"{fen / 100:,.2f} 元 yuan"


async def test_a_board_is_saved_in_three_forms(of: Reported) -> None:
    asked = {"board": "president", "month": "2026-02"}
    board = await of.get("president", "/board", **asked)
    head, rows = table_of(
        sheet_of(await of.get("president", "/files/board", form="xlsx", **asked)), "分类"
    )
    assert [row["编码"] for row in rows] == [tile["code"] for tile in board["tiles"]]
    assert head["看板"] == "院长视窗"
    text = (await of.get("president", "/files/board", form="csv", **asked)).decode("utf-8-sig")
    for row, tile in zip(rows, board["tiles"], strict=True):
        assert tile["code"] in text
        if tile["figure"] and tile["figure"]["value"] is not None:
            factor = 0.01 if tile["unit"] == "percent" else 1
            assert row["值"] == pytest.approx(tile["figure"]["value"] * factor)
            assert row[tile["line"][-1]["month"]] == row["值"]
    pdf = await of.get("president", "/files/board", form="pdf", **asked)
    assert pdf.startswith(b"%PDF-")


@pytest.mark.parametrize("form", ["xlsx", "csv", "pdf"])
@pytest.mark.parametrize("month", ["0000-13", "0001-01", "1999-12", "2026-00"])
async def test_a_month_that_is_none_is_refused_in_every_form(
    of: Reported, form: str, month: str
) -> None:
    refused = await of.get("president", "/files/board", status=422, form=form, month=month)
    assert refused["error"]["code"] == "LY-2503"


@pytest.mark.parametrize("form", ["xlsx", "csv", "pdf"])
async def test_a_hospital_that_no_code_can_be_is_refused_in_every_form(
    of: Reported, form: str
) -> None:
    await of.get("president", "/files/board", status=422, form=form, hospital="\x1e\rA")


async def test_whoever_may_not_export_saves_nothing(of: Reported) -> None:
    for path, asked in (
        ("/files/values", {"codes": "VIS-001", "period": "2026-02"}),
        ("/files/board", {"month": "2026-02"}),
        ("/VIS-001/rows.xlsx", {"period": "2026-02"}),
    ):
        for who in ("planner", "doctor"):
            await of.get(who, path, status=403, **asked)


async def test_nothing_of_a_foreign_hospital_is_saved(of: Reported) -> None:
    refused = await of.get(
        "president", "/VIS-001/rows.xlsx", status=403, period="2026-02", hospital="H2"
    )
    assert refused["error"]["code"] == "LY-2504"
    await of.get("president", "/files/board", status=403, month="2026-02", hospital="H2")


async def test_no_file_names_a_watermark_that_its_figures_are_not_of(of: Reported) -> None:
    files = of.house.app.state.indicator_files
    detail = await files.indicators.get_indicator("VIS-001")
    by = [("VIS-001", detail.calibers[0])]
    since = await files.standing()
    before = (await files.known(by, since=since)).watermark
    two_stars.put(of.house.data_dir / "star", count=20)
    with pytest.raises(RowsMoved):
        await files.known(by, since=since)
    assert (await files.known(by, since=await files.standing())).watermark != before
