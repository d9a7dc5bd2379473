"""What a Subscription and a topic say, and what of changes they mean: pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.unit.projections.clinical.subscriptions.receiving import (
    Receiver,
    observation,
    subscription,
)

from lianyi.base.clock import SteppedClock
from lianyi.base.errors import LianyiError
from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.subscriptions import topics, wanting
from lianyi.projections.clinical.subscriptions.following import Watches
from lianyi.projections.clinical.subscriptions.matching import State, Watch
from lianyi.projections.clinical.subscriptions.topics import TopicBook
from lianyi.projections.clinical.subscriptions.wanting import Wanted

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def watch(topic: str, *filters: str, content: Path = Path("/nowhere")) -> Watch:
    watches = Watches(TopicBook(content), SteppedClock(NOW), ZONE, base="http://x/fhir")
    return watches.read(Wanted(f"urn:lianyi:topic:{topic}", filters))


def state(resource: Mapping[str, Any] | None) -> State:
    return State(1, NOW, json_text.write(resource) if resource else b"", ZONE)


def wants(one: Watch, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> bool:
    type_ = (after or before or {})["resourceType"]
    return one.wants(type_, state(before), state(after))


def test_every_shipped_topic_can_be_used() -> None:
    found = TopicBook(Path("/nowhere")).topics
    assert found.refused == []
    assert len(found.by_url) == len(list(topics.SHIPPED.glob("*.yaml"))) == 8


def interpreted(code: str, **more: Any) -> dict[str, Any]:
    return observation("o", interpretation=[{"coding": [{"code": code}]}], **more)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (None, interpreted("HH"), True),
        (None, interpreted("H"), False),
        (interpreted("N"), interpreted("LL"), True),
        (interpreted("HH"), interpreted("HH", note=[{"text": "x"}]), False),
        (None, interpreted("HH", status="cancelled"), False),
        (interpreted("HH"), None, False),
    ],
)
def test_a_result_becomes_critical_once(
    before: dict[str, Any] | None, after: dict[str, Any] | None, told: bool
) -> None:
    assert wants(watch("result-critical"), before, after) is told


def encounter(status: str) -> dict[str, Any]:
    return {"resourceType": "Encounter", "id": "e", "status": status, "class": {"code": "IMP"}}


def test_an_encounter_begins_and_ends_once() -> None:
    path = [None, *map(encounter, ("planned", "arrived", "in-progress", "finished", "finished"))]
    steps = list(pairwise(path))
    assert [wants(watch("encounter-start"), *step) for step in steps] == [
        False, True, False, False, False,
    ]  # fmt: skip
    assert [wants(watch("encounter-end"), *step) for step in steps] == [
        False, False, False, True, False,
    ]  # fmt: skip


def test_a_merge_is_told_when_the_patient_is_replaced() -> None:
    there = {"resourceType": "Patient", "id": "p"}
    link = [{"other": {"reference": "Patient/q"}, "type": "replaced-by"}]
    merged = there | {"active": False, "link": link}
    assert wants(watch("patient-merged"), there, merged)
    assert not wants(watch("patient-merged"), merged, merged | {"gender": "male"})


def test_filters_hold_together_and_of_what_was_deleted_as_it_was() -> None:
    one = watch("any-change", "Observation?code=2823-3", "Observation?patient=Patient/a")
    assert wants(one, None, observation("o"))
    assert not wants(one, None, observation("o", patient="b"))
    assert wants(one, observation("o"), None)
    assert not wants(one, observation("o", patient="b"), None)
    assert not wants(one, None, {"resourceType": "Patient", "id": "a"})


@pytest.mark.parametrize(
    "text",
    [
        "{url: urn:x, title: {zh: a, en: b}, type: Observation, changes: [create], on: 1}",
        "{url: x, title: {zh: a, en: b}, type: Observation, changes: [create]}",
        "{url: urn:x, title: {zh: a, en: b}, type: Nothing, changes: [create]}",
        "{url: urn:x, title: {zh: a, en: b}, type: Subscription, changes: [create]}",
        "{url: urn:x, title: {zh: a, en: b}, type: Observation, changes: []}",
        "{url: urn:x, title: {zh: a, en: b}, type: '*', changes: [create], after: status=final}",
        "{url: urn:x, title: {zh: a, en: b}, type: Patient, changes: [create], filters: [x]}",
        "{url: urn:x, title: {zh: a, en: b}, type: Patient, changes: [create], fhirpath: 'a..b'}",
        "[",
    ],
)
def test_a_file_that_is_no_topic_is_refused_in_words(text: str) -> None:
    with pytest.raises(LianyiError) as failure:
        topics.read(text.encode(), where="x.yaml")
    assert failure.value.code == "LY-2395"


def test_a_file_of_the_hospital_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*topics.FOLDER)
    folder.mkdir(parents=True)
    file = folder / "own.yaml"
    text = (topics.SHIPPED / "result-final.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("status=final,amended,corrected", "status=amended"), "utf-8")
    book = TopicBook(tmp_path)
    assert book.topics.by_url["urn:lianyi:topic:result-final"].after == "status=amended"
    file.unlink()
    assert "final" in book.topics.by_url["urn:lianyi:topic:result-final"].after


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://hook.example/x", "https://127.0.0.1/x", "https://10.1.2.3/x", "https://[::1]/x",
        "https://169.254.169.254/latest", "https://localhost/x", "https://[fd00::1]/", "ftp://a/b",
        "https://user:secret@hook.example/x", "https://hook.example/x#a", "https://", "x",
        "https://hook.example:0/", "https://192.168.0.1/", "https://hook.example/a b",
        "https://hook.example\r\nX: y/", "https://[::ffff:10.0.0.1]/",
    ],
)  # fmt: skip
def test_a_receiver_that_is_not_public_is_refused(endpoint: str) -> None:
    with pytest.raises(LianyiError) as failure:
        wanting.check_receiver(endpoint, ("lis.hospital",))
    assert failure.value.code in ("LY-2390", "LY-2391")


@pytest.mark.parametrize(
    "endpoint", ["https://hook.example/x?a=b", "https://8.8.8.8/", "http://lis.hospital:8080/hook"]
)
def test_a_receiver_that_is_public_or_named_is_taken(endpoint: str) -> None:
    wanting.check_receiver(endpoint, ("lis.hospital",))


def test_a_subscription_is_kept_without_what_its_headers_say() -> None:
    sent = subscription(Receiver(), headers=["Authorization: Bearer abc"], error="old")
    found = wanting.covered(sent, "p-1")
    assert "abc" not in str(found)
    assert "error" not in found
    assert wanting.pact_of(found) == "p-1"
    assert wanting.read(found).digest == wanting.read(sent).digest
    moved = {**found, "channel": {**found["channel"], "endpoint": "https://else.example/"}}
    assert wanting.read(moved).digest != wanting.read(sent).digest
    assert wanting.pact_of(wanting.covered(found, "p-2")) == "p-2"


@pytest.mark.parametrize("header", ["Host: x", "content-length: 1", "a b: c", "X", "X: a\nY: b"])
def test_a_header_that_would_change_the_request_is_refused(header: str) -> None:
    with pytest.raises(LianyiError) as failure:
        wanting.headers_of(subscription(Receiver(), headers=[header]))
    assert failure.value.code == "LY-2390"
