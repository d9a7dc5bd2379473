"""Data services: offered by one, approved by another, called by those who are named.

What a call gives is counted in one window: that of whoever calls, within what was granted. What was
granted is what both could see of it, the owner when he offered it and the second person when he
approved it. It holds as long as the definitions are those whose hash was approved.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.data_services import giving, standing
from lianyi.applications.indicators.data_services import service_store as store
from lianyi.applications.indicators.data_services.failures import (
    BadOffer,
    NoSuchService,
    OwnService,
    PagesDoNotFit,
    ServiceNameTaken,
    ServiceNotInForce,
    ServiceNotWaiting,
    TooManyCalls,
)
from lianyi.applications.indicators.data_services.model import Offer, Said, Service, State, move
from lianyi.applications.indicators.data_services.standing import STATES_ZH
from lianyi.applications.indicators.data_services.views import (
    Cell,
    DataServiceDetail,
    DataServices,
    DecideDataService,
    OfferDataService,
    RevokeDataService,
    ServedData,
    ServiceUse,
)
from lianyi.applications.indicators.exploring import parse_by
from lianyi.applications.indicators.granting import Grant
from lianyi.applications.indicators.periods import month_text, parse_period
from lianyi.applications.indicators.publishing.problems import HashDiffers
from lianyi.applications.indicators.reports.files import Standing
from lianyi.applications.indicators.rowing import counted_side
from lianyi.applications.indicators.saved.service import SavedQuestions
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.views import PeriodView
from lianyi.base.clock import Clock
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.operational.star import Fact, month_of
from lianyi.security import account_store
from lianyi.security.access import OutsideOfReach, current, require
from lianyi.security.acts import act

NAMES_MAX: Final = 100
FORGET_SECONDS: Final = 3600.0


class Page(NamedTuple):
    """A page of what a service gives, and what all pages come to."""

    period: PeriodView
    rows: list[list[Cell]]
    total: int
    digest: str


class DataServiceDesk:
    """Takes offers, lets second persons decide, and answers calls."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, PostgresLog, Clock],
        zone: ZoneInfo,
        *,
        indicators: IndicatorService,
        saved: SavedQuestions,
        roles: Callable[[], Collection[str]],
        stands: Callable[[], Awaitable[Standing]],
        calls_kept: timedelta,
    ) -> None:
        """Offer what can be counted.

        Args:
            house: the database as the doors see it, the log, the time.
            zone: of the hospital: says which day it is.
            indicators: counts, and names places.
            saved: knows which questions can be asked.
            roles: gives the roles that can be named as callers.
            stands: tells which files of facts there are.
            calls_kept: so long it is kept who called how often.
        """
        self._pool, self._log, self._clock = house
        self._zone = zone
        self._indicators = indicators
        self._saved = saved
        self._roles = roles
        self._stands = stands
        self._calls_kept = calls_kept
        self._forgot_at: float | None = None

    # ---- what is there -------------------------------------------------------------------------

    async def catalogue(self) -> DataServices:
        """Return the services that whoever acts is told of."""
        found: dict[str, list[Service]] = {}
        for one in await store.versions(self._pool):
            if standing.is_told(one):
                found.setdefault(one.name, []).append(one)
        return DataServices(
            items=[await self._detail(name, some) for name, some in found.items()],
            columns=list(giving.COLUMNS),
            roles=sorted(self._roles()),
        )

    async def get(self, name: str) -> DataServiceDetail:
        """Return one with its versions; raises :class:`NoSuchService`."""
        found = [one for one in await store.versions(self._pool, name) if standing.is_told(one)]
        if not found:
            raise NoSuchService(where="name")
        return await self._detail(name, found)

    # ---- what is done --------------------------------------------------------------------------

    async def offer(self, wanted: OfferDataService) -> DataServiceDetail:
        """Offer a service, or a new version of one's own.

        Raises:
            BadOffer: it cannot be offered so.
            ServiceNameTaken: somebody else owns the name.
            NoSuchIndicator, BadSlice, TooMuchAtOnce: the question cannot be asked.
            OutsideOfReach: whoever acts does not offer there.
            NothingInSight: he sees nothing of it.
        """
        require(wanted.organisation, where="organisation")
        offer = await self._understood(wanted)
        actor, now = current().actor, self._clock.now()
        offered = await self._seen(offer)
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock(connection, wanted.name)
            before = await store.versions(connection, wanted.name)
            if any(one.account != actor.account for one in before):
                raise ServiceNameTaken(where="name")
            if not before and await store.count_names(connection, actor.account) >= NAMES_MAX:
                raise BadOffer(
                    where="name",
                    why=f"{NAMES_MAX} services of yours are there already",
                    why_zh=f"您已提供 {NAMES_MAX} 个服务",
                )
            for waits in before:
                if waits.state is State.OFFERED:
                    await store.decide(connection, replace(waits, state=State.REPLACED))
            one = Service(
                wanted.name,
                len(before) + 1,
                actor.account,
                actor.display_name or actor.name,
                offer,
                State.OFFERED,
                offered,
                now,
            )
            await store.insert(connection, one)
            await self._say(connection, one, "offered")
        return await self.get(one.name)

    async def decide(self, name: str, version: int, wanted: DecideDataService) -> DataServiceDetail:
        """Approve a version that somebody else offers, or refuse it.

        Raises:
            NoSuchService, ServiceNotWaiting: it cannot be done.
            OwnService: whoever acts offers it himself.
            OutsideOfReach: he does not decide there.
            HashDiffers: the definitions are not the ones that he looked at.
            NothingInSight: he himself sees nothing of it.
        """
        said = Said(wanted.said)
        one = self._version(await store.versions(self._pool, name), version)
        if standing.mine(one):
            raise OwnService(where="version")
        require(one.offer.organisation, where="version")
        hashed, granted = "", None
        if said is Said.APPROVED:
            hashed = await self._hash(one)
            if hashed != wanted.hash:
                raise HashDiffers(where="hash")
            granted = await self._seen(one.offer, within=one.offered)
        return await self._move(one, said, wanted.note, granted=granted, hashed=hashed)

    async def revoke(self, name: str, version: int, wanted: RevokeDataService) -> DataServiceDetail:
        """Let nobody call a version any more: its owner, or whoever decides there.

        Raises:
            NoSuchService, ServiceNotWaiting: it cannot be done.
            OutsideOfReach: whoever acts is neither.
        """
        one = self._version(await store.versions(self._pool, name), version)
        if not (standing.mine(one) or standing.decides(one)):
            raise OutsideOfReach(where="version")
        return await self._move(
            one, Said.REVOKED, wanted.note, granted=one.granted, hashed=one.hash
        )

    async def _move(
        self, one: Service, said: Said, note: str, *, granted: Grant | None, hashed: str
    ) -> DataServiceDetail:
        """Do something with a version: nobody else does meanwhile."""
        async with self._pool.acquire() as connection, connection.transaction():
            await store.lock(connection, one.name)
            all_of = await store.versions(connection, one.name)
            now = self._version(all_of, one.version)
            state = move(now.state, said)
            if state is None:
                state_zh = STATES_ZH[now.state]
                raise ServiceNotWaiting(where="state", state=now.state.value, state_zh=state_zh)
            actor = current().actor
            moved = replace(
                now,
                state=state,
                granted=granted,
                hash=hashed,
                decided_by=actor.display_name or actor.name,
                decided_at=self._clock.now(),
                note=note.strip(),
            )
            for other in all_of if said is Said.APPROVED else ():
                if other.state is State.APPROVED:
                    await store.decide(connection, replace(other, state=State.REPLACED))
            await store.decide(connection, moved)
            await self._say(connection, moved, said.value)
        return await self.get(one.name)

    # ---- what it gives -------------------------------------------------------------------------

    async def call(
        self, name: str, *, period: str, skip: int, limit: int, digest: str
    ) -> ServedData:
        """Return a page of what a service gives.

        Args:
            name: of the service.
            period: whole months; empty: the last whole one.
            skip: so many rows are passed by.
            limit: so many at most, and no more than were approved; 0: as many as were.
            digest: of the answer whose next page this is; empty: it is the first.

        Raises:
            NoSuchService: there is none for whoever calls.
            ServiceNotInForce: it may not be called now.
            TooManyCalls: he called it as often as he may in this minute.
            PagesDoNotFit: the answer is not the one that the first page was of.
            UnreadablePeriod, NothingInSight, TooMuchAtOnce, NoStar, CountingTooBig: it cannot be
                counted.
        """
        one, granted = await self._callable(name)
        offer, now = one.offer, self._clock.now()
        actor = current().actor
        minute = now.replace(second=0, microsecond=0)
        by_name = actor.display_name or actor.name
        if not await store.count_call(
            self._pool, one, actor.account, by_name, minute=minute, at=now
        ):
            raise TooManyCalls(where="service", limit=offer.calls_per_minute)
        await self._forget_old_calls()
        period = period or month_text(month_of(self._today) - 1)
        end = skip + min(limit or offer.rows_max, offer.rows_max)
        page = await (self._figures if offer.gives == "figures" else self._rows)(
            offer, period, granted, slice(skip, end)
        )
        if (await self._callable(name))[0] != one:  # another version came while it was counted
            raise ServiceNotInForce(where="service", why="it is replaced", why_zh="已被新版本取代")
        if digest and digest != page.digest:
            raise PagesDoNotFit(where="digest")
        return ServedData(
            name=one.name,
            version=one.version,
            period=page.period,
            columns=list(offer.columns),
            rows=page.rows,
            total=page.total,
            next_skip=end if end < page.total else None,
            digest=page.digest,
            counted_at=now,
        )

    async def _figures(self, offer: Offer, period: str, granted: Grant, some: slice) -> Page:
        view = await self._indicators.explorations.explore(
            offer.codes, _asked(offer, period), by=offer.question["by"], within=granted.places
        )
        rows = giving.rows_of(view, offer.columns)
        return Page(view.period, rows[some], len(rows), giving.digest(rows))

    async def _rows(self, offer: Offer, period: str, granted: Grant, some: slice) -> Page:
        """Return rows of which all pages are of the same files; see :meth:`call`."""
        fact = await self._fact(offer, period)
        since = (await self._stands())[fact.name]
        view = await self._indicators.rows(
            offer.codes[0],
            _asked(offer, period),
            side=offer.side,
            skip=some.start,
            limit=some.stop - some.start,
            within=granted.places,
            also=(standing.ROWS,),
            columns=giving.shown_columns(offer.columns, fact) or [fact.key],
        )
        if (await self._stands())[fact.name] != since:
            raise PagesDoNotFit(where="digest")
        rows = giving.told_rows(view, offer.columns, offer.masked)
        of_all = giving.digest([[str(since), view.counted_by.hash, view.total, view.comes_to]])
        return Page(view.period, rows, view.total, of_all)

    async def _fact(self, offer: Offer, period: str) -> Fact:
        """Return what the rows are of; raises :class:`NotCounted`: there are none."""
        ground = self._indicators.ground
        one = ground.meant(
            await ground.book.now(self._today),
            offer.codes[0],
            _asked(offer, period),
            parse_period(period),
            by_doctor=False,
        )
        return counted_side(one, offer.side)[0].of_fact

    async def _forget_old_calls(self) -> None:
        """Forget calls that were long ago; each is in the trail in any case."""
        now = self._clock.elapsed_seconds()
        if self._forgot_at is None or now - self._forgot_at >= FORGET_SECONDS:
            self._forgot_at = now
            await store.forget_calls(self._pool, before=self._clock.now() - self._calls_kept)

    async def _callable(self, name: str) -> tuple[Service, Grant]:
        """Return the version that may be called, and what was granted of it."""
        mine = [one for one in await store.versions(self._pool, name) if standing.may_call(one)]
        if not mine:
            raise NoSuchService(where="name")
        one = next((one for one in mine if one.state is State.APPROVED), mine[0])
        why = standing.why_not(one, self._today, await self._hash(one))
        if why is not None:
            raise ServiceNotInForce(where="service", why=why.en, why_zh=why.zh)
        assert one.granted is not None  # noqa: S101 - what holds is approved
        return one, one.granted

    # ---- what is common to them ----------------------------------------------------------------

    @property
    def _today(self) -> date:
        return self._clock.now().astimezone(self._zone).date()

    async def _hash(self, one: Service) -> str:
        definitions = await self._indicators.ground.book.now(self._today)
        known = definitions.indicators
        codes = [x for x in one.offer.codes if x in known]
        return giving.definitions_hash([known[x] for x in codes], one.offer.question)

    async def _seen(self, offer: Offer, *, within: Grant | None = None) -> Grant:
        """Return what whoever acts sees himself of what is offered, within what another did."""
        period = parse_period(month_text(month_of(self._today) - 1))
        asked, rows = Asked(str(period), department=offer.organisation), offer.gives == "rows"
        also = (standing.READ, standing.ROWS) if rows else (standing.READ,)
        window, _ = await self._indicators.ground.window(asked, period, also=also)
        places = window.places if within is None else window.places.both(within.places)
        return Grant(places, rows)

    def _version(self, all_of: Sequence[Service], version: int) -> Service:
        for one in all_of:
            if one.version == version and standing.is_told(one):
                return one
        raise NoSuchService(where="version")

    async def _understood(self, wanted: OfferDataService) -> Offer:
        await self._saved.must_make_sense(wanted.question)
        said = wanted.model_dump(exclude={"name", "question"})
        offer = Offer(**said, question=wanted.question.model_dump())
        known = await self._columns(offer)
        for column in wanted.columns:
            if column not in known or wanted.columns.count(column) > 1:
                raise BadOffer(
                    where="columns",
                    why=f"'{column}' is no column of it, or is named twice",
                    why_zh=f"“{column}”不是其中的列，或重复",
                )
        if strange := [one for one in wanted.masked if one not in wanted.columns]:
            raise BadOffer(
                where="masked",
                why=f"'{strange[0]}' is none of the columns that are given",
                why_zh=f"“{strange[0]}”不在所提供的列中",
            )
        if wanted.last_on < wanted.first_on:
            raise BadOffer(
                where="last_on", why="it ends before it begins", why_zh="结束日期早于开始日期"
            )
        if not wanted.roles and not wanted.accounts:
            raise BadOffer(where="roles", why="nobody may call it", why_zh="没有调用方")
        unknown = [one for one in wanted.roles if one not in self._roles()]
        unknown += [
            name
            for name in wanted.accounts
            if await account_store.find_account(self._pool, name) is None
        ]
        if unknown:
            raise BadOffer(
                where="accounts",
                why=f"there is no role or account '{unknown[0]}'",
                why_zh=f"没有角色或账户“{unknown[0]}”",
            )
        return offer

    async def _columns(self, offer: Offer) -> list[str]:
        """Return what may be given.

        Raises:
            BadOffer: rows are of one indicator.
            NotCounted: there are no rows.
        """
        if offer.gives == "figures":
            return giving.columns_of(parse_by(offer.question["by"]))
        if len(offer.codes) > 1:
            raise BadOffer(
                where="question",
                why="rows are those of one indicator",
                why_zh="明细只能属于一个指标",
            )
        return giving.row_columns(await self._fact(offer, month_text(month_of(self._today) - 1)))

    async def _detail(self, name: str, some: Sequence[Service]) -> DataServiceDetail:
        codes = sorted({one.offer.organisation for one in some})
        names = await self._indicators.ground.names([(code,) for code in codes], "hospital")
        all_told = any(standing.mine(one) or standing.decides(one) for one in some)
        used = [
            x
            for x in await store.uses(self._pool, name)
            if all_told or x.account == current().actor.account
        ]
        return DataServiceDetail(
            name=name,
            versions=[
                standing.shown(one, names, today=self._today, hashed=await self._hash(one))
                for one in some
            ],
            uses=[ServiceUse(by=x.by_name, calls=x.calls, last_at=x.last_at) for x in used],
        )

    async def _say(self, connection: Connection, one: Service, said: str) -> None:
        offer = one.offer
        facts = {
            "service": one.name,
            "version": one.version,
            "organisation": offer.organisation,
            "question": dict(offer.question),
            "gives": offer.gives,
            "columns": list(offer.columns),
            "masked": list(offer.masked),
            "roles": list(offer.roles),
            "accounts": list(offer.accounts),
            "granted": one.granted.kept() if one.granted else None,
            "hash": one.hash,
            "note": one.note,
        }
        await self._log.append_act_within(connection, act(f"data_service.{said}", facts))


def _asked(offer: Offer, period: str) -> Asked:
    question = offer.question
    return Asked(
        period,
        hospital=question["hospital"],
        department=question["department"],
        doctor=question["doctor"],
        where=question["where"],
    )
