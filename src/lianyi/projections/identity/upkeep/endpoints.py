"""HTTP in, one call of :class:`Modelling` or :class:`Inspector`, HTTP out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from lianyi.projections.identity.upkeep.inspecting import Inspector
from lianyi.projections.identity.upkeep.modelling import Modelling
from lianyi.projections.identity.upkeep.views import (
    ActivatedView,
    ActivateRequest,
    ModelsView,
    ProposalView,
    QualityView,
    TrainingView,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/identity", tags=["identity"])

MAINTAINS = needs("identity.model")


def _modelling(request: Request) -> Modelling:
    found: Modelling = request.app.state.modelling
    return found


def _inspector(request: Request) -> Inspector:
    found: Inspector = request.app.state.inspector
    return found


Models = Annotated[Modelling, Depends(_modelling)]
ProposalPosition = Annotated[str, Path(pattern=r"^\d{1,4}-\d{1,18}$", examples=["0-4711"])]


@router.get("/models", openapi_extra=MAINTAINS)
async def list_models(service: Models) -> ModelsView:
    """The matching models: in force, before, proposed; and how the training stands."""
    return await service.models()


@router.post("/models/proposals", status_code=202, openapi_extra=MAINTAINS)
async def propose_model(service: Models) -> TrainingView:
    """Begin to train a model on the hospital's own records; changes nothing."""
    return await service.propose()


@router.get("/models/proposals/{position}", openapi_extra=MAINTAINS)
async def get_model_proposal(service: Models, position: ProposalPosition) -> ProposalView:
    """A proposal against the model in force: weights, thresholds, and what would move."""
    return await service.proposal(position)


@router.post("/models/activate", openapi_extra=MAINTAINS)
async def activate_model(service: Models, wanted: ActivateRequest) -> ActivatedView:
    """Put a model in force: somebody else's proposal, an earlier one, or the one that ships."""
    return await service.activate(wanted.model, reason=wanted.reason)


@router.get("/quality", openapi_extra=needs("identity.read"))
async def get_identity_quality(inspector: Annotated[Inspector, Depends(_inspector)]) -> QualityView:
    """What is missing, wrong, doubled or shared in the records that may be seen."""
    return await inspector.quality()
