"""Whether an expression can have a value at all, by the definitions, before any resource is seen.

An element that the type at hand does not have is a slip of the pen, though evaluation would only
be empty. What cannot be known (the resource that a reference means) is let through.

Source:
    FHIRPath N1, "Type safety and strict evaluation".
"""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple, TypeAlias

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.fhirpath import evaluating
from lianyi.formats.fhir.fhirpath.calling import FUNCTIONS
from lianyi.formats.fhir.fhirpath.compiling import concerns
from lianyi.formats.fhir.fhirpath.errors import (
    ImpossibleType,
    NoSuchElement,
    UnfitValue,
    UnorderedInput,
)
from lianyi.formats.fhir.fhirpath.evaluating import model_of
from lianyi.formats.fhir.fhirpath.model import Kind, Model
from lianyi.formats.fhir.fhirpath.nodes import SYSTEM_NAMES
from lianyi.formats.fhir.fhirpath.parsing import parse
from lianyi.formats.fhir.fhirpath.syntax import (
    Binary,
    Call,
    Constant,
    Expression,
    Index,
    Member,
    Nothing,
    Sign,
    Special,
    Typing,
    Variable,
    alternatives,
    type_name,
)

_SystemType: TypeAlias = str


class Known(NamedTuple):
    """What is known of a collection.

    Attributes:
        kinds: what its items may be: kinds of FHIR, names of System types; None where anything.
        is_ordered: whether the order of its items means something.
    """

    kinds: frozenset[Kind | _SystemType] | None
    is_ordered: bool = True


_ANYTHING = Known(None)
_BOOLEAN = Known(frozenset({"Boolean"}))
_STRING = Known(frozenset({"String"}))
_INTEGER = Known(frozenset({"Integer"}))
_SAME = frozenset({
    "where", "first", "last", "tail", "skip", "take", "single", "distinct", "exclude", "intersect",
    "trace", "defineVariable", "sort", "checkModifiers",
})  # fmt: skip
_ORDERED_ONLY = frozenset({"first", "last", "tail", "skip", "take"})
_TRUTHS = frozenset({
    "empty", "exists", "all", "allTrue", "anyTrue", "allFalse", "anyFalse", "subsetOf",
    "supersetOf", "isDistinct", "not", "is", "contains", "startsWith", "endsWith", "matches",
    "matchesFull", "hasValue", "conformsTo", "memberOf", "comparable", "htmlChecks",
})  # fmt: skip
_TEXTS = frozenset({
    "substring", "upper", "lower", "replace", "replaceMatches", "toChars", "trim", "split", "join",
    "encode", "decode", "escape", "unescape",
})  # fmt: skip
_OF_TEXT = frozenset({"startsWith", "endsWith", "contains", "matches", "length", *_TEXTS})
_RESULTS = {
    **dict.fromkeys(_TRUTHS, _BOOLEAN),
    **dict.fromkeys(_TEXTS, _STRING),
    **dict.fromkeys(("count", "length", "indexOf", "lastIndexOf"), _INTEGER),
    **{
        f"{verb}{name}": Known(frozenset({name if verb == "to" else "Boolean"}))
        for verb in ("to", "convertsTo")
        for name in SYSTEM_NAMES.values()
    },
}
_TRUTH_OPERATORS = frozenset({
    "=", "!=", "~", "!~", "<", "<=", ">", ">=", "in", "contains", "and", "or", "xor", "implies",
})  # fmt: skip


def check(
    expression: str, definitions: Definitions, type_: str, *, is_order_checked: bool = False
) -> None:
    """Raise where an expression makes no sense for a type.

    Args:
        expression: FHIRPath.
        definitions: what R4 says.
        type_: name of a resource type, or of any other (``Patient.contact``).
        is_order_checked: also refuse to take the first of what has no order.

    Raises:
        NoSuchElement, ImpossibleType, UnfitValue, UnorderedInput: what makes no sense.
        FhirPathError: it cannot be used at all.
    """
    evaluating.compile(expression, definitions)
    model = model_of(definitions)
    focus = Known(frozenset({model.kind(type_)}))
    _Checker(model, is_order_checked=is_order_checked).known(parse(expression), focus)


