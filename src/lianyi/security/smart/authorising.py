"""A person lets an app act for him: what it asks for, his word, and the code that says so.

Nothing is kept while he thinks: the request travels in the address of the page that asks him, and
is read anew, against what is registered then, when he answers.

Source: SMART App Launch 2.2, "App Launch: Launch and Authorization"; RFC 6749, 4.1; RFC 9207.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock, IdSource
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import account_store
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.acts import act
from lianyi.security.failures import FactorMustBegin, NothingThere, PasswordMustChange
from lianyi.security.scopes import Scopes
from lianyi.security.smart import store
from lianyi.security.smart.apps import require_person
from lianyi.security.smart.model import APPROVAL_LASTS, CODE_LASTS, App, Approval, Context
from lianyi.security.smart.problems import (
    AuthorisationRefused,
    ContextMissing,
    LaunchGone,
    UnknownApp,
)
from lianyi.security.smart.rules import (
    Wanted,
    audiences_of,
    held,
    read_wanted,
    redirect_of,
    sent_back,
)
from lianyi.security.smart.store import HeldApproval
from lianyi.security.tokens import Kind, new_token, stored_form

QUESTION_PAGE = "/authorize"

Asked = Mapping[str, str]
WORDS = {"patient": ("患者", "a patient"), "encounter": ("就诊", "an encounter")}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked.

    Attributes:
        app: who asks.
        host: where the browser goes afterwards.
        scopes: what he would let it do; no more than he may himself.
        context: about whom it was started.
        misses: what he must choose: ``patient``, ``encounter``.
    """

    app: App
    host: str
    scopes: Scopes
    context: Context
    misses: list[str]


