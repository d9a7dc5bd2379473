"""What somebody reaches of the master data: his organisations, and what belongs to them. Pure.

Rights hang on the management tree of today, and so does this: a question about another day is
judged by where things stand now. An organisation belongs where it hangs today; one that is no more,
or not yet, where it hung last. A location belongs to the organisations that are there, else to
those of what it is in; a practitioner to the organisations where he works.

Seen is what belongs to at least one organisation in reach; changed may be what belongs to nobody
else. Moving, splitting, merging and closing need reach over both ends: the organisation at which a
reach begins is not taken away, or out of its place, by those who have it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    PART_OF,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Close,
    Decide,
    Describe,
    Detach,
    Inherit,
    Kind,
    LinkKey,
    Repoint,
    Retract,
    SetSources,
    Succeed,
    Thing,
    about,
    object_kind,
    subject_kind,
    told_of,
)
from lianyi.projections.masterdata.spans import Spans, on_day
from lianyi.projections.masterdata.state import State
from lianyi.security.access import OutsideOfReach

MANAGED = TREE + MANAGEMENT
_NONE: Spans = ()


class Scope:
    """A reach over the master data as it is.

    Attributes:
        organisations: those in reach, with all below them; None: all there are.
    """

    def __init__(self, state: State, reach: Collection[str] | None, *, today: date) -> None:
        """Work out what belongs to the organisations of a reach.

        Args:
            state: all that holds; it must not change while the scope is used.
            reach: codes of organisations; None: everything.
            today: the day by which things are judged.
        """
        self._state = state
        self._today = today
        self._owners: dict[Thing, frozenset[str]] = {}
        self._codes: dict[Kind, list[str]] = {}
        self.organisations = None if reach is None else _closure(state, reach, today)

    def codes(self, kind: Kind) -> list[str] | None:
        """Return the codes of what may be seen, in order; None: all."""
        if self.organisations is None:
            return None
        if kind is Kind.ORGANISATION:
            return sorted(self.organisations)
        if kind not in self._codes:
            self._codes[kind] = sorted(
                thing.code
                for thing in self._state.existence
                if thing.kind is kind and self.holds(thing)
            )
        return self._codes[kind]

    def holds(self, thing: Thing) -> bool:
        """Tell whether a record may be seen."""
        if self.organisations is None:
            return True
        if thing.kind is Kind.ORGANISATION:
            return thing.code in self.organisations
        return not self.organisations.isdisjoint(self.owners(thing))

    def edits(self, thing: Thing) -> bool:
        """Tell whether a record belongs to nobody else."""
        if self.organisations is None:
            return True
        if thing.kind is Kind.ORGANISATION:
            return thing.code in self.organisations
        owners = self.owners(thing)
        return bool(owners) and owners <= self.organisations

    def owners(self, thing: Thing) -> frozenset[str]:
        """Return the organisations that a location or practitioner belongs to."""
        found = self._owners.get(thing)
        if found is None:
            found = self._owners[thing] = owners(self._state, thing, self._today)
        return found

    def path(self) -> frozenset[str]:
        """Return the organisations above those in reach; of them a name is shown."""
        if self.organisations is None:
            return frozenset()
        found: set[str] = set()
        ahead = list(self.organisations)
        while ahead:
            key = LinkKey(MANAGED, ahead.pop())
            for span in on_day(self._state.links.get(key, _NONE), self._today):
                if span.object not in found and span.object not in self.organisations:
                    found.add(span.object)
                    ahead.append(span.object)
        return frozenset(found)

    def tells(self, change: Change) -> bool:
        """Tell whether a change may be shown: all it names, or what it puts under something."""
        return all(self.holds(thing) for thing in told_of(change))

    def check(self, changes: Sequence[Change]) -> None:
        """Do nothing when all changes lie within the reach.

        Raises:
            OutsideOfReach: one does not; whether what it names exists is not told.
        """
        if self.organisations is None:
            return
        new = self._new(changes)
        for change in changes:
            if not self._may(change, new):
                raise OutsideOfReach(where=" → ".join(one.code for one in about(change)))

    def _new(self, changes: Iterable[Change]) -> frozenset[Thing]:
        """Return the records that these changes make, and give to an organisation in reach."""
        fresh = {
            Thing(one.kind, one.code)
            for one in changes
            if isinstance(one, Describe) and Thing(one.kind, one.code) not in self._state.existence
        }
        owned: set[Thing] = set()
        while True:
            more = {
                child
                for child, owner in _given(changes)
                if child in fresh - owned and (owner in owned or self.edits(owner))
            }
            if not more:
                return frozenset(owned)
            owned |= more

    def _may(self, change: Change, new: frozenset[Thing]) -> bool:
        match change:
            case Attach() | Detach():
                return self._may_link(change, new)
            case Retract() | SetSources():
                return False
            case Decide():
                return True
        mine = all(thing in new or self.edits(thing) for thing in about(change))
        match change:
            case Describe(until=None) | Repoint() | Succeed():
                return mine
            case Describe() | Close():
                thing = Thing(change.kind, change.code)
            case Inherit():
                thing = Thing(Kind.ORGANISATION, change.source)
        return mine and self._loose(thing, change.on, new)

    def _may_link(self, change: Attach | Detach, new: frozenset[Thing]) -> bool:
        subject = Thing(subject_kind(change.relation), change.subject)
        target = Thing(object_kind(change.relation), change.object)
        about_object = change.object != ""
        if change.relation == ROLE:
            at = target in new or self.edits(target)
            return at and about_object and (subject in new or self.holds(subject))
        mine = subject in new or self.edits(subject)
        if change.relation in (PLACE, PART_OF):
            return mine and (not about_object or target in new or self.holds(target))
        if about_object and not (target in new or self.edits(target)):
            return False
        return mine and (change.relation != MANAGED or self._loose(subject, change.on, new))

    def _loose(self, thing: Thing, on: date | None, new: frozenset[Thing]) -> bool:
        """Tell whether a record hangs on something from a day, all of it in reach."""
        if thing.kind is not Kind.ORGANISATION or thing in new:
            return True
        since = on or self._today
        spans = self._state.links.get(LinkKey(MANAGED, thing.code), _NONE)
        above = {span.object for span in _lasting(spans, since)}
        return bool(above) and above <= (self.organisations or frozenset())


def _given(changes: Iterable[Change]) -> Iterator[tuple[Thing, Thing]]:
    """Give what changes put under or at what: pairs of a record and the one it belongs to."""
    for change in changes:
        if isinstance(change, Inherit):
            kind = Kind.ORGANISATION
            yield Thing(kind, change.code), Thing(kind, change.source)
        if isinstance(change, Attach):
            subject = Thing(subject_kind(change.relation), change.subject)
            target = Thing(object_kind(change.relation), change.object)
            if change.relation in (MANAGED, PART_OF, ROLE):
                yield subject, target
            elif change.relation == PLACE:
                yield target, subject


def _closure(state: State, reach: Collection[str], today: date) -> frozenset[str]:
    """Return the organisations of a reach, with those below that are no more, or not yet."""
    children: dict[str, list[str]] = defaultdict(list)
    for thing, spans in state.existence.items():
        if thing.kind is not Kind.ORGANISATION:
            continue
        links = state.links.get(LinkKey(MANAGED, thing.code), _NONE)
        parents = on_day(links, today) if on_day(spans, today) else links[-1:]
        for parent in parents:
            children[parent.object].append(thing.code)
    found = set(reach)
    ahead = list(reach)
    while ahead:
        for code in children[ahead.pop()]:
            if code not in found:
                found.add(code)
                ahead.append(code)
    return frozenset(found)


def belongings(state: State, today: date) -> Iterator[tuple[Thing, frozenset[str]]]:
    """Give every record with the organisations of which one must reach one to see it.

    Reached is an organisation by an assignment to it, or to one above it in the management tree of
    today. It is what :class:`Scope` decides, ready for a wall that knows no more than that.
    """
    above: dict[str, frozenset[str]] = {}
    for thing in state.existence:
        is_organisation = thing.kind is Kind.ORGANISATION
        codes = [thing.code] if is_organisation else owners(state, thing, today)
        for code in codes:
            if code not in above:
                above[code] = frozenset(_reached_by(state, code, today))
        yield thing, frozenset[str]().union(*(above[code] for code in codes))


def _reached_by(state: State, code: str, today: date) -> list[str]:
    """Return an organisation, and above it those by which the tree of today does not lead to it."""
    found = [code]
    while True:
        here = Thing(Kind.ORGANISATION, found[-1])
        links = state.links.get(LinkKey(MANAGED, here.code), _NONE)
        stands = state.exists(here, today)
        above = on_day(links, today) if stands else links[-1:]
        if not above or above[0].object in found:
            return found
        parent = above[0].object
        if stands and state.exists(Thing(Kind.ORGANISATION, parent), today):
            return found
        found.append(parent)


def owners(state: State, thing: Thing, today: date) -> frozenset[str]:
    """Return the organisations that a location or practitioner belongs to; nobody's: none."""
    if thing.kind is Kind.PRACTITIONER:
        spans = state.links.get(LinkKey(ROLE, thing.code), _NONE)
        return frozenset(one.object for one in _lasting(spans, today))
    here: Thing | None = thing
    seen: set[Thing] = set()
    while here is not None and here not in seen:
        seen.add(here)
        places = [
            (key.subject, span)
            for key in state.leading_to(here)
            if key.relation == PLACE
            for span in state.links.get(key, _NONE)
            if span.object == here.code
        ]
        lasting = [code for code, span in places if span.valid_to > today]
        if places:
            return frozenset(lasting or [code for code, _ in places])
        above = _lasting(state.links.get(LinkKey(PART_OF, here.code), _NONE), today)
        here = Thing(Kind.LOCATION, above[0].object) if above else None
    return frozenset()


def _lasting(spans: Spans, today: date) -> Spans:
    """Return the links that hold today or later; where there are none, those that were."""
    return tuple(one for one in spans if one.valid_to > today) or spans
