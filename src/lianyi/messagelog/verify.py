"""Proving the log: that every message is there, in its place, as it was written.

The chain proves everything up to the last message that is there. That messages are missing at the
very end it cannot prove; so the end is compared with what others remember of it: closed segments
their last chain value, readers and receipts the numbers they have seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.chain import GENESIS, relink
from lianyi.messagelog.log import ACTS, MessageLog
from lianyi.messagelog.message import LogMessage, Position
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_segments import Evidence

ERASED = "act message.erased"
REPAIRED = "act message.repaired"
"""Holds what a person made of the message that caused it."""
PAGE_MESSAGES = 2_000


class BrokenChain(LianyiError):
    """What lies in the log is not what was written there."""

    code = "LY-1307"
    category = Category.INTERNAL
    en = Told(
        "the log is not what was written",
        "{why}",
        "keep the database as it is for the inquiry; restore the shard from an export or a backup",
    )
    zh = Told(
        "日志内容与写入时不一致",
        "{why_zh}",
        "保留数据库现状以便调查；从导出或备份恢复该分片",
    )


class Report(NamedTuple):
    """What verifying a run of messages found.

    Attributes:
        shard: the shard.
        number_from: first number looked at.
        number_to: last number that should be there.
        messages: how many were found whole, up to the first that is not.
        tombstones: how many of them were lawfully erased.
        first_broken: number of the first message that is not what was written; None: all is well.
        failure: what is wrong with it.
    """

    shard: int
    number_from: int
    number_to: int
    messages: int
    tombstones: int
    first_broken: int | None
    failure: LianyiError | None

    @property
    def ok(self) -> bool:
        """Whether everything is what was written."""
        return self.failure is None


OnProgress = Callable[[int, int, int], None]
"""Told shard, messages verified so far, messages to verify."""

SeenBy = Callable[[int], Awaitable[Mapping[str, int]]]
"""For a shard, who has seen messages up to which number, such as receipts of destinations."""


async def verify(
    log: PostgresLog,
    *,
    shards: Collection[int] = (),
    number_from: int = 1,
    number_to: int | None = None,
    seen_by: Sequence[SeenBy] = (),
    on_progress: OnProgress | None = None,
) -> list[Report]:
    """Prove the log, in the database and in the archive; one report for each shard.

    Args:
        log: the log, with its archive.
        shards: which ones; none means all.
        number_from: where to begin; the chain value before it is believed.
        number_to: where to end; None means the end.
        seen_by: who else remembers numbers; readers of the log are always asked.
        on_progress: told after each page.

    Raises:
        LogUnavailable: the database cannot be reached.
    """
    reports = []
    for shard in shards or await log.shards():
        evidence = await log.evidence(shard)
        for ask in seen_by:
            evidence = evidence._replace(seen={**evidence.seen, **await ask(shard)})
        verifier = Verifier(log, shard, evidence, on_progress=on_progress)
        reports.append(await verifier.run(number_from=number_from, number_to=number_to))
    return reports


class Verifier:
    """Proves one shard."""

    def __init__(
        self,
        log: MessageLog,
        shard: int,
        evidence: Evidence,
        *,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Take a shard of any log, and what others remember of it."""
        self._log = log
        self._shard = shard
        self._evidence = evidence
        self._on_progress = on_progress
        self._erased: set[Position] | None = None

    async def run(self, *, number_from: int = 1, number_to: int | None = None) -> Report:
        """Walk from number to number; the next page is fetched while this one is hashed."""
        remembered = max([*self._evidence.seen.values(), *self._evidence.seals], default=0)
        expected = max(await self._log.end(self._shard), remembered)
        last = expected if number_to is None else min(number_to, expected)
        done = number_from - 1
        tombstones = 0
        failure: LianyiError | None = None
        reading: asyncio.Task[Sequence[LogMessage]] | None = None
        try:
            chain = await self._chain_at(done)
            reading = self._read(done)
            while done < last:
                page = [message for message in await reading if message.number <= last]
                if not page:
                    raise self._missing(done + 1)
                reading = self._read(page[-1].number)
                erased = {m.position for m in page if m.tombstone}
                if erased and self._erased is None:
                    self._erased = await self._acts_of_erasure()
                good, chain, failure = await asyncio.to_thread(self._prove, page, done, chain)
                tombstones += sum(message.tombstone for message in page[:good])
                done += good
                if self._on_progress:
                    self._on_progress(self._shard, done - number_from + 1, last - number_from + 1)
                if failure:
                    break
        except LianyiError as error:
            if error.category.retry:  # the store is away: that says nothing about the log
                raise
            failure = error
        finally:
            if reading:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        return Report(
            shard=self._shard,
            number_from=number_from,
            number_to=last,
            messages=done - number_from + 1,
            tombstones=tombstones,
            first_broken=done + 1 if failure else None,
            failure=failure,
        )

    def _read(self, after: int) -> asyncio.Task[Sequence[LogMessage]]:
        return asyncio.ensure_future(self._page(after))

    async def _page(self, after: int) -> Sequence[LogMessage]:
        """Read on; where something cannot be read, all before it is read first."""
        limit = PAGE_MESSAGES
        while True:
            try:
                return await self._log.read(self._shard, after=after, limit=limit)
            except LianyiError as error:
                if error.category.retry:
                    raise
                if limit > 1:
                    limit = max(limit // 8, 1)
                    continue
                at = Position(self._shard, after + 1)
                if error.where != str(at):
                    raise
                raise _broken(
                    at, f"it cannot be decrypted ({error.code})", f"无法解密（{error.code}）"
                ) from error

    async def _chain_at(self, number: int) -> bytes:
        if number < 1:
            return GENESIS
        return (await self._log.get(Position(self._shard, number))).chain

    async def _acts_of_erasure(self) -> set[Position]:
        """Return every position that an act in the log says was erased."""
        found: set[Position] = set()
        after = 0
        while page := await self._log.read(ACTS, after=after, limit=PAGE_MESSAGES):
            found |= {m.caused_by for m in page if m.kind == ERASED and m.caused_by}
            after = page[-1].number
        return found

    def _prove(
        self, page: Sequence[LogMessage], done: int, chain: bytes
    ) -> tuple[int, bytes, LianyiError | None]:
        """Return how many messages are whole, the chain value there, and what the next one has."""
        for good, message in enumerate(page):
            if message.number != done + good + 1:
                return good, chain, self._missing(done + good + 1)
            if failure := self._judge(message, chain):
                return good, chain, failure
            chain = message.chain
        return len(page), chain, None

    def _judge(self, message: LogMessage, before: bytes) -> LianyiError | None:
        try:
            linked = relink(before, message) == message.chain
        except (ValueError, KeyError, TypeError):
            return _broken(message.position, "its tombstone cannot be read", "其擦除标记无法读取")
        if not linked:
            return _broken(
                message.position,
                "it does not follow from the message before it: its content, a key, its time or"
                " its place was changed, here or before",
                "它与前一条消息不衔接：内容、键、时间或位置被改动（在此处或之前）",
            )
        if message.tombstone and message.position not in (self._erased or ()):
            return _broken(
                message.position,
                "its body was replaced, but no act in the log says that it was erased",
                "消息体已被替换，但日志中没有相应的擦除操作",
            )
        if self._evidence.seals.get(message.number, message.chain) != message.chain:
            return _broken(
                message.position,
                "its segment was closed with another chain value",
                "该段关闭时记录的链值与此不同",
            )
        return None

    def _missing(self, number: int) -> LianyiError:
        who = [f"{name} ({seen})" for name, seen in self._evidence.seen.items() if seen >= number]
        seen = f"; seen by {', '.join(sorted(who)[:5])}" if who else ""
        seen_zh = f"；曾被读取：{'、'.join(sorted(who)[:5])}" if who else ""
        return _broken(
            Position(self._shard, number), f"it is missing{seen}", f"该消息缺失{seen_zh}"
        )


def _broken(position: Position, why: str, why_zh: str) -> BrokenChain:
    return BrokenChain(where=str(position), why=why, why_zh=why_zh)
