"""Rounds that one process does again and again, under a lease; the others wait for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

import asyncpg
import structlog

from lianyi.base.errors import LianyiError
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.postgres_errors import STORE_ERRORS

LOOK_SECONDS: Final = 1.0

log = structlog.get_logger(__name__)


async def do_rounds(
    pool: asyncpg.Pool,
    lease: str,
    look: Callable[[], Awaitable[object]],
    *,
    owner: UUID,
    holder: str,
    complaint: str,
    failed: Callable[[], Awaitable[object]] | None = None,
) -> None:
    """Look each second until cancelled; what cannot be done now waits, and why is said once.

    Args:
        pool: of the database.
        lease: name of the lease.
        look: does a round, if it is time for one.
        owner: identifies this process in leases.
        holder: who it is, for people.
        complaint: what the log calls a round that could not be done.
        failed: done after such a round.
    """
    trouble = ""
    try:
        while True:
            before, trouble = trouble, ""
            try:
                if await leases.take(pool, lease, owner=owner, holder=holder) is not None:
                    await look()
            except (LianyiError, OSError, *STORE_ERRORS) as error:
                trouble = getattr(error, "code", type(error).__name__)
                if failed is not None:
                    with contextlib.suppress(*STORE_ERRORS):  # it would fail again at once
                        await failed()
            if trouble not in ("", before):
                log.warning(complaint, why=trouble)
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
            await leases.give_back(pool, lease, owner=owner)
