"""Which rows are counted: when, where, whose. Pure, and without a table.

Codes of departments are a hospital's own, so a row is placed by both: D01 of one hospital is
nothing to whoever leads D01 of another.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Places:
    """Hospitals as a whole, and single departments of others.

    Attributes:
        hospitals: codes of those that are seen as a whole, with rows of no department; None: all
            there are.
        departments: hospital and department of what is seen of others.
    """

    hospitals: frozenset[str] | None = frozenset()
    departments: frozenset[tuple[str, str]] = frozenset()

    def holds(self, hospital: str | None, department: str | None) -> bool:
        """Tell whether a row of a place is among them."""
        if self.hospitals is None or hospital in self.hospitals:
            return True
        return (hospital, department) in self.departments

    def both(self, other: Places) -> Places:
        """Return what these and others have in common."""
        hospitals = other.hospitals
        if self.hospitals is not None:
            mine = self.hospitals
            hospitals = mine if hospitals is None else mine & hospitals
        shared = {one for one in self.departments if other.holds(*one)}
        shared |= {one for one in other.departments if self.holds(*one)}
        if hospitals is None:
            return EVERYWHERE
        return Places(hospitals, frozenset(one for one in shared if one[0] not in hospitals))

    @property
    def all_hospitals(self) -> frozenset[str] | None:
        """The hospitals in which they lie; None: all there are."""
        if self.hospitals is None:
            return None
        return self.hospitals | {hospital for hospital, _ in self.departments}

    @property
    def nowhere(self) -> bool:
        """Whether there are none."""
        return self.hospitals == frozenset() and not self.departments

    def by_hospital(self) -> dict[str, list[str]]:
        """Return the single departments of each hospital, in order."""
        found: dict[str, list[str]] = {}
        for hospital, department in sorted(self.departments):
            found.setdefault(hospital, []).append(department)
        return found


EVERYWHERE = Places(None)


def places_of(organisations: Collection[str], above: Collection[tuple[str, str]]) -> Places:
    """Return the places that organisations are, and their departments below.

    Args:
        organisations: codes; all that is below them is among them.
        above: of each organisation, with each that stands above it: organisation and other.
    """
    hospitals = frozenset(organisations)
    pairs = {(top, code) for code, top in above if code in hospitals and top not in hospitals}
    return Places(hospitals, frozenset(pairs))


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are counted.

    Attributes:
        first, last: months, both counted in; see ``star.month_of``.
        places: that are asked for and may be seen.
        doctors: codes of practitioners whose rows are counted; None: of all.
        role: the column of the facts that says whose a row is; empty: the first that says it.
        since, until: instants in UTC, without a zone, half open; None: the whole months.
        undated: whether rows of which the time is not said are counted, too.
    """

    first: int
    last: int
    places: Places = field(default=EVERYWHERE)
    doctors: frozenset[str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    role: str = ""
    undated: bool = False

    def whose(self, first: str, columns: Container[str]) -> str:
        """Return the column that says whose a row of a fact is; empty: rows name nobody so.

        Args:
            first: the one that says it where no role is asked for.
            columns: of the fact.
        """
        if not self.role:
            return first
        return self.role if self.role in columns else ""
