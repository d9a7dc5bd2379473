"""Whether a destination's books balance: all that passed it is delivered or lies somewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lianyi.channels.views import Balance


def balance_of(row: Mapping[str, Any], *, channel: str) -> Balance:
    """Return the books of a destination.

    Args:
        row: what it has counted, and the exceptions that are there now, read at one moment.
        channel: name of its channel.

    Counts say what is over; what is not over is counted from the rows that still are there, since
    the counts of exceptions and held messages never go down. ``delivered`` counts what was
    delivered after all, too.
    """
    counts = row["counts"]

    def counted(name: str) -> int:
        return int(counts.get(name, 0))

    parts = {
        "delivered": counted("delivered") - row["uncounted"],
        "filtered": counted("filtered") + row["released_unwanted"],
        "erased": counted("erased"),
        "held": row["held"] + row["held_unseen"],
        "dismissed": row["dismissed"] + row["dismissed_at_gate"],
        "waiting": row["waiting"],
        "parked": row["parked"],
        "behind": row["behind"],
    }
    known = "before" in counts
    passed = counted("passed") - counted("before")
    off_by = passed - sum(parts.values())
    return Balance(
        id=row["destination"],
        channel=channel,
        name=row["name"],
        passed=passed,
        # An older release did not write down with how many it began.
        off_by=off_by if known or off_by <= 0 else None,
        **parts,
    )
