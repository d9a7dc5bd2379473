"""The way of data: from the sender to the number (数据血缘), and back: what a source feeds.

An indicator counts facts. A fact is the fold of messages, which channels brought, or the mapping of
tables of the lake, which a source's rows were put into. Each step says how many rows lie there
within the reach of whoever asks, and how new they are; the rows themselves are opened behind a
figure, and each opens the message that said it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.failures import NoStar, NothingInSight
from lianyi.applications.indicators.model import Indicator, Part
from lianyi.applications.indicators.quality import quality_store as store
from lianyi.applications.indicators.quality.desk import QualityDesk
from lianyi.applications.indicators.quality.problems import NoSuchSource
from lianyi.applications.indicators.quality.uses import fed_by, uses
from lianyi.applications.indicators.quality.views import (
    FedIndicator,
    Impact,
    Lineage,
    LineageEdge,
    LineageNode,
    said,
)
from lianyi.applications.indicators.views import BothWords, NamedColumn
from lianyi.applications.indicators.window import Window
from lianyi.base.content_files import unknown
from lianyi.projections.lake.service import LakeService
from lianyi.projections.lake.views import LakeTableView
from lianyi.projections.operational.hl7v2.messages import FEEDS
from lianyi.projections.operational.mapping.model import FactMapping
from lianyi.projections.operational.mapping.reading import read_mappings
from lianyi.projections.operational.settled import PRODUCER
from lianyi.projections.operational.star import Fact, Kind, star
from lianyi.security.access import current

if TYPE_CHECKING:
    from lianyi.applications.indicators.engine import SourceRows

_SOURCE = "source_"
_FOLD = BothWords(zh="消息折叠规则", en="fold of messages")


class Tracing:
    """Follows data both ways."""

    def __init__(
        self, desk: QualityDesk, counter: Counter, lake: LakeService, content_dir: Path
    ) -> None:
        """Follow data of a house; the counter's star says the source of each row."""
        self._desk = desk
        self._counter = counter
        self._lake = lake
        self._content_dir = content_dir

    async def lineage(self, code: str) -> Lineage:
        """Return where the numbers of an indicator come from.

        Raises:
            NoSuchIndicator: there is none of this code.
            NothingInSight: whoever asks may see nothing of it.
            BrokenSegment: a file of the lake is damaged.
        """
        one = (await self._desk.book.now(self._today)).get(code)
        sight = await self._desk.sights.of_caller()
        if sight.nothing:
            raise NothingInSight(where="quality")
        window = Window(-32_768, 32_767, sight.places, sight.doctors, undated=True)
        mappings, _ = await asyncio.to_thread(read_mappings, self._content_dir)
        made_by = _MadeBy(mappings, await self._tables(), await store.channels(self._desk.pool))
        drawn = _Drawing()
        drawn.add(
            LineageNode(
                id="indicator", step="indicator", name=said(one.name),
                about=BothWords(zh=one.owner, en=code), link=f"/indicators/{code}",
            )
        )  # fmt: skip
        for fact, columns in sorted(uses(one).items()):
            part = _part_of(one, fact)
            try:
                sources = await self._counter.by_source(part, window, _SOURCE)
            except NoStar:
                sources = []
            _draw_fact(drawn, star()[fact], columns, sources)
            _draw_sources(drawn, star()[fact], sources, made_by)
        return Lineage(
            code=code, name=said(one.name), nodes=[*drawn.nodes.values()], edges=drawn.edges
        )

    async def _tables(self) -> dict[str, LakeTableView]:
        """Return the tables of the lake, for whoever may see any."""
        if not current().actor.reach.organisations("lake.read"):
            return {}
        found = (await self._lake.list_tables()).items
        return {f"{one.source}.{one.table}": one for one in found}

    async def impact(self, name: str) -> Impact:
        """Return which facts and indicators something feeds.

        Args:
            name: a fact, ``fact.column``, a source or channel, ``source.table`` of the lake, or a
                type of messages, ``ADT``.

        Raises:
            NoSuchSource: nothing of this name feeds the platform.
        """
        mappings, _ = await asyncio.to_thread(read_mappings, self._content_dir)
        sources = await self._sources()
        facts = _facts_of(name, mappings, sources)
        fact, _, column = name.partition(".")
        known = (await self._desk.book.now(self._today)).indicators
        if fact in star():
            facts = {fact}
        if not facts or (fact in star() and column and column not in star()[fact].columns):
            names = {*star(), *FEEDS_BY_TYPE, *sources, *(one.source for one in mappings)}
            raise NoSuchSource(where=name[:60], **unknown(name, names))
        found = fed_by(facts, known)
        if fact in star() and column:
            found = [one for one in found if column in uses(one).get(fact, ())]
        return Impact(
            name=name,
            facts=[NamedColumn(column=one, name=said(star()[one])) for one in sorted(facts)],
            indicators=[FedIndicator(code=one.indicator, name=said(one.name)) for one in found],
        )

    async def _sources(self) -> dict[str, set[str]]:
        """Return which facts each source feeds within reach, as the newest run has seen it."""
        sight = await self._desk.sights.of_caller()
        rules = await self._desk.rules()
        runs = await store.runs(self._desk.pool, limit=1)
        found: dict[str, set[str]] = {}
        for results in (await self._desk.results(runs, sight)).values():
            for one in results:
                rule = rules.by_code.get(one.rule)
                if rule is not None and not rule.of_lake:
                    found.setdefault(one.cell.source, set()).add(rule.table)
        return found

    @property
    def _today(self) -> date:
        return self._desk.clock.now().astimezone(self._desk.zone).date()


