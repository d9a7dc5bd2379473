"""What the JSON API takes and answers about data services."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lianyi.applications.indicators.data_services.model import Gives
from lianyi.applications.indicators.saved.views import SavedQuestion
from lianyi.applications.indicators.views import BothWords, PeriodView, RowsOf, Shown
from lianyi.security.views import Wish

Name = Annotated[str, Field(max_length=60, pattern=r"^[a-z][a-z0-9-]{1,59}$")]
Named = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Note = Annotated[str, Field(max_length=1000)]
StateName = Literal["offered", "approved", "refused", "revoked", "replaced"]
RoleName = Annotated[str, Field(max_length=63)]
AccountName = Annotated[str, Field(max_length=100)]
Cell = bool | int | str | float | None
ColumnName = Annotated[str, Field(max_length=60)]


class OfferDataService(Wish):
    """A service that somebody offers; of a name that is his already, the next version.

    Attributes:
        name: by which it is called: small letters, digits and hyphens.
        title: what people call it.
        purpose: what it is needed for.
        question: an exploration; which period is for the caller to say. For rows of one indicator.
        gives: the figures of it, or the rows behind them; whoever offers, approves and calls rows
            must be allowed to see rows there.
        side: which rows: ``numerator``, ``denominator``, or the ``rest`` between them.
        masked: columns among those that are given whose values are told as ``****`` to everybody.
        columns: those that are given, in this order. Of rows: ``hospital``, ``key``, ``patient``,
            ``origin``, and every column of what is counted, of codes with ``<column>_name``. Of
            figures: ``period``, ``code``, ``indicator``,
            ``caliber``, ``numerator``, ``denominator``, ``value``, ``unit``, and of each that it
            is put together by its name (``department``) and ``department_name``.
        organisation: code; empty: all that whoever offers and whoever approves it may see.
        roles: of whoever may call it.
        accounts: names of accounts, of people and of systems, that may call it.
        rows_max: so many rows a page.
        calls_per_minute: so many calls of each caller.
        first_on, last_on: on which days; both counted in.
    """

    name: Name
    title: Named
    purpose: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")]
    question: SavedQuestion
    gives: Gives = "figures"
    side: RowsOf = "numerator"
    masked: Annotated[tuple[ColumnName, ...], Field(max_length=40)] = ()
    columns: Annotated[list[ColumnName], Field(min_length=1, max_length=40)]
    organisation: Annotated[str, Field(max_length=100)] = ""
    roles: Annotated[tuple[RoleName, ...], Field(max_length=20)] = ()
    accounts: Annotated[tuple[AccountName, ...], Field(max_length=50)] = ()
    rows_max: Annotated[int, Field(ge=1, le=3_000)] = 500
    calls_per_minute: Annotated[int, Field(ge=1, le=600)] = 10
    first_on: date
    last_on: date


class DecideDataService(Wish):
    """What a second person says; a refusal needs words.

    Attributes:
        hash: of the definitions that were looked at; an approval signs it.
    """

    said: Literal["approved", "refused"]
    hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$|^$")] = ""
    note: Note = ""

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.said == "refused" and not self.note.strip():
            raise ValueError("say why in the note")
        return self


class RevokeDataService(Wish):
    """Why nobody may call it any more."""

    note: Note = ""


class DataService(Shown):
    """A version of a service.

    Attributes:
        by: whose it is.
        own: whether that is whoever asks.
        hash: of the definitions that were approved; as long as it waits, of those to approve.
        holds: whether it may be called today.
        why_not: why it may not; null: it may.
        may: what whoever asks may do with it now.
    """

    name: str
    version: int
    title: str
    purpose: str
    by: str
    own: bool
    question: SavedQuestion
    gives: Gives
    side: RowsOf
    masked: list[str]
    columns: list[str]
    organisation: str
    organisation_name: BothWords
    roles: list[str]
    accounts: list[str]
    rows_max: int
    calls_per_minute: int
    first_on: date
    last_on: date
    state: StateName
    offered_at: datetime
    decided_by: str
    decided_at: datetime | None
    note: str
    hash: str
    holds: bool
    why_not: BothWords | None
    may: list[Literal["approved", "refused", "revoked", "called"]]


class ServiceUse(Shown):
    """How often somebody called a service, and when last."""

    by: str
    calls: int
    last_at: datetime


class DataServiceDetail(Shown):
    """A service: its versions, the newest first, and who called it.

    Attributes:
        uses: for its owner and those who decide about it; for others their own.
    """

    name: str
    versions: list[DataService]
    uses: list[ServiceUse]


class DataServices(Shown):
    """The catalogue.

    Attributes:
        columns: that every service can give; besides those that it is put together by.
        roles: that may be named as callers.
    """

    items: list[DataServiceDetail]
    columns: list[str]
    roles: list[str]


class ServedData(Shown):
    """A page of what a service gives.

    Attributes:
        digest: of all rows; sent along for the next page, it says whether the pages fit.
        total: rows on all pages.
        next_skip: where the next page begins; null: this is the last.
    """

    name: str
    version: int
    period: PeriodView
    columns: list[str]
    rows: list[list[Cell]]
    total: int
    next_skip: int | None
    digest: str
    counted_at: datetime
