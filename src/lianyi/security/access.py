"""Who acts just now: known to everything that a request causes, and to nothing else.

A task without an access sees nothing: to forget one shows an empty page, never a foreign row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.model import PLATFORM, Access, Actor, Purpose, Reach
from lianyi.security.permissions import PERMISSIONS
from lianyi.security.rules import reach_of_all

_NOBODY = Access(
    Actor(UUID(int=0), "", "", "", Reach()),
    permission="",
    operation="",
    purpose=Purpose.OPERATIONS,
)
_current: ContextVar[Access] = ContextVar("access", default=_NOBODY)


class OutsideOfReach(LianyiError):
    """Somebody wants to do a thing where he may not."""

    code = "LY-1800"
    category = Category.FORBIDDEN
    en = Told(
        "you may not do this",
        "none of your roles allows it here",
        "ask the security administrator for a role, if it is your task",
    )
    zh = Told(
        "您无权执行此操作", "您的角色在此处没有这项权限", "如属工作需要，请向安全管理员申请角色"
    )


def current() -> Access:
    """Return who acts; nobody, who may nothing, when it was not said."""
    return _current.get()


@contextmanager
def acting(access: Access) -> Iterator[None]:
    """Let somebody act for as long as the block runs, in this task and what it starts."""
    token = _current.set(access)
    try:
        yield
    finally:
        _current.reset(token)


def platform(permission: str, operation: str) -> Access:
    """Return the platform doing something for itself, everywhere."""
    actor = Actor(PLATFORM, "platform", "平台", "", reach_of_all())
    assert permission in PERMISSIONS, permission  # noqa: S101 - a mistake in our own code
    return Access(actor, permission, operation, Purpose.OPERATIONS)


def require(organisation: str, *, where: str) -> None:
    """Do nothing when the current operation may touch what belongs to an organisation.

    Raises:
        OutsideOfReach: it may not.
    """
    if not current().sees(organisation):
        raise OutsideOfReach(where=where)


class Seen:
    """Whose data an access has shown, and of which channels; the trail says it."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, None]] = {}

    def add(self, channel: int, whose: Iterable[str]) -> None:
        """Remember that data of these patients, ``value^authority``, were shown."""
        self._of.setdefault(channel, {}).update(dict.fromkeys(whose))

    def by_channel(self) -> Mapping[int, list[str]]:
        """Return the patients by channel; one entry for no channel when there is none."""
        return {channel: list(whose) for channel, whose in self._of.items()} or {0: []}


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


@contextmanager
def seen() -> Iterator[Seen]:
    """Gather what is shown for as long as the block runs."""
    found = Seen()
    token = _seen.set(found)
    try:
        yield found
    finally:
        _seen.reset(token)


def shows(channel: int, whose: Iterable[str]) -> None:
    """Say that data of patients are about to be shown."""
    found = _seen.get()
    if found is not None:
        found.add(channel, whose)
