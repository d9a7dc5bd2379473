"""What the JSON API takes and answers about requests for figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from lianyi.applications.indicators.saved.views import SavedQuestion
from lianyi.applications.indicators.views import BothWords, Shown
from lianyi.security.views import Wish

Text = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
Note = Annotated[str, Field(max_length=1000)]
Version = Annotated[int, Field(ge=1, le=1_000_000)]
StateName = Literal["asked", "returned", "approved", "refused", "answered", "withdrawn", "revoked"]
SaidName = Literal[
    "filed", "amended", "returned", "approved", "refused", "answered", "withdrawn", "revoked"
]


class AskFigures(Wish):
    """A figure or a list that somebody asks for in words.

    Attributes:
        words: what he wants to know.
        purpose: what he needs it for.
        period: whole months: ``2026-03``, ``2026Q1``, ``2026-01..2026-03``.
        organisation: code of a hospital, a department or a group; empty: all there is.
        wants_rows: whether he wants the rows, with patients, too.
        needed_on: until when.
        question: an exploration, where it can be said so; its period and place do not count.
    """

    words: Text
    purpose: Text
    period: Annotated[str, Field(min_length=4, max_length=30)]
    organisation: Annotated[str, Field(max_length=100)] = ""
    wants_rows: bool = False
    needed_on: date | None = None
    question: SavedQuestion | None = None


class AmendFigureRequest(AskFigures):
    """The same, said anew; ``note`` answers what was asked back."""

    version: Version
    note: Note = ""


class DecideFigureRequest(Wish):
    """What a second person says; a refusal and a question back need words.

    Attributes:
        version: of the request that was looked at.
        open_days: so many days the answer can be seen; of an approval.
    """

    version: Version
    said: Literal["approved", "refused", "returned"]
    note: Note = ""
    open_days: Annotated[int, Field(ge=1, le=90)] = 14

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.said != "approved" and not self.note.strip():
            raise ValueError("say why in the note")
        return self


class AnswerFigureRequest(Wish):
    """The exploration that answers; period and place are those of the request."""

    version: Version
    question: SavedQuestion
    note: Note = ""


class EndFigureRequest(Wish):
    """Why a request is withdrawn, or an approval taken back."""

    version: Version
    note: Note = ""


class RequestWord(Shown):
    """What somebody did with a request, and what he said about it."""

    said: SaidName
    version: int
    note: str
    by: str
    at: datetime


class FigureRequest(Shown):
    """A request.

    Attributes:
        own: whether whoever asks filed it.
        rows_granted: whether the rows were approved, too.
        answer: the exploration that answers it.
        open_until: until when that can be seen; null: there is no answer.
        is_open: whether it can be seen now.
        may: what whoever asks may do with it now.
    """

    request: UUID
    by: str
    own: bool
    words: str
    purpose: str
    period: str
    organisation: str
    organisation_name: BothWords
    wants_rows: bool
    needed_on: date | None
    question: SavedQuestion | None
    state: StateName
    version: int
    filed_at: datetime
    changed_at: datetime
    rows_granted: bool
    open_days: int
    answer: SavedQuestion | None
    open_until: datetime | None
    is_open: bool
    may: list[SaidName]


class FigureRequestDetail(FigureRequest):
    """A request with all that was done with it, in order."""

    history: list[RequestWord]


class FigureRequests(Shown):
    """Some requests: of the open ones the oldest first, of the others what was done last.

    Attributes:
        next_skip: where the next page begins; null: this is the last.
    """

    items: list[FigureRequest]
    next_skip: int | None


class ExistingFigure(Shown):
    """Something that is there already and is called alike.

    Attributes:
        kind: an indicator of the library, or an exploration that somebody saved.
        code: of the indicator; empty: it is an exploration.
        saved: number of the exploration; null: it is an indicator.
        approved: whether a caliber of the indicator is approved.
        by: who saved the exploration; who answers for the indicator.
    """

    kind: Literal["indicator", "exploration"]
    code: str
    saved: UUID | None
    name: BothWords
    approved: bool
    by: str


class ExistingFigures(Shown):
    """What is there already, the most alike first."""

    items: list[ExistingFigure]
