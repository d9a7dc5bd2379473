"""Whether FHIR R4 has what a question asks for: fields, arguments and directives, by type. Pure.

So a question is refused before anything is looked up, and what is answered later needs no doubt.

Source:
    HL7 FHIR R4, 3.1.7 GraphQL: fields, list navigation, references, searches, directives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from lianyi.formats.fhir.definitions import r4
from lianyi.projections.clinical.graph.asked import Field, On, Selection
from lianyi.projections.clinical.graph.problems import unreadable
from lianyi.projections.clinical.types import TYPES

RESOURCE: Final = "Resource"
LIST, CONNECTION = "List", "Connection"
TYPE_NAME: Final = "__typename"
NAVIGATION: Final = frozenset({"fhirpath", "_offset", "_count"})
"""Arguments of every list, beside the elements of what is in it."""
REFERENCE: Final = "_reference"
"""Argument of a search within a resource: the parameter that leads to it."""
CURSOR: Final = "_cursor"
"""Argument of a connection: where its page begins."""
EDGES: Final = "edges"
PAGES: Final = frozenset({"count", "pagesize", "first", "next"})
"""What a connection says of its pages."""
DIRECTIVES: Final[Mapping[str, frozenset[str]]] = {
    "first": frozenset(),
    "flatten": frozenset(),
    "singleton": frozenset(),
    "slice": frozenset({"path", "fhirpath"}),
}


def searched(name: str) -> tuple[str, str] | None:
    """Return the type and the form of a search: ``PatientList``; None: it is no search."""
    for form in (LIST, CONNECTION):
        if name.endswith(form) and name.removesuffix(form) in TYPES:
            return name.removesuffix(form), form
    return None


def is_primitive(structure: str) -> bool:
    """Tell whether values of a type are texts, numbers or booleans of the JSON."""
    return r4().structure(structure).kind == "primitive-type"


def check_system(inside: Iterable[Selection]) -> None:
    """Check what is asked of the whole system: reads, lists and connections.

    Raises:
        UnreadableQuery: there is no such field.
    """
    for one in inside:
        if isinstance(one, On):
            check_system(one.inside)
        elif one.name == TYPE_NAME:
            _check_value(one, one.alias)
        elif searched(one.name) is not None:
            _check_search(one, "")
        elif one.name in TYPES:
            if set(one.arguments) != {"id"} or len(one.arguments["id"]) != 1:
                raise unreadable(one.name, "it is asked for by its id", "须以 id 指明资源")
            _check_directives(one, one.name)
            check(one.inside, one.name, _inside(one, ""))
        else:
            raise unreadable(one.name, "there is no such field", "没有该字段")


def check(inside: Iterable[Selection], structure: str, where: str) -> None:
    """Check what is asked of values of a type.

    Args:
        inside: what is asked for.
        structure: name of the type, or the path of an anonymous one.
        where: the path of the field.

    Raises:
        UnreadableQuery: the type has no such element, or it is asked for as it is not.
    """
    for one in inside:
        if isinstance(one, On):
            if one.type and r4().find_structure(one.type) is None:
                raise unreadable(where, f"there is no type {one.type[:64]}", "没有该类型")
            check(one.inside, one.type or structure, where)
        else:
            _check_field(one, structure, f"{where}.{one.name}")


def _check_field(one: Field, structure: str, where: str) -> None:
    _check_directives(one, where)
    definition = r4().structure(structure)
    is_resource = definition.kind == "resource"
    if one.name == TYPE_NAME or (is_resource and one.name == "resourceType"):
        _check_value(one, where)
    elif is_resource and searched(one.name) is not None:
        _check_search(one, where)
    elif structure == "Reference" and one.name == "resource":
        _check_arguments(one, frozenset({"optional", "type"}), where)
        (type_,) = one.arguments.get("type", (RESOURCE,))[:1]
        if type_ != RESOURCE and type_ not in TYPES:
            raise unreadable(where, "there is no such type", "没有该类型")
        check(one.inside, type_, _inside(one, where))
    else:
        _check_element(one, structure, where)


def _check_element(one: Field, structure: str, where: str) -> None:
    places = r4().structure(structure).places
    place = places.get(one.name)
    if place is not None:
        element, name = place.element, place.structure
    else:
        shadowed = places.get(one.name[1:]) if one.name.startswith("_") else None
        if shadowed is None or not is_primitive(shadowed.structure):
            raise unreadable(where, f"{structure} has no such element", f"{structure} 没有该元素")
        element, name = shadowed.element, "Element"
    elements = () if is_primitive(name) else r4().structure(name).places
    allowed = NAVIGATION | frozenset(
        key for key in elements if is_primitive(r4().structure(name).places[key].structure)
    )
    _check_arguments(one, allowed if element.is_list else frozenset(), where)
    for number in ("_offset", "_count"):
        said = one.arguments.get(number, ("0",))
        if len(said) != 1 or not (said[0].isascii() and said[0].isdigit() and len(said[0]) < 10):
            raise unreadable(where, f"{number} is no number", f"{number} 不是数字")
    if is_primitive(name):
        _check_value(one, where)
    else:
        check(one.inside, name, _inside(one, where))


def _check_search(one: Field, where: str) -> None:
    found = searched(one.name)
    assert found is not None  # noqa: S101 - the caller has seen that it is one
    type_, form = found
    if where and len(one.arguments.get(REFERENCE, ())) != 1:
        raise unreadable(
            where,
            f"within a resource it needs {REFERENCE}, the parameter that leads here",
            f"在资源之内须以 {REFERENCE} 指明指向该资源的检索参数",
        )
    _check_directives(one, where or one.name)
    inside = _inside(one, where)
    if form == LIST:
        check(one.inside, type_, inside)
        return
    for part in _fields(one.inside):
        if part.name in PAGES or part.name == TYPE_NAME:
            _check_value(part, inside)
        elif part.name == EDGES:
            for edge in _fields(part.inside):
                if edge.name == "resource":
                    check(edge.inside, type_, _inside(edge, inside))
                elif edge.name in ("mode", "score", TYPE_NAME):
                    _check_value(edge, inside)
                else:
                    raise unreadable(f"{inside}.{EDGES}", "there is no such field", "没有该字段")
        else:
            raise unreadable(inside, "there is no such field", "没有该字段")


def _fields(inside: Iterable[Selection]) -> Iterable[Field]:
    for one in inside:
        if isinstance(one, Field):
            yield one
        else:
            yield from _fields(one.inside)


def _inside(one: Field, where: str) -> str:
    """Return the path of a field of which something must be asked."""
    path = where or one.name
    if not one.inside:
        raise unreadable(
            path, "it says not which of its fields are wanted", "未指明需要其中哪些字段"
        )
    return path


def _check_value(one: Field, where: str) -> None:
    if one.inside:
        raise unreadable(where, "it is a value and has no fields", "这是值，没有下级字段")


def _check_arguments(one: Field, allowed: frozenset[str], where: str) -> None:
    unknown = sorted(set(one.arguments) - allowed)
    if unknown:
        name = unknown[0][:64]
        raise unreadable(where, f"it has no argument {name}", f"没有参数 {name}")


def _check_directives(one: Field, where: str) -> None:
    for name, arguments in one.directives.items():
        allowed = DIRECTIVES.get(name)
        if allowed is None or set(arguments) - allowed:
            said = name[:64]
            raise unreadable(
                where, f"there is no directive @{said} like this", f"不支持指令 @{said}"
            )
        if name == "slice" and len(arguments) != 1:
            raise unreadable(where, "@slice needs a path", "@slice 须带路径")
