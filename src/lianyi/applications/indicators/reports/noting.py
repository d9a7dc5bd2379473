"""Notes on figures: why a value of some months jumped, seen by whoever sees the cell.

A change is another version and the author's own; nothing is taken away. Each is an act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

import asyncpg

from lianyi.applications.indicators.periods import Period, parse_period
from lianyi.applications.indicators.reports import note_store as store
from lianyi.applications.indicators.reports.failures import (
    NoSuchNote,
    NoteMoved,
    NoteNowhere,
    NotYourNote,
)
from lianyi.applications.indicators.reports.model import Note
from lianyi.applications.indicators.reports.views import (
    ChangeNote,
    NoteHistory,
    NoteList,
    NoteView,
    WriteNote,
)
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.sight import Sights
from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.acts import act

NOTES_MAX: Final = 500


class Noting:
    """What people write on figures."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        indicators: IndicatorService,
    ) -> None:
        """Keep notes.

        Args:
            pool: of the database; as the doors see it.
            log: takes the acts.
            clock: the time now.
            ids: names notes.
            indicators: knows which indicators there are.
        """
        self._pool = pool
        self._log = log
        self._clock = clock
        self._ids = ids
        self._indicators = indicators
        self._sights = Sights(pool)

    async def visible(
        self, codes: Sequence[str], months: tuple[int, int], *, also: Sequence[str] = ()
    ) -> list[Note]:
        """Return the notes on cells that whoever acts may see, the newest first.

        Args:
            codes: of indicators.
            months: first and last that they touch; see ``star.month_of``.
            also: permissions that he must have there, too.
        """
        sight = await self._sights.of_caller(also=also)
        if sight.nothing or sight.doctors is not None:
            return []
        found = await store.notes(self._pool, list(codes), months, limit=NOTES_MAX)
        return [one for one in found if sight.places.holds(one.hospital, one.department)]

    async def list_notes(
        self, code: str, *, period: str, hospital: str, department: str
    ) -> NoteList:
        """Return the notes on an indicator that touch a period.

        Args:
            code: of the indicator.
            period: whole months.
            hospital: code; empty: all that are seen.
            department: code; what is said of its hospital as a whole is told, too. Empty: all.

        Raises:
            UnreadablePeriod, TooMuchAtOnce: the period is none.
        """
        of = parse_period(period)
        found = await self.visible([code], (of.first, of.last))
        return NoteList(
            items=[
                self._view(one)
                for one in found
                if (hospital in {"", one.hospital} and department in {"", one.department})
                or (department and one.hospital == hospital and not one.department)
            ]
        )

    async def history(self, code: str, note: UUID) -> NoteHistory:
        """Return the versions of a note in their order; raises :class:`NoSuchNote`."""
        found = await store.versions(self._pool, note)
        await self._must_see(code, found)
        return NoteHistory(items=[self._view(one) for one in found])

    async def write(self, code: str, wanted: WriteNote) -> NoteView:
        """Write a note.

        Raises:
            NoSuchIndicator: there is none of this code.
            UnreadablePeriod, TooMuchAtOnce: the period is none.
            NoteNowhere: it names no hospital, and whoever writes does not see all of them.
            OutsideOfReach: whoever writes may not see the cell.
        """
        await self._indicators.get_indicator(code)
        period = parse_period(wanted.period)
        sight = await self._sights.of_caller(also=("indicators.read",))
        if not wanted.hospital and sight.places.hospitals is not None:
            raise NoteNowhere(where="hospital")
        if sight.doctors is not None or not sight.places.holds(wanted.hospital, wanted.department):
            raise OutsideOfReach(where="hospital")
        access = current()
        one = Note(
            self._ids.new_id(),
            1,
            code,
            wanted.hospital,
            wanted.department,
            period.first,
            period.last,
            wanted.words,
            False,
            access.actor.name,
            access.actor.display_name,
            access.actor.account,
            self._clock.now(),
        )
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._add(connection, "indicator_note.written", one)

    async def change(self, code: str, note: UUID, wanted: ChangeNote) -> NoteView:
        """Let a note of one's own say something else.

        Raises:
            NoSuchNote: there is none that may be seen.
            NotYourNote: somebody else wrote it.
            NoteMoved: it has changed since it was read, or was withdrawn.
            UnreadablePeriod, TooMuchAtOnce: the period is none.
        """
        period = parse_period(wanted.period)
        async with self._pool.acquire() as connection, connection.transaction():
            last = await self._own(connection, code, note, wanted.version)
            months = {"first_month": period.first, "last_month": period.last}
            changed = self._next(last, words=wanted.words, **months)
            return await self._add(connection, "indicator_note.changed", changed)

    async def withdraw(self, code: str, note: UUID, version: int) -> NoteView:
        """Withdraw a note of one's own; it is shown no more, and its history stays.

        Raises:
            NoSuchNote, NotYourNote, NoteMoved: see :meth:`change`.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            last = await self._own(connection, code, note, version)
            return await self._add(
                connection, "indicator_note.withdrawn", self._next(last, withdrawn=True)
            )

    async def _own(self, connection: Connection, code: str, note: UUID, version: int) -> Note:
        await store.lock(connection, note)
        found = await store.versions(connection, note)
        last = await self._must_see(code, found)
        if last.account != current().actor.account:
            raise NotYourNote(where="note")
        if last.version != version or last.withdrawn:
            raise NoteMoved(where="version")
        return last

    async def _must_see(self, code: str, found: Sequence[Note]) -> Note:
        sight = await self._sights.of_caller(also=("indicators.read",))
        if sight.doctors is not None or not found or found[-1].code != code:
            raise NoSuchNote(where="note")
        if not sight.places.holds(found[-1].hospital, found[-1].department):
            raise NoSuchNote(where="note")
        return found[-1]

    def _next(self, last: Note, **changed: object) -> Note:
        told = {"version": last.version + 1, "at": self._clock.now(), **changed}
        return replace(last, **told)  # type: ignore[arg-type]

    async def _add(self, connection: Connection, kind: str, one: Note) -> NoteView:
        """Write act and row in one transaction."""
        facts = {
            "note": str(one.note),
            "version": one.version,
            "code": one.code,
            "organisation": one.hospital,
            "department": one.department,
            "period": str(Period(one.first_month, one.last_month)),
            "words": one.words,
        }
        position = await self._log.append_act_within(connection, act(kind, facts))
        one = replace(one, shard=position.shard, number=position.number)
        await store.insert_note(connection, one)
        return self._view(one)

    @staticmethod
    def _view(one: Note) -> NoteView:
        return NoteView(
            note=one.note,
            version=one.version,
            code=one.code,
            hospital=one.hospital,
            department=one.department,
            period=str(Period(one.first_month, one.last_month)),
            first_month=str(Period(one.first_month, one.first_month)),
            last_month=str(Period(one.last_month, one.last_month)),
            words=one.words,
            author=one.shown_name or one.by_name,
            own=one.account == current().actor.account,
            withdrawn=one.withdrawn,
            at=one.at,
        )
