"""The words of privacy: categories and levels of data, and what is shown of them for a purpose."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple, Protocol
from uuid import UUID

from lianyi.messagelog.postgres_leases import Connection
from lianyi.security.model import Actor, Purpose


class Category(Enum):
    """What data are about.

    Source: GB/T 39725-2020, 6.1, table 1.
    """

    PERSONAL = "personal"
    HEALTH = "health"
    TREATMENT = "treatment"
    PAYMENT = "payment"
    RESOURCES = "resources"
    PUBLIC = "public"


LEVEL_MAX = 5


class Mask(Enum):
    """What is left of a value that is too sensitive to be shown."""

    NAME = "name"
    FAMILY = "family"
    GIVEN = "given"
    PHONE = "phone"
    NUMBER = "number"
    ADDRESS = "address"
    YEAR = "year"
    HIDDEN = "hidden"


class Sharing(Enum):
    """With whom a data set is shared."""

    INTERNAL = "internal"
    SHARED = "shared"
    PUBLIC = "public"
    COOPERATIVE = "cooperative"


class Domain(Enum):
    """What a data set serves."""

    MEDICAL = "medical"
    PUBLIC_HEALTH = "public-health"
    INSURANCE = "insurance"
    DRUGS = "drugs"
    GENERAL = "general"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Levels:
    """The highest level that is shown of each category; nothing of one that is not named."""

    of: Mapping[Category, int]

    def show(self, category: Category, level: int) -> bool:
        """Tell whether data of a category and a level are shown."""
        return level <= self.of.get(category, 0)

    @property
    def everything(self) -> bool:
        """Whether nothing about a person is too sensitive."""
        about = (Category.PERSONAL, Category.HEALTH, Category.TREATMENT)
        return all(self.of.get(category, 0) >= LEVEL_MAX for category in about)


NOTHING = Levels({})
"""For data whose patient refuses that they are shown."""

ALL = Levels(dict.fromkeys(Category, LEVEL_MAX))


@dataclass(frozen=True, slots=True)
class PurposeRule:
    """What is shown for a purpose.

    Attributes:
        levels: the highest of each category.
        needs_relation: only to whoever treats the patient.
        needs_consent: only with the consent of the patient.
        otherwise: the purpose whose levels hold when relation or consent is missing.
    """

    levels: Levels
    needs_relation: bool = False
    needs_consent: bool = False
    otherwise: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an element stands in HL7 v2: ``PID-5``, or only components ``first`` to ``last``."""

    segment: str
    field: int
    first: int = 1
    last: int = 999


@dataclass(frozen=True, slots=True)
class Element:
    """A kind of data: how sensitive it is and where it stands.

    Attributes:
        places: in HL7 v2.
        words: names in JSON, XML and rows, in lower case without ``_``, ``-`` and spaces.
        icd10: ranges of codes of diseases, first and last of three characters.
        about: words that tell such a disease.
    """

    name: str
    title_zh: str
    title_en: str
    category: Category
    level: int
    mask: Mask
    places: Sequence[Place] = ()
    words: Collection[str] = ()
    icd10: Sequence[tuple[str, str]] = ()
    about: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GlassReason:
    """Why somebody may look in an emergency."""

    name: str
    zh: str
    en: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class DataSet:
    """What a group of messages is: with whom it is shared, and what it serves."""

    name: str
    title_zh: str
    title_en: str
    sharing: Sharing
    domain: Domain
    kinds: Sequence[str]


@dataclass(frozen=True, slots=True)
class Classification:
    """What an installation says of its data.

    Attributes:
        elements: by how they are looked for; a value is of the first element that names its place.
        purposes: what is shown for each.
        reasons: why somebody may look in an emergency.
        glass_minutes, glass_minutes_max: how long that lasts.
        data_sets: in the order in which they are tried.
    """

    elements: Sequence[Element]
    purposes: Mapping[Purpose, PurposeRule]
    reasons: Sequence[GlassReason]
    glass_minutes: int
    glass_minutes_max: int
    data_sets: Sequence[DataSet]


