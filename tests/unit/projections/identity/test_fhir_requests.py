"""What is sent to the FHIR doors is read as FHIR says, and whatever it is, nothing breaks."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.projections.identity.test_fhir_resources import WANG, record

from lianyi.base.errors import LianyiError
from lianyi.projections.identity.fhir import criteria, requests
from lianyi.projections.identity.fhir.criteria import Known
from lianyi.projections.identity.fhir.patients import read_search
from lianyi.projections.identity.golden import golden

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
KNOWN = Known("0123456789ABC", golden([record(WANG)]), [WANG.key])


def meant(name: str, value: str) -> bool:
    return criteria.meets(KNOWN, read_search([(name, value)]).terms)


@pytest.mark.parametrize(
    ("value", "is_meant"),
    [
        ("1980-03-15", True), ("1980-03", True), ("1980", True), ("eq1980-03", True),
        ("1980-03-14", False), ("1981", False), ("ne1980", False), ("ne1981", True),
        ("gt1980-03-14", True), ("gt1980-03-15", False), ("gt1980", False), ("gt1979", True),
        ("lt1980-03-15", False), ("lt1980-03-16", True), ("lt1981", True), ("lt1980", False),
        ("ge1980-03-15", True), ("ge1980-03-16", False), ("ge1980", True),
        ("le1980-03-15", True), ("le1980-03-14", False), ("le1980", True),
        ("sa1980-03-14", True), ("sa1980", False), ("eb1980-03-16", True), ("eb1980", False),
        ("ap1980-03-15", True), ("1979,1980", True), ("1980-03-15T00:00:00Z", True),
    ],
)  # fmt: skip
def test_dates_are_compared_as_spans(value: str, *, is_meant: bool) -> None:
    assert meant("birthdate", value) is is_meant


@pytest.mark.parametrize(
    ("name", "value", "is_meant"),
    [
        ("family", "王", True), ("family", "Wang", True), ("family", "王小明", True),
        ("family", "李", False), ("given", "小", True), ("given", "xiao", True),
        ("given", "大明", True), ("given:exact", "小", False), ("given:contains", "明", True),
        ("name", "xiaoming", True), ("family", "李,王", True), ("family", "李\\,王", False),
        ("identifier", "4711", True), ("identifier", "urn:lianyi:authority:HIS|4711", True),
        ("identifier", "urn:lianyi:authority:LIS|4711", False), ("identifier", "HIS|4711", True),
        ("identifier", "urn:lianyi:number:passport|e12345678", True),
        ("identifier", "urn:lianyi:authority:HIS|", True), ("identifier", "urn:x:y|", False),
        ("telecom", "15412987326", True), ("telecom", "phone|+86 154 1298 7326", True),
        ("address", "东城区", True), ("gender", "female", False), ("gender", "female,male", True),
        ("mothersMaidenName", "李", True), ("active", "true", True), ("active", "false", False),
        ("_id", "0123456789ABC", True), ("unknown", "x", True),
    ],
)  # fmt: skip
def test_who_is_meant(name: str, value: str, *, is_meant: bool) -> None:
    assert meant(name, value) is is_meant


@pytest.mark.parametrize(
    "pair",
    [("birthdate", "1980-13"), ("birthdate", "x"), ("family:not", "x"), ("gender:exact", "x"),
     ("_count", "-1"), ("page", "x"), ("birthdate:missing", "true")],
)  # fmt: skip
def test_what_cannot_be_read_is_said(pair: tuple[str, str]) -> None:
    with pytest.raises(LianyiError) as refused:
        read_search([pair])
    assert refused.value.code == "LY-2140"


NAMES = (
    *("identifier", "name", "text", "value", "system"),
    *("type", "coding", "code", "period", "link"),
)
FIELDS = (
    *("identifier", "name", "gender", "birthDate", "telecom"),
    *("address", "link", "contact", "extension", "meta"),
)
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "identifier",
                    "name",
                    "text",
                    "value",
                    "system",
                    "type",
                    "coding",
                    "code",
                    "period",
                    "link",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
@settings(max_examples=300, deadline=None)
def test_a_patient_may_be_anything(said: dict[str, Any]) -> None:
    sent = {"resourceType": "Patient", **said}
    with suppress(LianyiError):
        requests.match_of(sent, now=NOON, zone=ZONE)
    with suppress(LianyiError):
        requests.statements_of(requests.fed(sent, ("HIS", "1")), "HIS", now=NOON, zone=ZONE)


@given(st.lists(st.tuples(st.sampled_from([*criteria.PARAMETERS, "_count", "page"]), st.text())))
@settings(max_examples=300, deadline=None)
def test_a_search_may_be_anything(pairs: list[tuple[str, str]]) -> None:
    with suppress(LianyiError):
        criteria.meets(KNOWN, read_search(pairs).terms)
