"""Reading one's own writes: an act is appended, and the answer waits until it has been learned.

However many wait for a projection, one of them looks how far it is.
"""

from __future__ import annotations

import asyncio

import asyncpg

from lianyi.messagelog.message import Position
from lianyi.projections import projection_store as store
from lianyi.projections.problems import NotLearnedYet
from lianyi.projections.projection_store import SetAsideRow
from lianyi.security.access import acting, platform

LOOK_SECONDS = 0.01
WAIT_SECONDS = 10.0


async def until_learned(
    pool: asyncpg.Pool,
    projection: str,
    position: Position,
    *,
    timeout_seconds: float = WAIT_SECONDS,
) -> list[SetAsideRow]:
    """Wait until the version in force has passed a position; return what of it was set aside.

    Whoever has just written something learns what became of it, whatever else he sees.

    Raises:
        NotLearnedYet: it has not in time; it will.
    """
    watch = _WATCHES.setdefault((pool, projection), _Watch(pool, projection))
    with acting(platform("masterdata.read", "until_learned")):
        try:
            return await asyncio.wait_for(watch.passed(position), timeout_seconds)
        except TimeoutError as error:
            raise NotLearnedYet(
                where=projection, name=projection, position=str(position)
            ) from error


class _Watch:
    """Looks, for everybody who waits, how far a projection is; for as long as somebody waits."""

    def __init__(self, pool: asyncpg.Pool, projection: str) -> None:
        self._pool = pool
        self._projection = projection
        self._waiting: list[tuple[Position, asyncio.Future[list[SetAsideRow]]]] = []
        self._looking: asyncio.Task[None] | None = None  # held, or it might be collected

    async def passed(self, position: Position) -> list[SetAsideRow]:
        """Return what was set aside of a position once the version in force has passed it."""
        done: asyncio.Future[list[SetAsideRow]] = asyncio.get_running_loop().create_future()
        self._waiting.append((position, done))
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())
        return await done

    async def _look(self) -> None:
        try:
            while self._waiting:
                async with self._pool.acquire() as connection:
                    found = await store.progress(connection, self._projection)
                    standing = found[1] if found else {}
                    passed = [
                        one
                        for one in self._waiting
                        if standing.get(one[0].shard, 0) >= one[0].number
                    ]
                    if found and passed:
                        at = {position for position, _ in passed}
                        aside = await store.set_aside_at(connection, found[0], at)
                for position, done in passed:
                    if not done.done():
                        done.set_result(aside.get(position, []))
                self._waiting = [one for one in self._waiting if not one[1].done()]
                if self._waiting:
                    await asyncio.sleep(LOOK_SECONDS)
        except Exception as failure:  # noqa: BLE001 - each of those who wait is told
            for _, done in self._waiting:
                if not done.done():
                    done.set_exception(failure)
            self._waiting = []
        finally:
            # Who took this watch from the others and comes only now has it look again.
            self._looking = None
            if _WATCHES.get((self._pool, self._projection)) is self:
                del _WATCHES[self._pool, self._projection]


_WATCHES: dict[tuple[asyncpg.Pool, str], _Watch] = {}
"""Those that look just now."""
