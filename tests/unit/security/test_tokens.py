from __future__ import annotations

import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lianyi.base.sensitive import Sensitive
from lianyi.security.tokens import (
    ALPHABET,
    TOKEN,
    Kind,
    is_token,
    name_of,
    new_token,
    stored_form,
    without_tokens,
)


@given(st.sampled_from(Kind))
def test_a_fresh_token_is_recognised_and_is_itself(kind: Kind) -> None:
    token = new_token(kind)
    shown = token.shown.reveal()
    assert TOKEN.fullmatch(shown)
    assert shown.startswith(f"ly_{kind.value}_")
    assert token.stored == hashlib.sha256(shown.encode()).digest()
    assert stored_form(token.shown, kind) == token.stored
    assert is_token(token.shown, token.stored, kind)
    assert not is_token(new_token(kind).shown, token.stored, kind)


@given(st.data())
def test_one_mistyped_character_is_noticed_without_a_look_up(data: st.DataObject) -> None:
    shown = new_token(Kind.API_KEY).shown.reveal()
    place = data.draw(st.integers(7, len(shown) - 1))
    sign = data.draw(st.sampled_from(ALPHABET))
    assume(shown[place] != sign)
    mistyped = shown[:place] + sign + shown[place + 1 :]
    assert stored_form(Sensitive(mistyped), Kind.API_KEY) is None


def test_a_token_of_one_kind_is_none_of_another() -> None:
    token = new_token(Kind.SESSION)
    assert stored_form(token.shown, Kind.API_KEY) is None
    renamed = Sensitive(token.shown.reveal().replace("ly_ses_", "ly_key_"))
    assert stored_form(renamed, Kind.API_KEY) is None
    assert not is_token(token.shown, token.stored, Kind.API_KEY)


@given(st.text(max_size=80))
def test_other_texts_are_no_tokens(text: str) -> None:
    assert stored_form(Sensitive(text), Kind.API_KEY) is None
    assert not is_token(Sensitive(text), bytes(32), Kind.API_KEY)


@pytest.mark.parametrize("tail", ["\n", " ", "\x00", "a"])
def test_nothing_may_follow_a_token(tail: str) -> None:
    token = new_token(Kind.API_KEY)
    assert stored_form(Sensitive(token.shown.reveal() + tail), Kind.API_KEY) is None


def test_no_two_tokens_are_the_same() -> None:
    assert len({new_token(Kind.SESSION).stored for _ in range(1000)}) == 1000


@given(st.text(max_size=30), st.sampled_from(Kind), st.text(max_size=30))
def test_a_lost_token_is_hidden_in_any_text(before: str, kind: Kind, after: str) -> None:
    shown = new_token(kind).shown.reveal()
    text = f"{before} {shown}&{after}"
    hidden = without_tokens(text)
    assert shown not in hidden
    assert f"ly_{kind.value}_***&" in hidden


def test_a_token_has_a_name_that_opens_nothing() -> None:
    token = new_token(Kind.API_KEY)
    name = name_of(token.stored)
    assert len(name) == 12
    assert name not in token.shown.reveal()
    assert repr(token).startswith("NewToken(shown=***")
