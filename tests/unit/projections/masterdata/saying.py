"""Short ways to say things about invented departments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from lianyi.messagelog.message import Position
from lianyi.projections.masterdata.model import (
    MANAGEMENT,
    TREE,
    Attach,
    Change,
    Describe,
    Kind,
    Statement,
    Thing,
)

TREE_M = TREE + MANAGEMENT
T0 = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> date:
    """A day of 2026, counted from 0."""
    return date(2026, 1, 1) + timedelta(days=number)


def said(number: int, *changes: Change, shard: int = 1, on: date | None = None) -> Statement:
    """A statement that came as the n-th."""
    at = Position(shard, number)
    received = T0 + timedelta(seconds=number)
    return Statement(received, at, 0, at, on or received.date(), "act test", "HIS", changes)


def organisation(code: str, **texts: str) -> Describe:
    return Describe(Kind.ORGANISATION, code, texts=texts)


def location(code: str, **texts: str) -> Describe:
    return Describe(Kind.LOCATION, code, texts=texts)


def under(child: str, parent: str, on: int, until: int | None = None) -> Attach:
    return Attach(TREE_M, child, parent, on=day(on), until=None if until is None else day(until))


def org(code: str) -> Thing:
    return Thing(Kind.ORGANISATION, code)
