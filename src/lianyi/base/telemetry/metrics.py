"""Metrics for Prometheus. A folder declares its own, once, when it is imported.

    RECEIVED = counter("messages_received_total", "Messages taken in.", labels=("channel",))
    RECEIVED.labels("lab-results").inc()

Names get the prefix ``lianyi_``, end in their unit, and are documented; labels have few values, and
never one of a patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

PREFIX = "lianyi_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# From the fastest hop that we promise (0.4 ms) to the longest time limit that is usual.
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

Kind = Literal["counter", "gauge", "histogram"]
_ENDS = {
    "counter": re.compile(r"[a-z][a-z0-9_]*_total"),
    "gauge": re.compile(r"[a-z][a-z0-9_]*(?<!_total)"),
    "histogram": re.compile(r"[a-z][a-z0-9_]*_(seconds|bytes|messages)"),
}


Family = CounterMetricFamily | GaugeMetricFamily
"""One metric with its samples, made for one answer."""


class Declared(NamedTuple):
    """One metric as its folder declares it.

    Attributes:
        name: as Prometheus reads it, unit included.
        kind: counter, gauge or histogram.
        help: one English sentence.
        labels: names of the labels.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...]


_REGISTRY = CollectorRegistry()
_DECLARED: list[Declared] = []
ProcessCollector(registry=_REGISTRY)  # memory, CPU seconds, open files of this process
PlatformCollector(registry=_REGISTRY)


def counter(name: str, help_text: str, *, labels: Sequence[str] = ()) -> Counter:
    """Declare something that only grows; ``name`` ends in ``_total``.

    Raises:
        ValueError: the name is not as it must be, or is declared already.
    """
    return Counter(
        _declare(name, "counter", help_text, labels), help_text, labels, registry=_REGISTRY
    )


def gauge(name: str, help_text: str, *, labels: Sequence[str] = ()) -> Gauge:
    """Declare something that goes up and down; ``name`` ends in its unit.

    Raises:
        ValueError: the name is not as it must be, or is declared already.
    """
    return Gauge(_declare(name, "gauge", help_text, labels), help_text, labels, registry=_REGISTRY)


def histogram(
    name: str,
    help_text: str,
    *,
    labels: Sequence[str] = (),
    buckets: Sequence[float] = SECONDS,
) -> Histogram:
    """Declare how something is spread; ``name`` ends in ``_seconds``, ``_bytes`` or ``_messages``.

    Args:
        name: without the prefix.
        help_text: one English sentence.
        labels: names of the labels.
        buckets: upper bounds, rising, in the unit of the name.

    Raises:
        ValueError: the name is not as it must be, or is declared already.
    """
    full_name = _declare(name, "histogram", help_text, labels)
    return Histogram(full_name, help_text, labels, buckets=buckets, registry=_REGISTRY)


def derived(
    name: str, kind: Literal["counter", "gauge"], help_text: str, *, labels: Sequence[str] = ()
) -> Callable[[], Family]:
    """Declare something that is read from the database when Prometheus asks.

    Such a count is exact after a crash, and the same whichever process is asked.

    Returns:
        Makes an empty family for one answer; add samples with ``add_metric(labels, value)``.

    Raises:
        ValueError: the name is not as it must be, or is declared already.
    """
    full_name = _declare(name, kind, help_text, labels)
    family = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
    return lambda: family(full_name, help_text, labels=labels)


class _Families:
    """Families as the text format wants to collect them."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        """Return them."""
        return self._families


def every_metric() -> tuple[Declared, ...]:
    """Return what the imported folders have declared, by name."""
    return tuple(sorted(_DECLARED))


def render_metrics(families: Iterable[Family] = (), *, whole: bool = True) -> bytes:
    """Return all metrics in the text format; :data:`CONTENT_TYPE` is its type.

    Args:
        families: made by what :func:`derived` returned, besides the metrics of this process.
        whole: with the metrics of this process.
    """
    own: bytes = generate_latest(_REGISTRY) if whole else b""
    read: bytes = generate_latest(_Families(families))
    return own + read


def _declare(name: str, kind: Kind, help_text: str, labels: Sequence[str]) -> str:
    """Check a name and enter it into the list; return it with the prefix."""
    if not _ENDS[kind].fullmatch(name) or name.startswith(PREFIX):
        raise ValueError(f"no name for a {kind}: {name}")
    full_name = PREFIX + name
    if any(declared.name == full_name for declared in _DECLARED):
        raise ValueError(f"declared twice: {full_name}")
    _DECLARED.append(Declared(full_name, kind, help_text, tuple(labels)))
    return full_name
