"""What each version of HL7 v2 defines: message structures, segments, datatypes, code tables.

The tables are facts taken from hl7apy by ``tools/hl7_structures.py``, one compressed file for each
version, read when the first message of the version is judged.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

VERSIONS = (
    "2.1",
    "2.2",
    "2.3",
    "2.3.1",
    "2.4",
    "2.5",
    "2.5.1",
    "2.6",
    "2.7",
    "2.8",
    "2.8.1",
    "2.8.2",
)
_NEAREST = {"2": "2.1", "2.0": "2.1", "2.0D": "2.1", "2.7.1": "2.7", "2.9": "2.8.2"}

ANY = "ANYHL7SEGMENT"
"""Stands in a structure where any segment may stand."""

UNBOUNDED = -1


class Part(NamedTuple):
    """One field of a segment, or one component of a datatype.

    Attributes:
        least: 0 or 1; 1 when required.
        most: repetitions allowed; -1 without limit, 0 when withdrawn.
        table: four digits, or empty.
    """

    least: int
    most: int
    datatype: str
    name: str
    table: str


class Node:
    """A place in a message structure: a segment, or a group of places.

    Attributes:
        name: ``PID``, or the name of the group.
        least, most: how often it may stand here; ``most`` is -1 without limit.
        is_choice: one of the children, not all in order.
        children: empty for a segment.
        names: every segment name that occurs in it.
        opener: the segment that must stand when this must; empty when all inside is optional.
    """

    __slots__ = ("children", "is_choice", "least", "most", "name", "names", "opener")

    def __init__(self, name: str, least: int, most: int) -> None:
        self.name = name
        self.least = least
        self.most = most
        self.is_choice = False
        self.children: tuple[Node, ...] = ()
        self.names = frozenset({name})
        self.opener = name

    def take_in(self, kind: str, children: tuple[Node, ...]) -> None:
        """Become a group of these children."""
        self.children = children
        self.is_choice = kind == "choice"
        self.names = frozenset().union(*(child.names for child in children))
        required = [child.opener for child in children if child.least and child.opener]
        self.opener = "/".join(required) if self.is_choice else next(iter(required), "")


class Version:
    """The tables of one version of HL7 v2."""

    def __init__(self, name: str) -> None:
        file = resources.files(__name__) / f"{name}.json.gz"
        tables: dict[str, Any] = json.loads(gzip.decompress(file.read_bytes()))
        self.name = name
        self.events: Mapping[str, str] = tables["events"]
        self.codes = {number: frozenset(codes) for number, codes in tables["tables"].items()}
        self.segments = _parts_of(tables["segments"])
        self.datatypes = _parts_of(tables["datatypes"])
        self._messages = tables["messages"]
        self._groups = tables["groups"]
        self._built: dict[str, Node] = {}

    def structure_of(self, event: str, declared: str) -> tuple[str, str]:
        """Return the message structure that an event has, and the one to judge by.

        Args:
            event: ``ADT^A04``, or the type alone.
            declared: MSH-9.3, perhaps empty.

        Returns:
            Both names; empty where this version has none.
        """
        direct = event.replace("^", "_")
        kind = event.partition("^")[0]
        own = direct if direct in self._messages else self.events.get(event, "")
        if not own and kind in self._messages:
            own = kind
        if not own and "^" not in event:
            found = [name for name in self._messages if name.startswith(f"{kind}_")]
            own = found[0] if len(found) == 1 else ""
        return own, declared if declared in self._messages else own

    def message(self, structure: str) -> Node:
        """Return the tree of a message structure.

        Raises:
            KeyError: this version has no such structure.
        """
        found = self._built.get(structure)
        if found is None:
            found = self._built[structure] = self._node(structure, 1, 1)
        return found

    def _node(self, name: str, least: int, most: int) -> Node:
        node = Node(name, least, most)
        listed = self._groups.get(name) or self._messages.get(name)
        if listed:
            kind, children = listed
            node.take_in(kind, tuple(self._node(*child) for child in children))
        return node


def _parts_of(table: Mapping[str, list[list[Any]]]) -> dict[str, tuple[Part, ...]]:
    known: dict[Part, Part] = {}
    return {
        name: tuple(known.setdefault(part, part) for part in (Part(*row) for row in rows))
        for name, rows in table.items()
    }


@lru_cache(maxsize=len(VERSIONS))
def version_tables(name: str) -> Version:
    """Return the tables of a version; the first call reads them.

    Raises:
        KeyError: there is no such version.
    """
    if name not in VERSIONS:
        raise KeyError(name)
    return Version(name)


def nearest_version(name: str) -> str:
    """Return the version in whose tables a message of this version is judged; empty if none."""
    return name if name in VERSIONS else _NEAREST.get(name, "")
