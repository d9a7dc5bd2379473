"""Random conditions on a fact, as text and as they are read."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from lianyi.applications.indicators.predicates import (
    COMPARISONS,
    SPANS,
    Compare,
    Either,
    Every,
    Flagged,
    Node,
    Not,
    OneOf,
    Said,
    Span,
    StartsWith,
)
from lianyi.projections.operational.star import NUMBERS, TEXTS, Column, Fact, Kind

TEXT_VALUES = ("A01", "A0", "I21", 'a "quote"', "back\\slash", "D2", "")


def conditions(fact: Fact, *, said: bool = True) -> st.SearchStrategy[Node]:
    """Give conditions on the rows of a fact; without ``has`` where ``said`` is False."""
    columns = [one for one in fact.columns.values() if said or one.kind is not Kind.INSTANT]
    instants = st.sampled_from(fact.of_kind(Kind.INSTANT))
    signs = st.sampled_from([one for one in COMPARISONS if one != "!="])
    between = st.builds(Span, st.sampled_from(sorted(SPANS)), instants, instants)
    spans = st.builds(Compare, between, signs, st.integers(-5, 40))
    simple = st.one_of(st.sampled_from(columns).flatmap(lambda one: _of(one, said=said)), spans)
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            inner.filter(lambda one: not isinstance(one, Not)).map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda some: _joined(Every, some)),
            st.lists(inner, min_size=2, max_size=3).map(lambda some: _joined(Either, some)),
        ),
        max_leaves=6,
    )


def _of(column: Column, *, said: bool) -> st.SearchStrategy[Node]:
    ways: list[st.SearchStrategy[Node]] = [st.just(Said(column.name))] if said else []
    if column.kind in NUMBERS:
        signs = st.sampled_from([one for one in COMPARISONS if one != "!="])
        ways.append(st.builds(Compare, st.just(column.name), signs, st.integers(-2, 6)))
        ways.append(_listed(column, st.integers(-2, 6)))
    elif column.kind is Kind.FLAG:
        ways.append(st.just(Flagged(column.name)))
    elif column.kind in TEXTS:
        values = st.sampled_from(column.values or TEXT_VALUES)
        ways.append(st.builds(Compare, st.just(column.name), st.just("=="), values))
        ways.append(_listed(column, values))
        ways.append(st.builds(StartsWith, st.just(column.name), values.filter(bool)))
    return st.one_of(ways) if ways else st.just(Said(column.name))


def _listed(column: Column, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Node]:
    some = st.lists(values, min_size=1, max_size=3)
    return some.map(lambda chosen: OneOf(column.name, tuple(chosen)))


def _joined(kind: type[Every] | type[Either], some: list[Node]) -> Node:
    flat: list[Node] = []
    for one in some:
        flat += one.inner if isinstance(one, kind) else [one]
    return kind(tuple(flat))
