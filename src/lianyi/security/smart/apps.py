"""Registering apps, and starting one from here about a patient.

A system becomes an app by what it is registered with; who may do that is who manages accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from lianyi.base.clock import Clock
from lianyi.base.sensitive import Sensitive
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security import account_store
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.account_store import AccountRecord, Asks
from lianyi.security.acts import act
from lianyi.security.failures import NoSuchAccount
from lianyi.security.oauth_problems import TooManyTokens
from lianyi.security.scopes import Scopes
from lianyi.security.smart import store
from lianyi.security.smart.model import LAUNCH_LASTS, App, AppKind, Context
from lianyi.security.smart.problems import NoSuchApp
from lianyi.security.smart.rules import check_address, check_redirect_uris, sent_back
from lianyi.security.tokens import Kind, new_token


@dataclass(frozen=True, slots=True)
class Started:
    """A start of an app.

    Attributes:
        launch: the handle; it says nothing by itself.
        url: where to send the browser; empty: the app has no address for it.
    """

    launch: Sensitive[str]
    url: str


class Apps:
    """Registers apps and starts them.

    Args:
        forget: called when what is remembered of tokens holds no more.
        issuer: the address of the platform.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        *,
        forget: Callable[[], None],
        issuer: str,
    ) -> None:
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._forget = forget
        self._issuer = issuer

    async def get(self, name: str) -> App:
        """Return what a system is registered with.

        Raises:
            NoSuchAccount: there is no system of this name within reach.
            NoSuchApp: it is no app.
        """
        system = await self._system(self._pool, name)
        found = await store.app_of(self._pool, system.account)
        if found is None:
            raise NoSuchApp(where="app")
        return found

    async def register(
        self,
        name: str,
        *,
        kind: AppKind,
        redirect_uris: Sequence[str],
        launch_uri: str,
        scopes: Scopes,
    ) -> App:
        """Register a system as an app, or anew; what people have approved of it ends.

        Raises:
            NoSuchAccount: there is no system of this name within reach.
            BadApp: an address cannot be used.
        """
        check_redirect_uris(redirect_uris)
        if launch_uri:
            check_address(launch_uri)
        async with self._pool.acquire() as connection, connection.transaction():
            system = await self._system(connection, name)
            app = App(
                system.account, system.name, system.display_name, kind, redirect_uris, launch_uri,
                scopes,
            )  # fmt: skip
            now = self._clock.now()
            await store.put_app(connection, app, now)
            ended = await store.end_approvals_of_app(
                connection, app.account, why="app changed", at=now
            )
            facts: dict[str, Any] = {
                "subject": system.name, "subject_account": str(system.account),
                "kind": kind.value, "redirect_uris": list(redirect_uris),
                "scopes": str(scopes), "approvals_ended": ended,
            }  # fmt: skip
            await self._log.append_act_within(connection, act("account.app_registered", facts))
            await account_store.tell(connection)
        self._forget()
        return app

    async def start(self, name: str, context: Context) -> Started:
        """Start an app about a patient, for whoever acts; the handle is good once.

        Raises:
            NoSuchApp: no app of this name is started from here.
            TooManyTokens: the person has started too many.
        """
        me = current().actor
        app = await store.find_app(self._pool, name)
        if app is None:
            raise NoSuchApp(where="app")
        await require_person(self._pool, me.account)
        token, now = new_token(Kind.LAUNCH), self._clock.now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.insert_launch(
                connection, token.stored, account=me.account, app=app.account, context=context,
                until=now + LAUNCH_LASTS, now=now,
            ):  # fmt: skip
                raise TooManyTokens(where="launch")
            whose = [context.patient] if context.patient else []
            started = act("app.started", {"app": app.name}, whose=whose)
            await self._log.append_act_within(connection, started)
        answer = {"iss": self._issuer, "launch": token.shown.reveal()}
        return Started(token.shown, sent_back(app.launch_uri, answer) if app.launch_uri else "")

    @staticmethod
    async def _system(ask: Asks, name: str) -> AccountRecord:
        found = await account_store.find_account(ask, name)
        if found is None or found.kind != "service" or not current().sees(found.organisation):
            raise NoSuchAccount(where="account")
        return found


async def require_person(ask: Asks, account: UUID) -> AccountRecord:
    """Return the account of a person; systems let nobody act for them.

    Raises:
        OutsideOfReach: it is no person's.
    """
    found = await account_store.account_of(ask, account)
    if found is None or found.kind != "person" or found.state != "active":
        raise OutsideOfReach(where="app")
    return found
