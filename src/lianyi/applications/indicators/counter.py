"""Asks the engine without holding anybody else up; what is long asked for can be given up.

The engine is loaded with the first question: a process that counts nothing never holds a DuckDB.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.settings import IndicatorSettings
from lianyi.applications.indicators.window import Window

if TYPE_CHECKING:
    from ibis.expr import types as ir  # type: ignore[import-untyped]

    from lianyi.applications.indicators.engine import (
        Answered,
        Cells,
        Choose,
        Engine,
        Listed,
        SourceRows,
        Star,
    )

_Found = TypeVar("_Found")
INTERRUPT_SECONDS = 0.2


class Counter:
    """Counts beside everything else that a process does."""

    def __init__(self, star: Callable[[], Star], settings: IndicatorSettings) -> None:
        """Count later.

        Args:
            star: gives the facts; called in a thread, with the first question.
            settings: how much counting may use.
        """
        self._star = star
        self._settings = settings
        self._held: Engine | None = None
        self._turn = asyncio.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the engine is loaded."""
        return self._held is not None

    async def figures(
        self, parts: Iterable[Part], window: Window, by: Sequence[str]
    ) -> dict[Part, Cells]:
        """Return what parts come to; see :meth:`.engine.Engine.figures`."""
        wanted = list(parts)
        if self._held is not None:
            known = self._held.known(wanted, window, by)
            if known is not None:
                return known
        return await self._asked(lambda engine: engine.figures(wanted, window, by))

    async def rows(
        self,
        part: Part,
        window: Window,
        columns: Sequence[str],
        *,
        skip: int,
        limit: int,
        without: Part | None = None,
        choose: Choose | None = None,
    ) -> Listed:
        """Return the rows that a part counts; see :meth:`.engine.Engine.rows`."""
        return await self._asked(
            lambda engine: engine.rows(
                part,
                window,
                columns,
                skip=skip,
                limit=limit,
                without=without,
                choose=choose,
            )
        )

    async def by_source(self, part: Part, window: Window, column: str) -> list[SourceRows]:
        """Return the rows of a fact by source; see :meth:`.engine.Engine.by_source`."""
        return await self._asked(lambda engine: engine.by_source(part, window, column))

    async def answered(
        self, key: Hashable, ask: Callable[[Mapping[str, ir.Table]], ir.Table]
    ) -> Answered:
        """Return the rows of an expression; see :meth:`.engine.Engine.answered`."""
        return await self._asked(lambda engine: engine.answered(key, ask))

    async def newest(self, part: Part, window: Window, *, until: datetime) -> datetime | None:
        """Return the newest instant of a part's rows; see :meth:`.engine.Engine.newest`."""
        if self._held is not None:
            known = self._held.known_newest(part, window, until=until)
            if known is not None:
                return known[0]
        return await self._asked(lambda engine: engine.newest(part, window, until=until))

    async def close(self) -> None:
        """Give everything back."""
        if self._held is not None:
            await asyncio.to_thread(self._held.close)
            self._held = None

    async def _asked(self, work: Callable[[Engine], _Found]) -> _Found:
        async with self._turn:
            if self._held is None:
                self._held = await asyncio.to_thread(self._opened)
            engine = self._held
            working = asyncio.create_task(asyncio.to_thread(work, engine))
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                while not working.done():  # the next one asks when this one has ended
                    engine.interrupt()
                    await asyncio.wait([working], timeout=INTERRUPT_SECONDS)
                working.exception()
                raise

    def _opened(self) -> Engine:
        from lianyi.applications.indicators.engine import Engine

        return Engine(self._star(), self._settings)
