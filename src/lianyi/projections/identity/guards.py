"""What holds a pair back whatever its score: the guards, each named in Chinese and English."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import Final

from lianyi.projections.identity.evidence import Evidence, IdProof
from lianyi.projections.identity.registration import Flag
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.names import NameKind
from lianyi.projections.identity.values.sexes import SexLevel


class Lane(IntEnum):
    """What becomes of a pair."""

    SUPPRESS = 0
    """Not linked, and nobody is asked: no answer is to be had."""
    NEW = 1
    """Two persons."""
    REVIEW = 2
    """A person decides."""
    AUTO = 3
    """One person, linked without anybody."""


class Guard(Enum):
    """A reason why a pair is not linked by itself.

    Attributes:
        highest: the highest lane that a pair under this guard reaches.
        zh: in Chinese.
        en: in English.
    """

    TEST_RECORD = (Lane.SUPPRESS, "测试登记", "a test registration")
    NOBODY = (Lane.SUPPRESS, "身份不明或占位姓名", "an unknown person or a placeholder name")
    MOTHER_AND_CHILD = (
        Lane.SUPPRESS,
        "母亲与新生儿，是亲属关系",
        "a mother and her newborn: a relation",
    )
    TWO_VALID_NUMBERS = (Lane.NEW, "两个不同的有效证件号码", "two different valid identity numbers")
    BIRTH_ORDERS_DIFFER = (Lane.NEW, "多胞胎，出生顺序不同", "born together, in another order")
    TWO_CHILDREN = (
        Lane.NEW,
        "两名未命名新生儿，出生日期不同",
        "two unnamed newborns, born on different days",
    )
    UNKNOWN_WITH_NUMBER = (
        Lane.REVIEW,
        "身份不明者与他人证件号码相同",
        "an unknown person with somebody's number",
    )
    NEWBORN_AND_NAMED = (
        Lane.REVIEW,
        "未命名新生儿与已命名者",
        "an unnamed newborn and somebody with a name",
    )
    TWO_NEWBORNS = (
        Lane.REVIEW,
        "两名未命名新生儿，可能是双胎",
        "two unnamed newborns, perhaps twins",
    )
    BORROWED_CARD = (
        Lane.REVIEW,
        "证件号码相同而姓名不同，可能借用证件",
        "one number and two names: perhaps a borrowed card",
    )
    NEARLY_ONE_NAME = (
        Lane.REVIEW,
        "证件号码相同，姓名读音或字形相近：录入错误，或借用姐妹兄弟的证件",
        "one number, names that sound or look alike: a typing error, or a sister's card",
    )
    BORN_TOGETHER = (
        Lane.REVIEW,
        "同日出生、姓名相近、电话或住址相同，可能是双胞胎",
        "born on one day, alike in name, one telephone or home: perhaps twins",
    )
    CONTACT_ONLY = (
        Lane.REVIEW,
        "电话和住址不足以证明是同一人",
        "a telephone and an address do not prove one person",
    )
    TWO_NUMBERS = (
        Lane.REVIEW,
        "证件号码不同，且不像录入错误",
        "two numbers too different for a typing error",
    )
    MULTIPLE_BIRTH = (
        Lane.REVIEW,
        "多胞胎，且证件号码不能证明",
        "born together with others, and no number proves it",
    )
    UNPROVEN = (
        Lane.REVIEW,
        "缺少可证明为同一人的组合：证件号码与姓名，或姓名、生日与联系方式",
        "neither number and name agree, nor name, birthday and a contact",
    )

    def __init__(self, highest: Lane, zh: str, en: str) -> None:
        self.highest = highest
        self.zh = zh
        self.en = en


_NAME, _ID, _BIRTH = NameLevel, IdLevel, BirthLevel


_NEARLY: Final = (_BIRTH.YEAR_ONLY, _BIRTH.MONTH, _BIRTH.SWAPPED, _BIRTH.LUNAR)
"""A birthday that is the other's, less exact or in the other calendar or order."""


