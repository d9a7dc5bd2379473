"""When something was, as HL7 v2 writes it.

Source:
    HL7 v2.8.2 chapter 2A: DTM (TS before v2.6); chapter 2, MSH-7; chapter 3, EVN-2.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from lianyi.formats.hl7v2.message import Message

_INSTANT = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,4})?)?)?)?([+-]\d{4})?",
    re.ASCII,
)


def instant_of(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a time (TS, DTM) as UTC; None when it is none, or only part of a date.

    Args:
        text: as it stands in the message.
        zone: of a time that says none.
    """
    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        return None
    *numbers, offset = found.groups()
    try:
        at = datetime(*(int(number or 0) for number in numbers))  # type: ignore[arg-type]  # noqa: DTZ001
        if offset:
            minutes = int(offset[1:3]) * 60 + int(offset[3:])
            away = timedelta(minutes=-minutes if offset[0] == "-" else minutes)
            return at.replace(tzinfo=timezone(away)).astimezone(UTC)
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def recorded_at(message: Message, zone: ZoneInfo, *, received_at: datetime) -> datetime:
    """Say when the sender recorded what a message says: EVN-2, else MSH-7, else its arrival.

    Never after it was received: a clock that goes wrong must not outweigh every later message.
    """
    said = instant_of(message.get("EVN-2.1"), zone) or instant_of(message.get("MSH-7.1"), zone)
    return min(said, received_at) if said else received_at
