"""A search for patients, read: what the index is asked, and what only the repository can say. Pure.

Source:
    IHE PDQm ITI-78; HL7 FHIR R4, search parameters of Patient, 3.1.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from lianyi.projections.clinical.search.problems import UnknownParameter
from lianyi.projections.clinical.search.query import Pair, QueryReader
from lianyi.projections.identity.fhir import criteria

PATIENT: Final = ("Patient",)
_PAGES: Final = frozenset({"_count", "page", "_format", "_pretty"})
"""What the index and the repository both read in an address, each in its way."""
_ONLY_OF_INDEX: Final = "mothersMaidenName"
"""What PDQm adds to the parameters of R4."""


class Asked(NamedTuple):
    """A search for patients.

    Attributes:
        of_index: what the index knows how to hold against a person.
        rest: what else is asked: other criteria, order, what comes along.
        pages: how much of it, and in which form.
        ignored: names that no parameter has.
    """

    of_index: tuple[Pair, ...]
    rest: tuple[Pair, ...]
    pages: tuple[Pair, ...]
    ignored: tuple[str, ...]

    @property
    def of_both(self) -> tuple[Pair, ...]:
        """What the repository can hold against a Patient as well."""
        return tuple(pair for pair in self.of_index if not pair[0].startswith(_ONLY_OF_INDEX))

    @property
    def ids(self) -> frozenset[str]:
        """The ids by which Patients are named."""
        named = (value for name, value in (*self.of_index, *self.rest) if name == "_id")
        return frozenset(one.strip() for value in named for one in value.split(","))


def read(pairs: Iterable[Pair], reader: QueryReader, *, strict: bool) -> Asked:
    """Read a search for patients.

    Args:
        pairs: names and values, as sent.
        reader: of searches of R4.
        strict: whether a name that no parameter has is refused.

    Raises:
        UnreadableSearch, UnknownParameter, NotOffered: it cannot be answered.
    """
    of_index, rest, pages, ignored = [], [], [], []
    for name, value in pairs:
        bare, _, modifier = name.partition(":")
        if not value.strip():
            continue
        if bare in criteria.PARAMETERS and (not modifier or criteria.is_known(bare, modifier)):
            of_index.append((name, value))
        elif name in _PAGES:
            pages.append((name, value))
        else:
            try:
                reader.read(PATIENT, [(name, value)], strict=True)
            except UnknownParameter:
                if strict:
                    raise
                ignored.append(name)
            else:
                rest.append((name, value))
    return Asked(tuple(of_index), tuple(rest), tuple(pages), tuple(ignored))
