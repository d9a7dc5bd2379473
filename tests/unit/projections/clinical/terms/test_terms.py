"""Code systems and value sets are worked out as FHIR has them, or refused where they cannot be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.terms import sets, systems
from lianyi.projections.clinical.terms.known import KnownTerminology

DRUGS = "urn:test:drugs"
ANIMALS = "urn:test:animals"
NESTED = {
    "resourceType": "CodeSystem",
    "url": DRUGS,
    "status": "active",
    "content": "complete",
    "concept": [
        {
            "code": "J01", "display": "抗菌药", "concept": [
                {"code": "J01C", "concept": [
                    {"code": "J01CA04", "display": "阿莫西林", "property": [
                        {"code": "route", "valueCode": "oral"},
                        {"code": "otc", "valueBoolean": False},
                    ]},
                ]},
                {"code": "J01D"},
            ],
        },
        {"code": "X", "property": [{"code": "parent", "valueCode": "J01"},
                                   {"code": "route", "valueString": "iv"}]},
        {"code": "Y", "property": [{"code": "subsumedBy", "valueCode": "X"}]},
    ],
}  # fmt: skip
PREFIXED = {
    "resourceType": "CodeSystem",
    "url": ANIMALS,
    "content": "complete",
    "caseSensitive": False,
    "extension": [{"url": systems.BY_PREFIX, "valueCode": "prefix"}],
    "concept": [{"code": code} for code in ("J18", "J18.9", "J18.901", "J15", "J1")],
}


def known(*value_sets: dict[str, Any]) -> KnownTerminology:
    return KnownTerminology(
        r4(),
        stored_systems={one["url"]: systems.of_resource(one) for one in (NESTED, PREFIXED)},  # type: ignore[dict-item]
        stored_sets={one["url"]: sets.of_resource(one) for one in value_sets},
    )


def composed(*include: dict[str, Any], exclude: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "resourceType": "ValueSet", "url": "urn:test:set", "status": "active",
        "compose": {"include": list(include), "exclude": list(exclude)},
    }  # fmt: skip


def filtered(property_: str, op: str, value: str, system: str = DRUGS) -> dict[str, Any]:
    return {"system": system, "filter": [{"property": property_, "op": op, "value": value}]}


def codes(*include: dict[str, Any], **more: Any) -> set[str] | None:
    found = known(composed(*include, **more)).members("urn:test:set")
    return None if found is None else {code for _, code in found.codes}


ALL = {"J01", "J01C", "J01CA04", "J01D", "X", "Y"}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"system": DRUGS}, ALL),
        ({"system": DRUGS, "concept": [{"code": "X"}, {"code": "unlisted"}]}, {"X", "unlisted"}),
        (filtered("concept", "is-a", "J01"), ALL),
        (filtered("concept", "descendent-of", "X"), {"Y"}),
        (filtered("concept", "is-a", "X"), {"X", "Y"}),
        (filtered("concept", "is-not-a", "X"), ALL - {"X", "Y"}),
        (filtered("concept", "generalizes", "J01CA04"), {"J01", "J01C", "J01CA04"}),
        (filtered("route", "=", "oral"), {"J01CA04"}),
        (filtered("otc", "=", "false"), {"J01CA04"}),
        (filtered("parent", "=", "J01"), {"J01C", "J01D", "X"}),
        (filtered("route", "exists", "true"), {"J01CA04", "X"}),
        (filtered("route", "in", "iv, oral"), {"J01CA04", "X"}),
        (filtered("code", "not-in", "X,Y"), ALL - {"X", "Y"}),
        (filtered("code", "regex", "J01[CD]"), {"J01C", "J01D"}),
        (filtered("display", "regex", ".*西林"), {"J01CA04"}),
        (filtered("code", "is-a", "J18", ANIMALS), {"J18", "J18.9", "J18.901"}),
        (filtered("code", "regex", "(a+)+$(", DRUGS), None),
        (filtered("code", "resembles", "J01"), None),
        (filtered("code", "is-a", "1", "http://nobody/knows"), None),
        ({"valueSet": ["http://nobody/knows"]}, None),
    ],
)
def test_what_a_part_of_a_value_set_lets_through(
    part: dict[str, Any], expected: set[str] | None
) -> None:
    assert codes(part) == expected


@pytest.mark.parametrize("pattern", ["(a|a)*b", "(a*)*c", "a*a*a*a*a*a*a*d", "(.*)*(.*)*x"])
def test_no_pattern_of_a_value_set_runs_away(pattern: str) -> None:
    system = systems.of_resource(
        {"url": "u", "concept": [{"code": "a" * 300 + str(at)} for at in range(3000)]}
    )
    assert not system.chosen("code", "regex", pattern)


def test_sets_are_joined_met_and_taken_away() -> None:
    antibiotics = composed(filtered("concept", "is-a", "J01C")) | {"url": "urn:test:other"}
    met = {"system": DRUGS, "valueSet": ["urn:test:other"]}
    found = known(composed(met), antibiotics).members("urn:test:set")
    assert found is not None
    assert {code for _, code in found.codes} == {"J01C", "J01CA04"}
    less = codes({"system": DRUGS}, exclude=(filtered("concept", "is-a", "J01C"),))
    assert less == ALL - {"J01C", "J01CA04"}
    round_ = composed({"valueSet": ["urn:test:set"]})
    assert known(round_).members("urn:test:set") is None
    expanded = {"url": "urn:test:set", "expansion": {"contains": [
        {"abstract": True, "code": "group", "contains": [{"system": "a", "code": "b"}]},
    ]}}  # fmt: skip
    found = known(expanded).members("urn:test:set")
    assert found is not None
    assert found.codes == {("a", "b")}


def test_codes_stand_above_and_below_each_other() -> None:
    terms = known()
    assert terms.below(DRUGS, "X") == {"X", "Y"}
    assert terms.above(DRUGS, "Y") == {"X", "Y", "J01"}
    assert terms.below(ANIMALS, "j18.9") == {"J18.9", "J18.901"}
    assert terms.above(ANIMALS, "J18.901") == {"J18.901", "J18.9", "J18", "J1"}
    assert terms.below(ANIMALS, "J18.9X") == {"J18.9X"}  # codes of a by-prefix system may be longer
    assert terms.below(DRUGS, "unknown") is None
    assert terms.below("http://nobody/knows", "a") is None
    roles = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    assert "MTH" in (terms.below(roles, "PRN") or ())
    assert "FAMMEMB" in (terms.above(roles, "MTH") or ())


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20))
def test_above_is_below_seen_from_the_other_side(pairs: list[tuple[int, int]]) -> None:
    """Of any parents, also of those that lead round in a circle."""
    said = [
        {"code": str(at), "property": [
            {"code": "parent", "valueCode": str(above)} for code, above in pairs if code == at
        ]}
        for at in range(9)
    ]  # fmt: skip
    system = systems.of_resource({"url": "u", "content": "complete", "concept": said})
    for one in map(str, range(9)):
        for two in map(str, range(9)):
            assert (two in system.below(one)) == (one in system.above(two)), (one, two)


@settings(max_examples=150)
@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3) | st.integers(),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["concept", "code", "compose", "include", "filter", "property", "op", "value",
                 "valueSet", "system", "expansion", "contains", "valueCode", "extension", "url"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=20,
    )
)  # fmt: skip
def test_whatever_is_stored_is_read(said: Any) -> None:
    resource = said if isinstance(said, dict) else {"concept": said, "compose": said}
    system = systems.of_resource(resource)
    terms = KnownTerminology(r4(), stored_systems={"s": system}, stored_sets={
        "v": sets.of_resource(resource)
    })  # fmt: skip
    terms.members("v")
    for code in system.concepts:
        assert code not in system.below(code)
