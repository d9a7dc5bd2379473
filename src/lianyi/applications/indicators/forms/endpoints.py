"""HTTP in, one call of :class:`Forms`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.forms.model import FORM
from lianyi.applications.indicators.forms.service import Forms
from lianyi.applications.indicators.forms.views import (
    FileForm,
    FilingDetail,
    FilingList,
    FormDifference,
    FormList,
    FormSheet,
)
from lianyi.applications.indicators.reports.files import TYPES, File
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators/forms", tags=["indicators"])

READS = needs("indicators.read")
EXPORTS = needs("indicators.export")
PUBLISHES = needs("indicators.publish")


async def _forms(request: Request) -> Forms:
    found: Forms = request.app.state.indicator_forms
    return found


Service = Annotated[Forms, Depends(_forms)]
Name = Annotated[str, Path(max_length=41, pattern=FORM)]
Number = Annotated[int, Path(ge=1, le=2**62)]
OfForm = Annotated[str, Query(max_length=41, pattern=r"^[a-z0-9-]*$", description="empty: all")]
OfPeriod = Annotated[str, Query(max_length=10, description="2026, 2026Q1, 2026-03")]
OfHospital = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
In = Annotated[Literal["zh", "en"], Query(alias="language", description="of heads and names")]


def _answer(file: File) -> Response:
    return Response(
        file.content,
        media_type=file.type,
        headers={"Content-Disposition": f'attachment; filename="{file.name}"'},
    )


def _described(*kinds: str) -> dict[int | str, dict[str, object]]:
    content: dict[str, object] = {TYPES[one].partition(";")[0]: {} for one in kinds}
    return {200: {"content": content, "description": "the file"}}


@router.get("", openapi_extra=READS)
async def list_indicator_forms(service: Service) -> FormList:
    """The forms that are filed: of what period, with whom, and their editions."""
    return await service.list_forms()


@router.get("/filings", openapi_extra=READS)
async def list_form_filings(
    service: Service, form: OfForm = "", period: OfPeriod = "", hospital: OfHospital = ""
) -> FilingList:
    """What was filed, the newest first."""
    return await service.list_filings(form, period=period, hospital=hospital)


@router.get("/filings/{number}", openapi_extra=READS)
async def get_form_filing(service: Service, number: Number) -> FilingDetail:
    """A sheet as it was filed, line by line."""
    return await service.get_filing(number)


@router.get(
    "/filings/{number}/file",
    openapi_extra=READS,
    response_class=Response,
    responses=_described("csv", "xlsx"),
)
async def download_filed_form(service: Service, number: Number) -> Response:
    """The very file that was given out with a filing."""
    return _answer(await service.filed_file(number))


@router.post("/filings/{number}/confirm", openapi_extra=PUBLISHES)
async def confirm_form_filing(service: Service, number: Number) -> FilingDetail:
    """Confirm what somebody else filed; the one before it is replaced, and stays."""
    return await service.confirm(number)


@router.get("/{form}/sheet", openapi_extra=READS)
async def get_form_sheet(
    service: Service, form: Name, period: OfPeriod, hospital: OfHospital
) -> FormSheet:
    """A form of a period and hospital as it would be filed now, beside the year before."""
    return await service.sheet(form, period, hospital)


@router.get(
    "/{form}/sheet.xlsx",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=_described("xlsx"),
)
async def export_form_sheet(
    service: Service, form: Name, period: OfPeriod, hospital: OfHospital, language: In = "zh"
) -> Response:
    """The same as a sheet of Excel; it files nothing."""
    return _answer(await service.as_file(form, period, hospital, kind="xlsx", language=language))


@router.get(
    "/{form}/sheet.csv",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=_described("csv"),
)
async def export_form_sheet_as_csv(
    service: Service, form: Name, period: OfPeriod, hospital: OfHospital, language: In = "zh"
) -> Response:
    """The same as CSV, UTF-8 with a byte order mark; it files nothing."""
    return _answer(await service.as_file(form, period, hospital, kind="csv", language=language))


@router.post("/{form}/file", openapi_extra=PUBLISHES)
async def file_indicator_form(service: Service, form: Name, wanted: FileForm) -> FilingDetail:
    """File the sheet of a period that is over; what was filed before stays beside it."""
    return await service.file(form, wanted)


@router.get("/{form}/difference", openapi_extra=READS)
async def compare_filed_form(
    service: Service, form: Name, period: OfPeriod, hospital: OfHospital
) -> FormDifference:
    """What was filed beside what it comes to now and what boards show, with the cause."""
    return await service.difference(form, period, hospital)
