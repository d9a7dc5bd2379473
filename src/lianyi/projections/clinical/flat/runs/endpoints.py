"""HTTP in, one call of :class:`FlatService`, HTTP out: ``ViewDefinition/$run``. No decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.flat import asked
from lianyi.projections.clinical.flat.asked import Run
from lianyi.projections.clinical.flat.endpoints import NEXT
from lianyi.projections.clinical.flat.forms import MEDIA_TYPES
from lianyi.projections.clinical.flat.service import FlatService
from lianyi.projections.identity.fhir.endpoints import BODY, OUTCOMES, asks
from lianyi.security.permissions import fhir, needs

FORMS: Final[Mapping[str, str]] = {"json": "application/json"} | dict(MEDIA_TYPES.items())
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "rows; the header Lianyi-Next says 'after' of the next page",
        "content": {one.partition(";")[0]: {} for one in FORMS.values()},
    },
    **OUTCOMES,
}
READS: Final = needs("clinical.read") | fhir("r", "*", narrows=True)
RUNS: Final = READS | asks("_format", "header", "patient", "_limit", "after")

router = APIRouter(
    prefix="/fhir/ViewDefinition",
    tags=["fhir"],
    default_response_class=Response,
    responses=ANSWERS,
)


async def _service(request: Request) -> FlatService:
    found: FlatService = request.app.state.flat
    return found


Service = Annotated[FlatService, Depends(_service)]


@router.post("/$run", openapi_extra=RUNS | BODY)
async def run_view_definition(service: Service, request: Request) -> Response:
    """Rows of a view that is sent, or of one of a name, over what is kept or what is sent."""
    run = asked.of_query("", request.query_params.multi_items())
    return await _rows(service, asked.of_parameters(json_text.read(await request.body()), run))


@router.get("/{view}/$run", openapi_extra=RUNS)
async def run_named_view_definition(service: Service, request: Request, view: str) -> Response:
    """Rows of a view of the content folder, each as far as you may see it for your purpose."""
    return await _rows(service, asked.of_query(view, request.query_params.multi_items()))


async def _rows(service: FlatService, run: Run) -> Response:
    page = await service.run_asked(run)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if page.next is not None:
        headers[NEXT] = str(page.next)
    return Response(page.content, media_type=FORMS[run.form], headers=headers)
