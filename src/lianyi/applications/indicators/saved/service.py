"""Explorations under a name: saved, opened by a link, renamed, shared, removed.

What is kept is the question. It is answered in the window of whoever opens it, by the same way as
if he had put it together himself, so a link shows nobody more than he may see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.explorations import EXPLORED_MAX
from lianyi.applications.indicators.exploring import parse_by
from lianyi.applications.indicators.failures import TooMuchAtOnce
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.saved import saved_store as store
from lianyi.applications.indicators.saved.failures import NoSuchExploration, TooManySaved
from lianyi.applications.indicators.saved.model import Saved
from lianyi.applications.indicators.saved.views import (
    SavedExploration,
    SavedExplorations,
    SavedQuestion,
    SaveExploration,
)
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.slicing import parse_slices
from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.access import current
from lianyi.security.acts import act

SAVED_MAX: Final = 200


class SavedQuestions:
    """Keeps the explorations of whoever acts."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        indicators: IndicatorService,
    ) -> None:
        """Keep explorations.

        Args:
            pool: of the database; as the doors see it.
            log: takes the acts.
            clock: the time now.
            ids: names explorations.
            indicators: knows which indicators there are.
        """
        self._pool = pool
        self._log = log
        self._clock = clock
        self._ids = ids
        self._indicators = indicators

    async def list_own(self) -> SavedExplorations:
        """Return what whoever acts saved."""
        found = await store.of_account(self._pool, current().actor.account)
        return SavedExplorations(items=[_view(one) for one in found])

    async def open(self, saved: UUID) -> SavedExploration:
        """Return one of whoever acts, or one that was shared.

        Raises:
            NoSuchExploration: there is none that he may open.
        """
        return _view(await self._found(saved))

    async def save(self, wanted: SaveExploration) -> SavedExploration:
        """Save a question.

        Raises:
            NoSuchIndicator, UnreadablePeriod, BadSlice, TooMuchAtOnce: it cannot be asked.
            TooManySaved: whoever acts has saved as many as are kept.
        """
        await self.must_make_sense(wanted.asked)
        actor, now = current().actor, self._clock.now()
        one = Saved(
            self._ids.new_id(),
            actor.account,
            actor.display_name or actor.name,
            wanted.name.strip(),
            wanted.asked.model_dump(),
            wanted.shared,
            now,
            now,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock(connection, actor.account)
            if len(await store.of_account(connection, actor.account)) >= SAVED_MAX:
                raise TooManySaved(where="saved", limit=SAVED_MAX)
            await store.insert(connection, one)
            await self._say(connection, "indicator_exploration.saved", one)
        return _view(one)

    async def change(self, saved: UUID, wanted: SaveExploration) -> SavedExploration:
        """Let one of one's own be called, ask or be shared otherwise.

        Raises:
            NoSuchExploration: whoever acts has none of this number.
            NoSuchIndicator, UnreadablePeriod, BadSlice, TooMuchAtOnce: see :meth:`save`.
        """
        await self.must_make_sense(wanted.asked)
        changed = replace(
            await self._own(saved),
            name=wanted.name.strip(),
            asked=wanted.asked.model_dump(),
            is_shared=wanted.shared,
            changed_at=self._clock.now(),
        )
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.update(connection, changed):
                raise NoSuchExploration(where="saved")
            await self._say(connection, "indicator_exploration.changed", changed)
        return _view(changed)

    async def remove(self, saved: UUID) -> None:
        """Remove one of one's own; raises :class:`NoSuchExploration`."""
        one = await self._own(saved)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.delete(connection, saved, one.account):
                raise NoSuchExploration(where="saved")
            await self._say(connection, "indicator_exploration.removed", one)

    async def _found(self, saved: UUID) -> Saved:
        found = await store.find(self._pool, saved)
        if found is None or not (found.is_shared or _mine(found)):
            raise NoSuchExploration(where="saved")
        return found

    async def _own(self, saved: UUID) -> Saved:
        found = await self._found(saved)
        if not _mine(found):
            raise NoSuchExploration(where="saved")
        return found

    async def must_make_sense(self, asked: SavedQuestion) -> None:
        """Do nothing when a question can be asked.

        Raises:
            NoSuchIndicator, UnreadablePeriod, BadSlice, TooMuchAtOnce: it cannot.
        """
        codes = [one for one in (part.strip() for part in asked.codes.split(",")) if one]
        if len(codes) > EXPLORED_MAX:
            raise TooMuchAtOnce(
                where=f"{len(codes)} > {EXPLORED_MAX}",
                why=f"at most {EXPLORED_MAX} indicators are explored at a time",
                why_zh=f"一次最多分析 {EXPLORED_MAX} 个指标",
            )
        for code in codes:
            await self._indicators.get_indicator(code)
        parse_by(asked.by)
        parse_slices(asked.where)
        if asked.period:
            parse_period(asked.period)

    async def _say(self, connection: Connection, kind: str, one: Saved) -> None:
        facts = {"saved": str(one.saved), "name": one.name, "shared": one.is_shared}
        await self._log.append_act_within(connection, act(kind, {**facts, "asked": one.asked}))


def _mine(one: Saved) -> bool:
    return one.account == current().actor.account


def _view(one: Saved) -> SavedExploration:
    return SavedExploration(
        saved=one.saved,
        name=one.name,
        asked=SavedQuestion(**one.asked),
        shared=one.is_shared,
        by=one.by_name,
        own=_mine(one),
        changed_at=one.changed_at,
    )
