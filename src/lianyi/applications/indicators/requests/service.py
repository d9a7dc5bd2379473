"""Requests for figures: filed, decided by a second person, answered, seen for a time.

What is seen of an answer is counted in one window: that of whoever looks, within what was granted.
What was granted is what the decider could see himself where the request is about, at that moment.
So nobody sees by a request more than his own roles show him, or more than the decider's did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.explored_views import ExploredView
from lianyi.applications.indicators.granting import Grant
from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.requests import request_store as store
from lianyi.applications.indicators.requests.failures import (
    AnswerClosed,
    NoSuchRequest,
    NotInThisState,
    OwnRequest,
    RequestChanged,
    RowsNotGranted,
    RowsNotYours,
    TooManyOpen,
)
from lianyi.applications.indicators.requests.model import (
    CLOSED,
    OF_DECIDER,
    OF_REQUESTER,
    OPEN,
    Ask,
    Request,
    Said,
    State,
    Word,
    move,
)
from lianyi.applications.indicators.requests.showing import detail, shown
from lianyi.applications.indicators.requests.views import (
    AmendFigureRequest,
    AnswerFigureRequest,
    AskFigures,
    DecideFigureRequest,
    EndFigureRequest,
    FigureRequest,
    FigureRequestDetail,
    FigureRequests,
)
from lianyi.applications.indicators.saved.service import SavedQuestions
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.sight import OWN
from lianyi.applications.indicators.views import RowsOf, RowsView
from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.access import current, require
from lianyi.security.acts import act
from lianyi.security.model import EVERYWHERE

OPEN_MAX: Final = 50
READ: Final = "indicators.read"
ROWS: Final = "indicators.rows"
DECIDE: Final = "requests.decide"
ANSWER: Final = "requests.answer"
STATES_ZH: Final = {
    State.ASKED: "待审批",
    State.RETURNED: "待补充",
    State.APPROVED: "已批准",
    State.REFUSED: "未批准",
    State.ANSWERED: "已答复",
    State.WITHDRAWN: "已撤回",
    State.REVOKED: "已收回",
}


class Answer(NamedTuple):
    """What an answer counts: indicators, asked so and put together so, within what is granted."""

    codes: list[str]
    asked: Asked
    by: str
    granted: Grant


class FigureRequestDesk:
    """Takes requests, lets second persons decide, and shows what was answered."""

    def __init__(
        self,
        house: tuple[asyncpg.Pool, PostgresLog, Clock, IdSource],
        *,
        indicators: IndicatorService,
        saved: SavedQuestions,
    ) -> None:
        """Take requests.

        Args:
            house: the database as the doors see it, the log, the time, numbers.
            indicators: counts, and names places.
            saved: knows which questions can be asked.
        """
        self._pool, self._log, self._clock, self._ids = house
        self._indicators = indicators
        self._saved = saved

    # ---- what is there -------------------------------------------------------------------------

    async def page(self, *, is_open: bool, skip: int, limit: int) -> FigureRequests:
        """Return requests of whoever acts, and those that he decides or answers.

        Of the open ones the oldest come first; of the others what was done last.
        """
        actor = current().actor
        where = {*actor.reach.organisations(DECIDE), *actor.reach.organisations(ANSWER)}
        found = await store.page(
            self._pool,
            OPEN if is_open else CLOSED,
            newest_first=not is_open,
            account=actor.account,
            organisations=None if EVERYWHERE in where else where,
            skip=skip,
            limit=limit + 1,
        )
        return FigureRequests(
            items=await self._shown(found[:limit]),
            next_skip=skip + limit if len(found) > limit else None,
        )

    async def get(self, request: UUID) -> FigureRequestDetail:
        """Return one with all that was done with it; raises :class:`NoSuchRequest`."""
        one = await self._found(request)
        (view,) = await self._shown([one])
        return detail(view, await store.words(self._pool, request))

    # ---- what is done --------------------------------------------------------------------------

    async def file(self, wanted: AskFigures) -> FigureRequestDetail:
        """File a request.

        Raises:
            UnreadablePeriod, NoSuchIndicator, BadSlice, TooMuchAtOnce: it cannot be asked.
            NothingInSight: whoever acts sees nothing of that place.
            RowsNotYours: he asks for rows, and may see none.
            TooManyOpen: he has as many open requests as are kept.
        """
        ask = await self._understood(wanted)
        actor, now = current().actor, self._clock.now()
        one = Request(
            self._ids.new_id(),
            actor.account,
            actor.display_name or actor.name,
            ask,
            State.ASKED,
            1,
            now,
            now,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            if await store.count_open(connection, actor.account) >= OPEN_MAX:
                raise TooManyOpen(where="requests", limit=OPEN_MAX)
            await store.insert(connection, one)
            await self._say(connection, one, Said.FILED, "")
        return await self.get(one.request)

    async def amend(self, request: UUID, wanted: AmendFigureRequest) -> FigureRequestDetail:
        """Say a request of one's own anew, and so ask for the decision again.

        Raises:
            NoSuchRequest, RequestChanged, NotInThisState: it cannot be done.
            UnreadablePeriod and others: see :meth:`file`.
        """
        _must_be_his(await self._found(request), Said.AMENDED)
        ask = await self._understood(wanted)
        return await self._move(
            request, Said.AMENDED, wanted.version, wanted.note, lambda one: replace(one, ask=ask)
        )

    async def decide(self, request: UUID, wanted: DecideFigureRequest) -> FigureRequestDetail:
        """Approve somebody else's request, refuse it, or ask back.

        Raises:
            NoSuchRequest, RequestChanged, NotInThisState: it cannot be done.
            OwnRequest: whoever acts filed it.
            OutsideOfReach: he does not decide there.
            NothingInSight: he himself sees nothing of what it is about, or no rows of it.
        """
        said = Said(wanted.said)
        if said is not Said.APPROVED:
            return await self._move(request, said, wanted.version, wanted.note, lambda one: one)
        one = await self._found(request)
        _must_be_his(one, said)
        granted = await self._grant(one.ask)
        return await self._move(
            request,
            said,
            wanted.version,
            wanted.note,
            lambda now: replace(now, granted=granted, open_days=wanted.open_days),
        )

    async def answer(self, request: UUID, wanted: AnswerFigureRequest) -> FigureRequestDetail:
        """Attach the exploration that answers; the time begins with the first one.

        Raises:
            NoSuchRequest, RequestChanged, NotInThisState: it cannot be done.
            OutsideOfReach: whoever acts does not answer there.
            NoSuchIndicator, BadSlice, TooMuchAtOnce: it cannot be asked.
        """
        await self._saved.must_make_sense(wanted.question)
        said, now = wanted.question.model_dump(), self._clock.now()

        def answered(one: Request) -> Request:
            until = one.open_until or now + timedelta(days=one.open_days)
            return replace(one, answer=said, open_until=until)

        return await self._move(request, Said.ANSWERED, wanted.version, wanted.note, answered)

    async def withdraw(self, request: UUID, wanted: EndFigureRequest) -> FigureRequestDetail:
        """End a request of one's own; raises as :meth:`amend`."""
        return await self._move(
            request, Said.WITHDRAWN, wanted.version, wanted.note, lambda one: one
        )

    async def revoke(self, request: UUID, wanted: EndFigureRequest) -> FigureRequestDetail:
        """Take an approval back: from now on nobody sees the answer; raises as :meth:`decide`."""
        return await self._move(request, Said.REVOKED, wanted.version, wanted.note, lambda one: one)

    # ---- what was answered ---------------------------------------------------------------------

    async def figures(self, request: UUID) -> ExploredView:
        """Return the answer, counted in one's own window and within what was granted.

        Raises:
            NoSuchRequest: there is none that whoever acts may see.
            AnswerClosed: there is no answer to see, or not any more.
            NothingInSight: what was granted is not in his sight.
            NoStar, CountingTooBig: it cannot be counted now.
        """
        one = await self.answer_of(request)
        return await self._indicators.explorations.explore(
            one.codes, one.asked, by=one.by, within=one.granted.places
        )

    async def rows(
        self, request: UUID, code: str, *, side: RowsOf, skip: int, limit: int
    ) -> RowsView:
        """Return the rows behind an indicator of the answer.

        Raises:
            RowsNotGranted: figures were approved alone, or of other indicators.
            NotCounted: there are no rows behind it.
            NoSuchRequest, AnswerClosed, NothingInSight, NoStar: see :meth:`figures`.
        """
        one = await self.answer_of(request, rows_of=code)
        return await self._indicators.rows(
            code, one.asked, side=side, skip=skip, limit=limit, within=one.granted.places
        )

    async def answer_of(self, request: UUID, *, rows_of: str = "") -> Answer:
        """Return what an answer counts; ``rows_of``: an indicator whose rows are to be shown.

        Raises:
            RowsNotGranted: they were not approved.
            NoSuchRequest, AnswerClosed: see :meth:`figures`.
        """
        one = await self._found(request)
        if not can_be_seen(one, self._clock.now()) or one.granted is None or one.answer is None:
            raise AnswerClosed(where="request")
        codes = [code.strip() for code in one.answer["codes"].split(",")]
        if rows_of and not (one.granted.rows and rows_of in codes):
            raise RowsNotGranted(where="rows")
        return Answer(codes, _asked(one, one.answer), one.answer["by"], one.granted)

    # ---- what is common to them ----------------------------------------------------------------

    async def _shown(self, found: list[Request]) -> list[FigureRequest]:
        now = self._clock.now()
        codes = sorted({one.ask.organisation for one in found})
        names = await self._indicators.ground.names([(code,) for code in codes], "hospital")
        return [
            shown(
                one,
                names,
                own=mine(one),
                is_open=can_be_seen(one, now),
                may=[said for said in Said if said is not Said.FILED and may(one, said)],
            )
            for one in found
        ]

    async def _found(self, request: UUID, ask: Connection | None = None) -> Request:
        found = await store.find(ask or self._pool, request, locked=ask is not None)
        if found is None or not is_told(found):
            raise NoSuchRequest(where="request")
        return found

    async def _understood(self, wanted: AskFigures) -> Ask:
        if wanted.question is not None:
            await self._saved.must_make_sense(wanted.question)
        reach = current().actor.reach
        if wanted.wants_rows and not any(reach.organisations(one) for one in (ROWS, OWN)):
            raise RowsNotYours(where="rows")
        period = parse_period(wanted.period)
        asked = Asked(wanted.period, department=wanted.organisation)
        await self._indicators.ground.window(asked, period)
        return Ask(
            wanted.words.strip(),
            wanted.purpose.strip(),
            wanted.period,
            wanted.organisation,
            wanted.wants_rows,
            wanted.needed_on,
            wanted.question.model_dump() if wanted.question else None,
        )

    async def _grant(self, ask: Ask) -> Grant:
        """Return what whoever acts can grant: what he sees himself of what is asked for."""
        also = (READ, ROWS) if ask.wants_rows else (READ,)
        window, _ = await self._indicators.ground.window(
            Asked(ask.period, department=ask.organisation), parse_period(ask.period), also=also
        )
        return Grant(window.places, ask.wants_rows)

    async def _move(
        self,
        request: UUID,
        said: Said,
        version: int,
        note: str,
        change: Callable[[Request], Request],
    ) -> FigureRequestDetail:
        """Do something with a request: nobody else does meanwhile, and nobody did since."""
        async with self._pool.acquire() as connection, connection.transaction():
            one = await self._found(request, connection)
            _must_be_his(one, said)
            if one.version != version:
                raise RequestChanged(where="version")
            state = move(one.state, said)
            if state is None:
                state_zh = STATES_ZH[one.state]
                raise NotInThisState(where="state", state=one.state.value, state_zh=state_zh)
            moved = replace(
                change(one), state=state, version=version + 1, changed_at=self._clock.now()
            )
            await store.update(connection, moved)
            await self._say(connection, moved, said, note)
        return await self.get(request)

    async def _say(self, connection: Connection, one: Request, said: Said, note: str) -> None:
        ask = one.ask
        facts = {
            "request": str(one.request),
            "version": one.version,
            "words": ask.words,
            "used_for": ask.purpose,
            "organisation": ask.organisation,
            "period": ask.period,
            "rows": ask.wants_rows,
            "granted": one.granted.kept() if one.granted else None,
            "answer": dict(one.answer) if one.answer else None,
            "note": note.strip(),
        }
        position: Position = await self._log.append_act_within(
            connection, act(f"figure_request.{said.value}", facts)
        )
        actor = current().actor
        word = Word(
            said, one.version, note.strip(), actor.display_name or actor.name, one.changed_at
        )
        await store.insert_word(
            connection, one.request, word, account=actor.account, position=position
        )