FEEDS_BY_TYPE: Mapping[str, frozenset[str]] = {
    type_: frozenset(fact for fact, types in FEEDS.items() if type_ in types)
    for types in FEEDS.values()
    for type_ in types
}
"""Which facts a type of messages says something of."""


def _facts_of(
    name: str, mappings: Iterable[FactMapping], sources: Mapping[str, Collection[str]]
) -> set[str]:
    """Return the facts that a source, a table or a type of messages feeds."""
    source, _, table = name.partition(".")
    found = {
        one.fact.name
        for one in mappings
        if one.source == source and (not table or table in one.tables())
    }
    return found | set(FEEDS_BY_TYPE.get(name.partition("^")[0], ())) | set(sources.get(name, ()))


class _MadeBy(NamedTuple):
    """What makes facts: mappings of tables, and channels whose messages are folded."""

    mappings: Collection[FactMapping]
    tables: Mapping[str, LakeTableView]
    channels: Collection[str]


class _Drawing:
    """Nodes and edges, each once."""

    def __init__(self) -> None:
        self.nodes: dict[str, LineageNode] = {}
        self.edges: list[LineageEdge] = []

    def add(self, node: LineageNode, *, feeds: str = "") -> None:
        before = self.nodes.get(node.id)
        if before is not None and before.step == "source":
            counted = [one.rows for one in (before, node) if one.rows is not None]
            newest = [one.newest for one in (before, node) if one.newest is not None]
            node = before.model_copy(
                update={
                    "rows": sum(counted) if counted else None,
                    "newest": max(newest, default=None),
                }
            )
        self.nodes[node.id] = node
        edge = LineageEdge(begin=node.id, end=feeds)
        if feeds and edge not in self.edges:
            self.edges.append(edge)


def _draw_fact(
    drawn: _Drawing, fact: Fact, columns: Iterable[str], sources: Iterable[SourceRows]
) -> None:
    names = [fact.columns[one].zh for one in sorted(columns) if one in fact.columns]
    english = [fact.columns[one].en for one in sorted(columns) if one in fact.columns]
    rows = [*sources]
    drawn.add(
        LineageNode(
            id=f"fact:{fact.name}",
            step="fact",
            name=said(fact),
            about=BothWords(zh="、".join(names), en=", ".join(english)),
            rows=sum(one.rows for one in rows),
            newest=_newest(one.newest for one in rows),
        ),
        feeds="indicator",
    )


