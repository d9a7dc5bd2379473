"""Indicators over the API: one window says what is counted, whatever the path."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.two_stars import DEPARTMENTS
from tests.unit.security.people import People

from lianyi.applications.indicators.reading import read_indicators
from lianyi.security import practitioner_store
from lianyi.security.practitioner_store import Called

from .hospital_group import TABLES
from .house import House, learning, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/api/v1/indicators"
WHO = {
    "president": (("manager", "H1"), ("operations-analyst", "H1")),
    "head": (("operations-analyst", "D1"),),
    "region": (("operations-analyst", "G"),),
    "neighbour": (("operations-analyst", "H2"),),
    "doctor": (("clinician", "D1"),),
    "planner": (("manager", "H1"),),
    "nobody": (("registrar", "H1"),),
}
SEES = {
    "president": {("H1", "D1"), ("H1", "D2")},
    "head": {("H1", "D1")},
    "region": {(h, d) for h, some in DEPARTMENTS.items() for d in some},
    "neighbour": {("H2", "E1"), ("H2", "D1")},
}


@dataclass
class Counted:
    """A house whose rows can be counted, and who asks."""

    house: House
    browsers: dict[str, httpx.AsyncClient]

    async def get(self, who: str, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.browsers[who].get(f"{ADDRESS}{path}", params=params)
        assert answer.status_code == status, answer.text
        is_json = answer.headers["content-type"].startswith("application/json")
        return answer.json() if is_json else answer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counted(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Counted]:
    folder = tmp_path_factory.mktemp("house")
    async with serving(module_database, folder) as house, learning(house):
        for kind, text in TABLES:
            await house.client.post(f"/api/v1/masterdata/{kind}/import", content=text.encode())
        people = People(house)
        await people.refresh()
        browsers = {name: await _browser(people, name, *roles) for name, roles in WHO.items()}
        yield Counted(house, browsers)
        for one in browsers.values():
            await one.aclose()


async def _browser(people: People, name: str, *roles: tuple[str, str]) -> httpx.AsyncClient:
    """Let somebody work here; a doctor is linked with his record among the practitioners."""
    account = await people.add(name, *roles, organisation=roles[0][1])
    pool, now = people.house.pool, people.house.clock.now()
    if name == "doctor":
        called = [Called("masterdata", "", "P1", "")]
        async with pool.acquire() as connection, connection.transaction():
            await practitioner_store.set_names(
                connection, account.account, called, by="test", at=now
            )
    return await people.browser(name)


async def test_an_empty_star_says_so(counted: Counted) -> None:
    answer = await counted.get("president", "/board", status=503)
    assert answer["error"]["code"] == "LY-2506"
    two_stars.put(counted.house.data_dir / "star")  # for all tests that follow
    await counted.get("president", "/board")


async def test_what_stands_behind_a_figure_adds_up_to_it_and_lies_in_sight(
    counted: Counted,
) -> None:
    known, _ = read_indicators(Path("/nowhere"))
    sides = [
        (code, caliber, part, side)
        for code, one in known.items()
        for caliber in one.calibers
        for part, side in ((caliber.numerator, "numerator"), (caliber.denominator, "denominator"))
        if part is not None
    ]
    random = Random(7)
    listed = 0
    for _ in range(16):
        code, caliber, part, side = random.choice(sides)
        who = random.choice(sorted(SEES))
        asked = {
            "period": random.choice(["2026-01", "2026-02", "2026Q1", "2026-01..2026-02"]),
            "caliber": caliber.caliber,
            "department": random.choice(["", "", "D1"]),
        }
        if asked["department"] == "D1" and who == "neighbour":
            refused = await counted.get(who, "/values", status=403, codes=code, **asked)
            assert refused["error"]["code"] == "LY-2504"
            continue
        (item,) = (await counted.get(who, "/values", codes=code, **asked))["items"]
        places = {(f["hospital"]["code"], f["department"]["code"]) for f in item["figures"]}
        assert places <= SEES[who]
        page = await counted.get(who, f"/{code}/rows", side=side, limit=200, **asked)
        assert page["comes_to"] == pytest.approx(item["all"][side])
        if part.aggregate == "rows":
            assert page["total"] == page["comes_to"]
        assert {row["hospital"] for row in page["items"]} <= {h for h, _ in SEES[who]}
        text = (await counted.get(who, f"/{code}/rows.csv", side=side, **asked)).content
        rows = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))
        assert len(rows) == page["total"] + 1
        assert {row[0] for row in rows[1:]} <= {h for h, _ in SEES[who]}
        listed += page["total"]
    assert listed > 100


async def test_the_places_that_are_offered_are_those_in_sight(counted: Counted) -> None:
    for who, sees in SEES.items():
        found = await counted.get(who, "/places", period="2026Q1")
        places = {(one["hospital"], one["code"]) for one in found["departments"]}
        assert places == sees
        assert {one["code"] for one in found["hospitals"]} == {hospital for hospital, _ in sees}
        assert found["doctors"] == []
    below = await counted.get("head", "/places", period="2026Q1", hospital="H1", department="D1")
    assert {one["code"] for one in below["doctors"]} == set(two_stars.DOCTORS)
    assert below["departments"][0]["name"]["zh"] != "D1"
    own = await counted.get("doctor", "/places", period="2026Q1", doctor="P1")
    assert {(one["hospital"], one["code"]) for one in own["doctors"]} == {("H1", "P1")}
    await counted.get("nobody", "/places", status=403, period="2026Q1")
    await counted.get("neighbour", "/places", status=403, period="2026Q1", hospital="H1")


async def test_an_exploration_adds_up_to_the_figure_and_lies_in_sight(counted: Counted) -> None:
    asked = {"codes": "VIS-001", "period": "2026Q1"}
    for who, sees in SEES.items():
        (figure,) = (await counted.get(who, "/values", **asked))["items"]
        for by in ("", "payer", "department", "department,payer,month", "class,booked", "doctor"):
            said = await counted.get(who, "/explored", **asked, by=by)
            (one,) = said["items"]
            assert one["all"]["numerator"] == figure["all"]["numerator"]
            assert sum(cell["numerator"] for cell in one["cells"]) == one["all"]["numerator"]
            if by.startswith("department"):
                places = {
                    (c["places"][0]["hospital"], c["places"][0]["code"]) for c in one["cells"]
                }
                assert places <= sees
                names = {cell["places"][0]["name"]["zh"] for cell in one["cells"]}
                assert names.isdisjoint({"D1"})
    by_payer = (await counted.get("region", "/explored", **asked, by="payer"))["items"][0]["cells"]
    for cell in by_payer:
        (place,) = cell["places"]
        if not place["code"]:
            continue
        assert place["name"]["zh"] != place["code"]
        narrowed = asked | {"where": f"payer:{place['code']}"}
        (same,) = (await counted.get("region", "/values", **narrowed))["items"]
        assert same["all"]["numerator"] == cell["numerator"]
        rows = await counted.get("region", "/VIS-001/rows", period="2026Q1",
                                 where=narrowed["where"], limit=1)  # fmt: skip
        assert rows["total"] == cell["numerator"]
    dimensions = (await counted.get("region", "/explored", **asked))["dimensions"]
    assert {"payer", "class", "main_diagnosis", "month"} <= {one["column"] for one in dimensions}


async def test_an_exploration_as_a_file_is_for_those_who_may_export(counted: Counted) -> None:
    asked = {"codes": "VIS-001,BED-004", "period": "2026-02", "by": "doctor"}
    saved = await counted.get("head", "/files/explored", form="csv", **asked)
    told = list(csv.reader(io.StringIO(saved.content.decode("utf-8-sig"))))
    head, *lines = [line for line in told if not line[0].startswith("#")]
    (said, beds) = (await counted.get("head", "/explored", **asked))["items"]
    assert (beds["way"], beds["cells"]) == ("cannot_split", [])
    assert head[4:6] == ["医生", "医生 · 编码"]
    of_visits = [float(line[6]) for line in lines if line[0] == "VIS-001"]
    assert of_visits == [one["numerator"] for one in [*said["cells"], said["all"]]]
    sheet = await counted.get("head", "/files/explored", **asked)
    assert sheet.headers["content-disposition"].endswith('"exploration-2026-02.xlsx"')
    assert sheet.content.startswith(b"PK")
    await counted.get("planner", "/files/explored", status=403, **asked)
    await counted.get("doctor", "/files/explored", status=403, **asked)
    own = (await counted.get("doctor", "/explored", codes="VIS-001", period="2026Q1"))["items"][0]
    values = await counted.get("doctor", "/values", codes="VIS-001", period="2026Q1")
    assert own["all"]["numerator"] == values["items"][0]["all"]["numerator"]


async def test_who_may_see_figures_may_not_see_rows_and_who_may_not_sees_neither(
    counted: Counted,
) -> None:
    await counted.get("planner", "/values", codes="VIS-001", period="2026-02")
    await counted.get("planner", "/VIS-001/rows", status=403, period="2026-02")
    await counted.get("planner", "/VIS-001/rows.csv", status=403, period="2026-02")
    for path in ("", "/VIS-001", "/board", "/today"):
        await counted.get("nobody", path, status=403)
    await counted.get("president", "/values", status=403, codes="VIS-001", period="2026-02",
                      hospital="H2")  # fmt: skip


async def test_a_doctor_sees_his_own_figures_in_all_of_his_hospital(counted: Counted) -> None:
    own = await counted.get("doctor", "/values", codes="VIS-001,BED-004", period="2026Q1")
    visits, beds = own["items"]
    assert beds["way"] == "cannot_split"
    by_doctor = await counted.get(
        "president", "/values", codes="VIS-001", period="2026Q1", by="doctor"
    )
    (p1,) = (f for f in by_doctor["items"][0]["figures"] if f["doctor"]["code"] == "P1")
    assert p1["doctor"]["name"]["zh"] == "张三"
    assert visits["all"]["value"] == p1["value"] > 0
    rows = await counted.get("doctor", "/VIS-001/rows", period="2026Q1", limit=200)
    assert rows["total"] == p1["numerator"]
    assert {row["hospital"] for row in rows["items"]} == {"H1"}
    await counted.get("doctor", "/VIS-001/rows.csv", status=403, period="2026Q1")
    await counted.get(
        "doctor", "/values", status=403, codes="VIS-001", period="2026Q1", doctor="P2"
    )


async def test_figures_are_compared_and_ranked(counted: Counted) -> None:
    said = await counted.get("region", "/values", codes="VIS-001", period="2026-02")
    (item,) = said["items"]
    before = await counted.get("region", "/values", codes="VIS-001", period="2026-01")
    assert item["all"]["previous"] == before["items"][0]["all"]["value"]
    assert item["all"]["last_year"] is None, "a year ago nothing was connected: that is no zero"
    assert item["all"]["year_on_year"] is None
    assert sum(f["numerator"] for f in item["figures"]) == item["all"]["numerator"]
    assert item["complete"]  # rows of March have come
    months = await counted.get("region", "/values", codes="VIS-001", period="2026Q1", by="month")
    line = months["items"][0]["figures"]
    assert [f["month"] for f in line] == ["2026-01", "2026-02", "2026-03"]
    assert line[1]["value"] == item["all"]["value"]
    assert not months["items"][0]["complete"]


async def test_a_board_has_a_tile_for_each_indicator_and_says_what_is_reached(
    counted: Counted,
) -> None:
    board = await counted.get("president", "/board", month="2026-02")
    assert len(board["tiles"]) == 24
    (tile,) = (one for one in board["tiles"] if one["code"] == "VIS-001")
    said = await counted.get("president", "/values", codes="VIS-001", period="2026-02")
    assert tile["figure"] == said["items"][0]["all"]
    assert [one["month"] for one in tile["line"]][-2:] == ["2026-01", "2026-02"]
    own = counted.house.content_dir / "boards"
    own.mkdir(parents=True)
    (own / "beds.yaml").write_text(
        "board: beds\ntitle: {zh: 床位, en: beds}\n"
        "tiles: [{indicator: VIS-001, group: {zh: 门诊, en: out}, target: 1}]\n",
        encoding="utf-8",
    )
    (own / "broken.yaml").write_text("board: other\n", encoding="utf-8")
    beds = await counted.get("president", "/board", board="beds", month="2026-02")
    assert [(one["target"], one["reached"]) for one in beds["tiles"]] == [(1.0, None)]
    assert [one["board"] for one in beds["boards"]] == ["beds", "president"]
    assert (await counted.get("president", "/board", status=422, board="broken"))["error"][
        "code"
    ] == "LY-2508"


async def test_today_is_counted_of_the_rows_as_they_are_now(counted: Counted) -> None:
    tiles = {one["tile"]: one for one in (await counted.get("president", "/today"))["tiles"]}
    known = two_stars.town_rows("encounter", 200, seed=0)
    inside = [
        row
        for row in known
        if row["hospital"] == "H1"
        and row["class"] == "inpatient"
        and row["discharged_at"] is None
        and row["admitted_at"] is not None
        and row["admitted_at"].isoformat() < "2026-03-02T16"
    ]
    assert tiles["in-hospital"]["value"] == len(inside) > 0
    registered = [
        row
        for row in known
        if row["hospital"] == "H1"
        and row["class"] in ("outpatient", "emergency")
        and row["registered_at"] is not None
        and "2026-03-01T16" <= row["registered_at"].isoformat() < "2026-03-02T16"
    ]
    assert tiles["registrations"]["value"] == len(registered)
    newest = max((row["registered_at"].isoformat() for row in registered), default="")
    assert (tiles["registrations"]["newest"] or "").startswith(newest)
    assert tiles["in-hospital"]["newest"] is None


async def test_a_row_opens_its_message_and_its_record_and_hides_what_is_refused(
    counted: Counted,
) -> None:
    page = await counted.get("president", "/INP-001/rows", period="2026Q1", limit=5)
    row = page["items"][0]
    assert row["position"] == row["origin"]
    assert row["patient"].endswith("^H1")
    assert len(row["person"]) == 13
    second = await counted.get("president", "/INP-001/rows", period="2026Q1", skip=5, limit=5)
    keys = [one["key"] for one in page["items"] + second["items"]]
    assert len(set(keys)) == len(keys)
    consent = {
        "patient": row["patient"], "decision": "refuse", "given_by": "本人", "document": "D-1",
        "organisation": "",
    }  # fmt: skip
    await counted.house.post("/privacy/consents", consent)
    again = await counted.get("president", "/INP-001/rows", period="2026Q1", limit=5)
    assert again["total"] == page["total"]
    assert again["items"][0]["withheld"]
    assert row["patient"] not in str(again)


async def test_definitions_are_told_in_words_of_both_languages(counted: Counted) -> None:
    listed = await counted.get("planner", "")
    assert len(listed["items"]) > 300
    assert listed["unusable"] == []
    one = await counted.get("planner", "/EX-04")
    assert {place["place"] for place in one["differences"]} == {
        "numerator.counts", "denominator.counts",
    }  # fmt: skip
    assert "手术" in one["calibers"][0]["numerator"]["sentence"]["zh"]
    assert "operation" in one["calibers"][0]["numerator"]["condition"]["en"]


WRONG = [
    ("/values", {"codes": "VIS-01", "period": "2026"}, "LY-2502"),
    ("/values", {"codes": "VIS-001", "period": "last week"}, "LY-2503"),
    ("/values", {"codes": "VIS-001", "period": "2010-01..2020-12"}, "LY-2507"),
    ("/values", {"codes": ",".join(f"A-{n}" for n in range(31)), "period": "2026"}, "LY-2507"),
    ("/values", {"codes": "VIS-001", "period": "2026", "department": "D9"}, "LY-2504"),
    ("/EX-12/rows", {"period": "2026"}, "LY-2505"),
    ("/VIS-001/rows", {"period": "2026", "side": "denominator"}, "LY-2505"),
    ("/board", {"board": "presidents"}, "LY-2508"),
    ("/values", {"codes": "VIS-001", "period": "2026", "where": "payer:gold"}, "LY-2546"),
    ("/VIS-001/rows", {"period": "2026", "where": "encounter:E1"}, "LY-2546"),
    ("/BED-001/rows", {"period": "2026", "where": "payer:self"}, "LY-2505"),
    ("/explored", {"codes": "VIS-001", "period": "2026", "by": "encounter"}, "LY-2546"),
    ("/explored", {"codes": "VIS-001", "period": "2026", "by": "a,b,c,d"}, "LY-2546"),
    ("/explored", {"codes": "A-1,A-2,A-3,A-4,A-5,A-6,A-7", "period": "2026"}, "LY-2507"),
]


async def test_what_cannot_be_answered_says_why(counted: Counted) -> None:
    for path, params, code in WRONG:
        answer = await counted.browsers["president"].get(f"{ADDRESS}{path}", params=params)
        assert answer.json()["error"]["code"] == code, answer.text
