"""What codes mean, by what FHIR R4 defines and by what was loaded from the repository. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache

from lianyi.formats.fhir.definitions import Definitions, r4
from lianyi.projections.clinical.terms import sets, systems
from lianyi.projections.clinical.terms.sets import Expander, Members, Said
from lianyi.projections.clinical.terms.systems import System


@lru_cache(maxsize=200)
def _defined_system(url: str) -> System | None:
    return systems.of_definitions(r4(), url)


class KnownTerminology:
    """Knows the code systems and value sets of FHIR R4, and some that are stored.

    What is stored goes before what FHIR itself defines: a house that stores more of a code system
    than FHIR lists knows more of it. Nothing in it changes, so what was worked out is kept.
    """

    def __init__(
        self,
        definitions: Definitions,
        *,
        stored_sets: Mapping[str, Said] | None = None,
        stored_systems: Mapping[str, System] | None = None,
    ) -> None:
        """Know these.

        Args:
            definitions: of FHIR.
            stored_sets: by the canonical by which they are asked for, with its version or not.
            stored_systems: likewise.
        """
        self._definitions = definitions
        self._sets = stored_sets or {}
        self._systems = stored_systems or {}
        self._expander = Expander(self.value_set, self.system)
        self._members: dict[str, Members | None] = {}

    def value_set(self, url: str) -> Said | None:
        """Return a value set; None: it is not known."""
        if url in self._sets:
            return self._sets[url]
        found = self._definitions.find_value_set(url)
        return None if found is None else sets.of_definitions(found)

    def system(self, url: str) -> System | None:
        """Return a code system; None: it is not known."""
        bare = url.partition("|")[0]
        return self._systems.get(url) or self._systems.get(bare) or _defined_system(bare)

    def members(self, value_set: str) -> Members | None:
        """Return what is in a value set; None: it is not known, or not what is in it."""
        if value_set not in self._members:
            self._members[value_set] = self._expander.members(value_set)
        return self._members[value_set]

    def members_of(self, said: Said) -> Members | None:
        """Return what is in a value set that says so of itself."""
        return self._expander.of(said)

    def below(self, system: str, code: str) -> Collection[str] | None:
        """Return a code and all that are kinds of it; None: nothing is known of that."""
        return self._related(system, code, below=True)

    def above(self, system: str, code: str) -> Collection[str] | None:
        """Return a code and all that it is a kind of; None: nothing is known of that."""
        return self._related(system, code, below=False)

    def _related(self, url: str, code: str, *, below: bool) -> Collection[str] | None:
        system = self.system(url)
        if system is None or not system.has_hierarchy:
            return None
        written = system.find(code)
        if written is None and not (below and system.by_prefix):
            return None
        one = written or code
        return {one, *(system.below(one) if below else system.above(one))}
