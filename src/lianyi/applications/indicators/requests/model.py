"""The words of requests for figures, and the table of their moves. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from lianyi.applications.indicators.granting import Grant


class State(StrEnum):
    """How a request stands."""

    ASKED = "asked"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


OPEN: Final = (State.ASKED, State.RETURNED, State.APPROVED)
"""Somebody has to do something."""
CLOSED: Final = tuple(one for one in State if one not in OPEN)


class Said(StrEnum):
    """What somebody does with a request."""

    FILED = "filed"
    AMENDED = "amended"
    RETURNED = "returned"
    APPROVED = "approved"
    REFUSED = "refused"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"


MOVES: Final[Mapping[Said, tuple[frozenset[State], State]]] = {
    Said.AMENDED: (frozenset({State.ASKED, State.RETURNED}), State.ASKED),
    Said.RETURNED: (frozenset({State.ASKED}), State.RETURNED),
    Said.APPROVED: (frozenset({State.ASKED}), State.APPROVED),
    Said.REFUSED: (frozenset({State.ASKED}), State.REFUSED),
    Said.ANSWERED: (frozenset({State.APPROVED, State.ANSWERED}), State.ANSWERED),
    Said.WITHDRAWN: (frozenset({*OPEN, State.ANSWERED}), State.WITHDRAWN),
    Said.REVOKED: (frozenset({State.APPROVED, State.ANSWERED}), State.REVOKED),
}
"""From which states something is done, and where it leads."""

OF_REQUESTER: Final = frozenset({Said.AMENDED, Said.WITHDRAWN})
OF_DECIDER: Final = frozenset({Said.RETURNED, Said.APPROVED, Said.REFUSED, Said.REVOKED})


def move(state: State, said: Said) -> State | None:
    """Return where a request comes to; None: that is not done in this state."""
    before, after = MOVES[said]
    return after if state in before else None


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for.

    Attributes:
        words: what he wants to know.
        purpose: what he needs it for.
        period: whole months, as they are written.
        organisation: code; empty: everything in the installation.
        wants_rows: whether he wants the rows, with patients, too.
        needed_on: until when; None: there is no hurry.
        question: an exploration, as ``views.SavedQuestion`` says it; None: words must do.
    """

    words: str
    purpose: str
    period: str
    organisation: str
    wants_rows: bool
    needed_on: date | None
    question: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        request: its number.
        account, by_name: who asks.
        ask: for what.
        state: how it stands.
        version: counts what was done with it; whoever does something says which he saw.
        filed_at, changed_at: first, and last.
        granted: what was approved; None: nothing yet.
        open_days: so many days the answer can be seen.
        answer: the exploration that answers it; None: nothing does yet.
        open_until: the answer can be seen until then.
    """

    request: UUID
    account: UUID
    by_name: str
    ask: Ask
    state: State
    version: int
    filed_at: datetime
    changed_at: datetime
    granted: Grant | None = None
    open_days: int = 0
    answer: Mapping[str, str] | None = None
    open_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody did with a request, and what he said about it."""

    said: Said
    version: int
    note: str
    by_name: str
    at: datetime
