"""What the JSON API answers about what is behind the numbers.

Values and effects are told in the unit of the indicator; numerators and denominators as
:mod:`..views` says it. The effects of all rows of an answer, and its rest, come to the change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from lianyi.applications.indicators.views import (
    BothWords,
    CaliberOf,
    CountedHow,
    Figure,
    IndicatorFigures,
    NowTile,
    PeriodView,
    Place,
    Shown,
    Side,
    Tile,
)

Against = Literal["previous", "last_year"]
Grain = Literal["month", "day"]
Method = Literal["seasonal_naive", "holt_winters", "holt_winters_calendar"]
PeersOf = Literal["hospital", "department"]


class AboutIndicator(Shown):
    """Of which indicator, by which caliber; ``way`` and ``why`` as with figures."""

    code: str
    name: BothWords
    unit: str
    better: Literal["up", "down", "neither"]
    counted_by: CaliberOf | None
    way: CountedHow
    why: BothWords


# ---- who caused it, whom did it affect ----------------------------------------------------------


class WayToSplit(Shown):
    """A way in which a change can be divided: a level of places, or a split of the rows."""

    by: str
    name: BothWords


class SideEffect(Shown):
    """What one part of the quotient did to the change: both sides together are the change."""

    side: Side
    money: bool
    before: float
    after: float
    effect: float


class ContributionRow(Shown):
    """What one group did to the change.

    Attributes:
        key: of the group, unique in the answer.
        name: of the group.
        hospital, department, doctor: where it lies, of a level of places.
        where: what its rows are asked for with, ``payer:self``, of a split; else empty.
        numerator, denominator: now; ``before``: in the other period; a numerator that is null:
            nothing is known of it then.
        value, value_before: its own figure; null: nothing to divide by, or nothing is known.
        rate: effect of its own figure. mix: effect of its share. effect: both.
        share: effect of the change in percent; null: nothing changed.
    """

    key: str
    name: BothWords
    hospital: Place | None = None
    department: Place | None = None
    doctor: Place | None = None
    where: str = ""
    numerator: float | None
    denominator: float | None
    numerator_before: float | None
    denominator_before: float | None
    value: float | None
    value_before: float | None
    rate: float
    mix: float
    effect: float
    share: float | None


class ContributionView(AboutIndicator):
    """Whose part of a change is whose.

    Attributes:
        base: the period that is compared with.
        ways: how the change can be divided.
        change: value now less value before.
        sides: of a quotient; of a plain number none.
        rows: by size of effect, the largest first.
        others: how many groups of small effect are told together, and their effect.
        rest: of the change no group's: what is counted in several groups.
        formula: how it was divided, and who says so.
    """

    period: PeriodView
    base: PeriodView
    against: Against
    by: str
    ways: list[WayToSplit]
    before: float | None
    after: float | None
    change: float | None
    sides: list[SideEffect]
    rows: list[ContributionRow]
    others: int
    others_effect: float
    rest: float
    formula: BothWords


class ImpactAbove(Shown):
    """What a place did to the change of what stands above it; ``share`` in percent of it."""

    of: BothWords
    before: float
    after: float
    change: float
    rate: float
    mix: float
    effect: float
    share: float | None


class ImpactOn(Shown):
    """An indicator that counts the same rows, and what their change did to it."""

    code: str
    name: BothWords
    unit: str
    better: Literal["up", "down", "neither"]
    side: Side
    before: float
    after: float
    effect: float


class ImpactView(AboutIndicator):
    """Whom a change affected: what stands above, and indicators that count the same rows.

    Attributes:
        above: null: nothing stands above, or whoever asks does not see all of it.
        indicators: the most affected first, at most twelve.
    """

    period: PeriodView
    base: PeriodView
    against: Against
    above: ImpactAbove | None
    indicators: list[ImpactOn]


# ---- how it may go on ---------------------------------------------------------------------------


class PastPoint(Shown):
    """A month, ``2026-03``, or a day, ``2026-03-15``, that is over."""

    at: str
    value: float


class ForecastPoint(Shown):
    """What is expected of a month or day, with intervals of 80 and 95 percent."""

    at: str
    value: float
    low_80: float
    high_80: float
    low_95: float
    high_95: float


class BackTest(Shown):
    """How a method did where the outcome is known.

    Attributes:
        folds: so many times it knew less than we do now.
        points: so many outcomes were compared.
        mase: mean error in units of the seasonal naive error within training; small is good.
        covered_80, covered_95: percent of outcomes that lay in its intervals.
    """

    method: Method
    name: BothWords
    folds: int
    points: int
    mase: float
    covered_80: float
    covered_95: float


class ForecastView(AboutIndicator):
    """How a series may go on.

    Attributes:
        method: that was chosen, the best of those tested.
        better_than_naive: whether it beats repeating the last season; if not, that is shown.
        says: the same in words.
        first, last: training window. observations: its length.
        season: observations of a season, 12 months or 7 days.
        history: the newest of the training window, at most 36 months or 84 days.
        tests: every method, the best first.
        notes: what should be known besides.
        source: who says how.
    """

    grain: Grain
    method: Method
    method_name: BothWords
    better_than_naive: bool
    says: BothWords
    first: str
    last: str
    observations: int
    season: int
    history: list[PastPoint]
    points: list[ForecastPoint]
    tests: list[BackTest]
    notes: list[BothWords]
    source: str


# ---- how others stand ---------------------------------------------------------------------------


class PeerRow(Shown):
    """One of those compared; of one that may not be seen there is a place in the order, no name."""

    place: Place | None
    value: float
    rank: int
    mine: bool


class BenchmarkView(AboutIndicator):
    """Where a place stands among others.

    Attributes:
        of: what is compared.
        least: so many nameless others there must be, or none.
        mine: the place that is asked about; null: none of those that may be seen has a value.
        value, rank, quartile: of that place; rank 1 and quartile 1 are the best.
        count: how many are compared, it included. hidden: how many of them are nameless.
        median, lower, upper: of the others: median and quartiles.
        rows: in order of rank; values of nameless ones are rounded to three digits.
    """

    of: PeersOf
    period: PeriodView
    least: int
    mine: Place | None
    value: float | None
    rank: int | None
    quartile: int | None
    count: int
    hidden: int
    median: float | None
    lower: float | None
    upper: float | None
    rows: list[PeerRow]


# ---- topics -------------------------------------------------------------------------------------


class TopicName(Shown):
    """A topic that there is."""

    topic: str
    title: BothWords


class TopicList(Shown):
    """The topics, in order."""

    topics: list[TopicName]


class StructureRow(Shown):
    """One class: its rows are asked for with ``where``; ``share`` of all numerators in percent."""

    where: str
    name: BothWords
    numerator: float
    denominator: float | None
    value: float | None
    share: float | None


class StructureView(AboutIndicator):
    """An indicator by the classes of a split; classes of which nothing was counted are left out."""

    by: str
    by_name: BothWords
    money: bool
    rows: list[StructureRow]


class RankingView(Shown):
    """The first of an indicator's places or doctors, best first, or largest first."""

    by: Literal["hospital", "department", "doctor"]
    figures: IndicatorFigures


