"""Scores of departments over the API: as a person adds them up, with the rows behind each mark."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pypdf
import pytest
import pytest_asyncio
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.rows import table_of
from tests.unit.security.people import People

from lianyi.base.clock import SteppedClock
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import month_of, star

from .hospital_group import TABLES
from .house import learning, serving
from .test_indicators_insight import Asked

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 6, 20, 2, tzinfo=UTC)
SCORER = (("manager", "H1"), ("operations-analyst", "H1"))
WHO = {
    "president": SCORER,
    "head": (("manager", "D1"), ("operations-analyst", "D1")),
    "region": (("manager", "G"), ("operations-analyst", "G")),
    "neighbour": (("operations-analyst", "H2"),),
    "clinician": (("clinician", "D1"),),
}
SOURCE = "source: { document: 院内考核办法, paragraph: 第三条 }"
HAND = f"""
card: hand
title: {{ zh: 手工核对, en: by hand }}
owner: 质控办
{SOURCE}
versions:
  - version: 1
    valid_from: 2026-01-01
    components:
      - {{ component: lab, name: {{ zh: 检验闭环, en: laboratory }}, aim: loop, indicator: ORD-004,
          weight: 30, better: up, full_at: 90, zero_at: 50, {SOURCE} }}
      - {{ component: drug, name: {{ zh: 药品闭环, en: drugs }}, aim: loop, indicator: ORD-002,
          weight: 20, better: up, full_at: 90, zero_at: 50, {SOURCE} }}
      - {{ component: data, name: {{ zh: 医嘱数据, en: data of orders }}, aim: quality,
          rules: [ORD-001, ORD-005], weight: 40, better: up, full_at: 100, zero_at: 50, {SOURCE} }}
      - {{ component: bedside, name: {{ zh: 床旁确认, en: bedside }}, aim: bedside,
          indicator: ORD-023, weight: 10, better: up, full_at: 90, zero_at: 50, {SOURCE} }}
