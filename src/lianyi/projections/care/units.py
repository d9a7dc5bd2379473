"""Which organisations a place of a message means, on a day. Pure.

Source:
    HL7 v2.5.1, chapter 2A (PL): point of care, room, bed. A code of the master data is these
    three joined with ``-``, as it is read out of MFN^M05.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from lianyi.projections.masterdata.model import MANAGEMENT, PART_OF, PLACE, TREE

RELATIONS = (PLACE, PART_OF, TREE + MANAGEMENT)


class Link(NamedTuple):
    """A relation of the master data; the days are half open."""

    relation: str
    subject: str
    object: str
    valid_from: date
    valid_to: date


class Category(NamedTuple):
    """What sort of organisation it is from a day on."""

    code: str
    valid_from: date
    category: str


class Units:
    """The part of the master data that says whose patient lies where."""

    def __init__(
        self,
        links: Iterable[Link],
        categories: Iterable[Category],
        *,
        departments: Collection[str],
    ) -> None:
        """Remember it.

        Args:
            links: of :data:`RELATIONS`.
            categories: of every organisation that ever was.
            departments: categories that are a department or less.
        """
        self._at: dict[str, list[Link]] = defaultdict(list)
        self._above: dict[tuple[str, str], list[Link]] = defaultdict(list)
        for link in links:
            if link.relation == PLACE:
                self._at[link.object].append(link)
            else:
                self._above[link.relation, link.subject].append(link)
        self._categories: dict[str, list[Category]] = defaultdict(list)
        for one in sorted(categories):
            self._categories[one.code].append(one)
        self._departments = {one.casefold() for one in departments}

    def units_at(self, place: str, day: date) -> frozenset[str]:
        """Return the organisations that are at a place: at the bed, else the room, else the ward.

        Where nothing is said about the place, the point of care may itself be an organisation.

        Args:
            place: see :class:`~lianyi.projections.care.model.Location`.
            day: on which.
        """
        parts = place.split("^")
        for end in range(len(parts), 0, -1):
            code = "-".join(part for part in parts[:end] if part)
            for here in self._up(PART_OF, code, day):
                found = {one.subject for one in self._at.get(here, ()) if _holds(one, day)}
                if found:
                    return frozenset(found)
        return frozenset({parts[0]} if parts[0] in self._categories else ())

    def all_above(self, unit: str, day: date) -> tuple[str, ...]:
        """Return an organisation and all above it, the nearest first."""
        return tuple(self._up(TREE + MANAGEMENT, unit, day))

    def caring(self, unit: str, day: date) -> tuple[str, ...]:
        """Return those of :meth:`all_above` in which a role for treatment cares for the unit.

        Above the unit itself, only what the master data calls a department or less. The unit
        itself too, unless it is called something else, or is the top of the tree.
        """
        found: list[str] = []
        way = self.all_above(unit, day)
        for place, code in enumerate(way):
            category = self._category(code, day)
            is_department = category.casefold() in self._departments
            is_plain_unit = place == 0 and not category and len(way) > 1
            if not (is_department or is_plain_unit):
                break
            found.append(code)
        return tuple(found)

    def _category(self, code: str, day: date) -> str:
        held = [one for one in self._categories.get(code, ()) if one.valid_from <= day]
        return held[-1].category if held else ""

    def _up(self, relation: str, code: str, day: date) -> Iterator[str]:
        seen: set[str] = set()
        here: str | None = code
        while here is not None and here not in seen:
            seen.add(here)
            yield here
            above = self._above.get((relation, here), ())
            here = next((one.object for one in above if _holds(one, day)), None)


def _holds(link: Link, day: date) -> bool:
    return link.valid_from <= day < link.valid_to
