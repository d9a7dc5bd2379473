"""Who is one person: registrations cut into persons, the same in whatever order they came.

A *component* is all that hangs together by links that the score or a person made. It is cut into
persons anew whenever it is touched, always in the same order: first what people decided, then the
links of the score from the strongest down, each only where the guards allow it. So the result is
a function of what is known now, and not of how it came about: taking a decision back restores
exactly what would stand without it, and rebuilding one component is the same as rebuilding all.

Source:
    identity.md section 6: canonical rebuild, average linkage. Average linkage is that of Sokal and
    Michener (1958): the mean of all pairs between two groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from enum import StrEnum
from math import inf
from typing import Final

import msgspec

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.identifiers import IdValue

RecordKey = int
"""Which source record; only compared and sorted."""
Card = tuple[IdKind, str]
"""A valid lifelong number."""
Weigh = Callable[[RecordKey, RecordKey], "float | None"]
"""Bits of a pair, or None where the two can never be one person."""

LIFELONG: Final = (IdKind.CITIZEN, IdKind.RESIDENCE_PERMIT, IdKind.FOREIGNER_RESIDENCE)
"""Kinds of number of which a person has one, with a check digit."""
RIVAL_BITS: Final = 8.0
"""Who fits an unnamed newborn worse by so much is no rival: he has not its birth certificate."""
_Link = tuple[RecordKey, RecordKey, float]
PAIRS_MAX: Final = 20_000
"""Two groups with more pairs between them are not joined by the score: a person must look."""


class Member(msgspec.Struct, frozen=True, gc=False):
    """A source record, as far as the partition has to know it.

    Attributes:
        key: of the source record.
        number: its place among all by age; distinct. A person has the number of her oldest record.
        cards: valid lifelong numbers that it names; see ``cards_of``.
        newborn: nobody has named it yet: who it is must be the only one it can be.
    """

    key: RecordKey
    number: int
    cards: frozenset[Card] = frozenset()
    newborn: bool = False


class Edge(msgspec.Struct, frozen=True, gc=False):
    """A pair in the lane AUTO, and its bits."""

    a: RecordKey
    b: RecordKey
    bits: float


class Said(StrEnum):
    """What a person decided about two records."""

    LINK = "link"
    NEVER_LINK = "never-link"
    UNDECIDED = "undecided"
    """Takes back whatever was decided about the two before."""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """A person's decision about two records.

    Attributes:
        order: place among all decisions, from the log; of two about one pair the later holds.
        said: see ``Said``.
        a: one record.
        b: the other.
    """

    order: int
    said: Said
    a: RecordKey
    b: RecordKey


class Partition(msgspec.Struct, frozen=True):
    """Persons.

    Attributes:
        persons: number of the person to her records, both sorted.
        refused: links by a person that would have put a never-link into one person.
        apart: links of the score between two persons, which a guard of the groups kept apart and
            no never-link: somebody should look.
    """

    persons: dict[int, tuple[RecordKey, ...]]
    refused: tuple[Decision, ...] = ()
    apart: tuple[Edge, ...] = ()

    def person_of(self) -> dict[RecordKey, int]:
        """Give the person of each record."""
        return {key: person for person, keys in self.persons.items() for key in keys}


def _pair(a: RecordKey, b: RecordKey) -> tuple[RecordKey, RecordKey]:
    return (a, b) if a <= b else (b, a)


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Give the decisions that hold, in their order: of each pair the latest."""
    latest: dict[tuple[RecordKey, RecordKey], Decision] = {}
    for decision in sorted(decisions, key=lambda said: said.order):
        latest[_pair(decision.a, decision.b)] = decision
    held = [said for said in latest.values() if said.said is not Said.UNDECIDED]
    return tuple(sorted(held, key=lambda said: said.order))


def component(
    start: Iterable[RecordKey], edges: Iterable[Edge], decisions: Iterable[Decision]
) -> frozenset[RecordKey]:
    """Give all records that hang together with these.

    A never-link hangs together as well: it can refuse a link of either side.
    """
    near: dict[RecordKey, list[RecordKey]] = {}
    for a, b in [(e.a, e.b) for e in edges] + [(d.a, d.b) for d in in_force(decisions)]:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    found = set(start)
    waiting = list(found)
    while waiting:
        for key in near.get(waiting.pop(), ()):
            if key not in found:
                found.add(key)
                waiting.append(key)
    return frozenset(found)


