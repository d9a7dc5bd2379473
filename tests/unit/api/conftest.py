"""The house of :mod:`house`, fresh for each test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from lianyi.api.assembly import ApiDependencies, create_app
from lianyi.api.first_token import console_token
from lianyi.api.settings import ApiSettings
from lianyi.base.clock import RandomIds, SteppedClock
from lianyi.base.database import connect, open_pool, telling
from lianyi.channels.keep_store import ensure_receipt_days
from lianyi.messagelog.postgres import PostgresLog
from lianyi.security.access import current

from .house import ADT, LAB, START, House


@pytest.fixture
async def house(database: str, tmp_path: Path) -> AsyncIterator[House]:
    clock = SteppedClock(START)
    pool = await open_pool(database, size_max=4)
    log = PostgresLog(pool, lambda: connect(database), clock=clock, owner=uuid.UUID(int=1))
    await log.start()
    walled = await open_pool(
        database,
        size_max=4,
        role="lianyi_doors",
        on_acquire=telling("lianyi.actor", lambda: str(current().actor.account)),
    )
    served = PostgresLog(walled, lambda: connect(database), clock=clock, owner=uuid.UUID(int=2))
    async with pool.acquire() as connection:
        await ensure_receipt_days(connection, today=START)
    data_dir, content_dir = tmp_path / "data", tmp_path / "content"
    app = create_app(
        ApiDependencies(
            pool=walled,
            log=served,
            settings=ApiSettings(poll_seconds=0.05, live_clients_max=2),
            data_dir=data_dir,
            content_dir=content_dir,
            clock=clock,
            ids=RandomIds(),
            console_dir=tmp_path / "console",
        )
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://lianyi.test",
        headers={"Authorization": f"Bearer {console_token(data_dir)}"},
    ) as client:
        yield House(pool, walled, log, clock, app, client, data_dir, content_dir)
    await app.state.live.close()
    await app.state.tracer.close()
    await log.stop()
    await served.stop()
    await walled.close()
    await pool.close()


@pytest.fixture
async def lab(house: House) -> House:
    """The house with both channels."""
    await house.add_channel("lab", LAB)
    await house.add_channel("adt", ADT, shards=2)
    return house
