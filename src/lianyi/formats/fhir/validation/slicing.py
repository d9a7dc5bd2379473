"""Which slice of a profile a value belongs to, by its discriminators.

Source:
    FHIR R4, 5.1.0.15 to 5.1.0.17 (slicing, discriminators).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Protocol

from lianyi.formats.fhir.definitions import Definitions
from lianyi.formats.fhir.validation.comparing import matches, same
from lianyi.formats.fhir.validation.looking import CALL, Item, follow, segments
from lianyi.formats.fhir.validation.trees import Node, Tree
from lianyi.formats.fhir.validation.visit import Json, Visit, items


class Laying(Protocol):
    """What slicing asks of the profiles that it is a part of."""

    def fits(self, url: str, item: Item, visit: Visit) -> bool | None:
        """Whether a value fits a profile; None when the profile is not known."""

    def quietly(self, node: Node, item: Item, visit: Visit) -> bool:
        """Whether a value is what a node says, nothing being noted."""

    def nodes_of(self, urls: Iterable[str]) -> list[Node]:
        """Return the nodes that profiles, or elements of profiles, begin with."""

    def type_of(self, url: str) -> str:
        """Return the type that a profile constrains, empty when it is not known."""


class Slicing:
    """Sorts values into slices."""

    def __init__(self, definitions: Definitions, laying: Laying) -> None:
        self._definitions = definitions
        self._laying = laying

    def sort(
        self, node: Node, found: list[Item], tree: Tree, visit: Visit
    ) -> dict[str, list[Item]]:
        """Return the values of each slice; judge that nothing else is there, and the order."""
        slicing = node.slicing or {}
        rules = slicing.get("rules")
        facts = {"name": node.name, "profile": tree.url}
        chosen: dict[str, list[Item]] = {name: [] for name in node.slices}
        places: list[tuple[int, Item]] = []
        for item in found:
            name = self._slice_of(node, item, slicing, visit)
            if name is not None:
                chosen[name].append(item)
                places.append((list(chosen).index(name), item))
            elif rules == "closed":
                visit.add("slice-closed", item.path, **facts)
            elif rules == "openAtEnd":
                places.append((len(chosen), item))
        if slicing.get("ordered") is True or rules == "openAtEnd":
            for (before, _), (place, item) in pairwise(places):
                if place < before and (slicing.get("ordered") is True or before == len(chosen)):
                    visit.add("slice-order", item.path, **facts)
        return chosen

    def _slice_of(self, node: Node, item: Item, slicing: Json, visit: Visit) -> str | None:
        for name, one in node.slices.items():
            if self._belongs(one, node, item, slicing, visit):
                return name
        return None

    def _belongs(self, one: Node, whole: Node, item: Item, slicing: Json, visit: Visit) -> bool:
        discriminators = [d for d in items(slicing.get("discriminator")) if isinstance(d, dict)]
        if not discriminators:
            if whole.name in ("extension", "modifierExtension"):
                discriminators = [{"type": "value", "path": "url"}]
            elif whole.name.endswith("[x]"):
                discriminators = [{"type": "type", "path": "$this"}]
            else:
                return self._laying.quietly(one, item, visit)
        return all(
            self._agrees(one, item, str(d.get("type")), str(d.get("path")), visit)
            for d in discriminators
        )

    def _agrees(self, one: Node, item: Item, kind: str, path: str, visit: Visit) -> bool:
        there = follow(item, path, self._definitions, visit)
        nodes = self._descend(one, path)
        if kind == "exists":
            wanted = all(node.max != 0 for node in nodes) and any(node.min for node in nodes)
            return bool(there) == wanted
        if kind == "type":
            return self._agrees_in_type(nodes, there, path)
        if kind == "profile":
            urls = [url for node in nodes for url in self._profiles_at(node, path)]
            return any(self._laying.fits(url, each, visit) for url in urls for each in there)
        telling = [node for node in nodes if node.says_value()]
        if path == "url" and item.type == "Extension" and not telling:
            url = item.value.get("url") if isinstance(item.value, dict) else None
            return str(url) in one.profiles_of("Extension")
        if not nodes:
            return bool(there)
        return any(
            self._says_of(node, each, visit) for node in telling or nodes[:1] for each in there
        )

    def _says_of(self, node: Node, item: Item, visit: Visit) -> bool:
        """Whether a value is what a slice says its discriminator is."""
        if node.fixed is not None:
            return same(node.fixed, item.value)
        if node.pattern is not None:
            return matches(node.pattern, item.value)
        return self._laying.quietly(node, item, visit)

    def _agrees_in_type(self, nodes: list[Node], there: list[Item], path: str) -> bool:
        wanted: set[str] = set()
        for node in nodes:
            if path.endswith("resolve()"):
                wanted |= {self._laying.type_of(url) for url in node.targets()} or {node.name}
                continue
            for kind in node.types:
                profiles = [self._laying.type_of(str(p)) for p in items(kind.get("profile"))]
                wanted |= {name for name in profiles if name} or {str(kind.get("code"))}
        return any(
            self._definitions.is_kind_of(each.type, name) for each in there for name in wanted
        )

    @staticmethod
    def _profiles_at(node: Node, path: str) -> list[str]:
        if path.endswith("resolve()"):
            return node.targets()
        return [str(p) for kind in node.types for p in items(kind.get("profile"))]

    def _descend(self, node: Node, path: str) -> list[Node]:
        """Return the nodes that say what stands at a discriminator's path."""
        steps = segments(path)
        found = [node]
        for place, segment in enumerate(steps):
            call = CALL.fullmatch(segment)
            is_last = place == len(steps) - 1
            if call is None:
                found = [deeper for one in found for deeper in self._children_of(one, segment)]
            elif call[1] == "extension":
                found = [
                    inner
                    for one in found
                    for outer in self._children_of(one, "extension")
                    for inner in outer.slices.values()
                    if call[2] in inner.profiles_of("Extension")
                ]
            elif call[1] == "resolve" and not is_last:
                found = self._laying.nodes_of(url for one in found for url in one.targets())
        return found

    def _children_of(self, node: Node, name: str) -> list[Node]:
        found: list[Node] = []
        for one in [node, *self._laying.nodes_of(node.profiles())]:
            for key in (name, f"{name}[x]"):
                if key in one.children:
                    child = one.children[key]
                    found += [child, *child.slices.values()]
        return found
