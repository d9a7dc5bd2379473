"""Every pair of the index judged anew, as another model demands: in batch, and written at once.

The pairs, the persons and the questions become what learning everything anew by that model would
give. Only rows that change are written. Components about which somebody decided, or where a record
took the place of another, are few and are left to the linker.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import rejudge_store
from lianyi.projections.identity.columns import Places
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.matching import Matching, parts_of
from lianyi.projections.identity.meeting import Keys, clusters
from lianyi.projections.identity.registration import Registration
from lianyi.projections.identity.rejudge_store import Standing
from lianyi.projections.identity.relinking import Everybody, Linked, Rules
from lianyi.projections.identity.traits import (
    ADDRESSES_MAX,
    IDENTIFIERS_MAX,
    NAMES_MAX,
    PHONES_MAX,
    LocalDefaults,
)
from lianyi.projections.identity.values.births import read_birth
from lianyi.projections.identity.values.names import read_name
from lianyi.projections.identity.values.phones import read_phone
from lianyi.projections.identity.values.text import digits_of

ALONE_MAX: Final = 20_000
"""So few records are judged in this process; more in others, that one core does not do it all."""
PROCESSES: Final = min(os.cpu_count() or 1, 4)


class Rejudged(NamedTuple):
    """What moved.

    Attributes:
        by_hand: records in whose components the linker must decide.
        moves: all other records of persons that changed: whose each was and is.
        changed: persons who are others now.
        asked: persons about whom there is, or was, something to be asked.
    """

    by_hand: set[int]
    moves: Mapping[int, tuple[int, int]]
    changed: set[int]
    asked: set[int]


async def judge_all(connection: Connection, schema: str, matching: Matching) -> Rejudged:
    """Judge all pairs; write the pairs that changed, and whose the records are.

    Args:
        connection: in a transaction.
        schema: of the version.
        matching: the model that is in force now.
    """
    everybody = Everybody()
    standing = await rejudge_store.standing(connection, schema, everybody)
    rules = Rules(matching.activated.model, matching.activated.counts)
    processes = 1 if len(everybody.traits) <= ALONE_MAX else PROCESSES
    linked = await asyncio.to_thread(everybody.linked, rules, processes=processes)
    await rejudge_store.write_edges(
        connection, schema, linked.a, linked.b, linked.lanes, _parts(linked)
    )
    place_a, place_b = linked.places()
    by_hand = _by_hand(linked, standing, place_a, place_b)
    persons = linked.records[linked.persons]
    persons[by_hand] = standing.persons[by_hand]
    before, now = standing.persons, persons
    moved = before != now
    await rejudge_store.set_persons(connection, schema, linked.records[moved], now[moved])
    changed = np.union1d(before[moved], now[moved])
    told = np.flatnonzero((np.isin(before, changed) | np.isin(now, changed)) & ~by_hand)
    apart = now[place_a] != now[place_b]
    asked = np.union1d(now[place_a[apart]], now[place_b[apart]])
    return Rejudged(
        set(linked.records[by_hand].tolist()),
        dict(
            zip(
                linked.records[told].tolist(),
                zip(before[told].tolist(), now[told].tolist(), strict=True),
                strict=True,
            )
        ),
        set(changed.tolist()),
        set(asked.tolist()) | await rejudge_store.asked_about(connection, schema),
    )


def _parts(linked: Linked) -> Keys:
    return np.array([parts_of(bits) for bits in linked.bits.tolist()], np.int64)


def _by_hand(
    linked: Linked, standing: Standing, place_a: Places, place_b: Places
) -> NDArray[np.bool_]:
    """Say which records hang together with a decision or a replacement, now or before."""
    records = linked.records
    order = np.argsort(records)
    ends = np.searchsorted(records, standing.beside, sorter=order)
    known = (ends < len(records)).all(axis=1)
    beside = order[ends[known]]
    beside = beside[(records[beside] == standing.beside[known]).all(axis=1)]
    auto = linked.lanes == Lane.AUTO
    pairs = np.concatenate([np.stack([place_a[auto], place_b[auto]], axis=1), beside])
    of_person = order[np.searchsorted(records, standing.persons, sorter=order)]
    pairs = np.concatenate([pairs, np.stack([np.arange(len(records)), of_person], axis=1)])
    label = clusters(pairs.astype(np.uint32), len(records))
    decided = np.zeros(len(records), np.bool_)
    decided[label[beside.ravel()]] = True
    found: NDArray[np.bool_] = decided[label]
    return found


async def reading_otherwise(
    connection: Connection, schema: str, before: LocalDefaults, now: LocalDefaults
) -> list[int]:
    """Return the records that read otherwise when other values than before say nothing."""
    if before == now:
        return []
    told = _Told(before, now)
    return [
        record
        async for record, said in rejudge_store.registrations(connection, schema)
        if told.apart(said)
    ]


class _Told:
    """Tells which registrations two sets of values that say nothing read differently."""

    def __init__(self, before: LocalDefaults, now: LocalDefaults) -> None:
        self._dates = before.dates, now.dates
        self._ids = before.ids ^ now.ids
        self._phones = before.phones ^ now.phones
        self._names = before.names ^ now.names
        self._addresses = before.addresses ^ now.addresses

    def apart(self, said: Registration) -> bool:
        """Whether a registration names a value that only one of the two knows to say nothing."""
        was, now = self._dates
        return (
            (
                was != now
                and read_birth(said.born, defaults=was) != read_birth(said.born, defaults=now)
            )
            or any(digits_of(one.value) in self._ids for one in said.identifiers[:IDENTIFIERS_MAX])
            or any(read_phone(text).digits in self._phones for text in said.phones[:PHONES_MAX])
            or any(read_name(name.text).key in self._names for name in said.names[:NAMES_MAX])
            or any(text in self._addresses for text in said.addresses[:ADDRESSES_MAX])
        )
