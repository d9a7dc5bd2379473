"""The FHIR doors of the patient index, asked of the served product.

What is sent is after the examples of IHE PDQm and PIXm, with people of ours.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
from tests.unit.projections.identity.people import HOME, PHONE, citizen
from tests.unit.projections.identity.test_endpoints import (
    OTHER,
    SISTER,
    Desk,
    adt,
    desk,
)
from tests.unit.projections.identity.test_fhir_resources import valid

from lianyi.projections.identity.authorities import Authorities

__all__ = ["desk"]

HIS = "urn:lianyi:authority:HIS"
RED = "urn:oid:1.3.6.1.4.1.21367.13.20.1000"
CITIZEN = "urn:oid:2.16.156.10011.1.3"
WANG = {
    "resourceType": "Patient",
    "name": [{"family": "王", "given": ["小明"]}],
    "gender": "male",
    "birthDate": "1980-03-15",
    "identifier": [{"system": CITIZEN, "value": citizen().value}],
}


async def ask(desk: Desk, method: str, path: str, who: str = "steward", **more: Any) -> Any:
    """Ask while the index goes on learning; every answer is valid FHIR of the right type."""
    browser = await desk.people.browser(who)
    asked = asyncio.ensure_future(browser.request(method, f"/fhir/{path}", **more))
    while not asked.done():
        await desk.learn()
        await asyncio.sleep(0.01)
    answer = await asked
    assert answer.headers["content-type"] == "application/fhir+json", answer.text
    valid(answer.json())
    return answer


async def told(desk: Desk, path: str, who: str = "steward", **params: Any) -> Any:
    answer = await ask(desk, "GET", path, who, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def people_in(bundle: Any) -> list[str]:
    return [one["resource"]["name"][0]["text"] for one in bundle.get("entry", [])]


def refusal(answer: httpx.Response) -> tuple[int, str, str, str]:
    (issue,) = answer.json()["issue"]
    code = issue["details"]["coding"][0]["code"]
    return answer.status_code, issue["code"], issue["diagnostics"], code


async def match(desk: Desk, patient: Any, who: str = "clerk", **more: Any) -> list[tuple[str, str]]:
    values = {"count": "valueInteger"}
    given = [{"name": "resource", "resource": patient}]
    given += [{"name": name, values.get(name, "valueBoolean"): more[name]} for name in more]
    sent = {"resourceType": "Parameters", "parameter": given}
    answer = await ask(desk, "POST", "Patient/$match", who, json=sent)
    assert answer.status_code == 200, answer.text
    found = []
    for one in answer.json().get("entry", []):
        (grade,) = one["search"]["extension"]
        assert 0 <= one["search"]["score"] <= 1
        assert one["fullUrl"].endswith(f"/fhir/Patient/{one['resource']['id']}")
        found.append((one["resource"]["name"][0]["text"], grade["valueCode"]))
    return found


async def test_match_answers_who_may_be_meant(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER), adt("3", **SISTER))
    assert await match(desk, WANG) == [("王小明", "certain")]
    typo = {**WANG, "name": [{"text": "王晓明"}], "identifier": []}
    typo["telecom"] = [{"system": "phone", "value": PHONE}]
    ((name, grade), *_) = await match(desk, typo)
    assert (name, grade in ("probable", "possible")) == ("王小明", True)
    assert await match(desk, typo, onlyCertainMatches=True) == []
    assert len(await match(desk, typo, onlySingleMatch=True)) == 1
    assert len(await match(desk, typo, count=1)) == 1
    assert await match(desk, WANG, onlyCertainMatches=True, count=0) == [("王小明", "certain")]
    numbered = {"resourceType": "Patient", "identifier": [{"system": HIS, "value": "2"}]}
    assert await match(desk, numbered) == [("李秀英", "certain")]
    unlike = {**numbered, "name": [{"text": "赵铁柱"}], "birthDate": "2001-01-01"}
    assert await match(desk, unlike) == [("李秀英", "possible")]
    labelled = {**WANG, "meta": {"security": [{"code": "HTEST"}]}}  # as the examples of IHE are
    assert await match(desk, labelled) == [("王小明", "certain")]
    for odd in (
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "name": "王小明", "birthDate": None, "photo": [{}]},
        {**WANG, "link": [{"other": {"reference": "Patient/x"}, "type": "replaced-by"}]},
        {**WANG, "identifier": [{"use": "temp"}, {"value": ""}, {"system": HIS}], "x": 1},
        {**WANG, "identifier": {"system": CITIZEN, "value": citizen().value}},
    ):
        bare = await ask(desk, "POST", "Patient/$match", "clerk", json=odd)
        assert bare.status_code == 200, (odd, bare.text)
    assert people_in(bare.json()) == ["王小明"]
    for bad in (b"<Patient/>", b"[]", b'{"resourceType": "Parameters"}', b"\xff"):
        answer = await ask(desk, "POST", "Patient/$match", "clerk", content=bad)
        assert refusal(answer)[::3] == (400, "LY-2140"), bad


async def test_persons_are_found_and_read(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("2", **OTHER))
    (found,) = (await told(desk, "Patient", identifier=f"{HIS}|1"))["entry"]
    person = found["resource"]
    number = person["id"]
    assert [one["value"] for one in person["identifier"] if one.get("use") == "usual"] == [
        "1",
        "77",
    ]
    for name, value in (
        ("_id", number), ("identifier", "77"), ("identifier", f"{CITIZEN}|{citizen().value}"),
        ("identifier", f"urn:lianyi:person|{number}"), ("identifier", f"{HIS}|9,{HIS}|1"),
        ("family", "王"), ("family", "wang"), ("family:exact", "王"), ("name", "王小"),
        ("family:contains", "王"), ("given", "小明"), ("telecom", PHONE),
        ("birthdate", "1980-03-15"), ("birthdate", "1980"),
        ("birthdate", "ge1980-03"), ("birthdate", "ap1980"),
        ("address", HOME[:3]), ("address:contains", HOME[3:8]), ("gender", "male"),
    ):  # fmt: skip
        bundle = await told(desk, "Patient", **{name: value})
        assert (people_in(bundle), bundle["total"]) == (["王小明"], 1), (name, value)
    every = await told(desk, "Patient", active="true", unknown="x")
    assert sorted(people_in(every)) == ["李秀英", "王小明"]
    two = {"family": "王", "given": "小明", "gender": "female"}
    for nobody in (two, {"identifier": f"{RED}|1"}, {"birthdate": "gt1990"}, {"_id": "x"},
                   {"active": "false"}, {"mothersMaidenName": "赵"}):  # fmt: skip
        assert people_in(await told(desk, "Patient", **nobody)) == [], nobody
    first = await told(desk, "Patient", active="true", _count="1")
    links = {one["relation"]: one["url"] for one in first["link"]}
    following = await told(desk, links["next"].partition("/fhir/")[2])
    assert {*people_in(first), *people_in(following)} == {"李秀英", "王小明"}
    assert (await told(desk, "Patient", active="true", _count="0")).get("entry") is None
    form = await ask(desk, "POST", "Patient/_search", data={"family": "王", "gender": "male"})
    assert people_in(form.json()) == ["王小明"]
    only = (await told(desk, "Patient", family="王", identifier=f"{HIS}|"))["entry"][0]["resource"]
    assert [(one["system"], one["value"]) for one in only["identifier"]] == [(HIS, "1")]
    assert (await told(desk, f"Patient/{number}")) == person
    (link,) = person["link"]
    record = await told(desk, link["other"]["reference"])
    assert record["link"] == [{"other": {"reference": f"Patient/{number}"}, "type": "refer"}]
    for path, status in (
        ("Patient/0000000000000", 404), ("Patient/x", 404), ("Patient?birthdate=x", 400),
        ("Patient?family:above=x", 400), ("Patient?_count=x", 400), ("Observation", 403),
        ("Patient?_format=xml", 406),
    ):  # fmt: skip
        answer = await ask(desk, "GET", path)
        assert answer.status_code == status, (path, answer.text)
        (issue,) = answer.json()["issue"]
        assert issue["details"]["text"]
        assert "Traceback" not in answer.text


async def test_identifiers_are_cross_referenced_as_pixm_says(desk: Desk) -> None:
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("2", **OTHER))
    await desk.hear(adt("5", source="HIS-B"), channel="adt-b")
    path = "Patient/$ihe-pix"
    both = await told(desk, path, sourceIdentifier=f"{HIS}|1")
    numbers = {
        (one["valueIdentifier"]["system"], one["valueIdentifier"]["value"])
        for one in both["parameter"]
        if one["name"] == "targetIdentifier"
    }
    assert {("urn:lianyi:authority:LIS", "77"), (CITIZEN, citizen().value)} <= numbers
    assert (HIS, "1") not in numbers
    assert "HIS-B" not in str(both)  # another hospital's
    person = next(one for one in both["parameter"] if one["name"] == "targetId")
    number = person["valueReference"]["reference"].removeprefix("Patient/")
    lab = {"sourceIdentifier": f"{CITIZEN}|{citizen().value}"}
    (one, target) = (await told(desk, path, **lab, targetSystem="urn:lianyi:authority:LIS"))[
        "parameter"
    ]
    assert one["valueIdentifier"]["value"] == "77"
    assert target == person
    sent = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "sourceIdentifier", "valueIdentifier": {"system": HIS, "value": "1"}},
            {"name": "targetSystem", "valueUri": HIS},
        ],
    }
    answer = await ask(desk, "POST", path, json=sent)
    assert [one["name"] for one in answer.json()["parameter"]] == ["targetId"]
    own = f"{desk.house.app.state.fhir_patients.base}|Patient/{number}"
    assert (await told(desk, path, sourceIdentifier=own))["parameter"][-1] == person
    for params, wanted in (
        ({"sourceIdentifier": f"{HIS}|404"},
         (404, "not-found", "sourceIdentifier Patient Identifier not found", "LY-2143")),
        ({"sourceIdentifier": f"{RED}|IHERED-994"},
         (400, "code-invalid", "sourceIdentifier Assigning Authority not found", "LY-2141")),
        ({"sourceIdentifier": "urn:lianyi:authority:HIS-B|5"},
         (400, "code-invalid", "sourceIdentifier Assigning Authority not found", "LY-2141")),
        ({"sourceIdentifier": f"{HIS}|1", "targetSystem": [HIS, RED]},
         (403, "code-invalid", "targetSystem not found", "LY-2142")),
    ):  # fmt: skip
        assert refusal(await ask(desk, "GET", path, params=params)) == wanted
    for params in ({}, {"sourceIdentifier": "1"}, {"sourceIdentifier": [f"{HIS}|1"] * 2}):
        assert refusal(await ask(desk, "GET", path, params=params))[0] == 400


async def test_an_authority_may_be_meant_by_any_of_its_names(desk: Desk) -> None:
    desk.authorities = Authorities({"HIS": "HIS", "OLD": "HIS", "1.2.156.7": "HIS"})
    await desk.hear(adt("1"), adt("77", source="LIS"), adt("2", **OTHER))
    lab = "urn:lianyi:authority:LIS"
    for system in ("urn:lianyi:authority:OLD", "urn:oid:1.2.156.7", HIS):
        (_,) = people_in(await told(desk, "Patient", identifier=f"{system}|1"))
        bundle = await told(desk, "Patient", identifier=f"{system}|", birthdate="1980-03-15")
        numbers = bundle["entry"][0]["resource"]["identifier"]
        assert [(one["system"], one["value"]) for one in numbers] == [(HIS, "1")]
        path = "Patient/$ihe-pix"
        crossed = await told(desk, path, sourceIdentifier=f"{system}|1", targetSystem=lab)
        assert crossed["parameter"][0]["valueIdentifier"]["value"] == "77"
        back = await told(desk, path, sourceIdentifier=f"{lab}|77", targetSystem=system)
        found = back["parameter"][0]["valueIdentifier"]
        assert (found["system"], found["value"]) == (HIS, "1")
    items = (await desk.get("/persons", q="1^OLD"))["items"]
    assert [one["name"] for one in items] == ["王小明"]


async def test_a_link_by_name_is_told_and_taken_back_like_any_other(desk: Desk) -> None:
    desk.authorities = Authorities({"HIS": "HIS", "OLD": "HIS"})
    nobody = {"name": "某人", "born": "", "sex": "", "number": "", "home": "", "phone": ""}
    await desk.hear(adt("1"), adt("1", source="OLD", **nobody))
    person = await desk.person("1", "OLD")
    assert len(person["records"]) == 2
    (link,) = person["decisions"]
    assert (link["said"], link["in_force"], link["position"]) == ("link", True, "")
    assert "one authority" in link["reason"]
    back = {"record": link["record"], "other": link["other"], "reason": "not the same"}
    back |= {key: {k: back[key][k] for k in ("source", "mrn")} for key in ("record", "other")}
    answer = await desk.post("/decisions/taken-back", back)
    assert answer.status_code == 200, answer.text
    found = (await desk.get("/persons", q="1^OLD"))["items"]
    assert len(found) == 2


async def test_a_feed_creates_revises_resolves_and_is_taken_back(desk: Desk) -> None:
    await desk.hear(adt("1", **OTHER))

    async def put(mrn: str, channel: str = "", **more: Any) -> httpx.Response:
        sent = {**WANG, "identifier": [{"system": RED, "value": mrn}], **more}
        params = {"identifier": f"{RED}|{mrn}"} | ({"channel": channel} if channel else {})
        answer: httpx.Response = await ask(
            desk, "PUT", "Patient", "clerk", params=params, json=sent
        )
        return answer

    assert refusal(await put("IHERED-994"))[::3] == (404, "LY-2133")
    created = await put("IHERED-994", channel="adt", birthDate="1958-01-30")
    assert created.status_code == 201, created.text
    number = created.json()["id"]
    assert created.headers["location"].endswith(f"/fhir/Patient/{number}")
    desk.house.clock.advance(timedelta(minutes=1))
    revised = await put("IHERED-994", birthDate="1958-01-31", active=True)
    assert (revised.status_code, revised.json()["birthDate"]) == (200, "1958-01-31")
    other = await put(
        "IHERED-m94", name=[{"text": "赵铁柱"}], gender="male", birthDate="1960-01-01"
    )
    assert other.status_code == 201
    assert other.json()["id"] != number
    kept = {"identifier": {"system": RED, "value": "IHERED-994"}}
    desk.house.clock.advance(timedelta(minutes=1))
    resolved = await put("IHERED-m94", active=False, link=[{"other": kept, "type": "replaced-by"}])
    assert resolved.status_code == 200, resolved.text
    assert resolved.json()["id"] == number
    gone = await told(desk, f"Patient/{other.json()['id']}")
    assert (gone["active"], gone["link"][0]["type"]) == (False, "replaced-by")
    foreign = {"identifier": {"system": HIS, "value": "1"}}
    refused = await put("IHERED-m94", link=[{"other": foreign, "type": "replaced-by"}])
    assert refusal(refused)[::3] == (400, "LY-2131")
    for sent in (
        {"resourceType": "Observation"},
        {**WANG, "name": 1, "link": [{"type": "replaces"}]},
    ):
        answer = await ask(
            desk, "PUT", "Patient", "clerk", params={"identifier": f"{RED}|1"}, json=sent
        )
        assert answer.status_code == 400, answer.text
    unnamed = await ask(desk, "PUT", "Patient", "clerk", json=WANG)
    assert refusal(unnamed)[::3] == (400, "LY-2140")
    for path in (f"Patient?identifier={RED}|IHERED-994", f"Patient/{number}"):
        answer = await ask(desk, "DELETE", path, "clerk")
        assert refusal(answer)[::3] == (405, "LY-2144")

    sent = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "identifier", "valueIdentifier": {"system": RED, "value": "IHERED-m94"}},
            {"name": "reason", "valueString": "the wrong patient"},
        ],
    }
    path = f"Patient/{number}/$unmerge"
    assert (await ask(desk, "POST", path, "clerk", json=sent)).status_code == 403
    silent: Any = {**sent, "parameter": sent["parameter"][:1]}
    assert refusal(await ask(desk, "POST", path, json=silent))[::3] == (400, "LY-2140")
    stranger = await ask(desk, "POST", f"Patient/{(await ids(desk))['李秀英']}/$unmerge", json=sent)
    assert refusal(stranger)[::3] == (404, "LY-2132")
    desk.house.clock.advance(timedelta(minutes=1))
    undone = await ask(desk, "POST", path, json=sent)
    assert undone.status_code == 200, undone.text
    assert (await told(desk, f"Patient/{other.json()['id']}"))["name"][0]["text"] == "赵铁柱"
    desk.house.clock.advance(timedelta(minutes=1))
    ours = {"reference": f"Patient/{number}"}
    again = await put("IHERED-m94", active=False, link=[{"other": ours, "type": "replaced-by"}])
    assert (again.status_code, again.json()["id"]) == (200, number)
    history = await told(desk, f"Patient/{other.json()['id']}/$link-history")
    steps = [one["resource"]["activity"]["coding"][0]["code"] for one in history["entry"]]
    assert steps == ["replaced", "replacement-undone", "replaced"]
    assert history["entry"][1]["resource"]["reason"] == [{"text": "the wrong patient"}]

    li = (await ids(desk))["李秀英"]
    apart = {"said": "never-link", "person": number, "other": li, "reason": "two"}
    assert (await desk.post("/decisions", apart)).status_code == 200
    sent["parameter"] = [
        *(
            {"name": "identifier", "valueIdentifier": {"system": system, "value": value}}
            for system, value in ((RED, "IHERED-994"), (HIS, "1"))
        ),
        sent["parameter"][1],
    ]
    desk.house.clock.advance(timedelta(minutes=1))
    assert (await ask(desk, "POST", path, json=sent)).status_code == 200
    history = await told(desk, f"Patient/{li}/$link-history")
    steps = [one["resource"]["activity"] for one in history["entry"]]
    assert [(one["coding"][0]["code"], one.get("text")) for one in steps] == [
        ("never-link", "no longer in force"),
        ("undecided", None),
    ]


async def ids(desk: Desk) -> dict[str, str]:
    every = await told(desk, "Patient", active="true")
    return {one["resource"]["name"][0]["text"]: one["resource"]["id"] for one in every["entry"]}


async def test_every_door_shows_only_what_may_be_seen_and_writes_down_who_looked(
    desk: Desk,
) -> None:
    await desk.hear(adt("1"), adt("2", **OTHER))
    await desk.hear(adt("1", source="HIS-B"), channel="adt-b")
    (own,) = (await told(desk, "Patient", family="王"))["entry"]
    (foreign,) = (await told(desk, "Patient", "foreigner", family="王"))["entry"]
    (whole,) = (await told(desk, "Patient", "group", family="王"))["entry"]
    sources = [
        {one["system"] for one in entry["resource"]["identifier"] if one.get("use") == "usual"}
        for entry in (own, foreign, whole)
    ]
    assert sources == [{HIS}, {f"{HIS}-B"}, {HIS, f"{HIS}-B"}]
    hidden = (await ids(desk))["李秀英"]
    assert await match(desk, {"resourceType": "Patient", "identifier": [
        {"system": HIS, "value": "2"}]}, "foreigner") == []  # fmt: skip
    for path in (f"Patient/{hidden}", f"Patient/{hidden}/$link-history"):
        assert refusal(await ask(desk, "GET", path, "foreigner"))[::3] == (404, "LY-2132")
    stolen = {**WANG, "identifier": [{"system": HIS, "value": "2"}]}
    answer = await ask(
        desk, "PUT", "Patient", "foreigner", params={"identifier": f"{HIS}|2"}, json=stolen
    )
    assert refusal(answer)[::3] == (404, "LY-2133")
    research = await ask(
        desk, "GET", "Patient", params={"family": "王"}, headers={"X-Purpose": "HRESCH"}
    )
    assert refusal(research)[::3] == (403, "LY-1878")
    stranger = await desk.people.stranger().get("/fhir/Patient", params={"family": "王"})
    assert refusal(stranger)[:2] == (401, "login")
    open_to_all = await desk.people.stranger().get("/fhir/metadata")
    assert valid(open_to_all.json())["fhirVersion"] == "4.0.1"
    smart = await desk.people.stranger().get("/fhir/.well-known/smart-configuration")
    assert smart.json()["token_endpoint"].endswith("/oauth/token")
    acts = await desk.house.log.read(0, after=0, limit=1000)
    looked = [one for one in acts if one.kind == "act access.search_patients"]
    assert {key for one in looked for key in one.keys if key.startswith("w:")} == {
        "w:1^HIS", "w:2^HIS", "w:1^HIS-B",
    }  # fmt: skip
    failed = [orjson.loads(one.body)["status"] for one in acts if b'"failed"' in one.body]
    assert (404 in failed, 422 in failed) == (True, False)
    assert all("w:2^HIS" not in one.keys for one in looked if b'"family"' in one.body)


GUIDES = Path(__file__).parents[4] / "docs" / "guides"


def examples(guide: str) -> list[list[str]]:
    """The words of every curl command of a guide."""
    text = (GUIDES / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    plain = [block.replace("\\\n", " ").replace("\\$", "$") for block in blocks]
    words = [word for block in plain for word in shlex.split(block)]
    starts = [at for at, word in enumerate(words) if word == "curl"] + [len(words)]
    return [words[a + 1 : b] for a, b in itertools.pairwise(starts)]


async def run(desk: Desk, words: list[str], person: str) -> httpx.Response:
    """Do what curl would do."""
    method, body, query, address = "GET", None, [], ""
    left = iter(words)
    for word in left:
        if word == "-X":
            method = next(left)
        elif word == "-d":
            method, body = "POST" if method == "GET" else method, next(left)
        elif word == "--data-urlencode":
            query.append(tuple(next(left).split("=", 1)))
        elif word == "-H":
            next(left)
        elif word != "-G":
            address = word.replace("$PERSON", person)
    path = address.partition("/fhir/")[2]
    more: dict[str, Any] = {"content": body} if body else {"params": query} if query else {}
    answer: httpx.Response = await ask(desk, method, path, **more)
    return answer


async def test_the_examples_of_the_guides_work(desk: Desk) -> None:
    await desk.hear(adt("4711"), adt("77", source="LIS"))
    for guide in ("identity-fhir.md", "identity-fhir.zh.md"):
        person = ""
        wanted = examples(guide)
        assert len(wanted) == 5
        for words in wanted:
            desk.house.clock.advance(timedelta(minutes=1))
            answer = await run(desk, words, person)
            assert answer.status_code in (200, 201), (words, answer.text)
            if "-X" in words:
                person = answer.json()["id"]
