"""What people do with alerts: see them, acknowledge them, let them be silent for a while.

A condition is an alert's kind about one cell, in whatever period. It is open once: as long as
nobody takes note, what is raised again only says how often, and taking note answers for all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import (
    ALL,
    HEEDING,
    WATCHING,
    Alert,
    Decision,
    Said,
)
from lianyi.applications.indicators.publishing.problems import BadPeriod, NoSuchAlert
from lianyi.applications.indicators.publishing.standing import heard_by, silent_until
from lianyi.applications.indicators.publishing.watch_views import (
    AlertList,
    AlertView,
    WatchHistory,
    WatchWord,
)
from lianyi.messagelog.message import Position
from lianyi.security.access import current


class Heeding:
    """Alerts about the hospitals within reach."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def list_alerts(self, *, state: str, hospital: str, code: str, limit: int) -> AlertList:
        """Return at most so many alerts, the newest first; what is empty is not asked for."""
        found = [
            one
            for one in await self._seen()
            if state in {"", one.state}
            and hospital in {"", one.hospital}
            and code in {"", one.code}
        ]
        return AlertList(items=found[:limit])

    async def _seen(self) -> list[AlertView]:
        alerts = [
            one for one in await store.alerts(self._desk.pool) if current().sees(one.hospital)
        ]
        said = await store.decisions(self._desk.pool, HEEDING)
        about = {one.alert: _about(one) for one in alerts}
        heard = heard_by(said, about)
        silent = silent_until(said, about)
        now = self._desk.clock.now()
        return [
            _view(one, heard.get(one.alert), silent.get(_about(one)), now, raised=raised)
            for one, raised in conditions(alerts, heard)
        ]

    async def history(self, code: str) -> WatchHistory:
        """Return all that was said about targets, rules and alerts of an indicator."""
        said = await store.decisions(self._desk.pool, (*WATCHING, *HEEDING), code=code)
        kinds = {one.alert: one.kind for one in await store.alerts(self._desk.pool)}
        return WatchHistory(
            items=[
                _word(one, kinds)
                for one in reversed(said)
                if one.hospital == ALL or current().sees(one.hospital)
            ]
        )

    async def acknowledge(self, number: int, note: str) -> AlertView:
        """Take note of an alert; raises :class:`NoSuchAlert`."""
        return await self._say(Said.ACKNOWLEDGED, number, {"note": note})

    async def silence(self, number: int, until: datetime, note: str) -> AlertView:
        """Let alerts of this kind about this cell be silent until an instant.

        Raises:
            NoSuchAlert: there is none within reach.
            BadPeriod: the instant names no zone, or is past.
        """
        if until.tzinfo is None or until <= self._desk.clock.now():
            raise BadPeriod(
                where="until", why="it is past, or names no zone", why_zh="时刻已过或未注明时区"
            )
        return await self._say(Said.SILENCED, number, {"note": note, "until": until.isoformat()})

    async def _say(self, said: Said, number: int, facts: Mapping[str, str]) -> AlertView:
        async with self._desk.deciding() as deciding:
            found = {one.alert: one for one in await store.alerts(deciding.connection)}.get(number)
            if found is None or not current().sees(found.hospital):
                raise NoSuchAlert(where="number")
            await deciding.say(
                said,
                {"alert": number, **facts},
                code=found.code,
                caliber=found.caliber,
                hospital=found.hospital,
            )
        # One that was raised again stands in the list as the newest of its condition.
        return next(
            one
            for one in reversed(await self._seen())
            if one.number >= number and _about(one) == _about(found)
        )


def _about(one: Alert | AlertView) -> tuple[object, ...]:
    return one.kind, one.code, one.caliber, one.hospital, one.department


def conditions(
    alerts: Sequence[Alert], heard: Mapping[int, Decision]
) -> Iterator[tuple[Alert, Sequence[Alert]]]:
    """Give alerts, the newest first, and of which each is the last; a condition is open once."""
    waiting: dict[tuple[object, ...], list[Alert]] = defaultdict(list)
    for one in alerts:
        if one.alert not in heard:
            waiting[_about(one)].append(one)
    for one in alerts:
        if one.alert in heard:
            yield one, [one]
        elif waiting[_about(one)][0] is one:
            yield one, waiting[_about(one)]


def _word(one: Decision, kinds: Mapping[int, str]) -> WatchWord:
    facts = one.facts
    alert = int(facts["alert"]) if "alert" in facts else None
    value = facts.get("value")
    return WatchWord(
        said=one.said.value,
        caliber=one.caliber,
        hospital=one.hospital,
        department=str(facts.get("department", "")),
        period=str(facts.get("period", "")),
        kind=str(facts.get("kind", kinds.get(alert or 0, ""))),
        limit=facts.get("limit"),
        value=None if value is None else float(value),
        ends=bool(facts.get("ends")),
        note=str(facts.get("note", "")),
        until=datetime.fromisoformat(str(facts["until"])) if "until" in facts else None,
        alert=alert,
        by=one.by_name,
        at=one.at,
        position=str(Position(one.shard, one.number)),
    )


def _view(
    one: Alert,
    by: Decision | None,
    silent: datetime | None,
    now: datetime,
    *,
    raised: Sequence[Alert],
) -> AlertView:
    still = silent if silent is not None and silent > now else None
    return AlertView(
        number=one.alert,
        kind=one.kind,
        code=one.code,
        caliber=one.caliber,
        hospital=one.hospital,
        department=one.department,
        period=str(Period(one.first_month, one.last_month)),
        value=one.value,
        lowest=one.lowest,
        highest=one.highest,
        published=one.published or None,
        raised_at=one.raised_at,
        times=len(raised),
        since=min(other.raised_at for other in raised),
        state="acknowledged" if by else "silenced" if still else "open",
        acknowledged_by=by.by_name if by else "",
        note=str(by.facts["note"]) if by else "",
        silent_until=still,
    )
