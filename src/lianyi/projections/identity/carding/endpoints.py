"""HTTP in, one call of :class:`Carding`, HTTP out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from lianyi.base.sensitive import Sensitive
from lianyi.projections.identity.carding.service import CardChange, Carding
from lianyi.projections.identity.carding.views import CardRequest, ResolvedCard, ResolveRequest
from lianyi.projections.identity.registration import Identifier
from lianyi.projections.identity.views import RegisteredView
from lianyi.security.permissions import needs

router = APIRouter(prefix="/identity/cards", tags=["identity"])


async def _carding(request: Request) -> Carding:
    found: Carding = request.app.state.carding
    return found


Service = Annotated[Carding, Depends(_carding)]


@router.post("", status_code=201, openapi_extra=needs("identity.register"))
async def change_card(service: Service, wanted: CardRequest) -> RegisteredView:
    """A card is lost, cancelled, replaced, found again, or new."""
    card = Identifier(
        wanted.kind,
        wanted.value,
        wanted.issuer,
        wanted.status,
        wanted.valid_until,
        "typed",
        wanted.valid_from,
        wanted.replaced_by,
    )
    record = (wanted.record.source, wanted.record.mrn)
    return await service.change(CardChange(record, card, wanted.reason))


@router.post("/resolve", openapi_extra=needs("identity.match"))
async def resolve_card(service: Service, wanted: ResolveRequest) -> ResolvedCard:
    """The number behind a code that a phone shows, and whose it is; the code is kept nowhere."""
    return await service.resolve(Sensitive(wanted.token), authority=wanted.authority)
