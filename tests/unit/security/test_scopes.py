"""Scopes are an ordered set: what the algebra promises, and what SMART 2.2 says by example."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.security.scopes import (
    ANY,
    INTERACTIONS,
    LEVELS,
    NO_SCOPES,
    SPECIAL,
    BrokenScope,
    Granted,
    Right,
    Scopes,
    covers,
    is_smart,
    parse,
    scopes_of,
)

RESOURCES = st.sampled_from([ANY, "Observation", "Patient", "AuditEvent"])
VALUES = st.sampled_from(
    ["laboratory", "vital-signs", "http://a.test/s|x", "检验 a", r"a\,b", "&="]
)
PAIRS = st.tuples(st.sampled_from(["category", "code", "status"]), VALUES)
RIGHTS = st.builds(
    Right,
    st.sampled_from(LEVELS),
    RESOURCES,
    st.sampled_from(INTERACTIONS),
    st.frozensets(PAIRS, max_size=2),
)
SETS = st.builds(
    scopes_of, st.lists(RIGHTS, max_size=8), st.lists(st.sampled_from(sorted(SPECIAL)), max_size=3)
)


@given(SETS)
def test_the_canonical_text_is_read_back_as_the_same_set(scopes: Scopes) -> None:
    text = str(scopes)
    assert parse(text) == scopes
    assert str(parse(text)) == text
    assert re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e ]*", text)  # RFC 6749, 3.3


@given(SETS, SETS)
def test_what_both_allow_is_allowed_by_each(a: Scopes, b: Scopes) -> None:
    both = a & b
    assert both <= a
    assert both <= b
    assert both == b & a


@given(SETS, SETS, SETS)
def test_nothing_that_both_allow_is_lost(a: Scopes, b: Scopes, c: Scopes) -> None:
    if c <= a and c <= b:
        assert c <= a & b
    assert (a & b) & c == a & (b & c)
    assert a & (b | c) == (a & b) | (a & c)


@given(SETS)
def test_a_set_with_itself_is_itself(a: Scopes) -> None:
    assert a & a == a == a | a
    assert a <= a
    assert a & NO_SCOPES == NO_SCOPES


@given(SETS, SETS)
def test_sets_that_allow_the_same_are_the_same(a: Scopes, b: Scopes) -> None:
    assert (a == b) == (a <= b and b <= a)
    assert (a <= b) == (a & b == a) == (a | b == b)


@given(
    SETS,
    SETS,
    st.sampled_from(["Observation", "Patient", "Organization"]),
    st.sampled_from(INTERACTIONS),
    st.dictionaries(
        st.sampled_from(["category", "code", "status"]), st.lists(VALUES, max_size=2), max_size=2
    ),
)
def test_more_scopes_never_allow_less(
    a: Scopes, b: Scopes, resource: str, letter: str, asked: dict[str, list[str]]
) -> None:
    asked = {**asked, "patient": ["P1^H1"]}
    fewer, more, both = (Granted(one, "P1^H1") for one in (a, a | b, a & b))
    if covers(fewer, resource, letter, asked):
        assert covers(more, resource, letter, asked)
    if covers(both, resource, letter, asked):
        assert covers(fewer, resource, letter, asked)
        assert covers(Granted(b, "P1^H1"), resource, letter, asked)


@given(st.text(max_size=60))
def test_any_text_is_scopes_or_is_refused(text: str) -> None:
    try:
        scopes = parse(text)
    except BrokenScope:
        return
    assert parse(str(scopes)) == scopes


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("patient/Observation.rs", "patient/Observation.rs"),
        ("patient/Observation.s patient/Observation.r", "patient/Observation.rs"),
        ("patient/Observation.read", "patient/Observation.rs"),
        ("patient/Observation.write", "patient/Observation.cud"),
        ("patient/*.*", "patient/*.cruds"),
        ("user/*.cruds patient/Patient.r", "patient/Patient.r user/*.cruds"),
        ("patient/*.rs patient/Observation.cruds", "patient/*.rs patient/Observation.cud"),
        ("patient/Observation.rs?category=a patient/Observation.r",
         "patient/Observation.r patient/Observation.s?category=a"),
        ("patient/Observation.rs?category=a,b",
         "patient/Observation.rs?category=a patient/Observation.rs?category=b"),
        ("user/Observation.s?status=final&category=a",
         "user/Observation.s?category=a&status=final"),
        ("launch/patient openid fhirUser openid", "fhirUser launch/patient openid"),
        ("", ""),
    ],
)  # fmt: skip
def test_scopes_are_factored(asked: str, canonical: str) -> None:
    assert str(parse(asked)) == canonical


@pytest.mark.parametrize(
    "broken",
    [
        "patient/Observation", "patient/Observation.", "patient/Observation.dr", "patient/.rs",
        "patient/Observation.rr", "patient/observation.r", "patients/Observation.r",
        "patient/Observation.Read", "patient/Observation.r?", "patient/Observation.r?=x",
        "patient/Observation.r?category", "patient/Observation.r?category=%ff",
        "patient/Observation.read?category=x", "patient/Observation.r?category=%00",
        "profile", "launch/nothing", "x" * 5000,
        "patient/Observation.r?a=" + ",".join(map(str, range(201))),
    ],
)  # fmt: skip
def test_what_is_no_scope_is_refused(broken: str) -> None:
    with pytest.raises(BrokenScope):
        parse(f"openid {broken}")


def allowed(scopes: str, resource: str, letter: str, **asked: list[str]) -> bool:
    return covers(Granted(parse(scopes), "P1^H1"), resource, letter, asked)


def test_a_search_must_be_at_least_as_narrow_as_the_scope() -> None:
    scope = "user/Observation.rs?category=laboratory"
    assert allowed(scope, "Observation", "s", category=["laboratory"])
    assert allowed(scope, "Observation", "s", category=["laboratory"], code=["718-7"])
    assert allowed(scope, "Observation", "s", category=["laboratory", "vital-signs"])  # and
    assert not allowed(scope, "Observation", "s", category=["laboratory,vital-signs"])  # or
    assert not allowed(scope, "Observation", "s")
    assert not allowed(scope, "Observation", "s", **{"category:not": ["laboratory"]})
    assert not allowed(scope, "Observation", "c", category=["laboratory"])
    assert not allowed(scope, "Condition", "r", category=["laboratory"])
    two = "user/Observation.s?category=laboratory,vital-signs"
    assert allowed(two, "Observation", "s", category=["vital-signs,laboratory"])


def test_a_right_of_a_patient_shows_that_patient_alone() -> None:
    scope = "patient/*.rs"
    assert allowed(scope, "Observation", "s", patient=["P1^H1"])
    assert not allowed(scope, "Observation", "s", patient=["P2^H1"])
    assert not allowed(scope, "Observation", "s", patient=["P1^H1,P2^H1"])
    assert not allowed(scope, "Observation", "s")
    assert not covers(Granted(parse(scope)), "Observation", "s", {"patient": [""]})
    assert allowed(scope, "Organization", "s")
    assert allowed("user/*.rs", "Observation", "s")


def test_a_search_with_endless_choices_is_not_allowed() -> None:
    many = ",".join(map(str, range(20)))
    assert not allowed("user/*.rs", "Observation", "s", a=[many], b=[many])


def test_our_own_permissions_are_told_from_scopes_of_smart() -> None:
    assert is_smart("system/*.rs")
    assert is_smart("openid")
    assert not is_smart("messages.read")