def is_borrowed(e: Evidence) -> bool:
    """Whether a number that proves somebody stands beside two different names."""
    return (
        e.identifier >= _ID.SAME_BODY
        and e.proof >= IdProof.DOCUMENT
        and _NAME.DIFFERENT <= e.name <= _NAME.ONE_CHARACTER
    )


def is_another_number(e: Evidence) -> bool:
    """Whether two numbers of a lifelong kind differ by more than one typing error."""
    return e.identifier is _ID.DIFFERENT and e.proof in (IdProof.UNPROVEN, IdProof.LIFELONG)


def is_proven(
    e: Evidence, *, anchored: bool, at_home: bool, number_counts: bool, by_machine: bool = False
) -> bool:
    """Whether what agrees is enough for one person, by kind and not by weight.

    Args:
        e: the evidence.
        anchored: a telephone or a home agrees that few people share.
        at_home: both do.
        number_counts: the number that agrees is not one that many people have.
        by_machine: the names differ as systems make them differ: a lost character, letters for
            characters; or by one letter of a long word. People who borrow a sister's card have
            names that sound alike, too.
    """
    same_number = e.identifier >= _ID.SAME_BODY and number_counts
    if same_number and e.proof >= IdProof.DOCUMENT:
        if e.name >= _NAME.VARIANT:
            return True
        return by_machine and e.birth is _BIRTH.EQUAL
    if e.name < _NAME.VARIANT and not (by_machine and same_number):
        return False
    if e.birth in _NEARLY:
        sure = anchored if same_number else at_home
        return sure and e.sex is not SexLevel.DIFFERENT
    if e.birth is not _BIRTH.EQUAL:
        return False
    if same_number:
        return True
    if e.identifier >= _ID.TRANSPOSED and e.proof >= IdProof.DOCUMENT:
        return True
    return anchored and e.sex is not SexLevel.DIFFERENT


def is_foreign(a: Traits, b: Traits) -> bool:
    """Whether both official names are in letters and not both romanised Chinese."""
    x, y = a.names[0], b.names[0]
    return x.kind is y.kind is NameKind.LATIN and not (x.usual and y.usual)


def is_proven_abroad(e: Evidence, *, at_house: bool, number_counts: bool) -> bool:
    """Whether a number and more are enough for one person whose name is not Chinese.

    Such a name is long and is written anew at every desk: nicknames, second names, initials, two
    or three wrong letters. Only numbers that say no birthday count here: beside a citizen's number
    an equal birthday proves nothing, since it comes out of the number that a sister lent, but with
    a lent passport she has a birthday of her own. So when number and birthday agree,

    - a name in which every word has something like it in the other is the same name;
    - at the same house, one word of the name is enough.

    A birthday that is only nearly the other's, in the same year, will do for the first at the
    same house: a sister is born in another year, and a twin on the same day. Two neighbouring
    digits swapped in the number are a slip of the pen when name, birthday and house agree; one
    other digit is not, since papers made out together have consecutive numbers.
    """
    if e.proof is not IdProof.DOCUMENT or e.sex is SexLevel.DIFFERENT or not number_counts:
        return False
    same_birth, alike = e.birth is _BIRTH.EQUAL, e.name >= _NAME.ONE_CHARACTER
    if e.identifier >= _ID.SAME_BODY:
        if same_birth and (alike or at_house):
            return e.name >= _NAME.SURNAME_ONLY
        return alike and at_house and e.birth in _NEARLY
    return e.identifier is _ID.TRANSPOSED and same_birth and alike and at_house


def _is_certified_child(e: Evidence) -> bool:
    """Whether two registrations have one birth certificate, birthday and sex."""
    return (
        e.proof is IdProof.CERTIFICATE
        and e.identifier is _ID.EQUAL
        and e.birth is _BIRTH.EQUAL
        and e.sex is not SexLevel.DIFFERENT
    )


