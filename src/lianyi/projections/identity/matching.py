"""What every verdict depends on beside the two registrations: the model in force.

Batch and real time, the follower and the doors all judge by one :class:`Matching`, so they agree.
"""

from __future__ import annotations

from typing import Final

import msgspec

from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.marks import MARKS_BITS
from lianyi.projections.identity.model import GRAIN, MatchModel, shipped_model
from lianyi.projections.identity.rarity import NOTHING_COUNTED, ValueCounts
from lianyi.projections.identity.scoring import Score, Scorer
from lianyi.projections.identity.traits import ANY_MARKS, NOTHING_LEARNED, LocalDefaults, Traits


class _Packed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Traits, and apart from them the marks, for which no format has numbers long enough."""

    traits: Traits
    marks: bytes


_ENCODE: Final = msgspec.msgpack.Encoder(order="deterministic").encode
_DECODE: Final = msgspec.msgpack.Decoder(_Packed).decode
_MARKS_BYTES: Final = (MARKS_BITS + 7) // 8


def packed(traits: Traits) -> bytes:
    """Write a registration that was read, the same bytes on every machine."""
    marks = (traits.marks & ANY_MARKS).to_bytes(_MARKS_BYTES, "little")
    return _ENCODE(_Packed(msgspec.structs.replace(traits, marks=0), marks))


def unpacked(data: bytes) -> Traits:
    """Read what ``packed`` wrote."""
    found = _DECODE(data)
    msgspec.structs.force_setattr(found.traits, "marks", int.from_bytes(found.marks, "little"))
    return found.traits


def have_a_mark_of(traits: Traits, data: bytes) -> bool:
    """Whether somebody has a mark in common with what ``packed`` wrote; nothing else is read."""
    return bool(traits.marks & int.from_bytes(data[-_MARKS_BYTES:], "little"))


def share_a_mark(one: bytes, other: bytes) -> bool:
    """Whether two that ``packed`` wrote have a mark in common; nothing else is read."""
    mine = int.from_bytes(one[-_MARKS_BYTES:], "little")
    return bool(mine & int.from_bytes(other[-_MARKS_BYTES:], "little"))


class Activated(msgspec.Struct, frozen=True):
    """What a person puts in force with a model.

    Attributes:
        model: see ``model``.
        counts: how many persons had a value when the model was made; a verdict must not depend on
            what came before what, so nothing is counted live.
        learned: values that said nothing then.
    """

    model: MatchModel
    counts: ValueCounts = NOTHING_COUNTED
    learned: LocalDefaults = NOTHING_LEARNED


class Matching:
    """Judges pairs by the model in force."""

    def __init__(self, activated: Activated | None = None) -> None:
        """Judge.

        Args:
            activated: None: the shipped model, with nothing counted.
        """
        self.activated = activated or Activated(shipped_model())
        self.scorer = Scorer(self.activated.model, self.activated.counts)

    @property
    def learned(self) -> LocalDefaults:
        """Values that say nothing at this hospital."""
        return self.activated.learned

    @property
    def together_bits(self) -> float:
        """Least mean of all pairs between two groups of one person."""
        return self.activated.model.together_bits

    def judge(self, a: Traits, b: Traits) -> Score | None:
        """Score a pair; None where nobody would be asked about it."""
        found = self.scorer.judge(a, b)
        return found if found is not None and found.lane >= Lane.REVIEW else None


def parts_of(bits: float) -> int:
    """Write bits as the whole number of their grains."""
    return round(bits * GRAIN)


def bits_of(parts: int) -> float:
    """Read what ``parts_of`` wrote."""
    return parts / GRAIN
