"""The words of reports: what one says, when it is due, a run of it; and a note on a figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from lianyi.applications.indicators.views import BothWords

SECTIONS_MAX, CODES_MAX, RECEIVERS_MAX = 12, 30, 20
Mail = Annotated[
    str, Field(max_length=254, pattern=r"^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]+$")
]
"""RFC 5321, 4.1.2, without quoted forms: nothing of it can begin another header line."""
Short = Annotated[str, Field(max_length=41, pattern=r"^[a-z0-9-]*$")]
Organisation = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
Every = Literal["daily", "weekly", "monthly"]


class Fixed(BaseModel):
    """Base of what a report is made of: never changed, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Schedule(Fixed):
    """When a report is due, in the hospital's own time; it is about what ended the day before.

    Attributes:
        every: ``daily`` is about the day before; ``weekly`` about the last whole week, Monday to
            Sunday; ``monthly`` about the last whole month.
        at: hour and minute.
        weekday: of a weekly one: 1 is Monday.
        day: of a monthly one: day of the month.
        workdays: a daily one is due on working days only, about all days since the last one;
            another one waits for the next working day.
    """

    every: Every
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "07:30"
    weekday: Annotated[int, Field(ge=1, le=7)] = 1
    day: Annotated[int, Field(ge=1, le=28)] = 2
    workdays: bool = False


class PartOf(Fixed):
    """One section of a report.

    Attributes:
        kind: ``days``: what happened on the days of the report; ``board``: the tiles of a board
            for the month; ``table``: indicators side by side for the month.
        board: short name, of a board.
        codes: of indicators, of a table.
        by: what a figure of a table is of.
    """

    kind: Literal["days", "board", "table"]
    board: Short = ""
    codes: Annotated[
        tuple[Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9-]+$")], ...],
        Field(max_length=CODES_MAX),
    ] = ()
    by: Literal["hospital", "department", "month"] = "department"


class Says(Fixed):
    """What a report says.

    Attributes:
        title: what people call it.
        sections: in order.
        schedule: when it is due; None: only when somebody asks.
        hospital: code; empty: all that whoever ordered it sees.
        mails: where it is sent.
        accounts: sign-in names of those who find it on their page.
        language: in which it is written.
    """

    title: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]+$")]
    sections: Annotated[tuple[PartOf, ...], Field(min_length=1, max_length=SECTIONS_MAX)]
    schedule: Schedule | None = None
    hospital: Organisation = ""
    mails: Annotated[tuple[Mail, ...], Field(max_length=RECEIVERS_MAX)] = ()
    accounts: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]*$")], ...],
        Field(max_length=RECEIVERS_MAX),
    ] = ()
    language: Literal["zh", "en"] = "zh"

    @field_validator("sections")
    @classmethod
    def _say_something(cls, sections: tuple[PartOf, ...]) -> tuple[PartOf, ...]:
        for one in sections:
            if one.kind == "board" and not one.board:
                raise ValueError("a section of a board names it")
            if one.kind == "table" and not one.codes:
                raise ValueError("a table names indicators")
        return sections

    @field_validator("mails", "accounts")
    @classmethod
    def _each_once(cls, listed: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(listed))


class Template(Fixed):
    """A report that a house may begin with.

    Attributes:
        template: its short name, that of its file.
        title: what people call it.
        sections, schedule: see :class:`Says`.
    """

    template: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")]
    title: BothWords
    sections: Annotated[tuple[PartOf, ...], Field(min_length=1, max_length=SECTIONS_MAX)]
    schedule: Schedule


class State(StrEnum):
    """How far a run has come."""

    DUE = "due"
    MADE = "made"
    SENT = "sent"
    PARKED = "parked"
    REFUSED = "refused"


MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.DUE: frozenset({State.MADE, State.PARKED, State.REFUSED}),
    State.MADE: frozenset({State.SENT, State.PARKED, State.REFUSED, State.DUE}),
    State.PARKED: frozenset({State.DUE, State.MADE}),
    State.REFUSED: frozenset({State.DUE}),
    State.SENT: frozenset(),
}
"""What may follow what: a file that is lost is made anew; a person tries again what is parked."""


def may_move(before: State, after: State) -> bool:
    """Tell whether a run may go from one state to another."""
    return after in MOVES[before]


@dataclass(frozen=True, slots=True)
class Report:
    """A row of ``reports.report``."""

    report: UUID
    account: UUID
    version: int
    says: Says
    acting: Mapping[str, Any]
    readers: tuple[UUID, ...]
    is_on: bool
    since: datetime
    alarm: dict[str, Any] | None
    alarm_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A row of ``reports.run``."""

    run: UUID
    report: UUID
    key: str
    version: int
    says: Says
    first_on: date
    last_on: date
    due_at: datetime
    state: State
    attempts: int
    try_at: datetime
    sha256: bytes | None
    bytes: int
    pages: int
    watermark: str
    made_at: datetime | None
    told: tuple[str, ...]
    failed: tuple[str, ...]
    error: dict[str, Any] | None
    ended_at: datetime | None

    @property
    def waits_for(self) -> tuple[str, ...]:
        """The addresses that it has not reached yet."""
        return tuple(one for one in self.says.mails if one not in {*self.told, *self.failed})


@dataclass(frozen=True, slots=True)
class Note:
    """A version of a note; see the table ``reports.note``."""

    note: UUID
    version: int
    code: str
    hospital: str
    department: str
    first_month: int
    last_month: int
    words: str
    withdrawn: bool
    by_name: str
    shown_name: str
    account: UUID
    at: datetime
    shard: int = 0
    number: int = 0
