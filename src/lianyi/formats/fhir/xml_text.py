"""FHIR XML in and out, by way of the same values that FHIR JSON has.

Which elements repeat, what is a number and what is an attribute is known only from the
definitions; so they lead both ways. Elements that R4 does not know are read, too (a leaf as
its text): judging is the business of ``validation``, and it should see them.

Source:
    FHIR R4, 2.6.1 (XML representation) and 2.6.2 (JSON representation).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from lianyi.formats.fhir.definitions import Definitions, Place, Structure, r4
from lianyi.formats.fhir.errors import FhirTooDeep, FhirTooLarge, MalformedFhir

SIZE_BYTES_MAX = 64 * 1024 * 1024
DEPTH_MAX = 128
FHIR = "http://hl7.org/fhir"
XHTML = "http://www.w3.org/1999/xhtml"
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})")
DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?")
Json = dict[str, Any]


def read(
    data: bytes,
    *,
    definitions: Definitions | None = None,
    size_bytes_max: int = SIZE_BYTES_MAX,
    any_order: bool = False,
) -> Json:
    """Return the resource that XML text holds, as :func:`json_text.read` would give it.

    Nothing is fetched and no entity is resolved; a document type is refused.

    Args:
        data: the text, in any encoding that its first line says; UTF-8 where it says none.
        definitions: R4 unless said otherwise.
        size_bytes_max: the longest text that is read.
        any_order: put up with elements that do not stand in the order FHIR gives them.

    Raises:
        FhirTooLarge: the text is longer than ``size_bytes_max``.
        FhirTooDeep: its elements stand too deep in one another.
        MalformedFhir: it is no XML, no FHIR, or its elements stand in an order of their own.
    """
    if len(data) > size_bytes_max:
        raise FhirTooLarge(where="FHIR XML", size_bytes=len(data), size_bytes_max=size_bytes_max)
    root = _tree(data, where="FHIR XML")
    if root.getroottree().docinfo.doctype:
        raise _malformed("FHIR XML", "it has a document type (DOCTYPE)", "含有文档类型（DOCTYPE）")
    return _Reader(definitions or r4(), any_order=any_order).resource(root, 0)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_pis=True, huge_tree=False
    )


def _tree(data: bytes, *, where: str) -> etree._Element:
    try:
        return etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise _malformed(where, str(error), f"XML 有误：{error}") from error
    except ValueError as error:
        raise _malformed(where, "it is no XML", "不是 XML") from error


def _malformed(where: str, why: str, why_zh: str) -> MalformedFhir:
    return MalformedFhir(where=where, why=why, why_zh=why_zh)


def _name(tag: str) -> str:
    """Return the local name of a tag of FHIR; of another namespace or none, with that."""
    if tag.startswith(f"{{{FHIR}}}"):
        return tag.removeprefix(f"{{{FHIR}}}")
    return tag if tag.startswith("{") else "{}" + tag


class _Reader:
    """Reads elements by the structure they have."""

    def __init__(self, definitions: Definitions, *, any_order: bool) -> None:
        self._definitions = definitions
        self._any_order = any_order

    def resource(self, element: etree._Element, depth: int) -> Json:
        name = _name(str(element.tag))
        structure = self._definitions.find_structure(name)
        if structure is None or structure.kind != "resource":
            raise _malformed(
                f"line {element.sourceline}",
                f"'{name}' is no resource of FHIR R4 (namespace {FHIR})",
                f"“{name}”不是 FHIR R4 的资源（命名空间应为 {FHIR}）",
            )
        return {"resourceType": name, **self._members(element, structure, depth)}

    def _members(self, element: etree._Element, structure: Structure | None, depth: int) -> Json:
        """Return what stands in an element, attributes and children, under its JSON keys."""
        if depth > DEPTH_MAX:
            raise FhirTooDeep(where=f"line {element.sourceline}", depth_max=DEPTH_MAX)
        if any(text and text.strip() for text in (element.text, *(c.tail for c in element))):
            raise _malformed(
                f"line {element.sourceline}", "text stands between elements", "元素之间有文字"
            )
        places = structure.places if structure else {}
        order = {key: number for number, key in enumerate(places)}
        found: Json = {str(key): str(value) for key, value in element.attrib.items()}
        last = -1
        for child in element:
            if not isinstance(child.tag, str):
                continue  # a comment
            key = "div" if child.tag == f"{{{XHTML}}}div" else _name(child.tag)
            place = places.get(key)
            if order.get(key, last) < last and not self._any_order:
                raise _malformed(
                    f"line {child.sourceline}",
                    f"the element '{key}' stands after one that follows it in FHIR",
                    f"元素“{key}”的位置不符合 FHIR 规定的顺序",
                )
            last = order.get(key, last)
            self._add(found, key, place, child, depth)
        return {
            key: value
            for key, value in found.items()
            if not isinstance(value, list) or any(one is not None for one in value)
        }

    def _add(
        self, found: Json, key: str, place: Place | None, child: etree._Element, depth: int
    ) -> None:
        value, more = self._value(place, child, depth)
        if place is None or not place.element.is_list:
            again = key in found or f"_{key}" in found
            if again and place is not None:
                raise _malformed(
                    f"line {child.sourceline}",
                    f"the element '{key}' stands there more than once",
                    f"元素“{key}”重复出现",
                )
            if value is not None or more is None:
                found[key] = value if value is not None else {}
            if more is not None:
                found[f"_{key}"] = more
            return
        values = found.setdefault(key, [])
        values.append(value)
        others = found.get(f"_{key}")
        if more is not None and others is None:
            others = found[f"_{key}"] = [None] * (len(values) - 1)
        if others is not None:
            others.append(more)

    def _value(
        self, place: Place | None, child: etree._Element, depth: int
    ) -> tuple[Any, Json | None]:
        """Return what JSON writes under the key, and what under the key with the underscore."""
        if place is None:
            if "value" in child.attrib and not len(child):
                return child.attrib["value"], None
            return self._members(child, None, depth + 1), None
        if place.structure == "xhtml":
            return _narrative(child), None
        structure = self._definitions.structure(place.structure)
        if structure.kind == "resource":
            return self._only_resource(child, depth + 1), None
        if structure.kind != "primitive-type":
            return self._members(child, structure, depth + 1), None
        members = self._members(child, structure, depth + 1)
        text = members.pop("value", None)
        return _primitive(structure, text), members or None

    def _only_resource(self, holder: etree._Element, depth: int) -> Json:
        inside = [one for one in holder if isinstance(one.tag, str)]
        if len(inside) != 1:
            raise _malformed(
                f"line {holder.sourceline}",
                f"'{_name(str(holder.tag))}' must hold one resource, it holds {len(inside)}",
                f"“{_name(str(holder.tag))}”应包含一个资源，实际为 {len(inside)} 个",
            )
        return self.resource(inside[0], depth)


def _primitive(structure: Structure, text: str | None) -> str | int | bool | Decimal | None:
    """Return the value that JSON has for a text; a text that is none of the type stays text."""
    if text is None:
        return None
    kind = structure.base if structure.base == "integer" else structure.name
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if kind == "decimal" and DECIMAL.fullmatch(text):
        return int(text) if INTEGER.fullmatch(text) else Decimal(text)
    return text


def _narrative(element: etree._Element) -> str:
    """Return the XML of a narrative by itself, with only the namespaces that it needs."""
    tail, element.tail = element.tail, None
    alone = etree.fromstring(etree.tostring(element), _parser())
    element.tail = tail
    etree.cleanup_namespaces(alone)
    return etree.tostring(alone, encoding="unicode")


def write(resource: Mapping[str, Any], *, definitions: Definitions | None = None) -> bytes:
    """Return the XML of a resource as UTF-8.

    Raises:
        MalformedFhir: it has an element that R4 does not know, or a narrative that is no XML.
        FhirTooDeep: its elements stand too deep in one another.
    """
    element = _Writer(definitions or r4()).resource(resource, "")
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True)


class _Writer:
    """Writes values in the order of the structure they have."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions

    def resource(self, resource: Mapping[str, Any], where: str) -> etree._Element:
        name = str(resource.get("resourceType", ""))
        where = f"{where}.{name}" if where else name
        structure = self._definitions.find_structure(name)
        if structure is None or structure.kind != "resource":
            raise _malformed(
                where or "resourceType",
                f"'{name}' is no resource of FHIR R4",
                f"“{name}”不是 FHIR R4 的资源",
            )
        element = etree.Element(f"{{{FHIR}}}{name}", nsmap={None: FHIR})
        self._fill(element, structure, resource, where)
        return element

    def _fill(
        self, element: etree._Element, structure: Structure, value: object, where: str
    ) -> None:
        if where.count(".") > DEPTH_MAX:
            raise FhirTooDeep(where=where[:200], depth_max=DEPTH_MAX)
        if not isinstance(value, Mapping):
            raise _malformed(where, "an object should stand here", "此处应为对象")
        unknown = {
            key
            for key in value
            if key.removeprefix("_") not in structure.places and key != "resourceType"
        }
        if unknown:
            where = f"{where}.{min(unknown)}"
            raise _malformed(where, "FHIR R4 knows no such element", "FHIR R4 没有此元素")
        for key, place in structure.places.items():
            if key not in value and f"_{key}" not in value:
                continue
            said, more = value.get(key), value.get(f"_{key}")
            if place.element.representation == "xmlAttr":
                element.set(key, _text(said))
                continue
            values = said if isinstance(said, list) else [said]
            others = more if isinstance(more, list) else [more]
            for number in range(max(len(values), len(others))):
                self._child(
                    element,
                    place,
                    key,
                    values[number] if number < len(values) else None,
                    others[number] if number < len(others) else None,
                    f"{where}.{key}",
                )

    def _child(
        self,
        parent: etree._Element,
        place: Place,
        key: str,
        value: Any,  # noqa: ANN401 - any JSON
        more: Mapping[str, Any] | None,
        where: str,
    ) -> None:
        if place.structure == "xhtml":
            parent.append(_tree(str(value).encode(), where=where))
            return
        child = etree.SubElement(parent, f"{{{FHIR}}}{key}")
        structure = self._definitions.structure(place.structure)
        if structure.kind == "resource":
            child.append(self.resource(value if isinstance(value, Mapping) else {}, where))
        elif structure.kind != "primitive-type":
            self._fill(child, structure, value, where)
        else:
            if value is not None:
                child.set("value", _text(value))
            if more is not None:
                self._fill(child, structure, more, where)


def _text(value: object) -> str:
    """Return how a primitive value is written in an attribute."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
