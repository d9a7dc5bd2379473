"""A score card: by what departments are scored, how much each part weighs, and since when.

A card is data, as an indicator is. A component takes its value from an indicator of the library, or
from rules of the quality of the data; so what is scored is counted by the same conditions and in
the same window as everything else, and has the same rows behind it.

Source:
    Mission row A6.27: departments are scored by data quality, complete loops and confirmation at
    the bedside.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lianyi.applications.indicators.model import Origin, Title, Words
from lianyi.base.settings import Section

COMPONENTS_MAX = 30
RULES_MAX = 40
VERSIONS_MAX = 20
Aim = Literal["quality", "loop", "bedside"]


class Component(Section):
    """One part of a score.

    Attributes:
        component: its short name within the card.
        name: what people call it.
        aim: quality of data, completeness of loops, or confirmation at the bedside.
        indicator, caliber: what it takes its value from; empty caliber: the first that is counted.
        rules: or codes of rules of quality: the percent of their rows that violate none.
        weight: of this part among those of which something is known.
        better: which way is better.
        full_at: from this value on the part has its full mark.
        zero_at: up to this value it has none; between them the mark grows evenly.
        source: where it is said that this is to be reached.
    """

    component: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,40}$")]
    name: Title
    aim: Aim
    indicator: Annotated[str, Field(max_length=20)] = ""
    caliber: Annotated[str, Field(max_length=41)] = ""
    rules: Annotated[tuple[Words, ...], Field(max_length=RULES_MAX)] = ()
    weight: Annotated[int, Field(ge=1, le=1_000)]
    better: Literal["up", "down"]
    full_at: float
    zero_at: float
    source: Origin

    @model_validator(mode="after")
    def _has_one_value(self) -> Self:
        if bool(self.indicator) == bool(self.rules):
            raise ValueError("a component has an indicator, or rules: one of them")
        if (self.full_at > self.zero_at) != (self.better == "up") or self.full_at == self.zero_at:
            raise ValueError("full_at lies on the better side of zero_at")
        return self


class Version(Section):
    """What a card scores from a day on.

    Attributes:
        version: counts from 1; another component, weight or threshold is a new one.
        valid_from, valid_to: first and last day; None: until further notice. A month is scored by
            the version of its last day.
        full_mark: what a department has that reaches everything.
        known_min: percent of the weights of which something must be known to be ranked.
        components: at least one.
    """

    version: Annotated[int, Field(ge=1)]
    valid_from: date
    valid_to: date | None = None
    full_mark: Annotated[int, Field(ge=1, le=1_000)] = 100
    known_min: Annotated[int, Field(ge=0, le=100)] = 50
    components: Annotated[list[Component], Field(min_length=1, max_length=COMPONENTS_MAX)]

    @property
    def weights(self) -> int:
        """All weights together."""
        return sum(one.weight for one in self.components)


class Card(Section):
    """A score card.

    Attributes:
        card: its short name, that of its file.
        title: what people call it.
        owner: the office that answers for it.
        source: the rule by which departments are scored.
        versions: at least one.
    """

    card: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: Title
    owner: Words
    source: Origin
    versions: Annotated[list[Version], Field(min_length=1, max_length=VERSIONS_MAX)]

    def on(self, day: date) -> Version | None:
        """Return the version that holds on a day; None: none does."""
        for one in self.versions:
            if one.valid_from <= day and (one.valid_to is None or day <= one.valid_to):
                return one
        return None
