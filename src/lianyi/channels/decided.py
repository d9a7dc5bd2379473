"""What the gate and people have decided about a message and one destination; a replay obeys it.

A replay delivers what the destination would have got, so it asks here before each message.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from lianyi.messagelog.message import Gate, Position

Skipped = Literal["held", "dismissed", "filtered"]
"""Why a replay leaves a message out."""


class Decided(NamedTuple):
    """What stands in the table of exceptions about a message.

    Attributes:
        gate: state at the gate; None when the gate has no row for it.
        gate_repaired: what a person made of it there.
        own: state at the destination; None when it has no row.
        own_repaired: what a person made of it there.
    """

    gate: str | None = None
    gate_repaired: Position | None = None
    own: str | None = None
    own_repaired: Position | None = None

    @property
    def repaired(self) -> Position | None:
        """The form of the message that goes out; None when that is the one received."""
        return self.own_repaired or self.gate_repaired

    def forbids(self, gate: int) -> Skipped | None:
        """Return why the message must not go out; None when it may.

        Args:
            gate: what the gate said when it came in.
        """
        if self.own is not None:
            return "dismissed" if self.own == "dismissed" else None
        if gate != Gate.HOLD or self.gate == "delivered":
            return None
        return "dismissed" if self.gate == "dismissed" else "held"


UNDECIDED = Decided()
"""Nobody had to decide."""
