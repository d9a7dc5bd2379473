"""Apps of a patient's level get in where a door shows them no more than their patient."""

from __future__ import annotations

from uuid import UUID

import pytest

from lianyi.api.guard import judge
from lianyi.api.operations import Operation
from lianyi.security.model import Actor
from lianyi.security.rules import reach_of_all
from lianyi.security.scopes import Granted, parse
from lianyi.security.smart.problems import OutsideOfScopes


def search(resource: str, *, narrows: bool = True) -> Operation:
    return Operation(
        "search_type", "GET", "/fhir/{kind}", "clinical.read", frozenset({"category", "patient"}),
        "s", resource, narrows,
    )  # fmt: skip


def app(scopes: str, patient: str = "1^HIS") -> Actor:
    granted = Granted(parse(scopes), patient, "app")
    return Actor(UUID(int=1), "doctor", "", "H1", reach_of_all(), granted=granted)


def test_a_door_that_narrows_lets_an_app_of_one_patient_in() -> None:
    of_one = app("patient/Observation.rs")
    assert judge(of_one, search("Observation")) is of_one
    with pytest.raises(OutsideOfScopes):
        judge(of_one, search("Observation", narrows=False))
    with pytest.raises(OutsideOfScopes):
        judge(of_one, search("Condition"))
    with pytest.raises(OutsideOfScopes):
        judge(app("patient/Observation.rs", ""), search("Observation"))


def test_what_a_scope_is_restricted_to_must_be_asked() -> None:
    restricted = app("patient/Observation.s?category=laboratory")
    with pytest.raises(OutsideOfScopes):
        judge(restricted, search("Observation"))
    with pytest.raises(OutsideOfScopes):
        judge(restricted, search("Observation"), b"category=laboratory,vital-signs")
    assert judge(restricted, search("Observation"), b"category=laboratory&patient=2") is restricted


def test_the_whole_system_is_searched_by_what_was_granted() -> None:
    """The search itself leaves out what the app may not read; of what is no search nothing is."""
    of_one = app("patient/Observation.rs")
    assert judge(of_one, search("*")) is of_one
    with pytest.raises(OutsideOfScopes):
        judge(of_one, search("*", narrows=False))
