"""The feeds of the patient index: what messages say about patients, by the format they come in.

Each feed reads one message into statements and judges none of them. What a message does not say is
empty; what nobody could keep, and a patient whom the sender does not name, is an error.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from lianyi.messagelog.message import LogMessage
from lianyi.projections.identity.feeds import desk, fhir, hl7, rows
from lianyi.projections.identity.statements import Statement

_FEEDS = (hl7, fhir, rows, desk)


def wants(kind: str) -> bool:
    """Tell whether messages of a kind may say anything about patients; JSON may be anything."""
    return any(feed.wants(kind) for feed in _FEEDS)


def read(message: LogMessage, zone: ZoneInfo) -> list[Statement]:
    """Return what a message says, in the order in which it says it.

    Args:
        message: of the log.
        zone: of times without one.

    Raises:
        LianyiError: it cannot be read, or names no patient.
    """
    return [
        statement
        for feed in _FEEDS
        if feed.wants(message.kind)
        for statement in feed.read(message, zone)
    ]
