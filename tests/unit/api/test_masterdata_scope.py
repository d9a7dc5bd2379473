"""Who keeps the master data of one hospital: what is seen, changed, imported and decided there."""

from __future__ import annotations

from typing import Any

import pytest

from lianyi.base.clock import SystemClock
from lianyi.messagelog.postgres import PostgresLog
from lianyi.projections.masterdata.sourcing import SourceKeeper

from .hospital_group import DAY, Group, codes, feed, learned
from .house import hl7


async def test_a_keeper_sees_his_hospital_and_the_names_above_it(group: Group) -> None:
    assert await codes(group, "organisation") == ["D1", "D2", "H1"]
    assert await codes(group, "location") == ["W1", "W1-1"]
    assert await codes(group, "practitioner") == ["P1", "P3"]
    nodes = {one["code"]: one for one in (await group.ask("trees/management"))["nodes"]}
    assert {code: one["beyond"] for code, one in nodes.items()} == {
        "G": True, "H1": False, "D1": False, "D2": False,
    }  # fmt: skip
    assert (nodes["G"]["name_zh"], nodes["G"]["places"]) == ("集团", [])
    assert (await group.keeper.get("/api/v1/masterdata/organisation/G")).status_code == 404


async def test_of_whoever_works_in_two_hospitals_each_sees_its_own_part(group: Group) -> None:
    detail = await group.ask("practitioner/P3")
    assert [link["code"] for link in detail["links"]] == ["D1"]
    assert await group.do("practitioner/P3/edit", {"on": DAY, "name_zh": "x"}) == (403, "LY-1800")
    (change,) = [c for row in await group.ask("practitioner/P3/changes") for c in row["changes"]
                 if c["do"] == "attach"]  # fmt: skip
    assert change["object"] == "D1"


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("organisation", {"code": "D3", "valid_from": DAY, "parent": "H1"}, (200, "")),
        ("organisation", {"code": "D3", "valid_from": DAY, "parent": "H2"}, (403, "LY-1800")),
        ("organisation", {"code": "D3", "valid_from": DAY}, (403, "LY-1800")),
        ("practitioner", {"code": "P9", "valid_from": DAY, "organisation": "D1"}, (200, "")),
        ("practitioner", {"code": "P9", "valid_from": DAY}, (403, "LY-1800")),
        ("location", {"code": "W1-2", "valid_from": DAY, "parent": "W1"}, (200, "")),
        ("location", {"code": "W3", "valid_from": DAY, "parent": "B"}, (403, "LY-1800")),
        ("organisation/D1/edit", {"on": DAY, "name_zh": "x"}, (200, "")),
        ("organisation/H1/edit", {"on": DAY, "name_zh": "x"}, (200, "")),
        ("organisation/E1/edit", {"on": DAY, "name_zh": "x"}, (404, "LY-2010")),
        ("organisation/D1/parent", {"on": DAY, "parent": "D2"}, (200, "")),
        ("organisation/D1/parent", {"on": DAY, "parent": "H2"}, (403, "LY-1800")),
        ("organisation/H1/parent", {"on": DAY, "parent": None}, (403, "LY-1800")),
        ("organisation/H1/parent", {"on": DAY, "parent": "G"}, (403, "LY-1800")),
        ("organisation/H1/close", {"on": DAY}, (403, "LY-1800")),
        ("organisation/D2/close", {"on": DAY}, (200, "")),
        ("organisation/D2/move", {"on": DAY, "to": "W1"}, (200, "")),
        ("organisation/D2/move", {"on": DAY, "to": "W2"}, (403, "LY-1800")),
        ("organisation/D1/split", {"on": DAY, "into": [{"code": "X"}, {"code": "Y"}]}, (200, "")),
        ("organisation/H1/split", {"on": DAY, "into": [{"code": "X"}, {"code": "Y"}]},
         (403, "LY-1800")),
        ("merges", {"on": DAY, "codes": ["D1"], "into": "D2"}, (200, "")),
        ("merges", {"on": DAY, "codes": ["D1"], "into": "E1"}, (403, "LY-1800")),
        ("merges", {"on": DAY, "codes": ["E1"], "into": "D1"}, (403, "LY-1800")),
        ("merges", {"on": DAY, "codes": ["NO"], "into": "D1"}, (403, "LY-1800")),
        ("practitioner/P1/role", {"on": DAY, "organisation": "D2", "role": "x"}, (200, "")),
        ("practitioner/P1/role", {"on": DAY, "organisation": "E1"}, (403, "LY-1800")),
        ("practitioner/P2/role", {"on": DAY, "organisation": "D1"}, (404, "LY-2010")),
        ("retractions", {"position": "0-1", "part": 1}, (403, "LY-1800")),
        ("retractions", {"position": "0-1", "part": 2}, (200, "")),
        ("retractions", {"position": "9-9"}, (403, "LY-1800")),
    ],
)  # fmt: skip
async def test_a_keeper_changes_what_is_below_and_nothing_else(
    group: Group, path: str, body: dict[str, Any], told: tuple[int, str]
) -> None:
    assert await group.do(path, body) == told


