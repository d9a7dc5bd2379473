"""Subscriptions over a real receiver: told in order, numbered, as far as may be seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.projections.clinical.subscriptions.approving import acting_app, approved
from tests.unit.projections.clinical.subscriptions.receiving import (
    QUICK,
    Receiver,
    observation,
    receiving,
    running,
    said,
    subscribed,
    subscription,
    telling,
)
from tests.unit.projections.clinical.test_everything import patient
from tests.unit.projections.clinical.test_transactions import bundle, entry
from tests.unit.projections.clinical.ward import Ward

from lianyi.api.addresses import every_operation
from lianyi.api.guard import judge
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.sending import Conditions
from lianyi.security.access import acting
from lianyi.security.model import Access, Purpose
from lianyi.security.smart.problems import OutsideOfScopes

PARAMETERS = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as found:
        yield found


@pytest.fixture
async def ward(database: str, tmp_path: Path) -> AsyncIterator[Ward]:
    async with telling(database, tmp_path) as found:
        yield found


async def standing(ward: Ward, id_: str, who: str = "emr") -> dict[str, Any]:
    return said(await ward.get(f"Subscription/{id_}/$status", who))


async def test_a_receiver_is_greeted_and_told_in_order_what_fits(
    ward: Ward, receiver: Receiver
) -> None:
    await ward.put(patient("a", "1"))
    id_ = await subscribed(
        ward,
        subscription(
            receiver,
            "result-final",
            "Observation?patient=Patient/a",
            content="full-resource",
            headers=["Authorization: Bearer very-secret"],
        ),
    )
    await receiver.until(lambda: receiver.of("handshake"))
    (hello,) = receiver.of("handshake")
    assert said(hello)["status"] == "requested"
    assert said(hello)["events-since-subscription-start"] == "0"
    assert receiver.headers["authorization"] == "Bearer very-secret"
    assert receiver.headers["content-type"] == "application/fhir+json"

    await ward.put(patient("z", "9"))
    await ward.put(observation("o1", status="preliminary"))  # not final yet
    await ward.put(observation("other", patient="z"))  # of somebody else
    await ward.put(observation("o1"))
    await ward.put(observation("o1", note=[{"text": "again"}]))  # it was final before
    await ward.put(observation("o2"))
    await receiver.until(lambda: len(receiver.events()) >= 2)

    assert receiver.events() == [(1, "Observation/o1"), (2, "Observation/o2")]
    told = receiver.of("event-notification")[0]
    assert told["type"] == "history"
    assert told["meta"]["profile"] == [f"{PARAMETERS}backport-subscription-notification-r4"]
    assert said(told)["topic"] == "urn:lianyi:topic:result-final"
    entry_ = told["entry"][1]
    assert entry_["fullUrl"].endswith("/fhir/Observation/o1")
    assert entry_["request"] == {"method": "PUT", "url": "Observation/o1"}
    assert entry_["resource"]["status"] == "final"
    assert "note" not in entry_["resource"]  # as it was when it happened

    stands = await standing(ward, id_)
    assert (stands["status"], stands["events-since-subscription-start"]) == ("active", "2")
    kept = await ward.get(f"Subscription/{id_}")
    assert kept["channel"]["header"] == ["Authorization: ***"]
    assert kept["status"] == "active"
    assert await _nothing_says(ward, "very-secret")
    acts = await ward.house.pool.fetch(
        "SELECT keys FROM messagelog.message WHERE kind = 'act subscription.notified'"
    )
    assert acts
    assert all("w:1^EMR" in row["keys"] for row in acts)


async def _nothing_says(ward: Ward, secret: str) -> bool:
    live = await ward.house.pool.fetchval(
        "SELECT version FROM projections.version WHERE projection = 'clinical' AND live"
    )
    found = 0
    for table in (
        "messagelog.message",
        f"clinical_{live}.resource",
        f"clinical_{live}.version",
        f"clinical_{live}.stated",
        "subscriptions.pact",
        "security.hook_secret",
        "subscriptions.subscription",
    ):
        found += await ward.house.pool.fetchval(
            f"SELECT count(*) FROM {table} AS t WHERE position($1 IN t::text) > 0"
            " OR position(encode($1::bytea, 'hex') IN t::text) > 0",
            secret,
        )
    return found == 0


async def test_a_dead_receiver_holds_up_nobody_and_catches_up_in_order(
    ward: Ward, receiver: Receiver
) -> None:
    await ward.put(patient("a", "1"))
    async with receiving() as other:
        first = await subscribed(ward, subscription(receiver))
        await subscribed(ward, subscription(other, content="empty"))
        await receiver.until(lambda: receiver.of("handshake") and other.of("handshake"))
        receiver.status = 503
        for number in range(1, 6):
            await ward.put(observation(f"o{number}"))
        await other.until(lambda: len(other.events()) == 5)
        assert [number for number, focus in other.events()] == [1, 2, 3, 4, 5]
        assert {focus for _, focus in other.events()} == {""}
        assert all(len(one["entry"]) == 1 for one in other.of("event-notification"))
        await receiver.until(lambda: receiver.refused >= 4)
        for _ in range(300):
            if (await ward.get(f"Subscription/{first}"))["status"] == "error":
                break
            await asyncio.sleep(0.02)
        kept = await ward.get(f"Subscription/{first}")
        assert kept["status"] == "error"
        assert "503" in kept["error"]
        receiver.status = 200
        await receiver.until(lambda: len(receiver.events()) >= 5)
        assert receiver.events() == [(n, f"Observation/o{n}") for n in range(1, 6)]
        for _ in range(300):
            if (await standing(ward, first))["status"] == "active":
                break
            await asyncio.sleep(0.02)
        assert (await standing(ward, first))["status"] == "active"


async def test_what_was_taken_unheard_is_told_again_under_the_same_numbers(
    ward: Ward, receiver: Receiver
) -> None:
    await ward.put(patient("a", "1"))
    id_ = await subscribed(ward, subscription(receiver))
    await receiver.until(lambda: receiver.of("handshake"))
    receiver.deaf = True
    await ward.put(observation("o1"))
    await receiver.until(lambda: len(receiver.events()) >= 2)
    receiver.deaf = False
    await ward.put(observation("o2"))
    await receiver.until(lambda: (2, "Observation/o2") in receiver.events())
    assert list(dict.fromkeys(receiver.events())) == [(1, "Observation/o1"), (2, "Observation/o2")]
    again = await ward.get(f"Subscription/{id_}/$events", eventsSinceNumber="2")
    assert said(again)["type"] == "query-event"
    assert [one["request"] for one in again["entry"][1:]] == [
        {"method": "POST", "url": "Observation"}
    ]


async def test_who_loses_his_rights_is_told_nothing_more(ward: Ward, receiver: Receiver) -> None:
    await ward.put(patient("a", "1"))
    id_ = await subscribed(ward, subscription(receiver))
    await receiver.until(lambda: receiver.of("handshake"))
    await ward.house.pool.execute(
        "UPDATE security.account SET state = 'disabled' WHERE name = 'emr'"
    )
    await ward.people.refresh()
    await ward.people.add("emr2", ("clinical-system", "H1"), organisation="H1")
    await ward.put(observation("o1"), who="emr2")
    for _ in range(500):
        kept = await ward.get(f"Subscription/{id_}", "emr2")
        if kept["status"] == "off":
            break
        await asyncio.sleep(0.02)
    assert kept["status"] == "off"
    assert "LY-2397" in kept["error"]
    assert receiver.events() == []


async def test_each_is_told_as_he_would_be_shown_and_another_hospital_nothing(
    database: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with telling(database, tmp_path, masked=True) as ward, receiving() as there:
        await ward.put(patient("a", "1"))
        kinds = ("Observation", "RelatedPerson")
        wanted = subscription(receiver, "any-change", *kinds, content="full-resource")
        await subscribed(ward, wanted, who="doctor")
        elsewhere = subscription(there, "any-change", *kinds)
        id_ = await subscribed(ward, elsewhere, who="emr-b")
        await receiver.until(lambda: receiver.of("handshake") and there.of("handshake"))
        await ward.put(observation("o1"))
        await ward.put(observation("secret") | {"code": {"text": "HIV抗体"}})
        mother = {"resourceType": "RelatedPerson", "id": "m", "name": [{"text": "王秀英"}]}
        await ward.put({**mother, "patient": {"reference": "Patient/a"}})
        await receiver.until(lambda: len(receiver.events()) >= 2)
        assert receiver.events() == [(1, "Observation/o1"), (2, "RelatedPerson/m")]
        told = [one for each in receiver.of("event-notification") for one in each["entry"][1:]]
        assert told[0]["resource"]["status"] == "final"
        assert told[1]["resource"]["meta"]["security"][0]["code"] == "MASKED"
        assert "秀英" not in str(told)
        assert "HIV" not in str(told)
        for _ in range(300):
            waits = await ward.house.pool.fetchval(
                "SELECT count(*) FROM subscriptions.event WHERE number IS NULL"
            )
            if not waits:
                break
            await asyncio.sleep(0.02)
        assert (await standing(ward, id_, "emr-b"))["events-since-subscription-start"] == "0"
        assert there.events() == []


async def test_deletions_and_creations_of_a_type(ward: Ward, receiver: Receiver) -> None:
    await ward.put(patient("a", "1"))
    await subscribed(
        ward, subscription(receiver, "any-change", "Observation?code=2823-3", "Organization")
    )
    await receiver.until(lambda: receiver.of("handshake"))
    await ward.put(observation("o1"))
    await ward.put({"resourceType": "Organization", "id": "org", "name": "x"})
    await ward.put({"resourceType": "Location", "id": "loc", "name": "x"})
    await ward.ask("DELETE", "Observation/o1")
    await receiver.until(lambda: len(receiver.events()) >= 3)
    names = ["Observation/o1", "Organization/org", "Observation/o1"]
    assert receiver.events() == list(enumerate(names, 1))
    entries = [one for told in receiver.of("event-notification") for one in told["entry"][1:]]
    assert entries[-1]["request"] == {"method": "DELETE", "url": "Observation/o1"}


async def test_only_a_subscription_that_can_be_followed_is_kept(
    ward: Ward, receiver: Receiver
) -> None:
    async def code(sent: dict[str, Any], path: str = "Subscription", method: str = "POST") -> str:
        answer = await ward.ask(method, path, sent)
        found = json_text.read(answer.content)
        assert answer.status_code >= 400, found
        return str(found["issue"][0]["details"]["coding"][0]["code"])

    good = subscription(receiver)
    bad = {**good, "channel": {**good["channel"], "endpoint": "https://10.0.0.7/hook"}}
    plain = {**good, "channel": {**good["channel"], "endpoint": "http://hook.example/x"}}
    assert await code(bad) == "LY-2391"
    assert await code(plain) == "LY-2391"
    assert await code({**good, "criteria": "urn:nobody"}) == "LY-2390"
    assert await code(subscription(receiver, "result-final", "status=final")) == "LY-2390"
    assert await code(subscription(receiver, "any-change")) == "LY-2390"
    chained = subscription(receiver, "any-change", "Observation?subject:Patient.family=x")
    assert await code(chained) == "LY-2390"
    secret = subscription(receiver, headers=["Host: elsewhere"])
    assert await code(secret) == "LY-2390"
    other = {**good, "id": "s1"}
    batch = bundle(entry("PUT", "Subscription/s1", other), type_="batch")
    answer = json_text.read((await ward.ask("POST", "", batch)).content)
    assert answer["entry"][0]["response"]["status"] == "400 Bad Request"
    assert await ward.count("resource", "type = 'Subscription'") == 0
    of_r4 = {**good, "id": "r4", "criteria": "Observation?code=http://loinc.org|1975-2"}
    kept = await ward.put(of_r4)  # kept as any resource, and not followed
    assert kept["status"] == "requested"
    assert (await ward.ask("GET", "Subscription/r4/$status")).status_code == 404
    assert (await ward.ask("PUT", "Subscription/r4", of_r4, "doctor")).status_code == 403


async def test_a_subscription_is_its_owners_alone(ward: Ward, receiver: Receiver) -> None:
    id_ = await subscribed(ward, subscription(receiver, headers=["X-Key: one"]))
    await receiver.until(lambda: receiver.of("handshake"))
    theirs = subscription(receiver, headers=["X-Key: ***"]) | {"id": id_}
    for method, path in (("PUT", ""), ("DELETE", ""), ("GET", "/$status"), ("GET", "/$events")):
        body = theirs if method == "PUT" else None
        answer = await ward.ask(method, f"Subscription/{id_}{path}", body, "doctor")
        assert answer.status_code == 404, (method, path)
    receiver.bundles.clear()
    answer = await ward.ask("PUT", f"Subscription/{id_}", theirs)
    assert answer.status_code == 200
    await receiver.until(lambda: receiver.of("handshake"))
    assert receiver.headers["x-key"] == "one"
    moved = {**theirs["channel"], "endpoint": f"{receiver.address}/else"}
    answer = await ward.ask("PUT", f"Subscription/{id_}", {**theirs, "channel": moved})
    assert answer.status_code == 400
    answer = await ward.ask("DELETE", f"Subscription/{id_}")
    assert answer.status_code == 204
    await ward.put(patient("a", "1"))
    await ward.put(observation("o1"))
    await asyncio.sleep(0.5)
    assert receiver.events() == []


async def test_a_receiver_hears_that_there_is_nothing_and_that_it_ends(
    database: str, tmp_path: Path, receiver: Receiver
) -> None:
    async with telling(database, tmp_path, settings=QUICK, working=False) as ward:
        id_ = await subscribed(ward, subscription(receiver, end="2020-01-01T00:00:00Z"))
        async with running(ward):
            for _ in range(500):
                kept = await ward.get(f"Subscription/{id_}")
                if kept["status"] == "off":
                    break
                await asyncio.sleep(0.02)
        assert kept["status"] == "off"
        assert receiver.bundles == []


async def test_the_topics_are_told_by_the_capability_statement(ward: Ward) -> None:
    (rest,) = (await ward.get("metadata"))["rest"]
    (found,) = [one for one in rest["resource"] if one["type"] == "Subscription"]
    topics = {one["valueCanonical"] for one in found["extension"]}
    assert {"urn:lianyi:topic:result-final", "urn:lianyi:topic:patient-merged"} <= topics
    assert {one["name"] for one in found["operation"]} >= {"status", "events"}


async def test_an_app_is_told_of_its_own_patient(ward: Ward, receiver: Receiver) -> None:
    for id_, mrn in (("a", "1"), ("b", "2")):
        await ward.put(patient(id_, mrn))  # one citizen, registered twice
    stranger = patient("c", "3") | {"birthDate": "1950-01-01", "name": [{"text": "赵铁柱"}]}
    del stranger["identifier"][1]
    await ward.put(stranger)
    await approved(ward, "patient/Observation.rs", "1^EMR")
    app = acting_app(ward, "patient/Observation.rs", "1^EMR")
    service = ward.house.app.state.subscriptions
    for name in ("subscribe", "read_subscription_status", "list_subscription_events"):
        operation = next(one for one in every_operation() if one.name == name)
        judge(app, operation)
    with acting(Access(app, "clinical.read", "subscribe", Purpose.TREATMENT)):
        with pytest.raises(OutsideOfScopes):
            await service.subscribe(subscription(receiver, "report-final"), Conditions())
        made = await service.subscribe(subscription(receiver), Conditions())
    await receiver.until(lambda: receiver.of("handshake"))
    await ward.put(observation("hers", "b"))
    await ward.put(observation("other", "c"))
    await ward.put(observation("hers-too", "a"))
    await receiver.until(lambda: len(receiver.events()) >= 2)
    assert receiver.events() == [(1, "Observation/hers"), (2, "Observation/hers-too")]
    with acting(Access(app, "clinical.read", "subscribe", Purpose.TREATMENT)):
        assert said(await service.status(made.id))["status"] == "active"
    answer = await ward.ask("GET", f"Subscription/{made.id}/$status")  # its person is no app
    assert answer.status_code == 404
