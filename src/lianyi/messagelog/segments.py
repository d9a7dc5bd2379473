"""Segments: runs of a fixed number of messages, each a partition of its own.

Because the size is fixed, the segment of a position is arithmetic and a reader goes straight to the
table it needs. When a segment is full it gets its search index in one go, which costs a tenth of
keeping one while messages arrive; when it is old it goes to a file and is dropped whole.
"""

from __future__ import annotations

SEGMENT_MESSAGES = 131_072
"""Messages in a segment. Only this file reads it, so that it is one value."""

SEGMENT_MAX = 2**31 - 1
"""The last segment there can be: the table that names them counts in 32 bits."""


def segment_of(number: int) -> int:
    """Return the segment that holds a number; numbers count from 1."""
    return (number - 1) // SEGMENT_MESSAGES


def first_number(segment: int) -> int:
    """Return the lowest number of a segment."""
    return segment * SEGMENT_MESSAGES + 1


def half_number(segment: int) -> int:
    """Return the number from which on the next segment should stand ready."""
    return first_number(segment) + SEGMENT_MESSAGES // 2


def table(shard: int, segment: int) -> str:
    """Return the name of the partition that holds a segment."""
    return f"messagelog.message_{shard}_{segment}"
