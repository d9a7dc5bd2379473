"""What people do to master data in the platform itself, as acts in the log. Pure.

An act carries what the person wanted, ``{"actor", "reason", …}``, and the changes that this means,
so that it means the same for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import orjson

from lianyi.messagelog.message import LogMessage, NewMessage
from lianyi.projections.masterdata.changes import all_from_json, all_to_json, unreadable
from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    PLACE,
    ROLE,
    TREE,
    Attach,
    Change,
    Close,
    Describe,
    Detach,
    Inherit,
    Kind,
    Repoint,
    Succeed,
)
from lianyi.projections.masterdata.problems import EmergencyWithoutEnd
from lianyi.security.acts import act as written

PREFIX = "act masterdata."


def read(message: LogMessage) -> Sequence[tuple[Change, ...]]:
    """Return the one statement of an act.

    Raises:
        UnreadableMasterData: it is not one of ours.
    """
    try:
        facts = orjson.loads(message.body)["changes"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise unreadable("changes", "the act lists no changes", "操作中没有变更列表") from error
    return [all_from_json(facts)]


def write(
    name: str, changes: Sequence[Change], *, actor: str, reason: str, about: Mapping[str, Any]
) -> NewMessage:
    """Return an act to append.

    Args:
        name: in the past tense: ``organisation_split``.
        changes: what it means.
        actor: who acts.
        reason: why; may be empty.
        about: what the person wanted, for people who read the log.
    """
    facts = {"actor": actor, "reason": reason, **about, "changes": all_to_json(changes)}
    return written(f"{PREFIX.removeprefix('act ')}{name}", facts)


# --- what each use case means -------------------------------------------------------------------


def created(
    kind: Kind,
    code: str,
    texts: Mapping[str, Any],
    *,
    on: date,
    until: date | None,
    parent: str | None,
    tree: str,
    location: str | None,
    organisation: str | None = None,
    role: str = "",
) -> list[Change]:
    """A new record, perhaps under a parent, at a location, or working at an organisation."""
    changes: list[Change] = [Describe(kind, code, on, until, fresh=True, texts=texts)]
    if parent:
        changes.append(Attach(tree, code, parent, on=on, until=until))
    if location:
        changes.append(Attach(PLACE, code, location, on=on, until=until))
    if organisation:
        changes.append(Attach(ROLE, code, organisation, role, on=on, until=until))
    return changes


def emergency(
    code: str,
    texts: Mapping[str, Any],
    *,
    on: date,
    until: date | None,
    parent: str | None,
    location: str | None,
) -> list[Change]:
    """A temporary organisation that ends by itself.

    Raises:
        EmergencyWithoutEnd: no end is given.
    """
    if until is None:
        raise EmergencyWithoutEnd(where=code)
    return created(
        Kind.ORGANISATION,
        code,
        {**texts, "emergency": True},
        on=on,
        until=until,
        parent=parent,
        tree=TREE + MANAGEMENT,
        location=location,
    )


def moved(organisation: str, to: str, *, on: date, out_of: str) -> list[Change]:
    """An organisation moves: one row. Neither the organisation nor the location changes."""
    return [Attach(PLACE, organisation, to, on=on, instead=out_of)]


def split(
    code: str,
    into: Sequence[tuple[str, Mapping[str, Any]]],
    *,
    on: date,
    goes_to: Mapping[str, str],
    stays_at: Mapping[str, str],
) -> list[Change]:
    """One organisation becomes several. What is above and below keeps its code.

    Args:
        code: the one that ends.
        into: code and texts of the new ones; whatever is not assigned goes to the first.
        on: first day of the new ones.
        goes_to: organisation under the old one to the new one that it will be under.
        stays_at: location of the old one to the new one that will be there alone.
    """
    first = into[0][0]
    changes: list[Change] = []
    for new, texts in into:
        changes.append(Describe(Kind.ORGANISATION, new, on, fresh=True, texts=texts))
        changes.append(Inherit(new, code, on))
        changes.append(Succeed(code, new, "split", on))
    changes.append(Repoint(code, first, on))
    changes += [
        Attach(TREE + MANAGEMENT, child, parent, on=on) for child, parent in goes_to.items()
    ]
    for location, keeper in stays_at.items():
        changes += [Detach(PLACE, new, location, on=on) for new, _ in into if new != keeper]
    changes.append(Close(Kind.ORGANISATION, code, on))
    return changes


def merged(
    codes: Sequence[str], into: str, texts: Mapping[str, Any] | None, *, on: date
) -> list[Change]:
    """Several organisations become one. What hung on them hangs on it.

    Args:
        codes: those that end.
        into: the one that stays, or a new one.
        texts: of the new one; None: it exists.
        on: first day on which they are one.
    """
    changes: list[Change] = []
    if texts is not None:
        changes.append(Describe(Kind.ORGANISATION, into, on, fresh=True, texts=texts))
        changes.append(Inherit(into, codes[0], on))
    for code in codes:
        changes.append(Repoint(code, into, on))
        changes.append(Succeed(code, into, "merge", on))
        changes.append(Close(Kind.ORGANISATION, code, on))
    return changes
