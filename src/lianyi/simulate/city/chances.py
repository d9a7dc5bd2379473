"""Draws that are the same on every machine: only ``Random.random`` is asked, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of draws.

    Args:
        seed: the same seed gives the same draws.
        branch: which of the seed's streams; each household has its own.
    """

    __slots__ = ("_random", "random")

    def __init__(self, seed: int, branch: int) -> None:
        self._random = Random((seed << 48) + branch)  # noqa: S311 - a story, not a secret
        self.random = self._random.random

    def happens(self, share: float) -> bool:
        """True with this chance."""
        return self.random() < share

    def below(self, end: int) -> int:
        """A whole number from 0, below ``end``."""
        return int(self.random() * end)

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, each as likely; write it twice to make it twice as likely."""
        return choices[int(self.random() * len(choices))]

    def digits(self, count: int) -> str:
        """That many digits."""
        return f"{int(self.random() * 10**count):0{count}d}"
