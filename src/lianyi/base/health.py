"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from lianyi.base.errors import LianyiError

Check = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check.
        ok: whether it passed.
        detail: a few words; never a password, never a patient.
        failure: what failed, where it is a failure that we foresee.
    """

    name: str
    ok: bool
    detail: str
    failure: LianyiError | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """What all checks found.

    Attributes:
        live: the process runs its loop; when False, restart it.
        ready: every check passed; when False, send it no work.
        checks: one finding for each check, in the order they were added.
    """

    live: bool
    ready: bool
    checks: tuple[Finding, ...]


class HealthChecks:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._own: set[str] = set()

    def add(self, name: str, check: Check, *, own: bool = True) -> None:
        """Add a check; one of the same name is replaced.

        Args:
            name: what is checked, e.g. ``database``.
            check: returns a few words when all is well, and raises when not. A
                :class:`LianyiError` is shown in its own words, any other only by its type.
            own: whether it judges this process, and not the installation around it.
        """
        self._checks[name] = check
        (self._own.add if own else self._own.discard)(name)

    def remove(self, name: str) -> None:
        """Take a check away; does nothing when it is not there."""
        self._checks.pop(name, None)

    async def report(self, *, timeout_seconds: float = 2.0, own_only: bool = False) -> Health:
        """Run all checks at the same time; one that takes longer than the limit has failed."""
        findings = await asyncio.gather(
            *(
                _find(name, check, timeout_seconds)
                for name, check in self._checks.items()
                if name in self._own or not own_only
            )
        )
        return Health(
            live=True, ready=all(finding.ok for finding in findings), checks=tuple(findings)
        )


async def _find(name: str, check: Check, timeout_seconds: float) -> Finding:
    try:
        async with asyncio.timeout(timeout_seconds):
            return Finding(name, ok=True, detail=await check())
    except TimeoutError:
        return Finding(name, ok=False, detail=f"no answer within {timeout_seconds:g} s")
    except LianyiError as error:
        return Finding(name, ok=False, detail=str(error), failure=error)
    except Exception as error:  # noqa: BLE001 - a check that breaks is a failed check
        return Finding(name, ok=False, detail=type(error).__name__)
