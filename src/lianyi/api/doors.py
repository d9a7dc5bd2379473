"""What machines ask without a token: does it live, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from lianyi.api.views import Liveness, Readiness

router = APIRouter(tags=["operations"])

Checks = Mapping[str, Callable[[], Awaitable[bool]]]
CHECK_SECONDS = 2.0


@router.get("/healthz")
async def live() -> Liveness:
    """Whether the process answers at all."""
    return Liveness(live=True)


@router.get("/readyz", responses={503: {"model": Readiness, "description": "not ready"}})
async def ready(request: Request, response: Response) -> Readiness:
    """Whether everything that this process needs is there."""
    checks: Checks = request.app.state.readiness
    results = await asyncio.gather(*(_passes(check) for check in checks.values()))
    found = dict(zip(checks, results, strict=True))
    if not all(results):
        response.status_code = 503
    return Readiness(ready=all(results), checks=found)


async def _passes(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS)
    except Exception:  # noqa: BLE001 - whatever it is, it is not ready
        return False


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics() -> Response:
    """The metrics of this process, as Prometheus reads them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
