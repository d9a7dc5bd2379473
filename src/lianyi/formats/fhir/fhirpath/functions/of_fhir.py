"""Functions that FHIR adds.

Source:
    FHIR R4, "FHIRPath", "Additional functions".
"""

from __future__ import annotations

from collections.abc import Mapping

from lianyi.formats.fhir.fhirpath.calling import Site, function
from lianyi.formats.fhir.fhirpath.errors import NobodyAnswers
from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.fhirpath.narrative import is_allowed
from lianyi.formats.fhir.fhirpath.nodes import Items, Node, step, system
from lianyi.formats.fhir.fhirpath.references import within
from lianyi.formats.fhir.fhirpath.running import Run

_OF_TYPES = "http://hl7.org/fhir/StructureDefinition/"


@function("extension", 1)
def extension(site: Site, run: Run, items: Items, url: Items) -> Items:
    """Return the extensions with a URL."""
    wanted = site.text(url)
    return [
        each
        for each in step(items, "extension")
        if isinstance(each, Node)
        and isinstance(each.value, dict)
        and each.value.get("url") == wanted
    ]


@function("resolve")
def resolve(site: Site, run: Run, items: Items) -> Items:
    """Return the resources that references mean; those that nobody finds are left out."""
    found: Items = []
    for item in items:
        reference = _reference(item)
        if reference is None:
            continue
        run.spend(1, site.at)
        resource = within(reference, run.variables)
        if resource is None and run.world.resolve is not None and not reference.startswith("#"):
            resource = run.world.resolve(reference)
        if resource is not None:
            found.append(Node(resource, site.model.kind_of(resource)))
    return found


def _reference(item: Json) -> str | None:
    value = system(item)
    if isinstance(value, str):
        return value
    if isinstance(value, Node) and isinstance(value.value, dict):
        reference = value.value.get("reference")
        return reference if isinstance(reference, str) else None
    return None


@function("conformsTo", 1)
def conforms_to(site: Site, run: Run, items: Items, profile: Items) -> Items:
    """Whether a resource conforms to a profile; of HL7's own types, whether it is one."""
    item, url = site.one(items), site.text(profile)
    if item is None or url is None:
        return []
    if run.world.conforms is not None and isinstance(item, Node):
        answer = run.world.conforms(item.value, url)
        if answer is not None:
            return [answer]
    name = url.removeprefix(_OF_TYPES)
    if name != url and site.model.find_kind(name) is not None:
        return [isinstance(item, Node) and name in item.kind.ancestors]
    raise NobodyAnswers(site.at, function="conformsTo", asked=url)


@function("memberOf", 1)
def member_of(site: Site, run: Run, items: Items, value_set: Items) -> Items:
    """Whether a code, Coding or CodeableConcept is in a value set."""
    item, url = site.one(items), site.text(value_set)
    if item is None or url is None:
        return []
    answer = None
    if run.world.member_of is not None:
        coded = item.value if isinstance(item, Node) else item
        answer = run.world.member_of(coded, url)
    if answer is None:
        raise NobodyAnswers(site.at, function="memberOf", asked=url)
    return [answer]


@function("elementDefinition")
@function("slice", 2)
def unknown_profile(site: Site, run: Run, items: Items, *arguments: Items) -> Items:
    """Profiles are judged by the validator; an expression alone does not know them."""
    raise NobodyAnswers(site.at, function=site.name.removesuffix("()"), asked="")


@function("checkModifiers", 0, None)
def check_modifiers(site: Site, run: Run, items: Items, *known: Items) -> Items:
    """Return the input; an error where it has a modifier extension that is not known."""
    urls = {site.text(each) for each in known}
    for each in step(items, "modifierExtension"):
        if isinstance(each, Node) and isinstance(each.value, Mapping):
            unknown = each.value.get("url") not in urls
            if unknown:
                raise site.unfit(each)
    return items


@function("htmlChecks")
def html_checks(site: Site, run: Run, items: Items) -> Items:
    """Whether a narrative is XHTML that FHIR allows."""
    value = site.value(items)
    return [is_allowed(value)] if isinstance(value, str) else []
