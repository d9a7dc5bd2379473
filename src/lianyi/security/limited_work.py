"""Work that costs much memory and time on purpose, never more of it at once than was allowed.

Checking a password takes 64 MiB and a tenth of a second. A flood of sign-ins must not turn that
into gigabytes: some threads work, some callers wait, and whoever comes on top is told to come
again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from lianyi.base.errors import Category, LianyiError, Told

T = TypeVar("T")


class TooManyAtOnce(LianyiError):
    """More sign-ins wait for their password to be checked than may wait."""

    code = "LY-1832"
    category = Category.BUSY
    en = Told(
        "too many sign-ins at the same moment",
        "{waiting} of them already wait for their turn",
        "try again in a few seconds",
    )
    zh = Told("同一时刻登录过多", "已有 {waiting} 个请求在排队", "请几秒钟后重试")


class LimitedWork:
    """A few threads and a queue with an end."""

    def __init__(self, *, workers_max: int, waiting_max: int, name: str) -> None:
        self._waiting_max = waiting_max
        self._places = BoundedSemaphore(workers_max + waiting_max)
        self._threads = ThreadPoolExecutor(workers_max, thread_name_prefix=name)
        self._name = name

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread and return what it returns.

        A place is held until the work has ended, also when the caller no longer waits for it:
        whoever hangs up makes no room for the next.

        Raises:
            TooManyAtOnce: every place is taken; nothing was begun.
        """
        if not self._places.acquire(blocking=False):
            raise TooManyAtOnce(where=self._name, waiting=self._waiting_max)
        try:
            running = self._threads.submit(work)
        except RuntimeError:  # closed
            self._places.release()
            raise
        running.add_done_callback(self._free)
        return await asyncio.wrap_future(running)

    def _free(self, _: Future[T]) -> None:
        self._places.release()

    def close(self) -> None:
        """Take no more work; what runs ends by itself, what waits is dropped."""
        self._threads.shutdown(wait=False, cancel_futures=True)