async def test_a_table_with_a_row_of_another_hospital_is_not_recorded_at_all(
    group: Group,
) -> None:
    before = len(await group.house.acts())
    refused = await group.import_("organisation", "code,name_zh,parent\nD4,儿科,H1\nE1,x,\n")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LY-1800")
    assert len(await group.house.acts()) == before
    done = await group.import_("organisation", "code,parent\nD4,H1\nD5,D4\n")
    assert done.json()["set_aside"] == []
    assert "D5" in await codes(group, "organisation")


async def test_a_question_about_another_day_is_judged_by_the_reach_of_today(group: Group) -> None:
    moved = {"on": DAY, "parent": "H2"}
    await group.house.post("/masterdata/organisation/D2/parent", moved)
    group.people.signing_in.forget()
    for day in ("2026-01-01", DAY):
        assert await codes(group, "organisation", as_of=day) == ["D1", "H1"]
    await group.house.post("/masterdata/organisation/D1/close", {"on": DAY})
    assert await codes(group, "organisation", closed="true") == ["D1", "H1"]


async def test_names_resolve_for_what_is_seen_above_or_named_by_a_visible_message(
    group: Group,
) -> None:
    house = group.house
    await house.add_channel("own", "channel: own\nsource: { connector: mllp, port: 0 }\n",
                            organisation="H1")  # fmt: skip
    await house.add_channel("other", "channel: other\nsource: { connector: mllp, port: 0 }\n",
                            organisation="H2")  # fmt: skip
    body = hl7("M1").replace(b"OBR|1|", b"PV1|1|I|E1^301\rOBR|1|")
    (own,) = await house.append("own", [body])
    (other,) = await house.append("other", [body])
    asked = ["D1", "G", "E1", "H2"]

    async def named(**more: str) -> set[str]:
        return {one["code"] for one in await group.ask("names/organisation", code=asked, **more)}

    assert await named() == {"D1", "G"}
    assert await named(message=str(own)) == {"D1", "G", "E1"}
    assert await named(message=str(other)) == {"D1", "G"}


async def test_the_tree_a_feed_says_waits_for_a_person_and_both_are_acts(group: Group) -> None:
    house = group.house
    await house.add_channel("mf", "channel: mf\nsource: { connector: mllp, port: 0 }\n")
    sent = feed(house, "N1|新科|||H1", "N2|新病区|||D1", "N3|别家|||E1")
    (at,) = await house.append("mf", [sent], sender="HIS|H1")
    await learned(house, at)
    everything = await house.get("/masterdata/proposals")
    assert [(one["change"]["subject"], one["why"]) for one in everything["items"]] == [
        ("N1", "management"), ("N2", "management"), ("N3", "management"),
    ]  # fmt: skip
    assert (await group.ask("proposals"))["total"] == 0  # they hang nowhere: nobody's yet
    keys = [{"position": one["position"], "part": one["part"]} for one in everything["items"]]
    yes = {"accept": True, "proposals": keys[:2], "reason": "核对"}
    assert await group.do("proposals/decisions", yes) == (409, "LY-2061")
    await house.post("/masterdata/proposals/decisions", yes)
    await house.post("/masterdata/proposals/decisions", {"accept": False, "proposals": keys[2:]})
    group.people.signing_in.forget()
    assert {"N1", "N2"} <= set(await codes(group, "organisation"))
    assert (await house.get("/masterdata/proposals"))["total"] == 0
    decided = [one.kind for one in await house.acts()][-2:]
    assert decided == ["act masterdata.proposals_accepted", "act masterdata.proposals_refused"]
    again = {"accept": True, "proposals": keys[:1]}
    await house.post("/masterdata/proposals/decisions", again, status=409)


