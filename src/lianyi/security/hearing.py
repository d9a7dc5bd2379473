"""Hears, over one connection that is kept listening, that somebody's rights have changed.

What a process remembers of sessions, keys and roles it forgets at that moment, so that a revocation
in one process acts in all of them at once. While nothing can be heard it forgets at every look;
and what is remembered ends by itself after seconds, as before: a notification that is lost
costs a moment and never the revocation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import asyncpg

from lianyi.base.errors import LianyiError
from lianyi.security.account_store import CHANGED

LOOK_SECONDS = 1.0


class Hearing:
    """Tells one process that rights have changed in another."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], forget: Callable[[], None]
    ) -> None:
        """Take what opens a connection of its own, and what to do when something has changed."""
        self._connect = connect
        self._forget = forget
        self.listening = asyncio.Event()

    async def listen(self) -> None:
        """Listen until cancelled; a lost connection is opened again."""
        while True:
            with contextlib.suppress(
                asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, LianyiError
            ):
                connection = await self._connect()
                try:
                    await connection.add_listener(CHANGED, lambda *_: self._forget())
                    self._forget()  # what was told while nobody listened
                    self.listening.set()
                    while not connection.is_closed():
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    self.listening.clear()
                    connection.terminate()
            self._forget()
            await asyncio.sleep(LOOK_SECONDS)
