"""A form that is filed with somebody, as a file says it: its editions by year, and their lines."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from lianyi.applications.indicators.model import Origin, Title
from lianyi.applications.indicators.periods import Period
from lianyi.base.settings import Section

Side = Literal["value", "numerator", "denominator"]
PeriodKind = Literal["year", "quarter", "month"]
MONTHS: Final = {"year": 12, "quarter": 3, "month": 1}
LINES_MAX: Final = 300
DECIMALS_MAX: Final = 4
FORM: Final = r"^[a-z][a-z0-9-]{0,40}$"
Numbered = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f]*$")]


class Line(Section):
    """One line of a form.

    Attributes:
        number: as it is printed.
        indicator: its code; empty: the platform cannot tell the line.
        caliber: short name; empty: the first of the indicator.
        side: the value of the indicator, or only its numerator or denominator.
        name: what the form calls it; None: what the indicator is called.
        decimals: so many are printed; None: as the unit has them.
        section: the heading that begins with this line; None: there is none new.
        missing: why the platform cannot tell it; None: it can.
    """

    number: Numbered
    indicator: Annotated[str, Field(max_length=20)] = ""
    caliber: Annotated[str, Field(max_length=41)] = ""
    side: Side = "value"
    name: Title | None = None
    decimals: Annotated[int, Field(ge=0, le=DECIMALS_MAX)] | None = None
    section: Title | None = None
    missing: Title | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if bool(self.indicator) == (self.missing is not None):
            raise ValueError("a line has an indicator, or says why it is missing: one of them")
        if self.missing is not None and self.name is None:
            raise ValueError("a line without an indicator needs a name")
        return self


class Edition(Section):
    """A form as it holds for some years.

    Attributes:
        edition: what it is called, ``2024``.
        valid_from, valid_to: first and last day of the periods for which it holds; None: until
            further notice.
        source: where it is said what stands in it.
        takes: ``exam``: the lines are the indicators that have a number of the national exam.
        lines: in the order in which they are printed.
    """

    edition: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z.-]+$")]
    valid_from: date
    valid_to: date | None = None
    source: Origin
    takes: Literal["lines", "exam"] = "lines"
    lines: Annotated[tuple[Line, ...], Field(max_length=LINES_MAX)] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.takes == "exam") == bool(self.lines):
            raise ValueError("an edition has lines, or takes those of the exam: one of them")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("it ends before it begins")
        numbers = [one.number for one in self.lines]
        twice = next((one for one in numbers if numbers.count(one) > 1), None)
        if twice is not None:
            raise ValueError(f"two lines have the number {twice}")
        return self

    def holds(self, period: Period) -> bool:
        """Tell whether it holds in all of a period."""
        ends = self.valid_to
        return self.valid_from <= period.first_day and (ends is None or period.last_day <= ends)


class Form(Section):
    """A form that a hospital files.

    Attributes:
        form: its short name, that of its file.
        name: what people call it.
        authority: with whom it is filed.
        period: of what it is filed.
        editions: in any order; no two hold on one day.
    """

    form: Annotated[str, Field(pattern=FORM)]
    name: Title
    authority: Title
    period: PeriodKind
    editions: Annotated[list[Edition], Field(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _each_day_has_one(self) -> Self:
        names = [one.edition for one in self.editions]
        if len(set(names)) < len(names):
            raise ValueError("two editions have the same name")
        for before, after in pairwise(sorted(self.editions, key=lambda one: one.valid_from)):
            if before.valid_to is None or after.valid_from <= before.valid_to:
                raise ValueError(f"{before.edition} and {after.edition} hold on the same day")
        return self

    def edition_of(self, period: Period) -> Edition | None:
        """Return the edition that holds in all of a period."""
        return next((one for one in self.editions if one.holds(period)), None)

    def fits(self, period: Period) -> bool:
        """Tell whether a period is of the kind of which this form is filed."""
        return period.months == MONTHS[self.period] and period.first % MONTHS[self.period] == 0
