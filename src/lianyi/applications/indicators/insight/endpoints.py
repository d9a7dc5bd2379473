"""HTTP in, one call of a service of :class:`Insight`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.endpoints import READS, Code, Which
from lianyi.applications.indicators.insight.service import Insight
from lianyi.applications.indicators.insight.views import (
    Against,
    BenchmarkView,
    ContributionView,
    ForecastView,
    Grain,
    ImpactView,
    PeersOf,
    TopicList,
    TopicView,
    WorkloadView,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators", tags=["indicators"])


def _insight(request: Request) -> Insight:
    found: Insight = request.app.state.insight
    return found


Service = Annotated[Insight, Depends(_insight)]
Place = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
Compared = Annotated[Against, Query(description="which period is compared with")]


@router.get("/topics", openapi_extra=READS)
async def list_indicator_topics(service: Service) -> TopicList:
    """The topics: patients, diseases, beds, operations, equipment, and those of the hospital."""
    return await service.showing.topics()


@router.get("/topics/{topic}", openapi_extra=READS)
async def show_indicator_topic(
    service: Service,
    topic: Annotated[str, Path(max_length=41, pattern=r"^[a-z0-9-]*$")],
    asked: Which,
) -> TopicView:
    """A topic as a page: trend, structure, ranking, and what no data can tell."""
    return await service.showing.topic(topic, asked)


@router.get("/workload", openapi_extra=READS)
async def show_workload(service: Service, asked: Which) -> WorkloadView:
    """A doctor's work by role; whoever sees only his own figures gets his own."""
    return await service.working.workload(asked)


@router.get("/{code}/contribution", openapi_extra=READS)
async def divide_indicator_change(
    service: Service,
    code: Code,
    asked: Which,
    by: Annotated[
        str,
        Query(
            max_length=40,
            pattern=r"^[a-z_0-9]*$",
            description="department, doctor, payer, disease, age …; empty: one level down",
        ),
    ] = "",
    against: Compared = "last_year",
) -> ContributionView:
    """Who caused a change: the part of each group, which add up to it exactly."""
    return await service.explaining.contribution(code, asked, by=by, against=against)


@router.get("/{code}/impact", openapi_extra=READS)
async def show_indicator_impact(
    service: Service, code: Code, asked: Which, against: Compared = "last_year"
) -> ImpactView:
    """Whom a change affected: the hospital above, and indicators that count the same rows."""
    return await service.explaining.impact(code, asked, against=against)


@router.get("/{code}/forecast", openapi_extra=READS)
async def forecast_indicator(
    service: Service,
    code: Code,
    hospital: Place = "",
    department: Place = "",
    doctor: Place = "",
    caliber: Annotated[str, Query(max_length=41, pattern=r"^[a-z0-9-]*$")] = "",
    grain: Grain = "month",
    horizon: Annotated[int, Query(ge=1, le=28, description="months or days ahead")] = 6,
) -> ForecastView:
    """How a figure may go on, with intervals, and how well that would have been known before."""
    asked = Asked("", hospital, department, doctor, caliber)
    return await service.foreseeing.forecast(code, asked, grain=grain, horizon=horizon)


@router.get("/{code}/benchmark", openapi_extra=needs("indicators.read"))
async def compare_indicator(
    service: Service, code: Code, asked: Which, of: PeersOf = "department"
) -> BenchmarkView:
    """Where a place stands among others; those that may not be seen are nameless."""
    return await service.comparing.benchmark(code, asked, of=of)
