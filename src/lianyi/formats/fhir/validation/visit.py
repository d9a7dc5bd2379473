"""One walk over one resource: what was found, and where in which resource the walk is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lianyi.formats.fhir.validation.issues import ISSUES_MAX, Issue, Rule, issue_of
from lianyi.formats.fhir.validation.rules import RULES

Json = dict[str, Any]
Resolve = Callable[[str], Json | None]
"""Returns the resource that a reference leads to, None when it is not to be found."""

Check = Callable[[Any, str, "Visit"], None]
"""Judges a value that stands at a path; what is wrong goes to the visit."""


def items(value: object) -> list[Any]:
    """Return what a JSON array holds; nothing when it is no array."""
    return value if isinstance(value, list) else []


class Bundle:
    """The entries of a Bundle by what refers to them."""

    def __init__(self, value: Json) -> None:
        self.kind = str(value.get("type", ""))
        self.entries: list[tuple[str, Json]] = []
        self._named: dict[str, list[Json]] = {}
        self._urls: dict[int, str] = {}
        for entry in items(value.get("entry")):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if not isinstance(resource, dict):
                continue
            url = entry.get("fullUrl")
            url = url if isinstance(url, str) else ""
            self.entries.append((url, resource))
            self._urls[id(resource)] = url
            if url:
                self._named.setdefault(url, []).append(resource)

    def url_of(self, resource: object) -> str:
        """Return the fullUrl of the entry that holds this very resource."""
        return self._urls.get(id(resource), "")

    def matches(self, reference: str, base: str) -> list[Json]:
        """Return what a reference in an entry leads to; several when versions stand side by side.

        Args:
            reference: as it is written.
            base: fullUrl of the entry that refers: a relative reference is read beside it, when
                it is a RESTful URL.

        Source:
            FHIR R4, 2.36.4 (resolving references in Bundles).
        """
        wanted, _, version = reference.partition("#")[0].partition("/_history/")
        if "://" not in wanted and not wanted.startswith("urn:"):
            parts = base.split("/")
            if len(parts) < 3 or not base.startswith(("http://", "https://")):
                return []
            wanted = "/".join([*parts[:-2], wanted])
        found = self._named.get(wanted, [])
        return [one for one in found if _version(one) == version] if version else found


def _version(resource: Json) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


class Visit:
    """What is found on the way, and the surroundings of the value being judged.

    Attributes:
        resource: the innermost resource that the value stands in.
        root: the outermost one below a Bundle's entry: what ``#id`` is looked up in.
        used: ids of contained resources that something in ``root`` refers to.
        ids: ids of elements in ``root``.
        bundle: the Bundle around it, None where there is none.
        base: fullUrl of the entry that ``root`` stands in.
        elsewhere: finds what is neither contained nor in the Bundle.
        judging: values and profiles being laid over them, to notice circles of references.
    """

    __slots__ = (
        *("_listed", "base", "bundle", "depth", "elsewhere", "ids", "issues", "judging"),
        *("resource", "root", "used"),
    )

    def __init__(self, elsewhere: Resolve) -> None:
        self.elsewhere = elsewhere
        self.judging: set[tuple[int, str]] = set()
        self.issues: list[Issue] = []
        self.resource: Json = {}
        self.root: Json = {}
        self._listed: tuple[Json, dict[str, Json]] = ({}, {})
        self.bundle: Bundle | None = None
        self.base = ""
        self.depth = 0
        self.used: set[str] = set()
        self.ids: set[str] = set()

    def add(self, rule: str, where: str, **facts: object) -> None:
        """Note that a rule of ours is broken."""
        self.add_rule(rule, RULES[rule], where, facts)

    def add_rule(self, rule: str, words: Rule, where: str, facts: Mapping[str, object]) -> None:
        """Note that a rule is broken, with its words."""
        if len(self.issues) < ISSUES_MAX:
            self.issues.append(issue_of(rule, words, where, facts))

    def beside(self) -> Visit:
        """Return a visit at the same place that keeps what it finds to itself."""
        other = Visit(self.elsewhere)
        other.judging = self.judging
        other.resource, other.root = self.resource, self.root
        other.bundle, other.base, other.depth = self.bundle, self.base, self.depth
        return other

    def resolve(self, reference: str) -> Json | None:
        """Return what a reference leads to: here, or where the caller finds it."""
        found = self.here(reference)
        is_apart = found is None and not reference.startswith("#")
        return self.elsewhere(reference) if is_apart else found

    def _contained(self) -> dict[str, Json]:
        """Return what ``root`` contains by id, listed once for each root."""
        if self._listed[0] is not self.root:
            found: dict[str, Json] = {}
            for one in items(self.root.get("contained")):
                if isinstance(one, dict) and isinstance(one.get("id"), str):
                    found.setdefault(one["id"], one)
            self._listed = (self.root, found)
        return self._listed[1]

    def here(self, reference: str) -> Json | None:
        """Return what a reference leads to, if that is contained or in the Bundle."""
        if reference.startswith("#"):
            if reference == "#":
                return self.root
            return self._contained().get(reference[1:])
        found = self.bundle.matches(reference, self.base) if self.bundle else []
        return found[0] if found else None
