"""What holds of all that was filed. Pure.

A filing stands for ever; of one form, period and hospital the last that is confirmed is in force.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lianyi.applications.indicators.forms.lining import FiledLine
from lianyi.applications.indicators.publishing.model import Decision, Said

FilingState = Literal["waiting", "in_force", "replaced"]


@dataclass(frozen=True, slots=True)
class Filing:
    """A sheet that was filed and what became of it.

    Attributes:
        filed: what was said; its code is the form, its caliber the edition.
        confirmed: by whom; None: by nobody.
        state: it waits for a second person, is in force, or a later one is in its place.
    """

    filed: Decision
    confirmed: Decision | None
    state: FilingState

    @property
    def number(self) -> int:
        """By which it is called."""
        return self.filed.decision

    @property
    def period(self) -> str:
        """Of which it was filed."""
        return str(self.filed.facts["period"])

    @property
    def lines(self) -> list[FiledLine]:
        """What it says."""
        return [FiledLine.of(one) for one in self.filed.facts["lines"]]


Sheet = tuple[str, str, str]
"""Form, period and hospital."""


def sheet_of(one: Decision) -> Sheet:
    """Return of which sheet a filing is."""
    return one.code, str(one.facts["period"]), one.hospital


def filings(decisions: Sequence[Decision]) -> list[Filing]:
    """Return what was filed, in its order."""
    said = {int(one.facts["filing"]): one for one in decisions if one.said is Said.FILING_CONFIRMED}
    filed = [one for one in decisions if one.said is Said.FILED]
    holding = {
        sheet_of(one): one.decision
        for one in filed
        if one.decision in said or not one.facts["two_persons"]
    }

    def state_of(one: Decision) -> FilingState:
        last = holding.get(sheet_of(one), 0)
        if one.decision == last:
            return "in_force"
        return "replaced" if one.decision < last else "waiting"

    return [Filing(one, said.get(one.decision), state_of(one)) for one in filed]


def told_of(known: Sequence[Filing], sheet: Sheet) -> Filing | None:
    """Return the filing by which a sheet is judged: the one in force, else the last that waits."""
    mine = [one for one in known if sheet_of(one.filed) == sheet]
    return next((one for one in mine if one.state == "in_force"), mine[-1] if mine else None)
