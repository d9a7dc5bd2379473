"""What would move under another model, worked out beside the index and without touching it. Pure.

Where the index was taken whole (``neighbourhood``), everything is judged, cut into persons and
asked about exactly as putting the model in force would do; a test holds both against each other.
Of a sample only pairs are told: persons hang together through records that are not in it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.linking import cut, questions
from lianyi.projections.identity.matching import Activated, Matching, packed, parts_of
from lianyi.projections.identity.statements import RecordKey
from lianyi.projections.identity.table_store import DecisionRow, EdgeRow, StandingRow
from lianyi.projections.identity.traits import Traits, read_registration
from lianyi.projections.identity.upkeep.neighbourhood import Neighbourhood, meeting
from lianyi.projections.identity.upkeep.store import Pair

EXAMPLES_MAX: Final = 50
LOOK_EVERY: Final = 500


class State(NamedTuple):
    """How records stand to each other by one model.

    Attributes:
        lanes: of the pairs that are linked or asked about.
        persons: whose each record is; empty of a sample.
        questions: pairs of persons; empty of a sample.
    """

    lanes: Mapping[Pair, int]
    persons: Mapping[int, int]
    questions: frozenset[Pair]


class MovedPair(msgspec.Struct, frozen=True):
    """A pair that changes its lane; ``NEW``: nobody would be asked about it."""

    a: RecordKey
    b: RecordKey
    before: str
    after: str


class MovedPerson(msgspec.Struct, frozen=True):
    """Records that are so many persons now and would be so many."""

    records: tuple[RecordKey, ...]
    before: int
    after: int


class Shadow(msgspec.Struct, frozen=True):
    """What would move.

    Attributes:
        whole: whether the whole index was judged; otherwise a sample, and nothing of persons and
            questions is told.
        records: that were judged.
        lanes: how many pairs change from one lane to another, ``AUTO>REVIEW``.
        pairs: some of these, first those that would be linked or no longer be.
        joined: persons that would be made of records of several.
        split: persons that would fall apart.
        persons: some of both.
        persons_before, persons_after: how many there are and would be.
        questions_before, questions_after: likewise.
    """

    whole: bool
    records: int
    lanes: dict[str, int]
    pairs: tuple[MovedPair, ...]
    joined: int = 0
    split: int = 0
    persons: tuple[MovedPerson, ...] = ()
    persons_before: int = 0
    persons_after: int = 0
    questions_before: int = 0
    questions_after: int = 0


def standing(near: Neighbourhood) -> State:
    """Return how things stand in the index."""
    persons = {row.record: row.person for row in near.rows.values()} if near.whole else {}
    return State(near.lanes, persons, near.questions)


def read(near: Neighbourhood, activated: Activated) -> dict[int, Traits]:
    """Read every record with what the hospital learned."""
    return {
        record: read_registration(row.said, activated.learned) for record, row in near.rows.items()
    }


def keys_of(near: Neighbourhood, traits: Mapping[int, Traits]) -> dict[int, tuple[int, ...]]:
    """Return the keys of the records that stand."""
    return {
        record: blocking_keys(traits[record])
        for record, row in near.rows.items()
        if row.kept is None
    }


def judged(
    near: Neighbourhood, activated: Activated, *, go_on: Callable[[], None] = lambda: None
) -> State:
    """Return how things would stand.

    Args:
        near: the records.
        activated: the model to try.
        go_on: called now and then; what it raises ends the work.
    """
    matching = Matching(activated)
    traits = read(near, activated)
    edges: dict[Pair, EdgeRow] = {}
    for n, (a, b) in enumerate(meeting(keys_of(near, traits), near.focus)):
        if n % LOOK_EVERY == 0:
            go_on()
        score = matching.judge(traits[a], traits[b])
        if score is not None:
            edges[a, b] = EdgeRow(a, b, int(score.lane), parts_of(score.bits))
    lanes = {pair: edge.lane for pair, edge in edges.items()}
    if not near.whole:
        return State(lanes, {}, frozenset())
    rows = {
        record: StandingRow(record, row.first_at, row.kept, row.person, packed(traits[record]))
        for record, row in near.rows.items()
    }
    persons = _persons(matching, rows, edges, near.decisions, go_on)
    rows = {record: row._replace(person=persons[record]) for record, row in rows.items()}
    known = [one for one in near.decisions if one.a in rows and one.b in rows]
    asked = questions(edges.values(), known, rows)
    return State(lanes, persons, frozenset({(row.p, row.q) for row in asked}))


def _persons(
    matching: Matching,
    rows: Mapping[int, StandingRow],
    edges: Mapping[Pair, EdgeRow],
    decisions: Iterable[DecisionRow],
    go_on: Callable[[], None],
) -> dict[int, int]:
    """Cut all that hangs together into persons, one component after the other."""
    links = [edge for edge in edges.values() if edge.lane == Lane.AUTO]
    known = [one for one in decisions if one.a in rows and one.b in rows]
    union = _Union()
    for edge in links:
        union.join(edge.a, edge.b)
    for one in known:
        union.join(one.a, one.b)
    for row in rows.values():
        if row.kept is not None and row.kept in rows:
            union.join(row.record, row.kept)
    members: dict[int, dict[int, StandingRow]] = defaultdict(dict)
    for record, row in rows.items():
        members[union.find(record)][record] = row
    links_of: dict[int, list[EdgeRow]] = defaultdict(list)
    for edge in links:
        links_of[union.find(edge.a)].append(edge)
    decided: dict[int, list[DecisionRow]] = defaultdict(list)
    for one in known:
        decided[union.find(one.a)].append(one)
    persons = {record: record for record in rows}
    for n, (root, component) in enumerate(members.items()):
        if n % LOOK_EVERY == 0:
            go_on()
        if len(component) > 1:
            persons |= cut(matching, component, links_of[root], decided[root])
    return persons


class _Union:
    """Which records hang together."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}

    def find(self, one: int) -> int:
        """Return the record that stands for all that hang together with one."""
        root = one
        while (up := self._of.get(root, root)) != root:
            root = up
        while (up := self._of.get(one, one)) != root:
            self._of[one], one = root, up
        return root

    def join(self, a: int, b: int) -> None:
        """Let two hang together."""
        a, b = self.find(a), self.find(b)
        if a != b:
            self._of[max(a, b)] = min(a, b)


