"""Ways in which rows are divided besides place and time: payer, disease, age, sex and more. Pure.

A split is a list of classes, and a class is a condition in the language of calibers. So a class is
counted, listed and exported as a caliber with one condition more: what stands in a cell of a split
and the rows behind it come from one condition. The classes of a split share no row and leave none
out; rows of which nobody said it have a class of their own.

Source:
    WHO, ICD-10, volume 1: the chapters and their first and last categories.
    国家统计局, age groups of the Chinese yearbook of health statistics, put together to eight.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import Final

from lianyi.applications.indicators.failures import NoSuchSplit
from lianyi.applications.indicators.model import Part
from lianyi.projections.operational.star import Fact, Kind, star

UNSAID: Final = "-"
"""The class of rows of which nobody said it."""
_DAYS: Final = 365.25
_AGES: Final = (0, 1, 7, 18, 45, 60, 75, 90)
_FIRST: Final = ("disease", "payer", "age", "sex", "class")
"""The splits that are asked for most."""
_CODED: Final = "main_diagnosis"
_AGE: Final = "age_days"


@dataclass(frozen=True, slots=True)
class Class:
    """A class of a split.

    Attributes:
        key: its short name within the split.
        where: the condition that its rows fulfil.
        zh, en: what people call it.
    """

    key: str
    where: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Split:
    """A way to divide the rows of a fact.

    Attributes:
        key: ``disease``, ``age``, or the column by whose values it goes.
        zh, en: what people call it.
        classes: that share no row and leave none out.
    """

    key: str
    zh: str
    en: str
    classes: tuple[Class, ...]

    def of(self, key: str) -> Class:
        """Return a class.

        Raises:
            NoSuchSplit: it has none of this name.
        """
        for one in self.classes:
            if one.key == key:
                return one
        raise NoSuchSplit(where=self.key, why="it has no such part", why_zh="该拆分方式没有这一项")


@cache
def splits_of(fact: str) -> Mapping[str, Split]:
    """Return the splits of a fact by name; a fact that says nothing of it has none."""
    found = {one.key: one for one in _splits(star()[fact])}
    return {key: found[key] for key in (*(x for x in _FIRST if x in found), *found)}


def shared(facts: Sequence[str]) -> list[Split]:
    """Return the splits that all of some facts have."""
    first, *others = [splits_of(fact) for fact in dict.fromkeys(facts)]
    return [one for key, one in first.items() if all(key in other for other in others)]


def narrowed(part: Part, where: str) -> Part:
    """Return a part that counts those of its rows that fulfil one condition more."""
    both = f"({part.where}) && ({where})" if part.where.strip() else where
    return part.model_copy(update={"where": both})


def _splits(fact: Fact) -> Iterator[Split]:
    for column in fact.columns.values():
        if column.kind is Kind.CODE:
            said = {"zh": column.zh, "en": column.en}
            classes = [
                Class(one, f'{column.name} == "{one}"', *column.words[one]) for one in column.values
            ]
            yield Split(column.name, **said, classes=(*classes, _unsaid(column.name)))
        elif column.kind is Kind.FLAG:
            classes = [
                Class("yes", column.name, "是", "yes"),
                Class("no", f"!{column.name} && has({column.name})", "否", "no"),
            ]
            yield Split(column.name, column.zh, column.en, (*classes, _unsaid(column.name)))
    if _AGE in fact.columns:
        yield Split("age", "年龄段", "age group", tuple(_ages()))
    if _CODED in fact.columns:
        yield Split("disease", "疾病分类", "disease (ICD-10 chapter)", tuple(_chapters()))


def _unsaid(column: str) -> Class:
    return Class(UNSAID, f"!has({column})", "未记录", "not said")


def _ages() -> Iterator[Class]:
    for first, after in zip(_AGES, (*_AGES[1:], None), strict=True):
        begins, ends = round(first * _DAYS), None if after is None else round(after * _DAYS)
        # Whoever is said to be younger than nothing was entered wrong, and is counted all the same.
        least = f"{_AGE} >= {begins}" if first else f"has({_AGE})"
        where = least if ends is None else f"{least} && {_AGE} < {ends}"
        if after is None:
            yield Class(f"{first}", where, f"{first} 岁及以上", f"{first} and older")
        elif after == 1:
            yield Class("0", where, "不满 1 岁", "under one year")
        else:
            yield Class(f"{first}", where, f"{first}–{after - 1} 岁", f"{first} to {after - 1}")
    yield _unsaid(_AGE)


_CHAPTERS: Final = (
    ("I", "AB", "传染病和寄生虫病", "infectious and parasitic diseases"),
    ("II", "C D0 D1 D2 D3 D4", "肿瘤", "neoplasms"),
    ("III", "D5 D6 D7 D8 D9", "血液及造血器官疾病", "blood and immune mechanism"),
    ("IV", "E", "内分泌、营养和代谢疾病", "endocrine and metabolic diseases"),
    ("V", "F", "精神和行为障碍", "mental disorders"),
    ("VI", "G", "神经系统疾病", "nervous system"),
    ("VII", "H0 H1 H2 H3 H4 H5", "眼和附器疾病", "eye"),
    ("VIII", "H6 H7 H8 H9", "耳和乳突疾病", "ear"),
    ("IX", "I", "循环系统疾病", "circulatory system"),
    ("X", "J", "呼吸系统疾病", "respiratory system"),
    ("XI", "K", "消化系统疾病", "digestive system"),
    ("XII", "L", "皮肤和皮下组织疾病", "skin"),
    ("XIII", "M", "肌肉骨骼系统疾病", "musculoskeletal system"),
    ("XIV", "N", "泌尿生殖系统疾病", "genitourinary system"),
    ("XV", "O", "妊娠、分娩和产褥期", "pregnancy and childbirth"),
    ("XVI", "P", "围生期疾病", "perinatal period"),
    ("XVII", "Q", "先天畸形", "congenital malformations"),
    ("XVIII", "R", "症状、体征和检查异常", "symptoms and abnormal findings"),
    ("XIX", "ST", "损伤、中毒", "injury and poisoning"),
    ("XX", "VWXY", "外因", "external causes"),
    ("XXI", "Z", "影响健康状态的因素", "factors influencing health"),
    ("XXII", "U", "特殊目的编码", "codes for special purposes"),
)
"""Chapter, how its codes begin (letters, or a list of beginnings), and its name."""


def _chapters() -> Iterator[Class]:
    for chapter, begins, zh, en in _CHAPTERS:
        starts = begins.split() if " " in begins else list(begins)
        where = " || ".join(f'{_CODED}.startsWith("{one}")' for one in starts)
        yield Class(chapter, where, zh, en)
    none = " && ".join(f'!{_CODED}.startsWith("{one}")' for one in ascii_uppercase)
    yield Class("other", f"has({_CODED}) && {none}", "其他编码", "other codes")
    yield _unsaid(_CODED)