async def test_a_keeper_decides_what_a_feed_proposes_within_his_hospital(group: Group) -> None:
    house = group.house
    await house.add_channel("mf", "channel: mf\nsource: { connector: mllp, port: 0 }\n")
    (at,) = await house.append("mf", [feed(house, "D1|内一科|||D2", "D2|外科|||H2")])
    await learned(house, at)
    page = await group.ask("proposals")
    assert [(one["change"]["subject"], one["mine"]) for one in page["items"]] == [("D1", True)]
    assert {one["name_zh"] for one in page["items"][0]["names"]} == {"内一科", "外科"}
    key = {"position": page["items"][0]["position"], "part": page["items"][0]["part"]}
    assert (await group.do("proposals/decisions", {"accept": True, "proposals": [key]}))[0] == 200
    detail = await group.ask("organisation/D1")
    held = [link["code"] for link in detail["links"] if link["holds"] and not link["leading"]]
    assert "D2" in held


async def test_the_rules_of_the_file_come_into_the_log_once_and_each_field_says_who(
    group: Group,
) -> None:
    house = group.house
    await house.add_channel("mf", "channel: mf\nsource: { connector: mllp, port: 0 }\n")
    folder = house.content_dir / "masterdata"
    folder.mkdir(parents=True)
    (folder / "sources.yaml").write_text(
        "people: { rank: 10 }\nsources: [ { name: his, channels: [mf], rank: 20 } ]\n"
    )
    log: PostgresLog = house.log
    keeper = SourceKeeper(house.pool, log, SystemClock(), house.content_dir)
    assert [await keeper.look(), await keeper.look()] == [True, False]
    await house.post("/masterdata/organisation/D1/edit", {"on": DAY, "name_zh": "人定的"})
    (at,) = await house.append("mf", [feed(house, "D1|系统说|System")])
    await learned(house, at)
    detail = await house.get("/masterdata/organisation/D1")
    fields = {one["field"]: (one["source"], one["rank"]) for one in detail["fields"]}
    assert fields["name_zh"] == ("people", 10)
    assert fields["name_en"] == ("his", 20)
    (lost,) = [one for one in detail["losses"] if one["value"] == "系统说"]
    assert (lost["source"], lost["said"], lost["winner"]) == ("his", str(at), "people")
    rules = await house.get("/masterdata/sources")
    assert (rules["filed"], rules["people_rank"]) == (True, 10)
    assert (await group.ask("sources"))["sources"] == []
    (folder / "sources.yaml").write_text("sources: 1")
    assert await keeper.look() is False
    assert (await house.get("/masterdata/sources"))["filed"] is True


async def test_who_looked_at_a_patient_is_told_with_the_names_of_today(group: Group) -> None:
    house = group.house
    await house.add_channel("own", "channel: own\nsource: { connector: mllp, port: 0 }\n",
                            organisation="D1")  # fmt: skip
    (at,) = await house.append("own", [hl7("M1")], patient="4711")
    assert (await group.keeper.get(f"/api/v1/messages/{at}")).status_code == 200
    await house.post("/masterdata/organisation/D1/edit", {"on": DAY, "name_zh": "消化内科"})
    (one,) = (await house.get("/audit", patient="4711"))["items"]
    assert (one["actor"], one["actor_name"]) == ("keeper", "Keeper")
    assert (one["organisation"], one["organisation_zh"]) == ("D1", "消化内科")
    assert (await house.get(f"/audit/{one['position']}"))["organisation_zh"] == "消化内科"
