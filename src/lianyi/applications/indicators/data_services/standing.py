"""How a version of a service stands for whoever acts: told, callable, and what may be done."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from lianyi.applications.indicators.data_services.model import Said, Service, State, move
from lianyi.applications.indicators.data_services.views import DataService
from lianyi.applications.indicators.naming import Names
from lianyi.applications.indicators.saved.views import SavedQuestion
from lianyi.applications.indicators.views import BothWords
from lianyi.security.access import current

OFFER: Final = "services.offer"
DECIDE: Final = "services.decide"
CALL: Final = "services.call"
READ: Final = "indicators.read"
ROWS: Final = "indicators.rows"
STATES_ZH: Final = {
    State.OFFERED: "待审批",
    State.APPROVED: "已批准",
    State.REFUSED: "未批准",
    State.REVOKED: "已停用",
    State.REPLACED: "已被新版本取代",
}
_ALL = BothWords(zh="全部机构", en="all organisations")
_CHANGED = BothWords(zh="指标定义已变化，须重新批准", en="a definition has changed since")
_EARLY = BothWords(zh="尚未到开始日期", en="its first day is yet to come")
_LATE = BothWords(zh="已过结束日期", en="its last day is over")

Does = Literal["approved", "refused", "revoked", "called"]


def mine(one: Service) -> bool:
    """Tell whether whoever acts offers it."""
    return one.account == current().actor.account


def may_call(one: Service) -> bool:
    """Tell whether whoever acts is among its callers; not whether it holds."""
    actor = current().actor
    return bool(actor.reach.organisations(CALL)) and one.offer.is_for(actor.name, actor.roles)


def decides(one: Service) -> bool:
    """Tell whether whoever acts decides about it, if it is not his own."""
    return current().actor.reach.covers(DECIDE, one.offer.organisation)


def is_told(one: Service) -> bool:
    """Tell whether whoever acts is told of it at all."""
    reach, organisation = current().actor.reach, one.offer.organisation
    told = any(reach.covers(name, organisation) for name in (OFFER, DECIDE, READ))
    return mine(one) or told or (one.state is State.APPROVED and may_call(one))


def why_not(one: Service, today: date, hashed: str) -> BothWords | None:
    """Say why it may not be called; None: it may.

    Args:
        one: the version.
        today: the day.
        hashed: of the definitions as they are now.
    """
    if one.state is not State.APPROVED:
        return BothWords(zh=STATES_ZH[one.state], en=f"it is {one.state.value}")
    if one.hash != hashed:
        return _CHANGED
    if today < one.offer.first_on:
        return _EARLY
    return _LATE if today > one.offer.last_on else None


def shown(one: Service, names: Names, *, today: date, hashed: str) -> DataService:
    """Return a version as whoever acts sees it; see :func:`why_not`."""
    offer, why = one.offer, why_not(one, today, hashed)
    may: list[Does] = []
    for said in Said:
        his = decides(one) and not mine(one)
        if said is Said.REVOKED:
            his = his or mine(one)
        if his and move(one.state, said) is not None:
            may.append(said.value)
    if why is None and may_call(one):
        may.append("called")
    return DataService(
        name=one.name,
        version=one.version,
        title=offer.title,
        purpose=offer.purpose,
        by=one.by_name,
        own=mine(one),
        question=SavedQuestion(**offer.question),
        gives=offer.gives,
        side=offer.side,
        masked=list(offer.masked),
        columns=list(offer.columns),
        organisation=offer.organisation,
        organisation_name=names.organisation(offer.organisation).name
        if offer.organisation
        else _ALL,
        roles=list(offer.roles),
        accounts=list(offer.accounts),
        rows_max=offer.rows_max,
        calls_per_minute=offer.calls_per_minute,
        first_on=offer.first_on,
        last_on=offer.last_on,
        state=one.state.value,
        offered_at=one.offered_at,
        decided_by=one.decided_by,
        decided_at=one.decided_at,
        note=one.note,
        hash=hashed if one.state is State.OFFERED else one.hash,
        holds=why is None,
        why_not=why,
        may=may,
    )
