"""What is enough for one person, by kind and not by weight: what ``guards`` let pass.

Each says who else it could be, and why it is not: a namesake, a brother, a twin, whoever lent his
card. What these and one person have in common proves nothing, however many bits it weighs.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from lianyi.projections.identity.evidence import Evidence, IdProof
from lianyi.projections.identity.partition import LIFELONG
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.addresses import AddressLevel, names_a_home
from lianyi.projections.identity.values.births import (
    BirthLevel,
    compare_births,
    is_slip_within_a_year,
)
from lianyi.projections.identity.values.identifier_levels import (
    IdLevel,
    are_issued_apart,
    compare_ids,
)
from lianyi.projections.identity.values.mothers import MotherLevel
from lianyi.projections.identity.values.name_levels import (
    NameLevel,
    compare_names,
    is_cut_short,
)
from lianyi.projections.identity.values.names import NameKind
from lianyi.projections.identity.values.phones import PhoneLevel
from lianyi.projections.identity.values.sexes import SexLevel

_NAME, _ID, _BIRTH = NameLevel, IdLevel, BirthLevel


_NEARLY: Final = (_BIRTH.YEAR_ONLY, _BIRTH.MISTYPED, _BIRTH.MONTH, _BIRTH.SWAPPED, _BIRTH.LUNAR)
"""A birthday that is the other's, less exact, mistyped, or in the other calendar or order."""


def is_borrowed(e: Evidence) -> bool:
    """Whether a number that proves somebody stands beside two names that are not nearly one."""
    return (
        e.identifier >= _ID.SAME_BODY
        and e.proof >= IdProof.DOCUMENT
        and _NAME.DIFFERENT <= e.name <= _NAME.ALIKE
    )


def is_another_number(a: Traits, b: Traits, e: Evidence) -> bool:
    """Whether two numbers of a lifelong kind differ by more than a typing error, and may be right.

    A number whose check digit is wrong is nobody's: filled in, or typed wrong in several places.
    """
    if e.identifier is not _ID.DIFFERENT or e.proof not in (IdProof.UNPROVEN, IdProof.LIFELONG):
        return False
    return _may_be_right(a) and _may_be_right(b)


def _may_be_right(said: Traits) -> bool:
    return any(value.kind in LIFELONG and value.valid is not False for value in said.ids)


_NOBODY_ELSES: Final = (_BIRTH.MISTYPED, _BIRTH.LUNAR, _BIRTH.SWAPPED)
"""A birthday that is hardly another one of the household: as good as the same one."""
_UNDISPUTED: Final = (_BIRTH.EQUAL, _BIRTH.YEAR_ONLY, _BIRTH.MISTYPED, _BIRTH.INCOMPARABLE)
"""Birthdays as they were said that leave one of them to the number, or none."""


def with_surname_misheard(a: Traits, b: Traits, e: Evidence) -> Evidence:
    """Take a name for the other's where only the surname was misheard or mistaken: 黎凯帆, 李凯帆.

    Who lends her card to a sister, and who was born together with a twin, shares the surname and
    not the given name; nobody at home has the given name as well. So on one birthday and of one sex
    such two names are one, as another accepted writing is. Where two birthdays were said they may
    be namesakes by chance, and stay what they are.
    """
    if e.name not in (_NAME.SAME_PINYIN, _NAME.SIMILAR_SHAPE) or e.birth is not _BIRTH.EQUAL:
        return e
    x, y = a.names[0], b.names[0]
    if not (x.kind is y.kind is NameKind.HANZI) or e.sex is SexLevel.DIFFERENT:
        return e
    if x.surname == y.surname or x.key[len(x.surname) :] != y.key[len(y.surname) :]:
        return e
    if compare_births(a.birth, b.birth) not in _UNDISPUTED or compare_names(x, y) is not e.name:
        return e
    return e._replace(name=_NAME.VARIANT)


def with_surname_mistyped(a: Traits, b: Traits, e: Evidence) -> Evidence:
    """Take a foreign name for the other's where only the surname has a slip of the pen.

    A twin, and a sister who lent her number, have another given name. Whose son bears his name was
    born a generation before, so nothing is taken beside such births.
    """
    if e.name is not _NAME.SURNAME_SLIP or e.sex is SexLevel.DIFFERENT:
        return e
    return e if _are_a_generation_apart(a, b) else e._replace(name=_NAME.VARIANT)


GENERATION_YEARS: Final = 12
"""Parent and child are born so many years apart at least; one name is never a brother's."""


