"""The words of data services, and the table of their moves. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from lianyi.applications.indicators.granting import Grant
from lianyi.applications.indicators.views import RowsOf

Gives = Literal["figures", "rows"]


class State(StrEnum):
    """How a version of a service stands."""

    OFFERED = "offered"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    REPLACED = "replaced"


class Said(StrEnum):
    """What somebody does with a version."""

    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


MOVES: Final[Mapping[Said, tuple[frozenset[State], State]]] = {
    Said.APPROVED: (frozenset({State.OFFERED}), State.APPROVED),
    Said.REFUSED: (frozenset({State.OFFERED}), State.REFUSED),
    Said.REVOKED: (frozenset({State.OFFERED, State.APPROVED}), State.REVOKED),
}
"""From which states something is done, and where it leads."""


def move(state: State, said: Said) -> State | None:
    """Return where a version comes to; None: that is not done in this state."""
    before, after = MOVES[said]
    return after if state in before else None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a version of a service says.

    Attributes:
        title: what people call it.
        purpose: what it is needed for.
        question: an exploration, as ``views.SavedQuestion`` says it; its period does not count.
        columns: those that are given, in this order.
        organisation: whose figures it gives at most; empty: all there are.
        roles, accounts: who may call it.
        rows_max: so many rows a page.
        calls_per_minute: so many calls of each caller.
        first_on, last_on: on which days; both counted in.
        gives: the cells of the exploration, or the rows behind its indicator.
        side: which rows.
        masked: columns whose values nobody is given, whatever he may see himself.
    """

    title: str
    purpose: str
    question: Mapping[str, str]
    columns: Sequence[str]
    organisation: str
    roles: Sequence[str]
    accounts: Sequence[str]
    rows_max: int
    calls_per_minute: int
    first_on: date
    last_on: date
    gives: Gives = "figures"
    side: RowsOf = "numerator"
    masked: Sequence[str] = ()

    @property
    def codes(self) -> list[str]:
        """The indicators that it is about."""
        return [code.strip() for code in self.question["codes"].split(",")]

    def is_for(self, account: str, roles: Sequence[str]) -> bool:
        """Tell whether somebody is among its callers."""
        return account in self.accounts or not set(roles).isdisjoint(self.roles)


@dataclass(frozen=True, slots=True)
class Service:
    """A version of a service.

    Attributes:
        name, version: what it is called by; versions count from 1.
        account, by_name: whose it is.
        offer: what it says.
        state: how it stands.
        offered: what its owner could see of it when he offered it.
        granted: what was approved of that; None: nothing.
        hash: of the definitions that were approved; empty: none.
        offered_at: when it was offered.
        decided_by, decided_at, note: who said the last word, when, and what about it.
    """

    name: str
    version: int
    account: UUID
    by_name: str
    offer: Offer
    state: State
    offered: Grant
    offered_at: datetime
    granted: Grant | None = None
    hash: str = ""
    decided_by: str = ""
    decided_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Uses:
    """How often somebody called a service, and when last."""

    account: UUID
    by_name: str
    calls: int
    last_at: datetime
