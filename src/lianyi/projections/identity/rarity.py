"""How many people share a value: common names and crowded telephones say less."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import log2

import msgspec

from lianyi.projections.identity.model import Cap, MatchModel, grained
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import AddressValue
from lianyi.projections.identity.values.names import NameValue
from lianyi.projections.identity.values.text import LOST

NAME_COUNT_LEAST = 20
"""A name that fewer persons of the hospital have is judged by the model's own tables."""


class ValueCounts(msgspec.Struct, frozen=True):
    """How many persons of this hospital have a value, where it is more than a few.

    Attributes:
        persons: all of them; 0 when nothing was counted.
        phones: by ``PhoneValue.digits``.
        addresses: by ``address_key``.
        identifiers: by ``IdValue.text``.
        names: by ``NameValue.key``.
    """

    persons: int = 0
    phones: Mapping[str, int] = msgspec.field(default_factory=dict)
    addresses: Mapping[str, int] = msgspec.field(default_factory=dict)
    identifiers: Mapping[str, int] = msgspec.field(default_factory=dict)
    names: Mapping[str, int] = msgspec.field(default_factory=dict)


NOTHING_COUNTED = ValueCounts()


def address_key(address: AddressValue) -> str:
    """Give what is counted of an address."""
    return f"{address.city} {address.district} {address.place} {address.house}"


def capped(bits: float, count: int, caps: tuple[Cap, ...]) -> float:
    """Give the bits that an agreement keeps when so many persons have the value."""
    for cap in caps:
        if count >= cap.persons:
            bits = min(bits, cap.bits)
    return bits


def shared_count(a: Iterable[str], b: Iterable[str], counts: Mapping[str, int]) -> int:
    """Give how many persons have the least crowded value of both; without one, of the most."""
    mine, other = set(a), set(b)
    if both := mine & other:
        return min(counts.get(value, 0) for value in both)
    return max((counts.get(value, 0) for value in mine | other), default=0)


class NameBits:
    """How much more or less than the usual name a name says, in bits.

    Args:
        model: its tables.
        counts: of the hospital's own names.
    """

    def __init__(self, model: MatchModel, counts: ValueCounts) -> None:
        self._tables = tables = model.name_rarity
        self._counts = counts
        self._surnames = {c: bits for bits, row in tables.surnames.items() for c in row}
        self._characters = {c: bits for bits, row in tables.characters.items() for c in row}
        self._known: dict[bool, dict[str, float]] = {True: {}, False: {}}

    def of_pair(self, a: Traits, b: Traits) -> float:
        """Give the bits of the commonest name of two registrations: caution, and symmetry."""
        x, y = self.of_names(a.names), self.of_names(b.names)
        return x if x < y else y

    def of_names(self, names: tuple[NameValue, ...]) -> float:
        """Give the bits of the commonest of some names."""
        return self.of(names[0]) if len(names) == 1 else min(map(self.of, names))

    def of(self, name: NameValue) -> float:
        """Give the bits of one name; negative when it is commoner than the usual one."""
        alike = self._known[name.surname != ""]  # one key may stand with a dot and without
        known = alike.get(name.key)
        if known is None:
            known = self._look_up(name)
            if len(alike) < 500_000:
                alike[name.key] = known
        return known

    def _look_up(self, name: NameValue) -> float:
        tables = self._tables
        count = self._counts.names.get(name.key, 0)
        if count >= NAME_COUNT_LEAST and self._counts.persons > count:
            bits = log2(self._counts.persons / count)
        elif name.surname:
            given = name.key[len(name.surname) :]
            bits = self._surnames.get(name.surname, tables.surname_bits) + sum(
                0.0 if c == LOST else self._characters.get(c, tables.character_bits) for c in given
            )
        else:
            return 0.0
        beyond = bits - tables.usual_bits
        return grained(min(max(beyond, tables.least_bits), tables.most_bits))
