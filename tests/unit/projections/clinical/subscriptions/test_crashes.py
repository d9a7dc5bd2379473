"""Whatever dies when: the numbers a receiver gets are without gaps, the events are the plain list.

A process that dies leaves its transaction undone. So it is enough to let it die whenever it turns
to the database: before each transaction there is, and after each notification that was taken.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.unit.projections.clinical.subscriptions.receiving import (
    Receiver,
    observation,
    receiving,
    subscribed,
    subscription,
    telling,
)
from tests.unit.projections.clinical.test_everything import patient
from tests.unit.projections.clinical.ward import Ward

from lianyi.projections.clinical.subscriptions.running import Running

DEATHS = 14


class Mortal:
    """The pool of a process that dies when it turns to the database for the n-th time."""

    def __init__(self, pool: Any, left: int) -> None:
        self._pool = pool
        self._left = left
        self.died = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._pool, name)
        if name in ("acquire", "fetch", "fetchrow", "fetchval", "execute"):
            self._left -= 1
            if self._left <= 0:
                self.died.set()
                raise asyncio.CancelledError  # nothing more is done, by nobody
        return found


def running_on(ward: Ward, pool: Any) -> Running:
    """Return a process of its own that works on subscriptions."""
    alive = ward.house.app.state.telling
    return Running(alive._of._replace(pool=pool), alive._watches)


async def live_and_die(ward: Ward, after: int, receiver: Receiver, events: int) -> bool:
    """Work until death, or until everything was told; say whether it died."""
    pool = Mortal(ward.house.served, after)
    task = asyncio.create_task(running_on(ward, pool).run())
    told = asyncio.create_task(
        receiver.until(lambda: len(set(receiver.events())) >= events, seconds=10)
    )
    died = asyncio.create_task(pool.died.wait())
    await asyncio.wait((told, died), return_when=asyncio.FIRST_COMPLETED)
    for one in (task, told, died):
        one.cancel()
    await asyncio.gather(task, told, died, return_exceptions=True)
    return pool.died.is_set()


async def test_whatever_dies_when_numbers_have_no_gaps_and_events_are_the_plain_list(
    database: str, tmp_path: Path
) -> None:
    async with telling(database, tmp_path, working=False) as ward, receiving() as receiver:
        await ward.put(patient("a", "1"))
        wanted = subscription(receiver, "any-change", "Observation")
        await subscribed(ward, wanted)
        plain: list[str] = []
        deaths = 0
        for after in range(1, DEATHS):
            for half in range(2):
                await ward.put(observation(f"o{after}-{half}"))
                plain.append(f"Observation/o{after}-{half}")
            deaths += await live_and_die(ward, after, receiver, len(plain))
        assert deaths > DEATHS // 2
        await live_and_die(ward, 10**9, receiver, len(plain))

    told = list(dict.fromkeys(receiver.events()))  # without doubles, by the number
    assert told == list(enumerate(plain, 1))
    numbers = [number for number, _ in receiver.events()]
    assert len(numbers) > len(plain)  # something was told twice, under the same number
