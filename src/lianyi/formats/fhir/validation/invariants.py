"""The invariants of types and profiles, evaluated as FHIRPath on the values they are said of.

Those that every element or resource has are judged by code of our own, which is many times
faster: ``ele-1`` (nothing is empty), ``ext-1``, ``ref-1``, ``dom-2`` to ``dom-5``, ``txt-1`` and
``txt-2``. ``dom-6`` (a resource should have a narrative) is advice and is not judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import Constraint, Definitions
from lianyi.formats.fhir.fhirpath import Compiled, FhirPathError, Node, World, model_of
from lianyi.formats.fhir.fhirpath.nodes import Items, system
from lianyi.formats.fhir.validation.codes import Codes
from lianyi.formats.fhir.validation.issues import Rule
from lianyi.formats.fhir.validation.looking import Item
from lianyi.formats.fhir.validation.visit import Check, Visit

NATIVE = frozenset(
    ["ele-1", "ext-1", "ref-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "txt-1", "txt-2"]
)
STEPS_MAX = 200_000
ERRATA = {"answer is Boolean": "answer is boolean"}
"""What R4 writes amiss in its own invariants: que-7 asks for the type of FHIRPath's, not FHIR's."""


Conforms = Callable[[object, str, Visit], bool | None]
"""Whether a resource fits the profile of a URL; None when the profile is not known."""


class Invariants:
    """Makes invariants into checks."""

    def __init__(self, definitions: Definitions, codes: Codes, conforms: Conforms) -> None:
        self._conforms = conforms
        self._definitions = definitions
        self._model = model_of(definitions)
        self._codes = codes

    def checks(self, constraints: Iterable[Constraint], structure: str) -> Iterator[Check]:
        """Yield the checks of values that have a structure."""
        kind = self._model.find_kind(structure)
        if kind is None:
            return
        for constraint in constraints:
            compiled = None if constraint.key in NATIVE else self._compiled(constraint)
            if compiled is not None:
                yield self._check(constraint, compiled, kind)

    def judge(self, constraint: Constraint, item: Item, visit: Visit) -> None:
        """Judge one invariant of a profile on a value."""
        kind = self._model.find_kind(item.structure)
        compiled = self._compiled(constraint)
        if compiled is None or kind is None:
            visit.add("invariant-unread", item.path, key=constraint.key)
        else:
            node = Node(item.value, kind, item.shadow)
            self._evaluate(constraint, compiled, node, item.path, visit)

    def _compiled(self, constraint: Constraint) -> Compiled | None:
        expression = constraint.expression
        for wrong, right in ERRATA.items():
            expression = expression.replace(wrong, right)
        try:
            return fhirpath.compile(expression, self._definitions)
        except FhirPathError:
            return None

    def _check(self, constraint: Constraint, compiled: Compiled, kind: Any) -> Check:  # noqa: ANN401
        def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
            self._evaluate(constraint, compiled, Node(value, kind), path, visit)

        return check

    def _evaluate(
        self, constraint: Constraint, compiled: Compiled, node: Node, path: str, visit: Visit
    ) -> None:
        world = World(
            resolve=visit.resolve,
            conforms=lambda value, url: self._conforms(value, url, visit),
            member_of=self._member_of,
            steps_max=STEPS_MAX,
        )
        variables: dict[str, Items] = {
            "resource": [self._node(visit.resource)],
            "rootResource": [self._node(visit.root)],
        }
        try:
            answer = [system(one) for one in compiled(node, world=world, variables=variables)]
        except FhirPathError:
            visit.add("invariant-unread", path, key=constraint.key)
            return
        if not answer or answer == [False]:
            words = Rule(
                constraint.severity, "invariant", "{human} ({key})", "不满足约束 {key}：{human}"
            )
            facts = {"human": constraint.human, "key": constraint.key}
            visit.add_rule(constraint.key, words, path, facts)

    def _node(self, resource: dict[str, Any]) -> Node:
        kind = self._model.find_kind(str(resource.get("resourceType"))) or self._model.find_kind(
            "Resource"
        )
        return Node(resource, kind)  # type: ignore[arg-type]

    def _member_of(self, value: object, url: str) -> bool | None:
        if isinstance(value, str):
            return self._codes.is_in(url, None, value)
        if not isinstance(value, dict):
            return None
        codings = value.get("coding", [value])
        answers = [
            self._codes.is_in(url, str(one.get("system", "")), str(one.get("code", "")))
            for one in (codings if isinstance(codings, list) else [])
            if isinstance(one, dict)
        ]
        if True in answers:
            return True
        return None if None in answers else False
