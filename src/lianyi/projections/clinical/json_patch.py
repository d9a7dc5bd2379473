"""JSON Patch: a resource changed by a list of operations, all of them or none. Pure.

Source:
    RFC 6902 (JSON Patch), RFC 6901 (JSON Pointer); HL7 FHIR R4, 3.1.0.5.3 (patch).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from lianyi.projections.clinical.problems import CannotPatch, cannot_patch

MEDIA_TYPE: Final = "application/json-patch+json"
OPERATIONS_MAX: Final = 1_000
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)

Json = Any
"""What JSON can be."""


def read(body: bytes) -> list[Mapping[str, Any]]:
    """Return the operations of a patch.

    Raises:
        CannotPatch: it is no list of operations.
    """
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError, ArithmeticError) as error:
        raise cannot_patch("patch", "it is not JSON", "不是 JSON") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise cannot_patch("patch", "it is no list of operations", "不是操作列表")
    if len(found) > OPERATIONS_MAX:
        raise cannot_patch(
            "patch",
            f"it has more than {OPERATIONS_MAX} operations",
            f"操作超过 {OPERATIONS_MAX} 个",
        )
    return found


def applied(document: Json, patch: list[Mapping[str, Any]]) -> Json:
    """Return a document with a patch applied; the one that is given stays as it is.

    Raises:
        CannotPatch: an operation cannot be done.
    """
    made = _copy(document)
    for place, operation in enumerate(patch):
        made = _done(made, operation, f"patch[{place}]")
    return made


def _done(document: Json, operation: Mapping[str, Any], where: str) -> Json:
    kind = operation.get("op")
    path = _pointer(operation.get("path"), where)
    if kind in ("add", "replace", "test"):
        if "value" not in operation:
            raise _cannot(where, "it has no value", "缺少 value")
        value = operation["value"]
    if kind == "add":
        return _add(document, path, _copy(value), where)
    if kind == "remove":
        return _remove(document, path, where)
    if kind == "replace":
        _get(document, path, where)
        if not path:
            return _copy(value)
        parent, name = _parent(document, path, where)
        parent[name] = _copy(value)
        return document
    if kind == "test":
        if not _equal(_get(document, path, where), value):
            raise _cannot(where, "the value is another one", "当前值与 test 不符")
        return document
    if kind in ("move", "copy"):
        begin = _pointer(operation.get("from"), where)
        value = _copy(_get(document, begin, where))
        if kind == "move":
            if path[: len(begin)] == begin and len(path) > len(begin):
                raise _cannot(where, "nothing moves into itself", "不能移动到自身之内")
            document = _remove(document, begin, where)
        return _add(document, path, value, where)
    raise _cannot(where, "there is no such operation", "没有该操作")


def _pointer(text: object, where: str) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise _cannot(where, "its path is no JSON Pointer", "path 不是 JSON Pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _parent(document: Json, path: list[str], where: str) -> tuple[Any, Any]:
    """Return what holds the end of a path, and under which name or number."""
    parent = _get(document, path[:-1], where)
    if isinstance(parent, list):
        return parent, _number(path[-1], len(parent), where)
    if not isinstance(parent, dict):
        raise _cannot(where, "its path leads nowhere", "path 不存在")
    return parent, path[-1]


def _get(document: Json, path: list[str], where: str) -> Json:
    for part in path:
        if isinstance(document, list):
            document = document[_number(part, len(document) - 1, where)]
        elif isinstance(document, dict) and part in document:
            document = document[part]
        else:
            raise _cannot(where, "its path leads nowhere", "path 不存在")
    return document


def _number(text: str, most: int, where: str) -> int:
    is_number = text.isascii() and text.isdigit() and (text == "0" or text[0] != "0")
    if not is_number or len(text) > 9 or int(text) > most:
        raise _cannot(where, "its path leads out of a list", "path 超出列表范围")
    return int(text)


def _add(document: Json, path: list[str], value: Json, where: str) -> Json:
    if not path:
        return value
    parent = _get(document, path[:-1], where)
    if isinstance(parent, list):
        end = len(parent)
        parent.insert(end if path[-1] == "-" else _number(path[-1], end, where), value)
    elif isinstance(parent, dict):
        parent[path[-1]] = value
    else:
        raise _cannot(where, "its path leads nowhere", "path 不存在")
    return document


def _remove(document: Json, path: list[str], where: str) -> Json:
    if not path:
        raise _cannot(where, "the whole is not removed by a patch", "不能删除整个资源")
    _get(document, path, where)
    parent, name = _parent(document, path, where)
    del parent[name]
    return document


def _equal(one: Json, other: Json) -> bool:
    """Tell whether two values are the same JSON: numbers by value, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


def _copy(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _copy(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return value


def _cannot(where: str, why: str, why_zh: str) -> CannotPatch:
    return cannot_patch(where, why, why_zh)
