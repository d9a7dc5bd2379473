"""HTTP in, one call of :class:`RecordService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.projections.clinical.record.gathering import Asked
from lianyi.projections.clinical.record.linking import LinkView, NewLink, RecordLinks
from lianyi.projections.clinical.record.looking import RecordLook, RecordLooks
from lianyi.projections.clinical.record.sections import Section
from lianyi.projections.clinical.record.service import RecordService
from lianyi.projections.clinical.record.views import (
    RecordItemDetail,
    RecordItemsPage,
    RecordOverview,
    RecordSeries,
)
from lianyi.projections.identity.views import PersonPage
from lianyi.security.permissions import needs
from lianyi.security.privacy.views import GlassView, OpenRecord, glass_view

router = APIRouter(prefix="/record", tags=["record"])

READS = needs("clinical.read")
SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What is handed out runs nothing, whatever it is."""
FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the file", "content": {"application/octet-stream": {}}}
}


async def _service(request: Request) -> RecordService:
    found: RecordService = request.app.state.record
    return found


def _looks(request: Request) -> RecordLooks:
    found: RecordLooks = request.app.state.record_looks
    return found


Service = Annotated[RecordService, Depends(_service)]
Looks = Annotated[RecordLooks, Depends(_looks)]
Whose = Annotated[str, Path(min_length=13, max_length=20, pattern=r"^[0-9A-Za-z -]+$")]
Kind = Annotated[str, Path(pattern=r"^[A-Z][A-Za-z]{1,63}$")]
Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
Day = Annotated[str, Query(pattern=r"^(\d{4}(-\d\d(-\d\d)?)?)?$")]
Word = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("", openapi_extra=READS)
async def find_patients(
    service: Service,
    q: Annotated[
        str,
        Query(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00]+$",
            description="as for persons of the index: a name or its beginning, a number, 4711^HIS",
        ),
    ],
    born: Annotated[str, Query(max_length=8, pattern=r"^\d*$")] = "",
    sex: Annotated[str, Query(pattern=r"^[MF]?$")] = "",
    skip: Annotated[int, Query(ge=0, le=1000)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PersonPage:
    """Patients by whatever is known of them, to open their record."""
    return await service.find(q, born=born, sex=sex, skip=skip, limit=limit)


@router.post("/links", openapi_extra=needs("record.link"))
async def make_record_link(request: Request, wanted: NewLink) -> LinkView:
    """A link that opens a patient's record once, for a user of the system that asks."""
    links: RecordLinks = request.app.state.record_links
    return await links.make(wanted)


@router.get("/{person}", openapi_extra=READS)
async def get_patient_record(service: Service, person: Whose) -> RecordOverview:
    """A patient's record at a glance: every heading, its newest lines, series, hospitals."""
    return await service.overview(person)


@router.get("/{person}/look", openapi_extra=READS)
async def get_patient_record_look(looks: Looks, person: Whose) -> RecordLook:
    """How whoever asks sees a patient's record, of each hospital, and why."""
    return await looks.look(person)


@router.post("/{person}/glass", openapi_extra=needs("glass.break"))
async def open_patient_record(looks: Looks, person: Whose, wanted: OpenRecord) -> list[GlassView]:
    """See everything of a patient for some minutes, for a reason; somebody else reviews it.

    What one sees without is left as it is; none is opened where that is everything.
    """
    found = await looks.open(
        person, reason=wanted.reason, words=wanted.words, minutes=wanted.minutes
    )
    return [glass_view(one) for one in found]


@router.get("/{person}/items", openapi_extra=READS)
async def list_patient_record_items(
    service: Service,
    person: Whose,
    section: Annotated[list[Section], Query(max_length=15)] = [],  # noqa: B006 - FastAPI copies it
    since: Day = "",
    until: Day = "",
    organisation: Word = "",
    encounter: Annotated[str, Query(pattern=r"^[A-Za-z0-9\-.]{0,64}$")] = "",
    q: Word = "",
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RecordItemsPage:
    """Lines of a record, the newest first; ``q``: words that stand in them or in their files."""
    asked = Asked(
        frozenset(section), since, until, organisation, encounter, tuple(q.casefold().split())
    )
    return await service.items(person, asked, skip=skip, limit=limit)


@router.get("/{person}/series", openapi_extra=READS)
async def list_patient_record_series(
    service: Service,
    person: Whose,
    key: Annotated[list[Word], Query(max_length=20)] = [],  # noqa: B006 - FastAPI copies it
) -> list[RecordSeries]:
    """What was measured again and again, every point; without keys the vital signs."""
    return await service.series(person, key)


@router.get("/{person}/items/{type}/{id}", openapi_extra=READS)
async def get_patient_record_item(
    service: Service, person: Whose, type: Kind, id: Id
) -> RecordItemDetail:
    """One item, its versions, and the messages that said them."""
    return await service.item(person, type, id)


@router.get(
    "/{person}/items/{type}/{id}/files/{index}",
    openapi_extra=READS,
    response_class=Response,
    responses=FILE,
)
async def get_patient_record_file(
    service: Service,
    person: Whose,
    type: Kind,
    id: Id,
    index: Annotated[int, Path(ge=0, le=1000)],
) -> Response:
    """A file of an item: PDF, pictures and text to be looked at, everything else to be kept."""
    found = await service.attachment(person, type, id, index)
    how = "inline" if found.inline else "attachment"
    headers = SAFE | {"Content-Disposition": f'{how}; filename="{type}-{id}-{index}"'}
    if found.policy:
        headers["Content-Security-Policy"] = found.policy
    return Response(found.data, headers=headers, media_type=found.content_type)
