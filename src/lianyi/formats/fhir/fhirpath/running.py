"""One evaluation: what ``$this`` is, what the variables are, how much work is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from lianyi.formats.fhir.fhirpath.errors import CostlyExpression
from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.fhirpath.nodes import Items

STEPS_MAX = 500_000
TEXT_MAX = 1_000_000
TEXT_PER_STEP = 1_000


@dataclass(frozen=True, slots=True)
class World:
    """What lies outside the resource, and who is asked about it.

    Attributes:
        now: the aware instant that ``now()`` and ``today()`` tell.
        resolve: gives the resource that a reference such as ``Patient/1`` means; None if unknown.
        conforms: whether a resource conforms to the profile of a URL; None if it is unknown.
        member_of: whether a code, Coding or CodeableConcept (JSON) is in the value set of a URL;
            None if it is unknown.
        trace: is told what ``trace()`` names, and the collection.
        steps_max: how many items one evaluation may touch.
    """

    now: datetime | None = None
    resolve: Callable[[str], Mapping[str, Json] | None] | None = None
    conforms: Callable[[Json, str], bool | None] | None = None
    member_of: Callable[[Json, str], bool | None] | None = None
    trace: Callable[[str, Items], None] | None = None
    steps_max: int = STEPS_MAX


NOWHERE = World()


class Run:
    """The state of one evaluation.

    Attributes:
        this: the collection that a path without a beginning starts from: one item within
            ``where()`` and its like.
        index: the value of ``$index``; None outside of those.
        total: the value of ``$total``.
        variables: by name without ``%``.
        world: whom to ask for what is not in the resource.
        steps_left: how many items may still be touched.
    """

    __slots__ = ("index", "steps_left", "this", "total", "variables", "world")

    def __init__(self, this: Items, world: World, variables: dict[str, Items]) -> None:
        self.this = this
        self.world = world
        self.variables = variables
        self.steps_left = world.steps_max
        self.index: int | None = None
        self.total: Items = []

    def spend(self, steps: int, at: int) -> None:
        """Count work done.

        Raises:
            CostlyExpression: one evaluation may not do more.
        """
        self.steps_left -= steps
        if self.steps_left < 0:
            raise CostlyExpression(at, limit=self.world.steps_max)


Step: TypeAlias = Callable[[Run], Items]
