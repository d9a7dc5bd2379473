"""Section ``[telemetry]``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from lianyi.base.settings import Section


class TelemetrySettings(Section):
    """What is told to whom.

    Attributes:
        log_level: the least important lines that are written.
        log_format: ``json`` for machines, ``console`` for people; ``auto`` looks whether the
            output is a terminal.
        otlp_endpoint: base address of an OpenTelemetry collector (OTLP over HTTP), e.g.
            ``http://127.0.0.1:4318``; without it there is no tracing and no cost.
        trace_ratio: share of messages that are traced, all of one message or nothing.
    """

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    otlp_endpoint: str | None = None
    trace_ratio: float = Field(default=0.01, ge=0, le=1)
