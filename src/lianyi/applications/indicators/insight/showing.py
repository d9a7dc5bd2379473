"""Answers topics: indicators that exist, put together on a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.book import Definitions
from lianyi.applications.indicators.defining import Meant, period_view
from lianyi.applications.indicators.failures import NoSuchSplit
from lianyi.applications.indicators.figures import Counts, Teller, scale
from lianyi.applications.indicators.figuring import view_of
from lianyi.applications.indicators.insight.about import about_of, money
from lianyi.applications.indicators.insight.problems import BadTopic
from lianyi.applications.indicators.insight.topics import (
    Topic,
    TopicRanking,
    TopicStructure,
    find_topic,
    parse_topic,
    read_topics,
)
from lianyi.applications.indicators.insight.views import (
    MissingData,
    RankingView,
    StructureRow,
    StructureView,
    TopicList,
    TopicName,
    TopicView,
)
from lianyi.applications.indicators.periods import Period, parse_period
from lianyi.applications.indicators.service import Ground
from lianyi.applications.indicators.splits import Split, narrowed, shared
from lianyi.applications.indicators.views import TodayView
from lianyi.applications.indicators.window import Window
from lianyi.applications.indicators.wording import said_of

FIRST: Final = 10


class Showing:
    """Shows topics."""

    def __init__(self, ground: Ground, today: Callable[..., Awaitable[TodayView]]) -> None:
        """Count on the ground of the indicators.

        Args:
            ground: what is counted with.
            today: tells what happens today in a hospital.
        """
        self._ground = ground
        self._today = today

    async def topics(self) -> TopicList:
        """Return the topics that there are; one whose file cannot be used is none."""
        found = []
        for name, file in read_topics(self._ground.content_dir).items():
            with suppress(BadTopic):
                found.append(TopicName(topic=name, title=said_of(parse_topic(file, name).title)))
        return TopicList(topics=found)

    async def topic(self, name: str, asked: Asked) -> TopicView:
        """Return a topic of a period and a place.

        Raises:
            BadTopic: there is none, its file cannot be used, or names what does not exist.
            NoSuchIndicator, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.values``.
        """
        topic = find_topic(read_topics(self._ground.content_dir), name)
        period = parse_period(asked.period)
        window, sight = await self._ground.window(asked, period)
        definitions = await self._ground.book.now(self._ground.today)
        own = sight.doctors is not None
        some = [
            self._ground.meant(
                definitions,
                one.indicator,
                Asked(asked.period, caliber=one.caliber),
                period,
                by_doctor=own,
            )
            for one in topic.tiles
        ]
        at = self._ground.at(period)
        now = await self._today(hospital=asked.hospital) if topic.now else None
        return TopicView(
            topic=topic.topic,
            title=said_of(topic.title),
            lead=said_of(topic.lead),
            period=period_view(period),
            asked_at=at.now,
            now=[one for one in now.tiles if one.tile in topic.now] if now else [],
            tiles=await self._ground.figuring.tiles(topic.board, some, period, window, at),
            structures=[
                await self._structure(one, definitions, asked, (period, window), own=own)
                for one in topic.structures
            ],
            rankings=[
                await self._ranking(one, definitions, asked, (period, window), own=own)
                for one in topic.rankings
            ],
            missing=_missing(topic),
        )

    async def _structure(
        self,
        said: TopicStructure,
        definitions: Definitions,
        asked: Asked,
        when: tuple[Period, Window],
        *,
        own: bool,
    ) -> StructureView:
        period, window = when
        plain = Asked(asked.period)
        one = self._ground.meant(definitions, said.indicator, plain, period, by_doctor=own)
        facts = [part.fact for caliber in one.indicator.calibers for part in caliber.parts()]
        split = next((s for s in shared(facts) if s.key == said.by), None)
        if split is None:
            raise NoSuchSplit(
                where=f"{said.indicator}: {said.by}"[:60],
                why="its rows do not say this",
                why_zh="该指标的明细没有这一项",
            )
        if one.counted:
            one = await self._ground.hearing.known(one, window)
        rows = await self._classes(one, split, window) if one.counted else []
        return StructureView(
            **about_of(one),
            by=split.key,
            by_name=said_of(split),
            money=one.counted and money(one.caliber.parts()[0]),
            rows=rows,
        )

    async def _classes(self, one: Meant, split: Split, window: Window) -> list[StructureRow]:
        parts = one.caliber.parts()
        classes = [(c, [narrowed(part, c.where) for part in parts]) for c in split.classes]
        wanted = [part for _, some in classes for part in some]
        cells = await self._ground.counter.figures(wanted, window, ())
        teller = Teller(one.indicator, parts[0], parts[1] if len(parts) > 1 else None)
        everything = sum(cells[some[0]][()] for _, some in classes)
        found = []
        for c, some in classes:
            above, *below = (cells[part][()] for part in some)
            if not above and not any(below):
                continue
            scales = [scale(part) for part in parts]
            found.append(
                StructureRow(
                    where=f"{split.key}:{c.key}",
                    name=said_of(c),
                    numerator=float(above) * scales[0],
                    denominator=float(below[0]) * scales[1] if below else None,
                    value=teller.value(Counts(above, below[0] if below else None)),
                    share=float(above) / float(everything) * 100 if everything else None,
                )
            )
        return found

    async def _ranking(
        self,
        said: TopicRanking,
        definitions: Definitions,
        asked: Asked,
        when: tuple[Period, Window],
        *,
        own: bool,
    ) -> RankingView:
        period, window = when
        plain = Asked(asked.period)
        one = self._ground.meant(
            definitions, said.indicator, plain, period, by_doctor=own or said.by == "doctor"
        )
        at = self._ground.at(period)
        ((_, figures, whole, newest),) = await self._ground.figuring.tables(
            [one], period, window, said.by, at
        )
        names = await self._ground.names([key for key, _ in figures], said.by)
        view = view_of(one, figures, whole, newest, by=said.by, names=names, at=at)
        last = float("inf")
        ordered = sorted(
            view.figures,
            key=lambda row: (row.rank or last, -(row.value or 0), -(row.numerator or 0)),
        )
        return RankingView(by=said.by, figures=view.model_copy(update={"figures": ordered[:FIRST]}))


def _missing(topic: Topic) -> list[MissingData]:
    return [MissingData(name=said_of(one.name), why=said_of(one.why)) for one in topic.missing]