def mine(one: Request) -> bool:
    """Tell whether whoever acts filed it."""
    return one.account == current().actor.account


def is_told(one: Request) -> bool:
    """Tell whether whoever acts is told of it at all: it is his, or he decides or answers there."""
    reach = current().actor.reach
    return mine(one) or any(reach.covers(name, one.ask.organisation) for name in (DECIDE, ANSWER))


def may(one: Request, said: Said) -> bool:
    """Tell whether whoever acts may do this with it now."""
    if move(one.state, said) is None:
        return False
    if said in OF_REQUESTER:
        return mine(one)
    reach = current().actor.reach
    if said in OF_DECIDER:
        return not mine(one) and reach.covers(DECIDE, one.ask.organisation)
    return reach.covers(ANSWER, one.ask.organisation)


def can_be_seen(one: Request, now: datetime) -> bool:
    """Tell whether its answer can be seen at this time."""
    return one.state is State.ANSWERED and one.open_until is not None and now < one.open_until


def _must_be_his(one: Request, said: Said) -> None:
    """Do nothing when it is for whoever acts to do this.

    Raises:
        NoSuchRequest: it is for whoever filed it alone.
        OwnRequest: it is for a second person.
        OutsideOfReach: he has not the right there.
    """
    if said in OF_REQUESTER:
        if not mine(one):
            raise NoSuchRequest(where="request")
        return
    if said in OF_DECIDER and mine(one):
        raise OwnRequest(where="request")
    require(one.ask.organisation, where="request")


def _asked(one: Request, question: Mapping[str, str]) -> Asked:
    """Return what is asked: the analyst's cut, in the period of the request."""
    return Asked(
        one.ask.period,
        hospital=question["hospital"],
        department=question["department"],
        doctor=question["doctor"],
        where=question["where"],
    )