class Authorising:
    """Asks people, and gives codes to apps.

    Args:
        forget: called when what is remembered of tokens holds no more.
        issuer: the address of the platform.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        ids: IdSource,
        *,
        forget: Callable[[], None],
        issuer: str,
    ) -> None:
        self._forget = forget
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._ids = ids
        self._issuer = issuer

    async def receive(self, asked: Asked) -> str:
        """Return where to send a browser that an app has sent here.

        Raises:
            UnknownApp: nowhere.
        """
        app = await store.find_app(self._pool, asked.get("client_id", ""))
        redirect_uri = redirect_of(app, asked)
        assert app is not None  # noqa: S101 - redirect_of has raised otherwise
        try:
            read_wanted(app, asked, audiences=audiences_of(self._issuer))
        except AuthorisationRefused as refusal:
            return self._refusal(redirect_uri, asked, refusal.error, refusal.text("en"))
        return f"{QUESTION_PAGE}?{urlencode(asked)}"

    async def describe(self, asked: Asked) -> Question:
        """Return what whoever acts is asked.

        Raises:
            UnknownApp, AuthorisationRefused: the request is not one.
            LaunchGone: the start it belongs to is over.
            OutsideOfReach, PasswordMustChange, FactorMustBegin: he may let nobody act for him.
        """
        app, wanted = await self._read(asked)
        return await self._question(app, wanted)

    async def refuse(self, asked: Asked) -> str:
        """Return where the browser goes when the person has said no."""
        app, wanted = await self._read(asked)
        async with self._pool.acquire() as connection, connection.transaction():
            refused = act("app.refused", {"app": app.name, "scopes": str(wanted.scopes)})
            await self._log.append_act_within(connection, refused)
        return self._refusal(wanted.redirect_uri, asked, "access_denied", "the person said no")

    async def approve(self, asked: Asked, chosen: Context, *, session: bytes) -> str:
        """Write down that whoever acts has said yes; return where the browser goes with the code.

        Args:
            asked: the request.
            chosen: patient and encounter, where the request misses them.
            session: in which he says so, as stored.

        Raises:
            ContextMissing: he has not chosen what is missing.
            see :meth:`describe`
        """
        app, wanted = await self._read(asked)
        question = await self._question(app, wanted)
        context = Context(
            patient=question.context.patient or chosen.patient,
            encounter=question.context.encounter or chosen.encounter,
            banner=question.context.banner,
        )
        for name in wanted.misses(context):
            raise ContextMissing(where=name, what=WORDS[name][1], what_zh=WORDS[name][0])
        code, now, me = new_token(Kind.CODE), self._clock.now(), current().actor
        began = await account_store.find_session(self._pool, session)
        if began is None or began.account != me.account:
            raise OutsideOfReach(where="session")
        offline = "offline_access" in question.scopes.special
        approval = Approval(
            approval=self._ids.new_id(),
            account=me.account,
            app=app.account,
            session=session,
            factors=me.factors,
            scopes=question.scopes,
            context=context,
            code=code.stored,
            code_until=now + CODE_LASTS,
            redirect_uri=wanted.redirect_uri,
            challenge=wanted.challenge,
            nonce=wanted.nonce,
            approved_at=now,
            expires_at=now + APPROVAL_LASTS if offline else began.expires_at,
        )
        await self._keep(app, wanted, approval)
        answer = {"code": code.shown.reveal(), "state": wanted.state, "iss": self._issuer}
        return sent_back(wanted.redirect_uri, answer)

    async def approved(self) -> list[HeldApproval]:
        """Return what whoever acts has approved and that holds, the newest first."""
        account = current().actor.account
        return await store.list_approvals(self._pool, account, self._clock.now())

    async def end(self, approval: UUID) -> None:
        """End something that whoever acts has approved.

        Raises:
            NothingThere: he has approved nothing of this name, or it has ended.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            me, now = current().actor, self._clock.now()
            found = await store.find_approval(connection, approval, now)
            if found is None or found.account != me.account:
                raise NothingThere(where="approval")
            await store.end_approval(connection, approval, why="ended by its person", at=now)
            ended = act("token.ended", {"approval": str(approval)})
            await self._log.append_act_within(connection, ended)
            await account_store.tell(connection)
        self._forget()

    async def _keep(self, app: App, wanted: Wanted, approval: Approval) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            if await store.lock_app(connection, app.account) != app:
                raise UnknownApp(where="authorization")  # it was registered anew meanwhile
            launch = _launch(wanted)
            if launch and not await store.take_launch(connection, launch):
                raise LaunchGone(where="launch")
            await store.insert_approval(connection, approval)
            patient = approval.context.patient
            facts = {
                "app": app.name, "approval": str(approval.approval),
                "scopes": str(approval.scopes),
            }  # fmt: skip
            approved = act("app.approved", facts, whose=[patient] if patient else [])
            await self._log.append_act_within(connection, approved)

    async def _read(self, asked: Asked) -> tuple[App, Wanted]:
        app = await store.find_app(self._pool, asked.get("client_id", ""))
        if app is None:
            raise UnknownApp(where="authorization")
        return app, read_wanted(app, asked, audiences=audiences_of(self._issuer))

    async def _question(self, app: App, wanted: Wanted) -> Question:
        me = current().actor
        await require_person(self._pool, me.account)
        if me.must_change:
            raise PasswordMustChange(where="authorization")
        if me.needs_factor:
            raise FactorMustBegin(where="authorization")
        scopes = held(wanted.scopes, me.reach)
        if wanted.scopes.rights and not scopes.rights:
            raise OutsideOfReach(where="authorization")
        context = Context()
        if launch := _launch(wanted):
            found = await store.find_launch(
                self._pool, launch, account=me.account, app=app.account, at=self._clock.now()
            )
            if found is None:
                raise LaunchGone(where="launch")
            context = found
        host = urlsplit(wanted.redirect_uri)
        return Question(
            app,
            host.netloc or f"{host.scheme}:",
            scopes,
            context,
            replace(wanted, scopes=scopes).misses(context),
        )

    def _refusal(self, uri: str, asked: Asked, error: str, told: str) -> str:
        answer = {"error": error, "error_description": told, "iss": self._issuer}
        if asked.get("state"):
            answer["state"] = asked["state"]
        return sent_back(uri, answer)


def _launch(wanted: Wanted) -> bytes | None:
    """Return the stored form of the start that a request belongs to; None: it has none.

    Raises:
        LaunchGone: it is no handle of ours.
    """
    if not wanted.launch:
        return None
    found = stored_form(Sensitive(wanted.launch), Kind.LAUNCH)
    if found is None:
        raise LaunchGone(where="launch")
    return found
