"""A value about a person, which shows itself only when asked by name."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

T = TypeVar("T")
HIDDEN = "***"


class Sensitive(Generic[T]):
    """Holds a value that must not get into a log line, an error or a file by accident.

    It prints as ``***`` in every way of printing, and refuses to be pickled; :meth:`reveal` gives
    the value to whoever means it. Two of them are equal when their values are.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value. Each call is a place to look at in a review."""
        return self._value

    def __repr__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Sensitive, self._value))

    def __copy__(self) -> Sensitive[T]:
        return self

    def __deepcopy__(self, memo: object) -> Sensitive[T]:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a sensitive value is not written anywhere by accident; reveal() it")
