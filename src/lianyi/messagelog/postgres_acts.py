"""Writing acts: like every message, but with ``INSERT``.

Acts come by the dozen, and from the doors, whose role is bound by row-level security; ``COPY``
refuses to work under it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from lianyi.messagelog.chain import link, micros_since_1970
from lianyi.messagelog.cover import PLAIN, Cover
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import KEY_SEPARATOR, NewMessage, Position, storable
from lianyi.messagelog.postgres_binary import COLUMNS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.messagelog.postgres_segments import Last
from lianyi.messagelog.search import terms_of
from lianyi.messagelog.segments import segment_of, table


async def insert_acts(
    connection: Connection,
    acts: Sequence[NewMessage],
    *,
    last: Last,
    received_at: datetime,
    cover: Cover = PLAIN,
) -> None:
    """Write acts after the last one of their shard, in the caller's transaction.

    Args:
        connection: holds the lock of the acts.
        acts: in their order.
        last: the message before the first.
        received_at: when they are recorded; not before ``last`` was.
        cover: hides what lies in the table.
    """
    micros, chain = micros_since_1970(received_at), last.chain
    rows: dict[str, list[tuple[object, ...]]] = {}
    for number, new in enumerate(acts, start=last.number + 1):
        act = storable(new)
        chain = link(chain, ACTS, number, micros, act, hashlib.sha256(act.body).digest())
        act = cover.hide(act, Position(ACTS, number))
        cause = act.caused_by
        row = (
            number,
            received_at,
            cause.number if cause else None,
            act.channel,
            ACTS,
            cause.shard if cause else None,
            int(act.gate),
            False,
            act.kind,
            act.sender,
            act.codec,
            KEY_SEPARATOR.join(act.keys),
            terms_of(act.keys),
            chain,
            act.body,
        )
        rows.setdefault(table(ACTS, segment_of(number)), []).append(row)
    places = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
    for leaf, values in rows.items():
        await connection.executemany(
            f"INSERT INTO {leaf} ({', '.join(COLUMNS)}) VALUES ({places})",  # noqa: S608
            values,
        )
