"""HTTP in, one call of the desk of requests, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from lianyi.applications.indicators.endpoints import DRILLS, READS, Code
from lianyi.applications.indicators.explored_views import ExploredView
from lianyi.applications.indicators.reports.endpoints import (
    EXPORTS,
    In,
    answer_with,
    described,
)
from lianyi.applications.indicators.reports.files import SheetForm
from lianyi.applications.indicators.requests.existing import Existing
from lianyi.applications.indicators.requests.files import AnswerFiles
from lianyi.applications.indicators.requests.service import ANSWER, DECIDE, FigureRequestDesk
from lianyi.applications.indicators.requests.views import (
    AmendFigureRequest,
    AnswerFigureRequest,
    AskFigures,
    DecideFigureRequest,
    EndFigureRequest,
    ExistingFigures,
    FigureRequestDetail,
    FigureRequests,
)
from lianyi.applications.indicators.views import RowsOf, RowsView
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators/requests", tags=["indicators"])


def _desk(request: Request) -> FigureRequestDesk:
    found: FigureRequestDesk = request.app.state.figure_requests
    return found


def _existing(request: Request) -> Existing:
    found: Existing = request.app.state.existing_figures
    return found


def _files(request: Request) -> AnswerFiles:
    found: AnswerFiles = request.app.state.answer_files
    return found


Desk = Annotated[FigureRequestDesk, Depends(_desk)]
Skip = Annotated[int, Query(ge=0, le=10_000_000)]


@router.get("", openapi_extra=READS)
async def list_figure_requests(
    desk: Desk,
    is_open: Annotated[
        bool, Query(alias="open", description="those for which somebody has to do something")
    ] = True,
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> FigureRequests:
    """Your requests for figures, and those that you decide or answer."""
    return await desk.page(is_open=is_open, skip=skip, limit=limit)


@router.post("", openapi_extra=READS)
async def file_figure_request(desk: Desk, wanted: AskFigures) -> FigureRequestDetail:
    """Ask for a figure or a list that is not there yet."""
    return await desk.file(wanted)


@router.get("/existing", openapi_extra=READS)
async def find_existing_figures(
    existing: Annotated[Existing, Depends(_existing)],
    words: Annotated[str, Query(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")],
) -> ExistingFigures:
    """Indicators and saved explorations that are called like what somebody wants to ask for."""
    return await existing.alike(words)


@router.get("/{request}", openapi_extra=READS)
async def get_figure_request(desk: Desk, request: UUID) -> FigureRequestDetail:
    """A request with all that was done with it."""
    return await desk.get(request)


@router.put("/{request}", openapi_extra=READS)
async def amend_figure_request(
    desk: Desk, request: UUID, wanted: AmendFigureRequest
) -> FigureRequestDetail:
    """Say a request of yours anew, after a question back or before anybody decided."""
    return await desk.amend(request, wanted)


@router.post("/{request}/decision", openapi_extra=needs(DECIDE))
async def decide_figure_request(
    desk: Desk, request: UUID, wanted: DecideFigureRequest
) -> FigureRequestDetail:
    """Approve somebody else's request, refuse it, or ask back."""
    return await desk.decide(request, wanted)


@router.post("/{request}/answer", openapi_extra=needs(ANSWER))
async def answer_figure_request(
    desk: Desk, request: UUID, wanted: AnswerFigureRequest
) -> FigureRequestDetail:
    """Attach the exploration that answers an approved request."""
    return await desk.answer(request, wanted)


@router.post("/{request}/withdraw", openapi_extra=READS)
async def withdraw_figure_request(
    desk: Desk, request: UUID, wanted: EndFigureRequest
) -> FigureRequestDetail:
    """Withdraw a request of yours; its answer is seen no more."""
    return await desk.withdraw(request, wanted)


@router.post("/{request}/revoke", openapi_extra=needs(DECIDE))
async def revoke_figure_request(
    desk: Desk, request: UUID, wanted: EndFigureRequest
) -> FigureRequestDetail:
    """Take an approval back; the answer is seen no more."""
    return await desk.revoke(request, wanted)


@router.get("/{request}/figures", openapi_extra=READS)
async def show_requested_figures(desk: Desk, request: UUID) -> ExploredView:
    """The answer to a request, within what was granted and what you may see yourself."""
    return await desk.figures(request)


@router.get("/{request}/rows/{code}", openapi_extra=DRILLS)
async def list_requested_rows(
    desk: Desk,
    request: UUID,
    code: Code,
    side: RowsOf = "numerator",
    skip: Skip = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RowsView:
    """The rows behind an indicator of the answer, where rows were granted."""
    return await desk.rows(request, code, side=side, skip=skip, limit=limit)


@router.get(
    "/{request}/file",
    openapi_extra=EXPORTS,
    response_class=Response,
    responses=described("csv", "xlsx"),
)
async def export_requested_figures(
    files: Annotated[AnswerFiles, Depends(_files)],
    request: UUID,
    rows_of: Annotated[
        str,
        Query(max_length=20, pattern=r"^[A-Za-z0-9-]*$", description="empty: the figures"),
    ] = "",
    side: RowsOf = "numerator",
    form: SheetForm = "xlsx",
    language: In = "zh",
) -> Response:
    """The answer to a request as a file: its figures, or the rows behind an indicator of it."""
    return answer_with(
        await files.save(request, rows_of=rows_of, side=side, form=form, language=language)
    )
