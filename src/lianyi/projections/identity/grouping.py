"""Persons of many clusters at once: the cut of ``partition``, with the plain cases told by sorting.

Two records of which nothing else hangs are one person when their cards allow it; only what is
bigger has to be cut with all its pairs weighed against each other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from lianyi.projections.identity.columns import Columns, Places
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.meeting import Keys, clusters
from lianyi.projections.identity.partition import (
    Edge,
    Member,
    are_one_bearers,
    cards_among,
    partition,
)
from lianyi.projections.identity.scoring import ManyBits, Scorer
from lianyi.projections.identity.values.names import NameKind

_NEWBORN: Final = NameKind.NEWBORN


def persons_of(
    scorer: Scorer,
    columns: Columns,
    records: Keys,
    ages: Places,
    pairs: Places,
    lanes: Places,
    bits: ManyBits,
) -> Places:
    """Cut records into persons.

    Args:
        scorer: by the model in force.
        columns: the records.
        records: shape (n,): their keys.
        ages: shape (n,): the smaller the older; of one age the smaller key is the older.
        pairs: shape (n_pairs, 2): places of those that are linked or asked about.
        lanes: shape (n_pairs,): of these.
        bits: shape (n_pairs,): of these.

    Returns:
        Shape (n,): the place of the oldest record of each one's person.
    """
    count = len(records)
    rank = np.empty(count, np.int64)
    rank[np.lexsort((records, ages))] = np.arange(count)
    linked = pairs[lanes == Lane.AUTO]
    label = clusters(linked, count).astype(np.int64)
    size = np.bincount(label, minlength=count)
    cards = [cards_among(ids) for ids in columns.ids.values]
    persons = np.arange(count)
    of_two = linked[size[label[linked[:, 0]]] == 2]
    cards_of = columns.ids.of
    for a, b in of_two.tolist():
        mine, other = cards[cards_of[a]], cards[cards_of[b]]
        if mine == other or are_one_bearers(mine, other):
            persons[a] = persons[b] = a if rank[a] < rank[b] else b
    bigger = size[label[pairs[:, 0]]] > 2
    bigger &= label[pairs[:, 0]] == label[pairs[:, 1]]
    if bigger.any():
        members = np.flatnonzero(size[label] > 2)
        oldest = np.argsort(rank)
        cut = _cut(
            scorer, columns, records, rank, members, pairs[bigger], lanes[bigger], bits[bigger]
        )
        persons[members] = oldest[cut]
    return persons


def _cut(
    scorer: Scorer,
    columns: Columns,
    records: Keys,
    rank: Places,
    members: Places,
    pairs: Places,
    lanes: Places,
    bits: ManyBits,
) -> Places:
    """Give the rank of the oldest record of the person of each member.

    Records are called by their place in the order of their keys, which decides between links that
    are equally strong.
    """
    in_order = np.argsort(records)
    called = np.empty(len(records), np.int64)
    called[in_order] = np.arange(len(records))
    place_of = in_order.tolist()
    pairs = np.sort(called[pairs], axis=1)
    known: dict[tuple[int, ...], float] = dict(
        zip(map(tuple, pairs.tolist()), bits.tolist(), strict=True)
    )
    auto = lanes == Lane.AUTO
    edges = map(Edge, pairs[auto, 0].tolist(), pairs[auto, 1].tolist(), bits[auto].tolist())

    def weigh(a: int, b: int) -> float | None:
        weighed = known.get((a, b) if a < b else (b, a))
        if weighed is not None:
            return weighed
        return scorer.together(columns.traits(place_of[a]), columns.traits(place_of[b]))

    cards = [cards_among(columns.ids.values[at]) for at in columns.ids.of[members].tolist()]
    newborn = [columns.names.values[at][0].kind is _NEWBORN for at in columns.names.of[members]]
    found = partition(
        map(Member, called[members].tolist(), rank[members].tolist(), cards, newborn),
        list(edges),
        (),
        weigh,
        together_bits=scorer.model.together_bits,
    ).person_of()
    return np.array([found[key] for key in called[members].tolist()], np.int64)
