"""HTTP in, one call of :class:`ProjectionsService`, HTTP out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.projections.service import ProjectionsService
from lianyi.projections.views import ProjectionView, SetAsidePage
from lianyi.security.access import require
from lianyi.security.permissions import needs

router = APIRouter(prefix="/projections", tags=["projections"])


async def _service(request: Request) -> ProjectionsService:
    require("", where="projections")
    found: ProjectionsService = request.app.state.projections
    return found


Projections = Annotated[ProjectionsService, Depends(_service)]


@router.get("", openapi_extra=needs("masterdata.read"))
async def list_projections(projections: Projections) -> list[ProjectionView]:
    """Every version of every projection, and how far it is."""
    return await projections.list_projections()


@router.get("/{name}/set-aside", openapi_extra=needs("masterdata.read"))
async def list_set_aside(
    projections: Projections,
    name: Annotated[str, Path(max_length=40)],
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SetAsidePage:
    """What a projection could not learn, and why, newest first."""
    return await projections.list_set_aside(name, skip=skip, limit=limit)
