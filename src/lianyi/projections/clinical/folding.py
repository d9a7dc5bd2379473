"""How a resource stands, and which versions it had: a fold of what was said of it. Pure.

What holds is decided by when it was *said*; what was known when, by when it *came*. Version k is
the fold of everything that had come by then, so a late message makes a new version that may change
nothing of what was said later, and the same statements give the same versions, whatever the order
in which they are learned. Equal neighbours are one version.

What a sender only repeats of somebody else's knowledge of patients and encounters (hearsay: a
laboratory repeats what stood on the order) counts of those channels that say it first-hand as well;
where nobody does, of the channel that repeated it first. So a system of another hospital, which
names a patient by the identifier that she has here, changes nothing here and tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.statements import is_hearsay

Resource = Mapping[str, Any]

HEARSAY_OF = frozenset({"Patient", "Encounter"})
"""What a department repeats of the desk's knowledge; of anything else it speaks for itself."""


class Place(NamedTuple):
    """When and where a statement came: the order of arrival, over all shards."""

    came_at: datetime
    shard: int
    number: int
    part: int


class Entry(NamedTuple):
    """One statement of a resource; see :class:`~.statements.Stated`.

    Attributes:
        said_at, rank, whole, deleted, resource: of the statement.
        place: when and where it came.
        channel: by which it came; 0: none.
    """

    said_at: datetime
    rank: int
    place: Place
    channel: int
    whole: bool
    deleted: bool
    resource: Resource

    @property
    def weight(self) -> tuple[datetime, int, Place]:
        """What decides which of two statements holds: the greater one."""
        return self.said_at, self.rank, self.place

    @property
    def is_hearsay(self) -> bool:
        """Whether its sender only repeats what others know of a patient or an encounter."""
        if not is_hearsay(self.said_at, self.place.came_at):
            return False
        return self.resource.get("resourceType") in HEARSAY_OF


class State(NamedTuple):
    """How a resource stands after some of what was said.

    Attributes:
        version: counts from 1.
        resource: None: deleted.
        place: of the statement with whose coming it came to stand so.
        created: whether nothing stood before it.
    """

    version: int
    resource: Resource | None
    place: Place
    created: bool


def applied(before: Resource | None, entry: Entry) -> Resource | None:
    """Return how a resource stands once a statement holds on top of what stood before."""
    if entry.deleted:
        return None
    if entry.whole or before is None:
        return {name: value for name, value in entry.resource.items() if value is not None}
    made = {**before, **entry.resource}
    return {name: value for name, value in made.items() if value is not None}


def standing(entries: Iterable[Entry]) -> Resource | None:
    """Return how a resource stands by everything that was said of it."""
    resource: Resource | None = None
    for entry in sorted(entries, key=lambda one: one.weight):
        resource = applied(resource, entry)
    return resource


def versions(entries: Iterable[Entry]) -> list[State]:
    """Return every version of a resource, the first first; at least one.

    Args:
        entries: everything that was said of it, in any order; at least one.
    """
    came = sorted(entries, key=lambda one: one.place)
    found: list[State] = []
    counts: list[Entry] = []
    channels: set[int] = set()
    resource: Resource | None = None
    for place, entry in enumerate(came):
        if not entry.is_hearsay and entry.channel not in channels:
            channels.add(entry.channel)
            counts = sorted(counted(came[: place + 1]), key=lambda one: one.weight)
            resource = standing(counts)
        elif entry.is_hearsay and entry.channel not in (channels or {came[0].channel}):
            continue
        elif not counts or entry.weight > counts[-1].weight:
            resource = applied(resource, entry)
            counts.append(entry)
        else:
            counts.append(entry)
            counts.sort(key=lambda one: one.weight)
            resource = standing(counts)
        add_version(found, resource, entry.place)
    return found


def counted(entries: Sequence[Entry]) -> list[Entry]:
    """Return what counts of everything that was said: without what others only repeat."""
    channels = {one.channel for one in entries if not one.is_hearsay}
    if not channels and entries:
        channels = {min(entries, key=lambda one: one.place).channel}
    return [one for one in entries if not one.is_hearsay or one.channel in channels]


def add_version(found: list[State], resource: Resource | None, place: Place) -> bool:
    """Add a version to those before it, unless it stands as the last did; say whether it was."""
    last = found[-1] if found else None
    if last is not None and same(last.resource, resource):
        return False
    created = last is None or last.resource is None
    found.append(State(last.version + 1 if last else 1, resource, place, created))
    return True


def same(one: Resource | None, other: Resource | None) -> bool:
    """Tell whether two contents are the same text: also in order, and 1.0 is not 1.00."""
    if one is None or other is None:
        return one is other
    return one is other or json_text.write(one) == json_text.write(other)


def owner(entries: Sequence[Entry]) -> int:
    """Return the channel whose resource it is: by which the first came of what counts."""
    first_hand = [one for one in entries if not one.is_hearsay]
    return min(first_hand or entries, key=lambda one: one.place).channel
