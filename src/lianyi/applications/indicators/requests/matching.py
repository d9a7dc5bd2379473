"""Whether what somebody asks for in words is there already, by its name. Pure.

Chinese is not written with spaces, so two neighbouring characters are a piece of it; of other
scripts a word is. Two texts are alike when half the pieces of the shorter stand in the other.
"""

from __future__ import annotations

import re
from typing import Final

ALIKE: Final = 0.5
_HAN: Final = re.compile(r"[一-鿿]+")
_WORD: Final = re.compile(r"[a-z0-9]{2,}")
_SMALL: Final = frozenset(
    {"and", "by", "for", "from", "in", "of", "on", "per", "the", "to", "with"}
)


def pieces(text: str) -> frozenset[str]:
    """Return the pieces of a text."""
    lower = text.lower()
    found = {run[n : n + 2] for run in _HAN.findall(lower) for n in range(max(len(run) - 1, 1))}
    return frozenset(found | (set(_WORD.findall(lower)) - _SMALL))


def likeness(words: str, name: str) -> float:
    """Return which share of the shorter of two texts stands in the other, from 0 to 1."""
    asked, known = pieces(words), pieces(name)
    shorter = min(len(asked), len(known))
    return len(asked & known) / shorter if shorter else 0.0
