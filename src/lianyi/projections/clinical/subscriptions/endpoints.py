"""HTTP in, one call of :class:`SubscriptionsService`, HTTP out. No decision is made here.

Source:
    HL7 FHIR R4, Subscription; HL7 Subscriptions R5 Backport 1.1.0, ``$status`` and ``$events``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter, Depends, Request, Response

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical import answering
from lianyi.projections.clinical.asking import Asked
from lianyi.projections.clinical.endpoints import ANSWERS, CREATED, FORMAT, OURS, At, Sent
from lianyi.projections.clinical.problems import SubscriptionElsewhere
from lianyi.projections.clinical.service import Written
from lianyi.projections.clinical.subscriptions.problems import unusable
from lianyi.projections.clinical.subscriptions.service import SubscriptionsService
from lianyi.projections.clinical.subscriptions.wanting import Content
from lianyi.projections.identity.fhir.endpoints import BODY, asks
from lianyi.security.permissions import fhir, needs

SUBSCRIBES: Final = needs("clinical.read") | fhir("r", "*", narrows=True)
"""Being told is a way of reading: an app is told of what its token lets it read."""
EVENTS: Final = asks("eventsSinceNumber", "eventsUntilNumber", "content", "_format")
_CONTENTS: Final = ("empty", "id-only", "full-resource")

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


async def _service(request: Request) -> SubscriptionsService:
    found: SubscriptionsService = request.app.state.subscriptions
    return found


Service = Annotated[SubscriptionsService, Depends(_service)]


def _written(at: Asked, written: Written) -> Response:
    headers = answering.headers_of_write(written, at.base)
    content, media_type = at.form(written.body)
    return Response(
        content, 201 if written.created else 200, headers=headers, media_type=media_type
    )


def _told(at: Asked, resource: dict[str, Any]) -> Response:
    content, media_type = at.form(json_text.write(resource))
    return Response(content, media_type=media_type)


@router.post(
    "/Subscription", openapi_extra=SUBSCRIBES | BODY | OURS, status_code=201, responses=CREATED
)
async def subscribe(service: Service, at: At, sent: Sent) -> Response:
    """A receiver that is to be told of changes, as far as whoever asks may see them."""
    if at.conditions.if_none_exist:
        raise SubscriptionElsewhere(where="If-None-Exist")
    done = await service.subscribe(at.resource(sent), at.conditions, channel=at.channel)
    return _written(at, done)


@router.put("/Subscription/{id}", openapi_extra=SUBSCRIBES | BODY | OURS, responses=CREATED)
async def resubscribe(service: Service, at: At, id: str, sent: Sent) -> Response:
    """A subscription as it is to be from now on; it says hello to its receiver again."""
    resource = at.resource(sent)
    done = await service.subscribe(resource, at.conditions, id_=id, channel=at.channel)
    return _written(at, done)


@router.delete("/Subscription/{id}", openapi_extra=SUBSCRIBES, status_code=204)
async def unsubscribe(service: Service, at: At, id: str) -> Response:
    """A subscription that is to be no more."""
    await service.unsubscribe(id, at.conditions)
    return Response(status_code=204)


@router.get("/Subscription/{id}/$status", openapi_extra=SUBSCRIBES | FORMAT)
async def read_subscription_status(service: Service, at: At, id: str) -> Response:
    """How a subscription stands, and how many events there were."""
    return _told(at, await service.status(id))


@router.get("/Subscription/{id}/$events", openapi_extra=SUBSCRIBES | EVENTS)
async def list_subscription_events(service: Service, request: Request, at: At, id: str) -> Response:
    """Events that were told, again: for a receiver that has missed some."""
    asked = request.query_params
    since = _number(asked.get("eventsSinceNumber"), "eventsSinceNumber")
    until = _number(asked.get("eventsUntilNumber"), "eventsUntilNumber")
    content = asked.get("content") or None
    if content is not None and content not in _CONTENTS:
        raise unusable(
            "content", "it is empty, id-only or full-resource", "须为 empty、id-only、full-resource"
        )
    found = await service.events(
        id, since=since or 0, until=until, content=cast(Content | None, content)
    )
    return _told(at, found)


def _number(text: str | None, where: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise unusable(where, "it is no number", "不是数字")
    return int(text)
