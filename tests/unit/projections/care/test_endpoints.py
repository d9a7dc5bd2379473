"""Encounters and decisions, asked of the served product."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.api.house import ADT, LAB, House, serving
from tests.unit.security.people import People

from lianyi.base.database import connect
from lianyi.projections.care.follow import Care
from lianyi.projections.following import Follower

from .conftest import ROLES
from .saying import ZONE, adt

B_ADT = ADT.replace("channel: adt", "channel: adt-b").replace("name: ris", "name: ris-b")
GUARD = "role: guard\ntitle: { zh: 角色, en: Role }\npermissions: [care.read, access.explain]\n"


@dataclass
class Clinic:
    """A house with two hospitals and the people of the first."""

    house: House
    people: People

    async def ask(self, name: str, path: str, **params: str) -> httpx.Response:
        browser = await self.people.browser(name)
        return await browser.get(f"/api/v1/care{path}", params=params)

    async def looks(self) -> list[tuple[str, list[str], int]]:
        """Who used which operation and whose data he was shown, of acts about a patient."""
        acts = await self.house.log.read(0, after=0, limit=1000)
        found = []
        for act in acts:
            whose = [key[2:] for key in act.keys if key.startswith("w:")]
            if act.kind.startswith("act access.") and whose:
                found.append((act.sender, whose, act.channel))
        return found


@pytest.fixture
async def clinic(database: str, tmp_path: Path) -> AsyncIterator[Clinic]:
    folder = tmp_path / "content" / "roles"
    folder.mkdir(parents=True)
    for name, more in ROLES.items():
        (folder / f"{name}.yaml").write_text(
            f"role: {name}\ntitle: {{ zh: 角色, en: Role }}\npermissions: [care.read]\n{more}\n",
            encoding="utf-8",
        )
    (folder / "guard.yaml").write_text(GUARD, encoding="utf-8")
    async with serving(database, tmp_path) as house:
        people = People(house)
        await people.tree({"G": None, "H1": "G", "D1": "H1", "H2": "G"})
        await house.add_channel("adt", ADT, organisation="H1")
        await house.add_channel("adt-b", B_ADT, organisation="H2")
        await house.add_channel("lab", LAB, organisation="H1")
        await people.add("engineer", ("engineer", "H1"), organisation="H1")
        await people.add("ed", ("emergency", "H1"), organisation="D1")
        await people.add("explainer", ("guard", "H1"), organisation="H1")
        await people.add("foreigner", ("guard", "H2"), organisation="H2")
        await people.add("watcher", ("manager", "*"))
        yield Clinic(house, people)


async def learned(clinic: Clinic, *, patient: str = "P1^^^HIS^PI") -> None:
    """Two admissions with the same numbers in both hospitals, learned."""
    house = clinic.house
    for channel, place, doctor in (("adt", "W1^01", "D7^王^一^^^^^^HR"), ("adt-b", "CANARY", "C9")):
        body = adt("A01", "8", place=place, doctor=doctor, patient=patient, began="7").body
        await house.append(channel, [body], sender="HIS")
    dsn = str(await house.pool.fetchval("SELECT current_database()"))
    follower = Follower(
        house.pool, house.log, Care(ZONE), connect=lambda: connect(dsn), clock=house.clock,
        owner=uuid.UUID(int=5), holder="test",
    )  # fmt: skip
    while await follower.step():
        pass


async def test_before_anything_is_learned_it_says_so(clinic: Clinic) -> None:
    for path in ("/encounters", "/treatment"):
        answer = await clinic.ask("engineer", path, patient="P1^HIS")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "LY-2002")


async def test_an_encounter_is_shown_with_its_places_and_practitioners(clinic: Clinic) -> None:
    await learned(clinic)
    answer = await clinic.ask("engineer", "/encounters", patient="P1^HIS")
    assert answer.status_code == 200
    (found,) = answer.json()["items"]
    position = found["first"]
    since = "2026-03-01T23:00:00Z"
    assert found == {
        "channel": "adt", "organisation": "H1", "visit": "V1^", "patients": ["P1^HIS"],
        "state": "open", "category": "I", "began_at": since, "ended_at": None,
        "heard_at": "2026-03-02T00:00:00Z",
        "stays": [
            {"place": "W1-01", "facility": "", "units": [], "since": since, "until": None,
             "said": position}
        ],
        "practitioners": [
            {"identifier": "D7", "authority": "HR", "part": "attending", "since": since,
             "until": None, "said": position}
        ],
        "first": position, "last": position,
    }  # fmt: skip
    assert answer.json()["more"] is False


async def test_the_trail_says_whose_encounters_were_shown(clinic: Clinic) -> None:
    await learned(clinic)
    await clinic.ask("engineer", "/encounters", patient="P1^HIS")
    await clinic.ask("engineer", "/encounters", patient="P9^HIS")
    number, _ = clinic.house.channels["adt"]
    assert await clinic.looks() == [("engineer", ["P1^HIS"], number)]


@pytest.mark.parametrize("patient", ["", "P1", "^HIS", "P1^HIS^X", "a\x00^b", "P" * 300 + "^"])
async def test_a_patient_is_named_with_the_authority_or_not_at_all(
    clinic: Clinic, patient: str
) -> None:
    answer = await clinic.ask("engineer", "/encounters", patient=patient)
    assert answer.status_code == 422


async def test_whoever_may_not_read_it_is_told_so(clinic: Clinic) -> None:
    for path in ("/encounters", "/treatment"):
        answer = await clinic.ask("watcher", path, patient="P1^HIS")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "LY-1800")


async def test_each_hospital_sees_its_own_of_the_same_number(clinic: Clinic) -> None:
    await learned(clinic)
    for name, channel in (("engineer", "adt"), ("foreigner", "adt-b")):
        answer = await clinic.ask(name, "/encounters", patient="P1^HIS")
        assert [one["channel"] for one in answer.json()["items"]] == [channel]
    assert "CANARY" not in (await clinic.ask("ed", "/encounters", patient="P1^HIS")).text


async def test_one_asks_why_oneself_treats_somebody(clinic: Clinic) -> None:
    await learned(clinic)
    mine = await clinic.ask("engineer", "/treatment", patient="P1^HIS")
    assert mine.json() == {
        "account": "engineer", "patient": "P1^HIS", "treated": False, "reasons": [],
    }  # fmt: skip
    told = (await clinic.ask("ed", "/treatment", patient="P1^HIS", account="ed")).json()
    assert told["treated"] is True
    (reason,) = told["reasons"]
    wanted = {"rule": "everybody", "role": "emergency", "organisation": "H1", "visit": "V1^"}
    assert {name: reason[name] for name in wanted} == wanted


async def test_about_others_asks_who_may_explain_decisions_about_them(clinic: Clinic) -> None:
    await learned(clinic)
    asked = {"patient": "P1^HIS", "account": "ed"}
    assert (await clinic.ask("explainer", "/treatment", **asked)).json()["treated"] is True
    number, _ = clinic.house.channels["adt"]
    assert ("explainer", ["P1^HIS"], number) in await clinic.looks()
    for name in ("engineer", "foreigner"):
        answer = await clinic.ask(name, "/treatment", **asked)
        assert answer.status_code == 404, name
    nobody = await clinic.ask("explainer", "/treatment", patient="P1^HIS", account="nobody")
    assert nobody.status_code == 404


async def test_a_doctor_is_linked_by_whoever_manages_accounts_and_treats(clinic: Clinic) -> None:
    await learned(clinic)
    people = clinic.people
    await people.add("guard", ("security-administrator", "H1"), organisation="H1")
    guard = await people.browser("guard")
    names: list[dict[str, Any]] = [
        {"source": "messages", "authority": "HR", "identifier": "D7", "organisation": "H1"}
    ]
    put = await guard.put("/api/v1/accounts/engineer/practitioner", json={"names": names})
    assert put.status_code == 200, put.text
    told = (await clinic.ask("engineer", "/treatment", patient="P1^HIS")).json()
    assert [(one["rule"], one["who"], one["how"]) for one in told["reasons"]] == [
        ("practitioner", "D7^HR", "attending")
    ]
    (act,) = [
        one for one in await clinic.house.acts() if one.kind == "act account.practitioner_changed"
    ]
    assert orjson.loads(act.body)["after"] == names


async def test_what_a_patient_refuses_is_counted_and_not_shown(clinic: Clinic) -> None:
    await learned(clinic)
    await clinic.people.add("officer", ("privacy-officer", "H1"), organisation="H1")
    await clinic.people.refresh()
    officer = await clinic.people.browser("officer")
    refusal = {"patient": "P1^HIS", "decision": "refuse", "given_by": "x", "organisation": "H1"}
    answer = await officer.post("/api/v1/privacy/consents", json=refusal)
    assert answer.status_code == 200, answer.text
    answer = await clinic.ask("engineer", "/encounters", patient="P1^HIS")
    assert answer.json() == {"items": [], "more": False, "withheld": 1}


async def test_whoever_treats_a_patient_sees_him_and_nobody_else_does(
    clinic: Clinic, tmp_path: Path
) -> None:
    for own in ("privacy/classification.yaml", "roles/clinician.yaml"):  # as shipped
        (tmp_path / "content" / own).unlink()
    await learned(clinic, patient="P1^^^H1^PI")  # as the house keys it
    for name, numbers in (("treats", "D7"), ("passes-by", "D8")):
        await clinic.people.add(name, ("clinician", "H1"), organisation="H1")
        await clinic.people.add(f"{name}-guard", ("security-administrator", "H1"))
        await clinic.people.refresh()
        guard = await clinic.people.browser(f"{name}-guard")
        called = {"source": "messages", "identifier": numbers, "authority": "HR"}
        answer = await guard.put(
            f"/api/v1/accounts/{name}/practitioner",
            json={"names": [called | {"organisation": "H1"}]},
        )
        assert answer.status_code == 200, answer.text
    told = {}
    for name in ("treats", "passes-by"):
        browser = await clinic.people.browser(name)
        answer = await browser.get("/api/v1/messages")
        assert answer.status_code == 200, answer.text
        listed = answer.json()["items"]
        position = listed[0]["position"]
        told[name] = (await browser.get(f"/api/v1/messages/{position}")).json()["look"]
    assert (told["treats"]["clear"], told["treats"]["why"]) == (True, "purpose")
    assert (told["passes-by"]["clear"], told["passes-by"]["why"]) == (False, "no-relation")
