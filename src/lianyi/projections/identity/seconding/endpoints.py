"""HTTP in, one call of :class:`Seconding`, HTTP out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from lianyi.projections.identity.seconding.service import Seconding
from lianyi.projections.identity.seconding.views import (
    ConfirmDecisionRequest,
    DeclineDecisionRequest,
    DeclinedView,
    ProposedDecisionDetail,
    ProposedDecisions,
)
from lianyi.projections.identity.views import DecidedView
from lianyi.security.permissions import needs

router = APIRouter(prefix="/identity/decisions/proposed", tags=["identity"])

DECIDES = needs("identity.decide")


async def _seconding(request: Request) -> Seconding:
    found: Seconding = request.app.state.seconding
    return found


Service = Annotated[Seconding, Depends(_seconding)]
ProposalPosition = Annotated[str, Path(pattern=r"^\d{1,4}-\d{1,18}$", examples=["0-4711"])]


@router.get("", openapi_extra=DECIDES)
async def list_proposed_decisions(service: Service) -> ProposedDecisions:
    """Decisions that wait for a second person, the oldest first."""
    return await service.list_proposed()


@router.get("/{position}", openapi_extra=DECIDES)
async def get_proposed_decision(
    service: Service, position: ProposalPosition
) -> ProposedDecisionDetail:
    """A decision that waits, with the persons that it speaks of and the evidence."""
    return await service.get_proposed(position)


@router.post("/{position}/confirmed", openapi_extra=DECIDES)
async def confirm_proposed_decision(
    service: Service, position: ProposalPosition, wanted: ConfirmDecisionRequest
) -> DecidedView:
    """Confirm what somebody else proposed; only now it takes effect."""
    return await service.confirm(position, reason=wanted.reason)


@router.post("/{position}/declined", openapi_extra=DECIDES)
async def decline_proposed_decision(
    service: Service, position: ProposalPosition, wanted: DeclineDecisionRequest
) -> DeclinedView:
    """Withdraw one's own proposal, or reject somebody else's."""
    return await service.decline(position, reason=wanted.reason)
