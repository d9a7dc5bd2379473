"""Equal, equivalent, before and after: three answers, the third being "unknown" (None).

Source:
    FHIRPath N1, "Equality", "Comparison".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from decimal import ROUND_HALF_UP, Decimal, DecimalException

from lianyi.formats.fhir.fhirpath import quantities, temporal
from lianyi.formats.fhir.fhirpath.model import Json
from lianyi.formats.fhir.fhirpath.nodes import Item, Items, Node, quantity, system
from lianyi.formats.fhir.fhirpath.quantities import Quantity
from lianyi.formats.fhir.fhirpath.temporal import Temporal

_NUMBER = (int, Decimal)


def equal(left: Items, right: Items) -> bool | None:
    """Whether two collections hold the same in the same order; None where either is empty."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    answer: bool | None = True
    for mine, yours in zip(left, right, strict=True):
        same = same_item(mine, yours)
        if same is False:
            return False
        answer = answer if same else None
    return answer


def same_item(left: Item, right: Item) -> bool | None:
    """Whether two items are the same; None where they are not known exactly enough."""
    mine, yours = system(left), system(right)
    kind, other = mine.__class__, yours.__class__
    if kind is other and kind in {str, bool, int, Decimal}:
        return mine == yours
    if kind in _NUMBER and other in _NUMBER:
        return mine == yours
    if isinstance(mine, Temporal) and isinstance(yours, Temporal):
        try:
            order = temporal.compared(mine, yours)
        except TypeError:
            return False
        return None if order is None else order == 0
    if isinstance(mine, (Temporal, str)) and isinstance(yours, (Temporal, str)):
        return _same_text(mine, yours)
    if isinstance(mine, Node) and isinstance(yours, Node) and _same_json(mine, yours):
        return True
    ours, theirs = as_quantity(mine), as_quantity(yours)
    if ours is not None and theirs is not None:
        order = quantities.compared(ours, theirs)
        return None if order is None else order == 0
    return False


def as_quantity(item: Item) -> Quantity | None:
    """Return what counts as a quantity; a number counts as one without a unit."""
    if item.__class__ in _NUMBER:
        return Quantity(Decimal(item), "1")
    return quantity(item)


def _same_text(left: Temporal | str, right: Temporal | str) -> bool | None:
    """Compare a date with a string that may be one."""
    text, known = (left, right) if isinstance(left, str) else (str(right), left)
    return str(known) == text


def _same_json(left: Node, right: Node) -> bool:
    if left.value is None and right.value is None:
        return bool(left.shadow == right.shadow)
    return bool(left.value == right.value)


def equivalent(left: Items, right: Items) -> bool:
    """Whether two collections hold the same in any order, texts without case, to a precision."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for mine in left:
        at = next((n for n, yours in enumerate(rest) if alike(mine, yours)), None)
        if at is None:
            return False
        del rest[at]
    return True


def alike(left: Item, right: Item) -> bool:
    """Whether two items are equivalent."""
    mine, yours = system(left), system(right)
    if isinstance(mine, str) and isinstance(yours, str):
        return " ".join(mine.casefold().split()) == " ".join(yours.casefold().split())
    if isinstance(mine, bool) or isinstance(yours, bool):
        return mine is yours
    if isinstance(mine, _NUMBER) and isinstance(yours, _NUMBER):
        return _alike_numbers(Decimal(mine), Decimal(yours))
    ours, theirs = quantity(mine), quantity(yours)
    if ours is not None and theirs is not None:
        return quantities.equivalent(ours, theirs)
    if isinstance(mine, Node) and isinstance(yours, Node):
        return _alike_json(mine.value, yours.value)
    return same_item(mine, yours) is True


def _alike_numbers(left: Decimal, right: Decimal) -> bool:
    if left == right:
        return True
    step = Decimal(1).scaleb(-min(_places(left), _places(right)))
    try:
        return left.quantize(step, ROUND_HALF_UP) == right.quantize(step, ROUND_HALF_UP)
    except DecimalException:  # so large that no rounding brings them together
        return False


def _places(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _alike_json(left: Json, right: Json) -> bool:
    """Compare JSON without regard to order of lists, case of texts, and ids."""
    if isinstance(left, dict) and isinstance(right, dict):
        ours = {key: value for key, value in left.items() if key != "id"}
        theirs = {key: value for key, value in right.items() if key != "id"}
        return ours.keys() == theirs.keys() and all(
            _alike_json(value, theirs[key]) for key, value in ours.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return Counter(map(_loose, left)) == Counter(map(_loose, right))
    return bool(_loose(left) == _loose(right))


def _loose(value: Json) -> Hashable:
    match value:
        case dict():
            return frozenset((key, _loose(each)) for key, each in value.items() if key != "id")
        case list():
            return frozenset(Counter(map(_loose, value)).items())
        case str():
            return " ".join(value.casefold().split())
        case _:
            return (type(value) is bool, value)


def order(left: Item, right: Item) -> int | None:
    """Return -1, 0 or 1 as left is less than, equal to or more than right; None where unknown.

    Raises:
        TypeError: the two have no order.
    """
    mine, yours = system(left), system(right)
    if isinstance(mine, bool) or isinstance(yours, bool):
        raise TypeError
    if isinstance(mine, _NUMBER) and isinstance(yours, _NUMBER):
        return (mine > yours) - (mine < yours)
    if isinstance(mine, str) and isinstance(yours, str):
        return (mine > yours) - (mine < yours)
    if isinstance(mine, Temporal) and isinstance(yours, Temporal):
        return temporal.compared(mine, yours)
    ours, theirs = as_quantity(mine), as_quantity(yours)
    if ours is not None and theirs is not None:
        return quantities.compared(ours, theirs)
    raise TypeError


def key(item: Item) -> Hashable:
    """Return something hashable, equal for items that are equal beyond doubt."""
    value = system(item)
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, _NUMBER):
        return ("number", value)
    if isinstance(value, str):
        return value
    if isinstance(value, Temporal):
        return temporal.key(value)
    if isinstance(value, Quantity):
        return quantities.canonical(value)
    if isinstance(value, Node):
        return ("node", _frozen(value.value if value.value is not None else value.shadow))
    return ("other", id(value))


def weight(item: Item) -> int:
    """Return how many values of JSON an item is made of."""
    if item.__class__ is not Node or item.kind.system is not None:
        return 1
    count, level = 1, [item.value]
    while level:
        level = [each for value in level for each in _parts(value)]
        count += len(level)
    return count


def _parts(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def identical(left: Item, right: Item) -> bool:
    """Whether two items have the same :func:`key`."""
    if isinstance(left, Node) and isinstance(right, Node) and left.value.__class__ is dict:
        return _same_json(left, right)
    return key(left) == key(right)


def sketch(item: Item) -> Hashable:
    """Return something quickly made and hashable, equal for items that are equal beyond doubt."""
    if item.__class__ is Node and item.value.__class__ is dict:
        return frozenset(item.value)
    return key(item)


def _frozen(value: Json) -> Hashable:
    match value:
        case dict():
            return frozenset((key, _frozen(each)) for key, each in value.items())
        case list():
            return tuple(_frozen(each) for each in value)
        case _:
            return (type(value) is bool, value)
