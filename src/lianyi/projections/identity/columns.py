"""Many registrations as columns: each distinct value once, and who has it as whole numbers.

Most values of a hospital stand in several registrations, and most pairs that meet have some value
in common. So a batch compares two *values* once, however many pairs have them, and reads of a
registration only what no other had before. A column is made from the bytes that ``matching.packed``
wrote; equal bytes are equal values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final, Generic, Self, TypeVar, get_type_hints

import msgspec
import numpy as np
from numpy.typing import NDArray

from lianyi.projections.identity.traits import Traits
from lianyi.projections.identity.values.births import BirthValue
from lianyi.projections.identity.values.names import NameKind, NameValue

Places = NDArray[np.int64]
"""Shape (n,): places in a list."""
T = TypeVar("T")
V = TypeVar("V")

COMPARED: Final = ("names", "sex", "ids", "phones", "addresses")
"""Fields of ``Traits`` that are compared value by value."""
BIRTHS: Final = ("birth", "proven_birth")
"""Fields that are compared together."""
_APART: Final = ("source", "mrn", "marks")
"""Fields that every registration has for itself."""
_REST: Final = tuple(
    field for field in Traits.__struct_fields__ if field not in (*COMPARED, *BIRTHS, *_APART)
)

_NOTHING: Final = Traits("", "", (NameValue(NameKind.NOBODY, ""),), "", BirthValue())

_DEFAULTS: Final = dict(
    zip(reversed(Traits.__struct_fields__), reversed(Traits.__struct_defaults__), strict=False)
)
_NIL: Final = msgspec.Raw(b"\xc0")
"""Where an older release wrote nothing."""
_Undone: Any = msgspec.defstruct(
    "_Undone", [(field, msgspec.Raw, _NIL) for field in Traits.__struct_fields__], gc=False
)
"""``Traits`` with every field as the bytes that it was written in."""


class _Outer(msgspec.Struct, array_like=True, gc=False):
    """What ``matching.packed`` writes, the marks left where they are."""

    traits: _Undone


_undo: Final = msgspec.msgpack.Decoder(_Outer).decode
_HINTS: Final = get_type_hints(Traits)
_READ: Final[dict[str, Callable[[msgspec.Raw], Any]]] = {
    field: msgspec.msgpack.Decoder(_HINTS[field]).decode for field in Traits.__struct_fields__
}


def _value(field: str, data: bytes | msgspec.Raw) -> Any:  # noqa: ANN401 - of any field
    return _DEFAULTS[field] if bytes(data) == bytes(_NIL) else _READ[field](msgspec.Raw(data))


class Column(Generic[V]):
    """One field of many registrations.

    Attributes:
        values: the distinct ones.
        of: shape (n_registrations,): the place of each one's value in ``values``.
    """

    def __init__(self, values: list[V], of: Places) -> None:
        self.values = values
        self.of = of


class Columns:
    """Registrations by the values they have.

    Attributes:
        count: of registrations.
        names: each as ``Traits.names``; the others likewise.
    """

    def __init__(self, packed: Sequence[bytes]) -> None:
        """Take registrations apart.

        Args:
            packed: each as ``matching.packed`` writes it.
        """
        self.count = len(packed)
        rows = [_undo(data).traits for data in packed]
        self.names: Column[Any] = _column(rows, "names")
        self.sex: Column[Any] = _column(rows, "sex")
        self.ids: Column[Any] = _column(rows, "ids")
        self.phones: Column[Any] = _column(rows, "phones")
        self.addresses: Column[Any] = _column(rows, "addresses")
        self.births = _several(rows, BIRTHS)
        self.rest = _several(rows, _REST)
        self._rows = rows
        self._traits: dict[int, Traits] = {}

    def traits(self, place: int) -> Traits:
        """Give a registration as a whole; without its marks, since it was compared already."""
        found = self._traits.get(place)
        if found is None:
            row = self._rows[place]
            own = {field: _READ[field](getattr(row, field)) for field in ("source", "mrn")}
            births = self.births.values[self.births.of[place]]
            own |= {field: getattr(births, field) for field in BIRTHS}
            for field in COMPARED:
                column = getattr(self, field)
                own[field] = column.values[column.of[place]]
            rest = self.rest.values[self.rest.of[place]]
            found = self._traits[place] = msgspec.structs.replace(rest, **own)
        return found


def _several(rows: Sequence[Any], fields: Sequence[str]) -> Column[Traits]:
    """Give some fields together, as registrations that say nothing else."""
    places: dict[bytes, int] = {}
    values: list[Traits] = []
    of = []
    for row in rows:
        data = b"".join([getattr(row, field) for field in fields])
        place = places.get(data)
        if place is None:
            place = places[data] = len(values)
            own = {field: _value(field, getattr(row, field)) for field in fields}
            values.append(msgspec.structs.replace(_NOTHING, **own))
        of.append(place)
    return Column(values, np.array(of, np.int64))


def _column(rows: Sequence[Any], field: str) -> Column[Any]:
    places: dict[bytes, int] = {}
    setdefault = places.setdefault
    of = [setdefault(bytes(getattr(row, field)), len(places)) for row in rows]
    return Column([_value(field, data) for data in places], np.array(of, np.int64))


class Compared(Generic[V, T]):
    """What came of comparing a field of many pairs.

    Attributes:
        values: the distinct pairs of values, as places in the column; shape (n_results, 2).
        results: of each of these.
        of: shape (n_pairs,): the place of each pair's result in ``results``.
    """

    def __init__(
        self,
        column: Column[V],
        first: Places,
        second: Places,
        compare: Callable[[V, V], T],
    ) -> None:
        """Compare a field of many pairs, each two distinct values once.

        Args:
            column: the field.
            first: shape (n_pairs,): one registration of each pair.
            second: shape (n_pairs,): the other.
            compare: symmetric, and a function of the two values only.
        """
        x, y = column.of[first], column.of[second]
        size = max(len(column.values), 1)
        both, self.of = np.unique(np.minimum(x, y) * size + np.maximum(x, y), return_inverse=True)
        low, high = np.divmod(both, size)
        pairs = zip(low.tolist(), high.tolist(), strict=True)
        values = column.values
        self._values = [(values[i], values[j]) for i, j in pairs]
        self.results = [compare(a, b) for a, b in self._values]

    def at(self, pair: int) -> T:
        """Give the result of a pair."""
        return self.results[int(self.of[pair])]

    def numbered(self, number: Callable[[T], int]) -> Places:
        """Give a whole number for the result of each pair."""
        return np.array([number(result) for result in self.results], np.int64)[self.of]

    def weighed(self, bits: Callable[[V, V, T], float]) -> NDArray[np.float64]:
        """Give the bits of each pair, by the two values and their result."""
        found = [
            bits(a, b, result) for (a, b), result in zip(self._values, self.results, strict=True)
        ]
        return np.array(found, np.float64)[self.of]

    def only(self, pairs: Places) -> Self:
        """Give the same of some pairs only."""
        found = copy(self)
        found.of = self.of[pairs]
        return found
