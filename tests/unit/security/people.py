"""People of a test: accounts, roles and browsers, put where the product keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from tests.unit.api.house import House

from lianyi.api.guard import COOKIE
from lianyi.base.clock import RandomIds
from lianyi.base.sensitive import Sensitive
from lianyi.security import account_store as store
from lianyi.security.account_store import AccountRecord, AssignmentRecord

PASSWORD = "Ju9#tRop4Lq-zwei"


class People:
    """Who works in a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.accounts: dict[str, AccountRecord] = {}
        self._line = ""

    @property
    def signing_in(self) -> Any:
        return self.house.app.state.keeper.signing_in

    def stranger(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """A browser nobody has signed in with."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.house.app, client=(address, 4711)),
            base_url="http://lianyi.test",
            headers={"X-Lianyi": "1"},
        )

    async def tree(self, parents: Mapping[str, str | None]) -> None:
        """Say which organisation lies below which."""
        async with self.house.pool.acquire() as connection, connection.transaction():
            await store.set_units(connection, dict(parents))
        await self.refresh()

    async def refresh(self) -> None:
        """Let what was put into tables hold at once."""
        roles = self.house.app.state.accounts.roles
        async with self.house.pool.acquire() as connection, connection.transaction():
            await store.refresh_sight(connection, roles, self.house.clock.now())
        self.signing_in.forget()

    async def add(
        self,
        name: str,
        *roles: tuple[str, str],
        organisation: str = "",
        kind: str = "person",
        password: str | None = None,
        until: datetime | None = None,
    ) -> AccountRecord:
        """Add an account with roles, each in an organisation.

        Args:
            name: what it signs in with.
            roles: name and organisation code of each.
            organisation: where it belongs.
            kind: ``person`` or ``service``.
            password: of a person; None: it signs in with :meth:`browser` only.
            until: when the roles end.
        """
        now = self.house.clock.now()
        new = AccountRecord(
            RandomIds().new_id(),
            name,
            name.title(),
            kind,
            organisation,
            "active",
            False,
            0,
            None,
            now,
        )
        async with self.house.pool.acquire() as connection, connection.transaction():
            await store.insert_account(connection, new)
            if password:
                line = await self._hashed(password)
                await store.insert_password(connection, new.account, line, now)
            for role, where in roles:
                assignment = AssignmentRecord(
                    RandomIds().new_id(), new.account, role, where, now, until, "test", "test"
                )
                await store.insert_assignment(connection, assignment)
        await self.refresh()
        self.accounts[name] = new
        return new

    async def _hashed(self, password: str) -> str:
        if password != PASSWORD:
            return str(await self.house.app.state.accounts._hasher.hash(Sensitive(password)))
        self._line = self._line or await self.house.app.state.accounts._hasher.hash(
            Sensitive(password)
        )
        return self._line

    async def browser(self, name: str) -> httpx.AsyncClient:
        """A browser in which somebody has signed in."""
        opened = await self.signing_in.open_for(
            self.accounts[name], factors=["password", "test"], address="127.0.0.1", agent="test"
        )
        client = self.stranger()
        client.cookies.set(COOKIE, opened.shown.reveal())
        return client

    async def sign_in(
        self, name: str, password: str = PASSWORD, code: str = "", *, address: str = "127.0.0.1"
    ) -> tuple[httpx.Response, httpx.AsyncClient]:
        """Try to sign in as the page does."""
        client = self.stranger(address)
        answer = await client.post(
            "/api/v1/session", json={"name": name, "password": password, "code": code}
        )
        return answer, client
