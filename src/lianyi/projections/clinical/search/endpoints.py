"""HTTP in, one call of :class:`SearchService`, HTTP out. No decision is made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.endpoints import ANSWERS
from lianyi.projections.clinical.search.last_observations import LastObservations
from lianyi.projections.clinical.search.query import ANY, PAGE
from lianyi.projections.clinical.search.service import SearchService
from lianyi.projections.clinical.types import EVERY
from lianyi.projections.identity.fhir.endpoints import FORM, asks
from lianyi.security.permissions import fhir, needs

READS = needs("clinical.read")
SEARCHES: Final = asks(
    "_id", "_lastUpdated", "_tag", "_profile", "_security", "_source", "_has", "_list", "_type",
    "_text", "_content", "_filter",
    "_sort", "_count", "_total", "_summary", "_elements", "_include", "_revinclude", "_contained",
    "_containedType", "_format", PAGE, "patient", "subject", "encounter", "identifier", "category",
    "code", "status", "type", "date", "name",
)  # fmt: skip
"""What a search may hold; every other parameter of the type as well, as R4 has it."""
EVERY_OR_ANY: Final = EVERY | {ANY: ANY}

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)
first = APIRouter(prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS)
"""The door that would be taken for a type called ``_search``, were it not asked first."""


async def _service(request: Request) -> SearchService:
    found: SearchService = request.app.state.clinical_search
    return found


async def _asked(request: Request) -> Asked:
    base: str = request.app.state.clinical_search.base
    return Asked(request.query_params.multi_items(), request.headers, base=base)


async def _form(request: Request) -> list[tuple[str, str]]:
    sent = (await request.body()).decode("utf-8", "replace")
    return parse_qsl(sent, keep_blank_values=True)


Service = Annotated[SearchService, Depends(_service)]
At = Annotated[Asked, Depends(_asked)]
Sent = Annotated[list[tuple[str, str]], Depends(_form)]


async def _found(
    service: SearchService,
    request: Request,
    at: Asked,
    kind: str,
    *,
    of: tuple[str, str] | None = None,
    form: Sequence[tuple[str, str]] = (),
) -> Response:
    body = await service.search(
        service.place(kind, of),
        [*at.query, *form],
        strict=at.is_strict,
    )
    content, media_type = at.form(body)
    return Response(content, media_type=media_type)


@router.get("/", openapi_extra=READS | fhir("s", ANY, narrows=True) | SEARCHES)
async def search_system(service: Service, request: Request, at: At) -> Response:
    """Resources of every type, or of those that ``_type`` names."""
    return await _found(service, request, at, "")


@first.post("/_search", openapi_extra=READS | fhir("s", ANY, narrows=True) | SEARCHES | FORM)
async def search_system_by_form(service: Service, request: Request, at: At, sent: Sent) -> Response:
    """Resources of every type, asked with a form."""
    return await _found(service, request, at, "", form=sent)


@first.get(
    "/Observation/$lastn",
    openapi_extra=READS
    | fhir("s", "Observation", narrows=True)
    | asks("patient", "subject", "code", "category", "status", "date", "max", "_format"),
)
async def find_last_observations(request: Request, at: At) -> Response:
    """The latest observations of each kind of a patient: ``Observation/$lastn`` of R4."""
    last: LastObservations = request.app.state.last_observations
    content, media_type = at.form(await last.last(at.query, strict=at.is_strict))
    return Response(content, media_type=media_type)


@router.get("/{kind}", openapi_extra=READS | fhir("s", EVERY, narrows=True) | SEARCHES)
async def search_type(service: Service, request: Request, at: At, kind: str) -> Response:
    """Resources of a type that every parameter means."""
    return await _found(service, request, at, kind)


@router.post(
    "/{kind}/_search", openapi_extra=READS | fhir("s", EVERY, narrows=True) | SEARCHES | FORM
)
async def search_type_by_form(
    service: Service, request: Request, at: At, kind: str, sent: Sent
) -> Response:
    """Resources of a type that every parameter means, asked with a form."""
    return await _found(service, request, at, kind, form=sent)


@router.get(
    "/{of}/{id}/{kind}", openapi_extra=READS | fhir("s", EVERY_OR_ANY, narrows=True) | SEARCHES
)
async def search_compartment(
    service: Service, request: Request, at: At, of: str, id: str, kind: str
) -> Response:
    """Resources of a type, or ``*`` for every type, that are about a patient or the like."""
    return await _found(service, request, at, kind, of=(of, id))


@router.post(
    "/{of}/{id}/{kind}/_search",
    openapi_extra=READS | fhir("s", EVERY_OR_ANY, narrows=True) | SEARCHES | FORM,
)
async def search_compartment_by_form(
    service: Service, request: Request, at: At, of: str, id: str, kind: str, sent: Sent
) -> Response:
    """Resources that are about a patient or the like, asked with a form."""
    return await _found(service, request, at, kind, of=(of, id), form=sent)
