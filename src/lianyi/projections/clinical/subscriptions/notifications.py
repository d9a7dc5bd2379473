"""What a receiver is told: Bundles of the backport's form for R4. Pure.

Source:
    HL7 Subscriptions R5 Backport 1.1.0: Backported R5 Subscription Notification Status for R4
    (Parameters), Backported R5 Notification Bundle for R4 (Bundle of type history).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from lianyi.projections.clinical.resources import instant
from lianyi.projections.clinical.subscriptions.wanting import IG, Content

BUNDLE: Final = f"{IG}/backport-subscription-notification-r4"
STATUS: Final = f"{IG}/backport-subscription-status-r4"

Kind = Literal["handshake", "heartbeat", "event-notification", "query-status", "query-event"]
_STATUS_OF: Final = {"POST": "201", "PUT": "200", "DELETE": "204"}


class Standing(NamedTuple):
    """How a subscription stands, as it is told.

    Attributes:
        subscription: its id.
        topic: canonical address of what it is subscribed to.
        state: requested, active, error or off.
        events: how many events there were since it began.
        error: why it is in error or off, in words; empty: it is not.
    """

    subscription: str
    topic: str
    state: str
    events: int
    error: str = ""


class Event(NamedTuple):
    """One event as it is told.

    Attributes:
        number: from 1.
        at: when it happened.
        type, id, method: of the resource, and what happened to it.
        resource: as it may be seen; None: it is deleted, or is not seen any more.
        seen: whether anything of it may be told but that it was there.
    """

    number: int
    at: datetime
    type: str
    id: str
    method: str
    resource: Mapping[str, Any] | None
    seen: bool = True


def status(
    standing: Standing, kind: Kind, events: Sequence[Event], content: Content
) -> dict[str, Any]:
    """Return how a subscription stands, with the events that are told of, as Parameters."""
    told: list[dict[str, Any]] = [
        {
            "name": "subscription",
            "valueReference": {"reference": f"Subscription/{standing.subscription}"},
        },
        {"name": "topic", "valueCanonical": standing.topic},
        {"name": "status", "valueCode": standing.state},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(standing.events)},
        *(_event(one, content) for one in events),
    ]
    if standing.error:
        told.append({"name": "error", "valueCodeableConcept": {"text": standing.error}})
    return {"resourceType": "Parameters", "meta": {"profile": [STATUS]}, "parameter": told}


def _event(event: Event, content: Content) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"name": "event-number", "valueString": str(event.number)},
        {"name": "timestamp", "valueInstant": instant(event.at)},
    ]
    if content != "empty" and event.seen:
        focus = {"reference": f"{event.type}/{event.id}"}
        parts.append({"name": "focus", "valueReference": focus})
    return {"name": "notification-event", "part": parts}


def notification(
    standing: Standing,
    kind: Kind,
    events: Sequence[Event] = (),
    *,
    content: Content,
    base: str,
    name: UUID,
    at: datetime,
) -> dict[str, Any]:
    """Return what a receiver is told.

    Args:
        standing: how the subscription stands.
        kind: of the notification.
        events: that it tells of, in order.
        content: how much of them.
        base: address of the doors, without a slash at the end.
        name: of the entry that says how the subscription stands.
        at: now.
    """
    first = {
        "fullUrl": f"urn:uuid:{name}",
        "resource": status(standing, kind, events, content),
        "request": {"method": "GET", "url": f"Subscription/{standing.subscription}/$status"},
        "response": {"status": "200"},
    }
    more = [_entry(one, content, base) for one in events if content != "empty" and one.seen]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [BUNDLE]},
        "type": "history",
        "timestamp": instant(at),
        "entry": [first, *more],
    }


def _entry(event: Event, content: Content, base: str) -> dict[str, Any]:
    name = f"{event.type}/{event.id}"
    entry: dict[str, Any] = {"fullUrl": f"{base}/{name}"}
    if content == "full-resource" and event.resource is not None:
        entry["resource"] = event.resource
    return entry | {
        "request": {"method": event.method, "url": event.type if event.method == "POST" else name},
        "response": {"status": _STATUS_OF[event.method]},
    }


def standing_bundle(standing: Standing, *, base: str, name: UUID) -> dict[str, Any]:
    """Return the answer of ``$status``: a Bundle of type searchset."""
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 1,
        "link": [
            {"relation": "self", "url": f"{base}/Subscription/{standing.subscription}/$status"}
        ],
        "entry": [
            {
                "fullUrl": f"urn:uuid:{name}",
                "resource": status(standing, "query-status", (), "empty"),
                "search": {"mode": "match"},
            }
        ],
    }
