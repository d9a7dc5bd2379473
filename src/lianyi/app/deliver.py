"""The role that delivers."""

from __future__ import annotations

from contextlib import AsyncExitStack

from lianyi.app.process import Process, Role
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.running import Definitions


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that delivers."""
    pool, messages = await process.open(stack)
    return DeliverRole(
        pool=pool,
        connect=process.connect,
        messages=messages,
        share=process.share(pool),
        definitions=Definitions(process.content_dir),
        settings=process.settings.channels,
        data_dir=process.settings.data_dir,
        clock=process.clock,
        tracing=process.tracing(stack),
    )
