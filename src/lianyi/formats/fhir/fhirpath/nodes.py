"""What collections hold: values of the System types, and nodes: pieces of a resource.

System types are ``bool``, ``int``, ``Decimal``, ``str``, :class:`Date`, :class:`DateTime`,
:class:`Time` and :class:`Quantity`. A node is a piece of JSON with the kind it has by the
definitions; where an operation needs it, a primitive node counts as its System value.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from lianyi.formats.fhir.fhirpath.model import Child, Json, Kind, Model
from lianyi.formats.fhir.fhirpath.quantities import UCUM, Quantity
from lianyi.formats.fhir.fhirpath.temporal import Date, DateTime, Temporal, Time


class Node:
    """A piece of a resource.

    Attributes:
        value: its JSON; None for a primitive that has only extensions.
        kind: its type.
        shadow: of a primitive, the JSON object that holds its id and extensions.
    """

    __slots__ = ("kind", "shadow", "value")

    def __init__(self, value: Json, kind: Kind, shadow: Json = None) -> None:
        self.value = value
        self.kind = kind
        self.shadow = shadow

    def __repr__(self) -> str:
        return f"Node({self.kind.name})"  # never what it says: it may be of a person


class TypeInfo:
    """What ``type()`` tells of a value."""

    __slots__ = ("base", "name", "namespace")

    def __init__(self, namespace: str, name: str, base: str) -> None:
        self.namespace = namespace
        self.name = name
        self.base = base

    def step(self, name: str) -> list[Item]:
        """Return one of its own elements."""
        told = {"namespace": self.namespace, "name": self.name, "baseType": self.base}
        return [told[name]] if name in told else []


System: TypeAlias = bool | int | Decimal | str | Temporal | Quantity
Item: TypeAlias = Node | System | TypeInfo
Items: TypeAlias = list[Item]

SYSTEM_NAMES = {
    bool: "Boolean",
    int: "Integer",
    Decimal: "Decimal",
    str: "String",
    Date: "Date",
    DateTime: "DateTime",
    Time: "Time",
    Quantity: "Quantity",
}
_TEMPORAL = {"Date": Date.parse, "DateTime": DateTime.parse, "Time": Time.parse}
_CALENDAR = {"a": "year", "mo": "month"}


def system(item: Item) -> Item:
    """Return the System value of a primitive; anything else as it is."""
    if item.__class__ is not Node:
        return item
    name = item.kind.system
    value = item.value
    if name is None or value is None:
        return item
    if name == "String":
        return value if value.__class__ is str else item
    return _converted(item, name, value)


def _converted(node: Node, name: str, value: Json) -> Item:
    match name:
        case "Boolean":
            return value if isinstance(value, bool) else node
        case "Integer":
            return value if isinstance(value, int) else node
        case "Decimal":
            return _decimal(value, node)
        case _:
            try:
                return _TEMPORAL[name](value)
            except (TypeError, ValueError):
                return node


def _decimal(value: Json, node: Node) -> Item:
    if isinstance(value, bool):
        return node
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(repr(value)) if isinstance(value, float) else node


def quantity(item: Item) -> Quantity | None:
    """Return a quantity of either world as a System quantity; None for anything else."""
    if isinstance(item, Quantity):
        return item
    if not isinstance(item, Node) or "Quantity" not in item.kind.ancestors:
        return None
    found: Json = item.value
    if not isinstance(found, dict) or "comparator" in found:
        return None
    number = _decimal(found.get("value"), item)
    code, name = found.get("code"), found.get("unit")
    if not isinstance(number, Decimal):
        return None
    if found.get("system") == UCUM and isinstance(code, str):
        calendar = _CALENDAR.get(code)
        return Quantity(number, calendar or code, calendar is not None)
    if code is None and name is None:
        return Quantity(number, "1")
    return Quantity(number, f"{{{code or name}}} of {found.get('system')}")


def step(items: Items, name: str) -> Items:
    """Return the elements of that name of all items, in order."""
    out: Items = []
    for item in items:
        if item.__class__ is Node:
            value = item.value
            if value.__class__ is dict:
                children = item.kind.children.get(name)
                if children is not None:
                    for child in children:
                        if child.key in value or child.shadow in value:
                            _gather(value, child, out)
            elif item.kind.system is not None:
                out += _of_primitive(item, name)
        elif name in {"value", "unit"} and isinstance(item, Quantity):
            out.append(item.value if name == "value" else item.unit)
        elif isinstance(item, TypeInfo):
            out += item.step(name)
    return out


def gathered(value: dict[str, Json], children: tuple[Child, ...]) -> Items:
    """Return what stands under the keys of some children."""
    out: Items = []
    for child in children:
        if child.key in value or child.shadow in value:
            _gather(value, child, out)
    return out


def _gather(value: dict[str, Json], child: Child, out: Items) -> None:
    """Add to ``out`` what stands under the key of a child."""
    key, shadow, kind = child
    found = value.get(key)
    if shadow is not None:
        beside = value.get(shadow)
        if beside is not None:
            _gather_shadowed(found, beside, kind, out)
            return
    if found is None:
        return
    if kind.is_abstract:
        model = kind.model
        many = found if found.__class__ is list else [found]
        out += [Node(each, model.kind_of(each)) for each in many if each.__class__ is dict]
    elif found.__class__ is list:
        for each in found:
            if each is not None:
                out.append(Node(each, kind))
    else:
        out.append(Node(found, kind))


def _gather_shadowed(found: Json, beside: Json, kind: Kind, out: Items) -> None:
    if isinstance(found, list) or isinstance(beside, list):
        values = found if isinstance(found, list) else []
        shadows = beside if isinstance(beside, list) else []
        for at in range(max(len(values), len(shadows))):
            value = values[at] if at < len(values) else None
            shadow = shadows[at] if at < len(shadows) else None
            if value is not None or shadow is not None:
                out.append(Node(value, kind, shadow))
    else:
        out.append(Node(found, kind, beside))


def _of_primitive(node: Node, name: str) -> Items:
    if name == "value":
        value = system(node)
        return [] if value is node else [value]
    if not isinstance(node.shadow, dict):
        return []
    return step([Node(node.shadow, node.kind.model.element)], name)


def children(items: Items) -> Items:
    """Return all elements of all items."""
    out: Items = []
    for item in items:
        if not isinstance(item, Node):
            continue
        if isinstance(item.value, dict):
            for each in item.kind.children.values():
                for child in each:
                    _gather(item.value, child, out)
        elif isinstance(item.shadow, dict):
            out += children([Node(item.shadow, item.kind.model.element)])
    return out


def label(item: object) -> str:
    """Return the type of an item in words for an error; never its value."""
    if isinstance(item, Node):
        return item.kind.label
    return SYSTEM_NAMES.get(type(item), type(item).__name__)


def node(resource: Json, model: Model) -> Node:
    """Return a resource as a node; a node as it is."""
    return resource if isinstance(resource, Node) else Node(resource, model.kind_of(resource))
