"""Link everything anew, at once: the same keys, the same scorer, the same partition, in batch.

What real time finds one registration after the other is found here by sorting (``meeting``): each
registration is read and keyed, the pairs that share a key and a mark are judged, and what hangs
together by links of the score is cut into persons. Registrations are read again for judging, which
is cheaper than keeping all of them read. Work goes to processes in shares of whole clusters, so
that nobody needs a registration that somebody else has.

The result depends on what was said and by whom, never on order or on the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.meeting import (
    Keys,
    Marks,
    Pairs,
    clusters,
    marks_array,
    meeting_pairs,
)
from lianyi.projections.identity.model import MatchModel, shipped_model
from lianyi.projections.identity.partition import (
    Edge,
    Member,
    Partition,
    RecordKey,
    cards_of,
    partition,
)
from lianyi.projections.identity.rarity import NOTHING_COUNTED, ValueCounts
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.scoring import Scorer
from lianyi.projections.identity.traits import (
    NOTHING_LEARNED,
    LocalDefaults,
    Traits,
    read_registration,
)

READ_AT_ONCE: Final = 5_000
"""Registrations that a process is given to read."""
JUDGED_AT_ONCE: Final = 20_000
"""Pairs that it is given to judge, and no fewer than a cluster has."""


class Relinked(msgspec.Struct, frozen=True):
    """Everything linked anew.

    Attributes:
        auto: pairs in the lane AUTO.
        review: pairs in the lane REVIEW.
        partition: everybody, each person numbered by her oldest registration.
    """

    auto: list[Edge]
    review: list[Edge]
    partition: Partition


class Rules(msgspec.Struct, frozen=True):
    """By what registrations are read and judged: the model in force and what belongs to it."""

    model: MatchModel
    counts: ValueCounts = NOTHING_COUNTED
    learned: LocalDefaults = NOTHING_LEARNED


class _Share(msgspec.Struct, frozen=True):
    """Whole clusters for one process; places in ``pairs`` are places in the other two."""

    numbers: list[int]
    said: list[bytes]
    pairs: list[tuple[int, int]]


class _Judged(msgspec.Struct, frozen=True):
    """What a process found: places in ``pairs`` of its share, and bits; a person for each place."""

    auto: list[tuple[int, float]]
    review: list[tuple[int, float]]
    persons: list[int]


_Read = tuple[Keys, NDArray[np.uint8], Marks]
"""The keys of some registrations, how many each has, and their marks."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Registration).decode


class _Worker:
    """What a process knows: the rules, and how to read and to judge by them."""

    def __init__(self, rules: Rules) -> None:
        self._scorer = Scorer(rules.model, rules.counts)
        self._learned = rules.learned

    def read(self, said: Sequence[bytes]) -> _Read:
        """Read and key some registrations."""
        read = self._traits(said)
        keys = [blocking_keys(traits) for traits in read]
        return (
            np.array([key for of_one in keys for key in of_one], np.int64),
            np.array(list(map(len, keys)), np.uint8),
            marks_array([traits.marks for traits in read]),
        )

    def judge(self, share: _Share) -> _Judged:
        """Judge the pairs of whole clusters and cut their registrations into persons."""
        read, judge = self._traits(share.said), self._scorer.judge
        lanes: dict[Lane, list[tuple[int, float]]] = {lane: [] for lane in Lane}
        for place, (a, b) in enumerate(share.pairs):
            found = judge(read[a], read[b])
            if found is not None:
                lanes[found.lane].append((place, found.bits))
        auto, review = lanes[Lane.AUTO], lanes[Lane.REVIEW]
        keys = [record_id(traits.source, traits.mrn) for traits in read]
        ends = [(keys[a], keys[b]) for a, b in share.pairs]
        linked = [Edge(*ends[place], bits) for place, bits in auto]
        known = {ends[place]: bits for place, bits in auto + review}
        persons = self._persons(share.numbers, dict(zip(keys, read, strict=True)), linked, known)
        return _Judged(auto, review, [persons[key] for key in keys])

    def _traits(self, said: Sequence[bytes]) -> list[Traits]:
        return [read_registration(_decode(one), self._learned) for one in said]

    def _persons(
        self,
        numbers: list[int],
        read: dict[RecordKey, Traits],
        linked: list[Edge],
        known: dict[tuple[RecordKey, RecordKey], float],
    ) -> dict[RecordKey, int]:
        def weigh(a: RecordKey, b: RecordKey) -> float | None:
            bits = known.get((a, b), known.get((b, a)))
            return self._scorer.together(read[a], read[b]) if bits is None else bits

        members = [
            Member(key, number, cards_of(traits))
            for number, (key, traits) in zip(numbers, read.items(), strict=True)
        ]
        least = self._scorer.model.together_bits
        return partition(members, linked, (), weigh, together_bits=least).person_of()


_worker: _Worker
"""The one of this process; only processes of ``_spread_over`` have it."""


def _begin(rules: Rules) -> None:
    global _worker
    _worker = _Worker(rules)


def _read(said: list[bytes]) -> _Read:
    return _worker.read(said)


