"""The live view: one look at the database each second, for all browsers together.

A browser that reads slowly skips what it missed: each event says the whole, so only the newest
of each kind matters. Nobody looks at the database while nobody follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic
from uuid import UUID

import orjson
import structlog

from lianyi.api.failures import foreseen, place_of
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels.views import NewestMessage, Overview, problem_facts
from lianyi.security.access import acting, current, platform
from lianyi.security.model import Access

logger = structlog.get_logger(__name__)

PING_SECONDS = 10.0
STILL_SECONDS = 15.0
"""So often each browser is asked whether its person may still see this."""

Still = Callable[[], Awaitable[bool]]
Look = Callable[[], Awaitable[tuple[Overview, NewestMessage]]]


class TooManyFollowers(LianyiError):
    """More browsers follow the live view than allowed."""

    code = "LY-1611"
    category = Category.BUSY
    en = Told(
        "too many browsers follow the live view",
        "the limit of {limit} is reached",
        "close other windows; the page refreshes by itself meanwhile",
    )
    zh = Told("实时视图连接过多", "已达到上限 {limit}", "关闭其他窗口；页面仍会定时刷新")


def event(name: str, data: bytes) -> bytes:
    """Return one server-sent event (HTML Living Standard, 9.2.6). ``data`` is one line."""
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


class Live:
    """Gives each browser what its person may see.

    People who see everything share one look; everybody else has his own.
    """

    def __init__(self, look: Look, *, clients_max: int, poll_seconds: float) -> None:
        self._look = look
        self._clients_max = clients_max
        self._poll_seconds = poll_seconds
        self._views: dict[tuple[UUID, frozenset[str]], View] = {}
        self._closed = False

    async def look(self) -> tuple[Overview, NewestMessage]:
        """Look for whoever acts now."""
        return await self._look()

    @property
    def followers(self) -> int:
        """How many follow now."""
        return sum(view.followers for view in self._views.values())

    def follow(self, *, still: Still) -> AsyncIterator[bytes]:
        """Return the events for one browser; they end when it stops reading, or may no longer.

        Args:
            still: asked now and then whether he may still see this.

        Raises:
            TooManyFollowers: there is no room for another; raised at once.
        """
        if self.followers >= self._clients_max:
            raise TooManyFollowers(where="live", limit=self._clients_max)
        access = current()
        if access.sees_everything:
            access = platform(access.permission, access.operation)
        where = frozenset(access.actor.reach.organisations(access.permission))
        whose = access.actor.account, where  # who has lost a role since gets another view
        view = self._views.get(whose)
        if view is None or not view.followers:
            view = View(self.look, access, poll_seconds=self._poll_seconds)
            self._views[whose] = view
        self._views = {who: one for who, one in self._views.items() if one.followers or one is view}
        return view.follow(still=still)

    async def close(self) -> None:
        """End all events and stop looking. Call it before the server waits for its connections."""
        for view in self._views.values():
            await view.close()


class View:
    """Looks while somebody follows, and tells all followers what changed."""

    def __init__(self, look: Look, access: Access, *, poll_seconds: float) -> None:
        self._look = look
        self._access = access
        self._poll_seconds = poll_seconds
        self._newest: dict[str, tuple[int, bytes]] = {}
        self._prints: dict[str, bytes] = {}
        self._closed = False
        self._version = 0
        self._changed = asyncio.Condition()
        self.followers = 0
        """How many follow now."""

        self._task: asyncio.Task[None] | None = None

    def follow(self, *, still: Still) -> AsyncIterator[bytes]:
        """Return the events for one browser."""
        self.followers += 1
        return self._events(still)

    async def _events(self, still: Still) -> AsyncIterator[bytes]:
        asked_at = monotonic()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch(), name="live view")
        seen: dict[str, int] = {}
        try:
            yield b"retry: 2000\n\n"
            while not self._closed:
                if monotonic() - asked_at >= STILL_SECONDS:
                    asked_at = monotonic()
                    if not await still():
                        break
                for name, (version, data) in list(self._newest.items()):
                    if seen.get(name) != version:
                        seen[name] = version
                        yield event(name, data)
                if not await self._wait(seen):
                    yield event("ping", b"{}")
        finally:
            self.followers -= 1

    async def _wait(self, seen: dict[str, int]) -> bool:
        def news() -> bool:
            return self._closed or any(
                seen.get(name) != found[0] for name, found in self._newest.items()
            )

        with suppress(TimeoutError):
            async with asyncio.timeout(PING_SECONDS), self._changed:
                await self._changed.wait_for(news)
                return True
        return False

    async def _watch(self) -> None:
        while self.followers:
            try:
                with acting(self._access):
                    overview, newest = await self._look()
            except Exception as error:  # noqa: BLE001 - outermost loop: the next look may succeed
                failure = foreseen(error, where="live")
                if failure is None:
                    logger.error(  # noqa: TRY400 - no traceback, see failures
                        "live view failed", **place_of(error)
                    )
                else:
                    await self._tell("failure", orjson.dumps({"error": problem_facts(failure)}))
            else:
                self._newest.pop("failure", None)
                same_but_time = overview.model_dump_json(exclude={"at"}).encode()
                await self._tell("overview", overview.model_dump_json().encode(), same_but_time)
                await self._tell("messages", newest.model_dump_json().encode())
            await asyncio.sleep(self._poll_seconds)
        self._newest.clear()

    async def _tell(self, name: str, data: bytes, fingerprint: bytes | None = None) -> None:
        fingerprint = data if fingerprint is None else fingerprint
        if name in self._newest and self._prints[name] == fingerprint:
            return
        self._version += 1
        self._prints[name] = fingerprint
        self._newest[name] = (self._version, data)
        async with self._changed:
            self._changed.notify_all()

    async def close(self) -> None:
        """End all events and stop looking. Call it before the server waits for its connections."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
