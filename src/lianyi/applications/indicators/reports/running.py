"""Makes reports when they are due, and mails them; wherever the doors are served.

It works behind the same walls as the doors: a report is gathered as whoever ordered it, with the
rights that this account has at that moment. Who works on a run holds a lock of his connection and
writes down with the same connection, so that two processes never work on one; after a crash the
next one goes on where the row says. A file is written down once it is whole on the disk; a letter
keeps its Message-ID for ever, so that one which is sent again after a crash is known as the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from lianyi.applications.indicators.failures import NothingInSight
from lianyi.applications.indicators.reports import keeping, mailing
from lianyi.applications.indicators.reports import report_store as store
from lianyi.applications.indicators.reports.calling import last_call
from lianyi.applications.indicators.reports.failures import (
    MailRefused,
    MailUnavailable,
    ReportFailed,
    ReportGone,
    ReportNotAllowed,
)
from lianyi.applications.indicators.reports.gathering import Days, Gatherer
from lianyi.applications.indicators.reports.mailing import Letter
from lianyi.applications.indicators.reports.model import Report, Run, State
from lianyi.applications.indicators.reports.settings import MailSettings, ReportSettings
from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store
from lianyi.security.access import acting, platform
from lianyi.security.acts import act
from lianyi.security.model import Access, Purpose
from lianyi.security.signing_in import SigningIn

PERMISSION: Final = "indicators.export"
OPERATION: Final = "run_report"
LOOK_SECONDS: Final = 5.0
TIDY_SECONDS: Final = 3_600.0
TOGETHER: Final = 50
REPORTS_LOOKED_AT: Final = 10_000

log = structlog.get_logger(__name__)

AccessOf = Callable[[Report], Awaitable[Access | None]]


async def access_now(pool: asyncpg.Pool, signing_in: SigningIn, report: Report) -> Access | None:
    """Return as whom a report is made: whoever ordered it, with the rights that he has by now.

    Args:
        pool: of the database.
        signing_in: knows what an account may do.
        report: which.

    Returns:
        None: the account is closed, may not export indicators any more, or not for its purpose.
    """
    account = await account_store.account_of(pool, report.account)
    if account is None or account.state != "active":
        return None
    said = report.acting
    actor = await signing_in.actor_of(account, list(said["factors"]))
    purpose = Purpose(said["purpose"])
    if purpose not in {actor.purpose, *actor.purposes}:
        return None
    if not all(actor.reach.organisations(one) for one in (PERMISSION, "indicators.read")):
        return None
    return Access(actor, PERMISSION, OPERATION, purpose, said["address"])


@dataclass(frozen=True)
class House:
    """What making reports needs.

    Attributes:
        pool, log, clock, ids, zone: of the house; the pool as the doors see it.
        gatherer: puts them together.
        access_of: says as whom one is made, now; None: nobody may.
        folder: where the files lie.
        mail, settings: the sections ``[mail]`` and ``[reports]``.
    """

    pool: asyncpg.Pool
    log: PostgresLog
    clock: Clock
    ids: IdSource
    zone: ZoneInfo
    gatherer: Gatherer
    access_of: AccessOf
    folder: Path
    mail: MailSettings
    settings: ReportSettings


class Maker:
    """Makes what is due and sends what is made."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._woken = asyncio.Event()
        self._called: dict[UUID, tuple[int, str]] = {}
        self._tidied = float("-inf")

    def wake(self) -> None:
        """Look at once: somebody asked for a report."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self.look()
            except (*STORE_ERRORS, LianyiError) as error:
                log.warning("reports.interrupted", kind=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_SECONDS)

    async def look(self) -> int:
        """Work on everything that can be worked on now; return how many runs that were."""
        house = self._house
        with acting(platform(PERMISSION, OPERATION)):
            await self._call()
            waiting = await store.waiting(house.pool, house.clock.now(), limit=TOGETHER)
            done = sum([await self._work(run) for run in waiting])
            if house.clock.elapsed_seconds() - self._tidied >= TIDY_SECONDS:
                self._tidied = house.clock.elapsed_seconds()
                await self.tidy()
        return done

    async def _call(self) -> None:
        """Write down which reports have become due."""
        house, now = self._house, self._house.clock.now()
        for report in await store.list_reports(house.pool, limit=REPORTS_LOOKED_AT):
            if not report.is_on or report.says.schedule is None:
                continue
            what = last_call(report.says.schedule, now, house.zone)
            if what is None or what.due_at <= report.since:
                continue
            if self._called.get(report.report) == (report.version, what.key):
                continue
            async with house.pool.acquire() as connection, connection.transaction():
                await store.call(connection, house.ids.new_id(), report, what, at=now)
            self._called[report.report] = (report.version, what.key)

    async def _work(self, run: UUID) -> bool:
        """Work on a run, unless somebody else does; return whether it was worked on."""
        house = self._house
        async with house.pool.acquire() as connection:
            if not await store.take(connection, run):
                return False
            try:
                found = await store.find_run(connection, run)
                report = await store.find_report(connection, found.report) if found else None
                if found is None or report is None or not self._can_go_on(found):
                    return False
                await _Work(house, connection, report).do(found)
                return True
            finally:
                with suppress(*STORE_ERRORS):
                    await store.leave(connection, run)

    def _can_go_on(self, run: Run) -> bool:
        waits = run.state in {State.DUE, State.MADE}
        return waits and run.try_at <= self._house.clock.now()

    async def tidy(self) -> None:
        """Remove files whose time is over."""
        house = self._house
        before = house.clock.now() - timedelta(days=house.settings.keep_days)
        with acting(platform(PERMISSION, OPERATION)):
            for run in await store.outdated(house.pool, before, limit=REPORTS_LOOKED_AT):
                async with house.pool.acquire() as connection, connection.transaction():
                    await store.forget_file(connection, run)
                await asyncio.to_thread(keeping.remove, house.folder, run)


class _Work:
    """One process working on one run."""

    def __init__(self, house: House, connection: Connection, report: Report) -> None:
        self._house = house
        self._connection = connection
        self._report = report

    async def do(self, run: Run) -> None:
        """Make it if it is due, and send it; whatever goes wrong is written down."""
        try:
            if run.state is State.DUE:
                run = await self._make(run)
            await self._send(run, await self._allowed())
        except STORE_ERRORS:
            raise  # it is taken up again
        except LianyiError as error:
            await self._failed(run, error)
        except Exception as error:  # noqa: BLE001 - whoever ordered it is told
            log.error("report.failed", kind=type(error).__name__)  # noqa: TRY400 - no traceback: what it counts is nobody's business
            await self._failed(run, ReportFailed(where="report", kind=type(error).__name__))

    async def _allowed(self) -> Access:
        """Return as whom, now; raises :class:`ReportNotAllowed`."""
        access = await self._house.access_of(self._report)
        if access is None:
            raise ReportNotAllowed(where="report")
        return access

    async def _make(self, run: Run) -> Run:
        house, access = self._house, await self._allowed()
        local = run.due_at.astimezone(house.zone)
        headed = f"{run.says.title} · {local:%Y-%m-%d %H:%M}"
        try:
            with acting(access):
                paper = await house.gatherer.paper(
                    run.says, Days(run.first_on, run.last_on), headed=headed
                )
        except NothingInSight as error:
            raise ReportNotAllowed(where="hospital") from error
        from lianyi.applications.indicators.reports.printing import print_paper

        content, pages = await asyncio.to_thread(
            partial(print_paper, paper, font_file=house.settings.font_file)
        )
        digest = await asyncio.to_thread(keeping.put, house.folder, run.run, content)
        async with self._connection.transaction():
            await store.put_made(
                self._connection,
                run.run,
                sha256=digest,
                size=len(content),
                pages=pages,
                watermark=paper.watermark,
                at=house.clock.now(),
            )
            facts = {"sha256": digest.hex(), "watermark": paper.watermark, "pages": pages}
            await self._act("report.made", run, access, **facts)
        found = await store.find_run(self._connection, run.run)
        assert found is not None  # noqa: S101 - it was read before, and nothing removes one
        return found

    async def _send(self, run: Run, access: Access) -> None:
        """Mail it to whom it has not reached yet; what goes to nobody is done."""
        house = self._house
        to = run.waits_for
        allowed = [one for one in to if house.mail.takes(one)]
        told: tuple[str, ...] = ()
        failed = {one: "[mail] domains" for one in to if one not in allowed}
        try:
            if allowed:
                letter = await self._letter(run)
                outcome = await mailing.send(letter, house.mail, allowed)
                told, failed = outcome.told, failed | outcome.failed
        except ReportGone:
            await self._move(run, State.DUE, attempts=run.attempts + 1)
            return
        async with self._connection.transaction():
            if told or failed:
                await store.put_told(self._connection, run.run, told, list(failed))
            if told:
                await self._act("report.sent", run, access, receivers=list(told))
        left = [one for one in allowed if one not in {*told, *failed}]
        if left:
            raise MailUnavailable(where=house.mail.host, why=f"{len(left)} / {len(to)}")
        if failed:
            why = "; ".join(f"{one}: {words}" for one, words in sorted(failed.items()))[:300]
            raise MailRefused(where=house.mail.host or "[mail]", why=why)
        await self._move(run, State.SENT)
        async with self._connection.transaction():
            await store.set_alarm(self._connection, run.report, None, house.clock.now())

    async def _letter(self, run: Run) -> Letter:
        house, says = self._house, run.says
        content = await asyncio.to_thread(keeping.get, house.folder, run.run, run.sha256)
        period = Days(run.first_on, run.last_on).words(says.language)
        domain = house.mail.sender.rpartition("@")[2]
        if says.language == "zh":
            text = f"{says.title}\n统计期：{period}\n\n数值见附件。本邮件由联医平台自动发送。\n"
        else:
            text = f"{says.title}\nPeriod: {period}\n\nThe figures are attached. Sent by Lianyi.\n"
        return Letter(
            f"{says.title} · {period}",
            text,
            f"report-{run.last_on:%Y-%m-%d}.pdf",
            content,
            mailing.message_id(run.report, run.key, domain),
            run.made_at or run.due_at,
        )

    async def _failed(self, run: Run, error: LianyiError) -> None:
        """Try again later, or leave it to a person and raise the alarm."""
        house = self._house
        found = await store.find_run(self._connection, run.run) or run
        attempts = found.attempts + 1
        again = error.category.retry or isinstance(error, ReportFailed)
        if isinstance(error, ReportNotAllowed):
            await self._end(found, State.REFUSED, error, attempts)
        elif not again or attempts >= house.settings.attempts_max:
            await self._end(found, State.PARKED, error, attempts)
        else:
            await self._move(found, found.state, attempts=attempts, error=error)

    async def _end(self, run: Run, state: State, error: LianyiError, attempts: int) -> None:
        now = self._house.clock.now()
        async with self._connection.transaction():
            await self._put(run, state, attempts=attempts, error=error, ended_at=now)
            await store.set_alarm(self._connection, run.report, error.record(), now)
            facts = {"code": error.code, "result": "failed"}
            await self._act(f"report.{state.value}", run, None, **facts)

    async def _move(
        self, run: Run, state: State, *, attempts: int = 0, error: LianyiError | None = None
    ) -> None:
        ended = self._house.clock.now() if state is State.SENT else None
        async with self._connection.transaction():
            await self._put(run, state, attempts=attempts, error=error, ended_at=ended)

    async def _put(
        self,
        run: Run,
        state: State,
        *,
        attempts: int,
        error: LianyiError | None,
        ended_at: datetime | None,
    ) -> None:
        house = self._house
        wait = house.settings.wait_seconds(attempts) if attempts else 0.0
        await store.put_state(
            self._connection,
            run.run,
            state,
            attempts=attempts,
            try_at=house.clock.now() + timedelta(seconds=wait),
            error=error.record() if error else None,
            ended_at=ended_at,
        )

    async def _act(self, kind: str, run: Run, by: Access | None, **facts: object) -> None:
        """Write down what was done, as whoever ordered it; a refusal is the platform's own."""
        said = {"report": str(run.report), "run": str(run.run), "key": run.key, **facts}
        await self._house.log.append_act_within(self._connection, act(kind, said, by=by))
