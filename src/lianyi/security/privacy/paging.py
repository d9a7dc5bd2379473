"""Lists that begin with the newest, within the reach of whoever asks."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.access import current

Place = tuple[datetime, UUID]
"""After which row of a list the next page begins."""


class BadPlace(LianyiError):
    """A cursor that none of our lists has given."""

    code = "LY-1888"
    category = Category.INVALID
    en = Told("cannot go on from there", "the cursor is not one of ours", "begin at the first page")
    zh = Told("无法从此处继续", "游标无效", "请从第一页开始")


def reach_here() -> list[str] | None:
    """Return the organisations whose rows whoever acts now may see; None: all of them."""
    access = current()
    if access.sees_everything:
        return None
    return list(access.actor.reach.organisations(access.permission))


def read_place(cursor: str | None) -> Place | None:
    """Return where a cursor points.

    Raises:
        BadPlace: it is none of ours.
    """
    if not cursor:
        return None
    at, _, row = cursor.partition("~")
    try:
        return datetime.fromisoformat(at), UUID(row)
    except ValueError as error:
        raise BadPlace(where="cursor") from error


def write_place(at: datetime, row: UUID) -> str:
    """Return a cursor."""
    return f"{at.isoformat()}~{row}"
