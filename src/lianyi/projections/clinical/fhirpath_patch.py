"""FHIRPath Patch: a resource changed by operations whose paths are FHIRPath. Pure.

A path is cut before its last name, ``Patient.contact[0]`` and ``gender``: what stands before it
must be one element, and there the JSON key is looked up, also of a choice (``deceased``). A path
that ends otherwise, in ``where(…)`` for example, must give one element, which is found again in
the resource by what it is.

Source:
    HL7 FHIR R4, FHIRPath Patch (fhirpatch.html): add, insert, delete, replace, move; "it's an
    error if the path gives more than one element"; deletion of what is not there is no error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from lianyi.formats.fhir import fhirpath
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.fhirpath import FhirPathError, Node, model_of
from lianyi.formats.fhir.fhirpath.model import Child
from lianyi.projections.clinical.problems import cannot_patch

OPERATIONS_MAX: Final = 1_000
_LAST: Final = re.compile(r"(.+)\.([A-Za-z_][A-Za-z0-9_]*)(?:\[(\d{1,6})\])?", re.ASCII | re.DOTALL)

Json = Any
"""What JSON can be."""


class Operation(NamedTuple):
    """One operation.

    Attributes:
        kind: ``add``, ``insert``, ``delete``, ``replace`` or ``move``.
        path: FHIRPath.
        name: of the element that is added.
        value: that is added, inserted or put in its place; None: none.
        suffix: the type that ``value[x]`` names, for a choice: ``Boolean``.
        numbers: ``index``, ``source`` and ``destination``.
    """

    kind: str
    path: str
    name: str
    value: Json
    suffix: str
    numbers: Mapping[str, int]


class _Spot(NamedTuple):
    """Where something stands: in an element, under a key, perhaps in the list there."""

    parent: dict[str, Json]
    key: str
    at: int | None


def read(parameters: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of a Parameters resource.

    Raises:
        CannotPatch: they are none.
    """
    found = parameters.get("parameter", [])
    if not isinstance(found, list) or len(found) > OPERATIONS_MAX:
        raise cannot_patch("parameter", "it is no list of operations", "不是操作列表")
    return [_operation(one, f"parameter[{place}]") for place, one in enumerate(found)]


def _operation(parameter: Json, where: str) -> Operation:
    if not isinstance(parameter, Mapping) or parameter.get("name") != "operation":
        raise cannot_patch(where, "it is no operation", "不是 operation")
    parts = {
        str(part.get("name")): part
        for part in parameter.get("part", [])
        if isinstance(part, Mapping)
    }
    said = {name: _value(part) for name, part in parts.items()}
    numbers = {
        name: said[name]
        for name in ("index", "source", "destination")
        if isinstance(said.get(name), int)
    }
    kind, path = str(said.get("type")), str(said.get("path") or "")
    if not path:
        raise cannot_patch(where, "it has no path", "缺少 path")
    for name in {"insert": ("index",), "move": ("source", "destination")}.get(kind, ()):
        if name not in numbers:
            raise cannot_patch(where, f"it has no {name}", f"缺少 {name}")
    if kind in ("add", "insert", "replace") and said.get("value") is None:
        raise cannot_patch(where, "it has no value", "缺少 value")
    key = next((key for key in parts.get("value", {}) if key.startswith("value")), "")
    name = str(said.get("name") or "")
    return Operation(kind, path, name, said.get("value"), key.removeprefix("value"), numbers)


def _value(part: Mapping[str, Json]) -> Json:
    """Return the value of a part; of one with parts of its own an element made of them."""
    if "resource" in part:
        return part["resource"]
    for key, value in part.items():
        if key.startswith("value"):
            return value
    inner = part.get("part")
    if not isinstance(inner, list):
        return None
    made: dict[str, Json] = {}
    for one in inner:
        if isinstance(one, Mapping):
            name, value = str(one.get("name")), _value(one)
            made[name] = [*made[name], value] if isinstance(made.get(name), list) else value
    return made


