"""What the JSON API asks and answers about matching models and the quality of the data."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from lianyi.projections.identity.views import Asked, Bilingual, RecordKeyView, View

SHIPPED = "shipped"


class ActivateRequest(Asked):
    """Put a model in force.

    ``model`` is ``shipped``, or the position of a proposal or of an earlier model: roll back.
    """

    model: Annotated[str, Field(pattern=r"^(shipped|\d{1,4}-\d{1,18})$", examples=["0-4711"])]
    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]+$")]


class ModelView(View):
    """A model that was put in force; ``position`` empty: the one that ships."""

    name: str
    position: str = ""
    at: datetime | None = None
    actor: str = ""
    reason: str = ""
    in_force: bool = False


class ProposedView(View):
    """That somebody proposed a model."""

    position: str
    at: datetime
    actor: str


class TrainingView(View):
    """How the training stands that was begun last at this process of the API.

    ``proposal`` is the position of what came of it; ``code`` and ``why`` say why nothing did.
    """

    state: Literal["running", "proposed", "failed"]
    since: datetime
    actor: str
    proposal: str = ""
    code: str = ""
    why: Bilingual | None = None


class ModelsView(View):
    """The models: in force, before, proposed."""

    in_force: ModelView
    history: list[ModelView]
    proposals: list[ProposedView]
    training: TrainingView | None


class LevelView(View):
    """A level of an element: its bits as shipped, in force and proposed; what was seen of it."""

    level: str
    shipped: float
    in_force: float
    proposed: float
    m: float
    u: float
    seen: int


class ModelElementView(View):
    """An element of a model."""

    element: str
    zh: str
    levels: list[LevelView]


class ThresholdView(View):
    """A figure of a model."""

    name: str
    words: Bilingual
    shipped: float
    in_force: float
    proposed: float


class LessonsView(View):
    """What a proposal was learned from; see the guide for each figure."""

    records: int
    drawn: int
    pairs: int
    ones: float
    known: int
    vectors: int
    strangers: int
    rounds: int


class LearnedView(View):
    """How many values of a kind many people share, and how many say nothing at all any more."""

    kind: str
    shared: int
    default: int


class MovedPairView(View):
    """A pair of records that changes its lane."""

    record: RecordKeyView
    other: RecordKeyView
    before: str
    after: str


class MovedPersonView(View):
    """Records that are so many persons now and would be so many."""

    records: list[RecordKeyView]
    before: int
    after: int


class ShadowView(View):
    """What would move; of a sample (``whole`` false) only pairs are told."""

    whole: bool
    records: int
    lanes: dict[str, int]
    pairs: list[MovedPairView]
    joined: int
    split: int
    persons: list[MovedPersonView]
    persons_before: int
    persons_after: int
    questions_before: int
    questions_after: int


class ProposalView(View):
    """A proposal against the model in force; ``may_activate``: somebody else must."""

    position: str
    at: datetime
    actor: str
    name: str
    may_activate: bool
    lessons: LessonsView
    elements: list[ModelElementView]
    thresholds: list[ThresholdView]
    learned: list[LearnedView]
    shadow: ShadowView


class ActivatedView(View):
    """A model was put in force; ``learned``: the index is already judged anew by it."""

    position: str
    name: str
    learned: bool


class QualityFindingView(View):
    """Something about the data that somebody should see."""

    kind: str
    words: Bilingual
    count: int
    of: int
    source: str
    value: str
    examples: list[RecordKeyView]


class QualityView(View):
    """How good the data are, of the records that may be seen.

    ``records`` were looked at; ``whole`` says whether these were all.
    """

    records: int
    persons: int
    whole: bool
    sources: dict[str, int]
    findings: list[QualityFindingView]


class SourceView(View):
    """What a source has over the whole index: records that stand, and what they lack.

    ``duplicates``: so many records are a second one of a person.
    """

    source: str
    records: int
    persons: int
    duplicates: int
    no_name: int
    no_sex: int
    no_birth: int


class CrowdView(View):
    """A telephone or number that many records have; ``key`` asks who these are."""

    kind: Literal["phone", "number"]
    value: str
    key: str
    records: int


class SurveyView(View):
    """The whole index, counted, of the records that may be seen."""

    sources: list[SourceView]
    crowds: list[CrowdView]
