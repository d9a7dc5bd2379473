"""What the API takes and gives about privacy."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, StringConstraints

from lianyi.security.model import Purpose
from lianyi.security.privacy.model import Category, Decision, Domain, Glass, Look, Sharing
from lianyi.security.views import View, Wish

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=500)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
SaidLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PatientText = Annotated[str, StringConstraints(min_length=3, max_length=200)]


class LookView(View):
    """How data are shown to whoever asks.

    Attributes:
        purpose: for which he looks.
        clear: whether nothing is hidden.
        withheld: whether nothing at all is shown.
        why: what decided: his ``purpose``; ``no-relation``: he does not treat the patient;
            ``no-consent``; ``refused`` by the patient; ``glass``: opened in an emergency.
        glass_until: when that ends.
    """

    purpose: Purpose
    clear: bool
    withheld: bool
    why: Literal["purpose", "no-relation", "no-consent", "refused", "glass"]
    glass_until: datetime | None


def look_view(look: Look) -> LookView:
    """Return a look as the API shows it."""
    return LookView(
        purpose=look.purpose,
        clear=look.clear,
        withheld=look.withheld,
        why=look.why.value,
        glass_until=look.glass_until,
    )


class ElementView(View):
    """A kind of data and how sensitive it is."""

    name: str
    title_zh: str
    title_en: str
    category: Category
    level: int
    mask: str
    hl7: list[str]


class PurposeView(View):
    """What is shown for a purpose: the highest level of each category."""

    purpose: Purpose
    levels: dict[str, int]
    needs_relation: bool
    needs_consent: bool
    otherwise: Purpose | None


class GlassReasonView(View):
    """Why somebody may look in an emergency."""

    name: str
    zh: str
    en: str


class DataSetView(View):
    """A group of messages, with whom it is shared and what it serves."""

    name: str
    title_zh: str
    title_en: str
    sharing: Sharing
    domain: Domain
    kinds: list[str]


class ClassificationView(View):
    """What the installation says of its data."""

    elements: list[ElementView]
    purposes: list[PurposeView]
    reasons: list[GlassReasonView]
    glass_minutes: int
    glass_minutes_max: int
    data_sets: list[DataSetView]


class GlassView(View):
    """A look in an emergency."""

    id: UUID
    name: str
    patients: list[str]
    position: str
    organisation: str
    purpose: Purpose
    reason: str
    words: str
    began_at: datetime
    until: datetime
    reviewed_by: str | None
    reviewed_at: datetime | None
    justified: bool | None
    remark: str


def glass_view(one: Glass) -> GlassView:
    """Return a look in an emergency as the API shows it."""
    facts = {key: value for key, value in asdict(one).items() if key not in {"glass", "account"}}
    return GlassView(id=one.glass, **{**facts, "patients": list(one.patients)})


class GlassPage(View):
    """Looks, the newest first, and how many of all nobody has reviewed."""

    items: list[GlassView]
    next_cursor: str | None
    unreviewed: int


class OpenRecord(Wish):
    """Look at a patient's record in an emergency."""

    reason: SaidLine
    words: Words
    minutes: Annotated[int, Field(ge=1, le=1440)] | None = None


class BreakGlass(OpenRecord):
    """Look in an emergency: at whoever a message is about, or at a patient."""

    position: Annotated[str, StringConstraints(pattern=r"^\d{1,4}-\d{1,18}$")] | None = None
    patient: PatientText | None = None


class ReviewGlass(Wish):
    """What somebody thinks of a look."""

    justified: bool
    remark: SaidLine


class ConsentView(View):
    """What a patient permits or refuses."""

    id: UUID
    patient: str
    decision: Decision
    purposes: list[Purpose]
    against: list[str]
    valid_from: datetime
    valid_until: datetime | None
    given_by: str
    document: str
    organisation: str
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class ConsentPage(View):
    """Consents, the newest first."""

    items: list[ConsentView]
    next_cursor: str | None


class NewConsent(Wish):
    """What a patient permits or refuses, as he signed it."""

    patient: PatientText
    decision: Decision
    purposes: Annotated[list[Purpose], Field(max_length=8, default_factory=list)]
    against: Annotated[list[SaidLine], Field(max_length=50, default_factory=list)]
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    given_by: SaidLine
    document: Line = ""
    organisation: Line
