"""HTTP in, one call of a service of :class:`Publishing`, HTTP out. No decision is made here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.publishing.register_views import Registers
from lianyi.applications.indicators.publishing.service import Publishing
from lianyi.applications.indicators.publishing.views import (
    CaliberChange,
    CaliberHistory,
    CaliberStanding,
    ChainView,
    EnterFigure,
    EntryList,
    EntryView,
    ExamSheet,
    PreviewPublication,
    PublishedList,
    PublishedSum,
    PublishPreview,
    PublishValues,
    RecountView,
    SignCaliber,
    Standings,
)
from lianyi.applications.indicators.publishing.watch_views import (
    AcknowledgeAlert,
    AlertList,
    AlertRuleList,
    AlertView,
    EvaluateAlerts,
    RaisedView,
    SetAlertRule,
    SetTarget,
    SilenceAlert,
    TargetList,
    WatchHistory,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators", tags=["indicators"])

READS = needs("indicators.read")
APPROVES = needs("indicators.approve")
PUBLISHES = needs("indicators.publish")
ENTERS = needs("indicators.enter")


async def _publishing(request: Request) -> Publishing:
    found: Publishing = request.app.state.publishing
    return found


Service = Annotated[Publishing, Depends(_publishing)]
Code = Annotated[str, Path(max_length=20, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Path(max_length=41, pattern=r"^[a-z0-9-]*$")]
Number = Annotated[int, Path(ge=1, le=2**62)]
Year = Annotated[int, Query(ge=2000, le=2098)]
OfCode = Annotated[str, Query(max_length=20, pattern=r"^[^\x00]*$")]
OfName = Annotated[str, Query(max_length=41, pattern=r"^[a-z0-9-]*$")]
OfPeriod = Annotated[str, Query(max_length=10, description="2026, 2026Q1, 2026-03; empty: all")]
OfHospital = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


# ---- approval -----------------------------------------------------------------------------------


@router.get("/approvals", openapi_extra=READS)
async def list_caliber_standings(service: Service) -> Standings:
    """How every caliber stands: draft, proposed, approved, changed since approval, superseded."""
    return await service.approvals.standings()


@router.get("/{code}/calibers/{caliber}/history", openapi_extra=READS)
async def get_caliber_history(service: Service, code: Code, caliber: Name) -> CaliberHistory:
    """Who proposed, approved and withdrew what of a caliber, and how its versions stand."""
    return await service.approvals.history(code, caliber)


@router.post("/{code}/calibers/{caliber}/propose", openapi_extra=ENTERS)
async def propose_caliber(
    service: Service, code: Code, caliber: Name, wanted: SignCaliber
) -> CaliberStanding:
    """Ask for the approval of a caliber as its file says now."""
    return await service.approvals.propose(code, caliber, wanted.hash, wanted.note)


@router.post("/{code}/calibers/{caliber}/approve", openapi_extra=APPROVES)
async def approve_caliber(
    service: Service, code: Code, caliber: Name, wanted: SignCaliber
) -> CaliberStanding:
    """Sign what another person proposed; it holds as long as the file says the same."""
    return await service.approvals.approve(code, caliber, wanted.hash, wanted.note)


@router.post("/{code}/calibers/{caliber}/withdraw", openapi_extra=APPROVES)
async def withdraw_caliber(
    service: Service, code: Code, caliber: Name, wanted: SignCaliber
) -> CaliberHistory:
    """End an approval or a proposal."""
    return await service.approvals.withdraw(code, caliber, wanted.hash, wanted.note)


@router.get("/{code}/calibers/{caliber}/change", openapi_extra=READS)
async def compare_caliber_definitions(
    service: Service,
    code: Code,
    caliber: Name,
    period: OfPeriod,
    hospital: OfHospital,
    before: Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")] = "",
    after: Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")] = "",
) -> CaliberChange:
    """What an indicator comes to by two definitions, and how many rows moved in and out."""
    return await service.looking.change(
        code, caliber, period=period, hospital=hospital, before=before, after=after
    )


# ---- published values ---------------------------------------------------------------------------


@router.post("/publish", openapi_extra=PUBLISHES)
async def publish_indicators(service: Service, wanted: PublishValues) -> PublishedSum:
    """Count and publish a period that is over, by approved calibers, for the hospitals in reach."""
    return await service.valuing.publish(
        wanted.period, wanted.codes, caliber=wanted.caliber, reason=wanted.reason
    )


@router.post("/publish/preview", openapi_extra=PUBLISHES)
async def preview_publication(service: Service, wanted: PreviewPublication) -> PublishPreview:
    """What would be published now: values, rows of evidence, and what was published before."""
    return await service.valuing.preview(wanted.period, wanted.codes, caliber=wanted.caliber)


@router.get("/published/chain", openapi_extra=READS)
async def check_published_chain(service: Service) -> ChainView:
    """Whether any published value was changed or taken away since."""
    return await service.looking.check_chain()


@router.get("/published/{number}/recount", openapi_extra=READS)
async def recount_published_value(service: Service, number: Number) -> RecountView:
    """A published value counted again: the same, or what differs and how many rows moved."""
    return await service.looking.recount(number)


@router.get("/{code}/published", openapi_extra=READS)
async def list_published_values(
    service: Service,
    code: Code,
    caliber: OfName = "",
    period: OfPeriod = "",
    hospital: OfHospital = "",
) -> PublishedList:
    """Values as they were published, beside as they were restated."""
    return await service.looking.list_published(
        code, caliber=caliber, period=period, hospital=hospital
    )


# ---- entries ------------------------------------------------------------------------------------


@router.get("/entries", openapi_extra=READS)
async def list_indicator_entries(
    service: Service, code: OfCode = "", period: OfPeriod = "", hospital: OfHospital = ""
) -> EntryList:
    """Figures that were entered by form, the newest first."""
    return await service.entering.list_entries(code, period=period, hospital=hospital)


@router.post("/{code}/entries", openapi_extra=ENTERS)
async def enter_indicator_figure(service: Service, code: Code, wanted: EnterFigure) -> EntryView:
    """Enter a figure that no data tell, with its evidence; another person confirms it."""
    return await service.entering.enter(code, wanted)


@router.post("/entries/{number}/confirm", openapi_extra=ENTERS)
async def confirm_indicator_entry(service: Service, number: Number) -> EntryView:
    """Confirm what somebody else entered; the one before it is replaced."""
    return await service.entering.confirm(number)


# ---- the exam -----------------------------------------------------------------------------------


@router.get("/exam", openapi_extra=READS)
async def get_exam_sheet(service: Service, year: Year, hospital: OfHospital) -> ExamSheet:
    """The national exam of a hospital: 56 numbers in order, with those of the year before."""
    return await service.examining.sheet(year, hospital)


@router.get(
    "/exam.csv",
    openapi_extra=READS,
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark"}},
)
async def export_exam_sheet(service: Service, year: Year, hospital: OfHospital) -> Response:
    """The same as a file for a spreadsheet."""
    text = await service.examining.as_csv(year, hospital)
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="exam-{year}.csv"'},
    )


# ---- targets and alerts -------------------------------------------------------------------------


@router.get("/targets", openapi_extra=READS)
async def list_indicator_targets(
    service: Service, code: OfCode = "", period: OfPeriod = "", hospital: OfHospital = ""
) -> TargetList:
    """What is to be reached, what was, and where the year goes if it goes on so."""
    return await service.watching.list_targets(code, period=period, hospital=hospital)


@router.post("/{code}/targets", openapi_extra=PUBLISHES)
async def set_indicator_target(service: Service, code: Code, wanted: SetTarget) -> TargetList:
    """Say what is to be reached in a period, or that nothing is any more."""
    return await service.watching.set_target(code, wanted)


@router.get("/alert-rules", openapi_extra=READS)
async def list_indicator_alert_rules(service: Service, code: OfCode = "") -> AlertRuleList:
    """When alerts are raised."""
    return await service.watching.list_rules(code)


@router.post("/{code}/alert-rules", openapi_extra=PUBLISHES)
async def set_indicator_alert_rule(
    service: Service, code: Code, wanted: SetAlertRule
) -> AlertRuleList:
    """Say when an alert is raised: by a target, by what was usual, by what is missing."""
    return await service.watching.set_rule(code, wanted)


@router.get("/{code}/watched", openapi_extra=READS)
async def get_watch_history(service: Service, code: Code) -> WatchHistory:
    """Who set which targets and rules of an indicator, and who took note of its alerts."""
    return await service.heeding.history(code)


@router.get("/alerts", openapi_extra=READS)
async def list_indicator_alerts(
    service: Service,
    state: Literal["", "open", "acknowledged", "silenced"] = "",
    hospital: OfHospital = "",
    code: OfCode = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> AlertList:
    """Alerts, the newest first."""
    return await service.heeding.list_alerts(state=state, hospital=hospital, code=code, limit=limit)


@router.post("/alerts/evaluate", openapi_extra=PUBLISHES)
async def evaluate_indicator_alerts(service: Service, wanted: EvaluateAlerts) -> RaisedView:
    """Look at what was published of a period, and raise the alerts that its rules ask for."""
    return await service.watching.evaluate(wanted.period)


@router.post("/alerts/{number}/acknowledge", openapi_extra=PUBLISHES)
async def acknowledge_indicator_alert(
    service: Service, number: Number, wanted: AcknowledgeAlert
) -> AlertView:
    """Take note of an alert."""
    return await service.heeding.acknowledge(number, wanted.note)


@router.post("/alerts/{number}/silence", openapi_extra=PUBLISHES)
async def silence_indicator_alert(
    service: Service, number: Number, wanted: SilenceAlert
) -> AlertView:
    """Let alerts of this kind about this cell be silent for a while."""
    return await service.heeding.silence(number, wanted.until, wanted.note)


# ---- registers ----------------------------------------------------------------------------------


@router.get("/registers", openapi_extra=READS)
async def get_indicator_registers(service: Service, as_of: date | None = None) -> Registers:
    """Facts, indicators, rules, dimensions and calibers, as of the end of a day."""
    return await service.registering.registers(as_of)
