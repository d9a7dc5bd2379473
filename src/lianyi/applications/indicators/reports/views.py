"""What the JSON API takes and answers about reports, their runs, and notes on figures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lianyi.applications.indicators.reports.model import Organisation, PartOf, Says, Schedule
from lianyi.applications.indicators.views import BothWords
from lianyi.base.errors import from_record
from lianyi.security.views import Wish

Words = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*\S[^\x00]*$")]
Months = Annotated[str, Field(max_length=30, examples=["2026-03", "2026-01..2026-03"])]


class Shown(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class ReportTold(Shown):
    """A failure in the words of one language."""

    what: str
    why: str
    next_step: str


class ReportTrouble(Shown):
    """Why nothing was made or sent: a failure in words."""

    code: str
    category: Literal[
        "invalid",
        "forbidden",
        "not_found",
        "conflict",
        "busy",
        "unavailable",
        "unsupported",
        "internal",
    ]
    where: str
    zh: ReportTold
    en: ReportTold

    @classmethod
    def of(cls, record: dict[str, Any] | None) -> ReportTrouble | None:
        """Return a stored failure as it is shown; None for none."""
        if not record:
            return None
        failure = from_record(record)
        return cls.model_validate(
            {
                "code": failure.code,
                "category": failure.category.name.lower(),
                "where": failure.where,
                "zh": failure.told("zh")._asdict(),
                "en": failure.told("en")._asdict(),
            }
        )


# ---- reports ------------------------------------------------------------------------------------


class OrderReport(Wish, BaseModel):
    """What a report says, and whether it is made when it is due."""

    says: Says
    is_on: bool = True


class ChangeReport(Wish, BaseModel):
    """What a report says from now on.

    Attributes:
        version: that was read.
    """

    version: Annotated[int, Field(ge=1)]
    says: Says
    is_on: bool = True


class RunReport(Wish, BaseModel):
    """Make a report now.

    Attributes:
        month: that it is about; empty: the newest day, week or month of its schedule that is
            over, or the last whole month.
        mail: whether it is sent to its receivers, too.
    """

    month: Annotated[str, Field(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")] = ""
    mail: bool = False


class RunView(Shown):
    """One time that a report was made.

    Attributes:
        key: of the period: ``2026-10``; ``now:…`` for one that somebody asked for.
        state: ``due``, ``made`` (and on its way), ``sent``, ``parked`` (a person must look),
            ``refused`` (whoever ordered it may not any more).
        try_at: when it is worked on next; null: it is not.
        sha256: of the file, in hexadecimal; null: there is none.
        watermark: SHA-256 of the facts that it was counted of.
        mails: where it should go.
        told: addresses that the mail server took.
        failed: addresses that it refuses for good.
    """

    run: UUID
    key: str
    version: int
    first_on: date
    last_on: date
    due_at: datetime
    state: Literal["due", "made", "sent", "parked", "refused"]
    attempts: int
    try_at: datetime | None
    sha256: str | None
    bytes: int
    pages: int
    watermark: str
    made_at: datetime | None
    mails: list[str]
    told: list[str]
    failed: list[str]
    error: ReportTrouble | None
    ended_at: datetime | None


class ReportView(Shown):
    """A report, and its last runs.

    Attributes:
        own: whether whoever asks ordered it; only then it is changed.
        next_at: when it is due next; null: when somebody asks.
        alarm: why nothing was sent last; null: all is well.
    """

    report: UUID
    version: int
    own: bool
    is_on: bool
    says: Says
    next_at: datetime | None
    alarm: ReportTrouble | None
    alarm_at: datetime | None
    changed_at: datetime
    runs: list[RunView]


class TemplateView(Shown):
    """A report to begin with."""

    template: str
    title: BothWords
    sections: list[PartOf]
    schedule: Schedule


class ReportList(Shown):
    """Reports that are seen, those that may be begun with, and whether there is a mail server."""

    items: list[ReportView]
    templates: list[TemplateView]
    mails: bool


# ---- notes --------------------------------------------------------------------------------------


class WriteNote(Wish, BaseModel):
    """A note: on which months of an indicator, where, and what."""

    period: Months
    hospital: Organisation
    department: Organisation = ""
    words: Words


class ChangeNote(Wish, BaseModel):
    """What a note says from now on; ``version`` is the one that was read."""

    version: Annotated[int, Field(ge=1)]
    period: Months
    words: Words


class WithdrawNote(Wish, BaseModel):
    """Withdraw a note; ``version`` is the one that was read."""

    version: Annotated[int, Field(ge=1)]


class NoteView(Shown):
    """A version of a note.

    Attributes:
        period: as asked; first_month, last_month: ``2026-03``.
        own: whether whoever asks wrote it.
    """

    note: UUID
    version: int
    code: str
    hospital: str
    department: str
    period: str
    first_month: str
    last_month: str
    words: str
    author: str
    own: bool
    withdrawn: bool
    at: datetime


class NoteList(Shown):
    """Notes, the newest first."""

    items: list[NoteView]


class NoteHistory(Shown):
    """The versions of a note in their order."""

    items: list[NoteView]
