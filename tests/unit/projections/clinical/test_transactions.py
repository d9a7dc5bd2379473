"""Bundles of requests over REST: transactions and batches."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.shared import patients_of_synthea
from tests.unit.projections.clinical.ward import Ward, warded

from lianyi.formats.fhir import json_text

URN = "urn:uuid:00000000-0000-4000-8000-00000000000"


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with warded(database, tmp_path) as found:
        yield found


def bundle(*entries: dict[str, Any], type_: str = "transaction") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": type_, "entry": list(entries)}


def entry(method: str, url: str, resource: Any = None, n: int = 0, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    if resource is not None:
        made["resource"] = resource
    return made | ({"fullUrl": f"{URN}{n}"} if n else {})


def observation(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "code": {"text": "weight"},
        "subject": {"reference": subject}, **more,
    }  # fmt: skip


async def submit(ward: Ward, sent: Any, **more: Any) -> Any:
    answer = await ward.ask("POST", "", sent, **more)
    assert answer.status_code == 200, answer.text
    return json_text.read(answer.content)


def status_of(answered: Any) -> list[str]:
    return [one["response"]["status"][:3] for one in answered["entry"]]


async def test_a_transaction_is_done_in_the_standards_order_and_answered_in_its_own(
    ward: Ward,
) -> None:
    patient = {"resourceType": "Patient", "name": [{"text": "王"}]}
    await ward.put(observation("Patient/x", id="old"))
    sent = bundle(
        entry("GET", "Observation/new"),
        entry("PUT", "Observation/new", observation(f"{URN}1", id="new"), 2),
        entry("POST", "Patient", patient, 1),
        entry("DELETE", "Observation/old"),
    )
    answered = await submit(ward, sent)
    assert answered["type"] == "transaction-response"
    assert status_of(answered) == ["200", "201", "201", "204"]
    read = answered["entry"][0]["resource"]
    place = answered["entry"][2]["response"]["location"]
    assert read["subject"]["reference"] == place.split("/fhir/")[1].split("/_history")[0]
    assert (await ward.ask("GET", "Observation/old")).status_code == 410


async def test_nothing_of_a_transaction_is_done_when_an_entry_cannot_be(ward: Ward) -> None:
    await ward.put(observation("Patient/x", id="there"))
    good = entry("PUT", "Observation/new", observation("Patient/x", id="new"))
    there = observation("Patient/x", id="there", note=[{"text": "changed"}])
    for bad, status in (
        (entry("PUT", "Observation/there", there, ifMatch='W/"7"'), 412),
        (entry("PUT", "Observation/new", observation("Patient/x", id="new")), 400),
        (entry("PUT", "Observation/z", observation(f"{URN}9", id="z")), 400),
        (entry("POST", "Nonsense", observation("Patient/x")), 400),
        (entry("POST", "Patient", observation("Patient/x")), 400),
        (entry("PUT", "Observation/z", observation("Patient/x", id="y")), 400),
        ({"resource": there}, 400),
    ):
        answer = await ward.ask("POST", "", bundle(good, bad))
        assert answer.status_code == status, (bad, answer.text)
        assert json_text.read(answer.content)["resourceType"] == "OperationOutcome"
    assert (await ward.ask("GET", "Observation/new")).status_code == 404
    history = await ward.get("Observation/there/_history")
    assert history["total"] == 1


async def test_each_entry_of_a_batch_stands_for_itself(ward: Ward) -> None:
    sent = bundle(
        entry("PUT", "Observation/a", observation("Patient/x", id="a")),
        entry("PUT", "Observation/b", observation("Patient/x", id="c")),
        entry("GET", "Observation/nobody"),
        entry("POST", "Observation", observation("Patient/x")),
        type_="batch",
    )
    answered = await submit(ward, sent)
    assert status_of(answered) == ["201", "400", "404", "201"]
    assert answered["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert (await ward.ask("GET", "Observation/a")).status_code == 200


async def test_an_entry_of_a_batch_has_the_status_that_its_own_door_has(ward: Ward) -> None:
    first = entry("PUT", "Observation/o1", observation("Patient/x", id="o1"))
    await submit(ward, bundle(first, type_="batch"))
    stale = entry("PUT", "Observation/o1", observation("Patient/y", id="o1"), ifMatch='W/"7"')
    unknown = entry("PUT", "Observation?nonsense=1", observation("Patient/x"))
    answered = await submit(ward, bundle(stale, unknown, type_="batch"))
    told = [one["response"]["status"] for one in answered["entry"]]
    assert told == ["412 Precondition Failed", "400 Bad Request"]


async def test_links_of_a_narrative_lead_to_what_was_made(ward: Ward) -> None:
    div = (
        f'<div xmlns="http://www.w3.org/1999/xhtml"><a href="{URN}1">e</a>'
        f"<img src='{URN}1' alt='href=&quot;'/><a href=\"https://x.test/\">{URN}1</a></div>"
    )
    told = observation("Patient/x", text={"status": "generated", "div": div})
    visit = {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}}
    sent = bundle(entry("POST", "Encounter", visit, 1), entry("POST", "Observation", told, 2))
    answered = await submit(ward, sent)
    made = [one["response"]["location"].split("/fhir/")[1] for one in answered["entry"]]
    encounter = "/".join(made[0].split("/")[:2])
    kept = await ward.get(made[1].partition("/_history")[0])
    wanted = div.replace(f'href="{URN}1"', f'href="{encounter}"')
    assert kept["text"]["div"] == wanted.replace(f"src='{URN}1'", f"src='{encounter}'")


async def test_synthetic_patients_go_round(ward: Ward) -> None:
    for sent in patients_of_synthea():
        answered = await submit(ward, sent)
        assert set(status_of(answered)) == {"201"}
        places = [
            one["response"]["location"].split("/fhir/")[1].split("/_history")[0]
            for one in answered["entry"]
        ]
        new = dict(zip([one["fullUrl"] for one in sent["entry"]], places, strict=True))
        for one, place in list(zip(sent["entry"], places, strict=True))[::20]:
            found = await ward.get(place)
            meta = found.pop("meta")
            assert meta.pop("versionId") == "1"
            del meta["lastUpdated"]
            text = json_text.write(one["resource"] | {"id": place.split("/")[1]}).decode()
            for url in set(re.findall(r"urn:uuid:[0-9a-f-]{36}", text)):
                text = text.replace(url, new[url])
            wanted = json_text.read(text.encode())
            assert found | ({"meta": meta} if meta else {}) == wanted
