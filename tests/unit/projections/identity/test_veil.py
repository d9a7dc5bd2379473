"""Patients of sensitive authorities are seen only by whoever may see them, at every door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.projections.identity.pix.asking import Line, answering, numbers
from tests.unit.projections.identity.test_endpoints import (
    OTHER,
    SISTER,
    Desk,
    adt,
    opened,
    records_of,
)

from lianyi.projections.identity.changes import Change, Member
from lianyi.projections.identity.folding import Saying, fold
from lianyi.projections.identity.registration import Identifier, IdKind, Registration
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.traits import read_registration
from lianyi.projections.identity.veil import Veil

PSY = "urn:lianyi:authority:PSY"
SECRET_PHONE = "15400000099"
WARD = adt("77", source="PSY", phone=SECRET_PHONE)
BOTH = adt("1").replace(b"^^^GA^NI", b"^^^GA^NI~77^^^PSY~5512^^^PSY^JZK")
"""The hospital says of its patient that she has a number and a card of the ward."""


@pytest.fixture
async def town(database: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """A person of the hospital and of its psychiatric ward; ``doctor`` may know of the ward."""
    async with opened(database, tmp_path, sensitive=["PSY"]) as desk:
        at = "H1"
        await desk.people.add(
            "doctor", ("identity-steward", at), ("sensitive-records", at), organisation=at
        )
        await desk.people.add(
            "elsewhere", ("identity-steward", at), ("sensitive-records", "H2"), organisation=at
        )
        await desk.hear(adt("1"), WARD, BOTH)
        yield desk


async def fhir(town: Desk, path: str, who: str, **params: str) -> Any:
    browser = await town.people.browser(who)
    return await browser.get(f"/fhir/{path}", params=params)


@pytest.mark.parametrize("who", ["steward", "clerk", "elsewhere", "foreigner"])
async def test_who_may_not_know_sees_nothing_of_it_anywhere(town: Desk, who: str) -> None:
    sees = who != "foreigner"
    if sees:
        person = await town.person("1", who=who)
        assert records_of(person) == [("HIS", "1")]
        assert (person["links"], person["withheld"]) == ([], 0)
        assert {one["source"] for one in person["chosen"]} == {"HIS"}
        told = str(person) + (await fhir(town, f"Patient/{person['id']}", who)).text
        for secret in ("PSY", "77", "5512", SECRET_PHONE):
            assert secret not in told, secret
    for said in ("77", "77^PSY", "5512", SECRET_PHONE):
        assert (await town.get("/persons", who, q=said))["items"] == [], said
    for name, value in (("identifier", f"{PSY}|77"), ("identifier", "5512"), ("telecom", PHONE)):
        bundle = (await fhir(town, "Patient", who, **{name: value})).json()
        assert len(bundle.get("entry", [])) == int(sees and value == PHONE), value
    crossed = await fhir(town, "Patient/$ihe-pix", who, sourceIdentifier=f"{PSY}|77")
    assert crossed.status_code == 400  # an authority of which nobody may be seen is unknown
    quality = await town.get("/quality", who)
    assert "PSY" not in str(quality)


async def test_who_may_know_sees_it_where_he_may(town: Desk) -> None:
    person = await town.person("77", "PSY", who="doctor")
    assert records_of(person) == [("HIS", "1"), ("PSY", "77")]
    assert len(person["links"]) == 1
    (found,) = (await town.get("/persons", "doctor", q=SECRET_PHONE))["items"]
    assert found["id"] == person["id"]
    crossed = await fhir(town, "Patient/$ihe-pix", "doctor", sourceIdentifier=f"{PSY}|77")
    assert "urn:lianyi:authority:HIS" in crossed.text
    his = next(one for one in person["records"] if one["source"] == "HIS")
    assert "5512" in [one["value"] for one in his["identifiers"]]


async def test_what_only_the_ward_says_leads_nobody_to_the_person(town: Desk) -> None:
    asked = {"person": {"name": "王小明", "phones": [SECRET_PHONE]}}
    card = {"person": {"name": "王小明", "identifiers": [
        {"kind": "hospital-card", "value": "5512", "issuer": "PSY"},
    ]}}  # fmt: skip
    for who, count in (("clerk", 0), ("doctor", 1)):
        browser = await town.people.browser(who)
        for body in (asked, card):
            answer = await browser.post("/api/v1/identity/match", json=body)
            assert len(answer.json()["items"]) == count, (who, body)


async def test_questions_and_decisions_with_the_ward_are_for_who_may_know(town: Desk) -> None:
    await town.hear(adt("5", source="PSY", **SISTER))
    assert (await town.get("/questions", "clerk"))["total"] == 0
    page = await town.get("/questions", "doctor")
    assert page["total"] == 1
    question = page["items"][0]
    wanted = {"said": "never-link", "person": question["person"]["id"]} | {
        "other": question["other"]["id"], "reason": "sisters",
    }  # fmt: skip
    assert (await town.post("/decisions", wanted, "steward")).status_code == 404
    assert (await town.post("/decisions", wanted, "doctor")).status_code == 200
    assert (await town.person("1"))["decisions"] == []
    assert len((await town.person("5", "PSY", who="doctor"))["decisions"]) == 2
    back = {"record": {"source": "PSY", "mrn": "5"}, "other": {"source": "HIS", "mrn": "1"}}
    refused = await town.post("/decisions/taken-back", back | {"reason": "r"}, "steward")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "LY-2132")


async def test_nobody_registers_where_he_may_not_look(town: Desk) -> None:
    body = {"source": "PSY", "mrn": "9", "channel": "adt", "person": {"name": "李雷"}}
    refused = await town.post("/registrations", body, "clerk")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "LY-2133")
    assert (await town.post("/registrations", body, "doctor")).status_code == 201


async def test_systems_that_ask_over_hl7_are_not_told(town: Desk) -> None:
    peers = [
        {"account": name, "application": name.upper(), "facility": "H", "network": "127.0.0.0/8"}
        for name in ("lis", "psy")
    ]
    await town.people.add("lis", ("registrar", "H1"), organisation="H1", kind="service")
    roles = (("registrar", "H1"), ("sensitive-records", "H1"))
    await town.people.add("psy", *roles, organisation="H1", kind="service")
    async with answering(town, query_peers=peers) as line:
        assert await asked(line, "LIS|H") == (["1^HIS"], ["1^HIS"], "AE")
        both = ["1^HIS", "77^PSY"]
        assert await asked(line, "PSY|H") == (both, both, "AA")


async def asked(line: Line, sender: str) -> tuple[list[str], list[str], str]:
    """What PIX and PDQ tell of her, and what comes of asking by the number of the ward."""
    pix = await line.identifiers("1^^^HIS", sender=sender)
    pdq = await line.persons("@PID.5.1.1^王~@PID.5.2^小明", sender=sender)
    by_ward = await line.identifiers("77^^^PSY", sender=sender)
    return numbers(pix), numbers(pdq), by_ward.get("MSA-1")


async def test_what_links_is_the_same_for_everybody(town: Desk) -> None:
    """A record that only the ward's links to hers is hers for who sees neither ward nor link."""
    await town.hear(adt("3", source="LIS", number="", phone=SECRET_PHONE, name="王小明"))
    assert records_of(await town.person("1")) == [("HIS", "1"), ("LIS", "3")]


