"""What holds of values beyond their shape: codes, references, narratives, attachments, extensions.

Each function gives checks to :class:`Structures` when a type is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

from lianyi.formats.fhir.definitions import Binding, Definitions, Place
from lianyi.formats.fhir.validation import narrative
from lianyi.formats.fhir.validation.codes import UCUM, Codes
from lianyi.formats.fhir.validation.primitives import decoded_size
from lianyi.formats.fhir.validation.visit import Check, Visit, items

ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
RELATIVE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(/_history/[A-Za-z0-9\-.]{1,64})?")
REST = re.compile(
    r"https?://[^?#]*/([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?"
)
CONDITIONAL = re.compile(r"([A-Z][A-Za-z]+)\?[^\s=&?]+=[^\s=&]+(&[^\s=&?]+=[^\s=&]+)*")
MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(\s[^<>]*)?/?>")


Unwanted = Literal["warning", "error"]
"""What something is that a caller may put up with."""

# --------------------------------------------------------------------- codes


def of_binding(binding: Binding, type_code: str, codes: Codes) -> Iterator[Check]:
    """Yield the checks of an element whose codes come from a value set."""
    if binding.strength in ("required", "extensible") and binding.value_set:
        is_required = binding.strength == "required"
        yield from _bound(
            binding.value_set, is_required=is_required, type_code=type_code, codes=codes
        )
    if binding.widest and binding.strength != "required":
        yield from _bound(binding.widest, is_required=True, type_code=type_code, codes=codes)


def _bound(url: str, *, is_required: bool, type_code: str, codes: Codes) -> Iterator[Check]:
    bare = url.partition("|")[0]
    if type_code in ("code", "string", "uri", "url", "canonical"):
        yield _bound_text(bare, codes, is_required=is_required)
    elif type_code == "CodeableConcept":
        yield _bound_concept(bare, codes, is_required=is_required)
    elif type_code in ("Coding", "Quantity", "Age", "Duration", "SimpleQuantity"):
        yield _bound_coding(bare, codes, is_required=is_required)


def _bound_text(url: str, codes: Codes, *, is_required: bool) -> Check:
    rule = "code-not-in-set" if is_required else "code-not-in-extensible-set"
    known: list[frozenset[str] | None] = []

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        if not known:
            known.append(codes.plain(url))
        if known[0] is not None and value in known[0]:
            return
        if codes.is_in(url, None, value) is False:
            visit.add(rule, path, code=value, set=url)

    return check


def _pair(coding: object) -> tuple[str, str] | None:
    """Return system and code of a Coding or Quantity that has a code."""
    if not isinstance(coding, dict):
        return None
    system, code = coding.get("system", ""), coding.get("code")
    if isinstance(system, str) and isinstance(code, str) and code:
        return system, code
    return None


def _bound_coding(url: str, codes: Codes, *, is_required: bool) -> Check:
    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        pair = _pair(value)
        if pair is None:
            if is_required and "extension" not in value:
                visit.add("no-code-from-set", path, set=url)
        elif codes.is_in(url, *pair) is False:
            rule = "code-not-in-set" if is_required else "code-not-in-extensible-set"
            visit.add(rule, path, code=pair[1], set=url)

    return check


def _bound_concept(url: str, codes: Codes, *, is_required: bool) -> Check:
    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        pairs = [pair for pair in map(_pair, items(value.get("coding"))) if pair is not None]
        if not pairs:
            if is_required and "extension" not in value:
                visit.add("no-code-from-set", path, set=url)
        elif all(codes.is_in(url, *pair) is False for pair in pairs):
            rule = "code-not-in-set" if is_required else "code-not-in-extensible-set"
            visit.add(rule, path, code=pairs[0][1], set=url)

    return check


def coding(codes: Codes) -> Check:
    """Return the check of every Coding: an absolute system, a code it has, the right display."""

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        system, code = value.get("system"), value.get("code")
        if not isinstance(system, str):
            return
        if ABSOLUTE.match(system) is None:
            visit.add("system-not-absolute", f"{path}.system", found=system)
            return
        if not isinstance(code, str):
            return
        if codes.is_code(system, code) is False:
            visit.add("code-unknown", f"{path}.code", system=system, code=code)
            return
        found, display = codes.system(system), value.get("display")
        known = found.codes.get(code) if found else None
        if known and isinstance(display, str) and _folded(known) != _folded(display):
            visit.add("display-differs", f"{path}.display", code=code, system=system, display=known)

    return check


def quantity(codes: Codes) -> Check:
    """Return the check of every Quantity: an absolute system, a unit as UCUM writes them.

    Forms of drugs that stand for units (``Tab``) are not looked up: HL7's own examples take
    liberties with them.
    """

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        system, code = value.get("system"), value.get("code")
        if not isinstance(system, str) or not isinstance(code, str):
            return
        if ABSOLUTE.match(system) is None:
            visit.add("system-not-absolute", f"{path}.system", found=system)
        elif system == UCUM and codes.is_code(system, code) is False:
            visit.add("code-unknown", f"{path}.code", system=system, code=code)

    return check


def _folded(text: str) -> str:
    """Return letters and digits only: ``Vital-signs`` shows the same as ``Vital Signs``."""
    return "".join(filter(str.isalnum, text)).casefold()


def identifier(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Judge that the system of an Identifier is absolute."""
    system = value.get("system")
    if isinstance(system, str) and system and ABSOLUTE.match(system) is None:
        visit.add("system-not-absolute", f"{path}.system", found=system)


