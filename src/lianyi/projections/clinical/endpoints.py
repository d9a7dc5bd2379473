"""HTTP in, one call of :class:`ClinicalService`, HTTP out. No decision is made here."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import answering, documents, json_patch, patching
from lianyi.projections.clinical.answering import headers_of
from lianyi.projections.clinical.asking import FHIR_XML, Asked
from lianyi.projections.clinical.everything import everything, everything_of_encounter
from lianyi.projections.clinical.judging import judged
from lianyi.projections.clinical.past import history
from lianyi.projections.clinical.problems import NoSuchResource
from lianyi.projections.clinical.reading import Shown, check_type
from lianyi.projections.clinical.service import ClinicalService, Written
from lianyi.projections.clinical.transactions import Transactions
from lianyi.projections.clinical.types import EVERY
from lianyi.projections.identity.fhir.endpoints import BODY, FHIR_JSON, OUTCOMES, asks
from lianyi.projections.problems import ProjectionNotReady
from lianyi.security.permissions import fhir, needs

READS, WRITES = needs("clinical.read"), needs("clinical.write")
FORMAT = asks("_format")
OURS = asks("_format", "channel")

HISTORY = asks("_since", "_at", "_count", "page", "_format")
_RESOURCE: Final = {
    "content": {one: {"schema": {"type": "object"}} for one in (FHIR_JSON, FHIR_XML)}
}
PATCH: Final = {
    "requestBody": {
        "required": True,
        "content": {
            json_patch.MEDIA_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}},
            FHIR_JSON: {"schema": {"type": "object"}},
        },
    }
}
MAYBE: Final = {"requestBody": {**BODY["requestBody"], "required": False}}
CREATED: Final[dict[int | str, dict[str, Any]]] = {
    201: {"description": "a new resource", **_RESOURCE}
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "a resource", **_RESOURCE},
    **OUTCOMES,
    **dict.fromkeys((410, 412), OUTCOMES[404]),
}

_KEPT: Final = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
"""A file is kept by a browser and never run."""

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


async def _service(request: Request) -> ClinicalService:
    found: ClinicalService = request.app.state.clinical
    return found


async def _asked(request: Request) -> Asked:
    base: str = request.app.state.fhir_patients.base
    is_file = request.method == "GET" and request.path_params.get("kind") == "Binary"
    pairs = request.query_params.multi_items()
    return Asked(pairs, request.headers, base=base, is_file=is_file)


def _zone(request: Request) -> ZoneInfo:
    found: ZoneInfo = request.app.state.zone
    return found


async def _sent(request: Request) -> bytes:
    return await request.body()


Service = Annotated[ClinicalService, Depends(_service)]
At = Annotated[Asked, Depends(_asked)]
Zone = Annotated[ZoneInfo, Depends(_zone)]
Sent = Annotated[bytes, Depends(_sent)]


def _answer(
    at: Asked, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    content, media_type = at.form(body)
    return Response(content, status, headers=headers, media_type=media_type)


# --- Bundles ------------------------------------------------------------------------------------


@router.post("/", openapi_extra=READS | fhir("r", "*", narrows=True) | BODY | OURS)
async def submit_bundle(request: Request, service: Service, at: At, sent: Sent) -> Response:
    """A Bundle of requests: a transaction is done whole or not at all, a batch entry by entry.

    Each entry needs what its own door needs: one that writes, the permission to write.
    """
    transactions = Transactions(service, reads=request.app.state.bundle_reads)
    done = await transactions.submit(
        at.text(sent),
        base=at.base,
        channel=at.channel,
        wants=at.bundle_wants,
        strict=at.is_strict,
    )
    return _answer(at, done)


# --- history ------------------------------------------------------------------------------------


@router.get("/_history", openapi_extra=READS | fhir("r", "*", narrows=True) | HISTORY)
async def list_history(service: Service, at: At) -> Response:
    """Every version of everything, the newest first."""
    return await _history(service, at, "_history")


@router.get("/{kind}/_history", openapi_extra=READS | fhir("r", EVERY, narrows=True) | HISTORY)
async def list_history_of_type(service: Service, at: At, kind: str) -> Response:
    """Every version of the resources of a type, the newest first."""
    return await _history(service, at, f"{kind}/_history", type_=kind)


@router.get("/{kind}/{id}/_history", openapi_extra=READS | fhir("r", EVERY, narrows=True) | HISTORY)
async def list_history_of_resource(service: Service, at: At, kind: str, id: str) -> Response:
    """Every version of a resource, the newest first."""
    return await _history(service, at, f"{kind}/{id}/_history", type_=kind, id_=id)


async def _history(service: ClinicalService, at: Asked, path: str, **of: str) -> Response:
    return _answer(at, await history(service, at, path, **of))


# --- validate -----------------------------------------------------------------------------------


@router.post(
    "/{kind}/$validate",
    openapi_extra=READS | fhir("r", EVERY) | BODY | asks("profile", "mode", "_format"),
)
async def validate_resource(at: At, kind: str, sent: Sent) -> Response:
    """What is wrong with a resource by R4 and by profiles; nothing is kept."""
    check_type(kind)
    return _answer(at, await asyncio.to_thread(judged, at.question(kind, sent)))


@router.post(
    "/{kind}/{id}/$validate",
    openapi_extra=READS
    | fhir("r", EVERY, narrows=True)
    | MAYBE
    | asks("profile", "mode", "_format"),
)
async def validate_standing_resource(
    service: Service, at: At, kind: str, id: str, sent: Sent
) -> Response:
    """What is wrong with a resource as it stands, as it is to stand, or with deleting it."""
    asked = at.question(kind, sent, id)
    standing = json_text.read((await service.read(kind, id)).body)
    return _answer(at, await asyncio.to_thread(judged, asked, standing))


# --- everything ---------------------------------------------------------------------------------


@router.get(
    "/Patient/{id}/$everything",
    openapi_extra=READS
    | fhir("r", "*", narrows=True)
    | asks("_since", "_type", "_count", "page", "start", "end", "_format"),
)
async def read_everything(service: Service, at: At, zone: Zone, id: str) -> Response:
    """What is known of a patient's care, by all records of the person, and what it refers to."""
    found = await everything(service, id, at.everything(zone))
    path = f"Patient/{id}/$everything"
    return _answer(at, answering.everything_of(found, base=at.base, path=path, query=at.query))


