"""The trap corpus: named pairs of two different persons whom no rule may take for one.

A pair is two registrations that look like one person's. Whatever a matching engine does with them
(two persons, a person's decision, nothing), it must never link them by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import getdoc
from typing import Final

import msgspec

from lianyi.projections.identity.registration import Registration
from lianyi.simulate.city import close_traps as close
from lianyi.simulate.city import family_traps as family
from lianyi.simulate.city import letters_traps as letters
from lianyi.simulate.city import stranger_traps as strangers
from lianyi.simulate.city.forms import Forms, Pair

EACH: Final = 500
"""Pairs of each trap unless somebody says otherwise: together more than ten thousand."""


class TrapPair(msgspec.Struct, frozen=True, gc=False):
    """Two registrations of two different persons.

    Attributes:
        trap: name of the trap, in Chinese.
        why: in English, what tempts and why it must not.
        first: one registration.
        second: the other.
    """

    trap: str
    why: str
    first: Registration
    second: Registration


TRAPS: Final[dict[str, Callable[[Forms], Pair]]] = {
    "双胞胎一字之差": family.twins,
    "双胞胎各有证号": family.twins_with_ids,
    "龙凤胎": family.boy_and_girl,
    "双胞胎同音名": family.twins_sounding_alike,
    "三胞胎": family.triplets,
    "兄弟姐妹": family.brothers,
    "父子同址同号": family.father_and_son,
    "父子同月同日": family.father_and_son_one_year,
    "夫妻共用电话": family.couple,
    "借卡就诊": family.borrowed_card,
    "借姐妹的证": family.borrowed_of_a_sister,
    "同日同名": strangers.namesakes_same_day,
    "同日同名同区": strangers.namesakes_same_district,
    "同日同名各有证号": strangers.namesakes_with_ids,
    "同日同名无其他信息": strangers.namesakes_bare,
    "两个有效证号": strangers.two_valid_numbers,
    "两个无名氏": strangers.nobody,
    "无名氏未标记": strangers.nobody_without_a_flag,
    "无名氏与真人": strangers.nobody_and_somebody,
    "测试病人": strangers.tests,
    "掩码姓名": strangers.masked,
    "占位证号": strangers.zeros,
    "医院默认证号": strangers.hospital_default,
    "默认生日": strangers.default_birthday,
    "只知年份": strangers.year_only,
    "共用电话": strangers.shared_phone,
    "村医电话": strangers.village_phone,
    "新生儿双胎": family.newborn_twins,
    "新生儿双胎未编号": family.newborn_twins_unmarked,
    "前后胎新生儿": family.newborn_years_apart,
    "母亲与新生儿": family.mother_and_newborn,
    "新生儿与已命名姐妹": family.newborn_and_named_sister,
    "同名母亲的新生儿": family.newborns_of_namesakes,
    "少数民族同名": strangers.minority_namesakes,
    "外国人同名同日": strangers.foreign_namesakes,
    "同音陌生人": strangers.sounding_strangers,
    "同单位体检": strangers.company,
    "外国双胞胎护照连号": family.foreign_twins,
    "外国姐妹借护照": family.passport_of_a_sister,
    "新生儿仅名中标大小": close.newborn_marked_in_the_name,
    "新生儿与已命名双胞胎": close.newborn_and_a_named_twin,
    "新生儿与龙凤胎另一个": close.newborn_and_the_other_sex,
    "妯娌同日分娩": close.newborn_and_a_cousin,
    "新生儿与同日生的哥姐": close.newborn_and_a_sibling,
    "同名母亲的已命名孩子": close.newborn_of_a_namesake,
    "同病区电话的新生儿": close.newborns_of_a_ward,
    "新生儿录成母亲证件": close.newborn_and_mother_on_paper,
    "父子同名同月同日": close.father_and_son_of_one_name,
    "外国父子同名": close.junior,
    "堂兄弟同名": close.cousins_of_one_name,
    "外国双胞胎连号": close.twins_with_numbers_in_turn,
    "外国双胞胎各有号码": close.twins_with_two_numbers,
    "孩子用父母的号码": close.number_of_a_parent,
    "借姐妹号码无生日": close.number_of_a_sister_without_birthday,
    "借父亲的证": close.card_of_a_father,
    "同名异姓借证": close.card_of_a_namesake_by_given_name,
    "姐妹与填充证号": close.filled_in_number,
    "同音异姓借证": close.card_of_a_namesake_by_sound,
    "父子同名借证": close.card_of_a_father_of_one_name,
    "外文姓名借姐妹护照": letters.lent_in_letters,
    "外文姓名姓与名填反借证": letters.lent_the_wrong_way_round,
    "拼音姓名借兄弟姐妹护照": letters.lent_in_pinyin,
    "外文双胞胎姓名分列": letters.twins_in_letters,
    "外文双胞胎姓与名填反": letters.twins_the_wrong_way_round,
    "拼音双胞胎护照连号": letters.twins_in_pinyin,
    "外文父子同名各有护照": letters.father_and_son_in_letters,
    "外文父子同名姓差一字母借证": letters.passport_of_a_father_in_letters,
    "外文姻亲同名借证": letters.passport_of_an_in_law,
    "外文堂亲同名同街": letters.namesakes_in_one_street,
}
"""Name of each trap to what makes a pair of it; its docstring says why it is one."""


def trap_pairs(seed: int = 1, each: int = EACH, only: str = "") -> Iterator[TrapPair]:
    """Give the corpus, trap by trap; the same seed gives the same pairs.

    Args:
        seed: of all draws.
        each: pairs of each trap.
        only: name of the one trap that is wanted; empty for all.
    """
    for branch, (trap, pair_of) in enumerate(TRAPS.items(), start=1):
        if only in ("", trap):
            make, why = Forms(seed, branch), getdoc(pair_of) or ""
            for _ in range(each):
                first, second = pair_of(make)
                yield TrapPair(trap, why, first, second)
