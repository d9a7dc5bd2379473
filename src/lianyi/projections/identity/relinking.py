"""Link everything anew, at once: the same keys, the same scorer, the same partition, in batch.

What real time finds one registration after the other is found here by sorting (``meeting``): each
registration is read and keyed, or taken as the index keeps it; the pairs that share a key are
judged by columns (``comparing``); and what hangs together by links of the score is cut into
persons. Work goes to processes in shares of whole clusters, so that nobody needs a registration
that somebody else has.

The result depends on what was said and by whom, never on order or on the number of processes.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.blocking import blocking_keys
from lianyi.projections.identity.columns import Columns, Places
from lianyi.projections.identity.comparing import judge_pairs
from lianyi.projections.identity.grouping import persons_of
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.ids import record_id
from lianyi.projections.identity.matching import packed
from lianyi.projections.identity.meeting import Keys, Pairs, clusters, distinct, meeting_pairs
from lianyi.projections.identity.model import MatchModel, shipped_model
from lianyi.projections.identity.partition import Edge, Partition, RecordKey
from lianyi.projections.identity.rarity import NOTHING_COUNTED, ValueCounts
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.scoring import ManyBits, Scorer
from lianyi.projections.identity.traits import (
    NOTHING_LEARNED,
    LocalDefaults,
    read_registration,
)

READ_AT_ONCE: Final = 5_000
"""Registrations that a process is given to read."""
JUDGED_AT_ONCE: Final = 50_000
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


class Linked(NamedTuple):
    """The same as columns.

    Attributes:
        records: shape (n,): the keys of all, in the order in which they came.
        persons: shape (n,): of each the place of her person's oldest record.
        a: shape (n_pairs,): one record of each pair that is linked or asked about; sorted.
        b: shape (n_pairs,): the other, of the greater key.
        lanes: shape (n_pairs,).
        bits: shape (n_pairs,).
    """

    records: Keys
    persons: Places
    a: Keys
    b: Keys
    lanes: Places
    bits: ManyBits

    def places(self) -> tuple[Places, Places]:
        """Give the places of both records of each pair in ``records``."""
        order = np.argsort(self.records)
        a, b = (np.searchsorted(self.records, ends, sorter=order) for ends in (self.a, self.b))
        return order[a], order[b]


class Rules(msgspec.Struct, frozen=True):
    """By what registrations are read and judged: the model in force and what belongs to it."""

    model: MatchModel
    counts: ValueCounts = NOTHING_COUNTED
    learned: LocalDefaults = NOTHING_LEARNED


class ReadRow(NamedTuple):
    """A registration that was read before.

    Attributes:
        record: its key.
        age: orders registrations, the oldest first; of one age the smaller key is the older.
        keys: its blocking keys; none where another stands for it.
        traits: as ``matching.packed`` writes them.
    """

    record: RecordKey
    age: int
    keys: Sequence[int]
    traits: bytes


class _Share(NamedTuple):
    """Whole clusters for one process; places in ``pairs`` are places in the others."""

    records: Keys
    ages: Places
    traits: list[bytes]
    pairs: Places


class _Judged(NamedTuple):
    """What a process found.

    Attributes:
        at: shape (n,): places in ``pairs`` of its share, of those that are linked or asked about.
        lanes: of these.
        bits: of these.
        persons: shape (n_records,): the place of the oldest record of each one's person.
    """

    at: Places
    lanes: Places
    bits: ManyBits
    persons: Places


_Read = tuple[Keys, Keys, NDArray[np.uint8], list[bytes]]
"""Of some registrations the records, their blocking keys, how many each has, and the traits."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Registration).decode


class _Worker:
    """What a process knows: the rules, and how to read and to judge by them."""

    def __init__(self, rules: Rules) -> None:
        self._scorer = Scorer(rules.model, rules.counts)
        self._learned = rules.learned

    def read(self, said: Sequence[bytes]) -> _Read:
        """Read and key some registrations."""
        read = [read_registration(_decode(one), self._learned) for one in said]
        keys = [blocking_keys(traits) for traits in read]
        return (
            np.array([record_id(traits.source, traits.mrn) for traits in read], np.int64),
            np.array([key for of_one in keys for key in of_one], np.int64),
            np.array(list(map(len, keys)), np.uint8),
            [packed(traits) for traits in read],
        )

    def judge(self, share: _Share) -> _Judged:
        """Judge the pairs of whole clusters and cut their registrations into persons."""
        columns = Columns(share.traits)
        first, second = share.pairs[:, 0], share.pairs[:, 1]
        at, lanes, bits = judge_pairs(self._scorer, columns, first, second)
        pairs = share.pairs[at]
        persons = persons_of(self._scorer, columns, share.records, share.ages, pairs, lanes, bits)
        return _Judged(at, lanes, bits, persons)


_worker: _Worker
"""The one of this process; only processes of ``_spread_over`` have it."""


def _begin(rules: Rules) -> None:
    global _worker
    _worker = _Worker(rules)
    gc.disable()  # nothing that is made here refers to itself, and there is very much of it


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


