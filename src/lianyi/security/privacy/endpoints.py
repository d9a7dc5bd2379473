"""HTTP in, one call of a service, HTTP out. No decision is made here."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from lianyi.messagelog.message import Position
from lianyi.security.access import shows
from lianyi.security.permissions import SIGNED_IN, needs
from lianyi.security.privacy.classification import ClassificationBook
from lianyi.security.privacy.consents import Consents
from lianyi.security.privacy.glasses import Glasses
from lianyi.security.privacy.model import Consent, Place
from lianyi.security.privacy.paging import read_place, write_place
from lianyi.security.privacy.views import (
    BreakGlass,
    ClassificationView,
    ConsentPage,
    ConsentView,
    DataSetView,
    ElementView,
    GlassPage,
    GlassReasonView,
    GlassView,
    NewConsent,
    PurposeView,
    ReviewGlass,
    glass_view,
)

router = APIRouter(prefix="/privacy", tags=["privacy"])


async def _book(request: Request) -> ClassificationBook:
    found: ClassificationBook = request.app.state.classification
    return found


async def _glasses(request: Request) -> Glasses:
    found: Glasses = request.app.state.glasses
    return found


async def _consents(request: Request) -> Consents:
    found: Consents = request.app.state.consents
    return found


Book = Annotated[ClassificationBook, Depends(_book)]
Looks = Annotated[Glasses, Depends(_glasses)]
Says = Annotated[Consents, Depends(_consents)]
Cursor = Annotated[str | None, Query(max_length=100)]
Limit = Annotated[int, Query(ge=1, le=200)]


def _consent(one: Consent) -> ConsentView:
    return ConsentView(
        **{
            **{key: value for key, value in asdict(one).items() if key != "consent"},
            "id": one.consent,
            "purposes": sorted(one.purposes, key=lambda purpose: purpose.value),
            "against": sorted(one.against),
        }
    )


def _written(at: Place) -> str:
    """Return a place as the file says it: ``PID-5.1-6``, ``PID-20.1``, ``PID-13``."""
    parts = f".{at.first}-{at.last}" if at.last != at.first else f".{at.first}"
    return f"{at.segment}-{at.field}{'' if at == Place(at.segment, at.field) else parts}"


@router.get("/classification", openapi_extra=needs(SIGNED_IN))
async def get_classification(book: Book) -> ClassificationView:
    """How sensitive which data are, and what is shown of them for which purpose."""
    now = book.now
    return ClassificationView(
        elements=[
            ElementView(
                name=one.name,
                title_zh=one.title_zh,
                title_en=one.title_en,
                category=one.category,
                level=one.level,
                mask=one.mask.value,
                hl7=[_written(at) for at in one.places],
            )
            for one in now.elements
        ],
        purposes=[
            PurposeView(
                purpose=purpose,
                levels={category.value: level for category, level in rule.levels.of.items()},
                needs_relation=rule.needs_relation,
                needs_consent=rule.needs_consent,
                otherwise=rule.otherwise,
            )
            for purpose, rule in now.purposes.items()
        ],
        reasons=[GlassReasonView(name=one.name, zh=one.zh, en=one.en) for one in now.reasons],
        glass_minutes=now.glass_minutes,
        glass_minutes_max=now.glass_minutes_max,
        data_sets=[
            DataSetView(
                name=one.name,
                title_zh=one.title_zh,
                title_en=one.title_en,
                sharing=one.sharing,
                domain=one.domain,
                kinds=list(one.kinds),
            )
            for one in now.data_sets
        ],
    )


@router.post("/glass", openapi_extra=needs("glass.break"))
async def break_glass(looks: Looks, wanted: BreakGlass) -> GlassView:
    """See all data of a patient for some minutes, for a reason; somebody else reviews it."""
    return glass_view(
        await looks.open(
            position=Position.parse(wanted.position) if wanted.position else None,
            patient=wanted.patient,
            reason=wanted.reason,
            words=wanted.words,
            minutes=wanted.minutes,
        )
    )


@router.get("/glass/mine", openapi_extra=needs(SIGNED_IN))
async def list_own_glass(looks: Looks) -> list[GlassView]:
    """One's own looks in an emergency that last."""
    return [glass_view(one) for one in await looks.mine()]


@router.delete("/glass/{glass}", openapi_extra=needs(SIGNED_IN))
async def end_glass(looks: Looks, glass: UUID) -> GlassView:
    """End one's own look in an emergency now."""
    return glass_view(await looks.end(glass))


@router.get("/glass", openapi_extra=needs("glass.review"))
async def list_glass(
    looks: Looks,
    unreviewed: bool = False,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=0, le=200)] = 50,
) -> GlassPage:
    """Looks in an emergency, the newest first; with ``limit`` 0 only how many wait."""
    found, waiting = await looks.page(
        unreviewed=unreviewed, before=read_place(cursor), limit=limit + 1
    )
    page, more = found[:limit], len(found) > limit > 0
    shows(0, [patient for one in page for patient in one.patients])
    return GlassPage(
        items=[glass_view(one) for one in page],
        next_cursor=write_place(page[-1].began_at, page[-1].glass) if more else None,
        unreviewed=waiting,
    )


@router.post("/glass/{glass}/review", openapi_extra=needs("glass.review"))
async def review_glass(looks: Looks, glass: UUID, wanted: ReviewGlass) -> GlassView:
    """Say whether a look was justified; nobody does that for his own."""
    return glass_view(await looks.review(glass, justified=wanted.justified, remark=wanted.remark))


@router.get("/consents", openapi_extra=needs("consents.read"))
async def list_consents(
    says: Says,
    patient: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ConsentPage:
    """What patients permit and refuse, the newest first."""
    found = await says.page(patient=patient, before=read_place(cursor), limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    shows(0, [one.patient for one in page])
    return ConsentPage(
        items=[_consent(one) for one in page],
        next_cursor=write_place(page[-1].recorded_at, page[-1].consent) if more else None,
    )


@router.post("/consents", openapi_extra=needs("consents.record"))
async def record_consent(says: Says, wanted: NewConsent) -> ConsentView:
    """Write down what a patient permits or refuses."""
    return _consent(
        await says.record(
            wanted.patient,
            wanted.decision,
            purposes=wanted.purposes,
            against=wanted.against,
            valid_from=wanted.valid_from,
            valid_until=wanted.valid_until,
            given_by=wanted.given_by,
            document=wanted.document,
            organisation=wanted.organisation,
        )
    )


@router.post("/consents/{consent}/withdraw", openapi_extra=needs("consents.record"))
async def withdraw_consent(says: Says, consent: UUID) -> ConsentView:
    """End a consent now."""
    return _consent(await says.withdraw(consent))
