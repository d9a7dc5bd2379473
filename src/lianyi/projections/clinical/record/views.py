"""What the JSON API answers about a patient's record."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from lianyi.projections.clinical.record.sections import Section
from lianyi.projections.identity.views import PersonSummary


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class RecordCode(View):
    """What something is called by whom."""

    system: str
    code: str
    display: str


class RecordValue(View):
    """A value as written; the range as its sender gives it."""

    text: str
    unit: str
    low: str
    high: str
    range: str
    interpretation: str
    abnormal: bool
    absent: str


class RecordPart(View):
    """One of several values under one heading."""

    title: str
    code: RecordCode | None
    value: RecordValue


class RecordAttachment(View):
    """A file of an item; ``index`` names it in its address."""

    index: int
    content_type: str
    title: str
    size: int | None


class RecordItemView(View):
    """A line of a record.

    Attributes:
        at, until: FHIR dateTime as precise as it was said; empty: not said.
        organisation: code of whose channel brought it.
        position: of the message that says so.
        results: of a report: the items it is made of, ``Observation/1``.
    """

    section: Section
    type: str
    id: str
    version: int
    at: str
    until: str
    title: str
    codes: list[RecordCode]
    status: str
    value: RecordValue
    parts: list[RecordPart]
    detail: str
    by: str
    encounter: str
    results: list[str]
    attached: list[RecordAttachment]
    severity: str
    organisation: str
    channel: str
    record: str
    position: str
    updated_at: datetime


class RecordSection(View):
    """A heading: how much stands under it, and its newest lines; of allergies all."""

    section: Section
    count: int
    items: list[RecordItemView]


class RecordPoint(View):
    """A measured value."""

    at: str
    number: float
    status: str
    value: RecordValue
    type: str
    id: str


class RecordSeries(View):
    """What was measured of one kind.

    Attributes:
        key: names it in questions.
        vital: which vital sign it is; empty: none.
        count: how often in all.
        points: the last ones, the oldest first.
    """

    key: str
    title: str
    code: RecordCode | None
    unit: str
    vital: str
    section: str
    count: int
    points: list[RecordPoint]


class RecordOrganisation(View):
    """Whose systems spoke of a patient, and how much of the record they brought."""

    code: str
    name: str
    count: int


class RecordOverview(View):
    """A patient's record at a glance.

    Attributes:
        person: as the index holds.
        withheld: how many source records are not shown because the patient refuses.
        masked: whether something is masked for this purpose.
        complete: whether everything that is kept was looked at; else the oldest is left out.
    """

    person: PersonSummary
    withheld: int
    masked: bool
    complete: bool
    first_at: str
    last_at: str
    sections: list[RecordSection]
    series: list[RecordSeries]
    organisations: list[RecordOrganisation]


class RecordItemsPage(View):
    """Lines of a record, the newest first.

    Attributes:
        unread: how many PDF documents could not be read; words may stand there, too.
    """

    items: list[RecordItemView]
    total: int
    more: bool
    unread: int


class RecordVersionView(View):
    """One version of a resource and the message that made it."""

    version: int
    updated_at: datetime
    method: str
    position: str
    channel: str
    resource: str


class RecordItemDetail(View):
    """An item with everything that was ever said of it; resources are JSON as written."""

    item: RecordItemView
    text: str
    versions: list[RecordVersionView]
