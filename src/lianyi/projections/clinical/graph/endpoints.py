"""HTTP in, one call of :class:`GraphService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response

from lianyi.formats.fhir import json_text
from lianyi.projections.clinical.graph.problems import unreadable
from lianyi.projections.clinical.graph.service import GraphService, Question
from lianyi.projections.clinical.types import EVERY
from lianyi.projections.identity.fhir.endpoints import OUTCOMES, asks
from lianyi.security.permissions import fhir, needs

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql"
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "data, and what could not be had as errors",
        "content": {JSON: {"schema": {"type": "object"}}},
    },
    **OUTCOMES,
    410: OUTCOMES[404],
}
BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"type": "object"}},
            GRAPHQL: {"schema": {"type": "string"}},
        },
    }
}
READS: Final = needs("clinical.read") | fhir("r", "*", narrows=True)
READS_ONE: Final = needs("clinical.read") | fhir("r", EVERY, narrows=True)
QUERY: Final = asks("query", "variables", "operationName")

router = APIRouter(
    prefix="/fhir", tags=["fhir"], default_response_class=Response, responses=ANSWERS
)


async def _service(request: Request) -> GraphService:
    found: GraphService = request.app.state.graph
    return found


async def _question(request: Request) -> Question:
    """Read a question from the address, or from the body where there is one.

    Raises:
        UnreadableQuery: it is none.
        MalformedFhir: the body or the variables are no JSON.
    """
    said: dict[str, Any] = dict(request.query_params)
    body = await request.body() if request.method == "POST" else b""
    if request.headers.get("content-type", "").partition(";")[0].strip() == GRAPHQL:
        said["query"] = body.decode("utf-8", "replace")
    elif body:
        said |= json_text.read(body)
    variables = said.get("variables") or {}
    if isinstance(variables, str):
        variables = json_text.read(variables.encode())
    text, operation = said.get("query"), said.get("operationName") or ""
    if not isinstance(text, str) or not text.strip():
        raise unreadable("query", "there is no query", "缺少 query")
    if not isinstance(variables, dict) or not isinstance(operation, str):
        raise unreadable("variables", "they are no object", "不是对象")
    return Question(text, variables, operation)


Service = Annotated[GraphService, Depends(_service)]
Asked = Annotated[Question, Depends(_question)]


@router.get("/$graphql", openapi_extra=READS | QUERY)
async def ask_graph(service: Service, question: Asked) -> Response:
    """What a GraphQL query asks of all resources: reads, lists and connections of R4."""
    return Response(await service.ask(question), media_type=JSON)


@router.post("/$graphql", openapi_extra=READS | BODY)
async def ask_graph_by_body(service: Service, question: Asked) -> Response:
    """What a GraphQL query asks of all resources, sent as a body."""
    return Response(await service.ask(question), media_type=JSON)


@router.get("/{kind}/{id}/$graphql", openapi_extra=READS_ONE | QUERY)
async def ask_graph_of_resource(service: Service, question: Asked, kind: str, id: str) -> Response:
    """What a GraphQL query asks of one resource, and of what it refers to."""
    return Response(await service.ask_of(kind, id, question), media_type=JSON)


@router.post("/{kind}/{id}/$graphql", openapi_extra=READS_ONE | BODY)
async def ask_graph_of_resource_by_body(
    service: Service, question: Asked, kind: str, id: str
) -> Response:
    """What a GraphQL query asks of one resource, sent as a body."""
    return Response(await service.ask_of(kind, id, question), media_type=JSON)