class Everybody:
    """All registrations, as little of them as has to be kept."""

    def __init__(self) -> None:
        self.ages = array("q")
        self.records = array("q")
        self.traits: list[bytes] = []
        self._keys: list[Keys] = []
        self._counts: list[NDArray[np.uint8]] = []

    def read(
        self,
        registrations: Iterable[tuple[int, Registration]],
        read: Callable[[Iterable[list[bytes]]], Iterator[_Read]],
    ) -> None:
        """Take registrations as they were said."""
        for records, keys, counts, traits in read(self._to_read(registrations)):
            self.records.frombytes(records.tobytes())
            self._keys.append(keys)
            self._counts.append(counts)
            self.traits += traits

    def _to_read(self, registrations: Iterable[tuple[int, Registration]]) -> Iterator[list[bytes]]:
        said: list[bytes] = []
        for number, registration in registrations:
            self.ages.append(number)
            said.append(_encode(registration))
            if len(said) == READ_AT_ONCE:
                yield said
                said = []
        if said:
            yield said

    def take(self, rows: Iterable[ReadRow]) -> None:
        """Take registrations that were read before."""
        keys, counts = array("q"), array("B")
        for row in rows:
            self.records.append(row.record)
            self.ages.append(row.age)
            self.traits.append(row.traits)
            keys.extend(row.keys)
            counts.append(len(row.keys))
        self._keys.append(np.array(keys, np.int64))
        self._counts.append(np.array(counts, np.uint8))

    def linked(self, rules: Rules, *, processes: int) -> Linked:
        """Link all that were taken; see ``relink``."""
        with _spread_over(processes, rules) as (_, judge):
            return self.link(judge)

    def link(self, judge: Callable[[Iterable[_Share]], Iterator[_Judged]]) -> Linked:
        """Let the pairs that meet be judged, and put together what was found."""
        records, ages = np.array(self.records, np.int64), np.array(self.ages, np.int64)
        shares = _shares_of(self._meet(), len(records))
        found = judge(self._share(records, ages, pairs) for pairs in shares)
        persons = np.arange(len(records))
        ends = [np.empty((0, 2), np.int64)]
        lanes, bits = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
        for pairs, judged in zip(shares, found, strict=True):
            places = distinct(pairs)
            persons[places] = places[judged.persons]
            ends.append(records[pairs[judged.at]])
            lanes.append(judged.lanes)
            bits.append(judged.bits)
        both = np.sort(np.concatenate(ends), axis=1)
        order = np.lexsort((both[:, 1], both[:, 0]))
        both = both[order]
        return Linked(
            records,
            persons,
            both[:, 0],
            both[:, 1],
            np.concatenate(lanes)[order],
            np.concatenate(bits)[order],
        )

    def _meet(self) -> Pairs:
        """The pairs that share a key; the keys are wanted no more."""
        if not self._keys:
            return np.empty((0, 2), np.uint32)
        keys, counts = np.concatenate(self._keys), np.concatenate(self._counts)
        self._keys, self._counts = [], []
        return meeting_pairs(keys, np.repeat(np.arange(len(counts), dtype=np.uint32), counts))

    def _share(self, records: Keys, ages: Places, pairs: Pairs) -> _Share:
        """Give what is needed to judge some pairs."""
        places, local = np.unique(pairs, return_inverse=True)
        traits = self.traits
        return _Share(
            records[places],
            ages[places],
            [traits[place] for place in places.tolist()],
            local.reshape(-1, 2),
        )


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
    everybody = Everybody()
    with _spread_over(processes, rules) as (read, judge):
        everybody.read(registrations, read)
        linked = everybody.link(judge)
    return _told(linked, np.array(everybody.ages, np.int64))


def relink_read(
    rows: Iterable[ReadRow], rules: Rules | None = None, *, processes: int = 2
) -> Linked:
    """Link all registrations anew as the index keeps them: read and keyed by the same ``learned``.

    Args:
        rows: each source record once, in any order.
        rules: None for what ships.
        processes: see ``relink``.
    """
    everybody = Everybody()
    with _spread_over(processes, rules or Rules(shipped_model())) as (_, judge):
        everybody.take(rows)
        return everybody.link(judge)


def _told(linked: Linked, numbers: Places) -> Relinked:
    """Write columns as edges and a partition."""
    edges = list(map(Edge, linked.a.tolist(), linked.b.tolist(), linked.bits.tolist()))
    is_auto = linked.lanes == Lane.AUTO
    a, b = linked.places()
    is_apart = is_auto & (linked.persons[a] != linked.persons[b])
    order = np.lexsort((linked.records, numbers[linked.persons]))
    person = numbers[linked.persons][order]
    begins = np.flatnonzero(np.diff(person, prepend=person[:1] - 1)).tolist()
    records = linked.records[order].tolist()
    persons = (
        {
            number: tuple(records[begin:end])
            for number, begin, end in zip(
                person[begins].tolist(), begins, [*begins[1:], len(records)], strict=True
            )
        }
        if records
        else {}
    )
    return Relinked(
        [edges[at] for at in np.flatnonzero(is_auto).tolist()],
        [edges[at] for at in np.flatnonzero(~is_auto).tolist()],
        Partition(persons, (), tuple([edges[at] for at in np.flatnonzero(is_apart).tolist()])),
    )
