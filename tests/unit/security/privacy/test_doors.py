"""Who sees what of a patient, asked of the served product over a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from tests.unit.api.house import LAB, House, hl7, serving
from tests.unit.security.people import People

from lianyi.messagelog.message import Position

TREE = {"GROUP": None, "H1": "GROUP", "LAB": "H1", "H2": "GROUP"}
NAME = "测试丰"
REASON = {"reason": "fault", "words": "接收方拒收，需要核对姓名"}
REFUSAL = {"patient": "P1^H1", "decision": "refuse", "given_by": "本人", "organisation": "H1"}


class Ward:
    """A served house where the operations of the hospital see patients masked."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.people = People(house)
        self.at = Position(0, 0)
        self.other = Position(0, 0)

    async def prepare(self) -> None:
        await self.people.tree(TREE)
        await self.house.add_channel("lab", LAB, organisation="H1")
        (self.at,) = await self.house.append("lab", [hl7("A1", name="测试^丰")])
        (self.other,) = await self.house.append(
            "lab", [hl7("A2", patient="P2", name="测试^丰")], patient="P2"
        )

    async def browser(self, name: str, role: str, where: str = "H1") -> httpx.AsyncClient:
        await self.people.add(name, (role, where), organisation=where)
        await self.people.refresh()
        return await self.people.browser(name)


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with serving(database, tmp_path, masked=True) as house:
        found = Ward(house)
        await found.prepare()
        yield found


async def ok(asked: Any) -> Any:
    answer = await asked
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(asked: Any, status: int, code: str) -> None:
    answer = await asked
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["code"] == code


async def trace(browser: httpx.AsyncClient, at: Position) -> Any:
    return await ok(browser.get(f"/api/v1/messages/{at}"))


async def kinds(house: House) -> list[str]:
    return [act.kind for act in await house.acts()]


