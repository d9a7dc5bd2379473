"""Trees to closures: what is known before any resource is seen is decided once.

A closure takes the state of the evaluation and returns a collection. A path without a beginning
starts from ``run.this``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lianyi.formats.fhir.fhirpath import functions as _functions  # noqa: F401 - registers them
from lianyi.formats.fhir.fhirpath.calling import FUNCTIONS, Descending, Function, Site
from lianyi.formats.fhir.fhirpath.errors import UnknownName, WrongArguments
from lianyi.formats.fhir.fhirpath.model import Child, Kind, Model
from lianyi.formats.fhir.fhirpath.nodes import Items, Node, gathered, step
from lianyi.formats.fhir.fhirpath.operators import DECIDED, LOGIC, OPERATORS, distinct
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.running import Run, Step
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
    children,
    first_name,
    type_name,
)
from lianyi.formats.fhir.fhirpath.type_tests import Wanted, chosen, wanted

_KNOWN_VARIABLES = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}


def compile_tree(tree: Expression, model: Model) -> Step:
    """Return the closure of a tree.

    Raises:
        UnknownName: it names a function or type that does not exist.
        WrongArguments: a function got too many or too few.
    """
    return _Compiler(model, scoped=_defines(tree)).step(tree)


def _defines(tree: Expression) -> bool:
    """Whether an expression defines variables, so that its parts need scopes of their own."""
    if isinstance(tree, Call) and tree.name == "defineVariable":
        return True
    return any(_defines(child) for child in children(tree))


class _Compiler:
    """Compiles one expression."""

    def __init__(self, model: Model, *, scoped: bool) -> None:
        self._model = model
        self._scoped = scoped

    def step(self, node: Expression) -> Step:
        """Return the closure of a node."""
        match node:
            case Constant():
                return _constant(node)
            case Nothing():
                return lambda run: []
            case Variable(at, name):
                return self._variable(at, name)
            case Special():
                return _special(node)
            case Member():
                return self._member(node)
            case Call():
                return self._call(node)
            case Index():
                return self._index(node)
            case Sign():
                return self._sign(node)
            case Typing(at, operator, left, type_):
                return self._typing(at, operator, self._part(left), type_)
            case Binary():
                return self._binary(node)

    def _part(self, node: Expression) -> Step:
        """Return the closure of an operand or argument: what it defines, only it sees."""
        inner = self.step(node)
        if not self._scoped:
            return inner

        def scoped(run: Run) -> Items:
            variables = run.variables
            found = inner(run)
            run.variables = variables
            return found

        return scoped

    def _variable(self, at: int, name: str) -> Step:
        value = _KNOWN_VARIABLES.get(name)
        if name.startswith("vs-"):
            value = f"http://hl7.org/fhir/ValueSet/{name[3:]}"
        elif name.startswith("ext-"):
            value = f"http://hl7.org/fhir/StructureDefinition/{name[4:]}"
        if value is not None:
            return lambda run: [value]

        def variable(run: Run) -> Items:
            found = run.variables.get(name)
            if found is None:
                raise UnknownName(at, kind="variable", name=name)
            return found

        return variable

    def _member(self, node: Member) -> Step:
        name = node.name
        if node.left is not None:
            left = self.step(node.left)
            return lambda run: step(left(run), name)
        if not name[:1].isupper() or self._model.find_kind(name) is None:
            return lambda run: step(run.this, name)

        def root(run: Run) -> Items:
            this = run.this
            if len(this) == 1 and this[0].__class__ is Node and name in this[0].kind.ancestors:
                return this
            of_type: Items = [
                item for item in this if item.__class__ is Node and name in item.kind.ancestors
            ]
            return of_type or step(this, name)

        return root

    def _call(self, node: Call) -> Step:
        name = node.name
        known = FUNCTIONS.get(name)
        if known is None:
            raise UnknownName(node.at, kind="function", name=name)
        self._check_count(node, known)
        site = Site(node.at, f"{name}()", self._model)
        left = self.step(node.left) if node.left is not None else _this
        if known.types and node.arguments:
            return self._with_type(node, known, site, left)
        function = known.run
        arguments = [
            self._sort_key(argument) if name == "sort" else self._part(argument)
            for argument in node.arguments
        ]
        if not arguments:
            return lambda run: function(site, run, left(run))
        if all(place in known.lazy for place in range(len(arguments))):
            return lambda run: function(site, run, left(run), *arguments)
        lazy = known.lazy

        def call(run: Run) -> Items:
            focus = left(run)
            given = [
                argument if place in lazy else argument(run)
                for place, argument in enumerate(arguments)
            ]
            return function(site, run, focus, *given)

        return call

    def _sort_key(self, node: Expression) -> Step:
        if isinstance(node, Sign) and node.operator == "-":
            return Descending(self._part(node.operand))
        return self._part(node)

    def _check_count(self, node: Call, known: Function) -> None:
        count = len(node.arguments)
        if count < known.least or (known.most is not None and count > known.most):
            if known.most == known.least:
                expected = str(known.least)
            else:
                expected = f"{known.least}..{'*' if known.most is None else known.most}"
            raise WrongArguments(node.at, function=node.name, expected=expected)

    def _with_type(self, node: Call, known: Function, site: Site, left: Step) -> Step:
        name = type_name(node.arguments[0])
        if name is None:
            raise UnknownName(node.at, kind="type", name="")
        type_ = wanted(name, self._model, node.at)
        if isinstance(node.left, Member) and node.left.left is not None and node.name == "ofType":
            return self._member_of_type(node.left, type_)
        function = known.run
        return lambda run: function(site, run, left(run), type_)

    def _member_of_type(self, node: Member, type_: Wanted) -> Step:
        """Look for one choice of an element, not for all of them and then at their types."""
        assert node.left is not None  # noqa: S101 - asked by the caller
        left, name = self.step(node.left), node.name
        of_kind: dict[Kind, tuple[Child, ...]] = {}

        def of_type(run: Run) -> Items:
            found: Items = []
            for item in left(run):
                if item.__class__ is not Node or item.kind.system is not None:
                    found += [each for each in step([item], name) if type_.takes(each)]
                    continue
                children = of_kind.get(item.kind)
                if children is None:
                    children = of_kind[item.kind] = tuple(
                        child
                        for child in item.kind.children.get(name, ())
                        if child.kind.is_abstract or type_.takes_kind(child.kind)
                    )
                if children and item.value.__class__ is dict:
                    for each in gathered(item.value, children):
                        if type_.takes(each):
                            found.append(each)
            return found

        return of_type

    def _typing(self, at: int, operator: str, left: Step, name: str) -> Step:
        site = Site(at, operator, self._model)
        type_: Wanted = wanted(name, self._model, at)
        if operator == "as":
            return lambda run: chosen(site, left(run), type_)

        def is_(run: Run) -> Items:
            item = site.one(left(run))
            return [] if item is None else [type_.fits(item)]

        return is_

    def _index(self, node: Index) -> Step:
        left, position = self.step(node.left), self._part(node.position)
        site = Site(node.at, "[ ]", self._model)

        def index(run: Run) -> Items:
            items, at = left(run), site.integer(position(run))
            return [] if at is None or not 0 <= at < len(items) else [items[at]]

        return index

    def _sign(self, node: Sign) -> Step:
        operand = self._part(node.operand)
        site = Site(node.at, node.operator, self._model)
        sign = -1 if node.operator == "-" else 1

        def signed(run: Run) -> Items:
            value = site.value(operand(run))
            if value is None:
                return []
            if isinstance(value, Quantity):
                return [Quantity(sign * value.value, value.unit, value.calendar)]
            if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
                raise site.unfit(value)
            return [-value if sign < 0 else value]

        return signed

    def _binary(self, node: Binary) -> Step:
        if node.operator == "|":
            return self._union(node)
        left, right = self._part(node.left), self._part(node.right)
        site = Site(node.at, node.operator, self._model)
        if node.operator in LOGIC:
            return _logic(site, node.operator, left, right)
        operator = OPERATORS[node.operator]
        return lambda run: operator(site, run, left(run), right(run))

    def _union(self, node: Binary) -> Step:
        """Unite all alternatives at once, leaving out those that begin with another type."""
        parts = [(part, self._part(part)) for part in alternatives(node)]
        every = [step_ for _, step_ in parts]
        of_kind: dict[Kind, list[Step]] = {}
        model, site = self._model, Site(node.at, "|", self._model)

        def union(run: Run) -> Items:
            steps = every
            if len(run.this) == 1 and isinstance(item := run.this[0], Node):
                known = of_kind.get(item.kind)
                if known is None:
                    known = of_kind[item.kind] = [
                        step_ for part, step_ in parts if concerns(part, item.kind, model)
                    ]
                steps = known
            found: Items = []
            for step_ in steps:
                found += step_(run)
            return distinct(site, run, found)

        return union


def concerns(node: Expression, kind: Kind, model: Model) -> bool:
    """Whether a path can say anything of a type: not where it begins with another type's name."""
    root = first_name(node)
    if root is None or not root[:1].isupper() or model.find_kind(root) is None:
        return True
    return root in kind.ancestors


def _logic(site: Site, name: str, left: Step, right: Step) -> Step:
    operator, decided = LOGIC[name], DECIDED.get(name)
    settled: list[Any] = [operator(site, decided, None)]

    def logic(run: Run) -> Items:
        mine = site.truth(left(run))
        if mine is not None and mine is decided:
            return list(settled)
        answer = operator(site, mine, site.truth(right(run)))
        return [] if answer is None else [answer]

    return logic


def _this(run: Run) -> Items:
    return run.this


def _special(node: Special) -> Step:
    match node.name:
        case "$this":
            return _this
        case "$total":
            return lambda run: run.total
        case _:
            return lambda run: [] if run.index is None else [run.index]


def _constant(node: Constant) -> Step:
    value: Any = node.value
    if node.unit is not None:
        value = Quantity(Decimal(value), node.unit, node.calendar)
    return lambda run: [value]
