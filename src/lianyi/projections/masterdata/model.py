"""The words of master data: records, how they are called, and their relations; all of it dated.

A day range is half open: ``valid_from`` is the first day on which something holds, ``valid_to``
the first on which it holds no more. :data:`BEGINNING` and :data:`END` stand for "nobody said".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from lianyi.messagelog.message import Position

BEGINNING = date(1, 1, 1)
END = date(9999, 12, 31)
NOWHERE = Position(0, 0)

MANAGEMENT = "management"
"""The tree by which a hospital is run, and by which rights are given."""

TREE = "tree:"
PART_OF = "part-of"
PLACE = "place"
ROLE = "role"


class Kind(StrEnum):
    """The three kinds of records. Each has codes of its own."""

    ORGANISATION = "organisation"
    LOCATION = "location"
    PRACTITIONER = "practitioner"

    @property
    def zh(self) -> str:
        """In Chinese, for failures."""
        return {"organisation": "机构", "location": "位置", "practitioner": "人员"}[self.value]


class Thing(NamedTuple):
    """A record by its code, which never changes; names are looked up when somebody reads."""

    kind: Kind
    code: str

    def __str__(self) -> str:
        """As statements list it: ``organisation/D01``."""
        return f"{self.kind}/{self.code}"

    @classmethod
    def parse(cls, text: str) -> Thing:
        """Read what :meth:`__str__` gives."""
        kind, _, code = text.partition("/")
        return cls(Kind(kind), code)


class LinkKey(NamedTuple):
    """Whose links of which sort.

    Attributes:
        relation: ``tree:<name>`` (organisation under organisation), ``part-of`` (location in
            location), ``place`` (organisation at location) or ``role`` (practitioner at
            organisation).
        subject: code of the record that the link is about.
    """

    relation: str
    subject: str

    @property
    def single(self) -> bool:
        """Whether there is only one at a time: the parent in a tree."""
        return is_tree(self.relation)


def is_tree(relation: str) -> bool:
    """Tell whether a relation orders records under one another."""
    return relation.startswith(TREE) or relation == PART_OF


def subject_kind(relation: str) -> Kind:
    """Return what kind of record a link is about."""
    if relation == PART_OF:
        return Kind.LOCATION
    return Kind.PRACTITIONER if relation == ROLE else Kind.ORGANISATION


def object_kind(relation: str) -> Kind:
    """Return what kind of record a link leads to."""
    return Kind.LOCATION if relation in (PART_OF, PLACE) else Kind.ORGANISATION


class Origin(NamedTuple):
    """Who said what a field holds.

    Attributes:
        source: name of the source; the sender where no rule names one.
        rank: of the source at that time; the smaller one wins.
        said: position of the message or act.
    """

    source: str
    rank: int
    said: str


class Span(NamedTuple):
    """One row: something holds from a day to a day.

    Attributes:
        valid_from, valid_to: half open.
        object: code that a link leads to; empty for the existence of a record.
        role: of a practitioner at an organisation; else empty.
        said: the message or act that said so.
        ended: the one that said it ends sooner than ``said`` had it; None: none did.
    """

    valid_from: date
    valid_to: date
    object: str
    role: str
    said: Position
    ended: Position | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on a day."""
        return self.valid_from <= day < self.valid_to


@dataclass(frozen=True, slots=True)
class Description:
    """What a record is called and is, from a day until the next description.

    Attributes:
        valid_from: first day.
        name_zh, name_en, pinyin: empty where nobody said.
        category: a code: type of department, of location, of staff.
        emergency: whether it is a temporary emergency organisation.
        identifiers: value by system: what others call it.
        said: the message or act that said so last.
        origins: by field, who said what it holds.
    """

    valid_from: date
    name_zh: str = ""
    name_en: str = ""
    pinyin: str = ""
    category: str = ""
    emergency: bool = False
    identifiers: Mapping[str, str] = field(default_factory=dict)
    said: Position = NOWHERE
    origins: Mapping[str, Origin] = field(default_factory=dict)


class Loss(NamedTuple):
    """What a source said of a field and does not hold, because another one's word counts more.

    Attributes:
        field: of the description.
        value: as JSON.
        source: who said it.
        said: position of the message or act.
        on: from which day it should have held.
        winner: whose word holds; empty: the source may not say this field at all.
    """

    field: str
    value: Any
    source: str
    said: str
    on: date
    winner: str


class Proposal(NamedTuple):
    """What a source said and a person is asked about.

    Attributes:
        position, part: of the statement.
        received_at: when it came.
        source: who said it.
        why: one of ``source``, ``kind``, ``organisation``, ``management``.
        change: as JSON.
        decided_by: position of the decision; None: it is still asked.
        accepted: how it was decided.
    """

    position: Position
    part: int
    received_at: datetime
    source: str
    why: str
    change: Mapping[str, Any]
    decided_by: Position | None = None
    accepted: bool | None = None


