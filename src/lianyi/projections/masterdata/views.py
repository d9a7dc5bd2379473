"""What the JSON API answers and takes about master data. A day that nobody said is null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lianyi.projections.views import SetAsideView
from lianyi.security.views import Wish

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
TreeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Reason = Annotated[str, StringConstraints(max_length=500)]
PositionText = Annotated[str, StringConstraints(pattern=r"^\d{1,4}-\d{1,18}$")]
How = Literal["split", "merge", "replace"]


class Shown(BaseModel):
    """Base of what is answered."""

    model_config = ConfigDict(frozen=True)


class Asked(Wish, BaseModel):
    """Base of what is taken; a misspelt key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Reason = ""


class RecordRow(Shown):
    """An organisation, location or practitioner as it is on the day that was asked about."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    pinyin: str
    category: str
    emergency: bool
    identifiers: dict[str, str]
    valid_from: date | None
    valid_to: date | None
    exists: bool


class RecordPage(Shown):
    """Some records, by code; ``next_cursor`` goes on."""

    items: list[RecordRow]
    next_cursor: str | None


class NamedRow(Shown):
    """What a code means."""

    code: str
    name_zh: str
    name_en: str


class NameRow(Shown):
    """What a record was called from a day on, and which message said so."""

    valid_from: date | None
    name_zh: str
    name_en: str
    pinyin: str
    category: str
    emergency: bool
    identifiers: dict[str, str]
    said: str


class FieldRow(Shown):
    """Who said what a field holds on the day that was asked about: source, rank, position."""

    field: str
    source: str
    rank: int
    said: str


class LossRow(Shown):
    """What a source said of a field and does not hold.

    ``winner`` is the source whose word does; empty when the source may not say the field at all.
    """

    field: str
    value: Any
    source: str
    said: str
    on: date | None
    winner: str


class LinkRow(Shown):
    """A relation to another record, seen from the one that was asked about.

    ``relation`` is ``tree:management``, ``tree:<name>``, ``part-of``, ``place`` or ``role``.
    ``leading`` is true for what leads here: the children in a tree, the staff.
    """

    relation: str
    leading: bool
    kind: str
    code: str
    name_zh: str
    name_en: str
    role: str
    valid_from: date | None
    valid_to: date | None
    holds: bool
    said: str
    ended: str | None


class LineageRow(Shown):
    """An organisation that this one came from, or that came from this one."""

    direction: Literal["from", "into"]
    code: str
    name_zh: str
    name_en: str
    how: str
    on: date
    said: str


class RecordDetail(Shown):
    """A record with its history: names, relations and lineage, each with who said so.

    ``fields`` says whose word each field holds on the day, ``losses`` whose word lost.
    """

    as_of: date
    record: RecordRow
    names: list[NameRow]
    links: list[LinkRow]
    lineage: list[LineageRow]
    fields: list[FieldRow]
    losses: list[LossRow]


class SayingRow(Shown):
    """A message or act that said something about a record.

    ``error`` is the stored failure where it was refused; ``taken_back_by`` the act that took it
    back.
    """

    position: str
    part: int
    received_at: datetime
    kind: str
    by: str
    changes: list[dict[str, Any]]
    refused: bool
    error_code: str | None
    taken_back_by: str | None


class OrganisationNode(Shown):
    """An organisation of a tree on a day; ``places`` are codes of locations.

    ``beyond`` is true for one that only stands above what may be seen: it has a name, no more.
    """

    code: str
    parent: str | None
    name_zh: str
    name_en: str
    category: str
    emergency: bool
    places: list[str]
    beyond: bool = False


class OrganisationTree(Shown):
    """The organisations of a day in one tree. Those without a parent are roots."""

    tree: str
    as_of: date
    trees: list[str]
    nodes: list[OrganisationNode]


class Texts(Asked):
    """What a record is called; what is left out stays as it is."""

    name_zh: Name | None = None
    name_en: Name | None = None
    pinyin: Name | None = None
    category: Name | None = None
    identifiers: dict[str, str] | None = None

    def said(self) -> dict[str, Any]:
        """Return what is given."""
        names = ("name_zh", "name_en", "pinyin", "category", "identifiers")
        return {name: found for name in names if (found := getattr(self, name)) is not None}


class CreateRequest(Texts):
    """A new record, with what it hangs on from the first day.

    ``organisation`` and ``role`` are for practitioners: where they work and as what.
    """

    code: Code
    valid_from: date
    valid_to: date | None = None
    parent: Code | None = None
    tree: TreeName = "management"
    location: Code | None = None
    organisation: Code | None = None
    role: Name = ""


class EditRequest(Texts):
    """What a record is called from a day on; ``valid_to`` moves its end."""

    on: date
    valid_to: date | None = None


class ParentRequest(Asked):
    """Another parent in a tree from a day on; null: none."""

    on: date
    until: date | None = None
    tree: TreeName = "management"
    parent: Code | None = None


class MoveRequest(Asked):
    """An organisation moves to a location; ``out_of`` says which one it leaves, null: all."""

    on: date
    to: Code
    out_of: Code | None = None


class RoleRequest(Asked):
    """What a practitioner does at an organisation, from a day on."""

    on: date
    until: date | None = None
    organisation: Code
    role: Name = ""
    ends: bool = False


class CloseRequest(Asked):
    """A record is no more from a day on."""

    on: date


class Part(Asked):
    """One of the organisations that another is split into."""

    code: Code
    name_zh: Name = ""
    name_en: Name = ""


class SplitRequest(Asked):
    """An organisation becomes several.

    ``goes_to`` says under which new one a child comes; ``stays_at`` which new one keeps a
    location alone. What is not assigned goes to the first.
    """

    on: date
    into: Annotated[list[Part], Field(min_length=2, max_length=20)]
    goes_to: dict[str, str] = {}
    stays_at: dict[str, str] = {}


class MergeRequest(Asked):
    """Organisations become one: ``into``, which exists, or is new when it has a name."""

    on: date
    codes: Annotated[list[Code], Field(min_length=1, max_length=50)]
    into: Code
    name_zh: Name = ""
    name_en: Name = ""
    new: bool = False


class EmergencyRequest(Texts):
    """A temporary organisation; it ends by itself on ``valid_to``."""

    code: Code
    valid_from: date
    valid_to: date
    parent: Code | None = None
    location: Code | None = None


class TakeBackRequest(Asked):
    """What a message said, or one part of it, was wrong and shall count no more."""

    position: PositionText
    part: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class TakenBack(Shown):
    """The position of the act that took something back."""

    position: str


class Imported(Shown):
    """Where a table was recorded, and what of it could not be learned; the rest counts."""

    position: str
    set_aside: list[SetAsideView]


class ProposalRow(Shown):
    """What a source said and a person is asked about.

    ``why`` is ``source`` (no rule knows it), ``kind`` (it may not say that), ``organisation`` (it
    does not speak for that one) or ``management`` (rights hang on it). ``mine`` tells whether
    whoever asks may decide. The names are those of today.
    """

    position: str
    part: int
    received_at: datetime
    source: str
    why: str
    change: dict[str, Any]
    names: list[NamedRow]
    mine: bool


class ProposalPage(Shown):
    """Some of what waits for a decision, the oldest first, and how much there is."""

    items: list[ProposalRow]
    total: int


class ProposalKey(BaseModel):
    """Which proposal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: PositionText
    part: Annotated[int, Field(ge=0, le=1_000_000)]


class DecideRequest(Asked):
    """Accept or refuse proposals, all of them or none."""

    accept: bool
    proposals: Annotated[list[ProposalKey], Field(min_length=1, max_length=500)]


class Decided(Shown):
    """The position of the act that decided."""

    position: str


class SourceRow(Shown):
    """A source and what it may say; see the guide."""

    name: str
    channels: list[str]
    applications: list[str]
    facilities: list[str]
    organisation: str
    rank: int
    says: dict[str, list[str]]
    management: Literal["propose", "take"]


class SourcesView(Shown):
    """The rules in force. ``filed`` is false while there is no file: then all may describe."""

    filed: bool
    people_rank: int
    sources: list[SourceRow]
