"""Many pairs judged at once: the verdicts of ``Scorer.judge``, with each two values compared once.

Names, births, sexes, numbers, telephones and homes are compared and weighed by columns
(``columns``), each two distinct values once. Most of what is left are pairs that agree plainly;
what holds such a pair back is seen in the evidence alone, so it is asked once for all that have
the same. Every other pair is weighed by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.columns import Column, Columns, Compared, Places
from lianyi.projections.identity.evidence import (
    Evidence,
    Numbers,
    full_mother,
    nearest_addresses,
    nearest_births,
    nearest_names,
    nearest_numbers,
    nearest_phones,
    with_the_rest,
)
from lianyi.projections.identity.guards import Lane
from lianyi.projections.identity.scoring import ManyBits, Scorer
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import AddressLevel, AddressValue
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.names import NameKind, NameValue
from lianyi.projections.identity.values.phones import PhoneLevel, PhoneValue
from lianyi.projections.identity.values.sexes import Sex, SexLevel, compare_sexes

T = TypeVar("T")
Names = tuple[NameValue, ...]
Phones = Compared[tuple[PhoneValue, ...], PhoneLevel]
Homes = Compared[tuple[AddressValue, ...], AddressLevel]


class Verdicts(NamedTuple):
    """What became of many pairs.

    Attributes:
        at: shape (n,): the places of the pairs that are linked or asked about, in order.
        lanes: shape (n,): their lanes.
        bits: shape (n,): their bits.
    """

    at: Places
    lanes: Places
    bits: ManyBits


def judge_pairs(scorer: Scorer, columns: Columns, first: Places, second: Places) -> Verdicts:
    """Judge many pairs.

    Args:
        scorer: by the model in force.
        columns: the registrations.
        first: shape (n_pairs,): the place of one registration of each pair.
        second: shape (n_pairs,): that of the other.
    """
    at = np.arange(len(first))
    pairs = _Pairs(columns, first, second)
    asked = np.flatnonzero(pairs.may_be_asked(scorer))
    pairs, at = pairs.only(asked), at[asked]
    lanes, bits = pairs.judge(scorer)
    found = lanes >= Lane.REVIEW
    return Verdicts(at[found], lanes[found], bits[found])


class _Pairs:
    """Pairs, compared by all that tells strangers apart."""

    def __init__(self, columns: Columns, first: Places, second: Places) -> None:
        self._columns = columns
        self._first = first
        self._second = second
        self._names: Compared[Names, NameLevel] = Compared(
            columns.names, first, second, nearest_names
        )
        self._births: Compared[Traits, BirthLevel] = Compared(
            columns.births, first, second, nearest_births
        )
        self._sexes: Compared[Sex, SexLevel] = Compared(columns.sex, first, second, compare_sexes)
        self._numbers: Compared[tuple[IdValue, ...], Numbers] = Compared(
            columns.ids, first, second, nearest_numbers
        )

    def only(self, pairs: Places) -> _Pairs:
        """Give some of these pairs."""
        found = copy(self)
        found._first, found._second = self._first[pairs], self._second[pairs]
        found._names, found._births = self._names.only(pairs), self._births.only(pairs)
        found._sexes, found._numbers = self._sexes.only(pairs), self._numbers.only(pairs)
        return found

    def may_be_asked(self, scorer: Scorer) -> NDArray[np.bool_]:
        """Say which of them are no strangers already."""
        return scorer.may_ask(
            self._names.numbered(int),
            self._births.numbered(int),
            self._sexes.numbered(int),
            self._numbers.numbered(lambda found: found[0]),
            self._numbers.numbered(lambda found: found[2]),
        )

    def judge(self, scorer: Scorer) -> tuple[Places, ManyBits]:
        """Give the lanes and the bits of all of them."""
        first, second = self._first, self._second
        phones: Phones = Compared(self._columns.phones, first, second, nearest_phones)
        homes: Homes = Compared(self._columns.addresses, first, second, nearest_addresses)
        lanes, bits = np.zeros(len(first), np.int64), np.zeros(len(first))
        is_plain = self._are_plain()
        plain, other = np.flatnonzero(is_plain), np.flatnonzero(~is_plain)
        lanes[plain], bits[plain] = self.only(plain)._judge_plain(
            scorer, phones.only(plain), homes.only(plain)
        )
        for pair in other.tolist():
            a, b, e = self._evidence(pair, phones, homes)
            score = scorer.of_evidence(a, b, e)
            lanes[pair], bits[pair] = score.lane, score.bits
        return lanes, bits

    def _evidence(self, pair: int, phones: Phones, homes: Homes) -> tuple[Traits, Traits, Evidence]:
        columns = self._columns
        a, b = columns.traits(int(self._first[pair])), columns.traits(int(self._second[pair]))
        e = with_the_rest(
            a,
            b,
            self._names.at(pair),
            self._births.at(pair),
            self._sexes.at(pair),
            self._numbers.at(pair),
            phones.at(pair),
            homes.at(pair),
        )
        return a, b, e

    def _are_plain(self) -> NDArray[np.bool_]:
        """Say which agree plainly: names and births are equal, numbers agree or say nothing.

        Of these guards see nothing but the evidence, if both registrations have a Chinese name, no
        flag, and no word of other children who were born with them.
        """
        columns = self._columns
        one = _each(columns.names, lambda names: names[0].kind is NameKind.HANZI) > 0
        one &= _each(columns.rest, _says_nothing_special) > 0
        plain: NDArray[np.bool_] = one[self._first] & one[self._second]
        plain &= self._names.numbered(int) == NameLevel.EQUAL
        plain &= self._births.numbered(int) == BirthLevel.EQUAL
        return plain & (self._numbers.numbered(_agrees_or_says_nothing) > 0)

    def _judge_plain(self, scorer: Scorer, phones: Phones, homes: Homes) -> tuple[Places, ManyBits]:
        columns, first, second = self._columns, self._first, self._second
        numbers = self._numbers
        number = numbers.weighed(lambda a, b, found: scorer.number_bits(a, b, found[0], found[2]))
        phone, home = phones.weighed(scorer.phone_bits), homes.weighed(scorer.address_bits)
        rare = _each(columns.names, scorer.rarity_bits)
        bits = scorer.sum_bits(
            self._names.weighed(lambda _a, _b, found: scorer.name_bits(found)),
            np.minimum(rare[first], rare[second]),
            self._births.weighed(lambda _a, _b, found: scorer.birth_bits(found)),
            self._sexes.weighed(lambda _a, _b, found: scorer.sex_bits(found)),
            number,
            phone,
            home,
        )
        one_mother = np.zeros(len(first), np.bool_)
        for mother in (_numbered(columns, _mother), _numbered(columns, full_mother)):
            one_mother |= (mother[first] == mother[second]) & (mother[first] != 0)
        alike, of = _alike(
            self._sexes.numbered(int),
            numbers.numbered(lambda found: found[0]),
            numbers.numbered(lambda found: found[2]),
            phones.numbered(int),
            homes.numbered(int),
            _places(number),
            _places(phone),
            _places(home),
            one_mother,
        )
        highest = []
        for pair in alike.tolist():
            a, b, e = self._evidence(pair, phones, homes)
            held = scorer.holding(
                a, b, e, number=number[pair], phone=phone[pair], address=home[pair]
            )
            highest.append(min([Lane.AUTO, *(guard.highest for guard in held)]))
        lanes = np.where(bits >= scorer.model.auto_bits, Lane.AUTO, Lane.REVIEW)
        lanes = np.minimum(lanes, np.array(highest, np.int64)[of])
        return np.where(bits >= scorer.model.review_bits, lanes, Lane.NEW), bits


def _says_nothing_special(rest: Traits) -> bool:
    return not (rest.flags or rest.multiple_birth or rest.birth_order)


def _agrees_or_says_nothing(numbers: Numbers) -> bool:
    level, conflict, _ = numbers
    return not conflict and level in (IdLevel.INCOMPARABLE, IdLevel.SAME_BODY, IdLevel.EQUAL)


def _each(column: Column[T], number: Callable[[T], float]) -> NDArray[np.float64]:
    """A number for the value of each registration."""
    return np.array([number(value) for value in column.values], np.float64)[column.of]


def _mother(rest: Traits) -> str:
    return rest.mother


def _numbered(columns: Columns, text: Callable[[Traits], str]) -> Places:
    """A whole number for a text of each registration; 0 where it is empty."""
    codes = {"": 0}
    of = [codes.setdefault(text(one), len(codes)) for one in columns.rest.values]
    return np.array(of, np.int64)[columns.rest.of]


def _places(bits: ManyBits) -> Places:
    return np.unique(bits, return_inverse=True)[1]


def _alike(*columns: NDArray[np.generic]) -> tuple[Places, Places]:
    """Give one row of each kind, and the place of every row's kind among these."""
    of = np.zeros(len(columns[0]), np.int64)
    first = np.zeros(0, np.int64)
    for column in columns:
        numbers = column.astype(np.int64)
        least = int(numbers.min(initial=0))
        span = int(numbers.max(initial=0)) - least + 1
        _, first, of = np.unique(
            of * span + numbers - least, return_index=True, return_inverse=True
        )
    return first, of
