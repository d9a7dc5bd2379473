"""The section ``[quality]`` of ``lianyi.toml``."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class QualitySettings(Section):
    """How often the quality of the data is looked at, and with how much.

    Attributes:
        every_seconds: so often all rules are run, where rows have changed; 0: only when somebody
            asks for it.
        memory_mb: of memory, for a run; what does not fit is put on the disk beside the star.
        threads: processors that a run may use.
        runs_kept: results of so many runs are kept, the newest.
    """

    every_seconds: float = Field(default=3_600.0, ge=0.0, le=604_800.0)
    memory_mb: int = Field(default=1024, ge=128, le=1_048_576)
    threads: int = Field(default=1, ge=1, le=64)
    runs_kept: int = Field(default=100, ge=2, le=10_000)
