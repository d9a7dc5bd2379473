"""Models are proposed, looked at, put in force, taken back; the data are looked at."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from tests.unit.projections.identity.people import citizen
from tests.unit.projections.identity.test_endpoints import (  # noqa: F401 - a fixture
    Desk,
    adt,
    desk,
)

from lianyi.projections.identity.follow import NAME
from lianyi.projections.identity.upkeep import (
    inspecting,
    modelling,
    neighbourhood,
    proposals,
    training,
)
from lianyi.projections.projection_store import find_live
from lianyi.security.audit.reading import act_of

GIVEN = "安博辰德恩方国海建开乐明宁鹏庆仁胜涛伟新耀泽正志忠"


def household(n: int) -> list[bytes]:
    """Two people of one home with one telephone, each known to two systems."""
    home = f"澜川省云溪市望江区滨江街道解放路{n}号3栋2单元50{n % 9}室"
    phone = f"154{n:08}"
    said = []
    for who in (0, 1):
        born = f"19{60 + 20 * who}{n % 12 + 1:02}{n % 27 + 1:02}"
        person = {
            "name": "王" + GIVEN[n % 25] + GIVEN[(n * 7 + who * 3 + 1) % 25],
            "born": born,
            "home": home,
            "phone": phone,
            "number": citizen(born, 100 + 2 * n + who).value,
        }
        said += [
            adt(f"{n}{who}", **person),
            adt(f"L{n}{who}", source="LIS", **person),
        ]
    return said


@pytest.fixture
async def town(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:  # noqa: F811
    monkeypatch.setattr(training, "PAIRS_LEAST", 20)
    monkeypatch.setattr(proposals, "RANDOM_PAIRS", 2_000)
    monkeypatch.setattr(modelling, "LEARN_SECONDS", 120.0)
    everywhere = ("identity-steward", "*")
    await desk.people.add("maker", everywhere)
    await desk.people.add("checker", everywhere)
    await desk.hear(*(one for n in range(24) for one in household(n)))
    return desk


async def digest(town: Desk) -> dict[str, bytes]:
    async with town.house.pool.acquire() as connection, connection.transaction():
        live = await find_live(connection, NAME)
        assert live
        return dict(await town.identity().digest(connection, live.schema))


async def proposal(town: Desk, who: str = "maker") -> str:
    """Train, and return where the proposal stands."""
    browser = await town.people.browser(who)
    answer = await browser.post("/api/v1/identity/models/proposals")
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "running"
    training_now = await trained(town, who)
    assert training_now["state"] == "proposed", training_now
    return str(training_now["proposal"])


async def models_that_match(town: Desk) -> set[str]:
    """The models by which the desk is told who may be meant."""
    said = {"name": "王" + GIVEN[1] + GIVEN[8], "born": "19600202", "phones": [f"154{1:08}"]}
    found = await town.post("/match", {"person": said})
    assert found.json()["items"]
    return {one["evidence"]["model"] for one in found.json()["items"]}


async def trained(town: Desk, who: str) -> Any:
    while (found := (await town.get("/models", who))["training"])["state"] == "running":
        await asyncio.sleep(0.02)
    return found


async def test_a_model_is_proposed_put_in_force_by_another_and_taken_back(town: Desk) -> None:
    before = await digest(town)
    assert await models_that_match(town) == {"shipped-1"}
    at = await proposal(town)
    assert await digest(town) == before  # nothing moved
    models = await town.get("/models", "maker")
    assert models["in_force"] == models["history"][0]
    assert (models["in_force"]["name"], models["in_force"]["position"]) == ("shipped-1", "")
    assert [(one["position"], one["actor"]) for one in models["proposals"]] == [(at, "maker")]

    wanted = {"model": at, "reason": "reviewed"}
    refused = await town.post("/models/activate", wanted, "maker")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "LY-2154")
    assert await digest(town) == before
    answer = await town.post("/models/activate", wanted, "checker")
    assert answer.status_code == 200, answer.text
    assert answer.json()["learned"] is True
    in_force = (await town.get("/models", "checker"))["in_force"]
    assert in_force["name"] == answer.json()["name"] != "shipped-1"
    assert (in_force["actor"], in_force["reason"]) == ("checker", "reviewed")
    person = await town.person("10", who="maker")
    assert {link["model"] for link in person["links"]} == {in_force["name"]}
    assert await models_that_match(town) == {in_force["name"]}

    back = await town.post("/models/activate", {"model": "shipped", "reason": "back"}, "maker")
    assert back.status_code == 200, back.text
    assert await digest(town) == before
    assert await models_that_match(town) == {"shipped-1"}
    again = {"model": in_force["position"], "reason": "forth"}
    assert (await town.post("/models/activate", again, "maker")).status_code == 200
    history = (await town.get("/models", "maker"))["history"]
    assert [one["name"] for one in history] == [
        in_force["name"], "shipped-1", in_force["name"], "shipped-1",
    ]  # fmt: skip
    assert [one["in_force"] for one in history] == [True, False, False, False]
    acts = [one for one in await town.house.acts() if one.kind.startswith("act identity.model")]
    for one in acts:  # the audit trail tells the name of the model, and no value of a patient
        told = act_of(one.position, one.received_at, one.kind, one.keys, None, one.body)
        assert set(told.facts) <= {"model", "reason"}
        assert told.facts["model"] in (in_force["name"], "shipped-1")
    assert [(one.kind, one.sender) for one in acts] == [
        ("act identity.model_proposed", "maker"),
        ("act identity.model_activated", "checker"),
        ("act identity.model_activated", "maker"),
        ("act identity.model_activated", "maker"),
    ]


async def test_a_proposal_says_what_was_learned_and_what_would_move(town: Desk) -> None:
    at = await proposal(town)
    found = await town.get(f"/models/proposals/{at}", "checker")
    assert found["may_activate"] is True
    assert (await town.get(f"/models/proposals/{at}", "maker"))["may_activate"] is False
    lessons = found["lessons"]
    assert (lessons["records"], lessons["ones"]) == (96, 48.0)
    elements = {one["element"]: one for one in found["elements"]}
    name = {level["level"]: level for level in elements["name"]["levels"]}
    assert name["EQUAL"]["seen"] == 48
    assert name["EQUAL"]["in_force"] == name["EQUAL"]["shipped"] > 0
    assert elements["name"]["zh"] == "姓名"
    thresholds = {one["name"]: one for one in found["thresholds"]}
    assert thresholds["auto_bits"]["proposed"] == thresholds["auto_bits"]["in_force"]
    told = found["shadow"]
    assert told["whole"] is True
    assert told["persons_before"] == told["persons_after"] == 48
    assert found["learned"][0]["kind"] == "phone"


async def test_whoever_is_not_responsible_for_all_of_it_maintains_no_model(town: Desk) -> None:
    for who in ("steward", "group"):
        browser = await town.people.browser(who)
        for ask in (browser.get, browser.post):
            path = "/models" if ask == browser.get else "/models/proposals"
            answer = await ask(f"/api/v1/identity{path}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "LY-1800")
    clerk = await town.people.browser("clerk")
    assert (await clerk.get("/api/v1/identity/models")).status_code == 403


async def test_what_is_no_model_is_not_put_in_force(town: Desk) -> None:
    await town.post("/models/activate", {"model": "shipped", "reason": "x"}, "maker")
    for position in ("0-99999999", "1-1", "0-1"):
        answer = await town.post("/models/activate", {"model": position, "reason": "x"}, "maker")
        assert answer.json()["error"]["code"] == "LY-2153", position
        browser = await town.people.browser("maker")
        answer = await browser.get(f"/api/v1/identity/models/proposals/{position}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "LY-2153")


async def test_too_few_records_and_too_long_a_training_are_told(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await desk.people.add("maker", ("identity-steward", "*"))
    await desk.hear(*household(1))
    browser = await desk.people.browser("maker")
    await browser.post("/api/v1/identity/models/proposals")
    told = await trained(desk, "maker")
    assert (told["state"], told["code"]) == ("failed", "LY-2151")
    assert "登记" in told["why"]["zh"]
    monkeypatch.setattr(modelling, "TRAIN_SECONDS", -1.0)
    await browser.post("/api/v1/identity/models/proposals")
    assert (await trained(desk, "maker"))["code"] == "LY-2152"
    assert (await desk.get("/models", "maker"))["proposals"] == []


async def test_only_one_model_is_trained_at_a_time(
    town: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = asyncio.Event()
    load = neighbourhood.load

    async def slowly(*args: Any, **more: Any) -> Any:
        await going.wait()
        return await load(*args, **more)

    monkeypatch.setattr(neighbourhood, "load", slowly)
    browser = await town.people.browser("maker")
    assert (await browser.post("/api/v1/identity/models/proposals")).status_code == 202
    second = await (await town.people.browser("checker")).post("/api/v1/identity/models/proposals")
    assert (second.status_code, second.json()["error"]["code"]) == (409, "LY-2150")
    going.set()
    assert (await trained(town, "maker"))["state"] == "proposed"


RIGHT = citizen("19700203", 777).value
FAULTY = {
    "wrong-check-digit": {"number": RIGHT[:-1] + ("1" if RIGHT[-1] != "1" else "2")},
    "no-sex": {"sex": ""},
    "no-birth": {"born": ""},
    "birth-against-number": {"born": "19550606"},
    "placeholder-phone": {"phone": "无"},
    "no-number": {"number": ""},
}


async def test_planted_faults_are_found_with_their_records(desk: Desk) -> None:  # noqa: F811
    said = []
    for n, facts in enumerate(FAULTY.values()):
        person = {
            "name": f"赵{GIVEN[n]}{GIVEN[n + 5]}",
            "born": f"197{n}0203",
            "phone": f"1391234000{n}",
        }
        person |= {"number": citizen(person["born"], 300 + n).value, "home": ""} | facts
        said.append(adt(f"F{n}", **person))
    crowd = [
        adt(f"C{n}", name=f"钱{GIVEN[n]}{GIVEN[n + 3]}", phone="13900001111", home="",
            born=f"196{n}0405", number=citizen(f"196{n}0405", 400 + n).value)
        for n in range(7)
    ]  # fmt: skip
    double = [adt("1"), adt("2")]
    await desk.hear(*said, *crowd, *double)
    found = await desk.get("/quality")
    assert (found["records"], found["whole"], found["sources"]) == (15, True, {"HIS": 15})
    assert found["persons"] == 14
    told = {(one["kind"], one["source"]): one for one in found["findings"]}
    for n, kind in enumerate(FAULTY):
        one = told[kind, "HIS"]
        assert f"F{n}" in [record["mrn"] for record in one["examples"]], kind
        assert one["words"]["zh"]
        assert one["words"]["en"]
        assert one["of"] == 15
    assert told["duplicate", "HIS"]["count"] == 1
    shared = told["shared-phone", ""]
    assert (shared["count"], shared["of"]) == (7, 14)
    assert "13900001111".startswith(shared["value"][:3])
    assert shared["examples"][0]["mrn"].startswith("C")


async def test_the_quality_of_what_may_not_be_seen_is_not_told(
    desk: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await desk.hear(*household(1))
    await desk.hear(adt("X1", source="OTHER", number=""), channel="adt-b")
    assert (await desk.get("/quality"))["sources"] == {"HIS": 2, "LIS": 2}
    assert (await desk.get("/quality", "foreigner"))["sources"] == {"OTHER": 1}
    assert (await desk.get("/quality", "group"))["sources"] == {"HIS": 2, "LIS": 2, "OTHER": 1}
    monkeypatch.setattr(inspecting, "RECORDS_MAX", 3)
    part = await desk.get("/quality")
    assert (part["whole"], part["records"], part["persons"]) == (False, 2, 1)


async def test_of_a_big_index_a_sample_teaches(town: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    load = partial(neighbourhood.load, whole_max=60, sample=40)
    monkeypatch.setattr(neighbourhood, "load", load)
    at = await proposal(town)
    found = await town.get(f"/models/proposals/{at}", "checker")
    assert found["shadow"]["whole"] is False
    assert found["shadow"]["records"] == 40
    assert found["lessons"]["drawn"] == 61
    assert found["lessons"]["ones"] >= 20
