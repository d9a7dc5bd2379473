"""Learns what is known, and says what is not; see :mod:`.heard` for what that means."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from lianyi.applications.indicators.counter import Counter
from lianyi.applications.indicators.defining import Meant
from lianyi.applications.indicators.heard import (
    ALWAYS,
    BY,
    Feeds,
    Heard,
    Span,
    sides_of,
)
from lianyi.applications.indicators.model import Part
from lianyi.applications.indicators.window import Window
from lianyi.projections.operational.mapping.reading import FOLDER


class Hearing:
    """Asks a counter what rows there are."""

    def __init__(self, counter: Counter, content_dir: Path) -> None:
        """Ask later.

        Args:
            counter: of the rows that figures are counted of.
            content_dir: where the hospital says which tables are mapped to which facts.
        """
        self._counter = counter
        self._content_dir = content_dir

    async def of(self, parts: Iterable[Part]) -> Heard:
        """Return what is known of the facts of parts; counted once until their files change.

        Raises:
            NoStar, CountingTooBig: it cannot be counted now.
        """
        sides = sides_of(parts)
        cells = await self._counter.figures(list(sides.values()), ALWAYS, BY)
        return Heard.counted(sides, cells, await asyncio.to_thread(mapped, self._content_dir))

    async def known(self, one: Meant, window: Window) -> Meant:
        """Return what is counted; what nothing is known of in a window is not, and says why."""
        parts = one.caliber.parts()
        months = Span(window.first, window.last)
        why = (await self.of(parts)).no_data(parts, window.places.all_hospitals, months)
        return one._replace(way="no_data", why=why) if why else one


def mapped(content_dir: Path) -> Feeds:
    """Return of facts the sources that have a file of a mapping to them."""
    found: dict[str, set[str]] = {}
    for file in (content_dir / FOLDER).glob("*/*.yaml"):
        found.setdefault(file.stem, set()).add(file.parent.name)
    return found
