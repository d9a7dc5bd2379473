"""A report before it is printed: what stands on it, in the order in which it is read. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lianyi.applications.indicators.reports.tables import Language


@dataclass(frozen=True, slots=True)
class Item:
    """One figure with its comparisons, as text; and twelve months as a line.

    Attributes:
        name: what is counted.
        value: with its unit.
        year_on_year, on_previous: with a sign; a dash: nothing to compare with.
        good: whether the change against the year before is for the better; None: it does not say.
        target: what is to be reached; empty: nothing is said.
        reached: None: there is no target, or no value.
        line: values of months, oldest first; None: a month without.
        footnote: number of the footnote; 0: none.
        remark: why there is no value; empty: there is one.
        notes: how many notes people wrote on it.
    """

    name: str
    value: str
    year_on_year: str = "–"
    on_previous: str = "–"
    good: bool | None = None
    target: str = ""
    reached: bool | None = None
    line: Sequence[float | None] = ()
    footnote: int = 0
    remark: str = ""
    notes: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Figures below one heading; an empty heading is none."""

    heading: str
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: whose figure, its value for the length, the value as text, and its comparison."""

    name: str
    value: float | None
    text: str
    year_on_year: str
    parts: str


@dataclass(frozen=True, slots=True)
class Bars:
    """An indicator side by side: what it is, its bars, and the figure of all."""

    item: Item
    bars: Sequence[Bar]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a title: figures in groups, or indicators side by side."""

    title: str
    about: str
    groups: Sequence[Group] = ()
    bars: Sequence[Bars] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """A note that somebody wrote: where and when about, who, and the words."""

    about: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report.

    Attributes:
        title: its name.
        lines: below the title: period, place, by whom ordered.
        sections: in order.
        remarks: what people wrote.
        footnotes: by number from 1: caliber, definition hash, source.
        watermark: SHA-256 of the facts, in hexadecimal.
        as_of: what stands in the foot of each page.
        language: of everything.
    """

    title: str
    lines: Sequence[str]
    sections: Sequence[Section]
    remarks: Sequence[Remark] = ()
    footnotes: Sequence[str] = ()
    watermark: str = ""
    as_of: str = ""
    language: Language = "zh"
    codes: Sequence[str] = field(default=())
