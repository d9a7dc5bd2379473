"""HTTP in, one call of :class:`Audit`, HTTP out. No decision is made here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.messagelog.message import Position
from lianyi.security.audit.fhir import audit_event
from lianyi.security.audit.model import Asked
from lianyi.security.audit.service import Audit
from lianyi.security.audit.views import (
    ActPage,
    ActView,
    AuditKey,
    AuditProof,
    Result,
    problem_of,
    view_of,
)
from lianyi.security.permissions import fhir, needs

router = APIRouter(tags=["audit"])


async def _audit(request: Request) -> Audit:
    found: Audit = request.app.state.audit
    return found


Text = Annotated[str, Query(max_length=200)]


async def _asked(
    account: Text = "",
    patient: Text = "",
    kind: Text = "",
    result: Result | None = None,
    purpose: Annotated[str, Query(max_length=20)] = "",
    channel: Text = "",
    organisation: Text = "",
    address: Annotated[str, Query(max_length=64)] = "",
    from_: Annotated[datetime | None, Query(alias="from")] = None,
    to: datetime | None = None,
) -> Asked:
    return Asked(
        account=account.strip(),
        patient=patient.strip(),
        kind=kind.strip(),
        result=result or "",
        purpose=purpose.strip(),
        channel=channel,
        organisation=organisation,
        address=address.strip(),
        since=from_,
        until=to,
    )


async def _position(
    position: Annotated[str, Path(pattern=r"^0-\d{1,18}$", examples=["0-4711"])],
) -> Position:
    return Position.parse(position)


Reads = Annotated[Audit, Depends(_audit)]
Question = Annotated[Asked, Depends(_asked)]
At = Annotated[Position, Depends(_position)]


@router.get("/audit", openapi_extra=needs("audit.read"))
async def list_acts(
    audit: Reads,
    asked: Question,
    cursor: Annotated[str | None, Query(pattern=r"^\d{1,18}$")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ActPage:
    """What was done, the newest first.

    ``patient`` is a patient identifier exactly as sent, with or without ``^authority``: who looked
    at or changed something of this patient. ``kind`` may have ``*``: ``access.*`` is every use of
    the API, ``account.*`` what happened to accounts.
    """
    found, following = await audit.page(asked, cursor=cursor, limit=limit)
    called = await audit.called(found)
    return ActPage(items=[view_of(one, called) for one in found], next_cursor=following)


@router.get(
    "/audit/export",
    openapi_extra=needs("audit.export"),
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "the signed archive"}},
)
async def export_acts(audit: Reads, asked: Question) -> Response:
    """The whole answer as a signed archive: JSON lines, CSV, manifest, signature."""
    made = await audit.export(asked)
    return Response(
        made.content,
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="lianyi-audit.zip"'},
    )


@router.get("/audit/key", openapi_extra=needs("audit.read"))
async def get_audit_key(audit: Reads) -> AuditKey:
    """The public key that proves exports of this installation."""
    return AuditKey(public_key=audit.signer.public_key)


@router.post("/audit/verify", openapi_extra=needs("audit.read"))
async def verify_acts(audit: Reads) -> AuditProof:
    """Prove by the hash chain that the newest 100 000 acts are what was written."""
    report = await audit.verify()
    return AuditProof(
        ok=report.ok,
        number_from=report.number_from,
        number_to=report.number_to,
        acts=report.messages,
        first_broken=report.first_broken,
        problem=problem_of(report.failure),
    )


@router.get("/audit/{position}", openapi_extra=needs("audit.read"))
async def get_act(audit: Reads, position: At) -> ActView:
    """One act."""
    found = await audit.get(position)
    return view_of(found, await audit.called([found]))


@router.get("/audit/{position}/fhir", openapi_extra=needs("audit.read") | fhir("r", "AuditEvent"))
async def get_act_as_fhir(audit: Reads, position: At) -> dict[str, Any]:
    """One act as a FHIR R4 AuditEvent, after IHE BALP where it fits."""
    return audit_event(await audit.get(position), source_id=audit.source_id)
