"""The five registers of statistics, as of a day: facts, indicators, rules, dimensions, calibers.

Files say what holds today; what was approved and stands in no file any more is known by its hash.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from lianyi.applications.indicators.model import Indicator, definition, definition_hash
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import APPROVING, Decision, Said
from lianyi.applications.indicators.publishing.periods import parse_period
from lianyi.applications.indicators.publishing.register_views import (
    CaliberAt,
    ColumnOf,
    DimensionOf,
    FactOf,
    IndicatorOf,
    Registers,
    RuleOf,
)
from lianyi.applications.indicators.publishing.standing import (
    Signed,
    holds_on,
    last_words,
    signature,
)
from lianyi.projections.operational.star import Fact, Kind, star

DIMENSIONS = (Kind.DEPARTMENT, Kind.PRACTITIONER, Kind.INSTANT, Kind.CODE)


class Registering:
    """Reads the registers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def registers(self, as_of: date | None) -> Registers:
        """Return the registers as of the end of a day; None: of today.

        Raises:
            BadPeriod: the day lies in no year of which there are periods.
        """
        day = as_of or self._desk.today
        parse_period(str(day.year))
        ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=self._desk.zone)
        words = last_words(await store.decisions(self._desk.pool, APPROVING, before=ends))
        known = await self._desk.indicators()
        signed = [one for one in words.values() if one.said is Said.APPROVED]
        kept = await store.definitions(self._desk.pool, {one.hash for one in signed})
        calibers = [*_of_files(known, words, day), *_of_signatures(known, signed, kept, day)]
        rules = {
            definition_hash(indicator, one): definition(indicator, one)
            for indicator in known.values()
            for one in indicator.calibers
        } | kept
        return Registers(
            as_of=day,
            metadata=[_fact(one) for one in star().values()],
            statistical_metadata=[_indicator(one) for one in known.values()],
            rules=[
                RuleOf(hash=hashed, definition=rules[hashed])
                for hashed in sorted({one.hash for one in calibers})
            ],
            dimensions=_dimensions(),
            calibers=calibers,
        )


def _of_files(
    known: Mapping[str, Indicator], words: Mapping[Signed, Decision], day: date
) -> Iterable[CaliberAt]:
    for code, indicator in known.items():
        for one in indicator.calibers:
            if not holds_on(one, day):
                continue
            hashed = definition_hash(indicator, one)
            by = signature(words, code, one.caliber, hashed)
            yield CaliberAt(
                code=code,
                caliber=one.caliber,
                version=one.version,
                hash=hashed,
                valid_from=one.valid_from,
                valid_to=one.valid_to,
                in_file=True,
                approved_by=by.by_name if by else "",
                approved_at=by.at if by else None,
            )


def _of_signatures(
    known: Mapping[str, Indicator],
    signed: Iterable[Decision],
    kept: Mapping[str, Mapping[str, Any]],
    day: date,
) -> Iterable[CaliberAt]:
    """Give what was approved on that day and stands in no file now."""
    there = {
        (code, one.caliber, definition_hash(indicator, one))
        for code, indicator in known.items()
        for one in indicator.calibers
    }
    for by in signed:
        said = kept[by.hash]
        begins = date.fromisoformat(said["valid_from"])
        ends = date.fromisoformat(said["valid_to"]) if said["valid_to"] else None
        past = (by.code, by.caliber, by.hash) not in there
        if past and begins <= day and (ends is None or day <= ends):
            yield CaliberAt(
                code=by.code,
                caliber=by.caliber,
                version=int(by.facts["version"]),
                hash=by.hash,
                valid_from=begins,
                valid_to=ends,
                in_file=False,
                approved_by=by.by_name,
                approved_at=by.at,
            )


def _fact(one: Fact) -> FactOf:
    columns = [
        ColumnOf(
            column=column.name,
            kind=column.kind.value,
            zh=column.zh,
            en=column.en,
            values=list(column.values),
        )
        for column in one.columns.values()
    ]
    return FactOf(fact=one.name, zh=one.zh, en=one.en, key=one.key, columns=columns)


def _indicator(one: Indicator) -> IndicatorOf:
    return IndicatorOf(
        code=one.indicator,
        zh=one.name.zh,
        en=one.name.en,
        category=one.category.value,
        unit=one.unit.value,
        better=one.better,
        owner=one.owner,
        document=one.source.document,
        paragraph=one.source.paragraph,
        exam=one.exam,
    )


def _dimensions() -> list[DimensionOf]:
    """Return by what the facts may be split: columns of one name and kind are one dimension."""
    facts: dict[tuple[Kind, str], list[Fact]] = defaultdict(list)
    for fact in star().values():
        for column in fact.columns.values():
            if column.kind in DIMENSIONS:
                facts[column.kind, column.name].append(fact)
    return [
        DimensionOf(
            dimension=name,
            kind=kind.value,
            zh=of[0].columns[name].zh,
            en=of[0].columns[name].en,
            facts=[one.name for one in of],
        )
        for (kind, name), of in sorted(facts.items())
    ]
