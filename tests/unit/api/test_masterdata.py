"""Master data over the API: asked as of a day, changed by acts, read back at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest

from .house import House, learning


@pytest.fixture
async def data(house: House) -> AsyncIterator[House]:
    """The house with the role ``learn`` for master data."""
    async with learning(house):
        yield house


async def put(house: House, kind: str, code: str, **facts: Any) -> Any:
    body = {"code": code, "valid_from": "2026-01-01", **facts}
    return await house.post(f"/masterdata/{kind}", body)


@pytest.fixture
async def hospital(data: House) -> House:
    await put(data, "location", "L1", name_zh="一号楼三层")
    await put(data, "location", "L2", name_zh="二号楼一层")
    await put(data, "organisation", "H1", name_zh="测试医院", name_en="Test Hospital")
    for code, name in (("D01", "内科"), ("D02", "外科")):
        await put(
            data, "organisation", code, name_zh=name, parent="H1", location="L1", category="DEPT"
        )
    await put(data, "practitioner", "DR1", name_zh="张三", pinyin="zhangsan")
    return data


def parents(tree: dict[str, Any]) -> dict[str, str | None]:
    return {node["code"]: node["parent"] for node in tree["nodes"]}


async def test_before_anything_was_learned_it_says_so(house: House) -> None:
    answer = await house.client.get("/api/v1/masterdata/organisation")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "LY-2002")


async def test_whoever_creates_reads_it_back_and_the_log_says_who(data: House) -> None:
    detail = await put(data, "organisation", "D01", name_zh="内科", reason="新建")
    assert detail["record"]["name_zh"] == "内科"
    assert detail["record"]["valid_to"] is None
    (act,) = await data.acts()
    assert (act.kind, act.sender) == ("act masterdata.organisation_created", "console")
    assert orjson.loads(act.body)["reason"] == "新建"
    assert detail["names"][0]["said"] == str(act.position)


@pytest.mark.parametrize("identifiers", [{"": "â\0«"}, {"\0": "x"}, {"a": "\0"}])
async def test_a_character_that_no_table_holds_is_refused_at_the_door(
    data: House, identifiers: dict[str, str]
) -> None:
    record = {"code": "NEW", "valid_from": "2026-01-01", "identifiers": identifiers}
    answer = await data.client.post("/api/v1/masterdata/organisation", json=record)
    assert (answer.status_code, answer.json()["error"]["category"]) == (422, "invalid")


async def test_a_department_has_on_each_day_the_name_parent_and_place_of_that_day(
    hospital: House,
) -> None:
    await hospital.post(
        "/masterdata/organisation/D01/edit", {"on": "2026-06-01", "name_zh": "消化内科"}
    )
    await hospital.post(
        "/masterdata/organisation/D01/parent", {"on": "2026-06-01", "parent": "D02"}
    )
    await hospital.post("/masterdata/organisation/D01/move", {"on": "2026-06-01", "to": "L2"})
    for day, name, parent, place in (
        ("2026-05-31", "内科", "H1", "L1"),
        ("2026-06-01", "消化内科", "D02", "L2"),
    ):
        detail = await hospital.get("/masterdata/organisation/D01", as_of=day)
        held = {link["relation"]: link["code"] for link in detail["links"] if link["holds"]}
        assert detail["record"]["name_zh"] == name
        assert held == {"tree:management": parent, "place": place}
        tree = await hospital.get("/masterdata/trees/management", as_of=day)
        assert parents(tree)["D01"] == parent
        (node,) = (one for one in tree["nodes"] if one["code"] == "D01")
        assert (node["name_zh"], node["places"]) == (name, [place])
    moved = [link for link in detail["links"] if link["relation"] == "place"]
    assert [(one["code"], one["valid_from"], one["valid_to"]) for one in moved] == [
        ("L2", "2026-06-01", None),
        ("L1", "2026-01-01", "2026-06-01"),
    ]
    assert moved[1]["ended"] == moved[0]["said"]


async def test_records_are_found_by_part_of_what_is_known_of_them(hospital: House) -> None:
    for kind, q, codes in (
        ("organisation", "内", ["D01"]),
        ("organisation", "test h", ["H1"]),
        ("organisation", "d0", ["D01", "D02"]),
        ("practitioner", "zhang", ["DR1"]),
        ("location", "%", []),
    ):
        page = await hospital.get(f"/masterdata/{kind}", q=q)
        assert [row["code"] for row in page["items"]] == codes


async def test_records_come_in_pages(hospital: House) -> None:
    first = await hospital.get("/masterdata/organisation", limit=2)
    rest = await hospital.get("/masterdata/organisation", limit=2, cursor=first["next_cursor"])
    assert [row["code"] for page in (first, rest) for row in page["items"]] == ["D01", "D02", "H1"]
    assert rest["next_cursor"] is None


async def test_a_split_shows_where_a_department_came_from(hospital: House) -> None:
    await put(hospital, "organisation", "K1", name_zh="一组", parent="D01")
    await hospital.post(
        "/masterdata/practitioner/DR1/role",
        {"on": "2026-01-01", "organisation": "D01", "role": "doctor"},
    )
    await hospital.post(
        "/masterdata/organisation/D01/split",
        {
            "on": "2026-07-01",
            "into": [{"code": "D11", "name_zh": "消化"}, {"code": "D12", "name_zh": "呼吸"}],
            "goes_to": {"K1": "D12"},
            "reason": "学科调整",
        },
    )
    tree = await hospital.get("/masterdata/trees/management", as_of="2026-07-01")
    assert parents(tree) == {"H1": None, "D02": "H1", "D11": "H1", "D12": "H1", "K1": "D12"}
    old = await hospital.get("/masterdata/organisation/D01", as_of="2026-07-01")
    assert old["record"]["exists"] is False
    assert [(one["direction"], one["code"], one["how"]) for one in old["lineage"]] == [
        ("into", "D11", "split"),
        ("into", "D12", "split"),
    ]
    new = await hospital.get("/masterdata/organisation/D12", as_of="2026-07-01")
    assert [(one["direction"], one["code"]) for one in new["lineage"]] == [("from", "D01")]
    staff = await hospital.get("/masterdata/organisation/D11", as_of="2026-07-01")
    assert [one["code"] for one in staff["links"] if one["relation"] == "role"] == ["DR1"]
    closed = await hospital.get("/masterdata/organisation", as_of="2026-07-01", closed=True)
    assert "D01" in [row["code"] for row in closed["items"]]


async def test_a_merge_keeps_what_hung_on_either(hospital: House) -> None:
    await put(hospital, "organisation", "K1", name_zh="一组", parent="D01")
    merged = await hospital.post(
        "/masterdata/merges", {"on": "2026-07-01", "codes": ["D01"], "into": "D02"}
    )
    assert [one["code"] for one in merged["lineage"]] == ["D01"]
    tree = await hospital.get("/masterdata/trees/management", as_of="2026-07-01")
    assert parents(tree) == {"H1": None, "D02": "H1", "K1": "D02"}
    itself = {"on": "2026-07-01", "codes": ["D02"], "into": "D02"}
    assert (await hospital.post("/masterdata/merges", itself, status=409))["error"]["code"] == (
        "LY-2016"
    )


async def test_a_temporary_organisation_is_gone_when_its_time_is_over(hospital: House) -> None:
    body = {
        "code": "E1",
        "name_zh": "应急指挥部",
        "valid_from": "2026-02-01",
        "valid_to": "2026-02-20",
        "parent": "H1",
    }
    detail = await hospital.post("/masterdata/emergencies", body)
    assert detail["record"]["emergency"] is True
    for day, there in (("2026-02-19", True), ("2026-02-20", False)):
        tree = await hospital.get("/masterdata/trees/management", as_of=day)
        assert ("E1" in parents(tree)) is there


async def test_there_are_several_trees_over_the_same_organisations(hospital: House) -> None:
    await hospital.post(
        "/masterdata/organisation/D01/parent",
        {"on": "2026-01-01", "parent": "D02", "tree": "specialty"},
    )
    specialty = await hospital.get("/masterdata/trees/specialty", as_of="2026-03-01")
    management = await hospital.get("/masterdata/trees/management", as_of="2026-03-01")
    assert (parents(specialty)["D01"], parents(management)["D01"]) == ("D02", "H1")
    assert specialty["trees"] == ["management", "specialty"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("organisation", {"code": "D01", "valid_from": "2026-01-01"}, 409, "LY-2016"),
        ("organisation/H1/parent", {"on": "2026-03-01", "parent": "D01"}, 409, "LY-2012"),
        ("organisation/D01/parent", {"on": "2026-03-01", "parent": "??"}, 422, "LY-2011"),
        ("organisation/D01/parent",
         {"on": "2026-03-01", "until": "2026-03-01", "parent": "H1"}, 422, "LY-2014"),
        ("organisation/H1/close", {"on": "2026-03-01"}, 409, "LY-2015"),
        ("organisation/X/edit", {"on": "2026-03-01", "name_zh": "无"}, 404, "LY-2010"),
        ("retractions", {"position": "0-999"}, 409, "LY-2018"),
        ("organisation/D01/edit", {"on": "2026-03-01", "colour": "red"}, 422, "LY-1601"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_answered_and_not_recorded(
    hospital: House, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = len(await hospital.acts())
    failure = await hospital.post(f"/masterdata/{path}", body, status=status)
    assert failure["error"]["code"] == code
    assert len(await hospital.acts()) == before


async def test_a_mistake_can_be_taken_back_and_both_stay_in_the_history(hospital: House) -> None:
    await hospital.post(
        "/masterdata/organisation/D01/edit", {"on": "2026-03-01", "name_zh": "错别字科"}
    )
    changes = await hospital.get("/masterdata/organisation/D01/changes")
    wrong = changes[0]["position"]
    back = await hospital.post("/masterdata/retractions", {"position": wrong, "reason": "录入错误"})
    detail = await hospital.get("/masterdata/organisation/D01", as_of="2026-03-01")
    assert detail["record"]["name_zh"] == "内科"
    changes = await hospital.get("/masterdata/organisation/D01/changes")
    assert (changes[0]["position"], changes[0]["taken_back_by"]) == (wrong, back["position"])


async def test_a_table_is_imported_and_its_bad_rows_are_told(hospital: House) -> None:
    body = "编码,名称,上级\nD21,儿科,H1\nD22,产科,H9\n".encode("gb18030")
    answer = await hospital.client.post(
        "/api/v1/masterdata/organisation/import",
        content=body,
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert [row["code"] for row in done["set_aside"]] == ["LY-2011"]
    tree = await hospital.get("/masterdata/trees/management")
    assert parents(tree)["D21"] == "H1"
    assert parents(tree)["D22"] is None
    aside = await hospital.get("/projections/masterdata/set-aside")
    assert (aside["total"], aside["items"][0]["position"]) == (1, done["position"])
    every = await hospital.get("/projections")
    (projection,) = [one for one in every if one["name"] == "masterdata"]
    assert (projection["name"], projection["live"], projection["set_aside"]) == (
        "masterdata",
        True,
        1,
    )
    bad = await hospital.client.post("/api/v1/masterdata/organisation/import", content=b"\xff\xff")
    assert bad.json()["error"]["code"] == "LY-2017"


async def test_one_row_of_a_table_can_be_taken_back_alone(hospital: House) -> None:
    answer = await hospital.client.post(
        "/api/v1/masterdata/organisation/import", content="编码,名称\nD21,儿科\nD22,产科\n".encode()
    )
    position = answer.json()["position"]
    await hospital.post("/masterdata/retractions", {"position": position, "part": 1})
    changes = await hospital.get("/masterdata/organisation/D22/changes")
    assert changes[0]["taken_back_by"] is not None
    changes = await hospital.get("/masterdata/organisation/D21/changes")
    assert changes[0]["taken_back_by"] is None
    await hospital.get("/masterdata/organisation/D21")
    answer = await hospital.client.get("/api/v1/masterdata/organisation/D22")
    assert answer.json()["error"]["code"] == "LY-2010"
    again = {"position": position, "part": 1}
    assert (await hospital.post("/masterdata/retractions", again, status=409))["error"]["code"] == (
        "LY-2018"
    )


async def test_two_that_act_at_the_same_time_cannot_break_a_rule_together(hospital: House) -> None:
    """Each is fine by itself: D01 under D02, and D02 under D01."""
    answers = await asyncio.gather(
        *(
            hospital.client.post(
                f"/api/v1/masterdata/organisation/{child}/parent",
                json={"on": "2026-04-01", "parent": parent},
            )
            for child, parent in (("D01", "D02"), ("D02", "D01"))
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
