"""Tells whoever subscribes that a person's identifiers have changed: each change exactly once.

A change is written with its effect (:mod:`follow`); here it becomes messages of the log in the
transaction that notes that it was told. Channels deliver them, as anything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from lianyi.base.clock import Clock
from lianyi.base.errors import Category, LianyiError, Told
from lianyi.messagelog.log import ACTS
from lianyi.messagelog.message import NewMessage
from lianyi.messagelog.postgres import PostgresLog
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.messagelog.postgres_leases import Connection
from lianyi.projections.identity import change_store, read_store
from lianyi.projections.identity.change_store import ChangeRow, Subscriber
from lianyi.projections.identity.pix.forms import Form
from lianyi.projections.identity.pix.notice import notice
from lianyi.projections.identity.statements import RecordKey
from lianyi.security import account_store
from lianyi.security.model import Purpose
from lianyi.security.privacy import store as privacy_store
from lianyi.security.privacy.model import Decision
from lianyi.security.rules import path_up

LOOK_SECONDS = 0.5
TOGETHER_MAX = 100
REMEMBERED = timedelta(days=30)

log = structlog.get_logger(__name__)


class NobodyToTell(LianyiError):
    """A channel that is to be told of changes is not there, or has another source."""

    code = "LY-2149"
    category = Category.UNAVAILABLE
    en = Told(
        "changes of persons cannot be told",
        "there is no channel '{channel}' with the source 'platform'",
        "put the channel into content/channels, or correct notify in the section [identity];"
        " changes wait until then",
    )
    zh = Told(
        "无法通知患者标识变更",
        "没有来源为 platform 的通道“{channel}”",
        "请在 content/channels 中添加该通道，或更正设置 [identity] 的 notify；在此之前变更会等待",
    )


class Tells(NamedTuple):
    """A channel that changes are told to, how, and whether of sensitive authorities as well."""

    channel: str
    form: Form
    sensitive: bool = False


class Notifier:
    """Appends what is to be told, wherever the role ``learn`` runs."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        messages: PostgresLog,
        clock: Clock,
        *,
        tells: Sequence[Tells],
        zone: ZoneInfo,
        oids: Mapping[str, str],
        sensitive: Collection[str] = (),
    ) -> None:
        """Describe the work.

        Args:
            pool: of the database.
            messages: the log.
            clock: the time now.
            tells: to whom.
            zone: in which times are written.
            oids: OID of an authority by its name.
            sensitive: authorities of whose patients few are told; see ``veil``.
        """
        self._pool = pool
        self._log = messages
        self._clock = clock
        self._tells = tells
        self._zone = zone
        self._oids = oids
        self._sensitive = frozenset(sensitive)

    async def run(self) -> None:
        """Tell until cancelled; what cannot be told now waits, and why is said once."""
        trouble = ""
        while True:
            before, trouble = trouble, ""
            try:
                while await self.step():
                    pass
            except (LianyiError, *STORE_ERRORS) as error:
                trouble = getattr(error, "code", type(error).__name__)
            if trouble not in ("", before):
                log.warning("identity.not_told", code=trouble)
            await asyncio.sleep(LOOK_SECONDS)

    async def step(self) -> int:
        """Tell the next changes; return how many there were.

        Raises:
            NobodyToTell: a channel is not there.
            LogUnavailable: the store cannot be reached.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await change_store.lock_untold(connection, limit=TOGETHER_MAX)
            if not rows:
                await change_store.forget_told(connection, self._clock.now() - REMEMBERED)
                return 0
            told = await self._subscribers(connection)
            scopes = {
                one.organisation: await self._scope(connection, one.organisation)
                for one in told.values()
            }
            refused = await self._refused(connection, rows, told)
            notices = [self._notices(row, told, scopes, refused) for row in rows]
            every = [one for some in notices for one in some]
            positions = await self._log.append_acts_within(connection, every) if every else []
            place = iter(positions)
            for row, some in zip(rows, notices, strict=True):
                at = [next(place) for _ in some]
                await change_store.set_told(connection, row, at, self._clock.now())
        return len(rows)

    async def _subscribers(self, connection: Connection) -> dict[str, Subscriber]:
        names = {one.channel for one in self._tells}
        found = await change_store.subscribers(connection, names)
        for name in sorted(names):
            if name not in found or found[name].shard != ACTS:
                raise NobodyToTell(where="notify", channel=name)
        return found

    @staticmethod
    async def _scope(connection: Connection, organisation: str) -> Collection[int] | None:
        """Return the channels of whose records may be told; None: of all."""
        if not organisation:
            return None
        return await change_store.channels_below(connection, organisation)

    async def _refused(
        self, connection: Connection, rows: Sequence[ChangeRow], told: Mapping[str, Subscriber]
    ) -> dict[str, set[RecordKey]]:
        """Return for each organisation that is told the records whose patients refuse that."""
        members = {
            f"{one.mrn}^{one.source}": one
            for row in rows
            for one in (*row.change.before, *row.change.after)
        }
        consents = await privacy_store.standing_consents(connection, members)
        found: dict[str, set[RecordKey]] = {one.organisation: set() for one in told.values()}
        if not consents:
            return found
        parents = await account_store.parents(connection)
        channels = await read_store.channels(
            connection, {channel for one in members.values() for channel in one.channels}
        )
        for consent in consents:
            member = members[consent.patient]
            first = channels.get(member.channels[0]) if member.channels else None
            of = frozenset(path_up(parents, first.organisation if first else ""))
            for organisation, records in found.items():
                by = frozenset(path_up(parents, organisation))
                if consent.decision is Decision.REFUSE and consent.covers(
                    Purpose.RECORDS, by=by, of=of, at=self._clock.now()
                ):
                    records.add((member.source, member.mrn))
        return found

    def _notices(
        self,
        row: ChangeRow,
        told: Mapping[str, Subscriber],
        scopes: Mapping[str, Collection[int] | None],
        refused: Mapping[str, Collection[RecordKey]],
    ) -> list[NewMessage]:
        found = []
        for one in self._tells:
            subscriber = told[one.channel]
            change = row.change.seen_by(
                scopes[subscriber.organisation],
                without=() if one.sensitive else self._sensitive,
                refused=refused[subscriber.organisation],
            )
            if change is None:
                continue
            message = notice(
                change,
                one.form,
                channel=subscriber.channel,
                cause=row.at,
                part=row.part,
                at=row.made_at.astimezone(self._zone),
                oids=self._oids,
            )
            if message is not None:
                found.append(message)
        return found