@router.get(
    "/Encounter/{id}/$everything",
    openapi_extra=READS
    | fhir("r", "*", narrows=True)
    | asks("_since", "_type", "_count", "page", "_format"),
)
async def read_everything_of_encounter(service: Service, at: At, zone: Zone, id: str) -> Response:
    """An encounter, what was done and found in it, and what that refers to."""
    found = await everything_of_encounter(service, id, at.everything(zone))
    path = f"Encounter/{id}/$everything"
    return _answer(at, answering.everything_of(found, base=at.base, path=path, query=at.query))


# --- documents ----------------------------------------------------------------------------------


@router.get(
    "/Composition/{id}/$document",
    openapi_extra=READS | fhir("r", "*", narrows=True) | asks("persist", "_format"),
)
async def read_document(service: Service, at: At, id: str) -> Response:
    """A Composition and what it is put together from, as one Bundle; it is not kept."""
    documents.check_not_persisted(at.query)
    found = await documents.document(service, id)
    return _answer(at, documents.bundle_of(found, base=at.base))


# --- read ---------------------------------------------------------------------------------------


@router.get(
    "/{kind}/{id}/_history/{version}", openapi_extra=READS | fhir("r", EVERY, narrows=True) | FORMAT
)
async def read_version(service: Service, at: At, kind: str, id: str, version: str) -> Response:
    """A version of a resource."""
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0
    return _shown(at, await service.read_version(kind, id, number))


@router.get("/{kind}/{id}", openapi_extra=READS | fhir("r", EVERY, narrows=True) | FORMAT)
async def read_resource(service: Service, at: At, kind: str, id: str) -> Response:
    """A resource as it stands."""
    return _shown(at, await service.read(kind, id))


def _shown(at: Asked, shown: Shown) -> Response:
    kept = shown.kept
    headers = headers_of(kept.version, kept.updated_at)
    if at.has(kept.version, kept.updated_at):
        return Response(status_code=304, headers=headers)
    if at.wants_file:
        content, media_type = at.file(shown.body)
        return Response(content, headers=headers | _KEPT, media_type=media_type)
    return _answer(at, shown.body, headers=headers)


