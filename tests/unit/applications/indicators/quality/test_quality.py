"""Data quality over the API: one reach for results, rows and the queue, with two walls."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from tests.unit.api.hospital_group import TABLES
from tests.unit.api.house import House, learning, serving
from tests.unit.applications.indicators import two_stars
from tests.unit.applications.indicators.quality.hospital import SOUND, put, row
from tests.unit.applications.indicators.quality.running import rounds_of
from tests.unit.applications.indicators.two_stars import DEPARTMENTS
from tests.unit.security.people import People

from lianyi.app.process import ACTOR
from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.rounds import QualityRounds

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "/api/v1/quality"
WHO = {
    "president": (("manager", "H1"), ("operations-analyst", "H1")),
    "head": (("operations-analyst", "D1"),),
    "region": (("operations-analyst", "*"),),
    "neighbour": (("operations-analyst", "H2"),),
    "planner": (("manager", "H1"),),
    "nobody": (("registrar", "H1"),),
}
SEES = {
    "president": {("H1", "D1"), ("H1", "D2"), ("H1", "")},
    "head": {("H1", "D1")},
    "region": {(h, d) for h, some in DEPARTMENTS.items() for d in (*some, "")} | {("", "")},
    "neighbour": {("H2", "E1"), ("H2", "D1"), ("H2", "")},
}


@dataclass
class Looked:
    """A house whose rules have run, and who asks."""

    house: House
    rounds: QualityRounds
    browsers: dict[str, httpx.AsyncClient]
    accounts: dict[str, UUID]

    async def get(self, who: str, path: str, *, status: int = 200, **params: Any) -> Any:
        answer = await self.browsers[who].get(f"{ADDRESS}{path}", params=params)
        assert answer.status_code == status, answer.text
        return answer if path.endswith(".csv") else answer.json()

    async def post(self, who: str, path: str, body: Any, *, status: int = 200) -> Any:
        answer = await self.browsers[who].post(f"{ADDRESS}{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def finding(self, who: str, rule: str, department: str) -> dict[str, Any]:
        items = (await self.get(who, "/findings", rule=rule))["items"]
        return next(one for one in items if one["department"]["code"] == department)

    @asynccontextmanager
    async def behind_the_filter(self, who: str) -> AsyncIterator[Any]:
        """Give a connection of the doors that serves somebody, without the filter before it."""
        async with self.house.served.acquire() as connection:
            await connection.execute(
                "SELECT set_config($1, $2, false)", ACTOR, str(self.accounts[who])
            )
            yield connection


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def looked(
    module_database: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Looked]:
    folder = tmp_path_factory.mktemp("house")
    async with serving(module_database, folder) as house, learning(house):
        for kind, text in TABLES:
            await house.client.post(f"/api/v1/masterdata/{kind}/import", content=text.encode())
        people = People(house)
        await people.refresh()
        browsers, accounts = {}, {}
        for name, roles in WHO.items():
            account = await people.add(name, *roles, organisation="H1")
            browsers[name] = await people.browser(name)
            accounts[name] = account.account
        rounds = rounds_of(house)
        yield Looked(house, rounds, browsers, accounts)
        for one in browsers.values():
            await one.aclose()


async def test_before_the_first_run_it_says_so(looked: Looked) -> None:
    answer = await looked.get("region", "/overview", status=503)
    assert answer["error"]["code"] == "LY-2553"
    star = looked.house.data_dir / "star"  # for all tests that follow
    two_stars.put(star)
    of_nobody = SOUND["order"] | {"ordering": None}
    rows = [row("order", f"{h}^lost", of_nobody, hospital=h) for h in ("H1", "H2", "")]
    put(star, {"order": rows}, producer="lis")
    assert await looked.rounds.look() == 1


async def test_a_round_in_which_nothing_changed_is_passed_over_unless_asked(
    looked: Looked,
) -> None:
    assert await looked.rounds.look() is None, "it is not time yet"
    assert await looked.rounds.step(asked=False) is None, "nothing has changed"
    assert not (await looked.get("region", "/overview"))["waits"]
    await looked.post("planner", "/runs", None)
    assert (await looked.get("region", "/overview"))["waits"]
    assert await looked.rounds.look() == 2
    assert not (await looked.get("region", "/overview"))["waits"]


@pytest.mark.parametrize("who", sorted(SEES))
async def test_everybody_sees_his_own_places_only(looked: Looked, who: str) -> None:
    rules = (await looked.get(who, "/rules"))["items"]
    seen = set()
    for rule in (one for one in rules if one["code"] == "ORD-004" or one["code"] < "ENC-006"):
        cells = (await looked.get(who, f"/rules/{rule['code']}"))["cells"]
        seen |= {(one["hospital"]["code"], one["department"]["code"]) for one in cells}
        assert rule["violated"] == sum(one["violated"] for one in cells)
        assert rule["denominator"] == sum(one["denominator"] for one in cells)
    assert seen == SEES[who]
    findings = (await looked.get(who, "/findings"))["items"]
    assert findings
    assert {(one["hospital"]["code"], one["department"]["code"]) for one in findings} <= SEES[who]


@pytest.mark.parametrize("who", sorted(SEES))
async def test_the_second_wall_shows_no_foreign_row_without_the_filter(
    looked: Looked, who: str
) -> None:
    async with looked.behind_the_filter(who) as connection:
        found = (await store.results(connection, [2]))[2]
    assert {(one.cell.hospital, one.cell.department) for one in found} == SEES[who]


async def test_whoever_has_no_role_is_shown_nothing(looked: Looked) -> None:
    await looked.get("nobody", "/overview", status=403)
    async with looked.behind_the_filter("nobody") as connection:
        await connection.execute("SELECT set_config($1, $2, false)", ACTOR, str(UUID(int=7)))
        assert (await store.results(connection, [2]))[2] == []
        assert await store.decisions(connection) == []


@pytest.mark.parametrize("who", ["region", "president", "head", "neighbour"])
async def test_rows_that_violate_a_rule_are_as_many_as_were_counted(
    looked: Looked, who: str
) -> None:
    rules = [one for one in (await looked.get(who, "/rules"))["items"] if one["violated"]]
    listed = 0
    for rule in rules[::6]:
        page = await looked.get(who, f"/rules/{rule['code']}/rows", limit=200)
        assert page["total"] == rule["violated"], rule["code"]
        assert {one["hospital"] for one in page["items"]} <= {h for h, _ in SEES[who]}
        assert page["items"] or not page["total"]
        listed += page["total"]
        detail = await looked.get(who, f"/rules/{rule['code']}")
        for cell in detail["cells"][:3]:
            hospital, department = cell["hospital"]["code"], cell["department"]["code"]
            where = {"hospital": hospital, "department": department, "source": cell["source"]}
            where |= {} if department else {"unplaced": True}
            rows = await looked.get(who, f"/rules/{rule['code']}/rows", **where)
            assert rows["total"] == cell["violated"], (rule["code"], cell)
    assert listed


async def test_rows_are_shown_to_those_who_may_see_rows_alone(looked: Looked) -> None:
    await looked.get("planner", "/rules/ENC-014/rows", status=403)
    await looked.get("head", "/rules/ENC-014/rows", status=403, hospital="H2")
    raw = await looked.get("region", "/rules/LAK-001/rows", status=409)
    assert raw["error"]["code"] == "LY-2505"
    answer = await looked.get("region", "/rules/ENC-0/rows", status=404)
    assert answer["error"]["code"] == "LY-2551"


async def test_an_export_is_what_the_page_shows(looked: Looked) -> None:
    page = await looked.get("president", "/rules/ENC-014/rows", limit=200)
    text = (await looked.get("president", "/rules/ENC-014/rows.csv")).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[1] for row in rows[1:]] == [one["key"] for one in page["items"]]
    assert {row[0] for row in rows[1:]} == {"H1"}


async def test_a_finding_is_given_and_acknowledged_and_comes_back_when_it_worsens(
    looked: Looked,
) -> None:
    found = await looked.finding("head", "ENC-014", "D1")
    assert found["state"] == "open"
    assert found["since"]
    about = {
        "rule": "ENC-014", "source": found["source"], "hospital": "H1", "department": "D1",
    }  # fmt: skip
    given = await looked.post("head", "/findings/assign", about | {"to": "医保办"})
    assert (given["state"], given["assigned_to"]) == ("assigned", "医保办")
    done = await looked.post("head", "/findings/acknowledge", about | {"note": "下周改字典"})
    assert (done["state"], done["note"], done["came_back"]) == ("acknowledged", "下周改字典", False)
    worse = found["violated"] + max(1, found["denominator"] // 5)
    await looked.house.pool.execute(
        "UPDATE quality.result SET violated = $1 WHERE run = 2 AND rule = 'ENC-014'"
        " AND hospital = 'H1' AND department = 'D1'",
        worse,
    )
    back = await looked.finding("president", "ENC-014", "D1")
    assert (back["state"], back["came_back"], back["assigned_to"]) == ("open", True, "医保办")
    assert (await looked.get("president", "/overview"))["back"] == 1
    again = await looked.post("president", "/findings/acknowledge", about | {"note": "已知"})
    assert again["state"] == "acknowledged"
    opened = await looked.post("president", "/findings/reopen", about)
    assert opened["state"] == "open"
    kinds = await looked.house.pool.fetch(
        "SELECT kind FROM messagelog.message WHERE kind LIKE 'act quality.%' ORDER BY number"
    )
    assert [row["kind"].removeprefix("act quality.") for row in kinds][-4:] == [
        "assigned", "acknowledged", "acknowledged", "reopened",
    ]  # fmt: skip


async def test_nobody_decides_about_what_is_not_his(looked: Looked) -> None:
    about = {"rule": "ENC-014", "source": "log", "hospital": "H2", "department": "D1"}
    answer = await looked.post("head", "/findings/assign", about | {"to": "我"}, status=404)
    assert answer["error"]["code"] == "LY-2552"
    async with looked.behind_the_filter("head") as connection:
        with pytest.raises(Exception, match="row-level security"):
            await connection.execute(
                "INSERT INTO quality.decision (said, rule, source, hospital, department, facts,"
                " by_name, account, at, shard, number) VALUES ('assigned', 'ENC-014', 'his', 'H2',"
                " 'D1', '{}', 'x', gen_random_uuid(), now(), 0, 999999)"
            )


async def test_a_wrong_rule_of_the_hospital_is_named_and_the_others_go_on(looked: Looked) -> None:
    folder = looked.house.content_dir / "quality"
    folder.mkdir(parents=True)
    folder.joinpath("own.yaml").write_text(
        "table: encounter\nrules:\n"
        "  - { rule: ENC-031, withdrawn: true, name: {zh: 一, en: a}, field: payer,"
        " check: isRequired, category: completeness, matters: {zh: 一, en: a} }\n"
        "  - { rule: OWN-001, name: {zh: 一, en: a}, field: payr, check: isRequired,"
        " category: completeness, matters: {zh: 一, en: a} }\n"
        "  - { rule: OWN-002, name: {zh: 一, en: a}, field: payer, check: isRequired,"
        " treshold: 3, category: completeness, matters: {zh: 一, en: a} }\n",
        encoding="utf-8",
    )
    overview = await looked.get("region", "/overview")
    said = {one["where"]: one["en"] for one in overview["unusable"]}
    assert "payer" in said["own.yaml: rules.1 (OWN-001).field"]
    assert "threshold" in said["own.yaml: rules.2 (OWN-002).treshold"]
    codes = {one["code"] for one in (await looked.get("region", "/rules"))["items"]}
    assert "ENC-031" not in codes
    assert "ENC-030" in codes
    folder.joinpath("own.yaml").unlink()


async def test_lineage_names_each_step_and_impact_goes_back(looked: Looked) -> None:
    drawn = await looked.get("president", "/lineage/INP-001")
    steps = {one["step"] for one in drawn["nodes"]}
    assert {"source", "fact", "indicator"} <= steps
    known = {one["id"] for one in drawn["nodes"]}
    assert all({one["begin"], one["end"]} <= known for one in drawn["edges"])
    mine = next(one for one in drawn["nodes"] if one["step"] == "fact")
    all_ = await looked.get("region", "/lineage/INP-001")
    whole = next(one for one in all_["nodes"] if one["id"] == mine["id"])
    assert 0 < mine["rows"] < whole["rows"]
    back = await looked.get("president", "/impact", name="encounter.discharged_at")
    assert "EX-04" in {one["code"] for one in back["indicators"]}
    of_messages = await looked.get("president", "/impact", name="DFT^P03")
    assert {one["column"] for one in of_messages["facts"]} == {"charge"}
    answer = await looked.get("president", "/impact", name="encunter", status=404)
    assert "encounter" in str(answer["error"])