def is_contradicted(a: Traits, b: Traits, e: Evidence) -> bool:
    """Whether one name and number stand beside births or sexes that speak of another person.

    A namesake of the family may have come with the card, or somebody's file was written over. With
    a lifelong number births a generation apart are enough, for the number says a birthday itself:
    one of the two registrations contradicts its own. With any, another sex and another birthday.
    """
    if e.name < _NAME.VARIANT or e.identifier < _ID.SAME_BODY or e.proof < IdProof.DOCUMENT:
        return False
    if e.sex is SexLevel.DIFFERENT and e.birth is not _BIRTH.EQUAL and e.birth not in _NEARLY:
        return True
    if e.birth is not _BIRTH.DIFFERENT or e.proof is not IdProof.LIFELONG:
        return False
    return _are_a_generation_apart(a, b)


def _are_a_generation_apart(a: Traits, b: Traits) -> bool:
    """Whether both births are known, and nothing that was said of them is of one generation."""
    years = [[d.year for d in (t.birth, t.proven_birth) if d and d.year] for t in (a, b)]
    apart = [abs(mine - other) for mine in years[0] for other in years[1]]
    return min(apart, default=0) >= GENERATION_YEARS


class Shared(NamedTuple):
    """What two registrations share that few people do.

    Attributes:
        line: a telephone.
        house: a home.
        number: the number that agrees is not one that many people have.
    """

    line: bool
    house: bool
    number: bool


def is_proven(a: Traits, b: Traits, e: Evidence, shared: Shared) -> bool:
    """Whether what agrees is enough for one person, by kind and not by weight."""
    same_number = e.identifier >= _ID.SAME_BODY and shared.number
    if same_number and e.proof >= IdProof.DOCUMENT:
        if e.name >= _NAME.VARIANT:
            return True
        return e.birth is _BIRTH.EQUAL and _is_one_name(a, b, e)
    if e.name < _NAME.VARIANT and not (same_number and _is_one_name(a, b, e)):
        return False
    if e.birth is not _BIRTH.EQUAL:
        return e.sex is not SexLevel.DIFFERENT and _is_nearly_born(a, b, e, shared, same_number)
    if same_number:
        return True
    if e.identifier >= _ID.TRANSPOSED and e.proof >= IdProof.DOCUMENT:
        return True
    if e.sex is SexLevel.DIFFERENT:
        return False
    return shared.line or shared.house or _is_beside_one_name(a, b, e)


def _is_beside_one_name(a: Traits, b: Traits, e: Evidence) -> bool:
    """Whether more than name and birthday is one, where telephone and home do not agree.

    A telephone with one digit wrong, one mother, or for a foreigner one street: a namesake born on
    the same day has none of them, and brothers and sisters have another name.
    """
    near = e.phone is PhoneLevel.ONE_DIGIT or e.same_mother
    near = near or (is_foreign(a, b) and _is_in_one_street(a, b, e))
    return e.name is _NAME.EQUAL and near


def _is_nearly_born(a: Traits, b: Traits, e: Evidence, shared: Shared, same_number: bool) -> bool:
    """Whether two birthdays that are not equal are one, beside one name.

    Nobody at home has the same name and was born in the same year. Where a birthday is not known,
    the same name, telephone and door are enough: no Chinese child is named after its father. In
    letters it is not, for there many are.
    """
    sure = (shared.line or shared.house) if same_number else (shared.line and shared.house)
    if not sure or e.birth in _NEARLY:
        return sure
    if e.name is not _NAME.EQUAL:
        return False
    if e.birth is _BIRTH.INCOMPARABLE:
        homes = all(map(names_a_home, a.addresses + b.addresses))
        hanzi = a.names[0].kind is b.names[0].kind is NameKind.HANZI
        both = shared.line and shared.house
        return homes and hanzi and both and e.sex is SexLevel.EQUAL
    return is_slip_within_a_year(a.birth, b.birth)


def _is_one_name(a: Traits, b: Traits, e: Evidence) -> bool:
    """Whether two names that differ do so as one person's do, and not as sisters' do.

    A lost character, letters for characters, one wrong letter of a long word; on one birthday also
    the end that did not fit in the field, and a child who got the mother's surname. Who borrows a
    sister's card has a name that sounds alike; none has one that begins hers, or her given name.
    """
    x, y = a.names[0], b.names[0]
    if e.name is _NAME.LOST_CHARACTER:
        return True
    if e.name is _NAME.SAME_PINYIN:
        return x.kind is not y.kind
    if e.name is _NAME.SIMILAR_SHAPE:
        return x.kind is NameKind.LATIN
    if e.birth is not _BIRTH.EQUAL or e.sex is SexLevel.DIFFERENT:
        return False
    if e.name is _NAME.GIVEN_NAME_ONLY:
        mothers = {a.mother_name.surname, b.mother_name.surname} - {""}
        return not mothers.isdisjoint((x.surname, y.surname))
    return e.name is _NAME.ONE_CHARACTER and is_cut_short(x, y)


def is_foreign(a: Traits, b: Traits) -> bool:
    """Whether both official names are in letters and not both romanised Chinese."""
    x, y = a.names[0], b.names[0]
    return x.kind is y.kind is NameKind.LATIN and not (x.usual and y.usual)


