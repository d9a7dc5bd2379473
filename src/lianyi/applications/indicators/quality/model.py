"""A rule of data quality, and what a run of it finds (质量规则).

A rule is a check of a known type on a table. What a run keeps of it is how many rows violate it, of
how many it could be asked, so that a threshold can be judged again without another run.

Sources:
    OHDSI DataQualityDashboard, check type descriptions: the 27 types (4 of tables, 20 of fields, 3
    of concepts), violated rows over a denominator, a threshold in percent.
    M. G. Kahn et al., "A harmonized data quality assessment terminology and framework", eGEMs 4
    (2016) 1244: conformance, completeness, plausibility; verification and validation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

import orjson
from pydantic import Field, model_validator

from lianyi.applications.indicators.model import Part, Title, Words
from lianyi.base.settings import Section
from lianyi.projections.operational.star import Fact, star


class Check(StrEnum):
    """Types of checks, called as the dashboard of OHDSI calls them."""

    TABLE = "cdmTable"
    PERSON_COMPLETENESS = "measurePersonCompleteness"
    FIELD = "cdmField"
    REQUIRED = "isRequired"
    DATATYPE = "cdmDatatype"
    PRIMARY_KEY = "isPrimaryKey"
    FOREIGN_KEY = "isForeignKey"
    DOMAIN = "fkDomain"
    CLASS = "fkClass"
    STANDARD = "isStandardValidConcept"
    VALUE_COMPLETENESS = "measureValueCompleteness"
    CONCEPT_COMPLETENESS = "standardConceptRecordCompleteness"
    LOW = "plausibleValueLow"
    HIGH = "plausibleValueHigh"
    AFTER = "plausibleTemporalAfter"
    WITHIN_VISIT = "withinVisitDates"
    AFTER_BIRTH = "plausibleAfterBirth"
    BEFORE_DEATH = "plausibleBeforeDeath"
    START_BEFORE_END = "plausibleStartBeforeEnd"
    GENDER = "plausibleGender"
    GENDER_DESCENDANTS = "plausibleGenderUseDescendants"


LEVELS: Final[Mapping[Check, str]] = MappingProxyType(
    {Check.TABLE: "table", Check.PERSON_COMPLETENESS: "table"}
    | {Check.GENDER: "concept", Check.GENDER_DESCENDANTS: "concept"}
)
"""Of what a check is; of a field where nothing is said."""

Dimension = Literal["organisation", "practitioner"]
Name = Annotated[str, Field(max_length=128)]


class Rule(Section):
    """A rule, as a hospital writes it.

    Attributes:
        rule: its code.
        name: what it is called.
        table: a fact of the star; or a table of the lake, ``source.table``.
        field: the column that is checked; empty where the table as a whole is.
        check: its type.
        where: to which rows of a fact the check applies, in the words of indicators; empty: all.
        threshold: percent of the rows that may violate it before somebody has to work on it.
        category: of Kahn.
        context: verification looks at the data alone, validation compares with something outside.
        matters: what it means for people.
        time: the instant by which a row falls into a month; empty: the first of the fact.
        department: the role by which a row falls to a department.
        of: another fact: the one that a key names, or that should have rows.
        dimension: of master data in which a code is looked up.
        values: what a code may be; of ``fkClass`` the classes of what the key names.
        shape: a regular expression that the whole of a text must fit.
        low, high: the smallest and the greatest plausible value.
        after: the instant that must not lie later than the field.
        days: by how many days an instant may lie outside.
        prefixes: with what codes begin that one sex can have; of ``plausibleGender`` the codes.
        sex: which.
        hospital: of a table of the lake: code of the hospital whose it is.
        withdrawn: a hospital does not want the shipped rule of this code.
    """

    rule: Annotated[str, Field(pattern=r"^[A-Z]{2,6}-[0-9]{2,4}$")]
    name: Title
    table: Annotated[str, Field(min_length=1, max_length=200)]
    field: Name = ""
    check: Check
    where: str = Field(default="", max_length=2_000)
    threshold: Annotated[float, Field(ge=0.0, le=100.0)] = 0.0
    category: Literal["conformance", "completeness", "plausibility"]
    context: Literal["verification", "validation"] = "verification"
    matters: Title
    time: Name = ""
    department: Name = ""
    of: Name = ""
    dimension: Dimension | None = None
    values: Annotated[tuple[Words, ...], Field(max_length=500)] = ()
    shape: str = Field(default="", max_length=400)
    low: float | None = None
    high: float | None = None
    after: Name = ""
    days: Annotated[float, Field(ge=0.0, le=36_500.0)] = 0.0
    prefixes: Annotated[tuple[Words, ...], Field(max_length=200)] = ()
    sex: Literal["male", "female"] | None = None
    hospital: str = Field(default="", max_length=100)
    withdrawn: bool = False

    @model_validator(mode="after")
    def _says_what_its_check_needs(self) -> Self:
        for name in NEEDS.get(self.check, ()):
            if getattr(self, name) in ("", (), None):
                raise ValueError(f"the check {self.check.value} needs '{name}'")
        return self

    @property
    def of_lake(self) -> bool:
        """Whether the table lies in the lake."""
        return "." in self.table

    @property
    def of_fact(self) -> Fact:
        """The fact, of a rule on the star."""
        return star()[self.table]

    @property
    def level(self) -> str:
        """Whether it is a check of a table, a field or a concept."""
        return LEVELS.get(self.check, "field")

    @property
    def part(self) -> Part:
        """What the rows of a rule on the star are to the one window that everything has."""
        return Part(fact=self.table, where=self.where, time=self.time, department=self.department)


NEEDS: Final[Mapping[Check, tuple[str, ...]]] = MappingProxyType(
    {
        Check.PERSON_COMPLETENESS: ("of",),
        Check.FIELD: ("field",),
        Check.REQUIRED: ("field",),
        Check.DATATYPE: ("field",),
        Check.PRIMARY_KEY: ("field",),
        Check.FOREIGN_KEY: ("field", "of"),
        Check.DOMAIN: ("field", "values"),
        Check.CLASS: ("field", "of", "values"),
        Check.STANDARD: ("field", "dimension"),
        Check.VALUE_COMPLETENESS: ("field",),
        Check.CONCEPT_COMPLETENESS: ("field",),
        Check.LOW: ("field", "low"),
        Check.HIGH: ("field", "high"),
        Check.AFTER: ("field", "after"),
        Check.WITHIN_VISIT: ("field",),
        Check.AFTER_BIRTH: ("field",),
        Check.BEFORE_DEATH: ("field",),
        Check.START_BEFORE_END: ("field", "after"),
        Check.GENDER: ("field", "prefixes", "sex"),
        Check.GENDER_DESCENDANTS: ("field", "prefixes", "sex"),
    }
)
"""What a rule must say besides, by its check."""

_COUNTED: Final = (
    "table", "field", "check", "where", "time", "department", "of", "dimension", "values", "shape",
    "low", "high", "after", "days", "prefixes", "sex", "hospital",
)  # fmt: skip


def definition(rule: Rule) -> dict[str, Any]:
    """Return what a rule counts; names, thresholds and explanations are not part of it."""
    return rule.model_dump(mode="json", include=set(_COUNTED))


def rule_hash(rule: Rule) -> str:
    """Return SHA-256 of what a rule counts, in hexadecimal; results carry it."""
    counted = orjson.dumps(definition(rule), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(counted).hexdigest()


@dataclass(frozen=True, slots=True)
class Cell:
    """Where rows are: from which source, of which hospital and department.

    Attributes:
        source: the channel that brought a row, or the source whose tables were mapped.
        hospital: code; empty: nobody said.
        department: code, by the role that the rule names; empty: nobody said.
    """

    source: str
    hospital: str
    department: str


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found of one rule in one cell: rows, and those of them that violate it."""

    rule: str
    hash: str
    cell: Cell
    violated: int
    denominator: int


class Said(StrEnum):
    """What people say about findings; each is an act ``quality.<said>`` in the log."""

    ASSIGNED = "assigned"
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was said about a finding.

    Attributes:
        said: what.
        rule, cell: about which.
        facts: what else is known: ``to``, ``note``, ``violated`` and ``denominator`` of then.
        by_name: who said it.
        at: when.
    """

    said: Said
    rule: str
    cell: Cell
    facts: Mapping[str, Any]
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """Codes that master data know, by dimension; a dimension of which nothing is known is empty."""

    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, dimension: str | None) -> frozenset[str]:
        """Return the codes of a dimension."""
        return self.codes.get(dimension or "", frozenset())
