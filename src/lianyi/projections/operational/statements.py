"""What one message says about one row of the star. Pure.

A statement names the fact and the key of the row and says some of its columns. Rows are the fold of
their statements, so these are all that is kept of a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from lianyi.messagelog.message import Position
from lianyi.projections.care.model import Location

Value = str | int | bool | Decimal | datetime | date | None
"""What a column may hold; None in a statement: the sender says that there is nothing any more."""

BORN_ON: Final = "_born_on"
DEPARTMENT: Final = "_department"
CANCELLED: Final = "_cancelled"
BESIDE: Final = "_beside"
"""Columns that no row shows: rows are made of them. What is said beside something else, as by a
report of the order that it answers, makes no row alone."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a message says about a row.

    Attributes:
        position, part: of the message, and which of its statements.
        source: where its content lies; elsewhere, where a person released what was held.
        channel: number.
        fact, key: which row.
        of: key of the row it belongs to (a result to its order, an operation to its encounter);
            empty: none.
        facility: MSH-4, whose wards these are.
        event: trigger event of ADT; empty in all else.
        control: MSH-3 and MSH-10, by which what was sent twice is known.
        received_at: when it came into the log.
        recorded_at: EVN-2, else MSH-7, else ``received_at``, and never after that.
        occurred_at: EVN-6, else ``recorded_at``.
        began_at: PV1-44.
        location: PV1-3: the ward, and the facility.
        said: columns by name.
    """

    position: Position
    part: int
    source: Position
    channel: int
    fact: str
    key: str
    of: str
    facility: str
    event: str
    control: str
    received_at: datetime
    recorded_at: datetime
    occurred_at: datetime
    began_at: datetime | None = None
    location: Location | None = None
    said: Mapping[str, Value] = field(default_factory=dict)

    @property
    def order(self) -> tuple[datetime, datetime, int, int, int]:
        """Its place among all of its row: when it was recorded, when it came, its position."""
        return (self.recorded_at, self.received_at, *self.position, self.part)

    @property
    def content(self) -> tuple[object, ...]:
        """What makes it the same when it is sent again."""
        return (
            self.event, self.control, self.recorded_at, self.occurred_at, self.began_at,
            self.location, self.of, tuple(sorted(self.said.items(), key=lambda one: one[0])),
        )  # fmt: skip
