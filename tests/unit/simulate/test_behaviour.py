"""What a simulated receiver can be told, and what it does not understand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.simulate.behaviour import KINDS, Behaviour, read_behaviour
from lianyi.simulate.errors import UnknownBehaviour, UnknownTarget
from lianyi.simulate.feed import Target, read_target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("accept", Behaviour("accept")),
        ("hang", Behaviour("hang", 1.0)),
        ("refuse:0.2", Behaviour("refuse", 0.2)),
        ("slow", Behaviour("slow", 1.0, 5.0)),
        ("slow:2", Behaviour("slow", 1.0, 2.0)),
        ("slow:2:0.1", Behaviour("slow", 0.1, 2.0)),
        ("gone:9", Behaviour("gone", 1.0, 9.0)),
    ],
)
def test_a_behaviour_is_read(text: str, expected: Behaviour) -> None:
    assert read_behaviour(text) == expected


@pytest.mark.parametrize("text", ["", "hung", "refuse:2", "refuse:-1", "slow:x", "slow:1:1:1"])
def test_what_is_no_behaviour_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UnknownBehaviour) as caught:
        read_behaviour(text)
    assert "half-close" in str(caught.value)


@given(st.text())
def test_any_text_is_a_behaviour_or_a_refusal(text: str) -> None:
    try:
        behaviour = read_behaviour(text)
    except UnknownBehaviour:
        return
    assert behaviour.kind in KINDS
    assert 0 <= behaviour.share <= 1
    assert 0 <= behaviour.seconds < 86_400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:6661", Target((), "mllp://127.0.0.1:6661")),
        ("ADT,DFT=h:1", Target(("ADT", "DFT"), "mllp://h:1")),
        ("http://h/a?b=c", Target((), "http://h/a?b=c")),
        ("ORU=http://h/a?b=c", Target(("ORU",), "http://h/a?b=c")),
        ("batch=file:///tmp/x", Target(("batch",), "file:///tmp/x")),
    ],
)
def test_a_target_is_read(text: str, expected: Target) -> None:
    assert read_target(text) == expected


@pytest.mark.parametrize("text", ["", "nowhere", "ftp://h:1", "h:port", "mllp://h", "h:99999999"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(UnknownTarget):
        read_target(text)


def test_a_target_takes_the_kinds_it_names_and_without_names_all() -> None:
    assert Target(("ADT",), "").takes("ADT^A01")
    assert not Target(("ADT",), "").takes("ORU^R01")
    assert Target((), "").takes("batch")