def _judge(share: _Share) -> _Judged:
    return _worker.judge(share)


@contextmanager
def _spread_over(
    processes: int, rules: Rules
) -> Iterator[
    tuple[
        Callable[[Iterable[list[bytes]]], Iterator[_Read]],
        Callable[[Iterable[_Share]], Iterator[_Judged]],
    ]
]:
    """Give how to read and how to judge many shares, here or in other processes, in order."""
    if processes == 1:
        worker = _Worker(rules)
        yield partial(map, worker.read), partial(map, worker.judge)
        return
    with get_context("spawn").Pool(processes, _begin, (rules,)) as pool:
        yield partial(pool.imap, _read), partial(pool.imap, _judge)


class _Everybody:
    """All registrations, as little of them as has to be kept."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.keys: list[RecordKey] = []
        self.said: list[bytes] = []

    def take(self, registrations: Iterable[tuple[int, Registration]]) -> Iterator[list[bytes]]:
        """Keep them all, and give them on in shares for reading."""
        for number, registration in registrations:
            self.numbers.append(number)
            self.keys.append(record_id(*registration.key))
            self.said.append(_encode(registration))
            if len(self.said) % READ_AT_ONCE == 0:
                yield self.said[-READ_AT_ONCE:]
        if rest := len(self.said) % READ_AT_ONCE:
            yield self.said[-rest:]

    def share(self, pairs: Pairs) -> _Share:
        """Give what is needed to judge some pairs."""
        places, local = np.unique(pairs, return_inverse=True)
        of = places.tolist()
        return _Share(
            [self.numbers[place] for place in of],
            [self.said[place] for place in of],
            [(a, b) for a, b in local.reshape(-1, 2).tolist()],
        )

    def together(self, shares: list[Pairs], found: Iterable[_Judged]) -> Relinked:
        """Put together what was found about each share."""
        auto: list[Edge] = []
        review: list[Edge] = []
        person_of = self.numbers[:]
        for pairs, judged in zip(shares, found, strict=True):
            auto += self._edges(pairs, judged.auto)
            review += self._edges(pairs, judged.review)
            for place, person in zip(np.unique(pairs).tolist(), judged.persons, strict=True):
                person_of[place] = person
        members: dict[int, list[RecordKey]] = {}
        for key, person in zip(self.keys, person_of, strict=True):
            members.setdefault(person, []).append(key)
        persons = {person: tuple(sorted(members[person])) for person in sorted(members)}
        of = dict(zip(self.keys, person_of, strict=True))
        apart = sorted((edge for edge in auto if of[edge.a] != of[edge.b]), key=_ends)
        return Relinked(
            sorted(auto, key=_ends), sorted(review, key=_ends), Partition(persons, (), tuple(apart))
        )

    def _edges(self, pairs: Pairs, found: list[tuple[int, float]]) -> Iterator[Edge]:
        ends = pairs[[place for place, _ in found]].tolist()
        for (a, b), (_, bits) in zip(ends, found, strict=True):
            first, second = sorted((self.keys[a], self.keys[b]))
            yield Edge(first, second, bits)


def _ends(edge: Edge) -> tuple[RecordKey, RecordKey]:
    return edge.a, edge.b


def _shares_of(pairs: Pairs, count: int) -> list[Pairs]:
    """Cut pairs into shares of whole clusters."""
    label = clusters(pairs, count)[pairs[:, 0]]
    order = np.argsort(label, kind="stable")
    pairs, label = pairs[order], label[order]
    ends = np.append(np.flatnonzero(label[1:] != label[:-1]) + 1, len(pairs))
    wanted = np.arange(JUDGED_AT_ONCE, len(pairs) + JUDGED_AT_ONCE, JUDGED_AT_ONCE)
    cuts = np.unique(ends[np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)])
    return [share for share in np.split(pairs, cuts) if len(share)]


def relink(
    registrations: Iterable[tuple[int, Registration]],
    rules: Rules | None = None,
    *,
    processes: int = 2,
) -> Relinked:
    """Link all registrations of a hospital anew.

    Args:
        registrations: each source record once, with the number that ``Member`` has, in any order;
            read once, as they come.
        rules: None for what ships.
        processes: so many judge; 1 works here and starts none.

    Returns:
        What real time comes to with the same registrations, if nobody decided anything.
    """
    rules = rules or Rules(shipped_model())
    by_marks = Scorer(rules.model, rules.counts).marks_tell
    everybody = _Everybody()
    with _spread_over(processes, rules) as (read, judge):
        columns = list(read(everybody.take(registrations)))
        shares = _shares_of(_meet(columns, by_marks=by_marks), len(everybody.said))
        del columns
        found = judge(everybody.share(some) for some in shares)
        return everybody.together(shares, found)


def _meet(columns: list[_Read], *, by_marks: bool) -> Pairs:
    """The pairs that share a key, and a mark where marks tell strangers apart."""
    if not columns:
        return np.empty((0, 2), np.uint32)
    keys, counts, marks = (np.concatenate(column) for column in zip(*columns, strict=True))
    places = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    return meeting_pairs(keys, places, marks if by_marks else None)
