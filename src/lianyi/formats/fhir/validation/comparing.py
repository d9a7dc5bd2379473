"""Whether a value is the one that a profile prescribes, has what it prescribes, is within limits.

Source:
    FHIR R4, ElementDefinition: ``fixed[x]``, ``pattern[x]``, ``minValue[x]``, ``maxValue[x]``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from lianyi.formats.fhir.fhirpath.quantities import Quantity, compared
from lianyi.formats.fhir.validation.trees import Node
from lianyi.formats.fhir.validation.visit import Json


def same(wanted: object, value: object) -> bool:
    """Whether a value is exactly what a profile fixes."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        return wanted.keys() == value.keys() and all(same(wanted[k], value[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(value, list):
        return len(wanted) == len(value) and all(map(same, wanted, value))
    return (wanted.__class__ is value.__class__ and wanted == value) or _equal_numbers(
        wanted, value
    )


def _equal_numbers(left: object, right: object) -> bool:
    numbers = (int, Decimal, float)
    return (
        isinstance(left, numbers)
        and isinstance(right, numbers)
        and not isinstance(left, bool)
        and not isinstance(right, bool)
        and left == right
    )


def matches(pattern: object, value: object) -> bool:
    """Whether a value has at least what a pattern says."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and matches(inner, value[key]) for key, inner in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(matches(inner, one) for one in value) for inner in pattern
        )
    return same(pattern, value)


def beyond(node: Node, value: object) -> bool:
    """Whether a value is less than the least or more than the most that is allowed."""
    return _is_less(value, node.least) or _is_less(node.most, value)


def _quantity(said: Json) -> Quantity | None:
    value, unit = said.get("value"), said.get("code", said.get("unit", "1"))
    if isinstance(value, int | Decimal) and isinstance(unit, str):
        return Quantity(Decimal(value), unit)
    return None


def _is_less(left: Any, right: Any) -> bool:  # noqa: ANN401 - any JSON
    if left is None or right is None:
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        quantities = [_quantity(one) for one in (left, right)]
        return None not in quantities and compared(*quantities) == -1  # type: ignore[arg-type]
    if isinstance(left, str) and isinstance(right, str):
        length = min(len(left), len(right))
        return left[:length] < right[:length]
    numbers = (int, Decimal)
    return isinstance(left, numbers) and isinstance(right, numbers) and left < right