class _Checker:
    """Follows one expression through the types."""

    def __init__(self, model: Model, *, is_order_checked: bool) -> None:
        self._model = model
        self._is_order_checked = is_order_checked

    def known(self, node: Expression, this: Known) -> Known:
        """Return what is known of a node's value; ``this`` is what ``$this`` is there."""
        match node:
            case Constant(_, value, unit):
                name = "Quantity" if unit is not None else SYSTEM_NAMES[type(value)]
                return Known(frozenset({name}))
            case Nothing():
                return Known(frozenset())
            case Variable():
                return _ANYTHING
            case Special(_, name):
                return this if name == "$this" else _ANYTHING
            case Member():
                return self._member(node, this)
            case Call():
                return self._call(node, this)
            case Index(at, left, position):
                self.known(position, this)
                found = self.known(left, this)
                self._ordered(at, found, "[ ]")
                return found
            case Sign(_, _, operand):
                return self.known(operand, this)
            case Typing(at, operator, left, name):
                found = self.known(left, this)
                return _BOOLEAN if operator == "is" else self._narrowed(found, name, at)
            case Binary(_, "|", _, _):
                return self._union(node, this)
            case Binary(_, operator, left, right):
                self.known(left, this)
                self.known(right, this)
                return _BOOLEAN if operator in _TRUTH_OPERATORS else _ANYTHING

    def _union(self, node: Expression, this: Known) -> Known:
        """Follow the alternatives that begin with the type at hand, or with no type.

        A search parameter of several types names them all; each resource is of one.
        """
        every = list(alternatives(node))
        own = [
            part
            for part in every
            if this.kinds is None
            or any(
                not isinstance(kind, Kind) or concerns(part, kind, self._model)
                for kind in this.kinds
            )
        ]
        return reduce(_either, [self.known(part, this) for part in own or every])

    def _member(self, node: Member, this: Known) -> Known:
        focus = self.known(node.left, this) if node.left is not None else this
        if focus.kinds is None:
            return _ANYTHING
        if node.left is None:
            named = self._model.find_kind(node.name) if node.name[:1].isupper() else None
            if named is not None and any(_may_be(kind, named) for kind in focus.kinds):
                return focus
        if not focus.kinds:
            return focus
        found: set[Kind | _SystemType] = set()
        known = False
        for kind in focus.kinds:
            if not isinstance(kind, Kind):
                if kind == "Quantity" and node.name in {"value", "unit"}:
                    return _ANYTHING
                continue
            if kind.is_abstract:
                return _ANYTHING
            children = kind.children.get(node.name, ())
            if kind.system is not None and node.name == "value":
                return Known(frozenset({kind.system}))
            known = known or bool(children)
            found.update(child.kind for child in children)
        if not known:
            raise NoSuchElement(node.at, type=_names(focus), name=node.name)
        return Known(frozenset(found), focus.is_ordered)

    def _call(self, node: Call, this: Known) -> Known:
        focus = self.known(node.left, this) if node.left is not None else this
        name = node.name
        if name in _ORDERED_ONLY:
            self._ordered(node.at, focus, f"{name}()")
        if name in _OF_TEXT:
            self._text(node, focus)
        if FUNCTIONS[name].types:
            wanted = type_name(node.arguments[0]) or ""
            return _BOOLEAN if name == "is" else self._narrowed(focus, wanted, node.at)
        given = [
            self.known(argument, self._item_of(node, place, focus, this))
            for place, argument in enumerate(node.arguments)
        ]
        return self._result(node, focus, given)

    @staticmethod
    def _item_of(node: Call, place: int, focus: Known, this: Known) -> Known:
        """Return what ``$this`` is within an argument."""
        is_outer = node.name == "coalesce" or (node.name == "aggregate" and place == 1)
        return focus if place in FUNCTIONS[node.name].lazy and not is_outer else this

    def _result(self, node: Call, focus: Known, given: list[Known]) -> Known:
        match node.name:
            case "iif":
                self._truth(node, given[0])
                return _either(given[1], given[2]) if len(given) > 2 else given[1]
            case "select":
                return Known(given[0].kinds, focus.is_ordered and given[0].is_ordered)
            case "union" | "combine":
                return _either(focus, given[0])
            case "children" | "descendants":
                return Known(None, is_ordered=False)
            case "extension":
                return Known(frozenset({self._model.kind("Extension")}))
            case name if name in _SAME:
                return focus
            case name:
                return _RESULTS.get(name, _ANYTHING)

    def _truth(self, node: Call, criterion: Known) -> None:
        kinds = criterion.kinds
        if kinds and not any(_system(kind) == "Boolean" for kind in kinds):
            raise UnfitValue(node.at, operation="iif()", found=_names(criterion))

    def _text(self, node: Call, focus: Known) -> None:
        if focus.kinds and not any(_may_be_text(kind) for kind in focus.kinds):
            raise UnfitValue(node.at, operation=f"{node.name}()", found=_names(focus))

    def _ordered(self, at: int, focus: Known, what: str) -> None:
        if self._is_order_checked and not focus.is_ordered:
            raise UnorderedInput(at, operation=what)

    def _narrowed(self, focus: Known, name: str, at: int) -> Known:
        bare = name.rpartition(".")[2]
        kind = None if name.startswith("System.") else self._model.find_kind(bare)
        if kind is None:
            return Known(frozenset({bare}), focus.is_ordered)
        if focus.kinds and not any(_may_be(each, kind) for each in focus.kinds):
            raise ImpossibleType(at, type=_names(focus), name=name)
        return Known(frozenset({kind}), focus.is_ordered)


def _may_be(kind: Kind | _SystemType, other: Kind) -> bool:
    """Whether something of a kind may be of another: of its base, or of what specialises it."""
    if not isinstance(kind, Kind):
        return kind == other.name
    return other.name in kind.ancestors or kind.name in other.ancestors


def _may_be_text(kind: Kind | _SystemType) -> bool:
    return _system(kind) == "String" or (isinstance(kind, Kind) and kind.is_abstract)


def _system(kind: Kind | _SystemType) -> str | None:
    return kind.system if isinstance(kind, Kind) else kind


def _either(left: Known, right: Known) -> Known:
    if left.kinds is None or right.kinds is None:
        return _ANYTHING
    return Known(left.kinds | right.kinds, left.is_ordered and right.is_ordered)


def _names(known: Known) -> str:
    return ", ".join(
        sorted(kind.name if isinstance(kind, Kind) else kind for kind in known.kinds or ())
    )
