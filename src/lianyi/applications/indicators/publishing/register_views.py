"""What the JSON API answers about the five registers of statistics."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from lianyi.applications.indicators.publishing.views import Shown


class ColumnOf(Shown):
    """A column of a fact."""

    column: str
    kind: str
    zh: str
    en: str
    values: list[str]


class FactOf(Shown):
    """A fact: one row is what ``zh`` and ``en`` say."""

    fact: str
    zh: str
    en: str
    key: str
    columns: list[ColumnOf]


class IndicatorOf(Shown):
    """What is known of an indicator besides what it counts."""

    code: str
    zh: str
    en: str
    category: str
    unit: str
    better: str
    owner: str
    document: str
    paragraph: str
    exam: int


class RuleOf(Shown):
    """What a definition counts."""

    hash: str
    definition: dict[str, Any]


class DimensionOf(Shown):
    """By what something may be split: a role of departments, a time, a practitioner, a code."""

    dimension: str
    kind: str
    zh: str
    en: str
    facts: list[str]


class CaliberAt(Shown):
    """A version of a caliber on that day.

    Attributes:
        in_file: whether the file says it today.
        approved_by, approved_at: the signature in force on that day; empty: none was.
    """

    code: str
    caliber: str
    version: int
    hash: str
    valid_from: date
    valid_to: date | None
    in_file: bool
    approved_by: str
    approved_at: datetime | None


class Registers(Shown):
    """The five registers (元数据, 统计元数据, 统计规则, 统计维度, 统计口径) as of a day."""

    as_of: date
    metadata: list[FactOf]
    statistical_metadata: list[IndicatorOf]
    rules: list[RuleOf]
    dimensions: list[DimensionOf]
    calibers: list[CaliberAt]
