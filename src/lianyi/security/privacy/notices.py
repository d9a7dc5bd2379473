"""Whether there is anything to ask: of which patients a consent stands, and who looks just now.

Mostly there is neither, so a process remembers it and a page of messages asks nothing. What one
process changes it forgets at once; the others are told by a notification, as they are of rights,
and where none comes they look again after seconds. Patients are remembered as digests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from lianyi.base.clock import Clock
from lianyi.security.account_store import Asks
from lianyi.security.privacy import store

REMEMBERED_SECONDS = 10.0
PATIENTS_MAX = 50_000
"""Of more patients with consents nothing is remembered, and each page asks."""

DIGEST_BYTES = 8


class _Known(NamedTuple):
    at_seconds: float
    patients: frozenset[bytes] | None
    accounts: frozenset[UUID]


class Notices:
    """What one process remembers of it."""

    def __init__(self, ask: Asks, clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._known: _Known | None = None
        self._forgotten = 0

    def forget(self) -> None:
        """Remember nothing: something has changed."""
        self._known = None
        self._forgotten += 1

    async def whether_any(
        self, account: UUID, patients: Collection[str], *, on: Asks | None = None
    ) -> tuple[bool, bool]:
        """Return whether somebody may have a look that lasts, and whether patients said anything.

        A yes may be too much, so that whoever is told it asks for the things themselves.
        """
        known = await self._now(on or self._ask)
        if not patients or known.patients is None:
            return account in known.accounts, bool(patients)
        said = any(digest(one) in known.patients for one in patients) if known.patients else False
        return account in known.accounts, said

    async def _now(self, ask: Asks) -> _Known:
        known, now = self._known, self._clock.elapsed_seconds()
        if known is None or now - known.at_seconds >= REMEMBERED_SECONDS:
            turn = self._forgotten
            found = await store.notices(ask, self._clock.now(), most=PATIENTS_MAX)
            known = _Known(now, *found)
            if turn == self._forgotten:  # nothing has changed while it was asked
                self._known = known
        return known


def digest(patient: str) -> bytes:
    """Return what stands for a patient, ``value^authority``."""
    return hashlib.sha256(patient.encode()).digest()[:DIGEST_BYTES]
