"""Profiles laid over values: cardinality, types, fixed values, patterns, bindings, slices.

What R4 itself says was judged before; a profile only narrows it.

Source:
    FHIR R4, 5.1 (profiling), ElementDefinition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import Constraint, Definitions
from lianyi.formats.fhir.validation import values
from lianyi.formats.fhir.validation.codes import Codes
from lianyi.formats.fhir.validation.comparing import beyond, matches, same
from lianyi.formats.fhir.validation.looking import Item, children, resolved
from lianyi.formats.fhir.validation.slicing import Slicing
from lianyi.formats.fhir.validation.trees import SYSTEM_TYPES, TYPES, Node, Tree
from lianyi.formats.fhir.validation.visit import Visit

NESTING_MAX = 12
Invariant = Callable[[Constraint, Item, Visit], None]
"""Judges one invariant on a value."""


class Profiles:
    """The profiles that are known, each made into a tree when first needed."""

    def __init__(
        self,
        definitions: Definitions,
        codes: Codes,
        brought: Iterable[Mapping[str, Any]],
        invariant: Invariant,
    ) -> None:
        self._definitions = definitions
        self._codes = codes
        self._invariant = invariant
        self._brought = {
            str(one["url"]): one
            for one in brought
            if one.get("resourceType") == "StructureDefinition" and "url" in one
        }
        self._trees: dict[str, Tree | None] = {}
        self._slicing = Slicing(definitions, self)

    def find(self, url: str) -> Tree | None:
        """Return a profile, None when it is not known; a core type is none."""
        url = url.partition("|")[0]
        if not url.startswith(("http:", "https:", "urn:")):
            url = TYPES + url
        if url not in self._trees:
            definition = self._brought.get(url) or self._definitions.find_profile(url)
            self._trees[url] = Tree(definition) if definition is not None else None
        return self._trees[url]

    def is_core(self, url: str) -> bool:
        """Whether a URL names a type of R4 and no profile of one."""
        name = url.partition("|")[0].removeprefix(TYPES)
        return "/" not in name and self._definitions.find_structure(name) is not None

    def type_of(self, url: str) -> str:
        """Return the type that a profile constrains, empty when it is not known."""
        if self.is_core(url):
            return url.partition("|")[0].removeprefix(TYPES)
        tree = self.find(url)
        return tree.type if tree is not None else ""

    # ------------------------------------------------------------- judging

    def check(self, url: str, item: Item, visit: Visit) -> None:
        """Judge a value by a profile; one that is not known is noted."""
        url, _, element = url.partition("#")
        tree = self.find(url)
        if tree is None:
            if not self.is_core(url):
                visit.add("profile-unknown", item.path, profile=url)
            elif not self._definitions.is_kind_of(item.type, self.type_of(url)):
                visit.add(
                    "profile-type", item.path, profile=url, type=self.type_of(url), found=item.type
                )
            return
        if visit.depth > NESTING_MAX * 4:
            return
        if element:
            if element in tree.by_id:
                self._one(tree.by_id[element], item, tree, visit)
            return
        if not self._definitions.is_kind_of(item.type, tree.type):
            visit.add("profile-type", item.path, profile=url, type=tree.type, found=item.type)
            return
        visit.depth += 1
        if tree.base and not self.is_core(tree.base):
            self.check(tree.base, item, visit)
        self._inside(tree.root, item, tree, visit)
        self._invariants(tree.root, item, visit)
        visit.depth -= 1

    def fits(self, url: str, item: Item, visit: Visit) -> bool | None:
        """Whether a value fits a profile; None when the profile is not known."""
        if self.find(url.partition("#")[0]) is None and not self.is_core(url):
            return None
        circle = (id(item.value), url)
        if visit.depth > NESTING_MAX or circle in visit.judging:
            return True
        apart = visit.beside()
        apart.depth += 1
        visit.judging.add(circle)
        self.check(url, item, apart)
        visit.judging.discard(circle)
        return all(issue.severity != "error" for issue in apart.issues)

    def _inside(self, node: Node, item: Item, tree: Tree, visit: Visit) -> None:
        outer = visit.root, visit.base
        url = visit.bundle.url_of(item.value) if visit.bundle is not None else ""
        if url:
            visit.root, visit.base = item.value, url
        for child in node.children.values():
            found = children(item, child.name, self._definitions)
            self._element(child, found, item, tree, visit)
        visit.root, visit.base = outer

    def _element(
        self, node: Node, found: list[Item], holder: Item, tree: Tree, visit: Visit
    ) -> None:
        self._count(node, found, holder, tree, visit)
        for one in found:
            self._one(node, one, tree, visit)
        chosen = self._slicing.sort(node, found, tree, visit) if node.slices else {}
        for name, ones in chosen.items():
            self._element(node.slices[name], ones, holder, tree, visit)

    def _count(self, node: Node, found: list[Item], holder: Item, tree: Tree, visit: Visit) -> None:
        count = len(found)
        facts = {"name": node.shown, "profile": tree.url, "found": count}
        if node.min is not None and count < node.min:
            visit.add("profile-missing", holder.path, min=node.min, **facts)
        if node.max is not None and 0 <= node.max < count:
            where = found[node.max].path
            visit.add("profile-too-many", where, max=node.max, **facts)

    def _one(self, node: Node, item: Item, tree: Tree, visit: Visit) -> None:
        facts = {"name": node.shown, "profile": tree.url}
        if node.fixed is not None and not same(node.fixed, item.value):
            visit.add("profile-value", item.path, **facts)
        if node.pattern is not None and not matches(node.pattern, item.value):
            visit.add("profile-value", item.path, **facts)
        if beyond(node, item.value):
            visit.add("profile-limit", item.path, **facts)
        if node.longest is not None and len(str(item.value)) > node.longest:
            visit.add("too-long", item.path, max=node.longest)
        if not self._kind(node, item, tree, visit):
            return
        self._bound(node, item, visit)
        self._typed(node, item, tree, visit)
        self._invariants(node, item, visit)
        self._inside(node, item, tree, visit)

    def _kind(self, node: Node, item: Item, tree: Tree, visit: Visit) -> bool:
        codes = [str(kind.get("code", "")) for kind in node.types]
        if not codes or any(code.startswith(SYSTEM_TYPES) for code in codes):
            return True
        if any(self._definitions.is_kind_of(item.type, code) for code in codes):
            return True
        facts = {"name": node.shown, "profile": tree.url, "types": tuple(codes)}
        visit.add("profile-kind", item.path, found=item.type, **facts)
        return False

    def _bound(self, node: Node, item: Item, visit: Visit) -> None:
        structure = self._definitions.find_structure(item.type)
        is_text = structure is not None and structure.kind == "primitive-type"
        if not isinstance(item.value, str if is_text else dict):
            return
        for binding in node.bindings():
            for check in values.of_binding(binding, item.type, self._codes):
                check(item.value, item.path, visit)

    def _typed(self, node: Node, item: Item, tree: Tree, visit: Visit) -> None:
        """Judge a value by the profiles of its type, and where it leads if it is a reference."""
        wanted = node.profiles_of(item.type)
        if item.type == "Extension":
            wanted = []  # judged by its own url
        if len(wanted) == 1:
            self.check(wanted[0], item, visit)
        elif wanted and not any(self.fits(url, item, visit) is not False for url in wanted):
            visit.add("profile-none", item.path, profiles=tuple(wanted))
        if item.type == "Reference" and node.ways():
            self._way(node, item, tree, visit)
        targets = node.targets()
        if item.type == "Reference" and targets:
            self._leads(targets, item, visit)

    @staticmethod
    def _way(node: Node, item: Item, tree: Tree, visit: Visit) -> None:
        said = item.value.get("reference") if isinstance(item.value, dict) else None
        if not isinstance(said, str):
            return
        inside = visit.bundle.matches(said, visit.base) if visit.bundle is not None else []
        way = "contained" if said.startswith("#") else "bundled" if inside else "referenced"
        if way not in node.ways():
            ways = tuple(sorted(node.ways()))
            visit.add("profile-way", item.path, found=way, profile=tree.url, ways=ways)

    def _leads(self, targets: list[str], item: Item, visit: Visit) -> None:
        found = resolved(item, visit)
        types = {self.type_of(url) for url in targets}
        if not found:
            said = item.value.get("reference") if isinstance(item.value, dict) else None
            kind = values.target_type(str(said), visit, self._definitions) if said else ""
            if kind and "" not in types and not types & {kind, "Resource"}:
                visit.add("wrong-target", item.path, found=kind, targets=tuple(sorted(types)))
            return
        if not any(self.fits(url, found[0], visit) is not False for url in targets):
            visit.add("profile-none", item.path, profiles=tuple(targets))

    def _invariants(self, node: Node, item: Item, visit: Visit) -> None:
        structure = self._definitions.find_structure(item.structure)
        known = {one.key for one in structure.constraints} if structure is not None else set()
        for constraint in node.constraints:
            if constraint.key not in known and not self._is_base(constraint.key):
                self._invariant(constraint, item, visit)

    @staticmethod
    def _is_base(key: str) -> bool:
        """Whether an invariant comes from the types that all others are based on."""
        return key in ("ele-1", "ext-1") or key.startswith("dom-")

    def quietly(self, node: Node, item: Item, visit: Visit) -> bool:
        """Whether a value is what a node says, nothing being noted."""
        apart = visit.beside()
        apart.depth += 1
        if apart.depth > NESTING_MAX * 3:
            return True
        self._one(node, item, Tree({}), apart)
        return all(issue.severity != "error" for issue in apart.issues)

    def nodes_of(self, urls: Iterable[str]) -> list[Node]:
        """Return the nodes that profiles, or elements of profiles, begin with."""
        found = []
        for said in urls:
            url, _, element = said.partition("#")
            tree = self.find(url)
            if tree is not None:
                found.append(tree.by_id.get(element, tree.root) if element else tree.root)
        return found
