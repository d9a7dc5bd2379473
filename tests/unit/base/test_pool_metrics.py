"""The gauges of the pool say what the pool does."""

from __future__ import annotations

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from lianyi.base.database import open_pool
from lianyi.base.pool_metrics import pool_families
from lianyi.base.telemetry import render_metrics


async def test_a_pool_tells_what_is_open_idle_and_waited_for(database: str) -> None:
    pool = await open_pool(database, size_max=2)

    def shown() -> tuple[float, ...]:
        text = render_metrics(pool_families(pool)).decode()
        found = {
            family.name: family.samples[0].value for family in text_string_to_metric_families(text)
        }
        names = ("connections", "limit_connections", "idle_connections", "waiting")
        return tuple(found[f"lianyi_database_pool_{name}"] for name in names)

    assert shown() == (1, 2, 1, 0)
    async with pool.acquire(), pool.acquire():
        assert shown() == (2, 2, 0, 0)
        patient = asyncio.create_task(pool.fetchval("SELECT 1"))
        hurried = asyncio.create_task(pool.fetchval("SELECT 1", timeout=10))
        async with asyncio.timeout(10):
            while shown() != (2, 2, 0, 2):
                await asyncio.sleep(0.01)
        hurried.cancel()
        await asyncio.gather(hurried, return_exceptions=True)
        assert shown() == (2, 2, 0, 1)
    assert await patient == 1
    assert shown() == (2, 2, 2, 0)
    await pool.close()
