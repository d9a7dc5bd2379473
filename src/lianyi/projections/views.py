"""What the JSON API answers about projections themselves."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class ProjectionView(BaseModel):
    """A version of a projection, how far it is, and how much it could not learn.

    ``behind`` is how many messages it has not gone through.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: int
    live: bool
    shape: int
    made_at: datetime
    changed_at: datetime
    behind: int
    set_aside: int
    positions: dict[str, int]


class SetAsideWords(BaseModel):
    """Why, in one language."""

    model_config = ConfigDict(frozen=True)

    what: str
    why: str
    next_step: str


class SetAsideView(BaseModel):
    """What a projection could not learn, and why, in both languages."""

    model_config = ConfigDict(frozen=True)

    position: str
    part: int
    received_at: datetime
    kind: str
    code: str
    where: str
    zh: SetAsideWords
    en: SetAsideWords


class SetAsidePage(BaseModel):
    """Some of them, newest first."""

    model_config = ConfigDict(frozen=True)

    items: list[SetAsideView]
    total: int
