"""What the JSON API answers about scores of departments."""

from __future__ import annotations

from datetime import date
from typing import Literal

from lianyi.applications.indicators.scores.model import Aim
from lianyi.applications.indicators.views import (
    BothWords,
    PeriodView,
    Place,
    Shown,
    Source,
    UnusableFile,
)


class CardFinding(Shown):
    """What misleads in a card: of which version and component, in words."""

    where: str
    words: BothWords


class CardName(Shown):
    """A card to choose."""

    card: str
    title: BothWords


class CardList(Shown):
    """The cards that there are, and the files that are none."""

    items: list[CardName]
    unusable: list[UnusableFile]


class ComponentView(Shown):
    """A component as the card says it.

    Attributes:
        indicator: its code; empty: it is of rules.
        caliber: by which the indicator is counted; empty: the first that is.
        rules: codes of rules of quality.
        unit: in which a value is told.
        full: its full mark, where everything is known.
    """

    component: str
    name: BothWords
    aim: Aim
    indicator: str
    caliber: str
    rules: list[str]
    unit: str
    weight: int
    full: float
    better: Literal["up", "down"]
    full_at: float
    zero_at: float
    source: Source


class RuleCount(Shown):
    """What a rule of quality found of a department in the month."""

    rule: str
    name: BothWords
    violated: int
    denominator: int


class MarkView(Shown):
    """What a component earns.

    Attributes:
        value: null: nothing is known.
        numerator, denominator: as counted; null: nothing is known.
        points: null: it is left out of the total.
        before: its points of the month before; null: there are none.
        no_data: why nothing is known; null: something is.
        rules: of a component of rules: what each found.
    """

    component: str
    value: float | None
    numerator: float | None
    denominator: float | None
    points: float | None
    before: float | None
    no_data: BothWords | None
    rules: list[RuleCount]


class TotalPoint(Shown):
    """A total of a month; null: nothing was known."""

    month: str
    total: float | None


class ScoreRow(Shown):
    """A department.

    Attributes:
        total: null: nothing is known.
        known: percent of the weights of which something is known.
        rank: null: too little is known to be ranked.
        before, rank_before: of the month before.
        marks: of each component, in the order of the card.
        trend: totals of twelve months, the newest last.
    """

    department: Place
    total: float | None
    known: float
    rank: int | None
    before: float | None
    rank_before: int | None
    marks: list[MarkView]
    trend: list[TotalPoint]


class ScoreView(Shown):
    """The departments of a hospital in a month, the best first.

    Attributes:
        ranked: how many departments of the hospital are ranked, seen or not.
        unseen: how many departments of it whoever asks does not see.
        findings: what misleads in the card.
    """

    card: str
    title: BothWords
    version: int
    valid_from: date
    owner: str
    source: Source
    full_mark: int
    known_min: int
    period: PeriodView
    hospital: Place
    components: list[ComponentView]
    rows: list[ScoreRow]
    ranked: int
    unseen: int
    findings: list[CardFinding]
