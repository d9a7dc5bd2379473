"""What is read off the routes at a start is what the OpenAPI document says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI

from lianyi.api.addresses import bare_app
from lianyi.api.operations import Operation, Undeclared, operations_of
from lianyi.security.permissions import FHIR, MARK, OTHERWISE, needs

NO_RESOURCE: dict[str, Any] = {"interaction": "", "resource": ""}


def of_document(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, said in methods.items():
            asks = (one["name"] for one in said.get("parameters", []) if one["in"] == "query")
            yield Operation(
                said["operationId"],
                method.upper(),
                path,
                said.get(MARK, ""),
                frozenset(asks),
                otherwise=said.get(OTHERWISE, ""),
                **said.get(FHIR, NO_RESOURCE),
            )


def test_operations_are_those_of_the_document_in_its_order() -> None:
    found = list(operations_of(bare_app()))

    assert len(found) > 300
    assert found == list(of_document(bare_app()))


@pytest.mark.parametrize("said", [{}, needs("everything.read"), needs("lake.read", otherwise="x")])
def test_an_operation_that_names_no_permission_is_found_at_the_start(said: dict[str, Any]) -> None:
    router = APIRouter()
    router.add_api_route("/things", lambda: None, name="things", openapi_extra=said)
    app = FastAPI()
    app.include_router(router, prefix="/api")

    with pytest.raises(Undeclared):
        operations_of(app)
