"""What the JSON API takes and answers about targets, rules of alerts and alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from lianyi.applications.indicators.publishing.views import (
    CaliberName,
    Number,
    Organisation,
    Reason,
    Shown,
    Written,
)


class SetTarget(BaseModel):
    """What is to be reached; ``value`` null: there is no target any more."""

    caliber: CaliberName = ""
    period: Written
    hospital: Organisation = ""
    department: Organisation = ""
    value: Number | None


class TargetView(Shown):
    """A target, the published value beside it, and where the year goes if it goes on so."""

    code: str
    caliber: str
    hospital: str
    department: str
    period: str
    target: float
    value: float | None
    reached: bool | None
    forecast: float | None
    set_by: str
    set_at: datetime


class TargetList(Shown):
    """Targets that hold."""

    items: list[TargetView]


class SetAlertRule(BaseModel):
    """When an alert is raised.

    Attributes:
        kind: ``target``: worse than the target by more than ``limit`` percent of it; ``sudden``:
            farther from the mean of the twelve months before than ``limit`` standard deviations;
            ``missing``: nothing was published ``limit`` days after the period was over.
        ends: the rule holds no longer.
    """

    caliber: CaliberName = ""
    hospital: Organisation = ""
    kind: Literal["target", "sudden", "missing"]
    limit: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 0
    ends: bool = False


class AlertRuleView(Shown):
    """A rule of alerts."""

    number: int
    code: str
    caliber: str
    hospital: str
    kind: str
    limit: float
    set_by: str
    set_at: datetime


class AlertRuleList(Shown):
    """Rules of alerts that hold."""

    items: list[AlertRuleView]


class EvaluateAlerts(BaseModel):
    """Which period is looked at."""

    period: Written


class RaisedView(Shown):
    """So many alerts were raised."""

    raised: int


class AcknowledgeAlert(BaseModel):
    """Somebody has taken note, and says what of it."""

    note: Reason


class SilenceAlert(BaseModel):
    """No alerts of this kind about this cell are shown as open until then."""

    until: datetime
    note: Reason


class AlertView(Shown):
    """An alert: ``open``, ``acknowledged`` or ``silenced``.

    Attributes:
        times: how often its condition was raised since somebody last took note; such alerts are
            one item, the newest.
        since: when it was raised first of these times.
    """

    number: int
    kind: str
    code: str
    caliber: str
    hospital: str
    department: str
    period: str
    value: float | None
    lowest: float | None
    highest: float | None
    published: int | None
    raised_at: datetime
    times: int
    since: datetime
    state: Literal["open", "acknowledged", "silenced"]
    acknowledged_by: str
    note: str
    silent_until: datetime | None


class AlertList(Shown):
    """Alerts, the newest first."""

    items: list[AlertView]


class WatchWord(Shown):
    """What somebody said about targets, rules or alerts of an indicator.

    Attributes:
        said: ``targeted``, ``ruled``, ``acknowledged`` or ``silenced``.
        period, department, value: of a target; ``value`` null: it was taken away.
        kind, limit: of a rule; of an alert its kind.
        ends: the target or the rule holds no longer since then.
        note: why.
        until: until when alerts are silent.
        alert: number of the alert.
    """

    said: str
    caliber: str
    hospital: str
    department: str
    period: str
    kind: str
    limit: float | None
    value: float | None
    ends: bool
    note: str
    until: datetime | None
    alert: int | None
    by: str
    at: datetime
    position: str


class WatchHistory(Shown):
    """All that was said about targets, rules and alerts of an indicator, the newest first."""

    items: list[WatchWord]
