"""What the section ``[mapping]`` of ``lianyi.toml`` says about making facts of tables."""

from __future__ import annotations

from pydantic import Field

from lianyi.base.settings import Section


class MappingSettings(Section):
    """How often the tables of the lake are mapped to facts, and what that may take.

    Attributes:
        every_seconds: how long to wait between two looks at the lake; after whole tables were
            mapped, at least three times as long as that took. A look that finds nothing new costs
            nothing.
        memory_megabytes: what DuckDB may take; beyond it goes to the disk, beside the star.
        threads: of DuckDB.
        examples_max: how many rows that were set aside are named, and how many unknown codes.
    """

    every_seconds: float = Field(default=60, ge=1, le=86_400)
    memory_megabytes: int = Field(default=2_000, ge=200, le=1_000_000)
    threads: int = Field(default=2, ge=1, le=256)
    examples_max: int = Field(default=20, ge=1, le=1_000)
