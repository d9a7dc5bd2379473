"""What the JSON API takes and answers about approval, published values, entries and alerts.

Exact numbers are text, every digit of them: money in fen, times in seconds. A value is in the unit
of the indicator, null where there is nothing to divide by.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lianyi.applications.indicators.views import BothWords
from lianyi.security.views import Wish

Note = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Organisation = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
CaliberName = Annotated[str, Field(max_length=41, pattern=r"^[a-z0-9-]*$")]
Written = Annotated[str, Field(max_length=10, examples=["2026", "2026Q1", "2026-03"])]
Exact = Annotated[str, Field(pattern=r"^\d{1,18}(\.\d{1,8})?$", examples=["12.5"])]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Shown(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


# ---- approval -----------------------------------------------------------------------------------


class SignCaliber(BaseModel):
    """What is proposed, approved or withdrawn: the hash that was looked at, and a note."""

    hash: Hash
    note: Note = ""


class CaliberWord(Shown):
    """What somebody said of a definition: ``proposed``, ``approved``, ``withdrawn``."""

    said: str
    hash: str
    version: int
    note: str
    by: str
    at: datetime
    position: str


class CaliberStanding(Shown):
    """How a caliber of the file stands.

    Attributes:
        hash: of what the file says now.
        state: ``draft``, ``proposed``, ``approved``, ``changed since approval``, ``superseded``.
        last: the last that was said of this hash; null: nothing.
        own_work: whoever asks proposed it, so that another person must approve it.
    """

    code: str
    caliber: str
    version: int
    valid_from: date
    valid_to: date | None
    hash: str
    state: str
    last: CaliberWord | None
    own_work: bool


class CaliberHistory(Shown):
    """The versions that the file has now, and all that was said, the newest first."""

    standings: list[CaliberStanding]
    words: list[CaliberWord]


class Standings(Shown):
    """How all calibers stand."""

    items: list[CaliberStanding]


# ---- published values ---------------------------------------------------------------------------


class PublishValues(BaseModel):
    """What is published: a period that is over; ``codes`` empty: all that is approved.

    Attributes:
        reason: why values are restated; needed when one that was published would change.
    """

    period: Written
    codes: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=500)] = []
    caliber: CaliberName = ""
    reason: Note = ""


class LeftOut(Shown):
    """A caliber that was not published, and how it stands.

    Attributes:
        why: how it stands; ``no data``: it is approved, and nothing is known of the period.
        hospital: of which nothing is known; empty: of any, or it is not approved.
        no_data: why nothing is known, in words; null: that is not the reason.
    """

    code: str
    caliber: str
    why: str
    hospital: str = ""
    no_data: BothWords | None = None


class PublishedSum(Shown):
    """What was published: new values, values told anew, values that are as they were.

    Attributes:
        chain: of the last published value; the act holds it too.
        position: of the act; empty: nothing was to be published.
        alerts: so many were raised.
    """

    period: str
    new: int
    restated: int
    unchanged: int
    left_out: list[LeftOut]
    chain: str
    position: str
    alerts: int


class PreviewPublication(Wish, BaseModel):
    """What would be published: a period that is over; ``codes`` empty: all that is approved."""

    period: Written
    codes: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=500)] = []
    caliber: CaliberName = ""


class MovedView(Shown):
    """How many rows came, went, or count otherwise than before."""

    only_then: int
    only_now: int
    otherwise: int


class PreviewCell(Shown):
    """A cell as it would be published, beside what is told of it now.

    Attributes:
        what: ``new``, ``restated`` (it differs from what was published), ``unchanged``.
        numerator_rows, denominator_rows: so many rows would be kept as evidence.
        before, before_number, before_numerator, before_denominator: what is told now; null:
            nothing.
        moved: how the rows of the numerator differ from those of then; null: not compared.
    """

    code: str
    caliber: str
    version: int
    unit: str
    hospital: str
    department: str
    what: Literal["new", "restated", "unchanged"]
    numerator: str
    denominator: str | None
    value: float | None
    numerator_rows: int
    denominator_rows: int | None
    before: float | None
    before_number: int | None
    before_numerator: str | None
    before_denominator: str | None
    moved: MovedView | None


class PublishPreview(Shown):
    """What a publication would say.

    Attributes:
        cells: whole hospitals first, those that change first; not all where there are many.
        total: how many cells there are.
    """

    period: str
    new: int
    restated: int
    unchanged: int
    cells: list[PreviewCell]
    total: int
    left_out: list[LeftOut]


class PublishedValue(Shown):
    """A value as it was published."""

    number: int
    version: int
    hash: str
    numerator: str
    denominator: str | None
    value: float | None
    tree_on: date
    watermark: dict[str, Any]
    computed_at: datetime
    published_by: str
    restates: int | None
    reason: str
    chain: str
    position: str


class PublishedCell(Shown):
    """One cell: as it was published first, as it is told now, and how often it was restated."""

    caliber: str
    hospital: str
    department: str
    period: str
    as_published: PublishedValue
    as_restated: PublishedValue
    restated: int


class PublishedList(Shown):
    """The published values of an indicator."""

    code: str
    unit: str
    items: list[PublishedCell]


class ChainView(Shown):
    """Whether the chain of published values holds; ``broken_at`` is the first wrong row."""

    values: int
    broken_at: int | None
    chain: str


class RecountView(Shown):
    """A published value counted again by the definition that it was published with.

    Attributes:
        same: numerator and denominator are the same, to the last digit.
        facts_unchanged: the files of the facts are those of then.
        differs: facts whose files differ.
        numerator_rows, denominator_rows: how the rows behind differ.
    """

    published: PublishedValue
    numerator: str
    denominator: str | None
    value: float | None
    same: bool
    facts_unchanged: bool
    differs: list[str]
    numerator_rows: MovedView
    denominator_rows: MovedView | None


class DefinedValue(Shown):
    """What a definition comes to on the facts of now.

    Attributes:
        no_data: why nothing is known: then there is no number, and no zero; null: it is known.
    """

    hash: str
    no_data: BothWords | None = None
    numerator: str | None
    denominator: str | None
    value: float | None


class CaliberChange(Shown):
    """Two definitions of a caliber on the same facts, and the rows that tell them apart."""

    code: str
    caliber: str
    period: str
    hospital: str
    before: DefinedValue
    after: DefinedValue
    numerator_rows: MovedView
    denominator_rows: MovedView


# ---- entries ------------------------------------------------------------------------------------


class EnterFigure(BaseModel):
    """A figure that the platform cannot know, with its evidence.

    Attributes:
        numerator, denominator: without a denominator the figure itself, in the indicator's unit.
        evidence: what it rests on, in words.
        file, sha256: where a paper is kept, and its digest.
    """

    caliber: CaliberName = ""
    period: Written
    hospital: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    numerator: Exact
    denominator: Exact | None = None
    evidence: Reason
    file: Note = ""
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""


class EntryView(Shown):
    """An entered figure: ``waiting``, ``confirmed``, or ``replaced`` by a later one.

    Attributes:
        own_work: whoever asks entered it, so that another person must confirm it.
    """

    number: int
    code: str
    caliber: str
    period: str
    hospital: str
    numerator: str
    denominator: str | None
    value: float | None
    evidence: str
    file: str
    sha256: str
    entered_by: str
    entered_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    state: Literal["waiting", "confirmed", "replaced"]
    own_work: bool
    position: str


class EntryList(Shown):
    """Entered figures, the newest first."""

    items: list[EntryView]


# ---- the exam -----------------------------------------------------------------------------------


class ExamRow(Shown):
    """One number of the national exam.

    Attributes:
        source: ``published``, ``counted`` (not published yet), ``entered``, or ``missing``.
        why: why it is missing, or what is wanted; else empty.
        previous: the value of the year before; ``change`` against it in percent of it, of a
            percentage in points. Where the exam asks for a growth, ``value`` is that in percent,
            without these two, and ``why`` says the values of both years.
    """

    exam: int
    code: str
    name_zh: str
    name_en: str
    unit: str
    better: str
    owner: str
    caliber: str
    version: int | None
    numerator: str | None
    denominator: str | None
    value: float | None
    previous: float | None
    change: float | None
    source: Literal["published", "counted", "entered", "missing"]
    why: str


class ExamSheet(Shown):
    """The national exam of one hospital and year: 55 numbers and one more."""

    year: int
    hospital: str
    over: bool
    known: int
    rows: list[ExamRow]
