"""Registrations from the desk: many at once become one durable step.

A registration is a message like any other, so that the index learns it from the log; the answer
waits until it has. While one step is being written the next ones gather.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from uuid import UUID

from lianyi.messagelog.message import NewMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security.access import current

TOGETHER_MAX = 200


class Registrar:
    """Appends registrations, those that one account sends at the same time together."""

    def __init__(self, log: PostgresLog) -> None:
        self._log = log
        self._desks: dict[UUID, _Desk] = defaultdict(_Desk)

    async def append(self, message: NewMessage) -> Position:
        """Record a registration; return where it stands once that is durable.

        Raises:
            LogUnavailable: the store cannot be reached.
        """
        account = current().actor.account
        desk = self._desks[account]
        done: asyncio.Future[Position] = asyncio.get_running_loop().create_future()
        desk.waiting.append((message, done))
        async with desk.lock:
            if not done.done():  # whoever gives up in the middle leaves the others written
                await asyncio.shield(asyncio.ensure_future(self._write(desk)))
        if not desk.waiting and not desk.lock.locked():
            self._desks.pop(account, None)
        return await done

    async def _write(self, desk: _Desk) -> None:
        together, desk.waiting = desk.waiting[:TOGETHER_MAX], desk.waiting[TOGETHER_MAX:]
        try:
            positions = await self._log.append_acts([message for message, _ in together])
        except Exception as failure:  # noqa: BLE001 - each of those who wait is told
            for _, done in together:
                if not done.done():
                    done.set_exception(failure)
            return
        for (_, done), position in zip(together, positions, strict=True):
            if not done.done():
                done.set_result(position)


class _Desk:
    def __init__(self) -> None:
        self.waiting: list[tuple[NewMessage, asyncio.Future[Position]]] = []
        self.lock = asyncio.Lock()
