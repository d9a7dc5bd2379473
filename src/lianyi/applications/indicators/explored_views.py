"""What the JSON API answers about places, explorations, and rows that moved between definitions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from lianyi.applications.indicators.views import (
    BothWords,
    CaliberOf,
    CountedHow,
    NamedColumn,
    Narrowed,
    PartView,
    PeriodView,
    Place,
    RowView,
    Shown,
    Side,
)

MovedWay = Literal["out", "in"]


class PlaceOf(Place):
    """A department or doctor, and of which hospital; of anything else that is empty."""

    hospital: str


class PlacesView(Shown):
    """Where and by whom something was done in a period, as far as whoever asks may see it.

    Attributes:
        hospitals, departments: by name.
        doctors: only where a department or doctor is asked for.
        unplaced: so many of the departments are of no hospital, for their rows say none: the
            channel that brings them has no ``organisation``, or the mapping no ``hospital``.
    """

    hospitals: list[Place]
    departments: list[PlaceOf]
    doctors: list[PlaceOf]
    unplaced: int


class Dimension(Shown):
    """By what figures can be put together and narrowed.

    Attributes:
        column: what it is called in a question.
        values: those that it may have; empty: it is no code.
        text: whether figures are narrowed by how its value begins.
    """

    column: str
    name: BothWords
    values: list[Place]
    text: bool


class ExploredCell(Shown):
    """A cell; ``places`` are in the order of ``by``, a department or doctor with its hospital.

    Attributes:
        no_data: why nothing is known: then there is no number, and no zero; null: it is known.
    """

    places: list[PlaceOf]
    no_data: BothWords | None = None
    numerator: float | None
    denominator: float | None
    value: float | None


class ExploredFigures(Shown):
    """The cells of one indicator, and everything together; see :class:`IndicatorFigures`.

    Attributes:
        numerator_money, denominator_money: whether it is told in fen.
    """

    code: str
    name: BothWords
    unit: str
    better: Literal["up", "down", "neither"]
    counted_by: CaliberOf | None
    way: CountedHow
    why: BothWords
    numerator_money: bool
    denominator_money: bool
    all: ExploredCell | None
    cells: list[ExploredCell]


class ExploredView(Shown):
    """Indicators put together by what was asked for.

    Attributes:
        by: in the order of the question.
        narrowed: of which rows only.
        dimensions: by what all of them can be put together and narrowed.
    """

    period: PeriodView
    by: list[NamedColumn]
    narrowed: list[Narrowed]
    dimensions: list[Dimension]
    asked_at: datetime
    items: list[ExploredFigures]


class MovedRows(Shown):
    """A page of the rows that one of two definitions counts and the other does not.

    Attributes:
        way: ``out``: only the first counts them; ``in``: only the second.
        part: of the one that counts them.
        total: how many rows there are.
        next_skip: where the next page begins; null: this is the last.
    """

    code: str
    name: BothWords
    period: PeriodView
    side: Side
    way: MovedWay
    part: PartView
    columns: list[NamedColumn]
    items: list[RowView]
    total: int
    next_skip: int | None
