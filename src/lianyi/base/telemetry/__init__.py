"""What the platform says about itself: log lines, metrics, traces. Never about a patient."""

from lianyi.base.telemetry.logs import configure_logging
from lianyi.base.telemetry.metrics import (
    Family,
    counter,
    derived,
    every_metric,
    gauge,
    histogram,
    render_metrics,
)
from lianyi.base.telemetry.settings import TelemetrySettings
from lianyi.base.telemetry.traces import NO_TRACING, Tracing, trace_context
from lianyi.base.telemetry.tracing import configure_tracing

__all__ = [
    "NO_TRACING",
    "Family",
    "TelemetrySettings",
    "Tracing",
    "configure_logging",
    "configure_tracing",
    "counter",
    "derived",
    "every_metric",
    "gauge",
    "histogram",
    "render_metrics",
    "trace_context",
]
