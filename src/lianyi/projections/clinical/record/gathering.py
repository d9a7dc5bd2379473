"""Lines of a record, gathered: which there are, how each may be seen, which are asked for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import NamedTuple

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.record import attachments, masking
from lianyi.projections.clinical.record.items import (
    NO_TIME,
    SUPERSEDED,
    Item,
    instant_of,
    item_of,
)
from lianyi.projections.clinical.record.measures import Series, series_of
from lianyi.projections.clinical.record.record_store import KeptRow
from lianyi.projections.clinical.record.sections import Resource, Section, each
from lianyi.projections.clinical.record.whose import Whose
from lianyi.projections.identity.read_store import ChannelRow
from lianyi.projections.identity.views import PersonSummary


class Asked(NamedTuple):
    """Which lines somebody wants; what is empty is not asked.

    Attributes:
        sections: under these headings.
        since, until: FHIR dates: not before the first, not after the second. What says no time,
            or only the month in which such a day lies, is never left out by them.
        organisation: brought by channels of this one.
        encounter: of this Encounter.
        words: all of them stand in the line or in the text of its documents.
        zone: in which days begin and end.
    """

    sections: frozenset[Section] = frozenset()
    since: str = ""
    until: str = ""
    organisation: str = ""
    encounter: str = ""
    words: tuple[str, ...] = ()
    zone: tzinfo = UTC


@dataclass
class Line:
    """A line with where it comes from.

    Attributes:
        document: of a file: the line of the Composition that says what stands in it; None: none.
    """

    item: Item
    row: KeptRow
    whose: Whose
    is_whole: bool
    channel: ChannelRow | None = None
    document: Line | None = None

    @cached_property
    def resource(self) -> Resource:
        """The resource, read again: few are asked for, and all of a record are very much.

        Nothing where it may not be shown as it is.
        """
        return json_text.read(self.row.body) if self.is_whole else {}

    @property
    def described(self) -> Resource:
        """What says what stands in a document; nothing where nobody says it."""
        return self.document.resource if self.document else {}

    @property
    def place(self) -> tuple[int, int]:
        """Where the message stands that said it last: shard and number."""
        return self.row.shard, self.row.number

    @cached_property
    def order(self) -> tuple[datetime, datetime, int, str]:
        """Where it stands: by its time; those of no time before all others, by when they came."""
        row, said = self.row, self.item.at
        return (self.at, NO_TIME if said else row.updated_at, row.number, self.item.id)

    @cached_property
    def at(self) -> datetime:
        """When it was; :data:`NO_TIME`: nobody says when."""
        return instant_of(self.item.at) if self.item.at else NO_TIME


@dataclass
class Record:
    """What may be seen of a person, the newest line first."""

    person: PersonSummary
    withheld: int
    lines: list[Line]
    complete: bool


def line_of(row: KeptRow, whose: Whose, channels: Mapping[int, ChannelRow]) -> Line | None:
    """Return a resource as a line, masked where it must be; None: it stands under no heading."""
    item = item_of(json_text.read(row.body))
    if item is None:
        return None
    whole = masking.is_whole(item, row.body.decode(), whose.hider)
    line = Line(item, row, whose, whole, channels.get(row.channel))
    return line if whole else hidden(line)


def hidden(line: Line) -> Line:
    """Return a line of which only is said that there is something."""
    item = masking.masked(line.item)
    return Line(item, line.row, line.whose, is_whole=False, channel=line.channel)


def joined(lines: Sequence[Line]) -> list[Line]:
    """Return lines so that a document and what it says are one: the file, found by its words.

    A DocumentReference and the Composition of the same channel to which it leads tell of the same
    document. Where what the document says may not be shown, neither may the document.
    """
    told = {f"Composition/{one.item.id}": one for one in lines if one.item.type == "Composition"}
    if not told:
        return list(lines)
    found, gone = [], set()
    for line in lines:
        named = [told[name] for name in documents_of(line) if name in told]
        composition = next((one for one in named if one.row.channel == line.row.channel), None)
        if composition is not None:
            gone.add(f"Composition/{composition.item.id}")
            line = replace(line, document=composition)
            line = line if composition.is_whole else hidden(line)
        found.append(line)
    return [one for one in found if f"{one.item.type}/{one.item.id}" not in gone]


def replaced(lines: Sequence[Line]) -> list[Line]:
    """Return joined lines so that what only a replaced document said is replaced as well.

    A document that replaces another one says everything anew. What it leaves out nobody stands by:
    an allergy that was written down for the wrong patient. Only there it was said where no document
    in force says it and where no other message has brought it since.
    """
    by_name = {f"{one.item.type}/{one.item.id}": one for one in lines}
    in_force: set[str] = set()
    before: dict[str, Line] = {}
    for line in lines:
        document = line if line.item.type == "Composition" else line.document
        if document is None:
            continue
        told = _told_by(document, by_name)
        if line.item.status == SUPERSEDED:
            before |= dict.fromkeys(told, document)
        else:
            in_force |= told
    gone = {
        name
        for name, document in before.items()
        if name not in in_force and by_name[name].place == document.place
    }
    return [
        replace(line, item=line.item._replace(status=SUPERSEDED)) if name in gone else line
        for name, line in by_name.items()
    ]


def _told_by(document: Line, by_name: Mapping[str, Line]) -> set[str]:
    """Return what of the lines a Composition tells, with the results of its reports."""
    found: set[str] = set()
    names = _entries_of(json_text.read(document.row.body))
    while names:
        name = names.pop()
        if name in by_name and name not in found:
            found.add(name)
            names += by_name[name].item.results
    return found


def _entries_of(section: Resource) -> list[str]:
    """Return the references to what the sections of a Composition, or of a section, say."""
    found = [str(one.get("reference") or "") for one in each(section.get("entry"))]
    for inner in each(section.get("section")):
        found += _entries_of(inner)
    return found


def documents_of(line: Line) -> list[str]:
    """Return the references of a DocumentReference to what says what stands in it."""
    if line.item.type != "DocumentReference":
        return []
    context = line.resource.get("context")
    related = each(context.get("related")) if isinstance(context, Mapping) else []
    return [str(one.get("reference") or "") for one in related]


def series_in(lines: Sequence[Line]) -> list[Series]:
    """Return what was measured in lines that come the newest first."""
    return series_of(line.item for line in reversed(lines) if line.is_whole)


def is_asked(line: Line, asked: Asked) -> bool:
    """Tell whether a line is among those that somebody wants."""
    item = line.item
    if asked.sections and item.section not in asked.sections:
        return False
    if asked.encounter and item.encounter != asked.encounter and item.id != asked.encounter:
        return False
    if asked.organisation and (
        line.channel is None or line.channel.organisation != asked.organisation
    ):
        return False
    day = _day_of(line, asked.zone)
    if day and (_before(day, asked.since) or _before(asked.until, day)):
        return False
    return not asked.words or attachments.has_words(
        item, (line.resource, line.described), asked.words
    )


def _day_of(line: Line, zone: tzinfo) -> str:
    """Return the day of a line where the house stands, as precise as it was said; may be empty."""
    said = line.item.at
    if len(said) <= len("2026-03-01"):
        return said
    return "" if line.at == NO_TIME else line.at.astimezone(zone).date().isoformat()


def _before(one: str, other: str) -> bool:
    """Tell whether a FHIR date is surely before another; an empty one is not."""
    common = min(len(one), len(other))
    return one[:common] < other[:common]