# --- write --------------------------------------------------------------------------------------


@router.post(
    "/{kind}",
    openapi_extra=WRITES | fhir("c", EVERY, narrows=True) | BODY | OURS,
    responses=CREATED,
)
async def create_resource(service: Service, at: At, kind: str, sent: Sent) -> Response:
    """A new resource, unless If-None-Exist means one that stands; the platform chooses its id."""
    resource = at.resource(sent, type_=kind)
    if at.conditions.if_none_exist:
        step = at.step("POST", kind)._replace(resource=resource)
        return _written(at, await Transactions(service).one(step, channel=at.channel))
    return _written(at, await service.create(kind, resource, channel=at.channel))


@router.put(
    "/{kind}",
    openapi_extra=WRITES | fhir("u", EVERY, narrows=True) | BODY | OURS,
    responses=CREATED,
)
async def update_resource_by_criteria(service: Service, at: At, kind: str, sent: Sent) -> Response:
    """The one resource that the criteria mean as it is to stand; where there is none, a new one."""
    step = at.step("PUT", kind)._replace(resource=at.resource(sent))
    return _written(at, await Transactions(service).one(step, channel=at.channel))


@router.patch("/{kind}", openapi_extra=WRITES | fhir("u", EVERY, narrows=True) | PATCH | FORMAT)
async def patch_resource_by_criteria(service: Service, at: At, kind: str, sent: Sent) -> Response:
    """The one resource that the criteria mean is to change as a patch says."""
    step = at.step("PATCH", kind)._replace(patch=patching.of_body(at.media_type, sent))
    return _written(at, await Transactions(service).one(step))


@router.delete("/{kind}", openapi_extra=WRITES | fhir("d", EVERY, narrows=True), status_code=204)
async def delete_resource_by_criteria(service: Service, at: At, kind: str) -> Response:
    """The one resource that the criteria mean is to be no more."""
    written = await Transactions(service).one(at.step("DELETE", kind))
    return Response(status_code=204, headers=headers_of(written.version, None))


@router.put(
    "/{kind}/{id}",
    openapi_extra=WRITES | fhir("u", EVERY, narrows=True) | BODY | OURS,
    responses=CREATED,
)
async def update_resource(service: Service, at: At, kind: str, id: str, sent: Sent) -> Response:
    """A resource as it is to stand, whether there was one or not."""
    resource = at.resource(sent, type_=kind, id_=id)
    written = await service.update(kind, id, resource, at.conditions, channel=at.channel)
    return _written(at, written)


@router.patch(
    "/{kind}/{id}", openapi_extra=WRITES | fhir("u", EVERY, narrows=True) | PATCH | FORMAT
)
async def patch_resource(service: Service, at: At, kind: str, id: str, sent: Sent) -> Response:
    """A resource that is to change as a patch says: JSON Patch (RFC 6902) or FHIRPath Patch."""
    patch = patching.of_body(at.media_type, sent)
    written = await service.patch(kind, id, patch, at.conditions)
    return _written(at, written)


@router.delete(
    "/{kind}/{id}", openapi_extra=WRITES | fhir("d", EVERY, narrows=True), status_code=204
)
async def delete_resource(service: Service, at: At, kind: str, id: str) -> Response:
    """A resource that is to be no more; its history stays."""
    written = await service.delete(kind, id, at.conditions)
    return Response(status_code=204, headers=headers_of(written.version, None))


def _written(at: Asked, written: Written) -> Response:
    status = 201 if written.created else 200
    headers = answering.headers_of_write(written, at.base)
    wants = at.conditions.wants
    if wants == "minimal":
        return Response(status_code=status, headers=headers, media_type=FHIR_JSON)
    body = answering.outcome_of(written) if wants == "OperationOutcome" else written.body
    return _answer(at, body, status=status, headers=headers)


async def read_written_patient(request: Request, id: str) -> Response | None:
    """Answer with a Patient of whom the patient index knows no such number; None: there is none."""
    try:
        service, at = await _service(request), await _asked(request)
        return _shown(at, await service.read("Patient", id))
    except (NoSuchResource, ProjectionNotReady):
        return None
