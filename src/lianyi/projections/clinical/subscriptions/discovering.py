"""What the CapabilityStatement says of subscriptions: which topics there are. Pure.

Source:
    HL7 Subscriptions R5 Backport 1.1.0, "Topic Discovery": the canonical addresses of topics as
    extensions of the resource Subscription.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from lianyi.projections.clinical.subscriptions.topics import TopicBook
from lianyi.projections.clinical.subscriptions.wanting import IG, PROFILE

Statement = Callable[[str], Awaitable[dict[str, Any]]]

INSTANTIATES: Final = "http://hl7.org/fhir/uv/subscriptions-backport/CapabilityStatement/backport-subscription-server-r4"
TOPIC: Final = f"{IG}/capabilitystatement-subscriptiontopic-canonical"
_OPERATIONS: Final = tuple(
    {
        "name": name,
        "definition": "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/"
        f"backport-subscription-{name}",
    }
    for name in ("status", "events")
)
_DONE: Final = ("read", "vread", "update", "delete", "history-instance", "history-type", "create",
                "search-type")  # fmt: skip


def with_topics(statement: Statement, book: TopicBook) -> Statement:
    """Return what writes a CapabilityStatement that tells of the topics as well."""

    async def told(base: str) -> dict[str, Any]:
        found = await statement(base)
        (rest,) = found["rest"]
        resources = [
            _subscription(one, book) if one["type"] == "Subscription" else one
            for one in rest["resource"]
        ]
        return {
            **found,
            "instantiates": [*found.get("instantiates", ()), INSTANTIATES],
            "rest": [{**rest, "resource": resources}],
        }

    return told


def _subscription(one: Mapping[str, Any], book: TopicBook) -> dict[str, Any]:
    topics = sorted(book.topics.by_url)
    return {
        **one,
        "extension": [{"url": TOPIC, "valueCanonical": url} for url in topics],
        "supportedProfile": [PROFILE],
        "interaction": [{"code": code} for code in _DONE],
        "conditionalCreate": False,
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "operation": [*one.get("operation", ()), *_OPERATIONS],
    }
