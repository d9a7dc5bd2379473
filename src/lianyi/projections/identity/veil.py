"""Sensitive authorities: that somebody is their patient is itself a secret. Pure.

A record of such an authority (psychiatry, an HIV clinic) is seen only by whoever has the permission
for it where the record came from; the wall in the database keeps it from everybody else. A number
that such an authority gave can stand in the records of others, too: there it is left out.

What links records is the same for everybody: who may not see one still sees the rest as one person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from msgspec.structs import replace

from lianyi.projections.identity.folding import SourceRecord
from lianyi.projections.identity.registration import Identifier, Registration
from lianyi.projections.identity.traits import Traits
from lianyi.security.model import EVERYWHERE

PERMISSION: Final = "identity.sensitive"


class Veil(NamedTuple):
    """What somebody may not know.

    Attributes:
        sensitive: names of the sensitive authorities.
        lifted: organisations in whose data he may see them; see ``Reach``.
    """

    sensitive: frozenset[str] = frozenset()
    lifted: Collection[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether there is anything that he may not know."""
        return bool(self.sensitive) and EVERYWHERE not in self.lifted

    def hides_in(self, organisations: Iterable[str]) -> bool:
        """Tell whether something is hidden in a record that came from these organisations."""
        return self.is_whole and all(one not in self.lifted for one in organisations)

    def hides(self, source: str) -> bool:
        """Tell whether he may know of no patient of an authority anywhere."""
        return bool(source in self.sensitive and not self.lifted)

    def folded(self, record: SourceRecord) -> SourceRecord:
        """Return a record without the numbers that sensitive authorities gave."""
        if not self._names_any(record):
            return record
        return replace(
            record,
            registration=self._registration(record.registration),
            identifiers=tuple(one for one in record.identifiers if self._may(one.value)),
            mother=tuple(one for one in record.mother if self._may(one.value)),
        )

    def traits(self, traits: Traits) -> Traits:
        """Return the same of what is compared of a record."""
        kept = tuple(one for one in traits.ids if one.issuer not in self.sensitive)
        of_mother = traits.mother.partition(" ")[0] in self.sensitive
        if len(kept) == len(traits.ids) and not of_mother:
            return traits
        return replace(traits, ids=kept, mother="" if of_mother else traits.mother)

    def _names_any(self, record: SourceRecord) -> bool:
        said = (*record.identifiers, *record.mother)
        return not all(self._may(one.value) for one in said)

    def _registration(self, said: Registration) -> Registration:
        kept = tuple(one for one in said.identifiers if self._may(one))
        mother = said.mother if said.mother and self._may(said.mother) else None
        return replace(said, identifiers=kept, mother=mother)

    def _may(self, said: Identifier) -> bool:
        return said.issuer not in self.sensitive
