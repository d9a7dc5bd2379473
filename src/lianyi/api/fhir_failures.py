"""Failures at the FHIR doors leave as OperationOutcome, whoever found them (ASGI middleware).

The guard, the limits of bodies, FastAPI and the doors themselves all answer a ``Failure``; below
``/fhir/`` it is written anew here, in one place. What we call invalid is 400 there: a client of
FHIR knows 422 for profiles only; and so is a search that is not supported.

Sources:
    HL7 FHIR R4, 3.1.0.1.9 (status codes and OperationOutcome); IHE PIXm, 2:3.83.4.2.2.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lianyi.base.errors import Category
from lianyi.projections.clinical.problems import STATUS, ResourceGone, SeveralMatch
from lianyi.projections.identity.fhir.endpoints import FHIR_JSON
from lianyi.projections.identity.fhir.problems import NothingIsDeleted
from lianyi.projections.identity.fhir.resources import outcome

BELOW: Final = "/fhir/"
RETRY_SECONDS: Final = 10
"""After so long whoever was told that there are too many may come again."""
_STATUS: Final = STATUS | {NothingIsDeleted.code: 405}
_ISSUE: Final = {ResourceGone.code: "deleted", SeveralMatch.code: "multiple-matches"}
_REWRITTEN: Final = frozenset({b"content-type", b"content-length"})


def status_of(status: int, problem: dict[str, Any]) -> int:
    """Return the status that a client of FHIR expects."""
    if problem["code"] in _STATUS:
        return _STATUS[problem["code"]]
    if problem["where"] == "_format":
        return 406
    return 400 if status in (422, 501) else status


def issue_of(status: int, problem: dict[str, Any]) -> str:
    """Return the code of ``issue-type``."""
    if status == 401:
        return "login"
    if problem["code"] in _ISSUE:
        return _ISSUE[problem["code"]]
    return str(Category[problem["category"].upper()].value.fhir_issue)


class FhirFailures:
    """Writes failures below ``/fhir/`` anew.

    It stands within the guard, so that the trail has the status that is answered, and once more
    around it for what the guard itself refuses: there the status is written down already.
    """

    def __init__(self, app: ASGIApp, *, written_down: bool = False) -> None:
        """Stand before an application.

        Args:
            app: answers.
            written_down: whether the trail has the status already.
        """
        self._app = app
        self._written_down = written_down

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] == "http" and scope["path"] == BELOW[:-1]:  # the root, either way
            scope = {**scope, "path": BELOW, "raw_path": BELOW.encode()}
        if scope["type"] != "http" or not str(scope["path"]).startswith(BELOW):
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        held: Message | None = None
        body = bytearray()

        async def rewriting(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_failure(message):
                held = message
                return
            if held is None:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                await self._send(held, bytes(body), send)

        await self._app(scope, receive, rewriting)

    async def _send(self, start: Message, body: bytes, send: Send) -> None:
        problem = orjson.loads(body)["error"] if body else None
        status, headers = start["status"], list(start.get("headers", []))
        if problem:
            status = status if self._written_down else status_of(status, problem)
            body = orjson.dumps(outcome(problem, issue=issue_of(status, problem)))
            headers = [one for one in headers if one[0].lower() not in _REWRITTEN]
            if status == 429:
                headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
            headers += [
                (b"content-type", FHIR_JSON.encode()),
                (b"content-length", str(len(body)).encode()),
            ]
        await send({**start, "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _without_body(send: Send) -> Send:
    """Return what sends the head of an answer, as HEAD is answered (3.1.0.1.3)."""

    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if "body" in message else message)

    return sending


def _is_failure(start: Message) -> bool:
    kinds = [value for name, value in start.get("headers", []) if name.lower() == b"content-type"]
    return start["status"] >= 400 and kinds[:1] == [b"application/json"]
