"""What is known of an indicator's caliber in a period: published, else counted, else entered.

Whatever puts a sheet together asks here, the national exam and every other form, so that the same
line of two sheets says the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NamedTuple, TypeVar

from lianyi.applications.indicators.heard import Span
from lianyi.applications.indicators.model import Caliber, Indicator, Part, Unit
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.counts import Counts
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.entering import entered_value
from lianyi.applications.indicators.publishing.model import (
    ENTERING,
    WHOLE,
    Definition,
    Published,
    exact,
)
from lianyi.applications.indicators.publishing.previewing import NOTHING
from lianyi.applications.indicators.publishing.standing import Entry, entries
from lianyi.applications.indicators.publishing.valuing import Wanted, latest
from lianyi.applications.indicators.views import BothWords

Way = Literal["published", "counted", "entered", "missing"]
Key = TypeVar("Key", bound=Hashable)
_SILENT: Final = BothWords(zh="", en="")
_UNPUBLISHED: Final = BothWords(zh="未发布", en="not published")
_NO_CALIBER: Final = BothWords(zh="该期间没有有效口径", en="no caliber holds in all of the period")
_NO_DATA: Final = BothWords(zh="该期间没有数据", en="nothing was counted in the period")
_UNIT_WORDS: Final[Mapping[Unit, tuple[str, str]]] = {Unit.YUAN: (" 元", " yuan")}
_WAITS: Final = BothWords(zh="填报待确认", en="what was entered waits to be confirmed")


class Asks(NamedTuple):
    """An indicator and the caliber that holds in the period; None: none does."""

    indicator: Indicator
    caliber: Caliber | None


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one caliber in a period.

    Attributes:
        source: where it is from.
        numerator, denominator: exactly, as they were counted or entered.
        value: in the unit of the indicator.
        why: why it is missing, or what it rests on.
        hash: of the definition by which it came; empty: no caliber holds.
        defined: what that hash stands for, where it was counted; None: it was entered.
        version: of the caliber; 0: that of its file.
    """

    source: Way
    numerator: str | None = None
    denominator: str | None = None
    value: float | None = None
    why: BothWords = _SILENT
    hash: str = ""
    defined: Definition | None = None
    version: int = 0


def grown(now: Told, before: Told | None, unit: Unit) -> BothWords:
    """Say of what a growth is told: the values of both years, and why it is what it is."""
    zh, en = _UNIT_WORDS.get(unit, ("", ""))
    told = [one.value if one else None for one in (now, before)]
    this, last = ("—" if one is None else f"{one:,.2f}" for one in told)
    why = (now.why.zh, now.why.en)
    return BothWords(
        zh="；".join(filter(None, (f"本年 {this}{zh}，上年 {last}{zh}", why[0]))),
        en="; ".join(filter(None, (f"{this}{en} this year, {last}{en} the year before", why[1]))),
    )


