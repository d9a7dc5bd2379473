"""What is asked of a version while another takes its place is asked again of that one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

import asyncpg

Answer = TypeVar("Answer")

SWITCHED: Final = (
    asyncpg.InvalidSchemaNameError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedFunctionError,
    asyncpg.InternalServerError,  # "cache lookup failed": the function went as it was called
)
"""What one meets whose version was switched between two questions."""

TIMES_MAX: Final = 3
"""How often one asks; a rebuild is never so short that a version would be switched as often."""


async def asked_of_one_in_force(question: Callable[[], Awaitable[Answer]]) -> Answer:
    """Return the answer of a version that was in force for as long as it was asked.

    Nothing is held, so neither a reader nor a rebuild waits: for what is asked often and shown to
    nobody. Whoever shows what he reads holds the version instead.

    Args:
        question: finds the version in force and asks it; outside a transaction, or in one of its
            own, as a failure ends it.
    """
    for _ in range(TIMES_MAX - 1):
        with suppress(*SWITCHED):
            return await question()
    return await question()
