"""HTTP in, one call of :class:`BulkService`, HTTP out. No decision is made here.

Source:
    HL7 FHIR Bulk Data Access 2.0, "Request Flow".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import UTC
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.bulk import asking
from lianyi.projections.clinical.bulk.asking import NDJSON, PARAMETERS, Place
from lianyi.projections.clinical.bulk.problems import NoSuchExport
from lianyi.projections.clinical.bulk.service import BulkService, Status
from lianyi.projections.clinical.sending import http_date, text_of
from lianyi.projections.identity.fhir.endpoints import BODY, OUTCOMES, asks
from lianyi.security.permissions import fhir, needs

EXPORTS = needs("clinical.export") | fhir("r", "*", narrows=True)
ASKS: Final = asks(*PARAMETERS)
RETRY_SECONDS: Final = 5
_LATER: Final[dict[int | str, dict[str, Any]]] = {
    202: {"description": "it has begun; Content-Location says where it is told how it stands"}
}
_MANIFEST: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the manifest",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    202: {"description": "it is not complete yet"},
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "a file", "content": {NDJSON: {"schema": {"type": "string"}}}}
}

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=OUTCOMES
)


def _service(request: Request) -> BulkService:
    found: BulkService = request.app.state.bulk
    return found


Service = Annotated[BulkService, Depends(_service)]


def _base(request: Request) -> str:
    base: str = request.app.state.fhir_patients.base
    return base


async def _start(service: BulkService, request: Request, place: Place) -> Response:
    """Begin an export: by an address, or by Parameters."""
    pairs = request.query_params.multi_items()
    by_post = request.method == "POST"
    if by_post:
        media_type = request.headers.get("content-type", "")
        pairs += asking.pairs_of(text_of(await request.body(), xml="xml" in media_type))
    asked = asking.read(place, pairs, prefer=request.headers.get("prefer", ""), by_post=by_post)
    export = await service.start(asked)
    return Response(
        status_code=202, headers={"Content-Location": f"{_base(request)}/$export/{export}"}
    )


def _place(request: Request, path: str, **more: Any) -> Place:  # noqa: ANN401 - level and group
    query = request.url.query
    address = f"{_base(request)}/{path}" + (f"?{query}" if query else "")
    return Place(address, **more)


@router.get("/$export", openapi_extra=EXPORTS | ASKS, status_code=202, responses=_LATER)
async def start_export(service: Service, request: Request) -> Response:
    """Everything that whoever asks may see, as it stands at this instant, later and as files."""
    return await _start(service, request, _place(request, "$export", level="system"))


@router.post("/$export", openapi_extra=EXPORTS | ASKS | BODY, status_code=202, responses=_LATER)
async def start_export_by_parameters(service: Service, request: Request) -> Response:
    """Everything that whoever asks may see, asked with Parameters."""
    return await _start(service, request, _place(request, "$export", level="system"))


@router.get("/Patient/$export", openapi_extra=EXPORTS | ASKS, status_code=202, responses=_LATER)
async def start_patient_export(service: Service, request: Request) -> Response:
    """What is about patients."""
    return await _start(service, request, _place(request, "Patient/$export", level="patient"))


@router.post(
    "/Patient/$export", openapi_extra=EXPORTS | ASKS | BODY, status_code=202, responses=_LATER
)
async def start_patient_export_by_parameters(service: Service, request: Request) -> Response:
    """What is about patients, or about those that are named, asked with Parameters."""
    return await _start(service, request, _place(request, "Patient/$export", level="patient"))


@router.get("/Group/{id}/$export", openapi_extra=EXPORTS | ASKS, status_code=202, responses=_LATER)
async def start_group_export(service: Service, request: Request, id: str) -> Response:
    """What is about the members of a group."""
    place = _place(request, f"Group/{id}/$export", level="group", group=id)
    return await _start(service, request, place)


@router.post(
    "/Group/{id}/$export", openapi_extra=EXPORTS | ASKS | BODY, status_code=202, responses=_LATER
)
async def start_group_export_by_parameters(service: Service, request: Request, id: str) -> Response:
    """What is about the members of a group, asked with Parameters."""
    place = _place(request, f"Group/{id}/$export", level="group", group=id)
    return await _start(service, request, place)


@router.get("/$export/{export}", openapi_extra=EXPORTS, responses=_MANIFEST)
async def read_export(service: Service, request: Request, export: str) -> Response:
    """How an export stands; once it is complete, where its files are."""
    status = await service.status(_named(export))
    if status.row.state == "running":
        progress = f"{status.row.written} resources written"
        headers = {"X-Progress": progress, "Retry-After": str(RETRY_SECONDS)}
        return Response(status_code=202, headers=headers)
    expires = status.row.expires_at
    headers = {"Expires": http_date(expires)} if expires else {}
    body = json_text.write(manifest(status, base=_base(request)))
    return Response(body, headers=headers, media_type="application/json")


@router.delete("/$export/{export}", openapi_extra=EXPORTS, status_code=202, responses=_LATER)
async def cancel_export(service: Service, export: str) -> Response:
    """An export that is to end, or whose files are to be removed."""
    await service.cancel(_named(export))
    return Response(status_code=202)


@router.get("/$export/{export}/{file}", openapi_extra=EXPORTS, responses=_FILE)
async def read_export_file(service: Service, request: Request, export: str, file: str) -> Response:
    """A file of an export, compressed for whoever takes that."""
    number = file.partition(".")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NoSuchExport(where="export")
    _, content = await service.file(_named(export), int(number))
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        content, headers = compressed(content), headers | {"Content-Encoding": "gzip"}
    return StreamingResponse(content, headers=headers, media_type=NDJSON)


def compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give a text as gzip (RFC 1952), piece by piece."""
    packing = zlib.compressobj(level=1, wbits=31)
    for piece in pieces:
        yield packing.compress(piece)
    yield packing.flush()


def _named(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchExport(where="export") from None


def manifest(status: Status, *, base: str) -> dict[str, Any]:
    """Return the manifest of an export that is complete.

    Args:
        status: of it.
        base: address of the doors, without a slash at the end.
    """
    row = status.row
    at = row.as_of.astimezone(UTC) if row.as_of else row.asked_at
    written: dict[str, list[dict[str, Any]]] = {"output": [], "deleted": []}
    for file in status.files:
        type_ = "Bundle" if file.kind == "deleted" else file.type
        url = f"{base}/$export/{row.export}/{file.number}.{file.type}.ndjson"
        written[file.kind].append({"type": type_, "url": url, "count": file.resources})
    return {
        "transactionTime": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "request": status.asked.request,
        "requiresAccessToken": True,
        **written,
        "error": [],
    }
