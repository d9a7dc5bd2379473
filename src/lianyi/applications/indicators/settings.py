"""What the section ``[indicators]`` of ``lianyi.toml`` says about counting."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class IndicatorSettings(Section):
    """How much counting may use.

    Attributes:
        memory_mb: of memory, for all that is counted at a time in one process.
        threads: processors that it may use.
        cells_kept: cells that are remembered until rows change.
    """

    memory_mb: int = Field(default=1024, ge=128, le=1_048_576)
    threads: int = Field(default=2, ge=1, le=64)
    cells_kept: int = Field(default=500_000, ge=1_000, le=50_000_000)
