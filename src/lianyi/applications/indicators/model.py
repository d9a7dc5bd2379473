"""An indicator and its calibers, as a hospital writes them (指标 and 口径).

An indicator has a name, an owner and one caliber or several; a caliber says what exactly is
counted, in which version, since when. Numerator and denominator are kept apart for ever: a ratio
is never stored.

Sources:
    HL7 FHIR R5, Measure: version, effectivePeriod, approvalDate, improvementNotation, stratifier.
    国卫办医政函, performance of tertiary public hospitals, manual: numbers 1 to 55 of the exam.
"""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import Field, model_validator

from lianyi.applications.indicators.predicates import (
    Node,
    Span,
    parse_predicate,
    parse_span,
    span_text,
    text_of,
)
from lianyi.base.settings import Section
from lianyi.projections.operational.star import Fact, Kind, star

DAYS_OF_MONTH = "days_of_month"
"""Of a sum: each row adds the days of the month it falls into, so months of staff become days."""
Words = Annotated[str, Field(min_length=1, max_length=400)]


class Category(StrEnum):
    """The seven classes of the library."""

    SAFETY = "safety"
    QUALITY = "quality"
    EFFICIENCY = "efficiency"
    ECONOMY = "economy"
    SERVICE = "service"
    POLICY = "policy"
    DEVELOPMENT = "development"


class Unit(StrEnum):
    """In what a value is told; the value itself is numerator / denominator times its factor."""

    PERCENT = "percent"
    PER_MILLE = "per_mille"
    PER_TEN_THOUSAND = "per_ten_thousand"
    RATIO = "ratio"
    COUNT = "count"
    DAYS = "days"
    HOURS = "hours"
    MINUTES = "minutes"
    YUAN = "yuan"
    DDDS = "ddds"  # defined daily doses for a hundred bed-days


FACTORS = {
    Unit.PERCENT: 100.0,
    Unit.PER_MILLE: 1_000.0,
    Unit.PER_TEN_THOUSAND: 10_000.0,
    Unit.YUAN: 0.01,
    Unit.DDDS: 100.0,
}
"""What a quotient is multiplied by; 1 where a unit is not named. Money is kept in fen."""


class Title(Section):
    """A name in both languages.

    Attributes:
        zh: in Chinese.
        en: in English.
    """

    zh: Words
    en: Words


class Origin(Section):
    """Where it is said how something is counted.

    Attributes:
        document: title of the paper, or the hospital's own rule.
        paragraph: where in it.
    """

    document: Words
    paragraph: Words


class Part(Section):
    """A numerator or a denominator: a sum over the rows of one fact.

    Attributes:
        fact: of the star.
        where: a condition on its rows; empty: all of them.
        aggregate: ``rows`` counts rows; ``distinct`` counts the values of ``of``; ``sum`` adds
            them up.
        of: a column; of a sum also a span, ``minutes(a, b)``, or ``days_of_month``; empty for
            rows.
        time: the instant by which a row falls into a period.
        department: the role by which it falls to a department.
        known_by: a condition; of a hospital of which no row fulfils it nothing is known, though it
            has rows. Empty: any row makes it known. See :mod:`.heard`.
    """

    fact: str
    where: str = Field(default="", max_length=2_000)
    aggregate: Literal["rows", "distinct", "sum"] = "rows"
    of: str = Field(default="", max_length=200)
    time: str
    department: str
    known_by: str = Field(default="", max_length=400)

    @property
    def of_fact(self) -> Fact:
        """The fact itself."""
        return star()[self.fact]

    @property
    def condition(self) -> Node:
        """What a row must fulfil."""
        return _condition(self.where, self.fact)

    @property
    def span(self) -> Span | None:
        """What is added up, where that is a time."""
        return parse_span(self.of, self.of_fact) if "(" in self.of else None

    @property
    def adds_days(self) -> bool:
        """Whether each row adds the days of its month."""
        return self.aggregate == "sum" and self.of == DAYS_OF_MONTH

    @property
    def doctor(self) -> str:
        """The column that says whose row it is among practitioners; empty: rows name nobody."""
        return next(iter(self.of_fact.of_kind(Kind.PRACTITIONER)), "")

    def canonical(self) -> dict[str, str]:
        """Return what is counted, the same for all texts that say the same."""
        span = self.span
        known_by = text_of(_condition(self.known_by, self.fact))
        return {
            "fact": self.fact,
            "where": text_of(self.condition),
            "aggregate": self.aggregate,
            "of": span_text(span) if span else self.of,
            "time": self.time,
            "department": self.department,
        } | ({"known_by": known_by} if known_by else {})


