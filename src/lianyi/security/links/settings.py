"""The section ``[embedding]`` of ``lianyi.toml``."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from lianyi.base.settings import Section

_ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?")


class EmbeddingSettings(Section):
    """How other systems show a patient's record within their own pages.

    Attributes:
        frame_origins: of pages that may hold the record in a frame, e.g.
            ``["https://emr.hospital.internal"]``; empty: none, a link opens a page of its own.
        link_seconds: so long a link may be opened.
        session_minutes: so long what it opened is shown.
    """

    frame_origins: tuple[str, ...] = ()
    link_seconds: int = Field(default=120, ge=10, le=600)
    session_minutes: float = Field(default=60, gt=0, le=720)

    @field_validator("frame_origins")
    @classmethod
    def _are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for one in origins:
            if not _ORIGIN.fullmatch(one):
                raise ValueError(f"'{one}' is no origin such as https://emr.hospital.internal")
        return origins
