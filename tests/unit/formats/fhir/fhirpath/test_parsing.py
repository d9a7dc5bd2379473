"""Every text is either an expression or refused with the place; none runs away."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import (
    BrokenSyntax,
    FhirPathError,
    OversizedExpression,
    UnknownName,
    WrongArguments,
    compile,
    parse,
)
from lianyi.formats.fhir.fhirpath.lexing import LENGTH_MAX
from lianyi.formats.fhir.fhirpath.syntax import Binary, Call, Constant, Member, Sign

from .people import PATIENT, WORLD, answers, refusal

WORDS = [
    "Patient", "name", "given", "`div`", "where", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-",
    "*", "/", "|", "&", "=", "!=", "~", "!~", "<", ">=", "is", "as", "in", "contains", "and", "or",
    "xor", "implies", "div", "mod", "$this", "$index", "$total", "%context", "%`vs-a`", "1", "2.50",
    "'a'", "'\\u0041'", "@2014", "@2014-01-01T10:00Z", "@T10:30", "4 days", "1 'mg'", "true", "{}",
    "first()", "select", "exists()", "ofType", "repeat", "iif", "// no\n", "/* no */", "now()",
    "99999999999999999999999999999.5", "0.00000000000000000000000000000001", "lowBoundary(28)",
    "highBoundary()", "1000000000000000000000000000000.0 hours", "round(20)", "precision()", "@T10",
    "1 'kg'", "3 'g'", "power(3)", "exp()", "!~", "toChars()", "join('')", "replace('', 'ab')",
    "aggregate", "descendants()", "toQuantity()", "matches", "'(a+)+'", "sort", "count()", "name",
]  # fmt: skip


@given(st.text(max_size=80))
@example("'\\")
@example("@2014-02-30")
@example("@T99")
@example("`")
@example("%")
@example("/*")
def test_any_text_is_read_or_refused(text: str) -> None:
    refused = refusal(lambda: parse(text))
    assert refused is None or refused.where.startswith("character ")


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.sampled_from([" ", ""]))
def test_whatever_can_be_compiled_ends_with_values_or_our_error(
    words: list[str], between: str
) -> None:
    refused = refusal(lambda: compile(between.join(words), r4())(PATIENT, world=WORLD))
    assert refused is None or refused.where.startswith("character ")


@pytest.mark.parametrize(
    ("expression", "character"),
    [
        ("1 +", 4),
        ("name.", 6),
        ("name[0", 7),
        ("a b", 3),
        ("'open", 1),
        ("1 /* open", 3),
        ("@2014-13", 1),
        ("@T25:00", 1),
        ("name.where(", 12),
        ("and", 1),
        ("'\\q'", 1),
        ("99999999999", 1),
        ("a ? b", 3),
        ("{1}", 2),
    ],
)
def test_a_slip_is_named_with_its_character(expression: str, character: int) -> None:
    with pytest.raises(BrokenSyntax) as refused:
        parse(expression)
    assert refused.value.where == f"character {character}"


def test_operators_bind_as_the_grammar_says() -> None:
    match parse("-a.b + 1 * 2 = c | d and e"):
        case Binary(
            _, "and", Binary(_, "=", Binary(_, "+", Sign(), Binary(_, "*")), Binary(_, "|"))
        ):
            pass
        case other:
            pytest.fail(repr(other))


def test_a_path_knows_where_each_step_stands() -> None:
    tree = parse("name.where(use = 'a').given")
    assert isinstance(tree, Member)
    assert tree.at == 22
    assert isinstance(tree.left, Call)
    assert tree.left.at == 5


def test_literals_mean_what_they_say() -> None:
    assert parse("1.50") == Constant(0, Decimal("1.50"))
    assert parse("'a\\'\\u0041\\n'") == Constant(0, "a'A\n")
    assert parse("4 days") == Constant(0, 4, "days", calendar=True)
    assert parse("4 'mg'") == Constant(0, 4, "mg")
    assert parse("`a b`") == Member(0, None, "a b")


def test_keywords_are_names_where_only_a_name_can_stand() -> None:
    assert answers("contact.as.is.contains.in.day") == []
    assert answers("'ax'.contains('x')") == [True]


@pytest.mark.parametrize("expression", ["(" * 500 + "1", "a" + ".a" * 500, "-" * 500 + "1"])
def test_what_is_nested_too_deep_is_refused(expression: str) -> None:
    with pytest.raises(OversizedExpression):
        parse(expression)


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(OversizedExpression):
        parse("a" * (LENGTH_MAX + 1))


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("name.unheard()", UnknownName),
        ("name.ofType(Unheard)", UnknownName),
        ("name.ofType(Other.Patient)", UnknownName),
        ("name.ofType(1)", UnknownName),
        ("name is Unheard", UnknownName),
        ("name.first(1)", WrongArguments),
        ("name.where()", WrongArguments),
        ("iif(true)", WrongArguments),
    ],
)
def test_what_cannot_be_used_is_refused_before_any_resource(
    expression: str, error: type[FhirPathError]
) -> None:
    with pytest.raises(error):
        compile(expression, r4())


def test_the_same_expression_is_compiled_once() -> None:
    assert compile("Patient.name.family", r4()) is compile("Patient.name.family", r4())
