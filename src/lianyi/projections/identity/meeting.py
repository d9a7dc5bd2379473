"""Which registrations meet: all pairs that share a key, found by sorting and not by looking up.

Numbers of registrations here are their places in the caller's list, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.blocking import CROWD_MAX

Keys = NDArray[np.int64]
Places = NDArray[np.uint32]
Pairs = NDArray[np.uint32]
"""Shape (n_pairs, 2), the smaller place first."""

N = TypeVar("N", bound="np.integer[Any]")

_AT_ONCE: Final = 1 << 20
"""So many pairs are given at once."""


def meeting_pairs(keys: Keys, places: Places) -> Pairs:
    """Give each pair of places that share a key, once, in order.

    Args:
        keys: shape (n_keys,): all keys of all registrations.
        places: shape (n_keys,): whose key each is.
    """
    order = np.argsort(keys)
    keys, places = keys[order], places[order]
    found = [np.empty(0, np.uint64)]
    for first, second in _neighbours(keys, places):
        low, high = np.minimum(first, second), np.maximum(first, second)
        found.append((low.astype(np.uint64) << np.uint64(32)) | high)
    both = distinct(np.concatenate(found))
    low, high = both >> np.uint64(32), both & np.uint64(0xFFFFFFFF)
    return np.stack([low.astype(np.uint32), high.astype(np.uint32)], axis=1)


def distinct(numbers: NDArray[N]) -> NDArray[N]:
    """Give each number once, in order; many times faster than the hash table of ``np.unique``."""
    ordered = np.sort(numbers, axis=None)
    fresh = np.concatenate([np.ones(min(len(ordered), 1), np.bool_), ordered[1:] != ordered[:-1]])
    found: NDArray[N] = ordered[fresh]
    return found


def _neighbours(keys: Keys, places: Places) -> Iterator[tuple[Places, Places]]:
    """Give the pairs within each run of one key: neighbours, then those two apart, and so on."""
    if not len(keys):
        return
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    sizes = np.diff(np.append(starts, len(keys)))
    kept = (sizes > 1) & (sizes <= CROWD_MAX)
    starts, sizes = starts[kept], sizes[kept]
    ends = np.repeat(starts + sizes, sizes)
    run = np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
    at = run + np.arange(len(run))
    apart = 1
    while len(at):
        inside = at + apart < ends
        at, ends = at[inside], ends[inside]
        for begin in range(0, len(at), _AT_ONCE):
            some = at[begin : begin + _AT_ONCE]
            yield places[some], places[some + apart]
        apart += 1


def clusters(pairs: Pairs, count: int) -> Places:
    """Give for each place the smallest place that it hangs together with; shape (count,)."""
    label = np.arange(count, dtype=np.uint32)
    first, second = pairs[:, 0], pairs[:, 1]
    while True:
        least = np.minimum(label[first], label[second])
        before = label.copy()
        np.minimum.at(label, first, least)
        np.minimum.at(label, second, least)
        np.minimum.at(label, before[first], least)
        np.minimum.at(label, before[second], least)
        label = label[label]
        if np.array_equal(label, before):
            return label
