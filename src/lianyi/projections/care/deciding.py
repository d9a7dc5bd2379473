"""Whether an account treats a patient, and why. Pure.

A yes has one of three reasons: messages name him as one who looks after the patient; he has a role
for treatment in the department where the patient lies; or such a role that treats everybody. Each
counts while the encounter, the stay or his part in it lasts, and some days after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lianyi.projections.care.model import Key
from lianyi.projections.care.units import Units
from lianyi.security.model import EVERYWHERE, Purpose, Role


class Rule(StrEnum):
    """Why somebody treats a patient."""

    PRACTITIONER = "practitioner"
    UNIT = "unit"
    EVERYBODY = "everybody"


class CaringRole(NamedTuple):
    """A role for treatment that somebody has in an organisation and below it."""

    role: str
    organisation: str
    everybody: bool
    keeps: bool = False


class Channel(NamedTuple):
    """Whose messages a channel carries: an organisation, and all above it, its own first."""

    organisation: str
    way: Sequence[str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is for the patients of the house.

    Attributes:
        held: his roles for treatment that hold now.
        names: what he is called in messages, ``id^authority``, each with the organisations in
            whose messages; ``""``: in all of ``channels``.
        channels: those that may tell of his patients, by number.
    """

    held: Sequence[CaringRole]
    names: Mapping[str, frozenset[str]]
    channels: Mapping[int, Channel]

    def is_called(self, name: str, channel: int) -> bool:
        """Tell whether messages of a channel mean him by a name."""
        within = self.names.get(name, frozenset())
        return "" in within or not within.isdisjoint(self.channels[channel].way)


class Evidence(NamedTuple):
    """What may speak for a yes, as the store finds it.

    Attributes:
        asked: the patient that was asked for, ``value^authority``.
        channel, person, visit: the encounter, see :class:`~.model.Key`.
        rule: that it may speak for.
        who: of a practitioner his name; of a stay the place; else empty.
        how: of a practitioner his part; of a stay the facility; else the state of the encounter.
        since, until: the dates of it; None: it lasts.
        said: position of the message that said so.
    """

    asked: str
    channel: int
    person: str
    visit: str
    rule: str
    who: str
    how: str
    since: datetime
    until: datetime | None
    said: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody treats a patient.

    Attributes:
        rule: which of the three.
        encounter: which encounter.
        organisation: whose messages tell of it.
        evidence: the span that says so.
        held: the role that makes it count; None where messages name him.
        unit: where the patient lies or lay; empty where that does not matter.
    """

    rule: Rule
    encounter: Key
    organisation: str
    evidence: Evidence
    held: CaringRole | None = None
    unit: str = ""


class Decided(NamedTuple):
    """Why somebody treats patients, and whether he keeps their records and needs no reason."""

    reasons: list[Reason]
    keeps: bool = False


def keeps_all(
    assignments: Iterable[tuple[str, str]], roles: Mapping[str, Role], ways: Iterable[Sequence[str]]
) -> bool:
    """Tell whether somebody keeps the records of all that he sees, and so needs no encounter.

    Args:
        assignments: the roles that he has, each (role, organisation).
        roles: by name.
        ways: of the channels around him, see :class:`Channel`.
    """
    held = list(assignments)
    within = {organisation for _, organisation in held}
    keeping = {one.organisation for one in for_treatment(held, roles) if one.keeps}
    seen = [way for way in ways if _reaches(within, way)]
    return bool(seen) and all(_reaches(keeping, way) for way in seen)


def _reaches(organisations: Collection[str], way: Sequence[str]) -> bool:
    return EVERYWHERE in organisations or not set(way).isdisjoint(organisations)


def for_treatment(
    assignments: Iterable[tuple[str, str]], roles: Mapping[str, Role]
) -> list[CaringRole]:
    """Return the roles for treatment among those that somebody has, each (role, organisation)."""
    return [
        CaringRole(name, organisation, roles[name].treats_everybody, roles[name].keeps_records)
        for name, organisation in assignments
        if name in roles and roles[name].purpose is Purpose.TREATMENT
    ]


def reasons(
    found: Iterable[Evidence], standing: Standing, units: Units, *, at: datetime, zone: ZoneInfo
) -> Iterator[Reason]:
    """Give every reason for a yes; none means no.

    Args:
        found: by the names, in the channels and after the day that count.
        standing: of whom it is about.
        units: says whose a place is.
        at: the moment.
        zone: says which day that was.
    """
    for one in found:
        channel = standing.channels.get(one.channel)
        if channel is None:
            continue
        key = Key(one.channel, one.person, one.visit)
        if one.rule == Rule.PRACTITIONER and standing.is_called(one.who, one.channel):
            yield Reason(Rule.PRACTITIONER, key, channel.organisation, one)
        elif one.rule == Rule.UNIT:
            day = min(one.until or at, at).astimezone(zone).date()
            for unit, held in _caring(one.who, channel, standing, units, day):
                rule = Rule.EVERYBODY if held.everybody else Rule.UNIT
                yield Reason(rule, key, channel.organisation, one, held, unit)
        elif one.rule == Rule.EVERYBODY:
            for held in standing.held:
                if held.everybody and held.organisation in (EVERYWHERE, *channel.way):
                    yield Reason(Rule.EVERYBODY, key, channel.organisation, one, held)


def _caring(
    place: str, channel: Channel, standing: Standing, units: Units, day: date
) -> Iterator[tuple[str, CaringRole]]:
    """Give the units of a place with the roles by which somebody cares for them on a day."""
    for unit in sorted(units.units_at(place, day)):
        above = units.all_above(unit, day)
        # Two hospitals may call their wards the same; the master data know the ward of one of them.
        if channel.organisation in above or unit in channel.way:
            caring = units.caring(unit, day)
            for held in standing.held:
                if held.organisation in (above if held.everybody else caring):
                    yield unit, held
