"""HTTP in, one call of a service of :class:`Quality`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.quality.looking import Where
from lianyi.applications.indicators.quality.service import Quality
from lianyi.applications.indicators.quality.views import (
    AcknowledgeFinding,
    AskedRun,
    AssignFinding,
    Impact,
    Lineage,
    QualityOverview,
    QualityQueue,
    QualityRows,
    QualityRuleDetail,
    QualityRules,
    ReopenFinding,
    RuleFinding,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/quality", tags=["quality"])

READS = needs("quality.read")
WRITES = needs("quality.write")


def _quality(request: Request) -> Quality:
    found: Quality = request.app.state.quality
    return found


def _where(
    source: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    department: Annotated[
        str, Query(max_length=100, pattern=r"^[^\x00]*$", description="this one alone")
    ] = "",
    unplaced: Annotated[bool, Query(description="only rows that name no department")] = False,
    month: Annotated[
        str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$", description="empty: of all time")
    ] = "",
) -> Where:
    return Where(source, hospital, department, unplaced, month)


Service = Annotated[Quality, Depends(_quality)]
Which = Annotated[Where, Depends(_where)]
Code = Annotated[str, Path(max_length=20, pattern=r"^[^\x00]*$")]


@router.get("/overview", openapi_extra=READS)
async def show_quality_overview(service: Service) -> QualityOverview:
    """How the data stand as of the newest run: categories by source, with their trend."""
    return await service.looking.overview()


@router.get("/rules", openapi_extra=READS)
async def list_quality_rules(service: Service) -> QualityRules:
    """All rules, with how many rows violate each within reach."""
    return await service.looking.list_rules()


@router.get("/rules/{code}", openapi_extra=READS)
async def get_quality_rule(service: Service, code: Code) -> QualityRuleDetail:
    """One rule: what it asks, where it is violated since when, and which indicators it spoils."""
    return await service.looking.get_rule(code)


@router.get("/rules/{code}/rows", openapi_extra=needs("indicators.rows"))
async def list_quality_rows(
    service: Service,
    code: Code,
    where: Which,
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QualityRows:
    """The rows that violate a rule, as they lie now; each opens its record and its message."""
    return await service.looking.rows(code, where, skip=skip, limit=limit)


@router.get(
    "/rules/{code}/rows.csv",
    openapi_extra=needs("indicators.export"),
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark"}},
)
async def export_quality_rows(service: Service, code: Code, where: Which) -> Response:
    """The same rows as a file for a spreadsheet; at most a hundred thousand."""
    text = await service.looking.export(code, where)
    name = f"{code}.csv".encode("ascii", "ignore").decode()
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/findings", openapi_extra=READS)
async def list_quality_findings(
    service: Service,
    state: Literal["", "open", "assigned", "acknowledged"] = "",
    rule: Annotated[str, Query(max_length=20, pattern=r"^[^\x00]*$")] = "",
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> QualityQueue:
    """The work queue: rules above their threshold, by source, hospital and department."""
    return await service.queue.list_findings(state=state, rule=rule, hospital=hospital)


@router.post("/findings/assign", openapi_extra=WRITES)
async def assign_quality_finding(service: Service, wanted: AssignFinding) -> RuleFinding:
    """Give a finding to a person or an office."""
    return await service.queue.assign(wanted)


@router.post("/findings/acknowledge", openapi_extra=WRITES)
async def acknowledge_quality_finding(service: Service, wanted: AcknowledgeFinding) -> RuleFinding:
    """Say why a finding stays; it is open again when it worsens by a tenth."""
    return await service.queue.acknowledge(wanted)


@router.post("/findings/reopen", openapi_extra=WRITES)
async def reopen_quality_finding(service: Service, wanted: ReopenFinding) -> RuleFinding:
    """Take an acknowledgement back."""
    return await service.queue.reopen(wanted)


@router.post("/runs", openapi_extra=WRITES)
async def ask_for_quality_run(service: Service) -> AskedRun:
    """Ask for a run of all rules; it begins within seconds."""
    return await service.queue.ask_for_run()


@router.get("/lineage/{code}", openapi_extra=READS)
async def show_indicator_lineage(service: Service, code: Code) -> Lineage:
    """Where the numbers of an indicator come from, step by step, with rows and freshness."""
    return await service.tracing.lineage(code)


@router.get("/impact", openapi_extra=READS)
async def show_source_impact(
    service: Service,
    name: Annotated[
        str,
        Query(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00]*$",
            description="a source, channel, source.table, type of messages, fact or fact.column",
        ),
    ],
) -> Impact:
    """Which facts and indicators something feeds."""
    return await service.tracing.impact(name)
