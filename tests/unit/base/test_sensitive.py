from __future__ import annotations

import copy
import json
import pickle

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lianyi.base.sensitive import Sensitive


@given(st.text(min_size=4))
def test_no_way_of_printing_shows_the_value(secret: str) -> None:
    held = Sensitive(secret)
    shown = [
        str(held),
        repr(held),
        f"{held}",
        f"{held!r:>5}",
        f"{held:>9}",
        "%s" % held,  # noqa: UP031
        str([held]),
    ]
    assert {text.strip("[] ") for text in shown} == {"***"}
    assert held.reveal() == secret


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, orjson.dumps])
def test_it_is_written_nowhere_by_accident(write: object) -> None:
    with pytest.raises(TypeError):
        write(Sensitive("Zhang Invented"))


def test_equal_values_are_equal_and_copies_are_the_same() -> None:
    held = Sensitive("a")
    assert held == Sensitive("a") != Sensitive("b")
    assert held != "a"
    assert len({Sensitive("a"), Sensitive("a"), Sensitive("b")}) == 2
    assert copy.deepcopy(held) is copy.copy(held) is held
