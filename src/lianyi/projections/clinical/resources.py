"""What is asked of any resource without knowing its type: its identity, references, patient. Pure.

Source:
    HL7 FHIR R4, 2.24 Resource, 2.27 Resource ids, 2.3 References; CompartmentDefinition/patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

Resource = Mapping[str, Any]

TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
_RELATIVE: Final = re.compile(
    r"(?:.*/)?([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})(?:/_history/([A-Za-z0-9\-.]{1,64}))?",
    re.ASCII,
)
_SEARCH: Final = re.compile(r"[A-Z][A-Za-z]{1,63}(\?|$)", re.ASCII)
_ABOUT: Final = (
    "patient",
    "subject",
    "for",
    "beneficiary",
    "individual",
    "securityContext",
    "source",
    "participant",
    "actor",
    "entity",
    "recipient",
    "target",
    "link",
    "focus",
)
"""Elements that may lead to the patient whom a resource is about, those first that say most."""
_INNER: Final = ("actor", "what", "target", "member", "individual")


class Reference(NamedTuple):
    """Where a reference leads: the type and id of a resource of ours."""

    type: str
    id: str


def read_reference(text: str, *, base: str = "") -> Reference | None:
    """Return which resource of ours a literal reference means; None: another one, or none at all.

    Args:
        text: ``Patient/1``, ``Patient/1/_history/2``, or the same below our own address.
        base: address of our doors, without a slash at the end.
    """
    local = text[len(base) + 1 :] if base and text.startswith(f"{base}/") else text
    if ":" in local or local.startswith(("/", "#")):
        return None
    found = _RELATIVE.fullmatch(local)
    return Reference(found[1], found[2]) if found else None


def patients_of(resource: Resource) -> list[str]:
    """Return the ids of the Patients that a resource is about, the first one first."""
    if resource.get("resourceType") == "Patient":
        return [str(resource.get("id") or "")]
    found: dict[str, None] = {}
    for name in _ABOUT:
        for text in _literals(resource.get(name)):
            leads = read_reference(text)
            if leads is not None and leads.type == "Patient":
                found[leads.id] = None
    return list(found)


def names_topic(resource: Resource) -> bool:
    """Tell whether a Subscription names a topic; one that holds a search of R4 is not followed."""
    return resource.get("resourceType") == "Subscription" and not _SEARCH.match(
        str(resource.get("criteria") or "")
    )


def _literals(value: object) -> Iterator[str]:
    """Give the literal references of an element, or of what it is made of."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, Mapping):
            continue
        text = one.get("reference")
        if isinstance(text, str):
            yield text
        elif not isinstance(text, Mapping):
            for name in _INNER:
                inner = one.get(name)
                if isinstance(inner, Mapping) and isinstance(inner.get("reference"), str):
                    yield inner["reference"]


def stamped(resource: Resource, version: int, updated_at: datetime) -> dict[str, Any]:
    """Return a resource with its version and instant, everything else as it was and where it was.

    Args:
        resource: without them.
        version: from 1.
        updated_at: when it came to stand so.
    """
    meta = resource.get("meta")
    said = {"versionId": str(version), "lastUpdated": instant(updated_at)}
    said |= meta if isinstance(meta, Mapping) else {}
    if "meta" in resource:
        return {**resource, "meta": said}
    made: dict[str, Any] = {}
    for name, value in resource.items():
        made[name] = value
        if name == "id":
            made["meta"] = said
    made.setdefault("meta", said)
    return made


def unstamped(resource: Resource) -> dict[str, Any]:
    """Return a resource without version and instant, as it is kept in a statement."""
    meta = resource.get("meta")
    if not isinstance(meta, Mapping) or not {"versionId", "lastUpdated"} & meta.keys():
        return dict(resource)
    rest = {name: value for name, value in meta.items() if name not in ("versionId", "lastUpdated")}
    if rest:
        return {**resource, "meta": rest}
    return {name: value for name, value in resource.items() if name != "meta"}


def named(resource: Resource, id_: str) -> dict[str, Any]:
    """Return a resource under an id: where the old one stood, or after its type."""
    if "id" in resource:
        return {**resource, "id": id_}
    made: dict[str, Any] = {}
    for name, value in resource.items():
        made[name] = value
        if name == "resourceType":
            made["id"] = id_
    return made


def instant(at: datetime) -> str:
    """Return an instant as FHIR writes it, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


REFERENCE: Final = frozenset({"reference"})
"""The element of a Reference that leads to a resource."""
_LINK: Final = re.compile(
    r"""(?P<before>\b(?:href|src)\s*=\s*(?P<quote>["']))(?P<to>[^"'<>]{1,2000})(?P=quote)"""
)
"""A link or a picture in a narrative."""


def with_references(
    resource: Resource,
    renamed: Callable[[str], str | None],
    *,
    elements: frozenset[str] = REFERENCE,
) -> dict[str, Any]:
    """Return a resource with other references in it; links of its narrative lead there as well.

    Args:
        resource: JSON; what is not changed in it is shared with what is returned.
        renamed: what a literal reference becomes; None: it stays.
        elements: names of those that hold one.
    """
    return dict(_leading(resource, renamed, elements))


def _narrated(div: str, renamed: Callable[[str], str | None]) -> str:
    """Return a narrative whose links and pictures lead where references do."""

    def replaced(link: re.Match[str]) -> str:
        new = renamed(link["to"])
        return link[0] if new is None else f"{link['before']}{new}{link['quote']}"

    return _LINK.sub(replaced, div)


def _leading(
    value: Any,  # noqa: ANN401 - any JSON
    renamed: Callable[[str], str | None],
    elements: frozenset[str],
) -> Any:  # noqa: ANN401 - any JSON
    """Return an object or array with other references in it; itself where there are none."""
    made: Any = None
    if value.__class__ is list:
        for place, inner in enumerate(value):
            if inner.__class__ is dict or inner.__class__ is list:
                new = _leading(inner, renamed, elements)
                if new is not inner:
                    made = made or list(value)
                    made[place] = new
        return made or value
    for name, inner in value.items():
        if inner.__class__ is dict or inner.__class__ is list:
            new = _leading(inner, renamed, elements)
        elif name in elements and inner.__class__ is str:
            new = renamed(inner)
        elif name == "div" and inner.__class__ is str:
            new = _narrated(inner, renamed)
        else:
            continue
        if new is not None and new is not inner:
            made = made or dict(value)
            made[name] = new
    return made or value
