"""HTTP in, one call of :class:`ParametersService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from lianyi.projections.clinical.parameter_work.service import ParametersService
from lianyi.projections.clinical.parameter_work.views import OwnParameters
from lianyi.security.access import require
from lianyi.security.permissions import needs

router = APIRouter(prefix="/clinical/parameters", tags=["clinical"])


def _service(request: Request) -> ParametersService:
    require("", where="parameters")
    found: ParametersService = request.app.state.parameters
    return found


@router.get("", openapi_extra=needs("masterdata.read"))
async def list_own_parameters(
    service: Annotated[ParametersService, Depends(_service)],
) -> OwnParameters:
    """Search parameters of the hospital's own, how far each is indexed, and which are refused."""
    return await service.status()
