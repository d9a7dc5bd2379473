"""HTTP in, one call of :class:`UncodedService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from lianyi.projections.clinical.uncoded_list.service import UncodedService
from lianyi.projections.clinical.uncoded_list.views import UncodedPage
from lianyi.security.permissions import needs

router = APIRouter(prefix="/clinical/uncoded", tags=["clinical"])


def _service(request: Request) -> UncodedService:
    found: UncodedService = request.app.state.uncoded
    return found


@router.get("", openapi_extra=needs("messages.read"))
async def list_uncoded(
    service: Annotated[UncodedService, Depends(_service)],
    channel: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    q: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> UncodedPage:
    """Codes in messages that no table maps: how many use each, the first and the last of them."""
    return await service.list_codes(channel=channel, text=q, skip=skip, limit=limit)
