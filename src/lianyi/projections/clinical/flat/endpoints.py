"""HTTP in, one call of :class:`FlatService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.projections.clinical.flat.forms import MEDIA_TYPES, Form
from lianyi.projections.clinical.flat.service import PAGE_MAX, FlatService
from lianyi.projections.clinical.flat.views import FlatViews
from lianyi.security.permissions import needs

router = APIRouter(prefix="/clinical/views", tags=["clinical"])

NEXT = "Lianyi-Next"
"""The header that says where the next page begins."""
ROWS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "rows; the header Lianyi-Next says 'after' of the next page",
        "content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()},
    }
}


def _service(request: Request) -> FlatService:
    found: FlatService = request.app.state.flat
    return found


Service = Annotated[FlatService, Depends(_service)]


@router.get("", openapi_extra=needs("clinical.read"))
async def list_flat_views(service: Service) -> FlatViews:
    """View definitions of SQL on FHIR that can be run, and files that cannot be used."""
    return await service.list_views()


@router.get(
    "/{view}/rows",
    openapi_extra=needs("clinical.read"),
    response_class=Response,
    responses=ROWS,
)
async def run_flat_view(
    service: Service,
    view: Annotated[str, Path(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$")],
    form: Form = "ndjson",
    after: Annotated[int | None, Query(ge=-(2**63), lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 500,
) -> Response:
    """Rows of a view over the next resources, each as far as you may see it for your purpose.

    What is shown is written into the audit trail before it leaves, so a view comes page by page:
    ask again with ``after`` as the header ``Lianyi-Next`` says, until there is none.
    """
    page = await service.run(view, form, after=after, limit=limit)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if page.next is not None:
        headers[NEXT] = str(page.next)
    return Response(page.content, media_type=MEDIA_TYPES[form], headers=headers)
