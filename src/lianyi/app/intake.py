"""The role that takes messages in."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lianyi.app.process import Process, Role
from lianyi.base.database import EMBEDDED
from lianyi.channels.disk import DiskGuard
from lianyi.channels.intake_role import IntakeRole
from lianyi.channels.registrar import Registrar
from lianyi.channels.running import Definitions


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that takes messages in."""
    pool, messages = await process.open(stack)
    settings = process.settings
    embedded = settings.database.url == EMBEDDED
    registrar = Registrar(
        pool, process.content_dir, shards=settings.messagelog.shards, clock=process.clock
    )
    return IntakeRole(
        pool=pool,
        connect=process.connect,
        messages=messages,
        share=process.share(pool),
        registrar=registrar,
        definitions=Definitions(process.content_dir),
        settings=settings.channels,
        data_dir=settings.data_dir,
        guard=DiskGuard(
            settings.data_dir if embedded else None,
            full_percent=settings.channels.disk_full_percent,
            clock=process.clock,
        ),
        clock=process.clock,
        tracing=process.tracing(stack),
        holder=process.holder,
    )
