"""What stands between two operands.

Source:
    FHIRPath N1, "Operations".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from decimal import Decimal, DecimalException
from typing import Any

from lianyi.formats.fhir.fhirpath import comparing, quantities
from lianyi.formats.fhir.fhirpath.calling import Site
from lianyi.formats.fhir.fhirpath.lexing import INTEGER_MAX
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, quantity
from lianyi.formats.fhir.fhirpath.quantities import CALENDAR_OF_UCUM, Quantity
from lianyi.formats.fhir.fhirpath.running import TEXT_PER_STEP, Run
from lianyi.formats.fhir.fhirpath.temporal import SECONDS, Temporal, shifted

Operator = Callable[[Site, Run, Items, Items], Items]


def _told(answer: bool | None) -> Items:
    return [] if answer is None else [answer]


def _equal(site: Site, run: Run, left: Items, right: Items) -> Items:
    run.spend(len(left), site.at)
    return _told(comparing.equal(left, right))


def _unequal(site: Site, run: Run, left: Items, right: Items) -> Items:
    run.spend(len(left), site.at)
    answer = comparing.equal(left, right)
    return [] if answer is None else [not answer]


def _equivalent(site: Site, run: Run, left: Items, right: Items) -> Items:
    if len(left) == len(right):
        run.spend(sum(map(comparing.weight, left)) * len(right), site.at)
    return [comparing.equivalent(left, right)]


def _ordered(holds: Callable[[int], bool]) -> Operator:
    def compare(site: Site, run: Run, left: Items, right: Items) -> Items:
        mine, yours = site.one(left), site.one(right)
        if mine is None or yours is None:
            return []
        try:
            order = comparing.order(mine, yours)
        except TypeError:
            raise site.unfit(yours) from None
        return [] if order is None else [holds(order)]

    return compare


_FEW = 8


def keys(site: Site, run: Run, items: Items) -> list[Hashable]:
    """Return the keys of items; what it takes to make them is spent."""
    run.spend(sum(map(comparing.weight, items)), site.at)
    return [comparing.key(item) for item in items]


def distinct(site: Site, run: Run, items: Items) -> Items:
    """Return items without those that are equal to an earlier one.

    Only nodes that look alike from outside are looked into.
    """
    run.spend(len(items), site.at)
    if len(items) < 2:
        return items
    alike: dict[Hashable, list[int]] = {}
    for at, item in enumerate(items):
        alike.setdefault(comparing.sketch(item), []).append(at)
    if len(alike) == len(items):
        return items
    kept: list[int] = []
    for places in alike.values():
        kept += places if len(places) == 1 else _first_of_each(site, run, items, places)
    return [items[at] for at in sorted(kept)]


def _first_of_each(site: Site, run: Run, items: Items, places: list[int]) -> list[int]:
    if len(places) > _FEW:
        first: dict[Hashable, int] = {}
        for key, at in zip(keys(site, run, [items[at] for at in places]), places, strict=True):
            first.setdefault(key, at)
        return list(first.values())
    kept: list[int] = []
    for at in places:
        if not any(comparing.identical(items[at], items[known]) for known in kept):
            kept.append(at)
    return kept


def _in(site: Site, run: Run, left: Items, right: Items) -> Items:
    item = site.one(left)
    if item is None:
        return []
    run.spend(len(right), site.at)
    return [any(comparing.same_item(item, each) is True for each in right)]


def _contains(site: Site, run: Run, left: Items, right: Items) -> Items:
    return _in(site, run, right, left)


def _and(site: Site, left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return True if left and right else None


def _or(site: Site, left: bool | None, right: bool | None) -> bool | None:
    if left or right:
        return True
    return False if left is False and right is False else None


def _xor(site: Site, left: bool | None, right: bool | None) -> bool | None:
    return None if left is None or right is None else left is not right


def _implies(site: Site, left: bool | None, right: bool | None) -> bool | None:
    if left is False or right:
        return True
    return False if left and right is False else None


LOGIC: dict[str, Callable[[Site, bool | None, bool | None], bool | None]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}
# What the left operand alone decides: the right one is not evaluated then.
DECIDED = {"and": False, "or": True, "implies": False}


def bounded(value: int | Decimal) -> Items:
    """Return a number; nothing where it lies outside what the type holds."""
    if isinstance(value, int):
        return [value] if -INTEGER_MAX - 1 <= value <= INTEGER_MAX else []
    return [value] if value.is_finite() else []


def _calculated(
    operation: Callable[[Any, Any], int | Decimal],
    others: Callable[[Site, Run, Any, Any], Items] | None = None,
) -> Operator:
    def calculate(site: Site, run: Run, left: Items, right: Items) -> Items:
        mine, yours = site.value(left), site.value(right)
        if mine is None or yours is None:
            return []
        if _is_number(mine) and _is_number(yours):
            try:
                return bounded(operation(mine, yours))
            except (DecimalException, ZeroDivisionError):
                return []
        if others is None:
            raise site.unfit(mine if not _is_number(mine) else yours)
        return others(site, run, mine, yours)

    return calculate


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _plus(site: Site, run: Run, left: Item, right: Item) -> Items:
    if isinstance(left, str) and isinstance(right, str):
        run.spend((len(left) + len(right)) // TEXT_PER_STEP, site.at)
        return [site.bounded(left + right)]
    return _moved(site, left, right, 1)


def _minus(site: Site, run: Run, left: Item, right: Item) -> Items:
    return _moved(site, left, right, -1)


def _moved(site: Site, left: Item, right: Item, sign: int) -> Items:
    amount = quantity(right)
    if amount is None:
        raise site.unfit(right if quantity(left) or isinstance(left, Temporal) else left)
    if isinstance(left, Temporal):
        return _later(site, left, amount, sign)
    base = quantity(left)
    if base is None:
        raise site.unfit(left)
    total = quantities.added(base, amount, sign)
    return [] if total is None else [total]


def _later(site: Site, value: Temporal, amount: Quantity, sign: int) -> Items:
    """Add a time-valued quantity; UCUM's mean month and year are no calendar's."""
    name = amount.unit
    if name in CALENDAR_OF_UCUM:
        name = CALENDAR_OF_UCUM[name]
    else:
        name = name.removesuffix("s")
        if name not in SECONDS and name not in {"year", "month"}:
            raise site.unfit(amount)
    try:
        return [shifted(value, sign * amount.value, name)]
    except KeyError:
        raise site.unfit(amount) from None
    except (OverflowError, ValueError, DecimalException):
        return []


def _times(site: Site, run: Run, left: Item, right: Item) -> Items:
    return _scaled(site, left, right, 1)


def _over(site: Site, run: Run, left: Item, right: Item) -> Items:
    return _scaled(site, left, right, -1)


def _scaled(site: Site, left: Item, right: Item, sign: int) -> Items:
    mine, yours = comparing.as_quantity(left), comparing.as_quantity(right)
    if mine is None or yours is None:
        raise site.unfit(left if mine is None else right)
    try:
        made = quantities.multiplied(mine, yours, sign)
    except (DecimalException, OverflowError):
        return []
    return [] if made is None else [made]


def _whole_quotient(left: int | Decimal, right: int | Decimal) -> int:
    return int(Decimal(left) / Decimal(right)) if right else 1 // 0


def _remainder(left: int | Decimal, right: int | Decimal) -> int | Decimal:
    rest = Decimal(left) % Decimal(right)
    return int(rest) if isinstance(left, int) and isinstance(right, int) else rest


def _joined(site: Site, run: Run, left: Items, right: Items) -> Items:
    joined = site.bounded((site.text(left) or "") + (site.text(right) or ""))
    run.spend(len(joined) // TEXT_PER_STEP, site.at)
    return [joined]


OPERATORS: dict[str, Operator] = {
    "=": _equal,
    "!=": _unequal,
    "~": _equivalent,
    "!~": lambda site, run, left, right: [not _equivalent(site, run, left, right)[0]],
    "<": _ordered(lambda order: order < 0),
    "<=": _ordered(lambda order: order <= 0),
    ">": _ordered(lambda order: order > 0),
    ">=": _ordered(lambda order: order >= 0),
    "in": _in,
    "contains": _contains,
    "&": _joined,
    "+": _calculated(lambda left, right: left + right, _plus),
    "-": _calculated(lambda left, right: left - right, _minus),
    "*": _calculated(lambda left, right: left * right, _times),
    "/": _calculated(lambda left, right: Decimal(left) / Decimal(right), _over),
    "div": _calculated(_whole_quotient),
    "mod": _calculated(_remainder),
}