class About(NamedTuple):
    """What a thing that is shown is about.

    Attributes:
        patients: ``value^authority``.
        position: of the message.
        organisation: that the data belong to; empty: to none.
    """

    patients: Collection[str]
    position: str = ""
    organisation: str = ""


class Why(Enum):
    """Why a look is as it is."""

    PURPOSE = "purpose"
    NO_RELATION = "no-relation"
    NO_CONSENT = "no-consent"
    REFUSED = "refused"
    GLASS = "glass"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody sees the data of some patients.

    Attributes:
        purpose: that he looks for.
        levels: what is shown.
        why: what decided.
        glass_until: when his look in an emergency ends.
    """

    purpose: Purpose
    levels: Levels
    why: Why
    glass_until: datetime | None = None

    @property
    def clear(self) -> bool:
        """Whether nothing is hidden."""
        return self.levels.everything

    @property
    def withheld(self) -> bool:
        """Whether nothing at all is shown."""
        return self.why is Why.REFUSED


class Decision(Enum):
    """What a patient says."""

    PERMIT = "permit"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Consent:
    """What a patient permits or refuses.

    Attributes:
        consent: identifier.
        patient: ``value^authority``.
        decision: whether he permits or refuses.
        purposes: for which; empty: all but none that the law prescribes.
        against: organisations (and all below them) that it is about; empty: everybody.
        valid_from, valid_until: instants; None: without end.
        given_by: himself, or who speaks for him.
        document: where the signed paper lies.
        organisation: that took it; it is about the data of this one and all below it, and about
            those of all when it is empty.
    """

    consent: UUID
    patient: str
    decision: Decision
    purposes: frozenset[Purpose]
    against: frozenset[str]
    valid_from: datetime
    valid_until: datetime | None
    given_by: str
    document: str
    organisation: str
    recorded_by: str
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    def covers(
        self, purpose: Purpose, *, by: Collection[str], of: Collection[str], at: datetime
    ) -> bool:
        """Tell whether it holds for a look.

        Args:
            purpose: that somebody looks for.
            by: his organisation and all above it.
            of: the organisation of the data and all above it.
            at: when.
        """
        return (
            self.valid_from <= at
            and (self.valid_until is None or at < self.valid_until)
            and (self.withdrawn_at is None or at < self.withdrawn_at)
            and (not self.purposes or purpose in self.purposes)
            and (not self.against or not self.against.isdisjoint(by))
            and (self.organisation == "" or self.organisation in of)
        )


@dataclass(frozen=True, slots=True)
class Glass:
    """A look in an emergency: somebody sees a patient's data for some minutes, for a reason.

    Attributes:
        glass: identifier.
        account, name: who.
        patients: whose data, ``value^authority``.
        position: of the message, for one that names no patient; empty otherwise.
        organisation: whose data.
        purpose: that he said.
        reason: name of a :class:`GlassReason`.
        words: what he said.
        until: when it ends.
        reviewed_by: who looked at it afterwards; None: nobody yet.
        justified: what he found.
    """

    glass: UUID
    account: UUID
    name: str
    patients: tuple[str, ...]
    position: str
    organisation: str
    purpose: Purpose
    reason: str
    words: str
    began_at: datetime
    until: datetime
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    justified: bool | None = None
    remark: str = ""

    def opens(self, patients: Collection[str], position: str) -> bool:
        """Tell whether it lets see what is about one of these patients, or stands there."""
        if self.position and self.position == position:
            return True
        return not set(patients).isdisjoint(self.patients)


class Relations(Protocol):
    """Tells who treats whom."""

    async def treated(
        self, actor: Actor, patients: Collection[str], *, on: Connection | None = None
    ) -> frozenset[str]:
        """Return those of some patients (``value^authority``) that somebody treats just now."""
        ...

    async def keeps(self, actor: Actor, *, on: Connection | None = None) -> bool:
        """Tell whether somebody keeps the records of all that he sees, and so treats everybody."""
        ...