class MissingData(Shown):
    """What belongs to a topic and has no source of data."""

    name: BothWords
    why: BothWords


class TopicView(Shown):
    """A topic as a page: numbers with their trend, structure, ranking, and what is missing.

    Attributes:
        now: of this moment and of today, where the topic asks for it.
    """

    topic: str
    title: BothWords
    lead: BothWords
    period: PeriodView
    asked_at: datetime
    now: list[NowTile]
    tiles: list[Tile]
    structures: list[StructureView]
    rankings: list[RankingView]
    missing: list[MissingData]


# ---- a doctor's own -----------------------------------------------------------------------------


class WorkloadFigure(AboutIndicator):
    """One number of a doctor in a role, with its line of twelve months (``2026-03``)."""

    figure: Figure | None
    line: list[PastPoint]


class WorkloadRole(Shown):
    """What somebody did in a role.

    Attributes:
        role: the column by which rows name him; what rows are asked for with.
        why: where it cannot be told: why; else empty.
    """

    role: str
    name: BothWords
    why: BothWords
    items: list[WorkloadFigure]


class WorkloadView(Shown):
    """A doctor's work by role.

    Attributes:
        doctor: whose; null: of all whom whoever asks may see.
        own: whether whoever asks sees nothing but his own.
        doctors: whose work may be looked at, by name; empty for whoever sees only his own.
    """

    period: PeriodView
    doctor: Place | None
    own: bool
    roles: list[WorkloadRole]
    doctors: list[Place] = Field(max_length=500)
