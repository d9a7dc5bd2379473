"""Reports as people meet them; each use case is one method."""

from __future__ import annotations

import asyncio
import importlib.resources
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, Literal
from uuid import UUID

from lianyi.applications.indicators.periods import parse_period
from lianyi.applications.indicators.reports import keeping
from lianyi.applications.indicators.reports import report_store as store
from lianyi.applications.indicators.reports.calling import Call, days_now, next_due
from lianyi.applications.indicators.reports.failures import (
    BadReport,
    NoSuchReport,
    NotYourReport,
    RunNotParked,
    TooManyReports,
)
from lianyi.applications.indicators.reports.files import TYPES, File, Files
from lianyi.applications.indicators.reports.gathering import Days
from lianyi.applications.indicators.reports.model import (
    PartOf,
    Report,
    Run,
    Says,
    State,
    Template,
    may_move,
)
from lianyi.applications.indicators.reports.running import PERMISSION, House, Maker
from lianyi.applications.indicators.reports.tables import Language, said
from lianyi.applications.indicators.reports.views import (
    ChangeReport,
    OrderReport,
    ReportList,
    ReportTrouble,
    ReportView,
    RunReport,
    RunView,
    TemplateView,
)
from lianyi.applications.indicators.wording import said_of
from lianyi.base.errors import LianyiError, from_record
from lianyi.base.plain_yaml import plain_yaml
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store
from lianyi.security.access import acting, current, platform
from lianyi.security.acts import act

RUNS_IN_LIST: Final = 1
RUNS_OF_ONE: Final = 100
LIST_MAX: Final = 500
ALARMS_MAX: Final = 50
SHIPPED: Final = "shipped"


@cache
def templates() -> tuple[Template, ...]:
    """Return the reports that the product brings to begin with, by name."""
    folder = importlib.resources.files(__package__ or "") / SHIPPED
    files = sorted((one for one in folder.iterdir()), key=lambda one: one.name)
    return tuple(
        Template.model_validate(plain_yaml(one.read_text("utf-8")))
        for one in files
        if one.name.endswith(".yaml")
    )