"""
ORDERS = """
D1 laboratory 05-04 closed
D1 laboratory 05-05 closed
D1 laboratory 05-06 closed nobody
D1 laboratory 05-07 open
D1 drug 05-08 closed
D1 drug 05-09 closed
D2 laboratory 05-04 closed
D2 laboratory 05-05 open
D1 laboratory 04-04 closed
"""


def orders() -> list[dict[str, Any]]:
    """The orders of April and May, which a person counts: ``nobody``: without an encounter."""
    found = []
    for number, line in enumerate(ORDERS.split("\n")[1:-1]):
        department, category, day, state, *of = line.split()
        found.append(
            dict.fromkeys(star()["order"].columns)
            | {
                "order": f"hand{number}",
                "hospital": "H1",
                "origin": f"1-{number + 1}",
                "encounter": None if of else f"H1^{number}",
                "class": "inpatient",
                "category": category,
                "ordering": department,
                "ordered_at": datetime.fromisoformat(f"2026-{day}T08:00"),
                "executed_at": datetime.fromisoformat(f"2026-{day}T09:00")
                if category == "drug"
                else None,
                "cancelled": False,
                "closed_loop": True if state == "closed" else None,
            }
        )
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Asked]:
    folder = tmp_path_factory.mktemp("house")
    async with (
        serving(module_database, folder, clock=SteppedClock(NOW)) as house,
        learning(house),
    ):
        for kind, text in TABLES:
            await house.client.post(f"/api/v1/masterdata/{kind}/import", content=text.encode())
        two_stars.put(house.data_dir / "star", count=500)
        shelf = Shelf(house.data_dir / "star")
        for month in (4, 5):
            rows = [one for one in orders() if one["ordered_at"].month == month]
            of = month_of(rows[0]["ordered_at"].date())
            shelf.put(star()["order"], "hand", of, table_of("order", rows))
        cards = house.content_dir / "scores"
        cards.mkdir(parents=True)
        (cards / "hand.yaml").write_text(HAND, encoding="utf-8")
        people = People(house)
        await people.refresh()
        browsers = {}
        for name, some in WHO.items():
            await people.add(name, *some, organisation=some[0][1])
            browsers[name] = await people.browser(name)
        yield Asked(house, browsers)
        for one in browsers.values():
            await one.aclose()


async def scores(asked: Asked, who: str = "president", **more: str) -> Any:
    card = more.pop("card", "hand")
    return await asked.get(who, f"/scores/{card}", **({"month": "2026-05"} | more))


async def test_departments_are_scored_as_a_person_adds_it_up(asked: Asked) -> None:
    found = await scores(asked, hospital="H1")
    first, second = found["rows"]
    assert (first["department"]["code"], first["department"]["name"]["zh"]) == ("D1", "内科")
    lab, drug, data, _bedside = first["marks"]
    assert (lab["numerator"], lab["denominator"], lab["value"]) == (3, 4, 75)
    assert lab["points"] == pytest.approx(30 * 0.625)
    assert (drug["value"], drug["points"]) == (100, 20)
    assert (data["numerator"], data["denominator"]) == (11, 12)
    assert {one["rule"]: one["violated"] for one in data["rules"]} == {"ORD-001": 1, "ORD-005": 0}
    assert first["total"] == round(100 * (18.75 + 20 + 40 * (11 / 12 - 0.5) / 0.5) / 90, 2)
    assert first["known"] == 90
    assert (second["department"]["code"], second["total"]) == ("D2", round(100 * 40 / 70, 2))
    assert [one["rank"] for one in found["rows"]] == [1, 2]
    assert found["findings"] == []


async def test_what_is_not_known_is_said_and_counts_for_nothing(asked: Asked) -> None:
    found = await scores(asked)
    first, second = found["rows"]
    assert bedside_of(first)["points"] is None
    assert "只到 2026-03" in bedside_of(first)["no_data"]["zh"]
    drug = second["marks"][1]
    assert (drug["value"], drug["points"]) == (None, None)
    assert "没有此类业务" in drug["no_data"]["zh"]
    assert second["known"] == 70


def bedside_of(row: dict[str, Any]) -> dict[str, Any]:
    (found,) = (one for one in row["marks"] if one["component"] == "bedside")
    return dict(found)


async def test_the_month_before_and_the_trend_are_told(asked: Asked) -> None:
    first, second = (await scores(asked))["rows"]
    assert (first["before"], first["rank_before"]) == (100, 1)
    assert (second["before"], second["rank_before"]) == (None, None)
    trend = {one["month"]: one["total"] for one in first["trend"]}
    assert next(iter(trend)) == "2025-06"
    assert (trend["2026-04"], trend["2026-05"]) == (100, first["total"])
    assert trend["2025-12"] is None, "no version held then"
    april = await scores(asked, month="2026-04")
    assert [one["total"] for one in april["rows"]] == [100]
    newest = await asked.get("president", "/scores/hand")
    assert newest["period"]["period"] == "2026-05"


async def test_a_head_sees_his_own_department_and_its_rank_among_all(asked: Asked) -> None:
    whole = await scores(asked)
    found = await scores(asked, "head")
    assert [one["department"]["code"] for one in found["rows"]] == ["D1"]
    assert found["rows"][0] == whole["rows"][0]
    assert (found["ranked"], found["unseen"]) == (2, 1)
    assert (whole["ranked"], whole["unseen"]) == (2, 0)


async def test_nobody_sees_scores_of_others(asked: Asked) -> None:
    assert await asked.refused("neighbour", "/scores/hand", hospital="H1") == "LY-2504"
    assert (await scores(asked, "neighbour", month="2026-03"))["hospital"]["code"] == "H2"
    answer = await asked.browsers["clinician"].get("/api/v1/indicators/scores/hand")
    assert answer.status_code == 403
    assert await asked.refused("region", "/scores/hand", month="2026-03") == "LY-2575"
    both = await scores(asked, "region", month="2026-03", hospital="H2")
    assert {one["department"]["code"] for one in both["rows"]} == {"D1", "E1"}


@pytest.mark.parametrize("card", ["hand", "loops"])
async def test_every_mark_opens_the_rows_that_it_is_of(asked: Asked, card: str) -> None:
    found = await scores(asked, card=card, month="2026-02", hospital="H1")
    rules = {one["component"]: one for one in found["components"]}
    opened = 0
    for row in found["rows"]:
        place = {"hospital": "H1", "department": row["department"]["code"]}
        for mark in row["marks"]:
            said = rules[mark["component"]]
            if said["indicator"] and mark["denominator"]:
                code = f"/{said['indicator']}/rows"
                period = {"period": "2026-02", **place, "limit": 200}
                below = await asked.get("president", code, side="denominator", **period)
                rest = await asked.get("president", code, side="rest", **period)
                assert below["total"] == mark["denominator"]
                assert rest["total"] == mark["denominator"] - mark["numerator"]
                opened += rest["total"] > 0
            for rule in mark["rules"]:
                answer = await asked.browsers["president"].get(
                    f"/api/v1/quality/rules/{rule['rule']}/rows",
                    params={"month": "2026-02", **place},
                )
                assert answer.json()["total"] == rule["violated"], rule
                opened += rule["violated"] > 0
    assert opened > 5


async def test_rows_are_left_only_where_both_sides_are_of_one_kind(asked: Asked) -> None:
    wrong = await asked.refused("president", "/EX-01/rows", period="2026-02", side="rest")
    assert wrong == "LY-2505"


async def test_scores_are_saved_as_files(asked: Asked) -> None:
    def path(form: str) -> str:
        return f"/api/v1/indicators/files/scores/hand?month=2026-05&form={form}"

    browser = asked.browsers["president"]
    csv = (await browser.get(path("csv"))).content.decode("utf-8-sig")
    assert "# 评分卡,手工核对 v1 · hand" in csv
    assert "床旁确认 得分（满分 10）" in csv
    (line,) = (one for one in csv.splitlines() if one.startswith("1,内科,D1,"))
    assert "无数据" in line
    book = openpyxl.load_workbook(io.BytesIO((await browser.get(path("xlsx"))).content))
    cells = [cell.value for row in book.active.iter_rows() for cell in row]
    assert {"内科", "外科", 57.14} <= set(cells)
    pdf = await browser.get(path("pdf"))
    assert pdf.headers["content-type"] == "application/pdf"
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf.content)).pages)
    assert "57.14" in text
    refused = await asked.browsers["clinician"].get(path("csv"))
    assert refused.status_code == 403


async def test_what_cannot_be_scored_is_refused_in_words(asked: Asked) -> None:
    assert await asked.refused("president", "/scores/nothing") == "LY-2620"
    assert await asked.refused("president", "/scores/hand", month="2025-05") == "LY-2621"
    assert await asked.refused("president", "/scores/hand", month="2026-13") == "LY-2503"


async def test_a_file_that_is_no_card_is_listed_with_why(asked: Asked) -> None:
    wrong: Path = asked.house.content_dir / "scores" / "wrong.yaml"
    wrong.write_text(HAND.replace("hand", "wrong").replace("ORD-023", "ORD-999"), encoding="utf-8")
    found = await asked.get("president", "/scores")
    assert [one["card"] for one in found["items"]] == ["hand", "loops"]
    (bad,) = found["unusable"]
    assert (bad["code"], "ORD-999" in bad["zh"]) == ("LY-2620", True)
    wrong.unlink()