def _of_newborns(a: Traits, b: Traits, e: Evidence) -> Guard | None:
    """The guard of a pair of which at least one is an unnamed newborn."""
    if e.newborn_and_named and e.birth is _BIRTH.DIFFERENT:
        return Guard.MOTHER_AND_CHILD
    if _is_certified_child(e):
        return None
    if e.newborn_and_named:
        return Guard.NEWBORN_AND_NAMED
    apart = e.birth in (_BIRTH.DIFFERENT, _BIRTH.SAME_YEAR)
    return Guard.TWO_CHILDREN if apart else Guard.TWO_NEWBORNS


def guards(
    a: Traits,
    b: Traits,
    e: Evidence,
    *,
    anchored: bool,
    at_home: bool,
    at_house: bool,
    number_counts: bool,
) -> tuple[Guard, ...]:
    """Name everything that holds a pair back; symmetric.

    ``at_house``: the same house that few people share. See ``is_proven`` for the others.
    """
    found: list[Guard] = []
    if e.ids_conflict:
        found.append(Guard.TWO_VALID_NUMBERS)
    if e.orders_differ:
        found.append(Guard.BIRTH_ORDERS_DIFFER)
    if Flag.TEST in a.flags or Flag.TEST in b.flags:
        found.append(Guard.TEST_RECORD)
    if a.is_unknown or b.is_unknown:
        same = e.identifier >= _ID.SAME_BODY and e.proof >= IdProof.DOCUMENT and number_counts
        found.append(Guard.UNKNOWN_WITH_NUMBER if same else Guard.NOBODY)
        return tuple(found)
    if e.newborn_and_named or a.is_newborn:
        newborn = _of_newborns(a, b, e)
        return (*found, newborn) if newborn else tuple(found)
    if e.name is _NAME.VARIANT and a.names[0].kind is b.names[0].kind is NameKind.HANZI:
        e = _as_siblings(a, b, e)
    by_machine = (
        e.name is _NAME.LOST_CHARACTER
        or (e.name is _NAME.SAME_PINYIN and a.names[0].kind is not b.names[0].kind)
        or (e.name is _NAME.SIMILAR_SHAPE and a.names[0].kind is NameKind.LATIN)
    )
    if is_foreign(a, b) and is_proven_abroad(e, at_house=at_house, number_counts=number_counts):
        return tuple(found)
    if is_borrowed(e):
        found.append(Guard.BORROWED_CARD)
    elif not is_proven(
        e,
        anchored=anchored,
        at_home=at_home,
        number_counts=number_counts,
        by_machine=by_machine,
    ):
        found.append(_why_unproven(e, anchored=anchored))
    elif e.identifier < _ID.TRANSPOSED and (a.multiple_birth or b.multiple_birth):
        found.append(Guard.MULTIPLE_BIRTH)
    if is_another_number(e):
        found.append(Guard.TWO_NUMBERS)
    return tuple(found)


def _as_siblings(a: Traits, b: Traits, e: Evidence) -> Evidence:
    """Take variants in the given name for what siblings may be called: 子哲 and 子喆."""
    x, y = a.names[0], b.names[0]
    alike = x.key[len(x.surname) :] == y.key[len(y.surname) :]
    return e if alike else e._replace(name=_NAME.SAME_PINYIN)


def _why_unproven(e: Evidence, *, anchored: bool) -> Guard:
    if e.identifier >= _ID.SAME_BODY and _NAME.SIMILAR_SHAPE <= e.name < _NAME.VARIANT:
        return Guard.NEARLY_ONE_NAME
    if anchored and e.birth is _BIRTH.EQUAL and _NAME.SURNAME_ONLY <= e.name < _NAME.VARIANT:
        return Guard.BORN_TOGETHER
    if anchored and e.name < _NAME.SIMILAR_SHAPE and e.identifier < _ID.TRANSPOSED:
        return Guard.CONTACT_ONLY
    return Guard.UNPROVEN
