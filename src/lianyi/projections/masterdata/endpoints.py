"""HTTP in, one call of :class:`MasterDataService`, HTTP out. No decision is made here."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.messagelog.message import Position
from lianyi.projections.masterdata import proposing
from lianyi.projections.masterdata.model import Kind
from lianyi.projections.masterdata.service import MasterDataService
from lianyi.projections.masterdata.table import IMPORT_BYTES_MAX, too_big
from lianyi.projections.masterdata.views import (
    CloseRequest,
    CreateRequest,
    Decided,
    DecideRequest,
    EditRequest,
    EmergencyRequest,
    Imported,
    MergeRequest,
    MoveRequest,
    NamedRow,
    OrganisationTree,
    ParentRequest,
    ProposalPage,
    RecordDetail,
    RecordPage,
    RoleRequest,
    SayingRow,
    SourcesView,
    SplitRequest,
    TakeBackRequest,
    TakenBack,
)
from lianyi.security.access import current
from lianyi.security.permissions import fhir, needs

router = APIRouter(prefix="/masterdata", tags=["masterdata"])

NAMES_MAX = 200
READS, EDITS = needs("masterdata.read"), needs("masterdata.edit")
TYPES = {
    Kind.ORGANISATION.value: "Organization",
    Kind.LOCATION.value: "Location",
    Kind.PRACTITIONER.value: "Practitioner",
}
"""What the kinds are in FHIR; apps read them within their scopes."""


async def _service(request: Request) -> MasterDataService:
    found: MasterDataService = request.app.state.masterdata
    return found


async def _actor() -> str:
    return current().actor.name


Data = Annotated[MasterDataService, Depends(_service)]
Actor = Annotated[str, Depends(_actor)]
AsOf = Annotated[date | None, Query(description="the day; today when it is left out")]
Code = Annotated[str, Path(min_length=1, max_length=100)]
TreeName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,39}$")]


@router.get("/trees/{tree}", openapi_extra=READS | fhir("s", "Organization"))
async def get_tree(data: Data, tree: TreeName, as_of: AsOf = None) -> OrganisationTree:
    """The organisations of a day, each with its parent in a tree, such as management."""
    return await data.get_tree(tree, as_of=as_of)


@router.get("/names/{kind}", openapi_extra=READS)
async def list_names(
    data: Data,
    kind: Kind,
    code: Annotated[list[str], Query(max_length=NAMES_MAX)],
    as_of: AsOf = None,
    message: Annotated[str, Query(pattern=r"^(\d{1,4}-\d{1,18})?$")] = "",
) -> list[NamedRow]:
    """What codes are called on a day; ``message`` is the position of one that names them."""
    position = Position.parse(message) if message else None
    return await data.names(kind, code, as_of=as_of, message=position)


@router.get("/proposals", openapi_extra=READS)
async def list_proposals(
    data: Data,
    skip: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ProposalPage:
    """What sources said and people are asked about, the oldest first."""
    return await proposing.list_proposals(data, skip=skip, limit=limit)


@router.post("/proposals/decisions", openapi_extra=EDITS)
async def decide_proposals(data: Data, actor: Actor, wanted: DecideRequest) -> Decided:
    """Accept or refuse what sources proposed, all that is named or nothing."""
    return Decided(position=str(await proposing.decide(data, wanted, actor=actor)))


@router.get("/sources", openapi_extra=READS)
async def get_sources(data: Data) -> SourcesView:
    """Which source may say what, and whose word counts more."""
    return await proposing.get_sources(data)


@router.post("/merges", openapi_extra=EDITS)
async def merge_organisations(data: Data, actor: Actor, wanted: MergeRequest) -> RecordDetail:
    """Make one organisation of several; what is above and below keeps its code."""
    return await data.merge(wanted, actor=actor)


@router.post("/emergencies", openapi_extra=EDITS)
async def create_emergency(data: Data, actor: Actor, wanted: EmergencyRequest) -> RecordDetail:
    """Put up a temporary organisation that ends by itself."""
    return await data.create_emergency(wanted, actor=actor)


@router.post("/retractions", openapi_extra=EDITS)
async def take_back(data: Data, actor: Actor, wanted: TakeBackRequest) -> TakenBack:
    """Let what a message or act said, or one part of it, count no more: it was wrong."""
    at = await data.take_back(
        Position.parse(wanted.position), wanted.part, reason=wanted.reason, actor=actor
    )
    return TakenBack(position=str(at))


@router.get("/{kind}", openapi_extra=READS | fhir("s", TYPES))
async def list_records(
    data: Data,
    kind: Kind,
    q: Annotated[str, Query(max_length=200)] = "",
    as_of: AsOf = None,
    *,
    closed: bool = False,
    cursor: Annotated[str, Query(max_length=400)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RecordPage:
    """Organisations, locations or practitioners of a day, by code.

    ``q`` is part of a code, name, pinyin or identifier. ``closed`` also lists those that are no
    more by that day.
    """
    return await data.list_records(
        kind, q=q.strip(), as_of=as_of, closed=closed, cursor=cursor, limit=limit
    )


@router.post("/{kind}", openapi_extra=EDITS)
async def create_record(
    data: Data, actor: Actor, kind: Kind, wanted: CreateRequest
) -> RecordDetail:
    """Record something new."""
    return await data.create(kind, wanted, actor=actor)


@router.post(
    "/{kind}/import",
    openapi_extra={
        **EDITS,
        "requestBody": {
            "required": True,
            "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
async def import_records(request: Request, data: Data, actor: Actor, kind: Kind) -> Imported:
    """Record a table, CSV in UTF-8 or GB18030, as one message and learn it."""
    return await data.import_table(await _body(request), kind, actor=actor)


async def _body(request: Request) -> bytes:
    """Return the body, as far as it is not too big."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > IMPORT_BYTES_MAX:
            raise too_big(IMPORT_BYTES_MAX)
    return bytes(body)