def _draw_sources(
    drawn: _Drawing,
    fact: Fact,
    sources: Iterable[SourceRows],
    made_by: _MadeBy,
) -> None:
    """Draw what makes the rows of a fact: mappings of tables, and the fold of messages."""
    of_source = {one.source: one for one in made_by.mappings if one.fact.name == fact.name}
    for one in sources:
        mapping = of_source.get(one.source)
        if mapping is not None:
            _draw_mapping(drawn, fact, one, mapping, made_by.tables)
        elif fact.name in FEEDS and one.source in {PRODUCER, *made_by.channels}:
            _draw_fold(drawn, fact, one)
        else:
            drawn.add(_source_node(one, ""), feeds=f"fact:{fact.name}")


def _draw_mapping(
    drawn: _Drawing,
    fact: Fact,
    source: SourceRows,
    mapping: FactMapping,
    tables: Mapping[str, LakeTableView],
) -> None:
    mapped = f"mapping:{mapping.name}"
    drawn.add(
        LineageNode(
            id=mapped,
            step="mapping",
            name=BothWords(zh="数据映射", en="mapping"),
            about=BothWords(zh=mapping.name, en=mapping.name),
        ),
        feeds=f"fact:{fact.name}",
    )
    for table in mapping.tables():
        full = f"{mapping.source}.{table}"
        there = tables.get(full)
        node = LineageNode(
            id=f"table:{full}",
            step="message",
            name=BothWords(zh=f"数据湖表 {table}", en=f"lake table {table}"),
            about=BothWords(zh=full, en=full),
            rows=there.rows if there else None,
            newest=there.newest_at if there else None,
        )
        drawn.add(node, feeds=mapped)
        drawn.add(_source_node(source, ""), feeds=node.id)


def _draw_fold(drawn: _Drawing, fact: Fact, source: SourceRows) -> None:
    folded = f"fold:{fact.name}"
    types = FEEDS[fact.name]
    told = f"HL7 v2 {' '.join(types)}"
    drawn.add(
        LineageNode(
            id=folded,
            step="mapping",
            name=_FOLD,
            about=BothWords(zh=f"按最后一次所说汇成{fact.zh}", en=f"the last word makes {fact.en}"),
        ),
        feeds=f"fact:{fact.name}",
    )
    kinds = f"kind:{'-'.join(types)}"
    drawn.add(
        LineageNode(
            id=kinds,
            step="message",
            name=BothWords(zh=f"消息 {types[0]}", en=f"messages {types[0]}"),
            about=BothWords(zh=told, en=told),
        ),
        feeds=folded,
    )
    link = f"/messages?channel={source.source}" if source.source != PRODUCER else ""
    drawn.add(_source_node(source, link), feeds=kinds)


def _source_node(source: SourceRows, link: str) -> LineageNode:
    return LineageNode(
        id=f"source:{source.source}",
        step="source",
        name=BothWords(zh=source.source, en=source.source),
        about=BothWords(zh="通道" if link else "来源系统", en="channel" if link else "source"),
        rows=source.rows,
        newest=_newest([source.newest]),
        link=link,
    )


def _newest(instants: Iterable[datetime | None]) -> datetime | None:
    found = max((one for one in instants if one is not None), default=None)
    return None if found is None else found.replace(tzinfo=UTC)


def _part_of(indicator: Indicator, fact: str) -> Part:
    """Return how an indicator places rows of a fact."""
    parts = (part for one in indicator.calibers for part in one.parts())
    found = next(part for part in parts if part.fact == fact)
    times = star()[fact].of_kind(Kind.INSTANT)
    assert found.time in times  # noqa: S101 - it was read so
    return found
