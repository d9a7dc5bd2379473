"""Of whom the set of identifiers changed, worked out from who moved in one transaction. Pure.

A person is a set of records, each of which stands or had its place taken. What is told is a change
of that set: records joined, left, or were replaced. That a person has another number, or says
something new of herself, is none; neither is a new person with one record, whom nobody knew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

import msgspec

from lianyi.projections.identity.statements import RecordKey

Place = tuple[int, bool] | None
"""Whose a record is and whether it stands; None: there is no such record."""
Members = frozenset[tuple[int, bool]]
"""The records of a person, each with whether it stands."""


class Moves:
    """Where records were before a transaction, and where they are after it."""

    def __init__(self) -> None:
        self.before: dict[int, Place] = {}
        self.after: dict[int, Place] = {}

    def was(self, record: int, place: Place) -> None:
        """Note where a record was; what is noted first counts."""
        self.before.setdefault(record, place)

    def goes(self, record: int, place: Place) -> None:
        """Note where a record is; what is noted last counts."""
        self.after[record] = place


class SetChange(NamedTuple):
    """A person whose set of records changed.

    Attributes:
        person: her number; that of the person before, where nobody is left.
        before: her records before: of the person of her number, else of whom most came from.
        after: her records now.
    """

    person: int
    before: Members
    after: Members


class Member(msgspec.Struct, frozen=True, array_like=True):
    """One identifier of a person, and the channels that spoke of it."""

    source: str
    mrn: str
    stands: bool
    channels: tuple[int, ...]


class Change(msgspec.Struct, frozen=True):
    """A change as it waits to be told; see :class:`SetChange`."""

    person: str
    before: tuple[Member, ...]
    after: tuple[Member, ...]

    def seen_by(
        self,
        channels: Collection[int] | None,
        *,
        without: Collection[str] = (),
        refused: Collection[RecordKey] = (),
    ) -> Change | None:
        """Return what of it whoever sees these channels may know; None: nothing of it.

        Args:
            channels: None sees everything.
            without: authorities of whose patients he may know nothing.
            refused: records whose patients refuse that he is told.
        """
        if channels is None and not without and not refused:
            return self

        def may(one: Member) -> bool:
            seen = channels is None or not set(channels).isdisjoint(one.channels)
            return seen and one.source not in without and (one.source, one.mrn) not in refused

        before, after = (
            tuple(one for one in members if may(one)) for members in (self.before, self.after)
        )
        if _keys(before) == _keys(after):
            return None
        return Change(self.person, before, after)


def _keys(members: Collection[Member]) -> set[tuple[str, str, bool]]:
    return {(one.source, one.mrn, one.stands) for one in members}


def set_changes(moves: Moves) -> list[SetChange]:
    """Return the persons whose set of records changed, by number."""
    before, after = _persons(moves.before), _persons(moves.after)
    there = set(before.values())
    found = []
    for person, members in after.items():
        if members in there:
            continue
        was = _predecessor(person, members, before, moves.before)
        if was or len(members) > 1:
            found.append(SetChange(person, was, members))
    still = {record for members in after.values() for record, _ in members}
    for person, members in before.items():
        if person not in after and all(record not in still for record, _ in members):
            found.append(SetChange(person, members, frozenset()))
    return sorted(found, key=lambda one: one.person)


def _persons(places: Mapping[int, Place]) -> dict[int, Members]:
    found: dict[int, set[tuple[int, bool]]] = defaultdict(set)
    for record, place in places.items():
        if place is not None:
            found[place[0]].add((record, place[1]))
    return {person: frozenset(members) for person, members in found.items()}


def _predecessor(
    person: int, members: Members, before: Mapping[int, Members], places: Mapping[int, Place]
) -> Members:
    """Return the records of the person of that number before, else of whom most came from."""
    if person in before:
        return before[person]
    shares = Counter(place[0] for record, _ in members if (place := places.get(record)) is not None)
    if not shares:
        return frozenset()
    most = max(shares.values())
    return before[min(number for number, share in shares.items() if share == most)]
