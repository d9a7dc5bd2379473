"""Where a page begins, as the address of the page says it. Pure.

A page begins behind the last one that was shown, wherever that stands by now: what was written
meanwhile moves nobody from one page to another. The first page fixes the time: what came after it
belongs to no page of this search, and the total stays as it was.

The text is read by nobody else. Who changes it changes what he himself is shown, and no more than
he may see.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from lianyi.projections.clinical.search.problems import BrokenPageLink
from lianyi.projections.clinical.search.query import PAGE, Pair

TEXT_MAX: Final = 4000

_KINDS: Final[dict[type[Any], str]] = {datetime: "t", Decimal: "n", str: "s", type(None): "-"}


class Mark(NamedTuple):
    """Where a page begins.

    Attributes:
        search: digest of the search that it is of.
        bound: nothing that came after it belongs to the search.
        total: as it was counted for the first page; None: it was not.
        rid: of the last one that was shown.
        keys: that it was ordered by.
    """

    search: str
    bound: datetime
    total: int | None
    rid: int
    keys: tuple[Any, ...]


class _Written(msgspec.Struct, array_like=True):
    search: str
    bound: datetime
    total: int | None
    rid: int
    keys: list[str]


def digest(types: Sequence[str], said: Sequence[Pair]) -> str:
    """Return what tells searches apart: they find the same in the same order."""
    told = [pair for pair in said if pair[0] not in (PAGE, "_count", "_format", "_pretty")]
    text = msgspec.json.encode([list(types), told])
    return blake2b(text, digest_size=9).hexdigest()


def write(mark: Mark) -> str:
    """Write a mark for an address."""
    keys = [_KINDS[type(key)] + _text(key) for key in mark.keys]
    written = msgspec.json.encode(_Written(mark.search, mark.bound, mark.total, mark.rid, keys))
    return base64.urlsafe_b64encode(written).rstrip(b"=").decode()


def read(text: str, *, search: str) -> Mark:
    """Read the mark of an address.

    Args:
        text: as it was written.
        search: digest of the search that it stands in.

    Raises:
        BrokenPageLink: it was not written here, or for another search.
    """
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(raw[:TEXT_MAX], type=_Written)
        keys = tuple(_key(one) for one in found.keys)
        bound = found.bound.astimezone(UTC)
    except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError, InvalidOperation):
        raise BrokenPageLink(where=PAGE) from None
    if found.search != search or not _fits(found):
        raise BrokenPageLink(where=PAGE)
    return Mark(found.search, bound, found.total, found.rid, keys)


def _fits(found: _Written) -> bool:
    return (
        found.bound.tzinfo is not None
        and -(1 << 63) <= found.rid < 1 << 63
        and 0 <= (found.total or 0) < 1 << 63
    )


def _text(key: object) -> str:
    if isinstance(key, datetime):
        return key.isoformat()
    return "" if key is None else str(key)


def _key(text: str) -> datetime | Decimal | str | None:
    kind, said = text[:1], text[1:]
    if kind == "-":
        return None
    if kind == "t":
        at = datetime.fromisoformat(said)
        if at.tzinfo is None:
            raise ValueError
        return at
    if kind == "n":
        number = Decimal(said)
        if number.is_nan():
            raise ValueError
        return number
    if kind != "s" or "\x00" in said:
        raise ValueError
    return said
