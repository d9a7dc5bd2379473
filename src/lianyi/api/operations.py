"""What the operations of the API need, as its own document says it, and which one a request is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from fastapi import FastAPI
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import compile_path

from lianyi.base.errors import Category, LianyiError, Told
from lianyi.security.model import Actor
from lianyi.security.permissions import ANYBODY, FHIR, MARK, OTHERWISE, PERMISSIONS, SIGNED_IN


class Undeclared(LianyiError):
    """An operation that does not say what it needs. The product does not start."""

    code = "LY-1641"
    category = Category.INTERNAL
    en = Told("an operation names no permission", "{why}", "install the release again")
    zh = Told("接口未声明所需权限", "{why}", "重新安装该版本")


class Operation(NamedTuple):
    """One operation of the API and what it needs.

    Attributes:
        name, method, path: as the OpenAPI document says them.
        permission: that it needs.
        asks: the names that its query may hold.
        interaction: what it does with FHIR resources, a letter of ``cruds``; empty: nothing.
        resource: of which type; of a request, of one type.
        narrows: whether it shows an app no more than the patient in its context by itself.
        otherwise: a permission that will do for whoever does not have the other; empty: none.
        person: of a request, whose record its address names; empty: nobody's.
    """

    name: str
    method: str
    path: str
    permission: str
    asks: frozenset[str] = frozenset()
    interaction: str = ""
    resource: str | Mapping[str, str] = ""
    narrows: bool = False
    otherwise: str = ""
    person: str = ""

    def permission_of(self, actor: Actor) -> str:
        """Return the permission by which somebody does it."""
        organisations = actor.reach.organisations
        if self.otherwise and not organisations(self.permission) and organisations(self.otherwise):
            return self.otherwise
        return self.permission


class Operations:
    """Finds the operation of a request."""

    def __init__(self, operations: Iterable[tuple[re.Pattern[str], Operation]]) -> None:
        self._found = list(operations)
        self._by_method: dict[str, list[tuple[re.Pattern[str], Operation]]] = {}
        for pattern, operation in self._found:
            self._by_method.setdefault(operation.method, []).append((pattern, operation))

    def of(self, method: str, path: str) -> Operation | None:
        """Return the operation of a request; None when no door has this address."""
        method = "GET" if method == "HEAD" else method
        for pattern, operation in self._by_method.get(method, ()):
            if found := pattern.match(path):
                values = found.groupdict()
                named = operation._replace(person=values.get("person", ""))
                return _of_one_type(named, values)
        return None

    def __iter__(self) -> Iterator[Operation]:
        return iter([operation for _, operation in self._found])


def _of_one_type(operation: Operation, values: Mapping[str, str]) -> Operation:
    if isinstance(operation.resource, str):
        return operation
    return operation._replace(resource=operation.resource.get(values.get("kind", ""), ""))


def operations_of(app: FastAPI) -> Operations:
    """Return every operation that an application's OpenAPI document names.

    They are read off the routes: nobody who starts waits until the document itself is written.

    Raises:
        Undeclared: one of them names no permission, or one that does not exist.
    """
    found: dict[str, dict[str, Operation]] = {}
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = _declared(route, method)
            found.setdefault(operation.path, {})[method] = operation
    return Operations(
        (compile_path(path)[0], operation)
        for path, methods in found.items()
        for operation in methods.values()
    )


def _declared(route: RouteContext, method: str) -> Operation:
    """Return what a route says of itself."""
    name, said = route.unique_id, route.openapi_extra or {}
    wanted, otherwise = said.get(MARK, ""), said.get(OTHERWISE, "")
    if wanted not in PERMISSIONS and wanted not in {ANYBODY, SIGNED_IN}:
        raise Undeclared(where=name, why=f"{MARK} is '{wanted}'")
    if otherwise and otherwise not in PERMISSIONS:
        raise Undeclared(where=name, why=f"{OTHERWISE} is '{otherwise}'")
    read = get_flat_params(route.dependant)
    asks = {
        one.alias
        for one in read
        if isinstance(one.field_info, Query) and one.field_info.include_in_schema
    }
    asks |= {one["name"] for one in said.get("parameters", ()) if one["in"] == "query"}
    shown = said.get(FHIR, {"interaction": "", "resource": ""})
    operation = Operation(name, method, str(route.path_format), wanted, frozenset(asks), **shown)
    return operation._replace(otherwise=otherwise)
