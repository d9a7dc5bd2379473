"""The role that learns from the log, and keeps it: projections, partitions, indexes, retention."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

import asyncpg

from lianyi.app.process import Process, Role
from lianyi.app.projections import every_projection
from lianyi.applications.indicators.platform.days import PlatformDays
from lianyi.applications.indicators.quality.rounds import QualityRounds
from lianyi.channels import keep_store
from lianyi.messagelog import PostgresLog
from lianyi.messagelog.housekeeping import Housekeeping
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.clinical.parameter_work.reindexing import Reindexer
from lianyi.projections.following import Follower
from lianyi.projections.identity.authorities import authorities_in
from lianyi.projections.identity.notifying import Notifier, Tells
from lianyi.projections.lake.follow import LakeFollower
from lianyi.projections.lake.lake import Lake
from lianyi.projections.masterdata.questions import Questions
from lianyi.projections.masterdata.sourcing import SourceKeeper
from lianyi.projections.operational.mapping.lake import TablesOfLake
from lianyi.projections.operational.mapping.running import Mapper, Star
from lianyi.projections.operational.settling import Settler
from lianyi.projections.pacing import Pace
from lianyi.security.audit.syslog import READER, SyslogSender

Other = (
    SyslogSender
    | SourceKeeper
    | Notifier
    | Reindexer
    | LakeFollower
    | Settler
    | Mapper
    | QualityRounds
    | PlatformDays
)
"""What works beside those who follow."""


class LearnRole:
    """Follows the log for every projection and does the rounds of the house."""

    def __init__(
        self,
        housekeeping: Housekeeping,
        followers: Sequence[Follower],
        others: Sequence[Other] = (),
    ) -> None:
        self._work: list[Housekeeping | Follower | Other] = [
            housekeeping,
            *followers,
            *others,
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Work until :meth:`stop`, or until a part of it meets what nobody foresaw."""
        self._tasks = [asyncio.create_task(work.run()) for work in self._work]
        try:
            await asyncio.gather(*self._tasks)
        except asyncio.CancelledError:
            pass
        finally:
            self.stop()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self) -> None:
        """End now; every step can be taken up again."""
        for task in self._tasks:
            task.cancel()


async def build(process: Process, stack: AsyncExitStack) -> Role:
    """Build the role that learns from the log."""
    pool, messages = await process.open(stack)
    settings, audit = process.settings.messagelog, process.settings.audit

    async def receipts(connection: Connection) -> None:
        await keep_store.keep_receipts(connection, today=process.clock.now())

    async def retired(connection: Connection) -> set[str]:
        gone = set(await keep_store.retired_readers(connection))
        return gone if audit.syslog_address else gone | {READER}

    others: list[Other] = [
        SourceKeeper(pool, messages, process.clock, process.settings.content_dir),
        Reindexer(pool, process.settings.content_dir, ZoneInfo(process.settings.api.timezone)),
        _lake_follower(process, pool, messages),
        _settler(process, pool),
        _mapper(process),
        _quality(process, pool, messages),
        _platform_days(process, pool),
    ]
    if audit.syslog_address:
        others.append(
            SyslogSender(
                pool, messages, audit, process.clock, owner=process.owner, holder=process.holder
            )
        )
    if process.settings.identity.notify:
        others.append(_notifier(process, pool, messages))
    pace = Pace(process.clock)
    return LearnRole(
        Housekeeping(
            pool,
            process.connect,
            clock=process.clock,
            owner=process.owner,
            holder=process.holder,
            product=version("lianyi"),
            archive=process.archive(),
            retention=timedelta(days=settings.retention_days) if settings.retention_days else None,
            acts_online=timedelta(days=audit.online_days),
            holds=(keep_store.lowest_needed,),
            retired=retired,
            extras=(receipts,),
        ),
        [
            Follower(
                pool,
                messages,
                projection,
                connect=process.connect,
                clock=process.clock,
                owner=process.owner,
                holder=process.holder,
                pace=pace,
            )
            for projection in every_projection(process.settings)
        ],
        others,
    )


def _settler(process: Process, pool: asyncpg.Pool) -> Settler:
    """Return what writes operations data as files."""
    return Settler(
        pool,
        process.star_dir,
        connect=process.connect,
        clock=process.clock,
        zone=ZoneInfo(process.settings.api.timezone),
        every_seconds=process.settings.operational.settle_seconds,
        owner=process.owner,
        holder=process.holder,
    )


def _platform_days(process: Process, pool: asyncpg.Pool) -> PlatformDays:
    """Return what makes rows of what the platform did each day."""
    return PlatformDays(
        pool,
        process.star_dir,
        clock=process.clock,
        zone=ZoneInfo(process.settings.api.timezone),
        owner=process.owner,
        holder=process.holder,
    )


def _quality(process: Process, pool: asyncpg.Pool, messages: PostgresLog) -> QualityRounds:
    """Return what runs the rules of data quality."""
    settings = process.settings
    zone = ZoneInfo(settings.api.timezone)
    return QualityRounds(
        pool,
        data=Questions(pool, messages, process.clock, zone),
        star_dir=process.star_dir,
        lake_dir=process.lake_dir,
        content_dir=settings.content_dir,
        settings=settings.quality,
        clock=process.clock,
        owner=process.owner,
        holder=process.holder,
    )


def _lake_follower(process: Process, pool: asyncpg.Pool, messages: PostgresLog) -> LakeFollower:
    """Return what brings the rows of other systems into the lake."""
    return LakeFollower(
        pool,
        messages,
        process.lake_dir,
        settings=process.settings.lake,
        clock=process.clock,
        owner=process.owner,
        holder=process.holder,
    )


def _mapper(process: Process) -> Mapper:
    """Return what makes facts of the tables of the lake."""
    settings = process.settings
    star = Star(
        TablesOfLake(Lake(process.lake_dir)),
        process.star_dir,
        settings.content_dir,
        zone=settings.api.timezone,
        settings=settings.mapping,
    )
    return Mapper(star, settings.mapping)


def _notifier(process: Process, pool: asyncpg.Pool, messages: PostgresLog) -> Notifier:
    """Return what tells of changes of persons."""
    identity = process.settings.identity
    return Notifier(
        pool,
        messages,
        process.clock,
        tells=[Tells(one.channel, one.form, one.sensitive) for one in identity.notify],
        zone=ZoneInfo(process.settings.api.timezone),
        oids=identity.domains,
        sensitive=authorities_in(process.settings.content_dir).all_of(identity.veiled),
    )
