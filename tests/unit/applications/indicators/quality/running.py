"""Runs the rules of a house, as the process that learns does."""

from __future__ import annotations

from uuid import UUID

from tests.unit.api.house import House

from lianyi.applications.indicators.quality.rounds import QualityRounds
from lianyi.applications.indicators.quality.settings import QualitySettings


def rounds_of(house: House) -> QualityRounds:
    """Return what runs the rules of a house."""
    return QualityRounds(
        house.pool,
        data=house.app.state.masterdata,
        star_dir=house.data_dir / "star",
        lake_dir=house.data_dir / "lake",
        content_dir=house.content_dir,
        settings=QualitySettings(memory_mb=256),
        clock=house.clock,
        owner=UUID(int=7),
        holder="test",
    )