async def test_which_authorities_are_sensitive_is_known_without_learning_anew(town: Desk) -> None:
    await town.hear(adt("8", source="HIV", **OTHER))
    assert records_of(await town.person("8", "HIV")) == [("HIV", "8")]
    town.settings = town.settings.model_copy(update={"sensitive": ("HIV",)})
    await town.learn()
    assert (await town.get("/persons", q="8^HIV"))["items"] == []
    assert records_of(await town.person("77", "PSY"))[1] == ("PSY", "77")


async def test_a_more_trusted_authority_goes_first(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path, ranks={"EMR": 2}) as desk:
        moved = HOME.replace("解放路12号", "和平路7号")
        await desk.hear(adt("1"), adt("1", source="LIS"), adt("1", source="EMR", home=moved))
        person = await desk.person("1")
        home, *_ = [one for one in person["chosen"] if one["field"] == "addresses"]
        assert (home["value"], home["rule"], home["source"]) == (moved, "rank", "EMR")


def test_a_change_is_told_without_what_may_not_be_known() -> None:
    his, psy = Member("HIS", "1", True, (1,)), Member("PSY", "7", True, (1,))
    joins = Change("P", (his,), (his, psy))
    assert joins.seen_by(None, without={"PSY"}) is None
    assert joins.seen_by([1]) == joins
    lis = Member("LIS", "3", True, (1,))
    told = Change("P", (his, psy), (his, psy, lis)).seen_by(None, without={"PSY"})
    assert told == Change("P", (his,), (his, lis))


def test_numbers_of_a_sensitive_authority_are_nowhere_in_the_record_of_another() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    card = Identifier(IdKind.HOSPITAL_CARD, "5512", "PSY")
    mother = Identifier(IdKind.OTHER, "88", "PSY")
    said = Registration("HIS", "1", identifiers=(citizen(), card), mother=mother)
    folded = fold([Saying(Registered(said, now, "A04"), now, now)])
    veil = Veil(frozenset({"PSY"}), ())
    shown = veil.folded(folded)
    assert shown.registration.identifiers == (citizen(),)
    assert (shown.registration.mother, shown.mother) == (None, ())
    assert [one.value for one in shown.identifiers] == [citizen()]
    traits = veil.traits(read_registration(said))
    assert ([one.issuer for one in traits.ids], traits.mother) == ([""], "")
    assert veil.folded(shown) is shown
    assert Veil(frozenset({"PSY"}), ["H1"]).hides_in(["H1", "H2"]) is False
    assert not Veil().is_whole
