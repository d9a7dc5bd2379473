"""What resolves the codes that phones show: a contract, and what comes of it.

Whoever issued a code says which lasting number stands behind it. The code itself goes to him and
nowhere else: not into the log, the audit trail, an error or a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from lianyi.base.sensitive import Sensitive
from lianyi.projections.identity.registration import Identifier


class Resolved(NamedTuple):
    """What a code stands for.

    Attributes:
        card: the lasting number, as its issuer has it; ``verified``.
        name: of its owner, where the issuer tells.
        born: date of birth, likewise.
    """

    card: Identifier
    name: str = ""
    born: date | None = None


class CardAuthority(Protocol):
    """Somebody who issued codes and can say what they stand for."""

    @property
    def name(self) -> str:
        """What it is called in the settings."""
        ...

    def knows(self, token: Sensitive[str]) -> bool:
        """Tell whether a code may be one of his, by its form alone."""
        ...

    async def resolve(self, token: Sensitive[str]) -> Resolved:
        """Return what a code stands for.

        Raises:
            CodeRefused: it is none of his, or has run out.
            CardAuthorityUnavailable: nobody can say just now.
        """
        ...


Authorities = Sequence[CardAuthority]
