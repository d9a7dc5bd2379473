"""What the section ``[indicators]`` of ``lianyi.toml`` says about counting."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from lianyi.base.settings import Section

SPARK_MEMORY_MB: Final = 512
"""With less a Spark does not start."""
Master = Annotated[str, Field(pattern=r"^(|local\[(\d{1,3}|\*)\]|(spark|k8s|yarn)(://\S+)?)$")]


class IndicatorSettings(Section):
    """How much counting may use.

    Attributes:
        memory_mb: of memory, for all that is counted at a time in one process.
        threads: processors that it may use.
        cells_kept: cells that are remembered until rows change.
        engine: what counts figures and lists: ``duckdb`` in the process, or ``spark``, which needs
            the package ``pyspark`` and a Java. What happens today, and what is published, is
            counted by DuckDB in any case.
        spark_master: where Spark is, as ``spark://host:7077``; empty: on the processors of this
            machine. The folder of the star must lie at the same path on all of its machines.
        prepare: whether figures are made ready in the background after a start, where there are
            any: the first page is fast, and the process holds the engine from then on.
        calls_kept_days: so many days it is kept who called which data service how often; that
            there was a call stays in the audit trail.
    """

    memory_mb: int = Field(default=1024, ge=128, le=1_048_576)
    threads: int = Field(default=2, ge=1, le=64)
    cells_kept: int = Field(default=500_000, ge=1_000, le=50_000_000)
    engine: Literal["duckdb", "spark"] = "duckdb"
    spark_master: Master = ""
    prepare: bool = True
    calls_kept_days: int = Field(default=92, ge=31, le=3660)

    @model_validator(mode="after")
    def _spark_has_room(self) -> Self:
        if self.engine == "spark" and self.memory_mb < SPARK_MEMORY_MB:
            raise ValueError(f"memory_mb must be at least {SPARK_MEMORY_MB} for Spark")
        return self