def applied(resource: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """Return a resource with operations applied; the one that is given stays as it is.

    Raises:
        CannotPatch: one of them cannot be done.
    """
    made = _copy(resource)
    for place, operation in enumerate(operations):
        where = f"parameter[{place}]"
        if operation.kind not in _DOES:
            raise cannot_patch(where, "there is no such operation", "没有该操作")
        try:
            _DOES[operation.kind](made, operation, where)
        except FhirPathError as error:
            raise cannot_patch(where, "its path is no FHIRPath", "path 不是 FHIRPath") from error
    found = _without_empty(made)
    return found if isinstance(found, dict) else {}


# --- operations ---------------------------------------------------------------------------------


def _add(resource: dict[str, Any], operation: Operation, where: str) -> None:
    node = _one(resource, operation.path, where)
    parent, key = node.value, _key_of(node, operation.name, operation.suffix, where)
    value = _shaped(node, operation.name, operation.value)
    if _is_list(node, operation.name):
        parent.setdefault(key, []).append(value)
    elif key in parent:
        raise cannot_patch(where, "the element is there already", "该元素已存在")
    else:
        parent[key] = value


def _insert(resource: dict[str, Any], operation: Operation, where: str) -> None:
    found = _list_at(resource, operation.path, where)
    index = operation.numbers["index"]
    if not 0 <= index <= len(found):
        raise cannot_patch(where, "its index leads out of the list", "index 超出列表范围")
    found.insert(index, _copy(operation.value))


def _move(resource: dict[str, Any], operation: Operation, where: str) -> None:
    found = _list_at(resource, operation.path, where)
    source, destination = operation.numbers["source"], operation.numbers["destination"]
    if not (0 <= source < len(found) and 0 <= destination < len(found)):
        raise cannot_patch(where, "it leads out of the list", "超出列表范围")
    found.insert(destination, found.pop(source))


def _delete(resource: dict[str, Any], operation: Operation, where: str) -> None:
    spot = _spot(resource, operation.path, where)
    if spot is None:
        return
    if spot.at is None:
        del spot.parent[spot.key]
        spot.parent.pop(f"_{spot.key}", None)
        return
    for key in (spot.key, f"_{spot.key}"):
        found = spot.parent.get(key)
        if isinstance(found, list) and spot.at < len(found):
            found.pop(spot.at)


def _replace(resource: dict[str, Any], operation: Operation, where: str) -> None:
    spot = _spot(resource, operation.path, where)
    if spot is None:
        raise cannot_patch(where, "its path gives nothing", "path 没有匹配的元素")
    if spot.at is not None:
        spot.parent[spot.key][spot.at] = _copy(operation.value)
        return
    last = _LAST.fullmatch(operation.path)
    key = spot.key
    if last is not None and not key.endswith(last[2]):  # a choice: its type may be another now
        key = f"{last[2]}{operation.suffix}"
        del spot.parent[spot.key]
    spot.parent[key] = _copy(operation.value)


_DOES: Final[Mapping[str, Callable[[dict[str, Any], Operation, str], None]]] = {
    "add": _add,
    "insert": _insert,
    "delete": _delete,
    "replace": _replace,
    "move": _move,
}


# --- where --------------------------------------------------------------------------------------


def _one(resource: dict[str, Any], path: str, where: str) -> Node:
    """Return the one element that a path gives."""
    found = [one for one in fhirpath.compile(path, r4())(resource) if isinstance(one, Node)]
    if len(found) != 1 or not isinstance(found[0].value, dict):
        raise cannot_patch(where, "its path gives not one element", "path 未指向唯一元素")
    return found[0]


def _spot(resource: dict[str, Any], path: str, where: str) -> _Spot | None:
    """Return where the one thing stands that a path gives; None: it gives nothing."""
    last = _LAST.fullmatch(path)
    if last is None or last[2] not in _names(resource, last[1]):
        return _by_identity(resource, path, where)
    found = [one for one in fhirpath.compile(last[1], r4())(resource) if isinstance(one, Node)]
    if not found:
        return None
    node = _one(resource, last[1], where)
    child = _standing(node, last[2])
    if child is None:
        return None
    value = node.value[child.key]
    if not isinstance(value, list):
        return _Spot(node.value, child.key, None) if not last[3] or last[3] == "0" else None
    if last[3] is None and len(value) != 1:
        raise cannot_patch(where, "its path gives more than one element", "path 指向多个元素")
    index = int(last[3] or 0)
    return _Spot(node.value, child.key, index) if index < len(value) else None


def _names(resource: dict[str, Any], path: str) -> set[str]:
    """Return the names of the elements that what a path gives can have."""
    found = fhirpath.compile(path, r4())(resource)
    return {name for one in found if isinstance(one, Node) for name in one.kind.children}


def _standing(node: Node, name: str) -> Child | None:
    """Return the child of an element that stands there; of a choice the one that was chosen."""
    for child in node.kind.children.get(name, ()):
        if child.key in node.value:
            return child
    return None


def _by_identity(resource: dict[str, Any], path: str, where: str) -> _Spot | None:
    """Return where the one object stands that a path gives, looked for in the whole resource."""
    found = fhirpath.compile(path, r4())(resource)
    if not found:
        return None
    node = _one(resource, path, where)
    for spot in _spots(resource):
        value = spot.parent[spot.key]
        if (value if spot.at is None else value[spot.at]) is node.value:
            return spot
    raise cannot_patch(where, "this cannot be changed", "无法修改该元素")


def _spots(element: dict[str, Json]) -> Iterator[_Spot]:
    for key, value in element.items():
        if isinstance(value, dict):
            yield _Spot(element, key, None)
            yield from _spots(value)
        elif isinstance(value, list):
            for index, one in enumerate(value):
                if isinstance(one, dict):
                    yield _Spot(element, key, index)
                    yield from _spots(one)


def _list_at(resource: dict[str, Any], path: str, where: str) -> list[Json]:
    """Return the list that a path gives, whole."""
    last = _LAST.fullmatch(path)
    if last is None or last[3] is not None:
        raise cannot_patch(where, "its path gives no list", "path 未指向列表")
    node = _one(resource, last[1], where)
    child = _standing(node, last[2])
    found = node.value[child.key] if child else None
    if not isinstance(found, list):
        raise cannot_patch(where, "its path gives no list", "path 未指向列表")
    return found


# --- shapes -------------------------------------------------------------------------------------


def _key_of(node: Node, name: str, suffix: str, where: str) -> str:
    """Return the JSON key of an element that is added."""
    keys = [child.key for child in node.kind.children.get(name, ())]
    chosen = f"{name}{suffix}"
    if keys == [name]:
        return name
    if chosen not in keys:
        raise cannot_patch(where, "there is no such element", "没有该元素")
    return chosen


def _is_list(node: Node, name: str) -> bool:
    return r4().structure(node.kind.name).elements[name].is_list


def _shaped(node: Node, name: str, value: Json) -> Json:
    """Return an element with lists where the definitions have them."""
    value = _copy(value)
    if not isinstance(value, dict):
        return value
    (child, *_) = node.kind.children[name]
    inner = Node(value, model_of(r4()).kind(child.kind.name))
    structure = r4().find_structure(inner.kind.name)
    if structure is None:
        return value
    made: dict[str, Json] = {}
    for key, one in value.items():
        element = structure.elements.get(key)
        is_list = element is not None and element.is_list and not isinstance(one, list)
        made[key] = [one] if is_list else one
    return made


def _copy(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def _without_empty(value: Json) -> Json:
    """Return JSON without objects and lists in which nothing is left."""
    if isinstance(value, dict):
        made = {name: _without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in made.items() if inner not in ({}, [])}
    if isinstance(value, list):
        return [inner for one in value if (inner := _without_empty(one)) not in ({}, [])]
    return value
