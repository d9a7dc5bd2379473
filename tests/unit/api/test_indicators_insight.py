"""What is behind numbers, over the API: parts add up, rows open, and nobody sees through it."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
import pytest_asyncio
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.rows import table_of
from tests.unit.security.people import People

from lianyi.base.clock import SteppedClock
from lianyi.projections.operational.shelf import Shelf
from lianyi.projections.operational.star import month_of, star
from lianyi.security import practitioner_store
from lianyi.security.practitioner_store import Called

from .hospital_group import TABLES
from .house import House, learning, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/api/v1/indicators"
NOW = datetime(2026, 4, 20, 2, tzinfo=UTC)
TOWN = {"H1": ("D1", "D2", "D3", "D4", "D5", "D6", "D7"), "H2": ("E1", "D1")}
WHO = {
    "president": (("manager", "H1"), ("operations-analyst", "H1")),
    "head": (("operations-analyst", "D1"),),
    "region": (("operations-analyst", "G"),),
    "neighbour": (("operations-analyst", "H2"),),
    "doctor": (("clinician", "D1"),),
}
SEES = {
    "president": {"H1"},
    "head": {"H1"},
    "region": {"H1", "H2"},
    "neighbour": {"H2"},
}


class Asked:
    """A house whose rows can be counted, and who asks."""

    def __init__(self, house: House, browsers: dict[str, httpx.AsyncClient]) -> None:
        self.house = house
        self.browsers = browsers

    async def get(self, who: str, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.browsers[who].get(f"{ADDRESS}{path}", params=params)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def refused(self, who: str, path: str, **params: Any) -> str:
        answer = await self.browsers[who].get(f"{ADDRESS}{path}", params=params)
        assert answer.status_code >= 400, answer.text[:300]
        return str(answer.json()["error"]["code"])


def visits(days: int, *, hospital: str = "H1", department: str = "D1") -> list[dict[str, Any]]:
    """Outpatients of so many days up to now: a week, a year, and a trend in their number."""
    random = Random(days)
    found = []
    for back in range(days, -1, -1):
        day = NOW - timedelta(days=back)
        size = 8 + 4 * math.sin(day.timetuple().tm_yday / 58) - 3 * (day.weekday() > 4)
        for _ in range(round(size + random.random())):
            number = len(found)
            found.append(
                dict.fromkeys(star()["encounter"].columns)
                | {
                    "encounter": f"v{number}",
                    "class": "outpatient",
                    "hospital": hospital,
                    "registering": department,
                    "doctor": "P1",
                    "registered_at": day.replace(hour=random.randrange(1, 9), tzinfo=None),
                    "origin": f"1-{number + 1}",
                }
            )
    return found


def put_visits(folder: Path, rows: list[dict[str, Any]]) -> None:
    """Put visits beside the rows of the town, as another producer."""
    shelf, fact = Shelf(folder), star()["encounter"]
    months = sorted({month_of(row["registered_at"].date()) for row in rows})
    for month in months:
        here = [row for row in rows if month_of(row["registered_at"].date()) == month]
        table: pa.Table = table_of("encounter", here)
        shelf.put(fact, "visits", month, table)


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
        two_stars.put(house.data_dir / "star", count=400, town=TOWN)
        put_visits(house.data_dir / "star", visits(1250))
        people = People(house)
        await people.refresh()
        browsers = {}
        for name, some in WHO.items():
            account = await people.add(name, *some, organisation=some[0][1])
            if name == "doctor":
                called = [Called("masterdata", "", "P1", "")]
                async with house.pool.acquire() as connection, connection.transaction():
                    await practitioner_store.set_names(
                        connection, account.account, called, by="test", at=house.clock.now()
                    )
            browsers[name] = await people.browser(name)
        yield Asked(house, browsers)
        for one in browsers.values():
            await one.aclose()


CODES = ["INP-005", "INP-006", "INP-009", "EX-04", "SUR-023", "FIN-046", "VIS-006", "BED-004"]


@pytest.mark.parametrize("code", CODES)
async def test_parts_add_up_to_the_change_and_open_their_rows(asked: Asked, code: str) -> None:
    random = Random(code)
    divided = 0
    for who in SEES:
        place = {"period": random.choice(["2026-03", "2026-02"]), "against": "previous"}
        if who == "head" and code in {"SUR-023", "VIS-006"}:
            continue  # his department has no such rows in one of the months
        first = await asked.get(who, f"/{code}/contribution", **place)
        ways = [one["by"] for one in first["ways"]]
        for way in random.sample(ways, min(3, len(ways))):
            found = await asked.get(who, f"/{code}/contribution", by=way, **place)
            total = sum(row["effect"] for row in found["rows"]) + found["others_effect"]
            size = max([1.0, *(abs(row["effect"]) for row in found["rows"])])
            assert total + found["rest"] == pytest.approx(found["change"], abs=1e-9 * size)
            assert found["after"] - found["before"] == pytest.approx(found["change"])
            if found["sides"]:
                sides = sum(side["effect"] for side in found["sides"])
                assert sides == pytest.approx(found["change"])
            values = await asked.get(who, "/values", codes=code, period=place["period"])
            assert found["after"] == pytest.approx(values["items"][0]["all"]["value"])
            for row in found["rows"]:
                hospital = row["hospital"] and row["hospital"]["code"]
                assert hospital is None or hospital in SEES[who]
                assert row["rate"] + row["mix"] == pytest.approx(row["effect"], abs=1e-9 * size)
            if way != "hospital" and found["rows"]:
                await opens(asked, who, code, place["period"], random.choice(found["rows"]))
            divided += len(found["rows"])
    assert divided > 4


async def opens(asked: Asked, who: str, code: str, period: str, row: dict[str, Any]) -> None:
    """Look whether the rows behind a part come to what it says."""
    filters = {
        level: row[level]["code"]
        for level in ("hospital", "department", "doctor")
        if row[level] and row[level]["code"]
    }
    if any(row[level] and not row[level]["code"] for level in ("department", "doctor")):
        return  # of rows that name nobody there is no address
    question = {"period": period, "where": row["where"], **filters}
    page = await asked.get(who, f"/{code}/rows", **question)
    assert page["comes_to"] == pytest.approx(row["numerator"])
    values = await asked.get(who, "/values", codes=code, **question)
    assert (values["items"][0]["all"]["value"] is None) == (row["value"] is None)
    if row["value"] is not None:
        assert values["items"][0]["all"]["value"] == pytest.approx(row["value"])


async def test_money_and_counts_add_up_to_the_last_one(asked: Asked) -> None:
    for code, by in (("FIN-046", "payer"), ("FIN-046", "department"), ("INP-005", "disease")):
        found = await asked.get("region", f"/{code}/contribution", by=by, period="2026-03",
                                against="previous")  # fmt: skip
        moved = sum(round(row["numerator"] - row["numerator_before"]) for row in found["rows"])
        values = [
            (await asked.get("region", "/values", codes=code, period=period))["items"][0]["all"]
            for period in ("2026-02", "2026-03")
        ]
        assert moved == values[1]["numerator"] - values[0]["numerator"]
        assert found["rest"] == 0


async def test_a_change_shows_whom_it_affected_above_and_beside(asked: Asked) -> None:
    found = await asked.get("president", "/INP-005/impact", period="2026-03", against="previous",
                            hospital="H1", department="D1")  # fmt: skip
    assert found["above"]["of"]["zh"] == "一院"
    hospital = await asked.get("president", "/INP-005/contribution", period="2026-03",
                               hospital="H1", against="previous", by="department")  # fmt: skip
    assert found["above"]["change"] == hospital["change"]
    (mine,) = [row for row in hospital["rows"] if row["department"]["code"] == "D1"]
    assert found["above"]["effect"] == pytest.approx(mine["effect"])
    assert "denominator" in {one["side"] for one in found["indicators"]}
    assert found["indicators"]
    assert len(found["indicators"]) <= 12
    narrowed = await asked.get("region", "/INP-005/impact", period="2026-03", against="previous",
                               where="sex:female")  # fmt: skip
    assert narrowed["indicators"], "others are narrowed in the same way"
    own = await asked.get("head", "/INP-005/impact", period="2026-03", department="D1",
                          against="previous")  # fmt: skip
    assert own["above"] is None, "who sees a department does not see what its hospital did"


async def test_a_month_series_is_carried_on_with_intervals_and_its_test(asked: Asked) -> None:
    found = await asked.get("president", "/VIS-001/forecast", hospital="H1", department="D1")
    assert [one["at"] for one in found["points"]] == [f"2026-{m:02}" for m in range(4, 10)]
    assert found["last"] == "2026-03"
    assert found["observations"] >= 36
    assert {one["folds"] for one in found["tests"]} == {6}
    for one in found["points"]:
        assert 0 <= one["low_95"] <= one["low_80"] <= one["value"] <= one["high_80"]
        assert one["high_80"] <= one["high_95"]
    best, *others = found["tests"]
    assert best["method"] == found["method"]
    assert all(best["mase"] <= one["mase"] for one in others)
    assert found["better_than_naive"] == (found["method"] != "seasonal_naive")
    values = await asked.get("president", "/values", codes="VIS-001", by="month", hospital="H1",
                             department="D1", period="2026-01..2026-03")  # fmt: skip
    told = [one["value"] for one in values["items"][0]["figures"]]
    assert [one["value"] for one in found["history"]][-3:] == told
    again = await asked.get("head", "/VIS-001/forecast")
    assert again["points"] == found["points"], "the head sees the same department"


async def test_a_day_series_knows_weekdays_and_holidays(asked: Asked) -> None:
    found = await asked.get("president", "/VIS-001/forecast", grain="day", horizon=14,
                            hospital="H1", department="D1")  # fmt: skip
    assert found["points"][0]["at"] == "2026-04-19"
    assert len(found["points"]) == 14
    assert found["season"] == 7
    assert {one["method"] for one in found["tests"]} >= {"seasonal_naive", "holt_winters"}
    by_day = {one["at"]: one["value"] for one in found["history"]}
    assert sum(value for day, value in by_day.items() if day[:7] == "2026-03") == (
        await asked.get("president", "/values", codes="VIS-001", period="2026-03", hospital="H1",
                        department="D1")
    )["items"][0]["all"]["value"]  # fmt: skip


async def test_what_cannot_be_foreseen_is_refused_with_why(asked: Asked) -> None:
    for code, params in (
        ("INP-005", {}),  # three months of rows
        ("INP-006", {"grain": "day"}),  # a quotient by day
        ("EX-12", {}),  # entered by form
    ):
        assert await asked.refused("president", f"/{code}/forecast", **params) == "LY-2572"


@pytest.mark.parametrize("topic", ["patients", "diseases", "beds", "operations", "equipment"])
async def test_a_topic_puts_existing_indicators_together(asked: Asked, topic: str) -> None:
    found = await asked.get("president", f"/topics/{topic}", period="2026-03", hospital="H1")
    assert found["missing"], "each says what no data tell"
    assert len(found["tiles"]) == 8
    assert {one["way"] for one in found["tiles"]} == {"counted"}
    for structure in found["structures"]:
        code = structure["code"]
        values = await asked.get(
            "president", "/values", codes=code, period="2026-03", hospital="H1"
        )
        whole = values["items"][0]["all"]
        assert sum(row["numerator"] for row in structure["rows"]) == pytest.approx(
            whole["numerator"]
        )
    for ranking in found["rankings"]:
        places = ranking["figures"]["figures"]
        assert len(places) <= 10
        assert {one["hospital"]["code"] for one in places} <= {"H1"}


async def test_the_effect_of_it_is_counted_and_what_it_cannot_know_is_entered(
    asked: Asked,
) -> None:
    found = await asked.get("president", "/topics/informatics", period="2026-03", hospital="H1")
    ways = {one["code"]: one["way"] for one in found["tiles"]}
    entered = [code for code, way in ways.items() if way == "by_form"]
    assert entered == ["INF-020", "INF-021"]
    assert all(ways[code] == "counted" for code in ways if code not in entered)
    assert (
        "须人工填报" in next(one for one in found["tiles"] if one["code"] == "INF-020")["why"]["zh"]
    )


async def test_topics_are_listed_and_a_hospital_adds_its_own(asked: Asked) -> None:
    listed = await asked.get("head", "/topics")
    brought = ["patients", "diseases", "beds", "operations", "equipment", "informatics"]
    assert [one["topic"] for one in listed["topics"]] == brought
    folder = asked.house.content_dir / "topics"
    folder.mkdir(parents=True)
    own = "topic: mine\ntitle: {zh: 我, en: mine}\nlead: {zh: 我, en: m}\n"
    folder.joinpath("mine.yaml").write_text(
        f"{own}tiles: [{{indicator: VIS-001, group: {{zh: 组, en: g}}}}]\n", encoding="utf-8"
    )
    folder.joinpath("wrong.yaml").write_text("topic: wrong\n", encoding="utf-8")
    listed = await asked.get("head", "/topics")
    assert [one["topic"] for one in listed["topics"]] == [*brought, "mine"]
    assert await asked.refused("head", "/topics/wrong", period="2026-03") == "LY-2573"
    assert await asked.refused("head", "/topics/nothing", period="2026-03") == "LY-2573"


async def test_a_doctor_sees_his_own_work_by_role_and_nobody_elses(asked: Asked) -> None:
    found = await asked.get("doctor", "/workload", period="2026-02")
    assert found["own"]
    assert found["doctor"]["code"] == "P1"
    assert found["doctors"] == []
    by_role: dict[str, dict[str, Any]] = {}
    for role in found["roles"]:
        by_role.setdefault(role["role"], {}).update(
            {item["code"]: item["figure"] for item in role["items"]}
        )
    assert {"doctor", "surgeon", "assistant", "anaesthetist", "consultant"} <= set(by_role)
    (consultant,) = [one for one in found["roles"] if one["role"] == "consultant"]
    assert "暂无数据来源" in consultant["why"]["zh"]
    for role, code in (("surgeon", "SUR-001"), ("assistant", "SUR-001"), ("doctor", "VIS-001")):
        question = {"period": "2026-02", "role": role}
        page = await asked.get("doctor", f"/{code}/rows", **question)
        assert page["total"] == by_role[role][code]["value"]
        assert page["total"] > 0
        other = await asked.refused("doctor", f"/{code}/rows", doctor="P2", **question)
        assert other == "LY-2504"
    assert await asked.refused("doctor", "/workload", period="2026-02", doctor="P2") == "LY-2504"


async def test_whoever_sees_a_department_sees_the_work_of_its_doctors(asked: Asked) -> None:
    found = await asked.get("head", "/workload", period="2026-02")
    assert not found["own"]
    assert {one["code"] for one in found["doctors"]} == {"P1", "P2", "P3"}
    one = await asked.get("head", "/workload", period="2026-02", doctor="P2")
    (all_,) = [role for role in found["roles"] if role["role"] == "surgeon"]
    everybody = {item["code"]: item["figure"] for item in all_["items"]}
    single = 0.0
    for doctor in ("P1", "P2", "P3"):
        told = await asked.get("head", "/workload", period="2026-02", doctor=doctor)
        (surgeon,) = [role for role in told["roles"] if role["role"] == "surgeon"]
        single += surgeon["items"][0]["figure"]["value"]
    assert one["doctor"]["name"]["zh"] == "李四"
    assert single <= everybody["SUR-001"]["value"]
    assert await asked.refused(
        "head", "/VIS-001/rows", period="2026-02", role="surgeon"
    ) == "LY-2505"  # fmt: skip


async def test_peers_who_may_not_be_seen_have_no_name_and_are_many(asked: Asked) -> None:
    found = await asked.get("head", "/INP-005/benchmark", period="2026Q1")
    assert found["mine"]["code"] == "D1"
    assert found["count"] == 7
    assert found["hidden"] == 6
    named = [row for row in found["rows"] if row["place"] is not None]
    assert [row["place"]["code"] for row in named] == ["D1"]
    assert "D2" not in str(found)
    assert found["least"] == 5
    president = await asked.get("president", "/INP-005/benchmark", period="2026Q1",
                                department="D1")  # fmt: skip
    assert president["hidden"] == 0
    for key in ("rank", "quartile", "median", "value", "count"):
        assert president[key] == found[key], key
    order = [row["value"] for row in president["rows"]]
    assert order == sorted(order, reverse=True)


async def test_few_peers_are_not_shown(asked: Asked) -> None:
    refused = await asked.refused("president", "/INP-005/benchmark", period="2026Q1", of="hospital")
    assert refused == "LY-2574"
    found = await asked.get("region", "/INP-005/benchmark", period="2026Q1", of="hospital")
    assert {row["place"]["code"] for row in found["rows"]} == {"H1", "H2"}
    assert await asked.refused("region", "/INP-005/benchmark", period="2026Q1") == "LY-2575"
    assert await asked.refused("doctor", "/INP-005/benchmark", period="2026Q1") != ""


async def test_questions_that_make_no_sense_are_refused(asked: Asked) -> None:
    for path, params, code in (
        ("/INP-005/contribution", {"by": "weather", "against": "previous"}, "LY-2571"),
        ("/INP-005/contribution", {"by": "incision", "against": "previous"}, "LY-2571"),
        ("/INP-006/contribution", {"against": "last_year"}, "LY-2570"),
        ("/INP-005/contribution", {"department": "E1"}, "LY-2504"),
        ("/INP-005/rows", {"where": "weather:rain"}, "LY-2546"),
        ("/INP-05/impact", {}, "LY-2502"),
    ):
        told = await asked.refused("president", path, period="2026-02", **params)
        assert told == code, path
