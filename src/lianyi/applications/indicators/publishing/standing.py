"""What holds of all that was said: signatures, entries, targets, rules. Pure.

Decisions come in their order; the last word on a thing is the one that counts. An approval signs a
hash and speaks of nothing else: when a file says something else, it has no signature, and when it
says the same again, it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lianyi.applications.indicators.model import Caliber, Indicator, definition_hash
from lianyi.applications.indicators.periods import Period
from lianyi.applications.indicators.publishing.model import ALL, APPROVING, Decision, Said


class State(StrEnum):
    """How a caliber of a file stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    CHANGED = "changed since approval"
    SUPERSEDED = "superseded"


Signed = tuple[str, str, str]
"""Code, caliber, hash: what an approval is about."""


def last_words(decisions: Iterable[Decision]) -> dict[Signed, Decision]:
    """Return the last that was said of each definition: proposed, approved or withdrawn."""
    return {(one.code, one.caliber, one.hash): one for one in decisions if one.said in APPROVING}


def signature(
    words: Mapping[Signed, Decision], code: str, caliber: str, hashed: str
) -> Decision | None:
    """Return the approval that is in force for a definition."""
    last = words.get((code, caliber, hashed))
    return last if last is not None and last.said is Said.APPROVED else None


def state_of(
    indicator: Indicator, caliber: Caliber, words: Mapping[Signed, Decision]
) -> tuple[State, Decision | None]:
    """Return how a caliber stands, and what was last said of what it says now.

    A version is superseded when a later one of the same caliber is approved.
    """
    code, name = indicator.indicator, caliber.caliber
    hashed = definition_hash(indicator, caliber)
    last = words.get((code, name, hashed))
    later = (
        one for one in indicator.calibers if one.caliber == name and one.version > caliber.version
    )
    if any(signature(words, code, name, definition_hash(indicator, one)) for one in later):
        return State.SUPERSEDED, last
    if last is not None and last.said is Said.APPROVED:
        return State.APPROVED, last
    if last is not None and last.said is Said.PROPOSED:
        return State.PROPOSED, last
    changed = any(
        (one.code, one.caliber) == (code, name)
        and one.said is Said.APPROVED
        and one.facts.get("version") == caliber.version
        for one in words.values()
    )
    return (State.CHANGED if changed else State.DRAFT), last


def caliber_for(indicator: Indicator, name: str, period: Period) -> Caliber | None:
    """Return the newest version of a caliber that holds in all of a period.

    Args:
        indicator: whose.
        name: of the caliber; empty: the first of the indicator.
        period: whole months.
    """
    name = name or indicator.calibers[0].caliber
    holding = [one for one in indicator.calibers if one.caliber == name and _holds(one, period)]
    return max(holding, key=lambda one: one.version, default=None)


def _holds(caliber: Caliber, period: Period) -> bool:
    ends = caliber.valid_to
    return caliber.valid_from <= period.first_day and (ends is None or ends >= period.last_day)


def holds_on(caliber: Caliber, day: date) -> bool:
    """Tell whether a caliber holds on a day."""
    return caliber.valid_from <= day and (caliber.valid_to is None or day <= caliber.valid_to)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entered figure and what became of it.

    Attributes:
        entered: what was said.
        confirmed: by whom; None: it waits.
        replaced: a later one for the same figure is confirmed.
    """

    entered: Decision
    confirmed: Decision | None
    replaced: bool

    @property
    def waits(self) -> bool:
        """Whether it may still be confirmed."""
        return self.confirmed is None and not self.replaced


def entries(decisions: Sequence[Decision]) -> list[Entry]:
    """Return the entered figures in their order; of one figure the last confirmed one holds."""
    confirmed = {int(one.facts["entry"]): one for one in decisions if one.said is Said.CONFIRMED}
    said = [one for one in decisions if one.said is Said.ENTERED]
    holding = {_figure(one): one.decision for one in said if one.decision in confirmed}
    return [
        Entry(
            one,
            confirmed.get(one.decision),
            replaced=one.decision < holding.get(_figure(one), 0),
        )
        for one in said
    ]


def _figure(one: Decision) -> tuple[str, str, str, str]:
    return one.code, one.caliber, one.hospital, str(one.facts["period"])


def in_force(decisions: Iterable[Decision], said: Said) -> list[Decision]:
    """Return the targets, or the rules of alerts, that hold: the last of each, unless it ends."""
    last: dict[tuple[str, ...], Decision] = {}
    for one in decisions:
        if one.said is said:
            about = (str(one.facts.get(part, "")) for part in ("department", "period", "kind"))
            last[one.code, one.caliber, one.hospital, *about] = one
    return [one for one in last.values() if not one.facts.get("ends")]


def target_for(
    targets: Iterable[Decision],
    cell: tuple[str, str, str, str],
    period: str,
) -> float | None:
    """Return the target of a cell (code, caliber, hospital, department); None: there is none.

    One for the hospital itself goes before one for all of them.
    """
    code, caliber, hospital, department = cell
    found = {
        one.hospital: float(one.facts["value"])
        for one in targets
        if (one.code, one.caliber, one.facts["period"]) == (code, caliber, period)
        and one.hospital in {ALL, hospital}
        and one.facts.get("department", "") == department
    }
    return found.get(hospital, found.get(ALL))


def silent_until(
    decisions: Iterable[Decision], about: Mapping[int, tuple[object, ...]]
) -> dict[tuple[object, ...], datetime]:
    """Return until when alerts about a thing are silent, the last word on each.

    Args:
        decisions: all that were said.
        about: by number of the alert: what it is about.
    """
    return {
        about[int(one.facts["alert"])]: datetime.fromisoformat(str(one.facts["until"]))
        for one in decisions
        if one.said is Said.SILENCED and int(one.facts["alert"]) in about
    }


def heard_by(
    decisions: Iterable[Decision], about: Mapping[int, tuple[object, ...]]
) -> dict[int, Decision]:
    """Return who took note of an alert, the last of them: what is noted is all up to its number.

    Args:
        decisions: all that were said.
        about: by number of the alert: what it is about.
    """
    found: dict[int, Decision] = {}
    for one in decisions:
        noted = int(one.facts["alert"]) if one.said is Said.ACKNOWLEDGED else 0
        if noted in about:
            same = (n for n, what in about.items() if n <= noted and what == about[noted])
            found |= {n: one for n in same if n == noted or n not in found}
    return found
