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
from typing import Any, Final, NamedTuple

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
MODES: Final = frozenset({"", "create", "update", "delete", "profile"})
_OF_ONE: Final = frozenset({"update", "delete"})
"""Modes that ask about a resource that stands."""


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


class Question(NamedTuple):
    """What ``$validate`` is asked.

    Attributes:
        type: that the resource must be of.
        id: of the one that stands; empty: the address names none.
        resource: that was sent; None: none was.
        mode: of :data:`MODES`; empty: not said.
        profiles: that the resource must fit, besides those that it names itself.
    """

    type: str
    id: str
    resource: object
    mode: str
    profiles: tuple[str, ...]


def question(
    type_: str,
    sent: Mapping[str, Any] | None,
    *,
    id_: str = "",
    mode: str = "",
    profiles: tuple[str, ...] = (),
) -> Question:
    """Read what ``$validate`` is asked.

    Args:
        type_: that the address says.
        sent: the resource, or Parameters with it, a ``mode`` and a ``profile``; None: nothing.
        id_: that the address says; empty: none.
        mode: that the address says; empty: none.
        profiles: that the address says.

    Raises:
        UnreadableResource: there is no such mode, or it does not go with the rest.
    """
    resource: object = sent
    if sent and sent.get("resourceType") == "Parameters" and type_ != "Parameters":
        given = sent.get("parameter")
        listed = given if isinstance(given, list) else []
        parts = [one for one in listed if isinstance(one, Mapping)]
        resource = next((one["resource"] for one in parts if "resource" in one), None)
        said = {"mode": [mode], "profile": [*profiles]}
        for one in parts:
            values = (one.get(f"value{kind}") for kind in ("Code", "String", "Uri", "Canonical"))
            said.setdefault(str(one.get("name")), []).extend(
                value for value in values if isinstance(value, str)
            )
        mode, profiles = next(filter(None, said["mode"]), ""), tuple(said["profile"])
    _check_mode(mode, id_, resource, profiles)
    return Question(type_, id_, resource, mode, profiles)


def _check_mode(mode: str, id_: str, resource: object, profiles: tuple[str, ...]) -> None:
    if mode not in MODES:
        raise unreadable(
            "mode",
            "it is create, update, delete or profile",
            "只能是 create、update、delete 或 profile",
        )
    if mode in _OF_ONE and not id_:
        raise unreadable(
            "mode",
            "it is asked of one resource: [type]/[id]/$validate",
            "须对具体资源使用：[类型]/[id]/$validate",
        )
    if mode == "create" and id_:
        raise unreadable(
            "mode",
            "a resource that stands is not created: [type]/$validate",
            "已有的资源不能新建：请使用 [类型]/$validate",
        )
    if mode == "profile" and not profiles:
        raise unreadable("profile", "this mode needs one", "此模式须给出 profile")
    if resource is None and (not id_ or mode == "update"):
        raise unreadable("resource", "there is none to be judged", "缺少待核对的资源")


def judged(asked: Question, standing: Mapping[str, Any] | None = None) -> bytes:
    """Return what is wrong with a resource, or with what is to be done, as an OperationOutcome.

    Args:
        asked: the question.
        standing: the resource as it stands; None: the question names none.
    """
    if asked.mode == "delete":
        kept = [_NEVER_DELETED] if asked.type == "Patient" else []
        return json_text.write(operation_outcome(kept))
    resource = standing if asked.resource is None else asked.resource
    issues = list(validator().validate(resource, profiles=asked.profiles))
    if isinstance(resource, Mapping):
        if resource.get("resourceType") not in (asked.type, None):
            issues.insert(0, _other("resourceType", asked.type))
        elif asked.mode == "update" and resource.get("id") != asked.id:
            issues.insert(0, _other("id", asked.id))
    return json_text.write(operation_outcome(issues))


def _other(name: str, wanted: str) -> Issue:
    return Issue(
        "error",
        "invalid",
        f"Resource.{name}" if name == "id" else "Resource",
        "other-address",
        f"the address says that its {name} is {wanted}",
        f"与地址不符：地址中的 {name} 为 {wanted}",
    )


_NEVER_DELETED: Final = Issue(
    "error",
    "not-supported",
    "Patient",
    "never-deleted",
    "a patient is never deleted: a duplicate is sent with a link 'replaced-by'",
    "患者不能删除：重复的患者请发送带 replaced-by 关联的资源",
)
