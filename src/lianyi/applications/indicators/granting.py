"""What somebody approved that another may see: places, and whether rows; never more than his own.

It is frozen when it is approved. Whoever looks by it sees what is in it and in his own sight, too,
and the window of :mod:`.asking` is where the two meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lianyi.applications.indicators.window import Places


@dataclass(frozen=True, slots=True)
class Grant:
    """What was approved.

    Attributes:
        places: that may be counted.
        rows: whether the rows behind the figures may be listed.
    """

    places: Places
    rows: bool

    def kept(self) -> dict[str, Any]:
        """Return it as a table keeps it."""
        hospitals = self.places.hospitals
        return {
            "hospitals": None if hospitals is None else sorted(hospitals),
            "departments": sorted(list(one) for one in self.places.departments),
            "rows": self.rows,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Grant:
        """Return what a table kept."""
        hospitals = kept["hospitals"]
        return cls(
            Places(
                None if hospitals is None else frozenset(hospitals),
                frozenset((hospital, code) for hospital, code in kept["departments"]),
            ),
            bool(kept["rows"]),
        )
