"""No data is no zero: the one place that says whether anything is known of what is counted. Pure.

A fact of a hospital is **known** from the month of its first row on to the month of its newest one,
by the instant that is counted by. In between what nobody did is a true 0: a department without an
operation, a quiet month. Outside nothing is known: before the first row the source was not
connected, after the newest one nothing has come yet, and a hospital that never sent such a row has
**no data**.

It is asked of whole hospitals and of all rows of a fact, however narrow the figure is: a
department, a doctor or a kind of patients of whom there is no row has 0 where the hospital's rows
are known. A figure of several hospitals is known where each of its sides is known of one of them.
What is going on at this moment is known of a hospital that ever sent such a row.

Where a part says ``known_by``, a row alone tells nothing: orders come long before anybody says what
became of them. Of such a part only rows that fulfil this condition make it known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.periods import month_text
from lianyi.applications.indicators.platform import FACT as OWN
from lianyi.applications.indicators.predicates import columns_of, parse_predicate
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.hl7v2.messages import FEEDS, FEEDS_OF
from lianyi.projections.operational.star import Kind, star

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import Cells

ALWAYS: Final = Window(-32_768, 32_767)
"""All months of all hospitals: what is known is no secret of a place, and shared by who asks."""
BY: Final = ("hospital", "month")
"""By what rows are put together to learn :class:`Span`."""
Side = tuple[str, ...]
"""A fact, the instant that is counted by, and by what rows it is known, where that is said."""
Feeds = Mapping[str, Collection[str]]
"""Of facts, by name: the sources whose tables are mapped to them."""


class Why(StrEnum):
    """Why nothing is known."""

    NEVER = "never"
    BEFORE = "before"
    NOT_YET = "not_yet"


class Span(NamedTuple):
    """The months of the first and of the newest row."""

    first: int
    newest: int


class Lack(NamedTuple):
    """What is not known.

    Attributes:
        side: the fact, and the instant by which its rows are counted.
        why: nothing is known of it.
        month: the first or the newest of which there is a row; None: there never was one.
    """

    side: Side
    why: Why
    month: int | None = None


def any_row(part: Part) -> Part:
    """Return the part that counts all rows that show that something is known of a part."""
    told = {"where": part.known_by, "known_by": "", "aggregate": "rows", "of": ""}
    return part.model_copy(update=told)


def sides_of(parts: Iterable[Part]) -> dict[Side, Part]:
    """Return what must be counted by :data:`BY` in :data:`ALWAYS` to know of parts, each once."""
    found: dict[Side, Part] = {}
    for part in parts:
        side = _side(part)
        if side not in found:  # by one department, so that it is counted once
            first, *_ = part.of_fact.of_kind(Kind.DEPARTMENT)
            found[side] = any_row(part).model_copy(update={"department": first})
    return found


def _side(part: Part) -> Side:
    return (part.fact, part.time, part.known_by) if part.known_by else (part.fact, part.time)


def lack_of(side: Side, spans: Collection[Span], months: Span) -> Lack | None:
    """Tell what is lacking of a fact; None: it is known.

    Args:
        side: the fact, and the instant by which its rows are counted.
        spans: of the hospitals that are meant.
        months: that are asked about, both counted in.
    """
    if any(one.first <= months.newest and months.first <= one.newest for one in spans):
        return None
    if not spans:
        return Lack(side, Why.NEVER)
    over = [one.newest for one in spans if one.newest < months.first]
    if over:
        return Lack(side, Why.NOT_YET, max(over))
    return Lack(side, Why.BEFORE, min(one.first for one in spans))


class Heard:
    """Of which months something is known, by fact and hospital."""

    def __init__(
        self, spans: Mapping[Side, Mapping[str | None, Span]] | None, feeds: Feeds | None = None
    ) -> None:
        """Remember spans.

        Args:
            spans: of each side, by hospital; None: all that will be asked about is known.
            feeds: what would bring what is lacking.
        """
        self._spans = spans
        self._feeds = feeds or {}

    @classmethod
    def counted(
        cls, sides: Mapping[Side, Part], cells: Mapping[Part, Cells], feeds: Feeds
    ) -> Heard:
        """Return what is known of sides, of the rows by :data:`BY`; see :func:`sides_of`."""
        found: dict[Side, dict[str | None, Span]] = {}
        for side, part in sides.items():
            spans = found.setdefault(side, {})
            for (hospital, month), rows in cells[part].items():
                if rows and month is not None:
                    before = spans.get(hospital, Span(month, month))
                    spans[hospital] = Span(min(before.first, month), max(before.newest, month))
        return cls(found, feeds)

    def lack(
        self, parts: Iterable[Part], hospitals: Collection[str | None] | None, months: Span
    ) -> Lack | None:
        """Tell what is lacking of a figure; None: it is known, and a 0 of it is true.

        Args:
            parts: its numerator and denominator.
            hospitals: of which it is; None: of all.
            months: that it is of, both counted in.
        """
        if self._spans is None:
            return None
        found = (lack_of(_side(one), self._of(one, hospitals), months) for one in parts)
        return next((one for one in found if one is not None), None)

    def no_data(
        self, parts: Iterable[Part], hospitals: Collection[str | None] | None, months: Span
    ) -> BothWords | None:
        """Say what is lacking of a figure, in words; None: it is known. See :meth:`lack`."""
        lack = self.lack(parts, hospitals, months)
        return words_of(lack, self._feeds) if lack else None

    def never(self, part: Part, hospitals: Collection[str | None] | None) -> BothWords | None:
        """Say that no row of a part's fact ever came from hospitals; None: one did."""
        if self._spans is None or self._of(part, hospitals):
            return None
        return words_of(Lack(_side(part), Why.NEVER), self._feeds)

    def _of(self, part: Part, hospitals: Collection[str | None] | None) -> list[Span]:
        assert self._spans is not None  # noqa: S101 - whoever asks looked
        spans = self._spans[_side(part)]
        if hospitals is None:
            return list(spans.values())
        return [span for hospital, span in spans.items() if hospital in hospitals]


