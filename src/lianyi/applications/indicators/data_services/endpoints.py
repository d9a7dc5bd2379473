"""HTTP in, one call of the desk of data services, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.data_services.giving import as_csv
from lianyi.applications.indicators.data_services.service import DataServiceDesk
from lianyi.applications.indicators.data_services.standing import CALL, DECIDE, OFFER, READ
from lianyi.applications.indicators.data_services.views import (
    DataServiceDetail,
    DataServices,
    DecideDataService,
    OfferDataService,
    RevokeDataService,
    ServedData,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators/services", tags=["indicators"])
TOLD = needs(READ, otherwise=CALL)


def _desk(request: Request) -> DataServiceDesk:
    found: DataServiceDesk = request.app.state.data_services
    return found


Desk = Annotated[DataServiceDesk, Depends(_desk)]
Name = Annotated[str, Path(max_length=60, pattern=r"^[a-z0-9-]+$")]
Version = Annotated[int, Path(ge=1, le=1_000_000)]
Period = Annotated[
    str,
    Query(
        max_length=30,
        pattern=r"^[^\x00]*$",
        description="2026-03, 2026Q1, 2026-01..2026-03; empty: the last whole month",
    ),
]
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=0, le=3_000, description="0: as many as were approved")]
Digest = Annotated[
    str, Query(pattern=r"^([0-9a-f]{64})?$", description="of the first page, for the next ones")
]


@router.get("", openapi_extra=TOLD)
async def list_data_services(desk: Desk) -> DataServices:
    """The catalogue of data services: what each gives, to whom, and who called it."""
    return await desk.catalogue()


@router.post("", openapi_extra=needs(OFFER))
async def offer_data_service(desk: Desk, wanted: OfferDataService) -> DataServiceDetail:
    """Offer a service, or a new version of yours; a second person approves it."""
    return await desk.offer(wanted)


@router.get("/{name}", openapi_extra=TOLD)
async def get_data_service(desk: Desk, name: Name) -> DataServiceDetail:
    """A service with its versions, and who called it."""
    return await desk.get(name)


@router.post("/{name}/versions/{version}/decision", openapi_extra=needs(DECIDE))
async def decide_data_service(
    desk: Desk, name: Name, version: Version, wanted: DecideDataService
) -> DataServiceDetail:
    """Approve a version that somebody else offers, or refuse it."""
    return await desk.decide(name, version, wanted)


@router.post("/{name}/versions/{version}/revoke", openapi_extra=needs(DECIDE, otherwise=OFFER))
async def revoke_data_service(
    desk: Desk, name: Name, version: Version, wanted: RevokeDataService
) -> DataServiceDetail:
    """Let nobody call a version any more, at once."""
    return await desk.revoke(name, version, wanted)


@router.get("/{name}/data", openapi_extra=needs(CALL))
async def call_data_service(
    desk: Desk,
    name: Name,
    period: Period = "",
    skip: Skip = 0,
    limit: Limit = 0,
    digest: Digest = "",
) -> ServedData:
    """A page of what a service gives, within what was granted and what you may see yourself."""
    return await desk.call(name, period=period, skip=skip, limit=limit, digest=digest)


@router.get(
    "/{name}/data.csv",
    openapi_extra=needs(CALL),
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark"}},
)
async def call_data_service_as_csv(
    desk: Desk,
    name: Name,
    period: Period = "",
    skip: Skip = 0,
    limit: Limit = 0,
    digest: Digest = "",
) -> Response:
    """The same as CSV; the headers say the digest and where the next page begins."""
    page = await desk.call(name, period=period, skip=skip, limit=limit, digest=digest)
    after = {} if page.next_skip is None else {"X-Next-Skip": str(page.next_skip)}
    return Response(
        as_csv(page.columns, page.rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{page.name}.csv"',
            "X-Digest": page.digest,
            "X-Total": str(page.total),
            **after,
        },
    )