class Reports:
    """Orders reports, shows them and their runs."""

    def __init__(self, house: House, maker: Maker, files: Files) -> None:
        """Serve a house.

        Args:
            house: what making reports needs.
            maker: is woken when somebody asks for one.
            files: saves what is no report; knows which boards and indicators there are.
        """
        self._house = house
        self.maker = maker
        self._files = files
        self._indicators = files.indicators

    async def board(
        self,
        name: str,
        *,
        month: str,
        hospital: str,
        form: Literal["csv", "xlsx", "pdf"],
        language: Language,
    ) -> File:
        """Save a board as it stands now.

        Raises:
            BadBoard, UnreadablePeriod, NothingInSight, NoStar, CountingTooBig: see
                ``IndicatorService.board``.
        """
        if form != "pdf":
            return await self._files.board(
                name, month=month, hospital=hospital, form=form, language=language
            )
        from lianyi.applications.indicators.reports.printing import print_paper

        first, last = _month_days(month or f"{_month_before(self._today):%Y-%m}", self._today)
        title = said(said_of(self._indicators.find_board(name).title), language)
        says = Says(
            title=title,
            sections=(PartOf(kind="board", board=name),),
            hospital=hospital,
            language=language,
        )
        now = self._house.clock.now().astimezone(self._house.zone)
        headed = f"{title} · {now:%Y-%m-%d %H:%M} · {current().actor.name}"
        paper = await self._house.gatherer.paper(says, Days(first, last), headed=headed)
        font = self._house.settings.font_file
        content, _ = await asyncio.to_thread(partial(print_paper, paper, font_file=font))
        return File(f"{name}-{last:%Y-%m}.pdf", TYPES["pdf"], content)

    @property
    def _today(self) -> date:
        return self._house.clock.now().astimezone(self._house.zone).date()

    async def list_reports(self) -> ReportList:
        """Return the reports that whoever asks ordered or reads, and those to begin with."""
        found = await store.list_reports(self._house.pool, limit=LIST_MAX)
        runs = await store.last_runs(
            self._house.pool, [one.report for one in found], each=RUNS_IN_LIST
        )
        return ReportList(
            items=[self._view(one, runs) for one in found],
            templates=[
                TemplateView(
                    template=one.template,
                    title=one.title,
                    sections=list(one.sections),
                    schedule=one.schedule,
                )
                for one in templates()
            ],
            mails=bool(self._house.mail.host),
        )

    async def get_report(self, report: UUID) -> ReportView:
        """Return a report with its runs; raises :class:`NoSuchReport`."""
        return await self._shown(await self._seen(report))

    async def order(self, wanted: OrderReport) -> ReportView:
        """Order a report: it is made with the sight of whoever orders it.

        Raises:
            BadReport: it cannot be made, or may not be sent there.
            TooManyReports: he has ordered as many as he may.
        """
        house, access, now = self._house, current(), self._house.clock.now()
        readers = await self._check(wanted.says)
        report = Report(
            house.ids.new_id(),
            access.actor.account,
            1,
            wanted.says,
            _acting(),
            readers,
            wanted.is_on,
            now,
            None,
            None,
            now,
        )
        async with house.pool.acquire() as connection, connection.transaction():
            if await store.count_reports(connection, report.account) >= house.settings.reports_max:
                raise TooManyReports(where="reports", most=house.settings.reports_max)
            await store.insert_report(connection, report)
            await self._act(connection, "report.ordered", report)
        return await self._shown(report)

    async def change(self, report: UUID, wanted: ChangeReport) -> ReportView:
        """Let a report of one's own say something else from now on.

        Raises:
            NoSuchReport, NotYourReport: it is not there, or another's.
            BadReport: it cannot be made, may not be sent there, or has changed since it was read.
        """
        before = await self._own(report)
        readers = await self._check(wanted.says)
        now = self._house.clock.now()
        changed = Report(
            before.report,
            before.account,
            wanted.version + 1,
            wanted.says,
            _acting(),
            readers,
            wanted.is_on,
            # What was due while it was off, or before it was due at all, is not made up for.
            before.since if before.is_on and before.says.schedule == wanted.says.schedule else now,
            None,
            None,
            now,
        )
        async with self._house.pool.acquire() as connection, connection.transaction():
            if not await store.change_report(connection, changed):
                why, why_zh = "it has changed since it was read", "读取之后已被修改"
                raise BadReport(where="version", why=why, why_zh=why_zh)
            await self._act(connection, "report.changed", changed)
        return await self._shown(changed)

    async def run(self, report: UUID, wanted: RunReport) -> ReportView:
        """Let a report of one's own be made now; raises NoSuchReport, NotYourReport, BadReport."""
        one = await self._own(report)
        house, now = self._house, self._house.clock.now()
        run = house.ids.new_id()
        first, last = self._days(one, wanted.month)
        says = one.says if wanted.mail else one.says.model_copy(update={"mails": ()})
        asked = Report(
            one.report, one.account, one.version, says, one.acting, one.readers, one.is_on,
            one.since, one.alarm, one.alarm_at, one.changed_at,
        )  # fmt: skip
        what = Call(f"now:{run}", first, last, now)
        async with house.pool.acquire() as connection, connection.transaction():
            await store.call(connection, run, asked, what, at=now)
            await self._act(connection, "report.asked", one, run=str(run), mail=wanted.mail)
        self.maker.wake()
        return await self._shown(one)

    def _days(self, one: Report, month: str) -> tuple[date, date]:
        if not month and one.says.schedule is not None:
            return days_now(one.says.schedule, self._today)
        return _month_days(month or f"{_month_before(self._today):%Y-%m}", self._today)

    async def retry(self, report: UUID, run: UUID) -> ReportView:
        """Try a run again that waits for a person.

        Raises:
            NoSuchReport, NotYourReport: it is not there, or another's.
            RunNotParked: it does not wait.
        """
        one = await self._own(report)
        house = self._house
        async with house.pool.acquire() as connection, connection.transaction():
            found = await store.find_run(connection, run)
            if found is None or found.report != one.report:
                raise NoSuchReport(where="run")
            after = State.MADE if found.sha256 and found.state is State.PARKED else State.DUE
            if found.state not in {State.PARKED, State.REFUSED} or not may_move(found.state, after):
                raise RunNotParked(where="run")
            await store.try_failed_again(connection, run)
            await store.put_state(
                connection,
                run,
                after,
                attempts=0,
                try_at=house.clock.now(),
                error=None,
                ended_at=None,
            )
            await self._act(connection, "report.retried", one, run=str(run))
        self.maker.wake()
        return await self._shown(one)

    async def file(self, report: UUID, run: UUID) -> File:
        """Return the PDF of a run.

        Raises:
            NoSuchReport: there is none that may be seen.
            ReportGone: its time is over.
        """
        await self._seen(report)
        found = await store.find_run(self._house.pool, run)
        if found is None or found.report != report:
            raise NoSuchReport(where="run")
        content = await asyncio.to_thread(keeping.get, self._house.folder, run, found.sha256)
        return File(f"report-{found.last_on}.pdf", TYPES["pdf"], content)

    async def alarms(self) -> list[tuple[LianyiError, datetime | None]]:
        """Return why reports were not sent, and since when.

        Everybody is told of his own; whoever may see everything, of all.
        """
        access = current()
        as_whom = platform(PERMISSION, access.operation) if access.sees_everything else access
        with acting(as_whom):
            found = await store.alarmed(self._house.pool, limit=ALARMS_MAX)
        return [
            (_named(one), one.alarm_at)
            for one in found
            if access.sees_everything or one.account == access.actor.account
        ]

    # ---- what is common to them ----------------------------------------------------------------

    async def _seen(self, report: UUID) -> Report:
        found = await store.find_report(self._house.pool, report)
        if found is None:
            raise NoSuchReport(where="report")
        return found

    async def _own(self, report: UUID) -> Report:
        found = await self._seen(report)
        if found.account != current().actor.account:
            raise NotYourReport(where="report")
        return found

    async def _check(self, says: Says) -> tuple[UUID, ...]:
        """Refuse what cannot be made or sent; return the accounts of its readers."""
        for part in says.sections:
            if part.kind == "board":
                self._indicators.find_board(part.board)
            for code in part.codes:
                await self._indicators.get_indicator(code)
        for address in says.mails:
            if not self._house.mail.takes(address):
                why = "mail goes to the domains of [mail] only"
                raise BadReport(where=address, why=why, why_zh="只能发往 [mail] 允许的域")
        readers = []
        for name in says.accounts:
            account = await account_store.find_account(self._house.pool, name)
            if account is None:
                raise BadReport(where=name, why="there is no such account", why_zh="没有该账户")
            readers.append(account.account)
        return tuple(readers)

    async def _act(
        self, connection: Connection, kind: str, report: Report, **facts: object
    ) -> None:
        said = {
            "report": str(report.report),
            "version": report.version,
            "is_on": report.is_on,
            "says": report.says.model_dump(mode="json"),
            **facts,
        }
        await self._house.log.append_act_within(connection, act(kind, said))

    async def _shown(self, report: Report) -> ReportView:
        runs = await store.last_runs(self._house.pool, [report.report], each=RUNS_OF_ONE)
        return self._view(report, runs)

    def _view(self, one: Report, runs: Sequence[Run]) -> ReportView:
        schedule = one.says.schedule if one.is_on else None
        now: datetime = self._house.clock.now()
        return ReportView(
            report=one.report,
            version=one.version,
            own=one.account == current().actor.account,
            is_on=one.is_on,
            says=one.says,
            next_at=next_due(schedule, now, self._house.zone) if schedule else None,
            alarm=ReportTrouble.of(one.alarm),
            alarm_at=one.alarm_at,
            changed_at=one.changed_at,
            runs=[_run_view(run) for run in runs if run.report == one.report],
        )


