"""What must hold of a resource, as rows of the index: a tree that is compiled to SQL. Pure.

Every node stands for a set of ``rid``. A leaf is one table: the resources of which one row of it
fulfils everything that is said of its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

Table = Literal["hashed", "text", "span", "amount", "dated"]
Operator = Literal["=", "<", "<=", ">", ">=", "contains", "ends"]
Datum = int | str | datetime | Decimal


class Compare(NamedTuple):
    """A column against a value; ``contains``, ``ends``: the text has it in it, at its end."""

    column: str
    operator: Operator
    value: Datum


class OneOf(NamedTuple):
    """A column is one of some numbers."""

    column: str
    values: tuple[int, ...]


class Both(NamedTuple):
    """Every one of these."""

    parts: tuple[Clause, ...]


class Either(NamedTuple):
    """One of these."""

    parts: tuple[Clause, ...]


Clause = Compare | OneOf | Both | Either
NOTHING_SAID = Both(())


@dataclass(frozen=True, slots=True)
class Leaf:
    """Resources with a row of a table.

    Attributes:
        table: of the index.
        ps: numbers of parameters, one of which it is of; see ``ids.parameter_number``.
        clause: what holds of the row.
    """

    table: Table
    ps: tuple[int, ...]
    clause: Clause = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class All:
    """Whatever is in each of these; at least one."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """Whatever is in one of these; without any: nothing."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Whatever of these types is not in another set."""

    part: Node
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Everything:
    """All resources of some types that are not deleted."""

    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """Some resources."""

    rids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Updated:
    """Resources of some types whose last version came at a time."""

    types: tuple[str, ...]
    clause: Clause


@dataclass(frozen=True, slots=True)
class Leads:
    """Resources of which a reference leads into another set."""

    ps: tuple[int, ...]
    to: Node


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A resource and all that stand ``below`` or ``above`` it.

    Attributes:
        p: of the reference by which each says what it is directly below.
        rid: of the resource.
        way: which of the two.
    """

    p: int
    rid: int
    way: str


@dataclass(frozen=True, slots=True)
class LedTo:
    """Resources to which a reference of another set leads."""

    ps: tuple[int, ...]
    of: Node


@dataclass(frozen=True, slots=True)
class Worded:
    """Resources that have a phrase.

    Attributes:
        ps: numbers of parameters, one of which it is of.
        grams: that a text with the phrase has; see ``clinical.words``.
        phrase: its tokens, as the table has them.
    """

    ps: tuple[int, ...]
    grams: tuple[int, ...]
    phrase: str


@dataclass(frozen=True, slots=True)
class Near:
    """Resources that lie within some metres of a place: degrees north and east (WGS84)."""

    ps: tuple[int, ...]
    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True, slots=True)
class Dated:
    """Resources that have a code and a date.

    Attributes:
        alone: those whose date is short and alone, in the table of both.
        others: all others.
        plain: both of them, as code and date apart: quicker to be asked of one resource.
    """

    alone: Leaf
    others: Node
    plain: Node


@dataclass(frozen=True, slots=True)
class Inside:
    """Resources that contain something of another set."""

    part: Node


Node = (
    Leaf
    | All
    | Some
    | Not
    | Everything
    | Among
    | Updated
    | Leads
    | Hierarchy
    | LedTo
    | Worded
    | Near
    | Dated
    | Inside
)


def both(*parts: Clause) -> Clause:
    """Return that all hold, as few words as possible."""
    flat: list[Clause] = []
    for one in parts:
        flat += one.parts if isinstance(one, Both) else [one]
    return flat[0] if len(flat) == 1 else Both(tuple(dict.fromkeys(flat)))


def either(*parts: Clause) -> Clause:
    """Return that one holds, as few words as possible."""
    unique = tuple(dict.fromkeys(parts))
    return unique[0] if len(unique) == 1 else Either(unique)


def some(*parts: Node) -> Node:
    """Return the union, flat."""
    flat: list[Node] = []
    for one in parts:
        flat += one.parts if isinstance(one, Some) else [one]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else Some(unique)


def every(*parts: Node) -> Node:
    """Return the intersection, flat."""
    flat: list[Node] = []
    for one in parts:
        flat += one.parts if isinstance(one, All) else [one]
    unique = tuple(dict.fromkeys(flat))
    return unique[0] if len(unique) == 1 else All(unique)
