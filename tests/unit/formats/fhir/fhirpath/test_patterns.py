"""Both matchers agree, and none runs away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.formats.fhir.fhirpath import CostlyExpression, UnusablePattern, patterns, threads

from .people import answers, refusal

PIECES = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", r"\b", "(a|b)", "(?:ab|a)", "(a)", "c"]
)
COUNTS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,2}", "*?", "+?"])


def free(steps: int) -> None:
    """Let every step be taken."""


@st.composite
def written(draw: st.DrawFn) -> str:
    """A pattern of pieces, none of which can match nothing again and again."""
    made = ""
    for _ in range(draw(st.integers(1, 5))):
        piece = draw(PIECES)
        made += piece if piece in {"^", "$", r"\b"} else piece + draw(COUNTS)
    return made


@given(
    written(), st.text(alphabet="abc1 \n", max_size=12), st.booleans(), st.sampled_from(["", "im"])
)
def test_walking_all_ways_finds_what_trying_again_finds(
    pattern: str, text: str, whole: bool, flags: str
) -> None:
    prepared = patterns.prepare(pattern, flags)
    tried = prepared.python.fullmatch(text) if whole else prepared.python.search(text)
    walked = threads.search(
        prepared.tree, text, whole=whole, by_line="m" in flags, fold="i" in flags, spend=free
    )
    if tried is None:
        assert walked is None
    else:
        assert walked is not None
        assert walked == [tried.span(group) for group in range(tried.re.groups + 1)]


@given(st.text(alphabet="ab()[]{}*+?|\\^$.-1,:<>=!d", max_size=20))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    refused = refusal(lambda: patterns.found(pattern, "ab-1", at=0, spend=free))
    assert refused is None or isinstance(refused, UnusablePattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a|ab)*c", "(.*a){12}$", "a*a*a*a*a*b"])
def test_a_pattern_that_would_run_away_is_walked(pattern: str) -> None:
    assert not patterns.prepare(pattern).is_quick("a" * 3000)
    assert not patterns.found(pattern, "a" * 3000 + "!", at=0, spend=free, whole=True)


def test_what_walking_takes_is_spent() -> None:
    with pytest.raises(CostlyExpression):
        answers("%long.matches('(a+)+b')", variables={"long": ["a" * 100_000]})


def test_groups_are_put_into_the_replacement() -> None:
    assert patterns.replaced(r"(\d)(?<l>[a-z])?", "1a 2", r"${l}$1\$", at=0, spend=free) == "a1$ 2$"
    assert patterns.replaced("(a+)+b", "aab ab", "<$0>", at=0, spend=free) == "<aab> <ab>"
    assert patterns.replaced("x*", "ab", "-", at=0, spend=free) == "-a-b-"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("[a-]", "-", True),
        ("[-a]", "-", True),
        ("[]a]", "]", True),
        ("[^]]", "]", False),
        (r"[\w-]", "-", True),
        (r"[\.-d]", "a", True),
        ("[a&&b~~||[]", "[", True),
        (r"[\u0041-\u0043]", "B", True),
        (r"[^\s.]{1,3}", "abc", True),
    ],
)
def test_a_class_holds_what_it_names(pattern: str, text: str, matches: bool) -> None:
    assert patterns.found(pattern, text, at=0, spend=free, whole=True) is matches


@pytest.mark.parametrize("pattern", ["[a", "[z-a]", r"[\w-z]", "[a--b]", "a{3,1}", "(a", "a)", "*"])
def test_a_broken_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(UnusablePattern):
        patterns.found(pattern, "a", at=0, spend=free)
