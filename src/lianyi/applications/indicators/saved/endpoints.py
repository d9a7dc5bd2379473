"""HTTP in, one call of :class:`SavedQuestions`, HTTP out. No decision is made here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from lianyi.applications.indicators.endpoints import READS
from lianyi.applications.indicators.saved.service import SavedQuestions
from lianyi.applications.indicators.saved.views import (
    SavedExploration,
    SavedExplorations,
    SaveExploration,
)

router = APIRouter(prefix="/indicators/explorations", tags=["indicators"])


def _saved(request: Request) -> SavedQuestions:
    found: SavedQuestions = request.app.state.indicator_explorations
    return found


Keeps = Annotated[SavedQuestions, Depends(_saved)]


@router.get("", openapi_extra=READS)
async def list_saved_explorations(keeps: Keeps) -> SavedExplorations:
    """The explorations that you saved."""
    return await keeps.list_own()


@router.post("", openapi_extra=READS)
async def save_exploration(keeps: Keeps, wanted: SaveExploration) -> SavedExploration:
    """Save an exploration under a name."""
    return await keeps.save(wanted)


@router.get("/{saved}", openapi_extra=READS)
async def open_saved_exploration(keeps: Keeps, saved: UUID) -> SavedExploration:
    """An exploration of yours, or one that was shared, by its link."""
    return await keeps.open(saved)


@router.put("/{saved}", openapi_extra=READS)
async def change_saved_exploration(
    keeps: Keeps, saved: UUID, wanted: SaveExploration
) -> SavedExploration:
    """Rename or share an exploration of yours, or let it ask otherwise."""
    return await keeps.change(saved, wanted)


@router.delete("/{saved}", openapi_extra=READS, status_code=204)
async def remove_saved_exploration(keeps: Keeps, saved: UUID) -> None:
    """Remove an exploration of yours."""
    await keeps.remove(saved)
