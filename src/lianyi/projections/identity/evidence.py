"""Two registrations, compared value by value: the levels that a score is made of.

No weights and no verdict here. Where a registration has several values of a kind, the nearest two
count; of identifiers, whether *any* two contradict each other is kept beside it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import AddressLevel, compare_addresses
from lianyi.projections.identity.values.births import BirthLevel, compare_births
from lianyi.projections.identity.values.identifier_levels import IdLevel, compare_ids
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.name_levels import NameLevel, compare_names
from lianyi.projections.identity.values.phones import PhoneLevel, compare_phones
from lianyi.projections.identity.values.sexes import SexLevel, compare_sexes


class IdProof(IntEnum):
    """How much a number can prove; higher is more."""

    NOTHING = 0
    """No two identifiers can be compared."""
    CARD = 1
    """Insurance, health and hospital cards: lent, lost and renewed."""
    UNPROVEN = 2
    """A lifelong number that no check digit proves: 15 digits, or wrong in both."""
    DOCUMENT = 3
    """Passports, permits, military papers."""
    CERTIFICATE = 4
    """Of birth: one number for one child."""
    LIFELONG = 5
    """At least one of the two is lifelong and has a right check digit."""


_PROOF_OF: Final = {
    IdKind.HOME_RETURN_PERMIT: IdProof.DOCUMENT,
    IdKind.TAIWAN_PERMIT: IdProof.DOCUMENT,
    IdKind.PASSPORT: IdProof.DOCUMENT,
    IdKind.MILITARY: IdProof.DOCUMENT,
    IdKind.BIRTH_CERTIFICATE: IdProof.CERTIFICATE,
}


def _proof(a: IdValue, b: IdValue) -> IdProof:
    if a.kind in (IdKind.CITIZEN, IdKind.RESIDENCE_PERMIT, IdKind.FOREIGNER_RESIDENCE):
        return IdProof.LIFELONG if a.valid or b.valid else IdProof.UNPROVEN
    return _PROOF_OF.get(a.kind, IdProof.CARD)


class Evidence(NamedTuple):
    """How two registrations stand to each other.

    Attributes:
        name: nearest of their names.
        birth: as said; not what ID numbers say.
        sex: as said.
        identifier: nearest of their identifiers.
        ids_conflict: two valid and lifelong numbers differ: never one person.
        phone: nearest.
        address: nearest.
        newborn_and_named: one is an unnamed newborn, the other has a name: a relation at most.
        orders_differ: born together, in different order: siblings.
        same_mother: both name the same mother.
        proof: what kind of number ``identifier`` is about.
    """

    name: NameLevel
    birth: BirthLevel
    sex: SexLevel
    identifier: IdLevel
    ids_conflict: bool
    phone: PhoneLevel
    address: AddressLevel
    newborn_and_named: bool
    orders_differ: bool
    same_mother: bool
    proof: IdProof


def compare_registrations(a: Traits, b: Traits) -> Evidence:
    """Compare two registrations. Symmetric."""
    name = NameLevel.INCOMPARABLE
    for n in a.names:
        for m in b.names:
            name = max(name, compare_names(n, m))
    nearest, conflict, proof = IdLevel.INCOMPARABLE, False, IdProof.NOTHING
    for x in a.ids:
        for y in b.ids:
            level = compare_ids(x, y)
            if level is IdLevel.CONFLICT:
                conflict = True
            elif level >= nearest and level:
                kind = _proof(x, y)
                if level > nearest or kind > proof:
                    nearest, proof = level, kind
    phone = PhoneLevel.INCOMPARABLE
    for p in a.phones:
        for q in b.phones:
            phone = max(phone, compare_phones(p, q))
    address = AddressLevel.INCOMPARABLE
    for s in a.addresses:
        for t in b.addresses:
            address = max(address, compare_addresses(s, t))
    return Evidence(
        name,
        compare_births(a.birth, b.birth),
        compare_sexes(a.sex, b.sex),
        nearest,
        conflict,
        phone,
        address,
        a.is_newborn != b.is_newborn,
        bool(a.birth_order and b.birth_order and a.birth_order != b.birth_order),
        bool(a.mother) and a.mother == b.mother,
        proof,
    )
