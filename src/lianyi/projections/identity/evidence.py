"""Two registrations, compared value by value: the levels that a score is made of.

No weights and no verdict here. Where a registration has several values of a kind, the nearest two
count; of identifiers, whether *any* two contradict each other is kept beside it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from lianyi.projections.identity.registration import IdKind
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import (
    AddressLevel,
    AddressValue,
    compare_addresses,
    names_a_home,
)
from lianyi.projections.identity.values.births import BirthLevel, compare_births
from lianyi.projections.identity.values.identifier_levels import IdLevel, compare_ids
from lianyi.projections.identity.values.identifiers import IdValue
from lianyi.projections.identity.values.mothers import (
    Kin,
    MotherLevel,
    compare_mothers,
    mother_of_newborn,
)
from lianyi.projections.identity.values.name_levels import NameLevel, compare_names
from lianyi.projections.identity.values.names import NameKind, NameValue
from lianyi.projections.identity.values.phones import (
    PhoneLevel,
    PhoneValue,
    compare_phones,
)
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
    """Passports, permits, military papers, social security (one number a person by law)."""
    CERTIFICATE = 4
    """Of birth: one number for one child."""
    LIFELONG = 5
    """At least one of the two is lifelong and has a right check digit."""


_PROOF_OF: Final = {
    IdKind.HOME_RETURN_PERMIT: IdProof.DOCUMENT,
    IdKind.TAIWAN_PERMIT: IdProof.DOCUMENT,
    IdKind.PASSPORT: IdProof.DOCUMENT,
    IdKind.MILITARY: IdProof.DOCUMENT,
    IdKind.SOCIAL_SECURITY: IdProof.DOCUMENT,
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
        birth: as said; where that is no whole date or nearly the one that a valid number of the
            same registration says, also that one, against what the other one said.
        sex: as said.
        identifier: nearest of their identifiers.
        ids_conflict: two valid and lifelong numbers differ: never one person.
        phone: nearest.
        address: nearest.
        newborn_and_named: one is an unnamed newborn, the other has a name: a relation at most.
        orders_differ: born together, in different order: siblings.
        same_mother: both name the same mother, by number or in full by name.
        proof: what kind of number ``identifier`` is about.
        mother: of an unnamed newborn and a named child.
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
    mother: MotherLevel = MotherLevel.INCOMPARABLE


_NAME: Final = NameLevel.INCOMPARABLE
_ID: Final = IdLevel.INCOMPARABLE
_CONFLICT: Final = IdLevel.CONFLICT
_NO_PROOF: Final = IdProof.NOTHING
_PHONE: Final = PhoneLevel.INCOMPARABLE
_SAME_PHONE: Final = PhoneLevel.EQUAL
_ADDRESS: Final = AddressLevel.INCOMPARABLE
_NEWBORN: Final = NameKind.NEWBORN
_MOTHER: Final = MotherLevel.INCOMPARABLE
_SAME_BIRTH: Final = BirthLevel.EQUAL


Numbers = tuple[IdLevel, bool, IdProof]
"""``identifier``, ``ids_conflict`` and ``proof`` of ``Evidence``."""


def compare_registrations(a: Traits, b: Traits) -> Evidence:
    """Compare two registrations. Symmetric."""
    name, birth = nearest_names(a.names, b.names), nearest_births(a, b)
    numbers = nearest_numbers(a.ids, b.ids)
    return with_contacts(a, b, name, birth, compare_sexes(a.sex, b.sex), numbers)


def nearest_names(a: tuple[NameValue, ...], b: tuple[NameValue, ...]) -> NameLevel:
    """Say how near the nearest two names are. Symmetric."""
    if len(a) == len(b) == 1:
        return compare_names(a[0], b[0])
    return max(compare_names(n, m) for n in a for m in b)


def nearest_births(a: Traits, b: Traits) -> BirthLevel:
    """Say how near the birthdays are, each as said or as a valid number corrects it. Symmetric.

    A date that only numbers say is never compared with another one of the kind: where the numbers
    are one, so are the dates, and that would be counted twice.
    """
    level = compare_births(a.birth, b.birth)
    if level is _SAME_BIRTH:
        return level
    if a.proven_birth is not None:
        level = max(level, compare_births(a.proven_birth, b.birth))
    if b.proven_birth is not None:
        level = max(level, compare_births(a.birth, b.proven_birth))
    return level


def nearest_numbers(a: tuple[IdValue, ...], b: tuple[IdValue, ...]) -> Numbers:
    """Say how near the nearest two numbers are, and whether any two exclude each other."""
    nearest, conflict, proof = _ID, False, _NO_PROOF
    for x in a:
        for y in b:
            if x.kind is not y.kind:
                continue
            level = compare_ids(x, y)
            if level is _CONFLICT:
                conflict = True
            elif level >= nearest and level:
                kind = _proof(x, y)
                if level > nearest or kind > proof:
                    nearest, proof = level, kind
    return nearest, conflict, proof


def with_contacts(
    a: Traits, b: Traits, name: NameLevel, birth: BirthLevel, sex: SexLevel, numbers: Numbers
) -> Evidence:
    """Give the whole evidence, when names, births, sexes and numbers are compared already."""
    phone, address = nearest_phones(a.phones, b.phones), nearest_addresses(a.addresses, b.addresses)
    return with_the_rest(a, b, name, birth, sex, numbers, phone, address)


def with_the_rest(
    a: Traits,
    b: Traits,
    name: NameLevel,
    birth: BirthLevel,
    sex: SexLevel,
    numbers: Numbers,
    phone: PhoneLevel,
    address: AddressLevel,
) -> Evidence:
    """Give the whole evidence, when all that has levels is compared already."""
    nearest, conflict, proof = numbers
    order_a, order_b = a.birth_order, b.birth_order
    newborn_and_named = (a.names[0].kind is _NEWBORN) is not (b.names[0].kind is _NEWBORN)
    return Evidence(
        name,
        birth,
        sex,
        nearest,
        conflict,
        phone,
        address,
        newborn_and_named,
        order_a != 0 != order_b and order_a != order_b,
        _is_one_mother(a, b),
        proof,
        _mothers(a, b, address) if newborn_and_named and birth is _SAME_BIRTH else _MOTHER,
    )


def _is_one_mother(a: Traits, b: Traits) -> bool:
    if a.mother != "" and a.mother == b.mother:
        return True
    name = full_mother(a)
    return name != "" and name == full_mother(b)


def full_mother(said: Traits) -> str:
    """Give the mother's whole name in characters; empty when nobody said it, or not so."""
    name = said.mother_name
    return name.key if name.kind is NameKind.HANZI and not name.lossy else ""


