"""What the JSON API answers about encounters and who treats whom."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class StayView(View):
    """Where the patient was; ``units``: whose patient that made him, as of then.

    ``place`` is point of care, room and bed, joined as the codes of the master data.
    """

    place: str
    facility: str
    units: list[str]
    since: datetime
    until: datetime | None
    said: str


class PractitionerView(View):
    """Who looked after the patient; ``identifier`` with its assigning authority."""

    identifier: str
    authority: str
    part: str
    since: datetime
    until: datetime | None
    said: str


class EncounterView(View):
    """An encounter; ``first`` and ``last`` are positions of the messages it was learned from.

    ``visit`` is PV1-19 with its authority, empty where messages give no number.
    """

    channel: str
    organisation: str
    visit: str
    patients: list[str]
    state: str
    category: str
    began_at: datetime
    ended_at: datetime | None
    heard_at: datetime
    stays: list[StayView]
    practitioners: list[PractitionerView]
    first: str
    last: str


class Encounters(View):
    """The encounters of a patient, the newest first.

    Attributes:
        more: whether there are older ones.
        withheld: how many are not shown because the patient refuses it.
    """

    items: list[EncounterView]
    more: bool
    withheld: int


class ReasonForTreatment(View):
    """One reason why somebody treats a patient.

    ``rule``: ``practitioner``, messages name him; ``unit``, his role in the department of the
    place; ``everybody``, his role treats everybody. ``who`` is the name or place that says so.
    """

    rule: str
    visit: str
    who: str
    how: str
    unit: str
    role: str
    organisation: str
    since: datetime
    until: datetime | None
    said: str


class Treatment(View):
    """Whether somebody treats a patient now, and every reason."""

    account: str
    patient: str
    treated: bool
    reasons: list[ReasonForTreatment]
