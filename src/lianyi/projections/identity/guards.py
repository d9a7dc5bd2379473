"""What holds a pair back whatever its score: the guards, each named in Chinese and English."""

from __future__ import annotations

from enum import Enum, IntEnum

from lianyi.projections.identity.evidence import Evidence, IdProof
from lianyi.projections.identity.proofs import (
    Shared,
    is_another_number,
    is_borrowed,
    is_certified_child,
    is_contradicted,
    is_foreign,
    is_proven,
    is_proven_abroad,
    is_the_only_child,
    with_surname_misheard,
    with_surname_mistyped,
)
from lianyi.projections.identity.registration import Flag
from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.births import BirthLevel
from lianyi.projections.identity.values.identifier_levels import IdLevel
from lianyi.projections.identity.values.name_levels import NameLevel
from lianyi.projections.identity.values.names import NameKind


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
    CONTRADICTED = (
        Lane.REVIEW,
        "姓名与证件号码相同，出生或性别却相互矛盾：可能借用同名亲属的证件，或覆盖了他人的档案",
        "one name and number, and births or sexes of two people: perhaps a relative's card",
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


def _of_newborns(a: Traits, b: Traits, e: Evidence, *, anchored: bool) -> Guard | None:
    """The guard of a pair of which at least one is an unnamed newborn."""
    if e.newborn_and_named and e.birth is _BIRTH.DIFFERENT:
        return Guard.MOTHER_AND_CHILD
    if is_certified_child(e):
        return None
    if e.newborn_and_named:
        only = is_the_only_child(a, b, e, anchored=anchored)
        return None if only else Guard.NEWBORN_AND_NAMED
    apart = e.birth in (_BIRTH.DIFFERENT, _BIRTH.SAME_YEAR)
    return Guard.TWO_CHILDREN if apart else Guard.TWO_NEWBORNS


def guards(a: Traits, b: Traits, e: Evidence, shared: Shared) -> tuple[Guard, ...]:
    """Name everything that holds a pair back; symmetric."""
    found: list[Guard] = []
    if e.ids_conflict:
        found.append(Guard.TWO_VALID_NUMBERS)
    if e.orders_differ:
        found.append(Guard.BIRTH_ORDERS_DIFFER)
    if Flag.TEST in a.flags or Flag.TEST in b.flags:
        found.append(Guard.TEST_RECORD)
    anchored = shared.line or shared.house
    if a.is_unknown or b.is_unknown:
        same = e.identifier >= _ID.SAME_BODY and e.proof >= IdProof.DOCUMENT and shared.number
        found.append(Guard.UNKNOWN_WITH_NUMBER if same else Guard.NOBODY)
        return tuple(found)
    if e.newborn_and_named or a.is_newborn:
        newborn = _of_newborns(a, b, e, anchored=anchored)
        return (*found, newborn) if newborn else tuple(found)
    if e.name is _NAME.VARIANT and a.names[0].kind is b.names[0].kind is NameKind.HANZI:
        e = _as_siblings(a, b, e)
    else:
        e = with_surname_misheard(a, b, e)
        e = with_surname_mistyped(a, b, e)
    if is_foreign(a, b) and is_proven_abroad(a, b, e, shared):
        return tuple(found)
    if not is_proven(a, b, e, shared):
        found.append(_why_unproven(e, anchored=anchored))
    elif e.identifier < _ID.TRANSPOSED and (a.multiple_birth or b.multiple_birth):
        found.append(Guard.MULTIPLE_BIRTH)
    if is_another_number(a, b, e):
        found.append(Guard.TWO_NUMBERS)
    if is_contradicted(a, b, e):
        found.append(Guard.CONTRADICTED)
    return tuple(found)


def _as_siblings(a: Traits, b: Traits, e: Evidence) -> Evidence:
    """Take variants in the given name for what siblings may be called: 子哲 and 子喆."""
    x, y = a.names[0], b.names[0]
    alike = x.key[len(x.surname) :] == y.key[len(y.surname) :]
    return e if alike else e._replace(name=_NAME.SAME_PINYIN)


def _why_unproven(e: Evidence, *, anchored: bool) -> Guard:
    if is_borrowed(e):
        return Guard.BORROWED_CARD
    if e.identifier >= _ID.SAME_BODY and _NAME.SIMILAR_SHAPE <= e.name < _NAME.VARIANT:
        return Guard.NEARLY_ONE_NAME
    if anchored and e.birth is _BIRTH.EQUAL and _NAME.SURNAME_ONLY <= e.name < _NAME.VARIANT:
        return Guard.BORN_TOGETHER
    if anchored and e.name < _NAME.SIMILAR_SHAPE and e.identifier < _ID.TRANSPOSED:
        return Guard.CONTACT_ONLY
    return Guard.UNPROVEN
