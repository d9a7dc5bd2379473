"""Looks in an emergency (break-glass): opened with a reason, limited in time, reviewed by another.

Who may look at all is not changed by it: what lies outside of somebody's organisations stays there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.clock import Clock, IdSource
from lianyi.messagelog.log import NoSuchMessage
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.acts import act
from lianyi.security.audit import store as channel_store
from lianyi.security.privacy import store
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.consents import checked_patient
from lianyi.security.privacy.failures import (
    AlreadyReviewed,
    NobodyToOpen,
    NoSuchGlass,
    OwnGlass,
    UnknownReason,
)
from lianyi.security.privacy.model import Glass, GlassReason
from lianyi.security.privacy.notices import Notices
from lianyi.security.privacy.paging import Place, reach_here

log = structlog.get_logger(__name__)


class Glasses:
    """Opens, ends and reviews looks in an emergency; each is an act."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        book: ClassificationBook,
        notices: Notices,
    ) -> None:
        self._notices = notices
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._book = book

    async def open(
        self,
        *,
        position: Position | None,
        patient: str | None,
        reason: str,
        words: str,
        minutes: int | None,
    ) -> Glass:
        """Let whoever acts now see all data of a patient for some minutes.

        Args:
            position: of a message, whose patient it is about.
            patient: ``value^authority``, instead of a message.
            reason: name of one of the classification's reasons.
            words: what he says.
            minutes: how long; None: as usual. More than the most there are is cut to that.

        Raises:
            UnknownReason: the reason is not on the list.
            NobodyToOpen, NoSuchPatient: neither a message nor a patient is named.
            NoSuchMessage: there is none, or none within reach.
        """
        self._reason(reason)
        channel, organisation = 0, current().actor.organisation
        if position is not None:
            patients, channel, organisation = await self._of_message(position)
        elif patient:
            patients = [checked_patient(patient)]
        else:
            raise NobodyToOpen(where="position")
        return await self.open_for(
            patients,
            organisation=organisation,
            channel=channel,
            position=position,
            reason=reason,
            words=words,
            minutes=minutes,
        )

    async def open_for(
        self,
        patients: Sequence[str],
        *,
        organisation: str,
        channel: int,
        reason: str,
        words: str,
        minutes: int | None,
        position: Position | None = None,
    ) -> Glass:
        """Do what :meth:`open` does for patients of whom the caller knows that they are in reach.

        Args:
            patients: ``value^authority``.
            organisation: whose data, so whose people review it.
            channel: that brought them.
            reason: name of one of the classification's reasons.
            words: what he says.
            minutes: how long; None: as usual.
            position: of a message that names no patient, when there are none.

        Raises:
            UnknownReason: the reason is not on the list.
        """
        chosen = self._reason(reason)
        classification, actor = self._book.now, current().actor
        lasts = min(minutes or classification.glass_minutes, classification.glass_minutes_max)
        now = self._clock.now()
        new = Glass(
            self._ids.new_id(),
            actor.account,
            actor.name,
            tuple(patients),
            "" if patients else str(position),
            organisation,
            chosen.purpose,
            chosen.name,
            words,
            now,
            now + timedelta(minutes=lasts),
        )
        facts = {
            "glass": str(new.glass),
            "reason": new.reason,
            "words": words,
            "minutes": lasts,
            "purpose": new.purpose.value,
            "organisation": organisation,
        }
        async with self._pool.acquire() as connection, connection.transaction():
            await store.insert_glass(connection, new)
            new_act = act("glass.broken", facts, about=position, channel=channel, whose=patients)
            await self._log.append_act_within(connection, new_act)
            await account_store.tell(connection)
        self._notices.forget()
        log.warning("glass.broken", glass=str(new.glass), by=actor.name, reason=new.reason)
        return new

    def _reason(self, name: str) -> GlassReason:
        known = {one.name: one for one in self._book.now.reasons}
        if name not in known:
            raise UnknownReason(where="reason", known=", ".join(known))
        return known[name]

    async def _of_message(self, position: Position) -> tuple[list[str], int, str]:
        """Return the patients of a message, its channel and the organisation that it belongs to."""
        message = await self._log.get(position)
        channels = {one.channel: one for one in await channel_store.channels(self._pool)}
        found = channels.get(message.channel)
        organisation = found.organisation if found else ""
        if not current().sees(organisation):
            raise NoSuchMessage(where=str(position))
        patients = [key[2:] for key in message.keys if key.startswith("p:")]
        return list(dict.fromkeys(patients)), message.channel if found else 0, organisation

    async def end(self, glass: UUID) -> Glass:
        """End one's own look now; raises :class:`NoSuchGlass`."""
        now = self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_glass(connection, glass)
            if found is None or found.account != current().actor.account:
                raise NoSuchGlass(where="glass")
            if found.until > now:
                await store.end_glass(connection, glass, now)
                ended = act("glass.ended", {"glass": str(glass)}, whose=found.patients)
                await self._log.append_act_within(connection, ended)
            return await self._read(connection, glass)

    async def page(
        self, *, unreviewed: bool, before: Place | None, limit: int
    ) -> tuple[list[Glass], int]:
        """Return looks at data of organisations within reach, and how many wait for a review."""
        organisations = reach_here()
        found = await store.list_glass(
            self._pool,
            unreviewed=unreviewed,
            account=None,
            organisations=organisations,
            before=before,
            limit=limit,
        )
        return found, await store.count_unreviewed(self._pool, organisations)

    async def mine(self) -> list[Glass]:
        """Return the looks of whoever asks that last."""
        return await store.open_glass(self._pool, current().actor.account, self._clock.now())

    async def review(self, glass: UUID, *, justified: bool, remark: str) -> Glass:
        """Say whether a look was justified.

        Raises:
            NoSuchGlass: there is none, or none within reach.
            OwnGlass: it was his own.
            AlreadyReviewed: somebody did it before.
        """
        access, now = current(), self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            found = await store.lock_glass(connection, glass)
            if found is None or not access.sees(found.organisation):
                raise NoSuchGlass(where="glass")
            if found.account == access.actor.account:
                raise OwnGlass(where="glass")
            if found.reviewed_by is not None:
                raise AlreadyReviewed(where="glass", by=found.reviewed_by)
            await store.review_glass(
                connection,
                glass,
                by=access.actor.name,
                at=now,
                justified=justified,
                remark=remark,
            )
            facts = {
                "glass": str(glass),
                "by": found.name,
                "justified": justified,
                "remark": remark,
            }
            reviewed = act("glass.reviewed", facts, whose=found.patients)
            await self._log.append_act_within(connection, reviewed)
            return await self._read(connection, glass)

    async def _read(self, connection: asyncpg.pool.PoolConnectionProxy, glass: UUID) -> Glass:
        found = await store.lock_glass(connection, glass)
        assert found is not None  # noqa: S101 - it is locked
        return found
