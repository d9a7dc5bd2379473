"""What people do with alerts: see them, acknowledge them, let them be silent for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing import published_store as store
from lianyi.applications.indicators.publishing.desk import Desk
from lianyi.applications.indicators.publishing.model import HEEDING, Alert, Decision, Said
from lianyi.applications.indicators.publishing.problems import BadPeriod, NoSuchAlert
from lianyi.applications.indicators.publishing.standing import silent_until
from lianyi.applications.indicators.publishing.views import AlertList, AlertView
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
        heard = {int(one.facts["alert"]): one for one in said if one.said is Said.ACKNOWLEDGED}
        silent = silent_until(said, {one.alert: _about(one) for one in alerts})
        now = self._desk.clock.now()
        return [_view(one, heard, silent.get(_about(one)), now) for one in alerts]

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
        return next(one for one in await self._seen() if one.number == number)


def _about(one: Alert) -> tuple[object, ...]:
    return one.kind, one.code, one.caliber, one.hospital, one.department


def _view(
    one: Alert, heard: Mapping[int, Decision], silent: datetime | None, now: datetime
) -> AlertView:
    by = heard.get(one.alert)
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
        state="acknowledged" if by else "silenced" if still else "open",
        acknowledged_by=by.by_name if by else "",
        note=str(by.facts["note"]) if by else "",
        silent_until=still,
    )
