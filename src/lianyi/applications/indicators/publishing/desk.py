"""What every service of publishing stands on: the indicators, the log, who says something."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.book import Book
from lianyi.applications.indicators.heard import Heard
from lianyi.applications.indicators.hearing import mapped
from lianyi.applications.indicators.model import (
    Caliber,
    Indicator,
    Part,
    definition,
    definition_hash,
)
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.counts import Counts
from lianyi.applications.indicators.publishing.model import (
    APPROVING,
    Decision,
    Definition,
    Published,
    Said,
)
from lianyi.applications.indicators.publishing.problems import NoSuchCaliber
from lianyi.applications.indicators.publishing.settings import PublishingSettings
from lianyi.applications.indicators.publishing.standing import (
    Signed,
    caliber_for,
    last_words,
)
from lianyi.base.clock import Clock
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.access import current
from lianyi.security.acts import act


@dataclass(frozen=True)
class Desk:
    """What services of publishing share.

    Attributes:
        pool, log, clock, zone: of the house.
        content_dir: where its indicators lie.
        counts: counts what is published.
        settings: of publishing.
    """

    pool: asyncpg.Pool
    log: PostgresLog
    clock: Clock
    zone: ZoneInfo
    content_dir: Path
    counts: Counts
    settings: PublishingSettings
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "book", Book(self.content_dir))

    @property
    def today(self) -> date:
        """The day in the hospital's own zone."""
        return self.clock.now().astimezone(self.zone).date()

    def own_work(self, waits: Decision | None) -> bool:
        """Tell whether whoever acts must leave a word that waits for another to another."""
        mine = waits is not None and waits.account == current().actor.account
        return mine and self.settings.two_persons

    async def heard(self, parts: Iterable[Part]) -> Heard:
        """Return what is known of the facts of parts."""
        wanted = list(parts)
        return await asyncio.to_thread(lambda: self.counts.heard(wanted, mapped(self.content_dir)))

    async def indicators(self) -> Mapping[str, Indicator]:
        """Return the indicators by code."""
        return (await self.book.now(self.today)).indicators

    async def indicator(self, code: str) -> Indicator:
        """Return one; raises :class:`NoSuchCaliber`."""
        found = (await self.indicators()).get(code)
        if found is None:
            raise NoSuchCaliber(where="code")
        return found

    async def caliber(self, code: str, name: str, period: Period) -> tuple[Indicator, Caliber]:
        """Return the caliber that holds in a period; raises :class:`NoSuchCaliber`."""
        indicator = await self.indicator(code)
        found = caliber_for(indicator, name, period)
        if found is None:
            raise NoSuchCaliber(where="caliber")
        return indicator, found

    async def words(
        self, ask: store.Asks | None = None, *, code: str | None = None
    ) -> Mapping[Signed, Decision]:
        """Return the last that was said of each definition; by a connection, or any of the pool."""
        return last_words(await store.decisions(ask or self.pool, APPROVING, code=code))

    async def defined(self, ask: store.Asks, rows: Iterable[Published]) -> dict[str, Definition]:
        """Return what the hashes of published values stand for."""
        said = await store.definitions(ask, {row.hash for row in rows})
        return {hashed: Definition.of(one) for hashed, one in said.items()}

    @asynccontextmanager
    async def deciding(self) -> AsyncIterator[Deciding]:
        """Give what decides, in one transaction; nobody else decides meanwhile.

        Whoever decides asks no other connection: those that wait may hold all there are.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            await store.lock(connection)
            yield Deciding(self, connection)


class Deciding:
    """One transaction in which something is said: act and row are one."""

    def __init__(self, desk: Desk, connection: Connection) -> None:
        self._desk = desk
        self.connection = connection

    async def define(self, indicator: Indicator, caliber: Caliber) -> str:
        """Remember what a caliber counts; return its hash."""
        hashed = definition_hash(indicator, caliber)
        await store.put_definition(self.connection, hashed, definition(indicator, caliber))
        return hashed

    async def act(self, said: str, facts: Mapping[str, Any]) -> Position:
        """Write an act ``indicator.<said>`` into the log."""
        return await self._desk.log.append_act_within(
            self.connection, act(f"indicator.{said}", facts)
        )

    async def say(
        self,
        said: Said,
        facts: Mapping[str, Any],
        *,
        code: str,
        caliber: str,
        hospital: str = "",
    ) -> int:
        """Decide: write the act into the log, and the row beside it; return its number."""
        named = {"code": code, "caliber": caliber, "organisation": hospital}
        position = await self.act(said.value, {**named, **facts})
        return await store.insert_decision(
            self.connection,
            said,
            (code, caliber, hospital),
            facts,
            by=current(),
            at=self._desk.clock.now(),
            position=position,
        )
