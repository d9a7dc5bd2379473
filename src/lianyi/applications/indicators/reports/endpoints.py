"""HTTP in, one call of a service of what leaves the screens, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from lianyi.applications.indicators.boards import FIRST
from lianyi.applications.indicators.endpoints import Code, SomeCodes, SplitBy, Which, codes_of
from lianyi.applications.indicators.reports.files import TYPES, File, Files, SheetForm
from lianyi.applications.indicators.reports.noting import Noting
from lianyi.applications.indicators.reports.service import Reports
from lianyi.applications.indicators.reports.views import (
    ChangeNote,
    ChangeReport,
    NoteHistory,
    NoteList,
    NoteView,
    OrderReport,
    ReportList,
    ReportView,
    RunReport,
    WithdrawNote,
    WriteNote,
)
from lianyi.applications.indicators.views import By, RowsOf
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators", tags=["indicators"])

READS = needs("indicators.read")
EXPORTS = needs("indicators.export")
ENTERS = needs("indicators.enter")


def _files(request: Request) -> Files:
    found: Files = request.app.state.indicator_files
    return found


def _reports(request: Request) -> Reports:
    found: Reports = request.app.state.indicator_reports
    return found


def _noting(request: Request) -> Noting:
    found: Noting = request.app.state.indicator_notes
    return found


Orders = Annotated[Reports, Depends(_reports)]
Notes = Annotated[Noting, Depends(_noting)]
Saves = Annotated[Files, Depends(_files)]
Place = Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")]
In = Annotated[Literal["zh", "en"], Query(alias="language", description="of heads and names")]


def answer_with(file: File) -> Response:
    """Answer with a file."""
    name = file.name.encode("ascii", "ignore").decode().replace('"', "")
    return Response(
        file.content,
        media_type=file.type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def described(*forms: str) -> dict[int | str, dict[str, object]]:
    """Say in which forms a file is answered."""
    content: dict[str, object] = {TYPES[one].partition(";")[0]: {} for one in forms}
    return {200: {"content": content, "description": "the file"}}


@router.get(
    "/files/values",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=described("csv", "xlsx"),
)
async def export_indicator_figures(
    files: Saves,
    asked: Which,
    codes: Annotated[
        str, Query(min_length=1, max_length=700, pattern=r"^[^\x00]*$", description="up to 30: A,B")
    ],
    by: By = "department",
    form: SheetForm = "xlsx",
    language: In = "zh",
) -> Response:
    """The figures of some indicators as a file, with their calibers and as of what they are."""
    some = [one.strip() for one in codes.split(",")]
    return answer_with(await files.values(some, asked, by=by, form=form, language=language))


@router.get(
    "/files/explored",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=described("csv", "xlsx"),
)
async def export_exploration(
    files: Saves,
    asked: Which,
    codes: SomeCodes,
    by: SplitBy = "department",
    form: SheetForm = "xlsx",
    language: In = "zh",
) -> Response:
    """Figures put together by places, doctors, months and codes of the rows, as a file."""
    return answer_with(
        await files.exploration(codes_of(codes), asked, by=by, form=form, language=language)
    )


@router.get(
    "/files/board",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=described("csv", "xlsx", "pdf"),
)
async def export_indicator_board(
    reports: Orders,
    board: Annotated[str, Query(max_length=41, pattern=r"^[a-z0-9-]*$")] = FIRST,
    month: Annotated[
        str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$", description="empty: the last whole")
    ] = "",
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = "",
    form: Literal["csv", "xlsx", "pdf"] = "xlsx",
    language: In = "zh",
) -> Response:
    """The tiles of a board as a file."""
    return answer_with(
        await reports.board(board, month=month, hospital=hospital, form=form, language=language)
    )


@router.get(
    "/{code}/rows.xlsx",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=described("xlsx"),
)
async def export_indicator_rows_as_sheet(
    files: Saves, code: Code, asked: Which, side: RowsOf = "numerator", language: In = "zh"
) -> Response:
    """The rows behind a figure as a sheet of Excel; at most a hundred thousand."""
    return answer_with(await files.rows(code, asked, side=side, language=language))


# ---- reports ------------------------------------------------------------------------------------


@router.get("/reports", openapi_extra=READS)
async def list_indicator_reports(reports: Orders) -> ReportList:
    """The reports that whoever asks ordered or reads, with their last runs."""
    return await reports.list_reports()


@router.post("/reports", openapi_extra=EXPORTS)
async def order_indicator_report(reports: Orders, wanted: OrderReport) -> ReportView:
    """Order a report, made and mailed when it is due, with the sight of whoever orders it."""
    return await reports.order(wanted)


@router.get("/reports/{report}", openapi_extra=READS)
async def get_indicator_report(reports: Orders, report: UUID) -> ReportView:
    """A report with its runs, the newest first."""
    return await reports.get_report(report)


@router.put("/reports/{report}", openapi_extra=EXPORTS)
async def change_indicator_report(
    reports: Orders, report: UUID, wanted: ChangeReport
) -> ReportView:
    """Let a report of one's own say something else, or switch it off."""
    return await reports.change(report, wanted)


@router.post("/reports/{report}/run", openapi_extra=EXPORTS)
async def run_indicator_report(reports: Orders, report: UUID, wanted: RunReport) -> ReportView:
    """Make a report of one's own now."""
    return await reports.run(report, wanted)


@router.post("/reports/{report}/runs/{run}/retry", openapi_extra=EXPORTS)
async def retry_indicator_report(reports: Orders, report: UUID, run: UUID) -> ReportView:
    """Try a run again that waits for a person."""
    return await reports.retry(report, run)


@router.get(
    "/reports/{report}/runs/{run}/file",
    openapi_extra=READS,
    response_class=Response,
    responses=described("pdf"),
)
async def download_indicator_report(reports: Orders, report: UUID, run: UUID) -> Response:
    """The PDF of a run."""
    return answer_with(await reports.file(report, run))


# ---- notes --------------------------------------------------------------------------------------


@router.get("/{code}/notes", openapi_extra=READS)
async def list_indicator_notes(
    notes: Notes,
    code: Code,
    period: Annotated[str, Query(max_length=30, description="that they touch: whole months")],
    hospital: Place = "",
    department: Place = "",
) -> NoteList:
    """What people wrote on an indicator, where whoever asks may see it."""
    return await notes.list_notes(code, period=period, hospital=hospital, department=department)


@router.post("/{code}/notes", openapi_extra=ENTERS)
async def write_indicator_note(notes: Notes, code: Code, wanted: WriteNote) -> NoteView:
    """Write why a figure is as it is."""
    return await notes.write(code, wanted)


@router.get("/{code}/notes/{note}", openapi_extra=READS)
async def get_indicator_note_history(notes: Notes, code: Code, note: UUID) -> NoteHistory:
    """The versions of a note."""
    return await notes.history(code, note)


@router.put("/{code}/notes/{note}", openapi_extra=ENTERS)
async def change_indicator_note(
    notes: Notes, code: Code, note: UUID, wanted: ChangeNote
) -> NoteView:
    """Let a note of one's own say something else; what it said stays in its history."""
    return await notes.change(code, note, wanted)


@router.post("/{code}/notes/{note}/withdraw", openapi_extra=ENTERS)
async def withdraw_indicator_note(
    notes: Notes, code: Code, note: UUID, wanted: WithdrawNote
) -> NoteView:
    """Withdraw a note of one's own."""
    return await notes.withdraw(code, note, wanted.version)
