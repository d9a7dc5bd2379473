"""Persons, questions and decisions, asked of the served product."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.unit.api.house import ADT, House, serving
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.security.people import People

from lianyi.api.pix_settings import IdentitySettings
from lianyi.base.database import connect
from lianyi.projections.following import Follower
from lianyi.projections.identity.authorities import Authorities
from lianyi.projections.identity.follow import Identity

B_ADT = ADT.replace("channel: adt", "channel: adt-b").replace("name: ris", "name: ris-b")
PID = "PID|1||{mrn}^^^{source}^MR~{number}^^^GA^NI||{name}||{born}|{sex}|||{home}||{phone}"
ADT_MESSAGE = (
    "MSH|^~\\&|{source}|H|LY|LY|20260301080000||ADT^{event}|{control}|P|2.5.1|||||CHN|UNICODE UTF-8"
    "\rEVN||20260301080000\r{pid}\rPV1|1|O\r"
)


CONTROLS = itertools.count(1)


def adt(
    mrn: str, *, event: str = "A04", source: str = "HIS", merged: str = "", **more: str
) -> bytes:
    """What a system says of one of its patients; what is given replaces it."""
    facts = {
        "name": "王小明", "born": "19800315", "sex": "M", "number": citizen().value,
        "home": HOME, "phone": PHONE,
    }  # fmt: skip
    pid = PID.format(mrn=mrn, source=source, **(facts | more))
    if merged:
        pid += f"\rMRG|{merged}^^^{source}^MR"
    told = ADT_MESSAGE.format(source=source, event=event, control=f"C{next(CONTROLS)}", pid=pid)
    return told.encode()


OTHER = {"name": "李秀英", "born": "19520304", "sex": "F", "home": "", "phone": ""} | {
    "number": citizen("19520304", 246).value
}
SISTER = {"name": "王小敏", "number": "", "sex": "F"}


@dataclass
class Desk:
    """A house with two hospitals, and who works with the index."""

    house: House
    people: People
    settings: IdentitySettings = field(default_factory=IdentitySettings)
    authorities: Authorities = field(default_factory=Authorities)

    async def hear(self, *bodies: bytes, channel: str = "adt") -> None:
        await self.house.append(channel, list(bodies), sender="HIS")
        await self.learn()

    def identity(self) -> Identity:
        return Identity(
            ZoneInfo("Asia/Shanghai"),
            sensitive=self.authorities.all_of(self.settings.veiled),
            authorities=self.authorities,
        )

    def follower(self) -> Follower:
        return Follower(
            self.house.pool, self.house.log, self.identity(),
            connect=lambda: connect(str(self.house.pool)), clock=self.house.clock,
            owner=uuid.UUID(int=5), holder="test",
        )  # fmt: skip

    async def learn(self) -> None:
        follower = self.follower()
        while await follower.step():
            pass

    async def get(self, path: str, who: str = "steward", **params: str) -> Any:
        browser = await self.people.browser(who)
        answer = await browser.get(f"/api/v1/identity{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any, who: str = "steward") -> httpx.Response:
        """Ask for something to be done while the index goes on learning."""
        (answer,) = await self.post_all((path, body, who))
        return answer

    async def post_all(self, *wanted: tuple[str, Any, str]) -> list[httpx.Response]:
        """Ask for several things at once, each path, body and who asks."""
        browsers = [await self.people.browser(who) for _, _, who in wanted]
        asked = [
            asyncio.ensure_future(browser.post(f"/api/v1/identity{path}", json=body))
            for browser, (path, body, _) in zip(browsers, wanted, strict=True)
        ]
        while not all(one.done() for one in asked):
            await self.learn()
            await asyncio.sleep(0.01)
        return [one.result() for one in asked]

    async def fhir(
        self, method: str, path: str, body: Any, who: str = "clerk", **params: str
    ) -> httpx.Response:
        """Send a resource while the index goes on learning."""
        browser = await self.people.browser(who)
        asked = asyncio.ensure_future(
            browser.request(method, f"/fhir/{path}", json=body, params=params)
        )
        while not asked.done():
            await self.learn()
            await asyncio.sleep(0.01)
        return await asked

    async def person(self, mrn: str, source: str = "HIS", who: str = "steward") -> Any:
        """The one person of whom a record has this identifier."""
        (found,) = (await self.get("/persons", who, q=f"{mrn}^{source}"))["items"]
        return await self.get(f"/persons/{found['id']}", who)


@asynccontextmanager
async def opened(database: str, folder: Path, **settings: Any) -> AsyncIterator[Desk]:
    """A desk; the settings are those of ``[identity]``."""
    read = IdentitySettings.model_validate(settings)
    async with serving(database, folder, identity=read) as house:
        people = People(house)
        await people.tree({"G": None, "H1": "G", "H2": "G"})
        await house.add_channel("adt", ADT, organisation="H1")
        await house.add_channel("adt-b", B_ADT, organisation="H2")
        await people.add("steward", ("identity-steward", "H1"), organisation="H1")
        await people.add("clerk", ("registrar", "H1"), organisation="H1")
        await people.add("foreigner", ("identity-steward", "H2"), organisation="H2")
        await people.add("group", ("identity-steward", "G"), organisation="G")
        yield Desk(house, people, read)


@pytest.fixture
async def desk(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(database, tmp_path) as found:
        yield found


def records_of(person: Any) -> list[tuple[str, str]]:
    return sorted((one["source"], one["mrn"]) for one in person["records"])


async def test_two_systems_speak_of_one_person(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"))
    person = await desk.person("1")
    assert records_of(person) == [("HIS", "1"), ("LIS", "77")]
    (link,) = person["links"]
    assert link["lane"] == "AUTO"
    assert sum(step["bits"] for step in link["steps"]) == link["bits"]
    name = next(one for one in person["chosen"] if one["field"] == "name")
    assert name["value"] == "王小明"
    assert name["why"]["zh"]
    again = await desk.get(f"/persons/{person['records'][1]['id']}")
    assert (again["id"], again["asked"]) == (person["id"], person["records"][1]["id"])


async def test_a_person_is_found_by_whatever_is_known(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER))
    number = (await desk.person("1"))["id"]
    names = ["王小明", "王小", "wangxiaoming", "Wang Xiaoming", "wang"]
    for said in (*names, PHONE, citizen().value, "1", "1^HIS", number, number.lower()):
        (found,) = (await desk.get("/persons", q=said))["items"]
        assert (found["name"], found["id"]) == ("王小明", number), said
    assert (await desk.get("/persons", q="李", born="1980"))["items"] == []
    assert len((await desk.get("/persons", q="李", born="1952", sex="F"))["items"]) == 1


async def test_the_desk_searches_before_it_creates(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER))
    asked = {"person": {"name": "王晓明", "born": "1980-03-15", "phones": [PHONE], "sex": "男"}}
    browser = await desk.people.browser("clerk")
    answer = (await browser.post("/api/v1/identity/match", json=asked)).json()
    (found,) = answer["items"]
    assert found["person"]["name"] == "王小明"
    assert found["grade"] in ("probable", "possible")
    assert found["evidence"]["guards"]
    asked["person"] |= {"name": "王小明", "identifiers": [{"value": citizen().value}]}
    (found,) = (await browser.post("/api/v1/identity/match", json=asked)).json()["items"]
    assert (found["grade"], found["score"] > 0.999) == ("certain", True)


async def test_a_registration_is_answered_with_the_person_it_made_or_joined(desk: Desk) -> None:
    await desk.hear(adt("1"))
    body = {"source": "HIS", "mrn": "900", "person": {"name": "王小明", "born": "19800315"}}
    body["person"]["identifiers"] = [{"value": citizen().value}]
    answer = await desk.post("/registrations", body, "clerk")
    assert answer.status_code == 201, answer.text
    assert records_of(answer.json()["person"]) == [("HIS", "1"), ("HIS", "900")]
    unknown = await desk.post("/registrations", body | {"source": "NOBODY"}, "clerk")
    assert unknown.json()["error"]["code"] == "LY-2133"
    named = await desk.post("/registrations", body | {"source": "X", "channel": "adt"}, "clerk")
    assert records_of(named.json()["person"])[-1] == ("X", "900")


async def test_eight_desks_register_one_new_person_at_the_same_time(desk: Desk) -> None:
    await desk.hear(adt("1", **OTHER))
    number = {"value": citizen("19660606").value}
    person = {"name": "赵铁柱", "born": "19660606", "identifiers": [number]}
    browser = await desk.people.browser("clerk")
    asked = [
        asyncio.ensure_future(
            browser.post(
                "/api/v1/identity/registrations",
                json={"source": "HIS", "mrn": f"9{n}", "person": person},
            )
        )
        for n in range(8)
    ]
    while not all(one.done() for one in asked):
        await desk.learn()
        await asyncio.sleep(0.01)
    answers = [one.result() for one in asked]
    assert {answer.status_code for answer in answers} == {201}
    assert len((await desk.get("/persons", q="赵铁柱"))["items"]) == 1


async def test_a_question_is_answered_and_taken_back(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **SISTER))
    page = await desk.get("/questions")
    (question,) = page["items"]
    assert page["total"] == 1
    two = question["person"]["id"], question["other"]["id"]
    detail = await desk.get(f"/questions/{two[0]}/{two[1]}")
    assert detail["evidence"][0]["guards"][0]["zh"]
    wanted = {"said": "never-link", "person": two[0], "other": two[1], "reason": "sisters"}
    answer = await desk.post("/decisions", wanted)
    assert sorted(answer.json()["persons"]) == sorted(two)
    assert (await desk.get("/questions"))["items"] == []
    linked = await desk.post("/decisions", wanted | {"said": "link", "reason": "no, one"})
    assert linked.json()["refused"] is False
    assert len(linked.json()["persons"]) == 1
    person = await desk.person("1")
    assert [one["in_force"] for one in person["decisions"]] == [False, True]
    record, other = ({"source": "HIS", "mrn": mrn} for mrn in ("1", "2"))
    back = {"record": record, "other": other, "reason": "wrong"}
    answer = await desk.post("/decisions/taken-back", back)
    assert len(answer.json()["persons"]) == 2
    assert len((await desk.get("/questions"))["items"]) == 1


async def test_a_person_is_split_and_stays_so(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("5", source="RIS"))
    person = await desk.person("1")
    wanted = {"records": [{"source": "RIS", "mrn": "5"}], "reason": "a borrowed card"}
    answer = await desk.post(f"/persons/{person['id']}/split", wanted)
    assert len(answer.json()["persons"]) == 2
    await desk.hear(adt("5", source="RIS", phone="13912340000"))
    assert records_of(await desk.person("1")) == [("HIS", "1"), ("LIS", "77")]
    everything = {"records": [{"source": "RIS", "mrn": "5"}], "reason": "x"}
    refused = await desk.post(f"/persons/{(await desk.person('5', 'RIS'))['id']}/split", everything)
    assert refused.json()["error"]["code"] == "LY-2135"


async def test_a_merge_of_the_source_is_undone_with_all_that_came_since(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER))
    await desk.hear(adt("1", event="A40", merged="2"))
    person = await desk.person("2")
    assert records_of(person) == [("HIS", "1"), ("HIS", "2")]
    gone = next(one for one in person["records"] if one["mrn"] == "2")
    assert gone["kept"]["mrn"] == "1"
    assert next(c["value"] for c in person["chosen"] if c["field"] == "name") == "王小明"
    undone = {"source": "HIS", "mrn": "2", "reason": "the wrong patient"}
    answer = await desk.post("/replacements/undone", undone)
    assert len(answer.json()["persons"]) == 1
    assert records_of(await desk.person("2")) == [("HIS", "2")]


async def test_hospitals_do_not_see_each_other_and_the_group_sees_one_person(desk: Desk) -> None:
    await desk.hear(adt("1"))
    await desk.hear(adt("1", source="HIS-B"), channel="adt-b")
    for who, source in (("steward", "HIS"), ("foreigner", "HIS-B")):
        (found,) = (await desk.get("/persons", who, q="王小明"))["items"]
        person = await desk.get(f"/persons/{found['id']}", who)
        assert records_of(person) == [(source, "1")]
        assert person["links"] == []
    assert len(records_of(await desk.person("1", who="group"))) == 2
    browser = await desk.people.browser("foreigner")
    own = await desk.person("1")
    hidden = await browser.get(f"/api/v1/identity/persons/{own['records'][0]['id']}")
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (404, "LY-2132")
    undone = {"source": "HIS", "mrn": "1", "reason": "x"}
    refused = await desk.post("/replacements/undone", undone, "foreigner")
    assert refused.status_code == 404


async def test_the_desk_decides_nothing(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **SISTER))
    answer = await desk.post(
        "/decisions",
        {"said": "link", "person": "0" * 13, "other": "1" * 13, "reason": "x"},
        "clerk",
    )
    assert answer.status_code == 403
