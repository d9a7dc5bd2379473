"""HTTP in, one call of :class:`IndicatorService`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.asking import Asked
from lianyi.applications.indicators.boards import FIRST
from lianyi.applications.indicators.explored_views import (
    ExploredView,
    MovedRows,
    MovedWay,
    PlacesView,
)
from lianyi.applications.indicators.service import IndicatorService
from lianyi.applications.indicators.sight import OWN
from lianyi.applications.indicators.views import (
    BoardView,
    By,
    FiguresView,
    IndicatorDetail,
    IndicatorList,
    RowsOf,
    RowsView,
    Side,
    TodayView,
)
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators", tags=["indicators"])

READS = needs("indicators.read", otherwise=OWN)
DRILLS = needs("indicators.rows", otherwise=OWN)


def _service(request: Request) -> IndicatorService:
    found: IndicatorService = request.app.state.indicators
    return found


def _asked(
    period: Annotated[
        str,
        Query(max_length=30, description="2026-03, 2026Q1, 2026 or 2026-01..2026-03: whole months"),
    ],
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    department: Annotated[
        str,
        Query(max_length=100, pattern=r"^[^\x00]*$", description="this one and all below it"),
    ] = "",
    doctor: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
    caliber: Annotated[
        str, Query(max_length=41, pattern=r"^[a-z0-9-]*$", description="empty: the first of each")
    ] = "",
    role: Annotated[
        str,
        Query(
            max_length=20,
            pattern=r"^[a-z]*$",
            description="surgeon, assistant: as what the rows name a doctor; empty: as the first",
        ),
    ] = "",
    where: Annotated[
        str,
        Query(
            max_length=400,
            pattern=r"^[^\x00]*$",
            description="which rows: payer:self,age:75 and more; a text by its beginning",
        ),
    ] = "",
) -> Asked:
    return Asked(period, hospital, department, doctor, caliber, role, where)


Service = Annotated[IndicatorService, Depends(_service)]
Which = Annotated[Asked, Depends(_asked)]
Code = Annotated[str, Path(max_length=20, pattern=r"^[^\x00]*$")]
Hash = Annotated[str, Query(pattern=r"^[0-9a-f]{64}$")]
SomeCodes = Annotated[
    str, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$", description="up to 6: A,B")
]
SplitBy = Annotated[
    str,
    Query(
        max_length=200,
        pattern=r"^[^\x00]*$",
        description="hospital, department, doctor, month, or columns of the rows; up to 3: a,b",
    ),
]


def codes_of(written: str) -> list[str]:
    """Return the codes of indicators that a question names, each between commas."""
    return [one for one in (part.strip() for part in written.split(",")) if one]


@router.get("", openapi_extra=READS)
async def list_indicators(service: Service) -> IndicatorList:
    """All indicators: what each is called, its calibers, and how many faults they have."""
    return await service.list_indicators()


@router.get("/values", openapi_extra=READS)
async def count_indicators(
    service: Service,
    asked: Which,
    codes: Annotated[
        str, Query(min_length=1, max_length=700, pattern=r"^[^\x00]*$", description="up to 30: A,B")
    ],
    by: By = "department",
) -> FiguresView:
    """The figures of some indicators for a period, with those of last year and of before."""
    return await service.values([one.strip() for one in codes.split(",")], asked, by=by)


@router.get("/board", openapi_extra=READS)
async def show_board(
    service: Service,
    board: Annotated[str, Query(max_length=41, pattern=r"^[a-z0-9-]*$")] = FIRST,
    month: Annotated[
        str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$", description="empty: the last whole")
    ] = "",
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> BoardView:
    """The tiles of a board, such as the president's: value, comparisons, twelve months, target."""
    return await service.board(board, month=month, hospital=hospital)


@router.get("/today", openapi_extra=READS)
async def count_today(
    service: Service,
    hospital: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
) -> TodayView:
    """What happens today, counted of the rows as they stand now."""
    return await service.today(hospital=hospital)


@router.get("/places", openapi_extra=READS)
async def list_indicator_places(service: Service, asked: Which) -> PlacesView:
    """Hospitals, departments and doctors of whom something is counted, with their names."""
    return await service.explorations.places(asked)


@router.get("/explored", openapi_extra=READS)
async def explore_indicators(
    service: Service, asked: Which, codes: SomeCodes, by: SplitBy = "department"
) -> ExploredView:
    """Figures put together by places, doctors, months and codes of the rows, on the calibers."""
    return await service.explorations.explore(codes_of(codes), asked, by=by)


@router.get("/{code}", openapi_extra=READS)
async def get_indicator(service: Service, code: Code) -> IndicatorDetail:
    """What an indicator counts, in words: its calibers side by side and where they differ."""
    return await service.get_indicator(code)


@router.get("/{code}/rows", openapi_extra=DRILLS)
async def list_indicator_rows(
    service: Service,
    code: Code,
    asked: Which,
    side: RowsOf = "numerator",
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RowsView:
    """The rows behind a figure, the same that were counted."""
    return await service.rows(code, asked, side=side, skip=skip, limit=limit)


@router.get("/{code}/moved", openapi_extra=needs("indicators.rows"))
async def list_moved_rows(
    service: Service,
    code: Code,
    asked: Which,
    before: Hash,
    after: Hash,
    way: MovedWay = "out",
    side: Side = "numerator",
    skip: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MovedRows:
    """The rows that one of two definitions counts and the other does not."""
    return await service.explorations.moved_rows(
        code, (before, after), asked, side=side, way=way, skip=skip, limit=limit
    )


@router.get(
    "/{code}/rows.csv",
    openapi_extra=needs("indicators.export"),
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "UTF-8 with a byte order mark"}},
)
async def export_indicator_rows(
    service: Service, code: Code, asked: Which, side: RowsOf = "numerator"
) -> Response:
    """The rows behind a figure as a file for a spreadsheet; at most a hundred thousand."""
    text = await service.export(code, asked, side=side)
    name = f"{code}-{side}.csv".encode("ascii", "ignore").decode()
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
