"""Makes a row of each interface and day from counts that only grow, once the day is over.

What a day adds is the difference between two midnights of the hospital's clock, told by the last
minute before each. A day that was made stays: counts of a channel that is removed are gone. How
many deliveries wait at the end of a day is known of the day that has just ended, and of no earlier.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from lianyi.applications.indicators.platform import FACT
from lianyi.applications.indicators.platform import platform_store as store
from lianyi.applications.indicators.platform.platform_store import Link
from lianyi.base.clock import Clock
from lianyi.base.errors import LianyiError
from lianyi.messagelog import postgres_leases as leases
from lianyi.messagelog.postgres_errors import STORE_ERRORS
from lianyi.projections.operational.star import HOSPITAL, ORIGIN, month_column, month_of, star

if TYPE_CHECKING:
    from lianyi.projections.operational.shelf import Shelf

PRODUCER: Final = "platform"
LOOK_SECONDS: Final = 300.0
BACK_DAYS: Final = 400
"""So many days are made up for, where nobody was there to make them."""
_LEASE: Final = "platform:days"
_Counts = Mapping[str, Mapping[str, int]]

log = structlog.get_logger(__name__)


def rows_of(
    day: date,
    at: datetime,
    links: Iterable[Link],
    before: _Counts,
    after: _Counts,
    parked: Mapping[int, int] | None,
) -> list[dict[str, Any]]:
    """Return the rows of a day: of each interface by which anything came or went.

    Args:
        day: by the hospital's clock.
        at: its midnight, in UTC and without a zone.
        links: the interfaces.
        before: counts of readers as they stood when the day began.
        after: the same when it had ended.
        parked: deliveries that wait at its end, by destination; None: that is not known.
    """
    found = []
    for one in links:
        was, now = before.get(one.reader, {}), after.get(one.reader, {})

        def grew(name: str, was: Mapping[str, int] = was, now: Mapping[str, int] = now) -> int:
            return max(0, now.get(name, 0) - was.get(name, 0))

        said: dict[str, Any] = {
            FACT: f"{one.channel}>{one.destination} {day}",
            "channel": one.channel,
            "destination": one.destination or None,
            "at": at,
            month_column("at"): month_of(day),
            HOSPITAL: one.hospital or None,
            ORIGIN: "",
        }
        if not one.destination:
            said |= {"way": "intake", "received": grew("received"), "held": grew("held")}
            moved = said["received"]
        else:
            failed, gone = grew("excepted"), grew("filtered") + grew("erased")
            tried = max(failed, grew("passed") - gone)
            said |= {
                "way": "delivery",
                "tried": tried,
                "first_time": tried - failed,
                "delivered": grew("delivered"),
                "parked": None if parked is None else parked.get(one.number, 0),
            }
            moved = tried + said["delivered"] + (said["parked"] or 0)
        if moved:
            found.append(said)
    return found


class PlatformDays:
    """Makes the rows of the days that are over."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        star_dir: Path,
        *,
        clock: Clock,
        zone: ZoneInfo,
        owner: UUID,
        holder: str,
    ) -> None:
        """Describe the work.

        Args:
            pool: of the database.
            star_dir: where the facts lie.
            clock: the time now.
            zone: of the hospital: says when a day is over.
            owner: identifies this process in leases.
            holder: who it is, for people.
        """
        self._pool = pool
        self._star_dir = star_dir
        self._clock = clock
        self._zone = zone
        self._owner = owner
        self._holder = holder
        self._done: date | None = None

    async def run(self) -> None:
        """Make days until cancelled; what cannot be made now waits, and why is said once."""
        trouble = ""
        try:
            while True:
                before, trouble = trouble, ""
                try:
                    if self._done != self._yesterday and await self._has_lease():
                        await self.look()
                except (LianyiError, OSError, *STORE_ERRORS) as error:
                    trouble = getattr(error, "code", type(error).__name__)
                if trouble not in ("", before):
                    log.warning("platform.not_made", why=trouble)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            with contextlib.suppress(*STORE_ERRORS):  # it runs out by itself
                await leases.give_back(self._pool, _LEASE, owner=self._owner)

    async def _has_lease(self) -> bool:
        epoch = await leases.take(self._pool, _LEASE, owner=self._owner, holder=self._holder)
        return epoch is not None

    async def look(self) -> int:
        """Make all days that are over and not made; return how many rows they have.

        Raises:
            OSError: the folder of the star cannot be written.
        """
        yesterday = self._yesterday
        first = await store.first_minute(self._pool)
        if first is None:
            return 0
        begins = max(first.astimezone(self._zone).date(), yesterday - timedelta(days=BACK_DAYS - 1))
        made = await asyncio.to_thread(self._made)
        days = [begins + timedelta(days=n) for n in range((yesterday - begins).days + 1)]
        missing = [day for day in days if day not in made]
        links = await store.links(self._pool)
        rows: list[dict[str, Any]] = []
        for day in missing:
            since, until = self._midnight(day), self._midnight(day + timedelta(days=1))
            before = await store.counts_at(self._pool, since)
            after = await store.counts_at(self._pool, until)
            parked = await store.parked(self._pool, until) if day == yesterday else None
            at = since.astimezone(UTC).replace(tzinfo=None)
            rows += rows_of(day, at, links, before, after, parked)
        if rows:
            await asyncio.to_thread(self._put, rows)
        self._done = yesterday
        return len(rows)

    @property
    def _yesterday(self) -> date:
        return self._clock.now().astimezone(self._zone).date() - timedelta(days=1)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=self._zone)

    def _shelf(self) -> Shelf:
        from lianyi.projections.operational.shelf import Shelf

        return Shelf(self._star_dir)

    def _made(self) -> set[date]:
        """Return the days of which there are rows."""
        found = set()
        for file in self._shelf().producers(star()[FACT]).get(PRODUCER, ()):
            import pyarrow.parquet as pq  # type: ignore[import-untyped]

            for at in pq.read_table(file, columns=["at"])["at"].to_pylist():
                found.add(at.replace(tzinfo=UTC).astimezone(self._zone).date())
        return found

    def _put(self, rows: list[dict[str, Any]]) -> None:
        """Put rows beside those of their month that lie there."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        from lianyi.projections.operational.shelf import schema_of

        fact, shelf = star()[FACT], self._shelf()
        files = {one.stem: one for one in shelf.producers(fact).get(PRODUCER, ())}
        months = sorted({row[month_column("at")] for row in rows})
        for month in months:
            new = pa.Table.from_pylist(
                [row for row in rows if row[month_column("at")] == month], schema=schema_of(fact)
            )
            name = f"{2000 + month // 12}-{month % 12 + 1:02}"
            if name in files:
                new = pa.concat_tables([pq.read_table(files[name]), new])
            shelf.put(fact, PRODUCER, month, new)
