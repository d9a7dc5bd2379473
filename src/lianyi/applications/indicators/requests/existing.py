"""What is there already, before somebody asks for it anew: indicators and saved explorations."""

from __future__ import annotations

from typing import Final

import asyncpg

from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.standing import State, state_of
from lianyi.applications.indicators.requests.matching import ALIKE, likeness
from lianyi.applications.indicators.requests.views import ExistingFigure, ExistingFigures
from lianyi.applications.indicators.saved import saved_store
from lianyi.applications.indicators.views import BothWords
from lianyi.applications.indicators.wording import said_of
from lianyi.security.access import current

SHOWN_MAX: Final = 8


class Existing:
    """Finds by words what whoever asks could use at once."""

    def __init__(self, pool: asyncpg.Pool, desk: Desk) -> None:
        """Look in the library of a desk, and among the explorations that a database holds."""
        self._pool = pool
        self._desk = desk

    async def alike(self, words: str) -> ExistingFigures:
        """Return what is called alike: the most alike first, approved before what is not."""
        found: list[tuple[float, ExistingFigure]] = []
        signed = await self._desk.words()
        for code, one in (await self._desk.indicators()).items():
            named = code.lower() in words.lower()
            alike = 1.0 if named else max(likeness(words, x) for x in (one.name.zh, one.name.en))
            if alike < ALIKE or not any(caliber.numerator for caliber in one.calibers):
                continue
            approved = any(state_of(one, x, signed)[0] is State.APPROVED for x in one.calibers)
            view = ExistingFigure(
                kind="indicator",
                code=code,
                saved=None,
                name=said_of(one.name),
                approved=approved,
                by=one.owner,
            )
            found.append((alike, view))
        for kept in await saved_store.visible(self._pool, current().actor.account):
            alike = likeness(words, kept.name)
            if alike >= ALIKE:
                name = BothWords(zh=kept.name, en=kept.name)
                view = ExistingFigure(
                    kind="exploration",
                    code="",
                    saved=kept.saved,
                    name=name,
                    approved=False,
                    by=kept.by_name,
                )
                found.append((alike, view))
        found.sort(key=lambda pair: (-pair[0], not pair[1].approved, pair[1].code))
        return ExistingFigures(items=[view for _, view in found[:SHOWN_MAX]])
