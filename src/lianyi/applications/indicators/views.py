"""What the JSON API answers about indicators.

Numerators and denominators are told in the unit of the indicator's part: money in fen, times in
the unit of the span, everything else as counted. A value is the quotient in the indicator's unit;
it is null where there is nothing to divide by.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

By = Literal["hospital", "department", "doctor", "month"]
Side = Literal["numerator", "denominator"]
RowsOf = Literal["numerator", "denominator", "rest"]
"""Which rows are behind a figure; ``rest``: those of the denominator that the numerator leaves."""
Way = Literal["counted", "by_form", "not_available"]
CountedHow = Literal["counted", "by_form", "not_available", "cannot_split", "no_caliber", "no_data"]


class Shown(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class BothWords(Shown):
    """The same in Chinese and English."""

    zh: str
    en: str


# ---- definitions --------------------------------------------------------------------------------


class CaliberRow(Shown):
    """What exactly is counted under a name, in short.

    Attributes:
        holds: whether this version holds today.
        way: ``counted`` from the rows; ``by_form``: a person enters it; ``not_available``.
        why: what is entered and with what evidence, or why the data cannot tell it; else empty.
        hash: SHA-256 of what is counted; what an approval signs.
    """

    caliber: str
    version: int
    title: BothWords
    valid_from: date
    valid_to: date | None
    holds: bool
    way: Way
    why: str
    hash: str


class IndicatorRow(Shown):
    """An indicator in a list.

    Attributes:
        category: one of seven classes.
        unit: in which a value is told: ``percent``, ``days``, ``yuan`` …
        exam: its number in the national exam; 0: none.
        findings: how many faults its calibers have.
    """

    code: str
    name: BothWords
    category: str
    unit: str
    better: Literal["up", "down", "neither"]
    owner: str
    exam: int
    calibers: list[CaliberRow]
    findings: int


class UnusableFile(Shown):
    """A file of the hospital that defines no indicator, and why: the failure in words."""

    code: str
    where: str
    zh: str
    en: str


class IndicatorList(Shown):
    """All indicators, by code."""

    items: list[IndicatorRow]
    unusable: list[UnusableFile]


class NamedColumn(Shown):
    """A column of the star, and what people call it."""

    column: str
    name: BothWords


class PartView(Shown):
    """A numerator or denominator in words.

    Attributes:
        fact: of the star.
        rows: what one row of it is.
        where: the condition as it is written; empty: every row.
        condition: the condition in words.
        counts: what is counted: rows, different values, or a sum, in words.
        money: whether it is a sum of money, which is told in fen.
        time: by which a row falls into a period.
        department: by which it falls to a department.
        sentence: all of it.
    """

    fact: str
    rows: BothWords
    where: str
    condition: BothWords
    counts: BothWords
    money: bool
    time: NamedColumn
    department: NamedColumn
    sentence: BothWords


class CaliberView(CaliberRow):
    """A caliber as a whole; parts are null where nothing is counted."""

    numerator: PartView | None
    denominator: PartView | None
    mixed_because: str


class CaliberSays(Shown):
    """What one caliber says where it differs from another."""

    caliber: str
    version: int
    says: BothWords


class CaliberDifference(Shown):
    """Where calibers of one indicator differ: ``numerator.condition``, and so on."""

    place: str
    name: BothWords
    calibers: list[CaliberSays]


class CaliberFault(Shown):
    """A fault of a caliber, one of eight kinds."""

    caliber: str
    fault: str
    words: BothWords


class Source(Shown):
    """Where it is said how something is counted."""

    document: str
    paragraph: str


class IndicatorDetail(Shown):
    """An indicator as a whole."""

    code: str
    name: BothWords
    category: str
    meaning: str
    unit: str
    better: Literal["up", "down", "neither"]
    owner: str
    exam: int
    source: Source
    drill: list[NamedColumn]
    calibers: list[CaliberView]
    differences: list[CaliberDifference]
    findings: list[CaliberFault]


# ---- figures ------------------------------------------------------------------------------------


class PeriodView(Shown):
    """Whole months: as asked, the first and the last day, and in words."""

    period: str
    first: date
    last: date
    name: BothWords


class Place(Shown):
    """A code and its name; a name that nobody knows is the code."""

    code: str
    name: BothWords


class Figure(Shown):
    """One cell.

    Attributes:
        hospital, department, doctor: of whom; null: of all that were asked for and may be seen.
        month: ``2026-03`` where figures go by month; null: the whole period.
        numerator, denominator: what was counted; a denominator that there is none of is null.
        no_data: why nothing is known: then there is no number, and no zero; null: it is known.
        last_year, previous: value of the same period a year ago, and of the period before this.
        year_on_year, on_previous: change against those, in percent of them; null: nothing to
            compare with. Of a percentage it is the change in percentage points.
        rank: place among the figures of the answer, 1 is best; null: better is neither way.
    """

    hospital: Place | None = None
    department: Place | None = None
    doctor: Place | None = None
    month: str | None = None
    no_data: BothWords | None = None
    numerator: float | None
    denominator: float | None
    value: float | None
    last_year: float | None = None
    year_on_year: float | None = None
    previous: float | None = None
    on_previous: float | None = None
    rank: int | None = None


class CaliberOf(Shown):
    """By which caliber something was counted; ``holds``: it holds in the period that was asked."""

    caliber: str
    version: int
    title: BothWords
    hash: str
    holds: bool


class IndicatorFigures(Shown):
    """The figures of one indicator.

    Attributes:
        counted_by: the caliber; null: it has no such caliber.
        way: why there are no figures, where it is not ``counted``; ``cannot_split``: its rows name
            no doctor; ``no_caliber``: it has none of the name that was asked for; ``no_data``:
            nothing is known of what is counted in the period.
        why: the same in words.
        all: the figure of everything that was asked for and may be seen.
        figures: one for each hospital, department, doctor or month.
        newest: the newest instant, up to now, by which the numerator's rows fall into a period.
        complete: whether the period is over and rows after it have come.
    """

    code: str
    name: BothWords
    category: str
    unit: str
    better: Literal["up", "down", "neither"]
    counted_by: CaliberOf | None
    way: CountedHow
    why: BothWords
    all: Figure | None
    figures: list[Figure]
    newest: datetime | None
    complete: bool


class Narrowed(Shown):
    """Of which rows figures are, besides place and time.

    Attributes:
        column, value: as in the question.
        name: what people call the column.
        called: what they call the value, or how it begins.
    """

    column: str
    value: str
    name: BothWords
    called: BothWords


class FiguresView(Shown):
    """Figures of several indicators for one period; ``narrowed``: of these rows only."""

    period: PeriodView
    by: By
    department: str
    hospital: str
    narrowed: list[Narrowed]
    asked_at: datetime
    items: list[IndicatorFigures]


# ---- rows behind a figure -----------------------------------------------------------------------


class RowCell(Shown):
    """What a row says in one column; null: nobody said it.

    Attributes:
        value: as it is kept: text, number, true or false; an instant is in UTC.
        name: of a code, a department or a practitioner: what people call it.
    """

    value: str | float | int | bool | None
    name: BothWords | None = None


class RowView(Shown):
    """A row that was counted.

    Attributes:
        key: of the row.
        hospital: code.
        origin: where it was said: a position of the log, ``1-4711``, or a place in the lake.
        position: the same, where it is a position of the log that opens the message; else empty.
        patient: of whom, as whoever asks may see it; empty: nobody said, or it is not shown.
        person: number of the record page, ``/record/<person>``; empty: none that may be seen.
        withheld: the patient refuses that it is shown: the row is counted, its content hidden.
        cells: in the order of the columns.
    """

    key: str
    hospital: str
    origin: str
    position: str
    patient: str
    person: str
    withheld: bool
    cells: list[RowCell]


class RowsView(Shown):
    """A page of the rows behind a figure, in the order of hospital and key.

    Attributes:
        comes_to: what all rows of all pages come to: the number of the figure.
        total: how many rows there are.
        next_skip: where the next page begins; null: this is the last.
    """

    code: str
    name: BothWords
    counted_by: CaliberOf
    period: PeriodView
    side: RowsOf
    part: PartView
    columns: list[NamedColumn]
    items: list[RowView]
    total: int
    comes_to: float
    next_skip: int | None


# ---- boards -------------------------------------------------------------------------------------


class Point(Shown):
    """One month of a line: ``2026-03`` and its value."""

    month: str
    value: float | None


class Tile(Shown):
    """One tile of a board.

    Attributes:
        figure: the month that was asked for, with comparisons.
        line: twelve months, the one that was asked for last.
        target: what the hospital wants to reach; null: nothing is said.
        reached: whether it is reached; null: there is no target, or no value.
    """

    code: str
    name: BothWords
    group: BothWords
    unit: str
    better: Literal["up", "down", "neither"]
    counted_by: CaliberOf | None
    way: CountedHow
    why: BothWords
    figure: Figure | None
    line: list[Point]
    target: float | None
    reached: bool | None
    newest: datetime | None
    complete: bool


class BoardName(Shown):
    """A board that there is."""

    board: str
    title: BothWords


class BoardView(Shown):
    """Tiles of one month, and the other boards that there are."""

    board: str
    title: BothWords
    period: PeriodView
    asked_at: datetime
    tiles: list[Tile]
    boards: list[BoardName]


class NowTile(Shown):
    """Something that is counted of today, or of this moment.

    Attributes:
        when: ``today``: since midnight; ``now``: at this moment.
        unit: ``count`` or ``yuan``.
        value: null: nothing is known; ``no_data`` says why.
    """

    tile: str
    name: BothWords
    when: Literal["today", "now"]
    unit: Literal["count", "yuan"]
    value: float | None
    no_data: BothWords | None = None
    newest: datetime | None = Field(
        default=None, description="the newest instant of today's rows; null: none came yet"
    )


class TodayView(Shown):
    """What happens today, by the hospital's own clock."""

    day: date
    asked_at: datetime
    tiles: list[NowTile]
