"""Where and whose rows somebody may see counted: the one place that says it for indicators.

Everything that is counted, listed or exported is counted in a window whose places and doctors come
from :meth:`Sights.of_caller`. Whoever may see nothing but his own figures sees the rows of his
hospitals that name him, wherever they lie there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import asyncpg

from lianyi.applications.indicators.window import EVERYWHERE, Places, places_of
from lianyi.security import account_store, practitioner_store
from lianyi.security.access import current
from lianyi.security.model import EVERYWHERE as ALL_ORGANISATIONS
from lianyi.security.rules import Parents, below, path_up

PLACES_KEPT = 256
OWN = "indicators.own"
"""The permission of whoever sees his own figures and nobody else's."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see counted.

    Attributes:
        places: hospitals and departments.
        doctors: codes of practitioners whose rows he sees; None: of all.
        parents: the management tree, by which it was worked out.
    """

    places: Places
    doctors: frozenset[str] | None
    parents: Parents

    def narrowed(self, hospital: str, department: str, doctor: str) -> Sight:
        """Return what remains of it within a hospital, a department and at a doctor; empty: all."""
        places, doctors = self.places, self.doctors
        if department:
            codes = below(self.parents, department)
            found = _reached(codes, self.parents)
            if hospital:
                pairs = found.departments | {(hospital, code) for code in codes}
                found = Places(found.hospitals, pairs)
            places = places.both(found)
        if hospital:
            places = places.both(Places(frozenset({hospital})))
        if doctor:
            doctors = frozenset({doctor}) & (doctors if doctors is not None else {doctor})
        return Sight(places, doctors, self.parents)

    def peers(self, hospital: str) -> Places:
        """Return whose figures a place is held against, named or not; see :mod:`.insight`.

        Nobody's rows are listed of these places, and nobody's figures told with a name unless they
        lie in the sight itself. Whoever sees nothing of a hospital has no peers in it.

        Args:
            hospital: whose departments are compared; empty: hospitals are.
        """
        if not hospital:
            return Places() if self.nothing else EVERYWHERE
        known = {one for one, _ in self.places.departments}
        if self.places.holds(hospital, None) or hospital in known:
            return Places(frozenset({hospital}))
        return Places()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to see."""
        return self.places.nowhere or self.doctors == frozenset()


class Sights:
    """Works out what callers may see; what was worked out holds until the tree changes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Ask a database, as the doors see it."""
        self._pool = pool
        self._parents: Parents = {}
        self._places: dict[frozenset[str], Places] = {}

    async def of_caller(self, *, also: Collection[str] = ()) -> Sight:
        """Return what whoever acts now may see with the permission of this operation.

        Args:
            also: permissions that he must have there, too.
        """
        parents = await account_store.parents(self._pool)
        if parents != self._parents:
            self._parents, self._places = parents, {}
        access = current()
        reach = access.actor.reach
        places = EVERYWHERE
        for permission in (access.permission, *also):
            places = places.both(self._reached(reach.organisations(permission), parents))
        if access.permission != OWN:
            return Sight(places, None, parents)
        names = await practitioner_store.names_of(self._pool, access.actor.account)
        codes = frozenset(
            one.identifier for one in names if one.source == practitioner_store.MASTERDATA
        )
        if places.hospitals is None:
            return Sight(places, codes, parents)
        # His rows lie where his patients lay, which need not be his own department.
        hospitals = {top for one in reach.organisations(OWN) for top in path_up(parents, one)}
        return Sight(Places(frozenset(hospitals)), codes, parents)

    def _reached(self, organisations: Collection[str], parents: Parents) -> Places:
        key = frozenset(organisations)
        if key not in self._places:
            while len(self._places) >= PLACES_KEPT:
                self._places.pop(next(iter(self._places)))
            self._places[key] = _reached(key, parents)
        return self._places[key]


def _reached(organisations: Collection[str], parents: Parents) -> Places:
    if ALL_ORGANISATIONS in organisations:
        return EVERYWHERE
    above = [(code, top) for code in organisations for top in path_up(parents, code)]
    return places_of(organisations, [(code, top) for code, top in above if code != top])
