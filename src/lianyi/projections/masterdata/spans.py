"""Rows of day ranges, and what painting a new one does to those that are there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from lianyi.messagelog.message import Position
from lianyi.projections.masterdata.model import END, Span

Spans = tuple[Span, ...]


def on_day(spans: Iterable[Span], day: date) -> list[Span]:
    """Return those that hold on a day."""
    return [span for span in spans if span.holds_on(day)]


def cut(
    spans: Spans,
    start: date,
    stop: date,
    *,
    by: Position,
    matches: Callable[[Span], bool] = lambda _: True,
) -> Spans:
    """Take the days from ``start`` to before ``stop`` out of those that match."""
    left: list[Span] = []
    for span in spans:
        if not matches(span) or span.valid_to <= start or span.valid_from >= stop:
            left.append(span)
            continue
        if span.valid_from < start:
            left.append(span._replace(valid_to=start, ended=by))
        if span.valid_to > stop:
            left.append(span._replace(valid_from=stop))
    return tuple(sorted(left))


def add(spans: Spans, new: Span) -> Spans:
    """Add a row; the days it takes must be free."""
    return tuple(sorted((*spans, new)))


def next_start(spans: Iterable[Span], day: date) -> date:
    """Return the first day after ``day`` on which one begins; END when none does."""
    return min((span.valid_from for span in spans if span.valid_from > day), default=END)


def only(span: Span) -> Callable[[Span], bool]:
    """Return what matches one row alone."""
    return lambda one: one == span
