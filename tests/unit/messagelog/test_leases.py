"""A lease belongs to one process; those of processes that are no more belong to nobody."""

from __future__ import annotations

import asyncpg

from lianyi.base.clock import RandomIds
from lianyi.messagelog import postgres_leases as leases


async def test_leases_of_dead_processes_of_this_machine_are_free_at_once(
    pool: asyncpg.Pool,
) -> None:
    one, other, abroad, new = (RandomIds().new_id() for _ in range(4))
    await leases.take(pool, "append:1", owner=one, holder="here:1001")
    await leases.take(pool, "append:2", owner=other, holder="here:1002")
    await leases.take(pool, "append:3", owner=abroad, holder="there:1001")
    await leases.take(pool, "append:4", owner=abroad, holder="here.domain:1001")

    released = await leases.release_of_dead(pool, "here", is_alive=lambda number: number == 1002)

    assert released == ["here:1001"]
    taken = [
        await leases.take(pool, f"append:{n}", owner=new, holder="here:1003") for n in (1, 2, 3, 4)
    ]
    assert taken == [2, None, None, None]
