"""HTTP in, one call of :class:`TermsService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.endpoints import ANSWERS
from lianyi.projections.clinical.terms.asking import AskedCodes
from lianyi.projections.clinical.terms.service import TermsService
from lianyi.projections.identity.fhir.endpoints import asks
from lianyi.security.permissions import fhir, needs

READS: Final = needs("clinical.read")

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


def _service(request: Request) -> TermsService:
    found: TermsService = request.app.state.clinical_terms
    return found


def _asked(request: Request) -> Asked:
    base: str = request.app.state.clinical_search.base
    return Asked(request.query_params.multi_items(), request.headers, base=base)


Service = Annotated[TermsService, Depends(_service)]
At = Annotated[Asked, Depends(_asked)]


def _answer(at: Asked, body: bytes) -> Response:
    content, media_type = at.form(body)
    return Response(content, media_type=media_type)


@router.get(
    "/ValueSet/$expand",
    openapi_extra=READS
    | fhir("r", "ValueSet")
    | asks("url", "filter", "offset", "count", "_format"),
)
async def expand_value_set(service: Service, at: At) -> Response:
    """The codes of a value set of FHIR R4, or of one that is stored."""
    asked = AskedCodes(at.query)
    return _answer(at, await service.expand(asked.needed("url"), asked.page))


@router.get(
    "/ValueSet/$validate-code",
    openapi_extra=READS
    | fhir("r", "ValueSet")
    | asks("url", "system", "code", "display", "_format"),
)
async def validate_code(service: Service, at: At) -> Response:
    """Whether a code is in a value set."""
    asked = AskedCodes(at.query)
    found = await service.validate(
        asked.needed("url"), asked.said("system"), asked.needed("code"), asked.said("display")
    )
    return _answer(at, found)


@router.get(
    "/CodeSystem/$lookup",
    openapi_extra=READS | fhir("r", "CodeSystem") | asks("system", "code", "_format"),
)
async def look_up_code(service: Service, at: At) -> Response:
    """What a code means, and what stands above and below it."""
    asked = AskedCodes(at.query)
    return _answer(at, await service.look_up(asked.needed("system"), asked.needed("code")))