def _mothers(a: Traits, b: Traits, address: AddressLevel) -> MotherLevel:
    """How the mothers of a newborn and of a child who was born on the same day stand."""
    newborn, child = (a, b) if a.is_newborn else (b, a)
    mother = mother_of_newborn(newborn.mother_name, newborn.names[0])
    level = compare_mothers(Kin(newborn.mother, mother), Kin(child.mother, child.mother_name))
    if level is not _MOTHER:
        return level
    homes = all(map(names_a_home, a.addresses + b.addresses))
    if address is AddressLevel.EQUAL and homes:
        return MotherLevel.SAME_HOME
    return level


def nearest_phones(a: tuple[PhoneValue, ...], b: tuple[PhoneValue, ...]) -> PhoneLevel:
    """Say how near the nearest two telephones are. Symmetric."""
    if not a or not b:
        return _PHONE
    if a[0].digits == b[0].digits:
        return _SAME_PHONE
    if len(a) == len(b) == 1:
        return compare_phones(a[0], b[0])
    return max(compare_phones(p, q) for p in a for q in b)


def nearest_addresses(a: tuple[AddressValue, ...], b: tuple[AddressValue, ...]) -> AddressLevel:
    """Say how near the nearest two addresses are. Symmetric."""
    if not a or not b:
        return _ADDRESS
    if len(a) == len(b) == 1:
        return compare_addresses(a[0], b[0])
    return max(compare_addresses(s, t) for s in a for t in b)