# ---------------------------------------------------------------- references


def target_type(reference: str, visit: Visit, definitions: Definitions) -> str:
    """Return the type of resource a reference leads to, empty where that cannot be told."""
    found = visit.here(reference)
    if found is not None:
        return str(found.get("resourceType", ""))
    for form in (RELATIVE, REST, CONDITIONAL):
        match = form.fullmatch(reference)
        if match is not None:
            return match[1] if definitions.is_resource_type(match[1]) else ""
    return ""


def reference_form(definitions: Definitions) -> Check:
    """Return the check of every Reference: its form, and that contained resources are there."""

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        said = value.get("reference")
        if not isinstance(said, str) or not said:
            return
        where = f"{path}.reference"
        if said.startswith("#"):
            visit.used.add(said[1:])
            if visit.here(said) is None:
                visit.add("not-contained", where, found=said[1:])
                return
        elif ABSOLUTE.match(said) is None and not _is_relative(said, definitions):
            rule = "odd-reference" if "/" in said and " " not in said else "bad-reference"
            visit.add(rule, where, found=said)
            return
        kind, found = value.get("type"), target_type(said, visit, definitions)
        if visit.bundle is not None and RELATIVE.fullmatch(said):
            twin = visit.bundle.matches(f"urn:uuid:{said.partition('/')[2]}", "")
            found = str(twin[0].get("resourceType")) if twin else found
        if not isinstance(kind, str):
            match = RELATIVE.match(said) or REST.match(said)
            kind = match[1] if match is not None and definitions.is_resource_type(match[1]) else ""
        if kind and found and kind.rpartition("/")[2] != found:
            visit.add("type-differs", path, said=kind, found=found)

    return check


def _is_relative(reference: str, definitions: Definitions) -> bool:
    match = RELATIVE.fullmatch(reference.partition("#")[0]) or CONDITIONAL.fullmatch(reference)
    return match is not None and definitions.is_resource_type(match[1])


def reference_target(place: Place, definitions: Definitions) -> Check | None:
    """Return the check of where a Reference may lead, None where it may lead anywhere."""
    targets = frozenset(place.type.targets)
    if not targets or "Resource" in targets:
        return None

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        said, kind = value.get("reference"), value.get("type")
        found = target_type(said, visit, definitions) if isinstance(said, str) else ""
        if not found and isinstance(kind, str):
            found = kind.rpartition("/")[2]
        if found and found not in targets:
            visit.add("wrong-target", path, found=found, targets=tuple(sorted(targets)))

    return check


def noted_use(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Note that a canonical, uri or url refers to a contained resource."""
    if value.startswith("#"):
        visit.used.add(value[1:])


# ----------------------------------------------- narratives, attachments, ids


def xhtml(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Judge the XHTML of a narrative."""
    root = narrative.parse(value)
    if root is None:
        visit.add("bad-narrative", path)
        return
    for name in dict.fromkeys(narrative.forbidden(root)):
        visit.add("unsafe-narrative", path, name=name)
    if not narrative.says_something(root):
        visit.add("empty-narrative", path)
    for link in dict.fromkeys(narrative.dead_links(root) if "#" in value else ()):
        if visit.here(link) is None:
            visit.add("dead-link", path, found=link)


def no_markup(severity: Unwanted) -> Check:
    """Return the check that a string holds no HTML: who shows it might run it."""
    rule = "markup" if severity == "warning" else "markup-refused"

    def check(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
        if "<" in value and MARKUP.search(value):
            visit.add(rule, path)

    return check


def unique_id(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Judge that no other element of the resource has this id."""
    if value in visit.ids:
        visit.add("id-twice", path, id=value)
    visit.ids.add(value)


def attachment(value: Any, path: str, visit: Visit) -> None:  # noqa: ANN401 - any JSON
    """Judge that the size an Attachment says is the size of its data."""
    size, data = value.get("size"), value.get("data")
    if isinstance(size, int) and isinstance(data, str):
        try:
            found = decoded_size(data)
        except ValueError:
            return
        if found != size:
            visit.add("size-differs", path, said=size, found=found)


def of_type(name: str, codes: Codes, definitions: Definitions) -> list[Check]:
    """Return what holds of every value of a type."""
    made: dict[str, Callable[[], Check]] = {
        "Coding": lambda: coding(codes),
        "Quantity": lambda: quantity(codes),
        "Identifier": lambda: identifier,
        "Reference": lambda: reference_form(definitions),
        "Attachment": lambda: attachment,
    }
    name = "Quantity" if definitions.is_kind_of(name, "Quantity") else name
    return [made[name]()] if name in made else []
