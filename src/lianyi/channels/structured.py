"""JSON and XML messages, with the same doors as an HL7 v2 message.

JSON paths: ``patient.id``, ``items[0].code``, ``items[*].code``; counting starts at 0.
XML paths: ``/Order/Patient/@id``, ``//code[2]/@value``, ``/a/b[@use='official']``; names match in
any namespace, counting starts at 1. There is nothing else in either: no path can run for long.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, cast

import orjson
from lxml import etree

from lianyi.channels.content import Content
from lianyi.channels.problems import BadContentPath, NotInFormat, UnreadableContent

EVERY = -1
"""The index ``[*]``."""

Json = Any
"""What JSON can say: dict, list, str, int, float, bool, None."""
Element = Any
"""An element of lxml; its types know more kinds of them than stand in a message."""

_UNREAD: Json = object()
_JSON_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d{1,6}|\*)\]")
_XML_STEP = re.compile(
    r"(?P<axis>//|/)(?:@(?P<attribute>[\w.-]+(?::[\w.-]+)?)"
    r"|(?P<name>\*|[\w.-]+(?::[\w.-]+)?)"
    r"(?P<tests>(?:\[\d{1,6}\]|\[@[\w.-]+='[^']*'\])*))"
)
_XML_TEST = re.compile(r"\[(?:(\d+)|@([\w.-]+)='([^']*)')\]")


# --- JSON ------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def json_path(path: str) -> tuple[str | int, ...]:
    """Compile a JSON path; ``EVERY`` stands for ``[*]``.

    Raises:
        BadContentPath: it does not follow the grammar.
    """
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        found = _JSON_STEP.match(path, at)
        name, index = found.groups() if found else (None, None)
        if not found or (name is not None and (at > 0) != path.startswith(".", at)):
            break
        steps.append(name if name is not None else EVERY if index == "*" else int(index or 0))
        at = found.end()
    if at < len(path) or not steps:
        why = f"character {at + 1}"
        raise BadContentPath(where="path", path=path, format="json", why=why)
    return tuple(steps)


def _found(value: Json, steps: tuple[str | int, ...]) -> list[Json]:
    """Return everything that stands at a path."""
    here = [value]
    for step in steps:
        if isinstance(step, str):
            here = [v[step] for v in here if isinstance(v, dict) and step in v]
        elif step == EVERY:
            here = [item for v in here if isinstance(v, list) for item in v]
        else:
            here = [v[step] for v in here if isinstance(v, list) and step < len(v)]
    return here


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


class JsonContent(Content):
    """A JSON message. It is written as UTF-8."""

    format = "json"
    content_type = "application/json"

    _value: Json = _UNREAD
    _changed = False

    @property
    def value(self) -> Json:
        """What the JSON says.

        Raises:
            UnreadableContent: it is no JSON.
        """
        if self._value is _UNREAD:
            try:
                text = self.body.decode(self.codec) if self.codec else self.body
                self._value = orjson.loads(text)
            except (orjson.JSONDecodeError, UnicodeDecodeError) as error:
                at = error.pos if isinstance(error, orjson.JSONDecodeError) else error.start
                raise UnreadableContent(
                    where=f"character {at + 1}", format="JSON", why="syntax"
                ) from None
        return self._value

    def read(self) -> None:
        """Parse it; see :class:`Content`."""
        _ = self.value

    def get(self, path: str) -> str:
        """Return the text at a path; objects and lists as JSON."""
        found = _found(self.value, json_path(path))
        return _text(found[0]) if found else ""

    def get_all(self, path: str) -> list[str]:
        """Return the texts of all occurrences of a path."""
        return [_text(value) for value in _found(self.value, json_path(path))]

    def find(self, path: str) -> Json:
        """Return the value at a path as it is, for copying; None when absent."""
        found = _found(self.value, json_path(path))
        return found[0] if found else None

    def set(self, path: str, value: str) -> None:
        """Write a text at a path; missing objects are made, a list may grow by one."""
        self.put(path, value)

    def put(self, path: str, value: Json) -> None:
        """Write any JSON value at a path.

        Raises:
            NotInFormat: something on the way is neither object nor list, or the index is too far.
        """
        steps = json_path(path)
        here = self.value
        for n, step in enumerate(steps):
            last = n == len(steps) - 1
            if isinstance(step, str) and isinstance(here, dict):
                if last:
                    here[step] = value
                else:
                    here = here.setdefault(step, [] if isinstance(steps[n + 1], int) else {})
            elif isinstance(step, int) and isinstance(here, list) and 0 <= step <= len(here):
                if step == len(here):
                    here.append([] if not last and isinstance(steps[n + 1], int) else {})
                if last:
                    here[step] = value
                else:
                    here = here[step]
            else:
                raise _nothing_here("json", path)
        self._changed = True
        self.codec = ""
        self.forget()

    def copy(self) -> JsonContent:
        """Return a content that can be changed."""
        twin = JsonContent(self.body, codec=self.codec, places=self.places)
        twin.inherit(self)
        twin._value = _copied(self.value)
        twin._changed = self._changed
        return twin

    def encode(self) -> bytes:
        """Return the bytes; ``body`` itself when nothing changed."""
        return orjson.dumps(self._value) if self._changed else self.body


def _nothing_here(format_: str, path: str) -> NotInFormat:
    return NotInFormat(
        where=path,
        format=format_,
        why="nothing can be written at this path",
        why_zh="无法在该路径写入",
    )


# --- XML -------------------------------------------------------------------------------------


class _XmlPath(NamedTuple):
    """A compiled path: an XPath for the elements, and the attribute asked for, if any."""

    xpath: etree.XPath
    attribute: str


@lru_cache(maxsize=4096)
def xml_path(path: str) -> _XmlPath:
    """Compile an XML path.

    Raises:
        BadContentPath: it does not follow the grammar.
    """
    at, xpath, attribute = 0, "", ""
    while at < len(path) and not attribute:
        found = _XML_STEP.match(path, at)
        if not found:
            break
        attribute = _local(found["attribute"] or "")
        if not attribute:
            xpath += found["axis"] + _xpath_step(found["name"], found["tests"])
        elif found["axis"] == "//":
            break
        at = found.end()
    if at < len(path) or not xpath:
        why = f"character {at + 1}"
        raise BadContentPath(where="path", path=path, format="xml", why=why)
    return _XmlPath(etree.XPath(xpath), attribute)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _xpath_step(name: str, tests: str) -> str:
    step = "*" if name == "*" else f"*[local-name()='{_local(name)}']"
    for number, attribute, value in _XML_TEST.findall(tests):
        step += f"[{number}]" if number else f"[@*[local-name()='{attribute}']='{value}']"
    return step


class XmlContent(Content):
    """An XML message. Entities, document types and the network are refused."""

    format = "xml"
    content_type = "application/xml"

    _root: Any = None
    _changed = False

    @property
    def root(self) -> Element:
        """The root element.

        Raises:
            UnreadableContent: it is no XML, or declares a document type.
        """
        if self._root is None:
            parser = etree.XMLParser(
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
                huge_tree=False,
                encoding=self.codec or None,
            )
            try:
                root = etree.fromstring(self.body, parser)
            except (etree.XMLSyntaxError, ValueError, LookupError) as error:
                line = getattr(error, "lineno", 0) or 0
                raise UnreadableContent(where=f"line {line}", format="XML", why="syntax") from None
            if root.getroottree().docinfo.doctype:
                raise UnreadableContent(where="line 1", format="XML", why="DOCTYPE")
            self._root = root
        return self._root

    def read(self) -> None:
        """Parse it; see :class:`Content`."""
        _ = self.root

    def _elements(self, path: _XmlPath) -> list[Json]:
        return cast(list[Element], path.xpath(self.root.getroottree()))

    def get(self, path: str) -> str:
        """Return the text of the first element or attribute at a path."""
        found = self.get_all(path)
        return found[0] if found else ""

    def get_all(self, path: str) -> list[str]:
        """Return the texts of all elements or attributes at a path."""
        asked = xml_path(path)
        elements = self._elements(asked)
        if not asked.attribute:
            return ["".join(element.itertext()) for element in elements]
        return [
            value
            for element in elements
            for name, value in element.attrib.items()
            if etree.QName(name).localname == asked.attribute
        ]

    def set(self, path: str, value: str) -> None:
        """Write the text of the first element at a path, or its attribute.

        A missing attribute is made, and so is a missing last element.

        Raises:
            NotInFormat: the element it belongs to does not exist.
        """
        asked = xml_path(path)
        elements = self._elements(asked)
        element = elements[0] if elements else self._made(path, asked)
        if asked.attribute:
            same = (n for n in element.attrib if etree.QName(n).localname == asked.attribute)
            element.set(next(same, asked.attribute), value)
        else:
            for child in list(element):
                element.remove(child)
            element.text = value
        self._changed = True
        self.forget()

    def _made(self, path: str, asked: _XmlPath) -> Element:
        """Return a new last element of a path, in the namespace of its parent."""
        above, _, name = path.rpartition("/")
        if asked.attribute or not above.strip("/") or not name.isidentifier():
            raise _nothing_here("xml", path)
        parents = self._elements(xml_path(above))
        if not parents:
            raise _nothing_here("xml", path)
        namespace = etree.QName(parents[0]).namespace
        return etree.SubElement(parents[0], f"{{{namespace}}}{name}" if namespace else name)

    def copy(self) -> XmlContent:
        """Return a content that can be changed."""
        twin = XmlContent(self.body, codec=self.codec, places=self.places)
        twin.inherit(self)
        if self._changed:
            twin.body, twin.codec = self.encode(), ""
        return twin

    def encode(self) -> bytes:
        """Return the bytes; ``body`` itself when nothing changed."""
        if not self._changed:
            return self.body
        tree = self._root.getroottree()
        codec = tree.docinfo.encoding or "UTF-8"
        declared = self.body.lstrip().startswith(b"<?xml") or codec.upper() not in _UNSAID
        return etree.tostring(tree, encoding=codec, xml_declaration=declared)


_UNSAID = frozenset({"UTF-8", "ASCII", "US-ASCII"})
