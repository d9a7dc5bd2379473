"""Searches are read: whatever is sent is understood or refused in words, never worse."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.projections.clinical.search.worlds import NOW

from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.search import inside
from lianyi.projections.clinical.search.compiling import Compiler
from lianyi.projections.clinical.search.conditions import Leaf, Node, OneOf
from lianyi.projections.clinical.search.filters.problems import UnreadableFilter
from lianyi.projections.clinical.search.parameters import Chain, Has, Plain
from lianyi.projections.clinical.search.problems import (
    NotOffered,
    UnknownParameter,
    UnreadableSearch,
)
from lianyi.projections.clinical.search.query import QueryReader
from lianyi.projections.clinical.search.terminology import DefinedTerminology
from lianyi.projections.clinical.search.values import (
    LAST,
    escaped,
    read_date,
    read_number,
    read_quantity,
    read_reference,
    read_token,
    split,
    unescaped,
)

READER = QueryReader(r4())
BASE = "https://here.example/fhir"
COMPILER = Compiler(r4(), DefinedTerminology(r4()), zone=UTC, now=NOW, base=BASE)
MARKS = st.text(st.sampled_from("\\,|$ab中 :.-0195eTZ+"), max_size=30)
FILTERED = st.lists(
    st.sampled_from(
        [
            "name",
            "gender",
            "birthdate",
            "subject",
            "code",
            "date",
            "_id",
            "_text",
            ".",
            "[",
            "]",
            "(",
            ")",
            " ",
            " eq ",
            " co ",
            " ne ",
            " in ",
            " pr ",
            " po ",
            " re ",
            " and ",
            " or ",
            "not",
            "true",
            "2020",
            '"王 \\"a"',
            '"',
            "male",
            "http://loinc.org|1",
            "|",
            "中",
        ]
    ),
    max_size=14,
).map("".join)


def meant(type_: str, name: str, value: str) -> Node:
    query = READER.read([type_], [(name, value)])
    return COMPILER.search(query.types, query.criteria)


@given(st.lists(st.text(max_size=10) | MARKS, min_size=1, max_size=4), st.sampled_from(",|$"))
def test_what_is_escaped_is_read_back(parts: list[str], mark: str) -> None:
    said = mark.join(map(escaped, parts))
    assert [unescaped(one) for one in split(said, mark)] == parts


NAMES = st.sampled_from(
    [
        "name", "name:exact", "birthdate", "date", "code", "code:text", "code:not", "code:in",
        "code:below", "subject", "subject:Patient", "subject:Patient.name", "subject.name",
        "_has:Observation:patient:code", "_has:", "_has:Observation", "value-quantity",
        "code-value-quantity", "_id", "_lastUpdated", "_sort", "_count", "_include", "_revinclude",
        "_summary", "_elements", "_total", "_type", "_page", "_list", "_contained", "identifier",
        "identifier:of-type", "probability", "url:below", "near", "_text", "_content", "_filter",
        "_containedType", "_query",
    ]
)  # fmt: skip


@settings(max_examples=600)
@given(
    st.sampled_from(["Patient", "Observation", "ValueSet", "RiskAssessment", "Location", ""]),
    st.lists(
        st.tuples(NAMES | MARKS | st.text(max_size=8), MARKS | FILTERED | st.text(max_size=30))
        | st.tuples(st.just("_filter"), FILTERED),
        max_size=4,
    ),
    st.booleans(),
)
def test_whatever_is_sent_is_read_or_refused(
    type_: str, pairs: list[tuple[str, str]], strict: bool
) -> None:
    with suppress(UnreadableSearch, UnknownParameter, NotOffered):
        query = READER.read([type_] if type_ else [], pairs, strict=strict)
        COMPILER.search(query.types, query.criteria)


def test_dates_mean_what_their_digits_say() -> None:
    def read(text: str) -> tuple[str, datetime, datetime]:
        return tuple(read_date(text, "date", zone=ZoneInfo("Asia/Shanghai"), now=NOW))  # type: ignore[return-value]

    china = timezone(timedelta(hours=8))
    assert read("ge2026") == (
        "ge", datetime(2026, 1, 1, tzinfo=china), datetime(2027, 1, 1, tzinfo=china),
    )  # fmt: skip
    assert read("2026-12")[2] == datetime(2027, 1, 1, tzinfo=china)
    assert read("2026-02-28")[2] == datetime(2026, 3, 1, tzinfo=china)
    minute = datetime(2026, 2, 28, 8, 30, tzinfo=UTC)
    assert read("2026-02-28T08:30Z")[1:] == (minute, minute + timedelta(minutes=1))
    assert read("2026-02-28T16:30:00 08:00")[1:] == (minute, minute + timedelta(seconds=1))
    assert read("2026-02-28T08:30:00.250Z")[2] == minute + timedelta(milliseconds=251)
    assert read("9999")[2] == LAST
    low, high = read("ap2026-11-20T00:00Z")[1:]
    assert low < datetime(2026, 11, 19, tzinfo=UTC) < high
    for text in (
        "",
        "26",
        "2026-13",
        "2026-02-30",
        "2026-1-1",
        "today",
        "2026-02-28T25:00Z",
        "gte2026",
    ):
        with pytest.raises(UnreadableSearch):
            read(text)


def test_numbers_mean_what_their_digits_say() -> None:
    assert read_number("100", "n")[1:] == (100, Decimal("99.5"), Decimal("100.5"))
    assert read_number("100.00", "n")[2:] == (Decimal("99.995"), Decimal("100.005"))
    assert read_number("1e2", "n")[2:] == (50, 150)
    assert read_number("ap-10", "n")[2:] == (-11, -9)
    assert read_quantity("gt5.4|http://unitsofmeasure.org|mg", "q").code == "mg"
    assert read_quantity("5.4||mg", "q").system is None
    for text in ("", "1,5", "x", "1e5000", "5|a", "5|a|", "NaN", "Infinity"):
        with pytest.raises(UnreadableSearch):
            read_quantity(text, "q")


def test_tokens_and_references_are_read() -> None:
    assert read_token("a", "t") == (None, "a")
    assert read_token("|a", "t") == ("", "a")
    assert read_token("s|", "t") == ("s", "")
    assert read_token("s|a\\|b", "t") == ("s", "a|b")
    for text in ("|", "a|b|c"):
        with pytest.raises(UnreadableSearch):
            read_token(text, "t")
    assert read_reference("Patient/1", "r")[:2] == ("Patient", "1")
    assert read_reference(f"{BASE}/Patient/1/_history/2", "r", base=BASE)[:2] == ("Patient", "1")
    assert read_reference("http://there/fhir/Patient/1", "r").url == "http://there/fhir/Patient/1"
    assert read_reference("http://a/Q|2", "r")[2:] == ("http://a/Q", "2")


def test_chains_are_read_to_their_ends() -> None:
    query = READER.read(
        ["Observation"], [("subject:Patient.general-practitioner.name:exact", "a,b")], strict=True
    )
    (chain,) = query.criteria
    assert isinstance(chain, Chain)
    (inner,) = chain.inner
    assert isinstance(inner, Chain)
    assert {one.types[0] for one in inner.inner} == {"Organization", "Practitioner"}
    (has,) = READER.read(
        ["Patient"], [("_has:Observation:patient:_has:AuditEvent:entity:agent", "x")], strict=True
    ).criteria
    assert isinstance(has, Has)
    assert isinstance(has.inner, Has)
    assert isinstance(has.inner.inner, Plain)
    assert (has.source, has.inner.source) == ("Observation", "AuditEvent")
    deep = "subject:Patient." + "link:Patient." * 20 + "name"
    with pytest.raises(UnreadableSearch):
        READER.read(["Observation"], [(deep, "x")])


def test_what_no_type_has_is_passed_over_or_refused() -> None:
    query = READER.read(["Patient"], [("colour", "red"), ("gender", "male")])
    assert (query.ignored, query.said) == (("colour",), (("gender", "male"),))
    with pytest.raises(UnknownParameter):
        READER.read(["Patient"], [("colour", "red")], strict=True)
    with pytest.raises(UnreadableSearch):
        READER.read(["Patient"], [("gender:exact", "male")])


def test_a_value_set_is_its_codes() -> None:
    url = "http://hl7.org/fhir/ValueSet/administrative-gender"
    (criterion,) = READER.read(["Patient"], [("gender:in", url)]).criteria
    node = COMPILER.one(criterion)
    assert isinstance(node, Leaf)
    assert isinstance(node.clause, OneOf)
    assert len(node.clause.values) == 4
    (criterion,) = READER.read(["Patient"], [("gender:in", "http://nobody/knows")]).criteria
    with pytest.raises(NotOffered):
        COMPILER.one(criterion)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("nam eq x", 1),
        ("name eq", 8),
        ("name equals x", 6),
        ("name in x", 6),
        ("birthdate ge soon", 14),
        ("(name co x", 11),
        ("name co x)", 10),
        ('name co "x', 9),
        ('name co "\\ud800"', 9),
        ("name co x gender eq male", 11),
        ("not name co x", 5),
        ("gender pr perhaps", 11),
        ("name.given eq x", 1),
        ("general-practitioner[name co x] eq y", 32),
        ("general-practitioner.colour eq y", 22),
        ("_query eq x", 1),
        ("_content eq x", 10),
        ("not (" * 30 + "name eq x" + ")" * 30, 106),
    ],
)
def test_a_filter_that_cannot_be_read_says_where(text: str, at: int) -> None:
    with pytest.raises(UnreadableFilter) as told:
        meant("Patient", "_filter", text)
    assert told.value.facts["at"] == at, told.value


def test_a_filter_that_leads_everywhere_is_refused() -> None:
    deep = "entity." * 6 + "date eq 2020"
    with pytest.raises(UnreadableFilter):
        READER.read(["AuditEvent"], [("_filter", deep)])


def test_and_and_or_bind_from_left_to_right() -> None:
    def nodes(text: str) -> object:
        return meant("Patient", "_filter", text)

    a, b, c = "name eq a", "gender eq b", "name eq c"
    assert nodes(f"{a} or {b} and {c}") == nodes(f"({a} or {b}) and {c}")
    assert nodes(f"{a} and {b} or {c}") == nodes(f"({a} and {b}) or {c}")
    assert nodes(f"{a} or {b} and {c}") != nodes(f"{a} or ({b} and {c})")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_content", "and"), ("_content", "肺炎 or"), ("_content", "(a"), ("_content", "a)"),
        ("_text", '"a'), ("_text", "，"), ("_text", "not"), ("_content:exact", "a"),
        ("_text:missing", "true"), ("near", "1"), ("near", "91|0"), ("near", "0|181|1|km"),
        ("near", "1|2|3|feet"), ("near", "1|2|-3"), ("near", "a|b"), ("near", "1|2|3|km|4"),
        ("near:missing", "true"), ("_contained", "maybe"), ("_containedType", "x"),
    ],
)  # fmt: skip
def test_words_and_places_that_cannot_be_read_are_refused(name: str, value: str) -> None:
    with pytest.raises(UnreadableSearch):
        meant("Location", name, value)


def test_what_is_contained_is_asked_no_more_than_it_can_answer() -> None:
    for pair in (("_lastUpdated", "ge2020"), ("_content", "a"), ("_list", "x"),
                 ("_filter", "code eq x")):  # fmt: skip
        query = READER.read(["Medication"], [pair, ("_contained", "true")])
        with pytest.raises(NotOffered):
            inside.meaning(COMPILER, query)
    with pytest.raises(NotOffered):
        READER.read(["Medication"], [("_contained", "both"), ("_sort", "status")])
