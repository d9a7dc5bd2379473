"""HTTP in, one call of :class:`Modelling` or :class:`Inspector`, HTTP out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.projections.identity.upkeep.inspecting import Inspector
from lianyi.projections.identity.upkeep.modelling import Modelling
from lianyi.projections.identity.upkeep.surveying import Fault, Surveyor
from lianyi.projections.identity.upkeep.views import (
    ActivatedView,
    ActivateRequest,
    ModelsView,
    ProposalView,
    QualityView,
    SurveyView,
    TrainingView,
)
from lianyi.projections.identity.views import PersonPage
from lianyi.security.permissions import needs

router = APIRouter(prefix="/identity", tags=["identity"])

MAINTAINS = needs("identity.model")


async def _modelling(request: Request) -> Modelling:
    found: Modelling = request.app.state.modelling
    return found


async def _inspector(request: Request) -> Inspector:
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


async def _surveyor(request: Request) -> Surveyor:
    found: Surveyor = request.app.state.surveyor
    return found


Survey = Annotated[Surveyor, Depends(_surveyor)]
Skip = Annotated[int, Query(ge=0, le=100_000)]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/quality/survey", openapi_extra=needs("identity.read"))
async def survey_identity(surveyor: Survey) -> SurveyView:
    """What each source lacks and which values many share, counted over the whole index."""
    return await surveyor.survey()


@router.get("/quality/persons", openapi_extra=needs("identity.read"))
async def list_persons_at_fault(
    surveyor: Survey,
    fault: Fault,
    source: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$")],
    skip: Skip = 0,
    limit: Limit = 20,
) -> PersonPage:
    """The persons in whose records of a source something is missing or doubled."""
    return await surveyor.lacking(fault, source=source, skip=skip, limit=limit)


@router.get("/quality/crowds/{key}", openapi_extra=needs("identity.read"))
async def list_persons_sharing(
    surveyor: Survey,
    key: Annotated[str, Path(pattern=r"^[0-9a-f]{1,16}$", examples=["00ff00ff00ff00ff"])],
    skip: Skip = 0,
    limit: Limit = 20,
) -> PersonPage:
    """The persons who share a telephone or number."""
    return await surveyor.sharing(key, skip=skip, limit=limit)
