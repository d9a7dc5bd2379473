"""``is``, ``as`` and ``ofType``: asking for types of FHIR and of System.

A name without a namespace means the FHIR type, and the System type where FHIR has none of that
name. ``as`` and ``ofType`` take a primitive only by its very type: a ``code`` is a ``string``, but
``gender.ofType(string)`` is empty, as the official suite has it; types with elements are taken
with those that specialise them.
"""

from __future__ import annotations

from typing import NamedTuple

from lianyi.formats.fhir.fhirpath.calling import Site
from lianyi.formats.fhir.fhirpath.errors import UnknownName
from lianyi.formats.fhir.fhirpath.model import Kind, Model
from lianyi.formats.fhir.fhirpath.nodes import SYSTEM_NAMES, Item, Items, Node, TypeInfo

_SYSTEM = frozenset(SYSTEM_NAMES.values()) | {"Any"}


class Wanted(NamedTuple):
    """A type by name in one namespace or both."""

    name: str
    in_fhir: bool
    in_system: bool

    def fits(self, item: Item) -> bool:
        """Whether an item is of the type or one that specialises it."""
        if item.__class__ is Node:
            return self.in_fhir and self.name in item.kind.ancestors
        if isinstance(item, TypeInfo):
            return False
        return self.in_system and self.name in {SYSTEM_NAMES[type(item)], "Any"}

    def takes(self, item: Item) -> bool:
        """Whether ``as`` and ``ofType`` let an item through."""
        if item.__class__ is Node:
            return self.takes_kind(item.kind)
        return self.fits(item)

    def takes_kind(self, kind: Kind) -> bool:
        """Whether ``as`` and ``ofType`` let the nodes of a kind through."""
        if kind.system is not None:
            return self.in_fhir and self.name == kind.name
        return self.in_fhir and self.name in kind.ancestors


def wanted(name: str, model: Model, at: int) -> Wanted:
    """Return the type that an expression names.

    Raises:
        UnknownName: no namespace has it.
    """
    namespace, dot, bare = name.rpartition(".")
    if namespace == "System":
        return Wanted(bare, in_fhir=False, in_system=True)
    if dot and namespace != "FHIR":
        raise UnknownName(at, kind="namespace", name=namespace)
    in_fhir = "." not in bare and model.find_kind(bare) is not None
    in_system = not dot and bare in _SYSTEM
    if not in_fhir and not in_system:
        raise UnknownName(at, kind="type", name=name)
    return Wanted(bare, in_fhir=in_fhir, in_system=in_system)


def chosen(site: Site, items: Items, type_: Wanted) -> Items:
    """Return the only item where it is of the type."""
    item = site.one(items)
    return [item] if item is not None and type_.takes(item) else []