@lru_cache(maxsize=4_096)
def _condition(where: str, fact: str) -> Node:
    return parse_predicate(where, star()[fact])


class Caliber(Section):
    """What exactly is counted under a name.

    Attributes:
        caliber: its short name within the indicator.
        version: counts from 1; a change of what is counted is a new one.
        title: what tells it from the other calibers.
        valid_from, valid_to: first and last day for which it holds; None: until further notice.
        numerator, denominator: a caliber without a denominator is a plain number. Without a
            numerator it is entered by form, or cannot be had.
        by_form: what a person enters, and with what evidence; empty: nothing.
        not_available: why the data cannot tell it; empty: they can.
        mixed_because: why numerator and denominator go by different times or departments.
    """

    caliber: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    version: Annotated[int, Field(ge=1)]
    title: Title
    valid_from: date
    valid_to: date | None = None
    numerator: Part | None = None
    denominator: Part | None = None
    by_form: str = Field(default="", max_length=400)
    not_available: str = Field(default="", max_length=400)
    mixed_because: str = Field(default="", max_length=400)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        ways = [self.numerator is not None, bool(self.by_form), bool(self.not_available)]
        if sum(ways) != 1:
            raise ValueError("a caliber has a numerator, or by_form, or not_available: one of them")
        if self.denominator is not None and self.numerator is None:
            raise ValueError("a denominator stands below a numerator")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("it ends before it begins")
        return self

    def parts(self) -> list[Part]:
        """Return numerator and denominator, as far as there are any."""
        return [one for one in (self.numerator, self.denominator) if one is not None]


class Indicator(Section):
    """A number that a hospital is led by.

    Attributes:
        indicator: its code.
        name: what it is called.
        category: one of seven classes.
        meaning: what it tells, in a sentence.
        unit: in what it is told.
        better: which way is better; ``neither`` where that depends.
        owner: the office that answers for it.
        source: where it is said how it is counted.
        exam: its number in the national exam; 0: none.
        exam_growth: what the exam calls it, where it asks by how much the value grew over the year
            before, and not for the value; None: it asks for the value.
        drill: columns shown where one looks behind the number.
        calibers: at least one.
    """

    indicator: Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{2,4}[a-z]?$")]
    name: Title
    category: Category
    meaning: Words
    unit: Unit
    better: Literal["up", "down", "neither"]
    owner: Words
    source: Origin
    exam: Annotated[int, Field(ge=0, le=56)] = 0
    exam_growth: Title | None = None
    drill: tuple[str, ...] = ()
    calibers: Annotated[list[Caliber], Field(min_length=1, max_length=20)]

    @property
    def factor(self) -> float:
        """What a quotient is multiplied by to be told in the unit."""
        return FACTORS.get(self.unit, 1.0)


def definition(indicator: Indicator, caliber: Caliber) -> dict[str, Any]:
    """Return what is counted, the same for all files that count the same.

    Names, titles, owners and drill columns are not part of it; everything that can change the
    number is. A condition is written in its one form, so blanks change nothing.
    """
    return {
        "unit": indicator.unit.value,
        "numerator": caliber.numerator.canonical() if caliber.numerator else None,
        "denominator": caliber.denominator.canonical() if caliber.denominator else None,
        "by_form": caliber.by_form,
        "not_available": caliber.not_available,
        "valid_from": caliber.valid_from.isoformat(),
        "valid_to": caliber.valid_to.isoformat() if caliber.valid_to else None,
    }


def definition_hash(indicator: Indicator, caliber: Caliber) -> str:
    """Return SHA-256 of what is counted, in hexadecimal: what an approval signs."""
    counted = orjson.dumps(definition(indicator, caliber), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(counted).hexdigest()
