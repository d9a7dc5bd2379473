"""What is asked of every resource before it is kept, and what ``$validate`` tells. Pure.

What no reader of R4 could read is refused: unknown elements, lists where one value belongs, texts
that are no date. Whatever else R4 and profiles ask, such as an element that must be there or a
code of a value set, is told by ``$validate`` and keeps nobody from writing: what a hospital knows
is kept, however incomplete.

Source:
    HL7 FHIR R4, 3.1.0.7 (validate), OperationDefinition/Resource-validate.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from lianyi.formats.fhir import json_text
from lianyi.formats.fhir.definitions import r4
from lianyi.formats.fhir.validation import Issue, Validator, operation_outcome
from lianyi.formats.fhir.validation.shapes import Shapes
from lianyi.formats.fhir.validation.structures import Structures
from lianyi.formats.fhir.validation.visit import Visit
from lianyi.projections.clinical.problems import unreadable

REFUSED: Final = frozenset(
    {
        "not-a-resource", "unknown-element", "too-many", "choice-twice", "not-an-object",
        "not-an-array", "not-one-value", "empty", "not-aligned", "too-deep", "not-of-type",
        "bad-format", "bad-date",
    }
)  # fmt: skip
"""Rules of the validator that say how the text of a resource is built."""
MODES: Final = frozenset({"create", "update", "delete"})


@lru_cache(maxsize=1)
def validator() -> Validator:
    """Return the one that judges by R4."""
    return Validator()


@lru_cache(maxsize=1)
def _shapes() -> Structures:
    """Return what knows how resources are built, and nothing else of them."""
    return Structures(r4(), of_type=lambda _: (), of_element=lambda _, __: ())


@lru_cache(maxsize=1)
def _quick() -> Shapes:
    """Return what sees at once that nearly all resources are built as they should be."""
    return Shapes(r4())


def check_shape(resource: Mapping[str, Any], *, where: str = "") -> None:
    """Do nothing for a resource that any reader of R4 can read.

    Args:
        resource: of a known type.
        where: of it, in an error.

    Raises:
        UnreadableResource: names the first element that is wrong, and the rule.
    """
    if _quick().is_sound(resource):
        return
    visit = Visit(lambda _: None)
    _shapes().rooted(resource, str(resource["resourceType"]), visit)
    for issue in visit.issues:
        if issue.rule in REFUSED:
            place = issue.expression
            if where:
                place = f"{where}.resource{place.removeprefix(str(resource['resourceType']))}"
            raise unreadable(place, f"{issue.en} ({issue.rule})", f"{issue.zh}（{issue.rule}）")


def judged(type_: str, sent: Mapping[str, Any], *, profiles: tuple[str, ...] = ()) -> bytes:
    """Return what is wrong with a resource as an OperationOutcome.

    Args:
        type_: that it must be of.
        sent: the resource, or Parameters with it, a ``mode`` and a ``profile``.
        profiles: that it must fit, besides those that are sent or that it names.
    """
    resource: object = sent
    if sent.get("resourceType") == "Parameters" and type_ != "Parameters":
        given = sent.get("parameter")
        listed = given if isinstance(given, list) else []
        parts = [one for one in listed if isinstance(one, Mapping)]
        resource = next((one.get("resource") for one in parts if one.get("name") == "resource"), {})
        asked = (one for one in parts if one.get("name") == "profile")
        named = (one.get("valueUri") or one.get("valueCanonical") for one in asked)
        profiles += tuple(one for one in named if isinstance(one, str))
    issues = list(validator().validate(resource, profiles=profiles))
    if isinstance(resource, Mapping) and resource.get("resourceType") not in (type_, None):
        issues.insert(0, _other_type(type_))
    return json_text.write(operation_outcome(issues))


def _other_type(type_: str) -> Issue:
    return Issue(
        "error",
        "invalid",
        "Resource",
        "other-type",
        f"the address says that this is a resource of type {type_}",
        f"地址所指的资源类型为 {type_}",
    )
