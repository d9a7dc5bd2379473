"""Questions over acts, each within the reach of whoever asks.

Whoever does not see everything sees the acts that are about messages of his organisations; acts
that are about none, such as those about accounts, are seen by whoever sees everything. The wall in
the database says the same once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg

from lianyi.base.clock import Clock
from lianyi.messagelog.log import ACTS, NoSuchMessage
from lianyi.messagelog.message import Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.search import Entry, Wanted
from lianyi.messagelog.verify import Report, verify
from lianyi.security.access import OutsideOfReach, current
from lianyi.security.acts import ALLOWED, FAILED, REFUSED, act
from lianyi.security.audit import store
from lianyi.security.audit.export import EXPORT_MAX, Archive, Export, Signer
from lianyi.security.audit.failures import BroadKind, NoSuchAct, TooManyActs
from lianyi.security.audit.model import Act, Asked, Called, Resolver
from lianyi.security.audit.reading import KIND, act_of
from lianyi.security.audit.store import ChannelName

NO_CHANNEL = -1
"""Stands where somebody sees no channel at all: no act has it."""
PAGE = 500
ENTRIES = 5000
"""How many lines of the log an export asks for at once."""
VERIFIED_MAX = 100_000
"""How many acts the console proves at once; the command line proves all."""


class Audit:
    """Finds, shows, proves and exports acts."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        log: PostgresLog,
        clock: Clock,
        *,
        signer: Signer,
        source_id: str = "lianyi",
        resolver: Resolver | None = None,
    ) -> None:
        """Read with the connections of one pool.

        Args:
            pool: behind the wall where people are served.
            log: searched, and appended to by exports.
            clock: dates exports.
            signer: signs exports.
            source_id: what this installation calls itself in audit records.
            resolver: knows what organisations are called; None: nobody does.
        """
        self._pool = pool
        self._log = log
        self._clock = clock
        self.signer = signer
        self.source_id = source_id
        self._resolver = resolver

    async def page(
        self, asked: Asked, *, cursor: str | None, limit: int
    ) -> tuple[list[Act], str | None]:
        """Return acts, the newest first, and the cursor of the next page.

        Raises:
            BroadKind: the kind begins with a star.
        """
        visible = await self._visible()
        below = int(cursor) if cursor else None
        wanted = self._wanted(asked, visible, below)
        found = await self._log.find(wanted, limit=limit + 1)
        shown = found[:limit]
        following = str(shown[-1].number) if len(found) > limit else None
        return await self._read(shown, visible), following

    async def get(self, position: Position) -> Act:
        """Return one act.

        Raises:
            NoSuchAct: none stands there, or one that may not be seen here.
        """
        visible = await self._visible()
        if position.shard != ACTS:
            raise NoSuchAct(where=str(position))
        try:
            message = await self._log.get(position)
        except NoSuchMessage as error:
            raise NoSuchAct(where=str(position)) from error
        if not message.kind.startswith(KIND) or not (
            current().sees_everything or message.channel in visible
        ):
            raise NoSuchAct(where=str(position))
        return act_of(
            message.position,
            message.received_at,
            message.kind,
            message.keys,
            _named(visible.get(message.channel)),
            message.body,
        )

    async def called(self, acts: Sequence[Act]) -> Called:
        """Return what the accounts and organisations of some acts are called today."""
        codes = sorted({one.organisation for one in acts} - {""})
        known = await self._resolver(codes) if codes and self._resolver else {}
        names = sorted({one.actor for one in acts})
        return Called(await store.display_names(self._pool, names), known)

    async def all(self, asked: Asked, *, most: int) -> AsyncIterator[Act]:
        """Give acts, the newest first, at most so many."""
        cursor: str | None = None
        left = most
        while left > 0:
            found, cursor = await self.page(asked, cursor=cursor, limit=min(PAGE, left))
            for one in found:
                yield one
            left -= len(found)
            if cursor is None:
                return

    async def note(self, operation: str, asked: Asked, *, by: Mapping[str, Any]) -> None:
        """Write down that acts are looked at where no guard does."""
        facts = {"operation": operation, "query": asked.said(), "result": ALLOWED, **by}
        await self._log.append_act(act(f"access.{operation}", facts))

    async def export(self, asked: Asked, *, by: Mapping[str, Any] | None = None) -> Export:
        """Return a signed archive of the answer; that it was made is itself an act.

        Raises:
            TooManyActs: the answer is longer than one archive holds.
        """
        head = await store.head(self._pool)
        visible = await self._visible()
        entries = await self._entries(asked, visible)
        archive = Archive()
        for start in range(0, len(entries), PAGE):
            acts = await self._read(entries[start : start + PAGE], visible)
            await asyncio.to_thread(archive.add, acts)
        access = current()
        made = await asyncio.to_thread(
            archive.close,
            signer=self.signer,
            about={
                "asked": asked.said(),
                "made_at": self._clock.now().isoformat(),
                "made_by": access.actor.name,
                "whole_reach": access.sees_everything,
                "chain_head": {
                    "position": str(Position(ACTS, head.number)),
                    "sha256": head.chain.hex(),
                },
                **(by or {}),
            },
        )
        facts = {
            "count": made.acts,
            "asked": asked.said(),
            "manifest_sha256": made.manifest_sha256,
            **(by or {}),
        }
        await self._log.append_act(act("audit.exported", facts))
        return made

    async def _entries(self, asked: Asked, visible: Mapping[int, ChannelName]) -> list[Entry]:
        found: list[Entry] = []
        below: int | None = None
        while True:
            wanted = self._wanted(asked, visible, below)
            some = await self._log.find(wanted, limit=ENTRIES)
            found += some
            if len(found) > EXPORT_MAX:
                raise TooManyActs(where="export", most=EXPORT_MAX)
            if len(some) < ENTRIES:
                return found
            below = some[-1].number

    async def verify(self) -> Report:
        """Prove the newest acts: that each is there, in its place, as it was written.

        Raises:
            OutsideOfReach: whoever asks does not see all of them.
        """
        if not current().sees_everything:
            raise OutsideOfReach(where="verify")
        end = await self._log.end(ACTS)
        first = max(end - VERIFIED_MAX + 1, 1)
        return (await verify(self._log, shards=[ACTS], number_from=first))[0]

    async def channels(self) -> list[ChannelName]:
        """Return the channels whose acts may be seen here."""
        return [*(await self._visible()).values()]

    async def _visible(self) -> dict[int, ChannelName]:
        access = current()
        return {
            one.channel: one
            for one in await store.channels(self._pool)
            if access.sees(one.organisation)
        }

    def _wanted(
        self, asked: Asked, visible: Mapping[int, ChannelName], below: int | None
    ) -> Wanted:
        if asked.kind.startswith("*"):
            raise BroadKind(where="kind")
        narrowed = bool(asked.channel or asked.organisation)
        chosen = [
            one.channel
            for one in visible.values()
            if asked.channel in ("", one.name) and asked.organisation in ("", one.organisation)
        ]
        everything = current().sees_everything and not narrowed
        keys = [
            f"{letter}:{value}"
            for letter, value in (
                ("u", asked.account),
                ("w", asked.patient),
                ("i", asked.address),
                ("y", asked.purpose),
                ("r", "" if asked.result == ALLOWED else asked.result),
            )
            if value
        ]
        kind = f"{KIND}{asked.kind}" if asked.kind else f"{KIND}*"
        return Wanted(
            shards=[ACTS],
            channels=() if everything else chosen or [NO_CHANNEL],
            kind=kind,
            since=_utc(asked.since),
            until=_utc(asked.until),
            below=None if below is None else {ACTS: below},
            keys=keys,
            lacks=[f"r:{REFUSED}", f"r:{FAILED}"] if asked.result == ALLOWED else (),
        )

    async def _read(
        self, entries: Sequence[Entry], visible: Mapping[int, ChannelName]
    ) -> list[Act]:
        bodies = dict(
            await store.bodies(self._pool, [one.number for one in entries], self._log.cover)
        )
        for one in entries:
            if one.number not in bodies:  # it lies in the archive
                with suppress(NoSuchMessage):
                    bodies[one.number] = (await self._log.get(one.position)).body
        return [
            act_of(
                one.position,
                one.received_at,
                one.kind,
                one.keys,
                _named(visible.get(one.channel)),
                bodies.get(one.number, b""),
            )
            for one in entries
        ]


def _named(channel: ChannelName | None) -> tuple[str, str] | None:
    return (channel.name, channel.organisation) if channel else None


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
