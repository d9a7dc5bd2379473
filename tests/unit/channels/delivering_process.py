"""The role that delivers, alone in a process that can be frozen.

python -m tests.unit.channels.delivering_process DATABASE CONTENT_FOLDER DATA_FOLDER
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.unit.channels.asking_process import log_of

from lianyi.base.clock import RandomIds, SystemClock
from lianyi.base.database import connect
from lianyi.channels.deliver_role import DeliverRole
from lianyi.channels.running import Definitions, Share
from lianyi.channels.settings import ChannelsSettings


async def _main(database: str, content: str, data: str) -> None:
    clock, owner = SystemClock(), RandomIds().new_id()
    async with log_of(database) as (pool, messages):
        await DeliverRole(
            pool=pool,
            connect=lambda: connect(database),
            messages=messages,
            share=Share(pool, role="deliver", owner=owner, holder="frozen:1", clock=clock),
            definitions=Definitions(Path(content)),
            settings=ChannelsSettings(),
            data_dir=Path(data),
            clock=clock,
        ).run()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
