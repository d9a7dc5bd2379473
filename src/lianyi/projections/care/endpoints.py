"""HTTP in, one call of :class:`CareService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from lianyi.projections.care.service import CareService
from lianyi.projections.care.views import Encounters, Treatment
from lianyi.security.permissions import needs

router = APIRouter(prefix="/care", tags=["care"])

READS = needs("care.read")


async def _service(request: Request) -> CareService:
    found: CareService = request.app.state.care
    return found


Care = Annotated[CareService, Depends(_service)]
Patient = Annotated[
    str,
    Query(
        min_length=2,
        max_length=201,
        pattern=r"^[^\^\x00]+\^[^\^\x00]*$",
        description="a patient identifier and its assigning authority: 4711^HIS",
    ),
]


@router.get("/encounters", openapi_extra=READS)
async def list_encounters(care: Care, patient: Patient) -> Encounters:
    """The encounters of a patient: where he was and who looked after him, the newest first."""
    return await care.list_encounters(patient)


@router.get("/treatment", openapi_extra=READS)
async def explain_treatment(
    care: Care,
    patient: Patient,
    account: Annotated[str | None, Query(max_length=64)] = None,
) -> Treatment:
    """Whether an account treats a patient now, and why; without an account: whoever asks.

    To ask about others one must be allowed to explain decisions about them.
    """
    return await care.explain(patient, account=account)
