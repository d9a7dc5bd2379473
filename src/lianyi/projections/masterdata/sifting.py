"""What of a feed's word is taken, what loses, and what a person is asked about. Pure.

A message of a system says one thing at a time. It is taken when its source may say that, speaks for
the organisation it is about, and nobody whose word counts more has said otherwise. What it may not
say is proposed; a person accepts or refuses. So is everything that moves the management tree of
an organisation that stands: rights hang on it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    TREE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Kind,
    LinkKey,
    Statement,
    Thing,
    about,
    subject_kind,
)
from lianyi.projections.masterdata.scope import owners
from lianyi.projections.masterdata.sources import END_OF, Source
from lianyi.projections.masterdata.spans import on_day
from lianyi.projections.masterdata.state import State
from lianyi.security.rules import path_up

MANAGED = TREE + MANAGEMENT


class Sifted(NamedTuple):
    """What becomes of a change that a feed says.

    Attributes:
        taken: the part that counts.
        proposed: the part that a person is asked about.
        why: ``source`` (nobody knows it), ``kind`` (it may not say that), ``organisation`` (it does
            not speak for that one) or ``management`` (rights hang on it).
        lost: what the source may not say: of which record, the field, the value.
    """

    taken: Change | None
    proposed: Change | None = None
    why: str = ""
    lost: tuple[tuple[Thing, str, Any], ...] = ()


def is_feed(statement: Statement) -> bool:
    """Tell whether a system said something, and not a person."""
    return not statement.kind.startswith("act ")


def sift(state: State, statement: Statement, change: Change) -> Sifted:
    """Say what becomes of one change of a feed."""
    source = state.sources.of(statement.channel, statement.by)
    if source is None:
        return Sifted(None, change, "source")
    if not all(_speaks_for(state, source, thing, statement) for thing in about(change)):
        return Sifted(None, change, "organisation")
    match change:
        case Describe():
            return _sift_description(state, source, statement, change)
        case Close():
            if not source.may_say(change.kind, END_OF):
                return Sifted(None, change, "kind")
            rights = change.kind is Kind.ORGANISATION and source.management == "propose"
            return Sifted(None, change, "management") if rights else Sifted(change)
        case Attach() | Detach():
            word = "tree" if change.relation.startswith(TREE) else change.relation
            if not source.may_say(subject_kind(change.relation), word):
                return Sifted(None, change, "kind")
            rights = change.relation == MANAGED and source.management == "propose"
            return Sifted(None, change, "management") if rights else Sifted(change)
    return Sifted(None, change, "kind")


def _sift_description(
    state: State, source: Source, statement: Statement, change: Describe
) -> Sifted:
    if not source.says.get(change.kind):
        return Sifted(None, change, "kind")
    thing = Thing(change.kind, change.code)
    allowed = {name: v for name, v in change.texts.items() if source.may_say(change.kind, name)}
    lost = tuple((thing, name, v) for name, v in change.texts.items() if name not in allowed)
    taken = change._replace(texts=allowed)
    stood = state.existence.get(thing, ())
    if not stood or (change.kind is not Kind.ORGANISATION):
        if change.until is not None and stood and not source.may_say(change.kind, END_OF):
            return Sifted(taken._replace(until=None), Close(*thing, change.until), "kind", lost)
        return Sifted(taken, lost=lost)
    if source.management == "take":
        return Sifted(taken, lost=lost)
    day = change.on or statement.day
    if not on_day(stood, day) and any(span.valid_to <= day for span in stood):
        return Sifted(None, change, "management")  # it would come back to where it hung
    if change.until is None or any(span.valid_to == change.until for span in stood):
        return Sifted(taken, lost=lost)
    return Sifted(taken._replace(until=None), Close(*thing, change.until), "management", lost)


def _speaks_for(state: State, source: Source, thing: Thing, statement: Statement) -> bool:
    """Tell whether a record belongs to what a source speaks for, or to nobody yet."""
    if not source.organisation:
        return True
    if thing.kind is not Kind.ORGANISATION:
        mine = owners(state, thing, statement.day)
        return not mine or any(_below(state, source, code, statement) for code in mine)
    hangs = LinkKey(MANAGED, thing.code) in state.links or thing.code == source.organisation
    return not hangs or _below(state, source, thing.code, statement)


def _below(state: State, source: Source, code: str, statement: Statement) -> bool:
    parents: dict[str, str | None] = {}
    here: str | None = code
    while here is not None and here not in parents:
        spans = state.links.get(LinkKey(MANAGED, here), ())
        held = on_day(spans, statement.day) or list(spans[-1:])
        parents[here] = held[0].object if held else None
        here = parents[here]
    return source.organisation in path_up(parents, code)


def holds_already(state: State, statement: Statement, change: Change) -> bool:
    """Tell whether what is proposed is so already."""
    match change:
        case Attach():
            spans = state.links.get(LinkKey(change.relation, change.subject), ())
            held = on_day(spans, change.on or statement.day)
            return any(one.object == change.object and one.role == change.role for one in held)
        case Detach():
            spans = state.links.get(LinkKey(change.relation, change.subject), ())
            return not on_day(spans, change.on or statement.day)
        case Close():
            spans = state.existence.get(Thing(change.kind, change.code), ())
            return not on_day(spans, change.on or statement.day)
        case Describe():
            thing = Thing(change.kind, change.code)
            day = change.on or statement.day
            told = state.description(thing, day)
            return (
                state.exists(thing, day)
                and told is not None
                and all(getattr(told, name) == value for name, value in change.texts.items())
            )
    return False
