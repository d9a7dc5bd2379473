"""What one value of a criterion may be in the index; the forms of what is asked for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lianyi.projections.clinical import index_values as forms
from lianyi.projections.clinical.ids import parameter_number
from lianyi.projections.clinical.search import values
from lianyi.projections.clinical.search.conditions import (
    Clause,
    Compare,
    Leaf,
    OneOf,
    Table,
    both,
    either,
)


class Alternative(NamedTuple):
    """One value of a criterion: a table, which side of it (-1: long spans), and a clause."""

    table: Table
    side: int
    clause: Clause

    def leaf(self, ps: Iterable[int]) -> Leaf:
        """Return the node of this value alone, of some parameters."""
        return Leaf(self.table, tuple(self.side * p for p in ps), self.clause)


def numbers(types: Iterable[str], code: str) -> tuple[int, ...]:
    """Return the numbers of a parameter of some types."""
    return tuple(parameter_number(one, code) for one in types)


def one_of(column: str, numbers: Iterable[int]) -> Clause:
    """Say that a column is one of some numbers."""
    unique = tuple(dict.fromkeys(numbers))
    return Compare(column, "=", unique[0]) if len(unique) == 1 else OneOf(column, unique)


def joined(clauses: Sequence[Clause]) -> Clause:
    """Return that one holds; of comparisons of one column with numbers one comparison."""
    numbers: list[int] = []
    for one in clauses:
        if isinstance(one, OneOf) and one.column == "v":
            numbers += one.values
        elif isinstance(one, Compare) and one.column == "v" and isinstance(one.value, int):
            numbers.append(one.value)
        else:
            return either(*clauses)
    return one_of("v", numbers)


def hash_of(v: int) -> Alternative:
    """Return that a row of the table ``hashed`` has a value."""
    return Alternative("hashed", 1, Compare("v", "=", v))


def amount_of(units: Iterable[int], clause: Clause) -> Alternative:
    """Return that an amount in one of some units fulfils a clause."""
    return Alternative("amount", 1, both(one_of("unit", units), clause))


def token_form(token: values.TokenValue) -> int:
    """Return the form of a token that is asked for."""
    if token.system is None:
        return forms.token_code(token.code)
    if token.code:
        return forms.token_both(token.system, token.code)
    return forms.token_system(token.system)


def unit_forms(quantity: values.QuantityRange) -> list[int]:
    """Return the forms of the unit of a quantity that is asked for."""
    if not quantity.code:
        return [forms.ANY_UNIT]
    if quantity.system is None:
        return forms.any_unit_called(quantity.code)
    return [forms.unit_both(quantity.system, quantity.code)]