def _month_before(day: date) -> date:
    """Return the last day of the month before that of a day."""
    return day.replace(day=1) - timedelta(days=1)


def _month_days(month: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a month, as ``2026-03``.

    Raises:
        UnreadablePeriod: it is none, or it lies before 2000.
        BadReport: it has not begun.
    """
    period = parse_period(month)
    if period.first_day > today:
        raise BadReport(where="month", why="it has not begun", why_zh="该月尚未开始")
    return period.first_day, period.last_day


def _named(one: Report) -> LianyiError:
    """Return the failure of a report, where it says which report it is."""
    failure = from_record(one.alarm or {})
    failure.where = one.says.title
    return failure


def _run_view(run: Run) -> RunView:
    waits = run.state in {State.DUE, State.MADE}
    return RunView(
        run=run.run,
        key=run.key,
        version=run.version,
        first_on=run.first_on,
        last_on=run.last_on,
        due_at=run.due_at,
        state=run.state.value,
        attempts=run.attempts,
        try_at=run.try_at if waits else None,
        sha256=run.sha256.hex() if run.sha256 else None,
        bytes=run.bytes,
        pages=run.pages,
        watermark=run.watermark,
        made_at=run.made_at,
        mails=list(run.says.mails),
        told=list(run.told),
        failed=list(run.failed),
        error=ReportTrouble.of(run.error),
        ended_at=run.ended_at,
    )


def _acting() -> dict[str, Any]:
    """Return how somebody orders, so that a report is made as he would make it."""
    access = current()
    return {
        "purpose": access.purpose.value,
        "factors": list(access.actor.factors),
        "address": access.address,
    }
