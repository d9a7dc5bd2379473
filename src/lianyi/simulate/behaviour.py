"""How a simulated receiver misbehaves when it is told to."""

from __future__ import annotations

from dataclasses import dataclass

from lianyi.simulate.errors import UnknownBehaviour

KINDS = {
    "accept": "acknowledge with AA",
    "refuse": "acknowledge with AE: the content is wrong",
    "reject": "acknowledge with AR: try later",
    "hang": "take the message and never answer",
    "slow": "answer, but late",
    "wrong-id": "answer with the control id of another message",
    "half-close": "close the connection in the middle of the answer",
    "gone": "close everything and be unreachable for a while",
}
_SECONDS_OF = {"slow": 5.0, "gone": 30.0}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What is done to a share of the messages.

    Attributes:
        kind: one of :data:`KINDS`.
        share: of the messages, 0 to 1; the rest is accepted. ``gone`` has none.
        seconds: how late ``slow`` answers; how long ``gone`` stays away.
    """

    kind: str = "accept"
    share: float = 1.0
    seconds: float = 0.0


def read_behaviour(text: str) -> Behaviour:
    """Read ``kind[:number[:share]]``; the number is a share, for ``slow`` and ``gone`` seconds.

    Examples: ``accept``, ``hang``, ``refuse:0.2``, ``slow:5``, ``slow:5:0.1``, ``gone:30``.

    Raises:
        UnknownBehaviour: no such kind, or a number that is none or out of range.
    """
    kind, *numbers = text.strip().split(":")
    problem = UnknownBehaviour(where=text.strip()[:80], known=" ".join(KINDS))
    try:
        values = [float(number) for number in numbers]
    except ValueError:
        raise problem from None
    if kind not in KINDS:
        raise problem
    seconds = 0.0
    if kind in _SECONDS_OF:
        seconds = values.pop(0) if values else _SECONDS_OF[kind]
    share = values.pop(0) if values else 1.0
    if values or not 0 <= share <= 1 or not 0 <= seconds < 86_400:
        raise problem
    return Behaviour(kind, share, seconds)
