"""Decisions about persons of many records take two people."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.projections.identity.test_endpoints import (
    OTHER,
    SISTER,
    Desk,
    adt,
    desk,  # noqa: F401 - a fixture
    records_of,
)

from lianyi.base.database import connect
from lianyi.projections.rebuilding import rebuild

SOURCES = ("LIS", "RIS", "PACS", "EMR", "ICU")


@pytest.fixture
async def town(desk: Desk) -> Desk:  # noqa: F811
    """A person of six records, her sister of one, and a second steward."""
    await desk.people.add("second", ("identity-steward", "H1"), organisation="H1")
    await desk.hear(adt("1"), *(adt("7", source=source) for source in SOURCES), adt("2", **SISTER))
    return desk


async def propose_link(town: Desk, who: str = "steward") -> Any:
    two = [(await town.person(mrn, who=who))["id"] for mrn in ("1", "2")]
    wanted = {"said": "link", "person": two[0], "other": two[1], "reason": "she says so"}
    answer = await town.post("/decisions", wanted, who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def waiting(town: Desk, who: str = "second") -> list[Any]:
    return list((await town.get("/decisions/proposed", who))["items"])


async def end(town: Desk, at: str, how: str, who: str, reason: str = "") -> Any:
    return await town.post(f"/decisions/proposed/{at}/{how}", {"reason": reason}, who)


async def test_a_link_counts_only_when_somebody_else_confirms_it(town: Desk) -> None:
    told = await propose_link(town)
    assert (told["proposed"], told["refused"], len(told["persons"])) == (True, False, 2)
    (one,) = await waiting(town)
    assert (one["position"], one["said"], one["own"]) == (told["position"], "link", False)
    assert [len(person["records"]) for person in one["persons"]] == [6, 1]
    (mine,) = await waiting(town, "steward")
    assert mine["own"]
    own = await end(town, told["position"], "confirmed", "steward")
    assert (own.status_code, own.json()["error"]["code"]) == (403, "LY-2138")

    detail = await town.get(f"/decisions/proposed/{told['position']}", "second")
    assert detail["evidence"][0]["guards"]
    assert [len(person["records"]) for person in detail["persons"]] == [6, 1]
    done = await end(town, told["position"], "confirmed", "second", "the parents were asked")
    assert (done.json()["proposed"], len(done.json()["persons"])) == (False, 1)
    person = await town.person("2")
    assert len(person["records"]) == 7
    (decision,) = person["decisions"]
    assert decision["actor"] == "steward, second"
    assert decision["reason"] == "she says so; the parents were asked"
    assert await waiting(town) == []
    again = await end(town, told["position"], "confirmed", "second")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "LY-2137")


async def test_a_small_person_takes_one_and_so_does_who_is_two_already(town: Desk) -> None:
    await town.hear(adt("3", **OTHER))
    two = [(await town.person(mrn))["id"] for mrn in ("2", "3")]
    wanted = {"said": "link", "person": two[0], "other": two[1], "reason": "r"}
    assert (await town.post("/decisions", wanted)).json()["proposed"] is False
    two = [(await town.person(mrn))["id"] for mrn in ("1", "2")]
    apart = {"said": "never-link", "person": two[0], "other": two[1], "reason": "r"}
    assert (await town.post("/decisions", apart)).json()["proposed"] is False


async def test_a_split_of_many_records_waits_and_is_rejected(town: Desk) -> None:
    person = await town.person("1")
    wanted = {"records": [{"source": "LIS", "mrn": "7"}], "reason": "a borrowed card"}
    told = (await town.post(f"/persons/{person['id']}/split", wanted)).json()
    assert told["proposed"]
    (one,) = await waiting(town)
    assert [record["source"] for record in one["away"]] == ["LIS"]
    again = (await town.post(f"/persons/{person['id']}/split", wanted, "second")).json()
    assert (again["proposed"], again["position"]) == (True, told["position"])
    answer = await end(town, told["position"], "declined", "second", "it is her own card")
    assert answer.json()["how"] == "rejected"
    assert await waiting(town) == []
    assert len((await town.person("1"))["records"]) == 6


async def test_an_unmerge_of_many_records_waits_and_is_withdrawn(town: Desk) -> None:
    await town.hear(adt("1", event="A40", merged="2"))
    undone = {"source": "HIS", "mrn": "2", "reason": "the wrong patient"}
    told = (await town.post("/replacements/undone", undone)).json()
    (one,) = await waiting(town)
    assert (told["proposed"], one["said"]) == (True, "replacement-undone")
    answer = await end(town, told["position"], "declined", "steward", "no, it was right")
    assert answer.json()["how"] == "withdrawn"
    told = (await town.post("/replacements/undone", undone)).json()
    assert (await end(town, told["position"], "confirmed", "second")).status_code == 200
    assert records_of(await town.person("2")) == [("HIS", "2")]


@pytest.mark.parametrize(
    "news",
    [
        adt("9", source="ECG"),
        adt("1", name="王晓明"),
    ],
    ids=["a record joins", "a name changes"],
)
async def test_what_has_changed_can_no_longer_be_confirmed(town: Desk, news: bytes) -> None:
    told = await propose_link(town)
    await town.hear(adt("1"))
    assert len(await waiting(town)) == 1  # the same said again changes nothing
    await town.hear(news)
    assert await waiting(town) == []
    answer = await end(town, told["position"], "confirmed", "second")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "LY-2139")
    assert len((await town.person("2"))["records"]) == 1


async def test_a_decision_about_the_same_persons_lets_a_proposal_fall(town: Desk) -> None:
    told = await propose_link(town)
    two = [(await town.person(mrn))["id"] for mrn in ("1", "2")]
    apart = {"said": "never-link", "person": two[0], "other": two[1], "reason": "sisters"}
    await town.post("/decisions", apart, "second")
    answer = await end(town, told["position"], "confirmed", "second")
    assert answer.json()["error"]["code"] == "LY-2139"


async def test_nobody_elsewhere_sees_or_ends_a_proposal(town: Desk) -> None:
    told = await propose_link(town)
    assert await waiting(town, "foreigner") == []
    browser = await town.people.browser("foreigner")
    looked = await browser.get(f"/api/v1/identity/decisions/proposed/{told['position']}")
    assert (looked.status_code, looked.json()["error"]["code"]) == (404, "LY-2137")
    for how in ("confirmed", "declined"):
        answer = await end(town, told["position"], how, "foreigner", "r")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "LY-2137")
    refused = await end(town, told["position"], "confirmed", "clerk")
    assert refused.status_code == 403
    assert [one["position"] for one in await waiting(town)] == [told["position"]]


async def test_two_who_end_a_proposal_at_once_end_it_once(town: Desk) -> None:
    told = await propose_link(town)
    await town.people.add("third", ("identity-steward", "H1"), organisation="H1")
    at = f"/decisions/proposed/{told['position']}"
    answers = await town.post_all(
        (f"{at}/declined", {"reason": "no"}, "third"), (f"{at}/confirmed", {}, "second")
    )
    acts = await town.house.log.read(0, after=0, limit=10_000)
    ended = [one.kind for one in acts if one.kind.startswith("act identity.")][1:]
    first = {"act identity.linked": 7, "act identity.proposal_rejected": 1}[ended[0]]
    assert len((await town.person("2"))["records"]) == first
    assert {answer.status_code for answer in answers} <= {200, 404, 409}


async def test_learning_it_all_again_gives_the_same(town: Desk, database: str) -> None:
    told = await propose_link(town)
    await end(town, told["position"], "confirmed", "second")
    person = await town.person("1")
    wanted = {"records": [{"source": "LIS", "mrn": "7"}], "reason": "a borrowed card"}
    await town.post(f"/persons/{person['id']}/split", wanted)
    result = await rebuild(
        lambda: connect(database), town.house.log, town.identity(),
        clock=town.house.clock,
    )  # fmt: skip
    assert result.before == result.after
    assert {"proposal", "proposal_end"} <= result.after.keys()
    assert len(await waiting(town)) == 1
