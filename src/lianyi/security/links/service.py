"""Making links, opening them once, and who acts by what they opened.

What a link opens is a session of the user for whom it was made, with the rights that he has just
then, cut to one record. Its token lives in the memory of the page and comes as a bearer token: a
frame of another site gets no cookie, and none of ours can be taken for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.base.errors import LianyiError
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection
from lianyi.security import account_store
from lianyi.security.access import current
from lianyi.security.account_store import AccountRecord, SessionRecord
from lianyi.security.acts import act
from lianyi.security.links import store
from lianyi.security.links.problems import LateLink, NotForThisUser, UnknownLink, UsedLink
from lianyi.security.links.settings import EmbeddingSettings
from lianyi.security.links.store import LinkRecord
from lianyi.security.model import Access, Actor, Confined, Purpose, Reach
from lianyi.security.signing_in import SigningIn
from lianyi.security.tokens import Kind, name_of, new_token, stored_form

FACTOR = "link"
READS = "clinical.read"
SHOWN_BY_LINKS = (READS, "glass.break")
"""All that somebody may do who came by a link, as far as he may do it anyway."""
KEPT = timedelta(days=1)


class MadeLink(NamedTuple):
    """A fresh link; ``shown`` is given to the system that asked, once."""

    shown: Sensitive[str]
    expires_at: datetime


class OpenedLink(NamedTuple):
    """What a link opened.

    Attributes:
        shown: token of the session; its page holds it and nobody else.
        record: number of the one record that it shows.
        ends_at: when it ends.
    """

    shown: Sensitive[str]
    record: str
    ends_at: datetime


class Links:
    """Makes and opens links to records; each is an act that names both systems and the user."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        signing_in: SigningIn,
        settings: EmbeddingSettings,
    ) -> None:
        """Let people in as ``signing_in`` knows them.

        Args:
            pool: of the database.
            messages: where acts are kept.
            clock: the time now.
            ids: gives identifiers.
            signing_in: says what an account may do.
            settings: how long links and what they open last.
        """
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._signing_in = signing_in
        self._settings = settings

    async def make(
        self, *, user: str, record: str, purpose: Purpose | None, channel: int, whose: Sequence[str]
    ) -> MadeLink:
        """Return a link for a user of the system that asks.

        Args:
            user: name of his account.
            record: number of the record, within the reach of the system.
            purpose: for which he looks; None: that of his roles.
            channel: that brought the record.
            whose: patient identifiers of the record.

        Raises:
            NotForThisUser: there is none within reach who may look for this purpose.
        """
        access, now = current(), self._clock.now()
        account = await account_store.find_account(self._pool, user)
        if account is None or account.kind != "person" or not access.sees(account.organisation):
            raise NotForThisUser(where="user")
        actor = await self._actor(account)
        meant = purpose or actor.purpose
        may = actor.reach.organisations(READS) and not (actor.must_change or actor.needs_factor)
        if account.state != "active" or not may or meant not in {actor.purpose, *actor.purposes}:
            raise NotForThisUser(where="user")
        token = new_token(Kind.LINK)
        link = LinkRecord(
            self._ids.new_id(),
            token.stored,
            access.actor.account,
            account.account,
            record,
            meant.value,
            now,
            now + timedelta(seconds=self._settings.link_seconds),
        )
        facts = {"link": str(link.link), "for": user, "record": record, "meant": meant.value}
        async with self._pool.acquire() as connection, connection.transaction():
            await store.insert_link(connection, link, forget_before=now - KEPT)
            made = act("link.made", facts, channel=channel, whose=whose)
            await self._log.append_act_within(connection, made)
        return MadeLink(token.shown, link.expires_at)

    async def open(self, shown: Sensitive[str], *, address: str, agent: str) -> OpenedLink:
        """Open a link, once.

        Args:
            shown: what its address carries.
            address: from where.
            agent: with which browser.

        Raises:
            UnknownLink: it is none.
            LateLink: it is too old, or its user may look no more.
            UsedLink: it was opened before; what it had opened ends.
        """
        stored = stored_form(shown, Kind.LINK)
        if stored is None:
            raise UnknownLink(where="link")
        async with self._pool.acquire() as connection, connection.transaction():
            link = await store.lock_link(connection, stored)
            if link is None:
                raise UnknownLink(where="link")
            failure = await self._fault(connection, link, address)
            if failure is None:
                return await self._begin(connection, link, address=address, agent=agent)
        raise failure

    async def _fault(
        self, connection: Connection, link: LinkRecord, address: str
    ) -> LianyiError | None:
        """Return why a link cannot be opened, and write that down; None: it can."""
        now = self._clock.now()
        account = await account_store.account_of(connection, link.account)
        failure: LianyiError | None = None
        if link.used_at is not None:
            failure = UsedLink(where="link")
            if link.session is not None:
                await account_store.end_sessions(
                    connection,
                    link.account,
                    why="its link was used again",
                    at=now,
                    only=name_of(link.session),
                )
                await account_store.tell(connection)
        elif now >= link.expires_at or account is None or account.state != "active":
            failure = LateLink(where="link")
        if failure is not None and account is not None:
            facts = await self._facts(link) | {"code": failure.code}
            by = Access(await self._actor(account), "", "open_link", Purpose(link.purpose), address)
            await self._log.append_act_within(connection, act("link.refused", facts, by=by))
        return failure

    async def _begin(
        self, connection: Connection, link: LinkRecord, *, address: str, agent: str
    ) -> OpenedLink:
        token, now = new_token(Kind.EMBEDDED), self._clock.now()
        ends_at = now + timedelta(minutes=self._settings.session_minutes)
        await account_store.insert_session(
            connection,
            SessionRecord(
                token.stored, link.account, now, now, ends_at, address, agent[:200], [FACTOR]
            ),
        )
        await store.use_link(connection, link.link, session=token.stored, at=now)
        account = await account_store.account_of(connection, link.account)
        assert account is not None  # noqa: S101 - a link is of an account
        by = Access(await self._actor(account), "", "open_link", Purpose(link.purpose), address)
        facts = await self._facts(link) | {"agent": agent[:200]}
        await self._log.append_act_within(connection, act("link.opened", facts, by=by))
        return OpenedLink(token.shown, link.record, ends_at)

    async def by_token(self, shown: Sensitive[str]) -> Actor | None:
        """Return who acts by what a link opened: its user, cut to its record; None: nobody."""
        stored = stored_form(shown, Kind.EMBEDDED)
        if stored is None:
            return None
        session = await account_store.find_session(self._pool, stored)
        link = await store.find_link_of(self._pool, stored)
        if session is None or link is None or self._clock.now() >= session.expires_at:
            return None
        account = await account_store.account_of(self._pool, session.account)
        system = await account_store.account_of(self._pool, link.system)
        if account is None or account.state != "active" or system is None:
            return None
        actor = await self._actor(account)
        shown_by_links = {one: frozenset(actor.reach.organisations(one)) for one in SHOWN_BY_LINKS}
        return replace(
            actor,
            reach=Reach({one: held for one, held in shown_by_links.items() if held}),
            purpose=Purpose(link.purpose),
            purposes=frozenset(),
            confined=Confined(link.record, system.name),
        )

    async def _actor(self, account: AccountRecord) -> Actor:
        return await self._signing_in.actor_of(account, [FACTOR])

    async def _facts(self, link: LinkRecord) -> dict[str, str]:
        system = await account_store.account_of(self._pool, link.system)
        name = system.name if system else ""
        return {"link": str(link.link), "system": name, "record": link.record}
