"""Whose rows are meant: roles of doctors, and peers of whoever sees something of a hospital."""

from __future__ import annotations

import pytest

from lianyi.applications.indicators.sight import Sight
from lianyi.applications.indicators.window import EVERYWHERE, Places, Window
from lianyi.projections.operational.star import star

PARENTS = {"G": None, "H1": "G", "H2": "G", "D1": "H1"}


def sight(places: Places) -> Sight:
    return Sight(places, None, PARENTS)


def test_rows_fall_to_a_doctor_by_the_role_that_is_asked_for() -> None:
    columns = star()["surgery"].columns
    assert Window(0, 1).whose("surgeon", columns) == "surgeon"
    assert Window(0, 1, role="assistant").whose("surgeon", columns) == "assistant"


@pytest.mark.parametrize("fact", ["encounter", "charge", "ward_day"])
def test_a_role_that_rows_do_not_name_is_nobodys(fact: str) -> None:
    assert Window(0, 1, role="assistant").whose("doctor", star()[fact].columns) == ""


def test_peers_are_those_of_a_hospital_of_which_something_is_seen() -> None:
    head = sight(Places(frozenset({"D1"}), frozenset({("H1", "D1"), ("G", "D1")})))
    assert head.peers("H1") == Places(frozenset({"H1"}))
    assert head.peers("H2").nowhere
    assert head.peers("") == EVERYWHERE
    assert sight(Places()).peers("").nowhere
    assert sight(Places()).peers("H1").nowhere
    assert sight(EVERYWHERE).peers("H2") == Places(frozenset({"H2"}))