@router.get("/{kind}/{code}", openapi_extra=READS | fhir("r", TYPES))
async def get_record(data: Data, kind: Kind, code: Code, as_of: AsOf = None) -> RecordDetail:
    """A record with its names, relations and lineage, and who said each of them."""
    return await data.get_record(kind, code, as_of=as_of)


@router.get("/{kind}/{code}/changes", openapi_extra=READS | fhir("r", TYPES))
async def list_changes(data: Data, kind: Kind, code: Code) -> list[SayingRow]:
    """The messages and acts that said something about a record, newest first."""
    return await data.list_sayings(kind, code)


@router.post("/{kind}/{code}/edit", openapi_extra=EDITS)
async def edit_record(
    data: Data, actor: Actor, kind: Kind, code: Code, wanted: EditRequest
) -> RecordDetail:
    """Call a record something else from a day on, or move its end."""
    return await data.edit(kind, code, wanted, actor=actor)


@router.post("/{kind}/{code}/parent", openapi_extra=EDITS)
async def set_parent(
    data: Data, actor: Actor, kind: Kind, code: Code, wanted: ParentRequest
) -> RecordDetail:
    """Give an organisation or location another parent from a day on."""
    return await data.set_parent(kind, code, wanted, actor=actor)


@router.post("/{kind}/{code}/close", openapi_extra=EDITS)
async def close_record(
    data: Data, actor: Actor, kind: Kind, code: Code, wanted: CloseRequest
) -> RecordDetail:
    """End a record from a day on."""
    return await data.close(kind, code, on=wanted.on, reason=wanted.reason, actor=actor)


@router.post("/organisation/{code}/move", openapi_extra=EDITS)
async def move_organisation(
    data: Data, actor: Actor, code: Code, wanted: MoveRequest
) -> RecordDetail:
    """Move an organisation to a location; neither changes, and their relation is one row."""
    return await data.move(code, wanted, actor=actor)


@router.post("/organisation/{code}/split", openapi_extra=EDITS)
async def split_organisation(
    data: Data, actor: Actor, code: Code, wanted: SplitRequest
) -> RecordDetail:
    """Make several organisations of one; what is above and below keeps its code."""
    return await data.split(code, wanted, actor=actor)


@router.post("/practitioner/{code}/role", openapi_extra=EDITS)
async def set_role(data: Data, actor: Actor, code: Code, wanted: RoleRequest) -> RecordDetail:
    """Give a practitioner a role at an organisation, or end it."""
    return await data.set_role(code, wanted, actor=actor)
