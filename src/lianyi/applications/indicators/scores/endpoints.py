"""HTTP in, one call of :class:`Scoring`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from lianyi.applications.indicators.reports.endpoints import answer_with, described
from lianyi.applications.indicators.reports.tables import Language
from lianyi.applications.indicators.scores.files import ScoreFiles
from lianyi.applications.indicators.scores.service import Scoring
from lianyi.applications.indicators.scores.views import CardList, ScoreView
from lianyi.security.permissions import needs

router = APIRouter(prefix="/indicators", tags=["indicators"])

READS = needs("indicators.read")


def _scoring(request: Request) -> Scoring:
    found: Scoring = request.app.state.scoring
    return found


def _files(request: Request) -> ScoreFiles:
    found: ScoreFiles = request.app.state.score_files
    return found


Service = Annotated[Scoring, Depends(_scoring)]
Card = Annotated[str, Path(max_length=41, pattern=r"^[a-z0-9-]*$")]
Month = Annotated[
    str, Query(max_length=7, pattern=r"^(\d{4}-\d{2})?$", description="empty: the last whole one")
]
Hospital = Annotated[
    str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$", description="empty: the only one seen")
]


@router.get("/scores", openapi_extra=READS)
async def list_score_cards(service: Service) -> CardList:
    """The cards by which departments are scored."""
    return await service.cards()


@router.get("/scores/{card}", openapi_extra=READS)
async def score_departments(
    service: Service, card: Card, month: Month = "", hospital: Hospital = ""
) -> ScoreView:
    """The departments of a hospital by a card, with what each component came to."""
    return await service.score(card, month=month, hospital=hospital)


@router.get(
    "/files/scores/{card}",
    openapi_extra=needs("indicators.export"),
    response_class=Response,
    responses=described("csv", "xlsx", "pdf"),
)
async def export_score_card(
    files: Annotated[ScoreFiles, Depends(_files)],
    card: Card,
    month: Month = "",
    hospital: Hospital = "",
    form: Literal["csv", "xlsx", "pdf"] = "xlsx",
    language: Language = "zh",
) -> Response:
    """The departments of a hospital by a card as a file."""
    return answer_with(
        await files.save(card, month=month, hospital=hospital, form=form, language=language)
    )