def compare(near: Neighbourhood, before: State, after: State) -> Shadow:
    """Say what would move."""
    changed = _moved_pairs(near, before, after)
    joined, split, persons = _moved_persons(near, before, after)
    return Shadow(
        near.whole,
        len(near.focus),
        dict(sorted(Counter(f"{one.before}>{one.after}" for one in changed).items())),
        tuple(changed[:EXAMPLES_MAX]),
        joined,
        split,
        tuple(persons[:EXAMPLES_MAX]),
        len(set(before.persons.values())),
        len(set(after.persons.values())),
        len(before.questions),
        len(after.questions),
    )


def _moved_pairs(near: Neighbourhood, before: State, after: State) -> list[MovedPair]:
    """Return the pairs that change their lane, those first that are linked or no longer are."""
    found = []
    for pair in before.lanes.keys() | after.lanes.keys():
        was, now = (Lane(one.lanes.get(pair, Lane.NEW)) for one in (before, after))
        if was is not now and all(record in near.rows for record in pair):
            a, b = (near.rows[record].key for record in pair)
            found.append((Lane.AUTO not in (was, now), pair, MovedPair(a, b, was.name, now.name)))
    return [one for _, _, one in sorted(found, key=lambda one: one[:2])]


def _moved_persons(
    near: Neighbourhood, before: State, after: State
) -> tuple[int, int, list[MovedPerson]]:
    was: dict[int, set[int]] = defaultdict(set)
    now: dict[int, set[int]] = defaultdict(set)
    for record, person in after.persons.items():
        was[before.persons[record]].add(person)
        now[person].add(before.persons[record])
    members: dict[int, list[int]] = defaultdict(list)
    union = _Union()  # of persons: those before are its even numbers, those after its odd ones
    for record in after.persons:
        union.join(before.persons[record] << 1, after.persons[record] << 1 | 1)
    for record in sorted(after.persons):
        members[union.find(after.persons[record] << 1 | 1)].append(record)
    found = []
    for records in members.values():
        befores = len({before.persons[record] for record in records})
        afters = len({after.persons[record] for record in records})
        if (befores, afters) != (1, 1):
            keys = tuple(near.rows[record].key for record in records)
            found.append(MovedPerson(keys, befores, afters))
    joined = sum(len(persons) > 1 for persons in now.values())
    split = sum(len(persons) > 1 for persons in was.values())
    return joined, split, found
