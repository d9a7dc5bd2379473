"""HTTP in, one call of :class:`DefinitionsService`, HTTP out. No decision is made here.

Source:
    HL7 FHIR R4, SearchParameter; SQL on FHIR v2, ViewDefinition.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import answering
from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.definitions.service import DefinitionsService
from lianyi.projections.clinical.endpoints import ANSWERS, CREATED, FORMAT, At, Sent
from lianyi.projections.clinical.flat.known import TYPE as VIEW
from lianyi.projections.clinical.parameters.adopting import TYPE as PARAMETER
from lianyi.projections.clinical.service import Written
from lianyi.projections.identity.fhir.endpoints import BODY
from lianyi.security.permissions import needs

DEFINES: Final = needs("masterdata.edit") | BODY | FORMAT
READS: Final = needs("clinical.read", otherwise="masterdata.read") | FORMAT

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


async def _service(request: Request) -> DefinitionsService:
    found: DefinitionsService = request.app.state.definitions
    return found


Service = Annotated[DefinitionsService, Depends(_service)]


def _written(at: Asked, written: Written) -> Response:
    headers = answering.headers_of_write(written, at.base)
    content, media_type = at.form(written.body)
    status = 201 if written.created else 200
    return Response(content, status, headers=headers, media_type=media_type)


@router.post("/SearchParameter", openapi_extra=DEFINES, status_code=201, responses=CREATED)
async def create_search_parameter(service: Service, at: At, sent: Sent) -> Response:
    """A search parameter for every hospital; while it is active, resources are indexed by it."""
    return _written(at, await service.put(PARAMETER, at.text(sent), at.conditions))


@router.put("/SearchParameter/{id}", openapi_extra=DEFINES, responses=CREATED)
async def update_search_parameter(service: Service, at: At, id: str, sent: Sent) -> Response:
    """A search parameter as it is to be; one that says something else is indexed anew."""
    return _written(at, await service.put(PARAMETER, at.text(sent), at.conditions, id_=id))


@router.delete("/SearchParameter/{id}", openapi_extra=needs("masterdata.edit"), status_code=204)
async def delete_search_parameter(service: Service, at: At, id: str) -> Response:
    """A search parameter that nothing is searched by any more; its history stays."""
    await service.delete(PARAMETER, id, at.conditions)
    return Response(status_code=204)


@router.post("/ViewDefinition", openapi_extra=DEFINES, status_code=201, responses=CREATED)
async def create_view_definition(service: Service, at: At, sent: Sent) -> Response:
    """A view of SQL on FHIR that is kept, to be run by its name or id."""
    return _written(at, await service.put(VIEW, at.text(sent), at.conditions))


@router.put("/ViewDefinition/{id}", openapi_extra=DEFINES, responses=CREATED)
async def update_view_definition(service: Service, at: At, id: str, sent: Sent) -> Response:
    """A view as it is to be from now on."""
    return _written(at, await service.put(VIEW, at.text(sent), at.conditions, id_=id))


@router.delete("/ViewDefinition/{id}", openapi_extra=needs("masterdata.edit"), status_code=204)
async def delete_view_definition(service: Service, at: At, id: str) -> Response:
    """A view that is to be no more; its history stays."""
    await service.delete(VIEW, id, at.conditions)
    return Response(status_code=204)


@router.get("/ViewDefinition", openapi_extra=READS)
async def list_view_definitions(service: Service, at: At) -> Response:
    """Every view that was written here, as a Bundle."""
    found = await service.list_all(VIEW)
    head = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    entries = [({"fullUrl": f"{at.base}/{VIEW}/{json_text.read(one)['id']}"}, one) for one in found]
    content, media_type = at.form(answering.with_entries(head, entries))
    return Response(content, media_type=media_type)


@router.get("/ViewDefinition/{id}", openapi_extra=READS)
async def read_view_definition(service: Service, at: At, id: str) -> Response:
    """A view that was written here."""
    content, media_type = at.form(await service.read(VIEW, id))
    return Response(content, media_type=media_type)
