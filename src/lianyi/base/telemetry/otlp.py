"""Tracing to an OpenTelemetry collector; imported only where one is set."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags

from lianyi.base.telemetry.careful_session import careful_session
from lianyi.base.telemetry.traces import Attribute, TraceIds, Tracing, trace_context

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_planned: ContextVar[TraceIds | None] = ContextVar("planned trace identifiers", default=None)


class OtlpTracing(Tracing):
    """Writes spans to a collector."""

    def __init__(self, provider: TracerProvider, *, ratio: float, installation: str) -> None:
        self._provider = provider
        self._tracer: trace.Tracer | None = provider.get_tracer("lianyi")
        self._installation = installation
        # As OpenTelemetry decides it: the lower 64 bits are below this share of their range.
        self._bound = TraceIdRatioBased.get_bound_for_rate(ratio)

    @property
    def on(self) -> bool:
        """Whether anything is written at all; ask before preparing attributes in bulk."""
        return self._tracer is not None

    def sampled(self, shard: int, seq: int) -> bool:
        """Tell whether this message is traced."""
        return self.on and self._is_sampled(self._ids(shard, seq))

    def received(
        self,
        shard: int,
        seq: int,
        *,
        started_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        """Write the root span of a message; see :meth:`Tracing.received`."""
        if self._tracer is None or not self._is_sampled(ids := self._ids(shard, seq)):
            return
        mark = _planned.set(ids)
        try:
            self._write("receive", Context(), shard, seq, started_at, ended_at, attributes)
        finally:
            _planned.reset(mark)

    def followed(
        self,
        name: str,
        shard: int,
        seq: int,
        *,
        started_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Attribute] | None = None,
        error_code: str | None = None,
    ) -> None:
        """Write what happened to a message later; see :meth:`Tracing.followed`."""
        if self._tracer is None or not self._is_sampled(ids := self._ids(shard, seq)):
            return
        root = SpanContext(ids.trace_id, ids.span_id, is_remote=True, trace_flags=TraceFlags(1))
        context = trace.set_span_in_context(NonRecordingSpan(root), Context())
        self._write(name, context, shard, seq, started_at, ended_at, attributes, error_code)

    def traceparent(self, shard: int, seq: int) -> str:
        """Return the header ``traceparent`` for what is sent out because of a message."""
        ids = self._ids(shard, seq)
        return f"00-{ids.trace_id:032x}-{ids.span_id:016x}-{int(self.sampled(shard, seq)):02x}"

    def stop(self) -> None:
        """Send what is still waiting, and end."""
        self._provider.shutdown()
        self._tracer = None

    def _ids(self, shard: int, seq: int) -> TraceIds:
        return trace_context(shard, seq, installation=self._installation)

    def _is_sampled(self, ids: TraceIds) -> bool:
        return ids.trace_id & TraceIdRatioBased.TRACE_ID_LIMIT < self._bound

    def _write(
        self,
        name: str,
        context: Context,
        shard: int,
        seq: int,
        started_at: datetime,
        ended_at: datetime,
        attributes: Mapping[str, Attribute] | None,
        error_code: str | None = None,
    ) -> None:
        if self._tracer is None:
            return
        span = self._tracer.start_span(
            name,
            context=context,
            start_time=_nanoseconds(started_at),
            attributes={"lianyi.shard": shard, "lianyi.seq": seq, **(attributes or {})},
        )
        if error_code is not None:
            span.set_attribute("error.type", error_code)
            span.set_status(Status(StatusCode.ERROR, error_code))
        span.end(end_time=_nanoseconds(ended_at))


def start(
    endpoint: str,
    service: str,
    *,
    ratio: float,
    installation: str,
    exporter: SpanExporter | None,
) -> OtlpTracing:
    """Begin to trace; see :func:`~lianyi.base.telemetry.tracing.configure_tracing`."""
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create({"service.name": service, "service.namespace": installation}),
        id_generator=_PositionIds(),
        shutdown_on_exit=False,
    )
    if exporter is None:
        exporter = OTLPSpanExporter(endpoint, session=careful_session())
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtlpTracing(provider, ratio=ratio, installation=installation)


class _PositionIds(RandomIdGenerator):
    """Gives the planned identifiers to a root span, random ones to all others."""

    def generate_trace_id(self) -> int:
        planned = _planned.get()
        return planned.trace_id if planned else super().generate_trace_id()

    def generate_span_id(self) -> int:
        planned = _planned.get()
        return planned.span_id if planned else super().generate_span_id()


def _nanoseconds(at: datetime) -> int:
    """Return nanoseconds since 1970, exact to the microsecond."""
    since = at - _EPOCH
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1_000
