"""What the JSON API takes and answers about forms; figures, printed or exact, are text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel

from lianyi.applications.indicators.publishing.views import (
    Hash,
    Note,
    Organisation,
    Shown,
    Written,
)
from lianyi.applications.indicators.views import BothWords, UnusableFile

FormPeriod = Literal["year", "quarter", "month"]
FormSide = Literal["value", "numerator", "denominator"]
FormSource = Literal["published", "counted", "entered", "missing"]
FilingState = Literal["waiting", "in_force", "replaced"]
DifferenceCause = Literal["same", "data", "definition", "caliber", "not_filed", "not_on_form"]


class FormEdition(Shown):
    """An edition of a form: since when it holds, and where it is said what stands in it."""

    edition: str
    valid_from: date
    valid_to: date | None
    document: str
    paragraph: str


class FormView(Shown):
    """A form that is filed: of what period, with whom, and its editions, the newest first."""

    form: str
    name: BothWords
    authority: BothWords
    period: FormPeriod
    editions: list[FormEdition]


class FormList(Shown):
    """The forms, and the files that define none."""

    items: list[FormView]
    unusable: list[UnusableFile]


class FormLine(Shown):
    """One line of a sheet.

    Attributes:
        number: as printed.
        section: the heading below which it stands.
        code, caliber, version: of what; empty: the platform cannot tell the line.
        side: whether the value is told, or its numerator or denominator.
        shown: the figure as printed; null: nothing is known.
        numerator, denominator: exactly: money in fen, times in seconds.
        hash: of the definition by which it came.
        source: ``published``, ``counted`` (not published yet), ``entered``, or ``missing``.
        why: why it is missing, or what it rests on.
    """

    number: str
    section: BothWords | None
    name: BothWords
    code: str
    caliber: str
    version: int
    side: FormSide
    unit: str
    decimals: int
    shown: str | None
    numerator: str | None
    denominator: str | None
    hash: str
    source: FormSource
    why: BothWords


class FormSheetLine(FormLine):
    """A line, and as what it would be printed of the same period a year before.

    Attributes:
        enters: whether a person enters its figure; no data tell it.
    """

    previous: str | None
    enters: bool


class FilingView(Shown):
    """A sheet that was filed.

    Attributes:
        state: it waits for a second person, is in force, or a later one is in its place.
        known: so many lines have a figure.
        digest: SHA-256 of what the sheet says.
        file: the name of the file that was given out; sha256 and bytes tell which one it was.
        watermark: SHA-256 of the facts that were counted; empty: nothing was.
        reason: why it was filed again; empty: it was the first.
    """

    number: int
    form: str
    edition: str
    period: str
    hospital: str
    state: FilingState
    known: int
    lines: int
    digest: str
    file: str
    sha256: str
    bytes: int
    watermark: str
    note: str
    reason: str
    filed_by: str
    filed_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    position: str


class FilingList(Shown):
    """What was filed, the newest first."""

    items: list[FilingView]


class FilingDetail(FilingView):
    """A sheet as it was filed, line by line."""

    items: list[FormLine]


class FormSheet(Shown):
    """A form of one period and hospital as it would be filed now.

    Attributes:
        over: the period is over, so that it can be filed.
        known: so many lines have a figure.
        digest: SHA-256 of what it says; whoever files says which sheet he looked at.
        filed: what was filed of it: the filing in force, else the last that waits; null: nothing.
    """

    form: str
    name: BothWords
    authority: BothWords
    edition: FormEdition
    period: str
    hospital: str
    over: bool
    known: int
    digest: str
    filed: FilingView | None
    lines: list[FormSheetLine]


class FileForm(BaseModel):
    """What is filed: the sheet of a period that is over, as it was looked at.

    Attributes:
        digest: of the sheet that was looked at.
        kind: of the file that is given out.
        reason: why it is filed again; needed when it was filed before.
    """

    period: Written
    hospital: Organisation
    digest: Hash
    kind: Literal["xlsx", "csv"] = "xlsx"
    language: Literal["zh", "en"] = "zh"
    note: Note = ""
    reason: Note = ""


class DifferenceLine(Shown):
    """One line as it was filed, as it comes to now, and as boards show it; figures as printed.

    Attributes:
        filed, filed_caliber, filed_version: what was filed, and by which caliber.
        now, caliber, version: what it comes to by what the form says now, of the data of now.
        difference: of now to what was filed.
        by_then: by the definition that was filed, of the data of now; null: it is the same one.
        board, board_caliber: what boards show, where that is another caliber; else null and empty.
        board_difference: of it to what was filed.
        causes: ``same``, or all that make it differ.
        why: the same in words.
    """

    number: str
    section: BothWords | None
    name: BothWords
    code: str
    unit: str
    filed: str | None
    filed_caliber: str
    filed_version: int
    now: str | None
    caliber: str
    version: int
    difference: str | None
    by_then: str | None
    board: str | None
    board_caliber: BothWords | None
    board_difference: str | None
    causes: list[DifferenceCause]
    why: BothWords


class FormDifference(Shown):
    """What was filed beside what it comes to now and what boards show.

    Attributes:
        filing: the one that is compared: in force, else the last that waits; null: none was filed.
        differs: so many lines are not the same.
    """

    form: str
    name: BothWords
    period: str
    hospital: str
    filing: FilingView | None
    differs: int
    lines: list[DifferenceLine]