EVERYTHING_KNOWN: Final = Heard(None)


def words_of(lack: Lack, feeds: Feeds) -> BothWords:
    """Say what is lacking: why, of which fact, and what would bring it."""
    name, time, *known_by = lack.side
    fact = star()[name]
    told = [one for text in known_by for one in columns_of(parse_predicate(text, fact))]
    by = fact.columns[next((one for one in told if (name, one) in FEEDS_OF), time)]
    if lack.why is Why.NOT_YET and lack.month is not None:
        month = month_text(lack.month)
        return BothWords(
            zh=f"无数据（尚未生成）：“{fact.zh}”（按{by.zh}）的数据只到 {month}",
            en=f"no data (not here yet): the newest rows of “{fact.en}”, by “{by.en}”, are of"
            f" {month}",
        )
    if lack.why is Why.BEFORE and lack.month is not None:
        month = month_text(lack.month)
        return BothWords(
            zh=f"无数据（当时尚未接入）：“{fact.zh}”（按{by.zh}）的数据自 {month} 开始",
            en=f"no data (not connected then): the rows of “{fact.en}”, by “{by.en}”, begin in"
            f" {month}",
        )
    if name == OWN:
        return BothWords(
            zh=f"无数据（尚未生成）：“{fact.zh}”由平台在每日结束后自行算出，无须来源",
            en=f"no data (not here yet): the platform itself makes the rows of “{fact.en}” when a"
            " day is over; no source is needed",
        )
    sources = sorted(feeds.get(name, ()))
    types = FEEDS_OF.get((name, by.name), FEEDS.get(name, ())) if known_by else FEEDS.get(name, ())
    brought_zh = [f"来源 {'、'.join(sources)} 的数据映射"] if sources else []
    brought_en = [f"the mapping of {', '.join(sources)}"] if sources else []
    if types:
        brought_zh.append(f"{'、'.join(types)} 消息")
        brought_en.append(f"messages {', '.join(types)}")
    if not brought_zh:
        brought_zh.append(f"来源表的数据映射 content/operational/<来源>/{name}.yaml")
        brought_en.append(f"a mapping content/operational/<source>/{name}.yaml")
    state_zh, state_en = ("尚未生成", "not here yet") if sources else ("尚未接入", "not connected")
    return BothWords(
        zh=f"无数据（{state_zh}）：从未收到含“{by.zh}”的“{fact.zh}”数据，可由{'或'.join(brought_zh)}带来",
        en=f"no data ({state_en}): no row of “{fact.en}” with “{by.en}” ever came;"
        f" {' or '.join(brought_en)} would bring it",
    )
