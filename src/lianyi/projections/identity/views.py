"""What the JSON API asks and answers about persons."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from lianyi.projections.identity.registration import Flag, IdKind
from lianyi.security.views import Wish

Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]
Key = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00\^]+$")]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]
PersonId = Annotated[str, Field(min_length=13, max_length=20)]


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(frozen=True)


class Asked(Wish, BaseModel):
    """Base of every question."""

    model_config = ConfigDict(extra="forbid")


class Bilingual(View):
    """The same in Chinese and English."""

    zh: str
    en: str


# --- what is asked ------------------------------------------------------------------------------


class IdentifierIn(Asked):
    """A number of the person; ``kind`` empty: judged by its form."""

    kind: IdKind = IdKind.UNSAID
    value: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
    issuer: Text = ""
    valid_until: date | None = None
    valid_from: date | None = None
    status: Literal["", "active", "lost", "cancelled", "replaced"] = ""
    replaced_by: Text = ""
    capture: Literal["", "typed", "reader", "verified"] = "typed"


class DemographicsIn(Asked):
    """What is known of somebody; as typed, nothing needs to be tidied."""

    name: Text = ""
    other_names: Annotated[list[Text], Field(max_length=5)] = []
    sex: Annotated[str, Field(max_length=20)] = ""
    born: Annotated[str, Field(max_length=40)] = ""
    identifiers: Annotated[list[IdentifierIn], Field(max_length=12)] = []
    phones: Annotated[list[Text], Field(max_length=6)] = []
    addresses: Annotated[list[Text], Field(max_length=3)] = []
    mother_name: Text = ""
    multiple_birth: bool | None = None
    birth_order: Annotated[int | None, Field(ge=1, le=20)] = None
    flags: Annotated[list[Flag], Field(max_length=8)] = []


class MatchRequest(Asked):
    """Who is this? Search before create (先查后建)."""

    person: DemographicsIn
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    only_certain: bool = False


class RegisterRequest(Asked):
    """Register somebody under an identifier of an authority.

    ``channel`` says whose the registration is, where the authority was never heard of.
    """

    source: Key
    mrn: Key
    person: DemographicsIn
    channel: Text = ""


class RecordKeyIn(Asked):
    """A source record."""

    source: Key
    mrn: Key


class DecidePersonsRequest(Asked):
    """Two persons are one, are two, or are undecided again."""

    said: Literal["link", "never-link", "undecided"]
    person: PersonId
    other: PersonId
    reason: Reason


class SplitPersonRequest(Asked):
    """These records of a person are somebody else's."""

    records: Annotated[list[RecordKeyIn], Field(min_length=1, max_length=100)]
    reason: Reason


class UndoRequest(Asked):
    """A record was wrongly replaced by another (A40) and stands again."""

    source: Key
    mrn: Key
    reason: Reason


class TakeBackDecisionRequest(Asked):
    """What was decided about two records counts no more."""

    record: RecordKeyIn
    other: RecordKeyIn
    reason: Reason


# --- what is answered ---------------------------------------------------------------------------


class RecordKeyView(View):
    """A source record; ``id`` is its own number."""

    id: str
    source: str
    mrn: str


class IdentifierView(View):
    """A number of a person.

    ``status`` is as its system says it, ``state`` the same in our words: ``active``, ``lost``,
    ``cancelled``, ``replaced``, ``expired``, ``old``. A card that is lost, cancelled or replaced
    is no key any more.
    """

    kind: str
    value: str
    issuer: str
    status: str
    state: str
    valid_from: date | None
    valid_until: date | None
    replaced_by: str


class ChosenView(View):
    """A value that is held true, which record says so, since when, and what put it first."""

    field: str
    kind: str = ""
    value: str
    source: str
    mrn: str
    said_at: datetime
    rule: str
    why: Bilingual


class ConflictView(View):
    """A field on which records differ."""

    field: str
    values: list[str]


class RecordView(View):
    """What one system says of one of its patients."""

    id: str
    source: str
    mrn: str
    channels: list[str]
    first_at: datetime
    last_at: datetime
    kept: RecordKeyView | None
    names: list[str]
    sex: str
    born: str
    identifiers: list[IdentifierView]
    phones: list[str]
    addresses: list[str]
    mother_name: str
    multiple_birth: bool | None
    birth_order: int | None
    flags: list[str]


class PersonSummary(View):
    """A person in a list: what is held true, from the records that may be seen.

    Not ``registered`` is whom only results and the like tell of: the index does not know her.
    """

    id: str
    name: str
    sex: str
    born: str
    identifiers: list[IdentifierView]
    phones: list[str]
    addresses: list[str]
    records: list[RecordKeyView]
    registered: bool = True


class DecisionView(View):
    """What somebody decided about two records, or a system said of two of its own."""

    position: str
    record: RecordKeyView
    other: RecordKeyView
    said: str
    at: datetime
    actor: str
    reason: str
    in_force: bool


class ReplacementView(View):
    """That a record took another's place, or that this was undone."""

    position: str
    gone: RecordKeyView
    kept: RecordKeyView | None
    at: datetime
    event: str
    actor: str
    reason: str


class StepView(View):
    """One step of a score, in bits."""

    element: str
    zh: str
    level: str
    bits: float


class EvidenceView(View):
    """Why two records are, or are not, taken for one person's."""

    record: RecordKeyView
    other: RecordKeyView
    lane: str
    bits: float
    model: str
    guards: list[Bilingual]
    steps: list[StepView]


class PersonView(View):
    """A person: what is held true and why, every record, what links them, what was decided.

    ``asked`` is the number that led here where it is no longer the person's own.
    """

    id: str
    asked: str
    chosen: list[ChosenView]
    conflicts: list[ConflictView]
    records: list[RecordView]
    links: list[EvidenceView]
    decisions: list[DecisionView]
    replacements: list[ReplacementView]
    questions: int
    withheld: int


class Candidate(View):
    """Somebody who may be meant; ``grade`` as in FHIR's match-grade, ``score`` from 0 to 1."""

    person: PersonSummary
    grade: str
    score: float
    evidence: EvidenceView


class Candidates(View):
    """Who may be meant, the likeliest first."""

    items: list[Candidate]
    more: bool


class PersonPage(View):
    """Persons found."""

    items: list[PersonSummary]
    more: bool


class RegisteredView(View):
    """What became of a registration: whose record it is now."""

    position: str
    person: PersonView


class IdentityQuestion(View):
    """Two persons about whom somebody must decide."""

    person: PersonSummary
    other: PersonSummary
    bits: float
    why: str
    pairs: int


class QuestionPage(View):
    """Questions, the likeliest first; ``next`` asks for the following ones."""

    items: list[IdentityQuestion]
    total: int
    next: str


class QuestionDetail(View):
    """Everything that speaks about two persons, side by side."""

    person: PersonView
    other: PersonView
    evidence: list[EvidenceView]


class DecidedView(View):
    """The act of a decision, and who the records are now.

    ``proposed``: the persons have so many records that a second person must confirm; nothing has
    changed yet, and ``position`` is that of the proposal.
    """

    position: str
    persons: list[str]
    refused: bool
    proposed: bool
