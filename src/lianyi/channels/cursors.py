"""Where the next page of deliveries goes on, as a text that only we can read."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

import orjson

from lianyi.channels.read_store import ExceptionRecord
from lianyi.channels.search import BadCursor


def write_place(last: ExceptionRecord) -> str:
    """Return the cursor that goes on after a delivery."""
    place = [last.since.isoformat(), last.destination, last.shard, last.number]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read_place(text: str) -> tuple[datetime, int, int, int]:
    """Read what :func:`write_place` wrote.

    Raises:
        BadCursor: somebody else wrote it.
    """
    try:
        at, destination, shard, number = orjson.loads(
            base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        )
        place = datetime.fromisoformat(at), int(destination), int(shard), int(number)
    except (binascii.Error, orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise BadCursor(where="cursor") from error
    if not (-(2**31) < place[1] < 2**31 and 0 <= place[2] < 2**15 and 0 <= place[3] < 2**62):
        raise BadCursor(where="cursor")
    return place
