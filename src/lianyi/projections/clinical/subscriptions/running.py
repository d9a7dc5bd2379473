"""Works on subscriptions, wherever the doors are served: in one process at a time.

Whoever works holds a lock of his connection, notices what there is to tell with the same one, and
tells the receivers, each by itself: one that does not answer holds up nobody.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog

from lianyi.base.errors import LianyiError
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.subscriptions import subscription_store as store
from lianyi.projections.clinical.subscriptions.delivering import Deliverer, House, heart_is_due
from lianyi.projections.clinical.subscriptions.following import Noticer, Watches
from lianyi.projections.clinical.subscriptions.problems import TooMuchWaiting
from lianyi.projections.clinical.subscriptions.seeing import OPERATION
from lianyi.projections.clinical.subscriptions.subscription_store import SubscriptionRow
from lianyi.security.access import acting, platform

LOOK_SECONDS: Final = 0.1
"""Between two looks at what was learned."""
ROUND_SECONDS: Final = 1.0
"""Between two looks at heartbeats, and at receivers that are tried again."""
LEAD_SECONDS: Final = 2.0
TIDY_SECONDS: Final = 60.0
TOGETHER_MAX: Final = 20
"""So many receivers are told at the same time."""

log = structlog.get_logger(__name__)


class Running:
    """Notices, and tells."""

    def __init__(self, house: House, watches: Watches) -> None:
        """Work with what the platform has.

        Args:
            house: what is needed of it.
            watches: reads subscriptions.
        """
        self._of = house
        self._watches = watches
        self._noticer = Noticer(watches)
        self._deliverer = Deliverer(house, watches)
        self._working: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._room = asyncio.Semaphore(TOGETHER_MAX)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                with acting(platform("clinical.read", OPERATION)):
                    async with self._of.pool.acquire() as connection:
                        if await store.lead(connection):
                            await self._lead(connection)
            except (*STORE_ERRORS, LianyiError) as error:
                kind = getattr(error, "code", type(error).__name__)
                log.warning("subscriptions.interrupted", kind=kind)
            await asyncio.sleep(LEAD_SECONDS)

    async def _lead(self, connection: Connection) -> None:
        """Work for as long as the connection lives."""
        try:
            looked = tidied = float("-inf")
            while True:
                self._woken.clear()
                noticed = await self._noticer.step(connection)
                now = self._of.clock.elapsed_seconds()
                if noticed or now - looked >= ROUND_SECONDS:
                    looked = now
                    await self._begin(connection)
                if now - tidied >= TIDY_SECONDS:
                    tidied = now
                    await self._tidy(connection)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):  # wait_for may lose a cancellation
                        await self._woken.wait()
                    looked = float("-inf")
        finally:
            working = list(self._working.values())
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            self._working.clear()
            with suppress(*STORE_ERRORS):
                await store.leave(connection)

    async def _begin(self, connection: Connection) -> None:
        """Take up what there is to do, where nobody does it."""
        for row, waits in await store.list_due(connection, self._of.clock.now()):
            if row.subscription in self._working or not self._has_work(row, waits):
                continue
            name = f"subscription {row.subscription}"
            task = asyncio.create_task(self._work(row), name=name)
            self._working[row.subscription] = task

    def _has_work(self, row: SubscriptionRow, waits: bool) -> bool:
        if waits or row.state in ("requested", "error", "off") or row.says != row.state:
            return True
        try:
            wanted = self._watches.followed(row.subscription, row.pact, row.resource).wanted
        except LianyiError:
            return False  # the noticer lets it be off
        is_over = wanted.end is not None and wanted.end <= self._of.clock.now()
        return is_over or heart_is_due(row, wanted.heartbeat_seconds, self._of.clock)

    async def _work(self, row: SubscriptionRow) -> None:
        try:
            async with self._room:
                await self._deliverer.work(row)
        except (*STORE_ERRORS, LianyiError) as error:  # it is taken up again
            kind = getattr(error, "code", type(error).__name__)
            log.warning("subscription.interrupted", kind=kind)
            await asyncio.sleep(ROUND_SECONDS)
        except Exception as error:  # noqa: BLE001 - one subscription must not end the others
            log.error("subscription.failed", kind=type(error).__name__)  # noqa: TRY400 - a traceback may hold a patient's data
            await asyncio.sleep(LEAD_SECONDS)
        finally:
            self._working.pop(row.subscription, None)
            self._woken.set()

    async def _tidy(self, connection: Connection) -> None:
        """Let go of what was told long ago; what nobody takes is not kept for ever."""
        settings = self._of.settings
        before = self._of.clock.now() - timedelta(days=settings.keep_days)
        await store.forget_told(connection, before)
        for name, many in (await store.waiting(connection)).items():
            if many > settings.waiting_max:
                problem = TooMuchWaiting(where="Subscription", most=settings.waiting_max)
                await store.set_state(connection, name, "off", problem.record())
