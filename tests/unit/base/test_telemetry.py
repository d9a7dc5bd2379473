from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests
import structlog
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from lianyi.base.outgoing import OutgoingSettings, set_outgoing
from lianyi.base.sensitive import Sensitive
from lianyi.base.settings import BadSettings
from lianyi.base.telemetry import (
    NO_TRACING,
    configure_logging,
    configure_tracing,
    counter,
    every_metric,
    gauge,
    histogram,
    render_metrics,
    trace_context,
)
from lianyi.base.telemetry.careful_session import careful_session

START = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging("info", json=True, stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object_with_time_level_and_facts(written: io.StringIO) -> None:
    structlog.get_logger().info("delivery.parked", shard=1, seq=42, destination="电子病历")
    structlog.get_logger().debug("not.shown")

    (line,) = lines(written)
    assert datetime.fromisoformat(str(line.pop("timestamp"))).tzinfo is not None
    assert line == {
        "event": "delivery.parked",
        "level": "info",
        "shard": 1,
        "seq": 42,
        "destination": "电子病历",
    }


def test_no_value_about_a_person_gets_into_a_line(written: io.StringIO) -> None:
    name = "Zhang Invented"
    log = structlog.get_logger()
    log.info("a", held=Sensitive(name), deep=[{"b": (Sensitive(name),)}])
    log.info("b", raw=name.encode(), also=[bytearray(name.encode()), memoryview(name.encode())])
    log.info("c", error=ValueError(name))
    try:
        raise ValueError(name)
    except ValueError:
        log.exception("d")
        logging.getLogger("library").exception("e")

    assert len(lines(written)) == 5
    assert "Invented" not in written.getvalue()
    assert lines(written)[1]["raw"] == "<14 bytes>"


def test_an_exception_shows_its_chain_and_places_and_the_text_of_ours(
    written: io.StringIO,
) -> None:
    try:
        try:
            raise KeyError("Zhang Invented")
        except KeyError as error:
            raise BadSettings(where="lianyi.toml", why="it is empty") from error
    except BadSettings:
        structlog.get_logger().exception("start.failed")

    (line,) = lines(written)
    outer, inner = line["exception"]
    assert outer["type"] == "BadSettings"
    assert outer["text"].startswith("LY-1001 cannot start with these settings [lianyi.toml]")
    assert inner["type"] == "KeyError"
    assert "text" not in inner
    assert inner["frames"][0].startswith("test_telemetry.py:")


def test_lines_of_libraries_look_the_same(written: io.StringIO) -> None:
    logging.getLogger("asyncpg").warning("pool is %s", "full")
    logging.getLogger("uvicorn.access").info("GET /messages?patient=1")

    (line,) = lines(written)
    assert (line["event"], line["level"], line["logger"]) == ("pool is full", "warning", "asyncpg")


def test_people_get_text_without_json() -> None:
    stream = io.StringIO()
    configure_logging("info", json=False, stream=stream)
    structlog.get_logger().info("delivery.parked", seq=42)
    structlog.reset_defaults()
    assert "delivery.parked" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_a_metric_is_named_declared_and_rendered() -> None:
    taken = counter("tested_total", "Messages of a test.", labels=("channel",))
    waiting = gauge("tested_messages", "Messages of a test that wait.")
    took = histogram("tested_seconds", "How long a test took.", buckets=(0.1, 1))
    taken.labels("lab").inc(3)
    waiting.set(7)
    took.observe(0.5)

    found = {
        sample.name: sample.value
        for family in text_string_to_metric_families(render_metrics().decode())
        for sample in family.samples
        if not sample.labels or sample.labels == {"channel": "lab"}
    }
    assert found["lianyi_tested_total"] == 3
    assert found["lianyi_tested_messages"] == 7
    assert found["lianyi_tested_seconds_sum"] == 0.5
    assert found["process_resident_memory_bytes"] > 1_000_000
    declared = {metric.name: metric for metric in every_metric()}
    assert declared["lianyi_tested_total"].labels == ("channel",)
    assert declared["lianyi_tested_seconds"].kind == "histogram"


@pytest.mark.parametrize(
    ("declare", "name"),
    [
        (counter, "taken"),
        (counter, "Taken_total"),
        (counter, "lianyi_taken_total"),
        (gauge, "waiting_total"),
        (histogram, "duration"),
    ],
)
def test_a_metric_with_a_wrong_name_is_refused(declare: object, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        declare(name, "Help.")


def test_a_metric_is_declared_once() -> None:
    counter("declared_once_total", "Help.")
    with pytest.raises(ValueError, match="twice"):
        counter("declared_once_total", "Help.")


@given(st.integers(0, 2**15), st.integers(0, 2**62), st.text(max_size=8))
def test_the_same_position_always_gives_the_same_trace(shard: int, seq: int, name: str) -> None:
    ids = trace_context(shard, seq, installation=name)
    assert ids == trace_context(shard, seq, installation=name)
    assert ids != trace_context(shard, seq + 1, installation=name)
    assert ids != trace_context(shard + 1, seq, installation=name)
    assert 0 < ids.trace_id < 2**128
    assert 0 < ids.span_id < 2**64


@pytest.fixture
def collector() -> Iterator[tuple[str, list[ExportTraceServiceRequest]]]:
    """A collector of OTLP over HTTP; gives its address and what it received."""
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()
    thread.join()


def test_receipt_and_deliveries_of_several_processes_join_one_trace(
    collector: tuple[str, list[ExportTraceServiceRequest]],
) -> None:
    address, received = collector
    later = START + timedelta(milliseconds=2)
    for service in ("lianyi intake", "lianyi deliver"):  # each as its own process would
        tracing = configure_tracing(address, service, ratio=1.0, installation="test")
        if service == "lianyi intake":
            tracing.received(3, 7, started_at=START, ended_at=later)
        else:
            tracing.followed("deliver", 3, 7, started_at=START, ended_at=later,
                             attributes={"destination": "emr"}, error_code="LY-1101")  # fmt: skip
        tracing.stop()

    spans = {
        span.name: span
        for request in received
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }
    root, delivery = spans["receive"], spans["deliver"]
    ids = trace_context(3, 7, installation="test")
    assert root.trace_id == delivery.trace_id == ids.trace_id.to_bytes(16)
    assert root.span_id == delivery.parent_span_id == ids.span_id.to_bytes(8)
    assert root.parent_span_id == b""
    assert delivery.span_id != root.span_id
    assert root.start_time_unix_nano == int(START.timestamp()) * 10**9 + 678_901_000
    assert root.end_time_unix_nano - root.start_time_unix_nano == 2_000_000
    assert delivery.status.message == "LY-1101"


def test_spans_go_only_where_the_platform_may_connect(
    collector: tuple[str, list[ExportTraceServiceRequest]],
) -> None:
    """The settings may name this machine, but nothing that ``[outgoing]`` refuses."""
    address, received = collector
    try:
        for refused in (("127.0.0.0/8",), ()):
            set_outgoing(OutgoingSettings(refused=refused))
            tracing = configure_tracing(address, "test", ratio=1.0)
            tracing.received(0, 1, started_at=START, ended_at=START)
            tracing.stop()
            assert bool(received) is not bool(refused)
    finally:
        set_outgoing(OutgoingSettings(loopback=True))


def test_a_redirect_of_a_collector_leads_nowhere_else() -> None:
    asked: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(307)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Redirecting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(requests.ConnectionError, match="outgoing"):
            careful_session().post(f"http://127.0.0.1:{server.server_port}/v1/traces", data=b"x")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == ["/v1/traces"]


def test_a_proxy_of_the_environment_is_not_asked(
    collector: tuple[str, list[ExportTraceServiceRequest]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, received = collector
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    tracing = configure_tracing(address, "test", ratio=1.0)
    tracing.received(0, 1, started_at=START, ended_at=START)
    tracing.stop()
    assert received


@given(st.floats(0, 1))
def test_all_spans_of_a_message_are_written_or_none(ratio: float) -> None:
    spans: list[str] = []

    class Kept:
        def export(self, batch: list[object]) -> object:
            from opentelemetry.sdk.trace.export import SpanExportResult

            spans.extend((span.name, span.context.trace_id) for span in batch)
            return SpanExportResult.SUCCESS

        def shutdown(self) -> None:
            pass

        def force_flush(self, timeout_millis: int = 0) -> bool:
            return True

    tracing = configure_tracing(None, "test", ratio=ratio, exporter=Kept())
    for seq in range(20):
        tracing.received(0, seq, started_at=START, ended_at=START)
        tracing.followed("deliver", 0, seq, started_at=START, ended_at=START)
    sampled = {seq for seq in range(20) if tracing.sampled(0, seq)}
    tracing.stop()

    expected = {trace_context(0, seq).trace_id for seq in sampled}
    assert {trace_id for name, trace_id in spans if name == "receive"} == expected
    assert {trace_id for name, trace_id in spans if name == "deliver"} == expected
    assert len(spans) == 2 * len(expected)
    assert len(sampled) == {0.0: 0, 1.0: 20}.get(ratio, len(sampled))


def test_without_a_collector_nothing_is_traced_and_the_header_says_so() -> None:
    tracing = configure_tracing(None, "lianyi")
    tracing.received(0, 1, started_at=START, ended_at=START)
    assert tracing is NO_TRACING
    assert not tracing.on
    ids = trace_context(0, 1)
    assert tracing.traceparent(0, 1) == f"00-{ids.trace_id:032x}-{ids.span_id:016x}-00"


async def test_logging_does_not_break_what_asyncio_reports(written: io.StringIO) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "a task failed", "exception": ValueError("Zhang Invented")}
    )
    assert "a task failed" in written.getvalue()
    assert "Invented" not in written.getvalue()