def is_proven_abroad(a: Traits, b: Traits, e: Evidence, shared: Shared) -> bool:
    """Whether a number and more are enough for one person whose name is not Chinese.

    Such a name is long and is written anew at every desk: nicknames, second names, initials, two
    or three wrong letters. Only numbers that say no birthday count here: beside a citizen's number
    an equal birthday proves nothing, since it comes out of the number that a sister lent, but with
    a lent passport she has a birthday of her own. So when number and birthday agree,

    - a name in which every word has something like it in the other is the same name;
    - so is one word where nothing else was written;
    - at the same house, or in the same street and place where its number was written otherwise,
      one word of the name is enough, unless somebody spoke of a multiple birth.

    A birthday that is only nearly the other's, in the same year, will do for the first at the
    same house: a sister is born in another year, and a twin on the same day. A number with two
    digits swapped, or one digit wrong, is a slip of the pen when birthday and name, or birthday
    and a word of the name and the house agree; not where it may be the next one, for papers made
    out together have consecutive numbers (``are_issued_apart``). Two digits swapped are a slip also
    where a birthday is not known or has a slip of its own, beside one name and house: a father's
    number is not his son's.

    One given name beside number and birthday: then the surname changed, wherever the two live.
    At the same house a mistyped birthday, or day and month swapped, is the same one: nobody else
    there has it; beside the given name any will do that is only nearly the other's.
    """
    if e.proof is not IdProof.DOCUMENT or e.sex is SexLevel.DIFFERENT or not shared.number:
        return False
    same_birth = e.birth is _BIRTH.EQUAL or (e.birth in _NOBODY_ELSES and shared.house)
    alike = e.name >= _NAME.ALIKE
    slip = e.birth in _NEARLY or is_slip_within_a_year(a.birth, b.birth)
    word = e.name >= _NAME.SURNAME_ONLY and (shared.house or _is_in_one_street(a, b, e))
    given = e.name is _NAME.GIVEN_NAME_ONLY
    single = len(a.names[0].parts) == 1 or len(b.names[0].parts) == 1
    if a.multiple_birth or b.multiple_birth or e.orders_differ:
        single, word, alike = False, False, e.name >= _NAME.VARIANT
    if e.identifier >= _ID.SAME_BODY:
        if same_birth:
            return alike or word or given or (single and e.name is _NAME.ONE_CHARACTER)
        return (alike or given) and shared.house and slip
    if e.identifier < _ID.TRANSPOSED or (e.identifier is _ID.TYPO and not _is_mistyped(a, b)):
        return False
    if same_birth:
        return alike or word
    swapped = e.identifier is _ID.TRANSPOSED and (slip or e.birth is _BIRTH.INCOMPARABLE)
    return swapped and e.name >= _NAME.VARIANT and shared.house


def _is_in_one_street(a: Traits, b: Traits, e: Evidence) -> bool:
    """Whether two addresses in letters are one but for their numbers: street, place and suburb."""
    written = all(value.place.isascii() for value in a.addresses + b.addresses)
    return e.address is AddressLevel.SAME_PLACE and written


def _is_mistyped(a: Traits, b: Traits) -> bool:
    """Whether all papers that differ by one digit were issued apart."""
    near = [
        (x, y) for x in a.ids for y in b.ids if x.kind is y.kind and compare_ids(x, y) is _ID.TYPO
    ]
    return bool(near) and all(are_issued_apart(x, y) for x, y in near)


def is_certified_child(e: Evidence) -> bool:
    """Whether two registrations have one birth certificate, one sex and nearly one birthday.

    Sisters have two certificates; who showed the other's was born on another day.
    """
    one_day = e.birth is _BIRTH.EQUAL or e.birth in _NEARLY or e.birth is _BIRTH.ONE_DIGIT
    one = e.proof is IdProof.CERTIFICATE and e.identifier is _ID.EQUAL
    return one and one_day and e.sex is not SexLevel.DIFFERENT


def is_the_only_child(a: Traits, b: Traits, e: Evidence, *, anchored: bool) -> bool:
    """Whether a newborn and a named child are one, by mother or home and the day.

    Who shares mother, home and birthday is the child itself or a twin. So nothing may speak of a
    twin: no number among those born together, no 大 or 小 in the name, no multiple birth; the sexes
    are known and agree. That nobody else fits is asked for when persons are cut (``partition``).
    """
    if a.multiple_birth or b.multiple_birth or a.birth_order or b.birth_order:
        return False
    newborn, child = (a, b) if a.is_newborn else (b, a)
    name = newborn.names[0]
    if name.key == child.names[0].key:
        return False  # the mother herself
    if name.child_order or (name.child_sex and child.sex and name.child_sex != child.sex):
        return False
    known = anchored or e.mother is MotherLevel.NUMBER
    return known and e.mother >= MotherLevel.SAME_HOME and e.sex is SexLevel.EQUAL
