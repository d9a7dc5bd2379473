"""What machines ask without a token: does it live, is it ready, how is it doing."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response

from lianyi.api.certificates import Inventory
from lianyi.api.views import CheckFinding, Liveness, Readiness
from lianyi.base.health import HealthChecks
from lianyi.base.pool_metrics import pool_families
from lianyi.base.telemetry import render_metrics
from lianyi.base.telemetry.metrics import CONTENT_TYPE
from lianyi.channels.endpoints import REFUSALS
from lianyi.channels.metrics import families
from lianyi.channels.views import problem_of
from lianyi.security.access import acting, current, platform
from lianyi.security.permissions import ANYBODY, needs

router = APIRouter(tags=["operations"])


@router.get("/healthz", openapi_extra=needs(ANYBODY))
async def live() -> Liveness:
    """Whether the process answers at all."""
    return Liveness(live=True)


@router.get(
    "/readyz",
    openapi_extra=needs(ANYBODY),
    responses={503: {"model": Readiness, "description": "not ready"}, 422: REFUSALS[422]},
)
async def ready(
    request: Request, response: Response, of: Literal["installation", "process"] = "installation"
) -> Readiness:
    """Whether the installation does its work: somebody takes messages in, and delivers them.

    ``of=process`` asks only whether what this process needs is there, as a load balancer in front
    of several consoles wants to know.
    """
    health: HealthChecks = request.app.state.health
    with acting(platform("overview.read", "ready")):
        report = await health.report(own_only=of == "process")
    response.status_code = 200 if report.ready else 503
    return Readiness(
        ready=report.ready,
        checks={
            found.name: CheckFinding(
                ok=found.ok,
                detail=found.detail,
                problem=problem_of(found.failure) if found.failure else None,
            )
            for found in report.checks
        },
    )


@router.get(
    "/metrics",
    openapi_extra=needs("metrics.read"),
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}},
        **{status: REFUSALS[status] for status in (401, 403, 422, 429, 500, 503)},
    },
)
async def metrics(request: Request) -> Response:
    """The metrics of the installation and of this process, as Prometheus reads them."""
    certificates: Inventory = request.app.state.certificates
    queries, access = request.app.state.queries, current()
    if access.actor.name and not access.sees_everything:
        # What belongs to the process tells of everybody's traffic; he gets what is his.
        shown = [*families(await queries.overview()), *await certificates.families()]
        return Response(render_metrics(shown, whole=False), media_type=CONTENT_TYPE)
    with acting(platform("overview.read", "metrics")):
        overview, ends = await queries.overview(), await certificates.families()
    shown = [*families(overview), *ends, *pool_families(request.app.state.pool)]
    return Response(render_metrics(shown), media_type=CONTENT_TYPE)
