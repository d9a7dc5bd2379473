"""Which registrations meet: all pairs that share a key, found by sorting and not by looking up.

Numbers of registrations here are their places in the caller's list, from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.blocking import CROWD_MAX
from lianyi.projections.identity.marks import MARKS_BITS

Keys = NDArray[np.int64]
Places = NDArray[np.uint32]
Marks = NDArray[np.uint64]
Pairs = NDArray[np.uint32]
"""Shape (n_pairs, 2), the smaller place first."""

_WORDS: Final = MARKS_BITS // 64
_AT_ONCE: Final = 1 << 20
"""So many pairs have their marks compared at once: 120 MB."""


def marks_array(marks: list[int]) -> Marks:
    """Give marks as an array of shape (n, 7)."""
    packed = b"".join([mark.to_bytes(MARKS_BITS // 8, "little") for mark in marks])
    return np.frombuffer(packed, np.dtype("<u8")).reshape(-1, _WORDS)


def meeting_pairs(keys: Keys, places: Places, marks: Marks | None = None) -> Pairs:
    """Give each pair of places that share a key, once, in order.

    Args:
        keys: shape (n_keys,): all keys of all registrations.
        places: shape (n_keys,): whose key each is.
        marks: shape (n_places, 7): pairs without a common bit are left out; None keeps all.
    """
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    found = [np.empty(0, np.uint64)]
    for first, second in _neighbours(keys, places):
        if marks is not None:
            near = _share_a_mark(marks, first, second)
            first, second = first[near], second[near]
        low, high = np.minimum(first, second), np.maximum(first, second)
        found.append((low.astype(np.uint64) << np.uint64(32)) | high)
    both = np.unique(np.concatenate(found))
    low, high = both >> np.uint64(32), both & np.uint64(0xFFFFFFFF)
    return np.stack([low.astype(np.uint32), high.astype(np.uint32)], axis=1)


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


def _share_a_mark(marks: Marks, first: Places, second: Places) -> NDArray[np.bool_]:
    shared: NDArray[np.bool_] = np.any(marks[first] & marks[second], axis=1)
    return shared


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
