"""Score a pair of registrations: bits, a lane, and a waterfall that a person can read.

The score is a sum of weights (``model``), one for each element that can be compared; guards
(``guards``) then say how high the pair may come. Everything is symmetric and exact, so batch and
real time, and any order, give the same answer.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.evidence import (
    Evidence,
    IdProof,
    compare_registrations,
    nearest_births,
    nearest_names,
    nearest_numbers,
    with_contacts,
)
from lianyi.projections.identity.guards import Guard, Lane, guards
from lianyi.projections.identity.model import MatchModel, grained, shipped_model, weights
from lianyi.projections.identity.proofs import Shared, is_borrowed
from lianyi.projections.identity.rarity import (
    NOTHING_COUNTED,
    NameBits,
    ValueCounts,
    address_key,
    capped,
    shared_count,
)
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import AddressLevel, AddressValue
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.names import NameValue
from lianyi.projections.identity.values.phones import PhoneLevel, PhoneValue
from lianyi.projections.identity.values.sexes import SexLevel, compare_sexes

ManyBits = NDArray[np.float64]
"""Bits of one element of many pairs; shape (n_pairs,)."""
ManyLevels = NDArray[np.int64]
"""Levels of one element of many pairs, as numbers; shape (n_pairs,)."""
PROOF_ELEMENT: Final = ("card", "card", "unproven", "document", "document", "lifelong")
"""Element of the model for each ``IdProof``."""


class Score(NamedTuple):
    """What became of a pair.

    Attributes:
        bits: log2 of the odds that the two are one person; a multiple of 1/64.
        lane: with all guards.
        guards: what holds it back; empty below ``review_bits``, where nothing has to.
        evidence: the levels.
    """

    bits: float
    lane: Lane
    guards: tuple[Guard, ...]
    evidence: Evidence


class Step(msgspec.Struct, frozen=True):
    """One step of the waterfall.

    Attributes:
        element: ``prior``, an element of the model, ``name-rarity`` or ``household``.
        zh: the element in Chinese.
        level: name of the level; empty where there is none.
        bits: what it adds.
    """

    element: str
    zh: str
    level: str
    bits: float


class Explanation(msgspec.Struct, frozen=True):
    """A score, step by step: ``steps`` add up to ``bits``."""

    model: str
    bits: float
    lane: Lane
    steps: tuple[Step, ...]
    guards: tuple[Guard, ...]


ELEMENTS_ZH: Final = {
    "prior": "先验",
    "name": "姓名",
    "name-rarity": "姓名常见程度",
    "birth": "出生日期",
    "sex": "性别",
    "lifelong": "身份证件号码（校验有效）",
    "unproven": "身份证件号码（未能校验）",
    "document": "其他证件号码",
    "card": "卡号",
    "phone": "电话",
    "address": "住址",
    "household": "同一家庭的电话与住址只算一项",
    "mother": "母亲",
}


class Scorer:
    """Scores pairs by one model and one hospital's counts; it keeps nothing about a pair.

    Attributes:
        model: see ``MatchModel``.
        marks_tell: by this model two registrations without a common mark are strangers.
    """

    def __init__(
        self, model: MatchModel | None = None, counts: ValueCounts = NOTHING_COUNTED
    ) -> None:
        self.model = model = model or shipped_model()
        self._counts = counts
        self._names = NameBits(model, counts)
        self._prior = grained(model.prior_bits)
        self._contact_max = grained(model.contact_bits_max)
        self._rarity_max = max(grained(model.name_rarity.most_bits), 0.0)
        self._name = weights(model, "name")
        self._birth = weights(model, "birth")
        self._sex = weights(model, "sex")
        self._most_beside = tuple(self._prior + self._contact_max + bits for bits in self._sex)
        self._ids = tuple(weights(model, element) for element in PROOF_ELEMENT)
        self.marks_tell = self._most_without_marks() < model.review_bits
        self._phone = weights(model, "phone")
        self._address = weights(model, "address")
        self._mother = weights(model, "mother")
        self._mother_max = max(self._mother)

    def _most_without_marks(self) -> float:
        """The most bits of two registrations that have no mark in common."""
        number = max(bits for weights_ in self._ids for bits in weights_[: IdLevel.SAME_BODY])
        return (
            max(self._most_beside)
            + self._name[NameLevel.DIFFERENT]
            + max(self._birth[BirthLevel.INCOMPARABLE], self._birth[BirthLevel.DIFFERENT])
            + max(number, 0.0)
        )

    def score(self, a: Traits, b: Traits) -> Score:
        """Score two registrations. Symmetric."""
        e = compare_registrations(a, b)
        return self._judge(a, b, e, self._parts(a, b, e))

    def judge(self, a: Traits, b: Traits) -> Score | None:
        """Score two registrations, or give None for two strangers. Symmetric.

        Strangers are in the lane NEW with nothing that holds them back: what most pairs are that
        a common value brought together. They are seen early, by their ``marks`` or before
        telephone and home are compared, where even the best of what is left would make no
        question of them. Every other score is that of ``score``.
        """
        if self.marks_tell and not a.marks & b.marks:
            return None
        name = nearest_names(a.names, b.names)
        birth = nearest_births(a, b)
        sex = compare_sexes(a.sex, b.sex)
        numbers = level, _, proof = nearest_numbers(a.ids, b.ids)
        number = self._ids[proof][level]
        most = self._most_beside[sex] + self._name[name] + self._birth[birth] + number
        if name >= NameLevel.SIMILAR_SHAPE:
            most += self._rarity_max
        elif name is NameLevel.INCOMPARABLE:
            most += self._mother_max
        if most < self.model.review_bits and number < self.model.auto_bits:
            return None
        e = with_contacts(a, b, name, birth, sex, numbers)
        found = self._judge(a, b, e, self._parts(a, b, e))
        return None if found.lane is Lane.NEW and not found.guards else found

    def of_evidence(self, a: Traits, b: Traits, e: Evidence) -> Score:
        """Score two registrations that are compared already. Symmetric."""
        return self._judge(a, b, e, self._parts(a, b, e))

    def may_ask(
        self,
        name: ManyLevels,
        birth: ManyLevels,
        sex: ManyLevels,
        number: ManyLevels,
        proof: ManyLevels,
    ) -> NDArray[np.bool_]:
        """Say of many pairs which ``judge`` would not call strangers by these levels.

        Where it says no, no telephone and no home would make a question of the pair.
        """
        bits = np.array(self._ids)[proof, number]
        most = np.array(self._most_beside)[sex] + np.array(self._name)[name] + bits
        most += np.array(self._birth)[birth]
        most += np.where(name >= NameLevel.SIMILAR_SHAPE, self._rarity_max, 0.0)
        most += np.where(name == NameLevel.INCOMPARABLE, self._mother_max, 0.0)
        asked: NDArray[np.bool_] = most >= self.model.review_bits
        return asked | (bits >= self.model.auto_bits)

    def together(self, a: Traits, b: Traits) -> float | None:
        """Give the bits of a pair, None where a guard says that it can never be one person."""
        found = self.score(a, b)
        e = found.evidence
        impossible = e.ids_conflict or e.orders_differ
        return None if impossible or (found.guards and found.lane < Lane.REVIEW) else found.bits

    def explain(self, a: Traits, b: Traits) -> Explanation:
        """Score two registrations and say how the score came about."""
        e = compare_registrations(a, b)
        parts = self._parts(a, b, e)
        found = self._judge(a, b, e, parts)
        elements = (
            ("prior", ""),
            ("name", e.name.name),
            ("name-rarity", ""),
            ("birth", e.birth.name),
            ("sex", e.sex.name),
            (PROOF_ELEMENT[e.proof], e.identifier.name),
            ("phone", e.phone.name),
            ("address", e.address.name),
            ("household", ""),
            ("mother", e.mother.name),
        )
        steps = tuple(
            Step(element, ELEMENTS_ZH[element], level, bits)
            for (element, level), bits in zip(elements, parts, strict=True)
            if bits or level not in ("", "INCOMPARABLE")
        )
        return Explanation(self.model.name, found.bits, found.lane, steps, found.guards)

    def _parts(self, a: Traits, b: Traits, e: Evidence) -> tuple[float, ...]:
        """The steps of the waterfall, in the order of ``explain``."""
        rarity = self._names.of_pair(a, b) if e.name >= NameLevel.SIMILAR_SHAPE else 0.0
        number = self.number_bits(a.ids, b.ids, e.identifier, e.proof)
        phone = self.phone_bits(a.phones, b.phones, e.phone)
        address = self.address_bits(a.addresses, b.addresses, e.address)
        over = self._contact_max - phone - address
        return (
            self._prior,
            self._name[e.name],
            rarity,
            self._birth[e.birth],
            self._sex[e.sex],
            number,
            phone,
            address,
            over if over < 0 else 0.0,
            self._mother[e.mother],
        )

    def _judge(self, a: Traits, b: Traits, e: Evidence, parts: tuple[float, ...]) -> Score:
        model, bits = self.model, sum(parts)
        borrowed = parts[5] >= model.auto_bits and is_borrowed(e)
        if bits < model.review_bits and not borrowed:
            return Score(bits, Lane.NEW, (), e)
        lane = Lane.AUTO if bits >= model.auto_bits else Lane.REVIEW
        held = self.holding(a, b, e, number=parts[5], phone=parts[6], address=parts[7])
        for guard in held:
            lane = min(lane, guard.highest)
        return Score(bits, lane, held, e)

    def holding(
        self, a: Traits, b: Traits, e: Evidence, *, number: float, phone: float, address: float
    ) -> tuple[Guard, ...]:
        """Name what holds a pair back; ``number``, ``phone`` and ``address`` are in bits."""
        least = self.model.anchor_bits
        line = e.phone is PhoneLevel.EQUAL and phone >= least
        home = e.address >= AddressLevel.SAME_HOUSE and address >= least
        counts = e.proof is not IdProof.NOTHING and number >= least
        return guards(a, b, e, Shared(line, home, counts))

    def name_bits(self, level: NameLevel) -> float:
        """Weigh two names of the usual rarity."""
        return self._name[level]

    def rarity_bits(self, names: tuple[NameValue, ...]) -> float:
        """Weigh how rare the commonest of a registration's names is."""
        return self._names.of_names(names)

    def birth_bits(self, level: BirthLevel) -> float:
        """Weigh two births."""
        return self._birth[level]

    def sex_bits(self, level: SexLevel) -> float:
        """Weigh two sexes."""
        return self._sex[level]

    def number_bits(
        self, a: tuple[IdValue, ...], b: tuple[IdValue, ...], level: IdLevel, proof: IdProof
    ) -> float:
        """Weigh the identifiers of two registrations, less where many people share them."""
        bits = self._ids[proof][level]
        if not self._counts.persons or level < IdLevel.SAME_BODY or bits <= 0:
            return bits
        count = shared_count(
            [value.text for value in a], [value.text for value in b], self._counts.identifiers
        )
        return capped(bits, count, self.model.caps.identifier)

    def phone_bits(
        self, a: tuple[PhoneValue, ...], b: tuple[PhoneValue, ...], level: PhoneLevel
    ) -> float:
        """Weigh the telephones of two registrations, less where many people share them."""
        bits = self._phone[level]
        if not self._counts.persons or level < PhoneLevel.SAME_LINE:
            return bits
        count = shared_count(
            [value.digits for value in a], [value.digits for value in b], self._counts.phones
        )
        return capped(bits, count, self.model.caps.phone)

    def address_bits(
        self, a: tuple[AddressValue, ...], b: tuple[AddressValue, ...], level: AddressLevel
    ) -> float:
        """Weigh the addresses of two registrations, less where many people share them."""
        bits = self._address[level]
        if not self._counts.persons or level < AddressLevel.SAME_HOUSE:
            return bits
        count = shared_count(map(address_key, a), map(address_key, b), self._counts.addresses)
        return capped(bits, count, self.model.caps.address)

    def sum_bits(
        self,
        name: ManyBits,
        rarity: ManyBits,
        birth: ManyBits,
        sex: ManyBits,
        number: ManyBits,
        phone: ManyBits,
        address: ManyBits,
    ) -> ManyBits:
        """Add up the steps of the waterfall of many pairs; exact, as all are of one grain."""
        beyond = np.minimum(self._contact_max - phone - address, 0.0)
        return self._prior + name + rarity + birth + sex + number + phone + address + beyond
