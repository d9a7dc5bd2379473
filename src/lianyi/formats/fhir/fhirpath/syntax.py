"""The tree of an expression. Every node knows the character where it begins (``at``)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from lianyi.formats.fhir.fhirpath.lexing import Literal as Value


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal; ``unit`` makes it a quantity, ``calendar`` one such as ``4 days``."""

    at: int
    value: Value | bool
    unit: str | None = None
    calendar: bool = False


@dataclass(frozen=True, slots=True)
class Nothing:
    """``{}``: the empty collection."""

    at: int


@dataclass(frozen=True, slots=True)
class Variable:
    """``%name``."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Special:
    """``$this``, ``$index`` or ``$total``."""

    at: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """An element by name: of ``left``, or of the input where the expression begins."""

    at: int
    left: Expression | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function applied to ``left``, or to the input where the expression begins."""

    at: int
    left: Expression | None
    name: str
    arguments: tuple[Expression, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Index:
    """``left[position]``."""

    at: int
    left: Expression
    position: Expression


@dataclass(frozen=True, slots=True)
class Sign:
    """A leading plus or minus."""

    at: int
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Typing:
    """``left is type`` and ``left as type``."""

    at: int
    operator: str
    left: Expression
    type: str


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands."""

    at: int
    operator: str
    left: Expression
    right: Expression


Expression: TypeAlias = (
    Constant | Nothing | Variable | Special | Member | Call | Index | Sign | Typing | Binary
)


def type_name(node: Expression) -> str | None:
    """Return the type that an argument such as ``FHIR.Patient`` names; None if it names none."""
    if isinstance(node, Member):
        if node.left is None:
            return node.name
        if isinstance(node.left, Member) and node.left.left is None:
            return f"{node.left.name}.{node.name}"
    return None


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the parts of a node from left to right."""
    match node:
        case Member(_, left, _):
            return () if left is None else (left,)
        case Call(_, left, _, arguments):
            return arguments if left is None else (left, *arguments)
        case Index(_, left, position):
            return (left, position)
        case Sign(_, _, operand):
            return (operand,)
        case Typing(_, _, left, _):
            return (left,)
        case Binary(_, _, left, right):
            return (left, right)
        case _:
            return ()


def height(tree: Expression) -> int:
    """Return how many nodes lie on the longest way down."""
    level, count = [tree], 0
    while level:
        level = [child for node in level for child in children(node)]
        count += 1
    return count


def alternatives(node: Expression) -> Iterator[Expression]:
    """Return the operands of the unions at the top of an expression."""
    if isinstance(node, Binary) and node.operator == "|":
        yield from alternatives(node.left)
        yield from alternatives(node.right)
    else:
        yield node


def first_name(node: Expression) -> str | None:
    """Return the name that a path begins with; None where it begins with no name."""
    while True:
        match node:
            case Member(_, None, name):
                return name
            case Member(_, left, _) | Call(_, left, _, _) if left is not None:
                node = left
            case Typing(_, _, left, _):
                node = left
            case _:
                return None
