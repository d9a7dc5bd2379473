"""HTTP in, one call of :class:`FhirPatients`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Depends, Request, Response

from lianyi.projections.identity.fhir import requests, resources
from lianyi.projections.identity.fhir.changes import FhirChanges
from lianyi.projections.identity.fhir.criteria import PARAMETERS
from lianyi.projections.identity.fhir.patients import FhirPatients
from lianyi.projections.identity.fhir.problems import NothingIsDeleted, unreadable
from lianyi.projections.identity.fhir.resources import Resource
from lianyi.projections.identity.problems import NoSuchPerson
from lianyi.security.permissions import ANYBODY, fhir, needs

FHIR_JSON = "application/fhir+json"
_RESOURCE = {"content": {FHIR_JSON: {"schema": {"type": "object"}}}}
OUTCOMES: dict[int | str, dict[str, Any]] = {
    status: {"description": "OperationOutcome", **_RESOURCE}
    for status in (400, 401, 403, 404, 405, 406, 409, 413, 422, 429, 500, 501, 503)
}
ANSWERS = {200: {"description": "a FHIR resource", **_RESOURCE}, **OUTCOMES}
READS, REGISTERS = needs("identity.read"), needs("identity.register")
FINDS = needs("identity.read", otherwise="clinical.read")
"""Who a patient is, whoever sees her clinical data sees as well."""
BODY = {"requestBody": {"required": True, **_RESOURCE}}
FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
    }
}


def _answer(
    resource: Resource, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(resource), status, headers=headers, media_type=FHIR_JSON)


async def _patients(request: Request) -> FhirPatients:
    """Return what answers; a client that reads nothing but XML is told so at once."""
    wanted = request.query_params.get("_format", "") or request.headers.get("accept", "")
    if "xml" in wanted and "json" not in wanted and "*/*" not in wanted:
        raise unreadable("_format", "only JSON is offered", "仅支持 JSON 格式")
    found: FhirPatients = request.app.state.fhir_patients
    return found


async def _changes(request: Request) -> FhirChanges:
    found: FhirChanges = request.app.state.fhir_changes
    return found


def asks(*names: str) -> dict[str, Any]:
    """Return what a door declares that its query may hold, each name as often as one likes."""
    schema = {"type": "array", "items": {"type": "string"}}
    return {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema} for name in names
        ]
    }


Patients = Annotated[FhirPatients, Depends(_patients)]
Changes = Annotated[FhirChanges, Depends(_changes)]
SEARCHES = asks(
    *PARAMETERS, "_lastUpdated", "_tag", "_profile", "_has", "_sort", "_total", "_summary",
    "_elements", "_include", "_revinclude", "_count", "page", "_page", "_format", "link",
    "general-practitioner", "organization", "deceased", "death-date", "language", "phonetic",
)  # fmt: skip
"""What a search may hold; every other parameter of Patient as well, as R4 has it."""

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


@router.get("/metadata", openapi_extra=needs(ANYBODY))
async def describe_fhir(patients: Patients, request: Request) -> Response:
    """What the FHIR doors offer, those of the clinical repository included."""
    return _answer(await request.app.state.fhir_statement(patients.base))


@router.post("/Patient/$match", openapi_extra=needs("identity.match") | fhir("s", "Patient") | BODY)
async def match_patient(patients: Patients, request: Request) -> Response:
    """Who may be meant, the likeliest first: IHE PDQm ITI-119."""
    return _answer(await patients.match(requests.body_of(await request.body())))


@router.get(
    "/Patient/$ihe-pix",
    openapi_extra=READS
    | fhir("s", "Patient")
    | asks("sourceIdentifier", "targetSystem", "_format"),
)
async def cross_reference_patient(patients: Patients, request: Request) -> Response:
    """The other identifiers of whoever has one: IHE PIXm ITI-83."""
    query = request.query_params
    (source, *more) = query.getlist("sourceIdentifier") or [""]
    return _answer(
        await patients.cross_reference(
            "" if more else source, [one for one in query.getlist("targetSystem") if one]
        )
    )


@router.post("/Patient/$ihe-pix", openapi_extra=READS | fhir("s", "Patient") | BODY)
async def cross_reference_patient_by_parameters(patients: Patients, request: Request) -> Response:
    """The other identifiers of whoever has one, asked with Parameters."""
    source, targets = requests.pix_of(requests.body_of(await request.body()))
    return _answer(await patients.cross_reference(source, targets))


@router.get("/Patient", openapi_extra=FINDS | fhir("s", "Patient", narrows=True) | SEARCHES)
async def search_patients(patients: Patients, request: Request) -> Response:
    """Patients whom every parameter means, each person once: PDQm ITI-78, and what R4 can ask."""
    return await _found(request, request.query_params.multi_items())


@router.post(
    "/Patient/_search", openapi_extra=FINDS | fhir("s", "Patient", narrows=True) | SEARCHES | FORM
)
async def search_patients_by_form(patients: Patients, request: Request) -> Response:
    """Patients whom every parameter means, asked with a form."""
    form = parse_qsl((await request.body()).decode("utf-8", "replace"))
    return await _found(request, [*request.query_params.multi_items(), *form])


async def _found(request: Request, query: list[tuple[str, str]]) -> Response:
    strict = "handling=strict" in request.headers.get("prefer", "").replace(" ", "")
    found: bytes = await request.app.state.find_patients(query, strict=strict)
    return Response(found, media_type=FHIR_JSON)


@router.put(
    "/Patient",
    openapi_extra=REGISTERS | fhir("u", "Patient") | BODY | asks("identifier", "channel"),
    responses={201: {"description": "the record is new", **_RESOURCE}},
)
async def feed_patient(patients: Patients, changes: Changes, request: Request) -> Response:
    """What a system says of one of its patients, or that a duplicate was resolved: ITI-104."""
    sent = requests.body_of(await request.body())
    query = request.query_params
    fed = await changes.feed(sent, query.get("identifier", ""), channel=query.get("channel", ""))
    headers = {"Location": f"{patients.base}/Patient/{fed.resource['id']}"}
    return _answer(fed.resource, status=201 if fed.created else 200, headers=headers)


@router.delete("/Patient", openapi_extra=REGISTERS)
async def remove_patient(patients: Patients) -> Response:
    """Refused, with the reason: nothing is deleted here (ITI-104, Remove Patient)."""
    raise NothingIsDeleted(where="Patient")


@router.delete("/Patient/{person}", openapi_extra=REGISTERS)
async def remove_patient_by_number(patients: Patients, person: str) -> Response:
    """Refused, with the reason: nothing is deleted here."""
    raise NothingIsDeleted(where="Patient")


@router.get("/Patient/{person}", openapi_extra=FINDS | fhir("r", "Patient", narrows=True))
async def read_patient(patients: Patients, person: str, request: Request) -> Response:
    """A person, or a source record that points to its person; or a Patient that was written."""
    try:
        return _answer(await patients.read(person))
    except NoSuchPerson:
        written: Response | None = await request.app.state.read_written_patient(request, person)
        if written is None:
            raise
        return written


@router.post(
    "/Patient/{person}/$unmerge",
    openapi_extra=needs("identity.decide") | BODY,
    responses={202: {"description": "it waits for a second person", **_RESOURCE}},
)
async def unmerge_patient(changes: Changes, request: Request, person: str) -> Response:
    """A replacement, or what was decided about two records, counts no more."""
    sent = requests.body_of(await request.body())
    decided = await changes.unmerge(person, sent)
    made = resources.unmerged(decided.position, decided.persons, proposed=decided.proposed)
    return _answer(made, status=202 if decided.proposed else 200)


@router.get("/Patient/{person}/$link-history", openapi_extra=READS)
async def list_patient_links(changes: Changes, person: str) -> Response:
    """What was decided and said about the records of a person, the oldest first."""
    return _answer(await changes.history(person))
