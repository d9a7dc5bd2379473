"""A value that is computed when first asked for, without the lock of the standard library's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class lazy(Generic[T]):  # noqa: N801 - used like ``property``
    """A value that is computed when first asked for.

    Like :class:`functools.cached_property`, but without the lock that it takes in Python 3.11: a
    content belongs to one task, and four locks for each message cost more than what they guard.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> lazy[T]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> T: ...
    def __get__(self, owner: object | None, kind: type) -> lazy[T] | T:
        """Compute, and stand aside: from now on the instance's own attribute is found first."""
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._compute(owner)
        return value
