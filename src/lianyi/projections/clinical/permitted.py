"""Doing part of an operation by another permission than the one that opened its door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from lianyi.security.access import OutsideOfReach, acting, current

READ, WRITE = "clinical.read", "clinical.write"


@contextmanager
def permitted(permission: str, *, where: str) -> Iterator[None]:
    """Let whoever acts see and touch, for as long as the block runs, what a permission reaches.

    Args:
        permission: that is needed.
        where: named when he has it nowhere.

    Raises:
        OutsideOfReach: he has it nowhere.
    """
    access = current()
    if not access.actor.reach.organisations(permission):
        raise OutsideOfReach(where=where)
    with acting(replace(access, permission=permission)):
        yield
