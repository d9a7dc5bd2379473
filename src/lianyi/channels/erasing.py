"""Lawful erasure as the engine sees it: what it keeps about a message goes with its body.

What a destination answered, and why the gate held a message, may quote it; of such a record the
code stays, its words go. A delivery that is still open is dismissed: there is nothing to send.
"""

from __future__ import annotations

from lianyi.base.clock import Clock
from lianyi.channels.act_store import wake
from lianyi.channels.keep_store import blank_answers, blank_exceptions, dismiss_open
from lianyi.messagelog.erase import erase
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_leases import Connection


async def erase_message(
    log: PostgresLog,
    connection: Connection,
    position: Position,
    *,
    reason: str,
    actor: str,
    clock: Clock,
) -> Position:
    """Erase a message, what people made of it, and what was said about it.

    Args and errors as of :func:`~lianyi.messagelog.erase.erase`.
    """

    async def forget(within: Connection, at: Position) -> None:
        await blank_exceptions(within, at)
        await blank_answers(within, at)
        now = clock.now()
        for whom in await dismiss_open(within, at, actor=actor, reason=reason, now=now):
            await wake(within, str(whom))

    return await erase(
        log, connection, position, reason=reason, actor=actor, clock=clock, also=[forget]
    )
