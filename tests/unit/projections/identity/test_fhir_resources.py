"""Persons as FHIR: whatever is held true of somebody is a valid Patient, and is read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.projections.identity.people import PHONE

from lianyi.messagelog.message import storable_text
from lianyi.projections.identity.cards import without_tokens
from lianyi.projections.identity.fhir import capability, resources
from lianyi.projections.identity.fhir.requests import statements_of
from lianyi.projections.identity.fhir.resources import Links, Matched, Step
from lianyi.projections.identity.folding import Saying, SourceRecord, fold
from lianyi.projections.identity.golden import golden
from lianyi.projections.identity.ids import record_id, shown
from lianyi.projections.identity.registration import Flag, Identifier, IdKind, Name, Registration
from lianyi.projections.identity.statements import Registered
from lianyi.projections.identity.systems import (
    KINDS,
    PERSON_SYSTEM,
    authority_from,
    canonical,
    kind_from,
    system_of,
)
from lianyi.security.privacy.classification import shipped
from lianyi.security.privacy.hiding import Hider
from lianyi.security.privacy.model import ALL, NOTHING, Levels

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
CLASSIFICATION = shipped()
BASE = "https://lianyi.test/fhir"
NUMBER = "11010119800315001X"


def valid(resource: dict[str, Any]) -> dict[str, Any]:
    """Let the reference model of FHIR R4B read a resource, and everything in it."""
    kind = resource["resourceType"]
    get_fhir_model_class(kind).model_validate(json.loads(json.dumps(resource)))
    for entry in resource.get("entry", []):
        valid(entry["resource"])
    return resource


def record(said: Registration) -> SourceRecord:
    return fold([Saying(Registered(said, NOON, "A04"), NOON, NOON)])


def patient(*said: Registration, levels: Levels = ALL) -> dict[str, Any]:
    hider = Hider(CLASSIFICATION, levels)
    records = [record(one) for one in said]
    number = record_id(*said[0].key)
    return resources.patient(
        number,
        golden(records),
        [(one.key, hider, True) for one in records],
        links=Links("seealso", [record_id(*one.key) for one in said[1:]]),
        updated=NOON,
    )


WANG = Registration(
    "HIS",
    "4711",
    (Name("王小明"), Name("王大明", "old"), Name("Wang Xiaoming", "phonetic")),
    "M",
    "19800315",
    (
        Identifier(IdKind.CITIZEN, NUMBER),
        Identifier(IdKind.PASSPORT, "E12345678", "CHN", "", date(2030, 1, 31)),
        Identifier(IdKind.HOSPITAL_CARD, "0099887766", "HIS"),
    ),
    (PHONE,),
    ("北京市东城区安定门内大街1号",),
    multiple_birth=True,
    birth_order=2,
    mother_name="李秀英",
)


def test_a_person_is_a_patient_with_every_number_under_its_system() -> None:
    found = valid(patient(WANG, Registration("1.2.156.9", "77", (Name("王小明"),))))
    assert found["id"] == shown(record_id("HIS", "4711"))
    numbers = {(one["system"], one["value"]): one.get("use") for one in found["identifier"]}
    assert numbers == {
        (PERSON_SYSTEM, found["id"]): "official",
        ("urn:lianyi:authority:HIS", "4711"): "usual",
        ("urn:oid:1.2.156.9", "77"): "usual",
        ("urn:oid:2.16.156.10011.1.3", NUMBER): None,
        ("urn:lianyi:number:passport", "E12345678"): None,
        ("urn:lianyi:authority:HIS", "0099887766"): None,
    }
    passport = next(one for one in found["identifier"] if one["value"] == "E12345678")
    assert (passport["assigner"], passport["period"]) == (
        {"display": "CHN"},
        {"end": "2030-01-31"},
    )
    names = [(one.get("use"), one["text"], one.get("family")) for one in found["name"]]
    assert names[0] == ("official", "王小明", "王")
    assert found["name"][0]["given"] == ["小明"]
    assert ("old", "王大明", "王") in names
    assert (None, "Wang Xiaoming", None) in names
    assert (found["gender"], found["birthDate"]) == ("male", "1980-03-15")
    assert found["telecom"] == [{"system": "phone", "use": "mobile", "value": PHONE}]
    assert found["address"] == [{"text": "北京市东城区安定门内大街1号"}]
    assert found["multipleBirthInteger"] == 2
    assert found["extension"] == [{"url": resources.MOTHERS_MAIDEN_NAME, "valueString": "李秀英"}]
    (link,) = found["link"]
    other = {"reference": f"Patient/{shown(record_id('1.2.156.9', '77'))}"}
    assert link == {"other": other, "type": "seealso"}
    assert found["meta"]["lastUpdated"] == "2026-03-01T12:00:00.000Z"
    assert "security" not in found["meta"]


def test_what_is_hidden_is_never_written_as_a_value() -> None:
    found = valid(patient(WANG, levels=NOTHING))
    said = json.dumps(found, ensure_ascii=False)
    for secret in (
        "小明",
        "大明",
        NUMBER,
        "4711",
        "E12345678",
        PHONE,
        "安定门",
        "李秀英",
        "1980-",
    ):
        assert secret not in said, secret
    assert found["meta"]["security"] == [resources.MASKED]
    for one in found["identifier"][1:]:
        assert "value" not in one
        absent, rendered = one["_value"]["extension"]
        assert absent["valueCode"] == "masked"
        assert "*" in rendered["valueString"]
    assert all("value" not in one for one in found["telecom"])


texts = st.text(max_size=20).map(storable_text)
names = st.builds(
    Name,
    st.one_of(texts, st.sampled_from(["王小明", "欧阳娜娜", "Anna Li", "王某之女", " ", "？"])),
    st.sampled_from(["official", "old", "maiden", "nickname", "phonetic", "anonymous", "x"]),
)
identifiers = st.builds(
    Identifier,
    st.sampled_from(IdKind),
    st.one_of(texts, st.sampled_from([NUMBER, "E12345678"])),
    st.one_of(texts, st.sampled_from(["HIS", "1.2.3", "http://a.test/mrn"])),
    st.sampled_from(["", "old", "lost"]),
    st.one_of(st.none(), st.dates()),
    st.sampled_from(["", "reader", "verified"]),
)
keys = st.text(min_size=1, max_size=10).map(storable_text).filter(str.strip)
registrations = st.builds(
    Registration,
    keys,
    keys,
    st.lists(names, max_size=3).map(tuple),
    st.one_of(texts, st.sampled_from(["M", "女", "9"])),
    st.one_of(
        texts, st.dates().map(lambda on: f"{on:%Y%m%d}"), st.sampled_from(["1980", "198002"])
    ),
    st.lists(identifiers, max_size=4).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
    st.lists(texts, max_size=3).map(tuple),
    st.sampled_from([None, True, False]),
    st.one_of(st.none(), st.integers(-1, 12)),
    st.one_of(st.none(), identifiers),
    texts,
    st.lists(st.sampled_from(Flag), max_size=2).map(tuple),
)


@given(
    st.lists(registrations, min_size=1, max_size=3, unique_by=lambda one: one.key),
    st.sampled_from([ALL, NOTHING]),
)
@settings(max_examples=150, deadline=None)
def test_any_golden_record_is_valid_fhir(said: Sequence[Registration], levels: Levels) -> None:
    found = valid(patient(*said, levels=levels))
    answered = [Matched(found, "probable", 0.25), Matched(found)]
    valid(resources.searchset(answered, base=BASE, total=2, links={"self": BASE}))
    valid(resources.cross_references(found["identifier"], [record_id(*said[0].key)]))


@given(registrations)
@settings(max_examples=60, deadline=None)
def test_what_is_answered_can_be_fed_and_says_the_same(said: Registration) -> None:
    found = patient(without_tokens(said))  # as the index keeps it; see cards.looks_like_token
    own = found["identifier"][1]
    assert authority_from(own["system"]) == said.source
    documents = [
        one
        for one in found["identifier"]
        if (one.get("type") or {}).get("coding", [{}])[0].get("code")
        in {coded.code for coded in KINDS.values()}
    ]
    asked = {**found, "identifier": [own, *documents], "link": []}
    (read,) = statements_of(asked, "X", now=NOON, zone=ZONE)
    assert isinstance(read, Registered)
    for one in documents:
        kind = kind_from(one["system"]) if "system" in one else None
        value = one.get("value", "")
        if kind is not None and value and value.strip() == value:
            assert (kind, value) in [
                (same.kind, same.value) for same in read.registration.identifiers
            ]


@pytest.mark.parametrize(
    ("authority", "system"),
    [
        ("HIS", "urn:lianyi:authority:HIS"),
        ("1.2.156.112635", "urn:oid:1.2.156.112635"),
        ("http://h.test/mrn", "http://h.test/mrn"),
        ("东院 HIS|1", "urn:lianyi:authority:%E4%B8%9C%E9%99%A2%20HIS%7C1"),
        ("urn:lianyi:authority:x", "urn:lianyi:authority:urn%3Alianyi%3Aauthority%3Ax"),
        ("", ""),
    ],
)
def test_an_authority_has_one_system_and_is_read_back(authority: str, system: str) -> None:
    assert system_of(authority) == system
    assert authority_from(system) == authority
    assert canonical(system) == system


@given(keys)
def test_every_authority_is_read_back(authority: str) -> None:
    if authority.isprintable():
        assert authority_from(system_of(authority)) == authority


def test_each_kind_of_number_has_a_system_and_is_no_authority() -> None:
    for kind, coded in KINDS.items():
        assert kind_from(coded.system) is kind
        assert canonical(coded.system) == coded.system
    assert authority_from("urn:lianyi:number:passport") == ""


def test_a_history_is_provenance_in_order() -> None:
    a, b = record_id("HIS", "1"), record_id("LIS", "2")
    steps = [
        Step("0-1", "link", NOON, "steward", "one person", (a, b), True),
        Step("1-9", "replaced", NOON, "", " ", (b, a)),
    ]
    made = valid(resources.history(steps, base=BASE))
    first, second = (one["resource"] for one in made["entry"])
    assert first["agent"][0]["who"]["display"] == "steward"
    assert first["reason"] == [{"text": "one person"}]
    assert "reason" not in second
    assert second["target"][0] == {"reference": f"Patient/{shown(b)}"}
    valid(resources.history([], base=BASE))


def test_what_is_offered_is_a_capability_statement() -> None:
    made = valid(capability.statement(BASE))
    (rest,) = made["rest"]
    (offered,) = rest["resource"]
    assert offered["conditionalUpdate"] is True
    assert [one["name"] for one in offered["operation"]] == [
        "match", "ihe-pix", "unmerge", "link-history",
    ]  # fmt: skip
    endpoints = Path(resources.__file__).with_name("endpoints.py").read_text("utf-8")
    for one in offered["operation"]:
        assert f"${one['name']}" in endpoints
