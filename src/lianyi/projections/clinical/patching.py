"""Patches in the forms in which they are sent, each as what makes one resource of another. Pure.

Source:
    HL7 FHIR R4, 3.1.0.5.3 patch: JSON Patch, in a Bundle within a Binary; FHIRPath Patch.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

from lianyi.formats.fhir import json_text, xml_text
from lianyi.projections.clinical import fhirpath_patch, json_patch
from lianyi.projections.clinical.problems import NotOffered, cannot_patch

_JSON: Final = ("application/json", "")
"""Of which a list is a JSON Patch, and an object Parameters."""

Patch = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes one resource of another.

Raises:
    CannotPatch: it does not fit.
"""


def of_body(media_type: str, body: bytes) -> Patch:
    """Read a patch that was sent to a door.

    Raises:
        CannotPatch: it cannot be read.
        NotOffered: it is of another kind.
    """
    is_list = body.lstrip()[:1] == b"["
    if media_type == json_patch.MEDIA_TYPE or (media_type in _JSON and is_list):
        return _by_operations(body)
    if media_type in (*_JSON, "application/fhir+json", "application/fhir+xml"):
        is_xml = media_type.endswith("xml")
        return _by_parameters(xml_text.read(body) if is_xml else json_text.read(body))
    raise NotOffered(
        where="Content-Type",
        why="a patch is sent as application/json-patch+json, or as Parameters in FHIR",
        why_zh="补丁须以 application/json-patch+json 或 FHIR Parameters 发送",
    )


def of_resource(resource: Mapping[str, Any] | None) -> Patch:
    """Read a patch that stands in a Bundle.

    Raises:
        CannotPatch: it cannot be read.
        NotOffered: it is of another kind.
    """
    if resource and resource.get("resourceType") == "Binary":
        try:
            data = base64.b64decode(str(resource.get("data") or ""), validate=True)
        except (ValueError, binascii.Error) as error:
            raise cannot_patch("Binary.data", "it is not base64", "不是 base64") from error
        return of_body(str(resource.get("contentType") or ""), data)
    if resource and resource.get("resourceType") == "Parameters":
        return _by_parameters(resource)
    raise NotOffered(
        where="resource",
        why="in a Bundle a patch is a Binary with a JSON Patch, or Parameters",
        why_zh="Bundle 中的补丁须为包含 JSON Patch 的 Binary，或 Parameters",
    )


def _by_parameters(parameters: Mapping[str, Any]) -> Patch:
    if parameters.get("resourceType") != "Parameters":
        raise cannot_patch("patch", "it is no Parameters resource", "不是 Parameters 资源")
    operations = fhirpath_patch.read(parameters)
    return lambda resource: fhirpath_patch.applied(resource, operations)


def _by_operations(body: bytes) -> Patch:
    operations = json_patch.read(body)

    def patch(resource: dict[str, Any]) -> dict[str, Any]:
        made = json_patch.applied(resource, operations)
        if not isinstance(made, dict):
            raise cannot_patch("patch", "it leaves no resource", "补丁之后不再是资源")
        return made

    return patch
