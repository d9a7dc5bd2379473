"""Replays as they are listed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.channels import standing as rules
from lianyi.channels.read_store import ReadStore
from lianyi.channels.search import BadCursor
from lianyi.channels.views import ReplayPage, ReplayView
from lianyi.messagelog.cover import Cover


class NoSuchReplay(LianyiError):
    """A replay that does not exist."""

    code = "LY-1623"
    category = Category.NOT_FOUND
    en = Told("there is no such replay", "none has this identifier", "check the identifier")
    zh = Told("没有这个重放任务", "没有该标识的重放任务", "请核对标识")


async def page_of_replays(
    store: ReadStore,
    channels: Collection[int],
    cover: Cover,
    *,
    cursor: str | None,
    limit: int,
) -> ReplayPage:
    """Return replays of some channels, the newest first; raises :class:`BadCursor`."""
    before = None
    if cursor:
        try:
            at, replay = cursor.split("~")
            before = (datetime.fromisoformat(at), UUID(replay))
        except ValueError as error:
            raise BadCursor(where="cursor") from error
    found = await store.list_replays(channels=channels, before=before, limit=limit + 1)
    page, more = found[:limit], len(found) > limit
    last = page[-1] if page else None
    return ReplayPage(
        items=[rules.replay_view(row, cover) for row in page],
        next_cursor=f"{last['requested_at'].isoformat()}~{last['replay']}"
        if more and last
        else None,
        total=None,
    )


async def replay_of(
    store: ReadStore, channels: Collection[int], cover: Cover, replay: UUID
) -> ReplayView:
    """Return a replay of one of some channels; raises :class:`NoSuchReplay`."""
    row = await store.find_replay(replay)
    if row is None or row["channel"] not in channels:
        raise NoSuchReplay(where="replay")
    return rules.replay_view(row, cover)
