"""What the section ``[lake]`` of ``lianyi.toml`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from lianyi.base.settings import Section

Freshness = Literal["real-time", "hourly", "daily"]
"""How old the newest rows of a table may be: 15 minutes, 2 hours, 36 hours."""
Table = Annotated[str, Field(max_length=121, pattern=r"^[\w-]+\.[\w-]+$")]
"""Source and table. To count letters of any script within a pattern would cost megabytes."""


class LakeSettings(Section):
    """What is expected of the tables of the lake, and which are published.

    Attributes:
        publish: tables, ``his.visit``, that are also kept as Delta tables for other engines, as
            Spark, below ``lake/delta``; each gets its new rows at most once a minute.
        freshness: by table, ``"his.visit" = "real-time"``: how fresh its source is to keep it;
            what comes later is shown as late. T+1 is ``daily``.
    """

    publish: tuple[Table, ...] = ()
    freshness: Mapping[Table, Freshness] = Field(default_factory=dict)
