"""What is told about the quality of the data, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from lianyi.applications.indicators.quality.judging import State
from lianyi.applications.indicators.quality.model import Rule
from lianyi.applications.indicators.views import (
    BothWords,
    NamedColumn,
    Place,
    RowView,
    Shown,
    UnusableFile,
)
from lianyi.security.views import Wish


def said(title: object) -> BothWords:
    """Return a title in both languages."""
    return BothWords(zh=getattr(title, "zh", ""), en=getattr(title, "en", ""))


class QualityRun(Shown):
    """A run of the rules."""

    run: int
    began_at: datetime
    ended_at: datetime
    rules: int


class QualityPoint(Shown):
    """What one run found: for a trend."""

    run: int
    at: datetime
    violated: int
    denominator: int


class QualityShare(Shown):
    """How much of what could be asked violates rules.

    Attributes:
        violated: rows that violate a rule, added up over rules.
        denominator: rows that could be asked, added up over rules.
        rules: how many rules could be asked.
        over: in how many rules the share is above the threshold.
        trend: the same in the newest runs, the oldest first.
    """

    category: Literal["conformance", "completeness", "plausibility"]
    source: str
    violated: int
    denominator: int
    rules: int
    over: int
    trend: list[QualityPoint]


class QualityOverview(Shown):
    """Categories by source, as of the newest run.

    Attributes:
        run: the newest.
        waits: whether somebody has asked for another that has not ended.
        shares: one for each category and source.
        open: findings that wait for somebody; ``back``: of these, acknowledged once and worse.
        unusable: rules that cannot be used, and why.
    """

    run: QualityRun
    waits: bool
    shares: list[QualityShare]
    open: int
    assigned: int
    acknowledged: int
    back: int
    unusable: list[UnusableFile]


class QualityRule(Shown):
    """A rule, and what the newest run found within reach.

    Attributes:
        table: fact of the star, or table of the lake; ``table_name``: what it is called.
        check: its type, as OHDSI calls it; ``level``: of a table, a field or a concept.
        threshold: percent.
        hash: SHA-256 of what it counts.
        violated, denominator: rows; both 0: it could not be asked of any.
        over: whether the share is above the threshold anywhere within reach.
        drills: whether its rows can be listed.
    """

    code: str
    name: BothWords
    matters: BothWords
    table: str
    table_name: BothWords
    field: str
    field_name: BothWords
    check: str
    level: str
    category: str
    context: str
    threshold: float
    hash: str
    violated: int
    denominator: int
    over: bool
    drills: bool


class QualityRules(Shown):
    """All rules."""

    run: QualityRun
    items: list[QualityRule]


class QualityCell(Shown):
    """What a run found of a rule in one place."""

    source: str
    hospital: Place
    department: Place
    violated: int
    denominator: int
    over: bool


class FedIndicator(Shown):
    """An indicator that uses a column, a fact or a source."""

    code: str
    name: BothWords


class QualityRuleDetail(QualityRule):
    """A rule as a whole.

    Attributes:
        where: to which rows it applies, as it is written; empty: all.
        settings: what else it says: values, limits, shapes.
        cells: by source, hospital and department.
        trend: over the newest runs, the oldest first.
        indicators: that use the column, or the fact where the rule is about rows as a whole.
        columns: that are shown of a row.
    """

    where: str
    settings: dict[str, str]
    cells: list[QualityCell]
    trend: list[QualityPoint]
    indicators: list[FedIndicator]
    columns: list[NamedColumn]


class QualityRows(Shown):
    """A page of the rows that violate a rule, in the order of hospital and key."""

    rule: str
    columns: list[NamedColumn]
    items: list[RowView]
    total: int
    next_skip: int | None


class RuleFinding(Shown):
    """A rule whose share is above its threshold somewhere: work for somebody.

    Attributes:
        since: end of the first run of the unbroken line in which it was so.
        state: open, assigned, acknowledged.
        assigned_to: person or office; empty: nobody.
        note: what the last one said who acknowledged it.
        by: who said the last; ``at``: when.
        came_back: it was acknowledged, and is worse since.
    """

    rule: str
    name: BothWords
    category: str
    source: str
    hospital: Place
    department: Place
    violated: int
    denominator: int
    threshold: float
    since: datetime | None
    state: State
    assigned_to: str
    note: str
    by: str
    at: datetime | None
    came_back: bool


class QualityQueue(Shown):
    """Findings within reach, those with the most violated rows first."""

    items: list[RuleFinding]


class _About(Wish):
    rule: str = Field(max_length=20, pattern=r"^[^\x00]*$")
    source: str = Field(max_length=100, pattern=r"^[^\x00]*$")
    hospital: str = Field(max_length=100, pattern=r"^[^\x00]*$")
    department: str = Field(max_length=100, pattern=r"^[^\x00]*$")


class AssignFinding(_About):
    """Give a finding to a person or an office."""

    to: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")


class AcknowledgeFinding(_About):
    """Say why a finding stays as it is, or what was done."""

    note: str = Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*$")


class ReopenFinding(_About):
    """Take an acknowledgement back."""


class AskedRun(Shown):
    """That a run was asked for; it begins within seconds."""

    asked: bool = True


# ---- lineage ------------------------------------------------------------------------------------


class LineageNode(Shown):
    """A step of the way of data.

    Attributes:
        id: of the node.
        step: column of the drawing, from the left.
        name: what it is called.
        about: in a line what it does.
        rows: that lie there, within reach; null: nobody counts them.
        newest: the newest that came; null: not known.
        link: page of the console that opens it; empty: none.
    """

    id: str
    step: Literal["source", "message", "mapping", "fact", "indicator"]
    name: BothWords
    about: BothWords
    rows: int | None = None
    newest: datetime | None = None
    link: str = ""


class LineageEdge(Shown):
    """That one step feeds another."""

    begin: str
    end: str


class Lineage(Shown):
    """Where the numbers of an indicator come from: nodes by steps, and what feeds what."""

    code: str
    name: BothWords
    nodes: list[LineageNode]
    edges: list[LineageEdge]


class Impact(Shown):
    """Which indicators something feeds."""

    name: str
    facts: list[NamedColumn]
    indicators: list[FedIndicator]


def settings_of(rule: Rule) -> dict[str, str]:
    """Return what a rule says besides name, table and check, as text."""
    found: dict[str, str] = {}
    for name in ("of", "dimension", "shape", "low", "high", "after", "days", "sex"):
        value = getattr(rule, name)
        if value not in ("", None, 0.0) or (name in ("low", "high") and value is not None):
            found[name] = f"{value:g}" if isinstance(value, float) else str(value)
    for name in ("values", "prefixes"):
        if value := getattr(rule, name):
            found[name] = ", ".join(value)
    return found
