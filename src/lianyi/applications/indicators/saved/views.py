"""What the JSON API takes and answers about saved explorations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from lianyi.applications.indicators.views import Shown
from lianyi.security.views import Wish

Code = Annotated[str, Field(max_length=100)]


class SavedQuestion(Wish):
    """What is asked when it is opened, as ``GET /indicators/explored`` takes it.

    Attributes:
        codes: of indicators, ``A,B``; up to 6.
        by: by what they are put together, ``department,payer``; empty: as the page begins.
        period: whole months; empty: the last whole one at the time it is opened.
        hospital, department, doctor: codes; empty: all that whoever opens it may see.
        where: which of the rows, ``payer:self``.
    """

    codes: Annotated[str, Field(min_length=1, max_length=200)]
    by: Annotated[str, Field(max_length=200)] = ""
    period: Annotated[str, Field(max_length=30)] = ""
    hospital: Code = ""
    department: Code = ""
    doctor: Code = ""
    where: Annotated[str, Field(max_length=400)] = ""


class SaveExploration(Wish):
    """A question, what it is called, and whether whoever has its link may open it."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
    asked: SavedQuestion
    shared: bool = False


class SavedExploration(Shown):
    """A saved exploration; of what it asks whoever opens it sees what he may see.

    Attributes:
        by: who saved it.
        own: whether that is whoever asks: only he renames, shares and removes it.
    """

    saved: UUID
    name: str
    asked: SavedQuestion
    shared: bool
    by: str
    own: bool
    changed_at: datetime


class SavedExplorations(Shown):
    """The explorations that whoever asks saved, the last changed first."""

    items: list[SavedExploration]
