"""Whose part of a change is whose: parts that add up to the whole, exactly. Pure.

A plain number changes by the sum of what its groups changed. A ratio R = sum N / sum D is a mean
of the rates r = N/D of its groups, weighted by their shares w = D / sum D, and changes for two
reasons: rates changed, or shares did. With 0 and 1 for the two periods, a group has

    rate effect  (r1 - r0) * (w0 + w1) / 2
    mix effect   (w1 - w0) * ((r0 + r1) / 2 - (R0 + R1) / 2)

and both together, over all groups, are R1 - R0: shares add up to one, so the mean that is taken off
adds nothing, and takes care that a group with the rate of all does not matter, however it grows.
Each effect is a mean of both orders of change, so none of the periods is the better one. Numerator
and denominator divide a change in the same way: (N1 - N0) * (1/D0 + 1/D1) / 2 and
(1/D1 - 1/D0) * (N0 + N1) / 2. Logarithms (LMDI) add up, too, but have no answer to a zero, and zero
is what one wants of deaths and infections.

Everything is counted in fractions; a float is only told.

Source:
    E. M. Kitagawa, "Components of a difference between two rates", JASA 50 (1955), 1168-1194.
    P. Das Gupta, "A general method of decomposing a difference between two rates into several
    components", Demography 15 (1978), 99-112.
    Against LMDI where zeros occur: B. W. Ang, Energy Policy 32 (2004), 1131-1139.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeVar

Number = int | Decimal
_Key = TypeVar("_Key", bound=Hashable)
_ZERO = Fraction(0)


class Pair(NamedTuple):
    """What was counted of a group in one period; a plain number has no denominator."""

    above: Number
    below: Number | None = None


class Effect(NamedTuple):
    """What a group did to a change.

    Attributes:
        rate: because its own figure changed; of a plain number all of it.
        mix: because its share changed.
    """

    rate: Fraction
    mix: Fraction

    @property
    def whole(self) -> Fraction:
        """Both."""
        return self.rate + self.mix


class Divided(NamedTuple):
    """A change, divided.

    Attributes:
        change: of the whole.
        above, below: because the numerator changed, because the denominator did; together the
            change.
        rest: of the change that no group explains; 0 unless things are counted in several groups.
    """

    change: Fraction
    above: Fraction
    below: Fraction
    rest: Fraction


def effects(
    before: Mapping[_Key, Pair], after: Mapping[_Key, Pair], *, whole: tuple[Pair, Pair]
) -> tuple[dict[_Key, Effect], Divided]:
    """Divide a change among groups.

    Args:
        before: what was counted of each group; one that is missing counted nothing.
        after: the same in the later period.
        whole: the same of all together, before and after; counted, not added up.

    Returns:
        The effect of each group, and of the parts of the quotient. In all cases
        ``sum(effects) + rest == change`` and ``above + below == change``, exactly.

    Raises:
        ZeroDivisionError: a denominator of the whole is 0.
    """
    old, new = whole
    keys = list(dict.fromkeys([*before, *after]))
    if old.below is None or new.below is None:
        found = {key: Effect(_above(after, key) - _above(before, key), _ZERO) for key in keys}
        change = Fraction(new.above) - Fraction(old.above)
        return found, Divided(change, change, _ZERO, change - _sum(found))
    old_below, new_below = Fraction(old.below), Fraction(new.below)
    r_old, r_new = Fraction(old.above) / old_below, Fraction(new.above) / new_below
    mean = (r_old + r_new) / 2
    found = {
        key: _effect(
            (_above(before, key), _below(before, key), old_below),
            (_above(after, key), _below(after, key), new_below),
            mean,
        )
        for key in keys
    }
    change = r_new - r_old
    one_old, one_new = 1 / old_below, 1 / new_below
    above = (Fraction(new.above) - Fraction(old.above)) * (one_old + one_new) / 2
    return found, Divided(change, above, change - above, change - _sum(found))


def _effect(
    old: tuple[Fraction, Fraction, Fraction],
    new: tuple[Fraction, Fraction, Fraction],
    mean: Fraction,
) -> Effect:
    """Return the effect of a group; each period is numerator, denominator, denominator of all."""
    w_old, w_new = old[1] / old[2], new[1] / new[2]
    both = new[0] / new[2] - old[0] / old[2] - (w_new - w_old) * mean
    if (old[1] == 0 and old[0] != 0) or (new[1] == 0 and new[0] != 0):
        return Effect(both, _ZERO)  # it has something above and nothing below: no rate to speak of
    r_old = old[0] / old[1] if old[1] else None
    r_new = new[0] / new[1] if new[1] else None
    if r_old is None or r_new is None:
        return Effect(_ZERO, both)  # it came or went: all of that is a change of shares
    rate = (r_new - r_old) * (w_old + w_new) / 2
    return Effect(rate, both - rate)


def _sum(found: Mapping[_Key, Effect]) -> Fraction:
    return sum((one.whole for one in found.values()), _ZERO)


def _above(counted: Mapping[_Key, Pair], key: _Key) -> Fraction:
    return Fraction(counted[key].above) if key in counted else _ZERO


def _below(counted: Mapping[_Key, Pair], key: _Key) -> Fraction:
    return Fraction(counted[key].below or 0) if key in counted else _ZERO
