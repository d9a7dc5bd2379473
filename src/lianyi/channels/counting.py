"""What a replay would do with the messages it is asked for, counted before it begins.

The same is asked as by the replay itself: what the gate and people decided, then the filter.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from lianyi.channels.compiled import CompiledChannel
from lianyi.channels.count_store import CountStore, Opened, Range, Sort
from lianyi.channels.decided import Decided, Skipped
from lianyi.channels.wanting import wants_content, wants_envelope, wants_letter
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog

COUNT_SECONDS = 20.0
OPENED_MAX = 2_000
"""A filter that looks into messages is asked about so many, the newest."""

SOMEWHERE = Position(0, 1)
"""Stands for a repaired form of which only matters that there is one."""


class Counted(NamedTuple):
    """What a replay would do.

    Attributes:
        matching: how many messages were asked for.
        first: number of the first of them; None when there is none.
        last: number of the last of them.
        skipped: how many are left out, by reason.
        unread: how many of the others a filter would have to look into and did not.
    """

    matching: int
    first: int | None
    last: int | None
    skipped: Counter[Skipped]
    unread: int

    @property
    def sending(self) -> int:
        """How many would be sent; at most so many where some were not looked into."""
        return self.matching - sum(self.skipped.values())


NOTHING = Counted(0, None, None, Counter(), 0)


async def count_replay(
    store: CountStore,
    log: PostgresLog,
    wanted: Range,
    *,
    compiled: CompiledChannel | None,
    name: str,
    destination: int,
) -> Counted:
    """Count what a replay would do.

    Args:
        store: counts.
        log: keeps what people repaired.
        wanted: the messages asked for.
        compiled: the channel as it is in force; None when nobody can compile it.
        name: of the destination.
        destination: its number.
    """
    groups = await store.groups(wanted, destination=destination, timeout_seconds=COUNT_SECONDS)
    if not groups:
        return NOTHING
    to = compiled.destination(name) if compiled else None
    skipped: Counter[Skipped] = Counter()
    unsure: dict[Sort, int] = {}
    for group in groups:
        sort = group.sort
        decided = _decided(sort)
        if why := decided.forbids(sort.gate):
            skipped[why] += group.size
        elif decided.own_repaired:
            continue  # a person sent it here, whatever the filter says
        elif decided.gate_repaired:
            unsure[sort] = group.size
        else:
            verdict = wants_envelope(to, sort.kind, sort.sender)
            if verdict is None:
                unsure[sort] = group.size
            elif not verdict:
                skipped["filtered"] += group.size
    opened: list[Opened] = []
    if unsure and compiled and to:
        opened = await store.newest(wanted, unsure, destination=destination, limit=OPENED_MAX)
        for one in opened:
            if one.decided.gate_repaired:
                body = (await log.get(one.decided.gate_repaired)).body
                goes = wants_content(to, compiled.open(body))
            else:
                goes = wants_letter(compiled, to, one.letter)
            skipped["filtered"] += not goes
    return Counted(
        sum(group.size for group in groups),
        min(group.first for group in groups),
        max(group.last for group in groups),
        skipped,
        sum(unsure.values()) - len(opened),
    )


def _decided(sort: Sort) -> Decided:
    return Decided(
        gate=sort.at_gate,
        gate_repaired=SOMEWHERE if sort.gate_repaired else None,
        own=sort.own,
        own_repaired=SOMEWHERE if sort.own_repaired else None,
    )
