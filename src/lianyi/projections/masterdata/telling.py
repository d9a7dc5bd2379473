"""What a record is called: each field by the source whose word counts most. Pure.

A field holds what the source with the smallest rank says; among equals, what was said last. What
does not hold is remembered as lost, so that a person can see it beside what does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from lianyi.projections.masterdata.model import Description, Loss, Origin, Statement, Thing
from lianyi.projections.masterdata.sources import PEOPLE, USUAL_RANK
from lianyi.projections.masterdata.state import State


def tell(
    state: State, statement: Statement, thing: Thing, on: date, texts: Mapping[str, Any]
) -> None:
    """Set what is said from a day on; what is not said stays as it was by then.

    Later descriptions stay as they are, but for fields that somebody of lower rank said.
    """
    by = origin_of(state, statement)
    before = state.description(thing, on)
    held = before or Description(on)
    new = _ranked(state, thing, on, texts, held, by)
    rows = []
    for one in state.descriptions.get(thing, ()):
        if one.valid_from > on:
            below = {
                name: value
                for name, value in texts.items()
                if name in one.origins and one.origins[name].rank > by.rank
            }
            rows.append(_ranked(state, thing, on, below, one, by))
        elif one.valid_from < on or new is before:
            rows.append(one)
    if new is not before:
        rows.append(dataclasses.replace(new, valid_from=on, said=statement.position))
    rows.sort(key=lambda one: one.valid_from)
    if tuple(rows) != state.descriptions.get(thing, ()):
        state.set_descriptions(thing, rows)


def origin_of(state: State, statement: Statement) -> Origin:
    """Return whose word a statement is: that of people, of a source, or of a mere sender."""
    position = str(statement.position)
    if statement.kind.startswith("act "):
        return Origin(PEOPLE, state.sources.people.rank, position)
    source = state.sources.of(statement.channel, statement.by)
    if source is None or state.sources.sources is None:
        return Origin(statement.by, USUAL_RANK, position)
    return Origin(source.name, source.rank, position)


def _ranked(
    state: State, thing: Thing, on: date, texts: Mapping[str, Any], held: Description, by: Origin
) -> Description:
    """Return a description with what is said of it, as far as nobody of smaller rank said it.

    It is the same object when nothing changes.
    """
    taken: dict[str, Any] = {}
    for name, value in texts.items():
        origin, old = held.origins.get(name), getattr(held, name)
        if origin is not None and origin.rank < by.rank:
            if value != old:
                state.lose(thing, Loss(name, value, by.source, by.said, on, origin.source))
        elif origin is None or value != old or by.rank < origin.rank:
            if origin is not None and origin.source != by.source and value != old:
                state.lose(thing, Loss(name, old, origin.source, origin.said, on, by.source))
            state.win(thing, name, by.source)
            taken[name] = value
    if not taken:
        return held
    origins = {**held.origins, **dict.fromkeys(taken, by)}
    return dataclasses.replace(held, **taken, origins=origins)
