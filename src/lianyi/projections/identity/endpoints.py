"""HTTP in, one call of :class:`IdentityService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from lianyi.projections.identity.partition import Said
from lianyi.projections.identity.registration import Identifier, Name, Registration
from lianyi.projections.identity.service import IdentityService
from lianyi.projections.identity.views import (
    Candidates,
    DecidedView,
    DecidePersonsRequest,
    DemographicsIn,
    MatchRequest,
    PersonPage,
    PersonView,
    QuestionDetail,
    QuestionPage,
    RegisteredView,
    RegisterRequest,
    SplitPersonRequest,
    TakeBackDecisionRequest,
    UndoRequest,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/identity", tags=["identity"])

READS, DECIDES = needs("identity.read"), needs("identity.decide")
ASKING = "?"
"""Authority of who is only asked about."""


async def _service(request: Request) -> IdentityService:
    found: IdentityService = request.app.state.identity
    return found


Service = Annotated[IdentityService, Depends(_service)]
PersonNumber = Annotated[str, Path(min_length=13, max_length=20, pattern=r"^[0-9A-Za-z -]+$")]


def registration_of(said: DemographicsIn, *, source: str, mrn: str) -> Registration:
    """Return what is known of somebody as a record that can be compared."""
    names = [Name(said.name)] if said.name else []
    names += [Name(text, use="old") for text in said.other_names if text]
    return Registration(
        source,
        mrn,
        tuple(names),
        said.sex,
        said.born,
        tuple(
            Identifier(
                one.kind,
                one.value,
                one.issuer,
                one.status,
                one.valid_until,
                one.capture,
                one.valid_from,
                one.replaced_by,
            )
            for one in said.identifiers
        ),
        tuple(filter(None, said.phones)),
        tuple(filter(None, said.addresses)),
        said.multiple_birth,
        said.birth_order,
        mother_name=said.mother_name,
        flags=tuple(said.flags),
    )


@router.post("/match", openapi_extra=needs("identity.match"))
async def match_person(service: Service, wanted: MatchRequest) -> Candidates:
    """Who may be meant, the likeliest first: search before create (先查后建)."""
    said = registration_of(wanted.person, source=ASKING, mrn=ASKING)
    return await service.match(said, limit=wanted.limit, only_certain=wanted.only_certain)


@router.post("/registrations", status_code=201, openapi_extra=needs("identity.register"))
async def register_person(service: Service, wanted: RegisterRequest) -> RegisteredView:
    """Register somebody under an identifier of an authority; answers whose record it is."""
    said = registration_of(wanted.person, source=wanted.source, mrn=wanted.mrn)
    return await service.register(said, channel=wanted.channel)


@router.get("/persons", openapi_extra=READS)
async def list_persons(
    service: Service,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00]+$",
            description="a name, its beginning or its pinyin; an ID number, card or telephone; a"
            " patient identifier, with its authority or without: 4711^HIS; a person number",
        ),
    ],
    born: Annotated[str, Query(max_length=8, pattern=r"^\d*$")] = "",
    sex: Annotated[str, Query(pattern=r"^[MF]?$")] = "",
    skip: Annotated[int, Query(ge=0, le=1000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PersonPage:
    """Persons by whatever is known of them."""
    return await service.search(q, born=born, sex=sex, skip=skip, limit=limit)


@router.get("/persons/{person}", openapi_extra=READS)
async def get_person(service: Service, person: PersonNumber) -> PersonView:
    """A person: what is held true and why, every record, what links them, what was decided."""
    return await service.get_person(person)


@router.post("/persons/{person}/split", openapi_extra=DECIDES)
async def split_person(
    service: Service, person: PersonNumber, wanted: SplitPersonRequest
) -> DecidedView:
    """Some records of a person are somebody else's."""
    keys = [(one.source, one.mrn) for one in wanted.records]
    return await service.split(person, keys, reason=wanted.reason)


@router.get("/questions", openapi_extra=READS)
async def list_questions(
    service: Service,
    after: Annotated[str, Query(max_length=60)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> QuestionPage:
    """Pairs of persons about whom somebody must decide, the likeliest first."""
    return await service.list_questions(after=after, limit=limit)


@router.get("/questions/{person}/{other}", openapi_extra=READS)
async def get_question(
    service: Service, person: PersonNumber, other: PersonNumber
) -> QuestionDetail:
    """Everything that speaks about two persons, side by side."""
    return await service.get_question(person, other)


@router.post("/decisions", openapi_extra=DECIDES)
async def decide_identity(service: Service, wanted: DecidePersonsRequest) -> DecidedView:
    """Two persons are one, are two, or are undecided again."""
    return await service.decide(
        Said(wanted.said), wanted.person, wanted.other, reason=wanted.reason
    )


@router.post("/decisions/taken-back", openapi_extra=DECIDES)
async def take_back_decision(service: Service, wanted: TakeBackDecisionRequest) -> DecidedView:
    """What was decided about two records counts no more: an exact unmerge."""
    return await service.take_back(
        (wanted.record.source, wanted.record.mrn),
        (wanted.other.source, wanted.other.mrn),
        reason=wanted.reason,
    )


@router.post("/replacements/undone", openapi_extra=DECIDES)
async def undo_replacement(service: Service, wanted: UndoRequest) -> DecidedView:
    """A record that was wrongly replaced (A40) stands again, with all that came since."""
    return await service.undo_replacement((wanted.source, wanted.mrn), reason=wanted.reason)