class Telling:
    """Tells what is known; whoever asks has looked whether the hospital is within reach."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def told(
        self,
        asked: Mapping[Key, Asks],
        period: Period,
        hospital: str,
        *,
        published: bool = True,
    ) -> dict[Key, Told]:
        """Return what is known of calibers in a period.

        Args:
            asked: by any key.
            period: whole months.
            hospital: whose.
            published: False: what was published is not looked at, and all is counted anew.
        """
        known = await self._published(asked.values(), period, hospital) if published else {}
        said = entries(await store.decisions(self._desk.pool, ENTERING))
        entered = {
            (one.entered.code, one.entered.caliber): one
            for one in sorted(said, key=lambda one: not one.waits)  # what holds goes before
            if one.entered.hospital == hospital
            and one.entered.facts["period"] == str(period)
            and not one.replaced
        }
        wanted = {
            key: Wanted.of(one.indicator, one.caliber)
            for key, one in asked.items()
            if one.caliber is not None and _name(one) not in known
        }
        counted = await self._count(wanted, period, hospital)
        found = {}
        for key, one in asked.items():
            hashed = wanted[key].hash if key in wanted else ""
            found[key] = (
                known.get(_name(one))
                or counted.get(key)
                or _of_form(one, entered.get(_name(one)), hashed)
            )
        return found

    async def defined(
        self, hashes: Collection[str], period: Period, hospital: str
    ) -> dict[str, Told]:
        """Return what definitions that were signed or filed once come to on the facts of now."""
        said = await store.definitions(self._desk.pool, hashes)
        known = {hashed: Definition.of(one) for hashed, one in said.items()}
        return await self._totals(known, {one: one for one in known}, period, hospital)

    async def _published(
        self, asked: Collection[Asks], period: Period, hospital: str
    ) -> dict[tuple[str, str], Told]:
        rows = await store.published(
            self._desk.pool,
            codes=sorted({one.indicator.indicator for one in asked}),
            months=(period.first, period.last),
            hospital=hospital,
            department=WHOLE,
        )
        defined = await self._desk.defined(self._desk.pool, rows)
        return {
            (row.code, row.caliber): _of_published(row, defined[row.hash])
            for row in latest(rows).values()
        }

    async def _count(
        self, wanted: Mapping[Key, Wanted], period: Period, hospital: str
    ) -> dict[Key, Told]:
        known = {key: one.counts for key, one in wanted.items()}
        hashes = {key: one.hash for key, one in wanted.items()}
        return await self._totals(known, hashes, period, hospital)

    async def _totals(
        self,
        known: Mapping[Key, Definition],
        hashes: Mapping[Key, str],
        period: Period,
        hospital: str,
    ) -> dict[Key, Told]:
        """Count definitions; one of which nothing is counted is left out."""
        some = {key: one for key, one in known.items() if one.numerator is not None}
        parts = [part for one in some.values() for part in one.parts]
        totals = await asyncio.to_thread(_totals, self._desk.counts, parts, period, hospital)
        heard, months = await self._desk.heard(parts), Span(period.first, period.last)
        found = {}
        for key, one in some.items():
            no_data = heard.no_data(one.parts, {hospital}, months)
            if no_data:
                found[key] = Told("missing", why=no_data, hash=hashes[key], defined=one)
                continue
            if not totals.keys() & set(one.parts):
                continue
            above = totals.get(one.above, NOTHING)
            below = totals.get(one.denominator, NOTHING) if one.denominator else None
            found[key] = Told(
                "counted",
                exact(above),
                exact(below),
                one.value(above, below),
                _UNPUBLISHED,
                hashes[key],
                one,
            )
        return found


def _totals(
    counts: Counts, parts: Sequence[Part], period: Period, hospital: str
) -> dict[Part, Decimal]:
    return counts.totals(parts, period, hospital) if parts else {}


def _name(one: Asks) -> tuple[str, str]:
    return one.indicator.indicator, one.caliber.caliber if one.caliber else ""


def _of_published(row: Published, defined: Definition) -> Told:
    value = defined.value(row.numerator, row.denominator)
    sides = exact(row.numerator), exact(row.denominator)
    return Told("published", *sides, value, _SILENT, row.hash, defined, row.version)


def _of_form(one: Asks, entry: Entry | None, hashed: str) -> Told:
    caliber = one.caliber
    if caliber is None:
        return Told("missing", why=_NO_CALIBER)
    if not caliber.by_form:
        why = _both(caliber.not_available) if caliber.not_available else _NO_DATA
        return Told("missing", why=why, hash=hashed)
    if entry is None:
        return Told("missing", why=_both(caliber.by_form), hash=hashed)
    if entry.waits:
        return Told("missing", why=_WAITS, hash=hashed)
    facts = entry.entered.facts
    value = entered_value(one.indicator.unit, facts["numerator"], facts["denominator"])
    sides = facts["numerator"], facts["denominator"]
    return Told("entered", *sides, value, _both(facts["evidence"]), hashed)


def _both(words: str) -> BothWords:
    """Return what files and people say in one language only."""
    return BothWords(zh=words, en=words)
