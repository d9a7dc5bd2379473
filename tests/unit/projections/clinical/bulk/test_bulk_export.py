"""Exports asked for, waited for and taken, as a system does it: over the doors, from a real log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from tests.unit.projections.clinical.bulk.exports import (
    exported,
    exporting,
    lines,
    manifest,
    names,
    observation,
    patient,
    start,
    stood,
)
from tests.unit.projections.clinical.ward import Ward

from lianyi.formats.fhir import json_text


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with exporting(database, tmp_path) as found:
        yield found


def bundle(*resources: dict, deleted: tuple[str, ...] = ()) -> dict:
    """Return a transaction that writes and deletes."""
    puts = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    gone = [{"request": {"method": "DELETE", "url": name}} for name in deleted]
    return {"resourceType": "Bundle", "type": "transaction", "entry": [*gone, *puts]}


async def write(
    ward: Ward, *resources: dict, deleted: tuple[str, ...] = (), who: str = "emr"
) -> None:
    ward.house.clock.advance(timedelta(milliseconds=5))
    answer = await ward.ask("POST", "", bundle(*resources, deleted=deleted), who)
    assert answer.status_code == 200, answer.text
    ward.house.clock.advance(timedelta(milliseconds=5))


async def test_an_export_holds_what_may_be_seen_as_it_stands(ward: Ward) -> None:
    await write(ward, patient("p"), *(observation(f"o{n}") for n in range(5)))
    await write(ward, {"resourceType": "Organization", "id": "org", "name": "x"})
    await write(ward, patient("q"), observation("foreign", "q"), who="emr-b")
    found = await manifest(ward, await start(ward, _type="Patient,Observation,Organization"))
    assert found["requiresAccessToken"] is True
    assert found["request"].endswith("/fhir/$export?_type=Patient%2CObservation%2COrganization")
    taken = await lines(ward, found)
    url = found["output"][0]["url"].partition("/fhir/")[2]
    plain = await ward.ask("GET", url, None, "taker", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert json_text.read(plain.content.splitlines()[0]) in taken
    now = datetime.fromisoformat(found["transactionTime"])
    assert {json_text.write(one) for one in taken} == set((await stood(ward, now)).values())
    assert len(names(taken)) == len(set(names(taken))) == 7
    assert names(await exported(ward, who="taker-b")) == ["Observation/foreign", "Patient/q"]


async def test_an_export_is_of_its_instant_while_others_write(ward: Ward) -> None:
    """Whatever is created, changed, moved or deleted meanwhile: no more and no less."""
    random = Random(7)
    await write(ward, *(patient(f"p{n}") for n in range(3)))
    ids = [f"o{n}" for n in range(60)]
    await write(ward, *(observation(one, "p0") for one in ids))
    done = asyncio.Event()

    async def going_on() -> None:
        number = 0
        while not done.is_set():
            number += 1
            some = random.sample(ids, 6)
            changed = [
                observation(
                    one, f"p{random.randrange(3)}", issued=f"2026-01-01T00:00:{number % 60:02}Z"
                )
                for one in some[:4]
            ]
            await write(
                ward,
                *changed,
                observation(f"new{number}", "p1"),
                deleted=tuple(f"Observation/{one}" for one in some[4:]),
            )

    async def ticking() -> None:
        """Let time pass: what is stamped later must not have the instant of an export."""
        while True:
            ward.house.clock.advance(timedelta(milliseconds=1))
            await asyncio.sleep(0.001)

    passing = asyncio.create_task(ticking())
    writing = asyncio.create_task(going_on())
    try:
        for _ in range(3):
            begun = await start(ward, "Patient/$export", _type="Observation")
            found = await manifest(ward, begun)
            taken = await lines(ward, found)
            at = datetime.fromisoformat(found["transactionTime"])
            wanted = {
                name: body
                for name, body in (await stood(ward, at)).items()
                if name.startswith("Observation/")
            }
            assert names(taken) == sorted(wanted)
            assert {json_text.write(one) for one in taken} == set(wanted.values())
    finally:
        done.set()
        await writing
        passing.cancel()


async def test_what_changed_since_an_export_is_what_the_next_one_holds(ward: Ward) -> None:
    await write(ward, patient("p"), *(observation(f"o{n}") for n in range(4)))
    first = await manifest(ward, await start(ward))
    since = first["transactionTime"]
    await write(
        ward, observation("o1", status="amended"), observation("o9"), deleted=("Observation/o2",)
    )
    await write(ward, observation("o8"))
    await write(ward, deleted=("Observation/o8",))
    second = await manifest(ward, await start(ward, _since=since))
    assert names(await lines(ward, second)) == ["Observation/o1", "Observation/o9"]
    gone = [one["entry"][0]["request"]["url"] for one in await lines(ward, second, "deleted")]
    assert sorted(gone) == ["Observation/o2", "Observation/o8"]
    third = await manifest(ward, await start(ward, _since=second["transactionTime"]))
    assert (third["output"], third["deleted"]) == ([], [])
    before = await exported(ward, _until=since, _type="Observation")
    assert names(before) == [f"Observation/o{n}" for n in range(4)]
    assert {one["status"] for one in before} == {"final"}


FILTERS = [
    "Observation?status=amended",
    "Observation?date=ge2026-06-01",
    "Observation?code:text=b&status=final",
    "Observation?status:not=final",
    "Observation?value-quantity=gt5",
    "Observation?_lastUpdated=lt2027-01-01&subject=Patient/p",
    "Observation?identifier=urn:x|3,Observation?identifier=urn:x|4",
]


async def test_a_filter_finds_what_a_search_would_have_found_at_that_instant(ward: Ward) -> None:
    random = Random(3)
    await write(ward, patient("p"), patient("q"))
    some = []
    for number in range(24):
        one = observation(
            f"o{number}", random.choice("pq"), status=random.choice(["final", "amended"])
        )
        one["code"] = {"text": random.choice(["abc", "bcd"])}
        one["effectiveDateTime"] = f"2026-0{random.randrange(1, 10)}-01T00:00:00Z"
        one["identifier"] = [{"system": "urn:x", "value": str(number)}]
        one["valueQuantity"] = {"value": random.randrange(10)}
        some.append(one)
    await write(ward, *some)
    searched = {}
    for one in FILTERS:
        found: set[str] = set()
        for query in one.split(",Observation?"):
            page = await ward.get(f"Observation?{query.removeprefix('Observation?')}&_count=100")
            found |= {f"Observation/{entry['resource']['id']}" for entry in page.get("entry", [])}
        searched[one] = sorted(found)
    at = ward.house.clock.now().isoformat()
    assert min(map(len, searched.values())) > 0
    assert max(map(len, searched.values())) < 24
    for one in FILTERS:
        assert names(await exported(ward, _type="Observation", _typeFilter=one)) == searched[one]
    # Afterwards everything is something else; of that instant the same is found.
    await write(
        ward,
        *(observation(one["id"], "q", status="unknown") for one in some[:20]),
        deleted=tuple(f"Observation/{one['id']}" for one in some[20:]),
    )
    for one in FILTERS:
        taken = await exported(ward, _type="Observation", _typeFilter=one, _until=at)
        assert names(taken) == searched[one], one


async def test_patients_and_groups_bound_an_export(ward: Ward) -> None:
    await write(
        ward, *(patient(one) for one in "pqr"), *(observation(f"o{one}", one) for one in "pqr")
    )
    members = [
        {"entity": {"reference": "Patient/p"}},
        {"entity": {"reference": "Patient/q"}, "inactive": True},
        {"entity": {"reference": "Patient/r"}, "period": {"end": "2020-01-01"}},
    ]
    await write(
        ward,
        {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": members},
    )
    assert names(await exported(ward, "Group/g/$export")) == ["Observation/op", "Patient/p"]
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "patient", "valueReference": {"reference": "Patient/q"}},
            {"name": "_type", "valueString": "Observation"},
        ],
    }
    assert names(await exported(ward, "Patient/$export", body=body)) == ["Observation/oq"]
    every = names(await exported(ward, "Patient/$export", _type="Patient,Observation"))
    assert len(every) == 6


async def test_elements_are_what_is_wanted_and_no_more(ward: Ward) -> None:
    await write(ward, patient("p"), observation("o", issued="2026-01-01T00:00:00Z"))
    (one,) = await exported(ward, _type="Observation", _elements="Observation.status,Patient.name")
    assert set(one) == {"resourceType", "id", "meta", "status", "code"}
    assert one["meta"]["tag"][-1]["code"] == "SUBSETTED"
