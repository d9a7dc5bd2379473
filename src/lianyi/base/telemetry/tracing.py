"""Starting to trace, where a collector is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lianyi.base.telemetry.traces import NO_TRACING, Tracing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter


def configure_tracing(
    endpoint: str | None,
    service: str,
    *,
    ratio: float = 0.01,
    installation: str = "",
    exporter: SpanExporter | None = None,
) -> Tracing:
    """Start tracing to a collector; spans are sent in batches by a thread of their own.

    Args:
        endpoint: base address of OTLP over HTTP, e.g. ``http://127.0.0.1:4318``; None is off.
        service: the role of this process, e.g. ``lianyi deliver``.
        ratio: share of messages that are traced, in [0, 1]; the same in every process.
        installation: the same in every process of one installation.
        exporter: takes the spans instead of a collector.
    """
    if endpoint is None and exporter is None:
        return NO_TRACING
    from lianyi.base.telemetry.otlp import start  # costs memory that only who traces pays

    return start(
        f"{str(endpoint).rstrip('/')}/v1/traces",
        service,
        ratio=ratio,
        installation=installation,
        exporter=exporter,
    )