class Lineage(NamedTuple):
    """An organisation that others came from.

    Attributes:
        predecessor, successor: codes.
        how: ``split``, ``merge`` or ``replace``.
        on: first day of the successor's part.
        said: the message or act that said so.
    """

    predecessor: str
    successor: str
    how: str
    on: date
    said: Position


# --- what a message says ------------------------------------------------------------------------


class Describe(NamedTuple):
    """A record exists and is called so. None: nothing is said about it.

    Attributes:
        on: from this day; None: from the beginning for a new record, else from the day it came.
        until: first day on which it is no more; None: nothing is said.
        fresh: the code must be new.
        texts: some of the fields of :class:`Description`.
    """

    kind: Kind
    code: str
    on: date | None = None
    until: date | None = None
    fresh: bool = False
    texts: Mapping[str, Any] = {}


class Attach(NamedTuple):
    """A link holds.

    Attributes:
        on: from this day; None: for the first of its sort from when both records exist, else from
            the day it came.
        until: None: until another one takes its place.
        instead: code of the one that it takes the place of, where several may hold at a time;
            ``*`` for all of them.
    """

    relation: str
    subject: str
    object: str
    role: str = ""
    on: date | None = None
    until: date | None = None
    instead: str = ""


class Detach(NamedTuple):
    """A link holds no more. An empty object or role means any."""

    relation: str
    subject: str
    object: str = ""
    role: str = ""
    on: date | None = None


class Close(NamedTuple):
    """A record is no more, with all its links."""

    kind: Kind
    code: str
    on: date | None = None


class Inherit(NamedTuple):
    """An organisation gets the parents and places of another."""

    code: str
    source: str
    on: date | None = None


class Repoint(NamedTuple):
    """What hung on one organisation hangs on another."""

    old: str
    new: str
    on: date | None = None


class Succeed(NamedTuple):
    """An organisation came from another."""

    predecessor: str
    successor: str
    how: str
    on: date | None = None


class Retract(NamedTuple):
    """What a message said, or one part of it, counts no more: it was wrong."""

    position: Position
    part: int | None = None


class Decide(NamedTuple):
    """A person decided about what a source proposed; when accepted, its change stands beside this.

    Attributes:
        position, part: of the statement that proposed it.
    """

    position: Position
    part: int
    accepted: bool


class SetSources(NamedTuple):
    """From now on these rules say which source may say what; see :mod:`sources`."""

    rules: Mapping[str, Any]


Change = (
    Describe | Attach | Detach | Close | Inherit | Repoint | Succeed | Retract | Decide | SetSources
)


class Statement(NamedTuple):
    """Changes that hold together or not at all.

    Attributes:
        received_at, position, part: its place among all statements.
        source: the message whose content it is: the one that was held, where it was released.
        day: on which it came, in the hospital's zone.
        kind: of the message.
        by: who said so: a system or a person.
        changes: what it says.
        unreadable: why it says nothing; a stored failure.
        channel: number of the channel it came through.
    """

    received_at: datetime
    position: Position
    part: int
    source: Position
    day: date
    kind: str
    by: str
    changes: tuple[Change, ...]
    unreadable: Mapping[str, Any] | None = None
    channel: int = 0

    @property
    def place(self) -> tuple[Position, int]:
        """Which one it is."""
        return self.position, self.part

    @property
    def order(self) -> tuple[datetime, int, int, int]:
        """Its place among all statements, whatever shard they came through."""
        return self.received_at, *self.position, self.part

    def things(self) -> list[str]:
        """Return the records that it is about, as ``kind/code``, each once."""
        return sorted({str(thing) for change in self.changes for thing in about(change)})


def about(change: Change) -> list[Thing]:
    """Return the records that a change names; what it takes back is not named."""
    match change:
        case Describe() | Close():
            return [Thing(change.kind, change.code)]
        case Attach() | Detach():
            ends = [Thing(subject_kind(change.relation), change.subject)]
            if change.object:
                ends.append(Thing(object_kind(change.relation), change.object))
            return ends
        case Inherit():
            codes = [change.code, change.source]
        case Repoint():
            codes = [change.old, change.new]
        case Succeed():
            codes = [change.predecessor, change.successor]
        case Retract() | Decide() | SetSources():
            codes = []
    return [Thing(Kind.ORGANISATION, code) for code in codes]


def told_of(change: Change) -> list[Thing]:
    """Return the records that one must see to be told of a change.

    They are all it names; of what puts a record under something, or takes it away, the record.
    """
    named = about(change)
    return named[:1] if isinstance(change, Attach | Detach) and is_tree(change.relation) else named
