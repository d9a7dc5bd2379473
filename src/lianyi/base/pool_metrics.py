"""How busy the database connections of this process are, for Prometheus."""

from __future__ import annotations

import asyncpg

from lianyi.base.telemetry import Family, derived

OPEN = derived("database_pool_connections", "gauge", "Open connections of this process's pool.")
LIMIT = derived("database_pool_limit_connections", "gauge", "Connections it may open.")
IDLE = derived("database_pool_idle_connections", "gauge", "Open ones that nobody uses.")
WAITING = derived("database_pool_waiting", "gauge", "Pieces of work that wait for a connection.")


def pool_families(pool: asyncpg.Pool) -> list[Family]:
    """Return what one scrape shows of a pool."""
    made = []
    for make, value in (
        (OPEN, pool.get_size()),
        (LIMIT, pool.get_max_size()),
        (IDLE, pool.get_idle_size()),
        (WAITING, waiting(pool)),
    ):
        family = make()
        family.add_metric([], float(value))
        made.append(family)
    return made


def waiting(pool: asyncpg.Pool) -> int:
    """Return how many wait for a connection.

    asyncpg (0.32) keeps its free connections in a queue of asyncio, and neither tells who waits
    there; so this looks inside.
    """
    getters = getattr(getattr(pool, "_queue", None), "_getters", ())
    return sum(not getter.done() for getter in getters)