class _Groups:
    """Groups of records that only grow."""

    def __init__(self, members: Sequence[Member], never: set[tuple[RecordKey, RecordKey]]) -> None:
        self.of = {member.key: [member.key] for member in members}
        self._cards = {member.key: set(member.cards) for member in members}
        self._never: dict[RecordKey, set[RecordKey]] = {}
        for a, b in never:
            self._never.setdefault(a, set()).add(b)
            self._never.setdefault(b, set()).add(a)

    def are_one(self, a: RecordKey, b: RecordKey) -> bool:
        return self.of[a] is self.of[b]

    def are_forbidden(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether somebody said that a record of one group is none of the other's person."""
        if not self._never:
            return False
        others = set(self.of[b])
        return any(not others.isdisjoint(self._never.get(key, ())) for key in self.of[a])

    def have_one_card(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether neither group has a valid number of a kind of which the other has another."""
        return are_one_bearers(self._cards[self.of[a][0]], self._cards[self.of[b][0]])

    def share_a_card(self, a: RecordKey, b: RecordKey) -> bool:
        """Whether both groups have one valid number: those are no twins."""
        return not self._cards[self.of[a][0]].isdisjoint(self._cards[self.of[b][0]])

    def join(self, a: RecordKey, b: RecordKey) -> None:
        grown, gone = self.of[a], self.of[b]
        if len(gone) > len(grown):
            grown, gone = gone, grown
        cards = self._cards[grown[0]] | self._cards[gone[0]]
        grown += gone
        for key in gone:
            self.of[key] = grown
        self._cards[grown[0]] = cards


class _Cradles:
    """Links of unnamed newborns with named children: made only where nobody else fits as well.

    What such a link goes by (mother, home, day) holds for a twin too. If there was one whom nobody
    marked, two named children fit the newborn, or two newborns the child: then a person must look.
    The first time nothing is asked of the mean of all pairs: no name of a newborn could agree.
    """

    def __init__(self, links: Iterable[_Link], newborns: Set[RecordKey]) -> None:
        self._newborns = newborns
        self._near: dict[RecordKey, list[tuple[RecordKey, float]]] = {}
        if newborns:
            for link in filter(self.holds, links):
                a, b, bits = link
                self._near.setdefault(a, []).append((b, bits))
                self._near.setdefault(b, []).append((a, bits))

    def holds(self, link: _Link) -> bool:
        """Whether it is a link of a newborn with somebody who has a name."""
        return (link[0] in self._newborns) is not (link[1] in self._newborns)

    def is_named_now(self, a: RecordKey, b: RecordKey, groups: _Groups) -> bool:
        """Whether one group is of newborns only, and the other has none: no name can disagree."""
        if not self._newborns:
            return False
        mine, other = (sum(key in self._newborns for key in groups.of[one]) for one in (a, b))
        if bool(mine) is bool(other):
            return False
        return mine == len(groups.of[a]) or other == len(groups.of[b])

    def has_a_rival(self, a: RecordKey, b: RecordKey, bits: float, groups: _Groups) -> bool:
        """Whether a link of nearly so many bits leads from either group to a third one."""
        both = {*groups.of[a], *groups.of[b]}
        others = {
            other
            for key in both
            for other, said in self._near.get(key, ())
            if other not in both and said > bits - RIVAL_BITS
        }
        return not all(groups.share_a_card(a, o) or groups.share_a_card(b, o) for o in others)


def _go_together(
    mine: Sequence[RecordKey], other: Sequence[RecordKey], weigh: Weigh, least: float
) -> bool:
    """Whether the mean of all pairs is high enough, and no pair is impossible."""
    count = len(mine) * len(other)
    if count == 1:
        return True
    if count > PAIRS_MAX:
        return False
    total = 0.0
    for a in mine:
        for b in other:
            bits = weigh(a, b)
            if bits is None:
                return False
            total += bits
    return total >= least * count


def partition(
    members: Iterable[Member],
    edges: Iterable[Edge],
    decisions: Iterable[Decision],
    weigh: Weigh,
    *,
    together_bits: float,
) -> Partition:
    """Cut records into persons.

    Args:
        members: the records of one or more whole components (see ``component``), in any order.
        edges: pairs in the lane AUTO, in any order; those of other records are left out.
        decisions: of people, in any order; likewise.
        weigh: bits of any two of the records, symmetric; multiples of one grain, so that their
            sums are exact. None where they can never be one person.
        together_bits: least mean of all pairs between two groups.
    """
    ordered = sorted(members, key=lambda member: member.number)
    number = {member.key: member.number for member in ordered}
    held = [d for d in in_force(decisions) if d.a in number and d.b in number]
    never = {_pair(d.a, d.b) for d in held if d.said is Said.NEVER_LINK}
    groups = _Groups(ordered, never)
    refused = []
    for said in held:
        if said.said is Said.LINK and not groups.are_one(said.a, said.b):
            if groups.are_forbidden(said.a, said.b):
                refused.append(said)
            else:
                groups.join(said.a, said.b)
    own = {(*_pair(e.a, e.b), e.bits) for e in edges if e.a in number and e.b in number}
    newborns = {member.key for member in ordered if member.newborn}
    cradles = _Cradles(own, newborns)
    # Newborns last: only when all others are cut can it be seen that just one of them fits.
    for a, b, bits in sorted(own, key=lambda e: (cradles.holds(e), -e[2], e[0], e[1])):
        if groups.are_one(a, b) or groups.are_forbidden(a, b) or not groups.have_one_card(a, b):
            continue
        if cradles.holds((a, b, bits)) and cradles.has_a_rival(a, b, bits, groups):
            continue
        least = -inf if cradles.is_named_now(a, b, groups) else together_bits
        if _go_together(groups.of[a], groups.of[b], weigh, least):
            groups.join(a, b)
    persons: dict[int, tuple[RecordKey, ...]] = {}
    for member in ordered:
        group = groups.of[member.key]
        oldest = min(number[key] for key in group) if len(group) > 1 else member.number
        if oldest == member.number:
            persons[oldest] = tuple(sorted(group))
    apart = [
        Edge(a, b, bits)
        for a, b, bits in sorted(own)
        if not groups.are_one(a, b) and not groups.are_forbidden(a, b)
    ]
    return Partition(persons, tuple(refused), tuple(apart))


def rebuild(
    before: Partition,
    changed: Iterable[RecordKey],
    members: Mapping[RecordKey, Member],
    edges: Sequence[Edge],
    decisions: Sequence[Decision],
    weigh: Weigh,
    *,
    together_bits: float,
) -> Partition:
    """Cut the touched components anew and leave the others as they are.

    The result is what ``partition`` would make of everything.

    Args:
        before: persons as they were: all, or at least those with a touched record.
        changed: records that came, changed or went, and both ends of every edge and decision that
            came or went.
        members: all records as they are.
        edges: at least all edges of the touched components.
        decisions: likewise.
        weigh: see ``partition``.
        together_bits: see ``partition``.
    """
    start = set(changed)
    for keys in before.persons.values():
        if not start.isdisjoint(keys):
            start.update(keys)
    touched = component(start, edges, decisions)
    now = partition(
        [members[key] for key in touched if key in members],
        edges,
        decisions,
        weigh,
        together_bits=together_bits,
    )
    kept = {p: keys for p, keys in before.persons.items() if touched.isdisjoint(keys)}
    refused = [d for d in before.refused if d.a not in touched and d.b not in touched]
    apart = [e for e in before.apart if e.a not in touched and e.b not in touched]
    return Partition(
        dict(sorted((kept | now.persons).items())),
        tuple(sorted([*refused, *now.refused], key=lambda said: said.order)),
        tuple(sorted([*apart, *now.apart], key=lambda edge: (edge.a, edge.b))),
    )


def redirects(
    known: Mapping[int, RecordKey], replaced_by: Mapping[RecordKey, RecordKey], now: Partition
) -> dict[int, int]:
    """Say where numbers lead that were a person's once, or could have been, and are none now.

    Args:
        known: number of every record that ever was, to its key.
        replaced_by: of records that no longer stand, the one that took its place in its source.
        now: all persons.

    Returns:
        From each number that is not a person's own to the person it belongs to. A number that is
        a person's again after an unmerge is not in it, nor one whose record nothing replaced.
    """
    person_of = now.person_of()
    found = {}
    for number, key in known.items():
        steps = 0
        while key not in person_of and key in replaced_by and steps < len(replaced_by):
            key = replaced_by[key]
            steps += 1
        person = person_of.get(key)
        if person is not None and person != number:
            found[number] = person
    return found


def are_one_bearers(mine: Set[Card], other: Set[Card]) -> bool:
    """Whether neither has a number of a kind of which the other has another. Symmetric."""
    only_mine = {kind for kind, _ in mine - other}
    return only_mine.isdisjoint(kind for kind, _ in other - mine)


def member_of(key: RecordKey, number: int, traits: Traits) -> Member:
    """Give what a partition has to know of a registration; see ``Member``."""
    return Member(key, number, cards_of(traits), traits.is_newborn)


def cards_of(traits: Traits) -> frozenset[Card]:
    """Give the valid lifelong numbers of a registration."""
    return cards_among(traits.ids)


def cards_among(ids: Iterable[IdValue]) -> frozenset[Card]:
    """Give the valid lifelong ones among some numbers."""
    return frozenset(
        (value.kind, value.text) for value in ids if value.valid and value.kind in LIFELONG
    )