async def test_an_engineer_sees_everything_of_a_message_but_who_the_patient_is(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    await ward.house.receipt("emr", ward.at, answer="AE 患者测试丰不存在")

    told = await trace(engineer, ward.at)

    look = told["look"]
    assert (look["purpose"], look["clear"], look["why"]) == ("HOPERAT", False, "purpose")
    text = orjson.dumps(told).decode()
    assert "丰" not in text
    assert "测^*" in told["body_text"] or "测*^*" in told["body_text"]
    assert "P1^^^H1" in told["body_text"]
    answers = [one["answer"] for to in told["destinations"] for one in to["attempts"]]
    assert answers == ["AE 患者测**不存在"]
    assert any(node["path"].startswith("PID") for node in told["tree"])


async def test_what_needs_the_data_as_they_are_is_refused_while_they_are_masked(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    emr = ward.house.destinations["emr"]
    await ward.house.except_(emr, ward.at, "parked")
    resend = f"/api/v1/deliveries/{emr}/{ward.at}/resend"

    await refused(engineer.get(f"/api/v1/messages/{ward.at}/body"), 403, "LY-1877")
    await refused(engineer.post(resend, json={"body_text": "MSH|测*"}), 403, "LY-1877")

    await ok(engineer.post(resend, json={"reason": "as it came"}))


async def test_a_look_in_an_emergency_is_limited_written_down_and_reviewed(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    officer = await ward.browser("officer", "privacy-officer")
    wanted = {"position": str(ward.at), "minutes": 10, **REASON}

    opened = await ok(engineer.post("/api/v1/privacy/glass", json=wanted))

    assert opened["patients"] == ["P1^H1"]
    told = await trace(engineer, ward.at)
    assert (told["look"]["clear"], told["look"]["why"]) == (True, "glass")
    assert "测试^丰" in told["body_text"]
    assert (await engineer.get(f"/api/v1/messages/{ward.at}/body")).status_code == 200
    assert not (await trace(engineer, ward.other))["look"]["clear"]  # another patient

    waiting = await ok(officer.get("/api/v1/privacy/glass", params={"unreviewed": True}))
    assert (waiting["unreviewed"], waiting["items"][0]["words"]) == (1, REASON["words"])
    said = {"justified": False, "remark": "可以不看姓名"}
    path = f"/api/v1/privacy/glass/{opened['id']}/review"
    assert (await ok(officer.post(path, json=said)))["reviewed_by"] == "officer"
    await refused(officer.post(path, json=said), 409, "LY-1882")

    ward.house.clock.advance(timedelta(minutes=11))
    assert not (await trace(engineer, ward.at))["look"]["clear"]
    assert [one for one in await kinds(ward.house) if "glass" in one] == [
        "act glass.broken",
        "act glass.reviewed",
    ]
    whose = await ward.house.pool.fetchval(
        "SELECT keys FROM messagelog.message WHERE kind = 'act glass.broken'"
    )
    assert "w:P1^H1" in whose


async def test_a_look_ends_when_its_owner_says_so_and_for_nobody_else(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    other = await ward.browser("other", "integration-engineer")
    opened = await ok(engineer.post("/api/v1/privacy/glass", json={"patient": "P1^H1", **REASON}))
    path = f"/api/v1/privacy/glass/{opened['id']}"

    await refused(other.delete(path), 404, "LY-1880")
    assert not (await trace(other, ward.at))["look"]["clear"]
    assert len(await ok(engineer.get("/api/v1/privacy/glass/mine"))) == 1
    ward.house.clock.advance(timedelta(minutes=1))
    await ok(engineer.delete(path))

    assert not (await trace(engineer, ward.at))["look"]["clear"]
    assert await ok(engineer.get("/api/v1/privacy/glass/mine")) == []


async def test_no_emergency_shows_another_hospital(ward: Ward) -> None:
    stranger = await ward.browser("stranger", "integration-engineer", "H2")

    await refused(
        stranger.post("/api/v1/privacy/glass", json={"position": str(ward.at), **REASON}),
        404,
        "LY-1303",
    )
    await ok(stranger.post("/api/v1/privacy/glass", json={"patient": "P1^H1", **REASON}))

    assert (await stranger.get(f"/api/v1/messages/{ward.at}")).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "code"),
    [
        ({"patient": "P1^H1", "reason": "curious", "words": "why not"}, 422, "LY-1879"),
        ({"reason": "fault", "words": "nobody named"}, 422, "LY-1883"),
        ({"patient": "4711", **REASON}, 422, "LY-1885"),
        ({"patient": "P1^H1", "reason": "fault", "words": "  x "}, 422, "LY-1601"),
    ],
)
async def test_a_look_without_a_reason_or_a_patient_is_refused(
    ward: Ward, wanted: dict[str, Any], status: int, code: str
) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    await refused(engineer.post("/api/v1/privacy/glass", json=wanted), status, code)


async def test_nobody_reviews_his_own_look(ward: Ward) -> None:
    (role := ward.house.content_dir / "roles" / "watcher-of-all.yaml").parent.mkdir(parents=True)
    role.write_text(
        "role: watcher-of-all\ntitle: { zh: 审查, en: Reviewer }\npermissions: [glass.review]\n"
    )
    roles = ("integration-engineer", "H1"), ("watcher-of-all", "H1")
    await ward.people.add("both", *roles, organisation="H1")
    await ward.people.refresh()
    both = await ward.people.browser("both")
    opened = await ok(both.post("/api/v1/privacy/glass", json={"patient": "P1^H1", **REASON}))
    said = {"justified": True, "remark": "mine"}
    await refused(
        both.post(f"/api/v1/privacy/glass/{opened['id']}/review", json=said), 403, "LY-1881"
    )


async def test_what_a_patient_refuses_is_not_shown_until_he_withdraws_it(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    officer = await ward.browser("officer", "privacy-officer")

    refusal = await ok(
        officer.post("/api/v1/privacy/consents", json=REFUSAL | {"purposes": ["HOPERAT"]})
    )

    told = await trace(engineer, ward.at)
    assert (told["look"]["withheld"], told["look"]["why"]) == (True, "refused")
    assert (told["body_text"], told["tree"]) == ("****", [])
    assert {key["value"] for key in told["keys"] if key["kind"] == "patient"} == {"****"}
    rows = (await ok(engineer.get("/api/v1/messages")))["items"]
    patients = {
        row["position"]: key["value"]
        for row in rows
        for key in row["keys"]
        if key["kind"] == "patient"
    }
    assert patients == {str(ward.at): "****", str(ward.other): "P2"}
    opened = await ok(
        engineer.post("/api/v1/privacy/glass", json={"position": str(ward.at), **REASON})
    )
    assert (await trace(engineer, ward.at))["look"]["why"] == "glass"  # an emergency goes before
    ward.house.clock.advance(timedelta(minutes=1))
    await ok(engineer.delete(f"/api/v1/privacy/glass/{opened['id']}"))

    path = f"/api/v1/privacy/consents/{refusal['id']}/withdraw"
    assert (await ok(officer.post(path)))["withdrawn_by"] == "officer"
    await refused(officer.post(path), 409, "LY-1886")

    assert not (await trace(engineer, ward.at))["look"]["withheld"]
    listed = await ok(officer.get("/api/v1/privacy/consents", params={"patient": "P1^H1"}))
    assert [one["decision"] for one in listed["items"]] == ["refuse"]


async def test_a_refusal_is_about_the_data_of_the_hospital_that_took_it(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    elsewhere = await ward.browser("elsewhere", "privacy-officer", "H2")

    await ok(elsewhere.post("/api/v1/privacy/consents", json=REFUSAL | {"organisation": "H2"}))
    await refused(
        elsewhere.post("/api/v1/privacy/consents", json=REFUSAL | {"organisation": "H1"}),
        403,
        "LY-1800",
    )

    assert not (await trace(engineer, ward.at))["look"]["withheld"]


async def test_a_refusal_against_some_holds_for_those(ward: Ward) -> None:
    officer = await ward.browser("officer", "privacy-officer", "*")
    near = await ward.browser("near", "integration-engineer", "H1")
    far = await ward.browser("far", "integration-engineer", "GROUP")
    wanted = REFUSAL | {"against": ["GROUP"], "organisation": "H1", "patient": "P1^H1"}
    await ok(officer.post("/api/v1/privacy/consents", json=wanted))
    assert (await trace(far, ward.at))["look"]["withheld"]
    assert (await trace(near, ward.at))["look"]["withheld"]  # the hospital is of the group
    await ok(
        officer.post(
            "/api/v1/privacy/consents",
            json=wanted | {"patient": "P2^H1", "against": ["H2"]},
        )
    )
    assert not (await trace(far, ward.other))["look"]["withheld"]


async def test_research_needs_the_consent_of_the_patient(ward: Ward) -> None:
    (role := ward.house.content_dir / "roles" / "researcher.yaml").parent.mkdir(parents=True)
    role.write_text(
        "role: researcher\ntitle: { zh: 科研, en: Researcher }\npermissions: [messages.read]\n"
        "purpose: HRESCH\n"
    )
    officer = await ward.browser("officer", "privacy-officer")
    researcher = await ward.browser("researcher", "researcher")
    assert (await trace(researcher, ward.at))["look"]["why"] == "no-consent"

    wanted = REFUSAL | {"decision": "permit", "purposes": ["HRESCH"]}
    await ok(officer.post("/api/v1/privacy/consents", json=wanted))

    told = await trace(researcher, ward.at)
    assert (told["look"]["why"], told["look"]["clear"]) == ("purpose", False)
    assert "丰" not in orjson.dumps(told).decode()
    assert "P1^^^H1" not in told["body_text"]  # not even the number of the hospital


async def test_nobody_says_a_purpose_that_his_roles_do_not_have(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    clinician = await ward.browser("clinician", "clinician")
    path = f"/api/v1/messages/{ward.at}"

    await refused(engineer.get(path, headers={"X-Purpose": "TREAT"}), 403, "LY-1878")
    await refused(engineer.get(path, headers={"X-Purpose": "cure"}), 422, "LY-1640")
    emergency = await ok(clinician.get(path, headers={"X-Purpose": "ETREAT"}))

    assert emergency["look"]["clear"]
    assert "act access.get_message" in [
        one.kind for one in await ward.house.log.read(0, after=0, limit=1000)
    ]


async def test_times_that_cannot_be_are_refused(ward: Ward) -> None:
    officer = await ward.browser("officer", "privacy-officer")
    wanted = REFUSAL | {"valid_until": "2020-01-01T00:00:00Z"}
    await refused(officer.post("/api/v1/privacy/consents", json=wanted), 422, "LY-1887")
    await refused(officer.get("/api/v1/privacy/consents", params={"cursor": "x"}), 422, "LY-1888")


async def test_what_holds_is_told_to_whoever_has_signed_in(ward: Ward) -> None:
    engineer = await ward.browser("engineer", "integration-engineer")
    told = await ok(engineer.get("/api/v1/privacy/classification"))
    assert {one["purpose"] for one in told["purposes"]} >= {"TREAT", "HRESCH"}
    assert {one["name"] for one in told["elements"]} >= {"person-name", "special-disease"}
    assert len(told["data_sets"]) > 6
