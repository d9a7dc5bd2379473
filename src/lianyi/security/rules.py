"""Decisions about who may do what where; pure functions.

Allowed is what some assignment that holds now gives: its role has the permission, and its
organisation is that of the data or stands above it. Nothing is ever forbidden on top of that, so
each yes has one reason that can be shown, and each no is the absence of one.

Source:
    NIST RBAC (ANSI INCITS 359-2012), core and static separation of duty, with a scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lianyi.security.model import EVERYWHERE, Assignment, Purpose, Reach, Role
from lianyi.security.permissions import PERMISSIONS

MASTERDATA = frozenset({"masterdata.read", "masterdata.edit"})
"""What whoever sees master data may do."""

Parents = Mapping[str, str | None]
"""Code of each organisation to that of the one above it."""


def path_up(parents: Parents, organisation: str) -> Iterator[str]:
    """Give an organisation and all above it, the nearest first; a circle ends where it closes."""
    seen: set[str] = set()
    here: str | None = organisation
    while here and here not in seen:
        seen.add(here)
        yield here
        here = parents.get(here)


def below(parents: Parents, organisation: str) -> frozenset[str]:
    """Return an organisation and all below it."""
    if organisation == EVERYWHERE:
        return frozenset({EVERYWHERE})
    return frozenset(
        {organisation} | {code for code in parents if organisation in path_up(parents, code)}
    )


def reach_of(
    assignments: Iterable[Assignment],
    roles: Mapping[str, Role],
    parents: Parents,
    *,
    at: datetime,
) -> Reach:
    """Return what assignments give at an instant. A role that is gone gives nothing."""
    of: dict[str, frozenset[str]] = {}
    for one in assignments:
        if one.role in roles and one.holds(at):
            where = below(parents, one.organisation)
            for permission in roles[one.role].permissions:
                of[permission] = of.get(permission, frozenset()) | where
    return Reach(of)


def narrowed(reach: Reach, permissions: Iterable[str]) -> Reach:
    """Return the part of a reach that a token with these scopes gives."""
    return Reach({name: where for name, where in reach.of.items() if name in set(permissions)})


def reach_of_all() -> Reach:
    """Return the reach of the platform itself: everything everywhere."""
    return Reach({permission: frozenset({EVERYWHERE}) for permission in PERMISSIONS})


def seeing_roles(roles: Mapping[str, Role]) -> list[str]:
    """Return the roles whose people see what messages say."""
    return sorted(
        role.name
        for role in roles.values()
        if any(PERMISSIONS[permission].sees for permission in role.permissions)
    )


def masterdata_roles(roles: Mapping[str, Role]) -> list[str]:
    """Return the roles whose people see master data, be it to change them."""
    return sorted(role.name for role in roles.values() if MASTERDATA & frozenset(role.permissions))


def indicator_roles(roles: Mapping[str, Role]) -> list[str]:
    """Return the roles whose people see indicators, so that they see what is written on them."""
    return sorted(role.name for role in roles.values() if "indicators.read" in role.permissions)


def purpose_of(names: Sequence[str], roles: Mapping[str, Role]) -> Purpose:
    """Return what people with these roles look at patients for; the first role decides."""
    known = [roles[name].purpose for name in names if name in roles]
    return known[0] if known else Purpose.OPERATIONS


def purposes_of(names: Sequence[str], roles: Mapping[str, Role]) -> frozenset[Purpose]:
    """Return all that people with these roles may look at patients for."""
    known = [roles[name] for name in names if name in roles]
    return frozenset(one for role in known for one in (role.purpose, *role.purposes))


def excluded_by(role: Role, held: Iterable[str], roles: Mapping[str, Role]) -> str | None:
    """Return a role somebody holds that may not stand beside another one; None: there is none."""
    for name in held:
        other = roles.get(name)
        if name != role.name and (name in role.excludes or (other and role.name in other.excludes)):
            return name
    return None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision is yes: this assignment, and the way from its organisation to the data's."""

    assignment: Assignment
    way: tuple[str, ...]


def explain(
    assignments: Iterable[Assignment],
    roles: Mapping[str, Role],
    parents: Parents,
    *,
    permission: str,
    organisation: str,
    at: datetime,
) -> list[Reason]:
    """Return every assignment that says yes; none means no.

    Args:
        assignments: of one account.
        roles: by name.
        parents: the tree.
        permission: what is asked for.
        organisation: whose data it is; empty: nobody's but the installation's.
        at: when.
    """
    up = tuple(path_up(parents, organisation))
    reasons: list[Reason] = []
    for one in assignments:
        role = roles.get(one.role)
        if role is None or permission not in role.permissions or not one.holds(at):
            continue
        if one.organisation == EVERYWHERE:
            reasons.append(Reason(one, (EVERYWHERE, *reversed(up))))
        elif one.organisation in up:
            way = up[: up.index(one.organisation) + 1]
            reasons.append(Reason(one, tuple(reversed(way))))
    return reasons
