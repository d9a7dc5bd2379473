"""Judges resources by FHIR R4 and by profiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lianyi.formats.fhir.definitions import Definitions, Place, Structure, r4
from lianyi.formats.fhir.validation import (
    bundles,
    definition_paths,
    extensions,
    questionnaires,
    resources,
    values,
    vital_signs,
)
from lianyi.formats.fhir.validation.codes import Codes
from lianyi.formats.fhir.validation.invariants import Invariants
from lianyi.formats.fhir.validation.issues import Issue
from lianyi.formats.fhir.validation.looking import Item
from lianyi.formats.fhir.validation.profiles import Profiles
from lianyi.formats.fhir.validation.structures import Structures
from lianyi.formats.fhir.validation.values import Unwanted
from lianyi.formats.fhir.validation.visit import Bundle, Check, Json, Resolve, Visit, items


class Validator:
    """Judges resources; compiles a type when the first resource of it comes. It may be shared.

    Args:
        definitions: R4 unless said otherwise.
        supporting: StructureDefinitions, ValueSets and CodeSystems that R4 itself does not have,
            implementation guides, Questionnaires, and resources that references may lead to.
        unknown_extensions: what an extension is that nobody here knows.
        markup: what HTML in a string is; in a narrative it is at home.
    """

    def __init__(
        self,
        definitions: Definitions | None = None,
        *,
        supporting: Iterable[Mapping[str, Any]] = (),
        unknown_extensions: Unwanted = "warning",
        markup: Unwanted = "warning",
    ) -> None:
        self._definitions = definitions or r4()
        brought = list(supporting)
        self._codes = Codes(self._definitions, brought)
        self._invariants = Invariants(self._definitions, self._codes, self._conforms)
        self._profiles = Profiles(self._definitions, self._codes, brought, self._invariants.judge)
        self._others = {
            f"{one.get('resourceType')}/{one['id']}": dict(one) for one in brought if "id" in one
        }
        self._questionnaires = {
            str(one["url"]): dict(one)
            for one in brought
            if one.get("resourceType") == "Questionnaire" and "url" in one
        }
        self._global = global_profiles(brought)
        self._markup = values.no_markup(markup)
        self._unknown_extensions = unknown_extensions
        self._structures = Structures(
            self._definitions, of_type=self._of_type, of_element=self._of_element
        )

    def validate(
        self,
        resource: object,
        *,
        profiles: Iterable[str] = (),
        resolve: Resolve | None = None,
    ) -> list[Issue]:
        """Return what is wrong with a resource.

        Args:
            resource: as ``json_text.read`` or ``xml_text.read`` gives it; anything is judged.
            profiles: URLs of profiles that it must fit besides those that it names itself.
            resolve: finds what references lead to outside of the resource, where that matters;
                by itself the validator finds the supporting resources.
        """
        visit = Visit(resolve or self._brought)
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        path = kind if isinstance(kind, str) else "Resource"
        self._structures.rooted(resource, path, visit)
        if isinstance(resource, dict) and self._definitions.is_resource_type(path):
            visit.root = visit.resource = resource
            visit.bundle = Bundle(resource) if kind == "Bundle" else None
            for url in profiles:
                self._profiles.check(url, Item(resource, None, path, path, path), visit)
        return visit.issues

    def _questionnaire(self, url: str, visit: Visit) -> Json | None:
        if url.startswith("#"):
            found = visit.here(url)
        else:
            found = self._questionnaires.get(url.partition("|")[0])
        return found if found and found.get("resourceType") == "Questionnaire" else None

    def _brought(self, reference: str) -> Json | None:
        return self._others.get(reference.partition("/_history/")[0])

    def _conforms(self, value: object, url: str, visit: Visit) -> bool | None:
        kind = str(value.get("resourceType")) if isinstance(value, dict) else ""
        if not self._definitions.is_resource_type(kind):
            return None
        return self._profiles.fits(url, Item(value, None, kind, kind, kind), visit)

    def _named_profiles(self, value: dict[str, Any], path: str, visit: Visit) -> None:
        """Judge a resource by the profiles that it names itself, and that its codes ask for."""
        meta = value.get("meta")
        kind = str(value.get("resourceType"))
        named = list(items(meta.get("profile") if isinstance(meta, dict) else None))
        named += self._global.get(kind, [])
        if kind == "Observation":
            named += vital_signs.profiles_of(value, self._definitions)
        for url in dict.fromkeys(one for one in named if isinstance(one, str)):
            self._profiles.check(url, Item(value, None, kind, kind, path), visit)

    def _of_type(self, structure: Structure) -> Iterator[Check]:
        yield from values.of_type(structure.name, self._codes, self._definitions)
        if "contained" in structure.elements:
            yield resources.used_contained
        if structure.name == "Extension":
            yield extensions.check_of(self._definitions, self._profiles, self._unknown_extensions)
        yield from self._invariants.checks(structure.constraints, structure.name)
        if structure.kind == "resource":
            yield resources.plain_id
            yield self._named_profiles
        if structure.name == "QuestionnaireResponse":
            yield questionnaires.check_of(self._questionnaire, self._codes)
        if structure.name == "StructureDefinition":
            yield definition_paths.check_of(self._definitions)
        if structure.name == "Bundle":
            yield bundles.check_of(self._definitions)

    def _of_element(self, structure: Structure, place: Place) -> Iterator[Check]:
        kind = place.type.code
        if kind == "xhtml":
            yield values.xhtml
        if place.element.name == "contained":
            yield resources.contained
        if kind == "Reference":
            target = values.reference_target(place, self._definitions)
            if target is not None:
                yield target
        if place.element.name == "id" and structure.kind != "resource":
            yield values.unique_id
        if kind == "string":
            yield self._markup
        if kind in ("canonical", "uri", "url"):
            yield values.noted_use
        if place.element.binding is not None:
            yield from values.of_binding(place.element.binding, kind, self._codes)
        yield from self._invariants.checks(place.element.constraints, place.structure)
        if len(place.type.profiles) == 1:
            yield self._profiled(place.type.profiles[0], kind)

    def _profiled(self, url: str, kind: str) -> Check:
        """Return the check of an element that R4 itself narrows, to a SimpleQuantity for one."""

        def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
            self._profiles.check(url, Item(value, None, kind, kind, path), visit)

        return check


def global_profiles(brought: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the profiles that implementation guides ask of every resource of a type."""
    found: dict[str, list[str]] = {}
    for guide in brought:
        if guide.get("resourceType") == "ImplementationGuide":
            for said in items(guide.get("global")):
                if isinstance(said, dict) and isinstance(said.get("profile"), str):
                    found.setdefault(str(said.get("type")), []).append(said["profile"])
    return found
