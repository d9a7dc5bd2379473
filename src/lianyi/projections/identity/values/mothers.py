"""Whether an unnamed newborn and a named child have one mother: what the score knows of kinship.

A newborn is registered under its mother's name, the child later under its own: name says nothing
of the two. What does is the mother, by number or by name; and where nobody wrote her down, the
home, for who else was born on that day in this very house.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from lianyi.projections.identity.values.name_levels import NameLevel, compare_names
from lianyi.projections.identity.values.names import NameKind, NameValue


class MotherLevel(IntEnum):
    """How the mothers of an unnamed newborn and of a named child stand to each other."""

    INCOMPARABLE = 0
    """Nobody said who one of them is, nor do the two live together; or neither is a newborn."""
    DIFFERENT = 1
    """Two names."""
    SAME_HOME = 2
    """One of them is not named, and the two live behind one door."""
    NAME = 3
    """One name, in characters, letters or another writing."""
    NUMBER = 4
    """One identifier of the mother."""


class Kin(msgspec.Struct, frozen=True, gc=False):
    """What a registration says of the mother.

    Attributes:
        number: authority and value of her identifier; empty when unknown.
        name: NOBODY's when unknown.
    """

    number: str
    name: NameValue


def mother_of_newborn(said: NameValue, name: NameValue) -> NameValue:
    """Give the mother's name: as said, else the one the newborn is named after."""
    if said.kind is not NameKind.NOBODY:
        return said
    kind = NameKind.LATIN if not name.every else NameKind.HANZI
    kind = NameKind.SEGMENTED if name.every and name.parts else kind
    return msgspec.structs.replace(name, kind=kind, child_order=0, child_sex="")


def compare_mothers(newborn: Kin, child: Kin) -> MotherLevel:
    """Say how two mothers stand to each other, home left aside."""
    if newborn.number and newborn.number == child.number:
        return MotherLevel.NUMBER
    name = compare_names(newborn.name, child.name)
    if name is NameLevel.INCOMPARABLE:
        return MotherLevel.INCOMPARABLE
    return MotherLevel.NAME if name >= NameLevel.SAME_PINYIN else MotherLevel.DIFFERENT
